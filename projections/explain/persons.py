"""What single persons contribute to the selections, at one ledger position after the other.

The very SELECTs of the catalogue are run over a copy of a person's rows in memory: the rows carry the positions
between which they were known, so the copy can be asked for any Datenstand, and nobody else's rows are in the way.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from projections.balance.counting import Groups, add, count_one, parameters
from projections.catalogue import Selection
from projections.read_model import Parameters, ReadModel
from projections.read_model.sqlite import SqliteReadModel
from projections.read_model.tables import KNOWN, columns
from projections.rows import TABLES

_CHUNK = 500
Rows = dict[str, list[tuple[Any, ...]]]
"""The rows of a person by table."""


class Shift(NamedTuple):
    """What one entry changed in the selections: units and sums that came (or, negative, went), by group."""

    position: int
    changed: dict[str, Groups]


def shifts(
    model: ReadModel,
    programme: str,
    stichtag: date,
    since: int,
    selections: Mapping[str, Selection],
    entries: Mapping[str, Sequence[int]],
) -> list[Shift]:
    """What the entries at some positions, by participant, changed in the selections at a Stichtag, in ledger order.

    `since` is the Datenstand the first of them starts from.
    """
    given = parameters(programme, stichtag, since)
    found: list[Shift] = []
    with person_in_memory() as person:
        for participant, rows in _rows_of(model, programme, list(entries)):
            person.become(rows)
            found += person.shifts(selections, given, since, entries[participant])
    return sorted(found, key=lambda shift: shift.position)


class Person:
    """The rows of one person at a time, in memory, which selections are run over."""

    def __init__(self, memory: ReadModel) -> None:
        self._memory = memory
        self._rows: Rows = {}

    def become(self, rows: Rows) -> None:
        """From now on it is these rows."""
        for table in self._rows:
            self._memory.execute(f"DELETE FROM {table}")
        self._rows = rows
        for table, known in rows.items():
            self._memory.bulk_insert(table, known)

    def shifts(
        self, selections: Mapping[str, Selection], given: Parameters, since: int, positions: Sequence[int]
    ) -> list[Shift]:
        """What the entries at some ascending positions after `since` changed in the selections."""
        found: list[Shift] = []
        held: dict[str, Groups] = {}
        before = since
        for position in positions:
            touched = _touched(self._rows, before, position)
            changed = {}
            for name, selection in selections.items():
                if touched & _tables_of(selection):
                    then = held[name] if name in held else self._held(selection, given, since)
                    held[name] = self._held(selection, given, position)
                    if held[name] != then:
                        changed[name] = _difference(then, held[name])
            before = position
            if changed:
                found.append(Shift(position, changed))
        return found

    def _held(self, selection: Selection, given: Parameters, datenstand: int) -> Groups:
        return dict(count_one(self._memory, selection, {**given, "datenstand": datenstand}))


@contextmanager
def person_in_memory() -> Iterator[Person]:
    """Room for the rows of one person at a time; nobody yet."""
    with closing(SqliteReadModel.connect(Path(":memory:"))) as memory:
        memory.create_tables()
        memory.create_indexes()
        yield Person(memory)


@cache
def _tables_of(selection: Selection) -> frozenset[str]:
    return frozenset(re.findall(r"(?:FROM|JOIN) (\w+)", selection.sql))


def _difference(before: Groups, after: Groups) -> Groups:
    changed: Groups = {}
    for groups, sign in ((before, -1), (after, 1)):
        for group, counts in groups.items():
            for category, (units, total) in counts.items():
                add(changed.setdefault(group, {}), category, sign * units, sign * total)
    return {group: kept for group, counts in changed.items() if (kept := _without_nothing(counts))}


def _without_nothing(counts: dict[str | None, list[int]]) -> dict[str | None, list[int]]:
    return {category: count for category, count in counts.items() if any(count)}


def _touched(rows: Rows, after: int, upto: int) -> set[str]:
    """The tables in which something became known or ceased to be, between two positions."""
    return {
        table
        for table, known in rows.items()
        if any(after < row[0] <= upto or (row[1] is not None and after < row[1] <= upto) for row in known)
    }


def _rows_of(model: ReadModel, programme: str, participants: Sequence[str]) -> Iterable[tuple[str, Rows]]:
    """All rows of each participant in a programme, whenever known."""
    for start in range(0, len(participants), _CHUNK):
        chunk = participants[start : start + _CHUNK]
        streams = model.query(
            "SELECT DISTINCT e.stream, e.participant FROM enrolments e "
            f"WHERE e.programme = :programme AND e.participant IN ({_places(len(chunk))})",
            {"programme": programme, **_named(chunk)},
        )
        owner = {str(stream): str(participant) for stream, participant in streams}
        rows: dict[str, Rows] = {participant: {} for participant in chunk}
        for table in TABLES:
            if "participant" in TABLES[table]._fields:
                for row in _of_streams(model, table, list(owner)):
                    rows[owner[row[len(KNOWN)]]].setdefault(table, []).append(row)
        yield from rows.items()


def _of_streams(model: ReadModel, table: str, streams: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    listed = ", ".join(columns(table))
    for start in range(0, len(streams), _CHUNK):
        chunk = streams[start : start + _CHUNK]
        query = f"SELECT {listed} FROM {model.name(table)} WHERE stream IN ({_places(len(chunk))})"
        yield from model.query(query, _named(chunk))


def _places(number: int) -> str:
    return ", ".join(f":id_{place}" for place in range(number))


def _named(ids: Sequence[str]) -> dict[str, str]:
    return {f"id_{place}": one for place, one in enumerate(ids)}
