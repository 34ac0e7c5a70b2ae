"""`werdegang regimes`: what of one person counts in which counting, in words and as JSON."""

from typing import Any

import pytest
from calling import Cli, step

ASKED = ("--programme", "lzb", "--stichtag", "2017-12-31")
NOBODY = "00000000-0000-4000-8000-000000000000"

sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
languages = pytest.mark.parametrize("language", ["de", "en"])


def counted(verdicts: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """The figures something counts in, by kind of thing and regime."""
    return {(one["thing"]["kind"], one["regime"]): [count["figure"] for count in one["counted"]] for one in verdicts}


def test_verdicts_as_json(filled: Cli) -> None:
    """Every thing of the person in every regime: what it counts in, a code and a sentence why or why not."""
    told = filled("regimes", "A", *ASKED, "--format", "json").json
    assert list(told) == ["programme", "participant", "stichtag", "datenstand", "verdicts"]
    assert (told["programme"], told["stichtag"]) == ("lzb", "2017-12-31")
    assert told["datenstand"] == filled("status", "--format", "json").json["ledger_position"]
    assert counted(told["verdicts"]) == {
        ("participation", "persons"): ["participants_enrolled", "participants_active"],
        ("participation", "person_months"): [],
        ("participation", "participations"): [],
        ("participation", "esf"): ["EECO01", "EECO07", "EECO09"],
        ("single_parent_in_svp", "persons"): ["single_parents_in_svp"],
        ("single_parent_in_svp", "person_months"): [],
        ("single_parent_in_svp", "participations"): [],
        ("placement", "persons"): ["placed_svp", "placed_any"],
        ("placement", "person_months"): ["integrations_12m", "sustained_yes"],
        ("placement", "participations"): [],
        ("funding", "persons"): ["follow_up_funded"],
        ("funding", "person_months"): [],
        ("funding", "participations"): ["follow_up_funding_eur"],
    }
    for verdict in told["verdicts"]:
        assert verdict["reason"]
        assert verdict["why"].endswith(".")
        for one in verdict["counted"]:
            assert one["value"] == 1 or one["figure"] == "follow_up_funding_eur"
    amounts = [one["value"] for verdict in told["verdicts"] for one in verdict["counted"] if one["value"] != 1]
    assert amounts == [1234.5]


def test_counted_is_what_the_figures_count(filled: Cli) -> None:
    """The person stands in the evidence of every figure named, and of no other that counts persons."""
    told = filled("regimes", "A", *ASKED, "--format", "json").json
    named = {count["figure"] for verdict in told["verdicts"] for count in verdict["counted"]}
    for code in ("placed_svp", "placed_minijob_only", "follow_up_funded", "integrations_12m", "sustained_no"):
        rows = filled("evidence", *ASKED, "--figure", code, "--format", "json").json["rows"]
        assert (told["participant"] in [row["participant"] for row in rows]) == (code in named), code


def test_person_by_own_key_or_by_id(filled: Cli) -> None:
    """The id that evidence shows means the same as the caller's own key."""
    told = filled("regimes", "A", *ASKED, "--format", "json").json
    assert filled("regimes", told["participant"], *ASKED, "--format", "json").json == told
    assert filled("regimes", told["participant"].upper(), *ASKED, "--format", "json").json == told


WORDS = {
    "de": [
        "in lzb: Stichtag 31.12.2017, Datenstand 9",
        "Programmbilanz (Personen)",
        "Kennzahlen § 48a (Personenmonate)",
        "Förderstatistik (Teilnahmen)",
        "svp-Beschäftigung p1 ab 01.02.2017",
        "Förderung f1 (egz) vom 01.02.2017",
        "Integration im Monat 2017-02 (K2, § 48a SGB II), nachhaltig (K2E3).",
        "EECO01 EECO07 EECO09",
    ],
    "en": [
        "in lzb: Stichtag 2017-12-31, Datenstand 9",
        "Programme balance (persons)",
        "Indicators of § 48a (person-months)",
        "Funding statistics (participations)",
        "Job subject to social insurance p1 from 2017-02-01",
        "Funding f1 (egz) of 2017-02-01",
        "integration in month 2017-02 (K2, § 48a SGB II), sustained (K2E3).",
        "EECO01 EECO07 EECO09",
    ],
}


@languages
def test_verdicts_in_words(filled: Cli, language: str) -> None:
    """A table of what counts where, then every reason, in the user's language; the same sentences as in JSON."""
    call = ("--language", language, "regimes", "A", *ASKED)
    told = filled(*call).out
    assert [word for word in WORDS[language] if word not in told] == [], told
    sentences = {verdict["why"] for verdict in filled(*call, "--format", "json").json["verdicts"]}
    assert [sentence for sentence in sentences if sentence not in told] == []
    placed = next(line for line in told.splitlines() if line.startswith(WORDS[language][4]))
    assert placed.split()[-3:] == ["placed_svp", "integrations_12m", "–"]


def test_as_known_then(filled: Cli) -> None:
    """A job reported late counts from the Datenstand on that knows it."""
    before = filled("status", "--format", "json").json["ledger_position"]
    late = step("placement_started", "2017-05-01", "B", ref="p1", kind="minijob")
    filled("import", filled.lines("late.jsonl", late), "--programme", "lzb")
    told = filled("regimes", "B", *ASKED, "--format", "json").json["verdicts"]
    assert counted(told)["placement", "persons"] == ["placed_minijob_only", "placed_any"]
    earlier = filled("regimes", "B", *ASKED, "--datenstand", before, "--format", "json").json["verdicts"]
    assert "placement" not in {verdict["thing"]["kind"] for verdict in earlier}


@languages
@pytest.mark.parametrize(
    ("person", "asked", "named"),
    [
        ("Geheimwort", ASKED, ("Schlüssel", "key")),
        (NOBODY, ASKED, (NOBODY, NOBODY)),
        ("A", ("--programme", "nirgends", *ASKED[2:]), ("nirgends", "nirgends")),
        ("A", (*ASKED, "--datenstand", "1"), ("Datenstand 1", "Datenstand 1")),
        ("A", (*ASKED, "--datenstand", "999"), ("999", "999")),
    ],
)
def test_unknown_is_refused(
    filled: Cli, language: str, person: str, asked: tuple[str, ...], named: tuple[str, str]
) -> None:
    """Exit status 1 and what was not found in the user's language; a key, which may be personal, is not repeated."""
    answer = filled("--language", language, "regimes", person, *asked, status=1)
    assert named[language == "en"] in answer.err
    assert "Geheimwort" not in answer.err
    assert "Unerwartet" not in answer.err
    assert answer.out == ""


@sqlite_only
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (ASKED, "PERSON"),
        (("A", *ASKED[:2]), "--stichtag"),
        (("A", *ASKED[2:]), "--programme"),
        (("A", *ASKED, "--format", "csv"), "csv"),
    ],
)
def test_wrong_usage(bare: Cli, arguments: tuple[str, ...], named: str) -> None:
    """Exit status 2, and the message names what is wrong."""
    assert named in bare("regimes", *arguments, status=2).err
