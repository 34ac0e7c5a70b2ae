"""A problem in parts that have nothing to do with each other, each a smaller problem of its own."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from projections.disclosure.problem import Problem, Sensitive, State, Terms


class Part(NamedTuple):
    """A problem, which of its cells must be hidden, and where its cells are in the whole problem."""

    problem: Problem
    must_hide: frozenset[int]
    indices: list[int]

    def sensitive(self, sensitive: Sensitive) -> Sensitive:
        """A sensitive expression of the part as one of the whole problem."""
        return sensitive._replace(terms=tuple((self.indices[index], factor) for index, factor in sensitive.terms))


def independent_parts(problem: Problem, must_hide: Collection[int]) -> list[Part]:
    """The parts with anything to protect. A cell shown before ties nothing: it is a known number, in several parts."""
    group = _groups(problem)
    members: dict[int, list[int]] = {}
    for index, root in group.items():
        members.setdefault(root, []).append(index)
    wanted = {group[index] for index in must_hide if index in group}
    wanted |= {group[index] for one in problem.sensitive for index, _ in one.terms if index in group}
    equations, inequalities = _by_group(group, problem.equations), _by_group(group, problem.inequalities)
    parts = []
    for root in sorted(wanted):
        sensitive = [one for one in problem.sensitive if _group_of(group, one.terms) == root]
        parts.append(_part(problem, must_hide, members[root], equations[root], inequalities[root], sensitive))
    return parts


def _groups(problem: Problem) -> dict[int, int]:
    """For every cell not shown before the first cell it is tied to, directly or through others."""
    first = {index: index for index, cell in enumerate(problem.cells) if cell.state is not State.SHOWN}

    def root(index: int) -> int:
        while first[index] != index:
            first[index] = first[first[index]]
            index = first[index]
        return index

    for terms in problem.expressions():
        roots = [root(index) for index, _ in terms if index in first]
        for other in roots:
            first[other] = min(roots)
    return {index: root(index) for index in first}


def _by_group(group: dict[int, int], expressions: Iterable[Terms]) -> dict[int | None, list[Terms]]:
    found: dict[int | None, list[Terms]] = defaultdict(list)
    for terms in expressions:
        found[_group_of(group, terms)].append(terms)
    return found


def _group_of(group: dict[int, int], terms: Terms) -> int | None:
    """The group of an expression, None for one of numbers known before."""
    return next((group[index] for index, _ in terms if index in group), None)


def _part(
    problem: Problem,
    must_hide: Collection[int],
    members: list[int],
    equations: list[Terms],
    inequalities: list[Terms],
    sensitive: list[Sensitive],
) -> Part:
    expressions = [*equations, *inequalities, *(one.terms for one in sensitive)]
    indices = sorted({*members, *(index for terms in expressions for index, _ in terms)})
    place = {index: number for number, index in enumerate(indices)}

    def here(terms: Terms) -> Terms:
        return tuple((place[index], factor) for index, factor in terms)

    part = Problem(
        cells=tuple(problem.cells[index] for index in indices),
        equations=tuple(map(here, equations)),
        inequalities=tuple(map(here, inequalities)),
        sensitive=tuple(one._replace(terms=here(one.terms)) for one in sensitive),
        whole=problem.whole,
    )
    return Part(part, frozenset(place[index] for index in members if index in must_hide), indices)
