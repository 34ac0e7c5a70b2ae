"""The attacker finds exactly what a reader can know of hidden cells."""

import json
import math
import random
from itertools import pairwise
from pathlib import Path

import pytest
from attacking import crosstab, cube, dense_range, whole_tables

from projections.disclosure.attack import Range, attack
from projections.disclosure.problem import Cell, Problem, State, single

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "disclosure" / "table_4x4.json"


def test_two_hidden_cells_in_every_line_can_give_one_away() -> None:
    """In the published table w|b follows exactly from nine hidden cells, and lies in 0 to 78 with x|d hidden too."""
    if not PUBLISHED.exists():
        pytest.skip("the published table is not here")
    table = json.loads(PUBLISHED.read_text())
    tables = crosstab({tuple(name): count for name, count in table["cells"].items()})
    hidden = [tables.index(tuple(name)) for name in table["hidden"]]
    wb = single(tables.index(("w", "b")))
    assert attack(tables.problem(), hidden, [wb]) == [Range(47, 47)]
    assert attack(tables.problem(), [*hidden, tables.index(("x", "d"))], [wb]) == [Range(0, 78)]


@pytest.mark.parametrize(("seed", "sizes"), [(seed, sizes) for seed in range(4) for sizes in [(3,), (2, 2), (2, 3)]])
def test_whole_tables(seed: int, sizes: tuple[int, ...]) -> None:
    """The range of every hidden inner cell is that of all tables of counts with the same shown cells."""
    rng = random.Random(seed)
    tables = cube([rng.randrange(4) for _ in range(math.prod(sizes))], *sizes)
    inner = [index for index, key in enumerate(tables.keys) if None not in key]
    hidden = rng.sample(inner, k=min(len(inner), 5))
    problem = tables.problem()
    possible = list(whole_tables(problem, hidden, most=12))
    for place, found in enumerate(attack(problem, hidden, [single(index) for index in hidden])):
        values = [table[place] for table in possible]
        assert found == Range(min(values), max(values))


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_a_plain_attack(seed: int) -> None:
    """Totals hidden, differences asked for, nothing bounded: the ranges are those of one plain programme each."""
    rng = random.Random(seed)
    tables = cube([rng.randrange(8) for _ in range(12)], 2, 3, 2)
    within = tables.terms({("a0", None, None): 1.0, (None, "b0", "c0"): 2.0, ("a1", "b1", "c1"): -0.5})
    problem = tables.problem(inequalities=[within] if tables.problem().value(within) >= 0 else [])
    hidden = rng.sample(range(len(tables.keys)), k=rng.choice([8, 14, 20]))
    differences = [((first, 1.0), (second, -2.0)) for first, second in pairwise(hidden)]
    asked = [*map(single, hidden), *differences]
    for terms, found in zip(asked, attack(problem, hidden, asked), strict=True):
        assert found == pytest.approx(dense_range(problem, hidden, terms), abs=1e-6)


def test_nothing_bounds_a_hidden_total() -> None:
    """A hidden cell and its hidden total have no largest value; a shown one is known."""
    tables = crosstab({("a",): 1, ("b",): 7})
    a, b, total = (tables.index(key) for key in [("a",), ("b",), (None,)])
    found = attack(tables.problem(), [a, total], [single(a), single(b), ((a, 1.0), (total, -1.0)), ((a, -1.0),)])
    assert found == [Range(0, math.inf), Range(7, 7), Range(-7, -7), Range(-math.inf, 0)]


def test_what_else_is_known_narrows() -> None:
    """Inequalities and upper bounds of cells count; a cell that is published nowhere is hidden without being named."""
    cells = (Cell(5), Cell(3), Cell(2, state=State.HIDDEN, upper=4))
    total, part, rest = (0, 1.0), (1, -1.0), (2, -1.0)
    problem = Problem(cells, equations=((total, part, rest),))
    assert attack(problem, [1], [single(1)]) == [Range(1, 5)]
    more = problem._replace(inequalities=(((1, 1.0), (2, -1.0)),))
    assert attack(more, [1], [single(1)]) == [Range(2.5, 5)]
    assert Range(2.5, 5).width(whole=True) == 2
    assert Range(2.5, 5).width(whole=False) == 2.5


def test_an_upper_bound_ends_a_range() -> None:
    """A hidden total is bounded by what all its parts can be at most."""
    total, part, other = Cell(5), Cell(3, upper=8), Cell(2, upper=4)
    problem = Problem((total, part, other), equations=(((0, 1.0), (1, -1.0), (2, -1.0)),))
    assert attack(problem, [0, 1, 2], [single(0), single(1)]) == [Range(0, 12), Range(0, 8)]


@pytest.mark.parametrize(
    ("problem", "hidden", "message"),
    [
        (Problem((Cell(4, state=State.SHOWN),)), [0], "published before"),
        (Problem((Cell(4), Cell(5)), equations=(((0, 1.0), (1, -1.0)),)), [], "instead of 0"),
        (Problem((Cell(4), Cell(5)), inequalities=(((0, 1.0), (1, -1.0)),)), [], "below 0"),
        (Problem((Cell(-4),)), [], "not between 0 and"),
        (Problem((Cell(4, upper=3),)), [], "not between 0 and"),
        (Problem((Cell(4.5),)), [], "no count"),
        (Problem((Cell(4, cost=-1),)), [], "a cost"),
        (Problem((Cell(4, width=0),)), [], "a range of 0"),
        (Problem((Cell(0),), equations=(((0, 1.0), (0, 1.0)),)), [], "twice"),
    ],
)
def test_an_impossible_problem_is_refused(problem: Problem, hidden: list[int], message: str) -> None:
    """True values that break the problem's own rules are refused: an attack on it would mean nothing."""
    with pytest.raises(ValueError, match=message):
        attack(problem, hidden, [])
