"""How long what is personal is kept, and who could still be recognised after it is gone.

A period ends with the 31 December that lies `retention_years` after the year in which the participation or, if later,
the programme ended. It is the programme's own: § 84 SGB X only says "no longer needed", a grant often asks for at
least five years.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import reduce
from uuid import UUID

from msgspec import Struct

from domain import programme as programmes
from domain.data_protection import Erasure
from domain.journal import Journal
from domain.programme import Programme
from domain.terms import programme_stream
from projections.data_protection import read_register
from projections.read_model import ReadModel

TOO_FEW = 3
"""A combination of traits that fewer persons have than this can point to one of them."""
_COMMON = ("gender", "municipality", "education", "single_parent", "migration_background")
AGES = ("age", "age_group")
"""The two ways the check looks at the age."""


class Keeping(StrEnum):
    """Where a person stands between being kept and being erased."""

    KEPT = "kept"
    DUE = "due"
    REQUESTED = "requested"
    APPROVED = "approved"
    ERASED = "erased"


class Kept(Struct, frozen=True):
    """A person and the last day their personal data is kept, `due_on`; due from the day after it.

    In several programmes, the one whose period ends last decides; `ended_on` is the day that period began to run.
    """

    participant: UUID
    programmes: list[str]
    ended_on: date
    due_on: date
    state: Keeping


class Combination(Struct, frozen=True):
    """Clear traits at enrolment that only so many erased persons have."""

    traits: dict[str, str | int | bool]
    persons: int


class Period(Struct, frozen=True):
    """How long a programme keeps: its last day, and the years after the year of the end."""

    last_day: date
    years: int

    def of(self, exited_on: date | None) -> tuple[date, date]:
        """The last day of keeping, and the day it counts from, for somebody who left then or (None) stayed."""
        ended_on = max(exited_on or self.last_day, self.last_day)
        return date(ended_on.year + self.years, 12, 31), ended_on


def period_of(journal: Journal, programme: str) -> Period:
    """The period of a programme, as it is now. Refused (`NotFound`): there is no such programme."""
    facts = (recorded.fact for recorded in journal.read(programme_stream(programme)))
    state = reduce(programmes.evolve, facts, Programme())
    opening = programmes.opened(state, programme)
    return Period(programmes.last_day_of(state), opening.retention_years)


def due(model: ReadModel, journal: Journal, programme: str | None, on: date) -> list[Kept]:
    """Everybody who was ever enrolled in the programme, or in any, by the last day of keeping; `on` tells kept and due
    apart.

    Somebody whose enrolment was withdrawn counts as one who stayed: also of them something personal is kept. Refused
    (`NotFound`): there is no such programme.
    """
    periods = {} if programme is None else {programme: period_of(journal, programme)}
    register = read_register(journal)
    found = []
    for participant, exits in _participations(model):
        if programme is not None and programme not in exits:
            continue
        for key in exits.keys() - periods.keys():
            periods[key] = period_of(journal, key)
        due_on, ended_on = max(periods[key].of(exited_on) for key, exited_on in exits.items())
        case = register.get(participant)
        state = _state(case.erasure if case else Erasure.NONE, is_due=on > due_on)
        found.append(Kept(participant, sorted(exits), ended_on, due_on, state))
    return sorted(found, key=lambda kept: (kept.due_on, kept.participant))


def _participations(model: ReadModel) -> Iterator[tuple[UUID, Mapping[str, date | None]]]:
    """Every person with the programmes they were in, each with the last exit that stands, None where there is none."""
    exits: dict[str, dict[str, date | None]] = defaultdict(dict)
    for participant, programme, exited_on in model.query(
        "SELECT e.participant, e.programme, max(CASE WHEN e.known_until IS NULL THEN e.exited_on END) "
        "FROM enrolments e GROUP BY e.participant, e.programme",
        {},
    ):
        exits[participant][programme] = date.fromisoformat(exited_on) if exited_on else None
    yield from ((UUID(participant), found) for participant, found in exits.items())


def _state(erasure: Erasure, *, is_due: bool) -> Keeping:
    match erasure:
        case Erasure.REQUESTED | Erasure.APPROVED | Erasure.ERASED:
            return Keeping(erasure.value)
        case _:
            return Keeping.DUE if is_due else Keeping.KEPT


# --- who could still be recognised ----------------------------------------------------------------


def reidentifiable(model: ReadModel, journal: Journal) -> dict[str, list[Combination]]:
    """The combinations of clear traits at enrolment that fewer than `TOO_FEW` erased persons have, the rarest first:
    under `age` with the exact age, under `age_group` with the age group instead.

    Who knows the traits of somebody finds that somebody's journey by such a combination, although the name is gone. A
    person enrolled several times has several; of a withdrawn or corrected enrolment the last state is taken.
    """
    erased = {str(person) for person, case in read_register(journal).items() if case.erasure.is_decided}
    rows = [row for row in _enrolments(model) if row["participant"] in erased]
    return {age: _rare(rows, (*_COMMON[:1], age, *_COMMON[1:])) for age in AGES}


def _enrolments(model: ReadModel) -> Iterable[Mapping[str, str | int]]:
    """The last known row of every enrolment."""
    names = ("stream", "participant", *AGES, *_COMMON)
    listed = ", ".join(f"e.{name}" for name in names)
    found = model.query(f"SELECT {listed} FROM enrolments e ORDER BY e.known_from", {})
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}.values()


def _rare(rows: Iterable[Mapping[str, str | int]], names: tuple[str, ...]) -> list[Combination]:
    persons: dict[tuple[str | int, ...], set[str | int]] = defaultdict(set)
    for row in rows:
        persons[tuple(row[name] for name in names)].add(row["participant"])
    rare = [(len(who), values) for values, who in persons.items() if len(who) < TOO_FEW]
    return [Combination(_written(names, values), count) for count, values in sorted(rare)]


def _written(names: tuple[str, ...], values: tuple[str | int, ...]) -> dict[str, str | int | bool]:
    yes_or_no = ("single_parent", "migration_background")
    return {name: bool(value) if name in yes_or_no else value for name, value in zip(names, values, strict=True)}
