"""What a public version does not show, by itself and beside the versions released before it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

import msgspec
import pytest
from entering import MINIJOB, SVP, Programme, enrolled, job, on
from scipy.optimize import linprog
from steps import session

from domain.balance import Balances, evolve
from domain.errors import Refused
from domain.facts import BalanceApproved, BalanceReleased, HiddenCell, Value
from domain.terms import Education, Gender, HiddenBecause, PlacementKind
from projections.balance import Balance
from projections.catalogue import CORE, ESF, Unit
from projections.disclosure.publishing import hidden_cells, protect_balance
from projections.disclosure.tables import Version, is_count
from projections.editions import cells_of, draft
from projections.stores import Stores

Cell = tuple[str, str, str]
TOWNS = ("Raunheim", "Kelsterbach", "Bischofsheim")


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def people(programme: Programme, random: Random, number: int, kinds: Sequence[PlacementKind] = ()) -> None:
    """So many persons with random traits, most with a job of one of the kinds, on days up to May 2017."""
    for _person in range(number):
        traits = {
            "gender": random.choice([Gender.FEMALE, Gender.MALE]),
            "municipality": random.choice(TOWNS),
            "education": random.choice([Education.NONE, Education.ISCED_0_2, Education.ISCED_3_4]),
            "age": random.randint(23, 34),
        }
        steps = [job(str(on("2017-02-01") + timedelta(random.randint(0, 80))), kind=random.choice(kinds))]
        programme.given(enrolled(**traits), *(steps if kinds and random.random() < 0.6 else ()))


def hidden_in(programme: Programme, balance: Balance, earlier: Sequence[Version] = ()) -> tuple[HiddenCell, ...]:
    return protect_balance(programme.stores.read_model, balance, CORE, earlier)


def released(balance: Balance, hidden: Sequence[HiddenCell]) -> Version:
    small = {named(cell) for cell in hidden if cell.because is HiddenBecause.SMALL}
    return Version(balance, frozenset(map(named, hidden)), frozenset(small))


def named(cell: HiddenCell) -> Cell:
    return cell.figure, cell.trait, cell.value


def shown(balance: Balance, hidden: Sequence[HiddenCell]) -> dict[Cell, Value]:
    left_out = set(map(named, hidden))
    return {cell: number for cell, number in cells_of(balance.figures) if cell not in left_out}


def guessed(balance: Balance, told: Mapping[Cell, Value], code: str, wanted: Cell) -> tuple[float, float]:
    """What a reader of one figure's tables finds for a cell: the smallest and the largest whole number possible."""
    cells = [cell for cell, number in cells_of(balance.figures) if cell[0] == code and number]
    place = {cell: number for number, cell in enumerate(cells)}
    rows = []
    for trait in balance.figures[code].by:
        row = [0.0] * len(cells)
        row[place[code, "", ""]] = -1
        for cell in cells:
            row[place[cell]] += cell[1] == trait
        rows.append(row)
    bounds = [(told[cell], told[cell]) if cell in told else (1, None) for cell in cells]
    ends = []
    for sign in (1, -1):
        aim = [0.0] * len(cells)
        aim[place[wanted]] = sign
        found = linprog(aim, A_eq=rows, b_eq=[0.0] * len(rows), bounds=bounds)
        ends.append(float("inf") if found.status == 3 else round(found.fun * sign))
    return ends[0], ends[1]


# --- one version -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_no_small_count_is_shown_and_none_can_be_computed(programme: Programme, seed: int) -> None:
    """Counts of one and two are hidden, and every hidden cell keeps a range of at least three by its own tables."""
    people(programme, Random(seed), 30 + 10 * seed, [SVP, SVP, MINIJOB])
    balance = programme.balance("2017-06-01")
    hidden = hidden_in(programme, balance)
    told = shown(balance, hidden)
    assert hidden
    for (code, _trait, _value), number in told.items():
        if CORE.figure(code).unit in (Unit.PERSONS, Unit.PERSON_MONTHS) and is_count(CORE.figure(code)):
            assert number not in (1, 2), code
    for cell in hidden:
        if is_count(CORE.figure(cell.figure)):
            low, high = guessed(balance, told, cell.figure, named(cell))
            assert high - low >= 3, cell


def test_zero_is_shown(programme: Programme) -> None:
    """A count of nobody tells of nobody."""
    people(programme, Random(1), 30, [SVP])
    balance = programme.balance("2017-06-01")
    assert not [cell for cell in hidden_in(programme, balance) if not dict(cells_of(balance.figures))[named(cell)]]


def test_ratio_is_hidden_with_its_parts(programme: Programme) -> None:
    """From a shown rate and a shown denominator the hidden numerator would follow."""
    for number in range(12):
        traits = {"gender": Gender.FEMALE if number < 6 else Gender.MALE}
        programme.given(enrolled(**traits), *([job("2017-02-01")] if number in (0, 6, 7, 8, 9) else []))
    hidden = {named(cell): cell.because for cell in hidden_in(programme, programme.balance("2017-06-01"))}
    assert hidden["placed_any", "gender", "female"] is HiddenBecause.SMALL
    assert hidden["placement_rate", "gender", "female"] is HiddenBecause.DERIVED


def test_sum_of_one_person_is_hidden_with_the_person(programme: Programme) -> None:
    """The minutes of the only person coached in a town are that person's."""
    for number in range(9):
        town = TOWNS[0] if number else TOWNS[1]
        held = [session(1, 45), session(2, 45), session(3, 45)]
        programme.given(enrolled("2016-03-01", municipality=town), *held)
    hidden = {named(cell): cell.because for cell in hidden_in(programme, programme.balance("2017-06-01"))}
    assert hidden["coaching_minutes", "municipality", TOWNS[1]] is HiddenBecause.SMALL
    assert hidden["coaching_sessions", "municipality", TOWNS[1]] is HiddenBecause.SMALL
    assert ("coaching_minutes", "municipality", TOWNS[0]) in hidden or ("coaching_minutes", "", "") in hidden


# --- beside earlier versions -----------------------------------------------------------------------


def test_a_single_new_placement_cannot_be_computed(programme: Programme) -> None:
    """44, then 45 a month later, would show one person: the later version hides whatever tells the difference."""
    people(programme, Random(7), 40, [SVP])
    journeys = [programme.given(enrolled(gender=Gender.FEMALE, municipality=TOWNS[0])) for _person in range(4)]
    first = programme.balance("2017-05-01")
    versions = [released(first, hidden_in(programme, first))]
    assert ("placed_svp", "", "") in shown(first, hidden_in(programme, first))

    programme.more(journeys[0], job("2017-05-20"))
    second = programme.balance("2017-06-01")
    hidden = hidden_in(programme, second, versions)
    told = shown(second, hidden)
    before, now = (balance.figures["placed_svp"].value for balance in (first, second))
    assert now == before + 1
    for code in ("placed_svp", "placed_any", "integrations_12m", "sustained_pending"):
        assert (code, "", "") not in told, code
    assert ("placement_rate", "", "") not in told
    low, high = guessed(second, told, "placed_svp", ("placed_svp", "", ""))
    assert max(low, before) + 3 <= high
    for cell, number in told.items():
        earlier = dict(cells_of(first.figures)).get(cell)
        if CORE.figure(cell[0]).unit is Unit.PERSONS and is_count(CORE.figure(cell[0])) and earlier:
            assert abs(number - earlier) not in (1, 2) or named_hidden(versions[0], cell), cell
    versions.append(released(second, hidden))

    for journey in journeys[1:]:
        programme.more(journey, job("2017-06-10"))
    third = programme.balance("2017-07-01")
    told = shown(third, hidden_in(programme, third, versions))
    assert told["placed_svp", "", ""] == before + 4


def named_hidden(version: Version, cell: Cell) -> bool:
    return version.hidden is not None and cell in version.hidden


def test_the_same_version_again_hides_the_same(programme: Programme) -> None:
    """Nothing has moved, so nothing more has to be hidden."""
    people(programme, Random(3), 30, [SVP, MINIJOB])
    balance = programme.balance("2017-06-01")
    hidden = hidden_in(programme, balance)
    again = hidden_in(programme, balance, [released(balance, hidden)])
    assert set(map(named, again)) == set(map(named, hidden))


def test_version_hidden_before_stays_hidden_behind_others(programme: Programme) -> None:
    """What a version further back hides is not bounded by what later ones show."""
    people(programme, Random(11), 30, [SVP])
    one = programme.given(enrolled(gender=Gender.MALE, municipality=TOWNS[2]))
    versions: list[Version] = []
    for month, steps in (("2017-05-01", []), ("2017-06-01", [job("2017-05-15")]), ("2017-07-01", [])):
        programme.more(one, *steps)
        balance = programme.balance(month)
        versions.append(released(balance, hidden_in(programme, balance, versions)))
    first, second, third = (dict(cells_of(version.balance.figures)) for version in versions)
    total = ("placed_svp", "", "")
    assert second[total] == first[total] + 1
    for number in (1, 2):
        assert named_hidden(versions[number], total), "shown, it would tell the one person of May"
    assert third[total] == second[total]


def test_version_between_two_others_is_bounded_by_both(programme: Programme) -> None:
    """A version released late for a day between two others: its small difference to either is protected."""
    people(programme, Random(7), 40, [SVP])
    journey = programme.given(enrolled(gender=Gender.FEMALE, municipality=TOWNS[0]))
    programme.more(journey, job("2017-05-20"))
    balances = [programme.balance(day) for day in ("2017-05-01", "2017-07-01", "2017-06-01")]
    versions: list[Version] = []
    for balance in balances[:2]:
        versions.append(released(balance, hidden_in(programme, balance, versions)))
    told = shown(balances[2], hidden_in(programme, balances[2], versions))
    assert ("placed_svp", "", "") not in told
    first = dict(cells_of(versions[0].balance.figures))["placed_svp", "", ""]
    assert balances[2].figures["placed_svp"].value == first + 1


def test_figures_of_two_catalogues_are_not_released_side_by_side(programme: Programme) -> None:
    """Age groups of one catalogue and of another overlap: each would give away what the other hides."""
    stores = programme.stores
    people(programme, Random(2), 20, [SVP])
    drafts = []
    for catalogue in (CORE, ESF):
        drafted, _kept = draft(
            stores.read_model,
            programme.key,
            on("2017-06-01"),
            datenstand=programme.datenstand,
            final=False,
            catalogue=catalogue,
        )
        drafts.append(msgspec.structs.replace(drafted, number=len(drafts) + 1))
    balances = Balances()
    for fact in (*drafts, *(BalanceApproved(number=one.number, digest=one.digest) for one in drafts)):
        balances = evolve(balances, fact)
    assert hidden_cells(stores.journal, stores.read_model, balances, 2)
    balances = evolve(balances, BalanceReleased(number=1))
    with pytest.raises(Refused) as refused:
        hidden_cells(stores.journal, stores.read_model, balances, 2)
    assert refused.value.code == "other_catalogue"
