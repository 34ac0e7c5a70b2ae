"""Counting what the selections select: units and sums of values, of everything and of every group."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction

from domain.facts import Value
from domain.law import months_later
from projections.catalogue import Figure, Measure, Part, Selection, Unit
from projections.read_model import Parameters, ReadModel
from projections.rows import TRAITS, joined_values, split_traits

Group = tuple[str, str]
"""A trait and a value of it; `ALL` is everybody. A combination of traits is one too, its names and values joined."""
Counts = dict[str | None, list[int]]
"""What a selection holds of each of its categories: units, and the sum of their values."""
Groups = dict[Group, Counts]
ALL: Group = ("", "")
Combination = tuple[str, ...]
"""Traits to break figures down by at once, in the order of `TRAITS`."""


def parameters(programme: str, stichtag: date, datenstand: int) -> Parameters:
    """What the selections take: the programme, the two times, and the days that follow from the Stichtag."""
    days = {f"day_{number}": months_before(stichtag, number) for number in range(12)}
    return {
        "programme": programme,
        "stichtag": stichtag,
        "datenstand": datenstand,
        "year_before": months_before(stichtag, 12),
        **days,
    }


def months_before(stichtag: date, months: int) -> date:
    """The day some months before a Stichtag: if that ends its month, the month's last; otherwise the same, clipped."""
    following = stichtag + timedelta(days=1)
    if following.day == 1:
        return months_later(following, -months) - timedelta(days=1)
    return months_later(stichtag, -months)


def selections_of(figures: Iterable[Figure]) -> set[str]:
    """The names of the selections some figures measure."""
    return {part.selection for figure in figures for part in (figure.part, figure.per) if part}


def count_all(
    model: ReadModel, selections: dict[str, Selection], given: Parameters, combinations: Sequence[Combination] = ()
) -> dict[str, Groups]:
    """Count selections with two readers at once.

    They need no snapshot in common: which rows were known at a Datenstand never changes, however far the read
    model has come since.
    """
    waiting, counted = list(selections.items()), {}

    def count(reader: ReadModel) -> None:
        with reader.snapshot(), suppress(IndexError):
            while True:
                name, selection = waiting.pop()
                counted[name] = count_one(reader, selection, given, combinations)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, (model, model.twin)))
    return counted


def count_one(
    model: ReadModel, selection: Selection, given: Parameters, combinations: Sequence[Combination] = ()
) -> Groups:
    """One pass over a selection: a person has one combination of traits, so it serves every breakdown."""
    rows = selection.sql
    if selection.distinct:
        rows = (
            "SELECT min(s.traits) AS traits, min(s.category) AS category, sum(s.value) AS value "
            f"FROM ({rows}) s GROUP BY s.unit"
        )
    by = "traits, category" if selection.by_traits else "category"
    query = f"SELECT {by}, count(*), CAST(sum(value) AS bigint) FROM ({rows}) u GROUP BY {by}"
    groups: Groups = defaultdict(dict)
    groups_of: dict[str, list[Counts]] = {"": [groups[ALL]]}
    for *traits, category, units, total in model.query(query, given):
        key = traits[0] if traits else ""
        if key not in groups_of:
            groups_of[key] = [groups[ALL], *(groups[group] for group in groups_of_traits(key, combinations))]
        for counts in groups_of[key]:
            add(counts, category, units, total)
    return groups


def add(counts: Counts, category: str | None, units: int, total: int) -> None:
    """Add so many units with that sum of values to a category."""
    if category in counts:
        counts[category][0] += units
        counts[category][1] += total
    else:
        counts[category] = [units, total]


def groups_of_traits(traits: str, combinations: Sequence[Combination] = ()) -> tuple[Group, ...]:
    """The groups somebody with these joined traits belongs to: one of every trait, and of every combination."""
    values = dict(zip(TRAITS, split_traits(traits), strict=True))
    combined = ((joined_values(names), joined_values([values[name] for name in names])) for names in combinations)
    return (*values.items(), *combined)


# --- from counts to values ------------------------------------------------------------------------


def exact(figure: Figure, counted: dict[str, Groups], group: Group = ALL) -> Fraction | None:
    """A figure of a group as an exact number; None for a ratio without a denominator."""
    part = measured(figure.part, counted, group)
    if figure.per is None:
        return Fraction(part, 100) if figure.unit is Unit.EUR else Fraction(part)
    per = measured(figure.per, counted, group)
    return Fraction(part * figure.scale, per) if per else None


def as_value(figure: Figure, number: Fraction | None) -> Value:
    """An exact number as a balance states it: whole where only whole numbers are possible."""
    if number is None:
        return None
    whole = figure.per is None and figure.unit is not Unit.EUR
    return int(number) if whole else float(number)


def measured(part: Part, counted: dict[str, Groups], group: Group) -> int:
    """The measure of a part for a group."""
    counts = counted[part.selection].get(group, {})
    taken = [count for category, count in counts.items() if not part.categories or category in part.categories]
    match part.measure:
        case Measure.COUNT:
            return sum(units for units, _total in taken)
        case Measure.SUM:
            return sum(total for _units, total in taken)
        case Measure.LARGEST:
            return max((units for units, _total in taken), default=0)
        case Measure.CATEGORIES:
            return sum(1 for units, _total in taken if units)
