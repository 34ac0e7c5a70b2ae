"""Commands of data protection: erasures, each by four eyes, and restrictions."""

from collections.abc import Sequence
from uuid import UUID

from domain import data_protection as protection
from domain.data_protection import Mark, Register
from domain.journal.streams import Decided, Streams, on
from domain.terms import ErasureGround, RestrictionGround, erased_stream, register_stream


def request_erasure(streams: Streams, participant: UUID, ground: ErasureGround) -> Decided:
    """Ask for the erasure of a participant."""
    return on(register_stream(), protection.request_erasure(_register(streams), participant, ground))


def decline_erasure(streams: Streams, participant: UUID) -> Decided:
    """Decline the erasure that was asked for."""
    return on(register_stream(), protection.decline_erasure(_register(streams), participant))


def approve_erasure(streams: Streams, participant: UUID, journeys: Sequence[UUID]) -> Decided:
    """Approve the erasure that somebody else asked for, and mark the participant and their journeys."""
    register = _register(streams)
    request = register.of(participant).request
    requested_by = streams.entries(register_stream())[request - 1].entry.recorded_by if request else ""
    facts = protection.approve_erasure(register, participant, requested_by=requested_by, by=streams.request.by)
    marks = [erased_stream(about) for about in (participant, *journeys)]
    streams.preload(marks)
    unmarked = [mark for mark in marks if not streams.read(Mark, mark).version]
    return on(register_stream(), facts) + [(mark, fact) for mark in unmarked for fact in facts]


def finish_erasure(streams: Streams, participant: UUID, epoch: int) -> Decided:
    """Note that an approved erasure is carried out."""
    return on(register_stream(), protection.finish_erasure(_register(streams), participant, epoch))


def restrict(streams: Streams, participant: UUID, ground: RestrictionGround) -> Decided:
    """Restrict the processing of what is personal about a participant."""
    return on(register_stream(), protection.restrict(_register(streams), participant, ground))


def lift_restriction(streams: Streams, participant: UUID) -> Decided:
    """End the restriction."""
    return on(register_stream(), protection.lift(_register(streams), participant))


def _register(streams: Streams) -> Register:
    return streams.read(Register, register_stream())
