"""The tables of the seals on SQLite and PostgreSQL, closed to change and deletion."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from domain.errors import NotReady
from domain.journal import StoreAddress
from domain.texts import _
from projections.ledger.seals import TABLES, Seals

_SCHEMA = "ledger"
_COLUMNS = {
    "leaves": "number BIGINT PRIMARY KEY, position BIGINT NOT NULL UNIQUE, hash {bytes} NOT NULL",
    "subtrees": "height INTEGER NOT NULL, number BIGINT NOT NULL, hash {bytes} NOT NULL, PRIMARY KEY (height, number)",
    "checkpoints": "size BIGINT PRIMARY KEY, position BIGINT NOT NULL, note TEXT NOT NULL, sealed_at TEXT NOT NULL",
    "signers": "number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE",
}
_THE_SAME = {
    "leaves": "number = NEW.number OR position = NEW.position",
    "subtrees": "height = NEW.height AND number = NEW.number",
    "checkpoints": "size = NEW.size",
    "signers": "number = NEW.number OR key = NEW.key",
}
_ADDED_ONLY = "seals are added only"


class SqliteSeals(Seals):
    """A file of its own, `seals.db`."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def add(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def create(self) -> None:
        with self.transaction():
            for table, columns in _COLUMNS.items():
                self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns.format(bytes='BLOB')})")
                replaced = f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {_THE_SAME[table]})"
                refused = {"update": f"UPDATE ON {table}", "delete": f"DELETE ON {table}", "replace": replaced}
                for name, action in refused.items():  # REPLACE deletes without firing a DELETE trigger
                    self._connection.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{name} BEFORE {action} "
                        f"BEGIN SELECT RAISE(ABORT, '{_ADDED_ONLY}'); END"
                    )

    def exists(self) -> bool:
        return len(self.query("SELECT 1 FROM sqlite_master WHERE type = 'table'")) >= len(TABLES)

    def close(self) -> None:
        self._connection.close()


class PostgresSeals(Seals):
    """Tables in the schema of the ledger."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, connect_timeout=5)
        self._connection.execute(f"SET search_path = {_SCHEMA}".encode())
        self._connection.execute("SET client_min_messages = warning")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(hashtext('werdegang seals'))")
            yield

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.replace("?", "%s").encode(), values).fetchall()

    def add(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def create(self) -> None:
        with self._connection.transaction():
            self._connection.execute(
                f"CREATE OR REPLACE FUNCTION seals_added_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"'BEGIN RAISE EXCEPTION ''{_ADDED_ONLY}''; END'".encode()
            )
            for table, columns in _COLUMNS.items():
                self._connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} ({columns.format(bytes='BYTEA')})".encode()
                )
                self._connection.execute(
                    f"CREATE OR REPLACE TRIGGER {table}_added_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION seals_added_only()".encode()
                )

    def exists(self) -> bool:
        found = self.query("SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = ANY(?)", (_SCHEMA, [*TABLES]))
        return len(found) == len(TABLES)

    def close(self) -> None:
        self._connection.close()


def create_seals(ledger: StoreAddress) -> None:
    """Create the tables; those that exist are left as they are. The ledger must have been created before."""
    with closing(_connect(ledger)) as seals:
        seals.create()


def open_seals(ledger: StoreAddress) -> Seals:
    """Open the seals of a ledger. Refused (`NotReady`): some that were not created."""
    missing = NotReady("no_seals", _("Die Siegel des Journals fehlen; anlegen mit: werdegang init."))
    if ledger.file and not _beside(ledger.file).exists():
        raise missing
    seals = _connect(ledger)
    if not seals.exists():
        seals.close()
        raise missing
    return seals


def _connect(ledger: StoreAddress) -> Seals:
    if ledger.url is not None:
        return PostgresSeals(ledger.url)
    assert ledger.file is not None
    return SqliteSeals(_beside(ledger.file))


def _beside(ledger: Path) -> Path:
    return ledger.with_name("seals.db")
