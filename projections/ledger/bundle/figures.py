"""The figures of a bundle: every cell of every edition with the numbers of the leaves behind it."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from projections.balance import parameters
from projections.catalogue import Catalogue, Figure, Measure, Part, Selection
from projections.editions import Edition, cells_of
from projections.ledger.seals import Seals
from projections.read_model import Parameters, ReadModel
from projections.read_model.sqlite import SqliteReadModel
from projections.rows import TRAITS, split_traits

Numbers = NDArray[np.int64]
_AT_ONCE = 1 << 16
_NONE: Numbers = np.empty(0, np.int64)


class LeafNumbers:
    """From ledger positions, which may have gaps, to the numbers of leaves, which have none."""

    def __init__(self, seals: Seals, size: int) -> None:
        self._positions = np.empty(size, np.int64)
        for low in range(0, size, _AT_ONCE):
            leaves = seals.leaves(low, min(low + _AT_ONCE, size))
            self._positions[low : low + len(leaves)] = [leaf.position for leaf in leaves]

    def of(self, positions: Iterable[int]) -> Numbers:
        """The leaves at some positions, ascending and each once."""
        found = np.unique(np.fromiter(positions, np.int64))
        return np.searchsorted(self._positions, found)

    def known_at(self, datenstand: int) -> int:
        """How many entries were known at a Datenstand."""
        return int(np.searchsorted(self._positions, datenstand, side="right"))


class _Behind(NamedTuple):
    """The units of a selection with the same traits and category: how many, and the leaves behind them."""

    traits: dict[str, str]
    category: str | None
    units: int
    leaves: Numbers


def edition_lines(model: ReadModel, edition: Edition, catalogue: Catalogue, numbers: LeafNumbers) -> Iterator[bytes]:
    """The lines of an edition: its head and each of its cells."""
    yield _head(edition, numbers) + b"\n"
    balance = edition.balance
    given = parameters(balance.programme, balance.stichtag, balance.datenstand)
    cells = list(cells_of(balance.figures))
    rows: dict[str, list[_Behind]] = {}
    with model.snapshot():
        for place, ((code, trait, value), number) in enumerate(cells):
            figure = catalogue.figure(code)
            for part in (figure.part, figure.per):
                if part and part.selection not in rows:
                    rows[part.selection] = _behind(model, catalogue.selections[part.selection], given, numbers)
            told: dict[str, object] = {"figure": code, "trait": trait, "value": value, "number": number}
            told |= _leaves_of(figure, catalogue, rows, trait, value)
            yield msgspec.json.encode(told) + (b",\n" if place < len(cells) - 1 else b"\n")


def _head(edition: Edition, numbers: LeafNumbers) -> bytes:
    """What opens an edition, up to its cells."""
    balance = edition.balance
    told = {
        "edition": edition.name,
        "programme": balance.programme,
        "number": edition.number,
        "kind": balance.kind,
        "stichtag": balance.stichtag,
        "datenstand": balance.datenstand,
        "catalogue": balance.catalogue,
        "size": numbers.known_at(balance.datenstand),
        "draft": int(numbers.of([edition.drafted.position])[0]),
        "approval": int(numbers.of([edition.approved.position])[0]) if edition.approved else None,
    }
    return msgspec.json.encode(told)[:-1] + b',"cells":['


def _leaves_of(
    figure: Figure, catalogue: Catalogue, rows: dict[str, list[_Behind]], trait: str, value: str
) -> dict[str, list[int]]:
    """The leaves of a cell; of a ratio those below the line too."""
    found = {}
    for name, part in (("leaves", figure.part), ("of", figure.per)):
        if part is not None:
            category = catalogue.selections[part.selection].category
            behind = _in_cell(rows[part.selection], part, category, trait, value)
            found[name] = np.unique(np.concatenate([_NONE, *(one.leaves for one in behind)])).tolist()
    return found


def _in_cell(rows: list[_Behind], part: Part, category: str | None, trait: str, value: str) -> list[_Behind]:
    if part.categories:
        rows = [row for row in rows if row.category in part.categories]
    if trait and trait == category:
        return [row for row in rows if row.category == value]
    if trait:
        return [row for row in rows if row.traits.get(trait) == value]
    if part.measure is Measure.LARGEST and rows:
        largest = min(rows, key=lambda row: (-row.units, row.category or ""))
        return [largest]
    return rows


def _behind(model: ReadModel, selection: Selection, given: Parameters, numbers: LeafNumbers) -> list[_Behind]:
    """A selection by traits and category, its units taken together as they are when it is counted."""
    joined = "group_concat({}, '')" if isinstance(model, SqliteReadModel) else "string_agg({}, '')"
    rows = selection.sql
    if selection.distinct:
        rows = (
            "SELECT min(s.traits) AS traits, min(s.category) AS category, "
            f"{joined.format('s.entries')} AS entries FROM ({rows}) s GROUP BY s.unit"
        )
    traits = "u.traits" if selection.by_traits else "''"
    query = (
        f"SELECT {traits}, u.category, count(*), {joined.format('u.entries')} FROM ({rows}) u "
        f"GROUP BY {traits + ', ' if selection.by_traits else ''}u.category"
    )
    return [
        _Behind(
            dict(zip(TRAITS, split_traits(joined_traits), strict=True)) if joined_traits else {},
            category,
            int(units),
            numbers.of(int(position) for position in re.findall(r"\d+", entries)),
        )
        for joined_traits, category, units, entries in model.query(query, given)
    ]
