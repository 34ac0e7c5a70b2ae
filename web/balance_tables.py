"""The figures of a balance as the pages show them: grouped by what they count, and broken down by a trait."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.facts import Value
from domain.texts import Text, _
from projections.balance import Balance
from projections.catalogue import Catalogue, Figure
from projections.glossary import place_of, trait_label, trait_value
from projections.reports.shown import HiddenCells
from projections.reports.words import REGIMES, UNITS
from projections.reports.written import HIDDEN, capital, written
from web.words import language, say

CATALOGUE_TITLES: dict[str, Text] = {"core": _("Kennzahlen des Programms"), "esf": _("ESF+-Indikatoren")}
NOTHING_HIDDEN: HiddenCells = frozenset()


class Line(NamedTuple):
    """A figure on a page: its total, and what it says it counts. `share` is that of its target, from 0 on."""

    code: str
    title: str
    value: str
    unit: str
    definition: str
    source: str
    target: str | None
    share: float | None
    hidden: bool


class Group(NamedTuple):
    """Figures that count alike."""

    title: str
    lines: list[Line]


class Table(NamedTuple):
    """Figures by the values of a trait; of a figure's cell its value as words, and whether it is hidden."""

    trait: str
    title: str
    values: list[tuple[str, str]]
    rows: list[tuple[str, str, str, list[tuple[str, str, bool]]]]


def figure_groups(
    balance: Balance, catalogue: Catalogue, targets: Mapping[str, float], hidden: HiddenCells | None = None
) -> list[Group]:
    """The figures in the order of the catalogue, those that count alike together."""
    groups: dict[str, Group] = {}
    for figure in catalogue.figures:
        if figure.code in balance.figures:
            title = capital(say(REGIMES[figure.regime]))
            line = _line(figure, balance.figures[figure.code].value, targets.get(figure.code), hidden)
            groups.setdefault(title, Group(title, [])).lines.append(line)
    return list(groups.values())


def breakdown(balance: Balance, catalogue: Catalogue, trait: str, hidden: HiddenCells | None = None) -> Table:
    """Every figure that is broken down by a trait; a figure's own categories have no place here."""
    shown = [figure for figure in catalogue.figures if trait in _by(balance, figure)]
    values = sorted(
        {value for figure in shown for value in _by(balance, figure)[trait]}, key=lambda one: place_of(trait, one)
    )
    rows = [
        (
            *(figure.code, say(figure.title)),
            _written(figure, balance.figures[figure.code].value, (figure.code, "", "") in (hidden or NOTHING_HIDDEN)),
            [_cell(balance, figure, trait, value, hidden or NOTHING_HIDDEN) for value in values],
        )
        for figure in shown
    ]
    named = [(value, say(trait_value(trait, value))) for value in values]
    return Table(trait, capital(say(trait_label(trait))), named, rows)


def _by(balance: Balance, figure: Figure) -> Mapping[str, Mapping[str, Value]]:
    found = balance.figures.get(figure.code)
    return found.by if found else {}


def _cell(balance: Balance, figure: Figure, trait: str, value: str, hidden: HiddenCells) -> tuple[str, str, bool]:
    covered = (figure.code, trait, value) in hidden
    found = _by(balance, figure)[trait].get(value)
    number = 0 if found is None and figure.per is None else found
    return value, _written(figure, number, covered), covered


def _line(figure: Figure, value: Value, target: float | None, hidden: HiddenCells | None) -> Line:
    covered = (figure.code, "", "") in (hidden or NOTHING_HIDDEN)
    return Line(
        figure.code,
        say(figure.title),
        _written(figure, value, covered),
        say(UNITS[figure.unit]),
        say(figure.definition),
        figure.source,
        written(figure.unit, target, language()) if target is not None else None,
        float(value) / target if target and value is not None and not covered else None,
        covered,
    )


def _written(figure: Figure, value: Value, covered: bool) -> str:
    return HIDDEN if covered else written(figure.unit, value, language())
