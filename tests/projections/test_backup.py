"""Backup and restore: what was backed up comes back, what was lost is told, whatever is stopped can be repeated."""

import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from entering import Programme, enrolled
from pgcluster import find_bindir
from psycopg.conninfo import conninfo_to_dict

import projections.backup.making
from domain import commands
from domain.errors import NotReady, Refused
from domain.facts import LedgerRestored
from domain.journal import Request
from domain.terms import ErasureGround, RestoreReason, ledger_stream
from projections.backup import (
    DUMP,
    KEYS,
    Backup,
    Restored,
    Terms,
    dump_command,
    load_command,
    make_backup,
    read_backup,
    restore,
    stored_as,
)
from projections.data_protection import carry_out
from projections.ledger.outside import Outside
from projections.ledger.signing_keys import replace_signing_key
from projections.ledger.verification import LedgerReport, verify_ledger
from projections.rebuild import Progress
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores

NOW = datetime(2031, 1, 1, 8, tzinfo=UTC)
KEYS_APART = ("kek", "signing.key")
ROOT = Path(__file__).parents[2]


class House:
    """Stores of a test's own, on either database, and other places a backup of them can be put back to."""

    def __init__(self, folder: Path, new_database: Callable[[], str] | None) -> None:
        self.folder, self.new_database = folder, new_database
        self.settings = self._settings("data")
        create_stores(self.settings)

    def _settings(self, name: str) -> Settings:
        return Settings(data=str(self.folder / name), database_url=self.new_database() if self.new_database else None)

    @contextmanager
    def open(self) -> Iterator[Stores]:
        with open_stores(self.settings) as stores:
            yield stores

    def fill(self, journeys: int = 1) -> bytes:
        """Enter some journeys in a programme of their own and seal them; the checkpoint."""
        with self.open() as stores:
            programme = Programme(stores)
            for _number in range(journeys):
                programme.given(enrolled())
            return sealed(stores)

    def person(self, text: str = "Note") -> tuple[UUID, bytes]:
        """A person with a key, and a field sealed with it."""
        with self.open() as stores, stores.vault.transaction():
            who = stores.vault.register()
            envelope = stores.vault.seal(who, "note", text)
            stores.vault.flush()
            stores.vault.keep()
            return who, envelope

    def erase(self, who: UUID) -> None:
        """Erase somebody by four eyes."""
        with self.open() as stores:
            approve(stores, who)
            carry_out(stores.journal, stores.vault, request("two"))
            sealed(stores)

    def backup(self, name: str = "backup", **options: Any) -> Path:
        """A backup as docs/backup.md says; on PostgreSQL the dump first."""
        folder = self.folder / name
        dump = None
        if self.settings.database_url:
            with_programs(dump_command(self.settings), self.folder, self.settings)
            dump = (self.folder / DUMP).rename(self.folder / f"{name}.dump")
        with self.open() as stores:
            make_backup(stores, self.settings, folder, now=NOW, dump=dump, **options)
        return folder

    def elsewhere(self, backup: Path, name: str = "other") -> Settings:
        """Another place: the two keys in an empty data folder; on PostgreSQL another database, put back already."""
        settings = self._settings(name)
        settings.folder.mkdir()
        for key in KEYS_APART:
            shutil.copy(self.settings.folder / key, settings.folder / key)
        if settings.database_url:
            with_programs(load_command(settings, backup / DUMP), self.folder, settings)
        return settings

    def put_back(self, backup: Path, **terms: Any) -> tuple[Settings, Restored]:
        """The backup put back elsewhere."""
        settings = self.elsewhere(backup)
        return settings, restore(settings, backup, terms_of(**terms), now=NOW)


def terms_of(last: bytes | None = None, keys: Path | None = None, by: str = "operator") -> Terms:
    return Terms(RestoreReason.HARDWARE_FAILURE, by, last, keys)


def request(by: str) -> Request:
    return Request(id=uuid4(), by=by, now=NOW)


def approve(stores: Stores, who: UUID) -> None:
    """Somebody asks for an erasure, somebody else approves it; it is not carried out yet."""
    journal = stores.journal
    journal.act(lambda streams: commands.request_erasure(streams, who, ErasureGround.OBJECTION), request("one"))
    journal.act(lambda streams: commands.approve_erasure(streams, who, []), request("two"))


def sealed(stores: Stores) -> bytes:
    head = stores.seal(NOW)
    assert head is not None
    return head.note.encode()


def with_programs(command: str, folder: Path, settings: Settings) -> None:
    """Run a program of PostgreSQL as it was told, the password from the environment."""
    program, *arguments = shlex.split(command)
    password = conninfo_to_dict(settings.database_url or "").get("password")
    given = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run(
        [find_bindir() / program, *arguments], cwd=folder, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def lines(stores: Stores, upto: int | None = None) -> list[tuple[Any, ...]]:
    return list(stores.journal.scan_after(0, upto=stores.journal.head() if upto is None else upto))


def noted(settings: Settings) -> list[LedgerRestored]:
    with open_stores(settings) as stores:
        return [one.fact for one in stores.journal.read(ledger_stream()) if isinstance(one.fact, LedgerRestored)]


def seen(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return House(tmp_path, request.getfixturevalue("new_database") if request.param == "postgres" else None)


@pytest.fixture
def sqlite_house(tmp_path: Path) -> House:
    return House(tmp_path, None)


# --- there and back -----------------------------------------------------------------------------------


def test_what_was_backed_up_comes_back(house: House) -> None:
    """Every entry byte for byte, every sealed field, the log of reads, the seals; the read model is rebuilt."""
    who, envelope = house.person()
    last = house.fill(3)
    with house.open() as stores:
        stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW)
        sealed(stores)
        before, checkpoints, reads = lines(stores), list(stores.seals.checkpoints()), list(stores.vault.reads.rows())
        rows = stores.read_model.query("SELECT participant FROM enrolments e ORDER BY participant", {})
    settings, restored = house.put_back(house.backup(), last=last)
    assert (restored.entries, restored.lost, restored.after_backup) == (len(before), 0, 0)
    with open_stores(settings) as stores:
        assert lines(stores)[:-1] == before
        assert list(stores.seals.checkpoints())[:-1] == checkpoints
        assert list(stores.vault.reads.rows()) == reads
        assert stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW) == "Note"
        assert stores.read_model.query("SELECT participant FROM enrolments e ORDER BY participant", {}) == rows
        assert stores.read_model.tracked() == stores.journal.head() == restored.position
        assert stores.seals.latest().note == restored.checkpoint
        assert verify_ledger(stores.journal, stores.seals, outside=[Outside("last", last)]).findings == []
    (fact,) = noted(settings)
    assert fact == LedgerRestored(
        size=len(before), reason=RestoreReason.HARDWARE_FAILURE, last_known=last.decode(), lost=0
    )


def test_who_may_log_in_comes_back(house: House) -> None:
    """Passwords and tokens of the API, but no session: nobody is logged in by a backup."""
    phrase, limits = "drei Äpfel im Korb", (timedelta(minutes=30), timedelta(hours=10))
    with house.open() as stores:
        stores.access.set_password("lead-1", phrase, NOW)
        token = stores.access.begin_session("lead-1", b"held by the session", NOW)
        _id, secret = stores.access.create_token("lead-1", "script", ["read"], NOW + timedelta(days=1), NOW)
        backup = house.backup()
        assert stores.access.session(token, NOW, *limits) is not None
    assert b"held by the session" not in b"".join(seen(backup).values())
    settings, _restored = house.put_back(backup)
    with open_stores(settings) as stores:
        assert stores.access.login("lead-1", phrase, "10.0.0.1", NOW)
        assert stores.access.token(secret, NOW) is not None
        assert stores.access.session(token, NOW, *limits) is None
    assert settings.access.stat().st_mode & 0o077 == 0


def test_an_empty_ledger_comes_back(house: House) -> None:
    """Where nothing was entered nor sealed, there is no checkpoint, and the restore is the first entry."""
    backup = house.backup()
    assert read_backup(backup).checkpoint is None
    settings, restored = house.put_back(backup)
    assert (restored.entries, restored.lost) == (0, None)
    assert noted(settings) == [LedgerRestored(size=0, reason=RestoreReason.HARDWARE_FAILURE)]


def test_the_description_says_what_is_there(house: House) -> None:
    """Entries, positions, checkpoint and verifier key are those of the copies, the digests those of the files."""
    last = house.fill(2)
    folder = house.backup()
    found = read_backup(folder)
    with house.open() as stores:
        head = stores.journal.head()
        assert (found.position, found.entries) == (head, stores.journal.count(head))
        assert (found.sealed, found.key) == (found.entries, str(stores.seals.signers()[0]))
        assert (found.epoch, found.made_at, found.format) == (stores.vault.epoch, NOW, 1)
    assert (folder / "checkpoint").read_bytes() == last == found.checkpoint.encode()
    assert (folder / "log.vkey").read_text() == found.key + "\n"
    for name, stored in found.files.items():
        assert sha256((folder / name).read_bytes()).hexdigest() == stored.sha256
        assert (folder / name).stat().st_size == stored.bytes
    assert {*found.files} | {"backup.json"} == {file.name for file in folder.iterdir()}
    ours = {"ledger.dump"} if house.new_database else {"ledger.db", "seals.db"}
    assert {*found.files} == {"keys.db", "reads.db", "access.db", "checkpoint", "log.vkey"} | ours


def test_no_backup_holds_a_key(house: House) -> None:
    """Neither the key-encryption key nor the signing key is in any file, and all files are for their owner only."""
    house.fill()
    folder = house.backup()
    content = b"".join(seen(folder).values())
    secrets = [(house.settings.folder / name).read_text().strip() for name in KEYS_APART]
    secrets.append(secrets[1].rpartition("+")[2])
    for secret in secrets:
        assert secret.encode() not in content
    assert bytes.fromhex(secrets[0]) not in content
    assert {file.stat().st_mode & 0o077 for file in (folder, *folder.iterdir())} == {0}


def test_others_go_on_writing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is that of one moment, copied without beginning anew; every entry's person has a key; what is written
    meanwhile is in the next backup."""
    monkeypatch.setattr(projections.backup.making, "_PAGES", 1)
    house.fill(10)
    told: list[Progress] = []
    written: list[UUID] = []
    with open_stores(house.settings) as others:
        programme = Programme(others)

        def report(progress: Progress) -> None:
            told.append(progress)
            if len(written) < 20:
                with others.vault.transaction():
                    who = others.vault.register()
                    others.vault.flush()
                    others.vault.keep()
                programme.given(enrolled(), participant=who)
                sealed(others)
                written.append(who)

        backup = house.backup(report=report)
        head = others.journal.head()
    assert len(written) > 5
    for name in {progress.stage for progress in told}:
        done = [progress.done for progress in told if progress.stage == name]
        assert done == sorted({*done}), "the copy began anew"
    found = read_backup(backup)
    assert found.sealed <= found.entries <= head
    settings, restored = house.put_back(backup)
    with open_stores(settings) as stores:
        held = [
            one
            for one in written
            if stores.read_model.query("SELECT 1 FROM enrolments e WHERE e.participant = :who", {"who": str(one)})
        ]
        assert all(map(stores.vault.has_key, held))
        assert restored.entries + 1 == len(lines(stores))
        assert verify_ledger(stores.journal, stores.seals).findings == []


# --- a backup that is refused or stopped --------------------------------------------------------------


def test_backup_needs_a_new_folder(sqlite_house: House) -> None:
    """A folder with something in it stays as it is; an empty one will do."""
    house = sqlite_house
    folder = house.folder / "backup"
    folder.mkdir()
    (folder / "something").write_text("else")
    with house.open() as stores, pytest.raises(Refused) as refused:
        make_backup(stores, house.settings, folder, now=NOW)
    assert refused.value.code == "not_empty"
    assert seen(folder) == {"something": b"else"}
    (folder / "something").unlink()
    assert read_backup(house.backup()).entries == 0


def test_only_a_dump_is_taken_for_one(house: House) -> None:
    """A dump is refused on SQLite, and on PostgreSQL where the file is none."""
    (house.folder / "file").write_text("PG")
    with house.open() as stores, pytest.raises(Refused) as refused:
        make_backup(stores, house.settings, house.folder / "backup", now=NOW, dump=house.folder / "file")
    assert refused.value.code == "no_dump"
    assert not (house.folder / "backup").exists()


def test_a_place_that_cannot_be_written_to_is_refused(sqlite_house: House) -> None:
    """Below a file there is no folder."""
    (sqlite_house.folder / "file").write_text("")
    with sqlite_house.open() as stores, pytest.raises(Refused) as refused:
        make_backup(stores, sqlite_house.settings, sqlite_house.folder / "file" / "backup", now=NOW)
    assert refused.value.code == "unwritable_file"


def test_keys_changed_during_a_backup(house: House) -> None:
    """A key store copied before an erasure is worthless after it, so the backup is refused and can be repeated."""
    who, _envelope = house.person()

    def report(progress: Progress) -> None:
        if progress.stage == "reads.db":
            house.erase(who)

    with pytest.raises(Refused) as refused:
        house.backup(report=report)
    assert refused.value.code == "erased_meanwhile"
    assert read_backup(house.backup()).epoch == 2


@pytest.mark.parametrize("stage", ["ledger.db", "reads.db"])
def test_backup_killed_in_the_middle(sqlite_house: House, stage: str) -> None:
    """There is no backup then, whoever writes goes on, and the next one works."""
    house = sqlite_house
    house.fill()
    killed_at(house.settings, house.folder / "backup", stage, "backup")
    assert not (house.folder / "backup").exists()
    house.fill()
    assert read_backup(house.backup()).entries == 4


def test_backup_interrupted(sqlite_house: House) -> None:
    """Whoever stops it finds nothing of it."""

    def report(_progress: Progress) -> None:
        raise KeyboardInterrupt

    before = {*sqlite_house.folder.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        sqlite_house.backup(report=report)
    assert {*sqlite_house.folder.iterdir()} == before


def killed_at(settings: Settings, backup: Path, stage: str, what: str, last: bytes | None = None) -> None:
    """Run a backup or a restore in a process that is killed at a stage, or before it moves a file of the name."""
    script = f"""
import os, shutil, signal
from datetime import datetime, UTC
from pathlib import Path
from domain.terms import RestoreReason
from projections.backup import Terms, make_backup, restore
from projections.settings import Settings
from projections.stores import open_stores
settings = Settings(data={settings.data!r}, database_url={settings.database_url!r})
now, folder = datetime(2031, 1, 1, tzinfo=UTC), Path({str(backup)!r})
def die(): os.kill(os.getpid(), signal.SIGKILL)
def report(progress):
    if progress.stage == {stage!r}: die()
replace = os.replace
def moved(source, target):
    if "moving " + Path(target).name == {stage!r}: die()
    replace(source, target)
os.replace = moved
rmtree = shutil.rmtree
def removed(path, **options):
    if {stage!r} == "cleaning": die()
    rmtree(path, **options)
shutil.rmtree = removed
if {what!r} == "backup":
    with open_stores(settings) as stores: make_backup(stores, settings, folder, now=now, report=report)
else:
    restore(settings, folder, Terms(RestoreReason.HARDWARE_FAILURE, "operator", {last!r}), now=now, report=report)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


# --- what is not a backup -----------------------------------------------------------------------------


def test_every_file_is_compared_first(house: House) -> None:
    """A file that is changed by a bit, cut or missing is named, and nothing is put back."""
    house.fill()
    backup = house.backup()
    settings = house.elsewhere(backup)
    before = seen(settings.folder)
    for name in read_backup(backup).files:
        content = (backup / name).read_bytes()
        for other in (bytes([content[0] ^ 1]) + content[1:], content[:-1], None):
            (backup / name).unlink()
            if other is not None:
                (backup / name).write_bytes(other)
            with pytest.raises(Refused, match=name) as refused:
                restore(settings, backup, terms_of(), now=NOW)
            assert refused.value.code == "backup_damaged"
            (backup / name).write_bytes(content)
    assert seen(settings.folder) == before
    restore(settings, backup, terms_of(), now=NOW)


def test_only_what_describes_a_backup_is_one(sqlite_house: House) -> None:
    """No description, one of a later format, with a field or a file that does not belong there: refused."""
    house = sqlite_house
    folder = house.backup()
    description = msgspec.json.decode((folder / "backup.json").read_bytes())
    digest = next(iter(description["files"].values()))
    for changed in (
        {"format": 2},
        {"format": 2, "something": "new"},
        {"something": "new"},
        {"files": description["files"] | {"../kek": digest}},
        {"files": {name: value for name, value in description["files"].items() if name != "keys.db"}},
        {"files": []},
    ):
        (folder / "backup.json").write_bytes(msgspec.json.encode(description | changed))
        with pytest.raises(Refused) as refused:
            read_backup(folder)
        assert refused.value.code == "bad_backup"
    (folder / "backup.json").unlink()
    with pytest.raises(Refused) as refused:
        read_backup(folder)
    assert refused.value.code == "bad_backup"


def test_a_ledger_that_was_changed_is_not_put_back(sqlite_house: House) -> None:
    """Whoever changes an entry in a backup can write a new digest too; the seals find it."""
    house = sqlite_house
    house.fill(2)
    folder = house.backup()
    with closing(sqlite3.connect(folder / "ledger.db")) as ledger:
        ledger.execute("DROP TRIGGER stored_events_no_update")
        ledger.execute(
            "UPDATE stored_events SET state = CAST(replace(state, 'female', 'male') AS BLOB) WHERE rowid = 2"
        )
        ledger.commit()
        ledger.execute("PRAGMA journal_mode = DELETE")
    backup = read_anyway(folder)
    stored = stored_as(folder / "ledger.db")
    changed = msgspec.structs.replace(backup, files={**backup.files, "ledger.db": stored})
    (folder / "backup.json").write_bytes(msgspec.json.encode(changed))
    settings = house.elsewhere(folder)
    before = seen(settings.folder)
    with pytest.raises(Refused, match="Position 2 ") as refused:
        restore(settings, folder, terms_of(), now=NOW)
    assert refused.value.code == "backup_damaged"
    assert seen(settings.folder) == before


def read_anyway(folder: Path) -> Backup:
    return msgspec.json.decode((folder / "backup.json").read_bytes(), type=Backup)


# --- where it is not put back -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ledger.db", "seals.db", "projections.db", "keys.db", "reads.db", "access.db", "ledger.db-wal"]
)
def test_restore_needs_an_empty_data_folder(sqlite_house: House, name: str) -> None:
    """Any store, and what is left of one, stays as it is."""
    backup = sqlite_house.backup()
    settings = sqlite_house.elsewhere(backup)
    (settings.folder / name).write_text("old")
    before = seen(settings.folder)
    with pytest.raises(Refused, match=name) as refused:
        restore(settings, backup, terms_of(), now=NOW)
    assert refused.value.code == "stores_exist"
    assert seen(settings.folder) == before


def test_missing_keys_are_all_named(sqlite_house: House) -> None:
    """Both in one refusal, before anything is written; with one of them the other."""
    house = sqlite_house
    backup = house.backup()
    settings = house.elsewhere(backup)
    for present in ((), ("kek",), ("signing.key",)):
        missing = [name for name in KEYS_APART if name not in present]
        for name in missing:
            (settings.folder / name).unlink()
        with pytest.raises(Refused) as refused:
            restore(settings, backup, terms_of(), now=NOW)
        assert refused.value.code == "keys_missing"
        told = str(refused.value)
        assert [str(settings.folder / name) in told for name in KEYS_APART] == [name in missing for name in KEYS_APART]
        assert {*seen(settings.folder)} == {*present}
        for name in missing:
            shutil.copy(house.settings.folder / name, settings.folder / name)


def test_a_backup_goes_back_to_its_kind_of_store(sqlite_house: House, fresh_database: str) -> None:
    """A backup of SQLite is not put beside PostgreSQL."""
    backup = sqlite_house.backup()
    settings = msgspec.structs.replace(sqlite_house.elsewhere(backup), database_url=fresh_database)
    with pytest.raises(Refused) as refused:
        restore(settings, backup, terms_of(), now=NOW)
    assert refused.value.code == "other_store"


def test_a_database_that_was_not_put_back(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """An empty one, and one that was only made, are refused, and the command to put it back is told."""
    house = House(tmp_path, new_database)
    house.fill()
    backup = house.backup()
    settings = msgspec.structs.replace(house.elsewhere(backup), database_url=new_database())
    for _made in range(2):
        with pytest.raises(Refused, match=r"pg_restore .*ledger\.dump") as refused:
            restore(settings, backup, terms_of(), now=NOW)
        assert refused.value.code == "database_not_restored"
        create_stores(msgspec.structs.replace(settings, data=str(tmp_path / "third")))


def test_another_signing_key_is_refused(sqlite_house: House) -> None:
    """A key the ledger never knew cannot seal it; the one wanted is named."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    settings = house.elsewhere(backup)
    stranger = House(house.folder / "strange", None)
    shutil.copy(stranger.settings.signing_key, settings.signing_key)
    with pytest.raises(NotReady) as refused:
        restore(settings, backup, terms_of(), now=NOW)
    assert refused.value.code == "foreign_signing_key"
    assert read_backup(backup).key in str(refused.value)
    assert {*seen(settings.folder)} == {*KEYS_APART}


# --- what was lost ------------------------------------------------------------------------------------


def test_the_loss_is_what_the_last_checkpoint_covers_besides(house: House) -> None:
    """Entries made after the backup are lost, as many as a checkpoint from outside says."""
    house.fill(2)
    backup = house.backup()
    held = read_backup(backup).entries
    last = house.fill(3)
    settings, restored = house.put_back(backup, last=last)
    assert (restored.entries, restored.lost) == (held, 4)
    assert noted(settings)[0].last_known == last.decode()


def test_an_earlier_checkpoint_says_that_nothing_is_lost(sqlite_house: House) -> None:
    """One that covers less than the backup holds is compared with it, also among entries not sealed yet."""
    house = sqlite_house
    first = house.fill(2)
    house.fill(2)
    _settings, restored = house.put_back(house.backup(), last=first)
    assert restored.lost == 0


def test_a_checkpoint_of_what_the_backup_had_not_sealed(sqlite_house: House) -> None:
    """It is compared with the entries themselves."""
    house = sqlite_house
    house.fill()
    with house.open() as stores:
        Programme(stores)
        shutil.copy(house.settings.folder / "seals.db", house.folder / "older")
        last = sealed(stores)
    backup = house.backup()
    with closing(sqlite3.connect(backup / "seals.db")) as seals:
        for name in ("leaves", "checkpoints"):
            seals.execute(f"DROP TRIGGER {name}_no_delete")
        seals.execute("DELETE FROM leaves WHERE number >= 2")
        seals.execute("DELETE FROM checkpoints WHERE size > 2")
        seals.commit()
    described = read_anyway(backup)
    files = {**described.files, "seals.db": stored_as(backup / "seals.db")}
    changed = msgspec.structs.replace(described, files=files, checkpoint=None)
    (backup / "backup.json").write_bytes(msgspec.json.encode(changed))
    settings, restored = house.put_back(backup, last=last)
    assert (restored.entries, restored.lost) == (3, 0)
    with open_stores(settings) as stores:
        assert verify_ledger(stores.journal, stores.seals, outside=[Outside("last", last)]).findings == []


def test_a_foreign_checkpoint_is_refused(sqlite_house: House) -> None:
    """One of another ledger, one of a month of the log of reads, one with a letter changed, and none at all."""
    house = sqlite_house
    who, envelope = house.person()
    last = house.fill()
    with house.open() as stores:
        stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW)
        sealed(stores)
        month = stores.vault.reads.seals("2031-01")[0].note.encode()
    backup = house.backup()
    settings = house.elsewhere(backup)
    before = seen(settings.folder)
    strange = House(house.folder / "strange", None).fill()
    for note in (strange, month, last.replace(b"\n2\n", b"\n9\n"), b"", b"\xff"):
        with pytest.raises(Refused) as refused:
            restore(settings, backup, terms_of(note), now=NOW)
        assert refused.value.code == "no_checkpoint"
    assert seen(settings.folder) == before


def test_a_checkpoint_of_another_history_is_refused(sqlite_house: House) -> None:
    """After a loss the ledger went on otherwise: what it signed since does not fit a backup from before the loss."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    house.fill(5)
    later = house.backup("later")
    settings, _restored = house.put_back(backup)
    with open_stores(settings) as stores:
        other = sealed(stores)
    again = house.elsewhere(later, "again")
    with pytest.raises(Refused) as refused:
        restore(again, later, terms_of(other), now=NOW)
    assert refused.value.code == "foreign_checkpoint"
    assert {*seen(again.folder)} == {*KEYS_APART}


def test_the_checkpoint_of_a_backup_outlasts_its_dump(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """What came between the dump and the rest of the backup is lost, and the backup's own checkpoint tells it."""
    house = House(tmp_path, new_database)
    house.fill()
    with_programs(dump_command(house.settings), tmp_path, house.settings)
    house.fill()
    with house.open() as stores:
        make_backup(stores, house.settings, tmp_path / "backup", now=NOW, dump=tmp_path / DUMP)
    _settings, restored = house.put_back(tmp_path / "backup")
    assert (restored.entries, restored.lost) == (2, 2)


def test_a_database_that_outlived_the_data_folder(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """Where only the keys are put back, no entry is lost, and how many came after the backup is told."""
    house = House(tmp_path, new_database)
    house.fill()
    backup = house.backup()
    last = house.fill(3)
    settings = msgspec.structs.replace(house.elsewhere(backup), database_url=house.settings.database_url)
    restored = restore(settings, backup, terms_of(last), now=NOW)
    assert (restored.entries, restored.lost, restored.after_backup) == (6, 0, 4)


# --- erased persons -----------------------------------------------------------------------------------


def test_keys_from_before_an_erasure_do_not_open(house: House) -> None:
    """Nobody comes back by an old backup; with the present key store the others do, and the erased one does not."""
    gone, gone_envelope = house.person()
    here, envelope = house.person("stays")
    house.fill()
    backup = house.backup()
    house.erase(gone)
    settings = house.elsewhere(backup)
    before = seen(settings.folder)
    with pytest.raises(Refused) as refused:
        restore(settings, backup, terms_of(), now=NOW)
    assert refused.value.code == "other_epoch"
    assert seen(settings.folder) == before
    restore(settings, backup, terms_of(keys=house.settings.keys), now=NOW)
    with open_stores(settings) as stores:
        told: dict[str, Any] = {"account": "coach", "purpose": "care", "now": NOW}
        assert stores.vault.open(here, "note", envelope, **told) == "stays"
        with pytest.raises(Refused) as unreadable:
            stores.vault.open(gone, "note", gone_envelope, **told)
    assert unreadable.value.code == "no_key"


def test_keys_taken_from_a_machine_that_stopped(sqlite_house: House) -> None:
    """What a key store had only in its write-ahead log comes along."""
    house = sqlite_house
    backup = house.backup()
    with house.open() as stores:
        who, envelope = house.person()
        assert stores.vault.has_key(who)
        stopped = house.folder / "stopped"
        stopped.mkdir()
        for file in house.settings.folder.glob("keys.db*"):
            shutil.copy(file, stopped)
    assert (stopped / "keys.db-wal").stat().st_size > 0
    settings, _restored = house.put_back(backup, keys=stopped / "keys.db")
    assert not list(settings.folder.glob("*-wal"))
    with open_stores(settings) as stores:
        assert stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW) == "Note"


def test_keys_that_cannot_be_read(sqlite_house: House) -> None:
    """The file named by --keys is not there."""
    house = sqlite_house
    backup = house.backup()
    settings = house.elsewhere(backup)
    with pytest.raises(Refused) as refused:
        restore(settings, backup, terms_of(keys=house.folder / "nothing"), now=NOW)
    assert refused.value.code == "unreadable_file"
    assert {*seen(settings.folder)} == {*KEYS_APART}


def test_an_erasure_the_ledger_knows_is_done_again(house: House) -> None:
    """A backup made between an approval and its erasure holds the key; it is destroyed before anything is served."""
    who, _envelope = house.person()
    with house.open() as stores:
        approve(stores, who)
        if house.new_database:
            with_programs(dump_command(house.settings), house.folder, house.settings)
        dump = house.folder / DUMP if house.new_database else None
        make_backup(stores, house.settings, house.folder / "backup", now=NOW, dump=dump)
    settings, _restored = house.put_back(house.folder / "backup")
    with closing(sqlite3.connect(settings.keys)) as keys:
        assert keys.execute("SELECT count(*) FROM persons").fetchone() == (0,)
    assert settings.kek_path.read_text() != house.settings.kek_path.read_text()


def test_an_erasure_that_cannot_be_done_again_is_refused_before(sqlite_house: House) -> None:
    """Where the key-encryption key is a setting, the next one must be set before anything is put back."""
    house = sqlite_house
    who, _envelope = house.person()
    with house.open() as stores:
        approve(stores, who)
        make_backup(stores, house.settings, house.folder / "backup", now=NOW)
    settings = house.elsewhere(house.folder / "backup")
    kek = settings.kek_path.read_text().strip()
    settings.kek_path.unlink()
    settings = msgspec.structs.replace(settings, kek=kek)
    with pytest.raises(Refused) as refused:
        restore(settings, house.folder / "backup", terms_of(), now=NOW)
    assert refused.value.code == "no_next_kek"
    assert {*seen(settings.folder)} == {"signing.key"}
    settings = msgspec.structs.replace(settings, kek_next=os.urandom(32).hex())
    restore(settings, house.folder / "backup", terms_of(), now=NOW)
    with open_stores(settings) as stores:
        assert not stores.vault.has_key(who)


# --- stopped in the middle ----------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["keys.db", "certificate", "moving keys.db", "cleaning"])
def test_restore_killed_in_the_middle(house: House, stage: str) -> None:
    """No command opens the stores then, a repeat puts everything back, and the loss is noted once."""
    who, envelope = house.person()
    house.fill(2)
    backup = house.backup()
    last = house.fill()
    settings = house.elsewhere(backup)
    killed_at(settings, backup, stage, "restore", last)
    if stage != "cleaning":
        with pytest.raises(NotReady), open_stores(settings):
            pass
    restored = restore(settings, backup, terms_of(last), now=NOW)
    assert (restored.entries, restored.lost) == (3, 2)
    assert [fact.lost for fact in noted(settings)] == [2]
    databases = {"ledger.db", "seals.db", "projections.db", KEYS, "reads.db", "access.db"}
    assert {*seen(settings.folder)} <= {*KEYS_APART, *databases}
    with open_stores(settings) as stores:
        assert stores.journal.count(stores.journal.head()) == 4
        assert stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW) == "Note"
        assert verify_ledger(stores.journal, stores.seals).findings == []
        assert stores.read_model.tracked() == stores.journal.head()


@pytest.mark.parametrize("stage", ["moving keys.db", "cleaning"])
def test_another_backup_after_one_that_was_stopped(sqlite_house: House, stage: str) -> None:
    """What was begun with one backup is not told to be the other; moved away, the other one is put back."""
    house = sqlite_house
    backup = house.backup()
    house.fill()
    later = house.backup("later")
    settings = house.elsewhere(backup)
    killed_at(settings, backup, stage, "restore")
    with pytest.raises(Refused) as refused:
        restore(settings, later, terms_of(), now=NOW)
    assert refused.value.code == "stores_exist"
    for file in settings.folder.glob("*.db*"):
        file.rename(house.folder / file.name)
    assert restore(settings, later, terms_of(), now=NOW).entries == 2


def test_a_second_restore_is_refused(house: House) -> None:
    """What was put back and went on is not overwritten by a repeat."""
    backup = house.backup()
    settings, _restored = house.put_back(backup)
    with pytest.raises(Refused) as refused:
        restore(settings, backup, terms_of(), now=NOW)
    assert refused.value.code == "stores_exist"
    assert len(noted(settings)) == 1


# --- what a check says afterwards ---------------------------------------------------------------------


def checked(settings: Settings, *notes: bytes) -> LedgerReport:
    with open_stores(settings) as stores:
        outside = [Outside(f"{number}", note) for number, note in enumerate(notes)]
        return verify_ledger(stores.journal, stores.seals, outside=outside)


def codes(findings: Any) -> list[str]:
    return [finding.code for finding in findings]


def test_files_copied_back_are_found(house: House) -> None:
    """A restore that nobody notes is a cut tail to whoever keeps a checkpoint."""
    house.fill()
    backup = house.backup()
    last = house.fill()
    settings = house.elsewhere(backup)
    for name in ("ledger.db", "seals.db", "keys.db", "reads.db"):
        if (backup / name).exists():
            shutil.copy(backup / name, settings.folder / name)
    create_stores(settings)
    report = checked(settings, last)
    assert (codes(report.findings), codes(report.losses)) == (["outside_differs"], [])


def test_a_noted_loss_is_a_loss_and_no_finding(house: House) -> None:
    """So is every other checkpoint that lies in it; those before must fit, and those beyond are not excused."""
    before = house.fill()
    backup = house.backup()
    between, last, beyond = house.fill(), house.fill(), house.fill()
    settings, restored = house.put_back(backup, last=last)
    report = checked(settings, before, between, last, restored.checkpoint.encode())
    assert (codes(report.findings), codes(report.losses)) == ([], ["within_recorded_loss", "recorded_loss"])
    assert "2 davon" in str(report.losses[0].text)
    assert "Verlust von 4" in str(report.losses[0].text)
    assert "4 davon" in str(report.losses[1].text)
    assert {loss.position for loss in report.losses} == {restored.position}
    assert codes(checked(settings, beyond).findings) == ["outside_differs"]


def test_the_ledger_goes_on_after_a_loss(sqlite_house: House) -> None:
    """Entered anew, it is longer than what was lost, and the checkpoints of before are losses still."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    between, last = house.fill(), house.fill()
    settings, _restored = house.put_back(backup, last=last)
    house.settings = settings
    now = house.fill(10)
    report = checked(settings, between, last, now)
    assert (codes(report.findings), codes(report.losses)) == ([], ["within_recorded_loss", "recorded_loss"])


def test_a_restore_that_says_nothing_is_lost_excuses_nothing(sqlite_house: House) -> None:
    """An entry about a restore whose checkpoint covers no more than was held, and then does not fit, is a finding."""
    house = sqlite_house
    house.fill()
    strange = house.backup()
    lost = house.fill(3)
    settings = house.elsewhere(strange)
    restored = restore(settings, strange, terms_of(), now=NOW)
    with open_stores(settings) as stores:
        fact = LedgerRestored(size=99, reason=RestoreReason.EXERCISE, last_known=lost.decode(), lost=0)
        stores.journal.act(lambda streams: commands.restore_ledger(streams, fact), request("operator"))
        sealed(stores)
    assert restored.lost is None
    assert codes(checked(settings, lost).findings) == ["outside_differs"]


def test_only_what_was_lost_is_excused(sqlite_house: House) -> None:
    """A checkpoint over just as many entries as were put back must fit."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    between, last = house.fill(), house.fill()
    settings = house.elsewhere(backup)
    restore(settings, backup, terms_of(), now=NOW)
    with open_stores(settings) as stores:
        fact = LedgerRestored(size=4, reason=RestoreReason.EXERCISE, last_known=last.decode(), lost=2)
        stores.journal.act(lambda streams: commands.restore_ledger(streams, fact), request("operator"))
        sealed(stores)
    report = checked(settings, between, last)
    assert (codes(report.findings), codes(report.losses)) == (["outside_differs"], ["recorded_loss"])


def test_an_entry_that_nobody_sealed_excuses_nothing(sqlite_house: House) -> None:
    """Who can write to the database and has no signing key cannot excuse a cut."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    last = house.fill()
    settings = house.elsewhere(backup)
    restore(settings, backup, terms_of(), now=NOW)
    with open_stores(settings) as stores:
        fact = LedgerRestored(size=2, reason=RestoreReason.EXERCISE, last_known=last.decode(), lost=2)
        stores.journal.act(lambda streams: commands.restore_ledger(streams, fact), request("operator"))
        report = verify_ledger(stores.journal, stores.seals, outside=[Outside("last", last)])
        assert codes(report.findings) == ["outside_differs"]
        sealed(stores)
        assert codes(verify_ledger(stores.journal, stores.seals, outside=[Outside("last", last)]).losses) == [
            "recorded_loss"
        ]


def test_a_checkpoint_of_the_log_of_reads_is_none_of_the_ledger(sqlite_house: House) -> None:
    """It is signed by the same key and says so by its first line."""
    house = sqlite_house
    who, envelope = house.person()
    house.fill()
    with house.open() as stores:
        stores.vault.open(who, "note", envelope, account="coach", purpose="care", now=NOW)
        sealed(stores)
        month = stores.vault.reads.seals("2031-01")[0].note.encode()
    assert codes(checked(house.settings, month).findings) == ["bad_outside"]


def test_a_checkpoint_both_keys_signed_outlasts_a_change_of_the_key(sqlite_house: House) -> None:
    """After a change of the signing key an older backup wants the older key, and knows the checkpoint both signed."""
    house = sqlite_house
    house.fill()
    backup = house.backup()
    older = house.settings.signing_key.read_text()
    with house.open() as stores:
        replaced = replace_signing_key(stores.journal, stores.seals, house.settings.signing_key, request("operator"))
    settings = house.elsewhere(backup)
    with pytest.raises(NotReady) as refused:
        restore(settings, backup, terms_of(replaced.note.encode()), now=NOW)
    assert refused.value.code == "foreign_signing_key"
    settings.signing_key.write_text(older)
    restored = restore(settings, backup, terms_of(replaced.note.encode()), now=NOW)
    assert restored.lost == 1
