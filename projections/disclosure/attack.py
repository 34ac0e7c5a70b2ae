"""The attacker: what a reader can compute about hidden cells from all that is shown.

Written apart from the search in `suppression`, in the values themselves instead of displacements, so that a mistake
there is found here.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import coo_array, csr_array, eye_array, kron  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from projections.disclosure.problem import TOLERANCE, Problem, State, Terms

BATCH = 48
"""Expressions solved by one call: the solver is quick, each call of it is not."""

Matrix = Any
"""A scipy.sparse array; the library has no types."""


class Range(NamedTuple):
    """The smallest and the largest value an expression takes in any table consistent with what is shown.

    `high` is infinite where nothing bounds it, `low` minus infinite (possible for differences only).
    """

    low: float
    high: float

    def width(self, whole: bool) -> float:
        """How far both ends are apart; `whole`: after rounding the low end up and the high end down."""
        if whole and math.isfinite(self.high) and math.isfinite(self.low):
            return math.floor(self.high + TOLERANCE) - math.ceil(self.low - TOLERANCE)
        return self.high - self.low


def attack(problem: Problem, hidden: Iterable[int], expressions: Sequence[Terms]) -> list[Range]:
    """The range of every expression where exactly these cells are hidden, besides those that always are.

    Exact for real numbers, by two linear programmes for each expression: all shown cells are fixed at their true value.
    Refused (`ValueError`): hiding a cell that was published before, and a problem that breaks its own rules.
    """
    problem.check()
    chosen = set(hidden)
    if before := sorted(index for index in chosen if problem.cells[index].state is State.SHOWN):
        raise ValueError(f"cells {before} were published before and cannot be hidden")
    cells = sorted(chosen | set(problem.indices(State.HIDDEN)))
    ranges = [Range(shown, shown) for shown in (_shown_part(problem, set(cells), terms) for terms in expressions)]
    for part in _unconnected(problem, cells):
        tables = _Tables(problem, part)
        touched = [number for number, terms in enumerate(expressions) if any(i in tables.column for i, _ in terms)]
        for number, found in zip(touched, tables.ranges([expressions[number] for number in touched]), strict=True):
            ranges[number] = Range(ranges[number].low + found.low, ranges[number].high + found.high)
    # What the solver leaves behind the sixth digit is noise.
    return [Range(round(low, 6) + 0.0, round(high, 6) + 0.0) for low, high in ranges]


def _shown_part(problem: Problem, hidden: set[int], terms: Terms) -> float:
    return problem.value(tuple(term for term in terms if term[0] not in hidden))


def _unconnected(problem: Problem, cells: list[int]) -> list[list[int]]:
    """The hidden cells in groups that no equation or inequality ties to each other."""
    position = {index: number for number, index in enumerate(cells)}
    links = [
        (position[first], position[second])
        for terms in (*problem.equations, *problem.inequalities)
        for inside in [[index for index, _ in terms if index in position]]
        for first, second in pairwise(inside)
    ]
    ends = np.array(links, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(cells), len(cells)))
    count, label = connected_components(graph, directed=False)
    groups: list[list[int]] = [[] for _ in range(count)]
    for index, group in zip(cells, label, strict=True):
        groups[group].append(index)
    return groups


class _Tables:
    """All values some tied hidden cells can have: A x = b, G x >= h, 0 <= x <= upper."""

    def __init__(self, problem: Problem, cells: list[int]) -> None:
        self.column = {index: number for number, index in enumerate(cells)}
        self.upper = np.array([problem.cells[index].upper for index in cells])
        self.equal, self.equal_to = self._rows(problem, problem.equations)
        self.above, self.at_least = self._rows(problem, problem.inequalities)

    def _rows(self, problem: Problem, expressions: Sequence[Terms]) -> tuple[Matrix, Any]:
        touching = [terms for terms in expressions if any(index in self.column for index, _ in terms)]
        hidden = set(self.column)
        right = np.array([-_shown_part(problem, hidden, terms) for terms in touching])
        return self._matrix(touching), right

    def _matrix(self, expressions: Sequence[Terms]) -> Matrix:
        entries = [
            (row, self.column[index], coefficient)
            for row, terms in enumerate(expressions)
            for index, coefficient in terms
            if index in self.column
        ]
        rows, columns, coefficients = zip(*entries, strict=True) if entries else ((), (), ())
        return csr_array((coefficients, (rows, columns)), shape=(len(expressions), len(self.column)), dtype=float)

    def ranges(self, expressions: Sequence[Terms]) -> list[Range]:
        """The range of the part of each expression that lies in these cells."""
        objectives = self._matrix(expressions).toarray()
        high = self._largest(objectives)
        low = -self._largest(-objectives)
        return [Range(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]

    def _largest(self, objectives: Any) -> Any:
        """The largest value of every objective; infinite where it rises along a way the cells can go on for ever."""
        ahead = _in_batches(self._directions, objectives)
        largest = np.full(len(objectives), math.inf)
        bounded = ahead <= TOLERANCE
        largest[bounded] = _in_batches(self._tables, objectives[bounded])
        return largest

    def _directions(self, objectives: Any) -> Any:
        ends = np.where(np.isinf(self.upper), 1.0, 0.0)
        return self._solve(objectives, 0 * self.equal_to, 0 * self.at_least, ends)

    def _tables(self, objectives: Any) -> Any:
        return self._solve(objectives, self.equal_to, self.at_least, self.upper)

    def _solve(self, objectives: Any, equal_to: Any, at_least: Any, upper: Any) -> Any:
        """The largest value of every objective, by one linear programme of as many independent blocks."""
        count = len(objectives)
        blocks = eye_array(count)
        result = linprog(
            -objectives.ravel(),
            A_eq=kron(blocks, self.equal, format="csr") if len(equal_to) else None,
            b_eq=np.tile(equal_to, count) if len(equal_to) else None,
            A_ub=kron(blocks, -self.above, format="csr") if len(at_least) else None,
            b_ub=np.tile(-at_least, count) if len(at_least) else None,
            bounds=np.column_stack([np.zeros(len(upper) * count), np.tile(upper, count)]),
            method="highs",
        )
        if result.status != 0:
            # The true values are one solution, and every objective is bounded.
            raise ArithmeticError(f"the attack was not solved: {result.message}")
        return (objectives * result.x.reshape(count, -1)).sum(axis=1)


def _in_batches(solve: Callable[[Any], Any], objectives: Any) -> Any:
    parts = [solve(objectives[start : start + BATCH]) for start in range(0, len(objectives), BATCH)]
    return np.concatenate(parts) if parts else np.zeros(0)
