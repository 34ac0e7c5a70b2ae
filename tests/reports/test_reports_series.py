"""What charts show beyond figures agrees with the figures, and with counting by hand."""

from datetime import date

import pytest
from entering import AUSBILDUNG, MINIJOB, SVP, Programme, enrolled, job, on, without_job
from steps import completed, exited, qualified

from projections.catalogue import CORE
from projections.reports import Series, series
from projections.stores import Stores


def series_of(programme: Programme, stichtag: str) -> Series:
    return series(programme.stores.read_model, programme.balance(stichtag), CORE)


def states_of(found: Series) -> list[dict[str, int]]:
    """Per month the states somebody is in."""
    return [{state.value: count for state, count in month.states.items() if count} for month in found.states]


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    """A programme of this test's own, on either database."""
    return Programme(shared_stores)


# --- placements by month ------------------------------------------------------------------------------


def test_first_placement_of_a_kind_is_the_month(programme: Programme) -> None:
    """A person with two jobs of a kind counts once, in the month the first begins; the months run without a gap."""
    programme.given(
        enrolled("2017-01-15"),
        job("2017-03-31", "a"),
        without_job("2017-04-10", "a"),
        job("2017-05-02", "b"),
        job("2017-06-01", "c", AUSBILDUNG),
    )
    found = series_of(programme, "2017-06-30").placements
    assert [month.month for month in found] == [date(2017, month, 1) for month in range(1, 7)]
    assert {month.month.month: month.persons["placed_svp"] for month in found if month.persons["placed_svp"]} == {3: 1}
    assert found[5].persons == {
        "placed_svp": 0,
        "placed_ausbildung": 1,
        "placed_selbstaendig": 0,
        "placed_minijob_only": 0,
    }


def test_minijob_before_a_job_is_not_shown(programme: Programme) -> None:
    """As in the figure of further persons, a minijob counts only where no svp job has begun by the Stichtag."""
    programme.given(enrolled("2017-01-01"), job("2017-02-01", "m", MINIJOB), job("2017-05-01", "s", SVP))
    before, after = (series_of(programme, stichtag).placements for stichtag in ("2017-04-30", "2017-05-01"))
    assert sum(month.persons["placed_minijob_only"] for month in before) == 1
    assert sum(month.persons["placed_minijob_only"] for month in after) == 0


def test_withdrawn_placement_is_gone(programme: Programme) -> None:
    """What was withdrawn by the Datenstand does not count, but still does at the Datenstand before."""
    journey = programme.given(enrolled("2017-01-01"), job("2017-02-01"))
    model, before = programme.stores.read_model, programme.datenstand
    programme.withdraw(journey, 2)
    sums = []
    for datenstand in (before, programme.datenstand):
        balance = programme.balance("2017-12-31", datenstand)
        sums.append(sum(month.persons["placed_svp"] for month in series(model, balance, CORE).placements))
    assert sums == [1, 0]


# --- states -------------------------------------------------------------------------------------------


def test_where_somebody_stands_month_by_month(programme: Programme) -> None:
    """Coaching, qualification, job and exit follow each other on the day of the enrolment, month by month; an end is
    the first day without."""
    programme.given(
        enrolled("2017-01-10"),
        qualified(on("2017-02-10")),
        completed(on("2017-04-10")),
        job("2017-04-11"),
        without_job("2017-06-11"),
        exited(on("2017-07-10")),
    )
    found = series_of(programme, "2017-08-09")
    assert [month.persons for month in found.states] == [1] * 7
    expected = ["coaching", "qualification", "qualification", "coaching", "svp", "svp", "left"]
    assert states_of(found) == [{state: 1} for state in expected]


def test_day_of_the_enrolment_is_clipped(programme: Programme) -> None:
    """One month after 31 January is the last day of February."""
    programme.given(enrolled("2017-01-31"), job("2017-02-28"), without_job("2017-03-31"))
    assert states_of(series_of(programme, "2017-03-31")) == [{"coaching": 1}, {"svp": 1}, {"coaching": 1}]
    assert states_of(series_of(programme, "2017-02-28")) == [{"coaching": 1}, {"svp": 1}]
    assert states_of(series_of(programme, "2017-02-27")) == [{"coaching": 1}]


def test_second_participation_goes_on_with_the_months(programme: Programme) -> None:
    """A person has one course, from the first enrolment on: between two participations they have left."""
    journey = programme.given(enrolled("2017-01-01"), exited(on("2017-02-01")))
    programme.given(enrolled("2017-03-01", participation=2), participant=programme.participant(journey))
    found = series_of(programme, "2017-03-15")
    assert states_of(found) == [{"coaching": 1}, {"left": 1}, {"coaching": 1}]


def test_months_end_where_few_are_left(programme: Programme) -> None:
    """A month is shown as long as a tenth of all persons has reached it, two of eleven here."""
    for day in ("2017-01-01", "2017-02-01", *["2017-06-01"] * 9):
        programme.given(enrolled(day))
    assert [month.persons for month in series_of(programme, "2017-06-30").states] == [11, 2, 2, 2, 2]


def test_nobody_enrolled(programme: Programme) -> None:
    """Before the first enrolment there is nothing to show, and it is no error."""
    programme.given(enrolled("2017-02-01"))
    found = series_of(programme, "2017-01-31")
    assert found.states == ()
    assert [sum(month.persons.values()) for month in found.placements] == [0]
