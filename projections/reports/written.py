"""Values as people write them in a language."""

from datetime import date
from typing import assert_never

from babel.dates import format_date

from domain.facts import Value
from domain.texts import Text, _, number
from projections.catalogue import Unit
from projections.reports.model import Cell, Hidden, Kind, Number

NO_VALUE = "–"
HIDDEN = "×"

_MINUS = "−"
_POINTS = _("%-Pkt.")
"""Percentage points, as the difference of two rates is given in."""
_PLACES = {Unit.RATE: 1, Unit.EUR: 2, Unit.MEAN: 1}
"""Decimal places shown; other units are whole numbers."""


def written(unit: Unit, value: Value, language: str) -> str:
    """A value in its unit; a rate as per cent. None, a ratio without a denominator, is a dash."""
    if value is None:
        return NO_VALUE
    if unit is Unit.RATE:
        return number(value * 100, places_of(unit), language) + " %"
    return number(value, places_of(unit), language)


def written_difference(unit: Unit, value: Value, language: str) -> str:
    """A difference with its sign; that of two rates in percentage points."""
    if value is None:
        return NO_VALUE
    shown = value * 100 if unit is Unit.RATE else value
    words = number(abs(shown), places_of(unit), language)
    if any(digit in words for digit in "123456789"):
        words = ("+" if shown > 0 else _MINUS) + words
    return f"{words} {_POINTS.in_language(language)}" if unit is Unit.RATE else words


def written_cell(cell: Cell, language: str, kind: Kind = Kind.TEXT) -> str:
    """A cell of a column of that kind; an empty one is an empty text."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case date():
            return written_month(cell, language) if kind is Kind.MONTH else written_day(cell, language)
        case Hidden():
            return HIDDEN
        case Number(value, unit, signed):
            return (written_difference if signed else written)(unit, value, language)
        case _:
            assert_never(cell)


def capital(words: str) -> str:
    """A text with a capital at its beginning, as headings have it."""
    return words[:1].upper() + words[1:]


def written_day(day: date, language: str) -> str:
    """A day as texts write it."""
    return Text("{day}", {"day": day}).in_language(language)


def written_long(day: date, language: str) -> str:
    """A day with the name of its month, for titles."""
    return str(format_date(day, {"de": "d. MMMM y", "en": "d MMMM y"}[language], locale=language))


def written_month(month: date, language: str) -> str:
    """The month of a day, short: its name and the year."""
    return str(format_date(month, "MMM y", locale=language))


def places_of(unit: Unit) -> int:
    """How many decimal places a value in that unit is shown with."""
    return _PLACES.get(unit, 0)
