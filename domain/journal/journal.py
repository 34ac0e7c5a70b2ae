"""The journal: one application of the library on SQLite or PostgreSQL."""

import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, PersistenceError
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from domain.errors import Conflict, NotReady, Refused
from domain.facts import Entry, Recorded
from domain.journal.address import (
    StoreAddress,
    db_functions_refused,
    library_settings,
    make_room,
    require_initialised,
)
from domain.journal.mapper import FactMapper, decode
from domain.journal.recorders import PostgresLedger, Scanned, SqliteLedger
from domain.journal.streams import Decided, Repeated, Request, Streams
from domain.texts import _
from domain.vault import Vault

_ATTEMPTS = 200
_LONGEST_PAUSE = 0.2


class Outcome(NamedTuple):
    """What a command came to: the entries stored, or those a repeat of the request stored before."""

    recorded: Sequence[Recorded]
    repeated: bool = False

    @property
    def position(self) -> int:
        """The position of the last entry; 0 where nothing was stored."""
        return max((recorded.position for recorded in self.recorded), default=0)


class Journal(Application[UUID]):
    """Append, read and follow the ledger. One instance per process; close it after use."""

    name = "stored"

    def __init__(self, address: StoreAddress, *, create: bool = False) -> None:
        """Open the ledger at an address. Refused (`NotReady`): one that was not created, cannot be reached,
        or would run with the library's database functions, under which a follower loses events for good."""
        self._address = address
        if create:
            make_room(address)
        else:
            require_initialised(address)
        super().__init__(library_settings(address, create=create))

    @classmethod
    def create(cls, address: StoreAddress) -> None:
        """Create the ledger; one that exists is left as it is."""
        cls(address, create=True).close()

    # --- writing ------------------------------------------------------------------------------

    def act(
        self,
        decide: Callable[[Streams], Decided],
        request: Request,
        *,
        vault: Vault | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Run a command: read, decide, append all it decided in one transaction.

        Others may change the same streams meanwhile; then everything is read and decided again, a
        bounded number of times (`Conflict` after that). A request carried out before stores nothing and
        gets the entries of the first time. Persons the decision registers with the vault are stored with
        the entries, or not at all. With `dry_run` the decisions are made and nothing is stored.
        """
        for attempt in range(_ATTEMPTS):
            streams = Streams(self.load, request)
            with vault.transaction() if vault else nullcontext():
                try:
                    streams.append(decide(streams))
                except Repeated as repeated:
                    _require_same(request, repeated.recorded)
                    return Outcome(self._of_request(repeated.recorded[0]), repeated=True)
                if dry_run or not streams.pending:
                    return Outcome(streams.pending)
                try:
                    return Outcome(self._append(streams.pending, vault))
                except (IntegrityError, Conflict):
                    pause = random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**attempt))  # noqa: S311 -- no secret
            time.sleep(pause)
        raise Conflict("too_busy", _("Andere ändern gerade dasselbe; bitte noch einmal versuchen."))

    def _append(self, pending: Sequence[Recorded], vault: Vault | None) -> list[Recorded]:
        if vault:
            vault.flush()
        try:
            recordings = self.events.put(pending)
        except IntegrityError:
            with _keeping_keys(vault):
                stored = self._stored_after_all(pending)
            if not stored:
                raise
            if vault:
                vault.keep()
            return stored
        except (PersistenceError, KeyboardInterrupt):
            if vault:
                vault.keep()  # whether the entries are stored is not known, and a key lost is lost for good
            raise
        if vault:
            vault.keep()
        return [
            msgspec.structs.replace(recorded, position=recording.notification.id)
            for recorded, recording in zip(pending, recordings, strict=True)
        ]

    def _stored_after_all(self, pending: Sequence[Recorded]) -> list[Recorded] | None:
        """The entries where they are in the ledger already: stored, the answer lost, and sent again by the library."""
        found = self.load(list({recorded.originator_id for recorded in pending}))
        places = {(one.originator_id, one.originator_version): one for stream in found.values() for one in stream}
        stored = [places.get((recorded.originator_id, recorded.originator_version)) for recorded in pending]
        complete = [one for one, sent in zip(stored, pending, strict=True) if one and one.entry == sent.entry]
        return complete if len(complete) == len(pending) else None

    def _of_request(self, one: Recorded) -> list[Recorded]:
        """All entries of the request that stored this one: they stand next to each other."""
        found = {one.position: one}
        for way in (-1, 1):
            place = one.position + way
            while (row := self.ledger.select_from(place)) and row[0] == place:
                entry = decode(*row[1:])
                if entry.request_id != one.entry.request_id:
                    break
                found[place] = Recorded(row[1], row[2], entry, place)
                place += way
        return [found[place] for place in sorted(found)]

    # --- reading ------------------------------------------------------------------------------

    def read(self, stream: UUID, *, upto: int | None = None) -> list[Recorded]:
        """The entries of one stream in their order, as held at position `upto`; empty if there is no such stream."""
        return self.load([stream], upto=upto).get(stream, [])

    def read_after(self, stream: UUID, version: int) -> list[Recorded]:
        """The entries of one stream after a version, without their positions; one look-up in an index if there are
        none."""
        return [
            Recorded(
                stream, stored.originator_version, decode(stream, stored.originator_version, stored.topic, stored.state)
            )
            for stored in self.recorder.select_events(stream, gt=version)
        ]

    def load(self, streams: Sequence[UUID], *, upto: int | None = None) -> dict[UUID, list[Recorded]]:
        """The entries of many streams in one query; streams without entries are left out."""
        found: dict[UUID, list[Recorded]] = {}
        for position, stream, version, topic, state in self.ledger.select_streams(streams, upto):
            entry = decode(stream, version, topic, state)
            found.setdefault(stream, []).append(Recorded(stream, version, entry, position))
        return found

    def at(self, positions: Sequence[int]) -> list[Recorded]:
        """The entries at some positions, in ledger order; those in a gap of the numbering are left out."""
        return [
            Recorded(stream, version, decode(stream, version, topic, state), position)
            for position, stream, version, topic, state in self.ledger.select_at(positions)
        ]

    def head(self) -> int:
        """The position of the last entry; 0 in an empty ledger."""
        return self.recorder.max_notification_id() or 0

    def since(self, position: int, limit: int) -> list[tuple[int, UUID]]:
        """The next places after a position: (position, stream), at most `limit`, in ledger order."""
        return self.ledger.select_places(position, limit)

    def count(self, upto: int) -> int:
        """How many entries the ledger held at a position."""
        return self.ledger.count(upto)

    def entry_at(self, position: int) -> Entry | None:
        """The entry at a position; None where the numbering has a gap."""
        row = self.ledger.select_from(position)
        return decode(*row[1:]) if row is not None and row[0] == position else None

    def position_at(self, moment: datetime) -> int:
        """The Datenstand of a moment: the position of the last entry recorded by then; 0 before the first.

        Entries stand in the order they were stored in, so their times ascend but for the skew of clocks.
        """
        low, high = 0, self.head()
        while low < high:
            middle = (low + high + 1) // 2
            found = self.ledger.select_from(middle)
            if found is not None and decode(*found[1:]).recorded_at <= moment:
                low = max(middle, found[0])
            else:
                high = middle - 1
        return low

    def scan(self, partition: int, partitions: int, *, upto: int) -> Generator[Scanned]:
        """All entries of one of `partitions` equal ranges of stream ids, in any order, as (position, stream, version,
        topic, state)."""
        return self.ledger.scan(partition, partitions, upto)

    def scan_after(self, position: int, *, upto: int) -> Generator[Scanned]:
        """The entries after a position and not beyond another, in ledger order."""
        return self.ledger.scan_after(position, upto)

    @property
    def ledger(self) -> SqliteLedger | PostgresLedger:
        """The recorder, with the queries of our own."""
        assert isinstance(self.recorder, SqliteLedger | PostgresLedger)
        return self.recorder

    # --- what the library asks for ------------------------------------------------------------

    def construct_env(self, name: str, env: Mapping[str, str] | None = None) -> Environment:
        """Only what this class was given: the process environment has no say here."""
        return Environment(name, dict(env or {}))

    def construct_mapper(self) -> FactMapper:
        """The msgspec mapper."""
        return FactMapper()

    def construct_factory(self, env: Environment) -> InfrastructureFactory:
        """The library's factory, with all of the connection string's parameters."""
        factory = super().construct_factory(env)
        if isinstance(factory, PostgresFactory):
            if factory.datastore.enable_db_functions:
                raise NotReady("db_functions", db_functions_refused())
            parameters = {key: value for key, value in conninfo_to_dict(self._address.url or "").items() if value}
            factory.datastore.pool.kwargs = {**factory.datastore.pool.kwargs, **parameters}  # type: ignore[dict-item]
        return factory


@contextmanager
def _keeping_keys(vault: Vault | None) -> Iterator[None]:
    """Whether the entries are stored is not known inside, and a key lost is lost for good."""
    try:
        yield
    except BaseException:
        if vault:
            vault.keep()
        raise


def _require_same(request: Request, recorded: Sequence[Recorded]) -> None:
    if request.digest != recorded[0].entry.request_digest:
        text = _("Die Anfrage {id} wurde schon mit anderem Inhalt gestellt.", id=request.id)
        raise Refused("request_reused", text)
