"""The log of reads: who opened which field of whom, when and what for (§ 67c SGB X), in a file of its own.

Kept apart from the keys, so that its months can be deleted, and in months, each a list of its own that is numbered
from 1 and sealed by the roots of its tree. Rows are added only; what goes is a whole month, once it is sealed to its
end, and then its seals stay and who deleted it. A month is one of UTC, as `at` writes it.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.errors import NotFound, NotReady, Refused
from domain.texts import _
from domain.vault.files import connect, scrub, writing

_TABLES = """
CREATE TABLE reads (
    month TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, account TEXT NOT NULL, participant TEXT NOT NULL,
    field TEXT NOT NULL, purpose TEXT NOT NULL, PRIMARY KEY (month, number)) WITHOUT ROWID;
CREATE INDEX reads_of_person ON reads (participant);
CREATE TABLE seals (
    month TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, sealed_at TEXT NOT NULL,
    PRIMARY KEY (month, size)) WITHOUT ROWID;
CREATE TABLE deletions (
    month TEXT PRIMARY KEY, size INTEGER NOT NULL, deleted_by TEXT NOT NULL, deleted_at TEXT NOT NULL) WITHOUT ROWID
"""
_TRIGGERS = {
    "reads_in_order": "INSERT ON reads WHEN EXISTS (SELECT 1 FROM deletions WHERE month = NEW.month) OR NEW.number <> "
    "1 + (SELECT coalesce(max(number), 0) FROM reads WHERE month = NEW.month)",
    "reads_not_changed": "UPDATE ON reads",
    "reads_by_month": "DELETE ON reads WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE month = OLD.month)",
    "seals_once": "INSERT ON seals WHEN EXISTS (SELECT 1 FROM seals WHERE month = NEW.month AND size = NEW.size)",
    "seals_not_changed": "UPDATE ON seals",
    "seals_not_deleted": "DELETE ON seals",
    "deletions_once": "INSERT ON deletions WHEN EXISTS (SELECT 1 FROM deletions WHERE month = NEW.month)",
    "deletions_not_changed": "UPDATE ON deletions",
    "deletions_not_deleted": "DELETE ON deletions",
}
APPEND_ONLY = "the log of reads is append-only"


class Read(Struct, frozen=True):
    """One opening: the month and its number in it, when, by whom, of whom, which field, and what for."""

    month: str
    number: int
    at: str
    account: str
    participant: str
    field: str
    purpose: str

    @property
    def line(self) -> bytes:
        """The preimage of its leaf: JSON without blanks, in UTF-8."""
        return json.dumps(msgspec.to_builtins(self), ensure_ascii=False, separators=(",", ":")).encode()


class MonthSeal(Struct, frozen=True):
    """The checkpoint of a month, a signed note over its first `size` rows."""

    month: str
    size: int
    note: str
    sealed_at: datetime


class Deletion(Struct, frozen=True):
    """A month that was deleted: how many rows it had, who deleted it, and when."""

    month: str
    size: int
    deleted_by: str
    deleted_at: datetime


class ReadLog:
    """One connection to the file. Several processes may write at once."""

    def __init__(self, path: Path) -> None:
        """Open an existing log. Refused (`NotReady`): a file that does not exist or is none."""
        if not path.exists():
            raise NotReady("no_read_log", _("Das Leseprotokoll {path} fehlt; anlegen mit: werdegang init.", path=path))
        self._path = path
        try:
            self._connection = connect(path)
            self.months()
        except sqlite3.DatabaseError:
            raise NotReady("bad_read_log", _("{path} ist kein Leseprotokoll.", path=path)) from None

    @classmethod
    def create(cls, path: Path) -> None:
        """Make an empty log; one that exists is left as it is."""
        if path.exists():
            return
        path.touch(mode=0o600)
        with closing(connect(path)) as connection, writing(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            for name, refused in _TRIGGERS.items():
                action = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
                connection.execute(f"CREATE TRIGGER {name} BEFORE {refused} {action}")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- rows ---------------------------------------------------------------------------------

    def append(self, now: datetime, *, account: str, participant: UUID, field: str, purpose: str) -> Read:
        """Add an opening to the present month. Refused as `append_many`."""
        return self.append_many(now, account=account, purpose=purpose, opened=[(participant, field)])[0]

    def append_many(
        self, now: datetime, *, account: str, purpose: str, opened: Sequence[tuple[UUID, str]]
    ) -> list[Read]:
        """Add openings, each of a person's field, to the present month in one transaction.

        Refused (`NotReady`): a month that is deleted already.
        """
        if not opened:
            return []
        at = now.astimezone(UTC).isoformat()
        month = _month_of(now)
        with writing(self._connection):
            if month in self.deletions():
                text = _("Der Monat {month} des Leseprotokolls ist gelöscht; die Uhr geht falsch.", month=month)
                raise NotReady("month_deleted", text)
            rows = [
                Read(month, number, at, account, str(participant), field, purpose)
                for number, (participant, field) in enumerate(opened, self.size(month) + 1)
            ]
            values = [msgspec.structs.astuple(row) for row in rows]
            self._connection.executemany("INSERT INTO reads VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return rows

    def rows(
        self, month: str | None = None, *, participant: UUID | None = None, account: str | None = None
    ) -> Iterator[Read]:
        """The openings, of one month, person or account where one is named, in the order of their numbers."""
        wanted = {
            "month": month,
            "participant": str(participant) if participant else None,
            "account": account,
        }
        query = (
            "SELECT month, number, at, account, participant, field, purpose FROM reads "
            "WHERE (:month IS NULL OR month = :month) AND (:participant IS NULL OR participant = :participant) "
            "AND (:account IS NULL OR account = :account) ORDER BY month, number"
        )
        for row in self._connection.execute(query, wanted):
            yield Read(*row)

    def size(self, month: str) -> int:
        """How many openings a month has."""
        query = "SELECT coalesce(max(number), 0) FROM reads WHERE month = ?"
        return int(self._connection.execute(query, (month,)).fetchone()[0])

    def months(self) -> list[str]:
        """The months of which there is anything, the first first."""
        query = "SELECT month FROM reads UNION SELECT month FROM seals UNION SELECT month FROM deletions ORDER BY month"
        return [month for (month,) in self._connection.execute(query)]

    # --- seals --------------------------------------------------------------------------------

    def seals(self, month: str) -> list[MonthSeal]:
        """The seals of a month, the smallest tree first."""
        query = "SELECT month, size, note, sealed_at FROM seals WHERE month = ? ORDER BY size"
        return [
            MonthSeal(month, size, note, datetime.fromisoformat(sealed_at))
            for month, size, note, sealed_at in self._connection.execute(query, (month,))
        ]

    def sealed_size(self, month: str) -> int:
        """How many openings of a month its last seal covers; 0 where there is none."""
        query = "SELECT coalesce(max(size), 0) FROM seals WHERE month = ?"
        return int(self._connection.execute(query, (month,)).fetchone()[0])

    def add_seal(self, seal: MonthSeal) -> None:
        """Keep a seal; one of the same size, made by another process meanwhile, says the same and stays."""
        with writing(self._connection):
            if seal.size > self.sealed_size(seal.month):
                values = (seal.month, seal.size, seal.note, seal.sealed_at.isoformat())
                self._connection.execute("INSERT INTO seals VALUES (?, ?, ?, ?)", values)

    # --- deleting months ----------------------------------------------------------------------

    def deletions(self) -> dict[str, Deletion]:
        """The deleted months."""
        query = "SELECT month, size, deleted_by, deleted_at FROM deletions ORDER BY month"
        return {
            month: Deletion(month, size, by, datetime.fromisoformat(at))
            for month, size, by, at in self._connection.execute(query)
        }

    def delete_month(self, month: str, *, by: str, now: datetime) -> Deletion:
        """Delete the rows of a month; its seals stay, and who deleted it when. Deleted twice it stays as it was.

        Refused: a month without a row; the present one; one whose last row is not sealed; another process that reads
        the file (`erasure_unfinished`), after which this is to be repeated.
        """
        with writing(self._connection):
            found = self.deletions().get(month)
            if found is None:
                size = self._require_deletable(month, now)
                found = Deletion(month, size, by, now.astimezone(UTC))
                values = (month, size, by, found.deleted_at.isoformat())
                self._connection.execute("INSERT INTO deletions VALUES (?, ?, ?, ?)", values)
                self._connection.execute("DELETE FROM reads WHERE month = ?", (month,))
        scrub(self._connection, self._path)
        return found

    def _require_deletable(self, month: str, now: datetime) -> int:
        size, sealed = self.size(month), self.sealed_size(month)
        if month >= _month_of(now):
            text = _("Der Monat {month} ist noch nicht vorbei; gelöscht werden nur vergangene.", month=month)
            raise Refused("month_running", text)
        if size == 0:
            raise NotFound("unknown_month", _("Im Monat {month} ist nichts gelesen worden.", month=month))
        if size != sealed:
            text = _(
                "Der Monat {month} hat {size} Zeilen, versiegelt sind {sealed}; erst versiegeln mit: werdegang seal.",
                month=month,
                size=size,
                sealed=sealed,
            )
            raise Refused("month_not_sealed", text)
        return size


def _month_of(moment: datetime) -> str:
    """The month of UTC, such as 2026-11."""
    return moment.astimezone(UTC).strftime("%Y-%m")
