"""The streams one command reads, and the entries it decides: nothing is stored until the journal appends."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain import account, balance, caseload, data_protection, journey, ledger, programme
from domain.characters import refuse_control_characters
from domain.errors import NotFound
from domain.facts import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CatalogueKept,
    Entry,
    Fact,
    LedgerRestored,
    Recorded,
)
from domain.terms import Role
from domain.texts import _

State = (
    programme.Programme
    | journey.Journey
    | caseload.Caseload
    | balance.Balances
    | balance.Shelf
    | ledger.Keeping
    | data_protection.Register
    | data_protection.Mark
    | account.Account
)
S = TypeVar(
    "S",
    programme.Programme,
    journey.Journey,
    caseload.Caseload,
    balance.Balances,
    balance.Shelf,
    ledger.Keeping,
    data_protection.Register,
    data_protection.Mark,
    account.Account,
)
EVOLVE: Mapping[type[State], Callable[..., State]] = {
    programme.Programme: programme.evolve,
    journey.Journey: journey.evolve,
    caseload.Caseload: caseload.evolve,
    balance.Balances: balance.evolve,
    balance.Shelf: balance.evolve_shelf,
    ledger.Keeping: ledger.evolve,
    data_protection.Register: data_protection.evolve,
    data_protection.Mark: data_protection.evolve_mark,
    account.Account: account.evolve,
}
Decided = list[tuple[UUID, Fact]]
"""What a command decided: facts, each with the stream it belongs to."""
BERLIN = ZoneInfo("Europe/Berlin")
_OF_LINES = (CatalogueKept, BalanceDrafted, BalanceApproved, BalanceReleased, LedgerRestored)
"""Facts the program draws itself, with texts of several lines and with values that stand in the ledger already."""


def on(stream: UUID, facts: Iterable[Fact]) -> Decided:
    """Facts that were decided on one stream."""
    return [(stream, fact) for fact in facts]


class Request(Struct, frozen=True, kw_only=True):
    """Who asks for what, when: the part of an entry that is not the fact.

    `id` makes a repeat harmless; `digest` tells a repeat from another request under the same id.
    """

    id: UUID
    by: str
    now: datetime
    role: Role = Role.COACH
    digest: bytes | None = None
    correlation_id: UUID | None = None

    @property
    def today(self) -> date:
        """The day of `now` in Germany."""
        return self.now.astimezone(BERLIN).date()


class Repeated(Exception):
    """The request was carried out before; `recorded` are the entries it stored then."""

    def __init__(self, recorded: Sequence[Recorded]) -> None:
        super().__init__()
        self.recorded = recorded


class Streams:
    """Streams folded on first use, kept for the length of one command or one import batch."""

    def __init__(self, load: Callable[[Sequence[UUID]], Mapping[UUID, Sequence[Recorded]]], request: Request) -> None:
        self.request = request
        self.pending: list[Recorded] = []
        self._own: Request | None = None
        self._load = load
        self._loaded: dict[UUID, Sequence[Recorded]] = {}
        self._states: dict[UUID, State] = {}
        self._requests: dict[UUID, list[Recorded]] = {}
        self._added: dict[UUID, list[Recorded]] = {}

    def preload(self, streams: Iterable[UUID]) -> None:
        """Read many streams in one query."""
        missing = [stream for stream in streams if stream not in self._loaded]
        if not missing:
            return
        found = self._load(missing)
        for stream in missing:
            recorded = self._loaded[stream] = found.get(stream, ())
            for one in recorded:
                self._requests.setdefault(one.entry.request_id, []).append(one)

    def read(self, kind: type[S], stream: UUID) -> S:
        """The state of a stream, of the given kind. Raises `Repeated` where the request is already in it."""
        self.preload([stream])
        if self.request.id in self._requests and self._own is not self.request:
            raise Repeated(self._requests[self.request.id])
        state = self._states.get(stream)
        if state is None:
            state = self._states[stream] = self._folded(kind, stream)
        assert isinstance(state, kind), stream
        return state

    def _folded(self, kind: type[S], stream: UUID) -> S:
        facts = (recorded.fact for recorded in self._loaded[stream])
        try:
            return reduce(EVOLVE[kind], facts, kind())  # type: ignore[arg-type]
        except TypeError:
            what = kind.__name__.lower()
            raise NotFound(f"unknown_{what}", _("Unter {id} liegt nichts dieser Art.", id=stream)) from None

    def stored_by(self, request_id: UUID) -> Sequence[Recorded]:
        """The entries a request put into the streams read so far, the first it decided first; empty where it is not
        known."""
        return sorted(self._requests.get(request_id, ()), key=lambda recorded: recorded.position)

    def entries(self, stream: UUID) -> list[Recorded]:
        """The entries of a stream that was read, those decided meanwhile included."""
        return [*self._loaded[stream], *self._added.get(stream, ())]

    def begin(self, streams: Iterable[UUID]) -> None:
        """Streams that cannot exist yet, such as those of a person registered just now: nothing is read."""
        for stream in streams:
            self._loaded.setdefault(stream, ())

    def append(self, decided: Iterable[tuple[UUID, Fact]]) -> list[Recorded]:
        """Put decided facts behind their streams, in the name of the present request.

        Refused: a text with a control character, which no fact is decided on. It is looked for here, where all facts
        come by: what is stored already stays readable.
        """
        request = self.request
        added = []
        for stream, entry in [(stream, self._entry(fact)) for stream, fact in decided]:
            state = self._states[stream]
            recorded = Recorded(stream, state.version + 1, entry)
            added.append(recorded)
            self._added.setdefault(stream, []).append(recorded)
            self._states[stream] = EVOLVE[type(state)](state, entry.fact)
        if added:
            self._requests[request.id] = [*self._requests.get(request.id, ()), *added]
            self._own = request
            self.pending += added
        return added

    def _entry(self, fact: Fact) -> Entry:
        entry = Entry(
            recorded_at=self.request.now,
            recorded_by=self.request.by,
            request_id=self.request.id,
            request_digest=self.request.digest,
            correlation_id=self.request.correlation_id,
            fact=fact,  # type: ignore[arg-type]
        )
        refuse_control_characters(entry, lines=isinstance(fact, _OF_LINES))
        return entry
