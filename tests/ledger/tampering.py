"""A ledger with its seals, and its attacker: whoever owns the database, whom no trigger stops and no permission.

What stands here is raw SQL and the public functions of the seals; nothing of the checks that are to find it.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID, uuid4

import psycopg
from psycopg.sql import SQL

from domain.caseload import Caseload
from domain.facts import CaseTakenOn
from domain.journal import Decided, Journal, Request, StoreAddress, Streams
from projections.ledger.leaves import leaves_of
from projections.ledger.notes import Checkpoint, Signer
from projections.ledger.outside import Outside
from projections.ledger.seal_stores import create_seals, open_seals
from projections.ledger.sealer import seal
from projections.ledger.seals import Sealed, Seals
from projections.ledger.tree import Frontier
from projections.ledger.verification import LedgerReport, verify_ledger

NOW = datetime(2031, 1, 2, 9, tzinfo=UTC)
NAME = "werdegang/0123456789abcdef"
TABLES = ("stored_events", "leaves", "subtrees", "checkpoints", "signers")
SEAL_TABLES = TABLES[1:]
Rows = dict[str, list[tuple[Any, ...]]]
_SECONDS = itertools.count()


def request() -> Request:
    """A request of its own."""
    return Request(id=uuid4(), by="tester", now=NOW + timedelta(seconds=next(_SECONDS)))


def put(journal: Journal, count: int = 1, stream: UUID | None = None) -> int:
    """Append so many entries, each on a stream of its own or all on one; the position of the last."""
    streams = [stream or uuid4() for _number in range(count)]

    def decide(reading: Streams) -> Decided:
        for one in streams:
            reading.read(Caseload, one)
        return [(one, CaseTakenOn(journey=uuid4())) for one in streams]

    return journal.act(decide, request()).position


class Sealing(NamedTuple):
    """A ledger, its seals, and the key that signs them."""

    address: StoreAddress
    journal: Journal
    seals: Seals
    signer: Signer

    def put(self, count: int = 1) -> int:
        """Append so many entries; the position of the last."""
        return put(self.journal, count)

    def seal(self, *signers: Signer) -> Sealed:
        """Seal, with other keys than the ledger's own where some are given."""
        sealed = seal(self.journal, self.seals, signers or [self.signer], now=NOW)
        assert sealed is not None
        return sealed

    def verify(self, *outside: Sealed, trusted: Sequence[Signer] = ()) -> LedgerReport:
        """Check the ledger, against checkpoints and keys kept outside."""
        return verify_ledger(
            self.journal,
            self.seals,
            outside=[Outside(f"kept-{number}", one.note.encode()) for number, one in enumerate(outside, 1)],
            trusted=[signer.verifier for signer in trusted],
        )

    def codes(self, *outside: Sealed, trusted: Sequence[Signer] = ()) -> list[str]:
        """What a check finds."""
        return [finding.code for finding in self.verify(*outside, trusted=trusted).findings]


@contextmanager
def sealing(address: StoreAddress) -> Iterator[Sealing]:
    """An empty ledger with its seals, created."""
    Journal.create(address)
    create_seals(address)
    with closing(Journal(address)) as journal, closing(open_seals(address)) as seals:
        yield Sealing(address, journal, seals, Signer.generate(NAME))


class Owner:
    """A connection of the owner of the database; closing it ends it. `{position}` in a query is the column of the
    positions, `?` a value."""

    def __init__(self, address: StoreAddress) -> None:
        self._file = address.file
        if address.file:
            self._sqlite = sqlite3.connect(address.file, timeout=60, isolation_level=None)
            self._sqlite.execute("ATTACH ? AS seals", (str(address.file.with_name("seals.db")),))
        else:
            assert address.url
            self._postgres = psycopg.connect(address.url, autocommit=True)
            self._postgres.execute("SET search_path = ledger")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        (self._sqlite if self._file else self._postgres).close()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self._file is not None

    def lift_triggers(self) -> Self:
        """Put the triggers out of the way."""
        if self._file:
            for schema in ("main", "seals"):
                names = self(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'trigger'")
                for (name,) in names:
                    self(f"DROP TRIGGER {schema}.{name}")
        else:
            for table in TABLES:
                self(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        return self

    def __call__(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement; its rows."""
        query = query.replace("{position}", "rowid" if self._file else "notification_id")
        if self._file:
            return self._sqlite.execute(query, values).fetchall()
        cursor = self._postgres.execute(SQL(query.replace("?", "%s")), values)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    # --- entries ------------------------------------------------------------------------------

    def state(self, position: int) -> bytes:
        """The stored bytes of an entry."""
        ((state,),) = self("SELECT state FROM stored_events WHERE {position} = ?", position)
        return bytes(state)

    def set_state(self, position: int, state: bytes) -> None:
        """Store other bytes."""
        self("UPDATE stored_events SET state = ? WHERE {position} = ?", state, position)

    def delete_after(self, position: int) -> None:
        """Cut the tail of the ledger."""
        self("DELETE FROM stored_events WHERE {position} > ?", position)

    def insert_copy(self, position: int, of: int, version: int) -> None:
        """A forged entry at a position: the stream and content of another, under another number on the stream."""
        columns = "originator_id, originator_version, topic, state, {position}"
        copied = "originator_id, CAST(? AS BIGINT), topic, state, CAST(? AS BIGINT)"
        query = f"INSERT INTO stored_events ({columns}) SELECT {copied} FROM stored_events WHERE {{position}} = ?"
        self(query, version, position, of)

    def move(self, position: int, by: int) -> None:
        """Renumber the entries from a position on."""
        for (place,) in self("SELECT {position} FROM stored_events WHERE {position} >= ? ORDER BY 1 DESC", position):
            self("UPDATE stored_events SET {position} = ? WHERE {position} = ?", place + by, place)

    def skip_position(self) -> None:
        """A gap in the numbering: the next position is not given to any entry."""
        if self._file:
            self("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'stored_events'")
        else:
            self("SELECT nextval(pg_get_serial_sequence('stored_events', 'notification_id'))")

    # --- seals and backups --------------------------------------------------------------------

    def delete_seals_after(self, size: int) -> None:
        """Cut the seals: leaves, the trees over them, checkpoints. Keys stay."""
        self("DELETE FROM leaves WHERE number >= ?", size)
        self("DELETE FROM checkpoints WHERE size > ?", size)
        for (height,) in self("SELECT DISTINCT height FROM subtrees"):
            self("DELETE FROM subtrees WHERE height = ? AND number >= ?", height, size >> height)

    def backup(self, *tables: str) -> Rows:
        """The rows of some tables."""
        return {table: self(f"SELECT {_columns(table)} FROM {table}") for table in tables}

    def put_back(self, backup: Rows) -> None:
        """Make tables what they were, the numbering of the positions too."""
        for table, rows in backup.items():
            self(f"DELETE FROM {table}")
            for row in rows:
                self(f"INSERT INTO {table} ({_columns(table)}) VALUES ({', '.join('?' * len(row))})", *row)
        if "stored_events" in backup:
            last = max(row[-1] for row in backup["stored_events"])
            if self._file:
                self("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", last)
            else:
                self("SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), ?)", last)

    def seal_again(self, journal: Journal, seals: Seals, signer: Signer, *, after: int = 0) -> None:
        """Make all seals anew over what the ledger holds now, in checkpoints of the same sizes, signed with a key at
        hand; the first `after` leaves and their checkpoints stay."""
        checkpoints = self("SELECT size, sealed_at FROM checkpoints WHERE size > ? ORDER BY size", after)
        self.delete_seals_after(after)
        frontier = seals.frontier(after) if after else Frontier()
        leaves = list(leaves_of(journal.scan_after(0, upto=journal.head())))
        for size, sealed_at in checkpoints:
            if size > len(leaves):
                break
            frontier = seals.grow(frontier, leaves[frontier.size : size])
            note = Checkpoint(signer.verifier.name, size, frontier.root()).note([signer]).decode()
            seals.add("checkpoints", [(size, leaves[size - 1].position, note, sealed_at)])


def _columns(table: str) -> str:
    return {
        "stored_events": "originator_id, originator_version, topic, state, {position}",
        "leaves": "number, position, hash",
        "subtrees": "height, number, hash",
        "checkpoints": "size, position, note, sealed_at",
        "signers": "number, key",
    }[table]
