"""Replay: the ledger of a programme entry by entry, and what each entry moves at one Stichtag."""

from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from entering import MINIJOB, Programme, enrolled, job, on, some_days
from given import SEALED
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import PROGRAMME, NewStores, few, filled, seeds
from random_commands import Command, commands_for

from domain.errors import Refused
from domain.facts import CoachAssigned, Disputed, DisputeSettled, Entry, Recorded, Value, Withdrawn
from domain.journal import Journal
from domain.terms import Gender, balances_stream
from projections.balance import Balance, compute
from projections.catalogue import CORE, ESF, Catalogue
from projections.catch_up import catch_up
from projections.explain.standing import Cell, Standing
from projections.replay import Numbers, Step, as_told, by_day, numbers, replay
from projections.stores import Stores

STICHTAG = on("2017-03-01")
fewer = settings(few, max_examples=3)


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def standing_at(programme: Programme, since: int, *codes: str, catalogue: Catalogue = CORE) -> Standing:
    return Standing(programme.stores.read_model, programme.key, catalogue, STICHTAG, since, codes)


def replayed(programme: Programme, since: int = 0, *codes: str, **options: Any) -> list[Step]:
    """Every step after a position, the totals that moved with it."""
    standing = standing_at(programme, since, *codes)
    return list(replay(programme.stores.journal, standing, programme.datenstand, **options))


def totals(moved: Numbers) -> dict[str, tuple[Value, Value]]:
    return {code: ends for (code, trait, _value), ends in moved.items() if not trait}


# --- laws ------------------------------------------------------------------------------------------


def cells_of(balance: Balance) -> dict[Cell, Value]:
    """Every total, and every cell of a breakdown that is not 0 and has a denominator."""
    return {
        (code, trait, value): number
        for code, figure in balance.figures.items()
        for trait, values in {"": {"": figure.value}, **figure.by}.items()
        for value, number in values.items()
        if number or not trait
    }


def accumulated(cells: dict[Cell, Value], moved: Numbers) -> dict[Cell, Value]:
    """The cells after a step; what it says of before is what was there."""
    for cell, (before, after) in moved.items():
        assert (cells.get(cell) or 0, cell[1] or cells[cell]) == (before or 0, cell[1] or before), cell
        assert before != after, cell
        cells[cell] = after
    return {cell: number for cell, number in cells.items() if number or not cell[1]}


def ledger(seed: int, size: int) -> list[Command]:
    """Two programmes with editions of their balances: what moves no figure too."""
    return commands_for(Random(seed), size, participants=6, ratio=4, programmes=2, editions=True)


@fewer
@given(seed=seeds, size=st.integers(10, 60), catalogue=st.sampled_from([CORE, ESF]))
def test_after_every_step_the_figures_are_those_of_that_datenstand(
    new_stores: NewStores, seed: int, size: int, catalogue: Catalogue
) -> None:
    """Of any ledger, at any Stichtag: what the steps have moved is what a balance at that position says, exactly."""
    random = Random(seed)
    (stichtag,) = some_days(random, on("2016-03-01"), on("2018-06-30"), 1)
    with filled(new_stores, ledger(seed, size)) as (_settings, stores):
        model, head = stores.read_model, stores.journal.head()
        standing = Standing(model, PROGRAMME, catalogue, stichtag, random.choice([0, random.randint(1, head)]))
        cells = numbers(standing, breakdowns=True)
        for step in replay(stores.journal, standing, head, breakdowns=True, page=random.choice([1, 7, 1000])):
            cells = accumulated(cells, step.moved)
            balance = compute(model, PROGRAMME, stichtag, datenstand=step.entry.position, catalogue=catalogue)
            assert cells == cells_of(balance), step.entry
        assert cells == numbers(standing, breakdowns=True)
        assert cells == cells_of(compute(model, PROGRAMME, stichtag, datenstand=head, catalogue=catalogue))


@fewer
@given(seed=seeds, size=st.integers(10, 120))
def test_two_replays_in_a_row_are_one(new_stores: NewStores, seed: int, size: int) -> None:
    """To N and from N on is the whole, step by step and figure by figure, in pages of whatever length."""
    random = Random(seed)
    with filled(new_stores, ledger(seed, size)) as (_settings, stores):
        head = stores.journal.head()
        middle = random.randint(1, head)

        def steps(since: int, upto: int, page: int) -> tuple[list[Step], dict[Cell, Value]]:
            standing = Standing(stores.read_model, PROGRAMME, CORE, on("2017-06-30"), since)
            found = list(replay(stores.journal, standing, upto, breakdowns=True, page=page))
            return found, numbers(standing, breakdowns=True)

        whole, end = steps(0, head, 1000)
        first, between = steps(0, middle, random.randint(1, 9))
        second, again = steps(middle, head, random.randint(1, 9))
        assert first + second == whole
        assert again == end
        start = Standing(stores.read_model, PROGRAMME, CORE, on("2017-06-30"), middle)
        assert numbers(start, breakdowns=True) == between


@fewer
@given(seed=seeds, size=st.integers(20, 120))
def test_every_entry_of_the_programme_is_a_step(new_stores: NewStores, seed: int, size: int) -> None:
    """Whether it moves anything or not, once, in the order of the ledger; none of another programme's, no catalogue."""
    with filled(new_stores, ledger(seed, size)) as (_settings, stores):
        steps = {}
        for key in ("programme-1", "programme-2"):
            standing = Standing(stores.read_model, key, CORE, STICHTAG, 0)
            found = [step.entry for step in replay(stores.journal, standing, stores.journal.head())]
            assert [entry.position for entry in found] == sorted({entry.position for entry in found})
            steps |= {entry.position: (key, entry) for entry in found}
            assert len(found) == sum(of == key for of, _entry in steps.values())
        stored = sorted(stores.journal.scan(0, 1, upto=stores.journal.head()))
        assert [row[0] for row in stored if row[3] != "catalogue.kept"] == sorted(steps)
        for position, stream, _version, tag, state in stored:
            if tag == "catalogue.kept":
                continue
            key, told = steps[position]
            entry = msgspec.json.decode(state)
            assert (told.stream, told.step, told.recorded_by) == (
                stream,
                tag.removeprefix("journey."),
                entry["recorded_by"],
            )
            named = {entry["fact"].get("programme"), entry["fact"].get("key")} - {None}
            assert named <= {key}


# --- single entries --------------------------------------------------------------------------------


def test_a_late_entry_moves_the_figures_at_the_fixed_stichtag(programme: Programme) -> None:
    """A job reported late moves counts and rates from what they were to what they are, exactly."""
    journey = programme.given(enrolled())
    programme.given(enrolled())
    before = programme.datenstand
    programme.more(journey, job("2017-02-01"))
    (step,) = replayed(programme, before)
    assert (step.entry.step, step.entry.happened_on) == ("placement_started", on("2017-02-01"))
    assert (step.entry.journey, step.entry.participant) == (str(journey), str(programme.participant(journey)))
    assert totals(step.moved)["placed_svp"] == (0, 1)
    assert totals(step.moved)["placement_rate"] == (0.0, 0.5)
    assert list(step.moved)[:1] == [("placed_svp", "", "")]


def test_what_happens_after_the_stichtag_is_a_step_that_moves_nothing(programme: Programme) -> None:
    """The Stichtag stays fixed while the knowledge grows."""
    journey = programme.given(enrolled())
    before = programme.datenstand
    programme.more(journey, job("2017-04-01"))
    assert [(step.entry.step, step.moved) for step in replayed(programme, before)] == [("placement_started", {})]


def test_a_rate_gets_a_value_with_its_first_person(programme: Programme) -> None:
    """Without a denominator it is none, which is not 0."""
    programme.given(enrolled())
    assert totals(replayed(programme)[-1].moved)["placement_rate"] == (None, 0.0)


def test_entries_about_entries_name_them(programme: Programme) -> None:
    """A correction says what holds from now on, a withdrawal and a dispute what they are about, by its position."""
    journey = programme.given(enrolled(), job("2017-02-01"))
    about = programme.datenstand
    programme.correct(journey, 2, kind=MINIJOB, happened_on=on("2017-02-03"))
    put(programme, journey, Disputed(entry=2), DisputeSettled(entry=2), Withdrawn(entry=2, reason=SEALED))
    told = [step.entry for step in replayed(programme, about)]
    assert [entry.step for entry in told] == ["corrected", "disputed", "dispute_settled", "withdrawn"]
    assert {(entry.about, entry.about_step) for entry in told} == {(about, "placement_started")}
    assert {entry.happened_on for entry in told} == {on("2017-02-03")}
    assert [bool(step.moved) for step in replayed(programme, about)] == [True, False, False, True]


def test_a_corrected_trait_moves_cells_and_no_total(programme: Programme) -> None:
    """It is a step that moves something with the breakdowns, and nothing without."""
    journey = programme.given(enrolled(gender=Gender.MALE))
    before = programme.datenstand
    programme.correct(journey, 1, gender=Gender.FEMALE)
    (step,) = replayed(programme, before, "participants_enrolled", breakdowns=True)
    assert step.moved == {
        ("participants_enrolled", "gender", "female"): (0, 1),
        ("participants_enrolled", "gender", "male"): (1, 0),
    }
    assert as_told(step.moved) == {
        "participants_enrolled": {
            "by": {"gender": {"female": {"before": 0, "after": 1}, "male": {"before": 1, "after": 0}}}
        }
    }
    assert [step.moved for step in replayed(programme, before)] == [{}]


def test_entries_that_stand_on_no_journey(programme: Programme) -> None:
    """Opening, coaches, caseloads, editions and the closing are steps, and say what they are about."""
    journey = programme.given(enrolled(), CoachAssigned(happened_on=on("2017-01-05"), coach="C1"))
    programme.approve(programme.draft("2017-03-01"))
    programme.close("2017-12-31")
    told = [step.entry for step in replayed(programme)]
    others = [entry for entry in told if entry.participant is None]
    assert [(entry.step, entry.coach, entry.edition, entry.happened_on) for entry in others] == [
        ("programme.opened", None, None, None),
        ("programme.coach_joined", "C1", None, None),
        ("caseload.case_taken_on", "C1", None, None),
        ("balance.drafted", None, f"{programme.key}/1", None),
        ("balance.approved", None, f"{programme.key}/1", None),
        ("programme.closed", None, None, on("2017-12-31")),
    ]
    assert [entry.journey for entry in told if entry.step.startswith("caseload.")] == [str(journey)]
    assert others[3].stream == str(balances_stream(programme.key))
    assert [entry.recorded_by for entry in others[3:5]] == ["drafter", "approver"]


def test_only_the_figures_asked_for(programme: Programme) -> None:
    """With codes only these move and are counted; a code there is not, or not at the Stichtag, is refused."""
    programme.given(enrolled(), job("2017-02-01"))
    moved = [totals(step.moved) for step in replayed(programme, 0, "placed_any", "placed_svp")]
    assert [step for step in moved if step] == [{"placed_svp": (0, 1), "placed_any": (0, 1)}]
    later = tuple(figure._replace(valid_from=on("2018-01-01")) for figure in CORE.figures)
    for catalogue, code in ((CORE, "placed"), (Catalogue("core", later, CORE.selections, CORE.traits), "placed_svp")):
        with pytest.raises(Refused) as refusal:
            standing_at(programme, 0, code, catalogue=catalogue)
        assert refusal.value.code == "unknown_figure"
        assert code in str(refusal.value.text)


def test_progress_ends_at_the_last_position(programme: Programme) -> None:
    """After every page, and at the end where it was to come to."""
    programme.given(enrolled(), job("2017-02-01"))
    told: list[int] = []
    replayed(programme, programme.datenstand - 2, page=1, progress=told.append)
    head = programme.datenstand
    assert told == [head - 1, head, head]


def test_rows_that_no_entry_explains_are_refused(stores: Stores) -> None:
    """What is counted from the tables at the end has to be what the entries led to."""
    programme = Programme(stores)
    programme.given(enrolled(), job("2017-02-01"))
    before = programme.datenstand
    programme.given(enrolled())
    unknown = f"UPDATE placements SET known_until = {programme.datenstand}"
    stores.read_model.execute(unknown)
    with pytest.raises(Refused) as refusal:
        replayed(programme, before)
    assert refusal.value.code == "unexplained"
    assert str(programme.datenstand) in str(refusal.value.text)


# --- day by day ------------------------------------------------------------------------------------


def test_days_are_those_of_germany(programme: Programme) -> None:
    """An entry of 22:30 UTC belongs to the next day in summer and to the same in winter."""
    for moment in ("2031-07-01T21:30", "2031-07-01T22:30", "2031-12-01T22:30", "2031-12-01T23:30"):
        programme.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        programme.given(enrolled())
    days = [day.day for day in by_day(replayed(programme), standing_at(programme, 0).figures)]
    assert days[1:] == [on("2031-07-01"), on("2031-07-02"), on("2031-12-01"), on("2031-12-02")]


def test_a_day_has_all_its_entries_and_what_they_moved_together(programme: Programme) -> None:
    """From the first before to the last after; what came back to where it was has not moved."""
    journey = programme.given(enrolled(), job("2017-02-01"))
    since = programme.datenstand
    programme.correct(journey, 2, kind=MINIJOB)
    programme.given(enrolled())
    programme.correct(journey, 2, kind=job("2017-02-01").kind)
    programme.given(enrolled())
    steps = replayed(programme, since)
    (day,) = by_day(steps, standing_at(programme, 0).figures)
    assert day.positions == [step.entry.position for step in steps]
    assert len(day.positions) == 4
    assert day.day == on("2030-01-01")
    found = totals(day.moved)
    assert found["participants_enrolled"] == (1, 3)
    assert found["placement_rate"] == (1.0, pytest.approx(1 / 3))
    assert "placed_svp" not in found
    assert list(found) == [code for code in standing_at(programme, 0).figures if code in found]


def put(programme: Programme, journey: Any, *facts: Any) -> None:
    """Entries as another command stores them."""
    journal: Journal = programme.stores.journal
    for fact in facts:
        version = len(journal.read(journey)) + 1
        entry = Entry(recorded_at=programme.now, recorded_by="tester", request_id=uuid4(), fact=fact)
        journal.events.put([Recorded(journey, version, entry)])
    catch_up(journal, programme.stores.read_model)
