"""The read model in a PostgreSQL schema."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Self

import psycopg
from psycopg.types.string import TextLoader

from projections.read_model.model import Parameters, ReadModel, another_builds
from projections.read_model.tables import BOOKS, POSTGRES, columns, create_book, create_table, indexes
from projections.rows import TABLES

_LIVE, _BESIDE, _OLD = "projections", "projections_beside", "projections_old"


class PostgresReadModel(ReadModel):
    """The sides are two schemas; swapping renames them, which no reader has to wait for."""

    placeholder = "%s"

    def __init__(self, connection: psycopg.Connection, url: str, schema: str = _LIVE) -> None:
        super().__init__()
        self._connection, self._url, self._schema = connection, url, schema

    @classmethod
    def connect(cls, url: str) -> Self:
        """Open a database."""
        connection = psycopg.connect(url, autocommit=True)
        for kind in ("uuid", "date"):
            connection.adapters.register_loader(kind, TextLoader)
        connection.execute(f"SET search_path = {_LIVE}".encode())
        connection.execute("SET work_mem = '64MB'")
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute("SET jit = off")
        connection.execute("SET client_min_messages = warning")
        return cls(connection, url)

    def connect_again(self) -> Self:
        return self.connect(self._url)

    def name(self, table: str) -> str:
        return f"{self._schema}.{table}"

    def beside(self) -> Self:
        return type(self)(self._connection, self._url, _BESIDE)

    @contextmanager
    def transaction(self, *, exclusive: bool = True) -> Iterator[None]:
        with self._connection.transaction():
            if exclusive:
                self.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._schema,))
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        # The lock comes before the snapshot is taken: a swap waits for readers that are under way, and a reader
        # that waited for a swap sees the tables that came with it, never new tables through an old snapshot.
        with self._connection.transaction():
            self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self.execute(f"LOCK TABLE {self.name('tracking')} IN ACCESS SHARE MODE")
            yield

    def query(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        return self._connection.execute(_named(sql), parameters).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql.encode(), values).rowcount

    def bulk_insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        statement = f"COPY {self.name(table)} ({', '.join(columns(table))}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def delete_streams(self, table: str, streams: Sequence[str]) -> None:
        self.execute(f"DELETE FROM {self.name(table)} WHERE stream = ANY(%s::uuid[])", (list(streams),))

    def create_tables(self) -> None:
        self.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE")
        self.execute(f"CREATE SCHEMA {self._schema}")
        for table in TABLES:
            self.execute(create_table(table, self.name(table), POSTGRES))
        for book in BOOKS:
            self.execute(create_book(book, self.name(book)))
        self.fill_calendar()

    def create_indexes(self) -> None:
        for table in TABLES:
            for indexed in indexes(table, POSTGRES):
                self.execute(f"CREATE INDEX ON {self.name(table)} ({', '.join(indexed)})")
            self.execute(f"ANALYZE {self.name(table)}")

    def exists(self) -> bool:
        found = self.query("SELECT to_regclass(:name)", {"name": self.name("tracking")})
        return found[0][0] is not None

    def digest(self, table: str) -> tuple[int, int]:
        rows = f"SELECT count(*), sum(hash_record_extended(t, 0)::numeric) FROM {self.name(table)} t"
        cursor = self._connection.execute(rows.encode())
        count, total = cursor.fetchone() or (0, 0)
        return int(count), int(total or 0)

    def columns_of(self, table: str) -> tuple[str, ...]:
        found = self.query(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            {"table": self.name(table)},
        )
        return tuple(row[0] for row in found)

    def swap(self) -> None:
        self.execute(f"DROP SCHEMA IF EXISTS {_OLD} CASCADE")
        self.execute(f"LOCK TABLE {_LIVE}.tracking IN ACCESS EXCLUSIVE MODE")
        self.execute(f"ALTER SCHEMA {_LIVE} RENAME TO {_OLD}")
        self.execute(f"ALTER SCHEMA {_BESIDE} RENAME TO {_LIVE}")

    @contextmanager
    def only_builder(self) -> Iterator[None]:
        name = {"name": _BESIDE}
        if not self.query("SELECT pg_try_advisory_lock(hashtext(:name), 1)", name)[0][0]:
            raise another_builds()
        try:
            yield
        finally:
            self.query("SELECT pg_advisory_unlock(hashtext(:name), 1)", name)

    def disconnect(self) -> None:
        self._connection.close()


@cache
def _named(sql: str) -> bytes:
    """A SELECT with `:name` parameters as psycopg wants it."""
    return re.sub(r"(?<!:):([a-z_0-9]+)", r"%(\1)s", sql.replace("%", "%%")).encode()
