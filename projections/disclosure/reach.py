"""How far expressions can move from their true values, with what limits them: the subproblem of Benders' method.

Everything is a displacement d from the true table: A d = 0 for the equations, G d >= -slack for the inequalities,
and each cell moves between -value and +room, times how far it is hidden (0 shown, 1 hidden).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csr_array, eye_array, kron, vstack  # type: ignore[import-untyped]

from projections.disclosure.problem import TOLERANCE, Problem, State, Terms

NOISE = 1e-7
"""Below this a dual value is the solver's error."""
BATCH = 16
"""Expressions solved by one call, in both directions each."""
HINT = 1e-3
"""How far a shown cell is let move when a cut is sought; see `limits`."""

Vector = Any
"""A numpy array of floats, one for each cell."""
Mask = Any
"""A numpy array of booleans, one for each cell."""


class Target(NamedTuple):
    """An expression that needs a range of `width`; where `cell` is given, only if that cell is hidden."""

    terms: Terms
    width: float
    whole: bool
    cell: int | None = None

    def steps(self, amount: float) -> float:
        """What of a displacement counts: of whole values, whole steps."""
        return float(math.floor(amount + TOLERANCE)) if self.whole else amount

    def is_wide(self, up: float, down: float) -> bool:
        """Whether displacements this far up and down make the range wide enough."""
        return self.steps(up) + self.steps(down) >= self.width - TOLERANCE


class Limit(NamedTuple):
    """Proof that an expression moves by `base` + the sum of `factor` times how far each cell is hidden, at most."""

    base: float
    factor: Vector

    def at(self, hidden: Vector) -> float:
        """The limit where the cells are hidden that far."""
        used = self.factor[hidden > 0] * hidden[hidden > 0]
        return float(self.base + used.sum())


class Reach(NamedTuple):
    """How far a target moves up and down, at most its width, and what limits it."""

    target: Target
    up: float
    down: float
    above: Limit
    below: Limit


class Displacements:
    """The displacements of a problem's tables."""

    def __init__(self, problem: Problem) -> None:
        self.count = len(problem.cells)
        self.values = np.array([cell.value for cell in problem.cells])
        self.room = np.array([cell.upper - cell.value for cell in problem.cells])
        self.costs = np.array([cell.cost for cell in problem.cells])
        self.movable = np.array([cell.state is not State.SHOWN for cell in problem.cells], dtype=bool)
        self.equal = _matrix(problem.equations, self.count)
        self.above = _matrix(problem.inequalities, self.count)
        self.slack = self.above @ self.values

    def narrow(self, targets: Sequence[Target], hidden: Mask) -> list[Reach]:
        """The targets whose range is too small where these cells are hidden and no others."""
        found: list[Reach] = []
        seen = np.zeros((1, self.count))
        for batch in _batches(targets, 2 * BATCH):
            # Two displacements met before may prove a range already.
            open_targets = [target for target in batch if not self._proven(target, seen)]
            reaches, moved = self._reach(open_targets, np.flatnonzero(hidden), -self.values, self.room)
            found += [reach for reach in reaches if not reach.target.is_wide(reach.up, reach.down)]
            seen = np.concatenate([seen, moved])
        return found

    def limits(self, targets: Sequence[Target], hidden: Vector) -> list[Reach]:
        """As `narrow` of targets known to be, yet with limits that name few of the shown cells, and cheap ones.

        Many limits prove the same. Letting the shown cells move by a trifle makes the solver prefer those that
        would stay low if some of them were hidden as well (T. L. Magnanti and R. T. Wong, 1981).
        """
        part = np.maximum(hidden, HINT)
        wide = max((target.width for target in targets), default=0.0)
        low = -self.values * part
        high = np.where(hidden > 1 - NOISE, self.room, np.minimum(self.room, wide * part))
        columns = np.flatnonzero(self.movable)
        return [reach for batch in _batches(targets, BATCH) for reach in self._reach(batch, columns, low, high)[0]]

    def objective(self, targets: Sequence[Target]) -> Any:
        """One row of coefficients for each target."""
        return _matrix([target.terms for target in targets], self.count).toarray()

    def _proven(self, target: Target, seen: Any) -> bool:
        moves = sum(coefficient * seen[:, index] for index, coefficient in target.terms) + np.zeros(len(seen))
        return target.is_wide(float(moves.max()), float(-moves.min()))

    def _reach(self, targets: Sequence[Target], columns: Any, low: Vector, high: Vector) -> tuple[list[Reach], Any]:
        rows = self.objective(targets)
        objectives = np.concatenate([rows, -rows])
        ends = np.tile([target.width for target in targets], 2)
        solution = _Blocks(self, objectives, columns, ends).solve(low[columns], high[columns])
        moved = np.zeros((len(objectives), self.count))
        moved[:, columns] = solution.moves
        amounts = (objectives * moved).sum(axis=1)
        limits = self._limits(objectives, solution, ends)
        half = len(targets)
        reaches = [
            Reach(target, float(amounts[k]), float(amounts[half + k]), limits[k], limits[half + k])
            for k, target in enumerate(targets)
        ]
        return reaches, moved

    def _limits(self, objectives: Any, solution: "_Solution", ends: Any) -> list[Limit]:
        """Weak duality: whatever the multipliers, the objective is at most base + factor * hidden."""
        rest = objectives * (1 - solution.at_end)[:, None] - solution.equal @ self.equal + solution.above @ self.above
        rest[np.abs(rest) < NOISE] = 0
        base = solution.at_end * ends + solution.above @ self.slack
        factor = np.maximum(-rest, 0) * self.values
        np.multiply(rest, self.room, out=factor, where=rest > 0)
        return [Limit(float(start), row) for start, row in zip(base, factor, strict=True)]


class _Solution(NamedTuple):
    """For every block its displacement and its dual values, those of the inequalities and the end as numbers from 0."""

    moves: Any
    equal: Any
    above: Any
    at_end: Any


class _Blocks:
    """As many independent linear programmes as there are objectives, solved by one call: calls are what takes time.

    Each objective ends at a given number, so none is unbounded.
    """

    def __init__(self, space: Displacements, objectives: Any, columns: Any, ends: Any) -> None:
        self._count, self._columns = len(objectives), columns
        self._objectives = objectives[:, columns]
        self._equal, self._equal_rows = _touching(space.equal, columns)
        self._above, self._above_rows = _touching(space.above, columns)
        self._shape = space.equal.shape[0], space.above.shape[0]
        self._right = np.concatenate([np.tile(space.slack[self._above_rows], self._count), ends])

    def solve(self, low: Any, high: Any) -> _Solution:
        """The displacement that raises each objective most, cells moving between `low` and `high`."""
        count, width = self._count, len(self._columns)
        if count == 0 or width == 0:
            equal, above = (np.zeros((count, size)) for size in self._shape)
            return _Solution(np.zeros((count, width)), equal, above, np.zeros(count))
        blocks = eye_array(count)
        nothing = len(self._equal_rows) == 0
        result = linprog(
            -self._objectives.ravel(),
            A_eq=None if nothing else kron(blocks, self._equal, format="csr"),
            b_eq=None if nothing else np.zeros(count * len(self._equal_rows)),
            A_ub=vstack([kron(blocks, -self._above, format="csr"), self._ends()], format="csr"),
            b_ub=self._right,
            bounds=np.column_stack([np.tile(low, count), np.tile(high, count)]),
            method="highs",
        )
        if result.status != 0:
            # No displacement at all is a solution.
            raise ArithmeticError(f"the displacements were not solved: {result.message}")
        equal = np.zeros((count, self._shape[0]))
        equal[:, self._equal_rows] = _multipliers(result.eqlin.marginals, count)
        inner = count * len(self._above_rows)
        above = np.zeros((count, self._shape[1]))
        above[:, self._above_rows] = _multipliers(result.ineqlin.marginals[:inner], count)
        at_end = _multipliers(result.ineqlin.marginals[inner:], count)[:, 0]
        return _Solution(result.x.reshape(count, -1), equal, np.maximum(above, 0), np.maximum(at_end, 0))

    def _ends(self) -> Any:
        """One row for each block: its objective."""
        block, column = np.nonzero(self._objectives)
        shape = (self._count, self._count * len(self._columns))
        return csr_array((self._objectives[block, column], (block, block * len(self._columns) + column)), shape=shape)


def _multipliers(marginals: Any, count: int) -> Any:
    """The dual values of a maximum, by block. Any values are valid ones, so rounding keeps every limit true."""
    return np.round(-np.asarray(marginals, dtype=float).reshape(count, -1), 7)


def _matrix(expressions: Sequence[Terms], count: int) -> Any:
    entries = [(row, index, coefficient) for row, terms in enumerate(expressions) for index, coefficient in terms]
    rows, columns, coefficients = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((coefficients, (rows, columns)), shape=(len(expressions), count), dtype=float)


def _touching(matrix: Any, columns: Any) -> tuple[Any, Any]:
    """The rows that touch these columns, and their numbers."""
    part = matrix[:, columns]
    rows = np.flatnonzero(np.diff(part.indptr))
    return part[rows], rows


def _batches(targets: Sequence[Target], size: int) -> Iterator[Sequence[Target]]:
    return (targets[start : start + size] for start in range(0, len(targets), size))
