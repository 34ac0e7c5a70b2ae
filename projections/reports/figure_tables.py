"""The tables of a balance: key figures beside their targets, figures by traits, figures by a category of their own."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from domain.texts import Text, _
from projections.catalogue import Figure, Unit
from projections.glossary import trait_label, trait_value
from projections.reports.model import Cell, Column, Hidden, Kind, Number, Row, Table
from projections.reports.shown import Shown
from projections.reports.words import REGIMES, UNITS, category_value, place_of_category

_MOST_PRINTED = 200
"""Rows a table may have on paper."""


def key_figures(shown: Shown, targets: Mapping[str, float]) -> Table:
    """Every figure with its value, and with its target and the difference where the programme has targets."""
    columns = [*_figure_columns(shown), Column("unit", shown.head(_("Einheit")), Kind.TEXT, printed=False)]
    columns.append(Column("value", shown.head(_("Wert"))))
    compared = [figure for figure in shown.figures() if figure.code in targets]
    if compared:
        columns += [Column("target", shown.head(_("Ziel"))), Column("difference", shown.head(_("Abweichung")))]
    rows = []
    for figure in _by_regime(shown):
        cells: list[Cell] = [*_figure_cells(shown, figure), shown.say(UNITS[figure.unit]), shown.cell(figure)]
        if compared:
            cells += _target(shown.cell(figure), targets[figure.code]) if figure in compared else [None, None]
        rows.append(Row(figure.code, tuple(cells)))
    caption = _("Kennzahlen, Ziele und Abweichungen") if compared else _("Kennzahlen im Überblick")
    short = shown.say(_("Kennzahlen"))
    return told(shown, Table("figures", shown.say(caption), short, tuple(columns), tuple(rows), grouped_by="regime"))


def by_trait(shown: Shown, trait: str) -> Table:
    """The figures by the values of a trait, or of several traits at once; the total in front."""
    values = shown.values(trait)
    columns = [*_figure_columns(shown), Column("total", shown.head(_("Insgesamt")))]
    columns += [Column(value, shown.say(trait_value(trait, value))) for value in values]
    rows = [
        Row(figure.code, (*_figure_cells(shown, figure), shown.cell(figure), *cells))
        for figure in _by_regime(shown)
        if trait in shown.balance.figures[figure.code].by
        for cells in ([shown.cell(figure, trait, value) for value in values],)
    ]
    caption = _("Kennzahlen nach Merkmal: {trait}", trait=trait_label(trait))
    told_in_short = (f"by_{trait}", shown.say(caption), shown.head(trait_label(trait)))
    return told(shown, Table(*told_in_short, tuple(columns), tuple(rows), grouped_by="regime"))


def by_category(shown: Shown) -> Iterator[Table]:
    """One table per category of their own that figures have; coaches stay in the house."""
    figures: dict[str, list[Figure]] = {}
    for figure in shown.figures():
        if (category := shown.category(figure)) and not (shown.public and category == "coach"):
            figures.setdefault(category, []).append(figure)
    for category, broken_down in figures.items():
        values = {value for figure in broken_down for value in shown.balance.figures[figure.code].by[category]}
        columns = [Column(category, shown.head(trait_label(category)), Kind.TEXT, wide=True)]
        columns += [Column(figure.code, _head(shown, category, figure)) for figure in broken_down]
        rows = [
            Row(value, (_value_of(shown, category, value), *_cells(shown, broken_down, category, value)))
            for value in sorted(values, key=place_of_category)
        ]
        caption = shown.say(
            _CAPTIONS.get(category) or _("Kennzahlen nach Merkmal: {trait}", trait=trait_label(category))
        )
        table = Table(f"by_{category}", caption, caption, tuple(columns), tuple(rows))
        yield told(shown, msgspec.structs.replace(table, printed=len(rows) <= _MOST_PRINTED))


def told(shown: Shown, table: Table) -> Table:
    """A table with what its signs mean below it, where it has any."""
    notes = list(table.notes)
    cells = [cell for row in table.rows for cell in row.cells]
    if any(isinstance(cell, Hidden) for cell in cells):
        notes.append(shown.say(_("× Wert nicht gezeigt, siehe „Zur öffentlichen Fassung“.")))
    if any(isinstance(cell, Number) and cell.value is None for cell in cells):
        notes.append(shown.say(_("– kein Wert, weil die Bezugsgröße 0 ist.")))
    return msgspec.structs.replace(table, notes=tuple(notes))


_CAPTIONS: dict[str, Text] = {
    "reason": _("Austritte nach Grund"),
    "coach": _("Personen in Betreuung je Coach"),
}


def _value_of(shown: Shown, category: str, value: str) -> str:
    """What a row of a category is called; the code of a coach is left as it is."""
    words = category_value(category, value)
    return shown.say(words) if category == "coach" else shown.head(words)


def _head(shown: Shown, category: str, figure: Figure) -> str:
    """What a figure's column is called: a caseload's is not the largest one."""
    return shown.head(_("Personen in Betreuung") if category == "coach" else figure.title)


def _cells(shown: Shown, figures: list[Figure], category: str, value: str) -> list[Number | Hidden]:
    return [shown.cell(figure, category, value) for figure in figures]


def _figure_columns(shown: Shown) -> list[Column]:
    return [
        Column("regime", shown.head(_("Zählweise")), Kind.TEXT),
        Column("code", shown.head(_("Code")), Kind.CODE, printed=False),
        Column("figure", shown.head(_("Kennzahl")), Kind.TEXT, wide=True),
    ]


def _figure_cells(shown: Shown, figure: Figure) -> list[str]:
    return [shown.head(REGIMES[figure.regime]), figure.code, shown.say(figure.title)]


def _by_regime(shown: Shown) -> list[Figure]:
    """The figures counted alike together, in the order of the regimes, within them in that of the catalogue."""
    order = list(REGIMES)
    return sorted(shown.figures(), key=lambda figure: order.index(figure.regime))


def _target(cell: Number | Hidden, target: float) -> list[Number | Hidden]:
    """A target, and how far the value is from it; hidden where the value is."""
    whole = cell.unit not in (Unit.RATE, Unit.EUR, Unit.MEAN) and float(target).is_integer()
    told = Number(int(target) if whole else target, cell.unit)
    if isinstance(cell, Hidden):
        return [told, Hidden(cell.unit, signed=True)]
    if cell.value is None:
        return [told, Number(None, cell.unit, signed=True)]
    difference = float(Decimal(str(cell.value)) - Decimal(str(target)))
    return [told, Number(int(difference) if whole else difference, cell.unit, signed=True)]
