"""What the report of a balance says: the figures beside their targets, every breakdown, and who answers for it."""

from datetime import date
from typing import Any

import msgspec
import pytest
from sample_balance import CHECKPOINT, EDITION, KNOWN_ON, PROGRAMME, STICHTAG, VALUES, balance, report

from domain.facts import TargetGroup
from domain.texts import CATALOGUE, Text
from projections.catalogue import CATALOGUES, CORE, Regime, Unit
from projections.glossary import trait_label
from projections.reports import Report, balance_report
from projections.reports.model import (
    Chart,
    Definitions,
    Heading,
    Hidden,
    Highlights,
    Number,
    Points,
    Signatures,
    Table,
)
from projections.reports.words import REGIMES, UNITS


def table(told: Report, name: str) -> Table:
    return next(one for one in told.tables() if one.name == name)


def cells(told: Table) -> dict[str, dict[str, Any]]:
    """The cells of a table by the names of row and column."""
    names = [column.name for column in told.columns]
    return {row.name: dict(zip(names, row.cells, strict=True)) for row in told.rows}


def blocks(told: Report, kind: type) -> list[Any]:
    return [block for block in told.blocks if isinstance(block, kind)]


def test_every_figure_beside_its_target() -> None:
    """All figures with value and unit; where the programme has a target, it and the difference, exactly."""
    found = cells(table(report(series=None), "figures"))
    assert set(found) == {figure.code for figure in CORE.figures}
    enrolled = found["participants_enrolled"]
    assert (enrolled["value"], enrolled["target"]) == (Number(101, Unit.PERSONS), Number(120, Unit.PERSONS))
    assert enrolled["difference"] == Number(-19, Unit.PERSONS, signed=True)
    assert found["placement_rate"]["value"] == Number(0.4453125, Unit.RATE)
    assert found["placement_rate"]["difference"] == Number(0.0953125, Unit.RATE, signed=True)
    assert (found["placed_svp"]["target"], found["placed_svp"]["difference"]) == (None, None)


def test_difference_of_rates_is_exact() -> None:
    """What is shown as +0.1 is 0.1, not what binary fractions make of 0.3 − 0.2."""
    told = report(series=None, balance=balance(placement_rate=0.3), programme=targets(placement_rate=0.2))
    assert cells(table(told, "figures"))["placement_rate"]["difference"] == Number(0.1, Unit.RATE, signed=True)


def test_rate_without_a_value_has_no_difference() -> None:
    """Where there is nothing to divide by, there is nothing to compare."""
    told = report(series=None, balance=balance(placement_rate=None), programme=targets(placement_rate=0.2))
    found = cells(table(told, "figures"))["placement_rate"]
    assert found["difference"] == Number(None, Unit.RATE, signed=True)
    assert any("Bezugsgröße" in note for note in table(told, "figures").notes)


def test_without_targets_there_are_no_columns_for_them() -> None:
    """A programme without targets shows the values alone."""
    told = report(series=None, programme=targets())
    assert [column.name for column in table(told, "figures").columns][-1] == "value"


def targets(**wanted: float) -> Any:
    return msgspec.structs.replace(PROGRAMME, targets=wanted)


def test_figures_counted_alike_stand_together() -> None:
    """One group per regime, in the table and in the order of the rows, so that none is mixed with another."""
    found = [row.cells[0] for row in table(report(series=None), "figures").rows]
    regimes = [REGIMES[one].german for one in (Regime.PERSONS, Regime.PERSON_MONTHS, Regime.PARTICIPATIONS)]
    assert list(dict.fromkeys(found)) == regimes
    assert found == sorted(found, key=regimes.index)


def test_every_breakdown_has_its_table() -> None:
    """One table per trait, per combination of traits the balance has, and per category of a figure's own."""
    told = report(series=None)
    for trait in (*CORE.traits, "gender|single_parent"):
        found = table(told, f"by_{trait}")
        assert [column.name for column in found.columns][3:] == ["total", *VALUES[trait]]
        broken_down = [figure.code for figure in CORE.figures if trait in balance().figures[figure.code].by]
        assert {row.name for row in found.rows} == set(broken_down)
        assert "caseload_max" not in broken_down
    by_gender = cells(table(told, "by_gender"))["participants_enrolled"]
    assert [by_gender[name].value for name in ("total", "female", "male")] == [101, 1, 2]
    assert cells(table(told, "by_reason"))["moved_away"]["exits"] == Number(19, Unit.PERSONS)
    assert [row.name for row in table(told, "by_coach").rows] == ["coach-1", "coach-2"]


def test_value_nobody_has_is_zero() -> None:
    """A cell the balance does not name was counted as 0; a rate there has no value."""
    figures = dict(balance().figures)
    for code in ("placed_svp", "placement_rate"):
        figures[code] = msgspec.structs.replace(figures[code], by={**figures[code].by, "gender": {}})
    told = report(series=None, balance=msgspec.structs.replace(balance(), figures=figures))
    found = cells(table(told, "by_gender"))
    assert found["placed_svp"]["female"] == Number(0, Unit.PERSONS)
    assert found["placement_rate"]["female"] == Number(None, Unit.RATE)


def test_every_figure_is_defined() -> None:
    """Definition, source, unit and regime of every figure of the balance, and of no other."""
    (defined,) = blocks(report(series=None), Definitions)
    assert [one.code for one in defined.definitions] == [figure.code for figure in CORE.figures]
    assert all(one.text and one.source and one.unit and one.regime for one in defined.definitions)


def test_methods_say_the_two_times() -> None:
    """Stichtag, Datenstand and the day of the last entry are explained."""
    (points,) = blocks(report(series=None), Points)
    told = dict(points.points)
    assert "19.02.2018" in told["Stichtag"]
    assert "Position 4711" in told["Datenstand"]
    assert "20.02.2018" in told["Datenstand"]
    assert {"Personen", "Teilnahmen und Leistungen", "Rundung", "Merkmale"} <= set(told)


def test_title_page() -> None:
    """What a reader must know first: programme, period, target group, ratio, the two times, edition, catalogue."""
    told = {one.name: one.value for one in report(series=None, edition=EDITION).particulars}
    assert told == {
        "programme": "Beispielprogramm (demo)",
        "funder": "Land",
        "period": "01.01.2017 bis 31.12.2019",
        "target_group": "ab 23 Jahren; mindestens 21 der letzten 24 Monate im Leistungsbezug; "
        "wohnhaft in Raunheim, Kelsterbach",
        "coaching_ratio": "1 : 80 (ein Coach für höchstens 80 Personen)",
        "stichtag": STICHTAG,
        "datenstand": "Position 4711 des Journals, erfasst bis 20.02.2018",
        "edition": "demo/3",
        "catalogue": CORE.version,
    }


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (TargetGroup(), None),
        (TargetGroup(age_min=23, age_max=34), "23 bis 34 Jahre"),
        (TargetGroup(age_max=34, migration_background=True), "bis 34 Jahre; mit Migrationshintergrund"),
        (TargetGroup(migration_background=False), "ohne Migrationshintergrund"),
        (TargetGroup(age_min=0), "ab 0 Jahren"),
        (TargetGroup(benefit_months_min=0), "mindestens 0 der letzten 24 Monate im Leistungsbezug"),
    ],
)
def test_target_group_in_words(group: TargetGroup, told: str | None) -> None:
    """Every criterion a target group has, and none it has not."""
    found = report(series=None, programme=msgspec.structs.replace(PROGRAMME, target_group=group)).particulars
    assert {one.name: one.value for one in found}.get("target_group") == told


@pytest.mark.parametrize(
    ("given", "status", "day", "author"),
    [
        ({}, "Berechnung ohne Freigabe", KNOWN_ON, "Werdegang"),
        ({"known_on": None}, "Berechnung ohne Freigabe", STICHTAG, "Werdegang"),
        ({"edition": EDITION}, "Freigegeben", date(2018, 2, 22), "lead-1"),
        (
            {"edition": msgspec.structs.replace(EDITION, state="drafted", approved_by=None, approved_on=None)},
            "Entwurf, nicht freigegeben",
            date(2018, 2, 21),
            "controller-1",
        ),
        ({"edition": EDITION, "hidden": frozenset()}, "Öffentliche Fassung · Freigegeben", date(2018, 2, 22), "lead-1"),
    ],
)
def test_state_and_day_of_a_report(given: dict[str, Any], status: str, day: date, author: str) -> None:
    """A report says whether it is approved; its day is that of the last act, or of the last entry."""
    told = report(series=None, **given)
    assert (told.status, told.date, told.author) == (status, day, author)


def test_signatures_of_a_draft() -> None:
    """A draft has nobody under "approved"; its digest and checkpoint are there."""
    draft = msgspec.structs.replace(EDITION, approved_by=None, approved_on=None)
    (signed,) = blocks(report(series=None, edition=draft), Signatures)
    assert [(one.account, one.on) for one in signed.signatures] == [("controller-1", date(2018, 2, 21)), (None, None)]
    assert [seal.lines for seal in signed.seals] == [(EDITION.digest,), CHECKPOINT]


def test_highlights_are_the_article_s_figures() -> None:
    """The title page tells who was placed into jobs, further into minijobs, and single parents in jobs."""
    (found,) = blocks(report(series=None), Highlights)
    assert [one.value.value for one in found.highlights] == [101, 109, 110, 115]


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_catalogue_can_be_reported(name: str) -> None:
    """Units and regimes of every figure have words in both languages."""
    for figure in CATALOGUES[name].figures:
        for words in (UNITS[figure.unit], REGIMES[figure.regime]):
            assert words.in_language("en") not in ("", words.german) or words.german == "Minijob"


def test_balance_without_the_figures_of_the_core() -> None:
    """A balance of another catalogue has no highlights and no charts, and still its tables and definitions."""
    esf = CATALOGUES["esf"]
    codes = {figure.code: balance().figures["participants_enrolled"] for figure in esf.figures}
    given = msgspec.structs.replace(balance(), figures=codes, catalogue=esf.version)
    told = balance_report(given, esf, PROGRAMME, None, language="de")
    assert not blocks(told, Highlights)
    assert not blocks(told, Chart)
    assert len(table(told, "figures").rows) == len(esf.figures)
    assert blocks(told, Heading)[0].text == "Kennzahlen"


def test_everything_is_said_in_english() -> None:
    """No German text of a report is left in the English one, but for names and sources."""
    german, english = (report(language) for language in ("de", "en"))
    told = {language: set(words_of(one)) for language, one in (("de", german), ("en", english))}
    same = {words for words in told["de"] & told["en"] if any(sign.isalpha() for sign in words)}
    names = {*VALUES["municipality"], *VALUES["coach"], "Beispielprogramm", "Land", "Werdegang", "demo"}
    left = {one for one in same if one not in names and not one.startswith(("ISCED", "Stichtag", "Datenstand"))}
    assert left <= {"Code", "Coach", "Definition", "Minijob", "core", *(_sources())}, left
    assert CATALOGUE.exists()


def words_of(told: Report) -> Any:
    for block in told.blocks:
        match block:
            case Heading():
                yield block.text
            case Table() | Chart():
                yield from (block.caption, *block.notes)
        if isinstance(block, Table):
            yield from (column.title for column in block.columns)
            yield from (cell for row in block.rows for cell in row.cells[:3] if isinstance(cell, str) and " " in cell)
        if isinstance(block, Points):
            yield from (words for point in block.points for words in point)
    yield from (one.label for one in told.particulars)


def _sources() -> set[str]:
    return {figure.source for figure in CORE.figures} | {str(Text(trait_label("coach").german))}


# --- the public version -------------------------------------------------------------------------------

SECRET = 987_654


@pytest.fixture(scope="module")
def public() -> Report:
    """A public version whose hidden cells would be the secret number."""
    figures = dict(balance(placed_svp=SECRET, placement_rate=SECRET + 0.5).figures)
    by = {**figures["exits"].by, "gender": {"female": 3, "male": SECRET}, "reason": {"svp": SECRET, "moved_away": 9}}
    figures["exits"] = msgspec.structs.replace(figures["exits"], by=by)
    hidden = frozenset(
        {
            ("placed_svp", "", ""),
            ("placement_rate", "", ""),
            ("exits", "gender", "male"),
            ("exits", "reason", "svp"),
        }
    )
    return report(
        balance=msgspec.structs.replace(balance(), figures=figures),
        programme=targets(placed_svp=72, placement_rate=0.3),
        edition=EDITION,
        hidden=hidden,
    )


def test_hidden_cells_are_nowhere(public: Report) -> None:
    """Neither the value nor anything computed from it is in the report: no difference, no share, no chart."""
    told = str(msgspec.to_builtins(public))
    assert str(SECRET) not in told
    assert "987.654" not in told
    found = cells(table(public, "figures"))["placed_svp"]
    assert found["value"] == Hidden(Unit.PERSONS)
    assert found["target"] == Number(72, Unit.PERSONS)
    assert found["difference"] == Hidden(Unit.PERSONS, signed=True)
    assert cells(table(public, "by_gender"))["exits"]["male"] == Hidden(Unit.PERSONS)
    assert cells(table(public, "by_gender"))["exits"]["female"] == Number(3, Unit.PERSONS)
    assert cells(table(public, "by_reason"))["svp"]["exits"] == Hidden(Unit.PERSONS)
    assert cells(table(public, "funnel"))["placed_svp"]["share"] == Hidden(Unit.RATE)
    (highlights,) = blocks(public, Highlights)
    assert highlights.highlights[1].value == Hidden(Unit.PERSONS)


def test_public_version_has_no_course_and_no_coaches(public: Report) -> None:
    """Only the funnel is drawn; months, states and coaches would tell of single persons, and the report says so."""
    assert [chart.name for chart in blocks(public, Chart)] == ["funnel"]
    assert not {"placements_by_month", "states", "by_coach"} & {one.name for one in public.tables()}
    assert "coach-1" not in str(msgspec.to_builtins(public))
    told = [words for points in blocks(public, Points) for words in points.points]
    assert any("je Coach" in words for _about, words in told)


def test_public_version_has_no_digest(public: Report) -> None:
    """From a digest over all values the few hidden ones could be found by trying; the checkpoint stays."""
    assert EDITION.digest not in str(msgspec.to_builtins(public))
    (signed,) = blocks(public, Signatures)
    assert [seal.lines for seal in signed.seals] == [CHECKPOINT]


def test_share_of_a_hidden_total_is_hidden() -> None:
    """Where the enrolled are hidden, no share of them is shown."""
    told = report(series=None, hidden=frozenset({("participants_enrolled", "", "")}))
    shares = [row["share"] for row in cells(table(told, "funnel")).values()]
    assert shares == [Hidden(Unit.RATE)] * 5 + [None]


def test_public_version_that_hides_nothing_is_public_too() -> None:
    """An empty set of hidden cells is not the office's own version."""
    told = report(hidden=frozenset())
    assert told.public
    assert [chart.name for chart in blocks(told, Chart)] == ["funnel"]
