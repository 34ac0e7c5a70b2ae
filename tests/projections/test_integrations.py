"""The Kennzahlen of § 48a SGB II: K2 and what belongs to it, edge by edge, straight from DOMAIN.md section 5."""

from uuid import uuid4

import pytest
from entering import AUSBILDUNG, MINIJOB, SELBSTAENDIG, SVP, Programme, changed, enrolled, job, on, without_job
from steps import exited

from domain.terms import PlacementKind, Scheme
from projections.balance.counting import months_before

# --- K2: integrations of twelve months --------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "scheme", "integrations", "minijobs", "publicly_funded"),
    [
        (SVP, Scheme.NONE, 1, 0, 0),
        (SVP, Scheme.EGZ, 1, 0, 0),
        (SVP, Scheme.EINSTIEGSGELD, 1, 0, 0),
        (SVP, Scheme.P16E, 1, 0, 0),
        (SVP, Scheme.P16I, 0, 0, 1),
        (SVP, Scheme.P16D, 0, 0, 1),
        (AUSBILDUNG, Scheme.NONE, 1, 0, 0),
        (SELBSTAENDIG, Scheme.EINSTIEGSGELD, 1, 0, 0),
        (MINIJOB, Scheme.NONE, 0, 1, 0),
    ],
)
def test_what_is_an_integration(
    programme: Programme, kind: PlacementKind, scheme: Scheme, integrations: int, minijobs: int, publicly_funded: int
) -> None:
    """§ 16i and § 16d jobs may be svp, yet are no Integration; EGZ, § 16b and § 16e are (K2, K2E1, K2E2)."""
    programme.given(enrolled(), job("2017-02-01", kind=kind, scheme=scheme))
    programme.then(
        "2017-02-28",
        integrations_12m=integrations,
        minijob_entries_12m=minijobs,
        publicly_funded_entries_12m=publicly_funded,
        placed_svp=int(kind is SVP),
        sustained_pending=int(kind is SVP and integrations),
    )


def test_person_month_counts_once(programme: Programme) -> None:
    """K2: one Integration per person and calendar month, however many starts, of whatever kind."""
    programme.given(
        enrolled(),
        job("2017-02-01", "a"),
        without_job("2017-02-10", "a"),
        job("2017-02-20", "b", AUSBILDUNG),
        job("2017-02-28", "c", SELBSTAENDIG),
        job("2017-03-01", "d"),
        job("2017-03-02", "m", MINIJOB),
        job("2017-03-03", "n", MINIJOB),
        job("2017-03-02", "i", scheme=Scheme.P16I),
        job("2017-03-03", "j", scheme=Scheme.P16D),
    )
    programme.given(enrolled(), job("2017-02-01"))
    programme.then("2017-03-31", integrations_12m=3, minijob_entries_12m=1, publicly_funded_entries_12m=1)


def test_person_month_over_two_participations_counts_once(programme: Programme) -> None:
    """The month is the person's, whichever participation a start belongs to."""
    person = uuid4()
    programme.given(enrolled(), job("2017-02-01"), exited(on("2017-02-10")), participant=person)
    programme.given(enrolled("2017-02-10"), job("2017-02-20"), participant=person)
    programme.then("2017-02-28", integrations_12m=1, sustained_pending=1)


@pytest.mark.parametrize(
    ("stichtag", "first"),
    [
        ("2018-02-19", "2017-02-20"),
        ("2018-02-28", "2017-03-01"),
        ("2017-02-28", "2016-03-01"),
        ("2016-02-29", "2015-03-01"),
        ("2016-02-28", "2015-03-01"),
        ("2018-12-31", "2018-01-01"),
    ],
)
def test_bounds_of_the_last_twelve_months(programme: Programme, stichtag: str, first: str) -> None:
    """(S − 12 months, S]: the day twelve months before is out, the next one in, and S itself in."""
    before = months_before(on(stichtag), 12).isoformat()
    person = enrolled("2014-01-01")
    programme.given(
        person, job(before, kind=SELBSTAENDIG), job(before, "m", MINIJOB), job(before, "i", scheme=Scheme.P16I)
    )
    programme.then(stichtag, integrations_12m=0, minijob_entries_12m=0, publicly_funded_entries_12m=0)
    programme.given(
        person, job(first, kind=SELBSTAENDIG), job(first, "m", MINIJOB), job(first, "i", scheme=Scheme.P16I)
    )
    programme.then(stichtag, integrations_12m=1, minijob_entries_12m=1, publicly_funded_entries_12m=1)
    programme.given(person, job(stichtag), job(stichtag, "m", MINIJOB), job(stichtag, "i", scheme=Scheme.P16I))
    programme.then(stichtag, integrations_12m=2, minijob_entries_12m=2, publicly_funded_entries_12m=2)


@pytest.mark.parametrize(
    ("stichtag", "months", "day"),
    [
        ("2018-02-19", 1, "2018-01-19"),
        ("2018-02-28", 1, "2018-01-31"),
        ("2018-02-28", 12, "2017-02-28"),
        ("2017-02-28", 12, "2016-02-29"),
        ("2016-02-29", 12, "2015-02-28"),
        ("2016-02-28", 1, "2016-01-28"),
        ("2018-04-30", 1, "2018-03-31"),
        ("2018-03-30", 1, "2018-02-28"),
        ("2018-12-30", 10, "2018-02-28"),
        ("2018-12-31", 1, "2018-11-30"),
        ("2018-01-31", 11, "2017-02-28"),
        ("2018-01-01", 12, "2017-01-01"),
        ("2018-05-17", 0, "2018-05-17"),
    ],
)
def test_months_before(stichtag: str, months: int, day: str) -> None:
    """If S ends its month, each day is its month's last; otherwise the same day, clipped."""
    assert months_before(on(stichtag), months) == on(day)


def test_rate_is_per_mean_of_active_on_twelve_days(programme: Programme) -> None:
    """`integration_rate_12m`: integrations ÷ mean of participants_active on S, S − 1 month, …, S − 11 months."""
    programme.given(enrolled("2016-01-01"), job("2017-05-01"))
    programme.given(enrolled("2017-11-20"), exited(on("2018-01-19")))
    # The first is active on all twelve days up to 2018-02-19, the second on 2017-12-19 only: the 20th of November
    # is after that month's day, the exit on the day of January is the first day not active.
    programme.then("2018-02-19", integration_rate_12m=1 / (13 / 12), participants_active=1)


def test_twelve_days_with_the_rule_of_month_ends(programme: Programme) -> None:
    """On the last of February the days are the months' last, on the 28th of a leap year the 28th."""
    programme.given(enrolled("2014-01-01"), job("2015-12-01"))
    programme.given(enrolled("2016-01-29"))
    programme.then("2016-02-29", integration_rate_12m=1 / (14 / 12))  # 31 January and 29 February
    programme.then("2016-02-28", integration_rate_12m=1 / (13 / 12))  # 28 February, not yet 28 January


def test_eleventh_month_is_the_last_of_twelve_days(programme: Programme) -> None:
    """Twelve days, not thirteen: who left before S − 11 months is in no denominator."""
    programme.given(enrolled("2016-01-01"), job("2018-01-05"))
    programme.given(enrolled("2016-01-01"), exited(on("2017-03-19")))
    programme.given(enrolled("2016-01-01"), exited(on("2017-03-20")))
    programme.then("2018-02-19", integration_rate_12m=1 / (13 / 12))


def test_stichtag_itself_is_the_first_of_twelve_days(programme: Programme) -> None:
    """Who was enrolled on the Stichtag is active on one of the twelve days."""
    programme.given(enrolled("2018-02-19"), job("2018-02-19"))
    programme.then("2018-02-19", integration_rate_12m=12.0, integrations_12m=1)


def test_rates_without_a_denominator(programme: Programme) -> None:
    """A rate is none where nobody was active on any of the days, even with an Integration in the months."""
    programme.given(enrolled("2018-02-01"), job("2018-02-10"), exited(on("2018-02-15")))
    programme.then("2018-02-19", integrations_12m=1, integration_rate_12m=None, placement_rate=1.0)
    programme.then("2018-01-31", placement_rate=None, integration_rate_12m=None, sustained_rate=None)


def test_integration_rate_of_single_parents(programme: Programme) -> None:
    """K2E4: both parts for participants who are single parents at the day counted."""
    programme.given(
        enrolled("2016-01-01", single_parent=True),
        job("2017-12-31"),
        changed("2018-01-01", single_parent=False),
        job("2018-01-15", "q"),
    )
    programme.given(enrolled("2016-01-01"), job("2017-06-01"), changed("2018-02-19", single_parent=True))
    programme.given(enrolled("2016-01-01"), job("2017-06-01"))
    # Single parent when the job of 2017-12-31 began and on the ten days up to 2017-12-19; the second on the last day.
    programme.then("2018-02-19", integration_rate_single_parents_12m=1 / (11 / 12), integrations_12m=4)
    programme.then("2017-12-30", integration_rate_single_parents_12m=0.0)


# --- K2E3: sustained --------------------------------------------------------------------------------


def test_six_month_ends_after_the_month_of_the_start(programme: Programme) -> None:
    """K2E3: yes when in svp on the last day of every one of the months m+1 … m+6, and all six are ≤ S."""
    programme.given(enrolled(), job("2017-01-31"), without_job("2017-08-01"))
    programme.then("2017-01-30", sustained_yes=0, sustained_no=0, sustained_pending=0, sustained_rate=None)
    programme.then("2017-01-31", sustained_yes=0, sustained_no=0, sustained_pending=1, sustained_rate=None)
    programme.then("2017-07-30", sustained_yes=0, sustained_no=0, sustained_pending=1, sustained_rate=None)
    programme.then("2017-07-31", sustained_yes=1, sustained_no=0, sustained_pending=0, sustained_rate=1.0)
    programme.then("2025-12-31", sustained_yes=1, sustained_no=0, sustained_pending=0, sustained_rate=1.0)


def test_not_sustained_as_soon_as_a_day_fails(programme: Programme) -> None:
    """K2E3: no as soon as one of the six days ≤ S does not hold; the end date is the first day without."""
    programme.given(enrolled(), job("2017-01-01"), without_job("2017-04-30"))
    programme.then("2017-04-29", sustained_pending=1, sustained_no=0)
    programme.then("2017-04-30", sustained_pending=0, sustained_no=1, sustained_rate=0.0)
    programme.then("2018-04-30", sustained_pending=0, sustained_no=1, sustained_yes=0)


def test_end_of_its_own_month_is_not_looked_at(programme: Programme) -> None:
    """The first of the six days is the last of the month after; a gap between month ends is none."""
    programme.given(
        enrolled(), job("2017-01-02"), without_job("2017-01-20"), job("2017-02-27", "q"), without_job("2017-08-01", "q")
    )
    programme.then("2017-01-31", sustained_pending=1, sustained_no=0)
    programme.then("2017-07-31", sustained_yes=1, sustained_no=0, sustained_pending=1)  # January, and February's own


def test_first_of_the_six_days_is_one_of_them(programme: Programme) -> None:
    """The last day of the month after the start counts as much as the five after it."""
    programme.given(
        enrolled(), job("2017-01-15"), without_job("2017-02-28"), job("2017-03-01", "q"), without_job("2017-08-01", "q")
    )
    programme.then("2017-02-27", sustained_pending=1, sustained_no=0)
    programme.then("2017-02-28", sustained_pending=0, sustained_no=1)
    programme.then(
        "2017-07-31", sustained_no=1, sustained_yes=0, sustained_pending=1
    )  # March's own sixth: 30 September


def test_another_employer_counts(programme: Programme) -> None:
    """In svp is in svp: with another employer, also under § 16i, also of another participation; not in a minijob."""
    person = uuid4()
    programme.given(
        enrolled(),
        job("2017-01-15"),
        without_job("2017-03-31"),
        job("2017-03-31", "q", scheme=Scheme.P16I),
        without_job("2017-05-31", "q"),
        exited(on("2017-05-20")),
        participant=person,
    )
    programme.given(enrolled("2017-05-20"), job("2017-05-31", "r"), participant=person)
    programme.given(enrolled(), job("2017-01-15"), without_job("2017-07-31"), job("2017-07-31", "m", MINIJOB))
    programme.then("2017-07-31", sustained_yes=1, sustained_no=1, sustained_pending=1, sustained_rate=0.5)


def test_months_of_a_person_are_looked_at_each(programme: Programme) -> None:
    """Per Integration of any time ≤ S (person and calendar month), two starts of a month being one."""
    programme.given(
        enrolled(),
        job("2017-01-01", "a"),
        without_job("2017-01-10", "a"),
        job("2017-01-20", "b"),
        without_job("2017-05-15", "b"),
        job("2017-06-15", "c"),
    )
    # January fails on 31 May; June lasts from 31 July on and has its sixth day on 31 December.
    programme.then("2017-05-30", sustained_yes=0, sustained_no=0, sustained_pending=1)
    programme.then("2017-05-31", sustained_yes=0, sustained_no=1, sustained_pending=0)
    programme.then("2017-12-30", sustained_yes=0, sustained_no=1, sustained_pending=1, sustained_rate=0.0)
    programme.then("2017-12-31", sustained_yes=1, sustained_no=1, sustained_pending=0, sustained_rate=0.5)


def test_only_svp_integrations_are_followed(programme: Programme) -> None:
    """Training, self-employment, § 16i and minijobs are not asked whether they last."""
    programme.given(
        enrolled(),
        job("2017-01-15", "a", AUSBILDUNG),
        job("2017-02-15", "s", SELBSTAENDIG),
        job("2017-03-15", "i", scheme=Scheme.P16I),
        job("2017-04-15", "m", MINIJOB),
    )
    programme.then("2018-12-31", sustained_yes=0, sustained_no=0, sustained_pending=0, sustained_rate=None)
