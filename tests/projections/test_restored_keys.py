"""The ledger remembers who is erased, so no backup of the keys brings anybody back (Art. 17 DSGVO)."""

import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from given import NOW

from domain import commands
from domain.errors import NotFound, Refused
from domain.journal import Request
from domain.terms import ErasureGround, RestrictionGround
from domain.vault import DATA_PROTECTION, OWN_KEY, parsed_key
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores

NAME = "Beispielperson Eins"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Stores on SQLite: the vault is the same file beside PostgreSQL."""
    settings = Settings(data=str(tmp_path / "data"))
    create_stores(settings)
    return settings


def enter(stores: Stores, own_key: str) -> tuple[UUID, bytes]:
    """A person whose key is stored, with an envelope."""
    person = stores.vault.register(own_key)
    envelope = stores.vault.seal(person, "name", NAME)
    stores.vault.flush()
    stores.vault.keep()
    return person, envelope


def approve_erasure(stores: Stores, person: UUID) -> None:
    """Ask for the erasure and approve it by another account."""
    stores.journal.act(
        lambda streams: commands.request_erasure(streams, person, ErasureGround.OBJECTION), request("dpo-1")
    )
    stores.journal.act(lambda streams: commands.approve_erasure(streams, person, ()), request("dpo-2"))


def request(by: str) -> Request:
    return Request(id=uuid4(), by=by, now=NOW)


def opened(stores: Stores, person: UUID, envelope: bytes, purpose: str = "Betreuung") -> str:
    return stores.vault.open(person, "name", envelope, account="c1", purpose=purpose, now=NOW)


def copy(settings: Settings, source: Path, target: Path) -> None:
    """The key store and its key-encryption key, from one folder to another."""
    target.mkdir(exist_ok=True)
    for name in ("keys.db", "kek"):
        (target / f"{name}-wal").unlink(missing_ok=True)
        shutil.copy(source / name, target / name)
    assert settings.keys.exists()


def test_restored_key_backup_does_not_bring_an_erased_person_back(settings: Settings, tmp_path: Path) -> None:
    """A backup with its own old key-encryption key fits together; opening it erases the person anew, every byte."""
    with open_stores(settings) as stores:
        gone, envelope = enter(stores, "K-1")
        stays, other_envelope = enter(stores, "K-2")
        raw_key = stores.vault._keys[gone]
    copy(settings, settings.folder, tmp_path / "backup")
    with open_stores(settings) as stores:
        approve_erasure(stores, gone)
        assert stores.vault.erase([gone]) == 2
    copy(settings, tmp_path / "backup", settings.folder)
    assert str(gone).encode() in settings.keys.read_bytes(), "the backup holds the person again"
    old_kek = settings.kek_path.read_bytes()

    with open_stores(settings) as stores:
        with pytest.raises(NotFound):
            opened(stores, gone, envelope)
        assert stores.vault.find(OWN_KEY, "K-1") is None
        assert opened(stores, stays, other_envelope) == NAME
        assert (stores.vault.epoch, stores.vault.find(OWN_KEY, "K-2")) == (2, stays)
        for path in settings.folder.iterdir():
            if path.name.startswith(("keys.db", "kek")):
                for secret in (str(gone).encode(), raw_key, old_kek.strip()):
                    assert secret not in path.read_bytes(), path.name


def test_approved_erasure_is_carried_out_at_the_next_opening(settings: Settings) -> None:
    """Approved and then stopped: nobody is served before it is done."""
    with open_stores(settings) as stores:
        gone, envelope = enter(stores, "K-1")
        approve_erasure(stores, gone)
        assert opened(stores, gone, envelope) == NAME
    with open_stores(settings) as stores, pytest.raises(NotFound):
        opened(stores, gone, envelope)


def test_restored_backup_under_a_key_from_the_settings_is_not_served(settings: Settings) -> None:
    """Where no next key is set the person cannot be erased anew, so the stores are not opened at all."""
    with open_stores(settings) as stores:
        gone, _envelope = enter(stores, "K-1")
        approve_erasure(stores, gone)
    key = settings.kek_path.read_text().strip()
    given = Settings(data=settings.data, kek=key)
    with pytest.raises(Refused) as refusal, open_stores(given):
        pass
    assert refusal.value.code == "no_next_kek"
    following = "ab" * len(parsed_key(key))
    with open_stores(Settings(data=settings.data, kek=key, kek_next=following)) as stores:
        assert not stores.vault.has_key(gone)
    with open_stores(Settings(data=settings.data, kek=following)) as stores:
        assert stores.vault.epoch == 2


def test_restricted_person_is_restricted_at_the_next_opening(settings: Settings) -> None:
    """The register says who is restricted, to whoever opens the stores."""
    with open_stores(settings) as stores:
        person, envelope = enter(stores, "K-1")
        ground = RestrictionGround.ACCURACY_CONTESTED
        stores.journal.act(lambda streams: commands.restrict(streams, person, ground), request("dpo-1"))
    with open_stores(settings) as stores:
        assert stores.vault.restricted == {person}
        with pytest.raises(Refused) as refusal:
            opened(stores, person, envelope)
        assert refusal.value.code == "restricted"
        assert opened(stores, person, envelope, DATA_PROTECTION) == NAME


def test_next_key_beside_a_key_file_is_refused(settings: Settings) -> None:
    """A file is replaced by itself; a setting that would do nothing is named."""
    with pytest.raises(Refused) as refusal, open_stores(Settings(data=settings.data, kek_next="ab" * 32)):
        pass
    assert refusal.value.code == "bad_setting"
    assert "WERDEGANG_KEK_NEXT" in refusal.value.in_language("en")


def test_stores_without_a_log_of_reads_are_not_opened(settings: Settings) -> None:
    """It is not created silently: `werdegang init` makes the missing file, and nothing else."""
    settings.reads.unlink()
    with pytest.raises(Refused) as refusal, open_stores(settings):
        pass
    assert refusal.value.code == "no_read_log"
    kept = settings.keys.read_bytes(), settings.kek_path.read_bytes()
    create_stores(settings)
    assert (settings.keys.read_bytes(), settings.kek_path.read_bytes()) == kept
    with open_stores(settings):
        pass
