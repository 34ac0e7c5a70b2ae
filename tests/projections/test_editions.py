"""Editions of a balance: frozen, recomputed from the ledger alone, numbered without a gap (DOMAIN.md 6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from entering import MINIJOB, Programme, changed, enrolled, job, on
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from made_up import PROGRAMME, NewStores, carry_out, few, opened, seeds
from random_commands import commands_for
from steps import assigned, exited, funded, session

from domain import commands
from domain.balance import Seal
from domain.errors import NotFound, NotReady, Refused
from domain.facts import (
    BalanceDrafted,
    CatalogueKept,
    Entry,
    Fact,
    FigureValue,
    HiddenCell,
    Value,
    tag_of,
)
from domain.journal import Decided, Journal, Request, Streams
from domain.journal.mapper import decode
from domain.terms import BalanceKind, ExitReason, Gender, HiddenBecause, balances_stream, catalogue_stream
from projections import editions as published
from projections.balance import Balance, compute
from projections.catalogue import CATALOGUES, CORE, Catalogue
from projections.catch_up import catch_up
from projections.editions import (
    Differing,
    Edition,
    catalogue_of,
    cells_of,
    differing,
    draft,
    edition,
    editions,
    recomputed,
    require_reproducible,
    split_name,
)
from projections.programmes import particulars
from projections.read_model import ReadModel
from projections.read_model.tables import columns
from projections.rebuild import rebuild
from projections.settings import Settings
from projections.stores import Stores

NOW = datetime(2031, 1, 2, 9, tzinfo=UTC)
STICHTAG = "2018-02-19"
GOLDEN = Path(__file__).parents[1] / "golden" / "facts.jsonl"


def canonical(balance: Balance) -> bytes:
    """The bytes whose SHA-256 is the digest."""
    return msgspec.json.encode(balance, order="sorted")


def reproduces(stores: Stores, one: Edition) -> None:
    """It is recomputed to the same bytes, and says so itself."""
    again = recomputed(stores.journal, stores.read_model, one)
    assert canonical(again) == canonical(one.balance)
    assert again.digest == one.digest == one.balance.digest
    assert differing(stores.journal, stores.read_model, one) == []
    require_reproducible(stores.journal, stores.read_model, one)


def some_people(programme: Programme) -> list[UUID]:
    """Three journeys whose figures are no round numbers."""
    eur = Decimal("1234.56")
    return [
        programme.given(
            enrolled("2017-01-01", single_parent=True),
            assigned(on("2017-01-02"), "C1"),
            session(on("2017-01-10"), 50),
            job("2017-02-01"),
            funded(on("2017-02-01"), amount=eur),
        ),
        programme.given(
            enrolled("2017-03-01", gender=Gender.MALE, age=41),
            assigned(on("2017-03-01"), "C1"),
            session(on("2017-03-02"), 35),
            funded(on("2017-05-01"), amount=Decimal("0.10")),
            exited(on("2017-12-01"), ExitReason.MOVED_AWAY),
        ),
        programme.given(enrolled("2017-04-01", age=23), assigned(on("2017-04-02"), "C2")),
    ]


def move_on(programme: Programme, people: list[UUID]) -> None:
    """Everything that makes today's balance for an old Stichtag another one."""
    first, second, third = people
    programme.given(enrolled("2017-06-01"), job("2017-07-01"))  # Nachmeldung of a whole journey
    programme.more(third, session(on("2017-05-01"), 90), job("2017-09-01", kind=MINIJOB))
    programme.correct(first, 1, municipality="Kelsterbach", single_parent=False)
    programme.correct(first, 5, amount=Decimal("99.99"))
    programme.correct(second, 5, reason=ExitReason.ILLNESS)
    programme.withdraw(first, 4)
    programme.more(third, changed("2017-10-01", single_parent=True), exited(on("2018-02-01")))


# --- what an edition says -----------------------------------------------------------------------------


def test_edition_is_the_balance(programme: Programme) -> None:
    """It holds Stichtag, Datenstand, catalogue and every figure of the balance drawn then, and its digest."""
    some_people(programme)
    before = programme.datenstand
    one = programme.draft(STICHTAG)
    balance = compute(programme.stores.read_model, programme.key, on(STICHTAG), datenstand=before)
    assert canonical(one.balance) == canonical(balance)
    assert one.digest == balance.digest
    assert (one.name, one.number, one.state) == (f"{programme.key}/1", 1, "drafted")
    assert (one.balance.datenstand, one.balance.catalogue) == (before, CORE.version)
    assert (one.drafted.by, one.drafted.at, one.approved, one.released) == ("drafter", programme.now, None, None)
    fact = programme.stores.journal.entry_at(one.drafted.position).fact
    assert isinstance(fact, BalanceDrafted)
    assert fact.figures == balance.figures
    assert edition(programme.stores.journal, one.name) == one


def test_state_of_an_edition(programme: Programme) -> None:
    """drafted, approved, released: each with who did it and when, and what the public version hides."""
    some_people(programme)
    first, second = programme.draft("2017-12-31"), programme.draft(STICHTAG)
    approved = programme.approve(second)
    assert (approved.state, approved.approved.by, approved.approved.at) == ("approved", "approver", programme.now)
    assert approved.drafted == second.drafted
    hidden = (HiddenCell("exits", "reason", "moved_away", HiddenBecause.SMALL),)
    released = act(
        programme.stores,
        lambda streams: commands.release_balance(streams, programme.key, 2, lambda _state, _number: hidden),
        "publisher",
    )
    now = edition(programme.stores.journal, second.name)
    assert (now.state, now.hidden, now.released.by) == ("released", hidden, "publisher")
    assert now.released.position == released
    assert editions(programme.stores.journal, programme.stores.read_model, programme.key) == [first, now]


def act(stores: Stores, decide: Callable[[Streams], Decided], by: str = "tester", now: datetime = NOW) -> int:
    """Carry out a command and project it; the position of its entry."""
    outcome = stores.journal.act(decide, Request(id=uuid4(), by=by, now=now))
    catch_up(stores.journal, stores.read_model)
    return outcome.position


def test_figures_survive_exactly(programme: Programme) -> None:
    """Rates, means and euro are read from the ledger to the last bit, and counts stay whole numbers."""
    some_people(programme)
    one = programme.draft(STICHTAG)
    figures = compute(programme.stores.read_model, programme.key, on(STICHTAG), datenstand=one.balance.datenstand)
    stored, fresh = (dict(cells_of(balance.figures)) for balance in (one.balance, figures))
    assert {cell: repr(value) for cell, value in stored.items()} == {cell: repr(value) for cell, value in fresh.items()}
    assert stored["placement_rate", "", ""] == 1 / 3
    assert stored["follow_up_funding_eur", "", ""] == 1234.66
    assert stored["follow_up_funding_eur", "gender", "male"] == 0.1
    assert {type(stored[code, "", ""]) for code in ("participants_enrolled", "exits", "coaching_minutes")} == {int}
    assert stored["sustained_rate", "", ""] == 1.0
    assert stored["sustained_rate", "gender", "female"] == 1.0


def test_editions_of_a_programme_and_of_all(stores: Stores) -> None:
    """In the order they were drafted, those of another programme apart."""
    one, other = Programme(stores), Programme(stores)
    drafted = [one.draft("2017-01-01"), other.draft("2017-01-01"), one.draft("2018-01-01")]
    assert [each.name for each in drafted] == [f"{one.key}/1", f"{other.key}/1", f"{one.key}/2"]
    journal, model = stores.journal, stores.read_model
    assert editions(journal, model, one.key) == [drafted[0], drafted[2]]
    assert editions(journal, model, other.key) == [drafted[1]]
    assert sorted(each.name for each in editions(journal, model)) == sorted(each.name for each in drafted)
    assert editions(journal, model, "nirgends") == []


@pytest.mark.parametrize(
    "name", ["lzb", "lzb/", "/1", "lzb/eins", "lzb/1.0", "lzb/-1", "lzb/+1", "lzb/ 1", "lzb/1 ", "lzb/²", "lzb/٣", ""]
)
def test_name_that_names_no_edition(name: str) -> None:
    """PROGRAMME/NUMBER, in the digits of ASCII; anything else is refused with an example."""
    with pytest.raises(NotFound) as refusal:
        split_name(name)
    assert refusal.value.code == "unknown_edition"
    for language in ("de", "en"):
        assert "lzb-gg/1" in refusal.value.in_language(language)


@pytest.mark.parametrize("name", ["{key}/0", "{key}/2", "{key}/00", "nirgends/1", f"{{key}}/{10**30}"])
def test_edition_that_is_not_there(programme: Programme, name: str) -> None:
    """An unknown number or programme is refused."""
    programme.draft(STICHTAG)
    with pytest.raises(NotFound) as refusal:
        edition(programme.stores.journal, name.format(key=programme.key))
    assert refusal.value.code == "unknown_edition"
    assert split_name(f"{programme.key}/1") == (programme.key, 1)


# --- drafting -----------------------------------------------------------------------------------------


def test_same_draft_twice_stores_nothing(programme: Programme) -> None:
    """The same Stichtag at the same Datenstand is one edition; a later Datenstand is another."""
    some_people(programme)
    one = programme.draft(STICHTAG)
    head = programme.datenstand
    assert programme.draft(STICHTAG, one.balance.datenstand, by="somebody-else") == one
    assert programme.datenstand == head
    other = programme.draft(STICHTAG)
    assert (other.number, other.balance.figures) == (2, one.balance.figures)
    assert other.balance.datenstand == head


def test_draft_of_a_past_datenstand(programme: Programme) -> None:
    """An edition can be drafted of what was known earlier, and says that Datenstand."""
    people = some_people(programme)
    datenstand = programme.datenstand
    before = programme.balance(STICHTAG, datenstand)
    move_on(programme, people)
    one = programme.draft(STICHTAG, datenstand)
    assert canonical(one.balance) == canonical(before)
    assert canonical(one.balance) != canonical(programme.draft(STICHTAG).balance)


def test_stichtag_in_the_future_is_refused(programme: Programme) -> None:
    """What a day will bring is no balance (rule 5); nothing is stored, the catalogue neither."""
    head = programme.datenstand
    with pytest.raises(Refused) as refusal:
        programme.draft("2030-01-02")
    assert (refusal.value.code, programme.datenstand) == ("in_future", head)
    programme.draft("2030-01-01")


def test_final_edition_at_the_end(programme: Programme) -> None:
    """Before the programme's last day none is drawn; closed before its time it is drawn from that day on (rule 17)."""
    some_people(programme)
    known = programme.datenstand
    with pytest.raises(Refused) as refusal:
        programme.draft(STICHTAG, final=True)
    assert refusal.value.code == "not_ended"
    assert programme.draft("2029-12-31", final=True).balance.kind is BalanceKind.FINAL
    programme.close("2018-01-31")
    with pytest.raises(Refused) as refusal:
        programme.draft("2018-01-30", final=True)
    assert "31.01.2018" in str(refusal.value)
    final = programme.draft("2018-01-31", final=True)
    assert (final.number, final.balance.kind) == (2, BalanceKind.FINAL)
    of_then = programme.draft("2018-01-31", known, final=True)
    for one in (final, of_then):
        reproduces(programme.stores, one)


def test_interim_and_final_are_two_editions(programme: Programme) -> None:
    """The same figures under another name are another edition."""
    datenstand = programme.datenstand
    interim = programme.draft("2029-12-31")
    final = programme.draft("2029-12-31", datenstand, final=True)
    assert (interim.number, final.number) == (1, 2)
    assert interim.balance.figures == final.balance.figures
    assert interim.digest != final.digest


# --- an edition reproduces ----------------------------------------------------------------------------


@pytest.mark.parametrize("catalogue", CATALOGUES.values(), ids=CATALOGUES)
def test_edition_reproduces_whatever_is_entered_later(programme: Programme, catalogue: Catalogue) -> None:
    """Late entries, corrections and withdrawals change today's balance and no edition by a single byte."""
    people = some_people(programme)
    one = programme.approve(programme.draft(STICHTAG, catalogue=catalogue))
    reproduces(programme.stores, one)
    move_on(programme, people)
    reproduces(programme.stores, one)
    today = compute(programme.stores.read_model, programme.key, on(STICHTAG), catalogue=catalogue)
    assert today.figures != one.balance.figures
    programme.close("2029-06-30")
    later = programme.draft(STICHTAG, catalogue=catalogue)
    assert later.balance.figures == today.figures
    for each in (one, later):
        reproduces(programme.stores, each)
    assert editions(programme.stores.journal, programme.stores.read_model, programme.key)[0] == one


def test_edition_reproduces_after_a_rebuild(stores: Stores, stores_settings: Settings) -> None:
    """The tables are made anew from the ledger, editions among them, and every edition comes out the same."""
    programme = Programme(stores)
    people = some_people(programme)
    first = programme.draft(STICHTAG)
    programme.approve(first)
    move_on(programme, people)
    second = programme.draft(STICHTAG)
    before = editions(stores.journal, stores.read_model)
    certificate = rebuild(stores_settings.ledger, stores_settings.read_model, now=NOW)
    assert certificate.differences == {}
    assert certificate.tables["balances"].rows == 3, "the first edition as drafted and as approved, and the second"
    assert editions(stores.journal, stores.read_model) == before
    for one in before:
        reproduces(stores, one)
    assert [one.digest for one in before] == [first.digest, second.digest]


@few
@given(seed=seeds)
def test_every_edition_of_a_made_up_ledger_reproduces(new_stores: NewStores, seed: int) -> None:
    """Drafted at any time for any Stichtag and Datenstand, an edition is the same at the end of the ledger."""
    random = Random(seed)
    made = commands_for(random, 150, participants=8, ratio=4)
    with opened(new_stores) as (settings, stores):
        drafted = []
        for few_more in (made[:20], made[20:80], made[80:]):
            carry_out(stores.journal, few_more)
            catch_up(stores.journal, stores.read_model)
            for _number in range(2):
                drafted.append(drafted_at_random(stores, random, few_more[-1].request.now))
        found = {one.name: one for one in editions(stores.journal, stores.read_model, PROGRAMME)}
        for one in drafted:
            assert found[one.name].balance == one.balance
            reproduces(stores, one)
        certificate = rebuild(settings.ledger, settings.read_model, now=NOW)
        assert certificate.differences == {}
        for one in drafted:
            reproduces(stores, one)


def drafted_at_random(stores: Stores, random: Random, now: datetime) -> Edition:
    head = stores.journal.head()
    datenstand = random.choice([head, random.randint(1, head)])
    stichtag = now.date() - timedelta(days=random.randint(0, 200))
    catalogue = random.choice(list(CATALOGUES.values()))
    options: Any = {"datenstand": datenstand, "final": False, "catalogue": catalogue}
    asked, kept = draft(stores.read_model, PROGRAMME, stichtag, **options)
    act(stores, lambda streams: commands.draft_balance(streams, asked, kept), now=now)
    found = editions(stores.journal, stores.read_model, PROGRAMME)
    return next(one for one in found if one.digest == asked.digest)


def test_rebuilt_editions_are_the_live_ones(new_stores: NewStores) -> None:
    """Caught up in pages of any size or built anew, the tables of programmes and balances are the same."""
    states = set()
    for seed, page in enumerate((1, 7, 40, 1000)):
        with opened(new_stores) as (settings, stores):
            carry_out(stores.journal, commands_for(Random(seed), 200, programmes=2, participants=4, editions=True))
            catch_up(stores.journal, stores.read_model, page=page)
            live = tables_of(stores.read_model)
            assert rebuild(settings.ledger, settings.read_model, now=NOW).differences == {}
            assert tables_of(stores.read_model) == live
        states |= {row[columns("balances").index("state")] for row in live["balances"]}
        states |= {"closed" for row in live["programmes"] if row[columns("programmes").index("closed_on")]}
    assert states == {"drafted", "approved", "released", "closed"}


def tables_of(model: ReadModel) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in ("programmes", "balances"):
        rows = model.query(f"SELECT {', '.join(columns(table))} FROM {model.name(table)}", {})
        found[table] = sorted(rows, key=repr)
    return found


# --- the catalogue moves on ---------------------------------------------------------------------------


def moved_on(catalogue: Catalogue = CORE) -> Catalogue:
    """The catalogue of a later day: minijobs count as placed, a title reads otherwise, a figure is gone."""
    placed, *others = (figure for figure in catalogue.figures if figure.code in ("placed_svp", "placed_any", "exits"))
    figures = (placed._replace(title=placed.title._replace(german="In Arbeit vermittelt")), *others)
    selection = catalogue.selections["placed_svp"]
    wider = selection._replace(sql=selection.sql.replace("p.kind = 'svp'", "p.kind IN ('svp', 'minijob')"))
    assert wider != selection
    return catalogue._replace(figures=figures, selections={**catalogue.selections, "placed_svp": wider})


def test_edition_reproduces_from_the_kept_catalogue(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition that changed changes what is drawn from now on; the editions before read as before."""
    some_people(programme)
    programme.given(enrolled("2017-05-01"), job("2017-06-01", kind=MINIJOB))
    first = programme.draft(STICHTAG)
    newer = moved_on()
    monkeypatch.setattr(published, "CATALOGUES", {"core": newer})
    kept = catalogue_of(programme.stores.journal, CORE.version)
    assert kept is not CORE
    assert (kept, kept.version, kept.content) == (CORE, CORE.version, CORE.content)
    reproduces(programme.stores, first)
    second = programme.draft(STICHTAG, catalogue=newer)
    assert second.balance.catalogue == newer.version != first.balance.catalogue
    placed = [one.balance.figures["placed_svp"].value for one in (first, second)]
    assert placed == [1, 2]
    assert set(second.balance.figures) == {"placed_svp", "placed_any", "exits"}
    monkeypatch.setattr(published, "CATALOGUES", {})
    for one in (first, second):
        reproduces(programme.stores, one)


def test_catalogue_with_another_title_is_another(programme: Programme) -> None:
    """What a figure is called belongs to its version too: an edition is shown in its own words."""
    title = CORE.figures[0].title._replace(german="Anders genannt")
    other = CORE._replace(figures=(CORE.figures[0]._replace(title=title), *CORE.figures[1:]))
    assert other.version != CORE.version
    one = programme.draft(STICHTAG, catalogue=other)
    kept = catalogue_of(programme.stores.journal, one.balance.catalogue)
    assert kept.figures[0].title.german == "Anders genannt"
    reproduces(programme.stores, one)


def test_changed_catalogue_is_refused(programme: Programme) -> None:
    """A kept text that is not the one its version names is not run, and no edition is told by it."""
    version = moved_on()._replace(name="changed").version
    content = moved_on()._replace(name="changed").content.replace("'minijob'", "'ausbildung'")
    smuggle(programme.stores, catalogue_stream(version), CatalogueKept(version=version, content=content))
    one = programme.draft(STICHTAG, catalogue=moved_on()._replace(name="changed"))
    assert one.balance.catalogue == version
    for look in (differing, recomputed, require_reproducible):
        with pytest.raises(NotReady) as refusal:
            look(programme.stores.journal, programme.stores.read_model, one)
        assert refusal.value.code == "changed_catalogue"
        for language in ("de", "en"):
            assert version in refusal.value.in_language(language)


def test_text_that_is_not_the_versions_is_refused() -> None:
    """The version holds the digest of the text: not a character can be exchanged."""
    assert Catalogue.restored(CORE.version, CORE.content) == CORE
    other = CORE.content.replace("svp", "p16", 1)
    for content in ("", " ", CORE.content + " ", CORE.content[:-1], other, moved_on().content):
        with pytest.raises(NotReady) as refusal:
            Catalogue.restored(CORE.version, content)
        assert refusal.value.code == "changed_catalogue"
    for version in ("", "core", "core:", f"core:{'0' * 16}", moved_on().version):
        with pytest.raises(NotReady):
            Catalogue.restored(version, CORE.content)


def test_catalogue_is_restored_under_its_own_name() -> None:
    """What is restored has the version it was asked for by, its name included."""
    digest = CORE.version.partition(":")[2]
    with pytest.raises(NotReady):
        Catalogue.restored(f"other:{digest}", CORE.content)


def test_unknown_catalogue_is_refused(programme: Programme) -> None:
    """A version that is neither today's nor kept cannot be run."""
    with pytest.raises(NotFound) as refusal:
        catalogue_of(programme.stores.journal, "core:0000000000000000")
    assert refusal.value.code == "unknown_catalogue"
    assert "core:0000000000000000" in str(refusal.value)


def smuggle(stores: Stores, stream: UUID, fact: Fact) -> None:
    """Store a fact past every rule, as somebody who owns the database can; it is projected like any other."""
    entry = Entry(recorded_at=NOW, recorded_by="nobody", request_id=uuid4(), fact=fact)  # type: ignore[arg-type]
    version = len(stores.journal.read(stream)) + 1
    stored = StoredEvent(stream, version, tag_of(fact), msgspec.json.encode(entry))
    stores.journal.recorder.insert_events([stored])
    catch_up(stores.journal, stores.read_model)


def golden(kind: type[Fact]) -> list[Any]:
    """The facts of a kind that were ever stored."""
    lines = (msgspec.json.decode(line) for line in GOLDEN.read_bytes().splitlines())
    wanted = (line for line in lines if line["topic"] == tag_of(kind))
    return [decode(UUID(one["id"]), one["v"], one["topic"], one["state"].encode()).fact for one in wanted]


def test_catalogues_ever_kept_can_be_run(programme: Programme) -> None:
    """The text of a catalogue is storage format: one kept long ago is restored and runs on today's tables."""
    some_people(programme)
    kept = [Catalogue.restored(fact.version, fact.content) for fact in golden(CatalogueKept)]
    assert {catalogue.name for catalogue in kept} == {"klein", "leer"}
    for catalogue in kept:
        found = compute(programme.stores.read_model, programme.key, on(STICHTAG), catalogue=catalogue).figures
        values = {code: figure.value for code, figure in found.items()}
        assert list(values) == [figure.code for figure in catalogue.figures]
        if values:
            rates = {"placement_rate": 1 / 3, "caseload_max": 1, "caseload_mean": 1.0}
            assert values == {"placed": 1, "placed_svp": 1, "funding_eur": 1234.66, **rates}
            assert found["placed"].by == {"gender": {"female": 1}, "kind": {"svp": 1}}


def test_digests_ever_stored_are_still_right() -> None:
    """The bytes behind a digest are storage format: a draft of long ago has today's digest."""
    facts = golden(BalanceDrafted)
    assert facts
    for fact in facts:
        values = {name: getattr(fact, name) for name in Balance.__struct_fields__ if name != "checkpoint"}
        assert Balance(**values, checkpoint=None).digest == fact.digest


# --- what does not reproduce --------------------------------------------------------------------------


def run(model: ReadModel, statement: str, **values: object) -> None:
    """Change a table behind everybody's back."""
    with model.transaction():
        places = {name: f"'{value}'" for name, value in values.items()}
        touched = model.execute(statement.format(**places, **{table: model.name(table) for table in TAMPERED}))
    assert touched == 1


TAMPERED = ("sessions", "enrolments", "placements")


def test_tampered_row_is_named_cell_by_cell(programme: Programme) -> None:
    """One row changed in the tables: exactly the cells it is counted in are named, with both values."""
    first, _second, _third = some_people(programme)
    one = programme.draft(STICHTAG)
    run(programme.stores.read_model, "UPDATE {sessions} SET minutes = 51 WHERE stream = {first}", first=first)
    of_first = {
        "": "",
        "gender": "female",
        "age_group": "25_29",
        "single_parent": "yes",
        "education": "isced_0_2",
        "municipality": "Raunheim",
    }
    alone = {"gender", "age_group", "single_parent"}
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [
        Differing(one.name, "coaching_minutes", trait, value, *((50, 51) if trait in alone else (85, 86)))
        for trait, value in of_first.items()
    ]
    run(programme.stores.read_model, "UPDATE {sessions} SET minutes = 50 WHERE stream = {first}", first=first)
    reproduces(programme.stores, one)


def test_cell_that_one_side_lacks_is_named(programme: Programme) -> None:
    """A group that is gone and one that was not there have no value on the other side."""
    _first, second, _third = some_people(programme)
    one = programme.draft(STICHTAG)
    change = "UPDATE {enrolments} SET exit_reason = 'illness' WHERE stream = {second} AND exited_on IS NOT NULL"
    run(programme.stores.read_model, change, second=second)
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [
        Differing(one.name, "exits", "reason", "moved_away", 1, None),
        Differing(one.name, "exits", "reason", "illness", None, 1),
    ]


def test_edition_that_differs_is_refused(programme: Programme) -> None:
    """What cannot be recomputed is not approved: the first cell is named with both values, in either language."""
    first, _second, _third = some_people(programme)
    one = programme.draft(STICHTAG)
    run(programme.stores.read_model, "UPDATE {placements} SET kind = 'minijob' WHERE stream = {first}", first=first)
    with pytest.raises(Refused) as refusal:
        require_reproducible(programme.stores.journal, programme.stores.read_model, one)
    assert refusal.value.code == "edition_differs"
    for language in ("de", "en"):
        words = refusal.value.in_language(language)
        assert all(word in words for word in (one.name, "placed_svp", "1", "0"))


def test_rebuild_puts_a_tampered_model_right(stores: Stores, stores_settings: Settings) -> None:
    """The tables are derived: the rebuild names the row, and the edition reproduces again."""
    programme = Programme(stores)
    first, _second, _third = some_people(programme)
    one = programme.draft(STICHTAG)
    run(stores.read_model, "UPDATE {placements} SET scheme = 'p16i' WHERE stream = {first}", first=first)
    cells = differing(stores.journal, stores.read_model, one)
    assert {cell.figure for cell in cells} == {"sustained_yes", "sustained_no", "sustained_pending", "sustained_rate"}
    certificate = rebuild(stores_settings.ledger, stores_settings.read_model, now=NOW)
    assert list(certificate.differences) == ["placements"]
    reproduces(stores, one)


def forged(programme: Programme, **changes: Any) -> Edition:
    """An edition that was not drawn from the ledger, stored past every rule."""
    options: Any = {"datenstand": programme.datenstand, "final": False, "catalogue": CORE}
    drafted, _kept = draft(programme.stores.read_model, programme.key, on(STICHTAG), **options)
    changed_draft = msgspec.structs.replace(drafted, **changes)
    smuggle(programme.stores, balances_stream(programme.key), changed_draft)
    return edition(programme.stores.journal, f"{programme.key}/1")


def test_forged_figure_is_named(programme: Programme) -> None:
    """A figure the ledger does not give is found, although its edition carries the right digest."""
    some_people(programme)
    figures = dict(programme.figures(STICHTAG))
    figures["placed_svp"] = FigureValue(2, figures["placed_svp"].by)
    one = forged(programme, figures=figures)
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [
        Differing(one.name, "placed_svp", "", "", 2, 1)
    ]


@pytest.mark.parametrize("missing", ["coaching_sessions", "exits"])
def test_figure_left_out_is_named(programme: Programme, missing: str) -> None:
    """A figure the edition lacks is found with every cell."""
    some_people(programme)
    figures = dict(programme.figures(STICHTAG))
    gone = figures.pop(missing)
    one = forged(programme, figures=figures)
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [
        Differing(one.name, *cell, None, value) for cell, value in cells_of({missing: gone})
    ]


def test_group_without_a_value_is_a_cell_too(programme: Programme) -> None:
    """A rate of nobody and a group that is not there are two things, although neither has a number."""
    some_people(programme)
    figures = dict(programme.figures(STICHTAG))
    rate = figures["placement_rate"]
    figures["placement_rate"] = FigureValue(rate.value, {**rate.by, "gender": {**rate.by["gender"], "diverse": None}})
    one = forged(programme, figures=figures)
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [
        Differing(one.name, "placement_rate", "gender", "diverse", None, None)
    ]


def whole(value: Value) -> Value:
    return float(value) if isinstance(value, int) else value


def test_digest_alone_can_differ(programme: Programme) -> None:
    """Cells that look the same and are other bytes, or a digest of something else, are found by the digest."""
    some_people(programme)
    figures = dict(programme.figures(STICHTAG))
    figures["exits"] = FigureValue(whole(figures["exits"].value), figures["exits"].by)
    one = forged(programme, figures=figures, digest="0" * 64)
    digest = Differing(one.name, "digest", "", "", None, None)
    assert differing(programme.stores.journal, programme.stores.read_model, one) == [digest]
    with pytest.raises(Refused) as refusal:
        require_reproducible(programme.stores.journal, programme.stores.read_model, one)
    assert refusal.value.code == "edition_differs"


def test_edition_ahead_of_the_read_model_is_not_told(stores: Stores) -> None:
    """A read model that has not reached the Datenstand recomputes nothing rather than less."""
    programme = Programme(stores)
    some_people(programme)
    one = programme.draft(STICHTAG)
    stores.read_model.execute(f"UPDATE {stores.read_model.name('tracking')} SET position = 5")
    with pytest.raises(Refused) as refusal:
        differing(stores.journal, stores.read_model, one)
    assert refusal.value.code == "unknown_datenstand"


# --- the tables ---------------------------------------------------------------------------------------


def known_at(model: ReadModel, table: str, columns: str, programme: str, datenstand: int) -> list[tuple[Any, ...]]:
    query = (
        f"SELECT {columns} FROM {model.name(table)} t WHERE t.programme = :programme "
        "AND t.known_from <= :datenstand AND (t.known_until IS NULL OR t.known_until > :datenstand)"
    )
    return model.query(query, {"programme": programme, "datenstand": datenstand})


def test_balances_table_knows_what_was_known_when(programme: Programme) -> None:
    """`balances` has an edition as drafted, then as approved, with the entries behind each state."""
    some_people(programme)
    drafted = programme.draft(STICHTAG)
    approved = programme.approve(drafted)
    found = [
        known_at(programme.stores.read_model, "balances", "t.number, t.state, t.digest, t.entries", programme.key, at)
        for at in (drafted.drafted.position - 1, drafted.drafted.position, approved.approved.position)
    ]
    positions = [drafted.drafted.position, approved.approved.position]
    assert found == [
        [],
        [(1, "drafted", drafted.digest, f"[{positions[0]}]")],
        [(1, "approved", drafted.digest, str(positions))],
    ]
    second, third = programme.draft("2017-12-31"), programme.draft("2017-11-30")
    programme.approve(second)
    states = known_at(programme.stores.read_model, "balances", "t.number, t.state", programme.key, programme.datenstand)
    assert sorted(states) == [(1, "approved"), (second.number, "approved"), (third.number, "drafted")]
    columns = "t.kind, t.stichtag, t.datenstand, t.catalogue"
    at = approved.approved.position
    assert known_at(programme.stores.read_model, "balances", columns, programme.key, at) == [
        ("interim", STICHTAG, drafted.balance.datenstand, CORE.version)
    ]


def test_closing_is_known_from_its_entry_on(programme: Programme) -> None:
    """`programmes.closed_on` is empty before the closing; the programme's last day follows."""
    model = programme.stores.read_model
    before = programme.datenstand
    programme.close("2018-01-31")
    after = programme.datenstand
    found = [
        known_at(model, "programmes", "t.ends_on, t.closed_on, t.entries", programme.key, at)[0]
        for at in (before, after)
    ]
    assert found == [
        ("2029-12-31", None, f"[{before}]"),
        ("2029-12-31", "2018-01-31", f"[{before}, {after}]"),
    ]
    assert particulars(model, programme.key, before).last_day == date(2029, 12, 31)
    assert particulars(model, programme.key, after).last_day == date(2018, 1, 31)
    assert particulars(model, programme.key, after).ends_on == date(2029, 12, 31)


# --- at the same moment -------------------------------------------------------------------------------


@contextmanager
def at_once(settings: Settings, *decisions: Callable[[Streams], Decided], accounts: list[str]) -> Iterator[list[Any]]:
    """Carry out decisions in threads with a ledger of their own each; all have read before the first decides.

    Gives what each came to: the number of entries it stored, or its refusal.
    """
    barrier = Barrier(len(decisions))
    found: list[Any] = [None] * len(decisions)

    def work(place: int, decide: Callable[[Streams], Decided]) -> None:
        waited: list[bool] = []

        def together(streams: Streams) -> Decided:
            decided = decide(streams)
            if not waited:
                waited.append(True)
                barrier.wait(30)
            return decided

        try:
            with Journal(settings.ledger) as journal:
                request = Request(id=uuid4(), by=accounts[place], now=NOW)
                found[place] = len(journal.act(together, request).recorded)
        except (Refused, BrokenBarrierError) as refusal:
            found[place] = refusal

    threads = [Thread(target=work, args=pair) for pair in enumerate(decisions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    yield found


def asked_for(programme: Programme, stichtag: str) -> Callable[[Streams], Decided]:
    drafted, kept = draft(
        programme.stores.read_model,
        programme.key,
        on(stichtag),
        datenstand=programme.datenstand,
        final=False,
        catalogue=CORE,
    )
    return lambda streams: commands.draft_balance(streams, drafted, kept)


def test_drafts_at_once_get_different_numbers(stores: Stores, stores_settings: Settings) -> None:
    """Whoever comes second reads again and gets the next number; the catalogue is kept once."""
    programme = Programme(stores)
    some_people(programme)
    days = [f"2018-0{month}-01" for month in range(1, 7)]
    decisions = [asked_for(programme, day) for day in days]
    with at_once(stores_settings, *decisions, accounts=[f"C{number}" for number in range(6)]) as found:
        assert sorted(found) == [1, 1, 1, 1, 1, 2], "one of them stores the catalogue too"
    catch_up(stores.journal, stores.read_model)
    drafted = editions(stores.journal, stores.read_model, programme.key)
    assert [one.number for one in drafted] == [1, 2, 3, 4, 5, 6]
    assert {one.balance.stichtag.isoformat() for one in drafted} == set(days)
    assert len(stores.journal.read(catalogue_stream(CORE.version))) == 1
    for one in drafted:
        reproduces(stores, one)


def test_same_draft_at_once_is_stored_once(stores: Stores, stores_settings: Settings) -> None:
    """Whoever comes second finds the edition there and stores nothing."""
    programme = Programme(stores)
    decisions = [asked_for(programme, STICHTAG)] * 3
    with at_once(stores_settings, *decisions, accounts=["C1", "C2", "C3"]) as found:
        assert sorted(found) == [0, 0, 2]
    assert len(stores.journal.read(balances_stream(programme.key))) == 1


def test_approvals_at_once_store_one(stores: Stores, stores_settings: Settings) -> None:
    """Of several who approve at the same moment one does, and nobody is told anything went wrong."""
    programme = Programme(stores)
    programme.draft(STICHTAG)
    sealed = stores.seal(datetime(2020, 1, 1, tzinfo=UTC))
    seal = Seal(sealed.note, sealed.position)
    decisions = [lambda streams: commands.approve_balance(streams, programme.key, 1, seal)] * 4
    with at_once(stores_settings, *decisions, accounts=["C1", "C2", "C3", "C4"]) as found:
        assert sorted(found) == [0, 0, 0, 1]
    recorded = stores.journal.read(balances_stream(programme.key))
    assert [tag_of(one.fact) for one in recorded] == ["balance.drafted", "balance.approved"]
    catch_up(stores.journal, stores.read_model)
    assert edition(stores.journal, f"{programme.key}/1").approved.by == recorded[1].entry.recorded_by
