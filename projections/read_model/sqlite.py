"""The read model in a SQLite file."""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from projections.read_model.model import Parameters, ReadModel, another_builds
from projections.read_model.tables import BOOKS, SQLITE, columns, create_book, create_table, indexes
from projections.rows import TABLES

_BESIDE, _OLD = "beside_", "old_"


class SqliteReadModel(ReadModel):
    """The sides lie in one file; the tables beside carry a prefix until they are swapped in."""

    placeholder = "?"

    def __init__(self, connection: sqlite3.Connection, path: Path, prefix: str = "") -> None:
        super().__init__()
        self._connection, self._path, self._prefix = connection, path, prefix

    @classmethod
    def connect(cls, path: Path) -> Self:
        """Open a file; it is made if it is not there."""
        connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.create_function("row_digest", -1, _row_digest, deterministic=True)
        return cls(connection, path)

    def connect_again(self) -> Self:
        return self.connect(self._path)

    def name(self, table: str) -> str:
        return self._prefix + table

    def beside(self) -> Self:
        return type(self)(self._connection, self._path, _BESIDE)

    @contextmanager
    def transaction(self, *, exclusive: bool = True) -> Iterator[None]:
        del exclusive  # a file has one writer at a time
        begin, commit, undo = (
            ("SAVEPOINT s", "RELEASE s", "ROLLBACK TO s")
            if self._connection.in_transaction
            else ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
        )
        self.execute(begin)
        try:
            yield
        except BaseException:
            self.execute(undo)
            raise
        self.execute(commit)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("ROLLBACK")

    def query(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        values = {name: value.isoformat() if isinstance(value, date) else value for name, value in parameters.items()}
        return self._connection.execute(sql, values).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql, values).rowcount

    def bulk_insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(columns(table)))
        self._connection.executemany(f"INSERT INTO {self.name(table)} VALUES ({places})", rows)

    def delete_streams(self, table: str, streams: Sequence[str]) -> None:
        statement = f"DELETE FROM {self.name(table)} WHERE stream = ?"
        self._connection.executemany(statement, [(stream,) for stream in streams])

    def create_tables(self) -> None:
        for table in TABLES:
            self.execute(f"DROP TABLE IF EXISTS {self.name(table)}")
            self.execute(create_table(table, self.name(table), SQLITE))
        for book in BOOKS:
            self.execute(f"DROP TABLE IF EXISTS {self.name(book)}")
            self.execute(create_book(book, self.name(book)))
        self.fill_calendar()

    def create_indexes(self) -> None:
        # Index names are unique in a SQLite file and stay when a table is renamed, so each gets one of its own.
        taken = {row[0] for row in self.query("SELECT name FROM sqlite_master WHERE type = 'index'", {})}
        for table in TABLES:
            for indexed in indexes(table, SQLITE):
                stem = f"{table}_by_{indexed[0]}"
                free = next(name for number in (1, 2, 3) if (name := f"{stem}_{number}") not in taken)
                self.execute(f"CREATE INDEX {free} ON {self.name(table)} ({', '.join(indexed)})")
        for table in TABLES:
            self.execute(f"ANALYZE {self.name(table)}")

    def exists(self) -> bool:
        found = self.query("SELECT count(*) FROM sqlite_master WHERE name = :name", {"name": self.name("tracking")})
        return bool(found[0][0])

    def digest(self, table: str) -> tuple[int, int]:
        query = f"SELECT count(*), sum(row_digest({', '.join(columns(table))})) FROM {self.name(table)}"
        count, total = self.query(query, {})[0]
        return int(count), int(total or 0)

    def columns_of(self, table: str) -> tuple[str, ...]:
        found = self.query("SELECT name FROM pragma_table_info(:table) ORDER BY cid", {"table": self.name(table)})
        return tuple(row[0] for row in found)

    def swap(self) -> None:
        for table in self.all_names():
            self.execute(f"DROP TABLE IF EXISTS {_OLD}{table}")
            if self.columns_of(table):  # one of an earlier version may lack it
                self.execute(f"ALTER TABLE {table} RENAME TO {_OLD}{table}")
            self.execute(f"ALTER TABLE {_BESIDE}{table} RENAME TO {table}")

    @contextmanager
    def only_builder(self) -> Iterator[None]:
        with self._path.with_name(self._path.name + ".build").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise another_builds() from None
            yield

    def disconnect(self) -> None:
        self._connection.close()


def _row_digest(*values: object) -> int:
    """40 bits of a row, so that a billion of them still sum up within SQLite's 64."""
    return int.from_bytes(blake2b(repr(values).encode(), digest_size=5).digest())
