"""The report for programs: JSON and CSV with machine values."""

import csv
import json
from io import StringIO
from typing import Any

import msgspec
import pytest
from sample_balance import EDITION, KNOWN_ON, PROGRAMME, report

from domain.errors import NotFound
from projections.catalogue import CORE, Unit
from projections.reports import FORMATS, Report, as_csv, rendered
from projections.reports.model import Chart, Column, Hidden, Kind, Number, Row, Table
from projections.reports.plain import LONG


@pytest.fixture(scope="module")
def told() -> Report:
    return report(edition=EDITION)


def lines(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(written.decode()), delimiter=";"))


def with_table(table: Table) -> Report:
    return msgspec.structs.replace(report(series=None), blocks=(table,))


MIXED = Table(
    "mixed",
    "Gemischtes",
    "G",
    (Column("what", "Was", Kind.TEXT), Column("n", "Zahl"), Column("day", "Tag", Kind.DAY)),
    (
        Row("a", ("=1+1", Number(1234.5, Unit.EUR), KNOWN_ON)),
        Row("b", ("-", Hidden(Unit.PERSONS), None)),
        Row("c", ('x;y\n"z"', Number(None, Unit.RATE), None)),
        Row("d", ("", Number(-3, Unit.PERSONS, signed=True), None)),
    ),
)


def test_every_cell_is_a_line(told: Report) -> None:
    """The long form has one line per cell of every table and the particulars, with machine values."""
    found = lines(rendered(told, "csv"))
    assert list(found[0]) == list(LONG)
    cells = [
        (table.name, row.name, column.name)
        for table in told.tables()
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell is not None
    ]
    assert [(line["table"], line["row"], line["column"]) for line in found if line["table"] != "particulars"] == cells
    assert len(cells) == len(set(cells))
    values = {(line["table"], line["row"], line["column"]): (line["value"], line["unit"]) for line in found}
    assert values["figures", "participants_enrolled", "value"] == ("101", "persons")
    assert values["figures", "placement_rate", "value"] == ("0.4453125", "rate")
    assert values["particulars", "stichtag", "value"] == ("2018-02-19", "")


def test_values_for_programs() -> None:
    """A point before decimals, ISO dates, nothing for what is hidden or has no value, and no formula."""
    found = {(line["row"], line["column"]): line for line in lines(rendered(with_table(MIXED), "csv"))}
    assert found["a", "n"]["value"] == "1234.5"
    assert found["a", "day"]["value"] == "2018-02-20"
    assert found["a", "what"]["value"] == "'=1+1"
    assert (found["b", "n"]["value"], found["b", "n"]["hidden"]) == ("", "yes")
    assert (found["c", "n"]["value"], found["c", "n"]["hidden"]) == ("", "")
    assert found["c", "what"]["value"] == 'x;y\n"z"'
    assert found["d", "n"]["value"] == "-3"
    assert ("b", "day") not in found


def test_one_table_alone(told: Report) -> None:
    """A table as it is: its columns by name, a row per line."""
    found = lines(as_csv(told, "by_gender"))
    assert list(found[0]) == ["regime", "code", "figure", "total", "female", "male"]
    assert {line["code"]: line["female"] for line in found}["participants_enrolled"] == "1"


def test_unknown_table(told: Report) -> None:
    """A table that is not there is refused, naming those that are."""
    with pytest.raises(NotFound, match="by_gender") as refused:
        as_csv(told, "by_shoe_size")
    assert refused.value.code == "unknown_table"
    assert "by_shoe_size" in refused.value.in_language("en")


def test_json_has_everything(told: Report) -> None:
    """Every table with its columns and cells, every block in order, charts without their drawing."""
    found: dict[str, Any] = json.loads(rendered(told, "json"))
    assert found["date"] == "2018-02-22"
    assert list(found["tables"]) == [table.name for table in told.tables()]
    assert [block["block"] for block in found["blocks"]] == [type(block).__name__.lower() for block in told.blocks]
    charts = [block for block in found["blocks"] if block["block"] == "chart"]
    assert [chart["table"] for chart in charts] == [one.table.name for one in told.blocks if isinstance(one, Chart)]
    assert all(chart["table"] in found["tables"] and "svg" not in chart for chart in charts)
    (definitions,) = (block["definitions"] for block in found["blocks"] if block["block"] == "definitions")
    assert [one["code"] for one in definitions] == [figure.code for figure in CORE.figures]


def test_cells_in_json() -> None:
    """A cell says its value and unit; a hidden one is null and says so, a ratio without a value is null."""
    rows = json.loads(rendered(with_table(MIXED), "json"))["tables"]["mixed"]["rows"]
    cells = {row["name"]: row["cells"] for row in rows}
    assert cells["a"] == [
        {"value": "=1+1"},
        {"value": 1234.5, "unit": "eur"},
        {"value": "2018-02-20"},
    ]
    assert cells["b"][1] == {"value": None, "unit": "persons", "hidden": True}
    assert cells["c"][1] == {"value": None, "unit": "rate"}
    assert cells["b"][2] == {"value": None}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_hostile_texts_come_back(form: str) -> None:
    """Quotes, separators, line ends and markup in a title survive."""
    title = 'a;"b"\n<c> #{d} \u202e \\'
    written = rendered(report(series=None, programme=msgspec.structs.replace(PROGRAMME, title=title)), form)
    if form == "json":
        assert json.loads(written)["subtitle"] == title
    else:
        assert lines(written)[0]["value"] == f"{title} (demo)"


def test_formats() -> None:
    """What a report can be rendered as."""
    assert list(FORMATS) == ["pdf", "xlsx", "csv", "json"]
