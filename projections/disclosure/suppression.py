"""Which further cells to hide so that none can be computed: the cheapest safe choice, proven by attack.

Source: Fischetti and Salazar-González (2001), see `problem`. Which cells are hidden is an integer programme without
the tables (`master`); the attack on a proposal, a linear programme for each end of each range (`reach`), either finds
all ranges wide or gives by its dual values an inequality that every safe choice fulfils and the proposal does not.

Safe does not depend on any of this being right: at the end `attack` computes every range again by itself, and more is
hidden until it finds nothing. What no cell can protect, because it was published before, is named in the result.
"""

import math
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from projections.disclosure.attack import attack
from projections.disclosure.parts import Part, independent_parts
from projections.disclosure.problem import TOLERANCE, Problem, Sensitive, State, single
from projections.disclosure.search import EFFORT, Search


class Protection(NamedTuple):
    """What to hide, those hidden before included; `unprotected` is exposed whatever is hidden.

    `cost` is that of the cells hidden by this choice; none that protects as much costs less than `bound`.
    """

    hidden: tuple[int, ...]
    unprotected: tuple[Sensitive, ...]
    cost: float
    bound: float

    @property
    def cheapest(self) -> bool:
        """Whether the choice is proven to be as cheap as any."""
        return self.cost <= self.bound + TOLERANCE * max(1.0, self.cost)


def protect(problem: Problem, must_hide: Iterable[int] = (), effort: int = EFFORT) -> Protection:
    """The cheapest cells to hide besides `must_hide` so that these, the sensitive expressions and themselves stay wide.

    Every hidden cell keeps a range of its width, those in `must_hide` whatever their state; one that was shown before
    comes back as unprotected. A cell with the state HIDDEN that is not in `must_hide` may become known.
    The same problem always gives the same result. Refused (`ValueError`): a problem that breaks its own rules.

    Where `effort` does not suffice the choice is only nearly the cheapest, and just as safe; 0 is the quickest.
    """
    problem.check()
    must = set(must_hide)
    found = [_protect_part(part, effort) for part in independent_parts(problem, must)]
    hidden = {index for one in found for index in one.hidden} | set(problem.indices(State.HIDDEN))
    hidden |= must - set(problem.indices(State.SHOWN))
    unprotected = [sensitive for one in found for sensitive in one.unprotected]
    unprotected += _known_before(problem, must)
    hidden, unprotected = _attacked(problem, must, hidden, unprotected)
    cost = math.fsum(problem.cells[index].cost for index in hidden if problem.cells[index].state is State.FREE)
    return Protection(tuple(sorted(hidden)), tuple(unprotected), cost, min(cost, math.fsum(one.bound for one in found)))


def _known_before(problem: Problem, must: Collection[int]) -> list[Sensitive]:
    """What consists of cells shown before and nothing else."""
    shown = set(problem.indices(State.SHOWN))
    return [one for one in _guarded(problem, must) if all(index in shown for index, _ in one.terms)]


def _attacked(
    problem: Problem, must: set[int], hidden: set[int], unprotected: list[Sensitive]
) -> tuple[set[int], list[Sensitive]]:
    """Attack, and hide the cheapest further cell while anything is narrow that is not known to be unprotected."""
    order = sorted(problem.indices(State.FREE), key=lambda index: (problem.cells[index].cost, index))
    while True:
        guarded = _guarded(problem, must | (hidden & set(order)))
        narrow = _narrow(problem, hidden, [sensitive for sensitive in guarded if sensitive not in unprotected])
        if not narrow:
            return hidden, unprotected
        further = next((index for index in order if index not in hidden), None)
        if further is None:
            return hidden, unprotected + narrow
        hidden.add(further)


def _narrow(problem: Problem, hidden: set[int], guarded: list[Sensitive]) -> list[Sensitive]:
    """What the attack finds within less than its width."""
    ranges = attack(problem, hidden, [sensitive.terms for sensitive in guarded])
    return [
        sensitive
        for sensitive, found in zip(guarded, ranges, strict=True)
        if found.width(problem.is_whole(sensitive.terms)) < sensitive.width - TOLERANCE
    ]


def _guarded(problem: Problem, cells: Collection[int]) -> list[Sensitive]:
    """What must be uncertain: these cells, and the sensitive expressions."""
    return [Sensitive(single(index), problem.cells[index].width) for index in sorted(cells)] + [*problem.sensitive]


class _Found(NamedTuple):
    hidden: list[int]
    unprotected: list[Sensitive]
    bound: float


def _protect_part(part: Part, effort: int) -> _Found:
    """Protect cells that are tied to each other, leaving out what turns out not to be protectable."""
    search = Search(part.problem, part.must_hide)
    while (proposal := search.run(effort)) is None:
        pass
    hidden = [part.indices[index] for index in np.flatnonzero(proposal.hidden).tolist()]
    lost = [part.sensitive(Sensitive(target.terms, target.width)) for target in search.lost]
    return _Found(hidden, lost, proposal.bound)
