"""Tables of counts with all their totals, as the cells and equations of one problem."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import product

from projections.disclosure.problem import Cell, Problem, Sensitive, State, Terms

Key = tuple[Hashable, ...]
"""One value for each trait, None for the total over it."""

DEARER = 20.0
"""How much dearer a total is than what it sums, and the total of totals again: totals are hidden last."""
SMALL = (1, 2)
"""Counts that stand for so few persons that they are hidden (DOMAIN.md section 6)."""


class Crosstabs:
    """Any number of tables by one, two, three or more traits. A key that several share is one cell: so they are linked.

    There is a cell for every combination of values and totals, and an equation for every total.
    """

    def __init__(self) -> None:
        self._places: dict[Key, int] = {}
        self._cells: list[Cell] = []
        self._equations: dict[Terms, None] = {}

    def add(self, counts: Mapping[Key, float], prefix: Key = ()) -> None:
        """Add a table of counts by combination of values; one that is missing is 0, as the table shows it.

        In a trait the table is not broken down by, all keys have None. `prefix` comes before all its keys: the figure
        or the edition. Refused (`ValueError`): keys of different length, a trait with and without None, and a cell that
        another table counts otherwise.
        """
        traits = _values(list(counts))
        for key in product(*((*values, None) if values else (None,) for values in traits)):
            level = sum(part is None and bool(values) for part, values in zip(key, traits, strict=True))
            count = float(sum(number for parts, number in counts.items() if _is_within(parts, key)))
            self._put((*prefix, *key), Cell(count, DEARER**level * (1 + min(count, 1000) / 1000)))
        for key in product(*((*values, None) if values else (None,) for values in traits)):
            for place, values in enumerate(traits):
                if key[place] is None and values:
                    parts = [(*prefix, *key[:place], value, *key[place + 1 :]) for value in values]
                    terms = {(*prefix, *key): 1.0, **dict.fromkeys(parts, -1.0)}
                    self._equations[self.terms(terms)] = None

    def mark(self, keys: Iterable[Key], state: State) -> None:
        """Say of cells that an earlier publication showed or hid them."""
        for key in keys:
            self._cells[self._places[key]] = self._cells[self._places[key]]._replace(state=state)

    @property
    def keys(self) -> list[Key]:
        """The keys of all cells, in the order of their index."""
        return list(self._places)

    def index(self, key: Key) -> int:
        """The cell with this key."""
        return self._places[key]

    def terms(self, coefficients: Mapping[Key, float]) -> Terms:
        """An expression given by keys."""
        return tuple((self._places[key], coefficient) for key, coefficient in coefficients.items())

    def small(self) -> list[int]:
        """The cells that have to be hidden for what they count."""
        return [index for index, cell in enumerate(self._cells) if cell.value in SMALL]

    def problem(self, inequalities: Iterable[Terms] = (), sensitive: Iterable[Sensitive] = ()) -> Problem:
        """The tables as a problem, with what else is known of their cells and what else is sensitive."""
        return Problem(tuple(self._cells), tuple(self._equations), tuple(inequalities), tuple(sensitive))

    def _put(self, key: Key, cell: Cell) -> None:
        place = self._places.setdefault(key, len(self._cells))
        if place == len(self._cells):
            self._cells.append(cell)
            return
        known = self._cells[place]
        if known.value != cell.value:
            raise ValueError(f"the cell {key} is {known.value} in one table and {cell.value} in another")
        self._cells[place] = known._replace(cost=max(known.cost, cell.cost))


def _values(keys: Sequence[Key]) -> list[list[Hashable]]:
    """The values of every trait as they come, none where the table is not broken down by it."""
    if len({len(key) for key in keys}) != 1:
        raise ValueError("a table has at least one key, and its keys have one value for each trait")
    values = [list(dict.fromkeys(found)) for found in zip(*keys, strict=True)]
    if mixed := [place for place, found in enumerate(values) if None in found and len(found) > 1]:
        raise ValueError(f"some keys have None in the places {mixed}, others a value")
    return [[] if found == [None] else found for found in values]


def _is_within(parts: Key, key: Key) -> bool:
    return all(wanted is None or part == wanted for part, wanted in zip(parts, key, strict=True))
