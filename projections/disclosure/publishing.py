"""What the public version of a balance must not show, itself and beside the versions released before.

Hidden are counts that stand for one or two persons, then as few further cells as keep every hidden one from being
computed: from the totals of its tables, from other figures that count some of the same persons, and from what earlier
public editions of the programme show. A difference between two editions that stands for one or two persons is
protected like a count: 44, then 45 a month later, shows one person.

What is derived follows: a ratio is hidden wherever a figure over one of its parts is. Cases per coach are staff data
and never shown. DOMAIN.md section 6; § 35 SGB I, § 16 Bundesstatistikgesetz by analogy.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.balance import Balances
from domain.errors import Refused
from domain.facts import FigureValue, HiddenCell, Value
from domain.journal import Journal
from domain.terms import HiddenBecause
from domain.texts import _
from projections.balance import Balance
from projections.balance.counting import Combination, Group, parameters
from projections.catalogue import Catalogue, Figure, Part, Unit
from projections.disclosure.persons import contributions, persons_behind_difference, persons_by_group
from projections.disclosure.tables import FEW, STAFF, Cell, Tables, Version, is_count, neighbours
from projections.editions import balance_of, catalogue_of, cells_of, editions
from projections.read_model import ReadModel


def hidden_cells(journal: Journal, model: ReadModel, balances: Balances, number: int) -> tuple[HiddenCell, ...]:
    """What the public version of an edition must not show beside the editions released before it."""
    earlier = [_version(balance_of(one.draft), one.released.hidden) for one in balances.editions if one.released]
    balance = balance_of(balances.editions[number - 1].draft)
    _require_one_catalogue(balance, earlier)
    return protect_balance(model, balance, catalogue_of(journal, balance.catalogue), earlier)


def hidden_beside_released(
    journal: Journal,
    model: ReadModel,
    balance: Balance,
    catalogue: Catalogue,
    combinations: Sequence[Combination] = (),
) -> frozenset[Cell]:
    """What a balance must not show, were it released now."""
    found = editions(journal, model, balance.programme)
    earlier = [_version(one.balance, one.hidden) for one in found if one.released]
    _require_one_catalogue(balance, earlier)
    hidden = protect_balance(model, balance, catalogue, earlier, combinations)
    return frozenset((cell.figure, cell.trait, cell.value) for cell in hidden)


def protect_balance(
    model: ReadModel,
    balance: Balance,
    catalogue: Catalogue,
    earlier: Sequence[Version],
    combinations: Sequence[Combination] = (),
) -> tuple[HiddenCell, ...]:
    """The cells to hide, in the order of the balance."""
    behind = _Behind(model, balance, catalogue, tuple(combinations))
    cells = {cell: number for cell, number in cells_of(balance.figures) if number}
    counts = [cell for cell in cells if is_count(catalogue.figure(cell[0]))]
    small = frozenset(cell for cell in counts if behind.few(cell))
    moved = {cell for near in neighbours(balance, earlier) for cell in counts if behind.moved_by_few(cell, near)}
    further = Tables(Version(balance, None, small), earlier, catalogue, frozenset(moved)).protect() - small
    hidden = dict.fromkeys(small, HiddenBecause.SMALL) | dict.fromkeys(further, HiddenBecause.COMPUTABLE)
    hidden |= {cell: HiddenBecause.DERIVED for cell in cells if cell not in hidden and behind.derived(cell, hidden)}
    return tuple(HiddenCell(*cell, hidden[cell]) for cell in cells if cell in hidden)


def as_published(balance: Balance, catalogue: Catalogue) -> Balance:
    """The balance with its ratios rounded to a tenth of a per cent or of a person, as paper shows them: a fraction with
    all its digits tells numerator and denominator."""

    def rounded(figure: Figure, value: Value) -> Value:
        if figure.per is None or value is None:
            return value
        return round(value, 3 if figure.unit is Unit.RATE else 1)

    figures = {}
    for code, found in balance.figures.items():
        figure = catalogue.figure(code)
        by = {
            trait: {name: rounded(figure, value) for name, value in values.items()}
            for trait, values in found.by.items()
        }
        figures[code] = FigureValue(rounded(figure, found.value), by)
    return msgspec.structs.replace(balance, figures=figures)


def _require_one_catalogue(balance: Balance, earlier: Sequence[Version]) -> None:
    """Refused: figures of two catalogues about the same persons. Their groups overlap in ways that no table says, such
    as the age groups of the one and those of the other, and each would give away what the other hides."""
    name = balance.catalogue.partition(":")[0]
    for version in earlier:
        other = version.balance.catalogue.partition(":")[0]
        if other != name:
            text = _(
                "Von diesem Programm sind schon Zahlen aus dem Katalog {other} veröffentlicht; solche aus {name} "
                "daneben könnten verraten, was jene verbergen.",
                other=other,
                name=name,
            )
            raise Refused("other_catalogue", text)


def _version(balance: Balance, hidden: tuple[HiddenCell, ...]) -> Version:
    small = {(cell.figure, cell.trait, cell.value) for cell in hidden if cell.because is HiddenBecause.SMALL}
    return Version(balance, frozenset((cell.figure, cell.trait, cell.value) for cell in hidden), frozenset(small))


class _Behind:
    """The persons behind the cells of a balance."""

    def __init__(
        self, model: ReadModel, balance: Balance, catalogue: Catalogue, combinations: tuple[Combination, ...]
    ) -> None:
        self._model, self._balance, self._catalogue, self._combinations = model, balance, catalogue, combinations
        self._given = parameters(balance.programme, balance.stichtag, balance.datenstand)
        self._persons: dict[Part, dict[Group, int]] = {}
        self._moved: dict[tuple[Part, date, int], dict[Group, int]] = {}

    def few(self, cell: Cell) -> bool:
        """Whether a count or sum stands for one or two persons."""
        figure = self._catalogue.figure(cell[0])
        if figure.unit is Unit.PERSONS:
            return self._number(cell) in FEW
        return self._persons_of(figure.part).get(cell[1:], 0) in FEW

    def moved_by_few(self, cell: Cell, since: Version) -> bool:
        """Whether one or two persons have moved a sum, or a count of anything but persons, since a version."""
        figure = self._catalogue.figure(cell[0])
        if figure.unit is Unit.PERSONS:
            return False
        key = (figure.part, since.balance.stichtag, since.balance.datenstand)
        if key not in self._moved:
            then = since.balance
            before = parameters(then.programme, then.stichtag, then.datenstand)
            by_traits = self._catalogue.selections[figure.part.selection].by_traits
            first, now = (contributions(self._model, self._catalogue, figure.part, at) for at in (before, self._given))
            self._moved[key] = persons_behind_difference(first, now, by_traits)
        return self._moved[key].get(cell[1:], 0) in FEW

    def derived(self, cell: Cell, hidden: dict[Cell, HiddenBecause]) -> bool:
        """Whether what is neither a count nor a sum would tell something hidden, or is about one member of staff."""
        figure = self._catalogue.figure(cell[0])
        if is_count(figure):
            return False
        if cell[1] == STAFF:
            return True
        if figure.per is None:
            return self._number(cell) in FEW
        parts = (figure.part, figure.per)
        if any(self._persons_of(part).get(cell[1:], 0) in FEW for part in parts):
            return True
        selections = {part.selection for part in parts}
        return any(
            (other.code, *cell[1:]) in hidden for other in self._catalogue.figures if other.part.selection in selections
        )

    def _number(self, cell: Cell) -> object:
        figure = self._balance.figures[cell[0]]
        return figure.by[cell[1]].get(cell[2]) if cell[1] else figure.value

    def _persons_of(self, part: Part) -> dict[Group, int]:
        if part not in self._persons:
            found = contributions(self._model, self._catalogue, part, self._given)
            by_traits = self._catalogue.selections[part.selection].by_traits
            self._persons[part] = persons_by_group(found, by_traits, self._combinations)
        return self._persons[part]
