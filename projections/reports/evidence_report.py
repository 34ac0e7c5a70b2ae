"""The rows behind figures as a report or as an annex to one, also under pseudonyms."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import msgspec

from domain.texts import Text, _
from projections.balance import Evidence, EvidenceRow
from projections.catalogue import Catalogue, Figure, Measure, Unit
from projections.exchange.pseudonyms import Pseudonyms
from projections.programmes import Particulars
from projections.reports.model import (
    Block,
    Cell,
    Column,
    Definitions,
    Heading,
    Kind,
    Number,
    Paragraph,
    Particular,
    Report,
    Row,
    Table,
)
from projections.reports.words import category_value, definition_of
from projections.reports.written import capital

_PARTS: dict[str, Text] = {"numerator": _("Zähler"), "denominator": _("Nenner")}


def evidence_report(
    evidence: Evidence,
    catalogue: Catalogue,
    programme: Particulars,
    *,
    stichtag: date,
    datenstand: int,
    language: str,
    known_on: date | None = None,
) -> Report:
    """The report of the rows behind one figure, as found at the Stichtag and Datenstand."""
    figure = catalogue.figure(evidence.figure)
    title = _("Nachweis: {figure}", figure=figure.title)
    status = _("Nur für den Dienstgebrauch: Angaben zu einzelnen Personen")
    running = _(
        "{programme} · Stichtag {stichtag} · Datenstand {datenstand}",
        programme=programme.key,
        stichtag=stichtag,
        datenstand=datenstand,
    )
    told: list[tuple[str, Text, Cell]] = [
        ("programme", _("Programm"), f"{programme.title} ({programme.key})"),
        ("figure", _("Kennzahl"), f"{figure.title.in_language(language)} ({figure.code})"),
        ("value", _("Wert"), Number(evidence.value, figure.unit)),
        ("rows", _("Zeilen"), Number(len(evidence.rows), Unit.NUMBER)),
        ("stichtag", _("Stichtag"), stichtag),
        ("datenstand", _("Datenstand"), Number(datenstand, Unit.NUMBER)),
        ("catalogue", _("Katalog der Kennzahlen"), catalogue.version),
    ]
    return Report(
        name=f"{programme.key}-{stichtag}-{figure.code}",
        language=language,
        title=title.in_language(language),
        subtitle=programme.title,
        status=status.in_language(language),
        running=running.in_language(language),
        author="Werdegang",
        keywords=(programme.key, figure.code, str(stichtag), catalogue.version),
        date=known_on or stichtag,
        particulars=tuple(Particular(name, capital(label.in_language(language)), cell) for name, label, cell in told),
        blocks=tuple(_blocks(evidence, catalogue, figure, language)),
    )


def _blocks(evidence: Evidence, catalogue: Catalogue, figure: Figure, language: str) -> Iterator[Block]:
    yield Heading(capital(_("Zeilen").in_language(language)))
    yield Paragraph(_EXPLAINED.in_language(language))
    yield evidence_table(evidence, catalogue, language)
    yield Heading(_("Definitionen und Quellen").in_language(language))
    yield Definitions((definition_of(figure, language),))


def with_evidence(report: Report, catalogue: Catalogue, evidences: Iterable[Evidence]) -> Report:
    """A report with the rows behind some figures as an annex, for the spreadsheet and the data formats.

    Refused (`ValueError`): a public report, which never goes with single persons.
    """
    if report.public:
        raise ValueError("a public report has no evidence")
    tables = [
        msgspec.structs.replace(evidence_table(evidence, catalogue, report.language), printed=False)
        for evidence in evidences
    ]
    heading = Heading(_("Nachweise").in_language(report.language))
    return msgspec.structs.replace(report, blocks=(*report.blocks, heading, *tables)) if tables else report


def under_pseudonyms(evidence: Evidence, catalogue: Catalogue, pseudonyms: Pseudonyms) -> Evidence:
    """The evidence with pseudonyms of participants, journeys and coaches, in another order than by their ids."""
    by_coach = catalogue.selections[catalogue.figure(evidence.figure).part.selection].category == "coach"

    def renamed(row: EvidenceRow) -> EvidenceRow:
        participant = pseudonyms.of("participant", row.participant)
        category = pseudonyms.of("coach", row.category) if by_coach and row.category else row.category
        unit = row.unit.replace(row.participant, participant)
        if by_coach and row.unit == row.category:
            unit = str(category)
        journey = pseudonyms.of("journey", row.journey)
        return msgspec.structs.replace(row, participant=participant, journey=journey, unit=unit, category=category)

    rows = sorted(
        map(renamed, evidence.rows), key=lambda row: (row.part == "denominator", row.participant, row.unit, row.entries)
    )
    return msgspec.structs.replace(evidence, rows=rows)


def evidence_table(evidence: Evidence, catalogue: Catalogue, language: str) -> Table:
    """The rows behind a figure as a table; what says the same in every row is left out."""
    figure = catalogue.figure(evidence.figure)
    category = catalogue.selections[figure.part.selection].category or ""
    shown = [(column, [cell(row) for row in evidence.rows]) for column, cell in _columns(figure, category, language)]
    kept = [one for one in shown if one[0].name in _ALWAYS or any(one[1])]
    rows = zip(*(cells for _column, cells in kept), strict=True)
    return Table(
        name=f"evidence_{figure.code}",
        caption=_("Nachweis: {figure}", figure=figure.title).in_language(language),
        short=figure.code,
        columns=tuple(column for column, _cells in kept),
        rows=tuple(Row(str(number), cells) for number, cells in enumerate(rows, 1)),
    )


_ALWAYS = ("participant", "journey", "entries")
_EXPLAINED = _(
    "Eine Zeile ist, was die Kennzahl einmal zählt. Die Einträge sind die Positionen im Journal, aus denen die Zeile "
    "folgt; Teilnehmende und Wege stehen unter ihren zufälligen Kennungen oder unter Pseudonymen."
)


def _columns(figure: Figure, category: str, language: str) -> Iterator[tuple[Column, Callable[[EvidenceRow], Cell]]]:
    """The columns of an evidence table, and what a row has in each."""

    def column(name: str, title: Text, kind: Kind, *, wide: bool = False) -> Column:
        return Column(name, capital(title.in_language(language)), kind, wide)

    def counted_as(row: EvidenceRow) -> Cell:
        """What is counted once, as far as neither the person nor the group says it."""
        unit = row.unit.removeprefix(row.participant).removeprefix("/")
        return unit if unit != row.category else None

    def group(row: EvidenceRow) -> Cell:
        return category_value(category, row.category).in_language(language) if row.category else None

    def part(row: EvidenceRow) -> Cell:
        return _PARTS[row.part].in_language(language) if row.part else None

    def value(row: EvidenceRow) -> Cell:
        return Number(row.value, figure.unit if figure.per is None else Unit.NUMBER) if sums else None

    sums = any(one.measure is Measure.SUM for one in (figure.part, figure.per) if one)
    yield column("participant", _("Person"), Kind.CODE), lambda row: row.participant
    yield column("journey", _("Weg"), Kind.CODE), lambda row: row.journey
    yield column("unit", _("gezählt als"), Kind.TEXT), counted_as
    yield column("category", _("Gruppe"), Kind.TEXT), group
    yield column("part", _("Teil"), Kind.TEXT), part
    yield column("value", _("Wert"), Kind.NUMBER), value
    yield column("entries", _("Einträge"), Kind.CODE, wide=True), lambda row: " ".join(map(str, row.entries))
    yield column("disputed", _("davon strittig"), Kind.CODE), lambda row: " ".join(map(str, row.disputed)) or None
