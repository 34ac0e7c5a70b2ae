"""An attacker of its own: plain dense linear programmes and the counting of whole tables, sharing nothing with ours."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

from projections.disclosure.crosstabs import Crosstabs
from projections.disclosure.problem import Problem, State, Terms, single

Counts = Mapping[tuple[str | None, ...], int]


def crosstab(counts: Counts) -> Crosstabs:
    """One table with its totals."""
    tables = Crosstabs()
    tables.add(counts)
    return tables


def cube(numbers: Sequence[int], *sizes: int) -> Crosstabs:
    """A table by as many traits as there are sizes, its counts in order."""
    traits = zip("abc", sizes, strict=False)
    keys = itertools.product(*([f"{trait}{value}" for value in range(size)] for trait, size in traits))
    return crosstab(dict(zip(keys, numbers, strict=True)))


def dense_range(problem: Problem, hidden: Sequence[int], terms: Terms) -> tuple[float, float]:
    """The smallest and the largest value of an expression, by one dense linear programme each."""
    cells = problem.cells
    objective = np.zeros(len(cells))
    for index, coefficient in terms:
        objective[index] += coefficient
    equations, inequalities = _dense(problem, problem.equations), _dense(problem, problem.inequalities)
    free = {*hidden, *problem.indices(State.HIDDEN)}
    bounds = [(0, cell.upper) if index in free else (cell.value, cell.value) for index, cell in enumerate(cells)]
    ends = []
    for sign in (1, -1):
        result = linprog(
            sign * objective,
            A_eq=equations,
            b_eq=np.zeros(len(equations)),
            A_ub=-inequalities,
            b_ub=np.zeros(len(inequalities)),
            bounds=bounds,
        )
        # The true table is one solution: "unbounded or infeasible" can only mean the former.
        assert result.status in (0, 3) or "unbounded" in result.message
        ends.append(sign * result.fun if result.status == 0 else sign * -math.inf)
    return ends[0], ends[1]


def dense_width(problem: Problem, hidden: Sequence[int], terms: Terms) -> float:
    """How many steps of one the range allows."""
    low, high = dense_range(problem, hidden, terms)
    return math.inf if math.isinf(high - low) else math.floor(high + 1e-5) - math.ceil(low - 1e-5)


def is_safe(problem: Problem, hidden: Sequence[int]) -> bool:
    """Whether every hidden cell and every sensitive expression keeps its width."""
    if any(dense_width(problem, hidden, single(index)) < problem.cells[index].width for index in hidden):
        return False
    return all(dense_width(problem, hidden, one.terms) >= one.width for one in problem.sensitive)


def whole_tables(problem: Problem, hidden: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    """The values of the hidden cells in every table of counts up to `most` that agrees with all that is shown."""
    values = [cell.value for cell in problem.cells]
    for chosen in itertools.product(range(most + 1), repeat=len(hidden)):
        for index, value in zip(hidden, chosen, strict=True):
            values[index] = value
        if all(sum(factor * values[index] for index, factor in terms) == 0 for terms in problem.equations):
            yield chosen


def lone_in_a_row(problem: Problem, hidden: Sequence[int]) -> bool:
    """Whether some equation has just one hidden cell, which then follows from it."""
    return any(sum(index in hidden for index, _ in terms) == 1 for terms in problem.equations)


def _dense(problem: Problem, expressions: Sequence[Terms]) -> np.ndarray:
    matrix = np.zeros((len(expressions), len(problem.cells)))
    for row, terms in enumerate(expressions):
        for index, coefficient in terms:
            matrix[row, index] += coefficient
    return matrix
