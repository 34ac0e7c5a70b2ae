"""Persons, envelopes and keyed hashes: what the rest of the house sees of the vault."""

import hmac
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import NotFound, NotReady, Refused
from domain.texts import Text, _
from domain.vault.keystore import KeyStore, Lookup
from domain.vault.reads import ReadLog
from domain.vault.sources import KeySource

_FORMAT, _NONCE, _STEP = b"\x01", 12, 64

OWN_KEY = "own_key"
CUSTOMER_NUMBER = "customer_number"
DATA_PROTECTION = "data_protection"
"""The purpose for which also what is restricted is opened."""


class Vault:
    """The keys of all persons; one instance per process and thread of work.

    `restricted` are the persons whose fields are kept and not opened (Sperrung, Art. 18 DSGVO); whoever opens the
    vault says who they are. `reads` keeps who opened what.
    """

    def __init__(self, path: Path, source: KeySource, reads: ReadLog) -> None:
        """Open an existing vault. Refused (`NotReady`): a file that does not exist, a key that does not fit."""
        self._store = KeyStore(path, source)
        self.reads = reads
        self.restricted: frozenset[UUID] = frozenset()
        self._keys: dict[UUID, bytes] = {}
        self._ciphers: dict[UUID, AESGCM] = {}
        self._new_persons: list[UUID] = []
        self._new_lookups: dict[Lookup, UUID] = {}
        self._outdated: list[tuple[str, UUID, bytes]] = []
        self._flushed = False

    @classmethod
    def create(cls, path: Path, source: KeySource) -> None:
        """Make an empty vault; one that exists is left as it is."""
        KeyStore.create(path, source)

    def close(self) -> None:
        """Close the file; what was not flushed is forgotten."""
        self._store.close()

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
            self._outdated.append((kind, participant, self.digest(kind, value)))

    def find(self, kind: str, value: str) -> UUID | None:
        """The person a value was registered for, or None."""
        lookup = (kind, self.digest(kind, value))
        return self._new_lookups.get(lookup) or self._store.found(lookup)

    def count(self) -> int:
        """How many persons have a key."""
        return self._store.count()

    def has_key(self, participant: UUID) -> bool:
        """Whether there is a key or a lookup of a person: it is not erased, or not completely."""
        return participant in self._new_persons or self._store.holds(participant)

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
        if not self._new_persons and not self._new_lookups:
            return
        self._store.add({who: self._keys[who] for who in self._new_persons}, self._new_lookups)
        self._flushed = True

    def keep_only(self, participants: set[UUID]) -> None:
        """Of the new persons, forget those that nothing will be stored about."""
        dropped = set(self._new_persons) - participants
        self._forget_keys(dropped)
        self._new_persons = [person for person in self._new_persons if person not in dropped]
        self._new_lookups = {key: person for key, person in self._new_lookups.items() if person not in dropped}

    def keep(self) -> None:
        """The entries are stored: what was flushed stays, and what it replaces goes."""
        outdated = self._outdated
        self._drop_new()
        if outdated:
            self._store.drop_others(outdated)

    def _drop_new(self) -> None:
        self._outdated = []
        self._new_persons, self._new_lookups, self._flushed = [], {}, False

    def _forget(self) -> None:
        """Drop what is new, in memory and, if flushed, in the file: the command came to nothing."""
        if self._flushed:
            self._store.take_back(self._new_persons, list(self._new_lookups))
        self._forget_keys(self._new_persons)
        self._drop_new()

    def _forget_keys(self, participants: Iterable[UUID]) -> None:
        for participant in participants:
            self._keys.pop(participant, None)
            self._ciphers.pop(participant, None)

    # --- envelopes ----------------------------------------------------------------------------

    def seal(self, participant: UUID, field: str, text: str) -> bytes:
        """The envelope of one field of one person."""
        plain = text.encode() + b"\x80"
        padded = plain.ljust(-(-len(plain) // _STEP) * _STEP, b"\0")
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher(participant).encrypt(nonce, padded, _bound_to(participant, field))

    def open(self, participant: UUID, field: str, sealed: bytes, *, account: str, purpose: str, now: datetime) -> str:
        """The text in an envelope; who opened what, when and why is kept before it is given out.

        Refused: a person erased, unknown or restricted, an envelope of another person or field, a changed one.
        """
        if participant in self.restricted and purpose != DATA_PROTECTION:
            text = _("Die Daten der Person {participant} sind gesperrt (Art. 18 DSGVO).", participant=participant)
            raise Refused("restricted", text)
        nonce, cipher_text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _FORMAT:
                raise InvalidTag
            padded = self._cipher(participant).decrypt(nonce, cipher_text, _bound_to(participant, field))
        except InvalidTag:
            text = _("Der Umschlag des Feldes {field} gehört nicht hierher oder ist verändert.", field=field)
            raise NotReady("sealed_elsewhere", text) from None
        self.reads.append(now, account=account, participant=participant, field=field, purpose=purpose)
        return padded.rstrip(b"\0")[:-1].decode()

    # --- keyed hashes -------------------------------------------------------------------------

    def digest(self, kind: str, value: str) -> bytes:
        """HMAC-SHA-256 of a value under the vault's index key: findable, not readable."""
        return hmac.digest(self._store.index_key, f"{kind}/{value}".encode(), "sha256")

    def request_id(self, scope: str, value: str) -> UUID:
        """A request id that follows from the caller's own key of a request."""
        return UUID(bytes=self.digest(f"request/{scope}", value)[:16], version=5)

    def content_digest(self, participant: UUID, content: bytes) -> bytes:
        """Digest of what was asked, under the person's own key: gone with the key."""
        return hmac.digest(self._key(participant), content, "sha256")[:16]

    # --- keys ---------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """How many key-encryption keys there have been, the present one included."""
        return self._store.epoch

    @property
    def source(self) -> KeySource:
        """Where the key-encryption key comes from."""
        return self._store.source

    @property
    def advice(self) -> Text | None:
        """What is left to do by hand after an erasure or a change of the key-encryption key; None if nothing is."""
        return self._store.advice()

    def require_next_key(self) -> None:
        """Refused: no next key-encryption key can be had, so `erase` and `rotate` would be refused."""
        self._store.require_next_key()

    def erase(self, participants: Iterable[UUID]) -> int:
        """Destroy the keys and lookups of persons and begin an epoch: the key-encryption key is replaced and the old
        one destroyed. Returns the epoch; where nothing is left of any of them, the present one.

        Nothing of them stays in the file, its write-ahead log or the memory of this process; other processes drop it
        at their next use of a key. Refused before anything is changed: no next key (`no_next_kek`, `kek_unwritable`).
        Refused after that, and to be repeated with the same persons until it is not: `erasure_unfinished`, where
        another process reads the file; `kek_not_replaced`, where the old key is still there.
        """
        persons = list(participants)
        self._forget_keys(persons)
        return self._store.erase(persons)

    def rotate(self) -> int:
        """Begin an epoch without erasing anybody. Returns it. Refused as with `erase`."""
        return self._store.rotate()

    def _cipher(self, participant: UUID) -> AESGCM:
        key = self._key(participant)
        cipher = self._ciphers.get(participant)
        if cipher is None:
            cipher = self._ciphers[participant] = AESGCM(key)
        return cipher

    def _key(self, participant: UUID) -> bytes:
        if self._store.moved():  # perhaps another process has erased somebody
            self._forget_keys(self._keys.keys() - set(self._new_persons))
        key = self._keys.get(participant) or self._store.key(participant)
        if key is None:
            text = _("Zu der Person {participant} gibt es keinen Schlüssel (mehr).", participant=participant)
            raise NotFound("no_key", text)
        self._keys[participant] = key
        return key


def _bound_to(participant: UUID, field: str) -> bytes:
    return participant.bytes + field.encode()
