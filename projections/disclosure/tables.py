"""The tables of a balance, and of those released before it, as one system of cells and what is known of them."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from domain.errors import Refused
from domain.texts import _
from projections.balance import Balance
from projections.catalogue import Catalogue, Figure, Measure, Unit
from projections.disclosure import problem as suppression
from projections.disclosure.problem import Problem, Sensitive, State, Terms, single
from projections.editions import cells_of
from projections.rows import TRAITS, split_values

if TYPE_CHECKING:
    from projections.disclosure.attack import Range
    from projections.disclosure.suppression import Protection

Cell = tuple[str, str, str]
"""Figure, trait, value; the total has neither."""
FEW = (1, 2)
"""As many persons as no public number may stand for."""
WIDTH = suppression.WIDTH
_COUNTED = (Unit.PERSONS, Unit.PERSON_MONTHS, Unit.NUMBER)
"""Units of which one or two are at most as many persons."""
_ONE = 0
"""The place of the constant."""
STAFF = "coach"
"""The category whose cells are about one member of staff each."""

WITHIN = {
    "participants_active": "participants_enrolled",
    "participants_coached": "participants_enrolled",
    "participants_qualified": "participants_enrolled",
    "placed_any": "participants_enrolled",
    "placed_svp": "placed_any",
    "placed_minijob_only": "placed_any",
    "placed_ausbildung": "placed_any",
    "placed_selbstaendig": "placed_any",
    "single_parents_in_svp": "placed_svp",
    "follow_up_funded": "participants_enrolled",
    "exits": "participants_enrolled",
    "EECO02": "EECO01",
    "EECO03": "EECO02",
    **dict.fromkeys((f"EECO{number:02}" for number in range(4, 12)), "EECO01"),
    **dict.fromkeys((f"EECR{number:02}" for number in range(1, 7)), "EECO01"),
}
"""Figures that count some of the persons of another; whoever reads the tables knows it."""
COMPLEMENTS = {"exits": ("participants_enrolled", "participants_active")}
"""Figures that are, but for those who came back, the difference of two others."""
GROWING = {"participants_enrolled", *WITHIN} - {"participants_active", "placed_minijob_only", "single_parents_in_svp"}
"""Figures of what has happened so far: at a later Stichtag nobody expects them to be smaller."""


class Version(NamedTuple):
    """A public version: its balance, the cells it does not show (None where that is still to be found), and those of
    them that stand for one or two persons."""

    balance: Balance
    hidden: frozenset[Cell] | None
    small: frozenset[Cell]


def is_count(figure: Figure) -> bool:
    """Whether the cells of a figure add up to its total."""
    return figure.per is None and figure.part.measure in (Measure.COUNT, Measure.SUM)


def neighbours(new: Balance, earlier: Sequence[Version]) -> list[Version]:
    """Of the versions released before, the one with the Stichtag before that of a balance and the one after it."""
    in_order = sorted(earlier, key=lambda version: version.balance.stichtag)
    before = [version for version in in_order if version.balance.stichtag <= new.stichtag]
    return [*before[-1:], *in_order[len(before) :][:1]]


class Tables:
    """The counts and sums of a new public version and of those before it, and what a reader knows of them.

    The versions next to it by their Stichtage are attacked together with the new one as whole tables. Of a version
    further off count the cells it shows, and of the cells it hides the range they have in its own tables.

    A cell of nothing is always shown and bounds nobody, so it is left out; for that reason every other is known to be
    at least 1. Money is counted in cents.
    """

    def __init__(
        self,
        new: Version,
        earlier: Sequence[Version],
        catalogue: Catalogue,
        moved_by_few: frozenset[Cell] = frozenset(),
    ) -> None:
        """The tables of `new` beside the versions released before it.

        `moved_by_few` are its cells that one or two persons have moved from one of its neighbours, besides counts of
        persons.
        """
        self._moved_by_few = moved_by_few
        self._figures = {figure.code: figure for figure in catalogue.figures if is_count(figure)}
        near = neighbours(new.balance, earlier)
        further = [version for version in earlier if version not in near]
        self._versions = [*near, new]
        self._near_to = {cell for version in further for cell in self._near(version, new)}
        before = [version for version in further if version.balance.stichtag <= new.balance.stichtag]
        self._floor = self._highest_lows(before, new, catalogue)
        self._place: dict[tuple[int, Cell], int] = {}
        self._cells = [suppression.Cell(1, state=State.SHOWN)]  # a constant, to say "at least one"
        self._equations: list[Terms] = []
        self._at_least_one: list[Terms] = []
        self._bonds: list[Terms] = []
        self._sensitive: list[Sensitive] = []
        for number, version in enumerate(self._versions):
            self._add_cells(number, version)
            self._add_totals(number, version)
            self._add_parts(number)
        for number in range(len(self._versions) - 1):
            self._add_growth(number)
            self._add_differences(number)

    def protect(self) -> set[Cell]:
        """What of the new version has to be hidden: its small cells, and the cheapest further ones that keep every
        hidden cell of any version, and every small difference, uncertain.

        Most of what ties figures and versions together never comes into play, as where a hidden cell of at most 6 lies
        within a shown one of 20; with all of it the tables would be one large problem instead of many small ones. So
        only those bonds are taken in that the ranges found without them do not already keep.
        """
        from projections.disclosure.suppression import protect  # noqa: PLC0415 -- the solver is slow to import

        must_hide = [
            self._place[number, cell]
            for number, version in enumerate(self._versions)
            for cell in version.small | (version.hidden or frozenset())
            if (number, cell) in self._place
        ]
        new = len(self._versions) - 1
        too_near = self._near_to | {cell for cell, floor in self._floor.items() if self._shown_below(cell, floor)}
        must_hide += [place for (number, cell), place in self._place.items() if number == new and cell in too_near]
        taken: list[Terms] = []
        left, hidden = self._bonds, set[int]()
        while True:
            at_least_zero = (*self._at_least_one, *taken)
            problem = Problem(tuple(self._cells), tuple(self._equations), at_least_zero, tuple(self._sensitive))
            # More bonds only narrow the ranges, so what was hidden without them stays hidden.
            found = protect(problem, sorted({*must_hide, *hidden}))
            self._require_protected(found)
            hidden = set(found.hidden)
            needed = _not_kept(problem, hidden, left)
            if not (needed or self._widen(problem, hidden)):
                break
            taken += needed
            left = [bond for bond in left if bond not in needed]
        return {cell for (number, cell), place in self._place.items() if number == new and place in hidden}

    def _require_protected(self, found: "Protection") -> None:
        """Refused: a version in which something small can be computed whatever is hidden."""
        new = {place: cell for (number, cell), place in self._place.items() if number == len(self._versions) - 1}
        for sensitive in found.unprotected:
            for place, _factor in sensitive.terms:
                if place in new:
                    text = _(
                        "{figure} lässt sich neben dem schon Veröffentlichten durch Verbergen nicht schützen.",
                        figure=new[place][0],
                    )
                    raise Refused("not_protectable", text)

    def _widen(self, problem: Problem, hidden: set[int]) -> bool:
        """Ask for a larger range where one would bound a hidden cell of a version further back too closely; whether
        there is such a range."""
        new = len(self._versions) - 1
        places = [place for cell in self._floor if (place := self._place.get((new, cell))) in hidden]
        found = _ranges(problem, hidden - set(problem.indices(State.SHOWN)), places)
        floors = {self._place[new, cell]: floor for cell, floor in self._floor.items() if (new, cell) in self._place}
        narrow = {place: (low, high) for place, (low, high) in zip(places, found, strict=True) if high < floors[place]}
        for place, (low, _high) in narrow.items():
            self._cells[place] = self._cells[place]._replace(width=floors[place] - math.floor(low))
        return bool(narrow)

    def _highest_lows(self, further_back: Sequence[Version], new: Version, catalogue: Catalogue) -> dict[Cell, float]:
        """What a growing count must be able to reach, so that no hidden cell of a version further back, which cannot
        be larger, is bounded to less than its range."""
        floor: dict[Cell, float] = {}
        now = dict(cells_of(new.balance.figures))
        for version in further_back:
            before = dict(cells_of(version.balance.figures))
            for cell, low in Tables(version, [], catalogue).lows().items():
                if cell[0] in GROWING and (now.get(cell) or 0) >= (before[cell] or 0):
                    floor[cell] = max(floor.get(cell, 0), low + WIDTH)
        return floor

    def lows(self) -> dict[Cell, float]:
        """The smallest value each hidden cell of a version can have by its own tables."""
        problem = Problem(tuple(self._cells), tuple(self._equations), tuple(self._at_least_one))
        hidden = {place: cell for (_number, cell), place in self._place.items() if self._is_hidden(place)}
        found = _ranges(problem, [], hidden)
        return {cell: low for cell, (low, _high) in zip(hidden.values(), found, strict=True)}

    def _shown_below(self, cell: Cell, floor: float) -> bool:
        place = self._place.get((len(self._versions) - 1, cell))
        return place is not None and self._cells[place].value < floor

    def _is_hidden(self, place: int) -> bool:
        return self._cells[place].state is State.HIDDEN

    # --- what is known of the cells -----------------------------------------------------------

    def _add_cells(self, number: int, version: Version) -> None:
        for cell, value in cells_of(version.balance.figures):
            if (figure := self._figures.get(cell[0])) and value:
                amount = round(value * 100) if figure.unit is Unit.EUR else int(value)
                state = State.FREE
                if version.hidden is not None:
                    state = State.HIDDEN if cell in version.hidden else State.SHOWN
                # The sum of one or two persons has to be as uncertain as it is large.
                width = max(WIDTH, amount) if cell in version.small and figure.unit is not Unit.PERSONS else WIDTH
                self._place[number, cell] = len(self._cells)
                self._at_least_one.append(((len(self._cells), 1), (_ONE, -1)))
                self._cells.append(suppression.Cell(amount, _cost(cell, amount), state, width))

    def _add_totals(self, number: int, version: Version) -> None:
        """Every breakdown sums to the total, and a combination of traits to each of its traits."""
        for code in self._figures.keys() & version.balance.figures.keys():
            by = version.balance.figures[code].by
            for trait in by:
                names = split_values(trait, len(TRAITS))
                if len(names) == 1:
                    self._add_sum(number, (code, "", ""), [(code, trait, value) for value in by[trait]])
                for place, name in enumerate(names if len(names) > 1 else ()):
                    for value in by[name]:
                        parts = [whole for whole in by[trait] if split_values(whole, len(names))[place] == value]
                        self._add_sum(number, (code, name, value), [(code, trait, whole) for whole in parts])

    def _add_sum(self, number: int, total: Cell, parts: Iterable[Cell]) -> None:
        if (number, total) in self._place:
            found = [self._place[number, part] for part in parts if (number, part) in self._place]
            self._equations.append(((self._place[number, total], 1), *((place, -1) for place in found)))

    def _add_parts(self, number: int) -> None:
        """Some figures count some of the persons of another; in the new version one or two others are not told."""
        for cell, place in self._cells_of(number):
            whole = self._place.get((number, (WITHIN.get(cell[0], ""), *cell[1:])))
            if whole is not None:
                self._bonds.append(((whole, 1), (place, -1)))
            if number < len(self._versions) - 1:
                continue
            if whole is not None:
                self._protect_if_few(whole, place)
            if cell[0] in COMPLEMENTS:
                first, second = (self._place.get((number, (code, *cell[1:]))) for code in COMPLEMENTS[cell[0]])
                if first is not None and second is not None:
                    self._protect_if_few(first, second)

    def _add_growth(self, number: int) -> None:
        """What has happened so far does not become less from one of two neighbours to the other, where it really did
        not."""
        new = len(self._versions) - 1
        first, second = sorted((number, new), key=lambda one: (self._versions[one].balance.stichtag, one))
        for cell, before in self._cells_of(first):
            after = self._place.get((second, cell))
            if cell[0] in GROWING and after is not None and self._cells[after].value >= self._cells[before].value:
                self._bonds.append(((after, 1), (before, -1)))

    def _add_differences(self, earlier: int) -> None:
        """What one or two persons have moved since an earlier version."""
        new = len(self._versions) - 1
        for cell, before in self._cells_of(earlier):
            after = self._place.get((new, cell))
            if after is None:
                continue
            moved = abs(self._cells[after].value - self._cells[before].value)
            if cell in self._moved_by_few and moved:
                self._sensitive.append(Sensitive(((after, 1), (before, -1)), max(WIDTH, moved)))
            elif self._figures[cell[0]].unit in _COUNTED:
                self._protect_if_few(after, before)

    def _near(self, version: Version, new: Version) -> set[Cell]:
        """The counts that are one or two more or fewer than in a version that shows them."""
        before, now = dict(cells_of(version.balance.figures)), dict(cells_of(new.balance.figures))
        return {
            cell
            for cell, number in now.items()
            if (figure := self._figures.get(cell[0])) and figure.unit in _COUNTED
            if cell not in (version.hidden or ()) and abs((number or 0) - (before.get(cell) or 0)) in FEW
        }

    def _protect_if_few(self, first: int, second: int) -> None:
        """Keep the difference of two counts uncertain where it is one or two."""
        if abs(self._cells[first].value - self._cells[second].value) in FEW:
            self._sensitive.append(Sensitive(((first, 1), (second, -1)), WIDTH))

    def _cells_of(self, number: int) -> list[tuple[Cell, int]]:
        return [(cell, place) for (version, cell), place in self._place.items() if version == number]


def _not_kept(problem: Problem, hidden: set[int], bonds: list[Terms]) -> list[Terms]:
    """The bonds (a cell is at least another) that the ranges of the cells do not keep by themselves."""
    places = sorted({place for bond in bonds for place, _sign in bond if place in hidden})
    found = _ranges(problem, hidden - set(problem.indices(State.SHOWN)), places)
    ranges = dict(zip(places, found, strict=True))

    def low(place: int) -> float:
        return ranges[place].low if place in ranges else problem.cells[place].value

    def high(place: int) -> float:
        return ranges[place].high if place in ranges else problem.cells[place].value

    return [bond for bond in bonds if low(bond[0][0]) < high(bond[1][0])]


def _ranges(problem: Problem, hidden: Iterable[int], places: Iterable[int]) -> "list[Range]":
    """The range of the cell at each place, where exactly these are hidden."""
    from projections.disclosure.attack import attack  # noqa: PLC0415 -- the solver is slow to import

    return attack(problem, hidden, [single(place) for place in places])


def _cost(cell: Cell, amount: int) -> float:
    """Totals are hidden last, and of two cells the smaller one first, but never a whole for the sake of a part."""
    parts = sum(whole == cell[0] for whole in WITHIN.values())
    return (1 if cell[1] else 100) * (1 + parts) * (1 + min(amount, 1000) / 1000)
