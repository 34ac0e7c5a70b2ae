"""How many persons stand behind every cell, and behind the difference of two editions of it."""

from collections import defaultdict
from typing import NamedTuple

from projections.balance.counting import ALL, Combination, Group, groups_of_traits
from projections.catalogue import Catalogue, Measure, Part
from projections.read_model import Parameters, ReadModel


class Contribution(NamedTuple):
    """What one person adds to a part, and with which traits."""

    traits: str
    amount: int


Contributions = dict[str, Contribution]
"""By participant."""


def contributions(model: ReadModel, catalogue: Catalogue, part: Part, given: Parameters) -> Contributions:
    """What every person adds to a part at a Stichtag and Datenstand."""
    selection = catalogue.selections[part.selection]
    amount = "sum(s.value)" if part.measure is Measure.SUM else "count(*)"
    chosen = {f"category_{place}": category for place, category in enumerate(part.categories)}
    where = f"WHERE s.category IN ({', '.join(f':{name}' for name in chosen)})" if chosen else ""
    query = (
        f"SELECT s.participant, min(s.traits), CAST({amount} AS bigint) "
        f"FROM ({selection.sql}) s {where} GROUP BY s.participant"
    )
    rows = model.query(query, {**given, **chosen})
    return {str(participant): Contribution(traits, int(total)) for participant, traits, total in rows}


def persons_by_group(
    contributions: Contributions, by_traits: bool, combinations: tuple[Combination, ...] = ()
) -> dict[Group, int]:
    """How many persons there are in every group, everybody included."""
    counts: dict[str, int] = defaultdict(int)
    for one in contributions.values():
        counts[one.traits if by_traits else ""] += 1
    return _by_group(counts, combinations)


def persons_behind_difference(before: Contributions, after: Contributions, by_traits: bool) -> dict[Group, int]:
    """How many persons made the difference between two editions of a part, in every group of either."""
    changed: dict[Group, set[str]] = defaultdict(set)
    for participant in before.keys() | after.keys():
        old, new = before.get(participant), after.get(participant)
        if old != new:
            for one in (old, new):
                for group in (ALL, *groups_of_traits(one.traits)) if one and by_traits else (ALL,):
                    changed[group].add(participant)
    return {group: len(persons) for group, persons in changed.items()}


def _by_group(counts: dict[str, int], combinations: tuple[Combination, ...]) -> dict[Group, int]:
    groups: dict[Group, int] = defaultdict(int)
    for traits, number in counts.items():
        for group in (ALL, *groups_of_traits(traits, combinations)) if traits else (ALL,):
            groups[group] += number
    return dict(groups)
