"""Why two balances differ: every difference is the exact sum of its causes."""

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from entering import MINIJOB, Programme, enrolled, job, on, some_days
from example_once import put_behind
from hypothesis import given
from made_up import PROGRAMME, NewStores, few, filled, made_up, seeds, sizes

from domain.facts import Value
from domain.terms import Gender
from projections.balance import Balance, compute
from projections.catalogue import CORE, Catalogue, Part
from projections.datenstand import position_of
from projections.explain import Cause, CellChange, Explanation, Point, explain
from projections.stores import Stores


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def explained(programme: Programme, first: tuple[str, int], second: tuple[str, int]) -> Explanation:
    stores = programme.stores
    points = [Point(on(stichtag), datenstand, CORE) for stichtag, datenstand in (first, second)]
    return explain(stores.journal, stores.read_model, programme.key, *points)


def parts(found: Explanation, code: str, trait: str = "", value: str = "") -> dict[str, Value]:
    """What each cause has of a cell's difference."""
    for cell in found.cells:
        if (cell.figure, cell.trait, cell.value) == (code, trait, value):
            return {part.cause.value: part.change for part in cell.parts}
    return {}


def assert_explains(found: Explanation, first: Balance, second: Balance) -> None:
    """Every cell says what the balances say, and its parts, as exact fractions, sum to the difference."""
    told = {(cell.figure, cell.trait, cell.value): cell for cell in found.cells}
    cells = {
        (code, trait, value): None
        for balance in (first, second)
        for code, figure in balance.figures.items()
        for trait, values in {"": {"": figure.value}, **figure.by}.items()
        for value in values
    }
    for code, trait, value in cells:
        before, after = (number_in(balance, code, trait, value) for balance in (first, second))
        cell = told.pop((code, trait, value), None)
        if cell is None:
            assert (before or 0, after or 0) == (0, 0), (code, trait, value)
            continue
        assert (cell.before or 0, cell.after or 0) == (before or 0, after or 0), (code, trait, value)
        assert_sums(cell)
    assert not [cell for cell in told.values() if cell.difference], "cells no balance has"


def number_in(balance: Balance, code: str, trait: str, value: str) -> Value:
    figure = balance.figures.get(code)
    if figure is None:
        return None
    return figure.value if not trait else figure.by.get(trait, {}).get(value)


def assert_sums(cell: CellChange) -> None:
    exact = [Fraction(part.exact) if part.exact else Fraction(part.change) for part in cell.parts]
    assert float(sum(exact, Fraction())) == pytest.approx(float(cell.difference), abs=1e-12), cell
    if isinstance(cell.before, int) and isinstance(cell.after, int):
        assert sum(exact, Fraction()) == cell.after - cell.before, cell
    for part, whole in zip(cell.parts, exact, strict=True):
        changes = [effect.change for effect in part.effects]
        if part.effects and None not in changes and isinstance(part.change, int):
            assert sum(changes) == whole, (cell.figure, part)
        assert part.cause is Cause.DEFINITION or part.effects, (cell.figure, part.cause)


# --- laws ------------------------------------------------------------------------------------------


@few
@given(seed=seeds, size=sizes)
def test_differences_sum_exactly(new_stores: NewStores, seed: int, size: int) -> None:
    """Between any two balances of any ledger the parts of every cell sum exactly to its difference."""
    random = Random(seed)
    with filled(new_stores, made_up(seed, size)) as (_settings, stores):
        head = stores.journal.head()
        known = stores.read_model.query(
            "SELECT min(p.known_from) FROM programmes p WHERE p.programme = :p", {"p": PROGRAMME}
        )
        days = some_days(random, on("2016-03-01"), on("2020-06-30"), 6)
        for first, second in zip(days[:3], [days[0], *days[4:]], strict=True):
            points = [Point(day, random.randint(known[0][0], head), CORE) for day in (first, second)]
            found = explain(stores.journal, stores.read_model, PROGRAMME, *points)
            balances = [compute(stores.read_model, PROGRAMME, p.stichtag, datenstand=p.datenstand) for p in points]
            assert_explains(found, *balances)


# --- each cause ------------------------------------------------------------------------------------


def test_nothing_between_explains_nothing(programme: Programme) -> None:
    """The same Stichtag and Datenstand twice: no cell differs, no part, no event."""
    programme.given(enrolled(), job("2017-02-01"))
    here = ("2017-03-01", programme.datenstand)
    found = explained(programme, here, here)
    assert [cell for cell in found.cells if cell.parts or cell.difference] == []
    assert found.events == []


def test_an_entry_after_the_balance_about_a_day_before_it_is_late(programme: Programme) -> None:
    """Nachmeldung: recorded after a balance whose Stichtag already covers it."""
    journey = programme.given(enrolled())
    before = programme.datenstand
    programme.more(journey, job("2017-02-01"))
    found = explained(programme, ("2017-03-01", before), ("2017-03-01", programme.datenstand))
    assert parts(found, "placed_svp") == {"late": 1}
    assert parts(found, "placement_rate") == {"late": 1.0}
    assert [(event.position, event.cause, event.step) for event in found.events] == [
        (programme.datenstand, Cause.LATE, "placement_started")
    ]
    assert found.events[0].journey == str(journey)


def test_what_happens_after_the_stichtag_is_no_late_entry(programme: Programme) -> None:
    """An entry about a day after the Stichtag moves nothing at that Stichtag, however late it is recorded."""
    journey = programme.given(enrolled())
    before = programme.datenstand
    programme.more(journey, job("2017-04-01"))
    at = programme.datenstand
    assert explained(programme, ("2017-03-01", before), ("2017-03-01", at)).events == []
    assert parts(explained(programme, ("2017-03-01", before), ("2017-05-01", at)), "placed_svp") == {"happened": 1}


def test_correction_and_withdrawal_have_their_own_parts(programme: Programme) -> None:
    """Berichtigung and Storno are told apart, also where they cancel each other out."""
    one, other = (programme.given(enrolled(), job("2017-02-01")) for _person in range(2))
    before = programme.datenstand
    programme.correct(one, 2, kind=MINIJOB)
    programme.withdraw(other, 2)
    programme.given(enrolled(), job("2017-02-15"))
    found = explained(programme, ("2017-03-01", before), ("2017-03-01", programme.datenstand))
    assert parts(found, "placed_svp") == {"late": 1, "corrected": -1, "withdrawn": -1}
    assert parts(found, "placed_minijob_only") == {"corrected": 1}
    assert parts(found, "placed_any") == {"late": 1, "withdrawn": -1}


def test_a_corrected_trait_moves_a_person_between_cells(programme: Programme) -> None:
    """The total stays, one breakdown cell loses what another gains, and both name the correction."""
    journey = programme.given(enrolled(gender=Gender.MALE))
    before = programme.datenstand
    programme.correct(journey, 1, gender=Gender.FEMALE)
    found = explained(programme, ("2017-03-01", before), ("2017-03-01", programme.datenstand))
    assert parts(found, "participants_enrolled") == {}
    assert parts(found, "participants_enrolled", "gender", "male") == {"corrected": -1}
    assert parts(found, "participants_enrolled", "gender", "female") == {"corrected": 1}


def test_time_alone_moves_a_figure_and_names_the_entries_behind_it(programme: Programme) -> None:
    """A job that has lasted six months becomes sustained without any new entry: it happened since."""
    journey = programme.given(enrolled(), job("2017-02-01"))
    at = programme.datenstand
    found = explained(programme, ("2017-03-01", at), ("2017-09-01", at))
    assert parts(found, "sustained_yes") == {"happened": 1}
    assert parts(found, "sustained_pending") == {"happened": -1}
    cell = next(cell for cell in found.cells if cell.figure == "sustained_yes" and not cell.trait)
    assert cell.parts[0].effects[0].entries == [at]
    assert programme.stores.journal.read(journey)[1].position == at


def test_the_way_back_is_the_way_negated(programme: Programme) -> None:
    """From the later balance to the earlier one every part has the other sign."""
    journey = programme.given(enrolled())
    before = programme.datenstand
    programme.more(journey, job("2017-02-01"), job("2017-04-01", "q", MINIJOB))
    there = explained(programme, ("2017-03-01", before), ("2017-05-01", programme.datenstand))
    back = explained(programme, ("2017-05-01", programme.datenstand), ("2017-03-01", before))
    assert [cell.difference for cell in back.cells] == [-(cell.difference or 0) for cell in there.cells]
    assert parts(back, "placed_svp") == {"late": -1}
    assert back.stichtage == (on("2017-05-01"), on("2017-03-01"))


def test_another_definition_is_a_part_of_its_own(programme: Programme) -> None:
    """What a changed SELECT moves is neither late nor happened since."""
    programme.given(enrolled(), job("2017-02-01", kind=MINIJOB))
    at = programme.datenstand
    programme.given(enrolled(), job("2017-02-01"))
    figures = tuple(
        figure._replace(part=Part("placed_any")) if figure.code == "placed_svp" else figure for figure in CORE.figures
    )
    other = Catalogue("core", figures, CORE.selections, CORE.traits)
    stores, stichtag = programme.stores, on("2017-03-01")
    points = Point(stichtag, at, CORE), Point(stichtag, programme.datenstand, other)
    found = explain(stores.journal, stores.read_model, programme.key, *points)
    assert parts(found, "placed_svp") == {"late": 1, "definition": 1}
    assert parts(found, "placed_any") == {"late": 1}
    assert found.catalogues == (CORE.version, other.version)


def test_the_example_between_that_evening_and_the_end(example: Stores) -> None:
    """44, 14 and 9 stay 44, 14 and 9 by partly other people, and every difference of the example is explained."""
    stichtag, evening = on("2018-02-19"), position_of(example.journal, on("2018-02-19"))
    points = Point(stichtag, evening, CORE), Point(stichtag, example.journal.head(), CORE)
    found = explain(example.journal, example.read_model, "lzb-gg", *points)
    balances = [compute(example.read_model, "lzb-gg", stichtag, datenstand=point.datenstand) for point in points]
    assert_explains(found, *balances)
    assert parts(found, "placed_svp") == {"late": 2, "corrected": -1, "withdrawn": -1}
    assert parts(found, "placed_minijob_only") == {"late": 1, "corrected": 0, "withdrawn": -1}
    assert parts(found, "single_parents_in_svp") == {"late": -1, "corrected": 1}


@pytest.fixture
def example(stores: Stores, example_folder: Path) -> Stores:
    put_behind(example_folder, stores)
    return stores
