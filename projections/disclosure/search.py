"""The search for the cheapest safe choice of cells in one part of a problem: Benders' method, and what follows it.

Its limits are numbers of steps, never a time: the result must not depend on the machine.
"""

from collections.abc import Collection, Sequence

import numpy as np

from projections.disclosure.master import Master, Proposal
from projections.disclosure.problem import Problem, Sensitive, State, single
from projections.disclosure.reach import Displacements, Mask, Target
from projections.disclosure.repair import thin_out, widen

EFFORT = 20_000
"""Coefficients of cuts the solver is given, over all proposals made with all cells: 4 to 10 of a table of 180 cells,
which mostly is more than it needs, and any number of a small one. See `_settle` for what follows."""
TIGHTENING = 12
"""Passes over the relaxed master problem after the first proposal has failed."""
LATE_ROUNDS = 14
"""Proposals made with few cells, and half as many with a few more."""


class Search:
    """The search in one part of the problem; `lost` are the targets that cannot be protected."""

    def __init__(self, problem: Problem, must_hide: Collection[int]) -> None:
        self._problem, self._must = problem, sorted(must_hide)
        self._space = Displacements(problem)
        self._usable = np.array([cell.state is State.FREE for cell in problem.cells])
        cells = [Sensitive(single(index), problem.cells[index].width) for index in self._must]
        self._required = [self._target(sensitive) for sensitive in (*cells, *problem.sensitive)]
        self._master = Master(problem, self._must, self._required)
        self._own = [self._target(Sensitive(single(i), cell.width), i) for i, cell in enumerate(problem.cells)]
        self.lost: list[Target] = []

    def _target(self, sensitive: Sensitive, cell: int | None = None) -> Target:
        return Target(sensitive.terms, sensitive.width, self._problem.is_whole(sensitive.terms), cell)

    def run(self, effort: int) -> Proposal | None:
        """The choice found; None where something proved unprotectable: it is set aside, and the search starts anew."""
        hidden = seen = self._master.fixed
        bound = 0.0
        spent = 0
        while spent < effort:
            spent += self._master.size
            proposal = self._master.solve(self._usable)
            if proposal is None:
                break
            if not self._cut_off(proposal):
                return proposal
            if hidden is self._master.fixed:
                self._tighten()
            hidden, bound = proposal.hidden, proposal.bound
            seen = seen | hidden
        starts = [hidden] if hidden is self._master.fixed else [self._master.fixed, hidden]
        widened = [widen(self._space, self._targets, start, self._usable) for start in starts]
        safe = [choice for choice in widened if choice is not None]
        return self._settle(safe, seen, bound) if len(safe) == len(starts) else self._set_aside()

    def _tighten(self) -> None:
        """Cut off choices of cells hidden in part: cheap, and what is left to the whole choices is much less."""
        targets: Sequence[Target] = self._required
        for _pass in range(TIGHTENING):
            hidden = self._master.relax(self._usable)
            if hidden is None or not targets:
                return
            limits = self._space.limits(targets, hidden)
            targets = [reach.target for reach in limits if self._master.tighten(reach, hidden)]

    def _settle(self, safe: list[Mask], seen: Mask, bound: float) -> Proposal:
        """The exact method with the cells that came up so far; then with those of some safe choices among them alone.

        Both are quick, and end close to the cheapest of all.
        """
        usable = np.logical_or.reduce([seen, *safe])
        for rounds in (LATE_ROUNDS // 2, LATE_ROUNDS):
            hidden = self._master.fixed
            for _round in range(rounds):
                if (proposal := self._master.solve(usable)) is None:
                    break
                if not self._cut_off(proposal):
                    return proposal._replace(bound=min(bound, proposal.cost))
                hidden = proposal.hidden
            other = widen(self._space, self._targets, hidden, usable)
            safe = safe if other is None else [*safe, other]
            usable = np.logical_or.reduce(safe)
        # Some safe choice is among the usable cells all the time, so this takes many narrow proposals that are cheaper.
        thin = thin_out(self._space, self._targets, min(safe, key=self._master.cost), self._master.free)
        return Proposal(thin, self._master.cost(thin), bound)

    def _targets(self, hidden: Mask) -> list[Target]:
        """What has to be wide: what was required, and every further hidden cell."""
        return self._required + [self._own[index] for index in np.flatnonzero(hidden & self._master.free).tolist()]

    def _cut_off(self, proposal: Proposal) -> bool:
        """Add a cut for every target the proposal leaves narrow; False: there is none."""
        narrow = self._space.narrow(self._targets(proposal.hidden), proposal.hidden)
        hints = self._space.limits([reach.target for reach in narrow], proposal.hidden)
        for found, hint in zip(narrow, hints, strict=True):
            self._master.cut(found, hint, proposal.hidden)
        return bool(narrow)

    def _set_aside(self) -> Proposal | None:
        """Leave out what is narrow though everything is hidden: a required target is lost, another cell stays shown."""
        everything = self._master.fixed | self._usable
        lost = [reach.target for reach in self._space.narrow(self._required, everything)]
        if not lost:
            narrow = self._space.narrow(self._targets(everything), everything)
            for reach in narrow:
                self._usable[reach.target.cell] = False
            if not narrow:
                # The cuts forbid what is in fact safe, by an error of rounding.
                return Proposal(everything, self._master.cost(everything), 0.0)
        self.lost += lost
        self._required = [target for target in self._required if target not in lost]
        self._master = Master(self._problem, self._must, self._required)
        return None
