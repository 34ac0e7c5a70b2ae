"""Which row of a file comes when, and to which journey it belongs."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from domain import commands
from domain.errors import Refused
from domain.facts import Corrected, Enrolled, FundingGranted, Recorded, Step
from domain.journal import Streams
from domain.journey import Journey
from domain.texts import _
from projections.exchange.files import RawRow
from projections.exchange.steps import GivenStep


class Row(NamedTuple):
    """A row whose form is right; `step` is None where it withdraws another."""

    raw: RawRow
    participant: str
    programme: str
    step: GivenStep | None


def in_order(rows: list[Row]) -> list[Row]:
    """Participants as they first come; of each the first enrolment, then the rest by day, a funding and its end
    not before the start of the placement it names; withdrawals last."""
    people: dict[str, int] = {}
    enrolled: dict[str, tuple[date, int, int]] = {}
    begins: dict[tuple[str, str], date] = {}
    waiting: dict[tuple[str, str], date] = {}
    for place, (raw, person, _programme, step) in enumerate(rows):
        people.setdefault(person, place)
        if step and step.kind is Enrolled:
            first = (step.happened_on, int(raw.values.get("participation") or 1), raw.line)
            enrolled[person] = min(first, enrolled.get(person, first))
        elif step and "ref" in step.values:
            begins.setdefault((person, step.values["ref"]), step.happened_on)

    for _raw, person, _programme, step in rows:
        if step and step.kind is FundingGranted and (placement := (person, step.values.get("placement", ""))) in begins:
            waiting[person, step.values["ref"]] = max(step.happened_on, begins[placement])

    def place_of(row: Row) -> tuple[int, int, date, bool]:
        person, step = row.participant, row.step
        if step is None:
            return (people[person], 2, date.max, False)
        if step.kind is Enrolled and row.raw.line == enrolled[person][2]:
            return (people[person], 0, step.happened_on, False)
        until = waiting.get((person, step.values.get("ref", "")), date.min)
        return (people[person], 1, max(step.happened_on, until), until >= step.happened_on)

    return sorted(rows, key=place_of)


def journey_of(streams: Streams, row: Row, step: Step, participant: UUID) -> UUID:
    """The journey a row belongs to: the participation it names; else the one that knows its ref; else the last
    that began by its day, or the first."""
    journeys = list(commands.participations(streams, participant, row.programme))
    standing = [(stream, journey) for stream, journey in journeys if journey.enrolled]
    if number := row.raw.values.get("participation"):
        standing = [(stream, journey) for stream, journey in standing if _number(journey) == int(number)]
    if not standing:
        raise Refused("unknown_participant", _("Die Person ist nicht aufgenommen."), field="participant")
    if ref := getattr(step, "ref", None):
        for stream, journey in standing:
            if ref in journey.spells:
                return stream
    begun = [stream for stream, journey in standing if _began_by(journey, step)]
    return begun[-1] if begun else standing[0][0]


def _began_by(journey: Journey, step: Step) -> bool:
    return journey.enrolled is not None and journey.enrolled.happened_on <= step.happened_on


def _number(journey: Journey) -> int:
    return journey.enrolled.participation if journey.enrolled else 0


def latest(streams: Streams, first: Recorded) -> Recorded:
    """The entry that says how the first reads now: itself, or the last correction of it that came from a file."""
    latest = first
    for recorded in streams.entries(first.originator_id):
        fact = recorded.fact
        if isinstance(fact, Corrected) and fact.entry == first.originator_version and recorded.entry.request_digest:
            latest = recorded
    return latest
