"""Editions, closing, breakdowns by several traits and targets on the command line."""

import csv
import hashlib
import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from calling import PROGRAMME, ROWS, Answer, Cli, enrolled, step

from projections import editions as published
from projections.catalogue import CATALOGUES, CORE
from projections.settings import Settings
from projections.stores import open_stores

STICHTAG = "2018-02-19"
BALANCE = ("balance", "--programme", "lzb", "--stichtag", STICHTAG)
DRAFT = ("publish", "draft", "--programme", "lzb", "--stichtag", STICHTAG)
SHOW = ("publish", "show", "lzb/1")
LATE = [enrolled("C", id="7"), step("placement_started", "2017-03-01", "C", id="8", ref="p1", kind="svp")]

sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
languages = pytest.mark.parametrize("language", ["de", "en"])


def in_language(cli: Cli, language: str) -> Any:
    """Calls in a language."""
    return lambda *arguments, **expected: cli("--language", language, *arguments, **expected)


def position(cli: Cli) -> int:
    """The position of the last entry."""
    return int(cli("status", "--format", "json").json["ledger_position"])


def draft(cli: Cli, *options: object, account: str = "coach-1") -> Answer:
    return cli(*DRAFT, *options, "--as", account)


def tamper(cli: Cli, statement: str) -> None:
    """Change one row of the read model behind everybody's back."""
    url = cli.environment.get("WERDEGANG_DATABASE_URL")
    with open_stores(Settings(data=cli.environment["WERDEGANG_DATA"], database_url=url)) as stores:
        model = stores.read_model
        with model.transaction():
            assert model.execute(statement.format(sessions=model.name("sessions"))) == 1


MINUTES = "UPDATE {sessions} SET minutes = 1000 WHERE minutes = 1234"


# --- from the draft to the approval -------------------------------------------------------------------


def test_way_of_an_edition_in_processes_of_their_own(process: Cli) -> None:
    """Drafted by one, approved by another, the same after late entries and after a rebuild; each a call of its own."""
    process("init")
    process("programme", "open", process.write("programme.toml", PROGRAMME))
    process("import", process.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    balance = process(*BALANCE, "--format", "json").json
    assert "lzb/1" in draft(process).out
    assert "[Regel 16" in process("publish", "approve", "lzb/1", "--as", "COACH-1", status=1).err
    assert "lzb/1" in process("publish", "approve", "lzb/1", "--as", "lead-1").out
    process("import", process.lines("late.jsonl", *LATE), "--programme", "lzb")
    shown = process(*SHOW, "--format", "json").json
    assert {name: shown[name] for name in balance if name != "checkpoint"} == {
        name: value for name, value in balance.items() if name != "checkpoint"
    }
    assert process(*BALANCE, "--format", "json").json["figures"] != balance["figures"]
    process("rebuild")
    assert process(*SHOW, "--format", "json").json == shown
    assert process("publish", "verify", "--format", "json").json == {"editions": 1, "differing": []}
    (listed,) = process("publish", "list", "--format", "json").json
    assert (listed["state"], listed["drafted"]["by"], listed["approved"]["by"]) == ("approved", "coach-1", "lead-1")


WORDS = {
    "de": {
        "draft": [
            "Ausgabe lzb/1",
            "Zwischenbilanz",
            "19.02.2018",
            "Entwurf",
            "jemand anderes",
            "publish approve lzb/1",
        ],
        "approve": ["Ausgabe lzb/1", "freigegeben"],
        "list": ["Ausgabe", "lzb/1", "Zwischenbilanz", "19.02.2018", "freigegeben", "coach-1", "lead-1"],
        "show": ["19.02.2018", "1.234,50", "50,0 %", "Entworfen von coach-1", "Freigegeben von lead-1", "Prüfsumme"],
        "verify": ["Nachgerechnete Ausgaben: 1. Keine Zelle weicht ab."],
    },
    "en": {
        "draft": ["Edition lzb/1", "Interim balance", "2018-02-19", "draft", "omebody else", "publish approve lzb/1"],
        "approve": ["Edition lzb/1", "approved"],
        "list": ["Edition", "lzb/1", "Interim balance", "2018-02-19", "approved", "coach-1", "lead-1"],
        "show": ["2018-02-19", "1,234.50", "50.0 %", "Drafted by coach-1", "Approved by lead-1", "Digest"],
        "verify": ["Editions recomputed: 1. No cell differs."],
    },
}


@languages
def test_editions_in_words(filled: Cli, language: str) -> None:
    """Every command says what it did in the user's language: days, numbers and states included."""
    call = in_language(filled, language)
    told = {
        "draft": call(*DRAFT, "--as", "coach-1").out,
        "approve": call("publish", "approve", "lzb/1", "--as", "lead-1").out,
        "list": call("publish", "list").out,
        "show": call(*SHOW).out,
        "verify": call("publish", "verify").out,
    }
    for command, words in WORDS[language].items():
        assert [word for word in words if word not in told[command]] == [], told[command]
    digest = filled("publish", "list", "--format", "json").json[0]["digest"]
    assert digest in told["show"]
    assert digest[:16] in told["list"]
    assert "jemand anderes" not in told["approve"]
    assert "omebody else" not in told["approve"]
    assert CORE.version in told["show"]


def test_same_draft_twice(filled: Cli) -> None:
    """The same Stichtag at the same Datenstand is the edition there is; nothing is stored, whoever asks."""
    first = draft(filled, "--datenstand", position(filled))
    head = position(filled)
    datenstand = re.findall(r"Datenstand (\d+)", first.out)[0]
    assert draft(filled, "--datenstand", datenstand).out == first.out
    assert draft(filled, "--datenstand", datenstand, account="lead-1").out == first.out
    assert position(filled) == head
    filled("publish", "approve", "lzb/1", "--as", "lead-1")
    again = draft(filled, "--datenstand", datenstand)
    assert "lzb/1" in again.out
    assert "freigegeben" in again.out
    assert "jemand anderes" not in again.out, "there is nothing left to approve"
    assert "lzb/2" in draft(filled).out, "without a Datenstand it is today's, and the first edition is in it"


def test_approving_twice_stores_one(filled: Cli) -> None:
    """A second approval changes nothing and is no error."""
    draft(filled)
    told = filled("publish", "approve", "lzb/1", "--as", "lead-1").out
    head = position(filled)
    assert filled("publish", "approve", "lzb/1", "--as", "lead-2").out == told
    assert position(filled) == head


@sqlite_only
def test_who_names_nobody_is_one_account(filled: Cli) -> None:
    """Drafted and approved without `--as`, both is the same account: refused (rule 16)."""
    filled(*DRAFT)
    assert "cli" in filled("publish", "approve", "lzb/1", status=1).err
    filled("publish", "approve", "lzb/1", "--as", "lead-1")


@sqlite_only
@languages
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("publish", "draft", "--programme", "nirgends", "--stichtag", STICHTAG), ["nirgends"]),
        ((*DRAFT[:-1], "{tomorrow}"), [("[Regel 5", "[Rule 5")]),
        ((*DRAFT, "--final"), [("30.06.2019", "2019-06-30"), ("[Regel 17", "[Rule 17")]),
        ((*DRAFT, "--datenstand", "0"), ["0"]),
        ((*DRAFT, "--datenstand", "99999"), ["99999"]),
        (("publish", "approve", "lzb/1", "--as", "Coach-1"), ["Coach-1", ("[Regel 16", "[Rule 16")]),
        (("publish", "approve", "lzb/2"), ["2", "1"]),
        (("publish", "approve", "lzb/0"), ["0", "1"]),
        (("publish", "approve", "nirgends/1"), ["1"]),
        (("publish", "approve", "lzb"), ["lzb-gg/1"]),
        (("publish", "show", "lzb/2"), ["2", "1"]),
        (("publish", "show", "eins"), ["eins", "lzb-gg/1"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_refused(filled: Cli, language: str, arguments: tuple[str, ...], named: list[Any]) -> None:
    """Exit status 1, the reason on standard error in the user's language, nothing stored."""
    draft(filled)
    head = position(filled)
    tomorrow = date.today() + timedelta(days=2)  # noqa: DTZ011 -- any day ahead of Germany's
    given = [argument.format(tomorrow=tomorrow) for argument in arguments]
    answer = in_language(filled, language)(*given, status=1)
    words = [word if isinstance(word, str) else word[language == "en"] for word in named]
    assert [word for word in words if word not in answer.err] == [], answer.err
    assert answer.out == ""
    assert "Unerwartet" not in answer.err
    assert position(filled) == head


@sqlite_only
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("publish",), "approve"),
        (("publish", "draft", "--stichtag", STICHTAG), "--programme"),
        (("publish", "draft", "--programme", "lzb"), "--stichtag"),
        ((*DRAFT, "--catalogue", "nonsense"), "nonsense"),
        ((*DRAFT, "--as", "zwei Worte"), "zwei Worte"),
        (("publish", "approve"), "AUSGABE"),
        (("publish", "show", "lzb/1", "--format", "docx"), "docx"),
        ((*BALANCE, "--catalogue", "nonsense"), "nonsense"),
        (("programme", "close", "--programme", "lzb"), "--on"),
        (("programme", "close", "--programme", "lzb", "--on", "morgen"), "morgen"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage(bare: Cli, arguments: tuple[str, ...], named: str) -> None:
    """Exit status 2, and the message names what is wrong."""
    assert named in bare(*arguments, status=2).err
    assert list(bare.folder.iterdir()) == []


@sqlite_only
def test_editions_need_their_stores(bare: Cli) -> None:
    """Nothing is created silently (DESIGN.md 5)."""
    for arguments in (DRAFT, SHOW, ("publish", "approve", "lzb/1"), ("publish", "list"), ("publish", "verify")):
        assert "werdegang init" in bare(*arguments, status=1).err
    assert list(bare.folder.iterdir()) == []


# --- looking at editions ------------------------------------------------------------------------------


def test_list_of_editions(filled: Cli) -> None:
    """In the order they were drafted, without their figures; of one programme or of all."""
    assert filled("publish", "list").out == "Noch keine Ausgabe.\n"
    assert filled("publish", "list", "--format", "json").json == []
    filled("programme", "open", filled.write("other.toml", PROGRAMME.replace('"lzb"', '"other"')))
    draft(filled)
    filled("publish", "draft", "--programme", "other", "--stichtag", "2019-06-30", "--final", "--as", "coach-2")
    draft(filled, "--datenstand", "1")
    filled("publish", "approve", "lzb/2", "--as", "lead-1")
    first, other = (filled("publish", "list", "--format", "json", "--programme", key).json for key in ("lzb", "other"))
    every = filled("publish", "list", "--format", "json").json
    assert every == [*first, *other]
    assert [one["name"] for one in every] == ["lzb/1", "lzb/2", "other/1"]
    assert [one["state"] for one in every] == ["drafted", "approved", "drafted"]
    assert [one["kind"] for one in every] == ["interim", "interim", "final"]
    named = {"name", "number", "state", "programme", "kind", "stichtag", "datenstand", "catalogue", "digest"}
    for one in every:
        assert set(one) >= {*named, "drafted", "approved", "released"}
        assert not {"figures", "hidden"} & set(one)
        assert re.fullmatch("[0-9a-f]{64}", one["digest"])
        assert set(one["drafted"]) == {"by", "at", "position"}
    assert filled("publish", "list", "--programme", "nirgends", "--format", "json").json == []
    lines = filled("publish", "list", "--programme", "lzb").out.splitlines()
    assert [line.split()[0] for line in lines] == ["Ausgabe", "lzb/1", "lzb/2"]


def test_edition_is_shown_as_it_was_frozen(filled: Cli) -> None:
    """Its JSON is that of the balance at its Datenstand, whatever was entered since."""
    draft(filled)
    before = filled(*SHOW, "--format", "json").json
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    assert filled(*SHOW, "--format", "json").json == before
    same = filled(*BALANCE, "--datenstand", before["datenstand"], "--format", "json").json
    assert {name: before[name] for name in same} == same
    assert filled(*BALANCE, "--format", "json").json["figures"]["placed_svp"]["value"] == 2
    assert before["figures"]["placed_svp"]["value"] == 1


@sqlite_only
def test_digest_can_be_computed_by_anybody(filled: Cli) -> None:
    """It is the SHA-256 of the JSON shown, keys sorted, without checkpoint and targets (docs/publishing.md)."""
    draft(filled)
    shown = filled(*SHOW, "--format", "json").json
    del shown["checkpoint"]
    for figure in shown["figures"].values():
        figure.pop("target", None)
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (listed,) = filled("publish", "list", "--format", "json").json
    assert hashlib.sha256(text.encode()).hexdigest() == listed["digest"]


def test_edition_is_shown_in_the_words_of_its_catalogue(filled: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the catalogue has moved on, show and verify take the kept one."""
    draft(filled)
    shown = filled(*SHOW).out
    monkeypatch.setattr(published, "CATALOGUES", {})
    assert filled(*SHOW).out == shown
    assert filled("publish", "verify", "--format", "json").json == {"editions": 1, "differing": []}


# --- checking editions --------------------------------------------------------------------------------


def cells(answer: Answer) -> list[list[str]]:
    """The cells a failed check names, as text."""
    return [line.split() for line in answer.out.splitlines()[1:] if line.startswith("lzb/")]


def failed(cli: Cli, *arguments: str) -> Answer:
    """A call that ends with status 1, whatever is on standard error."""
    answer = cli._run(list(arguments))
    assert answer.status == 1, answer
    assert "Traceback" not in answer.out + answer.err
    return answer


def test_verify_names_what_differs(filled: Cli) -> None:
    """Exit status 1 and every cell with both values, as text and as JSON; a rebuild puts it right."""
    draft(filled)
    draft(filled, "--datenstand", "1")
    tamper(filled, MINUTES)
    found = failed(filled, "publish", "verify", "--format", "json").json
    assert found["editions"] == 2
    of_person = [("", ""), ("gender", "female"), ("age_group", "25_29"), ("single_parent", "yes")]
    of_person += [("education", "isced_0_2"), ("municipality", "Raunheim")]
    assert found["differing"] == [
        {
            "edition": "lzb/1",
            "figure": "coaching_minutes",
            "trait": trait,
            "value": value,
            "stored": 1234,
            "recomputed": 1000,
        }
        for trait, value in of_person
    ]
    for language in ("de", "en"):
        answer = failed(filled, "--language", language, "publish", "verify", "--programme", "lzb")
        told = cells(answer)
        assert [line[:2] for line in told] == [["lzb/1", "coaching_minutes"]] * len(of_person)
        assert {tuple(line[-2:]) for line in told} == {("1234", "1000")}
    assert failed(filled, "publish", "verify").out.startswith("Ausgabe")
    filled("rebuild")
    assert filled("publish", "verify", "--format", "json").json == {"editions": 2, "differing": []}


@sqlite_only
@languages
def test_failed_check_says_so_on_standard_error(filled: Cli, language: str) -> None:
    """Exit status 1 comes with its reason on standard error, as docs/commands.md promises for every command."""
    draft(filled)
    tamper(filled, MINUTES)
    for form in ("text", "json"):
        assert in_language(filled, language)("publish", "verify", "--format", form, status=1).err


def test_verify_of_one_programme(filled: Cli) -> None:
    """Another programme's editions are not looked at."""
    draft(filled)
    tamper(filled, MINUTES)
    nothing = {"editions": 0, "differing": []}
    assert filled("publish", "verify", "--programme", "nirgends", "--format", "json").json == nothing


@languages
def test_edition_that_differs_is_not_approved(filled: Cli, language: str) -> None:
    """Refused with the first cell and both values; nothing is stored."""
    draft(filled)
    tamper(filled, MINUTES)
    head = position(filled)
    answer = in_language(filled, language)("publish", "approve", "lzb/1", "--as", "lead-1", status=1)
    assert [word for word in ("lzb/1", "coaching_minutes", "1234", "1000") if word not in answer.err] == []
    assert position(filled) == head
    assert filled("publish", "list", "--format", "json").json[0]["state"] == "drafted"


# --- closing a programme ------------------------------------------------------------------------------


CLOSE = ("programme", "close", "--programme", "lzb", "--on")


@pytest.mark.parametrize(("language", "day"), [("de", "31.01.2018"), ("en", "2018-01-31")])
def test_programme_is_closed(filled: Cli, language: str, day: str) -> None:
    """Its last day is said in the user's language; closed twice it is stored once."""
    call = in_language(filled, language)
    told = call(*CLOSE, "2018-01-31", "--as", "lead-1").out
    assert "lzb" in told
    assert day in told
    head = position(filled)
    assert call(*CLOSE, "31.01.2018").out == told
    assert position(filled) == head


@sqlite_only
@languages
@pytest.mark.parametrize(
    ("closed", "last_day", "named"),
    [
        (None, "{tomorrow}", [("[Regel 5", "[Rule 5")]),
        (None, "2016-02-29", [("29.02.2016", "2016-02-29"), ("01.03.2016", "2016-03-01")]),
        (None, "2019-07-01", [("01.07.2019", "2019-07-01"), ("30.06.2019", "2019-06-30")]),
        ("2018-01-31", "2018-02-01", [("31.01.2018", "2018-01-31"), ("[Regel 2", "[Rule 2")]),
    ],
)
def test_closing_is_refused(filled: Cli, language: str, closed: str | None, last_day: str, named: list[Any]) -> None:
    """In the future, outside the period, or another day than before: exit status 1 and nothing stored (rules 2, 5)."""
    if closed:
        filled(*CLOSE, closed)
    head = position(filled)
    tomorrow = date.today() + timedelta(days=2)  # noqa: DTZ011 -- any day ahead of Germany's
    answer = in_language(filled, language)(*CLOSE, last_day.format(tomorrow=tomorrow), status=1)
    words = [word if isinstance(word, str) else word[language == "en"] for word in named]
    assert [word for word in words if word not in answer.err] == [], answer.err
    assert (answer.out, position(filled)) == ("", head)
    assert "nirgends" in filled("programme", "close", "--programme", "nirgends", "--on", "2018-01-31", status=1).err


def test_nobody_is_enrolled_after_the_closing(filled: Cli) -> None:
    """The import refuses the row and names both days (rule 2); on the last day it takes it."""
    filled(*CLOSE, "2018-01-31")
    late = enrolled("D", id="d1") | {"on": "2018-02-01"}
    answer = filled("import", filled.lines("late.jsonl", late), "--programme", "lzb", status=1)
    assert [word for word in ("01.02.2018", "31.01.2018", "[Regel 2") if word not in answer.err] == []
    filled("import", filled.lines("last.jsonl", late | {"on": "2018-01-31"}), "--programme", "lzb")


def test_final_balance_of_a_closed_programme(filled: Cli) -> None:
    """From its last day on there is a Gesamtbilanz, as a balance and as an edition (rule 17)."""
    final = ("--programme", "lzb", "--stichtag", "2018-01-31", "--final")
    for command in (("balance", *final), ("publish", "draft", *final)):
        assert "[Regel 17" in filled(*command, status=1).err
    filled(*CLOSE, "2018-01-31")
    assert filled("balance", *final, "--format", "json").json["kind"] == "final"
    assert "Gesamtbilanz" in filled("publish", "draft", *final, "--as", "coach-1").out
    early = ("publish", "draft", "--programme", "lzb", "--stichtag", "2018-01-30", "--final")
    assert "31.01.2018" in filled(*early, status=1).err
    filled("publish", "approve", "lzb/1", "--as", "lead-1")
    assert filled("publish", "verify", "--format", "json").json["differing"] == []


# --- figures by several traits ------------------------------------------------------------------------


def test_balance_by_two_and_three_traits(filled: Cli) -> None:
    """Asked for in any order, the cells stand under the traits joined in the order of the balance, and add up."""
    filled("import", filled.lines("late.jsonl", *LATE, enrolled("D", id="9", age=33)), "--programme", "lzb")
    two = filled(*BALANCE, "--by", "gender", "--by", "age_group", "--format", "json").json["figures"]
    assert two["participants_enrolled"]["by"]["gender|age_group"] == {
        "female|25_29": 2,
        "female|30_34": 1,
        "male|25_29": 1,
    }
    assert two["placed_svp"]["by"]["gender|age_group"] == {"female|25_29": 2}
    assert two["placement_rate"]["by"]["gender|age_group"]["female|25_29"] == 1.0
    assert two["participants_enrolled"]["by"]["gender"] == {"female": 3, "male": 1}, "single traits are there as well"
    turned = filled(*BALANCE, "--by", "age_group", "--by", "gender", "--format", "json").json["figures"]
    assert turned == two
    traits = ("--by", "education", "--by", "gender", "--by", "age_group")
    three = filled(*BALANCE, *traits, "--format", "json").json["figures"]
    by = three["participants_enrolled"]["by"]["gender|age_group|education"]
    assert by == {"female|25_29|isced_0_2": 2, "female|30_34|isced_0_2": 1, "male|25_29|isced_0_2": 1}
    assert "gender|age_group" not in three["participants_enrolled"]["by"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Geschlecht, Altersgruppe", "Frauen, 25 bis 29", "Männer, 25 bis 29", "100,0 %"]),
        ("en", ["Gender, Age group", "women, 25 to 29", "men, 25 to 29", "100.0 %"]),
    ],
)
def test_balance_by_two_traits_in_words(filled: Cli, language: str, words: list[str]) -> None:
    """One line per cell that is not empty, with the labels of both traits."""
    told = in_language(filled, language)(*BALANCE, "--by", "gender", "--by", "age_group").out
    assert [word for word in words if word.lower() not in told.lower()] == [], told
    assert len([line for line in told.splitlines() if " placed_svp " in line]) == 1, "no line for an empty cell"


def test_balance_by_two_traits_as_csv(filled: Cli) -> None:
    """One line per cell, the combined ones among them, with the values of the JSON."""
    by = ("--by", "gender", "--by", "municipality")
    rows = csv.DictReader(io.StringIO(filled(*BALANCE, *by, "--format", "csv").out), delimiter=";")
    found = {(row["code"], row["trait_value"]): row["value"] for row in rows if row["trait"] == "gender|municipality"}
    figures = filled(*BALANCE, *by, "--format", "json").json["figures"]
    cells = {
        (code, value): "" if number is None else str(number)
        for code, figure in figures.items()
        for value, number in figure["by"].get("gender|municipality", {}).items()
    }
    assert found == cells
    assert found["participants_enrolled", "female|Raunheim"] == "1"


@sqlite_only
def test_one_trait_given_twice_is_one(filled: Cli) -> None:
    """The same trait again asks for nothing more."""
    once = filled(*BALANCE, "--by", "gender").out
    assert filled(*BALANCE, "--by", "gender", "--by", "gender").out == once


@sqlite_only
@pytest.mark.parametrize(("language", "words"), [("de", "Höchstens 3"), ("en", "At most 3")])
def test_balance_by_four_traits_is_wrong_usage(filled: Cli, language: str, words: str) -> None:
    """Four at once would leave one person per cell; the message says how many there may be."""
    traits = [word for name in ("gender", "age_group", "education", "municipality") for word in ("--by", name)]
    assert words in in_language(filled, language)(*BALANCE, *traits, status=2).err


# --- catalogues and targets ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUES)
def test_balance_from_a_catalogue(filled: Cli, name: str) -> None:
    """`--catalogue` takes the figures from it; an edition drawn from it says which, and reproduces."""
    figures = [figure for figure in CATALOGUES[name].figures if figure.valid_at(date(2018, 2, 19))]
    balance = filled(*BALANCE, "--catalogue", name, "--format", "json").json
    assert balance["catalogue"] == CATALOGUES[name].version
    assert list(balance["figures"]) == [figure.code for figure in figures]
    told = filled(*BALANCE, "--catalogue", name).out
    assert [figure.code for figure in figures if figure.code not in told] == []
    found = filled("evidence", *BALANCE[1:], "--catalogue", name, "--figure", figures[0].code, "--format", "json").json
    assert found["value"] == balance["figures"][figures[0].code]["value"]
    draft(filled, "--catalogue", name)
    shown = filled(*SHOW, "--format", "json").json
    assert (shown["catalogue"], shown["figures"]) == (balance["catalogue"], balance["figures"])
    assert figures[0].code in filled(*SHOW).out
    assert filled("publish", "verify", "--format", "json").json == {"editions": 1, "differing": []}


def test_core_is_the_catalogue_nobody_named(filled: Cli) -> None:
    """Without `--catalogue` it is the programme's own figures."""
    assert filled(*BALANCE).out == filled(*BALANCE, "--catalogue", "core").out


def test_targets_stand_beside_their_figures(cli: Cli) -> None:
    """In JSON as `target` of the figures that have one; a target of no figure of the catalogue is not shown."""
    text = PROGRAMME.replace('"lzb"', '"mit"') + "placement_rate = 0.25\nfollow_up_funding_eur = 1500.5\n"
    cli("programme", "open", cli.write("mit.toml", text))
    cli("programme", "open", cli.write("ohne.toml", PROGRAMME.replace('"lzb"', '"ohne"').partition("[targets]")[0]))
    asked = ("balance", "--stichtag", STICHTAG, "--programme")
    figures = cli(*asked, "mit", "--format", "json").json["figures"]
    targets = {code: figure["target"] for code, figure in figures.items() if "target" in figure}
    assert targets == {"placed_svp": 20, "placement_rate": 0.25, "follow_up_funding_eur": 1500.5}
    assert all("target" not in figure for figure in cli(*asked, "ohne", "--format", "json").json["figures"].values())
    for language, words in (("de", ["Ziel", "25,0 %", "1.500,50"]), ("en", ["Target", "25.0 %", "1,500.50"])):
        told = in_language(cli, language)(*asked, "mit").out
        assert [word for word in words if word.lower() not in told.lower()] == [], told
        line = next(line for line in told.splitlines() if " placed_svp " in line)
        assert line.split()[-2:] == ["0", "20"]
        assert words[0] not in in_language(cli, language)(*asked, "ohne").out
    cli("publish", "draft", "--stichtag", STICHTAG, "--programme", "mit", "--as", "coach-1")
    shown = cli("publish", "show", "mit/1", "--format", "json").json["figures"]
    assert {code: figure["target"] for code, figure in shown.items() if "target" in figure} == targets


def test_targets_beside_a_breakdown(filled: Cli) -> None:
    """By one trait the target stands between the total and the groups."""
    told = filled(*BALANCE, "--by", "gender").out
    head = next(line for line in told.splitlines() if line.startswith("Kennzahl"))
    assert head.split()[-4:] == ["Wert", "Ziel", "Frauen", "Männer"]
    line = next(line for line in told.splitlines() if " placed_svp " in line)
    assert line.split()[-4:] == ["1", "20", "1", "0"]
