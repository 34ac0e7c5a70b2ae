"""The safe way out where the exact method is stopped: hide cells along the cheapest displacement, until all is wide."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import block_array, csr_array  # type: ignore[import-untyped]

from projections.disclosure.problem import TOLERANCE
from projections.disclosure.reach import NOISE, Displacements, Mask, Target

SHARE = 1e-9
"""Below this share of a width a displacement is the solver's error."""

Targets = Callable[[Mask], Sequence[Target]]
"""What has to be wide, given what is hidden."""


def widen(space: Displacements, targets: Targets, hidden: Mask, usable: Mask) -> Mask | None:
    """Hide usable cells besides `hidden` until every target is wide; None where that cannot be reached.

    For the first target that is narrow, two tables are sought that differ in it by its width and, in all other
    cells, as little and as cheaply as possible; the cells in which they leave the true table are hidden.
    """
    hidden = hidden.copy()
    while narrow := space.narrow(targets(hidden), hidden):
        moved = _cheapest_move(space, narrow[0].target, hidden, usable)
        if moved is None or not (moved & ~hidden).any():
            return None
        hidden |= moved
    return hidden


def thin_out(space: Displacements, targets: Targets, hidden: Mask, droppable: Mask) -> Mask:
    """Show again what is not needed, the dearest first."""
    hidden = hidden.copy()
    candidates = np.flatnonzero(hidden & droppable).tolist()
    for index in sorted(candidates, key=lambda index: (-space.costs[index], index)):
        hidden[index] = False
        if space.narrow(targets(hidden), hidden):
            hidden[index] = True
    return hidden


def _cheapest_move(space: Displacements, target: Target, hidden: Mask, usable: Mask) -> Mask | None:
    """The cells that move between two tables as far apart as needed.

    Unknowns: how far each cell is up and down in the first table, then in the second, and how much of the width the
    first one gives, the second giving the rest; that is whole where the target is, so that both ends are.
    """
    columns = np.flatnonzero(hidden | usable)
    matrix, low, high = _rows(space, target, columns)
    down = space.values[columns]
    prices = np.where(hidden[columns], NOISE, space.costs[columns] + NOISE)
    count = len(columns)
    result = milp(
        np.concatenate([np.tile(prices, 4), [0.0]]),
        integrality=np.concatenate([np.zeros(4 * count), [float(target.whole)]]),
        bounds=Bounds(0, np.concatenate([space.room[columns], down, space.room[columns], down, [target.width]])),
        constraints=LinearConstraint(matrix, low, high),
    )
    if result.x is None:
        return None
    moves = result.x[:-1].reshape(4, count)
    apart = np.abs(moves[0] - moves[1]) + np.abs(moves[2] - moves[3])
    moved = np.zeros(space.count, dtype=bool)
    moved[columns[apart > max(TOLERANCE, SHARE * target.width)]] = True
    return moved


def _rows(space: Displacements, target: Target, columns: Any) -> tuple[Any, Any, Any]:
    equal, above = space.equal[:, columns], space.above[:, columns]
    aim = csr_array(space.objective([target])[:, columns])
    equations, inequalities = equal.shape[0], above.shape[0]
    share = csr_array([[1.0]])
    matrix = block_array(
        [
            [equal, -equal, None, None, csr_array((equations, 1))],
            [None, None, equal, -equal, csr_array((equations, 1))],
            [above, -above, None, None, csr_array((inequalities, 1))],
            [None, None, above, -above, csr_array((inequalities, 1))],
            [aim, -aim, None, None, -share],
            [None, None, -aim, aim, share],
        ],
        format="csr",
    )
    nothing = np.zeros(2 * equations)
    low = np.concatenate([nothing, -np.tile(space.slack, 2), [0.0, target.width]])
    high = np.concatenate([nothing, np.full(2 * inequalities + 2, np.inf)])
    return matrix, low, high
