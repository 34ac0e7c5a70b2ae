"""The workbook: sheets, typed cells, and no text that becomes a formula."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import msgspec
import openpyxl
import pytest
import python_calamine
from sample_balance import CHECKPOINT, EDITION, PROGRAMME, report

from projections.catalogue import CORE, Unit
from projections.reports import Report, rendered
from projections.reports.model import Column, Hidden, Kind, Number, Row, Table

HOSTILE = ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@x", "{=1}", "http://x.example", "001", "a\tb\nc", "\x01"]


@pytest.fixture(scope="module")
def told() -> Report:
    return report(edition=EDITION)


@pytest.fixture(scope="module")
def book(told: Report) -> Any:
    return openpyxl.load_workbook(BytesIO(rendered(told, "xlsx")))


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def with_table(table: Table) -> Any:
    """The sheet of a single table."""
    one = msgspec.structs.replace(report(series=None), blocks=(table,))
    return openpyxl.load_workbook(BytesIO(rendered(one, "xlsx"))).worksheets[1]


def test_one_sheet_per_table(told: Report, book: Any) -> None:
    """A title sheet, every table under its short name, methods and definitions; the header stays in view."""
    tables = list(told.tables())
    assert book.sheetnames == ["Bericht", *(table.short[:31] for table in tables), "Methodik", "Definitionen"]
    for table, sheet in zip(tables, book.worksheets[1:], strict=False):
        rows = rows_of(sheet)
        assert list(rows[0]) == [column.title for column in table.columns]
        assert sheet.freeze_panes[-1] == "2"
        assert sheet.auto_filter.ref.startswith("A1:")
        for row, found in zip(table.rows, rows[1:], strict=False):
            assert [typed(cell) for cell in row.cells] == [undated(cell) for cell in found], table.name


def typed(cell: Any) -> Any:
    match cell:
        case Number(value):
            return "–" if value is None else pytest.approx(value)
        case Hidden():
            return "×"
        case _:
            return cell


def undated(cell: Any) -> Any:
    return cell.date() if isinstance(cell, datetime) else cell


def test_title_sheet(told: Report, book: Any) -> None:
    """Title, particulars with dates as dates, where to find what, and who answers for it."""
    rows = rows_of(book["Bericht"])
    found = {label: value for label, value in rows if label}
    assert rows[0][0] == told.title
    assert found["Stichtag"] == datetime(2018, 2, 19)  # noqa: DTZ001 -- a spreadsheet has no time zones
    assert found["Erstellt"] == "controller-1, 21.02.2018"
    assert found["Prüfsumme der Werte (SHA-256)"] == EDITION.digest
    assert found["Prüfpunkt des Journals"] == "\n".join(CHECKPOINT)
    assert found["Wohnort bei Aufnahme"] == "Kennzahlen nach Merkmal: Wohnort bei Aufnahme"


def test_number_formats(book: Any) -> None:
    """Rates are per cent, differences have their sign, days and months are dates."""
    sheet = book["Kennzahlen"]
    head = [cell.value for cell in sheet[1]]
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=2)}
    assert rows["placement_rate"][head.index("Wert")].number_format == "0.0%"
    assert rows["follow_up_funding_eur"][head.index("Wert")].number_format == "#,##0.00"
    assert rows["participants_enrolled"][head.index("Abweichung")].number_format == "+#,##0;-#,##0;#,##0"
    months = book["Vermittlungen nach Monat"]
    assert months["A2"].is_date
    assert months["A2"].number_format == "mmm yyyy"
    assert book["Bericht"]["B10"].number_format == "dd.mm.yyyy"


def test_another_reader_sees_the_same(told: Report) -> None:
    """calamine reads the same numbers and dates."""
    book = python_calamine.CalamineWorkbook.from_object(BytesIO(rendered(told, "xlsx")))
    months = book.get_sheet_by_name("Vermittlungen nach Monat").to_python()
    assert months[1][0] == date(2017, 1, 1)
    assert months[1][1:5] == [0, 1, 2, 3]
    figures = book.get_sheet_by_name("Kennzahlen").to_python()
    assert {row[1]: row[4] for row in figures[1:]}["participants_enrolled"] == 101


def test_definitions(book: Any) -> None:
    """Every figure with its source."""
    rows = rows_of(book["Definitionen"])[1:]
    assert [row[0] for row in rows] == [figure.code for figure in CORE.figures]
    assert [row[3] for row in rows] == [figure.source for figure in CORE.figures]


def test_texts_stay_texts() -> None:
    """A text that looks like a formula, a link or a number is a text."""
    columns = (Column("=1+1", "=2+2", Kind.TEXT, wide=True), Column("n", "+3"))
    rows = tuple(Row(str(n), (text, Number(1, Unit.NUMBER))) for n, text in enumerate(HOSTILE))
    sheet = with_table(Table("t", "=4+4", "=5+5", columns, rows))
    assert sheet["A1"].value == "=2+2"
    assert [cell.data_type for cell in sheet["A"]] == ["s"] * (len(HOSTILE) + 1)
    assert [cell.value for cell in sheet["A"]][1:-1] == HOSTILE[:-1]
    assert all(cell.hyperlink is None for cell in sheet["A"])


def test_hostile_title() -> None:
    """A programme's title becomes no formula on the title sheet and in the properties."""
    programme = msgspec.structs.replace(PROGRAMME, title="=cmd|'/c calc'!A1")
    book = openpyxl.load_workbook(BytesIO(rendered(report(series=None, programme=programme), "xlsx")))
    assert book.worksheets[0]["A2"].value == "=cmd|'/c calc'!A1"
    assert book.worksheets[0]["A2"].data_type == "s"


def test_sheet_names() -> None:
    """Names are cut to what a sheet can have, signs it cannot have are left out, and no two are the same."""
    shorts = ["a/b:c*[d]?" + "x" * 40, "a/b:c*[d]?" + "x" * 40, "BERICHT", "'", ""]
    tables = tuple(Table(f"t{n}", "", short, (Column("n", "n"),), ()) for n, short in enumerate(shorts))
    told = msgspec.structs.replace(report(series=None), blocks=tables)
    names = openpyxl.load_workbook(BytesIO(rendered(told, "xlsx"))).sheetnames
    assert len({name.lower() for name in names}) == 6
    assert max(map(len, names)) == 31
    assert names[1].startswith("a b c  d")


def test_hidden_is_no_number() -> None:
    """What is hidden is a sign, not an empty cell that a sum would take for 0."""
    columns = (Column("n", "n"),)
    rows = (Row("1", (Hidden(Unit.PERSONS),)), Row("2", (Number(None, Unit.RATE),)), Row("3", (None,)))
    sheet = with_table(Table("t", "t", "t", columns, rows))
    assert [sheet["A2"].value, sheet["A3"].value, sheet["A4"].value] == ["×", "–", None]
