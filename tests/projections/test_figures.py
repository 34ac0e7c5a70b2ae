"""Every figure of the catalogue, edge by edge, straight from DOMAIN.md section 5."""

from decimal import Decimal
from uuid import uuid4

import pytest
from entering import AUSBILDUNG, MINIJOB, SELBSTAENDIG, Programme, changed, enrolled, job, on, without_job
from steps import assigned, completed, exited, funded, funding_ended, qualified, session

from domain.errors import NotFound, Refused
from domain.facts import QualificationAbandoned
from domain.terms import AbandonReason, Education, ExitReason, Gender, Scheme
from projections.balance import compute, evidence
from projections.catalogue import CORE
from projections.stores import Stores

# --- enrolled and active ----------------------------------------------------------------------------


def test_empty_programme(programme: Programme) -> None:
    """Nothing was counted: counts are 0, and rates and means, without a denominator, are none."""
    figures = programme.figures("2017-01-01")
    assert set(figures) == {figure.code for figure in CORE.figures}
    empty = {code for code, figure in figures.items() if figure.value is None}
    assert empty == {
        "placement_rate",
        "caseload_mean",
        "integration_rate_12m",
        "integration_rate_single_parents_12m",
        "sustained_rate",
    }
    assert not any(figure.value for figure in figures.values())
    assert not any(groups for figure in figures.values() for groups in figure.by.values())


def test_enrolled_on_the_stichtag_counts(programme: Programme) -> None:
    """`participants_enrolled`: an enrolment ≤ S."""
    programme.given(enrolled("2017-03-15"))
    programme.then("2017-03-14", participants_enrolled=0, participants_active=0)
    programme.then("2017-03-15", participants_enrolled=1, participants_active=1)


def test_exit_day_is_the_first_day_not_active(programme: Programme) -> None:
    """`participants_active`: exit date > S or none; an exited person stays enrolled."""
    programme.given(enrolled(), exited(on("2017-05-10")))
    programme.then("2017-05-09", participants_active=1, exits=0)
    programme.then("2017-05-10", participants_active=0, exits=1, participants_enrolled=1)


def test_person_with_two_participations_counts_once(programme: Programme) -> None:
    """Persons are distinct participants; numbers of things are not."""
    person = uuid4()
    for year in ("2016", "2018"):
        programme.given(
            enrolled(f"{year}-01-01"),
            session(on(f"{year}-02-01"), 30),
            qualified(on(f"{year}-02-01")),
            completed(on(f"{year}-03-01")),
            job(f"{year}-04-01"),
            job(f"{year}-04-02", "m", MINIJOB),
            job(f"{year}-04-02", "a", AUSBILDUNG),
            job(f"{year}-04-02", "s", SELBSTAENDIG),
            funded(on(f"{year}-04-01"), amount=Decimal("100.50")),
            exited(on(f"{year}-12-31")),
            participant=person,
        )
    programme.then(
        "2018-12-31",
        participants_enrolled=1,
        participants_active=0,
        participants_coached=1,
        coaching_sessions=2,
        coaching_minutes=60,
        qualifications_started=2,
        qualifications_completed=2,
        participants_qualified=1,
        placed_svp=1,
        placed_minijob_only=0,
        placed_ausbildung=1,
        placed_selbstaendig=1,
        placed_any=1,
        placement_rate=1.0,
        follow_up_funded=1,
        follow_up_funding_eur=201.0,
        exits=1,
    )


def test_other_programmes_do_not_count(programme: Programme, shared_stores: Stores) -> None:
    """A balance is of one programme, also for somebody who takes part in two at once."""
    person = uuid4()
    programme.given(enrolled(), assigned(on("2017-01-01")), job("2017-02-01", kind=MINIJOB), participant=person)
    other = Programme(shared_stores)
    other.given(enrolled(), assigned(on("2017-01-01")), job("2017-02-01"), participant=person)
    programme.then("2017-06-30", placed_svp=0, placed_minijob_only=1, caseload_max=1, participants_enrolled=1)
    other.then("2017-06-30", placed_svp=1, placed_minijob_only=0, integrations_12m=1)


# --- coaching and qualification ---------------------------------------------------------------------


def test_sessions_and_minutes_until_the_stichtag(programme: Programme) -> None:
    """`coaching_sessions`, `coaching_minutes`: held ≤ S; `participants_coached`: at least one of them."""
    programme.given(enrolled(), session(on("2017-02-01"), 45), session(on("2017-02-02"), 15))
    programme.given(enrolled(), session(on("2017-02-02"), 60))
    programme.given(enrolled())
    programme.then("2017-01-31", coaching_sessions=0, coaching_minutes=0, participants_coached=0)
    programme.then("2017-02-01", coaching_sessions=1, coaching_minutes=45, participants_coached=1)
    programme.then("2017-02-02", coaching_sessions=3, coaching_minutes=120, participants_coached=2)


def test_qualifications_until_the_stichtag(programme: Programme) -> None:
    """`qualifications_started`, `_completed`: number, ≤ S; one broken off is no completed one."""
    broken_off = QualificationAbandoned(happened_on=on("2017-04-01"), ref="b", reason=AbandonReason.ILLNESS)
    programme.given(
        enrolled(), qualified(on("2017-02-01"), "a"), qualified(on("2017-02-01"), "b"), completed(on("2017-03-01"), "a")
    )
    programme.given(enrolled(), qualified(on("2017-02-02"), "b"), broken_off)
    programme.then("2017-02-01", qualifications_started=2, qualifications_completed=0, participants_qualified=0)
    programme.then("2017-02-28", qualifications_started=3, qualifications_completed=0, participants_qualified=0)
    programme.then("2017-03-01", qualifications_completed=1, participants_qualified=1)
    programme.then("2017-04-01", qualifications_completed=1, participants_qualified=1)


# --- placed -----------------------------------------------------------------------------------------


def test_placed_stays_placed(programme: Programme) -> None:
    """`placed_svp`: at least one svp placement started ≤ S, whether it lasts or not."""
    programme.given(enrolled(), job("2017-02-01"), without_job("2017-02-01"))
    programme.then("2017-01-31", placed_svp=0, placed_any=0, placement_rate=0.0)
    programme.then("2017-02-01", placed_svp=1, placed_any=1, placement_rate=1.0)


def test_minijob_only(programme: Programme) -> None:
    """`placed_minijob_only`: a minijob started ≤ S and no svp placement started ≤ S ("weitere Personen")."""
    programme.given(enrolled(), job("2017-02-01", "m", MINIJOB), job("2017-03-01"))
    programme.given(enrolled(), job("2017-02-01", "m", MINIJOB), job("2017-02-01", "a", AUSBILDUNG))
    programme.given(enrolled(), job("2017-02-01"), without_job("2017-02-10"), job("2017-02-20", "m", MINIJOB))
    programme.then("2017-02-28", placed_minijob_only=2, placed_svp=1, placed_any=3)
    programme.then("2017-03-01", placed_minijob_only=1, placed_svp=2, placed_any=3)


def test_svp_of_another_participation_is_no_minijob_only(programme: Programme) -> None:
    """ "Weitere Personen" are persons: the svp placement may belong to an earlier participation."""
    person = uuid4()
    programme.given(enrolled("2016-01-01"), job("2016-02-01"), exited(on("2016-03-01")), participant=person)
    programme.given(enrolled("2017-01-01"), job("2017-02-01", "m", MINIJOB), participant=person)
    programme.then("2017-02-01", placed_minijob_only=0, placed_svp=1)


def test_kinds_of_placement(programme: Programme) -> None:
    """`placed_ausbildung`, `placed_selbstaendig`, `placed_any`: by kind; the rate is per person enrolled."""
    programme.given(enrolled(), job("2017-02-01", kind=AUSBILDUNG))
    programme.given(enrolled(), job("2017-02-01", kind=SELBSTAENDIG), job("2017-02-02", "a", AUSBILDUNG))
    programme.given(enrolled())
    programme.given(enrolled("2018-01-01"))
    programme.then(
        "2017-12-31", placed_ausbildung=2, placed_selbstaendig=1, placed_svp=0, placed_any=2, placement_rate=2 / 3
    )


# --- single parents in svp --------------------------------------------------------------------------


def test_end_date_is_the_first_day_without(programme: Programme) -> None:
    """ "svp at S": start ≤ S and no end, or end > S."""
    programme.given(enrolled(single_parent=True), job("2017-02-01"), without_job("2017-02-15"))
    programme.then("2017-01-31", single_parents_in_svp=0)
    programme.then("2017-02-01", single_parents_in_svp=1)
    programme.then("2017-02-14", single_parents_in_svp=1)
    programme.then("2017-02-15", single_parents_in_svp=0, placed_svp=1)


def test_single_parent_at_the_stichtag(programme: Programme) -> None:
    """Trait at enrolment, changed by circumstances_changed ≤ S; the breakdown keeps the trait at enrolment."""
    programme.given(enrolled(single_parent=True), job("2017-02-01"), changed("2017-05-01", single_parent=False))
    programme.given(
        enrolled(single_parent=False),
        job("2017-02-01"),
        changed("2017-06-01", single_parent=True),
        changed("2017-07-01", municipality="Mainz"),
        changed("2017-08-01", single_parent=False),
    )
    programme.then("2017-04-30", single_parents_in_svp=1)
    programme.then("2017-05-01", single_parents_in_svp=0)
    programme.then("2017-06-01", single_parents_in_svp=1)
    programme.then_by("single_parent", "2017-06-01", single_parents_in_svp={"no": 1})
    programme.then("2017-07-31", single_parents_in_svp=1)
    programme.then("2017-08-01", single_parents_in_svp=0)


def test_last_of_several_changes_on_a_day_holds(programme: Programme) -> None:
    """Of two statements about the same day the one entered later holds."""
    programme.given(
        enrolled(single_parent=False),
        job("2017-02-01"),
        changed("2017-03-01", single_parent=False),
        changed("2017-03-01", single_parent=True),
    )
    programme.then("2017-03-01", single_parents_in_svp=1)


def test_change_on_the_day_of_enrolment_holds(programme: Programme) -> None:
    """A change from the first day on replaces the trait at enrolment for everything but the breakdowns."""
    programme.given(enrolled("2017-01-01"), changed("2017-01-01", single_parent=True), job("2017-01-01"))
    programme.then("2017-01-01", single_parents_in_svp=1)
    programme.then_by("single_parent", "2017-01-01", single_parents_in_svp={"no": 1})


def test_minijob_is_no_svp_job(programme: Programme) -> None:
    """Only kind svp counts; a § 16i job is svp."""
    programme.given(enrolled(single_parent=True), job("2017-02-01", kind=MINIJOB))
    programme.given(enrolled(single_parent=True), job("2017-02-01", scheme=Scheme.P16I))
    programme.given(enrolled(single_parent=True), job("2017-02-01"), job("2017-02-01", "q"))
    programme.then("2017-02-01", single_parents_in_svp=2)


def test_job_lasts_beyond_the_exit(programme: Programme) -> None:
    """Somebody who left into a job is in it still: the exit ends the participation, not the placement."""
    programme.given(enrolled(single_parent=True), job("2017-02-01"), exited(on("2017-02-01")))
    programme.then("2017-12-31", single_parents_in_svp=1, participants_active=0)


def test_single_parent_is_what_was_said_last_of_the_person(programme: Programme) -> None:
    """A person is a single parent at S or is not: a later enrolment says so as much as a change does."""
    person = uuid4()
    programme.given(
        enrolled("2016-01-01", single_parent=True), job("2016-02-01"), exited(on("2016-03-01")), participant=person
    )
    programme.given(enrolled("2017-01-01", single_parent=False), participant=person)
    programme.then("2016-12-31", single_parents_in_svp=1)
    programme.then("2017-01-01", single_parents_in_svp=0)


def test_of_one_day_the_later_participation_says_it(programme: Programme) -> None:
    """A change on the day of the exit does not stand against what the enrolment of the same day says."""
    person = uuid4()
    programme.given(
        enrolled("2016-01-01", single_parent=True),
        job("2016-02-01"),
        changed("2016-03-01", municipality="Mainz"),
        exited(on("2016-03-01")),
        participant=person,
    )
    programme.given(enrolled("2016-03-01", single_parent=False), participant=person)
    programme.then("2016-02-29", single_parents_in_svp=1)
    programme.then("2016-03-01", single_parents_in_svp=0)


# --- follow-up funding ------------------------------------------------------------------------------


def test_funding_until_the_stichtag(programme: Programme) -> None:
    """`follow_up_funded`, `follow_up_funding_eur`: granted ≤ S; an end takes nothing back."""
    programme.given(
        enrolled(),
        funded(on("2017-02-01"), "a", Decimal("1000.01")),
        funded(on("2017-03-01"), "b", Decimal("0.10")),
        funding_ended(on("2017-02-15"), "a"),
        exited(on("2017-02-20")),
    )
    programme.given(enrolled(), funded(on("2017-03-01"), amount=Decimal("0.20")))
    programme.given(enrolled())
    programme.then("2017-01-31", follow_up_funded=0, follow_up_funding_eur=0.0)
    programme.then("2017-02-01", follow_up_funded=1, follow_up_funding_eur=1000.01)
    programme.then("2017-02-15", follow_up_funded=1, follow_up_funding_eur=1000.01)
    programme.then("2017-03-01", follow_up_funded=2, follow_up_funding_eur=1000.31)


# --- exits ------------------------------------------------------------------------------------------


def test_exits_by_reason(programme: Programme) -> None:
    """`exits`: persons exited ≤ S, by reason."""
    programme.given(enrolled(), exited(on("2017-02-01"), ExitReason.SVP))
    programme.given(enrolled(), exited(on("2017-02-02"), ExitReason.SVP))
    programme.given(enrolled(), exited(on("2017-02-02"), ExitReason.MOVED_AWAY))
    programme.then("2017-02-01", exits=1)
    programme.then("2017-02-02", exits=3)
    programme.then_by("reason", "2017-02-02", exits={"svp": 2, "moved_away": 1})


def test_last_reason_counts_after_coming_back(programme: Programme) -> None:
    """Somebody who left twice counts once, with the reason of the last exit ≤ S."""
    person = uuid4()
    programme.given(enrolled("2016-01-01"), exited(on("2016-06-01"), ExitReason.ILLNESS), participant=person)
    programme.given(enrolled("2017-01-01"), exited(on("2017-06-01"), ExitReason.SVP), participant=person)
    programme.then_by("reason", "2016-06-01", exits={"illness": 1})
    programme.then_by("reason", "2017-05-31", exits={"illness": 1})
    programme.then("2017-05-31", exits=1, participants_active=1)
    programme.then_by("reason", "2017-06-01", exits={"svp": 1})
    programme.then("2017-06-01", exits=1, participants_active=0)


def test_two_exits_on_one_day(programme: Programme) -> None:
    """Of two on one day the later participation's counts."""
    person = uuid4()
    programme.given(enrolled("2016-01-01"), exited(on("2016-06-01"), ExitReason.ILLNESS), participant=person)
    programme.given(enrolled("2016-06-01"), exited(on("2016-06-01"), ExitReason.SVP), participant=person)
    programme.then("2016-06-01", exits=1)
    programme.then_by("reason", "2016-06-01", exits={"svp": 1})


def test_coming_back_on_the_day_of_the_exit(programme: Programme) -> None:
    """One participation at a time: the day of the exit is the earliest for the next, and counts once."""
    person = uuid4()
    programme.given(enrolled("2016-01-01"), assigned(on("2016-01-01")), exited(on("2016-06-01")), participant=person)
    programme.given(enrolled("2016-06-01"), assigned(on("2016-06-01"), "C2"), participant=person)
    programme.then("2016-06-01", participants_active=1, exits=1, caseload_max=1, caseload_mean=1.0)
    programme.then_by("coach", "2016-06-01", caseload_max={"C2": 1})


# --- caseloads --------------------------------------------------------------------------------------


def test_caseload_of_coaches_with_somebody_in_care(programme: Programme) -> None:
    """`caseload_max`, `caseload_mean`: in care at S per coach with at least one."""
    programme.given(enrolled(), assigned(on("2017-01-01"), "C1"))
    programme.given(enrolled(), assigned(on("2017-01-01"), "C1"), assigned(on("2017-02-01"), "C2"))
    programme.given(enrolled(), assigned(on("2017-01-15"), "C1"), exited(on("2017-03-01")))
    programme.given(enrolled())
    programme.then("2016-12-31", caseload_max=0, caseload_mean=None)
    programme.then("2017-01-01", caseload_max=2, caseload_mean=2.0)
    programme.then("2017-01-31", caseload_max=3, caseload_mean=3.0)
    programme.then("2017-02-01", caseload_max=2, caseload_mean=1.5)
    programme.then_by("coach", "2017-02-01", caseload_max={"C1": 2, "C2": 1})
    programme.then("2017-03-01", caseload_max=1, caseload_mean=1.0)


def test_assignment_entered_late(programme: Programme) -> None:
    """Days decide who has somebody in care, not the order of entry; of one day the later entry."""
    programme.given(
        enrolled(),
        assigned(on("2017-03-01"), "C3"),
        assigned(on("2017-02-01"), "C2"),
        assigned(on("2017-02-01"), "C1"),
    )
    programme.then("2017-01-31", caseload_max=0)
    programme.then_by("coach", "2017-02-28", caseload_max={"C1": 1})
    programme.then_by("coach", "2017-03-01", caseload_max={"C3": 1})


# --- breakdowns -------------------------------------------------------------------------------------


def test_breakdowns_use_the_traits_at_enrolment(programme: Programme) -> None:
    """Gender, age group, municipality, single parent and education, each as it was at enrolment."""
    programme.given(
        enrolled(gender=Gender.FEMALE, age=24, municipality="Raunheim", education=Education.NONE, single_parent=True),
        changed("2017-02-01", single_parent=False, municipality="Mainz"),
    )
    programme.given(enrolled(gender=Gender.MALE, age=25, municipality="A|B", education=Education.ISCED_5_8))
    programme.given(enrolled(gender=Gender.DIVERSE, age=29, municipality="Raunheim", education=Education.UNKNOWN))
    programme.given(enrolled(gender=Gender.UNSPECIFIED, age=30, municipality="Raunheim"))
    programme.given(enrolled(gender=Gender.FEMALE, age=34, municipality="Raunheim"))
    programme.given(enrolled(gender=Gender.FEMALE, age=35, municipality="Raunheim"))
    expected = {
        "gender": {"female": 3, "male": 1, "diverse": 1, "unspecified": 1},
        "age_group": {"under_25": 1, "25_29": 2, "30_34": 2, "35_plus": 1},
        "municipality": {"Raunheim": 5, "A|B": 1},
        "single_parent": {"yes": 1, "no": 5},
        "education": {"none": 1, "isced_5_8": 1, "unknown": 1, "isced_0_2": 3},
    }
    for trait, groups in expected.items():
        programme.then_by(trait, "2017-12-31", participants_enrolled=groups, participants_active=groups)
    programme.then("2017-12-31", participants_enrolled=6)


def test_rates_are_broken_down_part_by_part(programme: Programme) -> None:
    """The rate of a group is of its own numerator and denominator, and none where that is 0."""
    programme.given(enrolled(gender=Gender.FEMALE), job("2017-02-01"))
    programme.given(enrolled(gender=Gender.FEMALE))
    programme.given(enrolled(gender=Gender.MALE))
    programme.then_by("gender", "2017-12-31", placement_rate={"female": 0.5, "male": 0.0})
    programme.then_by("gender", "2017-12-31", integration_rate_12m={"female": 0.5, "male": 0.0})
    programme.then_by("gender", "2017-12-31", sustained_rate={"female": 1.0})


def test_person_who_came_back_is_in_one_group(programme: Programme) -> None:
    """A person counted once has one combination of traits: that of the first participation counted."""
    person = uuid4()
    programme.given(
        enrolled("2016-01-01", municipality="Raunheim", age=24), exited(on("2016-06-01")), participant=person
    )
    programme.given(enrolled("2017-01-01", municipality="Mainz", age=25), job("2017-02-01"), participant=person)
    programme.then("2017-12-31", participants_enrolled=1, placed_any=1)
    programme.then_by("municipality", "2017-12-31", participants_enrolled={"Raunheim": 1})


def test_group_where_the_first_enrolment_was_withdrawn(programme: Programme) -> None:
    """The first participation is the first that stands, from the day of its enrolment on."""
    person = uuid4()
    first = programme.given(enrolled("2016-01-01", municipality="Raunheim"), participant=person)
    programme.withdraw(first, 1)
    programme.given(enrolled("2017-01-01", municipality="Mainz"), participant=person)
    programme.then("2017-01-01", participants_enrolled=1)
    programme.then_by("municipality", "2017-01-01", participants_enrolled={"Mainz": 1})


def test_rate_of_a_group_counts_the_same_persons_above_and_below(programme: Programme) -> None:
    """Who moved between two participations is in one group of a rate, not above in one and below in another."""
    person = uuid4()
    programme.given(enrolled("2016-01-01", municipality="Raunheim"), exited(on("2016-06-01")), participant=person)
    programme.given(enrolled("2017-01-01", municipality="Mainz"), job("2017-02-01"), participant=person)
    rates = programme.figures("2017-12-31")["placement_rate"].by["municipality"]
    assert [rate for rate in rates.values() if rate is not None] == [1.0]


# --- knowledge --------------------------------------------------------------------------------------


def test_only_what_the_ledger_held_counts(programme: Programme) -> None:
    """Entries after the Datenstand do not count, and neither do corrections and withdrawals made later."""
    journey = programme.given(enrolled(), session(on("2017-02-01"), 30), job("2017-03-01"))
    before = programme.datenstand
    programme.correct(journey, 2, minutes=45)
    corrected = programme.datenstand
    programme.withdraw(journey, 3)
    withdrawn = programme.datenstand
    programme.more(journey, session(on("2017-02-02"), 15))
    programme.then("2017-12-31", before, coaching_minutes=30, placed_svp=1, integrations_12m=1)
    programme.then("2017-12-31", corrected, coaching_minutes=45, placed_svp=1)
    programme.then("2017-12-31", withdrawn, coaching_minutes=45, placed_svp=0, placed_any=0)
    programme.then("2017-12-31", coaching_minutes=60, coaching_sessions=2, integrations_12m=0)


def test_withdrawn_enrolment_counts_nowhere(programme: Programme) -> None:
    """Registered in error is a Storno: nobody is left of it at a later Datenstand."""
    journey = programme.given(enrolled())
    before = programme.datenstand
    programme.withdraw(journey, 1)
    programme.then("2017-12-31", before, participants_enrolled=1)
    programme.then("2017-12-31", participants_enrolled=0, participants_active=0, placement_rate=None)


def test_corrected_start_moves_between_months(programme: Programme) -> None:
    """A Berichtigung of the day changes the person-month and everything that hangs on it."""
    journey = programme.given(enrolled(), job("2017-01-31"), without_job("2017-08-15"))
    programme.then("2017-07-31", sustained_yes=1)
    programme.correct(journey, 2, happened_on=on("2017-02-01"))
    programme.then("2017-07-31", sustained_yes=0, sustained_pending=1)
    programme.then("2017-08-31", sustained_no=1)


def test_evidence_names_the_entries_behind_a_row(programme: Programme) -> None:
    """A row names the ledger positions it came from: start and end, enrolment and change, entry and correction."""
    journey = programme.given(enrolled(single_parent=False), job("2017-02-01"))
    one, two = (entry.position for entry in programme.stores.journal.read(journey))
    programme.more(journey, changed("2017-03-01", single_parent=True))
    programme.correct(journey, 2, sector="Pflege")
    programme.more(journey, without_job("2017-06-01"))
    change, correction, end = (entry.position for entry in programme.stores.journal.read(journey)[2:])
    (row,) = programme.evidence("single_parents_in_svp", "2017-04-01").rows
    assert row.participant == str(programme.participant(journey))
    assert row.journey == str(journey)
    assert row.entries == [one, two, change, correction, end]
    (row,) = programme.evidence("placed_svp", "2017-04-01", two).rows
    assert row.entries == [two]


# --- what is refused --------------------------------------------------------------------------------


def test_unknown_figure_programme_and_datenstand_are_refused(programme: Programme, shared_stores: Stores) -> None:
    """A clear refusal that names what there is."""
    model, day = shared_stores.read_model, on("2018-02-19")
    with pytest.raises(NotFound) as refusal:
        evidence(model, programme.key, "placed", day)
    assert refusal.value.code == "unknown_figure"
    assert "placed_svp" in str(refusal.value)
    with pytest.raises(NotFound) as refusal:
        compute(model, "nirgends", day)
    assert refusal.value.code == "unknown_programme"
    for reached in (-1, 0, model.tracked() + 1):
        with pytest.raises(Refused) as refused:
            compute(model, programme.key, day, datenstand=reached)
        assert refused.value.code == "unknown_datenstand"
        assert str(model.tracked()) in str(refused.value)


def test_programme_is_unknown_before_it_was_opened(programme: Programme, shared_stores: Stores) -> None:
    """At a Datenstand before its opening a programme does not exist."""
    first = programme.datenstand
    other = Programme(shared_stores)
    assert other.balance("2018-02-19").datenstand == first + 1
    with pytest.raises(NotFound) as refusal:
        other.balance("2018-02-19", first)
    assert refusal.value.code == "unknown_programme"
