"""Pages of the ledger in its own order, narrowed by what is asked for.

Pages are cut by position, so they are stable however the ledger grows. What the ledger has no index for (kind,
programme, account, batch) is looked for entry by entry, but only so far in one go: a page says how far was looked, and
the next one goes on there.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.facts import CoachAssigned, CoachJoined, Enrolled, Recorded
from domain.journal import BERLIN, Journal, Search, decode
from domain.terms import balances_stream, caseload_stream, erased_stream, programme_stream, register_stream
from projections.events.listed import Listed, OnCaseload, listed
from projections.read_model import ReadModel

LOOK = 50_000
"""So many positions are looked at for one page."""


class Filter(Struct, frozen=True, kw_only=True):
    """What entries are asked for; what is left out asks for nothing. `kinds` are tags of facts."""

    kinds: tuple[str, ...] = ()
    programme: str | None = None
    journey: UUID | None = None
    participant: UUID | None = None
    recorded_by: str | None = None
    correlation: UUID | None = None

    def takes(self, entry: Listed) -> bool:
        """Whether an entry is one of those."""
        return (
            (not self.kinds or entry.kind in self.kinds)
            and self.programme in (None, entry.programme)
            and self.recorded_by in (None, entry.recorded_by)
            and self.correlation in (None, entry.correlation)
            and (self.journey is None or self._is_about(entry, self.journey))
            and (self.participant is None or entry.participant == str(self.participant))
        )

    def _is_about(self, entry: Listed, journey: UUID) -> bool:
        return entry.journey == str(journey) or entry.stream == erased_stream(journey)


EVERYTHING = Filter()


class Page(Struct, frozen=True):
    """Entries in ledger order, all of those asked for between the positions `first` and `last`, both included.

    `earlier` is to be handed on as `before`, `later` as `after`; None where nothing is left to look at on that side.
    """

    entries: list[Listed]
    first: int
    last: int
    earlier: int | None
    later: int | None
    datenstand: int


class Kinds(Struct, frozen=True):
    """How many entries of each kind the ledger held at a position."""

    datenstand: int
    counts: dict[str, int]


def browse(
    journal: Journal,
    model: ReadModel,
    wanted: Filter = EVERYTHING,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 50,
    datenstand: int | None = None,
    look: int = LOOK,
) -> Page:
    """The next entries after a position, or the last ones before one; with neither the last there are.

    Nothing beyond `datenstand` is seen. The read model only tells which journeys a participant has.
    """
    head = journal.head() if datenstand is None else datenstand
    backwards = after is None
    since = min(max(after or 0, 0), head)
    upto = min(head, (head + 1 if before is None else before) - 1) if backwards else head
    if wanted.journey or wanted.participant:
        found = [one for one in listed(journal, _of_person(journal, model, wanted, upto)) if wanted.takes(one)]
        found = [one for one in found if one.position > since]
        entries = found[-limit:] if backwards else found[:limit]
        edge = _edge(entries, full=len(found) > limit, backwards=backwards)
    else:
        since, upto = _window(wanted, since, upto, look, backwards=backwards)
        rows = _looked_for(journal, wanted, (since, upto), limit, backwards=backwards)
        entries = [one for one in listed(journal, rows) if wanted.takes(one)]
        edge = _edge(rows, full=len(rows) == limit, backwards=backwards)
    low, high = (edge or since + 1, upto) if backwards else (since + 1, edge or upto)
    return Page(entries, low, high, low if low > 1 else None, high if high < head else None, head)


def kinds(journal: Journal, datenstand: int, known: Kinds | None = None) -> Kinds:
    """How many entries of each kind there are. Every entry is looked at; with those `known` of another Datenstand only
    the ones between, since nothing in the ledger ever changes."""
    known = known or Kinds(0, {})
    low, high = sorted((known.datenstand, datenstand))
    sign = 1 if datenstand >= known.datenstand else -1
    between = journal.ledger.count_topics(low, high)
    counts = {kind: known.counts.get(kind, 0) + sign * between.get(kind, 0) for kind in {**known.counts, **between}}
    return Kinds(datenstand, {kind: counts[kind] for kind in sorted(counts) if counts[kind]})


def before_day(journal: Journal, day: date) -> int:
    """The position of the last entry recorded before a day began in Germany: `browse` after it begins with the day."""
    return journal.position_at(datetime.combine(day, time(), BERLIN) - timedelta(microseconds=1))


# --- looking --------------------------------------------------------------------------------------


def _edge(found: Sequence[Listed | Recorded], *, full: bool, backwards: bool) -> int | None:
    """The position a full page ends at on the side it was looked towards."""
    if not full:
        return None
    return found[0].position if backwards else found[-1].position


def _window(wanted: Filter, since: int, upto: int, look: int, *, backwards: bool) -> tuple[int, int]:
    """The positions to look at: all where every entry is wanted, else a bounded number of them."""
    if wanted == EVERYTHING:
        return since, upto
    return (max(since, upto - look), upto) if backwards else (since, min(upto, since + look))


def _looked_for(
    journal: Journal, wanted: Filter, window: tuple[int, int], limit: int, *, backwards: bool
) -> list[Recorded]:
    """The entries that may be asked for, in ledger order; whether they are is decided on what they say."""
    given = {"recorded_by": wanted.recorded_by, "correlation_id": wanted.correlation}
    search = Search(
        *window,
        limit,
        backwards,
        topics=wanted.kinds,
        texts=tuple(as_stored(name, value) for name, value in given.items() if value is not None),
        streams=() if wanted.programme is None else _streams_of(journal, wanted.programme),
        beginning=b"" if wanted.programme is None else as_stored("programme", wanted.programme),
    )
    found = [recorded_from(row) for row in journal.ledger.select_found(search)]
    return found[::-1] if backwards else found


def as_stored(name: str, value: object) -> bytes:
    """How a field stands in the stored bytes; no text within a value can look the same, its quotes being escaped."""
    return f'"{name}":'.encode() + msgspec.json.encode(value)


def recorded_from(row: tuple[int, UUID, int, str, bytes]) -> Recorded:
    """The entry in a row of the ledger."""
    return Recorded(row[1], row[2], decode(*row[1:]), row[0])


def _streams_of(journal: Journal, programme: str) -> tuple[UUID, ...]:
    """The streams of a programme that are no journeys."""
    own = programme_stream(programme)
    coaches = [one.fact.coach for one in journal.read(own) if isinstance(one.fact, CoachJoined)]
    return (own, balances_stream(programme), *(caseload_stream(programme, coach) for coach in coaches))


def _of_person(journal: Journal, model: ReadModel, wanted: Filter, upto: int) -> list[Recorded]:
    """The entries about a participant or a journey, in ledger order, wherever they stand."""
    journeys = {wanted.journey} if wanted.journey else set()
    if wanted.participant:
        query = "SELECT DISTINCT e.stream FROM enrolments e WHERE e.participant = :participant"
        journeys |= {UUID(stream) for (stream,) in model.query(query, {"participant": str(wanted.participant)})}
    about = {wanted.participant, *journeys} - {None}
    streams = journal.load([*journeys, *(erased_stream(one) for one in about if one)], upto=upto)
    own = [one for stream in streams.values() for one in stream]
    others = journal.load([register_stream(), *_caseloads_of(own)], upto=upto)
    own += [
        one
        for stream in others.values()
        for one in stream
        if (one.fact.journey in journeys if isinstance(one.fact, OnCaseload) else one.fact.participant in about)
    ]
    return sorted(own, key=lambda one: one.position)


def _caseloads_of(entries: Sequence[Recorded]) -> set[UUID]:
    """The caseloads of every coach ever assigned on some journeys."""
    programmes = {one.originator_id: one.fact.programme for one in entries if isinstance(one.fact, Enrolled)}
    steps = [(one.originator_id, getattr(one.fact, "replacement", one.fact)) for one in entries]
    return {
        caseload_stream(programmes[stream], step.coach) for stream, step in steps if isinstance(step, CoachAssigned)
    }
