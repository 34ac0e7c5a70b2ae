"""A process that runs on honours what others enter into the register of data protection (Art. 17 and 18 DSGVO)."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from given import NOW

from domain import commands
from domain.errors import NotFound, Refused
from domain.journal import Request
from domain.terms import ErasureGround, RestrictionGround
from domain.vault import FileKey, GivenKey
from projections.data_protection import keep_current
from projections.settings import Settings
from projections.stores import Stores, open_stores


@pytest.fixture
def other(shared_settings: Settings) -> Iterator[Stores]:
    """The same stores, opened once more as another process would."""
    with open_stores(shared_settings) as opened:
        yield opened


@pytest.fixture
def person(shared_stores: Stores) -> UUID:
    with shared_stores.vault.transaction():
        person = shared_stores.vault.register()
        shared_stores.vault.flush()
        shared_stores.vault.keep()
    return person


def act(stores: Stores, decide: object, *asked: object, by: str = "dpo-1") -> None:
    request = Request(id=uuid4(), by=by, now=NOW)
    stores.journal.act(lambda streams: decide(streams, *asked), request)  # type: ignore[operator]


def code_of_opening(stores: Stores, person: UUID, envelope: bytes) -> str:
    """What opening came to: the text, or the code it was refused under."""
    try:
        return stores.vault.open(person, "name", envelope, account="c1", purpose="Betreuung", now=NOW)
    except Refused as refusal:
        return refusal.code


def test_restriction_entered_elsewhere_holds(shared_stores: Stores, other: Stores, person: UUID) -> None:
    """Imposed and lifted by another process: the next look at the register knows."""
    envelope = shared_stores.vault.seal(person, "name", "Text")
    act(other, commands.restrict, person, RestrictionGround.OBJECTION)
    keep_current(shared_stores.journal, shared_stores.vault)
    assert code_of_opening(shared_stores, person, envelope) == "restricted"
    act(other, commands.restrict, bystander := uuid4(), RestrictionGround.OBJECTION)
    keep_current(shared_stores.journal, shared_stores.vault)
    assert shared_stores.vault.restricted >= {person, bystander}
    act(other, commands.lift_restriction, person)
    keep_current(shared_stores.journal, shared_stores.vault)
    assert code_of_opening(shared_stores, person, envelope) == "Text"


def test_erasure_approved_elsewhere_is_done(shared_stores: Stores, other: Stores, person: UUID) -> None:
    """Approved and then stopped elsewhere: this process erases the person before it serves anything more."""
    envelope = shared_stores.vault.seal(person, "name", "Text")
    act(other, commands.request_erasure, person, ErasureGround.OBJECTION)
    keep_current(shared_stores.journal, shared_stores.vault)
    assert code_of_opening(shared_stores, person, envelope) == "Text"
    act(other, commands.approve_erasure, person, (), by="dpo-2")
    keep_current(shared_stores.journal, shared_stores.vault)
    assert not other.vault.has_key(person)
    with pytest.raises(NotFound):
        shared_stores.vault.seal(person, "name", "Text")


def test_only_what_is_new_is_read(
    shared_stores: Stores, other: Stores, person: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was entered since, there is one look-up of the present version and no entry is read."""
    act(other, commands.restrict, person, RestrictionGround.OBJECTION)
    keep_current(shared_stores.journal, shared_stores.vault)
    read, read_after = [], shared_stores.journal.read_after
    monkeypatch.setattr(
        shared_stores.journal, "read_after", lambda *asked: [read.append(found := read_after(*asked)), found][1]
    )
    keep_current(shared_stores.journal, shared_stores.vault)
    act(other, commands.lift_restriction, person)
    keep_current(shared_stores.journal, shared_stores.vault)
    assert [len(found) for found in read] == [0, 1]


def test_restriction_holds_where_an_erasure_is_refused(
    shared_stores: Stores, other: Stores, person: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a next key the erasure is tried again at every look, and whoever is restricted stays so meanwhile."""
    with shared_stores.vault.transaction():
        gone = shared_stores.vault.register()
        shared_stores.vault.flush()
        shared_stores.vault.keep()
    act(other, commands.request_erasure, gone, ErasureGround.OBJECTION)
    act(other, commands.approve_erasure, gone, (), by="dpo-2")
    act(other, commands.restrict, person, RestrictionGround.OBJECTION)
    key_file = shared_stores.vault.source
    assert isinstance(key_file, FileKey)
    kek = bytes.fromhex(key_file.path.read_text())
    monkeypatch.setattr(shared_stores.vault._store, "source", GivenKey(kek))
    for _again in range(2):
        with pytest.raises(Refused) as refusal:
            keep_current(shared_stores.journal, shared_stores.vault)
        assert refusal.value.code == "no_next_kek"
        assert person in shared_stores.vault.restricted
    monkeypatch.undo()
    keep_current(shared_stores.journal, shared_stores.vault)
    assert not shared_stores.vault.has_key(gone)
