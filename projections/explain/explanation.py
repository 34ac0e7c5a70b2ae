"""The difference of every figure between two balances, as a sum of causes, each with the entries behind it.

From the first balance to the second the figures are taken along one way, and every stretch of it has one cause:
entry by entry from the earlier Datenstand to the later one at the first Stichtag (Nachmeldung, Berichtigung,
Storno), then from the first Stichtag to the second with the knowledge of the later Datenstand (happened since), then
from the first catalogue to the second (definition changed). The stretches of a way add up to its whole, for a ratio
as well, and all numbers are exact fractions, so nothing is left over.
"""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

import msgspec
from msgspec import Struct

from domain.errors import NotReady
from domain.facts import Value
from domain.journal import Journal
from domain.texts import _
from projections.balance.counting import as_value
from projections.balance.figures import reached_position
from projections.catalogue import Catalogue, Figure
from projections.explain.entries import Cause, Event, late_events
from projections.explain.standing import Cell
from projections.explain.way import Stretch, Way
from projections.glossary import place_of
from projections.read_model import ReadModel


class Point(NamedTuple):
    """What a balance is drawn at, and with which catalogue."""

    stichtag: date
    datenstand: int
    catalogue: Catalogue


class Effect(Struct, frozen=True, omit_defaults=True):
    """What one entry, or the entries behind one unit, moved; `change` None where only all together can be told."""

    entries: list[int]
    change: Value = None


class Part(Struct, frozen=True, omit_defaults=True):
    """How much of a difference has one cause; `exact` is the fraction where the number is not whole."""

    cause: Cause
    change: Value
    exact: str | None = None
    effects: list[Effect] = []


class CellChange(Struct, frozen=True):
    """One cell at either balance and the parts of its difference; the total has neither trait nor value. A ratio
    without a denominator, and a figure one of the catalogues does not have, count as 0 here."""

    figure: str
    trait: str
    value: str
    before: Value
    after: Value
    difference: Value
    parts: list[Part]


class Explanation(Struct, frozen=True):
    """Every cell that is not 0 at both balances or moved in between, and the entries that were late, corrected or
    withdrawn."""

    programme: str
    stichtage: tuple[date, date]
    datenstaende: tuple[int, int]
    catalogues: tuple[str, str]
    cells: list[CellChange]
    events: list[Event]


def explain(journal: Journal, model: ReadModel, programme: str, first: Point, second: Point) -> Explanation:
    """Why the figures at `second` differ from those at `first`.

    Refused: a programme unknown or a Datenstand not reached at either point.
    """
    if second.datenstand < first.datenstand:
        return _reversed(explain(journal, model, programme, second, first))
    for point in (first, second):
        reached_position(model, programme, point.datenstand)
    way = Way(model, programme, first.catalogue, first.stichtag, first.datenstand)
    before = way.now()
    late = late_events(journal, programme, first.stichtag, first.datenstand, second.datenstand)
    moved = way.know(late, second.datenstand)
    way.move(second.stichtag)
    way.redefine(second.catalogue)
    after = way.now()
    codes = list(way.every_figure)
    moved_or_not = sorted(
        {*before, *after, *way.stretches}, key=lambda cell: (codes.index(cell[0]), cell[1], place_of(*cell[1:]))
    )
    cells = [_cell(way, cell, before, after) for cell in moved_or_not]
    return Explanation(
        programme,
        (first.stichtag, second.stichtag),
        (first.datenstand, second.datenstand),
        (first.catalogue.version, second.catalogue.version),
        cells,
        [late[position] for position in sorted(moved)],
    )


def _cell(way: Way, cell: Cell, before: dict[Cell, Fraction | None], after: dict[Cell, Fraction | None]) -> CellChange:
    figure = way.every_figure[cell[0]]
    values = before.get(cell), after.get(cell)
    difference = (values[1] or 0) - (values[0] or Fraction())
    stretches = way.stretches.get(cell, {})
    if sum((stretch.change for stretch in stretches.values()), Fraction()) != difference:
        text = _("Die Differenz von {figure} geht nicht auf; bitte das Lesemodell neu aufbauen.", figure=cell[0])
        raise NotReady("unexplained", text)
    parts = [_part(figure, cause, stretches[cause]) for cause in Cause if cause in stretches]
    first, second = (0 if value is None and figure.per is None else as_value(figure, value) for value in values)
    return CellChange(*cell, first, second, as_value(figure, difference), parts)


def _part(figure: Figure, cause: Cause, stretch: Stretch) -> Part:
    exact = None if stretch.change.denominator == 1 else str(stretch.change)
    effects = [Effect(entries, as_value(figure, change)) for entries, change in stretch.effects]
    return Part(cause, as_value(figure, stretch.change), exact, effects)


def _reversed(explanation: Explanation) -> Explanation:
    """The same way walked back."""

    def negative(value: Value) -> Value:
        return None if value is None else -value

    def back(cell: CellChange) -> CellChange:
        parts = [
            Part(
                part.cause,
                negative(part.change),
                None if part.exact is None else str(-Fraction(part.exact)),
                [Effect(effect.entries, negative(effect.change)) for effect in part.effects],
            )
            for part in cell.parts
        ]
        ends = (cell.after, cell.before, negative(cell.difference))
        return CellChange(cell.figure, cell.trait, cell.value, *ends, parts)

    return msgspec.structs.replace(
        explanation,
        stichtage=explanation.stichtage[::-1],
        datenstaende=explanation.datenstaende[::-1],
        catalogues=explanation.catalogues[::-1],
        cells=[back(cell) for cell in explanation.cells],
    )
