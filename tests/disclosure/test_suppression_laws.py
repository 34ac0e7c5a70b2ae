"""What holds of every table that is protected, as an attack of its own finds it."""

import math

from attacking import cube, dense_width, is_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.disclosure.problem import single
from projections.disclosure.suppression import protect

sizes = st.one_of(
    st.tuples(st.integers(1, 9)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(2, 3), st.integers(2, 3)),
)
tables_of_small_counts = sizes.flatmap(
    lambda found: st.lists(st.integers(0, 12), min_size=math.prod(found), max_size=math.prod(found)).map(
        lambda numbers: cube(numbers, *found)
    )
)


@given(tables_of_small_counts)
@settings(max_examples=40, deadline=None)
def test_no_hidden_cell_can_be_computed(tables) -> None:
    """No small count is shown, every hidden cell has a range of 3 or more, and no total is hidden without need."""
    problem, small = tables.problem(), tables.small()
    found = protect(problem, small)
    assert set(small) <= set(found.hidden)
    assert not found.unprotected
    for index in found.hidden:
        assert dense_width(problem, found.hidden, single(index)) >= 3
    inner = [index for index, key in enumerate(tables.keys) if None not in key]
    enough = sorted({*small, *inner})
    if found.cheapest and is_safe(problem, enough):
        assert found.cost <= sum(problem.cells[index].cost for index in enough) + 1e-6
        if len(inner) <= 9:  # then all of them together cost less than one total
            assert all(None not in tables.keys[index] or index in small for index in found.hidden)
