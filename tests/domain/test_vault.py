"""Personal data: sealed under one key per person (§ 35 SGB I, §§ 67 ff. SGB X)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    MapperDeserialisationError,
    OperationalError,
    PersistenceError,
)
from given import NOW, OPENED, SEALED, enrolment
from hypothesis import given, settings
from hypothesis import strategies as st
from vaults import KEY, close_vault, new_vault

from domain import commands
from domain.errors import Conflict, NotFound, NotReady, Refused
from domain.facts import Sealed
from domain.journal import Journal, Request, StoreAddress, Streams
from domain.journal.streams import Decided
from domain.vault import CUSTOMER_NUMBER, DATA_PROTECTION, OWN_KEY, GivenKey, Vault

OTHER_KEY = bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the vault."""
    return tmp_path / "keys.db"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    opened = new_vault(path.parent)
    yield opened
    close_vault(opened)


@pytest.fixture
def again(vault: Vault, path: Path) -> Iterator[Callable[[], Vault]]:
    """A function that opens the same file once more, as another process would."""
    opened: list[Vault] = []

    def open_again() -> Vault:
        opened.append(new_vault(path.parent))
        return opened[-1]

    yield open_again
    for one in opened:
        close_vault(one)


def stored(vault: Vault, own_key: str | None = None) -> UUID:
    """A person whose command was stored."""
    participant = vault.register(own_key)
    vault.flush()
    vault.keep()
    return participant


def opened(vault: Vault, participant: UUID, field: str, sealed: bytes) -> str:
    return vault.open(participant, field, sealed, account="c1", purpose="Betreuung", now=NOW)


def bytes_of(path: Path) -> bytes:
    """Everything the vault's file and its side files hold."""
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


# --- the file ---------------------------------------------------------------------------------------


def test_missing_file_is_refused(vault: Vault, tmp_path: Path) -> None:
    """A vault that does not exist is not created silently; the message names it (DESIGN.md 5)."""
    missing = tmp_path / "gone.db"
    with pytest.raises(NotReady) as refusal:
        Vault(missing, GivenKey(KEY), vault.reads)
    assert refusal.value.code == "no_vault"
    for language in ("de", "en"):
        assert str(missing) in refusal.value.in_language(language)
    assert not missing.exists()


def test_other_key_encryption_key_is_refused(vault: Vault, path: Path) -> None:
    """Keys cannot be read, and none added, under another key than the vault was made with."""
    with pytest.raises(NotReady) as refusal:
        Vault(path, GivenKey(OTHER_KEY), vault.reads)
    assert refusal.value.code == "wrong_key"
    for language in ("de", "en"):
        assert str(path) in refusal.value.in_language(language)
        assert "1" in refusal.value.in_language(language).replace(str(path), "")  # the epoch


@pytest.mark.parametrize("content", [b"", b"no database at all, but longer than a header of SQLite would be" * 20])
def test_file_that_is_no_vault_is_refused(vault: Vault, tmp_path: Path, content: bytes) -> None:
    """An empty file, as a creation that was interrupted leaves it, is no vault; the message names it."""
    file = tmp_path / "broken.db"
    file.write_bytes(content)
    with pytest.raises(NotReady) as refusal:
        Vault(file, GivenKey(KEY), vault.reads)
    assert refusal.value.code == "bad_vault"
    for language in ("de", "en"):
        assert str(file) in refusal.value.in_language(language)


def test_vault_that_exists_is_left_as_it_is(path: Path, vault: Vault) -> None:
    """Creating twice keeps the keys and the index key."""
    participant = stored(vault, "K-1")
    Vault.create(path, GivenKey(OTHER_KEY))
    assert vault.find(OWN_KEY, "K-1") == participant


def test_file_is_readable_by_its_owner_only(vault: Vault, path: Path) -> None:
    """Nobody else on the machine reads the keys, or who read what."""
    assert path.stat().st_mode & 0o077 == 0
    assert (path.parent / "reads.db").stat().st_mode & 0o077 == 0


# --- envelopes --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Vault, UUID, UUID]]:
    """A vault with two persons, for the many examples of a property."""
    vault = new_vault(tmp_path_factory.mktemp("vault"))
    yield vault, stored(vault), stored(vault)
    close_vault(vault)


@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300),
    field=st.sampled_from(["name", "contact", "note"]),
)
@settings(max_examples=150, deadline=None)
def test_sealed_text_is_opened_again(shared: tuple[Vault, UUID, UUID], text: str, field: str) -> None:
    """Whatever was sealed comes back, and the envelope shows at most its length in steps of 64 bytes."""
    vault, participant, _other = shared
    sealed = vault.seal(participant, field, text)
    assert opened(vault, participant, field, sealed) == text
    padded = len(sealed) - 1 - 12 - 16
    assert padded % 64 == 0
    assert 0 < padded - len(text.encode()) <= 64


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100), data=st.data())
@settings(max_examples=100, deadline=None)
def test_changed_envelope_is_refused(shared: tuple[Vault, UUID, UUID], text: str, data: st.DataObject) -> None:
    """An envelope with any one byte changed does not open."""
    vault, participant, _other = shared
    sealed = bytearray(vault.seal(participant, "name", text))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotReady) as refusal:
        opened(vault, participant, "name", bytes(sealed))
    assert refusal.value.code == "sealed_elsewhere"


def test_envelope_of_another_person_or_field_is_refused(shared: tuple[Vault, UUID, UUID]) -> None:
    """An envelope opens only for its own person and field; the message names the field."""
    vault, participant, other = shared
    sealed = vault.seal(participant, "name", "Beispielperson Eins")
    for person, field in ((other, "name"), (participant, "contact")):
        with pytest.raises(NotReady) as refusal:
            opened(vault, person, field, sealed)
        assert refusal.value.code == "sealed_elsewhere"
        for language in ("de", "en"):
            assert field in refusal.value.in_language(language)
            assert "Beispielperson" not in refusal.value.in_language(language)


def test_same_text_is_never_sealed_the_same(vault: Vault) -> None:
    """Two envelopes tell nobody that their texts are equal."""
    participant = stored(vault)
    envelopes = {vault.seal(participant, "name", "Beispielperson Eins") for _ in range(50)}
    assert len(envelopes) == 50


def test_short_texts_have_envelopes_of_one_length(vault: Vault) -> None:
    """Up to 63 bytes no length shows; the shortest envelope is what a fact requires of a sealed field."""
    participant = stored(vault)
    lengths = {len(vault.seal(participant, "name", "x" * count)) for count in range(64)}
    assert lengths == {Sealed.__metadata__[0].min_length}
    assert len(vault.seal(participant, "name", "x" * 64)) > lengths.pop()


@pytest.mark.parametrize("unstorable", ["\0", "\ud800"])
def test_text_that_cannot_be_stored_is_refused(vault: Vault, unstorable: str) -> None:
    """NUL and half a character are refused, naming the field and not the text; a note may have lines."""
    participant = stored(vault)
    with pytest.raises(Refused) as refusal:
        vault.seal(participant, "coaching_session_held.note", f"Beispielperson{unstorable}")
    assert (refusal.value.code, refusal.value.field) == ("bad_value", "note")
    for language in ("de", "en"):
        assert f"U+{ord(unstorable):04X}" in refusal.value.in_language(language)
        assert "Beispielperson" not in refusal.value.in_language(language)
    lines = "erste Zeile\r\n\tzweite"
    assert opened(vault, participant, "note", vault.seal(participant, "note", lines)) == lines


def test_unknown_person_is_refused(vault: Vault) -> None:
    """Without a key nothing is sealed or opened; the message names the person."""
    nobody = uuid4()
    for attempt in (
        lambda: vault.seal(nobody, "name", "x"),
        lambda: opened(vault, nobody, "name", SEALED),
        lambda: vault.content_digest(nobody, b"x"),
    ):
        with pytest.raises(NotFound) as refusal:
            attempt()
        assert refusal.value.code == "no_key"
        assert str(nobody) in refusal.value.in_language("de")
        assert str(nobody) in refusal.value.in_language("en")


def test_other_process_opens_what_was_sealed(vault: Vault, again: Callable[[], Vault]) -> None:
    """The key of a person is in the file."""
    participant = stored(vault)
    sealed = vault.seal(participant, "note", "Grüße aus Rüsselsheim")
    assert opened(again(), participant, "note", sealed) == "Grüße aus Rüsselsheim"


def test_reads_are_kept(vault: Vault) -> None:
    """Who opened what of whom, when and why is stored; a refused attempt opened nothing (§ 67c SGB X)."""
    participant = stored(vault)
    sealed = vault.seal(participant, "name", "Beispielperson Eins")
    now = datetime(2018, 2, 19, 8, tzinfo=UTC)
    vault.open(participant, "name", sealed, account="coach-1", purpose="Prüfung", now=now)
    with pytest.raises(NotReady):
        vault.open(participant, "contact", sealed, account="coach-1", purpose="Prüfung", now=now)
    (read,) = vault.reads.rows()
    assert (read.at, read.account, read.participant, read.field, read.purpose) == (
        *("2018-02-19T08:00:00+00:00", "coach-1"),
        *(str(participant), "name", "Prüfung"),
    )


def test_what_cannot_be_logged_is_not_opened(vault: Vault) -> None:
    """The log is written before the text is given out."""
    participant = stored(vault)
    sealed = vault.seal(participant, "name", "Beispielperson Eins")
    vault.reads.close()
    with pytest.raises(sqlite3.ProgrammingError):
        opened(vault, participant, "name", sealed)


def test_restricted_person_is_not_opened(vault: Vault) -> None:
    """Sperrung: kept and not opened but for data protection itself; new texts are sealed (Art. 18 DSGVO)."""
    restricted, other = stored(vault), stored(vault)
    vault.restricted = frozenset({restricted})
    sealed = vault.seal(restricted, "name", "Beispielperson Eins")
    with pytest.raises(Refused) as refusal:
        opened(vault, restricted, "name", sealed)
    assert refusal.value.code == "restricted"
    for language in ("de", "en"):
        assert str(restricted) in refusal.value.in_language(language)
    assert list(vault.reads.rows()) == []
    assert opened(vault, other, "name", vault.seal(other, "name", "x")) == "x"
    text = vault.open(restricted, "name", sealed, account="dpo", purpose=DATA_PROTECTION, now=NOW)
    assert text == "Beispielperson Eins"


# --- lookups and hashes -----------------------------------------------------------------------------


def test_person_is_found_by_the_callers_key(vault: Vault, again: Callable[[], Vault]) -> None:
    """Before and after the command was stored, here and in another process."""
    participant = vault.register("K-1")
    assert vault.find(OWN_KEY, "K-1") == participant
    vault.flush()
    vault.keep()
    assert vault.find(OWN_KEY, "K-1") == participant
    assert again().find(OWN_KEY, "K-1") == participant


def test_lookups_of_different_kinds_do_not_meet(vault: Vault) -> None:
    """A customer number is no other key of the person."""
    participant = vault.register()
    vault.add_lookup(CUSTOMER_NUMBER, "999A000001", participant)
    assert vault.find(CUSTOMER_NUMBER, "999A000001") == participant
    assert vault.find(OWN_KEY, "999A000001") is None
    assert vault.find(CUSTOMER_NUMBER, "999A000002") is None


def test_digests_depend_on_the_vault(vault: Vault, tmp_path: Path) -> None:
    """The same value has another keyed hash in another vault, so no list of numbers can be tried."""
    other = new_vault(tmp_path, name="other.db")
    assert vault.digest(OWN_KEY, "K-1") != other.digest(OWN_KEY, "K-1")
    assert vault.digest(OWN_KEY, "K-1") == vault.digest(OWN_KEY, "K-1") != vault.digest(CUSTOMER_NUMBER, "K-1")
    close_vault(other)


def test_request_id_follows_from_the_callers_key(vault: Vault, again: Callable[[], Vault]) -> None:
    """The same row of the same file is the same request, at any time (DESIGN.md 7)."""
    assert vault.request_id("import", "row 7") == again().request_id("import", "row 7")
    assert vault.request_id("import", "row 7") != vault.request_id("import", "row 8")
    assert vault.request_id("import", "row 7") != vault.request_id("web", "row 7")


def test_content_digest_is_under_the_persons_key(vault: Vault, again: Callable[[], Vault]) -> None:
    """What was asked of one person cannot be compared with what was asked of another."""
    one, other = stored(vault), stored(vault)
    assert vault.content_digest(one, b"x") == again().content_digest(one, b"x")
    assert len({vault.content_digest(person, content) for person in (one, other) for content in (b"x", b"y")}) == 4


def test_same_value_registered_at_once_is_refused(vault: Vault, again: Callable[[], Vault]) -> None:
    """Two processes do not make two persons of one; the second has nothing stored."""
    other = again()
    first, second = vault.register("K-1"), other.register("K-1")
    vault.flush()
    vault.keep()
    with pytest.raises(Conflict) as refusal:
        other.flush()
    assert refusal.value.code == "vault_conflict"
    assert again().find(OWN_KEY, "K-1") == first
    with pytest.raises(NotFound):
        again().seal(second, "name", "x")


# --- together with the journal ----------------------------------------------------------------------


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    address = StoreAddress(file=tmp_path / "ledger.db")
    Journal.create(address)
    with Journal(address) as opened_journal:
        opened_journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        yield opened_journal


def request() -> Request:
    return Request(id=uuid4(), by="tester", now=NOW)


def enrol(vault: Vault, own_key: str, **changed: Any) -> Callable[[Streams], Decided]:
    """Enrol a person, registered on the way if nobody has been under this key."""

    def decide(streams: Streams) -> Decided:
        participant = vault.find(OWN_KEY, own_key) or vault.register(own_key)
        name = vault.seal(participant, "name", "Beispielperson Eins")
        return commands.enrol(streams, enrolment(participant=participant, name=name, **changed))

    return decide


def test_person_is_stored_with_the_entries(vault: Vault, journal: Journal, again: Callable[[], Vault]) -> None:
    """Once a command is stored its person can be found and read by others."""
    (recorded,) = journal.act(enrol(vault, "K-1"), request(), vault=vault).recorded
    other = again()
    participant = other.find(OWN_KEY, "K-1")
    assert participant == recorded.fact.participant
    assert opened(other, participant, "name", recorded.fact.name) == "Beispielperson Eins"


def test_refused_command_leaves_no_person_behind(
    vault: Vault, path: Path, journal: Journal, again: Callable[[], Vault]
) -> None:
    """A person registered by a refused command is forgotten with its key."""
    too_early = enrol(vault, "K-1", on=OPENED.starts_on.replace(year=2015))
    with pytest.raises(Refused) as refusal:
        journal.act(too_early, request(), vault=vault)
    assert refusal.value.code == "outside_period"
    assert vault.find(OWN_KEY, "K-1") is None
    assert again().find(OWN_KEY, "K-1") is None
    assert persons_in(path) == 0


def test_dry_run_leaves_no_person_behind(vault: Vault, journal: Journal, again: Callable[[], Vault]) -> None:
    """The very same decisions are made, and nothing is stored in either store (DESIGN.md 7)."""
    outcome = journal.act(enrol(vault, "K-1"), request(), vault=vault, dry_run=True)
    assert len(outcome.recorded) == 1
    assert outcome.position == 0
    assert vault.find(OWN_KEY, "K-1") is None
    assert again().find(OWN_KEY, "K-1") is None
    assert journal.read(outcome.recorded[0].originator_id) == []


def test_failing_decision_leaves_no_person_behind(vault: Vault, journal: Journal) -> None:
    """Whatever goes wrong in a decision, nobody is left over."""

    def decide(streams: Streams) -> Decided:
        vault.register("K-1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        journal.act(decide, request(), vault=vault)
    assert vault.find(OWN_KEY, "K-1") is None


def test_repeated_request_registers_nobody(vault: Vault, path: Path, journal: Journal) -> None:
    """The second time the person is found, and nothing is added."""
    asked = request()
    first = journal.act(enrol(vault, "K-1"), asked, vault=vault)
    second = journal.act(enrol(vault, "K-1"), asked, vault=vault)
    assert second.repeated
    assert second.recorded == first.recorded
    assert persons_in(path) == 1


def test_persons_lost_in_a_conflict_are_taken_back(
    vault: Vault, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the append meets somebody else's, the person registered for it leaves the file again."""
    put, calls = journal.events.put, []

    def collide_once(events: Any, **named: Any) -> Any:
        calls.append(persons_in(path))
        if len(calls) == 1:
            raise IntegrityError
        return put(events, **named)

    monkeypatch.setattr(journal.events, "put", collide_once)
    journal.act(enrol(vault, "K-1"), request(), vault=vault)
    assert calls == [1, 1]  # each time the one person of the attempt, flushed just before the entries
    assert persons_in(path) == 1


@pytest.mark.parametrize("error", [ValueError, MapperDeserialisationError, ZeroDivisionError])
def test_failed_append_leaves_no_person_behind(
    vault: Vault, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Where nothing was sent to the store the person is gone from memory and from the file."""

    def fail(events: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr(journal.events, "put", fail)
    with pytest.raises(error):
        journal.act(enrol(vault, "K-1"), request(), vault=vault)
    assert persons_in(path) == 0
    assert vault.find(OWN_KEY, "K-1") is None


def test_fact_that_cannot_be_read_again_leaves_no_person_behind(vault: Vault, path: Path, journal: Journal) -> None:
    """A plain text in a sealed field is refused before it is stored, and its person forgotten."""
    with pytest.raises(MapperDeserialisationError):
        journal.act(enrol(vault, "K-1", contact=b"Beispielperson Eins"), request(), vault=vault)
    assert persons_in(path) == 0
    assert vault.find(OWN_KEY, "K-1") is None


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, PersistenceError, KeyboardInterrupt])
def test_key_stays_where_it_is_unknown_whether_the_entries_are_stored(
    vault: Vault,
    journal: Journal,
    again: Callable[[], Vault],
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    """A connection lost at the commit must not make stored personal data unreadable for good."""
    put, stored_entries = journal.events.put, []

    def lose_the_answer(events: Any, **named: Any) -> Any:
        stored_entries.extend(put(events, **named))
        raise error

    monkeypatch.setattr(journal.events, "put", lose_the_answer)
    with pytest.raises(error):
        journal.act(enrol(vault, "K-1"), request(), vault=vault)
    enrolled = stored_entries[0].domain_event.fact
    other = again()
    assert opened(other, enrolled.participant, "name", enrolled.name) == "Beispielperson Eins"
    assert other.find(OWN_KEY, "K-1") == enrolled.participant


def test_answer_lost_and_sent_again_is_answered_with_what_is_stored(
    vault: Vault, path: Path, journal: Journal, again: Callable[[], Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library sends entries again after a lost connection; where they are stored they are the answer."""
    put, calls = journal.events.put, []

    def store_and_collide(events: Any, **named: Any) -> Any:
        calls.append(put(events, **named))
        raise IntegrityError

    monkeypatch.setattr(journal.events, "put", store_and_collide)
    outcome = journal.act(enrol(vault, "K-1"), request(), vault=vault)
    assert len(calls) == 1
    (recorded,) = outcome.recorded
    assert not outcome.repeated
    assert journal.read(recorded.originator_id) == [recorded]
    assert outcome.position == recorded.position == journal.head()
    assert opened(again(), recorded.fact.participant, "name", recorded.fact.name) == "Beispielperson Eins"
    assert persons_in(path) == 1


def test_key_stays_where_the_store_cannot_say_what_it_holds(
    vault: Vault, journal: Journal, again: Callable[[], Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries sent again collide and the store is gone before it can be asked: they may be there, so keys stay."""
    put, load, stored_entries = journal.events.put, journal.load, []

    def store_and_collide(events: Any, **named: Any) -> Any:
        stored_entries.extend(put(events, **named))
        raise IntegrityError

    def gone_after_the_append(*streams: Any, **named: Any) -> Any:
        if stored_entries:
            raise OperationalError
        return load(*streams, **named)

    monkeypatch.setattr(journal.events, "put", store_and_collide)
    monkeypatch.setattr(journal, "load", gone_after_the_append)
    with pytest.raises(OperationalError):
        journal.act(enrol(vault, "K-1"), request(), vault=vault)
    enrolled = stored_entries[0].domain_event.fact
    assert opened(again(), enrolled.participant, "name", enrolled.name) == "Beispielperson Eins"


def test_neither_store_holds_a_plain_text(vault: Vault, path: Path, journal: Journal) -> None:
    """Names, customer numbers and the caller's keys are in no byte of the two files."""
    journal.act(enrol(vault, "K-4711-GG"), request(), vault=vault)
    person = vault.register()
    vault.add_lookup(CUSTOMER_NUMBER, "999A000001", person)
    vault.set_name(person, "Beispielperson Markerwort")
    vault.flush()
    vault.keep()
    assert vault.find_by_name("Markerwort") == [person]
    opened(vault, person, "name", vault.seal(person, "name", "Beispielperson Eins"))
    for file in (path, path.parent / "ledger.db"):
        stored_bytes = bytes_of(file)
        assert len(stored_bytes) > 4096
        for plain in ("Beispielperson", "beispielpers", "Markerwort", "markerw", "K-4711-GG", "999A000001"):
            assert plain.encode() not in stored_bytes


def persons_in(path: Path) -> int:
    """How many persons have a key in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM persons").fetchone()[0])
