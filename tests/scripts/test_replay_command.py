"""`werdegang replay`: the ledger of a programme entry by entry, as text and as JSON Lines."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from calling import ROOT, Answer, Cli, enrolled, environment, in_this_one, step
from example_once import copied

from domain.journal import BERLIN
from projections.replay import LedgerEntry

REPLAY = ("replay", "--programme", "lzb")
ASKED = (*REPLAY, "--stichtag", "2017-03-01", "--format", "jsonl")
MORE = [enrolled("C", id="7"), step("placement_started", "2017-02-15", "C", id="8", ref="p1", kind="svp")]


def lines(answer: Answer) -> tuple[Any, list[Any], Any]:
    """What is replayed, the steps, and the end."""
    first, *steps, last = map(json.loads, answer.out.splitlines())
    return first, steps, last


def head_of(cli: Cli) -> int:
    return int(cli("status", "--format", "json").json["ledger_position"])


def moved(steps: list[Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The totals after the steps."""
    for one in steps:
        for code, told in one["moved"].items():
            assert figures[code]["value"] == told["before"]
            figures[code] = {"value": told["after"]}
    return figures


# --- JSON Lines -----------------------------------------------------------------------------------


def test_every_entry_is_a_line_and_the_lines_lead_to_the_end(filled: Cli) -> None:
    """The first line says what is replayed, the last where it came to: the figures of a balance at that Datenstand."""
    first, steps, last = lines(filled(*ASKED))
    head = head_of(filled)
    assert list(first) == ["programme", "stichtag", "from", "to", "catalogue", "figures"]
    assert [first[name] for name in ("programme", "stichtag", "from", "to")] == ["lzb", "2017-03-01", 0, head]
    assert [one["position"] for one in steps] == list(range(1, head + 1))
    assert steps[0]["step"] == "programme.opened"
    assert list(last) == ["datenstand", "events", "moving", "figures"]
    assert (last["datenstand"], last["events"]) == (head, head)
    assert last["moving"] == sum(bool(one["moved"]) for one in steps) > 3
    assert moved(steps, first["figures"]) == last["figures"]
    balance = filled("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "json").json
    assert {code: one["value"] for code, one in balance["figures"].items()} == {
        code: one["value"] for code, one in last["figures"].items()
    }
    assert first["catalogue"] == balance["catalogue"]


def test_breakdowns_on_demand(filled: Cli) -> None:
    """With --breakdowns the cells too, at the beginning, in every step and at the end; without, none."""
    assert '"by"' not in filled(*ASKED).out
    first, steps, last = lines(filled(*ASKED, "--breakdowns", "--figure", "placed_svp"))
    assert first["figures"] == {"placed_svp": {"value": 0}}
    (job,) = [one for one in steps if one["moved"]]
    assert job["moved"]["placed_svp"]["by"]["gender"] == {"female": {"before": 0, "after": 1}}
    assert last["figures"]["placed_svp"]["value"] == 1
    assert last["figures"]["placed_svp"]["by"]["municipality"] == {"Raunheim": 1}


def test_from_and_to_are_positions_or_days(filled: Cli) -> None:
    """After the first, up to and including the second; what one replay ends with, the next begins with."""
    before = head_of(filled)
    filled("import", filled.lines("more.jsonl", *MORE), "--programme", "lzb")
    head, today = head_of(filled), datetime.now(BERLIN).date()
    _first, _steps, end = lines(filled(*ASKED, "--to", before))
    first, steps, _last = lines(filled(*ASKED, "--from", before))
    assert first["figures"] == end["figures"]
    assert [one["position"] for one in steps] == list(range(before + 1, head + 1))
    yesterday = today - timedelta(days=1)
    for given in (("--from", 0), ("--from", yesterday), ("--to", head), ("--to", today)):
        assert lines(filled(*ASKED, *given)) == lines(filled(*ASKED)), given
    assert lines(filled(*ASKED, "--from", today))[1] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--to", "0"), "möglich sind 1 bis"),
        (("--to", "999"), "möglich sind 1 bis"),
        (("--from", "999"), "möglich sind 1 bis"),
        (("--to", "2001-01-01"), "2001"),
        (("--from", "5", "--to", "3"), "--from (5) liegt nach --to (3)"),
        (("--figure", "placed"), "placed_svp"),
        (("--programme", "lzb-2"), "lzb-2"),
    ],
)
def test_what_is_not_there_is_refused(filled: Cli, given: tuple[str, ...], said: str) -> None:
    """A Datenstand, an order, a figure or a programme there is not: with what was found, and nothing printed."""
    answer = filled(*ASKED, *given, status=1)
    assert said in answer.err
    assert answer.out == ""


def test_stichtag_is_the_last_day_or_today(filled: Cli) -> None:
    """Without --stichtag: the last day as known at the end, but never a day to come."""

    def stichtag(*given: object) -> str:
        return str(lines(filled(*given, "--format", "jsonl"))[0]["stichtag"])

    before = head_of(filled)
    assert stichtag(*REPLAY) == "2019-06-30"
    filled("programme", "close", "--programme", "lzb", "--on", "2018-12-31")
    assert stichtag(*REPLAY) == "2018-12-31"
    assert stichtag(*REPLAY, "--to", before) == "2019-06-30"
    text = (filled.folder / "programme.toml").read_text("utf-8").replace('"lzb"', '"new"').replace("2019-", "2099-")
    filled("programme", "open", filled.write("new.toml", text))
    days = {datetime.now(BERLIN).date()}
    found = stichtag("replay", "--programme", "new")
    assert found in {str(day) for day in days | {datetime.now(BERLIN).date()}}


def test_only_steps_that_move(filled: Cli) -> None:
    """--moving leaves the others out and counts them all the same."""
    _first, every, end = lines(filled(*ASKED, "--figure", "placed_svp", "--figure", "placed_any"))
    _first, found, last = lines(filled(*ASKED, "--figure", "placed_svp", "--figure", "placed_any", "--moving"))
    assert found == [one for one in every if one["moved"]]
    assert [one["step"] for one in found] == ["placement_started"]
    assert last == end
    assert last["events"] == len(every) > last["moving"] == 1


def test_day_by_day(filled: Cli) -> None:
    """One line per day of recording, with its entries and what they moved all together."""
    first, days, last = lines(filled(*ASKED, "--by", "day"))
    assert list(days[0]) == ["day", "events", "positions", "moved"]
    assert sum(one["events"] for one in days) == last["events"]
    assert [place for one in days for place in one["positions"]] == list(range(1, head_of(filled) + 1))
    assert {one["day"] for one in days} <= {str((datetime.now(UTC) + timedelta(days=at)).date()) for at in (-1, 0, 1)}
    assert moved(days, first["figures"]) == last["figures"]


def test_indicators_of_the_other_catalogue(filled: Cli) -> None:
    """--catalogue esf replays those."""
    first, _steps, last = lines(filled(*ASKED, "--catalogue", "esf"))
    assert first["catalogue"].startswith("esf:")
    assert set(last["figures"]) == set(first["figures"])
    assert "placed_svp" not in last["figures"]


def test_documentation_names_every_key(filled: Cli) -> None:
    """docs/replay.md names every key a line can have."""
    page = (ROOT / "docs" / "replay.md").read_text("utf-8")
    found = [lines(filled(*ASKED, "--breakdowns", *given)) for given in ((), ("--by", "day"))]
    keys = {key for first, steps, last in found for line in (first, *steps, last) for key in line}
    keys |= {"before", "after", "by", "value", *LedgerEntry.__struct_fields__}
    assert {key for key in keys if f'"{key}"' not in page} == set()


def test_nothing_personal_and_no_reason(filled: Cli) -> None:
    """Persons appear under their random id; what is sealed is not opened."""
    out = filled(*ASKED, "--breakdowns").out + filled(*REPLAY).out
    for personal in ("Beispielperson", "Sohn krank"):
        assert personal not in out


# --- the example, as text ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Path:
    """A folder with the example programme and its two editions."""
    folder = tmp_path_factory.mktemp("example")
    copied(example_folder, folder / "data")
    return folder


@pytest.fixture
def example(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command in this process on the example, which no test changes."""
    given = environment(written, None)
    return Cli(written, given, in_this_one(written, given, monkeypatch, capsys))


def test_the_example_as_text(example: Cli) -> None:
    """Where, when and by whom; what; about whom; and below it what moved, never wider than 100 characters."""
    out = example("replay", "--programme", "lzb-gg", "--breakdowns").out
    rows = out.splitlines()
    assert max(map(len, rows)) <= 100
    assert rows[0].startswith("lzb-gg: Stichtag 30.06.2019, von Datenstand 0 bis 5")
    assert re.search(r"^ +1  22\.02\.2016 10:12  lead-1 +Programm eröffnet$", out, re.MULTILINE)
    assert re.search(r"^ +\d+  20\.02\.2018 09:05  controlling-1  Bilanz entworfen lzb-gg/1$", out, re.MULTILINE)
    assert re.search(r"^ {8}placed_svp +43 → 44$", out, re.MULTILINE)
    assert re.search(r"^ {10}Geschlecht: Frauen +\d+ → \d+$", out, re.MULTILINE)
    (drafted,) = (number for number, row in enumerate(rows) if "Bilanz entworfen lzb-gg/1" in row)
    assert re.match(r" +\d+  20\.02\.2018", rows[drafted + 1]), "a draft moves nothing"


def test_a_correction_as_text(example: Cli) -> None:
    """It names the position it is about and what that one says now; in English too."""
    asked = (
        "replay",
        "--programme",
        "lzb-gg",
        "--stichtag",
        "2018-02-19",
        "--from",
        "2018-03-05",
        "--to",
        "2018-03-06",
    )
    rows = example(*asked, "--figure", "placed_svp", "--moving").out.splitlines()
    assert re.fullmatch(r" +\d+  06\.03\.2018 16:03  coach-2 +Berichtigung, Position \d+", rows[2])
    assert rows[3].strip() == "Arbeitsaufnahme am 01.03.2018"
    assert re.fullmatch(r" {8}Weg [0-9a-f-]{36}  Person [0-9a-f-]{36}", rows[4])
    assert rows[5].split() == ["placed_svp", "44", "→", "43"]
    english = example("--language", "en", *asked, "--figure", "placed_svp", "--moving").out.splitlines()
    assert english[0].startswith("lzb-gg: Stichtag 2018-02-19, from Datenstand ")
    assert "Correction, position " in english[2]


def test_days_of_the_example_as_text(example: Cli) -> None:
    """The day, how many entries, from where to where."""
    asked = ("replay", "--programme", "lzb-gg", "--from", "2018-02-19", "--to", "2018-02-21", "--by", "day")
    out = example(*asked, "--figure", "coaching_sessions").out
    assert re.findall(r"^(\S+)  Einträge: (\d+), Positionen \d+ bis \d+$", out, re.MULTILINE) == [
        ("20.02.2018", "8"),
        ("21.02.2018", "3"),
    ]
    first, second, whole = (told.split() for told in re.findall(r"coaching_sessions +(.*)$", out, re.MULTILINE))
    assert (first[0], first[2], second[2]) == (whole[0], second[0], whole[2])


def test_the_end_of_the_example(example: Cli) -> None:
    """What the last line says is the balance."""
    _first, steps, last = lines(example("replay", "--programme", "lzb-gg", "--format", "jsonl"))
    balance = example("balance", "--programme", "lzb-gg", "--stichtag", "2019-06-30", "--format", "json").json
    assert {code: one["value"] for code, one in last["figures"].items()} == {
        code: one["value"] for code, one in balance["figures"].items()
    }
    assert last["events"] == len(steps) > 5000
    kinds = {one["step"] for one in steps}
    assert {"balance.drafted", "caseload.case_handed_over", "withdrawn", "other_participation"} <= kinds


def test_reading_only_the_beginning_ends_without_a_word(written: Path) -> None:
    """Whoever closes the pipe has seen enough."""
    import subprocess
    import sys

    given: Mapping[str, str] = environment(written, None)
    asked = [sys.executable, "-m", "scripts.cli", "replay", "--programme", "lzb-gg", "--format", "jsonl"]
    with subprocess.Popen(
        asked, cwd=written, env=dict(given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        assert running.stdout
        assert running.stderr
        assert json.loads(running.stdout.readline())["programme"] == "lzb-gg"
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(60) == 1
