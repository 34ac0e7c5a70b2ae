"""The common indicators of the ESF+ (Regulation (EU) 2021/1057, Annex I), on both stores."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import naive_esf
import pytest
from entering import (
    AUSBILDUNG,
    MINIJOB,
    SELBSTAENDIG,
    SVP,
    Programme,
    changed,
    enrolled,
    job,
    on,
    some_days,
    without_job,
)
from hypothesis import given
from made_up import NewStores, few, filled, seeds
from random_commands import Command, Office
from steps import completed, exited, qualified

from domain import commands
from domain.errors import Refused
from domain.facts import (
    Enrolled,
    ProgrammeOpened,
    QualificationAbandoned,
    QualificationCompleted,
    TargetGroup,
    WhereaboutsRecorded,
)
from domain.journal import Decided, Streams
from domain.journey import Journey
from domain.terms import (
    AbandonReason,
    Education,
    ExitReason,
    Gender,
    LabourStatus,
    PlacementKind,
    Scheme,
    Whereabouts,
    WhereaboutsSource,
)
from projections.balance import EvidenceRow, FigureValue, compute, evidence
from projections.catalogue import CATALOGUES, CORE, ESF, Catalogue, Measure, Regime, Unit
from projections.exchange.export import export_rows
from projections.exchange.steps import given_step
from projections.stores import Stores

ENTRY, EXIT = "2017-01-02", "2017-07-03"
UNEMPLOYED, LONG_TERM, INACTIVE, EMPLOYED = LabourStatus
LATE = "2018-12-31"


def entered(labour_status: LabourStatus | None = UNEMPLOYED, day: str = ENTRY, **traits: object) -> Enrolled:
    """Somebody entering, by default unemployed."""
    return enrolled(day, labour_status=labour_status, **traits)


def left(day: str = EXIT) -> Any:
    """The exit."""
    return exited(on(day), ExitReason.NEED_ENDED)


def check(day: str | date, status: Whereabouts | str, improved: bool | None = None) -> WhereaboutsRecorded:
    """A follow-up check."""
    happened_on = on(day) if isinstance(day, str) else day
    found = Whereabouts(status)
    source = WhereaboutsSource.PARTICIPANT
    return WhereaboutsRecorded(happened_on=happened_on, status=found, source=source, improved=improved)


def after(days: int, day: str = EXIT) -> date:
    """So many days after the exit."""
    return on(day) + timedelta(days=days)


def figures(programme: Programme, stichtag: str | date, datenstand: int | None = None) -> dict[str, FigureValue]:
    """All indicators."""
    day = on(stichtag) if isinstance(stichtag, str) else stichtag
    return compute(programme.stores.read_model, programme.key, day, datenstand=datenstand, catalogue=ESF).figures


def rows_behind(
    programme: Programme, code: str, stichtag: str | date, datenstand: int | None = None
) -> list[EvidenceRow]:
    """The rows behind an indicator; they add up to it, and its parts by gender do."""
    day = on(stichtag) if isinstance(stichtag, str) else stichtag
    figure = figures(programme, day, datenstand)[code]
    behind = evidence(programme.stores.read_model, programme.key, code, day, datenstand=datenstand, catalogue=ESF)
    assert behind.value == figure.value == len(behind.rows) == sum(figure.by["gender"].values())
    assert all(row.value == 1 and row.unit == row.participant for row in behind.rows)
    assert len({row.unit for row in behind.rows}) == len(behind.rows)
    return behind.rows


def then(programme: Programme, stichtag: str | date, datenstand: int | None = None, **expected: int) -> None:
    """These indicators have these values, and the rows behind each add up to it."""
    found = {code: len(rows_behind(programme, code, stichtag, datenstand)) for code in expected}
    assert found == expected


# --- the catalogue ----------------------------------------------------------------------------------------------


def test_catalogue_has_the_indicators_of_the_annex() -> None:
    """EECO01 to EECO11, EECR01 to EECR06, each with its code in the source, all of the one regime."""
    codes = [f"EECO{number:02}" for number in range(1, 12)] + [f"EECR{number:02}" for number in range(1, 7)]
    assert [figure.code for figure in ESF.figures] == codes == list(ESF.selections)
    for figure in ESF.figures:
        assert figure.source == f"Verordnung (EU) 2021/1057, Anhang I, {figure.code}"
        assert (figure.unit, figure.regime, figure.per) == (Unit.PERSONS, Regime.ESF, None)
        assert figure.part.measure is Measure.COUNT
        for text in (figure.title, figure.definition):
            assert text.in_language("en") != text.german
    assert ESF.traits == ("gender",)
    assert CATALOGUES["esf"] is ESF
    assert Catalogue.restored(ESF.version, ESF.content) == ESF


def test_names_in_the_two_catalogues_differ() -> None:
    """No code is in both catalogues, and no regime."""
    assert not {figure.code for figure in ESF.figures} & {figure.code for figure in CORE.figures}
    assert Regime.ESF not in {figure.regime for figure in CORE.figures}


def test_page_describes_every_indicator() -> None:
    """docs/esf.md has a row for each, with title in both languages and source."""
    page = (Path(__file__).parents[2] / "docs" / "esf.md").read_text(encoding="utf-8")
    lines = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `EEC")}
    assert list(lines) == [figure.code for figure in ESF.figures]
    for figure in ESF.figures:
        assert figure.title.german in lines[figure.code], figure.code
        assert figure.title.in_language("en") in lines[figure.code], figure.code


def test_import_takes_what_the_indicators_ask_for() -> None:
    """A row of an import file gives the labour status and whether work has improved, or leaves them unknown."""
    entry = {"step": "enrolled", "on": ENTRY, "gender": "female", "age": 27, "migration_background": "ja"}
    entry |= {"single_parent": "nein", "municipality": "Raunheim", "benefit_months": 24, "education": "none"}
    checked = {"step": "whereabouts_recorded", "on": EXIT, "status": "svp", "source": "employer"}
    assert given_step(entry | {"labour_status": "Inactive"}).values["labour_status"] is INACTIVE
    assert given_step(checked | {"improved": "nein"}).values["improved"] is False
    assert "labour_status" not in given_step(entry).values
    assert "improved" not in given_step(checked).values
    for row, wrong in ((entry, {"labour_status": "arbeitslos"}), (checked, {"improved": "vielleicht"})):
        with pytest.raises(Refused) as refusal:
            given_step(row | wrong)
        assert refusal.value.code == "bad_value"


# --- upon entering ----------------------------------------------------------------------------------------------


def test_labour_status_at_entry(programme: Programme) -> None:
    """EECO02 counts the unemployed including the long-term ones of EECO03; an unknown status counts in EECO01 only."""
    for status in (UNEMPLOYED, UNEMPLOYED, LONG_TERM, INACTIVE, INACTIVE, INACTIVE, EMPLOYED, None):
        programme.given(entered(status))
    then(programme, ENTRY, EECO01=8, EECO02=3, EECO03=1, EECO04=3, EECO05=1)
    then(programme, "2017-01-01", EECO01=0, EECO02=0, EECO03=0, EECO04=0, EECO05=0)


@pytest.mark.parametrize(("age", "group"), [(17, 6), (18, 7), (29, 7), (30, 0), (54, 0), (55, 8), (80, 8), (0, 6)])
def test_age_at_entry(programme: Programme, age: int, group: int) -> None:
    """EECO06 below 18, EECO07 18 to 29, EECO08 from 55 on, in completed years at entry."""
    programme.given(entered(age=age))
    then(programme, LATE, EECO01=1, **{f"EECO{number:02}": int(number == group) for number in (6, 7, 8)})


@pytest.mark.parametrize(
    ("education", "group"),
    [
        (Education.NONE, 9),
        (Education.ISCED_0_2, 9),
        (Education.ISCED_3_4, 10),
        (Education.ISCED_5_8, 11),
        (Education.UNKNOWN, 0),
    ],
)
def test_education_at_entry(programme: Programme, education: Education, group: int) -> None:
    """EECO09 ISCED 0 to 2 or less, EECO10 3 to 4, EECO11 5 to 8; unknown counts in none."""
    programme.given(entered(education=education))
    then(programme, LATE, EECO01=1, **{f"EECO{number:02}": int(number == group) for number in (9, 10, 11)})


def test_first_enrolment_tells(programme: Programme) -> None:
    """A person counts once, with what was said at the first enrolment begun by the Stichtag."""
    person = uuid4()
    programme.given(entered(INACTIVE, age=17, education=Education.NONE), left(), participant=person)
    again = entered(EMPLOYED, "2017-08-01", age=18, education=Education.ISCED_3_4, gender=Gender.MALE)
    programme.given(again, participant=person)
    then(programme, LATE, EECO01=1, EECO04=1, EECO05=0, EECO06=1, EECO07=0, EECO09=1, EECO10=0)
    assert {name: count for name, count in figures(programme, LATE)["EECO01"].by["gender"].items() if count} == {
        "female": 1
    }


def test_second_enrolment_tells_where_the_first_is_withdrawn(programme: Programme) -> None:
    """Registered in error is a Storno: then the next enrolment is the first."""
    person = uuid4()
    first = programme.given(entered(INACTIVE), participant=person)
    before = programme.datenstand
    programme.withdraw(first, 1)
    programme.given(entered(EMPLOYED, "2017-08-01"), participant=person)
    then(programme, LATE, EECO01=1, EECO04=0, EECO05=1)
    then(programme, LATE, before, EECO01=1, EECO04=1, EECO05=0)


def test_by_women_men_and_non_binary(programme: Programme) -> None:
    """Annex I asks for women, men and non-binary persons; who said nothing stays visible; the parts are the whole."""
    for number, gender in enumerate(Gender, 1):
        for _person in range(number):
            programme.given(entered(gender=gender), job("2017-02-01"), left())
    parts = {"female": 1, "male": 2, "diverse": 3, "unspecified": 4}
    for code in ("EECO01", "EECO02", "EECR04", "EECR05"):
        assert figures(programme, LATE)[code].by == {"gender": parts}
        assert len(rows_behind(programme, code, LATE)) == 10


def test_corrected_status_at_entry(programme: Programme) -> None:
    """A Berichtigung of the enrolment counts from its position on, a later Datenstand otherwise."""
    journey = programme.given(entered(None), job("2017-02-01"), left())
    before = programme.datenstand
    programme.correct(journey, 1, labour_status=LONG_TERM)
    then(programme, LATE, before, EECO02=0, EECO03=0, EECR04=0, EECR05=0)
    then(programme, LATE, EECO02=1, EECO03=1, EECR04=1, EECR05=1)


# --- upon leaving: what a follow-up check says ------------------------------------------------------------------

RESULTS = ("EECR01", "EECR02", "EECR03", "EECR04", "EECR05", "EECR06")


@pytest.mark.parametrize("status", LabourStatus)
@pytest.mark.parametrize("found", Whereabouts)
def test_result_by_status_and_check(programme: Programme, status: LabourStatus, found: Whereabouts) -> None:
    """EECR01 is for the inactive, EECR04 for the unemployed and inactive, EECR02 for everybody."""
    programme.given(entered(status), left(), check(EXIT, found))
    in_work = found.value in ("svp", "minijob", "selbstaendig", "ausbildung", "publicly_funded")
    then(
        programme,
        LATE,
        EECR01=int(found is Whereabouts.JOB_SEEKING and status is INACTIVE),
        EECR02=int(found in (Whereabouts.QUALIFICATION, Whereabouts.AUSBILDUNG)),
        EECR03=0,
        EECR04=int(in_work and status is not EMPLOYED),
        EECR05=0,
        EECR06=0,
    )


@pytest.mark.parametrize("found", ["job_seeking", "qualification", "svp"])
def test_unknown_status_at_entry(programme: Programme, found: str) -> None:
    """Without the status at entry there is no change to count: only being in training is asked of everybody."""
    programme.given(entered(None), left(), check(EXIT, found))
    then(programme, LATE, EECR01=0, EECR02=int(found == "qualification"), EECR04=0)


@pytest.mark.parametrize(("days", "counts"), [(-1, 0), (0, 1), (28, 1), (29, 0)])
def test_four_weeks_are_28_days(programme: Programme, days: int, counts: int) -> None:
    """ "Upon leaving" is from the day of the exit to the 28th day after it, both included."""
    programme.given(entered(INACTIVE), left(), check(after(days), "job_seeking"))
    programme.given(entered(INACTIVE), left(), check(after(days), "svp"))
    programme.given(entered(INACTIVE), left(), check(after(days), "qualification"))
    then(programme, LATE, EECR01=counts, EECR02=counts, EECR04=counts)


def test_last_change_counts(programme: Programme) -> None:
    """Of several changes in the 28 days only the last counts, so that EECR01 and EECR04 exclude each other."""
    programme.given(entered(INACTIVE), left(), check(after(0), "job_seeking"), check(after(20), "svp"))
    programme.given(entered(INACTIVE), left(), check(after(0), "svp"), check(after(28), "job_seeking"))
    programme.given(entered(INACTIVE), left(), check(after(20), "svp"), check(after(3), "job_seeking"))
    programme.given(entered(INACTIVE), left(), check(after(20), "svp"), check(after(29), "job_seeking"))
    then(programme, LATE, EECR01=1, EECR04=3)


def test_check_that_found_nothing_tells_nothing(programme: Programme) -> None:
    """Who was not reached is what was known before: an earlier check, else the placements."""
    programme.given(entered(INACTIVE), left(), check(after(5), "job_seeking"), check(after(20), "unknown"))
    programme.given(entered(INACTIVE), job("2017-02-01"), left(), check(after(5), "unknown"))
    then(programme, LATE, EECR01=1, EECR04=1)


def test_of_two_checks_on_a_day_the_one_entered_last_counts(programme: Programme) -> None:
    """Two checks on one day do not both count."""
    for first, second in (("svp", "job_seeking"), ("job_seeking", "svp"), ("job_seeking", "svp")):
        programme.given(entered(INACTIVE), left(), check(after(9), first), check(after(9), second))
    then(programme, LATE, EECR01=1, EECR04=2)


def test_stichtag_within_the_four_weeks(programme: Programme) -> None:
    """Before the 28 days are over, what is so by the Stichtag counts."""
    programme.given(entered(INACTIVE), left(), check(after(10), "job_seeking"), check(after(20), "svp"))
    programme.given(entered(), job("2017-02-01"), left(), without_job(after(15).isoformat()))
    then(programme, after(-1), EECR01=0, EECR04=0)
    then(programme, after(0), EECR01=0, EECR04=1)
    then(programme, after(10), EECR01=1, EECR04=1)
    then(programme, after(14), EECR01=1, EECR04=1)
    then(programme, after(15), EECR01=1, EECR04=0)
    then(programme, after(20), EECR01=0, EECR04=1)
    then(programme, LATE, EECR01=0, EECR04=1)


def test_nobody_counts_before_the_exit(programme: Programme) -> None:
    """Results are those of persons who have left by the Stichtag."""
    programme.given(entered(INACTIVE), job("2017-02-01"), qualified(on("2017-02-01")), completed(on("2017-03-01")))
    programme.given(entered(INACTIVE), job("2017-02-01"), left())
    then(programme, after(-1), EECR01=0, EECR02=0, EECR03=0, EECR04=0)
    then(programme, LATE, EECR03=0, EECR04=1)


# --- upon leaving: what placements and qualifications say -------------------------------------------------------


@pytest.mark.parametrize("kind", [SVP, MINIJOB, AUSBILDUNG, SELBSTAENDIG])
@pytest.mark.parametrize("scheme", Scheme)
def test_placement_upon_leaving(programme: Programme, kind: PlacementKind, scheme: Scheme) -> None:
    """Without a check a placement of any kind is employment, publicly funded too; a training is education as well."""
    programme.given(entered(), job("2017-02-01", kind=kind, scheme=scheme), left())
    programme.given(entered(EMPLOYED), job("2017-02-01", kind=kind, scheme=scheme), left())
    then(programme, LATE, EECR01=0, EECR02=2 * int(kind is AUSBILDUNG), EECR04=1, EECR05=1)


@pytest.mark.parametrize(("days", "counts"), [(0, 0), (27, 0), (28, 0), (29, 1)])
def test_placement_covers_the_28th_day(programme: Programme, days: int, counts: int) -> None:
    """The end of a placement is the first day without: it has to lie after the 28th day."""
    end = after(days).isoformat()
    programme.given(entered(), job("2017-02-01"), left(), without_job(end))
    programme.given(entered(), job("2017-02-01", kind=AUSBILDUNG), left(), without_job(end))
    then(programme, LATE, EECR02=counts, EECR04=2 * counts)


def test_check_goes_before_the_placements(programme: Programme) -> None:
    """What the person says goes before a job whose end nobody recorded, and before a job nobody recorded."""
    programme.given(entered(INACTIVE), job("2017-02-01"), left(), check(after(9), "job_seeking"))
    programme.given(entered(), qualified(on("2017-06-01")), left(), check(after(9), "inactive"))
    programme.given(entered(INACTIVE), left(), check(after(9), "minijob"))
    then(programme, LATE, EECR01=1, EECR02=0, EECR04=1)


def test_job_that_ends_after_the_check(programme: Programme) -> None:
    """The end of the job a check found is a later change; another job on the last day is work all the same."""
    begun, end = job("2017-02-01"), without_job(after(20).isoformat())
    programme.given(entered(), begun, left(), check(after(9), "svp"), end)
    programme.given(entered(), begun, left(), check(after(9), "publicly_funded"), end)  # another job
    programme.given(entered(), job("2017-02-01", scheme=Scheme.P16I), left(), check(after(9), "publicly_funded"), end)
    programme.given(entered(), begun, left(), check(after(20), "svp"), end)
    programme.given(entered(), begun, left(), check(after(9), "svp"), without_job(after(29).isoformat()))
    programme.given(entered(), begun, job("2017-03-01", "m", MINIJOB), left(), check(after(9), "svp"), end)
    programme.given(entered(), job("2017-02-01", kind=MINIJOB), left(), check(after(9), "svp"), end)  # another job
    funded = job("2017-02-01", scheme=Scheme.P16I)
    programme.given(entered(), funded, left(), check(after(9), "selbstaendig"), end)  # another job
    programme.given(entered(), begun, left(), check(after(9), "svp"), without_job(after(28).isoformat()))
    then(programme, LATE, EECR04=6)
    then(programme, after(19), EECR04=9)
    then(programme, after(27), EECR04=7)


def test_training_that_ends_after_the_check(programme: Programme) -> None:
    """The same for a training: a job beside it keeps the person in work, not in training."""
    begun, end = job("2017-02-01", kind=AUSBILDUNG), without_job(after(20).isoformat())
    programme.given(entered(), begun, left(), check(after(9), "ausbildung"), end)
    programme.given(entered(), begun, job("2017-03-01", "m", MINIJOB), left(), check(after(9), "ausbildung"), end)
    programme.given(entered(), begun, left(), check(after(9), "qualification"), end)
    then(programme, after(19), EECR02=3, EECR04=2)
    then(programme, LATE, EECR02=1, EECR04=1)


def test_qualification_upon_leaving(programme: Programme) -> None:
    """A qualification begun and not ended by the last of the 28 days is training; one that ended is none."""
    begun = qualified(on("2017-05-01"))
    programme.given(entered(EMPLOYED), begun, left())
    programme.given(entered(), begun, completed(on("2017-07-02")), left())
    programme.given(entered(), begun, abandoned("2017-07-03"), left())
    programme.given(entered(), begun, qualified(on("2017-05-02"), "r"), completed(on("2017-07-02")), left())
    then(programme, LATE, EECR02=2)


def abandoned(day: str) -> QualificationAbandoned:
    """A qualification broken off."""
    return QualificationAbandoned(happened_on=on(day), ref="q", reason=AbandonReason.CHILDCARE)


def test_qualification_gained(programme: Programme) -> None:
    """EECR03: completed with a certificate by the end of the 28 days; a person once, however many."""
    begun = qualified(on("2017-02-01"))
    programme.given(entered(EMPLOYED), begun, completed(on("2017-03-01")), left())
    programme.given(entered(None), begun, completed(on(EXIT)), qualified(on("2017-02-01"), "r"), left())
    programme.given(entered(), begun, QualificationCompleted(happened_on=on("2017-03-01"), ref="q"), left())
    programme.given(entered(), begun, abandoned("2017-03-01"), left())
    programme.given(entered(), begun, left())
    twice = (begun, completed(on("2017-03-01")), qualified(on("2017-03-01"), "r"), completed(on("2017-04-01"), "r"))
    programme.given(entered(), *twice, left())
    programme.given(entered(), begun, completed(on("2017-03-01")))
    then(programme, LATE, EECR03=3)


# --- six months after leaving -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exit_on", "day"),
    [
        ("2017-07-03", "2018-01-03"),
        ("2017-08-31", "2018-02-28"),
        ("2015-08-30", "2016-02-29"),
        ("2017-03-31", "2017-09-30"),
    ],
)
def test_day_six_months_after(programme: Programme, exit_on: str, day: str) -> None:
    """The same day six months later, clipped to its month; before it nothing counts, on it the placement does."""
    programme.given(entered(day="2015-01-01"), job("2015-02-01"), left(exit_on), without_job(on(day).isoformat()))
    just = (on(day) + timedelta(days=1)).isoformat()
    programme.given(entered(day="2015-01-01"), job("2015-02-01"), left(exit_on), without_job(just))
    then(programme, on(day) - timedelta(days=1), EECR05=0)
    then(programme, day, EECR05=1)
    then(programme, LATE, EECR05=1)


@pytest.mark.parametrize(("days", "counts"), [(-1, 0), (0, 1), (28, 1), (29, 0)])
def test_check_six_months_after(programme: Programme, days: int, counts: int) -> None:
    """A check on the day six months after the exit or in the 28 days after it tells how it was."""
    checked = after(days, "2018-01-03")
    programme.given(entered(), left(), check(checked, "svp"))
    programme.given(entered(EMPLOYED), left(), check(checked, "svp", improved=True))
    then(programme, LATE, EECR05=counts, EECR06=counts)
    then(programme, checked - timedelta(days=1), EECR05=0, EECR06=0)


def test_first_check_six_months_after_counts(programme: Programme) -> None:
    """The check nearest to the day counts, and goes before the placements."""
    programme.given(entered(), left(), check("2018-01-10", "svp"), check("2018-01-20", "job_seeking"))
    programme.given(entered(), left(), check("2018-01-10", "job_seeking"), check("2018-01-20", "svp"))
    programme.given(entered(), left(), check("2018-01-20", "svp"), check("2018-01-10", "inactive"))
    programme.given(entered(), left(), check("2018-01-10", "unknown"), check("2018-01-20", "svp"))
    programme.given(entered(), job("2017-02-01"), left(), check("2018-01-10", "job_seeking"))
    programme.given(entered(), job("2017-02-01"), left(), check("2018-01-10", "unknown"))
    programme.given(entered(), left(), check("2018-01-10", "job_seeking"), check("2018-01-10", "svp"))
    then(programme, LATE, EECR05=4)
    then(programme, "2018-01-09", EECR05=2)


def test_who_counts_six_months_after(programme: Programme) -> None:
    """EECR05 is for those not employed at entry, EECR06 for those employed then whose work is better now."""
    for status in (*LabourStatus, None):
        programme.given(entered(status), left(), check("2018-01-10", "svp", improved=True))
        programme.given(entered(status), left(), check("2018-01-10", "svp", improved=False))
        programme.given(entered(status), left(), check("2018-01-10", "svp"))
        programme.given(entered(status), left(), check("2018-01-10", "job_seeking", improved=True))
    then(programme, LATE, EECR05=9, EECR06=1)


def test_first_check_that_tells_of_improvement_counts(programme: Programme) -> None:
    """A check that does not say whether the work is better leaves the question to the next one."""
    programme.given(entered(EMPLOYED), left(), check("2018-01-10", "svp"), check("2018-01-20", "svp", improved=True))
    no_yes = (check("2018-01-10", "svp", improved=False), check("2018-01-20", "svp", improved=True))
    programme.given(entered(EMPLOYED), left(), *no_yes)
    programme.given(entered(EMPLOYED), left(), check(after(9), "svp", improved=True))
    then(programme, LATE, EECR06=1)


# --- several participations -------------------------------------------------------------------------------------


def came_back(programme: Programme, status: LabourStatus, *second: Any) -> UUID:
    """Somebody who left, looking for work, with a qualification, and came back a month later."""
    person = uuid4()
    first = [entered(status), qualified(on("2017-02-01")), completed(on("2017-03-01"))]
    programme.given(*first, left(), check(after(5), "job_seeking"), participant=person)
    return programme.given(entered(EMPLOYED, "2017-08-03"), *second, participant=person)


def test_who_came_back_has_no_result_yet(programme: Programme) -> None:
    """Who is back at the Stichtag has not left; the results of the first exit are replaced by those of the last."""
    came_back(programme, INACTIVE)
    then(programme, "2017-08-02", EECR01=1, EECR03=1)
    then(programme, "2017-08-03", EECR01=0, EECR03=0)
    then(programme, LATE, EECO01=1, EECR01=0, EECR03=0)


def test_last_exit_counts_with_the_status_at_the_first_entry(programme: Programme) -> None:
    """Only the first entry and the last exit count, whatever was found in between."""
    came_back(programme, INACTIVE, job("2017-08-10"), left("2017-09-01"))
    came_back(programme, EMPLOYED, job("2017-08-10"), left("2017-09-01"))
    then(programme, "2017-08-31", EECR01=0, EECR04=0)
    then(programme, "2017-09-01", EECR01=0, EECR03=2, EECR04=1, EECR05=0)
    then(programme, "2018-03-01", EECR01=0, EECR03=2, EECR04=1, EECR05=1)


def test_placement_of_another_participation_counts(programme: Programme) -> None:
    """In work is in work: a job begun in the first participation that lasts is one at the end of the second."""
    person = uuid4()
    programme.given(entered(), job("2017-02-01"), left(), participant=person)
    programme.given(entered(UNEMPLOYED, "2017-08-03"), left("2017-09-01"), participant=person)
    then(programme, LATE, EECR04=1, EECR05=1)


def test_other_programmes_are_apart(programme: Programme) -> None:
    """A job, check or qualification on a journey of another programme does not count here."""
    person = uuid4()
    other = Programme(programme.stores)
    other.given(entered(), job("2017-02-01"), qualified(on("2017-02-01")), left(), participant=person)
    programme.given(entered(), left(), participant=person)
    then(programme, LATE, EECO01=1, EECR02=0, EECR04=0, EECR05=0)
    then(other, LATE, EECO01=1, EECR02=1, EECR04=1, EECR05=1)


# --- knowledge --------------------------------------------------------------------------------------------------


def test_exit_and_checks_as_known_then(programme: Programme) -> None:
    """A corrected exit moves the days, a withdrawn check or exit counts no longer, a past Datenstand knows neither."""
    journey = programme.given(entered(INACTIVE), left(), check(after(28), "svp"), check("2018-01-03", "svp"))
    first = programme.datenstand
    programme.correct(journey, 2, happened_on=after(-1))
    corrected = programme.datenstand
    programme.withdraw(journey, 4)
    withdrawn = programme.datenstand
    programme.correct(journey, 2, happened_on=after(0))
    programme.withdraw(journey, 2)
    then(programme, LATE, first, EECR04=1, EECR05=1)
    then(programme, LATE, corrected, EECR04=0, EECR05=1)
    then(programme, LATE, withdrawn, EECR04=0, EECR05=0)
    then(programme, LATE, EECR01=0, EECR04=0)
    assert figures(programme, LATE, first) == figures(programme, LATE, first)


def test_corrected_check(programme: Programme) -> None:
    """A Berichtigung of a check replaces what it found and when."""
    journey = programme.given(entered(INACTIVE), left(), check(after(9), "svp"))
    before = programme.datenstand
    programme.correct(journey, 3, status=Whereabouts.JOB_SEEKING)
    changed_to = programme.datenstand
    programme.correct(journey, 3, happened_on=after(29))
    then(programme, LATE, before, EECR01=0, EECR04=1)
    then(programme, LATE, changed_to, EECR01=1, EECR04=0)
    then(programme, LATE, EECR01=0, EECR04=0)


# --- evidence ---------------------------------------------------------------------------------------------------


def test_evidence_of_a_result_names_the_entries_behind_it(programme: Programme) -> None:
    """Enrolment, exit, and the check, placement or qualification; of a second participation the first entry too."""
    journey = programme.given(entered(INACTIVE), job("2017-02-01"), left(), check(after(9), "svp"))
    enrolment, placement, exit_, found = (entry.position for entry in programme.stores.journal.read(journey))
    (row,) = rows_behind(programme, "EECR04", LATE)
    assert (row.journey, row.entries) == (str(journey), [enrolment, exit_, found])
    (row,) = rows_behind(programme, "EECR05", LATE)
    assert row.entries == [enrolment, placement, exit_]
    assert row.participant == str(programme.participant(journey))


def test_evidence_of_a_second_participation(programme: Programme) -> None:
    """The first entry, the last exit and what was found then; not what the first exit was followed by."""
    second = came_back(programme, INACTIVE, left("2017-09-01"), check("2017-09-01", "job_seeking"))
    (row,) = rows_behind(programme, "EECR01", LATE)
    entries = {entry.position for entry in programme.stores.journal.read(second)}
    assert row.journey == str(second)
    assert entries < set(row.entries)
    assert len(row.entries) == len(entries) + 2  # the first enrolment and its exit


def test_evidence_of_an_entry(programme: Programme) -> None:
    """Of an output it is the enrolment."""
    journey = programme.given(entered(INACTIVE), changed("2017-02-01", single_parent=True))
    (row,) = rows_behind(programme, "EECO04", LATE)
    assert row.entries == [programme.stores.journal.read(journey)[0].position]


# --- laws -------------------------------------------------------------------------------------------------------


class EsfOffice(Office):
    """A made-up office that asks what the ESF+ wants to know, and looks after those who have left."""

    def _opening(self, key: str) -> ProgrammeOpened:
        return msgspec.structs.replace(super()._opening(key), target_group=TargetGroup())

    def _enrolment(self, participant: UUID, programme: str) -> Callable[[Streams], Decided]:
        plain = super()._enrolment(participant, programme).keywords["enrolment"]
        status = self.random.choice([None, *LabourStatus, EMPLOYED])
        told = msgspec.structs.replace(plain, age=self.random.randint(15, 60), labour_status=status)
        return partial(commands.enrol, enrolment=told)

    def enrol_again(self) -> Callable[[Streams], Decided] | None:
        """Mostly nobody comes back: results are those of persons who have left."""
        return super().enrol_again() if self._chance(0.15) else None

    def step(self) -> Callable[[Streams], Decided] | None:
        """Now and then a check of somebody who has left, around the days that matter."""
        found = self._journey()
        if found is None or found[1].exited is None or self._chance(0.3):
            return super().step()
        days = self.random.choice([0, 9, 28, 29, self.random.randint(0, 40), *[self.random.randint(178, 216)] * 3])
        status = self.random.choice([*Whereabouts, Whereabouts.JOB_SEEKING, Whereabouts.SVP])
        step = check(
            found[1].exited.happened_on + timedelta(days=days), status, self.random.choice([None, True, False])
        )
        return partial(commands.record, journey=found[0], step=step)

    def _journey(self) -> Any:
        """As often somebody who has left as not."""
        if not self.journeys:
            return None
        stream = self.random.choice(self.journeys)
        return stream, self.ledger.state(Journey, stream)


def made_up(seed: int, size: int = 350) -> list[Command]:
    """Commands of that office; few people, so that much happens to each."""
    return list(islice(EsfOffice(Random(seed), participants=14, ratio=14, gap=timedelta(days=11)).work(), size))


Counted = dict[str, tuple[list[str], dict[str, int]]]
"""For every indicator that counts anybody: the persons, and their number by gender."""


def counted(stores: Stores, stichtag: date, datenstand: int) -> Counted:
    """The persons in the evidence of every indicator, whose number the indicator is."""
    given_to = partial(compute, stores.read_model, "programme-1", stichtag, datenstand=datenstand, catalogue=ESF)
    found: Counted = {}
    for code, figure in given_to().figures.items():
        behind = evidence(stores.read_model, "programme-1", code, stichtag, datenstand=datenstand, catalogue=ESF)
        persons = sorted(row.participant for row in behind.rows)
        assert figure.value == len(persons) == len(set(persons)) == sum(figure.by["gender"].values())
        assert all(1 < row.entries[0] <= row.entries[-1] <= datenstand for row in behind.rows)
        if persons:
            found[code] = persons, {name: count for name, count in figure.by["gender"].items() if count}
    return found


def naively(stores: Stores, stichtag: date, datenstand: int) -> Counted:
    """The same from the steps that stand at the Datenstand, in plain Python."""
    rows = export_rows(stores.journal, stores.read_model, "programme-1", datenstand, "-")
    found = naive_esf.results(rows, stichtag)
    return {code: (sorted(persons), dict(Counter(persons.values()))) for code, persons in found.items() if persons}


def times(stores: Stores, seed: int, count: int) -> list[tuple[date, int]]:
    """Some Stichtage, each with a Datenstand."""
    random, head = Random(seed), stores.journal.head()
    days = some_days(random, on("2016-03-01"), on("2018-12-31"), count)
    return [(day, random.choice([head, random.randint(2, head)])) for day in days]


@few
@given(seed=seeds)
def test_indicators_are_those_of_the_naive_calculation(new_stores: NewStores, seed: int) -> None:
    """Every indicator counts the persons that plain Python counts from the steps that stand at the Datenstand."""
    with filled(new_stores, made_up(seed)) as (_settings, stores):
        for stichtag, datenstand in times(stores, seed, 12):
            assert counted(stores, stichtag, datenstand) == naively(stores, stichtag, datenstand)


def test_every_indicator_counts_somebody_in_made_up_ledgers(new_stores: NewStores) -> None:
    """The law above is not about zeros: over a few seeds every indicator has counted somebody."""
    seen: set[str] = set()
    for seed in range(5):
        with filled(new_stores, made_up(seed)) as (_settings, stores):
            for stichtag, datenstand in times(stores, seed, 12):
                seen |= counted(stores, stichtag, datenstand).keys()
    assert seen == {figure.code for figure in ESF.figures}
