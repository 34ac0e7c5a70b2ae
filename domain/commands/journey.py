"""Commands about a journey; where its coach changes, the caseloads follow."""

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from uuid import UUID

import msgspec

from domain import caseload as caseloads
from domain import data_protection as protection
from domain import journey as journeys
from domain import programme as programmes
from domain.caseload import Caseload
from domain.data_protection import Mark
from domain.errors import NotFound, Refused
from domain.facts import CoachAssigned, Enrolled, Fact, OtherParticipation, Step
from domain.journal.streams import Decided, Streams, on
from domain.journey import Journey
from domain.programme import Programme
from domain.terms import caseload_stream, erased_stream, journey_stream, programme_stream
from domain.texts import _


def enrol(streams: Streams, enrolment: Enrolled) -> Decided:
    """Begin a journey; its number is the first one free, whatever `participation` says.

    Refused besides the rules of `programme.admit`: still active in the programme, or enrolled before
    the exit of the participation before; somebody erased.
    """
    participant = enrolment.participant
    streams.preload([journey_stream(participant, enrolment.programme, 1), erased_stream(participant)])
    # The journeys first: a request carried out before is found on them, whatever the programme has become since.
    before = list(participations(streams, participant, enrolment.programme))
    protection.refuse_erased(streams.read(Mark, erased_stream(participant)), participant)
    state = streams.read(Programme, programme_stream(enrolment.programme))
    enrolment = programmes.admit(state, enrolment, streams.request.role)
    enrolment = msgspec.structs.replace(enrolment, participation=len(before) + 1)
    stream = journey_stream(participant, enrolment.programme, enrolment.participation)
    facts = journeys.enrol(streams.read(Journey, stream), enrolment, today=streams.request.today)
    _check_succession([*(journey for _stream, journey in before), reduce(journeys.evolve, facts, Journey())])
    return on(stream, facts) + _noted(enrolment, [other for other, _journey in before])


def record(streams: Streams, journey: UUID, step: Step) -> Decided:
    """Take one more step on a journey; an assignment or an exit moves the caseloads with it."""
    before = _writable(streams, journey)
    facts = journeys.record(before, step, today=streams.request.today)
    if isinstance(step, CoachAssigned):
        programmes.require_coach(_programme_of(streams, before), step.coach)
    reason = isinstance(step, CoachAssigned) and step.override_reason is not None
    return on(journey, facts) + _care(streams, journey, before, facts, reason=reason)


def correct(streams: Streams, journey: UUID, entry: int, replacement: Step, *, reason: bytes) -> Decided:
    """Berichtigung of one entry; a corrected enrolment is admitted again."""
    before = _writable(streams, journey)
    standing = journeys.standing(before, entry)
    if isinstance(replacement, Enrolled) and isinstance(standing, Enrolled):
        replacement = msgspec.structs.replace(
            replacement,
            participant=standing.participant,
            programme=standing.programme,
            participation=standing.participation,
        )
        replacement = programmes.admit(_programme_of(streams, before), replacement, streams.request.role)
    if isinstance(replacement, CoachAssigned):
        programmes.require_coach(_programme_of(streams, before), replacement.coach)
    facts = journeys.correct(before, entry, replacement, reason=reason, today=streams.request.today)
    return _changed(streams, journey, before, facts)


def withdraw(streams: Streams, journey: UUID, entry: int, *, reason: bytes) -> Decided:
    """Storno of one entry."""
    before = _writable(streams, journey)
    return _changed(streams, journey, before, journeys.withdraw(before, entry, reason=reason))


def dispute(streams: Streams, journey: UUID, entry: int) -> Decided:
    """Mark an entry as contested by the person."""
    return on(journey, journeys.dispute(_writable(streams, journey), entry))


def settle_dispute(streams: Streams, journey: UUID, entry: int) -> Decided:
    """Take the mark from an entry."""
    return on(journey, journeys.settle_dispute(_writable(streams, journey), entry))


def existing(streams: Streams, journey: UUID) -> Journey:
    """A journey that was begun. Refused (`NotFound`): no such journey."""
    state = streams.read(Journey, journey)
    if not state.version:
        raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=journey), field="journey")
    return state


def participant_of(streams: Streams, journey: UUID) -> UUID:
    """Whose journey it is. Refused: its enrolment is withdrawn."""
    enrolled = existing(streams, journey).enrolled
    if enrolled is None:
        raise Refused("not_enrolled", _("Die Aufnahme dieses Weges ist storniert."))
    return enrolled.participant


def participations(streams: Streams, participant: UUID, programme: str) -> Iterator[tuple[UUID, Journey]]:
    """The journeys of a participant in a programme, the first participation first."""
    number = 1
    while (journey := streams.read(Journey, stream := journey_stream(participant, programme, number))).version:
        yield stream, journey
        number += 1


def _writable(streams: Streams, journey: UUID) -> Journey:
    """A journey something may be entered on. Refused: no such journey; its person is erased."""
    streams.preload([journey, erased_stream(journey)])
    state = existing(streams, journey)
    protection.refuse_erased(streams.read(Mark, erased_stream(journey)), journey)
    return state


def _changed(streams: Streams, journey: UUID, before: Journey, facts: list[Fact]) -> Decided:
    """What a correction or withdrawal entails: no overlap with other participations, care follows."""
    after = reduce(journeys.evolve, facts, before)
    noted: Decided = []
    if before.enrolled:
        siblings = dict(participations(streams, before.enrolled.participant, before.enrolled.programme))
        _check_succession([after if stream == journey else other for stream, other in siblings.items()])
        if after.enrolled and after.enrolled.happened_on != before.enrolled.happened_on:
            noted = _noted(after.enrolled, [stream for stream in siblings if stream != journey])
    return on(journey, facts) + noted + _care(streams, journey, before, facts, reason=True)


def _noted(enrolment: Enrolled, others: list[UUID]) -> Decided:
    """Note an enrolment on the person's other journeys: changing their exits at the same time collides there."""
    note = OtherParticipation(participation=enrolment.participation, enrolled_on=enrolment.happened_on)
    return [(stream, note) for stream in others]


def _care(streams: Streams, journey: UUID, before: Journey, facts: list[Fact], *, reason: bool) -> Decided:
    """Move the journey between caseloads where its coach changed."""
    after = reduce(journeys.evolve, facts, before)
    if before.coach == after.coach:
        return []
    programme = _programme_of(streams, before)
    key = programmes.opened(programme).key
    decided: Decided = []
    if before.coach:
        stream = caseload_stream(key, before.coach)
        decided += on(stream, caseloads.hand_over(streams.read(Caseload, stream), journey))
    if after.coach:
        stream = caseload_stream(key, after.coach)
        facts = caseloads.take_on(
            streams.read(Caseload, stream),
            journey,
            ratio=programmes.opened(programme).coaching_ratio,
            coach=after.coach,
            role=streams.request.role,
            reason=reason,
        )
        decided += on(stream, facts)
    return decided


def _check_succession(participations: list[Journey]) -> None:
    """One participation at a time. Refused: naming the days the two began that would overlap."""
    standing = [(journey.enrolled, journey.exited) for journey in participations if journey.enrolled]
    standing.sort(key=lambda spell: (spell[0].happened_on, spell[0].participation))
    for (earlier, exited), (later, _later_exit) in pairwise(standing):
        if exited is None or later.happened_on < exited.happened_on:
            text = _(
                "Die Person ist schon im Programm {key}, seit {on}; die Teilnahme ab {later} würde sich überschneiden.",
                key=earlier.programme,
                on=earlier.happened_on,
                later=later.happened_on,
            )
            raise Refused("already_active", text, field="participant")


def _programme_of(streams: Streams, journey: Journey) -> Programme:
    enrolled = journey.enrolled
    if enrolled is None:
        raise Refused("not_enrolled", _("Die Aufnahme dieses Weges ist storniert."))
    return streams.read(Programme, programme_stream(enrolled.programme))
