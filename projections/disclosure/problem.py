"""The problem of cell suppression: cells, what holds in every possible table, and what has to stay uncertain.

Sources: M. Fischetti and J. J. Salazar-González, "Solving the cell suppression problem on tabular data with linear
constraints", Management Science 47 (2001); A. Hundepool et al., "Statistical Disclosure Control" (2012), chapter 4.
The required range is theirs with a sliding protection level: only high - low counts, not how far either end is
from the true value.
"""

import math
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

WIDTH = 3.0
"""How far apart the smallest and the largest possible value of a hidden count have to be (DOMAIN.md section 6)."""

TOLERANCE = 1e-6
"""What the solver may be off by; far below the 1 by which whole counts differ."""

Terms = tuple[tuple[int, float], ...]
"""A linear expression: cells by their index, each once, with its coefficient."""


class State(Enum):
    """Who decides whether a cell is shown: `protect` (FREE), or an earlier publication (SHOWN, HIDDEN).

    A cell that is published nowhere, yet tied to others, is HIDDEN too.
    """

    FREE = "free"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Cell(NamedTuple):
    """A figure with its true value; 0 and `upper` are known to the reader to limit it.

    `cost` is what hiding it loses, in any unit the costs of all cells share. `width` is the range it has to keep
    where it is hidden.
    """

    value: float
    cost: float = 1.0
    state: State = State.FREE
    width: float = WIDTH
    upper: float = math.inf


class Sensitive(NamedTuple):
    """An expression whose value has to stay uncertain by at least `width`: a cell, or a difference of two editions."""

    terms: Terms
    width: float = WIDTH


class Problem(NamedTuple):
    """Cells; expressions that are 0 (equations) or not below 0 (inequalities) in every table possible; what to protect.

    `whole`: all values are counts. The range of an expression with whole coefficients then ends at whole numbers:
    nothing lies between them.
    """

    cells: tuple[Cell, ...]
    equations: tuple[Terms, ...] = ()
    inequalities: tuple[Terms, ...] = ()
    sensitive: tuple[Sensitive, ...] = ()
    whole: bool = True

    def check(self) -> None:
        """Refused (`ValueError`): a problem whose true values break its own rules; no attack on it means anything."""
        for index, cell in enumerate(self.cells):
            if not 0 <= cell.value <= cell.upper or not math.isfinite(cell.value):
                raise ValueError(f"cell {index} is {cell.value}, which is not between 0 and {cell.upper}")
            if not cell.width > 0:
                raise ValueError(f"cell {index} has to keep a range of {cell.width}, which is none")
            if not 0 <= cell.cost < math.inf:
                raise ValueError(f"hiding cell {index} costs {cell.cost}; a cost is a number from 0")
            if self.whole and cell.value != int(cell.value):
                raise ValueError(f"cell {index} is {cell.value}, which is no count")
        for terms in self.equations:
            if abs(self.value(terms)) > TOLERANCE:
                raise ValueError(f"the equation {terms} gives {self.value(terms)} instead of 0")
        for terms in self.inequalities:
            if self.value(terms) < -TOLERANCE:
                raise ValueError(f"the inequality {terms} gives {self.value(terms)}, which is below 0")
        for terms in self.expressions():
            if len({index for index, _ in terms}) < len(terms):
                raise ValueError(f"the expression {terms} names a cell twice")

    def expressions(self) -> Iterable[Terms]:
        """All expressions the problem names."""
        yield from self.equations
        yield from self.inequalities
        for sensitive in self.sensitive:
            yield sensitive.terms

    def value(self, terms: Terms) -> float:
        """The true value of an expression."""
        return math.fsum(coefficient * self.cells[index].value for index, coefficient in terms)

    def is_whole(self, terms: Terms) -> bool:
        """Whether the expression takes whole values only."""
        return self.whole and all(coefficient == int(coefficient) for _, coefficient in terms)

    def indices(self, *states: State) -> list[int]:
        """The cells in one of these states, ascending."""
        return [index for index, cell in enumerate(self.cells) if cell.state in states]


def single(index: int) -> Terms:
    """The expression that is one cell."""
    return ((index, 1.0),)
