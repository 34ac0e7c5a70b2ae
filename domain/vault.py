"""Personal data: one key per person, sealed envelopes, lookups by keyed hash.

A sealed envelope is `0x01 ‖ nonce (12) ‖ AES-256-GCM(key of the person, padded text)`, bound to the
participant and the field. Texts are padded to steps of 64 bytes, so lengths tell little. The key of a
person lies in `keys.db`, wrapped by a key-encryption key that is kept apart; destroying it makes every
envelope of the person unreadable while all stored bytes stay as they are.

New persons are kept in memory until a command is stored, so a refused one leaves no key behind.
"""

import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Conflict, NotFound, NotReady
from domain.texts import _

_FORMAT, _NONCE, _STEP = b"\x01", 12, 64
_TABLES = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE persons (participant TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lookups (
    kind TEXT NOT NULL, digest BLOB NOT NULL, participant TEXT NOT NULL REFERENCES persons,
    PRIMARY KEY (kind, digest)) WITHOUT ROWID;
CREATE INDEX lookups_of_person ON lookups (participant);
CREATE TABLE reads (
    at TEXT NOT NULL, account TEXT NOT NULL, participant TEXT NOT NULL, field TEXT NOT NULL, purpose TEXT NOT NULL);
"""

OWN_KEY = "own_key"
CUSTOMER_NUMBER = "customer_number"


class Vault:
    """The keys of all persons; one instance per process and thread of work."""

    def __init__(self, path: Path, key_encryption_key: bytes) -> None:
        """Open an existing vault. Refused: a file that does not exist, or another key than it was made with."""
        if not path.exists():
            text = _("Der Schlüsselspeicher {path} fehlt; anlegen mit: werdegang init.", path=path)
            raise NotReady("no_vault", text)
        self._wrapping = AESGCM(key_encryption_key)
        self._keys: dict[UUID, bytes] = {}
        self._ciphers: dict[UUID, AESGCM] = {}
        self._new_persons: list[UUID] = []
        self._new_lookups: dict[tuple[str, bytes], UUID] = {}
        self._outdated: list[tuple[str, str, bytes]] = []
        self._flushed = False
        try:
            self._connection = _connect(path)
            row = self._connection.execute("SELECT wrapped FROM secrets WHERE name = 'index'").fetchone()
            self._index_key = self._unwrap(row[0], b"index")
        except (InvalidTag, TypeError, sqlite3.DatabaseError):
            text = _("Der Schlüssel passt nicht zum Schlüsselspeicher {path}.", path=path)
            raise NotReady("wrong_key", text) from None

    @classmethod
    def create(cls, path: Path, key_encryption_key: bytes) -> None:
        """Make an empty vault; one that exists is left as it is."""
        if path.exists():
            return
        path.touch(mode=0o600)
        with closing(_connect(path)) as connection:
            connection.executescript(_TABLES)
            wrapped = _wrapped(AESGCM(key_encryption_key), os.urandom(32), b"index")
            connection.execute("INSERT INTO secrets VALUES ('index', ?)", (wrapped,))
            connection.commit()

    def close(self) -> None:
        """Close the file; what was not flushed is forgotten."""
        self._connection.close()

    # --- persons ------------------------------------------------------------------------------

    def register(self, own_key: str | None = None) -> UUID:
        """A new person under a random id, with a key; `own_key` is the caller's own key of the person."""
        participant = uuid4()
        self._keys[participant] = os.urandom(32)
        self._new_persons.append(participant)
        if own_key is not None:
            self.add_lookup(OWN_KEY, own_key, participant)
        return participant

    def add_lookup(self, kind: str, value: str, participant: UUID) -> None:
        """Let the person be found by a value; only its keyed hash is kept. Found by it already changes nothing."""
        if self.find(kind, value) != participant:
            self._new_lookups[(kind, self.digest(kind, value))] = participant

    def set_lookup(self, kind: str, value: str, participant: UUID) -> None:
        """Let the person be found by a value, and once that is stored no longer by another of the kind."""
        if self.find(kind, value) != participant:
            self.add_lookup(kind, value, participant)
            self._outdated.append((kind, str(participant), self.digest(kind, value)))

    def find(self, kind: str, value: str) -> UUID | None:
        """The person a value was registered for, or None."""
        digest = self.digest(kind, value)
        if new := self._new_lookups.get((kind, digest)):
            return new
        query = "SELECT participant FROM lookups WHERE kind = ? AND digest = ?"
        row = self._connection.execute(query, (kind, digest)).fetchone()
        return UUID(row[0]) if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is registered inside is forgotten at the end, stored or not, unless `keep` was called."""
        self._forget()
        try:
            yield
        finally:
            self._forget()

    def flush(self) -> None:
        """Store the new persons and lookups, just before the entries that name them.

        Refused (`Conflict`): somebody else registered the same value meanwhile.
        """
        persons = [
            (str(participant), _wrapped(self._wrapping, self._keys[participant], participant.bytes))
            for participant in self._new_persons
        ]
        lookups = [(kind, digest, str(person)) for (kind, digest), person in self._new_lookups.items()]
        if not persons and not lookups:
            return
        try:
            with self._connection:
                self._connection.executemany("INSERT INTO persons VALUES (?, ?)", persons)
                self._connection.executemany("INSERT INTO lookups VALUES (?, ?, ?)", lookups)
        except sqlite3.IntegrityError:
            raise Conflict("vault_conflict", _("Dieselbe Person wird gerade auch anderswo erfasst.")) from None
        self._flushed = True

    def keep_only(self, participants: set[UUID]) -> None:
        """Of the new persons, forget those that nothing will be stored about."""
        dropped = set(self._new_persons) - participants
        for participant in dropped:
            self._keys.pop(participant, None)
            self._ciphers.pop(participant, None)
        self._new_persons = [person for person in self._new_persons if person not in dropped]
        self._new_lookups = {key: person for key, person in self._new_lookups.items() if person not in dropped}

    def keep(self) -> None:
        """The entries are stored: what was flushed stays, and what it replaces goes."""
        if self._outdated:
            with self._connection:
                statement = "DELETE FROM lookups WHERE kind = ? AND participant = ? AND digest <> ?"
                self._connection.executemany(statement, self._outdated)
        self._drop_new()

    def _drop_new(self) -> None:
        self._outdated = []
        self._new_persons, self._new_lookups, self._flushed = [], {}, False

    def _forget(self) -> None:
        """Drop what is new, in memory and, if flushed, in the file: the command came to nothing."""
        if self._flushed:
            with self._connection:
                lookups = list(self._new_lookups)
                self._connection.executemany("DELETE FROM lookups WHERE kind = ? AND digest = ?", lookups)
                persons = [(str(participant),) for participant in self._new_persons]
                self._connection.executemany("DELETE FROM persons WHERE participant = ?", persons)
        for participant in self._new_persons:
            self._keys.pop(participant, None)
            self._ciphers.pop(participant, None)
        self._drop_new()

    # --- envelopes ----------------------------------------------------------------------------

    def seal(self, participant: UUID, field: str, text: str) -> bytes:
        """The envelope of one field of one person."""
        plain = text.encode() + b"\x80"
        padded = plain.ljust(-(-len(plain) // _STEP) * _STEP, b"\0")
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher(participant).encrypt(nonce, padded, _bound_to(participant, field))

    def open(self, participant: UUID, field: str, sealed: bytes, *, account: str, purpose: str, now: datetime) -> str:
        """The text in an envelope; who opened what, when and why is kept.

        Refused: a person erased or unknown, an envelope of another person or field, a changed one.
        """
        nonce, cipher_text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _FORMAT:
                raise InvalidTag
            padded = self._cipher(participant).decrypt(nonce, cipher_text, _bound_to(participant, field))
        except InvalidTag:
            text = _("Der Umschlag des Feldes {field} gehört nicht hierher oder ist verändert.", field=field)
            raise NotReady("sealed_elsewhere", text) from None
        with self._connection:
            row = (now.isoformat(), account, str(participant), field, purpose)
            self._connection.execute("INSERT INTO reads VALUES (?, ?, ?, ?, ?)", row)
        return padded.rstrip(b"\0")[:-1].decode()

    # --- keyed hashes -------------------------------------------------------------------------

    def digest(self, kind: str, value: str) -> bytes:
        """HMAC-SHA-256 of a value under the vault's index key: findable, not readable."""
        return hmac.digest(self._index_key, f"{kind}/{value}".encode(), "sha256")

    def request_id(self, scope: str, value: str) -> UUID:
        """A request id that follows from the caller's own key of a request."""
        return UUID(bytes=self.digest(f"request/{scope}", value)[:16], version=5)

    def content_digest(self, participant: UUID, content: bytes) -> bytes:
        """Digest of what was asked, under the person's own key: gone with the key."""
        return hmac.digest(self._key(participant), content, "sha256")[:16]

    # --- keys ---------------------------------------------------------------------------------

    def _cipher(self, participant: UUID) -> AESGCM:
        cipher = self._ciphers.get(participant)
        if cipher is None:
            cipher = self._ciphers[participant] = AESGCM(self._key(participant))
        return cipher

    def _key(self, participant: UUID) -> bytes:
        key = self._keys.get(participant)
        if key is None:
            query = "SELECT wrapped FROM persons WHERE participant = ?"
            row = self._connection.execute(query, (str(participant),)).fetchone()
            if row is None:
                text = _("Zu der Person {participant} gibt es keinen Schlüssel (mehr).", participant=participant)
                raise NotFound("no_key", text)
            key = self._keys[participant] = self._unwrap(row[0], participant.bytes)
        return key

    def _unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound_to)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _wrapped(wrapping: AESGCM, key: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + wrapping.encrypt(nonce, key, bound_to)


def _bound_to(participant: UUID, field: str) -> bytes:
    return participant.bytes + field.encode()
