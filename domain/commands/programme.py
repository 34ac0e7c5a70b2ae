"""Commands about a programme and who works in it."""

from datetime import date

from domain import programme as programmes
from domain.facts import ProgrammeOpened
from domain.journal.streams import Decided, Streams, on
from domain.programme import Programme
from domain.terms import programme_stream


def open_programme(streams: Streams, opening: ProgrammeOpened) -> Decided:
    """Open a programme under its key."""
    stream = programme_stream(opening.key)
    return on(stream, programmes.open_programme(streams.read(Programme, stream), opening))


def join_programme(streams: Streams, programme: str, coach: str) -> Decided:
    """Let a coach work in a programme."""
    stream = programme_stream(programme)
    state = streams.read(Programme, stream)
    programmes.opened(state, programme)
    return on(stream, programmes.join(state, coach))


def close_programme(streams: Streams, programme: str, last_day: date) -> Decided:
    """End a programme before its time."""
    stream = programme_stream(programme)
    state = streams.read(Programme, stream)
    programmes.opened(state, programme)
    return on(stream, programmes.close(state, last_day, today=streams.request.today))
