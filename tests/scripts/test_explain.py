"""`werdegang explain`: why two balances differ, as text, JSON, workbook and PDF."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from calling import PROGRAMME, Cli, enrolled, environment, in_a_process, in_this_one, step
from example_once import copied

from domain.journal import BERLIN
from projections.settings import Settings
from projections.stores import open_stores

STICHTAG = "2018-02-19"
EXAMPLE = ("explain", "lzb-gg/1", STICHTAG)
EDITIONS = ("explain", "lzb-gg/1", "lzb-gg/2")
BALANCE = ("balance", "--programme", "lzb-gg", "--format", "json", "--stichtag")
CAUSES = {"late": "Nachmeldung", "corrected": "Berichtigung", "withdrawn": "Storno", "happened": "seither"}
LATE = [
    enrolled("C", id="7"),
    step("placement_started", "2017-03-01", "C", id="8", ref="p1", kind="svp"),
]

sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
languages = pytest.mark.parametrize("language", ["de", "en"])
Key = tuple[str, str, str]
Cell = Mapping[str, Any]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Path:
    """A folder with the example programme and its two editions."""
    folder = tmp_path_factory.mktemp("example")
    copied(example_folder, folder / "data")
    return folder


@pytest.fixture(scope="module")
def since(written: Path) -> Any:
    """Why the interim edition and the same Stichtag as known today differ."""
    given = environment(written, None)
    return Cli(written, given, in_a_process(written, given))(*EXAMPLE, "--format", "json").json


@pytest.fixture(scope="module")
def between(written: Path) -> Any:
    """Why the interim and the final edition differ."""
    given = environment(written, None)
    return Cli(written, given, in_a_process(written, given))(*EDITIONS, "--format", "json").json


@pytest.fixture
def example(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command in this process on the example, which no test changes."""
    given = environment(written, None)
    return Cli(written, given, in_this_one(written, given, monkeypatch, capsys))


def by_key(found: Mapping[str, Any]) -> dict[Key, Cell]:
    """The cells of an explanation."""
    return {(cell["figure"], cell["trait"], cell["value"]): cell for cell in found["cells"]}


def numbers_of(balance: Mapping[str, Any]) -> dict[Key, Any]:
    """The cells of a balance."""
    return {
        (code, trait, value): number
        for code, figure in balance["figures"].items()
        for trait, values in {"": {"": figure["value"]}, **figure["by"]}.items()
        for value, number in values.items()
    }


def exact(part: Mapping[str, Any]) -> Fraction:
    """What a part has of a difference; a number that is not whole is given as a fraction too."""
    assert ("exact" in part) == (part["change"] != int(part["change"]))
    return Fraction(part.get("exact", part["change"]))


def assert_explains(found: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Every cell says what the two balances say, and its parts sum exactly to the difference."""
    ends = numbers_of(before), numbers_of(after)
    told = by_key(found)
    for key in {*ends[0], *ends[1]}:
        first, second = (numbers.get(key) or 0 for numbers in ends)
        if key not in told:
            assert (first, second) == (0, 0), key
            continue
        cell = told.pop(key)
        assert (cell["before"] or 0, cell["after"] or 0) == (first, second), key
        whole = sum(map(exact, cell["parts"]), Fraction())
        assert float(whole) == cell["difference"], key
        assert float(whole) == pytest.approx(second - first, abs=1e-9), key
        for part in cell["parts"]:
            changes = [effect.get("change") for effect in part["effects"]]
            assert changes, key
            if None not in changes:
                assert float(sum(map(Fraction, changes))) == pytest.approx(float(exact(part)), abs=1e-9), key
    assert [key for key, cell in told.items() if cell["difference"] or cell["before"] or cell["after"]] == []


def line_of(told: str, words: str) -> list[str]:
    """The columns of the first line that begins with these words."""
    line = next(line for line in told.splitlines() if line.startswith(words))
    return re.split(r"  +", line.removeprefix(words).strip())


# --- the example --------------------------------------------------------------------------------------


def test_parts_of_the_example_sum_exactly(example: Cli, since: Any) -> None:
    """From the interim edition to the same Stichtag with the knowledge of today, cell by cell and as fractions."""
    edition = example("publish", "show", "lzb-gg/1", "--format", "json").json
    today = example(*BALANCE, STICHTAG).json
    assert since["programme"] == "lzb-gg"
    assert since["stichtage"] == [STICHTAG, STICHTAG]
    assert since["datenstaende"] == [edition["datenstand"], today["datenstand"]]
    assert since["catalogues"] == [edition["catalogue"]] * 2
    assert_explains(since, edition, today)
    moved = {cause for cell in since["cells"] for cause in (part["cause"] for part in cell["parts"])}
    assert moved == {"late", "corrected", "withdrawn"}


def test_rate_counted_by_hand(since: Any) -> None:
    """67 of 169, then 67 of 170: one enrolled and three placed late, one placement corrected away, two withdrawn."""
    cell = by_key(since)["placement_rate", "", ""]
    assert (cell["before"], cell["after"]) == (67 / 169, 67 / 170)
    assert {part["cause"]: exact(part) for part in cell["parts"]} == {
        "late": Fraction(67, 170) - Fraction(67, 169) + Fraction(3, 170),
        "corrected": Fraction(-1, 170),
        "withdrawn": Fraction(-2, 170),
    }


def test_events_are_those_that_moved_something(since: Any) -> None:
    """Every late, corrected or withdrawn entry stands once, in ledger order, after the edition; and all effects name
    one of them."""
    positions = [event["position"] for event in since["events"]]
    assert positions == sorted(set(positions))
    assert since["datenstaende"][0] < positions[0]
    assert positions[-1] <= since["datenstaende"][1]
    effects = {
        (entry, part["cause"])
        for cell in since["cells"]
        for part in cell["parts"]
        for effect in part["effects"]
        for entry in effect["entries"]
    }
    assert effects == {(event["position"], event["cause"]) for event in since["events"]}
    for event in since["events"]:
        told = ["position", "cause", "journey", "participant", "step", "happened_on", "recorded_at", "recorded_by"]
        assert list(event) == told
        assert event["cause"] != "late" or event["happened_on"] <= STICHTAG


WORDS = {
    "de": {
        "heading": "lzb-gg: von Stichtag 19.02.2018, Datenstand 2459, zu Stichtag 19.02.2018, Datenstand ",
        "head": ["vorher", "nachher", "Differenz", "Nachmeldung", "Berichtigung", "Storno"],
        "Vermittelt in sozialversicherungspflichtige Beschäftigung": ["44", "44", "0", "+2", "−1", "−1"],
        "Weitere Personen in Minijob": ["14", "14", "0", "+1", "0", "−1"],
        "Coaching-Minuten": ["56.055", "56.425", "+370", "+415", "+15", "−60"],
        "Vermittlungsquote": ["39,6 %", "39,4 %", "−0,2 %-Pkt.", "+1,5 %-Pkt.", "−0,6 %-Pkt.", "−1,2 %-Pkt."],
        "Mittlere Fallzahl je Coach": ["39,0", "38,7", "−0,3", "−0,3"],
        "events": ["Arbeitsaufnahme", "01.03.2018", "06.03.2018", "placed_svp −1", "placement_rate −0,6 %-Pkt."],
        "rounding": ["vor dem Runden", "--figure CODE"],
    },
    "en": {
        "heading": "lzb-gg: from Stichtag 2018-02-19, Datenstand 2459, to Stichtag 2018-02-19, Datenstand ",
        "head": ["before", "after", "Difference", "Late entry", "Correction", "Withdrawal"],
        "Placed in employment subject to social insurance": ["44", "44", "0", "+2", "−1", "−1"],
        "Further persons in a minijob": ["14", "14", "0", "+1", "0", "−1"],
        "Coaching minutes": ["56,055", "56,425", "+370", "+415", "+15", "−60"],
        "Placement rate": ["39.6 %", "39.4 %", "−0.2 pp", "+1.5 pp", "−0.6 pp", "−1.2 pp"],
        "Mean caseload per coach": ["39.0", "38.7", "−0.3", "−0.3"],
        "events": ["Start of a placement", "2018-03-01", "2018-03-06", "placed_svp −1", "placement_rate −0.6 pp"],
        "rounding": ["before rounding", "--figure CODE"],
    },
}


@languages
def test_example_in_words(example: Cli, language: str) -> None:
    """Counts with their sign, rates in percentage points, euro and minutes as the language writes them."""
    told = example("--language", language, *EXAMPLE).out
    words = dict(WORDS[language])
    assert told.startswith(str(words.pop("heading")))
    assert line_of(told, {"de": "Kennzahl", "en": "Figure"}[language]) == words.pop("head")
    (event,) = [line for line in told.splitlines() if line.lstrip().startswith("2530 ")]
    assert [word for word in words.pop("events") if word not in event] == []
    assert [word for word in words.pop("rounding") if word not in told] == []
    for figure, columns in words.items():
        assert line_of(told, figure) == columns
    assert re.search(r"follow_up_funding_eur \+5[.,]760[.,]00", told), "an entry says by how many euro it moved a sum"


def test_figures_that_did_not_move_are_left_out(example: Cli, since: Any) -> None:
    """Text has a line for every figure that moved, also where it came to the same; the others are in JSON only."""
    found = by_key(since)
    told = example(*EXAMPLE).out
    assert found["follow_up_funded", "", ""]["parts"] == []
    assert "Personen mit Anschlussförderung" not in told
    assert found["placed_any", "", ""]["difference"] == 0
    assert "Vermittelt insgesamt" in told


def test_two_editions(example: Cli, between: Any) -> None:
    """From the interim to the final balance: what was known late, and what has happened since."""
    editions = [example("publish", "show", name, "--format", "json").json for name in ("lzb-gg/1", "lzb-gg/2")]
    for name in ("stichtag", "datenstand"):
        ends = between[{"stichtag": "stichtage", "datenstand": "datenstaende"}[name]]
        assert ends == [edition[name] for edition in editions]
    assert_explains(between, *editions)
    cells = by_key(between)
    parts = {part["cause"]: part["change"] for part in cells["placed_svp", "", ""]["parts"]}
    assert parts == {"late": 2, "corrected": -1, "withdrawn": -1, "happened": 49}
    told = example(*EDITIONS).out
    figure = "Vermittelt in sozialversicherungspflichtige Beschäftigung"
    assert line_of(told, figure) == ["44", "93", "+49", "+2", "−1", "−1", "+49"]
    assert line_of(told, "Kennzahl")[-1] == "seither"


def test_way_back_has_every_sign_turned(example: Cli, since: Any) -> None:
    """From today to the edition the same parts, negative."""
    there = by_key(since)
    found = example("explain", STICHTAG, "lzb-gg/1", "--format", "json").json
    assert_explains(
        found,
        example(*BALANCE, STICHTAG).json,
        example("publish", "show", "lzb-gg/1", "--format", "json").json,
    )
    for key, cell in by_key(found).items():
        assert [exact(part) for part in cell["parts"]] == [-exact(part) for part in there[key]["parts"]]


def test_edition_and_the_same_named_by_days(example: Cli, since: Any) -> None:
    """`2018-02-19@2018-02-19` is what the edition was drawn at; German days and positions do too."""
    for first in ("2018-02-19@2018-02-19", "19.02.2018@19.02.2018", "2018-02-19@2459"):
        asked = ("explain", first, STICHTAG, "--programme", "lzb-gg", "--format", "json")
        assert example(*asked).json == since


@languages
def test_nothing_between(example: Cli, language: str) -> None:
    """An edition and itself."""
    told = example("--language", language, "explain", "lzb-gg/1", "lzb-gg/1").out
    assert told.splitlines()[-1] == {"de": "Kein Unterschied.", "en": "No difference."}[language]
    found = example("explain", "lzb-gg/1", "lzb-gg/1", "--format", "json").json
    assert found["events"] == []
    assert [cell for cell in found["cells"] if cell["parts"] or cell["difference"]] == []


# --- one figure ---------------------------------------------------------------------------------------


def test_one_figure_with_its_breakdowns(example: Cli, since: Any) -> None:
    """Only its cells, and only the entries that moved one of them."""
    found = example(*EXAMPLE, "--figure", "placement_rate", "--format", "json").json
    assert by_key(found) == {key: cell for key, cell in by_key(since).items() if key[0] == "placement_rate"}
    assert {trait for _figure, trait, _value in by_key(found)} == {
        *("", "gender", "age_group", "single_parent", "education", "municipality")
    }
    entries = {
        entry
        for cell in found["cells"]
        for part in cell["parts"]
        for effect in part["effects"]
        for entry in effect["entries"]
    }
    assert {event["position"] for event in found["events"]} == entries
    assert len(found["events"]) < len(since["events"])


@pytest.mark.parametrize(
    ("language", "group", "columns", "only_groups"),
    [
        (
            "de",
            "Vermittlungsquote  Geschlecht: Männer",
            ["39,3 %", "37,6 %", "−1,6 %-Pkt.", "+1,9 %-Pkt.", "−1,2 %-Pkt.", "−2,4 %-Pkt."],
            "nur Aufteilungen",
        ),
        (
            "en",
            "Placement rate  Gender: men",
            ["39.3 %", "37.6 %", "−1.6 pp", "+1.9 pp", "−1.2 pp", "−2.4 pp"],
            "breakdowns only",
        ),
    ],
)
def test_one_figure_in_words(example: Cli, language: str, group: str, columns: list[str], only_groups: str) -> None:
    """A line per group that moved; an entry that moved persons between groups only says so."""
    told = example("--language", language, *EXAMPLE, "--figure", "placement_rate").out
    assert line_of(told, group) == columns
    cells = by_key(example(*EXAMPLE, "--figure", "placement_rate", "--format", "json").json).values()
    words = group.partition("  ")[0]
    assert len([line for line in told.splitlines() if line.startswith(words)]) == len(
        [cell for cell in cells if cell["parts"]]
    )
    events = [line for line in told.splitlines() if re.match(r" +\d+  ", line)]
    assert [line for line in events if line.endswith(only_groups)]
    assert all(" placement_rate " in line or line.endswith(only_groups) for line in events)


def test_one_figure_names_what_has_happened_since(example: Cli) -> None:
    """Between two Stichtage the entries behind what happened are listed."""
    told = example(*EDITIONS, "--figure", "placed_selbstaendig").out
    found = example(*EDITIONS, "--figure", "placed_selbstaendig", "--format", "json").json
    (part,) = by_key(found)["placed_selbstaendig", "", ""]["parts"]
    entries = sorted(entry for effect in part["effects"] for entry in effect["entries"])
    assert part["change"] == len(part["effects"]) == 4
    assert told.splitlines()[-1] == "Seither, Einträge: " + ", ".join(map(str, entries))


# --- files --------------------------------------------------------------------------------------------


def rows_of(sheet: Any) -> Iterator[dict[str, Any]]:
    """The rows of a sheet by the titles of its columns."""
    head, *rows = sheet.iter_rows(values_only=True)
    for row in rows:
        yield dict(zip(head, row, strict=True))


def parts_in(row: Mapping[str, Any]) -> dict[str, Any]:
    """The causes a row of the workbook has numbers of."""
    return {cause: row[title] for cause, title in CAUSES.items() if row.get(title) is not None}


def test_workbook_holds_the_same_numbers(example: Cli, between: Any) -> None:
    """One sheet of figures, one of breakdowns, one of the entries, one of their effects: all numbers as numbers."""
    assert "Geschrieben: e.xlsx" in example(*EDITIONS, "--format", "xlsx", "--output", "e.xlsx").err
    book = openpyxl.load_workbook(example.folder / "e.xlsx")
    figures, groups, events, effects = (list(rows_of(sheet)) for sheet in book.worksheets[1:5])
    assert book.sheetnames[1:3] == ["Kennzahlen", "Aufteilungen"]
    moved = [cell for cell in between["cells"] if cell["parts"]]
    for rows, cells in (
        (figures, [cell for cell in moved if not cell["trait"]]),
        (groups, [cell for cell in moved if cell["trait"]]),
    ):
        told = [(row["vorher"], row["nachher"], row["Differenz"], parts_in(row)) for row in rows]
        assert told == [
            (
                "–" if cell["before"] is None else pytest.approx(cell["before"], abs=1e-12),
                "–" if cell["after"] is None else pytest.approx(cell["after"], abs=1e-12),
                pytest.approx(cell["difference"], abs=1e-12),
                pytest.approx({part["cause"]: part["change"] for part in cell["parts"]}, abs=1e-12),
            )
            for cell in cells
        ]
    named = {(row["Kennzahl"], row["Gruppe"]) for row in groups}
    assert ("Vermittlungsquote", "Geschlecht: Männer") in named
    assert len(named) == len(groups)
    assert_events(events, between["events"])
    assert_effects(effects, moved)


def assert_events(rows: list[dict[str, Any]], events: list[Mapping[str, Any]]) -> None:
    told = [(int(row["Eintrag"]), row["Ursache"], row["Weg"], row["von"], row["gilt am"]) for row in rows]
    assert told == [
        (
            event["position"],
            CAUSES[event["cause"]],
            event["journey"],
            event["recorded_by"],
            datetime.fromisoformat(event["happened_on"]),
        )
        for event in events
    ]


def assert_effects(rows: list[dict[str, Any]], cells: list[Cell]) -> None:
    """Every effect has its row, whichever comes first; one that only all together can be told has no number."""
    told = [(row["Ursache"], row["Einträge"], row["bewegt"]) for row in rows]
    effects = [
        (CAUSES[part["cause"]], " ".join(map(str, effect["entries"])), effect.get("change", "–"))
        for cell in cells
        for part in cell["parts"]
        for effect in part["effects"]
    ]
    assert len(effects) > 1000
    assert sorted(map(rounded, told)) == sorted(map(rounded, effects))


def rounded(effect: tuple[str, str, Any]) -> tuple[str, str, str]:
    cause, entries, change = effect
    return cause, entries, change if isinstance(change, str) else f"{change:.9f}"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            [
                "Warum die Zahlen sich unterscheiden: Stichtag 19.02.2018, Datenstand 2459 und",
                "Nur für den Dienstgebrauch",
                "Vermittlungsquote 39,6 % 39,4 % −0,2 %-Pkt. +1,5 %-Pkt. −0,6 %-Pkt. −1,2 %-Pkt.",
                "Nachmeldungen, Berichtigungen und Stornos",
                "Seite 1 von",
            ],
        ),
        (
            "en",
            [
                "Why the figures differ: Stichtag 2018-02-19, Datenstand 2459 and",
                "For official use only",
                "Placement rate 39.6 % 39.4 % −0.2 pp +1.5 pp −0.6 pp −1.2 pp",
                "Late entries, corrections and withdrawals",
                "Page 1 of",
            ],
        ),
    ],
)
def test_report_on_paper(example: Cli, language: str, words: list[str]) -> None:
    """The same table as on the screen, in the user's language, marked as internal."""
    example("--language", language, *EXAMPLE, "--format", "pdf", "--output", f"{language}.pdf")
    with pypdfium2.PdfDocument(example.folder / f"{language}.pdf") as document:
        text = " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize("form", ["text", "json"])
def test_to_a_file(example: Cli, form: str) -> None:
    """`--output` takes what would be printed, whatever the format."""
    printed = example(*EXAMPLE, "--format", form).out
    assert example(*EXAMPLE, "--format", form, "--output", "told").out == ""
    assert (example.folder / "told").read_text("utf-8") == printed


# --- what is refused ----------------------------------------------------------------------------------


@languages
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("gestern", STICHTAG, "--programme", "lzb-gg"), ["gestern", "STICHTAG@DATENSTAND", "lzb-gg/1"]),
        ((STICHTAG, "2018-02-30", "--programme", "lzb-gg"), ["2018-02-30", "STICHTAG@DATENSTAND"]),
        (("@2459", STICHTAG, "--programme", "lzb-gg"), ["@2459", "STICHTAG@DATENSTAND"]),
        (("2018-02-19@", STICHTAG, "--programme", "lzb-gg"), ["2018-02-19@", "STICHTAG@DATENSTAND"]),
        (("lzb-gg/9", STICHTAG), ["9", "2"]),
        (("lzb-gg/eins", STICHTAG), ["lzb-gg/eins", "lzb-gg/1"]),
        (("nirgends/1", STICHTAG), ["1", "0"]),
        ((STICHTAG, "2018-03-19"), ["--programme", ("keines", "none")]),
        ((STICHTAG, "2018-03-19", "--programme", "nirgends"), ["nirgends"]),
        (("lzb-gg/1", STICHTAG, "--programme", "nirgends"), ["lzb-gg", "nirgends", "--programme"]),
        (("2018-02-19@99999", STICHTAG, "--programme", "lzb-gg"), ["99999"]),
        (("2018-02-19@0", STICHTAG, "--programme", "lzb-gg"), ["Datenstand 0"]),
        (("2018-02-19@2001-01-01", STICHTAG, "--programme", "lzb-gg"), [("01.01.2001", "2001-01-01")]),
        (("lzb-gg/1", STICHTAG, "--figure", "placed"), ["placed", "placed_svp"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_refused(example: Cli, language: str, arguments: tuple[str, ...], named: list[Any]) -> None:
    """Exit status 1, the reason with what was found on standard error in the user's language, nothing printed."""
    answer = example("--language", language, "explain", *arguments, status=1)
    words = [word if isinstance(word, str) else word[language == "en"] for word in named]
    assert [word for word in words if word not in answer.err] == [], answer.err
    assert answer.out == ""
    assert "Unerwartet" not in answer.err


@languages
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("lzb-gg/1",), "B"),
        (("2018-02-19@gestern", STICHTAG, "--programme", "lzb-gg"), "gestern"),
        (("lzb-gg/1", STICHTAG, "--catalogue", "esf"), "esf"),
        (("lzb-gg/1", STICHTAG, "--catalogue", "nonsense"), "nonsense"),
        (("lzb-gg/1", STICHTAG, "--format", "csv"), "csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(example: Cli, language: str, arguments: tuple[str, ...], named: str) -> None:
    """Exit status 2, and the message names what is wrong: among it figures of two catalogues."""
    assert named in example("--language", language, "explain", *arguments, status=2).err


@sqlite_only
@languages
def test_editions_of_two_programmes(filled: Cli, language: str) -> None:
    """Refused with the names of both: their figures have nothing to do with each other."""
    filled("programme", "open", filled.write("other.toml", PROGRAMME.replace('"lzb"', '"other"')))
    for key in ("lzb", "other"):
        filled("publish", "draft", "--programme", key, "--stichtag", STICHTAG)
    answer = filled("--language", language, "explain", "lzb/1", "other/1", status=1)
    assert [word for word in ("lzb, other", "--programme") if word not in answer.err] == []


# --- on either store ----------------------------------------------------------------------------------


def test_late_entries_are_told(filled: Cli) -> None:
    """An enrolment and a placement recorded after the edition: each moves what it moves, by whom and when."""
    filled("publish", "draft", "--programme", "lzb", "--stichtag", STICHTAG, "--as", "coach-1")
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb", "--as", "coach-2")
    found = filled("explain", "lzb/1", STICHTAG, "--format", "json").json
    before = filled("publish", "show", "lzb/1", "--format", "json").json
    after = filled("balance", "--programme", "lzb", "--stichtag", STICHTAG, "--format", "json").json
    assert_explains(found, before, after)
    parts = by_key(found)["placement_rate", "", ""]["parts"]
    assert [(part["cause"], exact(part)) for part in parts] == [("late", Fraction(2, 3) - Fraction(1, 2))]
    events = [(event["step"], event["cause"], event["recorded_by"]) for event in found["events"]]
    assert events == [("enrolled", "late", "coach-2"), ("placement_started", "late", "coach-2")]
    told = filled("explain", "lzb/1", STICHTAG).out
    assert line_of(told, "Vermittlungsquote") == ["50,0 %", "66,7 %", "+16,7 %-Pkt.", "+16,7 %-Pkt."]
    assert datetime.now(BERLIN).strftime("%d.%m.%Y") in told


@languages
def test_edition_that_does_not_reproduce_is_refused(filled: Cli, language: str) -> None:
    """What cannot be recomputed cannot be explained: refused with the edition, the cell and both values."""
    filled("publish", "draft", "--programme", "lzb", "--stichtag", STICHTAG)
    settings = Settings(
        data=filled.environment["WERDEGANG_DATA"], database_url=filled.environment.get("WERDEGANG_DATABASE_URL")
    )
    with open_stores(settings) as stores, stores.read_model.transaction():
        sessions = stores.read_model.name("sessions")
        assert stores.read_model.execute(f"UPDATE {sessions} SET minutes = 1000 WHERE minutes = 1234") == 1
    for ends in (("lzb/1", STICHTAG), (STICHTAG, "lzb/1"), ("lzb/1", "lzb/1")):
        answer = filled("--language", language, "explain", *ends, status=1)
        assert [word for word in ("lzb/1", "coaching_minutes", "1234", "1000") if word not in answer.err] == []
        assert answer.out == ""


@sqlite_only
def test_edition_of_another_catalogue(filled: Cli) -> None:
    """With `--catalogue` the other end takes the catalogue of the edition."""
    filled("publish", "draft", "--programme", "lzb", "--stichtag", STICHTAG, "--catalogue", "esf")
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    found = by_key(filled("explain", "lzb/1", STICHTAG, "--catalogue", "esf", "--format", "json").json)
    assert (found["EECO01", "", ""]["before"], found["EECO01", "", ""]["after"]) == (2, 3)
    filled("explain", "lzb/1", STICHTAG, status=2)
