"""The figures at one Stichtag while the knowledge grows, entry by entry.

What an entry moves is found as `projections.explain` finds it: by the SELECTs of the catalogue over the rows of the
person concerned. At the end the figures are counted from the tables, and have to be those the entries led to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from domain.facts import Value
from domain.journal import BERLIN, Journal
from projections.balance.counting import as_value
from projections.explain.standing import Cell, Moves, Standing
from projections.glossary import place_of
from projections.replay.entries import LedgerEntry, pages

PAGE = 1_000
Numbers = dict[Cell, tuple[Value, Value]]
"""What moved: every cell with its value before and after, in the order people read them."""


class Step(NamedTuple):
    """One entry of the programme, and what it moved; most move something, some nothing."""

    entry: LedgerEntry
    moved: Numbers


class Day(NamedTuple):
    """The entries recorded on one day, in German time, that follow each other, and what they moved all together."""

    day: date
    positions: list[int]
    moved: Numbers


def replay(
    journal: Journal,
    standing: Standing,
    upto: int,
    *,
    breakdowns: bool = False,
    page: int = PAGE,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Step]:
    """Every entry of the programme after the Datenstand of `standing` and up to another, with what it moves; `standing`
    moves along. With `breakdowns` the cells by trait and category too.

    Memory follows the page. Refused, after the last entry: figures that, counted at the end, come out otherwise than
    the entries say.
    """
    for last, entries in pages(journal, standing.programme, standing.datenstand, upto, page):
        positions: dict[str, list[int]] = defaultdict(list)
        for entry in entries:
            if entry.participant:
                positions[entry.participant].append(entry.position)
        changed = dict(standing.shifts(positions, last))
        for entry in entries:
            moves = standing.take(changed.get(entry.position, {}), totals_only=not breakdowns)
            yield Step(entry, _numbers(standing, moves))
        if progress:
            progress(last)
    standing.require_explained()


def by_day(steps: Iterable[Step], codes: Iterable[str]) -> Iterator[Day]:
    """The same day by day; `codes` gives the figures their order. What came back to where it was has not moved.

    Where clocks were set back a day comes twice: the order is the ledger's.
    """
    order = list(codes)
    for day, group in groupby(steps, key=lambda step: step.entry.recorded_at.astimezone(BERLIN).date()):
        positions, moved = [], Numbers()
        for entry, numbers_moved in group:
            positions.append(entry.position)
            for cell, (before, after) in numbers_moved.items():
                moved[cell] = (moved.get(cell, (before,))[0], after)
        yield Day(day, positions, _in_order(order, {cell: ends for cell, ends in moved.items() if ends[0] != ends[1]}))


def numbers(standing: Standing, *, breakdowns: bool = False) -> dict[Cell, Value]:
    """Every total as it stands; with `breakdowns` every cell besides that is not 0."""
    now = {cell: as_value(standing.figures[cell[0]], number) for cell, number in standing.now().items()}
    return {cell: now[cell] for cell in _in_order(list(standing.figures), now) if breakdowns or not cell[1]}


def as_told(cells: Mapping[Cell, Any]) -> dict[str, dict[str, Any]]:
    """Cells as JSON has them: by figure, what is known of its total, and `by` trait and value the same of its cells.

    A tuple is a number before and after, anything else one number.
    """
    told: dict[str, dict[str, Any]] = {}
    for (code, trait, value), found in cells.items():
        figure = told.setdefault(code, {})
        number = dict(zip(("before", "after"), found, strict=True)) if isinstance(found, tuple) else found
        if trait:
            figure.setdefault("by", {}).setdefault(trait, {})[value] = number
        else:
            figure |= number if isinstance(number, dict) else {"value": number}
    return told


def _numbers(standing: Standing, moves: Moves) -> Numbers:
    found = {
        cell: (as_value(standing.figures[cell[0]], before), as_value(standing.figures[cell[0]], after))
        for cell, (before, after) in moves.items()
    }
    return _in_order(list(standing.figures), found)


def _in_order(codes: list[str], found: dict[Cell, Any]) -> dict[Cell, Any]:
    """Cells in the order people read them."""
    place = {code: number for number, code in enumerate(codes)}
    return {
        cell: found[cell] for cell in sorted(found, key=lambda cell: (place[cell[0]], cell[1], place_of(*cell[1:])))
    }
