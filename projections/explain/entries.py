"""The entries that change what was known of days already past."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.facts import Corrected, Enrolled, Recorded, Step, Withdrawn, step_name
from domain.journal import Journal

_PAGE = 5_000


class Cause(StrEnum):
    """Why a figure differs. Erasing a person is none: it changes no entry and no figure."""

    LATE = "late"  # Nachmeldung: recorded later, happened by the Stichtag
    CORRECTED = "corrected"  # Berichtigung
    WITHDRAWN = "withdrawn"  # Storno
    HAPPENED = "happened"  # happened, or came due, between the two Stichtage
    DEFINITION = "definition"  # another definition of the figure


class Event(Struct, frozen=True):
    """An entry recorded later about a day the Stichtag had covered, or about an earlier entry; `step` is the one it
    is about."""

    position: int
    cause: Cause
    journey: str
    participant: str
    step: str
    happened_on: date
    recorded_at: datetime
    recorded_by: str


def late_events(journal: Journal, programme: str, stichtag: date, since: int, upto: int) -> dict[int, Event]:
    """What was recorded between two positions about days up to the Stichtag, or about earlier entries, by position."""
    found: dict[int, Event] = {}
    position = since
    while places := [place for place in journal.since(position, _PAGE) if place[0] <= upto]:
        streams = list(dict.fromkeys(stream for _position, stream in places))
        last = places[-1][0]
        for recorded in journal.load(streams, upto=last).values():
            found |= {event.position: event for event in _events(recorded, programme, stichtag, position)}
        position = last
    return dict(sorted(found.items()))


def _events(recorded: Sequence[Recorded], programme: str, stichtag: date, since: int) -> Iterator[Event]:
    enrolled = recorded[0].fact
    if not isinstance(enrolled, Enrolled) or enrolled.programme != programme:
        return
    standing: dict[int, Step] = {}
    for one in recorded:
        step: Step
        match one.fact:
            case Corrected(entry=entry, replacement=replacement):
                standing[entry] = replacement
                cause, step = Cause.CORRECTED, replacement
            case Withdrawn(entry=entry):
                cause, step = Cause.WITHDRAWN, standing[entry]
            case Step():
                standing[one.originator_version] = step = one.fact
                cause = Cause.LATE
            case _:
                continue
        if one.position > since and (cause is not Cause.LATE or step.happened_on <= stichtag):
            yield _event(one, cause, step, enrolled.participant)


def _event(one: Recorded, cause: Cause, step: Step, participant: UUID) -> Event:
    return Event(
        one.position,
        cause,
        str(one.originator_id),
        str(participant),
        step_name(step),
        step.happened_on,
        one.entry.recorded_at,
        one.entry.recorded_by,
    )
