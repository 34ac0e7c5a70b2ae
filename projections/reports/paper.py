"""Texts and tables as they fit on paper: what the fonts can show, columns that share the width of a page."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from domain.errors import Refused
from domain.texts import _
from projections.reports.model import Column, Kind, Row, Table
from projections.reports.written import written_cell

MOST_ROWS = 1_500
"""Rows a table can have on paper."""

_SURELY_LONG = 80
"""Rows that no page holds."""
_WIDTH = 170.0
_LEAST_WIDE = {Kind.TEXT: 52.0, Kind.CODE: 28.0}
_LEAST_NUMBER, _LEAST = 19.5, 12.0
_NUMBER_WIDTHS = {1: 34.0, 2: 30.0, 3: 24.0, 4: 23.0, 5: 21.0}
_LETTER = {Kind.CODE: 1.5}
_TEXT_LETTER, _INSET = 1.65, 2.6
_MOST_LETTERS = 40
"""Millimetres: of a page, of columns, of a letter (of a code, which has another typeface, and of others)."""

_UNPRINTABLE = re.compile(
    "[^\\u0020-\\u007e\\u00a0-\\u017f\\u0218-\\u021b\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03ce"
    "\\u0401-\\u040c\\u040e-\\u044f\\u0451-\\u045c\\u045e\\u045f\\u1e00-\\u1e9b\\u1e9e\\u1ea0-\\u1ef9\\u2010-\\u2015"
    "\\u2018-\\u201e\\u2020-\\u2022\\u2026\\u2030\\u2032\\u2033\\u2039\\u203a\\u20ac\\u2116\\u2122\\u2190-\\u2193"
    "\\u2212\\u2260\\u2264\\u2265]"
)
"""What the fonts have no sign for, and signs that steer text instead of being it."""
_REPLACEMENT = "\ufffd"
_BLANKS = re.compile(r"[ \t\r\n]+")
_TOGETHER = re.compile(r"(§§?|Art\.|Abs\.|\d\.) (?=\S)")
_LONG_WORD = re.compile(r"\S{36}(?=\S)")
_MAY_BREAK = "\u200b"


class _Place(NamedTuple):
    """A column, and at which place of the rows it stands."""

    place: int
    column: Column


def printable(text: str) -> str:
    """A text as it can be printed: what the fonts lack is replaced, and a very long word may break."""
    replaced = _UNPRINTABLE.sub(_REPLACEMENT, _BLANKS.sub(" ", unicodedata.normalize("NFC", text)))
    return _LONG_WORD.sub("\\g<0>" + _MAY_BREAK, _TOGETHER.sub("\\1\u00a0", replaced))


def tables_on_paper(table: Table, language: str) -> Iterator[dict[str, Any]]:
    """A table as the template takes it, in as many parts as its columns need, or what is said in its place.

    Every part has the columns that name its rows. Refused: more rows than paper is for.
    """
    if not table.printed:
        text = _(
            "{caption}: {rows} Zeilen, zu lang für Papier; in XLSX, CSV und JSON enthalten.",
            caption=table.caption,
            rows=len(table.rows),
        )
        yield {"kind": "paragraph", "text": printable(text.in_language(language))}
        return
    if len(table.rows) > MOST_ROWS:
        text = _(
            "{caption} hat {rows} Zeilen; als PDF gehen höchstens {most}. Bitte XLSX, CSV oder JSON wählen.",
            caption=table.caption,
            rows=len(table.rows),
            most=MOST_ROWS,
        )
        raise Refused("too_long", text)
    parts = _parts(table, language)
    for number, part in enumerate(parts, 1):
        caption = table.caption
        if len(parts) > 1:
            text = _("{caption} (Teil {part} von {parts})", caption=caption, part=number, parts=len(parts))
            caption = text.in_language(language)
        columns = _columns(table, part, language)
        yield {
            "kind": "table",
            "caption": printable(caption),
            "columns": columns,
            "long": len(table.rows) > _SURELY_LONG,
            "groups": _groups(table, part, columns, language),
            "notes": [printable(note) for note in table.notes] if number == len(parts) else [],
        }


def _parts(table: Table, language: str) -> list[list[_Place]]:
    """The columns that are printed; so many parts that the numbers of each find room, about equally many in each."""
    printed = [
        _Place(place, column)
        for place, column in enumerate(table.columns)
        if column.printed and column.name != table.grouped_by
    ]
    numbers = [one for one in printed if one.column.kind is Kind.NUMBER]
    taken = sum(
        _LEAST_WIDE[one.column.kind] if one.column.wide else min(_wanted(table, one, language), _LEAST_WIDE[Kind.TEXT])
        for one in printed
        if one not in numbers
    )
    most = max(int((_WIDTH - taken) / _LEAST_NUMBER), 1)
    size = -(-len(numbers) // -(-len(numbers) // most)) if numbers else 1
    shares = [numbers[start : start + size] for start in range(0, len(numbers), size)] or [[]]
    return [[one for one in printed if one not in numbers or one in share] for share in shares]


def _columns(table: Table, part: Sequence[_Place], language: str) -> list[dict[str, Any]]:
    """The columns with their sides and widths in millimetres; None takes what is left, shared by all of these."""
    numbers = sum(1 for one in part if one.column.kind is Kind.NUMBER)
    wide = sum(_LEAST_WIDE[one.column.kind] for one in part if one.column.wide)
    of_numbers = _width_of_numbers(numbers, wide)
    named = [one for one in part if one.column.kind is not Kind.NUMBER and not one.column.wide]
    wanted = {one.place: _wanted(table, one, language) for one in named}
    room = _WIDTH - numbers * (of_numbers or _LEAST_NUMBER) - wide
    most = _most(list(wanted.values()), room)
    widths = {place: min(width, most) for place, width in wanted.items()}
    if not wide and not numbers and named:
        del widths[named[-1].place]
    return [
        {
            "title": printable(one.column.title),
            "align": "right" if one.column.kind is Kind.NUMBER else "left",
            "width": of_numbers if one.column.kind is Kind.NUMBER else widths.get(one.place),
            "mono": one.column.kind is Kind.CODE,
            "tight": one.place in widths and widths[one.place] < wanted[one.place],
        }
        for one in part
    ]


def _width_of_numbers(numbers: int, wide: float) -> float | None:
    """The width of a column of numbers: generous beside a text, narrow beside codes; all the room beside neither."""
    if not wide:
        return None
    return _NUMBER_WIDTHS.get(numbers, _LEAST_NUMBER) if wide >= _LEAST_WIDE[Kind.TEXT] else _LEAST_NUMBER


def _most(wanted: list[float], room: float) -> float:
    """How wide a column may be so that all find room: the widest give way first."""
    for number, width in enumerate(sorted(wanted)):
        share = room / (len(wanted) - number)
        if width > share:
            return max(share, _LEAST)
        room -= width
    return _WIDTH


def _wanted(table: Table, one: _Place, language: str) -> float:
    """The width in which no cell of a column breaks, within reason."""
    letter = _LETTER.get(one.column.kind, _TEXT_LETTER)
    longest = max((len(_told(row, one, language)) for row in table.rows), default=0)
    title = max(map(len, one.column.title.split()), default=0)
    return max(min(longest, _MOST_LETTERS) * letter, title * _TEXT_LETTER) + _INSET


def _groups(
    table: Table, part: Sequence[_Place], columns: Sequence[dict[str, Any]], language: str
) -> list[dict[str, Any]]:
    """The rows, those with the same value in the grouping column together under it."""
    names = [column.name for column in table.columns]
    grouping = names.index(table.grouped_by) if table.grouped_by else None
    groups: list[dict[str, Any]] = []
    for row in table.rows:
        title = None if grouping is None else printable(written_cell(row.cells[grouping], language))
        if not groups or groups[-1]["title"] != title:
            groups.append({"title": title, "rows": []})
        cells = [printable(_told(row, one, language)) for one in part]
        tight = [column["tight"] for column in columns]
        groups[-1]["rows"].append([_breakable(cell) if so else cell for cell, so in zip(cells, tight, strict=True)])
    return groups


def _told(row: Row, one: _Place, language: str) -> str:
    return written_cell(row.cells[one.place], language, one.column.kind)


def _breakable(code: str) -> str:
    """A code that may break after its signs."""
    return re.sub(r"[-_./]", "\\g<0>" + _MAY_BREAK, code)
