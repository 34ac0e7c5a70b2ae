"""The report of why two balances differ: every cell with its causes, every late entry, every effect."""

from collections.abc import Iterator, Mapping

from domain.glossary import STEPS
from domain.journal import BERLIN
from domain.texts import Text, _
from projections.catalogue import Figure, Unit
from projections.explain import Cause, CellChange, Explanation
from projections.glossary import trait_label, trait_value
from projections.programmes import Particulars
from projections.reports.model import (
    Block,
    Cell,
    Column,
    Heading,
    Kind,
    Number,
    Paragraph,
    Particular,
    Report,
    Row,
    Table,
)

CAUSES: dict[Cause, Text] = {
    Cause.LATE: _("Nachmeldung"),
    Cause.CORRECTED: _("Berichtigung"),
    Cause.WITHDRAWN: _("Storno"),
    Cause.HAPPENED: _("seither"),
    Cause.DEFINITION: _("Definition"),
}
"""What the causes of a difference are called."""
_EXPLAINED = _(
    "Jede Differenz ist genau die Summe der Ursachen: Nachmeldungen, Berichtigungen und Stornos werden Eintrag für "
    "Eintrag zum ersten Stichtag gerechnet, dann folgt, was seither geschah oder fällig wurde, zuletzt eine geänderte "
    "Definition."
)


def explanation_report(
    found: Explanation, figures: Mapping[str, Figure], programme: Particulars, *, language: str
) -> Report:
    """The report of an explanation; `figures` are the definitions by code. The effects of single entries are in the
    spreadsheet and the data formats only."""
    writer = _Writer(found, figures, language)
    title = _("Warum die Zahlen sich unterscheiden: {first} und {second}", first=_end(found, 0), second=_end(found, 1))
    return Report(
        name=f"{programme.key}-{found.stichtage[0]}-{found.stichtage[1]}",
        language=language,
        title=title.in_language(language),
        subtitle=programme.title,
        status=_("Nur für den Dienstgebrauch: Angaben zu einzelnen Personen").in_language(language),
        running=f"{programme.key} · {title.in_language(language)}",
        author="Werdegang",
        keywords=(programme.key, *map(str, found.stichtage)),
        date=max(found.stichtage),
        particulars=tuple(writer.particulars()),
        blocks=tuple(writer.blocks()),
    )


def _end(found: Explanation, place: int) -> Text:
    return _(
        "Stichtag {stichtag}, Datenstand {datenstand}",
        stichtag=found.stichtage[place],
        datenstand=found.datenstaende[place],
    )


class _Writer:
    """One explanation in one language."""

    def __init__(self, found: Explanation, figures: Mapping[str, Figure], language: str) -> None:
        self._found, self._figures, self._language = found, figures, language

    def particulars(self) -> Iterator[Particular]:
        yield Particular("programme", self._say(_("Programm")), self._found.programme)
        for place, label in enumerate((_("vorher"), _("nachher"))):
            name = ("before", "after")[place]
            yield Particular(name, self._say(label), self._say(_end(self._found, place)))
            yield Particular(f"catalogue_{name}", self._say(_("Katalog der Kennzahlen")), self._found.catalogues[place])

    def blocks(self) -> Iterator[Block]:
        changed = [cell for cell in self._found.cells if cell.parts]
        yield Paragraph(self._say(_EXPLAINED))
        yield Heading(self._say(_("Kennzahlen")))
        yield self._cells("figures", _("Kennzahlen"), [cell for cell in changed if not cell.trait])
        yield self._cells("groups", _("Aufteilungen"), [cell for cell in changed if cell.trait], printed=False)
        if self._found.events:
            yield Heading(self._say(_("Nachmeldungen, Berichtigungen und Stornos")))
            yield self._events()
        yield self._effects(changed)

    def _cells(self, name: str, caption: Text, cells: list[CellChange], *, printed: bool = True) -> Table:
        causes = [cause for cause in Cause if any(part.cause is cause for cell in cells for part in cell.parts)]
        columns = [
            self._column("figure", _("Kennzahl"), Kind.TEXT, wide=True),
            *([] if printed else [self._column("group", _("Gruppe"), Kind.TEXT)]),
            *(self._column(*one) for one in _ENDS),
            *(self._column(cause.value, CAUSES[cause]) for cause in causes),
        ]
        rows = tuple(Row("/".join(_key(cell)), tuple(self._cell(cell, causes, printed))) for cell in cells)
        return self._table(name, caption, columns, rows, printed=printed)

    def _cell(self, cell: CellChange, causes: list[Cause], total: bool) -> Iterator[Cell]:
        unit = self._figures[cell.figure].unit
        parts = {part.cause: part.change for part in cell.parts}
        yield self._title(cell)
        if not total:
            yield self._group(cell)
        yield Number(cell.before, unit)
        yield Number(cell.after, unit)
        yield Number(cell.difference, unit, signed=True)
        yield from (Number(parts[cause], unit, signed=True) if cause in parts else None for cause in causes)

    def _events(self) -> Table:
        columns = [
            self._column("position", _("Eintrag")),
            self._column("cause", _("Ursache"), Kind.TEXT),
            self._column("step", _("Schritt"), Kind.TEXT),
            self._column("happened_on", _("gilt am"), Kind.DAY),
            self._column("recorded_on", _("erfasst am"), Kind.DAY),
            self._column("recorded_by", _("von"), Kind.CODE),
            self._column("journey", _("Weg"), Kind.CODE),
        ]
        rows = tuple(
            Row(
                str(event.position),
                (
                    Number(event.position, Unit.NUMBER),
                    self._say(CAUSES[event.cause]),
                    self._say(STEPS[event.step]),
                    event.happened_on,
                    event.recorded_at.astimezone(BERLIN).date(),
                    event.recorded_by,
                    event.journey,
                ),
            )
            for event in self._found.events
        )
        return self._table("events", _("Nachmeldungen, Berichtigungen und Stornos"), columns, rows)

    def _effects(self, cells: list[CellChange]) -> Table:
        columns = [
            self._column("figure", _("Kennzahl"), Kind.TEXT, wide=True),
            self._column("group", _("Gruppe"), Kind.TEXT),
            self._column("cause", _("Ursache"), Kind.TEXT),
            self._column("change", _("bewegt")),
            self._column("entries", _("Einträge"), Kind.CODE, wide=True),
        ]
        found = [
            (
                self._title(cell),
                self._group(cell),
                self._say(CAUSES[part.cause]),
                Number(effect.change, self._figures[cell.figure].unit, signed=True),
                " ".join(map(str, effect.entries)),
            )
            for cell in cells
            for part in cell.parts
            for effect in part.effects
        ]
        rows = tuple(Row(str(number), told) for number, told in enumerate(found, 1))
        return self._table("effects", _("Wirkung der Einträge"), columns, rows, printed=False)

    def _table(
        self, name: str, caption: Text, columns: list[Column], rows: tuple[Row, ...], *, printed: bool = True
    ) -> Table:
        told = self._say(caption)
        return Table(name, told, told, tuple(columns), rows, printed=printed)

    def _column(self, name: str, title: Text, kind: Kind = Kind.NUMBER, *, wide: bool = False) -> Column:
        return Column(name, self._say(title), kind, wide)

    def _title(self, cell: CellChange) -> str:
        return self._say(self._figures[cell.figure].title)

    def _group(self, cell: CellChange) -> str | None:
        if not cell.trait:
            return None
        return f"{self._say(trait_label(cell.trait))}: {self._say(trait_value(cell.trait, cell.value))}"

    def _say(self, text: Text) -> str:
        return text.in_language(self._language)


_ENDS = (("before", _("vorher")), ("after", _("nachher")), ("difference", _("Differenz")))


def _key(cell: CellChange) -> tuple[str, str, str]:
    return cell.figure, cell.trait, cell.value
