"""What of one person counts in which regime: the verdicts are the catalogue's SELECTs, each with a reason."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
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
    without_job,
)
from hypothesis import given
from made_up import NewStores, few, filled, made_up, seeds
from steps import completed, exited, funded, qualified

from domain.errors import NotFound, Refused
from domain.facts import QualificationAbandoned
from domain.terms import AbandonReason, LabourStatus, PlacementKind, Scheme
from projections.balance import evidence
from projections.catalogue import CORE, ESF, Catalogue, Figure, Measure, Regime
from projections.read_model import ReadModel
from projections.regimes import ThingKind, Verdict, regimes_of
from projections.settings import Settings
from projections.stores import Stores
from scripts.console import Office
from scripts.regimes import regimes

S = "2018-02-19"
BEFORE, FIRST, AFTER = "2017-02-19", "2017-02-20", "2018-02-20"
"""Twelve months before the Stichtag, the first day of the twelve, the day after it."""
PERSONS, MONTHS, PARTICIPATIONS = Regime.PERSONS, Regime.PERSON_MONTHS, Regime.PARTICIPATIONS
PUBLICLY_FUNDED = (Scheme.P16I, Scheme.P16D)
OF_SESSIONS = {"coaching_sessions", "coaching_minutes", "participants_coached"}
"""Figures about sessions, of which there are too many to ask each of them."""


class Told(NamedTuple):
    """A verdict in short."""

    figures: set[str]
    reason: str


def verdicts(programme: Programme, journey: UUID, stichtag: str = S, datenstand: int | None = None) -> list[Verdict]:
    """Those on the person of a journey; every one has its sentence in both languages, and counts under its regime."""
    person, model = programme.participant(journey), programme.stores.read_model
    found = regimes_of(model, programme.key, person, on(stichtag), datenstand=datenstand)
    for verdict in found:
        assert_explained(verdict)
    return found


def assert_explained(verdict: Verdict) -> None:
    """A sentence in both languages, whole, and only figures of the regime."""
    german, english = (verdict.why.in_language(language) for language in ("de", "en"))
    assert german.endswith(".")
    assert english.endswith(".")
    assert german != english
    assert "{" not in german + english
    for counted in verdict.counted:
        catalogue = ESF if verdict.regime is Regime.ESF else CORE
        assert catalogue.figure(counted.figure).regime is verdict.regime


def told(found: list[Verdict], ref: str, regime: Regime, kind: ThingKind = ThingKind.PLACEMENT) -> Told:
    """The verdict on the thing with a ref in a regime."""
    (verdict,) = (one for one in found if one.thing.kind is kind and one.thing.ref == ref and one.regime is regime)
    return Told({counted.figure for counted in verdict.counted}, verdict.reason)


def units(found: list[Verdict], code: str) -> list[tuple[str, float]]:
    """The units and values in which a figure counts anything of the person."""
    return sorted((one.unit, one.value) for verdict in found for one in verdict.counted if one.figure == code)


def counting() -> list[tuple[Catalogue, Figure]]:
    """The figures that count or sum things of a person."""
    return [
        (catalogue, figure)
        for catalogue in (CORE, ESF)
        for figure in catalogue.figures
        if figure.per is None and figure.part.measure in (Measure.COUNT, Measure.SUM) and figure.code not in OF_SESSIONS
    ]


def assert_equal_to_the_selects(
    model: ReadModel, programme: str, found: dict[str, list[Verdict]], stichtag: date, datenstand: int | None = None
) -> None:
    """For every figure, what counts of the persons is what the evidence has of them, unit by unit."""
    for catalogue, figure in counting():
        behind = evidence(model, programme, figure.code, stichtag, datenstand=datenstand, catalogue=catalogue)
        for person, verdicts_on in found.items():
            rows = [row for row in behind.rows if row.participant == person]
            counted = units(verdicts_on, figure.code)
            if figure.part.measure is Measure.SUM:
                assert sum(value for _unit, value in counted) == pytest.approx(sum(row.value for row in rows))
            else:
                assert counted == sorted((row.unit, row.value) for row in rows), (figure.code, person)


# --- every kind, scheme and timing ------------------------------------------------------------------------------

TIMINGS = {
    "long ago": ("2016-05-01", None),
    "twelve months before": (BEFORE, None),
    "first of the twelve months": (FIRST, None),
    "ended since": ("2017-03-01", "2017-04-15"),
    "on the Stichtag": (S, None),
    "after it": (AFTER, None),
}
OWN = {
    SVP: "placed_svp",
    MINIJOB: "placed_minijob_only",
    AUSBILDUNG: "placed_ausbildung",
    SELBSTAENDIG: "placed_selbstaendig",
}


def expected(kind: PlacementKind, scheme: Scheme, timing: str) -> dict[Regime, Told]:
    """What DOMAIN.md section 5 says of a single job."""
    if timing == "after it":
        return dict.fromkeys((PERSONS, MONTHS, PARTICIPATIONS), Told(set(), "not_started"))
    months = Told(set(), "before_year")
    public = {"publicly_funded_entries_12m"} if scheme in PUBLICLY_FUNDED else set()
    sustained = "sustained_pending" if timing == "on the Stichtag" else "sustained_yes"
    lasted = {"sustained_no" if timing == "ended since" else sustained} if kind is SVP and not public else set()
    recent = timing not in ("long ago", "twelve months before")
    if not recent:
        months = Told(lasted, "before_year")
    elif kind is MINIJOB:
        months = Told({"minijob_entries_12m"} | public, "minijob")
    elif kind is SVP and public:
        months = Told(public, "publicly_funded")
    else:
        months = Told({"integrations_12m"} | lasted | public, "integration")
    return {
        PERSONS: Told({OWN[kind], "placed_any"}, "placed"),
        MONTHS: months,
        PARTICIPATIONS: Told(set(), "no_measure"),
    }


@pytest.mark.parametrize("timing", TIMINGS)
def test_every_kind_scheme_and_timing(programme: Programme, timing: str) -> None:
    """Every single job has a verdict and a reason in every regime, and what counts is what the SELECTs select."""
    begun, end = TIMINGS[timing]
    wanted, found = [], {}
    for kind in PlacementKind:
        for scheme in Scheme:
            steps = [job(begun, kind=kind, scheme=scheme), *([without_job(end)] if end else [])]
            journey = programme.given(enrolled("2016-03-01"), *steps)
            person = str(programme.participant(journey))
            found[person] = verdicts(programme, journey)
            wanted.append((kind, scheme, expected(kind, scheme, timing)))
    for (kind, scheme, outcome), on_person in zip(wanted, found.values(), strict=True):
        assert {regime: told(on_person, "p", regime) for regime in outcome} == outcome, (kind, scheme)
    assert_equal_to_the_selects(programme.stores.read_model, programme.key, found, on(S))


def test_model_sentence(programme: Programme) -> None:
    """A § 16i job: svp, no Integration, and why (DOMAIN.md section 5)."""
    journey = programme.given(enrolled(), job("2017-06-01", scheme=Scheme.P16I))
    (why,) = (
        verdict.why
        for verdict in verdicts(programme, journey)
        if verdict.regime is MONTHS and verdict.thing.kind is ThingKind.PLACEMENT
    )
    assert str(why).startswith("svp-Beschäftigung, keine Integration: § 16i SGB II;")


# --- several jobs -----------------------------------------------------------------------------------------------


def test_second_start_in_a_month_is_counted_already(programme: Programme) -> None:
    """Two starts of a month are one person-month, for K2, K2E1 and K2E2 alike; the earlier counts."""
    for kind, scheme, code in (
        (SVP, Scheme.NONE, "integrations_12m"),
        (SELBSTAENDIG, Scheme.NONE, "integrations_12m"),
        (MINIJOB, Scheme.NONE, "minijob_entries_12m"),
        (SVP, Scheme.P16I, "publicly_funded_entries_12m"),
    ):
        journey = programme.given(
            enrolled(), job("2017-06-20", "late", kind, scheme), job("2017-06-10", "early", kind, scheme)
        )
        found = verdicts(programme, journey)
        assert code in told(found, "early", MONTHS).figures
        assert told(found, "late", MONTHS) == Told(set(), "same_month")
        assert told(found, "late", PERSONS) == Told(set(), "same_person")
        (why,) = (one.why for one in found if one.thing.ref == "late" and one.regime is MONTHS)
        assert "early ab 10.06.2017" in str(why)


def test_integration_and_minijob_of_a_month_both_count(programme: Programme) -> None:
    """K2 and K2E1 are figures of their own."""
    journey = programme.given(enrolled(), job("2017-06-10", "m", MINIJOB), job("2017-06-20", "s"))
    found = verdicts(programme, journey)
    assert told(found, "m", MONTHS) == Told({"minijob_entries_12m"}, "minijob")
    assert told(found, "s", MONTHS).reason == "integration"


@pytest.mark.parametrize("first", ["m", "s"])
def test_minijob_beside_svp(programme: Programme, first: str) -> None:
    """Who has both counts under svp, whichever began first ("weitere Personen")."""
    days = {"m": "2017-06-10", "s": "2017-08-10"} if first == "m" else {"m": "2017-08-10", "s": "2017-06-10"}
    journey = programme.given(enrolled(), job(days["s"], "s"), job(days["m"], "m", MINIJOB))
    found = verdicts(programme, journey)
    assert told(found, "m", PERSONS) == Told({"placed_any"} if first == "m" else set(), "beside_svp")
    assert told(found, "s", PERSONS).reason == "placed"
    earlier = verdicts(programme, journey, "2017-07-31")
    assert told(earlier, first, PERSONS).reason == "placed"
    assert told(earlier, "s" if first == "m" else "m", PERSONS).reason == "not_started"


def test_person_counts_once_months_several_times(programme: Programme) -> None:
    """The second job of a person is no second person, yet an Integration of its own."""
    journey = programme.given(enrolled(), job("2017-06-10", "one"), without_job("2017-07-01", "one"), job("2017-08-10"))
    found = verdicts(programme, journey)
    assert told(found, "p", PERSONS) == Told(set(), "same_person")
    assert told(found, "p", MONTHS) == Told({"integrations_12m", "sustained_pending"}, "integration")
    assert told(found, "one", MONTHS) == Told({"integrations_12m", "sustained_no"}, "integration")


def test_jobs_that_overlap(programme: Programme) -> None:
    """Of two jobs at a time each has its own month, though the one is looked at for whether the other lasted."""
    journey = programme.given(enrolled(), job("2017-06-10", "one"), job("2017-07-10", "two"))
    found = verdicts(programme, journey)
    assert units(found, "sustained_yes") == [
        (f"{programme.participant(journey)}/2017-{month}", 1) for month in ("06", "07")
    ]
    assert told(found, "two", MONTHS) == Told({"integrations_12m", "sustained_yes"}, "integration")


def test_month_the_twelve_months_cut(programme: Programme) -> None:
    """Of two starts in the month where the twelve months begin, K2 knows the later only, K2E3 the month once."""
    journey = programme.given(enrolled(), job("2017-02-10", "before"), job("2017-02-25", "within"))
    found = verdicts(programme, journey)
    assert told(found, "before", MONTHS) == Told({"sustained_yes"}, "before_year")
    assert told(found, "within", MONTHS) == Told({"integrations_12m"}, "integration")


def test_funded_minijob_after_another(programme: Programme) -> None:
    """Every figure has its own month: a job may come second in one and count in another."""
    journey = programme.given(
        enrolled(), job("2017-06-10", "one", MINIJOB), job("2017-06-20", "two", MINIJOB, Scheme.P16D)
    )
    assert told(verdicts(programme, journey), "two", MONTHS) == Told({"publicly_funded_entries_12m"}, "same_month")


# --- qualifications and fundings --------------------------------------------------------------------------------


def test_qualifications(programme: Programme) -> None:
    """Every qualification counts in the Förderstatistik, the person once: with the first, here by ref."""
    journey = programme.given(
        enrolled(),
        *(qualified(on("2017-06-01"), ref) for ref in ("done", "again", "later", "goes", "gone", "off", "stays")),
        completed(on("2017-07-01"), "done"),
        completed(on("2017-08-01"), "again"),
        completed(on(AFTER), "later"),
        abandoned("gone", S),
        abandoned("off", "2017-07-01"),
        abandoned("stays", AFTER),
        qualified(on(AFTER), "new"),
    )
    found = verdicts(programme, journey)
    both, started = {"qualifications_started", "qualifications_completed"}, {"qualifications_started"}
    outcomes = {
        "again": (Told({"participants_qualified"}, "qualified"), Told(both, "measure")),
        "done": (Told(set(), "same_person"), Told(both, "measure")),
        "later": (Told(set(), "not_ended"), Told(started, "not_ended")),
        "goes": (Told(set(), "not_ended"), Told(started, "not_ended")),
        "gone": (Told(set(), "abandoned"), Told(started, "abandoned")),
        "off": (Told(set(), "abandoned"), Told(started, "abandoned")),
        "stays": (Told(set(), "not_ended"), Told(started, "not_ended")),
        "new": (Told(set(), "not_started"), Told(set(), "not_started")),
    }
    kind = ThingKind.QUALIFICATION
    assert {
        ref: (told(found, ref, PERSONS, kind), told(found, ref, PARTICIPATIONS, kind)) for ref in outcomes
    } == outcomes
    assert told(found, "done", MONTHS, kind) == Told(set(), "no_work")
    assert_equal_to_the_selects(
        programme.stores.read_model, programme.key, {str(programme.participant(journey)): found}, on(S)
    )


def abandoned(ref: str, day: str) -> QualificationAbandoned:
    """A qualification broken off."""
    return QualificationAbandoned(happened_on=on(day), ref=ref, reason=AbandonReason.CHILDCARE)


def test_fundings(programme: Programme) -> None:
    """Every grant counts with its amount, the person once; a grant is no Integration, whatever it is for."""
    journey = programme.given(
        enrolled(),
        job("2017-06-01", scheme=Scheme.EGZ),
        funded(on("2017-06-01"), "one", placement="p"),
        funded(on("2017-07-01"), "two"),
        funded(on(AFTER), "new"),
    )
    found, kind = verdicts(programme, journey), ThingKind.FUNDING
    assert told(found, "one", PERSONS, kind) == Told({"follow_up_funded"}, "funded")
    assert told(found, "two", PERSONS, kind) == Told(set(), "same_person")
    assert told(found, "two", PARTICIPATIONS, kind) == Told({"follow_up_funding_eur"}, "measure")
    assert told(found, "one", MONTHS, kind) == Told(set(), "no_work")
    assert told(found, "new", PARTICIPATIONS, kind) == Told(set(), "not_started")
    person = str(programme.participant(journey))
    assert units(found, "follow_up_funding_eur") == [(person, 900.0), (person, 900.0)]
    assert told(found, "p", PARTICIPATIONS) == Told(set(), "no_measure")


# --- participations and single parents --------------------------------------------------------------------------


def test_participations(programme: Programme) -> None:
    """A second participation is no second person; K2 has the days of both in its denominator."""
    person, kind = uuid4(), ThingKind.PARTICIPATION
    programme.given(enrolled("2016-01-01"), exited(on("2017-12-01")), participant=person)
    journey = programme.given(enrolled("2018-01-01", age=30), participant=person)
    found = verdicts(programme, journey)
    assert told(found, "1", PERSONS, kind) == Told({"participants_enrolled", "exits"}, "enrolled")
    assert told(found, "2", PERSONS, kind) == Told({"participants_active"}, "same_person")
    assert [told(found, ref, MONTHS, kind) for ref in "12"] == [Told(set(), "base")] * 2
    days = [str(one.why) for one in found if one.regime is MONTHS]
    assert ["mit 9 von zwölf Tagen" in days[0], "mit 2 von zwölf Tagen" in days[1]] == [True, True]
    assert told(found, "1", PARTICIPATIONS, kind) == Told(set(), "no_measure")
    earlier = verdicts(programme, journey, "2017-06-30")
    assert told(earlier, "1", PERSONS, kind) == Told({"participants_enrolled", "participants_active"}, "enrolled")
    assert told(earlier, "2", PERSONS, kind) == Told(set(), "not_started")


def test_esf(programme: Programme) -> None:
    """The ESF+ counts the person once, under the first participation; without a status at entry it says so."""
    kind, person = ThingKind.PARTICIPATION, uuid4()
    first = enrolled("2016-01-01", labour_status=LabourStatus.UNEMPLOYED)
    programme.given(first, job("2016-02-01"), exited(on("2017-01-01")), participant=person)
    journey = programme.given(enrolled("2017-05-01"), exited(on("2017-06-01")), participant=person)
    found = verdicts(programme, journey)
    codes = {"EECO01", "EECO02", "EECO07", "EECO09", "EECR04", "EECR05"}
    assert told(found, "1", Regime.ESF, kind) == Told(codes, "entered")
    assert told(found, "2", Regime.ESF, kind) == Told(set(), "same_person")
    unknown = programme.given(enrolled("2016-01-01"))
    assert told(verdicts(programme, unknown), "1", Regime.ESF, kind) == Told(
        {"EECO01", "EECO07", "EECO09"}, "no_status"
    )
    assert {one.thing.kind for one in found if one.regime is Regime.ESF} == {kind}


@pytest.mark.parametrize(
    ("steps", "figures", "reason"),
    [
        ([job("2017-06-01")], {"single_parents_in_svp"}, "single_parent"),
        ([job("2017-06-01", scheme=Scheme.P16I)], {"single_parents_in_svp"}, "single_parent"),
        ([job("2017-06-01", kind=MINIJOB)], set(), "no_svp"),
        ([job("2017-06-01"), without_job(S)], set(), "no_svp"),
        ([job(AFTER)], set(), "no_svp"),
        ([], set(), "no_svp"),
        ([job("2017-06-01"), changed(S, single_parent=False)], set(), "no_single_parent"),
        ([job("2017-06-01"), changed(AFTER, single_parent=False)], {"single_parents_in_svp"}, "single_parent"),
    ],
)
def test_single_parent_in_svp(programme: Programme, steps: list[Any], figures: set[str], reason: str) -> None:
    """A single parent at the Stichtag and in svp on it: a fact of the person, not of one job."""
    found = verdicts(programme, programme.given(enrolled(single_parent=True), *steps))
    kind = ThingKind.SINGLE_PARENT
    assert told(found, "", PERSONS, kind) == Told(figures, reason)
    assert told(found, "", MONTHS, kind) == Told(set(), "no_work")
    assert told(found, "", PARTICIPATIONS, kind) == Told(set(), "no_measure")


def test_single_parent_with_two_jobs_or_none(programme: Programme) -> None:
    """Two jobs are one single parent; who never was one has no such line, who became one later has."""
    found = verdicts(
        programme, programme.given(enrolled(single_parent=True), job("2017-06-01"), job("2017-07-01", "q"))
    )
    assert len(units(found, "single_parents_in_svp")) == 1
    never = verdicts(programme, programme.given(enrolled(), job("2017-06-01"), changed(AFTER, single_parent=True)))
    assert ThingKind.SINGLE_PARENT not in {one.thing.kind for one in never}
    later = programme.given(enrolled(), job("2017-06-01"), changed("2018-01-01", single_parent=True))
    assert told(verdicts(programme, later), "", PERSONS, ThingKind.SINGLE_PARENT).reason == "single_parent"


def test_single_parent_as_said_last(programme: Programme) -> None:
    """What was said last counts, on whichever participation."""
    person = uuid4()
    programme.given(enrolled(single_parent=True), job("2017-06-01"), exited(on("2017-07-01")), participant=person)
    journey = programme.given(enrolled("2017-08-01"), participant=person)
    found = verdicts(programme, journey)
    assert told(found, "", PERSONS, ThingKind.SINGLE_PARENT) == Told(set(), "no_single_parent")


# --- knowledge and refusals -------------------------------------------------------------------------------------


def test_verdicts_as_known_then(programme: Programme) -> None:
    """A correction changes the verdict from its position on; what is withdrawn is no thing any more."""
    journey = programme.given(enrolled(), job("2017-06-01", kind=MINIJOB))
    before = programme.datenstand
    programme.correct(journey, 2, kind=SVP)
    corrected = programme.datenstand
    programme.withdraw(journey, 2)
    assert told(verdicts(programme, journey, S, before), "p", MONTHS).reason == "minijob"
    assert told(verdicts(programme, journey, S, corrected), "p", MONTHS).reason == "integration"
    assert {one.thing.kind for one in verdicts(programme, journey)} == {ThingKind.PARTICIPATION}


def test_entries_of_a_thing(programme: Programme) -> None:
    """A thing names the positions behind it: start, end and corrections."""
    journey = programme.given(enrolled(), job("2017-06-01"), without_job("2017-08-01"))
    programme.correct(journey, 2, sector="Pflege")
    positions = [entry.position for entry in programme.stores.journal.read(journey)]
    (thing,) = {tuple(one.thing.entries) for one in verdicts(programme, journey) if one.thing.ref == "p"}
    assert list(thing) == positions[1:]


def test_unknown_person_programme_and_datenstand_are_refused(programme: Programme) -> None:
    """A clear refusal: nobody known here, though in another programme; not yet known; withdrawn; no such Datenstand."""
    model, day = programme.stores.read_model, on(S)
    early = programme.datenstand
    journey = programme.given(enrolled(), job("2017-06-01"))
    other, person = Programme(programme.stores), programme.participant(journey)
    for key, somebody, datenstand in (
        (programme.key, uuid4(), None),
        (other.key, person, None),
        (programme.key, person, early),
    ):
        with pytest.raises(NotFound) as refusal:
            regimes_of(model, key, somebody, day, datenstand=datenstand)
        assert refusal.value.code == "unknown_participant"
        assert str(somebody) in str(refusal.value)
    with pytest.raises(NotFound) as refusal:
        regimes_of(model, "nirgends", person, day)
    assert refusal.value.code == "unknown_programme"
    with pytest.raises(Refused) as refused:
        regimes_of(model, programme.key, person, day, datenstand=model.tracked() + 1)
    assert refused.value.code == "unknown_datenstand"


def test_withdrawn_person_is_refused(programme: Programme) -> None:
    """Registered in error: there is no such participation any more."""
    journey = programme.given(enrolled())
    person = programme.participant(journey)
    programme.withdraw(journey, 1)
    with pytest.raises(NotFound):
        regimes_of(programme.stores.read_model, programme.key, person, on(S))


# --- the law ----------------------------------------------------------------------------------------------------


@few
@given(seed=seeds)
def test_verdicts_are_the_selects(new_stores: NewStores, seed: int) -> None:
    """In any ledger, for every person and figure, what counts by the verdicts is what the figure's evidence has."""
    with filled(new_stores, made_up(seed, 160)) as (_settings, stores):
        model = stores.read_model
        head, day = model.tracked(), on("2017-03-31") if seed % 2 else on("2016-10-15")
        query = "SELECT DISTINCT participant FROM enrolments WHERE programme = 'programme-1' AND known_until IS NULL"
        persons = [row[0] for row in model.query(query, {})]
        found = {person: regimes_of(model, "programme-1", UUID(person), day) for person in persons}
        assert_equal_to_the_selects(model, "programme-1", found, day, head)
        for verdict in (one for on_person in found.values() for one in on_person):
            assert_explained(verdict)


# --- the command ------------------------------------------------------------------------------------------------


def called(stores_settings: Settings, *arguments: object, language: str = "de") -> str:
    """What the command prints."""
    office = Office(Settings(data=stores_settings.data, database_url=stores_settings.database_url, language=language))
    answer = CliRunner().invoke(regimes, [str(one) for one in arguments], obj=office, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_command(stores: Stores, stores_settings: Settings) -> None:
    """`werdegang regimes PERSON` prints the table and below it the reasons, or JSON with the words of the language."""
    programme = Programme(stores)
    journey = programme.given(enrolled(), job("2017-06-01", scheme=Scheme.P16I))
    arguments = (programme.participant(journey), "--programme", programme.key, "--stichtag", S)
    german, english = called(stores_settings, *arguments), called(stores_settings, *arguments, language="en")
    assert "Förderstatistik (Teilnahmen)" in german
    assert "svp-Beschäftigung, keine Integration: § 16i SGB II" in german
    assert "Förderstatistik" not in english
    assert "no integration: § 16i SGB II" in english
    rows = [line.split("  ")[0] for line in german.splitlines()]
    assert rows.count("svp-Beschäftigung p ab 01.06.2017") == 2
    answer = json.loads(called(stores_settings, *arguments, "--format", "json", language="en"))
    assert answer["datenstand"] == programme.datenstand
    verdict = next(
        one for one in answer["verdicts"] if one["thing"]["kind"] == "placement" and one["regime"] == "person_months"
    )
    assert verdict["reason"] == "publicly_funded"
    assert verdict["counted"][0]["unit"].endswith("/2017-06")
    assert verdict["why"].startswith("Job subject to social insurance, no integration: § 16i SGB II")


def test_command_takes_an_own_key(stores: Stores, stores_settings: Settings) -> None:
    """The caller's own key of a person does as well as the id; another one is refused."""
    programme = Programme(stores)
    person = stores.vault.register("K-17")
    stores.vault.flush()
    programme.given(enrolled(), participant=person)
    options = ("--programme", programme.key, "--stichtag", S)
    assert str(person) in called(stores_settings, "K-17", *options)
    for unknown in ("K-18", uuid4()):
        with pytest.raises(NotFound) as refusal:
            called(stores_settings, unknown, *options)
        assert refusal.value.code == "unknown_participant"


def test_page_names_every_reason() -> None:
    """docs/regimes.md has a row for every code of a reason, and none besides."""
    root = Path(__file__).parents[2]
    source = (root / "projections" / "regimes" / "reasons.py").read_text(encoding="utf-8")
    section = (root / "docs" / "regimes.md").read_text(encoding="utf-8").partition("\n## Reasons\n")[2]
    codes = set(re.findall(r'return "([a-z_]+)", ', source))
    assert len(codes) > 20
    assert sorted(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == sorted(codes)
