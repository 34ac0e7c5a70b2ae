"""The figures of a programme as its entries have led to them, and what the next entry moves."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from domain.errors import NotFound, NotReady
from domain.texts import _
from projections.balance.counting import ALL, Groups, add, count_all, exact, parameters, selections_of
from projections.balance.figures import cells
from projections.catalogue import Catalogue, Figure, Selection
from projections.explain.persons import Shift, shifts
from projections.read_model import ReadModel

Cell = tuple[str, str, str]
"""Figure, trait, value of the trait; the total has neither."""
Cells = dict[Cell, Fraction | None]
Moves = dict[Cell, tuple[Fraction | None, Fraction | None]]
"""What an entry moved: every cell with its number before and after."""


class Standing:
    """The figures of a programme at one Stichtag, counted at a Datenstand and carried on from there entry by entry.

    With `codes` only these figures. Refused: a code that is not in the catalogue or not valid at the Stichtag.
    """

    def __init__(
        self,
        model: ReadModel,
        programme: str,
        catalogue: Catalogue,
        stichtag: date,
        datenstand: int,
        codes: Sequence[str] = (),
    ) -> None:
        self.model, self.programme = model, programme
        self.catalogue, self.stichtag, self.datenstand = catalogue, stichtag, datenstand
        self.figures = figures_at(catalogue, stichtag)
        if codes:
            _require_valid(self.figures, catalogue, stichtag, codes)
            self.figures = {code: figure for code, figure in self.figures.items() if code in codes}
        self.counted = self.count()

    def now(self) -> Cells:
        """Every cell as it stands, save those that are 0."""
        return {
            (code, *group): value
            for code, figure in self.figures.items()
            for group, value in cells(figure, self.catalogue, self.counted).items()
            if value or group == ALL
        }

    def shifts(self, entries: Mapping[str, Sequence[int]], datenstand: int) -> list[Shift]:
        """What entries up to a later Datenstand, by participant, will change once they are taken, in ledger order."""
        since, self.datenstand = self.datenstand, datenstand
        return shifts(self.model, self.programme, self.stichtag, since, self.selections(), entries)

    def take(self, changed: Mapping[str, Groups], *, totals_only: bool = False) -> Moves:
        """Let one entry change what it changes, and tell the cells that are otherwise now."""
        before = self._touched(changed, totals_only)
        for name, groups in changed.items():
            for group, counts in groups.items():
                for category, (units, total) in counts.items():
                    add(self.counted[name].setdefault(group, {}), category, units, total)
        nothing = Fraction()  # the cell of a category nobody was in
        return {
            cell: (first, after)
            for cell, after in self._touched(changed, totals_only).items()
            if (first := before.get(cell, nothing)) != after
        }

    def require_explained(self) -> None:
        """Refused: figures that, counted at the Datenstand come to, are not those the entries led to."""
        led_to = self.now()
        self.counted = self.count()
        if self.now() != led_to:
            text = _(
                "Die Einträge bis Datenstand {datenstand} erklären die Zahlen nicht; "
                "bitte das Lesemodell neu aufbauen.",
                datenstand=self.datenstand,
            )
            raise NotReady("unexplained", text)

    def selections(self) -> dict[str, Selection]:
        """What the figures measure, by name."""
        return {name: self.catalogue.selections[name] for name in selections_of(self.figures.values())}

    def count(self) -> dict[str, Groups]:
        """What the tables hold at the present Stichtag and Datenstand."""
        return count_all(self.model, self.selections(), parameters(self.programme, self.stichtag, self.datenstand))

    def _touched(self, changed: Mapping[str, Groups], totals_only: bool) -> Cells:
        """The cells that a change of some selections can move."""
        found: Cells = {}
        for code, figure in self.figures.items():
            names = selections_of([figure]) & changed.keys()
            if not names:
                continue
            groups = {ALL} if totals_only else {ALL, *(group for name in names for group in changed[name])}
            for group in groups:
                if group[0] in ("", *self.catalogue.traits):
                    found[code, *group] = exact(figure, self.counted, group)
            selection = self.catalogue.selections[figure.part.selection]
            if selection.category and figure.per is None and not totals_only:
                counts = self.counted[figure.part.selection].get(ALL, {})
                found |= {(code, selection.category, str(name)): Fraction(count[0]) for name, count in counts.items()}
        return found


def figures_at(catalogue: Catalogue, stichtag: date) -> dict[str, Figure]:
    """The definitions that hold at a Stichtag, by code."""
    return {figure.code: figure for figure in catalogue.figures if figure.valid_at(stichtag)}


def _require_valid(figures: Mapping[str, Figure], catalogue: Catalogue, stichtag: date, codes: Sequence[str]) -> None:
    for code in codes:
        if catalogue.figure(code).code not in figures:
            text = _("Die Kennzahl {code} gilt am {day} nicht.", code=code, day=stichtag)
            raise NotFound("unknown_figure", text, field="figure")
