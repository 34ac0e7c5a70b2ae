"""`werdegang erase`, `restrict`, `dispute`, `retention` and `reidentification` on the command line.

On SQLite only: what differs between the databases is tested below the command line, in tests/projections.
"""

import io
import sys
from typing import Any
from uuid import uuid4

import pytest
from calling import ROWS, Cli, step

pytestmark = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
NUMBER = "123A456789"
FIGURE = ("evidence", "--programme", "lzb", "--figure", "placed_svp", "--stichtag", "2017-03-01")
BALANCE = ("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "json")
GROUND = ("--ground", "no_longer_needed")
CORRECTION = step("coaching_session_held", "2017-01-10", id="3", minutes=60, note="Sohn krank")


@pytest.fixture
def filled(cli: Cli) -> Cli:
    """Two people in the programme, the first with a customer number and a correction with a reason."""
    first = {**ROWS[0], "customer_number": NUMBER}
    cli("import", cli.lines("rows.jsonl", first, *ROWS[1:]), "--programme", "lzb")
    again = cli.lines("again.jsonl", CORRECTION)
    cli("import", again, "--programme", "lzb", "--corrections", "--reason", "Tippfehler im Protokoll")
    return cli


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that puts lines on standard input."""

    def put(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return put


def row_of(cli: Cli) -> dict[str, Any]:
    """The row of the one person who is placed."""
    (row,) = cli(*FIGURE, "--format", "json").json["rows"]
    return dict(row)


def erased(cli: Cli) -> dict[str, Any]:
    """That row after the person was erased."""
    row = row_of(cli)
    cli("erase", row["participant"], *GROUND, "--as", "asks")
    cli("erase", row["participant"], "--approve", "--yes", "--as", "approves")
    return row


# --- erase ------------------------------------------------------------------------------------------


def test_erasing_by_four_eyes(filled: Cli) -> None:
    """Asked for by one, approved by another; figures and evidence stay, the reason is gone from the history."""
    row, before = row_of(filled), filled(*BALANCE).json["figures"]
    person, journey = row["participant"], row["journey"]
    assert "Tippfehler im Protokoll" in filled("history", journey).out
    asked = filled("erase", person, *GROUND, "--as", "asks")
    assert f"erase {person} --approve" in asked.out
    assert "Asks" in filled("erase", person, "--approve", "--yes", "--as", "Asks", status=1).err
    told = filled("erase", person, "--approve", "--yes", "--as", "approves").out
    assert person in told
    assert "Epoche 2" in told
    assert "Sicherungen" in told
    assert filled(*BALANCE).json["figures"] == before
    assert row_of(filled) == row
    history = filled("history", journey)
    assert "Tippfehler" not in history.out
    assert "(gelöscht)" in history.out
    assert "(erased)" in filled("--language", "en", "history", journey).out


def test_erasing_twice_tells_so(filled: Cli) -> None:
    """A second approval erases nothing, and a second request is refused (rule 18)."""
    person = erased(filled)["participant"]
    again = filled("erase", person, "--approve", "--as", "approves")
    assert "schon gelöscht" in again.out
    assert "Regel 18" in filled("erase", person, *GROUND, status=1).err


@pytest.mark.parametrize("answer", ["nein", "", "j", "jawohl"])
def test_only_yes_erases(filled: Cli, typed: Any, answer: str) -> None:
    """What will be gone is said before the question, and anything but yes changes nothing."""
    row = row_of(filled)
    filled("erase", row["participant"], *GROUND, "--as", "asks")
    typed(answer)
    refused = filled("erase", row["participant"], "--approve", "--as", "approves", status=1)
    assert "Unwiderruflich" in refused.err
    assert "Tippfehler" in filled("history", row["journey"]).out
    (case,) = filled("erase", "--list", "--format", "json").json
    assert case["erasure"] == "requested"


@pytest.mark.parametrize("answer", ["ja", "YES"])
def test_yes_in_either_language(filled: Cli, typed: Any, answer: str) -> None:
    """Whoever says yes erases, in German or English."""
    person = row_of(filled)["participant"]
    filled("erase", person, *GROUND, "--as", "asks")
    typed(answer)
    assert "Gelöscht" in filled("erase", person, "--approve", "--as", "approves").out


def test_refusal_comes_before_the_question(filled: Cli) -> None:
    """Without a request, or by whoever asked, nothing is asked: standard input is not read (rules 16 and 18)."""
    person = row_of(filled)["participant"]
    for code in ("Regel 18", "Regel 16"):
        refused = filled("erase", person, "--approve", "--as", "asks", status=1).err
        assert code in refused
        assert "Unwiderruflich" not in refused
        filled("erase", person, *GROUND, "--as", "asks")


def test_customer_number_is_asked_for_and_never_shown(filled: Cli, typed: Any) -> None:
    """`-` finds the person by the customer number on standard input; afterwards nobody is found by it."""
    person = row_of(filled)["participant"]
    said = []
    typed(NUMBER)
    said.append(filled("erase", "-", *GROUND, "--as", "asks"))
    assert person in said[0].out
    typed(f" {NUMBER} ", "ja")
    said.append(filled("erase", "-", "--approve", "--as", "approves"))
    typed(NUMBER)
    said.append(filled("erase", "-", *GROUND, status=1))
    assert "Kundennummer" in said[2].err
    assert all(NUMBER not in answer.out + answer.err for answer in said)


def test_declined_request(filled: Cli) -> None:
    """What is declined is not approved, and is listed as declined."""
    person = row_of(filled)["participant"]
    filled("erase", person, *GROUND, "--as", "asks")
    assert "Abgelehnt" in filled("erase", person, "--decline", "--as", "dsb").out
    assert "Regel 18" in filled("erase", person, "--approve", "--yes", "--as", "dsb", status=1).err
    assert "abgelehnt" in filled("erase", "--list").out


def test_register_is_listed(filled: Cli) -> None:
    """Who asked on which ground and who decided, in words and as JSON."""
    assert "Kein Antrag" in filled("erase", "--list").out
    person = erased(filled)["participant"]
    told = filled("erase", "--list").out
    assert [word for word in (person, "gelöscht", "no_longer_needed", "asks", "approves") if word not in told] == []
    (case,) = filled("erase", "--list", "--format", "json").json
    assert (case["participant"], case["erasure"], case["epoch"]) == (person, "erased", 2)
    assert (case["requested_by"], case["decided_by"]) == ("asks", "approves")


@pytest.mark.parametrize(
    "arguments",
    [
        ("erase",),
        ("erase", uuid4()),
        ("erase", "--approve"),
        ("erase", uuid4(), "--approve", "--decline"),
        ("erase", uuid4(), "--list"),
        ("erase", "P-17", "--approve"),
        ("restrict",),
        ("restrict", uuid4()),
        ("restrict", uuid4(), "--lift", "--ground", "objection"),
        ("restrict", uuid4(), "--list"),
    ],
)
def test_wrong_usage(cli: Cli, arguments: tuple[object, ...]) -> None:
    """One thing at a time, and about somebody."""
    cli(*arguments, status=2)


def test_nobody_unknown_is_erased_or_restricted(cli: Cli) -> None:
    """An id nobody was enrolled under is refused."""
    for arguments in (("erase", uuid4(), *GROUND), ("restrict", uuid4(), "--lift")):
        assert "nie aufgenommen" in cli(*arguments, status=1).err


def test_who_was_erased_comes_back_as_somebody_new(filled: Cli) -> None:
    """The same row in a file is somebody new; other steps of the erased are refused."""
    before = erased(filled)["participant"]
    refused = filled("import", filled.lines("more.jsonl", CORRECTION | {"id": "9"}), "--programme", "lzb", status=1)
    assert "Regel 6" in refused.err + refused.out
    rows = filled.lines("again.jsonl", {**ROWS[0], "customer_number": NUMBER, "id": "10", "on": "2017-06-01"})
    filled("import", rows, "--programme", "lzb")
    enrolled = ("evidence", "--programme", "lzb", "--figure", "participants_enrolled", "--stichtag", "2018-01-01")
    people = {row["participant"] for row in filled(*enrolled, "--format", "json").json["rows"]}
    assert before in people
    assert len(people) == 3


# --- restrict ---------------------------------------------------------------------------------------


def test_restricted_reasons_are_not_shown(filled: Cli) -> None:
    """The history of a restricted person shows no reason until the restriction is lifted (Art. 18 DSGVO)."""
    row = row_of(filled)
    assert "Niemand" in filled("restrict", "--list").out
    filled("restrict", row["participant"], "--ground", "accuracy_contested", "--as", "dsb")
    told = filled("history", row["journey"]).out
    assert "Tippfehler" not in told
    assert "(gesperrt)" in told
    assert row["participant"] in filled("restrict", "--list").out
    (case,) = filled("restrict", "--list", "--format", "json").json
    assert (case["restricted"], case["restricted_by"]) == ("accuracy_contested", "dsb")
    filled("restrict", row["participant"], "--lift", "--as", "dsb")
    assert "Tippfehler" in filled("history", row["journey"]).out
    assert filled("restrict", "--list", "--format", "json").json == []


def test_erasing_the_restricted_warns(filled: Cli, typed: Any) -> None:
    """Before the question it is said that the person is restricted, and why."""
    person = row_of(filled)["participant"]
    filled("restrict", person, "--ground", "legal_claims")
    filled("erase", person, *GROUND, "--as", "asks")
    typed("nein")
    assert "legal_claims" in filled("erase", person, "--approve", "--as", "approves", status=1).err


# --- dispute ----------------------------------------------------------------------------------------


def test_contested_entry_is_marked(filled: Cli) -> None:
    """Evidence and history show the mark in every format until it is settled (Art. 18 DSGVO)."""
    row = row_of(filled)
    journey, (position,) = row["journey"], row["entries"]
    assert "strittig" not in filled(*FIGURE).out
    entries = filled("history", journey, "--format", "json").json["entries"]
    (entry,) = [one["entry"] for one in entries if one["position"] == position]
    assert "ist strittig" in filled("dispute", journey, entry, "--as", "coach").out
    assert row_of(filled) == row | {"disputed": [position]}
    assert "davon strittig" in filled(*FIGURE).out
    assert f";{position};{position}\n" in filled(*FIGURE, "--format", "csv").out
    told = filled("history", journey, "--format", "json").json["entries"]
    assert [one["entry"] for one in told if one.get("disputed")] == [entry]
    assert told[-1]["disputes"] == entry
    assert "strittig" in filled("history", journey).out
    assert "nicht strittig" in filled("dispute", journey, entry, "--settle").out
    assert row_of(filled) == row
    told = filled("history", journey, "--format", "json").json["entries"]
    assert [one["entry"] for one in told if one.get("disputed")] == []
    assert told[-1]["settles"] == entry
    assert f"Nr. {entry} ist nicht mehr strittig" in filled("history", journey).out


def test_dispute_of_nothing_is_refused(filled: Cli) -> None:
    """An entry or a journey that is not there, and one of somebody erased (rules 12 and 18)."""
    journey = row_of(filled)["journey"]
    assert "Regel 12" in filled("dispute", journey, 99, status=1).err
    filled("dispute", uuid4(), 1, status=1)
    erased(filled)
    assert "Regel 18" in filled("dispute", journey, 2, status=1).err


# --- retention and re-identification ------------------------------------------------------------------


def test_retention_is_listed(filled: Cli) -> None:
    """Every person with the last day of keeping and the state; only those due if asked (five years after 2019)."""
    asked = ("retention", "--programme", "lzb", "--on", "2025-01-01")
    person = erased(filled)["participant"]
    found = {row["participant"]: row for row in filled(*asked, "--format", "json").json}
    assert found[person]["state"] == "erased"
    (other,) = set(found) - {person}
    assert found[other] == {
        "participant": other,
        "programmes": ["lzb"],
        "ended_on": "2019-06-30",
        "due_on": "2024-12-31",
        "state": "due",
    }
    assert [row["participant"] for row in filled(*asked, "--due", "--format", "json").json] == [other]
    assert filled("retention", "--on", "2024-12-31", "--due", "--format", "json").json == []
    assert f"{other};lzb;2019-06-30;2024-12-31;due" in filled(*asked, "--format", "csv").out
    told = filled(*asked).out
    assert [word for word in ("Aufbewahrung 5 Jahre", "fällig 1", "gelöscht 1", "31.12.2024") if word not in told] == []
    assert "Regel 1:" in filled("retention", "--programme", "nowhere", status=1).err


def test_years_are_those_of_the_programme_file(bare: Cli) -> None:
    """A programme file says how long is kept, and opening tells it."""
    bare("init")
    text = 'key = "x"\ntitle = "X"\nfunder = "Y"\nstarts_on = 2016-03-01\nends_on = 2019-06-30\nretention_years = {}\n'
    assert "bis 10 Jahre" in bare("programme", "open", bare.write("x.toml", text.format(10))).out
    bare("programme", "open", bare.write("y.toml", text.format(0).replace('"x"', '"y"')), status=1)


def test_rare_traits_are_listed(filled: Cli) -> None:
    """The check explains itself and lists the rare combinations among the erased."""
    assert filled("reidentification", "--format", "json").json == {"age": [], "age_group": []}
    erased(filled)
    found = filled("reidentification", "--format", "json").json
    assert [one["persons"] for one in found["age"]] == [1]
    assert found["age_group"][0]["traits"].keys() - {"age_group"} == found["age"][0]["traits"].keys() - {"age"}
    told = filled("reidentification").out
    assert f"age {found['age'][0]['traits']['age']}" in told
    assert "Pseudonymen" in told
    assert filled("erase", "--list", "--format", "json").json[0]["participant"] not in told
