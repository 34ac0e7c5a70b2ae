"""Persons, envelopes and keyed hashes: what the rest of the house sees of the vault."""

import hmac
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import NotFound, Refused
from domain.texts import Text, _
from domain.vault.envelopes import sealed, unsealed
from domain.vault.keystore import KeyStore, Lookup
from domain.vault.names import Renamed, beginnings_of, sought_in
from domain.vault.reads import ReadLog
from domain.vault.sources import KeySource

OWN_KEY = "own_key"
CUSTOMER_NUMBER = "customer_number"
DATA_PROTECTION = "data_protection"
"""The purpose for which also what is restricted is opened."""
_NAME, _NAME_BYTES = "name", 16
_KEYS_IN_MEMORY = 20_000
"""Of so many persons a process keeps the keys at most, besides those registered just now."""


class Vault:
    """The keys of all persons; used by one thread at a time, not always the same.

    `restricted` are the persons whose fields are kept and not opened (Sperrung, Art. 18 DSGVO); whoever opens the
    vault says who they are, and in `register_version` up to which entry of the register. `reads` keeps who opened what.
    """

    def __init__(self, path: Path, source: KeySource, reads: ReadLog) -> None:
        """Open an existing vault. Refused (`NotReady`): a file that does not exist, a key that does not fit."""
        self._store = KeyStore(path, source)
        self.reads = reads
        self.restricted: frozenset[UUID] = frozenset()
        self.register_version = 0
        self._keys: dict[UUID, bytes] = {}
        self._ciphers: dict[UUID, AESGCM] = {}
        self._new_persons: list[UUID] = []
        self._new_lookups: dict[Lookup, UUID] = {}
        self._outdated: list[tuple[str, UUID, bytes]] = []
        self._new_names: dict[UUID, str] = {}
        self._renamed = Renamed()
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

    def set_name(self, participant: UUID, name: str) -> None:
        """Let the person be found by the beginnings of the words of a name, and once that is stored no longer by those
        of an earlier one; only their keyed hashes are kept."""
        self._new_names[participant] = name

    def find_by_name(self, text: str, limit: int = 500) -> list[UUID]:
        """The persons stored whose name has a word beginning with each word of a text, at most so many.

        What is a word is said in `names`; none where the text has no word of two letters.
        """
        sought = [self._name_digest(beginning) for beginning in sought_in(text)]
        return self._store.found_by_names(sought, limit) if sought else []

    def _name_digest(self, beginning: str) -> bytes:
        return self.digest(_NAME, beginning)[:_NAME_BYTES]

    def _name_digests(self) -> dict[UUID, set[bytes]]:
        """What everybody with a new name is found by; names begin alike so often that each beginning is hashed once."""
        beginnings = {who: beginnings_of(name) for who, name in self._new_names.items()}
        digests = {one: self._name_digest(one) for one in set().union(*beginnings.values())}
        return {who: {digests[one] for one in ones} for who, ones in beginnings.items()}

    def count(self) -> int:
        """How many persons have a key."""
        return self._store.count()

    def has_key(self, participant: UUID) -> bool:
        """Whether there is a key of a person, or anything it is found by: it is not erased, or not completely."""
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
        """Store the new persons, lookups and names, just before the entries that tell of them.

        Refused (`Conflict`): somebody else registered the same value, or erased the person, meanwhile.
        """
        if not self._new_persons and not self._new_lookups and not self._new_names:
            return
        persons = {who: self._keys[who] for who in self._new_persons}
        self._renamed = self._store.add(persons, self._new_lookups, self._name_digests())
        self._flushed = True

    def keep_only(self, participants: set[UUID]) -> None:
        """Of the new persons, forget those that nothing will be stored about."""
        dropped = set(self._new_persons) - participants
        self._forget_keys(dropped)
        self._new_persons = [person for person in self._new_persons if person not in dropped]
        self._new_lookups = {key: person for key, person in self._new_lookups.items() if person not in dropped}
        self._new_names = {person: name for person, name in self._new_names.items() if person not in dropped}

    def keep(self) -> None:
        """The entries are stored: what was flushed stays, and what it replaces goes."""
        lookups, names = self._outdated, self._renamed.outdated
        self._drop_new()
        if lookups or names:
            self._store.drop_outdated(lookups, names)

    def _drop_new(self) -> None:
        self._outdated, self._new_names, self._renamed = [], {}, Renamed()
        self._new_persons, self._new_lookups, self._flushed = [], {}, False

    def _forget(self) -> None:
        """Drop what is new, in memory and, if flushed, in the file: the command came to nothing."""
        if self._flushed:
            self._store.take_back(self._new_persons, list(self._new_lookups), self._renamed.added)
        self._forget_keys(self._new_persons)
        self._drop_new()

    def _forget_keys(self, participants: Iterable[UUID]) -> None:
        for participant in participants:
            self._keys.pop(participant, None)
            self._ciphers.pop(participant, None)

    # --- envelopes ----------------------------------------------------------------------------

    def seal(self, participant: UUID, field: str, text: str) -> bytes:
        """The envelope of one field of one person. Refused: nobody's key; a text with NUL or half a character."""
        return sealed(self._cipher(participant), participant, field, text)

    def open(self, participant: UUID, field: str, sealed: bytes, *, account: str, purpose: str, now: datetime) -> str:
        """The text in an envelope; who opened what, when and why is kept before it is given out.

        Refused: a person erased, unknown or restricted, an envelope of another person or field, a changed one.
        """
        (found,) = self.open_many([(participant, field, sealed)], account=account, purpose=purpose, now=now)
        if isinstance(found, Refused):
            raise found
        return found

    def open_many(
        self, wanted: Sequence[tuple[UUID, str, bytes]], *, account: str, purpose: str, now: datetime
    ) -> list[str | Refused]:
        """The texts in many envelopes, each with its person and field, in their order; where `open` would refuse one,
        the refusal stands in its place. All openings are kept, in one transaction, before anything is given out.

        Refused (`NotReady`): a damaged key, a log of reads that cannot be written.
        """
        self._load({participant for participant, _field, _envelope in wanted})
        found = [self._opened(participant, field, envelope, purpose) for participant, field, envelope in wanted]
        opened = [one[:2] for one, text in zip(wanted, found, strict=True) if isinstance(text, str)]
        self.reads.append_many(now, account=account, purpose=purpose, opened=opened)
        return found

    def _opened(self, participant: UUID, field: str, envelope: bytes, purpose: str) -> str | Refused:
        if participant in self.restricted and purpose != DATA_PROTECTION:
            text = _("Die Daten der Person {participant} sind gesperrt (Art. 18 DSGVO).", participant=participant)
            return Refused("restricted", text)
        try:
            return unsealed(self._cipher(participant), participant, field, envelope)
        except Refused as refusal:
            return refusal

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
        self._load([participant])
        if participant not in self._keys:
            text = _("Zu der Person {participant} gibt es keinen Schlüssel (mehr).", participant=participant)
            raise NotFound("no_key", text)
        return self._keys[participant]

    def _load(self, participants: Collection[UUID]) -> None:
        """Have the keys of persons in memory, as far as there are any."""
        too_many = len(self._keys) - len(self._new_persons) > _KEYS_IN_MEMORY
        if self._store.moved() or too_many:  # moved: perhaps another process has erased somebody
            self._forget_keys(self._keys.keys() - set(self._new_persons))
        if missing := [participant for participant in participants if participant not in self._keys]:
            self._keys |= self._store.keys(missing)
