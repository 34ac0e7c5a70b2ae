"""The figures on their way from one balance to another, and what moved each cell on every stretch of it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from domain.errors import NotReady
from domain.texts import _
from projections.balance.counting import ALL, Groups, add, count_all, exact, parameters, selections_of
from projections.balance.figures import cells
from projections.catalogue import Catalogue, Figure
from projections.explain.entries import Cause, Event
from projections.explain.lapse import change_in, changed_units
from projections.explain.persons import shifts
from projections.read_model import ReadModel

Cell = tuple[str, str, str]
"""Figure, trait, value of the trait; the total has neither."""
Cells = dict[Cell, Fraction | None]


class Stretch:
    """What one cause has moved in a cell so far: in all, and by single entries or units where that can be told."""

    def __init__(self) -> None:
        self.change = Fraction()
        self.effects: list[tuple[list[int], Fraction | None]] = []


class Way:
    """The figures of a programme, taken from one balance to another."""

    def __init__(self, model: ReadModel, programme: str, catalogue: Catalogue, stichtag: date, datenstand: int) -> None:
        self._model, self._programme = model, programme
        self._catalogue, self._stichtag, self._datenstand = catalogue, stichtag, datenstand
        self._figures = _figures_at(catalogue, stichtag)
        self._counted = self._count()
        self.every_figure = dict(self._figures)
        self.stretches: dict[Cell, dict[Cause, Stretch]] = defaultdict(lambda: defaultdict(Stretch))

    def now(self) -> Cells:
        """Every cell where the way has come to, save those that are 0."""
        return {
            (code, *group): value
            for code, figure in self._figures.items()
            for group, value in cells(figure, self._catalogue, self._counted).items()
            if value or group == ALL
        }

    # --- the stretches ------------------------------------------------------------------------

    def know(self, late: Mapping[int, Event], datenstand: int) -> list[int]:
        """To a later Datenstand, event by event; the positions of the events that moved a figure.

        Refused: figures that come out otherwise than the events between say.
        """
        positions: dict[str, list[int]] = defaultdict(list)
        for position, event in late.items():
            positions[event.participant].append(position)
        selections = {name: self._catalogue.selections[name] for name in self._names()}
        found = shifts(self._model, self._programme, self._stichtag, self._datenstand, selections, positions)
        moved = [shift.position for shift in found if self._apply(shift.position, late[shift.position], shift.changed)]
        expected, self._datenstand = self.now(), datenstand
        self._counted = self._count()
        if self.now() != expected:
            text = _(
                "Die Einträge bis Datenstand {datenstand} erklären die Zahlen nicht; "
                "bitte das Lesemodell neu aufbauen.",
                datenstand=datenstand,
            )
            raise NotReady("unexplained", text)
        return moved

    def move(self, stichtag: date) -> None:
        """To another Stichtag, with the definitions that hold so far."""
        if stichtag == self._stichtag:
            return
        before, stichtage = self.now(), (self._stichtag, stichtag)
        self._stichtag = stichtag
        self._counted = self._count()
        self._note(Cause.HAPPENED, before, self.now())
        for name in sorted(self._names()):
            selection = self._catalogue.selections[name]
            changed = changed_units(self._model, selection, self._programme, self._datenstand, stichtage)
            shown = ("", selection.category, *self._catalogue.traits)
            figures = [figure for figure in self._figures.values() if name in selections_of([figure])]
            for unit in changed:
                for group in unit.groups():
                    for figure in figures if group[0] in shown else ():
                        moved, change = change_in(figure, name, unit, group)
                        if moved:
                            self.stretches[figure.code, *group][Cause.HAPPENED].effects.append((unit.entries, change))

    def redefine(self, catalogue: Catalogue) -> None:
        """To another catalogue, and to the definitions that hold at the Stichtag."""
        figures = _figures_at(catalogue, self._stichtag)
        if figures == self._figures and catalogue.version == self._catalogue.version:
            return
        before = self.now()
        self._figures, self._catalogue = figures, catalogue
        self.every_figure |= figures
        self._counted = self._count()
        self._note(Cause.DEFINITION, before, self.now())

    # --- what moved ---------------------------------------------------------------------------

    def _apply(self, position: int, event: Event, changed: Mapping[str, Groups]) -> bool:
        """Let one event move what it moves; whether any figure moved."""
        before = self._touched(changed)
        for name, groups in changed.items():
            for group, counts in groups.items():
                for category, (units, total) in counts.items():
                    add(self._counted[name].setdefault(group, {}), category, units, total)
        moved = self._note(event.cause, before, self._touched(changed))
        for cell, change in moved.items():
            self.stretches[cell][event.cause].effects.append(([position], change))
        return bool(moved)

    def _note(self, cause: Cause, before: Cells, after: Cells) -> dict[Cell, Fraction]:
        """Note what a stretch moved, and tell it."""
        changes = {cell: (after.get(cell) or Fraction()) - (before.get(cell) or 0) for cell in {**before, **after}}
        moved = {cell: change for cell, change in changes.items() if change}
        for cell, change in moved.items():
            self.stretches[cell][cause].change += change
        return moved

    def _touched(self, changed: Mapping[str, Groups]) -> Cells:
        """The cells that a change of some selections can move."""
        found: Cells = {}
        for code, figure in self._figures.items():
            names = selections_of([figure]) & changed.keys()
            if not names:
                continue
            for group in {ALL, *(group for name in names for group in changed[name])}:
                if group[0] in ("", *self._catalogue.traits):
                    found[code, *group] = exact(figure, self._counted, group)
            selection = self._catalogue.selections[figure.part.selection]
            if selection.category and figure.per is None:
                counts = self._counted[figure.part.selection].get(ALL, {})
                found |= {(code, selection.category, str(name)): Fraction(count[0]) for name, count in counts.items()}
        return found

    def _names(self) -> set[str]:
        return selections_of(self._figures.values())

    def _count(self) -> dict[str, Groups]:
        selections = {name: self._catalogue.selections[name] for name in self._names()}
        return count_all(self._model, selections, parameters(self._programme, self._stichtag, self._datenstand))


def _figures_at(catalogue: Catalogue, stichtag: date) -> dict[str, Figure]:
    """The definitions that hold at a Stichtag, by code."""
    return {figure.code: figure for figure in catalogue.figures if figure.valid_at(stichtag)}
