"""The command line: every command, its exit status, its messages and the shapes of its output (DESIGN.md 6)."""

import csv
import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from calling import PROGRAMME, ROWS, Answer, Cli, enrolled, environment, in_a_process, in_this_one, step

from domain import commands
from domain.facts import STEP_BY_NAME
from domain.journal import BERLIN, Request
from projections.catalogue import CORE
from projections.rows import TABLES, TRAITS
from projections.settings import Settings
from projections.stores import open_stores
from scripts.cli import werdegang

COMMANDS = {
    *("init", "programme", "import", "balance", "evidence", "publish", "explain", "history", "regimes"),
    *("rebuild", "status", "export", "demo"),
}
BALANCE = ("balance", "--programme", "lzb", "--stichtag", "2018-02-19")
EVIDENCE = ("evidence", "--programme", "lzb", "--stichtag", "2018-02-19", "--figure", "placed_svp")
NOBODY = "00000000-0000-4000-8000-000000000000"
NEED_STORES = [
    ("programme", "open", "programme.toml"),
    ("import", "rows.jsonl", "--programme", "lzb"),
    ("import", "--withdraw", NOBODY),
    BALANCE,
    EVIDENCE,
    ("explain", "lzb/1", "2018-02-19"),
    ("regimes", NOBODY, *BALANCE[1:]),
    ("history", NOBODY),
    ("rebuild",),
    ("status",),
    ("export", "--programme", "lzb"),
]


sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])


def table(answer: Answer) -> list[dict[str, str]]:
    """Standard output as a CSV table."""
    return list(csv.DictReader(io.StringIO(answer.out), delimiter=";"))


def batch_of(answer: Answer) -> str:
    """The batch an import names."""
    return re.findall(r"[0-9a-f-]{36}", answer.out)[0]


def counts_of(answer: Answer) -> dict[str, int]:
    """The numbers an import reports, by their words: `{"neu": 6, "berichtigt": 0, …}`."""
    return {word: int(number) for word, number in re.findall(r"(\w+) (\d+)(?=[,\n])", answer.out)}


def settings_of(cli: Cli) -> Settings:
    """The settings the calls run with."""
    return Settings(data=cli.environment["WERDEGANG_DATA"], database_url=cli.environment.get("WERDEGANG_DATABASE_URL"))


# --- the real command -----------------------------------------------------------------------------------------


def test_demo_prints_the_headline_figures_and_can_be_run_twice(process: Cli, bare: Cli) -> None:
    """44, 14 and 9 at the Datenstand of that evening; again, it stores nothing and prints the same but the password."""
    first = process("demo", "--no-serve")
    values = dict(re.findall(r" (\w+) +Personen +(\d+)", first.out))
    codes = ("placed_svp", "placed_minijob_only", "single_parents_in_svp")
    assert [values[code] for code in codes] == ["44", "14", "9"]
    assert [line.split()[-2:] for line in first.out.splitlines() if " placed_svp " in line] == [["44", "72"]], "target"
    assert "ynthetisch" in first.out
    state = bare("status", "--format", "json").json
    if "WERDEGANG_DATABASE_URL" not in process.environment:  # once is enough, and it takes its time
        again = process("demo", "--no-serve")
        passwords = [re.findall(r"^Passwort: (\S+)$", run.out, re.MULTILINE) for run in (first, again)]
        assert len(passwords[0]) == len(passwords[1]) == 1
        assert passwords[0] != passwords[1]
        assert again.out.replace(passwords[1][0], passwords[0][0]) == first.out
        assert bare("status", "--format", "json").json == state
    asked = ("balance", "--programme", "lzb-gg", "--stichtag", "19.02.2018", "--format", "json", "--datenstand")
    on_that_day = bare(*asked, "2018-02-19").json
    assert bare(*asked, on_that_day["datenstand"]).json == on_that_day
    now = bare(*asked[:-1]).json
    assert now["datenstand"] == state["ledger_position"] > on_that_day["datenstand"]
    for balance in (on_that_day, now):
        figures = {code: figure["value"] for code, figure in balance["figures"].items()}
        assert [figures[code] for code in codes] == [44, 14, 9]
    drafted = bare("publish", "list", "--format", "json").json
    assert [(one["name"], one["kind"], one["state"]) for one in drafted] == [
        ("lzb-gg/1", "interim", "approved"),
        ("lzb-gg/2", "final", "approved"),
    ]
    assert drafted[0]["datenstand"] == on_that_day["datenstand"]


def test_demo_keeps_away_from_other_data(filled: Cli) -> None:
    """An example never mixes with real journeys."""
    before = filled("status", "--format", "json").json
    assert filled.environment["WERDEGANG_DATA"] in filled("demo", "--no-serve", status=1).err
    assert filled("status", "--format", "json").json == before


def test_whole_way_in_processes_of_their_own(process: Cli) -> None:
    """From nothing to a figure, its evidence, the history behind it and a rebuild, each a call of its own."""
    process("init")
    process("programme", "open", process.write("programme.toml", PROGRAMME))
    process("import", process.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    assert process(*BALANCE, "--format", "json").json["figures"]["placed_svp"]["value"] == 1
    (row,) = process(*EVIDENCE, "--format", "json").json["rows"]
    positions = [entry["position"] for entry in process("history", row["journey"], "--format", "json").json["entries"]]
    assert set(row["entries"]) <= set(positions)
    assert process("rebuild", "--workers", "2", "--format", "json").json["differences"] == {}
    exported = process("export", "--programme", "lzb").out.splitlines()
    assert len(exported) == len(ROWS)


def test_interrupted_reading_of_the_output(process: Cli) -> None:
    """Who stops reading (`| head`) gets no error message in their face."""
    process("init")
    process("programme", "open", process.write("programme.toml", PROGRAMME))
    people = [enrolled(f"P{number}") for number in range(600)]
    process("import", process.lines("people.jsonl", *people), "--programme", "lzb")
    call = [sys.executable, "-m", "scripts.cli", "export", "--programme", "lzb"]
    with subprocess.Popen(
        call, env=process.environment, cwd=process.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout
        assert running.stderr
        assert json.loads(running.stdout.readline())["step"] == "enrolled"
        running.stdout.close()
        told = running.stderr.read().decode()
        running.wait(60)
    assert "Traceback" not in told
    assert "Unerwartet" not in told


# --- usage ----------------------------------------------------------------------------------------------------


def test_every_command_is_there_and_has_help(bare: Cli) -> None:
    """The names are fixed (DESIGN.md section 6); options may grow."""
    assert set(werdegang.commands) >= COMMANDS
    for name, command in werdegang.commands.items():
        assert command.name == name
        assert "--help" in bare(name, "--help").out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("balanz",), "balanz"),
        (("balance", "--stichtag", "2018-02-19"), "--programme"),
        (("balance", "--programme", "lzb"), "--stichtag"),
        (("balance", "--programme", "lzb", "--stichtag", "2018-02-30"), "2018-02-30"),
        (("balance", "--programme", "lzb", "--stichtag", "19.2.18"), "19.2.18"),
        ((*BALANCE, "--datenstand", "gestern"), "gestern"),
        ((*BALANCE, "--datenstand", "-3"), "-3"),
        ((*BALANCE, "--format", "docx"), "docx"),
        ((*BALANCE, "--by", "haircolour"), "haircolour"),
        ((*BALANCE, "--nonsense"), "--nonsense"),
        (EVIDENCE[:-2], "--figure"),
        (("import",), "--withdraw"),
        (("import", "a.csv", "--withdraw", NOBODY), "--withdraw"),
        (("import", "--withdraw", "7"), "7"),
        (("import", "a.csv", "--as", "Frau Weiß"), "Frau Weiß"),
        (("import", "a.csv", "--role", "chef"), "chef"),
        (("history",), "--participant"),
        (("history", "7"), "7"),
        (("history", "--participant", "A"), "--programme"),
        (("rebuild", "--workers", "0"), "0"),
        (("export", "--programme", "lzb", "--format", "xml"), "xml"),
        (("programme",), "open"),
        (("programme", "open"), "DATEI"),
        (("--language", "fr", "status"), "fr"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@sqlite_only
def test_wrong_usage(bare: Cli, arguments: tuple[str, ...], named: str) -> None:
    """Exit status 2, and the message names what is wrong."""
    assert named in bare(*arguments, status=2).err
    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_help_is_in_the_users_language(tmp_path: Path, language: str) -> None:
    """Every text of the help, in German or English."""
    given = environment(tmp_path, None, WERDEGANG_LANGUAGE=language)
    told = in_a_process(tmp_path, given)(["balance", "--help"])
    assert told.status == 0
    assert ("Stichtag" in told.out, "figures" in told.out) == ((True, False) if language == "de" else (True, True))


@pytest.mark.parametrize("role", ["lead", "coach"])
def test_roles_are_named_as_documented(filled: Cli, role: str) -> None:
    """`--role lead`, in the words of docs/commands.md."""
    path = filled.lines("b.jsonl", step("appointment_missed", "2017-03-01", excused=True, id="9"))
    filled("import", path, "--programme", "lzb", "--role", role)


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", NEED_STORES, ids=lambda arguments: " ".join(arguments[:2]))
def test_missing_store_is_refused(bare: Cli, arguments: tuple[str, ...]) -> None:
    """Nothing is created silently; the message says what to do, in either language (DESIGN.md section 5)."""
    bare.write("programme.toml", PROGRAMME)
    bare.lines("rows.jsonl", *ROWS)
    files = sorted(bare.folder.iterdir())
    for language in ("de", "en"):
        assert "werdegang init" in bare("--language", language, *arguments, status=1).err
    assert sorted(bare.folder.iterdir()) == files


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("balance", "--programme", "nirgends", "--stichtag", "2018-02-19"), "nirgends"),
        (("evidence", "--programme", "nirgends", *EVIDENCE[3:]), "nirgends"),
        (("export", "--programme", "nirgends"), "nirgends"),
        ((*EVIDENCE[:-1], "placed"), "placed_svp"),
        ((*BALANCE, "--datenstand", "0"), "0"),
        ((*BALANCE, "--datenstand", "999999"), "999999"),
        ((*BALANCE, "--datenstand", "2001-01-01"), "1"),
        ((*BALANCE, "--final"), "30.06.2019"),
        (("history", NOBODY), NOBODY),
        (("import", "--withdraw", NOBODY), NOBODY),
        (("import", "gibtsnicht.csv", "--programme", "lzb"), "gibtsnicht.csv"),
        (("import", "programme.toml", "--programme", "lzb"), ".toml"),
        (("import", "rows.jsonl", "--programme", "nirgends"), "nirgends"),
        (("programme", "open", "gibtsnicht.toml"), "gibtsnicht.toml"),
        (("programme", "open", "rows.jsonl"), "rows.jsonl"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_unknown_things_are_refused(filled: Cli, arguments: tuple[str, ...], named: str) -> None:
    """Exit status 1, the message on standard error names what was not found, and nothing is printed as a result."""
    answer = filled(*arguments, status=1)
    assert named in answer.err
    assert "Unerwartet" not in answer.err
    assert answer.out == ""


def test_history_of_a_key_nobody_has(filled: Cli) -> None:
    """The key itself may be personal and is not repeated."""
    answer = filled("history", "--participant", "Geheimwort", "--programme", "lzb", status=1)
    assert "Geheimwort" not in answer.err
    assert "Unerwartet" not in answer.err


OTHER = PROGRAMME.replace('"lzb"', '"neu"')


@sqlite_only
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("key = ", "TOML"),
        (OTHER.replace('funder = "Land Hessen"\n', ""), "funder"),
        (OTHER.replace("2016-03-01", "2020-03-01"), "30.06.2019"),
        (OTHER.replace("2016-03-01", '"gestern"'), "gestern"),
        (OTHER.replace("placed_svp = 20", "placed = 20"), "placed"),
        (OTHER.replace("age_max = 34", "age_max = 34\nage_min = 40"), "34"),
        (OTHER.replace("age_max", "age_maximum"), "age_maximum"),
        (OTHER + "\ncolour = 'rot'\n", "colour"),
        (PROGRAMME.replace('"lzb"', '"Frau Weiß"'), "Frau Weiß"),
        (PROGRAMME.replace("Perspektiven", "Aussichten"), "lzb"),
    ],
)
def test_programme_file_that_cannot_be(cli: Cli, text: str, named: str) -> None:
    """The message names the entry; the programme stays as it was."""
    answer = cli("programme", "open", cli.write("other.toml", text), status=1)
    assert named in answer.err
    assert "Unerwartet" not in answer.err
    assert cli("status", "--format", "json").json["ledger_position"] == 1


@sqlite_only
@pytest.mark.parametrize("content", [b"", b"\xff\xfe{}", b"participant;step\nA;exited", b'{"participant": '])
def test_broken_import_file(cli: Cli, content: bytes) -> None:
    """Whatever is in a file, it is taken or refused; never a stack trace."""
    (cli.folder / "rows.jsonl").write_bytes(content)
    answer = cli("import", "rows.jsonl", "--programme", "lzb", status=1 if content else 0)
    assert "Unerwartet" not in answer.err
    assert cli("status", "--format", "json").json["ledger_position"] == 1


@pytest.mark.parametrize("name", ["ledger.db", "projections.db", "keys.db"])
@sqlite_only
def test_store_file_that_is_none(filled: Cli, name: str) -> None:
    """A damaged file ends with a sentence, and the whole error only where it is asked for."""
    folder = Path(filled.environment["WERDEGANG_DATA"])
    for path in folder.glob(f"{name}-*"):
        path.unlink()
    (folder / name).write_bytes(b"this is no database at all" * 100)
    assert filled(*BALANCE, status=1).err.count("\n") == 1


@sqlite_only
def test_keys_without_their_key(filled: Cli) -> None:
    """The key-encryption key missing, another one, or none at all: refused, naming the file."""
    kek = Path(filled.environment["WERDEGANG_DATA"]) / "kek"
    right = kek.read_text()
    for wrong in ("00" * 32, "kein Schlüssel", "ab"):
        kek.write_text(wrong)
        assert filled(*BALANCE, status=1).err
    kek.unlink()
    assert "kek" in filled(*BALANCE, status=1).err
    assert "kek" in filled("init", status=1).err, "a new key would not open what is there"
    kek.write_text(right)
    filled(*BALANCE)


# --- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("WERDEGANG_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing", "127.0.0.1"),
        ("WERDEGANG_LANGUAGE", "fr", "fr"),
        ("WERDEGANG_COLOUR", "red", "colour"),
        ("WERDEGANG_CONFIG", "gibtsnicht.toml", "gibtsnicht.toml"),
        ("WERDEGANG_KEK", "ab", ""),
        ("POSTGRES_ENABLE_DB_FUNCTIONS", "y", "POSTGRES_ENABLE_DB_FUNCTIONS"),
    ],
)
@sqlite_only
def test_wrong_settings(filled: Cli, setting: str, value: str, named: str) -> None:
    """Refused at the start, naming the setting."""
    run = in_a_process(filled.folder, {**filled.environment, setting: value})
    answer = Cli(filled.folder, {}, run)(*BALANCE, status=1)
    assert named in answer.err
    assert "Unerwartet" not in answer.err


@sqlite_only
def test_settings_from_a_file(filled: Cli) -> None:
    """A TOML file may hold every setting; a variable goes before it, an option before both."""
    folder = filled.environment.pop("WERDEGANG_DATA")
    config = filled.write("settings.toml", f'data = "{folder}"\nlanguage = "en"\n')
    filled.environment["WERDEGANG_CONFIG"] = str(config)
    run = in_a_process(filled.folder, filled.environment)
    assert "Interim" in Cli(filled.folder, {}, run)(*BALANCE).out
    run = in_a_process(filled.folder, {**filled.environment, "WERDEGANG_LANGUAGE": "de"})
    assert "Zwischenbilanz" in Cli(filled.folder, {}, run)(*BALANCE).out
    assert "Interim" in Cli(filled.folder, {}, run)("--language", "en", *BALANCE).out
    Cli(filled.folder, {}, run)("--data", filled.folder / "elsewhere", *BALANCE, status=1)


# --- init and programme open --------------------------------------------------------------------------------------


def test_init_and_open_can_be_repeated(filled: Cli) -> None:
    """What exists is left as it is."""
    before = filled(*BALANCE, "--format", "json").json
    filled("init")
    filled("programme", "open", filled.folder / "programme.toml")
    assert filled(*BALANCE, "--format", "json").json == before


@sqlite_only
def test_keys_are_for_their_owner_only(cli: Cli) -> None:
    """Nobody else can read the vault and the key to it."""
    folder = Path(cli.environment["WERDEGANG_DATA"])
    assert [path.stat().st_mode & 0o077 for path in (folder / "kek", folder / "keys.db")] == [0, 0]


# --- import -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "new"), [("de", "neu"), ("en", "new")])
def test_import_reports(cli: Cli, language: str, new: str) -> None:
    """What became of the rows, the coaches opened, the batch and the position."""
    answer = cli("--language", language, "import", cli.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    assert counts_of(answer)[new] == len(ROWS)
    assert "C1" in answer.out
    assert batch_of(answer)
    assert str(cli("status", "--format", "json").json["ledger_position"]) in answer.out
    assert answer.err == ""


def test_import_again_stores_nothing(filled: Cli) -> None:
    """The same file again: unchanged, exit status 0."""
    before = filled("status", "--format", "json").json["ledger_position"]
    counts = counts_of(filled("import", "rows.jsonl", "--programme", "lzb"))
    assert (counts["neu"], counts["unverändert"]) == (0, len(ROWS))
    assert filled("status", "--format", "json").json["ledger_position"] == before


BROKEN = [enrolled("C", id="c1"), enrolled("D", id="d1", age=45), step("exited", "2017-05-01", "C", id="c2")]
"""The second row is to be refused; a step is missing a field in the third."""


@pytest.mark.parametrize("language", ["de", "en"])
def test_broken_row_is_named(filled: Cli, language: str) -> None:
    """Line, reason and source on standard error, exit status 1, and nothing of the file is stored."""
    before = filled("status", "--format", "json").json["ledger_position"]
    path = filled.lines("broken.jsonl", *BROKEN)
    for options in ((), ("--dry-run",)):
        answer = filled("--language", language, "import", path, "--programme", "lzb", *options, status=1)
        line = {"de": "Zeile", "en": "Line"}[language]
        refusals = [told for told in answer.err.splitlines() if told.startswith(line)]
        assert [told.split(":")[0] for told in refusals] == [f"{line} 2", f"{line} 3"]
        assert "34" in refusals[0]
        assert "45" in refusals[0]
        assert {"de": "[Regel 4", "en": "[Rule 4"}[language] in refusals[0]
        assert "reason" in refusals[1]
        assert str(path) + ".refused.csv" in answer.err.replace("\n", "")
    assert filled("status", "--format", "json").json["ledger_position"] == before


def test_refused_rows_are_put_right_and_imported_again(filled: Cli) -> None:
    """FILE.refused.csv holds the rows as given; corrected it is an import file itself."""
    path = filled.lines("broken.jsonl", *BROKEN)
    filled("import", path, "--programme", "lzb", "--partial", status=1)
    refused = path.with_name("broken.jsonl.refused.csv")
    assert refused.stat().st_mode & 0o077 == 0
    with refused.open(encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(file, delimiter=";")
    told = [dict(zip(names, row, strict=True)) for row in rows]
    assert [(row["refused_line"], row["refused_code"]) for row in told] == [
        ("2", "target_group"),
        ("3", "missing_field"),
    ]
    assert all(row["refused_reason"] and row["refused_norm"] for row in told)
    assert (told[0]["participant"], told[0]["age"]) == ("D", "45")
    text = refused.read_text("utf-8-sig").replace(";45;", ";34;")
    head, enrolment, exit_row = text.splitlines()
    fixed = filled.write("fixed.csv", f"{head};reason\n{enrolment};\n{exit_row};svp\n")
    assert counts_of(filled("import", fixed, "--programme", "lzb"))["neu"] == 2
    figures = filled(*BALANCE, "--format", "json").json["figures"]
    assert (figures["participants_enrolled"]["value"], figures["exits"]["value"]) == (4, 1)


def test_partial_stores_the_rest(filled: Cli) -> None:
    """Exit status 1 all the same, for a row was refused."""
    answer = filled("import", filled.lines("b.jsonl", *BROKEN), "--programme", "lzb", "--partial", status=1)
    assert (counts_of(answer)["neu"], counts_of(answer)["abgelehnt"]) == (1, 2)


def test_many_refusals_are_cut_short(filled: Cli) -> None:
    """Twenty on the screen, all of them in the file."""
    rows = [step("exited", "2016-12-01", reason="svp", id=f"x{number}") for number in range(30)]
    answer = filled("import", filled.lines("b.jsonl", *rows), "--programme", "lzb", status=1)
    assert len([line for line in answer.err.splitlines() if line.startswith("Zeile")]) == 20
    assert "10" in answer.err
    with (filled.folder / "b.jsonl.refused.csv").open(encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 31


def test_corrections_and_their_history(filled: Cli) -> None:
    """Refused without the option; with it the history shows both entries and the reason."""
    changed = filled.lines("c.jsonl", {**ROWS[3], "on": "2017-03-01"})
    assert "--corrections" in filled("import", changed, "--programme", "lzb", status=1).err
    answer = filled("import", changed, "--programme", "lzb", "--corrections", "--reason", "Beginn laut Vertrag")
    assert counts_of(answer)["berichtigt"] == 1
    asked = ("history", "--participant", "A", "--programme", "lzb")
    told = filled(*asked).out
    for words in ("2017-02-01 → 2017-03-01", "Beginn laut Vertrag", "berichtigt durch Nr. 6"):
        assert words in told
    entries = filled(*asked, "--format", "json").json["entries"]
    assert (entries[3]["corrected_by"], entries[5]["corrects"], entries[5]["reason"]) == ([6], 4, "Beginn laut Vertrag")


def test_batch_is_withdrawn(filled: Cli) -> None:
    """Everything of it, or what stays is named and the exit status is 1."""
    path = filled.lines("c.jsonl", enrolled("C", id="c1"), step("exited", "2017-05-01", "C", id="c2", reason="svp"))
    batch = batch_of(filled("import", path, "--programme", "lzb"))
    later = step("whereabouts_recorded", "2018-05-01", "C", id="c3", status="svp", source="employer")
    last = batch_of(filled("import", filled.lines("d.jsonl", later), "--programme", "lzb"))
    answer = filled("import", "--withdraw", batch, status=1)
    assert "Position" in answer.err
    filled("import", "--withdraw", last)
    filled("import", "--withdraw", batch, "--reason", "falsche Datei")
    assert filled(*BALANCE, "--format", "json").json["figures"]["participants_enrolled"]["value"] == 2


# --- balance, evidence, history ----------------------------------------------------------------------------------


def test_balance_as_json(filled: Cli) -> None:
    """The shape is fixed (DESIGN.md section 6): a rate is a number between 0 and 1, or null without a denominator."""
    balance = filled(*BALANCE, "--format", "json").json
    assert list(balance) == ["programme", "kind", "stichtag", "datenstand", "catalogue", "checkpoint", "figures"]
    assert (balance["programme"], balance["kind"], balance["stichtag"]) == ("lzb", "interim", "2018-02-19")
    assert balance["datenstand"] == filled("status", "--format", "json").json["ledger_position"]
    assert balance["catalogue"] == CORE.version
    assert list(balance["figures"]) == [figure.code for figure in CORE.figures]
    for code, figure in balance["figures"].items():
        assert set(figure) == {"value", "by"} | ({"target"} if code == "placed_svp" else set()), code
        assert set(figure["by"]) <= {*TRAITS, "reason", "coach"}
    figures = balance["figures"]
    assert figures["participants_enrolled"] == {
        "value": 2,
        "by": {
            "gender": {"female": 1, "male": 1},
            "age_group": {"25_29": 2},
            "single_parent": {"yes": 2},
            "education": {"isced_0_2": 2},
            "municipality": {"Raunheim": 2},
        },
    }
    assert figures["placement_rate"]["value"] == 0.5
    assert figures["follow_up_funding_eur"]["value"] == 1234.5
    earlier = filled("balance", "--programme", "lzb", "--stichtag", "2016-12-31", "--format", "json").json["figures"]
    assert earlier["placement_rate"] == {"value": None, "by": {trait: {} for trait in TRAITS}}


def test_final_balance(filled: Cli) -> None:
    """From the programme's end on."""
    asked = ("balance", "--programme", "lzb", "--stichtag", "2019-06-30", "--final")
    assert filled(*asked, "--format", "json").json["kind"] == "final"
    assert filled(*asked).out.startswith("Gesamtbilanz")


def test_balance_as_csv(filled: Cli) -> None:
    """One line per cell, readable by any table, and the same values as in JSON."""
    rows = table(filled(*BALANCE, "--format", "csv"))
    assert list(rows[0]) == ["code", "title", "trait", "trait_value", "value"]
    found = {(row["code"], row["trait"], row["trait_value"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    figures = filled(*BALANCE, "--format", "json").json["figures"]
    cells = {(code, "", ""): figure["value"] for code, figure in figures.items()}
    cells |= {
        (code, trait, name): value
        for code, figure in figures.items()
        for trait, groups in figure["by"].items()
        for name, value in groups.items()
    }
    assert found == {cell: "" if value is None else str(value) for cell, value in cells.items()}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Zwischenbilanz lzb", "19.02.2018", "1.234", "1.234,50", "50,0 %", "Frauen", "–"]),
        ("en", ["Interim", "2018-02-19", "1,234", "1,234.50", "50.0 %", "Women", "–"]),
    ],
)
def test_balance_as_text(filled: Cli, language: str, words: list[str]) -> None:
    """Numbers, days and words as the language writes them."""
    told = filled("--language", language, *BALANCE, "--by", "gender").out
    assert [word for word in words if word.lower() not in told.lower()] == []
    codes = [line for line in told.splitlines() if "placed_svp" in line]
    assert len(codes) == 1


def test_evidence_as_json(filled: Cli) -> None:
    """The rows behind a figure, each with the positions of its entries."""
    found = filled(*EVIDENCE, "--format", "json").json
    assert list(found) == ["figure", "value", "rows"]
    assert (found["figure"], found["value"]) == ("placed_svp", 1)
    (row,) = found["rows"]
    assert {"participant", "journey", "entries"} <= set(row)
    assert all(isinstance(position, int) for position in row["entries"])
    rate = filled(*EVIDENCE[:-1], "placement_rate", "--format", "json").json
    assert sorted(row["part"] for row in rate["rows"]) == ["denominator", "denominator", "numerator"]


def test_evidence_as_csv_and_text(filled: Cli) -> None:
    """The same rows as in JSON; the text says how many there are."""
    (row,) = filled(*EVIDENCE, "--format", "json").json["rows"]
    (line,) = table(filled(*EVIDENCE, "--format", "csv"))
    assert (line["participant"], line["journey"]) == (row["participant"], row["journey"])
    assert [int(position) for position in line["entries"].split()] == row["entries"]
    told = filled(*EVIDENCE).out
    assert row["journey"] in told
    assert "werdegang history" in told or "--data" in told


def test_history_as_json(filled: Cli) -> None:
    """Every entry with both dates and who made it; personal fields by name only."""
    found = filled("history", "--participant", "A", "--programme", "lzb", "--format", "json").json
    assert list(found) == ["journey", "participant", "programme", "participation", "datenstand", "entries"]
    assert [entry["step"] for entry in found["entries"]] == [row["step"] for row in ROWS[:5]]
    assert {entry["step"] for entry in found["entries"]} <= set(STEP_BY_NAME)
    first, third = found["entries"][0], found["entries"][2]
    assert {"entry", "position", "step", "recorded_at", "recorded_by"} <= set(first)
    assert (first["entry"], first["happened_on"], first["recorded_by"]) == (1, "2017-01-01", "cli")
    assert (first["sealed"], third["sealed"]) == (["name"], ["note"])
    assert "Geheimwort" not in json.dumps(found)
    told = filled("history", found["journey"]).out
    assert "Geheimwort" not in told
    assert "Sohn" not in told
    assert "01.01.2017" in told


def test_history_at_a_datenstand(filled: Cli) -> None:
    """As known then, by position or by day."""
    asked = ("history", "--participant", "A", "--programme", "lzb", "--format", "json", "--datenstand")
    whole = filled(*asked[:-1]).json
    third = whole["entries"][2]["position"]
    assert filled(*asked, third).json["entries"] == whole["entries"][:3]
    today = datetime.now(BERLIN).date()
    assert filled(*asked, today).json["entries"] == whole["entries"]
    filled(*asked, today - timedelta(days=1), status=1)


def test_datenstand_as_position_and_as_day(filled: Cli) -> None:
    """A day is its last entry in Germany; today is the present, yesterday knew nothing."""
    today = datetime.now(BERLIN).date()
    now = filled(*BALANCE, "--format", "json").json
    for day in (today, today.strftime("%d.%m.%Y"), today + timedelta(days=400)):
        assert filled(*BALANCE, "--format", "json", "--datenstand", day).json == now
    position = now["datenstand"]
    assert filled(*BALANCE, "--format", "json", "--datenstand", position).json == now
    assert filled(*BALANCE, "--format", "json", "--datenstand", 1).json["figures"]["placed_svp"]["value"] == 0
    assert filled(*BALANCE, "--datenstand", today - timedelta(days=1), status=1)


# --- rebuild, status, export --------------------------------------------------------------------------------------


def test_rebuild_as_json_and_text(filled: Cli) -> None:
    """The certificate."""
    certificate = filled("rebuild", "--format", "json").json
    assert {"events", "head", "catalogue", "code", "tables", "differences", "built_at", "seconds"} <= set(certificate)
    assert set(certificate["tables"]) == set(TABLES)
    assert set(certificate["tables"]["placements"]) == {"rows", "digest"}
    assert certificate["differences"] == {}
    status = filled("status", "--format", "json").json
    assert (certificate["head"], status["certificate"]) == (status["ledger_position"], certificate)
    told = filled("rebuild").out
    assert "placements" in told
    assert "Kein Unterschied" in told


def test_status(filled: Cli) -> None:
    """Where ledger and read model stand; looking projects nothing."""
    status = filled("status", "--format", "json").json
    assert set(status) == {
        *("store", "ledger_position", "projected_position", "lag_events", "lag_seconds", "catalogue", "certificate"),
        *("sealed_entries", "sealed_position", "sealed_at", "checkpoint"),
    }
    assert status["store"] == ("PostgreSQL" if "WERDEGANG_DATABASE_URL" in filled.environment else "SQLite")
    assert (status["lag_events"], status["lag_seconds"], status["certificate"]) == (0, 0, None)
    with open_stores(settings_of(filled)) as stores:
        request = Request(id=uuid4(), by="tester", now=datetime.now(UTC) - timedelta(minutes=2))
        stores.journal.act(lambda streams: commands.join_programme(streams, "lzb", "C9"), request)
    for _look in range(2):
        behind = filled("status", "--format", "json").json
        assert (behind["ledger_position"], behind["projected_position"]) == (
            status["ledger_position"] + 1,
            status["projected_position"],
        )
        assert behind["lag_events"] == 1
        assert 100 < behind["lag_seconds"] < 1000
    filled(*BALANCE)
    assert filled("status", "--format", "json").json["lag_events"] == 0


def test_export_is_an_import_file(filled: Cli, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    """Without anything personal, and taken in elsewhere it gives the same figures."""
    lines = filled("export", "--programme", "lzb", "--output", "out.jsonl").out
    assert lines == ""
    text = (filled.folder / "out.jsonl").read_text("utf-8")
    assert filled("export", "--programme", "lzb").out == text
    assert "Geheimwort" not in text
    assert "Sohn" not in text
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == len(ROWS)
    assert {row["participant"] for row in rows}.isdisjoint({"A", "B"})
    assert next(row["step"] for row in rows if row["participant"] == rows[0]["participant"]) == "enrolled"
    given = environment(tmp_path / "elsewhere", None)
    (tmp_path / "elsewhere").mkdir()
    other = Cli(tmp_path / "elsewhere", given, in_this_one(tmp_path / "elsewhere", given, monkeypatch, capsys))
    other("init")
    other("programme", "open", filled.folder / "programme.toml")
    other("import", filled.folder / "out.jsonl")
    one, two = (each(*BALANCE, "--format", "json").json["figures"] for each in (filled, other))
    assert one == two
