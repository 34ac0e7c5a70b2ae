"""Preview: what a change of one journey will move of every balance is what it then moves."""

from datetime import date
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from entering import Programme, enrolled, job, on, some_days
from given import NOW, SEALED, enrolment
from hypothesis import given, settings
from made_up import PROGRAMME, NewStores, few, filled, made_up, seeds
from steps import exited

from domain import commands
from domain.facts import AppointmentMissed, CoachAssigned, Fact, OtherParticipation, Value, tag_of
from domain.journal import Request
from domain.terms import Gender, Role, journey_stream
from projections.balance import compute
from projections.catalogue import CORE, ESF, Catalogue, Measure
from projections.catch_up import catch_up
from projections.editions import draft
from projections.explain.standing import Cell
from projections.preview import Move, Moved, counted_at, moved_by, preview
from projections.stores import Stores

fewer = settings(few, max_examples=2)
STICHTAG = on("2017-03-01")
Values = dict[Cell, Value]


def values_at(stores: Stores, stichtag: date, catalogue: Catalogue, programme: str = PROGRAMME) -> Values:
    """Every cell of today's balance as it is counted."""
    figures = compute(stores.read_model, programme, stichtag, catalogue=catalogue).figures
    return {
        (code, trait, value): number
        for code, figure in figures.items()
        for trait, values in {"": {"": figure.value}, **figure.by}.items()
        for value, number in values.items()
    }


def changed(before: Values, after: Values, catalogue: Catalogue) -> dict[Cell, tuple[Value, Value]]:
    """The cells that are otherwise; a count of nobody is 0, a ratio of nobody nothing."""

    def of(values: Values, cell: Cell) -> Value:
        return values.get(cell, None if catalogue.figure(cell[0]).per else 0)

    cells = {cell: (of(before, cell), of(after, cell)) for cell in {**before, **after}}
    return {cell: ends for cell, ends in cells.items() if ends[0] != ends[1]}


def ends_of(moves: list[Move]) -> dict[Cell, tuple[Value, Value]]:
    return {(move.figure, move.trait, move.value): (move.before, move.after) for move in moves}


def adds_up(catalogue: Catalogue, cell: Cell) -> bool:
    """Whether a cell counts or sums, so that one person's part tells the change."""
    figure = catalogue.figure(cell[0])
    own = cell[1] == catalogue.selections[figure.part.selection].category
    return own or (figure.per is None and figure.part.measure in (Measure.COUNT, Measure.SUM))


def assert_told(moves: list[Move], actual: dict[Cell, tuple[Value, Value]], catalogue: Catalogue) -> None:
    """Without the whole: every count and sum that moves, exactly; of the others all that move, and by how much not."""
    told = {(move.figure, move.trait, move.value): move.change for move in moves}
    assert actual.keys() <= told.keys()
    for cell, change in told.items():
        if adds_up(catalogue, cell):
            assert change == pytest.approx(actual[cell][1] - actual[cell][0]), cell
        else:
            assert change is None, cell


@fewer
@given(seed=seeds)
def test_what_is_previewed_is_what_happens(new_stores: NewStores, seed: int) -> None:
    """Of any command on any ledger: the differences of the balances counted before and after it, cell by cell."""
    random = Random(seed)
    catalogue = random.choice([CORE, ESF])
    made = made_up(seed, 60)
    cut = len(made) - 8
    (stichtag,) = some_days(random, on("2016-03-01"), on("2016-09-30"), 1)
    today = on("2016-12-31")
    with filled(new_stores, made[:cut]) as (_settings, stores):
        journal, model = stores.journal, stores.read_model
        drafted = draft(model, PROGRAMME, stichtag, datenstand=journal.head(), final=False, catalogue=catalogue)
        journal.act(lambda streams: commands.draft_balance(streams, *drafted), Request(id=uuid4(), by="c", now=NOW))
        catch_up(journal, model)
        for command in made[cut:]:
            pending = journal.act(command.decide, command.request, dry_run=True).recorded
            on_journey = [
                one
                for one in pending
                if tag_of(one.fact).startswith("journey.") and not isinstance(one.fact, OtherParticipation)
            ]
            for journey in {one.originator_id for one in on_journey}:
                decided = [one.fact for one in on_journey if one.originator_id == journey]
                asked: dict[str, Any] = {"today": today, "catalogue": catalogue}
                told = preview(journal, model, journey, decided, **asked)
                exact = preview(
                    journal, model, journey, decided, counted=lambda at: counted_at(model, PROGRAMME, at), **asked
                )
            before = [values_at(stores, day, catalogue) for day in (today, stichtag)]
            position = journal.act(command.decide, command.request).position
            catch_up(journal, model)
            if not on_journey:
                continue
            actual = [
                changed(then, values_at(stores, day, catalogue), catalogue)
                for day, then in zip((today, stichtag), before, strict=True)
            ]
            assert [one.edition for one in exact] == [None, f"{PROGRAMME}/1"]
            assert [ends_of(one.moves) for one in exact] == actual
            for one, moved in zip(told, actual, strict=True):
                assert_told(one.moves, moved, catalogue)
            if len(pending) == 1:
                did = moved_by(journal, position, today, catalogue=catalogue)
                assert did == told[0].moves


# --- one correction, looked at ------------------------------------------------------------------------


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def facts_of(programme: Programme, journey: UUID, decide: Any) -> list[Fact]:
    """What a command would store on a journey."""
    request = Request(id=uuid4(), by="tester", now=programme.now, role=Role.LEAD)
    pending = programme.stores.journal.act(decide, request, dry_run=True).recorded
    return [one.fact for one in pending if one.originator_id == journey]


def looked_at(programme: Programme, journey: UUID, facts: list[Fact], **options: Any) -> list[Moved]:
    stores = programme.stores
    return preview(stores.journal, stores.read_model, journey, facts, today=on("2017-12-31"), **options)


def totals(moved: Moved) -> dict[str, Move]:
    return {move.figure: move for move in moved.moves if not move.trait}


def test_a_correction_shows_published_present_and_coming_value(programme: Programme) -> None:
    """Per approved edition, and the last draft: what it says, what would be counted now, and what afterwards."""
    journey = programme.given(enrolled("2017-01-01"), job("2017-02-01"))
    programme.given(enrolled("2017-01-01"), job("2017-02-01"))
    programme.approve(programme.draft("2017-03-01"))
    programme.draft("2017-01-31")
    late = programme.given(enrolled("2017-02-01"))
    programme.draft("2017-06-30")
    programme.more(late, job("2017-02-15"))
    stores, head = programme.stores, programme.datenstand

    def decide(streams: Any) -> Any:
        moved = job("2017-04-01")
        return commands.correct(streams, journey, 2, moved, reason=SEALED)

    facts = facts_of(programme, journey, decide)
    today, last, first = looked_at(
        programme, journey, facts, counted=lambda at: counted_at(stores.read_model, programme.key, at)
    )
    assert [one.edition for one in (today, last, first)] == [None, f"{programme.key}/3", f"{programme.key}/1"]
    assert [one.state for one in (today, last, first)] == [None, "drafted", "approved"]
    assert "placed_svp" not in {**totals(today), **totals(last)}
    assert totals(first)["placed_svp"] == Move("placed_svp", "", "", -1, 3, 2, 2)
    rate = totals(first)["placement_rate"]
    assert (rate.before, rate.after, rate.published) == (1.0, pytest.approx(2 / 3), 1.0)
    assert ("placed_svp", "gender", "female") in ends_of(first.moves)
    assert totals(looked_at(programme, journey, facts)[2])["placement_rate"].change is None
    assert programme.datenstand == head


def test_second_participation_and_caseload(programme: Programme) -> None:
    """Traits of the first participation, an exit from the second and a coach's cases move as they are then counted."""
    stores, coach = programme.stores, CoachAssigned(happened_on=on("2017-01-02"), coach="C1")
    programme.given(enrolled("2017-01-01"), coach)
    first = programme.given(enrolled("2017-01-01"), coach, job("2017-02-01"), exited(on("2017-03-01")))
    again = msgspec.structs.replace(coach, happened_on=on("2017-04-02"))
    person = programme.participant(first)
    second = programme.given(enrolled("2017-04-01"), again, exited(on("2017-06-01")), participant=person)
    gender = msgspec.structs.replace(stores.journal.read(first)[0].fact, gender=Gender.MALE)
    for journey, decide in (
        (second, lambda streams: commands.withdraw(streams, second, 3, reason=SEALED)),
        (first, lambda streams: commands.correct(streams, first, 1, gender, reason=SEALED)),
    ):
        facts = facts_of(programme, journey, decide)
        counted = partial(counted_at, stores.read_model, programme.key)
        (told,) = looked_at(programme, journey, facts, counted=counted)
        before = values_at(stores, on("2017-12-31"), CORE, programme.key)
        programme._act(decide)
        after = values_at(stores, on("2017-12-31"), CORE, programme.key)
        assert ends_of(told.moves) == changed(before, after, CORE)
    assert before["caseload_max", "coach", "C1"] == 2
    assert after["exits", "gender", "male"] == 1


def test_a_new_journey_and_one_that_moves_nothing(programme: Programme) -> None:
    """An enrolment is previewed though nobody knows the journey yet; a missed appointment moves nothing."""
    journey = programme.given(enrolled("2017-01-01"))
    enrolment_of = msgspec.structs.replace(enrolment(on("2017-05-01")), participant=uuid4(), programme=programme.key)
    fresh = journey_stream(enrolment_of.participant, programme.key, 1)
    facts = facts_of(programme, fresh, lambda streams: commands.enrol(streams, enrolment_of))
    (today,) = looked_at(programme, fresh, facts)
    assert totals(today)["participants_enrolled"].change == 1
    missed = AppointmentMissed(happened_on=on("2017-05-01"), excused=True)
    facts = facts_of(programme, journey, lambda streams: commands.record(streams, journey, missed))
    assert looked_at(programme, journey, facts)[0].moves == []
