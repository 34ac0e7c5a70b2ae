"""Texts people read: German in the code, English in one catalogue beside it.

A `Text` carries its values apart from its words, so one refusal is written once and shown in either
language. Dates and decimals are written as the language writes them.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("de", "en")
CATALOGUE = Path(__file__).parent / "translations" / "en.po"
_DATES = {"de": "dd.MM.yyyy", "en": "yyyy-MM-dd"}


class Text(NamedTuple):
    """A text in waiting: the German words with `{names}`, and the values of the names."""

    german: str
    values: Mapping[str, Any] = {}

    def in_language(self, language: str) -> str:
        """The text in `de` or `en`; a text the catalogue lacks stays German."""
        words = self.german if language == "de" else _english().get(self.german, self.german)
        if not self.values:
            return words
        return words.format(**{name: _written(value, language) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.in_language("de")


def _(german: str, **values: Any) -> Text:
    """Mark a German text for the catalogue; `values` fill its `{names}`."""
    return Text(german, values)


def number(value: float | Decimal, places: int, language: str) -> str:
    """A number with so many decimal places, as the language writes it."""
    return str(format_decimal(value, format="#,##0" + ("." + "0" * places if places else ""), locale=language))


@cache
def _english() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def _written(value: Any, language: str) -> str:
    match value:
        case Text():
            return value.in_language(language)
        case bool():
            return (_("ja") if value else _("nein")).in_language(language)
        case date():
            return format_date(value, _DATES[language], locale=language)
        case Decimal() | float():
            return format_decimal(value, locale=language)
        case Enum():
            return str(value.value)
        case tuple() | list() | frozenset():
            return ", ".join(_written(item, language) for item in value)
        case _:
            return str(value)
