"""`werdegang explain`: why two balances differ."""

from datetime import date
from pathlib import Path

import click
import msgspec

from domain.errors import Refused
from domain.glossary import STEPS
from domain.texts import Text, _
from projections.balance import Value
from projections.catalogue import CATALOGUES, Figure
from projections.datenstand import position_of
from projections.editions import catalogue_of, edition, require_reproducible
from projections.exchange.values import converted
from projections.explain import Cause, CellChange, Explanation, Point, explain
from projections.glossary import trait_label, trait_value
from projections.programmes import particulars
from projections.reports import rendered
from projections.reports.explanation_report import CAUSES, explanation_report
from projections.reports.written import written_difference
from projections.stores import Stores
from scripts.balance import written
from scripts.console import (
    FILES,
    Datenstand,
    Office,
    catalogue_option,
    format_option,
    office,
    option,
    output_option,
    print_json,
    printed,
    write_file,
)


@click.command(
    "explain", help=_("Warum zwei Bilanzen sich unterscheiden: jede Differenz als Summe ihrer Ursachen.").german
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@option("--programme", "key", metavar="KEY", help=_("Schlüssel des Programms, wo A und B keine Ausgaben sind."))
@option("--figure", "code", metavar="CODE", help=_("Nur diese Kennzahl, mit allen Aufteilungen."))
@catalogue_option
@format_option("text", "json", *FILES)
@output_option
@office
def explain_balances(
    office: Office,
    first: str,
    second: str,
    key: str | None,
    code: str | None,
    catalogue: str,
    form: str,
    output: Path | None,
) -> None:
    """A and B are editions (lzb-gg/1) or STICHTAG@DATENSTAND; without a Datenstand, the present."""
    with office.stores() as stores:
        named = [_point(stores, one, catalogue) for one in (first, second)]
        points = [point for _programme, point in named]
        _one_catalogue(office, points)
        of_programme = _one_programme({key, *(programme for programme, _point in named)})
        found = explain(stores.journal, stores.read_model, of_programme, *points)
        programme = particulars(stores.read_model, of_programme, max(found.datenstaende))
    if code:
        points[1].catalogue.figure(code)
        found = _only(found, code)
    figures = {figure.code: figure for point in points for figure in point.catalogue.figures}
    if form in FILES:
        report = explanation_report(found, figures, programme, language=office.settings.language)
        write_file(office, rendered(report, form), output)
        return
    with printed(office, form, output):
        if form == "json":
            print_json(msgspec.to_builtins(found))
        else:
            _print(office, found, figures, code)


def _one_programme(named: set[str | None]) -> str:
    """The programme that was named. Refused: none, or several."""
    programmes = sorted(filter(None, named))
    if len(programmes) != 1:
        found = programmes or _("keines")
        text = _("Welches Programm? Bitte mit --programme genau eines nennen; gefunden: {found}.", found=found)
        raise Refused("which_programme", text, field="programme")
    return programmes[0]


def _one_catalogue(office: Office, points: list[Point]) -> None:
    """Wrong usage: figures of two catalogues, which have nothing to do with each other."""
    first, second = (point.catalogue.name for point in points)
    if first != second:
        text = _("A ist aus dem Katalog {first}, B aus {second}; bitte --catalogue nennen.", first=first, second=second)
        raise click.UsageError(office.words(text))


def _point(stores: Stores, named: str, catalogue: str) -> tuple[str | None, Point]:
    """An edition with its programme, or a Stichtag and Datenstand. Refused: neither; an edition that differs."""
    if "/" in named:
        found = edition(stores.journal, named)
        require_reproducible(stores.journal, stores.read_model, found)
        balance = found.balance
        then = catalogue_of(stores.journal, balance.catalogue)
        return balance.programme, Point(balance.stichtag, balance.datenstand, then)
    day, _at, known = named.partition("@")
    try:
        stichtag = converted("stichtag", named if named.endswith("@") else day, date)
    except Refused:
        text = _("{found} ist weder eine Ausgabe (lzb-gg/1) noch STICHTAG@DATENSTAND (2018-02-19@2459).", found=named)
        raise Refused("bad_value", text) from None
    datenstand = Datenstand().convert(known, None, click.get_current_context()) if known else None
    return None, Point(stichtag, position_of(stores.journal, datenstand), CATALOGUES[catalogue])


def _only(found: Explanation, code: str) -> Explanation:
    cells = [cell for cell in found.cells if cell.figure == code]
    entries = {entry for cell in cells for part in cell.parts for effect in part.effects for entry in effect.entries}
    events = [event for event in found.events if event.position in entries]
    return msgspec.structs.replace(found, cells=cells, events=events)


def _print(office: Office, found: Explanation, figures: dict[str, Figure], code: str | None) -> None:
    """What moved: of every figure the total, of a single one every breakdown too."""
    _print_heading(office, found)
    cells = [cell for cell in found.cells if (code or not cell.trait) and cell.parts]
    if not cells:
        office.say(_("Kein Unterschied."))
        return
    _print_cells(office, figures, cells)
    _print_events(office, found, figures)
    if code:
        _print_since(office, found)
    else:
        office.say(Text(""))
        office.say(
            _(
                "Jede Differenz ist, vor dem Runden, die Summe ihrer Ursachen. Aufteilungen und Einträge einer "
                "Kennzahl: --figure CODE"
            )
        )


def _print_heading(office: Office, found: Explanation) -> None:
    office.say(
        _(
            "{programme}: von Stichtag {first}, Datenstand {known}, zu Stichtag {second}, Datenstand {later}",
            programme=found.programme,
            first=found.stichtage[0],
            known=found.datenstaende[0],
            second=found.stichtage[1],
            later=found.datenstaende[1],
        )
    )
    if found.catalogues[0] != found.catalogues[1]:
        office.say(_("Katalog {first}, dann {second}", first=found.catalogues[0], second=found.catalogues[1]))
    office.say(Text(""))


def _print_cells(office: Office, figures: dict[str, Figure], cells: list[CellChange]) -> None:
    """A line per cell: before, after, the difference, and what each cause has of it."""
    causes = [cause for cause in Cause if any(part.cause is cause for cell in cells for part in cell.parts)]
    broken_down = any(cell.trait for cell in cells)
    columns = [_("Kennzahl"), *([_("Gruppe")] if broken_down else []), _("vorher"), _("nachher"), _("Differenz")]
    numbers = range(len(columns) - 3, len(columns) + len(causes))
    columns += [CAUSES[cause] for cause in causes]
    rows = []
    for cell in cells:
        figure = figures[cell.figure]
        parts = {part.cause: part.change for part in cell.parts}
        group = [f"{office.words(trait_label(cell.trait))}: {office.words(trait_value(cell.trait, cell.value))}"]
        rows.append(
            [
                office.words(figure.title),
                *((group if cell.trait else [""]) if broken_down else []),
                written(office, figure, cell.before),
                written(office, figure, cell.after),
                *(
                    _signed(office, figure, change)
                    for change in (cell.difference, *(parts.get(cause) for cause in causes))
                ),
            ]
        )
    office.table(columns, rows, numbers)


def _signed(office: Office, figure: Figure, change: Value) -> str:
    """A change with its sign; of no cause nothing."""
    return "" if change is None else written_difference(figure.unit, change, office.settings.language)


def _print_events(office: Office, found: Explanation, figures: dict[str, Figure]) -> None:
    """The entries that were late, corrected or withdrawn, and the figures each moved and by how much."""
    if not found.events:
        return
    moved: dict[int, list[str]] = {}
    for cell in found.cells:
        for part in cell.parts if not cell.trait else ():
            for effect in part.effects if part.cause is not Cause.HAPPENED else ():
                change = _signed(office, figures[cell.figure], effect.change)
                moved.setdefault(effect.entries[0], []).append(f"{cell.figure} {change}")
    columns = [_("Eintrag"), _("Ursache"), _("Schritt"), _("am"), _("erfasst"), _("von"), _("Weg"), _("bewegt")]
    rows = [
        [
            str(event.position),
            office.words(CAUSES[event.cause]),
            office.words(STEPS[event.step]),
            office.words(_("{day}", day=event.happened_on)),
            office.local(event.recorded_at),
            event.recorded_by,
            event.journey,
            ", ".join(moved.get(event.position, [office.words(_("nur Aufteilungen"))])),
        ]
        for event in found.events
    ]
    office.say(Text(""))
    office.table(columns, rows, [0], wraps=7)


def _print_since(office: Office, found: Explanation) -> None:
    """The entries behind what has happened since, of the figure as a whole."""
    for cell in found.cells:
        for part in cell.parts:
            if part.cause is Cause.HAPPENED and not cell.trait:
                entries = sorted({entry for effect in part.effects for entry in effect.entries})
                office.say(Text(""))
                office.say(_("Seither, Einträge: {entries}", entries=entries))
