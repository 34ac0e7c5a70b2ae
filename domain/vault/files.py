"""The SQLite files of vault and access: what is deleted in them is overwritten."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import NotReady, Refused
from domain.texts import _

_PATIENCE = 60
"""For so many seconds a writer waits for another."""
_PATIENCE_WITH_READERS = 5
"""For so many seconds a deletion waits for readers before it says that it is not finished."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection without transactions of its own.

    `synchronous` FULL, because a key-encryption key is destroyed as soon as the keys under the next one are stored;
    temporary tables in memory, so that nothing of the file lies elsewhere. Not bound to the thread it was made in: a
    web server lends it to one thread after the other, and whoever lends sees to it that only one uses it at a time.
    """
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    for setting in (
        *("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"),
        *("foreign_keys = ON", "temp_store = MEMORY", "cache_size = -32768"),  # 32 MiB, for imports of many names
    ):
        connection.execute(f"PRAGMA {setting}")
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction beside which nobody else writes. Refused (`NotReady`): somebody else does, for too long."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        text = _("Ein anderer Prozess schreibt seit {seconds} Sekunden; bitte später wiederholen.", seconds=_PATIENCE)
        raise NotReady("vault_busy", text) from None
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def scrub(connection: sqlite3.Connection, path: Path) -> None:
    """Leave no byte of what was deleted in the file or its write-ahead log.

    It is overwritten with zeros already (`secure_delete`); writing the file anew besides, this does not hang on how
    SQLite moves rows between pages. Refused: another process reads the file all the time; what was deleted stays
    deleted, and this can be done again.
    """
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_WITH_READERS * 1000}")
    try:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        busy = True
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")
    if busy:
        text = _(
            "Die Löschung ist noch nicht fertig: ein anderer Prozess liest {path}, und solange stehen dort noch Bytes "
            "des Gelöschten. Bitte wiederholen, sobald er fertig ist.",
            path=path,
        )
        raise Refused("erasure_unfinished", text)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
