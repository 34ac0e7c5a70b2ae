"""The file `keys.db`: every person's key, wrapped by a key-encryption key, and the keyed hashes persons are found by.

Every erasure begins an epoch: the keys of all who stay are wrapped anew under another key-encryption key, and the old
one is destroyed. So whoever kept the file of an earlier epoch, a backup say, cannot open it with the present key.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Conflict, NotReady
from domain.texts import Text, _
from domain.vault.files import connect, scrub, writing
from domain.vault.names import NameRow, Renamed, add_names, create_names, drop_names, found_names
from domain.vault.sources import KeySource

_NONCE = 12
_INDEX = b"index"
_TABLES = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE persons (participant TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lookups (
    kind TEXT NOT NULL, digest BLOB NOT NULL, participant TEXT NOT NULL REFERENCES persons,
    PRIMARY KEY (kind, digest)) WITHOUT ROWID;
CREATE INDEX lookups_of_person ON lookups (participant);
"""

Lookup = tuple[str, bytes]
"""Kind and keyed hash of a value."""


class KeyStore:
    """One connection to the file. What other processes do to it is noticed: see `moved` and `writing`."""

    def __init__(self, path: Path, source: KeySource) -> None:
        """Open an existing file, and finish what an interrupted change of the key left. Refused (`NotReady`): a file
        that does not exist or is none, a key that does not fit."""
        if not path.exists():
            text = _("Der Schlüsselspeicher {path} fehlt; anlegen mit: werdegang init.", path=path)
            raise NotReady("no_vault", text)
        self.path, self.source = path, source
        self._kek = self.index_key = b""
        self._wrapping: AESGCM
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = connect(path)
            with self.writing():
                create_names(self._connection)
                with suppress(NotReady):  # what cannot be replaced now is tried again at the next change
                    source.settle(self._kek)
            self._seen = self._data_version()
        except sqlite3.DatabaseError:
            self.close()
            raise NotReady("bad_vault", _("{path} ist kein Schlüsselspeicher.", path=path)) from None
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path, source: KeySource) -> None:
        """Make an empty file; one that exists is left as it is."""
        if path.exists():
            return
        wrapping = AESGCM(source.candidates()[0])
        path.touch(mode=0o600)
        with closing(connect(path)) as connection, writing(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO secrets VALUES ('index', ?)", (_wrapped(wrapping, os.urandom(32), _INDEX),))
            connection.execute("PRAGMA user_version = 1")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection."""
        assert self._connection is not None
        return self._connection

    # --- reading ------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """How many key-encryption keys there have been; one made before they were counted is the first."""
        return max(1, self._value("PRAGMA user_version"))

    def count(self) -> int:
        """How many persons have a key."""
        return self._value("SELECT count(*) FROM persons")

    def holds(self, participant: UUID) -> bool:
        """Whether there is a key of a person, or anything the person is found by."""
        query = "SELECT EXISTS (SELECT 1 FROM {} WHERE participant = ?)"
        return any(self._value(query.format(table), str(participant)) for table in ("persons", "lookups", "names"))

    def moved(self) -> bool:
        """Whether another connection has changed the file since this was asked last."""
        seen, self._seen = self._seen, self._data_version()
        return seen != self._seen

    def keys(self, participants: Iterable[UUID]) -> dict[UUID, bytes]:
        """The keys of those who have one (still), in one query. Refused (`NotReady`): a key that is damaged."""
        wanted = list(participants)
        try:
            return self._keys(wanted)
        except NotReady:  # wrapped anew by another process, or just now
            with self.writing():
                return self._keys(wanted)

    def found(self, lookup: Lookup) -> UUID | None:
        """The person behind a keyed hash."""
        query = "SELECT participant FROM lookups WHERE kind = ? AND digest = ?"
        row = self.connection.execute(query, lookup).fetchone()
        return UUID(row[0]) if row else None

    def found_by_names(self, digests: Sequence[bytes], limit: int) -> list[UUID]:
        """At most so many persons of whom there are all of these keyed hashes, always the same first ones."""
        return [UUID(who) for who in found_names(self.connection, digests, limit)]

    # --- writing ------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction under the key-encryption key that fits now, also where another process has changed it."""
        with writing(self.connection):
            self._find_key()
            yield

    def add(
        self, persons: Mapping[UUID, bytes], lookups: Mapping[Lookup, UUID], names: Mapping[UUID, set[bytes]]
    ) -> Renamed:
        """Store keys, lookups and names. Refused (`Conflict`): a lookup that is there already, somebody erased."""
        try:
            with self.writing():
                keys = [(str(who), _wrapped(self._wrapping, key, who.bytes)) for who, key in persons.items()]
                self.connection.executemany("INSERT INTO persons VALUES (?, ?)", keys)
                rows = [(kind, digest, str(who)) for (kind, digest), who in lookups.items()]
                self.connection.executemany("INSERT INTO lookups VALUES (?, ?, ?)", rows)
                return add_names(self.connection, names, without_any=persons.keys())
        except sqlite3.IntegrityError:
            raise Conflict("vault_conflict", _("Dieselbe Person wird gerade auch anderswo erfasst.")) from None

    def take_back(self, persons: Iterable[UUID], lookups: Iterable[Lookup], names: Iterable[NameRow]) -> None:
        """Delete what was added for a command that came to nothing."""
        with writing(self.connection):
            drop_names(self.connection, names)
            self.connection.executemany("DELETE FROM lookups WHERE kind = ? AND digest = ?", lookups)
            self.connection.executemany("DELETE FROM persons WHERE participant = ?", [(str(who),) for who in persons])

    def drop_outdated(self, kept: Iterable[tuple[str, UUID, bytes]], names: Iterable[NameRow]) -> None:
        """Of each (kind, person, hash) delete the person's other hashes of the kind, and delete these rows of names."""
        rows = [(kind, str(who), digest) for kind, who, digest in kept]
        with writing(self.connection):
            statement = "DELETE FROM lookups WHERE kind = ? AND participant = ? AND digest <> ?"
            self.connection.executemany(statement, rows)
            drop_names(self.connection, names)

    # --- epochs -------------------------------------------------------------------------------

    def erase(self, participants: Iterable[UUID]) -> int:
        """Destroy keys and lookups of persons and begin an epoch, unless there is nothing of them; the epoch.

        Refused: no next key can be had, before anything is changed; the old key or deleted bytes cannot be destroyed
        yet, after which this is to be repeated.
        """
        persons = list(participants)
        with self.writing():
            self.source.settle(self._kek)
            if any(self.holds(who) for who in persons):
                self._renew(persons)
        return self._finished()

    def rotate(self) -> int:
        """Begin an epoch without erasing anybody; the epoch. Refused as with `erase`."""
        with self.writing():
            self.source.settle(self._kek)
            self._renew([])
        return self._finished()

    def require_next_key(self) -> None:
        """Refused: no next key-encryption key can be had."""
        with self.writing():
            self.source.require_next(self._kek)

    def advice(self) -> Text | None:
        """What is left to do by hand after a change of the key-encryption key."""
        with self.writing():
            return self.source.advice(self._kek)

    def _renew(self, without: Iterable[UUID]) -> None:
        """Wrap every key but those of some persons under the next key-encryption key, within a transaction."""
        wrapping = AESGCM(self.source.prepare(self._kek))
        gone = [(str(who),) for who in without]
        self.connection.executemany("DELETE FROM names WHERE participant = ?", gone)
        self.connection.executemany("DELETE FROM lookups WHERE participant = ?", gone)
        self.connection.executemany("DELETE FROM persons WHERE participant = ?", gone)
        rows = self.connection.execute("SELECT participant, wrapped FROM persons").fetchall()
        renewed = [(_wrapped(wrapping, self._plain(who, wrapped), UUID(who).bytes), who) for who, wrapped in rows]
        self.connection.executemany("UPDATE persons SET wrapped = ? WHERE participant = ?", renewed)
        index = _wrapped(wrapping, self.index_key, _INDEX)
        self.connection.execute("UPDATE secrets SET wrapped = ? WHERE name = 'index'", (index,))
        self.connection.execute(f"PRAGMA user_version = {self.epoch + 1}")

    def _finished(self) -> int:
        """Destroy the old key-encryption key, if there is one, and every deleted byte."""
        with self.writing():
            self.source.settle(self._kek)
            epoch = self.epoch
        scrub(self.connection, self.path)
        return epoch

    # --- keys ---------------------------------------------------------------------------------

    def _find_key(self) -> None:
        """Find the key-encryption key the file fits, within a transaction."""
        wrapped = self.connection.execute("SELECT wrapped FROM secrets WHERE name = 'index'").fetchone()
        if wrapped is None:
            raise sqlite3.DatabaseError
        if self._kek and self._fits(self._kek, wrapped[0]):
            return
        if not any(self._fits(key, wrapped[0]) for key in self.source.candidates()):
            text = _(
                "Der Schlüssel passt nicht zum Schlüsselspeicher {path} (Epoche {epoch}): es ist ein anderer, oder "
                "Schlüsselspeicher und Hauptschlüssel stammen aus verschiedenen Epochen, etwa aus einer Sicherung.",
                path=self.path,
                epoch=self.epoch,
            )
            raise NotReady("wrong_key", text)

    def _fits(self, key: bytes, wrapped: bytes) -> bool:
        wrapping = AESGCM(key)
        try:
            index_key = _unwrapped(wrapping, wrapped, _INDEX)
        except InvalidTag:
            return False
        self._kek, self._wrapping, self.index_key = key, wrapping, index_key
        return True

    def _keys(self, participants: list[UUID]) -> dict[UUID, bytes]:
        query = "SELECT participant, wrapped FROM persons WHERE participant IN (SELECT value FROM json_each(?))"
        rows = self.connection.execute(query, (json.dumps([str(who) for who in participants]),)).fetchall()
        return {UUID(who): self._plain(who, wrapped) for who, wrapped in rows}

    def _plain(self, participant: str, wrapped: bytes) -> bytes:
        """The key of a person. Refused: one that cannot be unwrapped; it would be lost with the old key."""
        try:
            return _unwrapped(self._wrapping, wrapped, UUID(participant).bytes)
        except InvalidTag:
            text = _("Der Schlüssel der Person {participant} ist beschädigt.", participant=participant)
            raise NotReady("damaged_key", text) from None

    def _data_version(self) -> int:
        return self._value("PRAGMA data_version")

    def _value(self, query: str, *values: str) -> int:
        return int(self.connection.execute(query, values).fetchone()[0])


def _wrapped(wrapping: AESGCM, key: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + wrapping.encrypt(nonce, key, bound_to)


def _unwrapped(wrapping: AESGCM, wrapped: bytes, bound_to: bytes) -> bytes:
    return wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound_to)
