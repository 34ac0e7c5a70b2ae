"""What one line of the ledger says: an entry, where it stands, and what it is about. Nothing personal in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.facts import (
    CaseHandedOver,
    CaseTakenOn,
    CoachJoined,
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    OtherParticipation,
    ProgrammeClosed,
    ProgrammeOpened,
    Recorded,
    Step,
    Withdrawn,
    tag_of,
)
from domain.journal import Journal, decode
from domain.terms import caseload_stream, programme_stream

AboutEntry = Corrected | Withdrawn | Disputed | DisputeSettled
"""The facts that name an entry of their stream, by its version in it."""
OnCaseload = CaseTakenOn | CaseHandedOver


class Listed(Struct, frozen=True, kw_only=True):
    """An entry of the ledger; `kind` is its fact's tag, `version` its number in its stream.

    An entry about another one names its position (`about`), and `happened_on` is the day that one says: after a
    correction the corrected one. None: it is about no such thing, or has no day.
    """

    position: int
    stream: UUID
    version: int
    kind: str
    recorded_at: datetime
    recorded_by: str
    request: UUID
    correlation: UUID | None
    happened_on: date | None = None
    about: int | None = None
    programme: str | None = None
    journey: str | None = None
    """A UUID, or, to an auditor, a pseudonym."""
    participant: str | None = None
    """The same."""
    coach: str | None = None
    account: str | None = None
    edition: str | None = None


def listed(journal: Journal, entries: Sequence[Recorded]) -> list[Listed]:
    """The entries with what each is about: told by the first entry of its stream, or of the journey it names."""
    journeys = {one.fact.journey for one in entries if isinstance(one.fact, OnCaseload)}
    firsts = _firsts(journal, {*(one.originator_id for one in entries), *journeys})
    caseloads = _caseloads(journal, entries, firsts)
    naming = [one for one in entries if isinstance(one.fact, AboutEntry)]
    upto = max((one.position for one in naming), default=0)
    streams = journal.load(list({one.originator_id for one in naming}), upto=upto)
    return [_listed(one, firsts, caseloads, streams.get(one.originator_id, ())) for one in entries]


def _firsts(journal: Journal, streams: Iterable[UUID]) -> dict[UUID, object]:
    """The first fact of each stream."""
    return {row[1]: decode(*row[1:]).fact for row in journal.ledger.select_firsts(list(streams))}


def _caseloads(journal: Journal, entries: Sequence[Recorded], firsts: Mapping[UUID, object]) -> dict[UUID, str]:
    """The coaches of the caseloads among the entries: a caseload does not say whose it is."""
    begun = [firsts.get(one.fact.journey) for one in entries if isinstance(one.fact, OnCaseload)]
    programmes = {fact.programme for fact in begun if isinstance(fact, Enrolled)}
    streams = journal.load([programme_stream(key) for key in programmes])
    return {
        caseload_stream(key, one.fact.coach): one.fact.coach
        for key in programmes
        for one in streams.get(programme_stream(key), ())
        if isinstance(one.fact, CoachJoined)
    }


def _listed(
    one: Recorded, firsts: Mapping[UUID, object], caseloads: Mapping[UUID, str], stream: Sequence[Recorded]
) -> Listed:
    fact, entry = one.fact, one.entry
    kind = tag_of(fact)
    journey = fact.journey if isinstance(fact, OnCaseload) else one.originator_id
    first = firsts.get(journey)
    programme = first.key if isinstance(first, ProgrammeOpened) else getattr(first, "programme", None)
    participant = getattr(fact, "participant", None)
    about, happened_on = None, _day_of(fact)
    if isinstance(fact, AboutEntry):
        about, step = standing_at(stream, fact.entry, one.originator_version)
        happened_on = step.happened_on
    if isinstance(first, Enrolled):
        participant = first.participant
    return Listed(
        position=one.position,
        stream=one.originator_id,
        version=one.originator_version,
        kind=kind,
        recorded_at=entry.recorded_at,
        recorded_by=entry.recorded_by,
        request=entry.request_id,
        correlation=entry.correlation_id,
        happened_on=happened_on,
        about=about,
        programme=programme,
        journey=str(journey) if isinstance(first, Enrolled) else None,
        participant=str(participant) if participant else None,
        coach=caseloads.get(one.originator_id) or getattr(fact, "coach", None),
        account=getattr(first, "account", None),
        edition=f"{programme}/{fact.number}" if kind.startswith("balance.") else None,
    )


def standing_at(stream: Sequence[Recorded], entry: int, upto: int) -> tuple[int, Step]:
    """The position of the entry with a number in a stream, and what it says once the one numbered `upto` is taken."""
    step: Step = stream[entry - 1].fact
    for one in stream[:upto]:
        if isinstance(one.fact, Corrected) and one.fact.entry == entry:
            step = one.fact.replacement
    return stream[entry - 1].position, step


def _day_of(fact: object) -> date | None:
    match fact:
        case Step(happened_on=day) | OtherParticipation(enrolled_on=day) | ProgrammeClosed(last_day=day):
            return day
        case _:
            return None
