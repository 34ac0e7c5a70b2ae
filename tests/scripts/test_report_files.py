"""Reports and other outputs as files: the same every time, whole or not at all, and never onto a terminal."""

import sys
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from calling import Cli

STICHTAG = ("--programme", "lzb", "--stichtag", "2018-02-19")
COMMANDS = {
    "balance": ("balance", *STICHTAG),
    "public balance": ("balance", *STICHTAG, "--public"),
    "evidence": ("evidence", *STICHTAG, "--figure", "placed_svp"),
    "edition": ("publish", "show", "lzb/1"),
    "explanation": ("explain", "lzb/1", "2018-02-19"),
}
LINES = [
    *((command, form) for command in COMMANDS for form in ("text", "json")),
    *((command, "csv") for command in ("balance", "public balance", "evidence")),
]
REPORTS = [
    *((command, "xlsx") for command in COMMANDS),
    *((name, "pdf") for name in ("edition", "evidence", "explanation")),
]
PSEUDONYMS = [
    (*COMMANDS["evidence"], "--pseudonyms"),
    (*COMMANDS["balance"], "--evidence", "placed_svp"),
    (*COMMANDS["edition"], "--evidence", "placed_svp"),
]

pytestmark = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])


@pytest.fixture
def cli(filled: Cli) -> Cli:
    """The command in this process, with two people and an edition."""
    filled("publish", "draft", *STICHTAG, "--as", "coach-1")
    return filled


def text_of(path: Path) -> str:
    """Everything a file says."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    book = openpyxl.load_workbook(path)
    return "\n".join(str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row)


def test_same_report_has_the_same_bytes(cli: Cli) -> None:
    """Whenever it is made: no clock and nothing by chance is in it."""
    for time in ("once", "again"):
        for command, form in REPORTS:
            asked = (*COMMANDS[command], "--format", form, "--output", f"{command}.{time}.{form}")
            assert f"{command}.{time}.{form}" in cli(*asked).err
    for command, form in REPORTS:
        once, again = ((cli.folder / f"{command}.{time}.{form}").read_bytes() for time in ("once", "again"))
        assert once.startswith({"pdf": b"%PDF-", "xlsx": b"PK"}[form])
        assert once == again, (command, form)


@pytest.mark.parametrize("asked", PSEUDONYMS, ids=["evidence", "balance", "edition"])
def test_pseudonyms_are_made_anew(cli: Cli, asked: tuple[str, ...]) -> None:
    """The rows behind a figure go out under pseudonyms of this file alone; the real ids are not in it."""
    (row,) = cli(*COMMANDS["evidence"], "--format", "json").json["rows"]
    texts = []
    for name in ("one.xlsx", "two.xlsx"):
        cli(*asked, "--format", "xlsx", "--output", name)
        texts.append(text_of(cli.folder / name))
    assert [ident for ident in (row["participant"], row["journey"]) if ident in texts[0] + texts[1]] == []
    entries = " ".join(map(str, row["entries"]))
    assert all(entries in text.splitlines() for text in texts)
    assert texts[0] != texts[1]


def test_evidence_under_pseudonyms_in_lines(cli: Cli) -> None:
    """The same on the screen, other ones each time; and no journey to look up is named."""
    (row,) = cli(*COMMANDS["evidence"], "--format", "json").json["rows"]
    for form in ("text", "json", "csv"):
        one, two = (cli(*COMMANDS["evidence"], "--pseudonyms", "--format", form).out for _time in range(2))
        assert one != two
        assert [ident for ident in (row["participant"], row["journey"]) if ident in one + two] == []
        assert "history" not in one


@pytest.mark.parametrize("command", COMMANDS)
def test_folder_that_is_not_there(cli: Cli, command: str) -> None:
    """Refused with the name of the file, in the user's language; nothing is printed instead."""
    path = cli.folder / "missing" / "file"
    words = {"de": "lässt sich nicht schreiben", "en": "cannot be written"}
    for language, form in (("de", "text"), ("en", "json"), ("de", "xlsx"), ("en", "pdf")):
        asked = ("--language", language, *COMMANDS[command], "--format", form, "--output", path)
        answer = cli(*asked, status=1)
        assert [word for word in (str(path), words[language]) if word not in answer.err] == []
        assert answer.out == ""
    assert not path.parent.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_lines_into_a_file(cli: Cli, command: str) -> None:
    """What would be printed, all of it; CSV with a byte order mark, as spreadsheets want it."""
    for form in [form for name, form in LINES if name == command]:
        printed = cli(*COMMANDS[command], "--format", form).out
        (cli.folder / "out").write_text("what was there before", "utf-8")
        answer = cli(*COMMANDS[command], "--format", form, "--output", "out")
        assert answer.out == ""
        assert "out" in answer.err
        told = (cli.folder / "out").read_text("utf-8")
        assert told.startswith("\ufeff") == (form == "csv")
        assert told.removeprefix("\ufeff") == printed


def test_refusal_leaves_the_file_as_it_was(cli: Cli) -> None:
    """A command that is refused writes nothing."""
    (cli.folder / "out").write_text("before", "utf-8")
    for form in ("text", "json", "pdf"):
        cli("balance", "--programme", "nirgends", *STICHTAG[2:], "--format", form, "--output", "out", status=1)
    assert (cli.folder / "out").read_text("utf-8") == "before"
    assert [path.name for path in cli.folder.glob(".out*")] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_report_onto_a_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """A PDF on the screen helps nobody: refused, naming `--output`."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for asked in COMMANDS.values():
        answer = cli("--language", language, *asked, "--format", "xlsx", status=1)
        assert "--output" in answer.err
        assert answer.out == ""
    assert "--output" in cli(*COMMANDS["evidence"], "--format", "pdf", status=1).err
