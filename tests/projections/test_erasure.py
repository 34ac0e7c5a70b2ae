"""Erasing, restricting and contesting on real stores: what goes, what stays, and what comes back to stay gone."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import hypothesis
import pytest
from entering import Programme, enrolled, job, on
from given import SEALED
from hypothesis import given
from hypothesis import strategies as st
from made_up import PROGRAMME, NewStores, carry_out, few, filled, made_up, opened, seeds

from domain import commands
from domain.data_protection import Erasure
from domain.errors import NotFound, Refused
from domain.facts import ErasureApproved, ErasureDone, ErasureRequested
from domain.journal import Decided, Journal, Request, Streams
from domain.terms import ErasureGround, RestrictionGround, erased_stream, register_stream
from domain.vault import CUSTOMER_NUMBER, DATA_PROTECTION, OWN_KEY, Vault
from projections.balance import compute
from projections.catch_up import catch_up
from projections.data_protection import CarriedOut, journeys_of, read_register, replay
from projections.data_protection import carry_out as erase_approved
from projections.rebuild import rebuild
from projections.rows import TABLES
from projections.settings import Settings
from projections.stores import Stores, open_stores

NOW = datetime(2030, 1, 1, 8, tzinfo=UTC)
fewer = hypothesis.settings(few, max_examples=3)
GROUND = ErasureGround.NO_LONGER_NEEDED
NUMBER = "123A456789"


def request(by: str = "tester") -> Request:
    return Request(id=uuid4(), by=by, now=NOW)


def act(stores: Stores, by: str, command: Any, *asked: Any) -> None:
    """Run a command in the name of an account."""
    stores.journal.act(lambda streams: command(streams, *asked), request(by))
    catch_up(stores.journal, stores.read_model)


def register(stores: Stores) -> UUID:
    """A person with a key, and with lookups by an own key and by a customer number."""
    with stores.vault.transaction():
        participant = stores.vault.register("P-17")
        stores.vault.add_lookup(CUSTOMER_NUMBER, NUMBER, participant)
        stores.vault.flush()
        stores.vault.keep()
    return participant


def approved(stores: Stores, participant: UUID) -> None:
    """The erasure of a person is asked for by one and approved by another."""
    act(stores, "asks", commands.request_erasure, participant, GROUND)
    act(stores, "approves", commands.approve_erasure, participant, journeys_of(stores.read_model, participant))


@pytest.fixture
def participant(stores: Stores) -> UUID:
    """Somebody on a journey, whose key is in the vault."""
    participant = register(stores)
    Programme(stores).given(enrolled(), job("2017-02-01"), participant=participant)
    return participant


def found_in(vault: Vault) -> list[UUID | None]:
    return [vault.find(OWN_KEY, "P-17"), vault.find(CUSTOMER_NUMBER, NUMBER)]


def opens(vault: Vault, participant: UUID, sealed: bytes, purpose: str = "history") -> str:
    return vault.open(participant, "note", sealed, account="tester", purpose=purpose, now=NOW)


# --- erasing ----------------------------------------------------------------------------------------


def test_approved_erasure_is_carried_out(stores: Stores, participant: UUID) -> None:
    """Key and lookups are gone, the epoch is noted, and the register tells who did what (Art. 17 DSGVO)."""
    sealed = stores.vault.seal(participant, "note", "etwas Persönliches")
    assert opens(stores.vault, participant, sealed) == "etwas Persönliches"
    approved(stores, participant)
    carried = erase_approved(stores.journal, stores.vault, request("approves"))
    assert carried == CarriedOut([participant], stores.vault.epoch)
    assert found_in(stores.vault) == [None, None]
    with pytest.raises(NotFound) as refusal:
        opens(stores.vault, participant, sealed)
    assert refusal.value.code == "no_key"
    case = read_register(stores.journal)[participant]
    assert (case.erasure, case.ground, case.epoch) == (Erasure.ERASED, GROUND, stores.vault.epoch)
    assert (case.requested_by, case.decided_by, case.requested_at, case.decided_at) == ("asks", "approves", NOW, NOW)


def test_erasing_twice_is_erasing_once(stores: Stores, participant: UUID) -> None:
    """What was carried out is not carried out again, and no second epoch begins."""
    approved(stores, participant)
    erase_approved(stores.journal, stores.vault, request())
    head, epoch = stores.journal.head(), stores.vault.epoch
    assert erase_approved(stores.journal, stores.vault, request()) is None
    assert (stores.journal.head(), stores.vault.epoch) == (head, epoch)


def test_nobody_is_erased_without_approval(stores: Stores, participant: UUID) -> None:
    """A request, and one that was declined, touch no key."""
    for command, *more in [(commands.request_erasure, GROUND), (commands.decline_erasure,)]:
        act(stores, "asks", command, participant, *more)
        assert erase_approved(stores.journal, stores.vault, request()) is None
        replay(stores.journal, stores.vault)
        assert found_in(stores.vault) == [participant, participant]


def test_who_comes_back_is_somebody_new(stores: Stores, participant: UUID) -> None:
    """After the erasure the own key and the customer number lead to nobody, and can be given again."""
    approved(stores, participant)
    erase_approved(stores.journal, stores.vault, request())
    again = register(stores)
    assert again != participant
    assert found_in(stores.vault) == [again, again]


def test_crash_before_the_key_is_destroyed_is_made_up_for(stores_settings: Settings) -> None:
    """Approved and stopped: the next opening erases before anything is served, the next carrying out notes it."""
    with open_stores(stores_settings) as stores:
        participant = register(stores)
        Programme(stores).given(enrolled(), participant=participant)
        approved(stores, participant)
        assert stores.vault.has_key(participant)
    with open_stores(stores_settings) as stores:
        assert not stores.vault.has_key(participant)
        assert found_in(stores.vault) == [None, None]
        assert read_register(stores.journal)[participant].erasure is Erasure.APPROVED
        carried = erase_approved(stores.journal, stores.vault, request())
        assert carried == CarriedOut([participant], stores.vault.epoch)
        assert read_register(stores.journal)[participant].erasure is Erasure.ERASED


def test_restored_key_store_does_not_bring_anybody_back(stores_settings: Settings) -> None:
    """Keys and key-encryption key put back together from before the erasure are erased again on opening."""
    with open_stores(stores_settings) as stores:
        participant = register(stores)
        Programme(stores).given(enrolled(), participant=participant)
    backup = stores_settings.folder / "backup"
    backup.mkdir()
    for file in (stores_settings.keys, stores_settings.kek_path):
        shutil.copy(file, backup)
    with open_stores(stores_settings) as stores:
        approved(stores, participant)
        erase_approved(stores.journal, stores.vault, request())
        noted = stores.journal.head()
    for file in (stores_settings.keys, stores_settings.kek_path):
        file.unlink()
        shutil.copy(backup / file.name, file)
    with open_stores(stores_settings) as stores:
        assert not stores.vault.has_key(participant)
        assert found_in(stores.vault) == [None, None]
        assert stores.journal.head() == noted


def test_participant_never_enrolled_is_refused(stores: Stores) -> None:
    """Nobody is asked for whom no programme knows."""
    with pytest.raises(NotFound) as refusal:
        journeys_of(stores.read_model, uuid4())
    assert refusal.value.code == "unknown_participant"


def test_withdrawn_participant_is_known(stores: Stores) -> None:
    """Also of somebody registered in error something personal is kept, so it can be erased."""
    programme = Programme(stores)
    journey = programme.given(enrolled())
    programme.withdraw(journey, 1)
    assert journeys_of(stores.read_model, programme.participant(journey)) == [journey]


# --- restricting ------------------------------------------------------------------------------------


def test_restricted_is_kept_and_not_opened(stores: Stores, participant: UUID) -> None:
    """What is restricted opens for data protection only, and for everybody after it was lifted (Art. 18 DSGVO)."""
    sealed = stores.vault.seal(participant, "note", "etwas Persönliches")
    act(stores, "dsb", commands.restrict, participant, RestrictionGround.OBJECTION)
    replay(stores.journal, stores.vault)
    with pytest.raises(Refused) as refusal:
        opens(stores.vault, participant, sealed)
    assert refusal.value.code == "restricted"
    assert opens(stores.vault, participant, sealed, DATA_PROTECTION) == "etwas Persönliches"
    case = read_register(stores.journal)[participant]
    assert (case.restricted, case.restricted_by) == (RestrictionGround.OBJECTION, "dsb")
    act(stores, "dsb", commands.lift_restriction, participant)
    replay(stores.journal, stores.vault)
    assert opens(stores.vault, participant, sealed) == "etwas Persönliches"


def test_restriction_holds_from_the_opening_on(stores_settings: Settings) -> None:
    """Whoever opens the stores finds everybody restricted whom the register restricts."""
    with open_stores(stores_settings) as stores:
        act(stores, "dsb", commands.restrict, one := uuid4(), RestrictionGround.OBJECTION)
        act(stores, "dsb", commands.restrict, other := uuid4(), RestrictionGround.UNLAWFUL)
        act(stores, "dsb", commands.lift_restriction, other)
    with open_stores(stores_settings) as stores:
        assert stores.vault.restricted == {one}


# --- the law: erasing changes no figure ---------------------------------------------------------------


def figures(stores: Stores, datenstand: int) -> list[Any]:
    """All figures with all their breakdowns on some days."""
    days = (date(2016, 12, 31), date(2018, 2, 19), date(2019, 6, 30))
    return [compute(stores.read_model, PROGRAMME, day, datenstand=datenstand).figures for day in days]


def digests(stores: Stores) -> dict[str, tuple[int, int]]:
    return {table: stores.read_model.digest(table) for table in TABLES}


def stored(journal: Journal, upto: int, without: set[str]) -> str:
    """A digest of every stored byte up to a position, in ledger order, some streams left out."""
    rows = sorted(row for row in journal.scan(0, 1, upto=upto) if row[1] not in without)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@fewer
@given(seed=seeds, size=st.integers(40, 120))
def test_erasing_changes_no_figure(new_stores: NewStores, seed: int, size: int) -> None:
    """Figures with all breakdowns, rows of the read model, rebuilt ones too, and stored bytes are the same before and
    after a person is erased, and only the register and the marks are longer."""
    with opened(new_stores) as (settings, stores):
        with registering(stores.vault) as options:
            carry_out(stores.journal, made_up(seed, size, **options))
        catch_up(stores.journal, stores.read_model)
        people = stores.read_model.query("SELECT DISTINCT participant FROM enrolments ORDER BY participant", {})
        if not people:
            return
        participant, head = UUID(Random(seed).choice(people)[0]), stores.journal.head()
        before = figures(stores, head), digests(stores), stored(stores.journal, head, set())

        approved(stores, participant)
        erase_approved(stores.journal, stores.vault, request())
        catch_up(stores.journal, stores.read_model)

        assert not stores.vault.has_key(participant)
        journeys = journeys_of(stores.read_model, participant)
        own = {str(register_stream()), *(str(erased_stream(about)) for about in (participant, *journeys))}
        last = stores.journal.head()
        assert figures(stores, head) == figures(stores, last) == before[0]
        assert digests(stores) == before[1]
        assert stored(stores.journal, head, set()) == stored(stores.journal, last, own) == before[2]
        added = [type(stores.journal.entry_at(place[0]).fact) for place in stores.journal.since(head, 100)]
        assert added == [ErasureRequested, *[ErasureApproved] * (2 + len(journeys)), ErasureDone]
        rebuild(settings.ledger, settings.read_model, now=NOW)
        assert digests(stores) == before[1]


@contextmanager
def registering(vault: Vault) -> Iterator[dict[str, Any]]:
    """Options for made-up commands whose persons and envelopes are those of a vault."""
    with vault.transaction():
        yield {"register": vault.register, "seal": vault.seal}
        vault.flush()
        vault.keep()


# --- contested entries --------------------------------------------------------------------------------


def test_contested_entry_is_marked_in_the_evidence(stores: Stores) -> None:
    """The rows behind a figure show which of their entries are contested, as known at the Datenstand; the figure
    stays (Art. 18 DSGVO)."""
    programme = Programme(stores)
    journey = programme.given(enrolled(), job("2017-02-01"))
    placed = programme.datenstand
    programme.given(enrolled(), job("2017-02-01"))
    plain = programme.evidence("placed_svp", "2017-03-01")
    act(stores, "coach", commands.dispute, journey, 2)
    contested = programme.datenstand
    found = programme.evidence("placed_svp", "2017-03-01")
    assert found.value == plain.value == 2
    assert {row.journey: row.disputed for row in found.rows if row.disputed} == {str(journey): [placed]}
    assert programme.evidence("placed_svp", "2017-03-01", contested - 1) == plain
    act(stores, "coach", commands.settle_dispute, journey, 2)
    assert programme.evidence("placed_svp", "2017-03-01") == plain
    assert programme.evidence("placed_svp", "2017-03-01", contested) == found


def test_mark_outlasts_correction_and_withdrawal(stores: Stores) -> None:
    """A correction keeps the mark on the row it changes; after a withdrawal it is still there until it is settled."""
    programme = Programme(stores)
    journey = programme.given(enrolled(), job("2017-02-01"))
    placed = programme.datenstand
    act(stores, "coach", commands.dispute, journey, 2)
    programme.correct(journey, 2, happened_on=on("2017-02-02"))
    (row,) = programme.evidence("placed_svp", "2017-03-01").rows
    assert (row.disputed, len(row.entries)) == ([placed], 2)
    programme.correct(journey, 1, municipality="Kelsterbach")
    assert contested(stores) == [(2, placed)]
    programme.withdraw(journey, 2)
    assert contested(stores) == [(2, placed)]
    act(stores, "coach", commands.settle_dispute, journey, 2)
    assert contested(stores) == []


def test_mark_names_the_entry_as_first_recorded(stores: Stores) -> None:
    """An entry contested after its correction is the one first recorded, whatever it reads now."""
    programme = Programme(stores)
    journey = programme.given(enrolled(), job("2017-02-01"))
    placed = programme.datenstand
    programme.correct(journey, 2, happened_on=on("2017-02-02"))
    act(stores, "coach", commands.dispute, journey, 2)
    assert contested(stores) == [(2, placed)]


def contested(stores: Stores) -> list[tuple[int, int]]:
    query = "SELECT entry, disputed FROM disputes WHERE known_until IS NULL"
    return stores.read_model.query(query, {})


@fewer
@given(seed=seeds, size=st.integers(40, 120))
def test_rows_of_contested_entries_are_rebuilt(new_stores: NewStores, seed: int, size: int) -> None:
    """Marks put, taken and overtaken by withdrawals anywhere in a made-up ledger change no figure by themselves, and
    give the same rows live and rebuilt."""
    with filled(new_stores, made_up(seed, size)) as (settings, stores):
        random, before = Random(seed), figures(stores, stores.journal.head())
        enter(stores, random, 20, [commands.dispute, commands.dispute, commands.settle_dispute])
        assert figures(stores, stores.journal.head()) == before
        enter(stores, random, 20, [commands.dispute, commands.settle_dispute, withdraw])
        live = digests(stores)
        assert live["disputes"][0] > 0
        rebuild(settings.ledger, settings.read_model, now=NOW)
        assert digests(stores) == live


def withdraw(streams: Streams, journey: UUID, entry: int) -> Decided:
    return commands.withdraw(streams, journey, entry, reason=SEALED)


def enter(stores: Stores, random: Random, count: int, kinds: Sequence[Callable[..., Decided]]) -> None:
    """Some commands about entries chosen at random, those refused left out, and projected."""
    journeys = [UUID(row[0]) for row in stores.read_model.query("SELECT DISTINCT stream FROM enrolments", {})]
    for journey in random.choices(sorted(journeys), k=count) if journeys else ():
        kind, entry = random.choice(kinds), random.randint(1, len(stores.journal.read(journey)))
        with suppress(Refused):
            act(stores, "coach", kind, journey, entry)
