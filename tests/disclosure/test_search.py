"""The search ends, and is safe, where its limits or its mistakes keep it from the cheapest choice."""

import math
import random

import numpy as np
import pytest
from attacking import crosstab, cube, is_safe

from projections.disclosure import search
from projections.disclosure.master import Master, Proposal
from projections.disclosure.problem import single
from projections.disclosure.reach import Displacements, Limit, Mask, Reach, Target
from projections.disclosure.repair import thin_out
from projections.disclosure.suppression import protect


@pytest.mark.parametrize("effort", [0, 1])
def test_stopped_early_it_is_as_safe(effort: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one proposal of the exact method, or none, the choice is dearer, and says so; every hidden cell is wide."""
    rng = random.Random(12)
    tables = cube([rng.choice([0, 0, 0, 0, 1, 2, 5, 9, 12]) for _ in range(48)], 3, 4, 4)
    problem = tables.problem()
    best, early = protect(problem, tables.small(), effort=10**6), protect(problem, tables.small(), effort)
    monkeypatch.setattr(search, "LATE_ROUNDS", 0)
    earlier = protect(problem, tables.small(), effort)
    assert best.cheapest
    assert best.cost < early.cost < earlier.cost < 2 * best.cost
    for one in (early, earlier):
        assert one.bound < best.cost
        assert not one.cheapest
        assert not one.unprotected
        assert is_safe(problem, one.hidden)


def test_a_narrow_choice_is_never_proposed_again() -> None:
    """Where no limit proves anything something further has to be hidden all the same."""
    tables = crosstab({("a",): 1, ("b",): 5, ("c",): 7})
    target, nothing = Target(single(0), 3.0, whole=True), Limit(math.inf, np.zeros(4))
    master = Master(tables.problem(), [0], [])
    everything = np.ones(4, dtype=bool)
    first = master.solve(everything)
    assert first is not None
    assert first.hidden.tolist() == [True, False, False, False]
    unproven = Reach(target, 0.0, 0.0, nothing, nothing)
    master.cut(unproven, unproven, first.hidden)
    second = master.solve(everything)
    assert second is not None
    assert second.hidden.tolist() == [True, True, False, False]


def test_a_mistake_of_the_search_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search hides too little the attack at the end finds it, and more is hidden until it finds nothing."""

    def nothing_further(self: search.Search, effort: int) -> Proposal:
        return Proposal(self._master.fixed, 0.0, 0.0)

    monkeypatch.setattr(search.Search, "run", nothing_further)
    tables = cube([1, 5, 7, 9, 0, 6], 2, 3)
    found = protect(tables.problem(), tables.small())
    assert is_safe(tables.problem(), found.hidden)
    assert not found.cheapest


def test_what_is_not_needed_is_shown_again() -> None:
    """Of too many hidden cells the dearest are shown first, as long as all others stay wide."""
    tables = crosstab({("a",): 1, ("b",): 5, ("c",): 7, ("d",): 9})
    problem, [small] = tables.problem(), tables.small()
    space, everything = Displacements(problem), np.ones(5, dtype=bool)

    def targets(hidden: Mask) -> list[Target]:
        return [Target(single(index), 3.0, whole=True) for index in np.flatnonzero(hidden).tolist()]

    thin = thin_out(space, targets, everything, np.arange(5) != small)
    assert [tables.keys[index] for index in np.flatnonzero(thin)] == [("a",), ("b",)]
