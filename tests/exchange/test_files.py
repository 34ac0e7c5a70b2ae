"""Every format of an import file gives the same rows."""

from pathlib import Path
from typing import Any

import pytest
from samples import PERSONAL, ROWS, write

from domain.errors import NotFound, Refused
from domain.facts import STEP_BY_NAME
from projections.exchange.files import FORMATS, RawRow, neutralised, read_rows
from projections.exchange.steps import given_step

FILES: dict[str, tuple[str, dict[str, str]]] = {
    "jsonl": ("wege.jsonl", {}),
    "jsonl with a byte order mark": ("wege.jsonl", {"encoding": "utf-8-sig"}),
    "ndjson": ("wege.ndjson", {}),
    "csv ;": ("wege.csv", {}),
    "csv ,": ("wege.csv", {"separator": ","}),
    "csv tab": ("wege.csv", {"separator": "\t"}),
    "csv |": ("wege.csv", {"separator": "|"}),
    "csv with a byte order mark": ("wege.csv", {"encoding": "utf-8-sig"}),
    "tsv": ("wege.tsv", {"separator": "\t"}),
    "upper case": ("WEGE.CSV", {}),
    "xlsx": ("wege.xlsx", {}),
    "ods": ("wege.ods", {}),
}


def table(path: Path, text: str) -> list[RawRow]:
    path.write_text(text, "utf-8")
    return list(read_rows(path))


def refusal(path: Path) -> Refused:
    with pytest.raises(Refused) as refused:
        list(read_rows(path))
    return refused.value


# --- the same rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options"), FILES.values(), ids=FILES)
def test_every_format_gives_the_same_steps(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    """Field by field the same, however dates, numbers and yes/no are written (DESIGN.md section 7)."""
    assert {row["step"] for row in ROWS} == set(STEP_BY_NAME)
    expected = [given_step(row.values) for row in read_rows(write(tmp_path / "plain.jsonl", ROWS))]
    rows = list(read_rows(write(Path(str(tmp_path / name).lower()), ROWS, **options).rename(tmp_path / name)))
    assert [row.refused for row in rows] == [None] * len(ROWS)
    assert [given_step(row.values) for row in rows] == expected
    assert [row.values["id"] for row in rows] == [row["id"] for row in ROWS]


@pytest.mark.parametrize(("name", "options"), FILES.values(), ids=FILES)
def test_same_content_whatever_the_format(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    """A row says the same in every format, so that it is known again when it comes in another."""
    same = [row for row in ROWS if "amount" not in row]  # amounts: see test_steps
    expected = [given_step(row.values).content() for row in read_rows(write(tmp_path / "plain.jsonl", same))]
    rows = read_rows(write(Path(str(tmp_path / name).lower()), same, **options).rename(tmp_path / name))
    assert [given_step(row.values).content() for row in rows] == expected


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    """The first row of a table stands in line 2; empty lines are counted and left out."""
    text = "participant;step;on\n\nA;exited;2017-01-01\n;;\n\nB;exited;2017-01-02\n"
    assert [(row.line, row.values["participant"]) for row in table(tmp_path / "a.csv", text)] == [(3, "A"), (6, "B")]
    text = '\n{"participant": "A"}\n\n  \n{"participant": "B", "step": "", "on": null}\n'
    rows = table(tmp_path / "a.jsonl", text)
    assert [(row.line, row.values) for row in rows] == [(2, {"participant": "A"}), (5, {"participant": "B"})]


@pytest.mark.parametrize("name", ["wege.xlsx", "wege.ods"])
def test_empty_rows_of_a_spreadsheet(tmp_path: Path, name: str) -> None:
    """Rows keep the number the spreadsheet shows."""
    rows = [{"participant": "A", "step": "exited"}, {}, {"participant": "B", "step": "exited"}]
    found = list(read_rows(write(tmp_path / name, rows)))
    assert [(row.line, row.values["participant"]) for row in found] == [(2, "A"), (4, "B")]


def test_quoted_cells(tmp_path: Path) -> None:
    """Separators, quotes and line breaks inside quotes belong to the value."""
    text = 'participant;step;note\n"A;B";exited;"er sagte ""ja"";\nund ging"\nC;exited;\n'
    rows = table(tmp_path / "a.csv", text)
    assert [row.values for row in rows] == [
        {"participant": "A;B", "step": "exited", "note": 'er sagte "ja";\nund ging'},
        {"participant": "C", "step": "exited"},
    ]
    assert rows[1].line == 4


def test_blanks_around_a_cell_are_left_out(tmp_path: Path) -> None:
    """In a table; a cell of blanks only is empty."""
    (row,) = table(tmp_path / "a.csv", " participant ;step ; on\n A ;  exited ;   \n")
    assert row.values == {"participant": "A", "step": "exited"}


def test_own_columns_of_a_report_are_passed_over(tmp_path: Path) -> None:
    """A file of refused rows can be put right and taken in as it is."""
    (row,) = table(tmp_path / "a.csv", "refused_line;refused_reason;participant;step\n7;zu alt;A;exited\n")
    assert row.values == {"participant": "A", "step": "exited"}


@pytest.mark.parametrize("value", ["=1+1", "+49 170", "-x", "@home", "-5", "'quoted'", "plain", ""])
def test_formulas_are_neutralised_and_come_back(tmp_path: Path, value: str) -> None:
    """What a spreadsheet would take for a formula is written as a text, and read back as it was."""
    written = neutralised(value)
    assert not written.startswith(("=", "+", "-", "@"))
    found = table(tmp_path / "a.csv", f"participant;step;note\nA;exited;{written}\n")[0].values.get("note", "")
    assert found == value


# --- refused files ----------------------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is said to be so."""
    for name in ("weg.jsonl", "weg.csv", "weg.xlsx", "weg.ods"):
        refused = refusal(tmp_path / name)
        assert isinstance(refused, NotFound)
        assert name in str(refused)


@pytest.mark.parametrize("name", ["wege.pdf", "wege", "wege.xls"])
def test_unknown_format(tmp_path: Path, name: str) -> None:
    """The message names what is possible."""
    (tmp_path / name).write_text("x")
    refused = refusal(tmp_path / name)
    assert refused.code == "unknown_format"
    assert all(suffix in refused.in_language("en") for suffix in FORMATS)


@pytest.mark.parametrize("name", ["wege.csv", "wege.jsonl"])
def test_not_utf8(tmp_path: Path, name: str) -> None:
    """Another encoding is refused, not guessed, and no bytes of it are shown."""
    path = tmp_path / name
    path.write_bytes(
        b"participant;step;name\nA;enrolled;J\xf6rg\n" if path.suffix == ".csv" else b'{"name": "J\xf6rg"}'
    )
    refused = refusal(path)
    assert refused.code == "not_utf8"
    assert "rg" not in str(refused).replace(str(path), "")


@pytest.mark.parametrize("content", [b"", b"no table at all", b"PK\x03\x04 broken"])
@pytest.mark.parametrize("name", ["wege.xlsx", "wege.ods"])
def test_broken_spreadsheet(tmp_path: Path, name: str, content: bytes) -> None:
    """What is no table is refused as such."""
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name).code == "unreadable_file"


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    """A folder is no file, whatever its name."""
    for name in ("wege.csv", "wege.xlsx", "wege.jsonl"):
        (tmp_path / name).mkdir()
        assert refusal(tmp_path / name).code == "unreadable_file"


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("step;on", "participant"),
        ("participant;on", "step"),
        ("", "participant"),
        ("participant;step;on;step", "step"),
        ("Teilnehmer;Schritt", "participant"),
    ],
)
def test_unusable_header(tmp_path: Path, header: str, named: str) -> None:
    """A column missing or there twice is named."""
    path = tmp_path / "wege.csv"
    path.write_text(f"{header}\nA;exited;2017-01-01\n", "utf-8")
    refused = refusal(path)
    assert refused.code == "no_header"
    assert named in str(refused)


@pytest.mark.parametrize("name", ["wege.csv", "wege.xlsx", "wege.ods"])
def test_table_without_rows(tmp_path: Path, name: str) -> None:
    """A header alone is an empty file, not a broken one."""
    path = write(tmp_path / name, [{"participant": "", "step": ""}])
    assert list(read_rows(path)) == []


# --- refused lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        '{"participant": "Geheimwort',
        "Geheimwort",
        "[1, 2]",
        '"Geheimwort"',
        "7",
        "null",
        "{'participant': 'Geheimwort'}",
    ],
)
def test_line_that_is_no_json_object(tmp_path: Path, line: str) -> None:
    """It is a row of its own with a refusal; the lines around it are read, and nothing of it is shown."""
    rows = table(tmp_path / "a.jsonl", f'{{"participant": "A"}}\n{line}\n{{"participant": "B"}}\n')
    assert [row.line for row in rows] == [1, 2, 3]
    assert [row.refused.code if row.refused else None for row in rows] == [None, "bad_json", None]
    assert "Geheimwort" not in f"{rows[1].refused} {rows[1].refused.in_language('en')}"


def test_line_with_too_many_cells(tmp_path: Path) -> None:
    """A separator too many would shift values into other columns: refused, with both numbers."""
    rows = table(tmp_path / "a.csv", "participant;step\nA;exited;Geheimwort\nB;exited;;\n")
    assert [row.refused.code if row.refused else None for row in rows] == ["too_many_cells", None]
    text = str(rows[0].refused)
    assert "3" in text
    assert "2" in text
    assert "Geheimwort" not in text


def test_csv_that_breaks_off_in_a_quote(tmp_path: Path) -> None:
    """A quote never closed swallows the rest: what came before is read, and the rest is one cell, not many rows."""
    rows = table(tmp_path / "a.csv", 'participant;step\nA;exited\nB;"exited\nC;exited\n')
    assert [row.values["participant"] for row in rows] == ["A", "B"]


@pytest.mark.parametrize("key", PERSONAL)
def test_personal_values_are_read_as_texts(tmp_path: Path, key: str) -> None:
    """A sealed value is the text the file has, whatever the format."""
    (row,) = [row for row in ROWS if key in row and row["step"] != "exited"]
    value: Any = row[key]
    for name in ("a.jsonl", "a.csv", "a.xlsx", "a.ods"):
        (read,) = read_rows(write(tmp_path / name, [row]))
        text = given_step(read.values).personal[key]
        assert text == (value.isoformat() if key == "birth_date" else value)
