"""A made-up office for the lists: its ledger in the stores, and its journeys told from their entries alone."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from made_up import carry_out, made_up

from domain import facts
from projections.catch_up import catch_up
from projections.stores import Stores

END = date(2019, 12, 31)


class Job(NamedTuple):
    """A spell; `end` is the first day without."""

    kind: str
    start: date
    end: date | None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or self.end > day)


class Told(NamedTuple):
    """A journey by its standing entries."""

    stream: str
    enrolled: facts.Enrolled
    exited: facts.Exited | None
    coach: str | None
    sessions: list[date]
    placements: list[Job]
    qualifications: list[Job]


class MadeUp(NamedTuple):
    """Stores with a made-up ledger, and days and Datenstände to look at it."""

    stores: Stores
    times: list[tuple[date, int]]

    def journeys(self, day: date, datenstand: int) -> list[Told]:
        """The journeys begun by the day, from the entries up to the Datenstand."""
        streams = {UUID(str(row[1])) for row in self.stores.journal.scan(0, 1, upto=datenstand)}
        told = (_told(str(stream), self.stores.journal.read(stream, upto=datenstand)) for stream in streams)
        return [one for one in told if one and one.enrolled.happened_on <= day]


def made_up_office(stores: Stores) -> MadeUp:
    """Some 40 journeys in two programmes, with corrections, second participations and cases handed over."""
    made = made_up(11, 420, participants=30, programmes=2, coaches=3, ratio=9)
    carry_out(stores.journal, made)
    catch_up(stores.journal, stores.read_model)
    head = stores.journal.head()
    return MadeUp(stores, [(END, head), (END, head // 2), (date(2017, 3, 1), head)])


def _told(stream: str, recorded: list[Any]) -> Told | None:
    standing: dict[int, Any] = {}
    for one in recorded:
        match one.fact:
            case facts.Corrected(entry=entry, replacement=replacement):
                standing[entry] = replacement
            case facts.Withdrawn(entry=entry):
                del standing[entry]
            case fact:
                standing[one.originator_version] = fact
    steps = list(standing.values())
    enrolled = next((step for step in steps if isinstance(step, facts.Enrolled)), None)
    if enrolled is None:
        return None
    exited = next((step for step in steps if isinstance(step, facts.Exited)), None)
    placements = _spells(steps, facts.PlacementStarted, facts.PlacementEnded)
    ends = (facts.QualificationCompleted, facts.QualificationAbandoned)
    sessions = [step.happened_on for step in steps if isinstance(step, facts.CoachingSessionHeld)]
    qualifications = _spells(steps, facts.QualificationStarted, ends)
    return Told(stream, enrolled, exited, _coach(standing, exited), sessions, placements, qualifications)


def _spells(steps: list[Any], start: Any, end: Any) -> list[Job]:
    ends = {step.ref: step.happened_on for step in steps if isinstance(step, end)}
    return [Job(one.kind, one.happened_on, ends.get(one.ref)) for one in steps if isinstance(one, start)]


def _coach(standing: dict[int, Any], exited: facts.Exited | None) -> str | None:
    """The coach who had the journey last for a day at least."""
    found = None
    assigned = sorted(
        (step.happened_on, version, step.coach)
        for version, step in standing.items()
        if isinstance(step, facts.CoachAssigned)
    )
    days = [on for on, _version, _coach in assigned[1:]]
    for (on, _version, coach), until in zip(assigned, [*days, date.max], strict=True) if assigned else ():
        if on < min(until, exited.happened_on if exited else date.max):
            found = coach
    return found
