"""One participation as it comes to be entered: each step with the moment and the hand it is recorded by."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.facts import (
    CircumstancesChanged,
    CoachAssigned,
    Enrolled,
    PlacementEnded,
    PlacementStarted,
    Step,
)
from domain.terms import Role
from scripts.example.days import INTERIM_STICHTAG, in_germany, office_time
from scripts.example.people import LEAD, Person

NOBODY = UUID(int=0)
"""Stands for the participant until the office registers the person."""
PROGRAMME = "lzb-gg"

_HEADLINE_STEPS = (Enrolled, CoachAssigned, PlacementStarted, PlacementEnded, CircumstancesChanged)


class Planned(Struct, frozen=True, kw_only=True, eq=False):
    """A step to be entered; `personal` are the texts to seal into it, by field."""

    key: str
    person: Person
    participation: int
    at: datetime
    by: str
    role: Role
    step: Step
    personal: Mapping[str, str]


class Amendment(Struct, frozen=True, kw_only=True, eq=False):
    """A Berichtigung of an entry by `changes`; a Storno where there are none."""

    key: str
    entry: Planned
    at: datetime
    by: str
    changes: Mapping[str, Any] | None
    reason: str


class Course:
    """Collects what is entered of one participation. `since`: the entry it can only follow upon."""

    def __init__(self, person: Person, participation: int, rng: Random, since: Planned | None = None) -> None:
        self.person, self.participation, self.rng = person, participation, rng
        self.planned: list[Planned] = []
        self.amendments: list[Amendment] = []
        self._since = since

    def enter(
        self,
        step: Step,
        personal: Mapping[str, str] | None = None,
        *,
        upon: Planned | None = None,
        late: int | None = None,
        by: str | None = None,
    ) -> Planned:
        """Plan an entry, after the one it builds `upon` (by default the first of this participation).

        `late`: days until it is entered; by default as usual, headline steps in time for the Stichtag.
        """
        before = upon or (self.planned[0] if self.planned else self._since)
        at = self._recorded_at(step, late)
        if before and at <= before.at:
            at = before.at + timedelta(minutes=self.rng.randint(2, 25))
        entry = Planned(
            key=self._key(),
            person=self.person,
            participation=self.participation,
            at=at,
            by=by or self._coach(step.happened_on),
            role=Role.LEAD if by == LEAD else Role.COACH,
            step=step,
            personal=personal or {},
        )
        self.planned.append(entry)
        return entry

    def correct(self, entry: Planned, on: date, why: str, /, **changes: Any) -> None:
        """Plan a Berichtigung on a day, or shortly after the entry where that is later; none where all is as it was."""
        if msgspec.structs.replace(entry.step, **changes) == entry.step:
            return
        self._amend(entry, on, changes, why)

    def withdraw(self, entry: Planned, on: date, reason: str) -> None:
        """Plan a Storno on a day, or shortly after the entry where that is later."""
        self._amend(entry, on, None, reason)

    def _amend(self, entry: Planned, on: date, changes: Mapping[str, Any] | None, reason: str) -> None:
        at = office_time(self.rng, on)
        if at <= entry.at:
            at = entry.at + timedelta(minutes=self.rng.randint(5, 50))
        by = self._coach(in_germany(at))
        amendment = Amendment(key=self._key(), entry=entry, at=at, by=by, changes=changes, reason=reason)
        self.amendments.append(amendment)

    def _recorded_at(self, step: Step, late: int | None) -> datetime:
        on = step.happened_on
        if late is not None:
            return office_time(self.rng, on + timedelta(late))
        if not isinstance(step, _HEADLINE_STEPS):
            return office_time(self.rng, on + timedelta(self._delay()))
        at = office_time(self.rng, on + timedelta(self.rng.randint(0, 3)))
        if on <= INTERIM_STICHTAG < in_germany(at):
            return office_time(self.rng, INTERIM_STICHTAG)
        return at

    def _delay(self) -> int:
        spans = ((0, 2), (3, 5), (12, 45))
        return self.rng.randint(*self.rng.choices(spans, (78, 18, 4))[0])

    def _coach(self, day: date) -> str:
        assigned = [entry.step for entry in self.planned if isinstance(entry.step, CoachAssigned)]
        in_charge = [step.coach for step in assigned if step.happened_on <= day]
        return in_charge[-1] if in_charge else self.person.coach

    def _key(self) -> str:
        number = len(self.planned) + len(self.amendments)
        return f"{self.person.number:03}.{self.participation}.{number:03}"
