"""A report as a workbook: a title sheet, one sheet per table, methods and definitions; numbers and dates as such.

Every text is stored as a text, so none is taken for a formula or a link.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import msgspec

from domain.texts import Text, _
from projections.catalogue import Unit
from projections.reports.model import (
    Cell,
    Column,
    Definitions,
    Hidden,
    Kind,
    Number,
    Paragraph,
    Points,
    Report,
    Row,
    Signatures,
    Table,
)
from projections.reports.written import HIDDEN, NO_VALUE, capital, written_cell

_MOST_ROWS = 1_048_000
_MOST_LETTERS = 32_767
_NARROW, _WIDE = 8, 60
_SAMPLED = 200
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NAME_LETTERS = 31
_NUMBER_FORMATS = {Unit.RATE: "0.0%", Unit.EUR: "#,##0.00", Unit.MEAN: "#,##0.0"}
_DAY_FORMATS = {"de": "dd.mm.yyyy", "en": "yyyy-mm-dd"}
_MONTH_FORMAT = "mmm yyyy"


def as_xlsx(report: Report) -> bytes:
    """The report as a workbook."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 -- has no types; wanted only here

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        book.set_properties(
            {
                "title": report.title,
                "subject": report.subtitle,
                "author": report.author,
                "keywords": ", ".join(report.keywords),
                "created": datetime.combine(report.date, time()),
            }
        )
        _Workbook(book, report).write()
    return out.getvalue()


class _Workbook:
    """The sheets of one report; formats are made once each."""

    def __init__(self, book: Any, report: Report) -> None:
        self._book, self._report = book, report
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def write(self) -> None:
        """All sheets, the title sheet first."""
        tables = [part for table in self._report.tables() for part in _parts(table)]
        title = self._book.add_worksheet(self._name(self._say(_("Bericht"))))
        named = [(self._name(table.short), table) for table in tables]
        self._title_sheet(title, named)
        for name, table in named:
            self._table_sheet(self._book.add_worksheet(name), table)
        self._points_sheet()
        self._definitions_sheet()

    # --- sheets -----------------------------------------------------------------------------------

    def _title_sheet(self, sheet: Any, named: Sequence[tuple[str, Table]]) -> None:
        report, bold = self._report, self._format(bold=True)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        lines: list[tuple[Any, Any, Any]] = [
            (report.title, None, self._format(bold=True, font_size=16)),
            (report.subtitle, None, self._format(font_size=12)),
            (report.status, None, self._format()),
            ("", None, None),
            *((one.label, one.value, None) for one in report.particulars),
            ("", None, None),
            (self._say(_("Blätter")), None, bold),
            *((name, table.caption, None) for name, table in named),
            ("", None, None),
            *self._signed(bold),
        ]
        for place, (label, value, form) in enumerate(lines):
            sheet.write_string(place, 0, label, form or self._format(valign="top"))
            self._put(sheet, place, 1, value, Column("", "", Kind.TEXT, wide=True))

    def _signed(self, bold: Any) -> Iterable[tuple[str, Cell, Any]]:
        for block in self._report.blocks:
            if isinstance(block, Signatures):
                yield self._say(_("Freigabe und Nachweis")), None, bold
                for one in block.signatures:
                    day = written_cell(one.on, self._report.language)
                    yield one.part, f"{one.account}, {day}" if one.account else NO_VALUE, None
                for seal in block.seals:
                    yield seal.title, "\n".join(seal.lines), None

    def _table_sheet(self, sheet: Any, table: Table) -> None:
        head = self._format(bold=True, text_wrap=True, valign="top", bottom=1)
        sheet.freeze_panes(1, next((n for n, one in enumerate(table.columns) if one.kind is Kind.NUMBER), 0))
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, _width(column, table.rows, place, self._report.language))
            sheet.write_string(0, place, column.title, head)
        for number, row in enumerate(table.rows, 1):
            for place, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
                self._put(sheet, number, place, cell, column)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        for number, note in enumerate(table.notes, len(table.rows) + 2):
            sheet.write_string(number, 0, note, self._format(italic=True))

    def _points_sheet(self) -> None:
        points = [point for block in self._report.blocks for point in _told(block)]
        if points:
            columns = (Column("about", self._say(_("Thema")), Kind.TEXT), _wide("text", self._say(_("Erläuterung"))))
            rows = tuple(Row(str(number), point) for number, point in enumerate(points))
            table = Table("methods", "", self._say(_("Methodik")), columns, rows)
            self._table_sheet(self._book.add_worksheet(self._name(table.short)), table)

    def _definitions_sheet(self) -> None:
        defined = [one for block in self._report.blocks if isinstance(block, Definitions) for one in block.definitions]
        if defined:
            columns = (
                Column("code", self._say(_("Code")), Kind.CODE),
                _wide("title", self._say(_("Kennzahl"))),
                _wide("text", self._say(_("Definition"))),
                _wide("source", self._say(_("Quelle"))),
                Column("unit", self._say(_("Einheit")), Kind.TEXT),
                Column("regime", self._say(_("Zählweise")), Kind.TEXT),
            )
            rows = [Row(one.code, (one.code, one.title, one.text, one.source, one.unit, one.regime)) for one in defined]
            table = Table("definitions", "", self._say(_("Definitionen")), columns, tuple(rows))
            self._table_sheet(self._book.add_worksheet(self._name(table.short)), table)

    # --- cells ------------------------------------------------------------------------------------

    def _put(self, sheet: Any, row: int, place: int, cell: Cell, column: Column) -> None:
        match cell:
            case None:
                pass
            case Number(int() | float() as value, unit, signed):
                sheet.write_number(
                    row, place, value, self._format(valign="top", num_format=_number_format(unit, signed))
                )
            case Number() | Hidden():
                sign = HIDDEN if isinstance(cell, Hidden) else NO_VALUE
                sheet.write_string(row, place, sign, self._format(valign="top", align="right"))
            case date():
                shown = _MONTH_FORMAT if column.kind is Kind.MONTH else _DAY_FORMATS[self._report.language]
                form = self._format(valign="top", align="left", num_format=shown)
                sheet.write_datetime(row, place, datetime.combine(cell, time()), form)
            case str():
                text = cell if len(cell) <= _MOST_LETTERS else cell[: _MOST_LETTERS - 1] + "…"
                sheet.write_string(row, place, text, self._format(valign="top", text_wrap=column.wide))

    def _format(self, **look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]

    def _name(self, wanted: str) -> str:
        """A name a sheet can have and no other has."""
        stem = _NOT_IN_NAMES.sub(" ", wanted).strip(" '") or "-"
        name, number = stem[:_NAME_LETTERS], 1
        while name.lower() in self._names:
            number += 1
            end = f" {number}"
            name = stem[: _NAME_LETTERS - len(end)] + end
        self._names.add(name.lower())
        return name

    def _say(self, text: Text) -> str:
        return capital(text.in_language(self._report.language))


def _parts(table: Table) -> Iterable[Table]:
    """A table in as many parts as sheets can hold."""
    for start in range(0, max(len(table.rows), 1), _MOST_ROWS):
        yield msgspec.structs.replace(table, rows=table.rows[start : start + _MOST_ROWS])


def _told(block: object) -> Iterable[tuple[str, str]]:
    match block:
        case Points():
            yield from block.points
        case Paragraph():
            yield "", block.text


def _wide(name: str, title: str) -> Column:
    return Column(name, title, Kind.TEXT, wide=True)


def _number_format(unit: Unit, signed: bool) -> str:
    plain = _NUMBER_FORMATS.get(unit, "#,##0")
    return f"+{plain};-{plain};{plain}" if signed else plain


def _width(column: Column, rows: Sequence[Row], place: int, language: str) -> float:
    """Room for what the first rows hold, within bounds."""
    letters = [len(written_cell(row.cells[place], language, column.kind)) for row in rows[:_SAMPLED]]
    title = max(map(len, column.title.split()), default=0)
    return min(max([_NARROW, title + 2, *(number + 2 for number in letters)]), _WIDE)
