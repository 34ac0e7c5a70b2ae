"""The entries of one programme in the order of the ledger, whichever streams they stand on."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from domain.facts import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CaseHandedOver,
    CaseTakenOn,
    CoachJoined,
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    OtherParticipation,
    ProgrammeClosed,
    Recorded,
    Step,
    Withdrawn,
    step_name,
    tag_of,
)
from domain.journal import Journal
from domain.terms import balances_stream, caseload_stream, programme_stream


class LedgerEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a programme, nothing personal in it.

    `step` is the tag of its fact, without `journey.`. An entry about another one names its position (`about`) and what
    that one says (`about_step`, `happened_on`): a correction what it says from now on.
    """

    position: int
    recorded_at: datetime
    recorded_by: str
    stream: str
    step: str
    journey: str | None = None
    participant: str | None = None
    happened_on: date | None = None
    about: int | None = None
    about_step: str | None = None
    coach: str | None = None
    edition: str | None = None


def pages(
    journal: Journal, programme: str, since: int, upto: int, page: int
) -> Iterator[tuple[int, list[LedgerEntry]]]:
    """The entries between two positions, the first excluded, page by page; each page with the position it ends at.

    Whole streams are read, since an entry about another one says by number which.
    """
    position = since
    joined = (one.fact for one in journal.read(programme_stream(programme), upto=upto))
    coaches = {
        str(caseload_stream(programme, fact.coach)): fact.coach for fact in joined if isinstance(fact, CoachJoined)
    }
    while places := [place for place in journal.since(position, page) if place[0] <= upto]:
        last = places[-1][0]
        found: list[LedgerEntry] = []
        for recorded in journal.load(list(dict.fromkeys(stream for _at, stream in places)), upto=last).values():
            entries = _of_stream(recorded, programme, coaches)
            found += [entry for entry in entries if entry.position > position]
        yield last, sorted(found, key=lambda entry: entry.position)
        position = last
    yield upto, []


def _of_stream(recorded: Sequence[Recorded], programme: str, coaches: dict[str, str]) -> Iterator[LedgerEntry]:
    """The entries of a stream, if it is one of the programme's."""
    stream, first = recorded[0].originator_id, recorded[0].fact
    if isinstance(first, Enrolled):
        if first.programme == programme:
            yield from _of_journey(recorded, str(first.participant))
    elif stream in (programme_stream(programme), balances_stream(programme)) or str(stream) in coaches:
        for one in recorded:
            yield _entry(one, **_told(one.fact, programme, coaches.get(str(stream))))


def _told(fact: Any, programme: str, coach: str | None) -> dict[str, Any]:
    """What an entry that stands on no journey says."""
    match fact:
        case BalanceDrafted(number=number) | BalanceApproved(number=number) | BalanceReleased(number=number):
            return {"edition": f"{programme}/{number}"}
        case CaseTakenOn(journey=journey) | CaseHandedOver(journey=journey):
            return {"journey": str(journey), "coach": coach}
        case CoachJoined(coach=joined):
            return {"coach": joined}
        case ProgrammeClosed(last_day=last_day):
            return {"happened_on": last_day}
        case _:
            return {}


def _of_journey(recorded: Sequence[Recorded], participant: str) -> Iterator[LedgerEntry]:
    standing: dict[int, Step] = {}
    positions = {one.originator_version: one.position for one in recorded}
    for one in recorded:
        told: dict[str, Any] = {}
        match one.fact:
            case Corrected(entry=entry, replacement=replacement):
                standing[entry] = replacement
                told = _about(positions[entry], replacement)
            case Withdrawn(entry=entry) | Disputed(entry=entry) | DisputeSettled(entry=entry):
                told = _about(positions[entry], standing[entry])
            case OtherParticipation(enrolled_on=enrolled_on):
                told = {"happened_on": enrolled_on}
            case Step():
                standing[one.originator_version] = one.fact
                told = {"happened_on": one.fact.happened_on}
            case _:
                pass
        yield _entry(one, journey=str(one.originator_id), participant=participant, **told)


def _about(position: int, step: Step) -> dict[str, Any]:
    return {"about": position, "about_step": step_name(step), "happened_on": step.happened_on}


def _entry(one: Recorded, **told: Any) -> LedgerEntry:
    return LedgerEntry(
        position=one.position,
        recorded_at=one.entry.recorded_at,
        recorded_by=one.entry.recorded_by,
        stream=str(one.originator_id),
        step=tag_of(one.fact).removeprefix("journey."),
        **told,
    )
