"""The figures on their way from one balance to another, and what moved each cell on every stretch of it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from projections.balance.counting import selections_of
from projections.catalogue import Catalogue
from projections.explain.entries import Cause, Event
from projections.explain.lapse import change_in, changed_units
from projections.explain.standing import Cell, Cells, Moves, Standing, figures_at
from projections.read_model import ReadModel


class Stretch:
    """What one cause has moved in a cell so far: in all, and by single entries or units where that can be told."""

    def __init__(self) -> None:
        self.change = Fraction()
        self.effects: list[tuple[list[int], Fraction | None]] = []


class Way(Standing):
    """The figures of a programme, taken from one balance to another."""

    def __init__(self, model: ReadModel, programme: str, catalogue: Catalogue, stichtag: date, datenstand: int) -> None:
        super().__init__(model, programme, catalogue, stichtag, datenstand)
        self.every_figure = dict(self.figures)
        self.stretches: dict[Cell, dict[Cause, Stretch]] = defaultdict(lambda: defaultdict(Stretch))

    def know(self, late: Mapping[int, Event], datenstand: int) -> list[int]:
        """To a later Datenstand, event by event; the positions of the events that moved a figure.

        Refused: figures that come out otherwise than the events between say.
        """
        positions: dict[str, list[int]] = defaultdict(list)
        for position, event in late.items():
            positions[event.participant].append(position)
        moved = []
        for position, changed in self.shifts(positions, datenstand):
            cause = late[position].cause
            changes = self._note(cause, self.take(changed))
            for cell, change in changes.items():
                self.stretches[cell][cause].effects.append(([position], change))
            if changes:
                moved.append(position)
        self.require_explained()
        return moved

    def move(self, stichtag: date) -> None:
        """To another Stichtag, with the definitions that hold so far."""
        if stichtag == self.stichtag:
            return
        before, stichtage = self.now(), (self.stichtag, stichtag)
        self.stichtag = stichtag
        self.counted = self.count()
        self._note(Cause.HAPPENED, _between(before, self.now()))
        for name in sorted(self.selections()):
            selection = self.catalogue.selections[name]
            changed = changed_units(self.model, selection, self.programme, self.datenstand, stichtage)
            shown = ("", selection.category, *self.catalogue.traits)
            figures = [figure for figure in self.figures.values() if name in selections_of([figure])]
            for unit in changed:
                for group in unit.groups():
                    for figure in figures if group[0] in shown else ():
                        moved, change = change_in(figure, name, unit, group)
                        if moved:
                            self.stretches[figure.code, *group][Cause.HAPPENED].effects.append((unit.entries, change))

    def redefine(self, catalogue: Catalogue) -> None:
        """To another catalogue, and to the definitions that hold at the Stichtag."""
        figures = figures_at(catalogue, self.stichtag)
        if figures == self.figures and catalogue.version == self.catalogue.version:
            return
        before = self.now()
        self.figures, self.catalogue = figures, catalogue
        self.every_figure |= figures
        self.counted = self.count()
        self._note(Cause.DEFINITION, _between(before, self.now()))

    def _note(self, cause: Cause, moves: Moves) -> dict[Cell, Fraction]:
        """Note what a stretch moved, and tell by how much."""
        changes = {cell: (after or Fraction()) - (before or 0) for cell, (before, after) in moves.items()}
        moved = {cell: change for cell, change in changes.items() if change}
        for cell, change in moved.items():
            self.stretches[cell][cause].change += change
        return moved


def _between(before: Cells, after: Cells) -> Moves:
    """Every cell with its number at either end."""
    return {cell: (before.get(cell), after.get(cell)) for cell in {**before, **after}}
