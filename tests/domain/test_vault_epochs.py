"""Erasing persons: their keys and every copy of them, by key-encryption keys that are destroyed (Art. 17 DSGVO)."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from given import NOW
from vaults import KEY, close_vault, new_vault

from domain.errors import Conflict, NotFound, NotReady, Refused
from domain.vault import CUSTOMER_NUMBER, OWN_KEY, FileKey, GivenKey, Vault, files, sources

NEXT, OTHER = bytes(range(32, 64)), bytes(range(64, 96))
Opener = Callable[..., Vault]


@pytest.fixture
def kek(tmp_path: Path) -> FileKey:
    return FileKey(tmp_path / "kek")


@pytest.fixture
def opener() -> Iterator[Opener]:
    """A function that opens (or makes) a vault in a folder, as one more process would; all are closed at the end."""
    vaults: list[Vault] = []

    def open_one(folder: Path, source: Any = None) -> Vault:
        vaults.append(new_vault(folder, source or FileKey(folder / "kek")))
        return vaults[-1]

    yield open_one
    for vault in vaults:
        close_vault(vault)


@pytest.fixture
def vault(opener: Opener, tmp_path: Path) -> Vault:
    """A vault under a key in a file."""
    return opener(tmp_path)


class Person:
    """A stored person with an envelope."""

    def __init__(self, vault: Vault, own_key: str | None = None) -> None:
        self.id = vault.register(own_key)
        if own_key:
            vault.add_lookup(CUSTOMER_NUMBER, f"{own_key}/number", self.id)
            vault.set_name(self.id, f"Beispielperson Wort{own_key.removeprefix('K-')}")
        self.envelope = vault.seal(self.id, "name", "Beispielperson Eins")
        self.raw_key = vault._keys[self.id]
        vault.flush()
        vault.keep()

    def opens_in(self, vault: Vault) -> bool:
        """Whether the envelope can be opened."""
        try:
            text = vault.open(self.id, "name", self.envelope, account="c1", purpose="Betreuung", now=NOW)
        except NotFound:
            return False
        return text == "Beispielperson Eins"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def rows_in(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "keys.db")) as connection:
        return connection.execute(query).fetchall()


# --- what an erasure does ---------------------------------------------------------------------------


def test_erased_person_is_gone_and_all_others_stay(vault: Vault) -> None:
    """Key and lookups go; the others keep theirs; the epoch is the next."""
    gone, stays = Person(vault, "K-1"), Person(vault, "K-2")
    assert (vault.epoch, vault.count(), vault.has_key(gone.id)) == (1, 2, True)
    assert vault.erase([gone.id]) == 2
    assert (vault.epoch, vault.count()) == (2, 1)
    assert (vault.has_key(gone.id), vault.has_key(stays.id)) == (False, True)
    assert (gone.opens_in(vault), stays.opens_in(vault)) == (False, True)
    assert vault.find(OWN_KEY, "K-1") is vault.find(CUSTOMER_NUMBER, "K-1/number") is None
    assert vault.find(OWN_KEY, "K-2") == vault.find(CUSTOMER_NUMBER, "K-2/number") == stays.id
    assert vault.find_by_name("beispielperson") == [stays.id]
    assert vault.find_by_name("wort1") == []


def test_erasing_nobody_changes_nothing(vault: Vault, kek: FileKey, tmp_path: Path) -> None:
    """Without a key or lookup there is no epoch to begin; the write-ahead log is emptied all the same."""
    gone, stays = Person(vault), Person(vault)
    vault.erase([gone.id])
    Person(vault)
    before, kek_before = rows_in(tmp_path, "SELECT * FROM persons"), kek.path.read_bytes()
    assert (tmp_path / "keys.db-wal").stat().st_size > 0
    assert vault.erase([gone.id, uuid4()]) == vault.erase([]) == 2
    assert rows_in(tmp_path, "SELECT * FROM persons") == before
    assert kek.path.read_bytes() == kek_before
    assert (tmp_path / "keys.db-wal").stat().st_size == 0
    assert stays.opens_in(vault)


def test_no_byte_of_an_erased_person_stays_in_any_file(vault: Vault, kek: FileKey, tmp_path: Path) -> None:
    """Key, wrapped key, keyed hashes, id and the old key-encryption key are in no file of the data folder.

    Enough persons are stored, one by one, that pages of the file split and rows move between them.
    """
    persons = [Person(vault, f"K-{number}") for number in range(300)]
    for person in persons[::3]:  # a number put right moves rows too
        vault.set_lookup(CUSTOMER_NUMBER, f"{person.id}/new", person.id)
        vault.flush()
        vault.keep()
    wrapped = dict(rows_in(tmp_path, "SELECT participant, wrapped FROM persons"))
    digests = rows_in(tmp_path, "SELECT participant, digest FROM lookups")
    old_kek = kek.path.read_text().strip()
    gone, stay = persons[::7], [person for number, person in enumerate(persons) if number % 7]
    ids = {str(person.id) for person in gone}
    stored = [*(wrapped[one] for one in ids), *(digest for one, digest in digests if one in ids)]
    names = rows_in(tmp_path, "SELECT digest, min(participant) FROM names GROUP BY digest HAVING count(*) = 1")
    of_names = [digest for digest, one in names if one in ids]
    assert len(of_names) > 30, "of beginnings nobody else has"
    stored += of_names
    stored += [*(one.encode() for one in ids), old_kek.encode()]
    assert len(stored) > 4 * len(gone) + 30
    before = b"".join(bytes_of(tmp_path).values())
    assert [secret for secret in stored if secret not in before] == [], "the search finds what is there"

    assert vault.erase(person.id for person in gone) == 2

    after = bytes_of(tmp_path)
    assert {"keys.db", "keys.db-wal", "keys.db-shm", "kek"} <= after.keys()
    for secret in [*stored, *(person.raw_key for person in gone), bytes.fromhex(old_kek)]:
        assert [name for name, content in after.items() if secret in content] == []
    assert all(person.opens_in(vault) for person in stay)
    assert not any(person.opens_in(vault) for person in gone)
    assert vault.count() == len(stay)


def test_key_is_replaced_without_erasing_anybody(vault: Vault, kek: FileKey, opener: Opener, tmp_path: Path) -> None:
    """A rotation is an epoch in which nobody goes."""
    person, old = Person(vault, "K-1"), kek.path.read_text()
    (wrapped,) = rows_in(tmp_path, "SELECT wrapped FROM persons")[0]
    assert vault.rotate() == 2
    assert kek.path.read_text() != old
    assert len(kek.path.read_text().strip()) == 64
    assert kek.path.stat().st_mode & 0o077 == 0
    assert [name for name, content in bytes_of(tmp_path).items() if wrapped in content] == []
    for one in (vault, opener(tmp_path)):
        assert person.opens_in(one)
        assert (one.epoch, one.find(OWN_KEY, "K-1"), one.advice) == (2, person.id, None)


def test_store_made_before_epochs_is_in_the_first(vault: Vault, opener: Opener, tmp_path: Path) -> None:
    """A file that counts none yet is in epoch 1, and its first erasure begins epoch 2."""
    person = Person(vault)
    vault._store.connection.execute("PRAGMA user_version = 0")
    again = opener(tmp_path)
    assert again.epoch == 1
    assert again.erase([person.id]) == 2


def test_damaged_key_stops_an_erasure(vault: Vault, kek: FileKey, tmp_path: Path) -> None:
    """Who stays and could not be wrapped anew would be lost with the old key: refused, naming them, nothing changed."""
    gone, damaged = Person(vault), Person(vault)
    vault._store.connection.execute(
        "UPDATE persons SET wrapped = zeroblob(60) WHERE participant = ?", [str(damaged.id)]
    )
    with pytest.raises(NotReady) as refusal:
        vault.erase([gone.id])
    assert refusal.value.code == "damaged_key"
    assert str(damaged.id) in refusal.value.in_language("en")
    assert gone.opens_in(vault)
    assert vault.erase([damaged.id]) == 2, "the damaged one itself can go"
    assert gone.opens_in(vault)


# --- crashes ----------------------------------------------------------------------------------------


class Spy:
    """The module `os` for the key file: tells before and after every call that changes files."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in ("open", "replace", "pwrite", "fsync", "fdopen"):
            return found

        def spied(*given: Any, **named: Any) -> Any:
            self._tell(f"before {name}")
            result = found(*given, **named)
            self._tell(f"after {name}")
            return result

        return spied


def test_crash_at_any_point_loses_nobody_who_stays(
    vault: Vault, opener: Opener, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    """Whatever the disk holds after a crash opens by itself: before the commit with the erased, after it without.

    Every step on the key file is a point to crash at, besides the commit between two of them.
    """
    gone, stays = Person(vault, "K-1"), Person(vault, "K-2")
    snapshots, room = [], tmp_path_factory.mktemp("snapshots")

    def snapshot(name: str) -> None:
        folder = room / f"{len(snapshots):02} {name}"
        shutil.copytree(tmp_path, folder)
        snapshots.append(folder)

    with monkeypatch.context() as patched:
        patched.setattr(sources, "os", Spy(snapshot))
        vault.erase([gone.id])
    assert len(snapshots) > 15
    epochs = []
    for folder in snapshots:
        left_over = (folder / "kek.next").exists()
        again = opener(folder)
        assert not (folder / "kek.next").exists(), folder.name
        assert stays.opens_in(again), folder.name
        assert gone.opens_in(again) == (again.epoch == 1), folder.name
        epochs.append((again.epoch, left_over))
        assert again.erase([gone.id]) == 2, "what was begun can be finished"
        assert not gone.opens_in(again)
        assert stays.opens_in(opener(folder)), folder.name
    assert set(epochs) == {(1, False), (1, True), (2, True), (2, False)}
    assert epochs == sorted(epochs, key=lambda one: one[0]), "there is one commit, and no way back behind it"


@pytest.mark.parametrize("rest", ["", "ab12", "no key at all"])
def test_next_key_written_in_part_is_taken_away(vault: Vault, opener: Opener, tmp_path: Path, rest: str) -> None:
    """A crash while the next key is written leaves a part of it: nothing is wrapped under that."""
    person = Person(vault)
    (tmp_path / "kek.next").write_text(rest)
    again = opener(tmp_path)
    assert not (tmp_path / "kek.next").exists()
    assert person.opens_in(again)
    assert again.erase([person.id]) == 2


def test_failed_commit_changes_nothing(vault: Vault, opener: Opener, tmp_path: Path, monkeypatch: Any) -> None:
    """Where the new wrapping is not stored, the old key stays and the next one is taken away by the next change."""
    gone, stays = Person(vault), Person(vault)

    def fail(*_given: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(type(vault._store), "_plain", fail)
        with pytest.raises(ZeroDivisionError):
            vault.erase([gone.id])
    assert (tmp_path / "kek.next").exists()
    assert gone.opens_in(vault)
    assert gone.opens_in(opener(tmp_path))
    assert vault.erase([gone.id]) == 2
    assert stays.opens_in(opener(tmp_path))


def test_key_file_that_cannot_be_replaced(
    vault: Vault, kek: FileKey, opener: Opener, tmp_path: Path, monkeypatch: Any
) -> None:
    """Refused after the fact, naming both files: everything can be opened, and repeating finishes the erasure."""
    gone, stays = Person(vault), Person(vault)
    old = kek.path.read_text()

    def fail(*_given: Any) -> None:
        raise OSError(16, "Device or resource busy")

    with monkeypatch.context() as patched:
        patched.setattr(sources, "os", Spy(lambda _name: None))
        patched.setattr(sources.os, "replace", fail, raising=False)
        for _attempt in range(2):
            with pytest.raises(NotReady) as refusal:
                vault.erase([gone.id])
            assert refusal.value.code == "kek_not_replaced"
            for language in ("de", "en"):
                assert str(kek.path) in refusal.value.in_language(language)
        assert kek.path.read_text() == old, "what is still in its place is not overwritten"
        assert stays.opens_in(vault)
        assert stays.opens_in(opener(tmp_path))
    assert vault.erase([gone.id]) == 2
    assert kek.path.read_text() != old
    assert (stays.opens_in(opener(tmp_path)), gone.opens_in(vault)) == (True, False)


def test_folder_of_the_key_that_cannot_be_written(vault: Vault, kek: FileKey, monkeypatch: Any) -> None:
    """Refused before anything is changed."""
    gone = Person(vault)
    vault.require_next_key()

    def fail(*_given: Any, **_named: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(sources, "_write_new", fail)
        patched.setattr(sources, "os", SimpleNamespace(urandom=os.urandom, access=lambda *_: False, W_OK=0, X_OK=0))
        for attempt in (lambda: vault.erase([gone.id]), vault.rotate, vault.require_next_key):
            with pytest.raises(Refused) as refusal:
                attempt()
            assert refusal.value.code == "kek_unwritable"
            assert str(kek.path) in refusal.value.in_language("de")
    assert vault.epoch == 1
    assert gone.opens_in(vault)


def test_old_key_is_overwritten_where_it_lies(vault: Vault, kek: FileKey, tmp_path: Path) -> None:
    """Not only its name goes: another name of the same file, as some backups make, holds zeros afterwards."""
    os.link(kek.path, tmp_path / "hard link")
    (tmp_path / "kek.next").write_text("the leftover of a change that was interrupted")
    os.link(tmp_path / "kek.next", tmp_path / "another")
    vault.rotate()
    assert (tmp_path / "hard link").read_bytes() == bytes(65)
    assert set((tmp_path / "another").read_bytes()) == {0}


def test_next_key_belongs_to_the_owner_of_the_old_one(vault: Vault, kek: FileKey, monkeypatch: Any) -> None:
    """An administrator who replaces the key does not lock out the account the service runs under."""
    owner, given = kek.path.stat(), []
    spy = Spy(lambda _name: None)
    spy.geteuid = lambda: owner.st_uid + 1  # type: ignore[attr-defined]
    spy.fchown = lambda _file, *ids: given.append(ids)  # type: ignore[attr-defined]
    monkeypatch.setattr(sources, "os", spy)
    vault.rotate()
    assert given == [(owner.st_uid, owner.st_gid)]


def test_link_to_the_key_stays_a_link(opener: Opener, tmp_path: Path) -> None:
    """Where `kek` leads to another folder, the file there is replaced, not the link."""
    (tmp_path / "apart").mkdir()
    (tmp_path / "kek").symlink_to(tmp_path / "apart" / "key")
    vault = opener(tmp_path)
    person, old = Person(vault), (tmp_path / "apart" / "key").read_text()
    assert vault.rotate() == 2
    assert (tmp_path / "kek").is_symlink()
    assert (tmp_path / "apart" / "key").read_text() != old
    assert person.opens_in(opener(tmp_path))


# --- other processes --------------------------------------------------------------------------------


def test_erasure_waits_for_readers_and_can_be_repeated(vault: Vault, tmp_path: Path, monkeypatch: Any) -> None:
    """A process that reads keeps old bytes alive: refused, saying so, until a repetition finds none."""
    monkeypatch.setattr(files, "_PATIENCE_WITH_READERS", 0)
    gone, stays = Person(vault), Person(vault)
    wrapped = rows_in(tmp_path, f"SELECT wrapped FROM persons WHERE participant = '{gone.id}'")[0][0]
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM persons").fetchall()
        for _attempt in range(2):
            with pytest.raises(Refused) as refusal:
                vault.erase([gone.id])
            assert refusal.value.code == "erasure_unfinished"
            for language in ("de", "en"):
                assert str(tmp_path / "keys.db") in refusal.value.in_language(language)
            assert (gone.opens_in(vault), stays.opens_in(vault), vault.epoch) == (False, True, 2)
        assert any(wrapped in content for content in bytes_of(tmp_path).values()), "there is a reason to refuse"
    assert vault.erase([gone.id]) == 2
    assert not any(wrapped in content for content in bytes_of(tmp_path).values())
    assert stays.opens_in(vault)


def test_key_erased_elsewhere_is_not_used_any_more(vault: Vault, opener: Opener, tmp_path: Path) -> None:
    """A process that has used the key drops it at its next use; the keys of persons it is entering stay."""
    other = opener(tmp_path)
    gone, stays = Person(vault, "K-1"), Person(vault, "K-2")
    assert gone.opens_in(other)
    entering = other.register("K-3")
    envelope = other.seal(entering, "name", "Beispielperson Drei")
    vault.erase([gone.id])
    assert not gone.opens_in(other)
    assert other.find(OWN_KEY, "K-1") is None
    for attempt in (lambda: other.seal(gone.id, "name", "x"), lambda: other.content_digest(gone.id, b"x")):
        with pytest.raises(NotFound):
            attempt()
    assert gone.id not in other._keys
    assert gone.id not in other._ciphers
    assert stays.opens_in(other)
    other.flush()
    other.keep()
    opened = vault.open(entering, "name", envelope, account="c1", purpose="Betreuung", now=NOW)
    assert opened == "Beispielperson Drei"


def test_process_goes_on_after_another_has_changed_the_key(vault: Vault, opener: Opener, tmp_path: Path) -> None:
    """It finds the new key by itself, to read the keys of others and to store new ones."""
    other, known, unknown = opener(tmp_path), Person(vault), Person(vault)
    assert known.opens_in(other)
    vault.rotate()
    assert unknown.opens_in(other)
    assert known.opens_in(other)
    vault.rotate()
    new = Person(other, "K-9")
    for one in (vault, opener(tmp_path)):
        assert new.opens_in(one)
        assert one.find(OWN_KEY, "K-9") == new.id
    other.rotate()
    other.erase([known.id])
    assert (unknown.opens_in(vault), new.opens_in(vault), known.opens_in(vault)) == (True, True, False)
    assert vault.epoch == other.epoch == opener(tmp_path).epoch == 5


def test_lookup_for_somebody_erased_meanwhile_is_refused(vault: Vault, opener: Opener, tmp_path: Path) -> None:
    """Nothing new is stored of a person another process has erased; the command is decided again."""
    other, gone = opener(tmp_path), Person(vault, "K-1")
    other.add_lookup(CUSTOMER_NUMBER, "999A000001", gone.id)
    vault.erase([gone.id])
    with pytest.raises(Conflict):
        other.flush()
    assert not other.has_key(gone.id)


def test_change_that_another_process_has_not_finished_is_finished_for_it(
    vault: Vault, opener: Opener, tmp_path: Path, monkeypatch: Any
) -> None:
    """Between the commit and the rename another process changes the key again: no key is lost, whoever renames."""
    other, person, gone = opener(tmp_path), Person(vault), Person(vault)
    settle, calls = FileKey.settle, []

    def interrupted(source: FileKey, present: bytes) -> None:
        calls.append(present)
        if len(calls) == 2:  # the first process has committed, and gives its lock back without having renamed
            return
        settle(source, present)

    with monkeypatch.context() as patched:
        patched.setattr(FileKey, "settle", interrupted)
        assert vault.erase([gone.id]) == 2
        assert (tmp_path / "kek.next").exists()
        assert other.rotate() == 3
    assert not (tmp_path / "kek.next").exists()
    assert vault.erase([gone.id]) == 3
    assert all(person.opens_in(one) for one in (vault, other, opener(tmp_path)))


# --- a key from the settings ------------------------------------------------------------------------


def test_erasure_needs_a_next_key_where_the_key_is_a_setting(vault: Vault, opener: Opener, tmp_path: Path) -> None:
    """Refused before anything is changed, naming the setting."""
    folder = tmp_path / "given"
    folder.mkdir()
    vault = opener(folder, GivenKey(KEY))
    person = Person(vault, "K-1")
    before = rows_in(folder, "SELECT * FROM persons"), rows_in(folder, "SELECT * FROM lookups")
    for attempt in (lambda: vault.erase([person.id]), vault.rotate, vault.require_next_key):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.code == "no_next_kek"
        for language in ("de", "en"):
            assert "WERDEGANG_KEK_NEXT" in refusal.value.in_language(language)
    assert (rows_in(folder, "SELECT * FROM persons"), rows_in(folder, "SELECT * FROM lookups")) == before
    assert (vault.epoch, person.opens_in(vault)) == (1, True)
    assert vault.erase([uuid4()]) == 1, "nobody to erase needs no key"


def test_next_key_of_the_settings_is_gone_over_to(opener: Opener, tmp_path: Path) -> None:
    """After it either setting opens the store; the old key alone does not. The user is told to move the value."""
    vault = opener(tmp_path, GivenKey(KEY, NEXT))
    gone, stays = Person(vault), Person(vault)
    assert vault.advice is None
    vault.require_next_key()
    assert vault.erase([gone.id]) == 2
    for source in (GivenKey(KEY, NEXT), GivenKey(NEXT), GivenKey(NEXT, OTHER)):
        again = opener(tmp_path, source)
        assert (stays.opens_in(again), gone.opens_in(again)) == (True, False)
    with pytest.raises(NotReady) as refusal:
        opener(tmp_path, GivenKey(KEY))
    assert refusal.value.code == "wrong_key"
    for language in ("de", "en"):
        assert "WERDEGANG_KEK_NEXT" in vault.advice.in_language(language)  # type: ignore[union-attr]
    assert opener(tmp_path, GivenKey(NEXT, OTHER)).advice is None


def test_next_key_of_the_settings_is_used_once(opener: Opener, tmp_path: Path) -> None:
    """A second erasure under the same settings would leave the key as it is: refused; repeating the first is not."""
    vault = opener(tmp_path, GivenKey(KEY, NEXT))
    gone, stays = Person(vault), Person(vault)
    assert vault.erase([gone.id]) == vault.erase([gone.id]) == 2
    for attempt in (lambda: vault.erase([stays.id]), vault.rotate, vault.require_next_key):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.code == "no_next_kek"
        assert "WERDEGANG_KEK" in refusal.value.in_language("en")
    assert (stays.opens_in(vault), vault.epoch) == (True, 2)
    assert opener(tmp_path, GivenKey(NEXT, OTHER)).erase([stays.id]) == 3


def test_running_process_with_both_settings_follows_the_change(opener: Opener, tmp_path: Path) -> None:
    """One that knows the next key goes on; one that does not is refused, and says why."""
    vault = opener(tmp_path, GivenKey(KEY, NEXT))
    both, one = opener(tmp_path, GivenKey(KEY, NEXT)), opener(tmp_path, GivenKey(KEY))
    person = Person(vault)
    vault.rotate()
    assert person.opens_in(both)
    with pytest.raises(NotReady) as refusal:
        person.opens_in(one)
    assert refusal.value.code == "wrong_key"


# --- backups ----------------------------------------------------------------------------------------


def test_backup_of_an_earlier_epoch_does_not_open_with_the_present_key(
    vault: Vault, opener: Opener, tmp_path: Path
) -> None:
    """The message says that it is another key, or another epoch."""
    gone: UUID = Person(vault).id
    vault.erase([uuid4()])  # so that all is in the file
    shutil.copy(tmp_path / "keys.db", tmp_path / "backup.db")
    vault.erase([gone])
    with pytest.raises(NotReady) as refusal:
        Vault(tmp_path / "backup.db", FileKey(tmp_path / "kek"), vault.reads)
    assert refusal.value.code == "wrong_key"
    for language, words in (("de", "Der Schlüssel passt nicht"), ("en", "does not fit")):
        assert words in refusal.value.in_language(language)
        assert str(tmp_path / "backup.db") in refusal.value.in_language(language)
