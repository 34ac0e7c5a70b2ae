"""The master problem of Benders' method: which cells to hide, subject to the cuts found so far."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from projections.disclosure.problem import TOLERANCE, Problem, State
from projections.disclosure.reach import Mask, Reach, Target, Vector

NODES = 500
"""Branches the solver explores for one proposal. A count, not a time: the result must not depend on the machine."""


class Proposal(NamedTuple):
    """Cells to hide, what the chosen ones cost, and what any choice the cuts allow costs at least."""

    hidden: Mask
    cost: float
    bound: float


class Master:
    """Cells that may be hidden, and cuts: inequalities over 0 (shown) and 1 (hidden) every safe choice fulfils."""

    def __init__(self, problem: Problem, must_hide: Collection[int], targets: Collection[Target]) -> None:
        self.count = len(problem.cells)
        self.fixed = _mask(self.count, {*must_hide, *problem.indices(State.HIDDEN)})
        self.free = _mask(self.count, problem.indices(State.FREE)) & ~self.fixed
        self._costs = np.array([cell.cost if cell.state is State.FREE else 0.0 for cell in problem.cells])
        self._rows: dict[tuple[tuple[tuple[int, float], ...], float], None] = {}
        self._add_companions(problem, {index for target in targets for index in _single(target)})

    def _add_companions(self, problem: Problem, guarded: set[int]) -> None:
        """In an equation no cell is hidden alone: it would follow from the others ("bridgeless inequalities")."""
        for terms in problem.equations:
            cells = [index for index, _ in terms]
            for index in cells:
                others = [other for other in cells if other != index]
                if not any(self.fixed[other] for other in others) and (self.free[index] or index in guarded):
                    self._add(index, {other: 1.0 for other in others if self.free[other]})

    @property
    def size(self) -> int:
        """The coefficients of all cuts: what the solver is given. At least 1."""
        return 1 + sum(len(terms) for terms, _ in self._rows)

    def solve(self, usable: Mask) -> Proposal | None:
        """The cheapest choice of usable cells under the cuts, None where there is none.

        Within the limit of `NODES` it may be dearer; `bound` holds all the same.
        """
        result = milp(
            self._costs,
            integrality=np.ones(self.count),
            bounds=self._ends(usable),
            constraints=self._constraints(),
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if result.x is None:
            return None
        hidden = result.x > 0.5
        cost = float(self._costs[hidden].sum())
        return Proposal(hidden, cost, min(float(result.mip_dual_bound), cost))

    def relax(self, usable: Mask) -> Vector | None:
        """As `solve`, yet cells may be hidden in part: how far each is."""
        return milp(self._costs, bounds=self._ends(usable), constraints=self._constraints()).x

    def tighten(self, limits: Reach, hidden: Vector) -> bool:
        """Forbid to hide cells in part where that leaves a target narrow; False: these limits do not prove it."""
        factors = self._lack(limits)
        if factors is None or not self._forbids(limits.target, factors, hidden, 1e-3):
            return False
        self._add(limits.target.cell, self._row(limits.target, factors))
        return True

    def cost(self, hidden: Mask) -> float:
        """What hiding these cells costs; cells hidden before cost nothing."""
        return float(self._costs[hidden].sum())

    def cut(self, found: Reach, hints: Reach, hidden: Mask) -> None:
        """Forbid a choice that leaves a target narrow, with as many others as the limits prove to do so too.

        `found` is how far the target moves there, `hints` has the limits preferred (see `Displacements.limits`).
        """
        for limits in (hints, found):
            for factors in (self._lack(limits), self._step(found, limits, hidden)):
                if factors is not None and self._forbids(found.target, factors, hidden):
                    self._add(found.target.cell, self._row(found.target, factors))
                    return
        # The range only grows with what is hidden: something further must be.
        self._add(found.target.cell, self._row(found.target, np.where(hidden, 0.0, 1.0)))

    def _lack(self, reach: Reach) -> Vector | None:
        """Limits above and below sum to the range at most; what always hidden cells leave missing, others must give.

        These are the capacity constraints of the source; as cells are hidden or not, none needs to give more than all.
        """
        target = reach.target
        factors = reach.above.factor + reach.below.factor
        need = target.width - reach.above.base - reach.below.base
        if need <= TOLERANCE:
            return None
        always = self.fixed if target.cell is None else self.fixed | _mask(self.count, [target.cell])
        need -= float(np.minimum(factors[always], need).sum())
        return np.minimum(factors / need, 1.0) if need > TOLERANCE else None

    def _step(self, found: Reach, limits: Reach, hidden: Mask) -> Vector | None:
        """Of whole values, one end must move by a whole step more, which only cells now shown can give."""
        target = found.target
        up = target.steps(found.up) + 1 - limits.above.at(hidden.astype(float))
        down = target.steps(found.down) + 1 - limits.below.at(hidden.astype(float))
        if not target.whole or min(up, down) <= TOLERANCE:
            return None
        factors = np.minimum(np.maximum(limits.above.factor / up, limits.below.factor / down), 1.0)
        return np.where(hidden, 0.0, factors)

    def _forbids(self, target: Target, factors: Vector, hidden: Vector, margin: float = TOLERANCE) -> bool:
        given = sum(factor * hidden[index] for index, factor in self._row(target, factors).items())
        return bool(given < 1 - margin)

    def _row(self, target: Target, factors: Vector) -> dict[int, float]:
        useful = self.free & (factors > TOLERANCE)
        return {index: float(factors[index]) for index in np.flatnonzero(useful).tolist() if index != target.cell}

    def _ends(self, usable: Mask) -> Bounds:
        return Bounds(self.fixed.astype(float), (self.fixed | (self.free & usable)).astype(float))

    def _add(self, owner: int | None, row: Mapping[int, float]) -> None:
        """The row is at least 1; where it belongs to a cell that need not be hidden, only if that one is."""
        right = 1.0
        terms = dict(row)
        if owner is not None and self.free[owner]:
            terms[owner], right = -1.0, 0.0
        key = tuple((index, round(factor, 9)) for index, factor in sorted(terms.items()))
        self._rows[key, right] = None

    def _constraints(self) -> list[LinearConstraint]:
        if not self._rows:
            return []
        entries = [(number, index, factor) for number, (terms, _) in enumerate(self._rows) for index, factor in terms]
        rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = csr_array((factors, (rows, columns)), shape=(len(self._rows), self.count), dtype=float)
        return [LinearConstraint(matrix, [right for _, right in self._rows], np.inf)]


def _single(target: Target) -> list[int]:
    return [target.terms[0][0]] if len(target.terms) == 1 else []


def _mask(count: int, indices: Collection[int]) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[list(indices)] = True
    return mask
