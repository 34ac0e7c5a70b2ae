"""What a selection holds at one Stichtag and not, or otherwise, at another: the units that came, went or changed."""

import re
from datetime import date
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from projections.balance import positions_in
from projections.balance.counting import ALL, Group, groups_of_traits, parameters
from projections.catalogue import Figure, Measure, Part, Selection, Unit
from projections.read_model import ReadModel


class Counted(NamedTuple):
    """What is counted once: the groups and the category it is counted in, its value, and the entries behind it."""

    groups: frozenset[Group]
    category: str | None
    value: int
    entries: frozenset[int]


class Changed(NamedTuple):
    """A unit at the one Stichtag and at the other; None where it does not count."""

    before: Counted | None
    after: Counted | None

    @property
    def entries(self) -> list[int]:
        """The entries that came with it; where none did, those behind it: time alone moved it."""
        before = self.before.entries if self.before else frozenset()
        after = self.after.entries if self.after else frozenset()
        return sorted(after - before or after | before)

    def groups(self) -> set[Group]:
        """The groups it is counted in at either Stichtag."""
        return {group for one in self if one for group in one.groups}


def changed_units(
    model: ReadModel, selection: Selection, programme: str, datenstand: int, stichtage: tuple[date, date]
) -> list[Changed]:
    """The units that differ between two Stichtage at one Datenstand.

    The store compares the rows, so that only those of units that may differ are read.
    """
    before: dict[object, Counted] = {}
    after: dict[object, Counted] = {}
    given = parameters(programme, stichtage[0], datenstand)
    later = {f"later_{name}": value for name, value in parameters(programme, stichtage[1], datenstand).items()}
    for side, *row in model.query(_difference(selection), {**given, **later}):
        _count(selection, after if side else before, *row)
    return [
        Changed(before.get(key), after.get(key))
        for key in dict.fromkeys([*before, *after])
        if _apart_from_entries(before.get(key)) != _apart_from_entries(after.get(key))
    ]


def _difference(selection: Selection) -> str:
    """A SELECT of the differing rows, `side` telling the Stichtag; where several rows make a unit, all of its rows."""
    columns = "unit, stream, traits, category, value, entries"
    later = re.sub(r"(?<!:):(?=[a-z])", ":later_", selection.sql)
    sides = f"WITH a AS (SELECT {columns} FROM ({selection.sql}) s), b AS (SELECT {columns} FROM ({later}) s)"
    gone = f"SELECT {columns} FROM a EXCEPT SELECT {columns} FROM b"
    come = f"SELECT {columns} FROM b EXCEPT SELECT {columns} FROM a"
    order = "ORDER BY side, traits, category, stream, entries, value, unit"
    if not selection.distinct:
        return f"{sides} SELECT 0 AS side, g.* FROM ({gone}) g UNION ALL SELECT 1, c.* FROM ({come}) c {order}"
    moved = f"SELECT unit FROM ({gone}) g UNION SELECT unit FROM ({come}) c"
    return (
        f"{sides}, moved AS ({moved}) SELECT 0 AS side, a.* FROM a WHERE unit IN (SELECT unit FROM moved) "
        f"UNION ALL SELECT 1, b.* FROM b WHERE unit IN (SELECT unit FROM moved) {order}"
    )


def change_in(figure: Figure, selection: str, changed: Changed, group: Group) -> tuple[bool, Fraction | None]:
    """Whether a unit moved a figure's cell, and by how much; None where only all units together can be told."""
    parts = [part for part in (figure.part, figure.per) if part and part.selection == selection]
    changes = [_contribution(part, changed.after, group) - _contribution(part, changed.before, group) for part in parts]
    if figure.per or figure.part.measure not in (Measure.COUNT, Measure.SUM):
        return any(changes), None
    return any(changes), Fraction(changes[0], 100 if figure.unit is Unit.EUR else 1)


def _contribution(part: Part, unit: Counted | None, group: Group) -> int:
    if unit is None or group not in unit.groups or (part.categories and unit.category not in part.categories):
        return 0
    return unit.value if part.measure is Measure.SUM else 1


def _apart_from_entries(unit: Counted | None) -> Counted | None:
    return unit._replace(entries=frozenset()) if unit else None


def _count(
    selection: Selection,
    units: dict[object, Counted],
    unit: object,
    stream: str,
    traits: str,
    category: str | None,
    value: int,
    entries: str,
) -> None:
    """Count one more row; rows come with the smallest traits first, and those are the unit's."""
    key = unit if selection.distinct else (unit, stream, entries)
    positions = frozenset(positions_in(entries))
    before = units.get(key)
    if before is None:
        units[key] = _with_category(selection, Counted(_groups(selection, traits), category, int(value), positions))
        return
    counted = before._replace(
        category=min((name for name in (before.category, category) if name is not None), default=None),
        value=before.value + int(value),
        entries=before.entries | positions,
    )
    units[key] = _with_category(selection, counted)


@cache
def _groups(selection: Selection, traits: str) -> frozenset[Group]:
    return frozenset((ALL, *groups_of_traits(traits))) if selection.by_traits else frozenset((ALL,))


def _with_category(selection: Selection, unit: Counted) -> Counted:
    """A unit is counted in the cell of its category too."""
    if selection.category and unit.category:
        groups = {group for group in unit.groups if group[0] != selection.category}
        return unit._replace(groups=frozenset(groups | {(selection.category, unit.category)}))
    return unit
