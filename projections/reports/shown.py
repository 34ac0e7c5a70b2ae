"""A balance as a report may show it: its figures in order, and every cell, or that it is hidden."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from domain.texts import Text
from projections.balance import Balance
from projections.catalogue import Catalogue, Figure
from projections.glossary import place_of
from projections.reports.model import Hidden, Number
from projections.reports.written import capital

HiddenCells = frozenset[tuple[str, str, str]]
"""Cells not shown, as (figure, trait, value); the total of a figure has neither trait nor value."""


class Shown(NamedTuple):
    """A balance in a language. `hidden` is None in the office's own version; a public one may hide nothing."""

    balance: Balance
    catalogue: Catalogue
    language: str
    hidden: HiddenCells | None = None

    @property
    def public(self) -> bool:
        """Whether it leaves the house."""
        return self.hidden is not None

    def say(self, text: Text) -> str:
        """A text in the language of the report."""
        return text.in_language(self.language)

    def head(self, text: Text) -> str:
        """A text as a heading, with a capital."""
        return capital(self.say(text))

    def figures(self) -> list[Figure]:
        """The figures of the balance in the order of the catalogue."""
        return [figure for figure in self.catalogue.figures if figure.code in self.balance.figures]

    def figure(self, code: str) -> Figure | None:
        """A figure, where the balance has it."""
        return self.catalogue.figure(code) if code in self.balance.figures else None

    def cell(self, figure: Figure, trait: str = "", value: str = "") -> Number | Hidden:
        """The total of a figure, or its cell for a value of a trait; where there is none, nothing was counted."""
        if self.hidden and (figure.code, trait, value) in self.hidden:
            return Hidden(figure.unit)
        found = self.balance.figures[figure.code]
        nothing = None if figure.per else 0
        return Number(found.by[trait].get(value, nothing) if trait else found.value, figure.unit)

    def values(self, trait: str) -> list[str]:
        """The values of a trait that any figure is broken down by, in the order people read them."""
        found = {value for figure in self.balance.figures.values() for value in figure.by.get(trait, {})}
        return sorted(found, key=partial(place_of, trait))

    def category(self, figure: Figure) -> str | None:
        """The category of its own that a figure is broken down by."""
        category = self.catalogue.selections[figure.part.selection].category
        return category if category in self.balance.figures[figure.code].by else None

    def combinations(self) -> Iterator[str]:
        """The combinations of traits the balance is broken down by, each named once."""
        told = {*self.catalogue.traits, *filter(None, map(self.category, self.figures()))}
        seen = dict.fromkeys(trait for figure in self.balance.figures.values() for trait in figure.by)
        return (trait for trait in seen if trait not in told)
