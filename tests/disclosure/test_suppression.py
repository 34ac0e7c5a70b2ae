"""Cells are hidden so that no hidden one can be computed, as cheaply as possible."""

import json
import math
import random
from collections.abc import Iterator

import pytest
from attacking import crosstab, cube, dense_width, is_safe, lone_in_a_row
from test_attack import PUBLISHED

from projections.disclosure.attack import Range, attack
from projections.disclosure.crosstabs import Crosstabs
from projections.disclosure.problem import Cell, Problem, Sensitive, State, single
from projections.disclosure.suppression import Protection, protect


def hidden_keys(tables: Crosstabs, found: Protection) -> set[tuple[object, ...]]:
    """The keys of the cells to hide."""
    return {tables.keys[index] for index in found.hidden}


def cheaper_choices(problem: Problem, must_hide: list[int], cost: float) -> Iterator[list[int]]:
    """All choices of hidden cells that cost less."""
    others = [index for index in problem.indices(State.FREE) if index not in must_hide]

    def choices(taken: list[int], place: int, left: float) -> Iterator[list[int]]:
        yield taken
        for later in range(place, len(others)):
            price = problem.cells[others[later]].cost
            if price < left:
                yield from choices([*taken, others[later]], later + 1, left - price)

    yield from choices(list(must_hide), 0, cost - 1e-6 - sum(problem.cells[index].cost for index in must_hide))


def assert_cheapest(problem: Problem, must_hide: list[int], found: Protection) -> None:
    """It is safe, says it is the cheapest, and none of the choices that cost less is safe."""
    assert is_safe(problem, found.hidden)
    assert found.cheapest
    if len(found.hidden) > len(must_hide):
        for hidden in cheaper_choices(problem, must_hide, found.cost):
            assert lone_in_a_row(problem, hidden) or not is_safe(problem, hidden)


def test_the_published_table_is_repaired() -> None:
    """Beside the nine published cells so many are hidden that none of them follows, and no hidden cell at all."""
    if not PUBLISHED.exists():
        pytest.skip("the published table is not here")
    table = json.loads(PUBLISHED.read_text())
    tables = crosstab({tuple(name): count for name, count in table["cells"].items()})
    given = [tables.index(tuple(name)) for name in table["hidden"]]
    found = protect(tables.problem(), given)
    assert set(given) < set(found.hidden)
    assert found.cheapest
    assert not found.unprotected
    assert is_safe(tables.problem(), found.hidden)
    assert all(None not in key for key in hidden_keys(tables, found))


@pytest.mark.parametrize(
    ("seed", "sizes"), [(seed, sizes) for seed in range(5) for sizes in [(4,), (6,), (2, 2), (2, 3), (2, 2, 2)]]
)
def test_no_choice_is_cheaper(seed: int, sizes: tuple[int, ...]) -> None:
    """On small tables the cost is that of the best of all choices there are."""
    rng = random.Random(seed)
    tables = cube([rng.choice([0, 1, 2, 3, 5, 7, 9, 11]) for _ in range(math.prod(sizes))], *sizes)
    found = protect(tables.problem(), tables.small())
    assert_cheapest(tables.problem(), tables.small(), found)


@pytest.mark.parametrize("seed", range(4))
def test_no_choice_is_cheaper_with_inequalities(seed: int) -> None:
    """Nor where one table counts some of the persons of another."""
    rng = random.Random(seed)
    tables = Crosstabs()
    whole = {(name,): rng.choice([3, 4, 6, 8]) for name in "abc"}
    tables.add(whole, prefix=("all",))
    tables.add({key: rng.randint(1, number) for key, number in whole.items()}, prefix=("some",))
    within = [tables.terms({("all", *key): 1.0, ("some", *key): -1.0}) for key in whole]
    problem = tables.problem(inequalities=within)
    found = protect(problem, tables.small())
    assert_cheapest(problem, tables.small(), found)


def test_many_cells_are_protected_at_once() -> None:
    """A table with more hidden cells than are attacked by one call is safe, and the choice the cheapest."""
    rng = random.Random(5)
    tables = cube([rng.choice([0, 1, 2, 4, 6, 9, 7, 5, 11, 8, 12, 9, 9]) for _ in range(256)], 16, 16)
    found = protect(tables.problem(), tables.small())
    assert len(found.hidden) > 40
    assert found.cheapest
    assert is_safe(tables.problem(), found.hidden)


def test_the_same_problem_has_the_same_result() -> None:
    """Nothing depends on chance, on a clock or on the order of a set."""
    rng = random.Random(5)
    tables = cube([rng.choice([0, 1, 2, 4, 8]) for _ in range(27)], 3, 3, 3)
    assert protect(tables.problem(), tables.small()) == protect(tables.problem(), reversed(tables.small()))


def test_nothing_small_hides_nothing() -> None:
    """Where no count is small all cells are shown, zeros too."""
    found = protect(crosstab({("a",): 0, ("b",): 3}).problem())
    assert found == Protection((), (), 0.0, 0.0)
    assert found.cheapest


def test_a_zero_that_does_not_help_is_shown() -> None:
    """Besides a small count the smallest that makes its range wide enough is hidden; with a zero it would not be."""
    tables = crosstab({("a",): 0, ("b",): 1, ("c",): 5, ("d",): 9})
    assert hidden_keys(tables, protect(tables.problem(), tables.small())) == {("b",), ("c",)}


def test_three_ones_protect_each_other() -> None:
    """Each of three ones may be 0 to 3, so nothing further is hidden, the total not either."""
    tables = crosstab({("a",): 1, ("b",): 1, ("c",): 1})
    assert hidden_keys(tables, protect(tables.problem(), tables.small())) == {("a",), ("b",), ("c",)}


def test_a_total_is_hidden_before_a_person_is_told() -> None:
    """Where the parts cannot protect each other any more the total is hidden, and in a linked table one part more."""
    tables = Crosstabs()
    tables.add({("a", None): 1, ("b", None): 8, ("c", None): 3})
    tables.add({(None, "x"): 5, (None, "y"): 7})
    tables.mark([("b", None), ("c", None)], State.SHOWN)
    found = protect(tables.problem(), tables.small())
    assert hidden_keys(tables, found) == {("a", None), (None, None), (None, "x")}


def test_linked_tables_keep_their_total() -> None:
    """Two tables of one total are protected apart while the total is shown."""
    tables = Crosstabs()
    tables.add({("a", None): 1, ("b", None): 8, ("c", None): 3})
    tables.add({(None, "x"): 5, (None, "y"): 7})
    assert hidden_keys(tables, protect(tables.problem(), tables.small())) == {("a", None), ("c", None)}


def test_the_difference_of_two_editions_is_protected() -> None:
    """44, then 45: the second is not shown beside the first, nor what it would follow from."""
    tables = Crosstabs()
    tables.add({("a",): 20, ("b",): 24}, prefix=("February",))
    tables.add({("a",): 20, ("b",): 25}, prefix=("March",))
    tables.mark([key for key in tables.keys if key[0] == "February"], State.SHOWN)
    grown = [tables.terms({("March", name): 1.0, ("February", name): -1.0}) for name in ("b", None)]
    problem = tables.problem(sensitive=[Sensitive(terms) for terms in grown])
    found = protect(problem)
    assert hidden_keys(tables, found) == {("March", "b"), ("March", None)}
    assert [dense_width(problem, found.hidden, terms) for terms in grown] == [math.inf, math.inf]


def test_what_was_shown_before_is_named_as_unprotected() -> None:
    """A difference of shown cells and a shown small cell cannot be protected: the result says so, and does the rest."""
    tables = crosstab({("a",): 1, ("b",): 2, ("c",): 9, ("d",): 8})
    tables.mark([("a",), ("c",)], State.SHOWN)
    difference = Sensitive(tables.terms({("c",): 1.0, ("a",): -1.0}))
    found = protect(tables.problem(sensitive=[difference]), tables.small())
    assert found.unprotected == (Sensitive(single(tables.index(("a",)))), difference)
    assert hidden_keys(tables, found) == {("b",), ("d",)}


def test_what_nothing_can_protect_is_named_as_unprotected() -> None:
    """1 + 1 of a total of 2 that was shown lie in 0 to 2; a further table is protected nevertheless."""
    tables = Crosstabs()
    tables.add({("a", None): 1, ("b", None): 1})
    tables.add({("c", "x"): 1, ("c", "y"): 4}, prefix=("other",))
    tables.mark([(None, None)], State.SHOWN)
    found = protect(tables.problem(), [index for index in tables.small() if tables.keys[index] != (None, None)])
    small = [tables.index(key) for key in [("a", None), ("b", None)]]
    assert found.unprotected == tuple(Sensitive(single(index)) for index in small)
    assert {("a", None), ("b", None), ("other", "c", "x")} < hidden_keys(tables, found)


def test_a_cell_that_cannot_be_wide_is_no_help() -> None:
    """The cheapest companion is known to be 2 to 4, so hiding it would tell nearly all: a dearer one is taken."""
    one, companion, other, total, two = Cell(1), Cell(3, upper=4), Cell(9), Cell(13, state=State.SHOWN), Cell(2)
    cells = (one, companion, other, total, two._replace(state=State.SHOWN))
    equation = ((3, 1.0), (0, -1.0), (1, -1.0), (2, -1.0))
    problem = Problem(cells, equations=(equation,), inequalities=(((1, 1.0), (4, -1.0)),))
    assert protect(problem, [0]).hidden == (0, 2)
    alone = problem._replace(cells=(one, companion, other._replace(state=State.SHOWN), total, cells[4]))
    found = protect(alone, [0])
    assert found.unprotected == (Sensitive(single(0)),)
    assert found.hidden == (0,)


def test_cells_that_cannot_be_wide_are_no_help_together() -> None:
    """Two companions of 2 to 4 would make the range wide, yet cannot be hidden themselves."""
    cells = (Cell(1), Cell(3, upper=4), Cell(3, upper=4), Cell(7, state=State.SHOWN), Cell(2, state=State.SHOWN))
    equation = ((3, 1.0), (0, -1.0), (1, -1.0), (2, -1.0))
    problem = Problem(cells, (equation,), inequalities=(((1, 1.0), (4, -1.0)), ((2, 1.0), (4, -1.0))))
    found = protect(problem, [0])
    assert found.hidden == (0,)
    assert found.unprotected == (Sensitive(single(0)),)


@pytest.mark.parametrize(("lower_cost", "upper_cost", "further"), [(2, 5, 1), (5, 2, 2)])
def test_counts_have_whole_values(lower_cost: float, upper_cost: float, further: int) -> None:
    """From 2.5 to 5.5 a count is 3, 4 or 5: that is not wide enough, and the cheaper of both ends is opened."""
    cells = (Cell(4), Cell(5, lower_cost), Cell(11, upper_cost), Cell(8, cost=1))
    twice = ((0, 2.0), (1, -1.0)), ((2, 1.0), (0, -2.0))
    problem = Problem(cells, inequalities=(*twice, ((3, 1.0), (1, -1.0))))
    assert attack(problem, [0], [single(0)]) == [Range(2.5, 5.5)]
    assert protect(problem, [0]).hidden == protect(problem, [0], effort=0).hidden == (0, further)
    assert protect(problem._replace(whole=False), [0]).hidden == (0,)


def test_an_earlier_hidden_cell_is_protected_where_asked() -> None:
    """What an earlier edition hid stays hidden at no cost; its range is kept only for those that must be hidden."""
    tables = crosstab({("a",): 1, ("b",): 5, ("c",): 6})
    tables.mark([("a",), ("b",)], State.HIDDEN)
    assert protect(tables.problem()).cost == 0
    alone = crosstab({("a",): 1, ("b",): 5, ("c",): 6})
    alone.mark([("a",)], State.HIDDEN)
    assert hidden_keys(alone, protect(alone.problem())) == {("a",)}
    found = protect(alone.problem(), [alone.index(("a",))])
    assert hidden_keys(alone, found) == {("a",), ("b",)}
    assert found.cost == alone.problem().cells[alone.index(("b",))].cost


def test_amounts_keep_a_range_of_their_own_size() -> None:
    """Amounts of money in cents are no small counts: each keeps the range it is given, not 3 cents."""
    amounts, widths = [250_000, 80_000, 1_200_000, 9_000_000], [250_000.0, 3.0, 3.0, 3.0]
    parts = [Cell(amount, amount / 1e6, width=width) for amount, width in zip(amounts, widths, strict=True)]
    problem = Problem(
        (*parts, Cell(sum(amounts), cost=100)),
        equations=(((4, 1.0), *((index, -1.0) for index in range(4))),),
        whole=False,
    )
    found = protect(problem, [0])
    assert found.hidden == (0, 1)
    assert attack(problem, found.hidden, [single(0)])[0].width(whole=False) == 330_000
    wider = problem._replace(cells=(parts[0]._replace(width=400_000), *problem.cells[1:]))
    assert protect(wider, [0]).hidden == (0, 2)
