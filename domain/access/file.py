"""The file `access.db` and its tables."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from argon2 import PasswordHasher

from domain.errors import NotReady
from domain.texts import _
from domain.vault.files import connect, writing

TOUCHED = timedelta(minutes=1)
"""When something was used last is noted this often at most, so that a request seldom writes."""
_TABLES = """
CREATE TABLE IF NOT EXISTS profiles (
    account TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', password TEXT, issuer TEXT, subject TEXT, language TEXT,
    UNIQUE (issuer, subject)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (account TEXT NOT NULL, address TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS failures_of_account ON failures (account, at);
CREATE INDEX IF NOT EXISTS failures_of_address ON failures (address, at);
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY, account TEXT NOT NULL, data BLOB NOT NULL, begun_at TEXT NOT NULL,
    seen_at TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_of_account ON sessions (account);
CREATE TABLE IF NOT EXISTS tokens (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT, used_at TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_of_account ON tokens (account);
CREATE TABLE IF NOT EXISTS audits (account TEXT PRIMARY KEY, key BLOB NOT NULL, begun_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS filters (
    account TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, PRIMARY KEY (account, name)) WITHOUT ROWID
"""


class AccessFile:
    """One connection to the file, which every part of `Access` works on."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        """Open an existing file; `hasher` hashes passwords (argon2id, with the library's present defaults).

        Refused (`NotReady`): a file that does not exist or is none.
        """
        if not path.exists():
            text = _("Die Zugangsdaten {path} fehlen; anlegen mit: werdegang init.", path=path)
            raise NotReady("no_access_store", text)
        self._hasher, self._path = hasher or PasswordHasher(), path
        with _as_access_store(path):
            self._connection = connect(path)
        try:
            with _as_access_store(path):
                self._connection.execute("SELECT count(*) FROM profiles")
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path) -> None:
        """Make what is missing of the file; what is there is left as it is. Refused (`NotReady`): another file."""
        path.touch(mode=0o600)
        with _as_access_store(path), closing(connect(path)) as connection, writing(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def digest_of(secret: str) -> bytes:
    """What is stored of a token: its SHA-256. A token is 256 random bits, so nobody can try out what it may be."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def as_stored(moment: datetime) -> str:
    """A moment as text whose order is that of time; one without a time zone is a mistake of the caller."""
    assert moment.tzinfo is not None
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@contextmanager
def _as_access_store(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # which is that a table is missing
            raise
        raise _bad(path) from None
    except sqlite3.DatabaseError:
        raise _bad(path) from None


def _bad(path: Path) -> NotReady:
    return NotReady("bad_access_store", _("{path} enthält keine Zugangsdaten.", path=path))
