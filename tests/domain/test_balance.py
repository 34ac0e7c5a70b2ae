"""Editions of a balance: drafted, approved by another person, released; and the catalogues kept with them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from given import NOW, OPENED, TODAY, CommandDecision, MemoryLedger, given
from hypothesis import given as any_of
from hypothesis import strategies as st

from domain import balance, commands
from domain.balance import Balances, Seal, Shelf
from domain.errors import Refused
from domain.facts import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CatalogueKept,
    Entry,
    Fact,
    FigureValue,
    HiddenCell,
    ProgrammeClosed,
    Recorded,
)
from domain.journal import Request, Streams
from domain.journal.mapper import FactMapper
from domain.journal.streams import Decided
from domain.terms import BalanceKind, HiddenBecause, balances_stream, catalogue_stream, programme_stream

KEY, LAST_DAY = OPENED.key, OPENED.ends_on
ONE_DAY = timedelta(days=1)
BALANCES = balances_stream(KEY)
FIGURES = {
    "placed_svp": FigureValue(44, {"gender": {"female": 30, "male": 14}}),
    "placement_rate": FigureValue(1 / 3, {"gender": {"female": 0.1 + 0.2, "male": None}}),
    "follow_up_funding_eur": FigureValue(1234.56, {"gender": {"female": 1234.56, "male": 0.0}}),
    "exits": FigureValue(2, {"reason": {"svp": 1, "moved_away": 1}}),
}
KEPT = CatalogueKept(version="core:0123456789abcdef", content='["core",[]]')
SHELF = catalogue_stream(KEPT.version)
DRAFTED_AT = 17
SEAL = Seal("the note", DRAFTED_AT)
HIDDEN = (HiddenCell("exits", "reason", "svp", HiddenBecause.SMALL),)


def drafted(number: int = 1, **changed: Any) -> BalanceDrafted:
    """A draft; those with another number have another digest."""
    plain = BalanceDrafted(
        programme=KEY,
        number=number,
        kind=BalanceKind.INTERIM,
        stichtag=TODAY,
        datenstand=7,
        catalogue=KEPT.version,
        figures=FIGURES,
        digest=f"{number:064x}",
    )
    return msgspec.structs.replace(plain, **changed)


def approved(number: int = 1) -> BalanceApproved:
    return BalanceApproved(number=number, digest=drafted(number).digest, checkpoint=SEAL.note)


def released(number: int = 1) -> BalanceReleased:
    return BalanceReleased(number=number, hidden=HIDDEN)


def draft(state: Balances, asked: BalanceDrafted, last_day: date = LAST_DAY, today: date = TODAY) -> list[Fact]:
    return balance.draft(state, asked, last_day=last_day, today=today)


def approve(
    state: Balances, number: int, drafted_by: str = "drafter", by: str = "approver", seal: Seal = SEAL
) -> list[Fact]:
    entry = Entry(recorded_at=NOW, recorded_by=drafted_by, request_id=UUID(int=1), fact=drafted(number))
    return balance.approve(state, number, drafted=Recorded(BALANCES, number, entry, DRAFTED_AT), by=by, seal=seal)


# --- drafting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [1, 7])
def test_first_edition_is_number_one(asked: int) -> None:
    """Editions are numbered by their stream, whatever number a draft was made with."""
    given(Balances).when(draft, drafted(number=asked, digest="a")).then(drafted(1, digest="a"))


def test_editions_are_numbered_without_a_gap() -> None:
    """The next edition has the next number, whatever became of those before."""
    state = given(Balances, drafted(1), approved(1), released(1), drafted(2))
    state.when(draft, drafted(number=1, digest="a")).then(drafted(3, digest="a"))


@pytest.mark.parametrize("more", [(), (approved(),), (approved(), released()), (drafted(2),)])
def test_same_draft_twice_stores_nothing(more: tuple[Fact, ...]) -> None:
    """The same figures from the same Stichtag and Datenstand are one edition, also after its approval."""
    given(Balances, drafted(), *more).when(draft, drafted()).then()
    given(Balances, drafted(), *more).when(draft, drafted(number=9, digest=drafted().digest)).then()


def test_stichtag_in_the_future_is_refused() -> None:
    """A balance is drawn of what has happened; today's is the last (rule 5)."""
    given(Balances).when(draft, drafted(stichtag=TODAY)).then(drafted(stichtag=TODAY))
    tomorrow = TODAY + ONE_DAY
    refusal = given(Balances).when(draft, drafted(stichtag=tomorrow)).refused("in_future", tomorrow, TODAY)
    assert refusal.field == "stichtag"


def test_final_balance_before_the_end_is_refused() -> None:
    """A Gesamtbilanz is drawn on the programme's last day at the earliest, the message names it (rule 17)."""
    on_time, early = (drafted(kind=BalanceKind.FINAL, stichtag=day) for day in (LAST_DAY, LAST_DAY - ONE_DAY))
    given(Balances).when(draft, on_time, today=LAST_DAY).then(on_time)
    refusal = given(Balances).when(draft, early, today=LAST_DAY).refused("not_ended", LAST_DAY)
    assert refusal.field == "stichtag"


def test_interim_balance_is_drawn_at_any_time() -> None:
    """A Zwischenbilanz needs no end of the programme, and there may be one after it."""
    for day in (OPENED.starts_on, LAST_DAY - ONE_DAY, LAST_DAY + ONE_DAY):
        given(Balances).when(draft, one := drafted(stichtag=day), today=LAST_DAY + ONE_DAY).then(one)


def test_refused_draft_is_refused_again() -> None:
    """That the same figures were drafted before does not let a Stichtag in the future through."""
    tomorrow = drafted(stichtag=TODAY + ONE_DAY)
    given(Balances, tomorrow).when(draft, tomorrow).refused("in_future")


# --- approving --------------------------------------------------------------------------------------


def test_another_person_approves() -> None:
    """The approval names the edition and the digest of what was looked at (rule 16)."""
    state = given(Balances, drafted(1), drafted(2))
    state.when(approve, 2).then(BalanceApproved(number=2, digest=drafted(2).digest, checkpoint=SEAL.note))


def test_an_edition_that_is_not_sealed_is_not_approved() -> None:
    """No edition is approved unless a checkpoint covers its draft and everything before (rule 16)."""
    state = given(Balances, drafted())
    state.when(approve, 1, seal=Seal("earlier", DRAFTED_AT - 1)).refused("not_sealed", DRAFTED_AT - 1, DRAFTED_AT)
    state.when(approve, 1, seal=Seal("later", DRAFTED_AT + 1)).then(
        BalanceApproved(number=1, digest=drafted().digest, checkpoint="later")
    )


@pytest.mark.parametrize(
    ("drafter", "approver"), [("C1", "C1"), ("lead-1", "LEAD-1"), ("Lead-1", "lead-1"), ("straße-1", "STRASSE-1")]
)
def test_who_drafted_does_not_approve(drafter: str, approver: str) -> None:
    """Four eyes: the same account is refused, in capital letters too (rule 16)."""
    given(Balances, drafted(1), drafted(2)).when(approve, 2, drafter, approver).refused("four_eyes", 2, approver)


def test_accounts_that_begin_the_same_are_two() -> None:
    """Only the same account is the same person."""
    given(Balances, drafted()).when(approve, 1, "C1", "C10").then(approved())


@pytest.mark.parametrize("more", [(), (released(),)])
def test_approving_twice_stores_nothing(more: tuple[Fact, ...]) -> None:
    """One approval is enough, whoever gives the second; whoever drafted it is refused all the same."""
    state = given(Balances, drafted(), approved(), *more)
    state.when(approve, 1).then()
    state.when(approve, 1, by="somebody-else").then()
    state.when(approve, 1, by="drafter").refused("four_eyes")


@pytest.mark.parametrize("number", [-1, 0, 2])
def test_edition_that_is_not_there_is_refused(number: int) -> None:
    """An unknown number is refused and the message says how many there are."""
    for decide in (approve, lambda state, number: balance.release(state, number, ())):
        given(Balances, drafted()).when(decide, number).refused("unknown_edition", number, 1)
        given(Balances).when(decide, number).refused("unknown_edition", number, 0)


# --- releasing --------------------------------------------------------------------------------------


def test_release_only_after_approval() -> None:
    """What nobody else looked at does not leave the house (rule 16)."""
    given(Balances, drafted(1), drafted(2), approved(1)).when(balance.release, 2, ()).refused("not_approved", 2)
    given(Balances, drafted(1), approved(1)).when(balance.release, 1, HIDDEN).then(released(1))


def test_released_once_it_stays() -> None:
    """A public version is never made anew, whatever is to be hidden then."""
    given(Balances, drafted(), approved(), released()).when(balance.release, 1, ()).then()


def test_editions_hold_what_became_of_them() -> None:
    """The state keeps each draft with its entry on the stream, its approval and what its public version hides."""
    first, second = given(Balances, drafted(1), drafted(2), approved(2), released(2)).state.editions
    assert (first.draft, first.entry, first.approved, first.released) == (drafted(1), 1, False, None)
    assert (second.draft, second.entry, second.approved, second.released) == (drafted(2), 2, True, released(2))


# --- keeping catalogues -----------------------------------------------------------------------------


def test_catalogue_is_kept_once() -> None:
    """A version of a catalogue lies in the ledger once."""
    given(Shelf).when(balance.keep, KEPT).then(KEPT)
    given(Shelf, KEPT).when(balance.keep, KEPT).then()


@pytest.mark.parametrize(("kind", "fact"), [(Balances, KEPT), (Shelf, drafted()), (Balances, OPENED)])
def test_facts_of_another_stream_are_not_folded(kind: Any, fact: Fact) -> None:
    """A stream holds the facts of its kind and no others."""
    with pytest.raises(TypeError):
        given(kind, fact)


# --- the commands -----------------------------------------------------------------------------------


class Office(MemoryLedger):
    """A ledger with the programme of the tests, where several accounts act."""

    def __init__(self) -> None:
        super().__init__()
        self.given(commands.open_programme, OPENED)

    def asked(self, account: str, command: Callable[..., Decided], *asked: Any, **request: Any) -> CommandDecision:
        """Run a command in the name of an account."""
        named = Request(**{"id": uuid4(), "by": account, "now": NOW, **request})
        try:
            return CommandDecision(self.act(lambda streams: command(streams, *asked), named))
        except Refused as refusal:
            return CommandDecision(refusal=refusal)


def test_draft_is_stored_with_its_catalogue() -> None:
    """The edition goes to the programme's balances, what it was drawn with to the catalogue's own stream."""
    office = Office()
    office.asked("drafter", commands.draft_balance, drafted(5), KEPT).then(
        (BALANCES, drafted(1, digest=drafted(5).digest)), (SHELF, KEPT)
    )


def test_catalogue_is_kept_with_the_first_edition_only() -> None:
    """A second edition finds it there, also one of another programme."""
    office = Office().given(commands.open_programme, msgspec.structs.replace(OPENED, key="other"))
    office.given(commands.draft_balance, drafted(1), KEPT)
    office.asked("drafter", commands.draft_balance, drafted(2), KEPT).then((BALANCES, drafted(2)))
    elsewhere = drafted(1, programme="other")
    office.asked("drafter", commands.draft_balance, elsewhere, KEPT).then((balances_stream("other"), elsewhere))
    newer = CatalogueKept(version="core:fedcba9876543210", content="[]")
    third = drafted(3, catalogue=newer.version)
    decision = office.asked("drafter", commands.draft_balance, third, newer)
    decision.then((BALANCES, third), (catalogue_stream(newer.version), newer))


def test_draft_asked_for_twice_is_stored_once() -> None:
    """The same balance stores neither edition nor catalogue again, whoever asks; a request sent twice neither."""
    office, again = Office(), uuid4()
    office.asked("drafter", commands.draft_balance, drafted(), KEPT, id=again).then_anything()
    for account, request in (("drafter", again), ("drafter", uuid4()), ("somebody-else", uuid4())):
        office.asked(account, commands.draft_balance, drafted(), KEPT, id=request).then()


def test_balance_of_an_unknown_programme_is_refused() -> None:
    """No programme, no balance (rule 1)."""
    asked = drafted(programme="nirgends")
    Office().asked("drafter", commands.draft_balance, asked, KEPT).refused("unknown_programme", "nirgends")


def test_final_balance_after_the_closing() -> None:
    """A programme closed before its time has its Gesamtbilanz from its last day on (rule 17)."""
    office, last_day = Office(), TODAY - timedelta(days=30)
    final = drafted(kind=BalanceKind.FINAL)
    office.asked("drafter", commands.draft_balance, final, KEPT).refused("not_ended", LAST_DAY)
    office.given(commands.close_programme, KEY, last_day)
    early = msgspec.structs.replace(final, stichtag=last_day - ONE_DAY)
    office.asked("drafter", commands.draft_balance, early, KEPT).refused("not_ended", last_day)
    on_time = msgspec.structs.replace(final, stichtag=last_day)
    office.asked("drafter", commands.draft_balance, on_time, KEPT).then((BALANCES, on_time), (SHELF, KEPT))


def test_today_of_a_draft_is_the_day_in_germany() -> None:
    """Shortly before midnight UTC it is tomorrow in Germany already (rule 5)."""
    office, tomorrow = Office(), drafted(stichtag=TODAY + ONE_DAY)
    late = NOW.replace(hour=22, minute=59), NOW.replace(hour=23, minute=0)
    office.asked("drafter", commands.draft_balance, tomorrow, KEPT, now=late[0]).refused("in_future")
    office.asked("drafter", commands.draft_balance, tomorrow, KEPT, now=late[1]).then_anything()


def test_who_drafted_is_asked_of_each_edition() -> None:
    """Two who draft one edition each may approve each other's, and neither their own (rule 16)."""
    office = Office()
    office.asked("one", commands.draft_balance, drafted(1), KEPT).then_anything()
    office.asked("two", commands.draft_balance, drafted(2), KEPT).then_anything()
    office.asked("one", commands.approve_balance, KEY, 1, SEAL).refused("four_eyes", "one")
    office.asked("Two", commands.approve_balance, KEY, 2, SEAL).refused("four_eyes", "Two")
    office.asked("two", commands.approve_balance, KEY, 1, SEAL).then((BALANCES, approved(1)))
    office.asked("one", commands.approve_balance, KEY, 2, SEAL).then((BALANCES, approved(2)))
    office.asked("three", commands.approve_balance, KEY, 1, SEAL).then()


def test_four_eyes_within_one_request_batch() -> None:
    """Who drafted is known also where draft and approval are decided before either is stored (rule 16)."""
    streams = Streams(Office().load, Request(id=uuid4(), by="one", now=NOW))
    streams.append(commands.draft_balance(streams, drafted(), KEPT))
    streams.request = Request(id=uuid4(), by="ONE", now=NOW)
    with pytest.raises(Refused) as refusal:
        commands.approve_balance(streams, KEY, 1, SEAL)
    assert refusal.value.code == "four_eyes"
    streams.request = Request(id=uuid4(), by="two", now=NOW)
    assert commands.approve_balance(streams, KEY, 1, SEAL) == [(BALANCES, approved())]


@pytest.mark.parametrize("programme", [KEY, "nirgends"])
def test_approving_what_is_not_there_is_refused(programme: str) -> None:
    """Without a draft there is nothing to approve or to release."""
    office = Office()
    office.asked("approver", commands.approve_balance, programme, 1, SEAL).refused("unknown_edition", 1, 0)
    office.asked("approver", commands.release_balance, programme, 1, never).refused("unknown_edition", 1, 0)


def never(state: Balances, number: int) -> tuple[HiddenCell, ...]:
    raise AssertionError(f"asked what to hide of {number} in {state}")


def test_release_asks_what_to_hide() -> None:
    """It is asked with all editions, once there is something to release, and never again."""
    office = Office()
    office.asked("one", commands.draft_balance, drafted(), KEPT).then_anything()
    office.asked("two", commands.release_balance, KEY, 1, never).refused("not_approved", 1)
    office.asked("two", commands.approve_balance, KEY, 1, SEAL).then_anything()
    seen: list[tuple[Balances, int]] = []

    def hide(state: Balances, number: int) -> tuple[HiddenCell, ...]:
        seen.append((state, number))
        return HIDDEN

    office.asked("one", commands.release_balance, KEY, 1, hide).then((BALANCES, released()))
    assert seen == [(given(Balances, drafted(), approved()).state, 1)]
    office.asked("one", commands.release_balance, KEY, 1, never).then()


def test_programme_is_closed_by_command() -> None:
    """The last day is stored with the programme; twice it is stored once, and an unknown programme is refused."""
    office = Office()
    closing = (programme_stream(KEY), ProgrammeClosed(last_day=TODAY))
    office.asked("lead", commands.close_programme, KEY, TODAY).then(closing)
    office.asked("lead", commands.close_programme, KEY, TODAY).then()
    office.asked("lead", commands.close_programme, "nirgends", TODAY).refused("unknown_programme", "nirgends")


# --- what is stored ---------------------------------------------------------------------------------

values = st.one_of(
    st.none(),
    st.integers(0, 2**53),
    st.builds(lambda part, per: part / per, st.integers(0, 10**6), st.integers(1, 10**6)),  # a rate
    st.builds(lambda cents: cents / 100, st.integers(0, 10**12)),  # euro
)
words = st.text(max_size=8)
figures = st.dictionaries(
    words, st.builds(FigureValue, values, st.dictionaries(words, st.dictionaries(words, values))), max_size=4
)


@any_of(figures=figures)
def test_figures_survive_the_ledger_exactly(figures: dict[str, FigureValue]) -> None:
    """What is frozen is read back to the last bit, and a whole number stays one: digests depend on it."""
    fact = drafted(figures=figures)
    entry = Entry(recorded_at=NOW, recorded_by="drafter", request_id=UUID(int=1), fact=fact)
    state = FactMapper().to_stored_event(Recorded(BALANCES, 1, entry)).state
    read = msgspec.json.decode(state, type=Entry).fact
    assert isinstance(read, BalanceDrafted)
    assert repr(read) == repr(fact)
    assert read == fact
