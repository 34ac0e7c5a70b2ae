"""Tables with all their totals become cells and equations."""

import pytest
from attacking import crosstab, cube

from projections.disclosure.crosstabs import Crosstabs
from projections.disclosure.problem import State


@pytest.mark.parametrize(("sizes", "cells", "equations"), [((4,), 5, 1), ((2, 3), 12, 7), ((2, 3, 2), 36, 33)])
def test_cells_and_equations(sizes: tuple[int, ...], cells: int, equations: int) -> None:
    """There is a cell for every combination of values and totals, and an equation for every total over every trait."""
    count = 1
    for size in sizes:
        count *= size
    problem = cube(range(count), *sizes).problem()
    problem.check()
    assert (len(problem.cells), len(problem.equations)) == (cells, equations)
    assert max(cell.value for cell in problem.cells) == sum(range(count))


def test_totals_are_dearest() -> None:
    """Hiding costs a little more for a larger count, much more for a total, and most for the total of all."""
    tables = crosstab({("a", "x"): 1, ("a", "y"): 5, ("b", "x"): 0, ("b", "y"): 9})
    cells = tables.problem().cells
    inner, larger, total, all_of_it = (
        cells[tables.index(key)].cost for key in [("a", "x"), ("b", "y"), ("a", None), (None, None)]
    )
    assert inner < larger < 2 * inner < 10 * larger < total < 10 * total < all_of_it


def test_a_missing_combination_is_zero() -> None:
    """What is not counted is shown as 0, so it is a cell."""
    tables = crosstab({("a", "x"): 4, ("b", "y"): 2})
    assert tables.problem().cells[tables.index(("a", "y"))].value == 0
    assert tables.small() == [tables.index(key) for key in [("b", "y"), ("b", None), (None, "y")]]


def test_tables_of_one_total_share_its_cell() -> None:
    """The same key is the same cell, so two tables of the same persons are linked; a prefix keeps figures apart."""
    tables = Crosstabs()
    tables.add({("a", None): 4, ("b", None): 2})
    tables.add({(None, "x"): 1, (None, "y"): 5})
    tables.add({("a",): 4}, prefix=("other",))
    assert len(tables.keys) == 5 + 2
    assert len(tables.problem().equations) == 3
    assert tables.problem().cells[tables.index((None, None))].value == 6


@pytest.mark.parametrize("last", [0, 1])
def test_a_shared_cell_is_as_dear_as_its_dearer_table_has_it(last: int) -> None:
    """What is a part in one table and a total in another costs as much as a total, whichever comes first."""
    tables = Crosstabs()
    parts_of = [{("a", None): 4, ("b", None): 2}, {("a", "x"): 3, ("a", "y"): 1, ("b", "x"): 2}]
    for place in (1 - last, last):
        tables.add(parts_of[place])
    cells = tables.problem().cells
    assert cells[tables.index(("a", None))].cost > 10 * cells[tables.index(("a", "x"))].cost


def test_earlier_publications_are_marked() -> None:
    """The states of cells are given by their keys."""
    tables = crosstab({("a",): 4, ("b",): 2})
    tables.mark([("a",), (None,)], State.SHOWN)
    assert tables.problem().indices(State.SHOWN) == [tables.index(("a",)), tables.index((None,))]


@pytest.mark.parametrize(
    "counts",
    [
        {("a",): 4, ("b",): 3},
        {("a",): 4, ("b", "c"): 3},
        {("a",): 4, (None,): 3},
        {},
    ],
)
def test_tables_that_do_not_fit_are_refused(counts: dict[tuple[str | None, ...], int]) -> None:
    """One cell with two counts, keys of different traits, and a table of nothing are refused."""
    tables = crosstab({("a",): 4, ("b",): 2})
    with pytest.raises(ValueError, match=r"in another|one value for each trait|others a value"):
        tables.add(counts)
