"""Sessions: the browser has a random token, the file its SHA-256 and what belongs to it."""

import secrets
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from domain.access.file import TOUCHED, AccessFile, as_stored, digest_of
from domain.access.passwords import WINDOW
from domain.vault.files import connect, writing


class Session(Struct, frozen=True):
    """A session: of which account (empty: before the login), what it holds, when it began and was used last."""

    account: str
    data: bytes
    begun_at: datetime
    seen_at: datetime


class Sessions(AccessFile):
    """Beginning, finding and ending sessions."""

    def begin_session(self, account: str, data: bytes, now: datetime) -> str:
        """Begin a session; its token, which is nowhere else. Before the login `account` is empty, and the login begins
        another session: the account of one never changes."""
        token, moment = secrets.token_urlsafe(32), as_stored(now)
        with writing(self._connection):
            values = (digest_of(token), account, data, moment, moment)
            self._connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", values)
        return token

    def session(self, token: str, now: datetime, idle: timedelta, absolute: timedelta) -> Session | None:
        """The session of a token; None where there is none (any more).

        It ends `absolute` after its begin, and `idle` after its last use, which is noted to the minute.
        """
        digest = digest_of(token)
        query = "SELECT account, data, begun_at, seen_at FROM sessions WHERE digest = ?"
        row = self._connection.execute(query, (digest,)).fetchone()
        if row is None:
            return None
        begun_at, seen_at = datetime.fromisoformat(row[2]), datetime.fromisoformat(row[3])
        if now >= begun_at + absolute or now >= seen_at + idle:
            self.end_session(token)
            return None
        if now >= seen_at + min(TOUCHED, idle / 2):
            with writing(self._connection):
                self._connection.execute("UPDATE sessions SET seen_at = ? WHERE digest = ?", (as_stored(now), digest))
            seen_at = now
        return Session(row[0], row[1], begun_at, seen_at)

    def save_session(self, token: str, account: str, data: bytes, now: datetime) -> None:
        """Replace what a session holds; one that was ended meanwhile stays so.

        `account` is the one it was begun for; another is a mistake of the caller, who would not give a new token at
        the login (`ValueError`).
        """
        with writing(self._connection):
            query = "SELECT account FROM sessions WHERE digest = ?"
            row = self._connection.execute(query, (digest_of(token),)).fetchone()
            if row is not None and row[0] != account:
                raise ValueError("a session does not change its account: end it and begin another")
            query = "UPDATE sessions SET data = ?, seen_at = ? WHERE digest = ?"
            self._connection.execute(query, (data, as_stored(now), digest_of(token)))

    def end_session(self, token: str) -> None:
        """End a session: its token is worthless from now on."""
        with writing(self._connection):
            self._connection.execute("DELETE FROM sessions WHERE digest = ?", (digest_of(token),))

    def end_sessions(self, account: str) -> int:
        """End all sessions of an account; how many."""
        with writing(self._connection):
            return self._connection.execute("DELETE FROM sessions WHERE account = ?", (account,)).rowcount

    def forget_expired(self, now: datetime, idle: timedelta, absolute: timedelta) -> int:
        """Delete sessions whose time is over, and failed attempts that no longer count; how many sessions."""
        with writing(self._connection):
            self._connection.execute("DELETE FROM failures WHERE at <= ?", (as_stored(now - WINDOW),))
            query = "DELETE FROM sessions WHERE seen_at <= ? OR begun_at <= ?"
            return self._connection.execute(query, (as_stored(now - idle), as_stored(now - absolute))).rowcount

    def sessions(self, account: str) -> list[tuple[datetime, datetime]]:
        """When the sessions of an account began and were used last, the latest first."""
        query = "SELECT begun_at, seen_at FROM sessions WHERE account = ? ORDER BY seen_at DESC"
        rows = self._connection.execute(query, (account,))
        return [(datetime.fromisoformat(begun), datetime.fromisoformat(seen)) for begun, seen in rows]


def without_sessions(path: Path) -> None:
    """Delete sessions, failed attempts and the keys of audits from a copy of the file: nobody is logged in by a backup,
    and no key that is destroyed comes back from one."""
    with closing(connect(path)) as connection:
        with writing(connection):
            connection.execute("DELETE FROM sessions")
            connection.execute("DELETE FROM failures")
            connection.execute("DELETE FROM audits")
        connection.execute("VACUUM")
