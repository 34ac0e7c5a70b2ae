"""The library's recorders with what a ledger needs besides: positions that last, and append-only triggers."""

import json
from collections.abc import Generator, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from psycopg.pq import Format
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from domain.journal.search import POSTGRES_SEARCH, Search, sqlite_search

Stored = tuple[int, UUID, int, str, bytes]
"""Position, stream, version, topic and state of one entry, as stored."""
Scanned = tuple[int, str, int, str, bytes]
"""The same where there are many: the id of the stream stays a text."""

_AT_ONCE = 1000
_LAST = 2**63 - 1
APPEND_ONLY = "the ledger is append-only"


class SqliteLedger(SQLiteApplicationRecorder):
    """On SQLite: the position is a column of its own that VACUUM keeps and a deleted tail never frees."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        columns = "originator_id, originator_version, topic, state"
        self.insert_events_statement = f"INSERT INTO {events_table_name} ({columns}) VALUES (?,?,?,?)"

    def construct_create_table_statements(self) -> list[str]:
        """The table and its triggers."""
        table = self.events_table_name
        statements = [
            f"CREATE TABLE IF NOT EXISTS {table} ("
            "rowid INTEGER PRIMARY KEY AUTOINCREMENT, originator_id TEXT NOT NULL, "
            "originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL, "
            "UNIQUE (originator_id, originator_version))"
        ]
        statements.append(  # REPLACE deletes without firing a DELETE trigger
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS "
            f"(SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR "
            "(originator_id = NEW.originator_id AND originator_version = NEW.originator_version)) "
            f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )
        for action in ("UPDATE", "DELETE"):
            statements.append(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
            )
        return statements

    def select_streams(self, streams: Sequence[UUID], upto: int | None) -> list[Stored]:
        """The entries of some streams, each stream in order of version, as held at position `upto`."""
        query = (
            f"SELECT rowid, originator_id, originator_version, topic, state FROM {self.events_table_name} "
            "WHERE originator_id IN (SELECT value FROM json_each(?)) AND rowid <= ? "
            "ORDER BY originator_id, originator_version"
        )
        wanted = json.dumps([stream.hex for stream in streams])
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (wanted, _LAST if upto is None else upto))
            return [_stored(row) for row in cursor.fetchall()]

    def select_places(self, position: int, limit: int) -> list[tuple[int, UUID]]:
        """The next (position, stream) after a position."""
        query = f"SELECT rowid, originator_id FROM {self.events_table_name} WHERE rowid > ? ORDER BY rowid LIMIT ?"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (position, limit))
            return [(row[0], UUID(row[1])) for row in cursor.fetchall()]

    def select_from(self, position: int) -> Stored | None:
        """The entry at a position or, where there is none, the next."""
        query = (
            f"SELECT rowid, originator_id, originator_version, topic, state FROM {self.events_table_name} "
            "WHERE rowid >= ? ORDER BY rowid LIMIT 1"
        )
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (position,))
            row = cursor.fetchone()
            return None if row is None else _stored(row)

    def select_at(self, positions: Sequence[int]) -> list[Stored]:
        """The entries at some positions, in ledger order."""
        query = (
            f"SELECT rowid, originator_id, originator_version, topic, state FROM {self.events_table_name} "
            "WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid"
        )
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (json.dumps(list(positions)),))
            return [_stored(row) for row in cursor.fetchall()]

    def select_found(self, search: Search) -> list[Stored]:
        """The entries a search finds, in the order it looks."""
        query, values = sqlite_search(search, self.events_table_name)
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, values)
            return [_stored(row) for row in cursor.fetchall()]

    def select_firsts(self, streams: Sequence[UUID]) -> list[Stored]:
        """The first entry of each of some streams."""
        query = (
            f"SELECT rowid, originator_id, originator_version, topic, state FROM {self.events_table_name} "
            "WHERE originator_id IN (SELECT value FROM json_each(?)) AND originator_version = 1"
        )
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (json.dumps([stream.hex for stream in streams]),))
            return [_stored(row) for row in cursor.fetchall()]

    def count_topics(self, since: int, upto: int) -> dict[str, int]:
        """How many entries of each topic stand after a position and up to another."""
        query = f"SELECT topic, count(*) FROM {self.events_table_name} WHERE rowid > ? AND rowid <= ? GROUP BY topic"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, (since, upto))
            return {row[0]: row[1] for row in cursor.fetchall()}

    def count(self, upto: int) -> int:
        """The number of entries up to a position."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.events_table_name} WHERE rowid <= ?", (upto,))
            return int(cursor.fetchone()[0])

    def scan(self, partition: int, partitions: int, upto: int) -> Generator[Scanned]:
        """The entries of one range of stream ids, read as they come."""
        low, high = _range(partition, partitions)
        yield from self._stream("originator_id BETWEEN ? AND ? AND rowid <= ?", (low.hex, high.hex, upto))

    def scan_after(self, position: int, upto: int) -> Generator[Scanned]:
        """The entries between two positions in ledger order, read as they come."""
        yield from self._stream("rowid > ? AND rowid <= ? ORDER BY rowid", (position, upto))

    def _stream(self, condition: str, parameters: tuple[Any, ...]) -> Generator[Scanned]:
        dashed = "||'-'||".join(f"substr(originator_id, {start}, {length})" for start, length in _GROUPS)
        columns = f"rowid, {dashed}, originator_version, topic, state"
        with self.datastore.transaction(commit=False) as cursor:
            cursor.sqlite_cursor.row_factory = None  # plain tuples: the library's rows cost as much as reading them
            cursor.execute(f"SELECT {columns} FROM {self.events_table_name} WHERE {condition}", parameters)
            while rows := cursor.sqlite_cursor.fetchmany(_AT_ONCE):
                yield from rows


_GROUPS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
"""Where the groups of a written UUID begin in its 32 digits, and how long they are."""


def _stored(row: Any) -> Stored:
    return (row[0], UUID(row[1]), row[2], row[3], row[4])


def _range(partition: int, partitions: int) -> tuple[UUID, UUID]:
    """The lowest and highest stream id of one of `partitions` equal ranges; ids are hashes, so they fill evenly."""
    every = 1 << 128
    return UUID(int=every * partition // partitions), UUID(int=every * (partition + 1) // partitions - 1)


class PostgresLedger(PostgresApplicationRecorder):
    """On PostgreSQL: the library's table, closed to UPDATE, DELETE and TRUNCATE."""

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        names: dict[str, Any] = {
            "function": Identifier(datastore.schema, f"{events_table_name}_append_only"),
            "trigger": Identifier(f"{events_table_name}_append_only"),
            "table": Identifier(datastore.schema, events_table_name),
        }
        self.sql_create_statements += [
            SQL(
                "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
                f"'BEGIN RAISE EXCEPTION ''{APPEND_ONLY}''; END'"
            ).format(**names),
            SQL(
                "CREATE OR REPLACE TRIGGER {trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            ).format(**names),
        ]
        entries = "SELECT notification_id, originator_id, originator_version, topic, state FROM {table} "
        self._select_streams = SQL(
            entries + "WHERE originator_id = ANY(%s) AND notification_id <= %s "
            "ORDER BY originator_id, originator_version"
        ).format(**names)
        self._select_places = SQL(
            "SELECT notification_id, originator_id FROM {table} WHERE notification_id > %s "
            "ORDER BY notification_id LIMIT %s"
        ).format(**names)
        self._select_from = SQL(entries + "WHERE notification_id >= %s ORDER BY notification_id LIMIT 1").format(
            **names
        )
        self._select_at = SQL(entries + "WHERE notification_id = ANY(%s) ORDER BY notification_id").format(**names)
        self._count = SQL("SELECT count(*) FROM {table} WHERE notification_id <= %s").format(**names)
        self._firsts = SQL(entries + "WHERE originator_id = ANY(%s) AND originator_version = 1").format(**names)
        self._count_topics = SQL(
            "SELECT topic, count(*) FROM {table} WHERE notification_id > %s AND notification_id <= %s GROUP BY topic"
        ).format(**names)
        self._found = [SQL(POSTGRES_SEARCH).format(way=SQL(way), **names) for way in ("ASC", "DESC")]
        scanned = entries.replace("originator_id,", "originator_id::text,")
        self._scan = SQL(scanned + "WHERE originator_id BETWEEN %s AND %s AND notification_id <= %s").format(**names)
        self._scan_after = SQL(
            scanned + "WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id"
        ).format(**names)

    def select_streams(self, streams: Sequence[UUID], upto: int | None) -> list[Stored]:
        """The entries of some streams, each stream in order of version, as held at position `upto`."""
        return self._rows(self._select_streams, (list(streams), _LAST if upto is None else upto))

    def select_places(self, position: int, limit: int) -> list[tuple[int, UUID]]:
        """The next (position, stream) after a position."""
        return self._rows(self._select_places, (position, limit))

    def select_from(self, position: int) -> Stored | None:
        """The entry at a position or, where there is none, the next."""
        rows = self._rows(self._select_from, (position,))
        return rows[0] if rows else None

    def select_at(self, positions: Sequence[int]) -> list[Stored]:
        """The entries at some positions, in ledger order."""
        return self._rows(self._select_at, (list(positions),))

    def select_found(self, search: Search) -> list[Stored]:
        """The entries a search finds, in the order it looks."""
        given = search._asdict() | {
            "topics": list(search.topics) or None,
            "texts": list(search.texts),
            "streams": list(search.streams),
            "anywhere": not (search.streams or search.beginning),
        }
        return self._rows(self._found[search.backwards], given)

    def select_firsts(self, streams: Sequence[UUID]) -> list[Stored]:
        """The first entry of each of some streams."""
        return self._rows(self._firsts, (list(streams),))

    def count_topics(self, since: int, upto: int) -> dict[str, int]:
        """How many entries of each topic stand after a position and up to another."""
        return dict(self._rows(self._count_topics, (since, upto)))

    def count(self, upto: int) -> int:
        """The number of entries up to a position."""
        return int(self._rows(self._count, (upto,))[0][0])

    def scan(self, partition: int, partitions: int, upto: int) -> Generator[Scanned]:
        """The entries of one range of stream ids, read as they come."""
        low, high = _range(partition, partitions)
        yield from self._stream(self._scan, (low, high, upto))

    def scan_after(self, position: int, upto: int) -> Generator[Scanned]:
        """The entries between two positions in ledger order, read as they come."""
        yield from self._stream(self._scan_after, (position, upto))

    def _stream(self, query: Any, parameters: tuple[Any, ...]) -> Generator[Scanned]:
        with self.datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            cursor.format = Format.BINARY
            yield from cursor.stream(query, parameters, size=_AT_ONCE)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """The library's insert without its pipeline, in which a large one waits for the server for ever."""
        if not stored_events:
            return None
        with self.datastore.get_connection() as connection, connection.transaction(), connection.cursor() as cursor:
            self._insert_events(cursor, stored_events, **kwargs)
            self._insert_stored_events(cursor, stored_events, **kwargs)
            return self._fetch_ids_after_insert_events(cursor, stored_events, **kwargs)

    def _rows(self, query: Any, parameters: tuple[Any, ...] | dict[str, Any]) -> list[Any]:
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            return cursor.execute(query, parameters).fetchall()
