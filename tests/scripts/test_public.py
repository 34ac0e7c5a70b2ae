"""Public versions on the command line: released, shown in every format, and refused where they must be."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from calling import PROGRAMME, Cli, enrolled, environment, in_a_process, in_this_one, step
from example_once import copied

from projections.catalogue import CORE, Measure, Unit
from projections.glossary import trait_value

BALANCE = ("balance", "--programme", "lzb", "--stichtag", "2018-02-19")
COMBINED = (*BALANCE, "--by", "gender", "--by", "age_group")
EDITION = ("publish", "show", "lzb-gg/1")
FORMATS = ("text", "json", "pdf", "xlsx")
HIDDEN = "×"
PERSONS = {
    figure.code
    for figure in CORE.figures
    if figure.unit is Unit.PERSONS and figure.per is None and figure.part.measure is Measure.COUNT
}
TITLES = {figure.code: str(figure.title) for figure in CORE.figures}
TRAITS = ("gender", "age_group", "single_parent", "education", "municipality")

sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
languages = pytest.mark.parametrize("language", ["de", "en"])
Key = tuple[str, str, str]


def people() -> Iterator[dict[str, Any]]:
    """Thirty made-up persons with two coaches, most with a job, one alone in a town."""
    for number in range(30):
        yield enrolled(
            f"P{number}",
            gender="female" if number % 3 else "male",
            age=23 + number % 11,
            single_parent=number % 4 == 0,
            municipality="Bischofsheim" if number == 7 else ("Raunheim", "Rüsselsheim")[number % 2],
            education=("none", "isced_0_2", "isced_3_4")[number % 3],
        )
        yield step("coach_assigned", "2017-01-02", f"P{number}", coach=f"coach-{number % 2}")
        if number % 5 < 3:
            kind = ("svp", "svp", "minijob")[number % 3]
            yield step("placement_started", f"2017-0{1 + number % 6}-15", f"P{number}", ref="p1", kind=kind)
        if number % 3:
            yield step("coaching_session_held", "2017-01-10", f"P{number}", minutes=30 + number)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a programme of thirty persons, nothing of it released."""
    folder = tmp_path_factory.mktemp("small")
    given = environment(folder, None)
    process = Cli(folder, given, in_a_process(folder, given))
    process("init")
    text = PROGRAMME.replace("coaching_ratio = 2", "coaching_ratio = 80")
    process("programme", "open", process.write("programme.toml", text))
    process("import", process.lines("people.jsonl", *people()), "--programme", "lzb")
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Path:
    """A folder with the example programme, its interim edition released."""
    folder = tmp_path_factory.mktemp("example")
    given = environment(folder, None)
    copied(example_folder, folder / "data")
    process = Cli(folder, given, in_a_process(folder, given))
    process("publish", "release", "lzb-gg/1", "--as", "lead-1")
    return folder


@pytest.fixture
def preview(small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command in this process on the thirty persons, which no test changes."""
    given = environment(small, None)
    return Cli(small, given, in_this_one(small, given, monkeypatch, capsys))


@pytest.fixture
def example(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The same on the example."""
    given = environment(written, None)
    return Cli(written, given, in_this_one(written, given, monkeypatch, capsys))


def cells_in(balance: Mapping[str, Any]) -> dict[Key, Any]:
    """Every cell of a balance in JSON; one of a version that hides it is `HIDDEN`."""
    found: dict[Key, Any] = {}
    for code, figure in balance["figures"].items():
        assert figure.get("hidden", True) is True, "there only where it is so"
        found[code, "", ""] = HIDDEN if figure.get("hidden") else figure["value"]
        assert not figure.get("hidden") or figure["value"] is None
        named = figure.get("hidden_by", {})
        assert set(named) <= set(figure["by"])
        for trait, values in figure["by"].items():
            assert set(named.get(trait, ())) <= set(values)
            for value, number in values.items():
                assert value not in named.get(trait, ()) or number is None
                found[code, trait, value] = HIDDEN if value in named.get(trait, ()) else number
    return found


def rounded(code: str, number: Any) -> Any:
    """A ratio as it may leave the house: to a tenth of a per cent, a mean to a tenth. All else as it is."""
    figure = CORE.figure(code)
    return number if figure.per is None or number is None else round(number, 3 if figure.unit == "rate" else 1)


def assert_safe(public: Mapping[str, Any], internal: Mapping[str, Any]) -> None:
    """What is shown is true, no person count of one or two is, zero is, and what is about a coach is not."""
    shown, whole = cells_in(public), cells_in(internal)
    assert list(shown) == list(whole)
    for cell, number in shown.items():
        assert number in (HIDDEN, rounded(cell[0], whole[cell])), cell
        assert cell[0] not in PERSONS or number not in (1, 2), cell
        assert whole[cell] != 0 or number == 0, cell
        assert cell[1] != "coach" or number == HIDDEN, cell
    small = [cell for cell, number in whole.items() if cell[0] in PERSONS and number in (1, 2)]
    assert small
    assert {shown[cell] for cell in small} == {HIDDEN}


def head(cli: Cli) -> int:
    return int(cli("status", "--format", "json").json["ledger_position"])


# --- as JSON ------------------------------------------------------------------------------------------


def test_edition_shows_no_count_of_one_or_two_persons(example: Cli) -> None:
    """In JSON a hidden cell is null: a total says `hidden`, a cell of a breakdown is named in `hidden_by`."""
    assert_safe(example(*EDITION, "--public", "--format", "json").json, example(*EDITION, "--format", "json").json)


@pytest.mark.parametrize("asked", [BALANCE, (*BALANCE[:-1], "2017-03-31")], ids=["", "earlier"])
def test_preview_shows_no_count_of_one_or_two_persons(preview: Cli, asked: tuple[str, ...]) -> None:
    """Nor does a balance that was never an edition."""
    assert_safe(preview(*asked, "--public", "--format", "json").json, preview(*asked, "--format", "json").json)


def test_edition_keeps_what_it_says_of_itself(example: Cli) -> None:
    """Programme, Stichtag, Datenstand, catalogue and targets stay; the digest is nowhere."""
    public = example(*EDITION, "--public", "--format", "json")
    internal = example(*EDITION, "--format", "json")
    for name in ("programme", "kind", "stichtag", "datenstand", "catalogue"):
        assert public.json[name] == internal.json[name]
    targets = {code: figure.get("target") for code, figure in internal.json["figures"].items()}
    assert {code: figure.get("target") for code, figure in public.json["figures"].items()} == targets
    assert targets["placed_svp"] == 72
    (listed,) = [one for one in example("publish", "list", "--format", "json").json if one["name"] == "lzb-gg/1"]
    for form in ("text", "json"):
        assert listed["digest"][:16] not in example(*EDITION, "--public", "--format", form).out
    assert listed["digest"] in example(*EDITION).out


def test_preview_is_what_was_released(example: Cli) -> None:
    """A balance at the edition's Datenstand, beside the edition itself, hides the same."""
    edition = example(*EDITION, "--public", "--format", "json").json
    asked = ("balance", "--programme", "lzb-gg", "--stichtag", "2018-02-19", "--datenstand", edition["datenstand"])
    assert example(*asked, "--public", "--format", "json").json["figures"] == edition["figures"]


# --- as text and CSV ----------------------------------------------------------------------------------


@pytest.mark.parametrize("trait", ["gender", "municipality"])
def test_text_shows_a_sign_for_what_is_hidden(preview: Cli, trait: str) -> None:
    """In every line × stands exactly where JSON has nothing; below the table stands how many cells, and why."""
    public = cells_in(preview(*BALANCE, "--public", "--format", "json").json)
    told = preview(*BALANCE, "--public", "--by", trait).out
    values = [value for code, name, value in public if (code, name) == ("participants_enrolled", trait)]
    lines = {line.split("  ")[0]: re.split(r"  +", line.rstrip()) for line in told.splitlines()}
    columns = {title: place - len(values) for place, title in enumerate(lines["Kennzahl"][-len(values) :])}
    for code, title in TITLES.items():
        line = lines[title]
        assert (line[3] == HIDDEN) == (public[code, "", ""] == HIDDEN), line
        for value in values:
            shown = line[columns[str(trait_value(trait, value))]]
            assert (shown == HIDDEN) == (public.get((code, trait, value)) == HIDDEN), line
    hidden = [cell for cell, number in public.items() if number == HIDDEN]
    assert f"× Verborgene Zellen: {len(hidden)}." in told


def test_combined_traits_in_text(preview: Cli) -> None:
    """Combinations are protected too; a line for each, × for the hidden ones."""
    balance = preview(*COMBINED, "--public", "--format", "json").json
    assert_safe(balance, preview(*COMBINED, "--format", "json").json)
    public = cells_in(balance)
    cells = [number for (_code, trait, _value), number in public.items() if trait == "gender|age_group" and number]
    lines = [re.split(r"  +", line) for line in preview(*COMBINED, "--public").out.splitlines()]
    told = [line[-1] for line in lines if len(line) == 4 and "," in line[2]][1:]
    assert [number == HIDDEN for number in told] == [number == HIDDEN for number in cells]
    assert HIDDEN in told


@languages
def test_edition_in_words(example: Cli, language: str) -> None:
    """The words of the edition and who released it, in the user's language; the digest is left out."""
    told = example("--language", language, *EDITION, "--public").out
    words = {
        "de": [
            "Zwischenbilanz lzb-gg: Stichtag 19.02.2018",
            "Verborgene Zellen: ",
            "veröffentlicht.",
            "Freigegeben von",
        ],
        "en": ["Interim balance lzb-gg: Stichtag 2018-02-19", "Hidden cells: ", "released.", "Approved by"],
    }
    assert [word for word in words[language] if word not in told] == []
    assert {"de": "Veröffentlicht von lead-1 am", "en": "Released by lead-1 on"}[language] in told
    assert {"de": "Prüfsumme", "en": "Digest"}[language] not in told
    assert "\n\n\n" not in told


def test_csv_has_nothing_where_something_is_hidden(preview: Cli) -> None:
    """The same cells in the same order as JSON."""
    public = cells_in(preview(*BALANCE, "--public", "--format", "json").json)
    rows = list(csv.DictReader(io.StringIO(preview(*BALANCE, "--public", "--format", "csv").out), delimiter=";"))
    found = {(row["code"], row["trait"], row["trait_value"]): row["value"] for row in rows}
    assert found == {cell: "" if number in (HIDDEN, None) else str(number) for cell, number in public.items()}
    assert len(rows) == len(public)


# --- as reports ---------------------------------------------------------------------------------------


def text_of(path: Path) -> str:
    """The text of a PDF without blanks and hyphens at the ends of lines."""
    with pypdfium2.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub("[\\s\u0002\ufffe\u200b\u00ad]", "", "".join(pages))


def written_row(row: list[Any], code: str) -> str:
    """A row of a table on paper, without blanks: the title and the numbers in German."""
    unit = CORE.figure(code).unit
    places = {Unit.RATE: 1, Unit.EUR: 2, Unit.MEAN: 1}.get(unit, 0)

    def words(number: Any) -> str:
        if number == HIDDEN:
            return HIDDEN
        if number is None:
            return "–"
        shown = f"{number * (100 if unit is Unit.RATE else 1):,.{places}f}".translate(str.maketrans(",.", ".,"))
        return shown + ("%" if unit is Unit.RATE else "")

    return re.sub(r"\s", "", TITLES[code]) + "".join(map(words, row))


def rows_by_trait(cells: Mapping[Key, Any], trait: str) -> Iterator[tuple[str, list[Any]]]:
    """For every figure the total and the cells by a trait, in the order of the balance."""
    values = [value for code, name, value in cells if (code, name) == ("participants_enrolled", trait)]
    for code in TITLES:
        figure = CORE.figure(code)
        if CORE.selections[figure.part.selection].by_traits:
            nothing = None if figure.per else 0
            yield code, [cells[code, "", ""], *(cells.get((code, trait, value), nothing) for value in values)]


@pytest.mark.parametrize("trait", ["gender", "single_parent", "municipality"])
def test_paper_holds_no_hidden_value(example: Cli, trait: str) -> None:
    """Row by row what JSON has, × for the rest; neither the row with its hidden values, nor a digest or a coach."""
    public = cells_in(example(*EDITION, "--public", "--format", "json").json)
    internal = dict(rows_by_trait(cells_in(example(*EDITION, "--format", "json").json), trait))
    path = example.folder / "public.pdf"
    if not path.exists():
        example(*EDITION, "--public", "--format", "pdf", "--output", path)
    text = text_of(path)
    hidden_rows = 0
    for code, row in rows_by_trait(public, trait):
        assert written_row(row, code) in text, (code, row)
        if HIDDEN in row:
            assert written_row(internal[code], code) not in text
            hidden_rows += 1
    assert hidden_rows > 3
    digest = example("publish", "list", "--format", "json").json[0]["digest"]
    assert [word for word in (digest, digest[:16], "coach-1", "coach-2", "coach-3") if word in text] == []
    assert "ÖffentlicheFassung" in text


def test_workbook_holds_no_hidden_value(example: Cli) -> None:
    """Every sheet cell by cell: the numbers JSON has, × for what it hides; neither a digest nor a coach anywhere."""
    public = cells_in(example(*EDITION, "--public", "--format", "json").json)
    example(*EDITION, "--public", "--format", "xlsx", "--output", "public.xlsx")
    book = openpyxl.load_workbook(example.folder / "public.xlsx")
    by_head = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
    seen: set[Key] = set()
    for trait in TRAITS:
        rows = {code: [public[code, "", ""], *row[1:]] for code, row in rows_by_trait(public, trait)}
        (sheet,) = [
            lines for lines in by_head.values() if "Insgesamt" in lines[0] and column_of(lines[0], trait, public)
        ]
        first = sheet[0].index("Insgesamt")
        found = {line[1]: line[first:] for line in sheet[1:] if line[1] in TITLES}
        assert set(found) == set(rows)
        for code, row in rows.items():
            assert found[code] == ["–" if number is None else near(number) for number in row], (trait, code)
        seen |= {cell for cell in public if cell[1] == trait}
    (totals,) = [lines for lines in by_head.values() if {"Code", "Wert"} <= set(lines[0])]
    values = {line[1]: line[totals[0].index("Wert")] for line in totals[1:] if line[1] in TITLES}
    assert values == {code: near(public[code, "", ""]) for code in TITLES}
    assert len(seen) > 400
    texts = {str(value) for lines in by_head.values() for line in lines for value in line}
    digest = example("publish", "list", "--format", "json").json[0]["digest"]
    assert [text for text in texts if digest[:16] in text or "coach-" in text] == []


def near(number: Any) -> Any:
    """A workbook keeps fewer digits than JSON."""
    return pytest.approx(number, abs=1e-12) if isinstance(number, float) else number


def column_of(titles: list[Any], trait: str, cells: Mapping[Key, Any]) -> bool:
    """Whether a sheet is the one of a trait: all its values are columns."""
    values = {str(trait_value(trait, value)) for _code, name, value in cells if name == trait}
    return values <= set(titles)


def test_report_of_a_preview(preview: Cli) -> None:
    """A balance nobody approved says so, in PDF and XLSX, and hides as it does on the screen."""
    public = cells_in(preview(*BALANCE, "--public", "--format", "json").json)
    for form in ("pdf", "xlsx"):
        preview(*BALANCE, "--public", "--format", form, "--output", f"preview.{form}")
    text = text_of(preview.folder / "preview.pdf")
    assert "ÖffentlicheFassung·BerechnungohneFreigabe" in text
    for code, row in rows_by_trait(public, "gender"):
        assert written_row(row, code) in text, code
    book = openpyxl.load_workbook(preview.folder / "preview.xlsx")
    assert book.worksheets[0]["A3"].value == "Öffentliche Fassung · Berechnung ohne Freigabe"


# --- releasing ----------------------------------------------------------------------------------------


def test_way_to_a_public_version(filled: Cli) -> None:
    """Refused as a draft; approved it is released once, and only then shown; a second release stores nothing."""
    filled("publish", "draft", *BALANCE[1:], "--as", "coach-1")
    preview = filled(*BALANCE, "--public", "--format", "json").json["figures"]
    start = head(filled)
    for language, words in (("de", ["1", "freigegeben", "[Regel 16"]), ("en", ["1", "approved", "[Rule 16"])):
        told = filled("--language", language, "publish", "release", "lzb/1", "--as", "lead-1", status=1).err
        assert [word for word in words if word not in told] == [], told
        told = filled("--language", language, "publish", "show", "lzb/1", "--public", status=1).err
        assert [word for word in ("lzb/1", "publish release") if word not in told] == [], told
    assert head(filled) == start
    filled("publish", "approve", "lzb/1", "--as", "lead-1")
    filled("publish", "show", "lzb/1", "--public", status=1)
    told = filled("publish", "release", "lzb/1", "--as", "lead-2").out
    released = filled("publish", "show", "lzb/1", "--public", "--format", "json").json
    start = head(filled)
    assert filled("publish", "release", "lzb/1", "--as", "lead-3").out == told
    assert head(filled) == start
    (listed,) = filled("publish", "list", "--format", "json").json
    assert (listed["state"], listed["released"]["by"]) == ("released", "lead-2")
    whole = filled("publish", "show", "lzb/1", "--format", "json").json
    assert_safe(released, whole)
    assert released["figures"] == preview
    assert f"Verborgene Zellen: {list(cells_in(released).values()).count(HIDDEN)}." in told
    assert filled("publish", "verify", "--format", "json").json == {"editions": 1, "differing": []}


@languages
@pytest.mark.parametrize("form", FORMATS)
def test_not_released_is_not_shown(example: Cli, language: str, form: str) -> None:
    """An approved edition has no public version; refused in every format, and no file is written."""
    asked = ("publish", "show", "lzb-gg/2", "--public", "--format", form, "--output", "none")
    answer = example("--language", language, *asked, status=1)
    assert [word for word in ("lzb-gg/2", "publish release") if word not in answer.err] == []
    assert not (example.folder / "none").exists()


@languages
@pytest.mark.parametrize(
    "asked", [(*BALANCE, "--format", form) for form in (*FORMATS, "csv")] + [(*EDITION, "--format", f) for f in FORMATS]
)
def test_public_version_has_no_evidence(example: Cli, asked: tuple[str, ...], language: str) -> None:
    """Rows of single persons never go with it: refused, whatever the format."""
    asked = (*asked, "--public", "--evidence", "placed_svp", "--output", "none")
    answer = example("--language", language, *asked, status=1)
    assert "--evidence" in answer.err
    assert {"de": "öffentliche", "en": "public"}[language] in answer.err
    assert not (example.folder / "none").exists()


@sqlite_only
@pytest.mark.parametrize("name", ["lzb/2", "lzb/0", "nirgends/1", "lzb"])
def test_release_of_what_is_not_there(filled: Cli, name: str) -> None:
    """Refused with the number found or the form meant."""
    filled("publish", "draft", *BALANCE[1:])
    start = head(filled)
    answer = filled("publish", "release", name, status=1)
    assert re.search("[0-9]", answer.err)
    assert (answer.out, head(filled)) == ("", start)
