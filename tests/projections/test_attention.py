"""What needs attention: on the right day, for the right eyes, and the same as the list says."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from entering import Programme, enrolled, on
from given import SEALED
from office import MadeUp, made_up_office
from steps import assigned, exited, found_at, funded, funding_ended, session

from domain.facts import WhereaboutsRecorded
from domain.terms import ExitReason, Whereabouts, WhereaboutsSource
from projections.attention import Concern, attention
from projections.roster import EVERYTHING, Due, DueKind, Filter, Listed, Scope, page
from projections.roster.due import CHECK_NOTICE, FUNDING_NOTICE
from projections.stores import Stores


def cases(programme: Programme, today: str, scope: Scope = EVERYTHING) -> dict[Concern, dict[str, date]]:
    """Per concern that there is, the journeys and the day of each."""
    found = attention(programme.stores.read_model, scope, programme.key, on(today), programme.datenstand)
    for one in found.concerns.values():
        assert one.count == len(one.first)
    return {
        concern: {case.stream: case.on for case in one.first} for concern, one in found.concerns.items() if one.count
    }


def dues(programme: Programme, today: str) -> tuple[Due, ...]:
    """What the list says is due on the one journey of a programme."""
    (row,) = page(
        programme.stores.read_model, EVERYTHING, Filter(programme=programme.key), on(today), programme.datenstand
    ).rows
    assert row.next_due == (row.dues[0] if row.dues else None)
    return row.dues


def test_session_is_overdue_after_six_weeks(programme: Programme) -> None:
    """Somebody active without a session for more than 42 days, counted from the enrolment where there was none."""
    journey = str(programme.given(enrolled("2017-01-01"), assigned(on("2017-01-01"), "A"), session(on("2017-02-01"))))
    assert cases(programme, "2017-03-15") == {}
    assert cases(programme, "2017-03-16") == {Concern.SESSION_OVERDUE: {journey: on("2017-03-15")}}
    assert dues(programme, "2017-02-01") == dues(programme, "2017-12-01") == (Due(on("2017-03-15"), DueKind.SESSION),)
    assert dues(programme, "2017-01-31") == (Due(on("2017-02-12"), DueKind.SESSION),)
    assert cases(programme, "2017-02-12") == {}  # the session of 1 February has been held


def test_session_is_not_due_after_the_exit(programme: Programme) -> None:
    """The day of the exit is the first without coaching."""
    programme.given(enrolled("2017-01-01"), assigned(on("2017-01-01")), exited(on("2017-03-01")))
    assert Concern.SESSION_OVERDUE in cases(programme, "2017-02-28")
    assert Concern.SESSION_OVERDUE not in cases(programme, "2017-03-01")


def test_follow_up_checks_are_due_in_their_four_weeks(programme: Programme) -> None:
    """The checks of the ESF+ within four weeks of the exit and of the day six months after it: due from 14 days before
    the last day until 28 days after, by which a check in time should have been entered."""
    journey = str(programme.given(enrolled("2017-01-01"), exited(on("2017-03-01"))))
    at_exit = {Concern.EXIT_CHECK_DUE: {journey: on("2017-03-29")}}
    later = {Concern.HALF_YEAR_CHECK_DUE: {journey: on("2017-09-29")}}
    days = ["03-14", "03-15", "04-26", "04-27", "09-14", "09-15", "10-27", "10-28"]
    assert [cases(programme, f"2017-{day}") for day in days] == [{}, at_exit, at_exit, {}, {}, later, later, {}]
    assert [due.kind for due in dues(programme, "2017-03-01")] == [DueKind.EXIT_CHECK, DueKind.HALF_YEAR_CHECK]
    assert dues(programme, "2017-04-27") == (Due(on("2017-09-29"), DueKind.HALF_YEAR_CHECK),)


def unknown_at(day: str) -> WhereaboutsRecorded:
    return WhereaboutsRecorded(happened_on=on(day), status=Whereabouts.UNKNOWN, source=WhereaboutsSource.PARTICIPANT)


@pytest.mark.parametrize(
    ("steps", "due"),
    [
        ([found_at(on("2017-03-29"))], False),
        ([found_at(on("2017-03-30"))], True),
        ([unknown_at("2017-03-10")], True),
    ],
)
def test_check_that_tells_something_in_time_settles_it(programme: Programme, steps: list[Any], due: bool) -> None:
    """As in the figures of the ESF+, a check counts within the four weeks and if it found something out."""
    programme.given(enrolled("2017-01-01"), exited(on("2017-03-01")), *steps)
    assert (Concern.EXIT_CHECK_DUE in cases(programme, "2017-04-01")) is due


def test_nobody_is_asked_after_who_died_or_came_back(programme: Programme) -> None:
    """A check is due for persons who left for good."""
    person = uuid4()
    programme.given(enrolled("2017-01-01"), exited(on("2017-03-01")), participant=person)
    programme.given(enrolled("2017-01-01"), exited(on("2017-03-01"), ExitReason.DECEASED))
    assert len(cases(programme, "2017-03-20")[Concern.EXIT_CHECK_DUE]) == 1
    programme.given(enrolled("2017-03-21"), participant=person)
    assert Concern.EXIT_CHECK_DUE in cases(programme, "2017-03-20")
    assert Concern.EXIT_CHECK_DUE not in cases(programme, "2017-03-21")


def test_funding_ends_within_thirty_days(programme: Programme) -> None:
    """A funding needs attention in the 30 days before its last day, unless nothing is paid any more."""
    journey = programme.given(
        enrolled("2017-01-01"), assigned(on("2017-01-01")), funded(on("2017-01-02"), until=on("2017-02-10"))
    )
    ending = {Concern.FUNDING_ENDS: {str(journey): on("2017-02-10")}}
    found = [cases(programme, f"2017-{day}") for day in ("01-10", "01-11", "02-10", "02-11")]
    assert found == [{}, ending, ending, {}]
    programme.more(journey, funding_ended(on("2017-01-20")))
    assert (cases(programme, "2017-01-19"), cases(programme, "2017-01-20")) == (ending, {})


def test_without_coach_and_beyond_the_ratio(shared_stores: Stores) -> None:
    """Active persons nobody has in care, and coaches with more in care than the programme's ratio; a coach sees the
    own caseload alone."""
    programme = Programme(shared_stores, coaching_ratio=1)
    alone = programme.given(enrolled("2017-01-01"))
    programme.given(enrolled("2017-01-01"), assigned(on("2017-01-02"), "A"))
    second = programme.given(enrolled("2017-01-01"), assigned(on("2017-01-02"), "A", override_reason=SEALED))
    programme.given(enrolled("2017-01-01"), assigned(on("2017-01-02"), "B"))
    model, now = shared_stores.read_model, programme.datenstand
    everywhere = attention(model, EVERYTHING, programme.key, on("2017-01-05"), now)
    assert [(one.coach, one.persons, one.ratio) for one in everywhere.overloads] == [("A", 2, 1)]
    assert [case.stream for case in everywhere.concerns[Concern.NO_COACH].first] == [str(alone)]
    for coach, overloads in (("A", 1), ("B", 0)):
        own = attention(model, Scope(None, ((coach, None),)), programme.key, on("2017-01-05"), now)
        assert (len(own.overloads), own.concerns[Concern.NO_COACH].count) == (overloads, 0)
    programme.more(second, exited(on("2017-01-04")))
    assert attention(model, EVERYTHING, None, on("2017-01-05"), programme.datenstand).overloads == ()
    assert attention(model, EVERYTHING, programme.key, on("2017-01-05"), now).overloads == everywhere.overloads


# --- the same as the list -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office(shared_stores: Stores) -> MadeUp:
    return made_up_office(shared_stores)


def _needs(row: Listed, kind: DueKind, today: date) -> date | None:
    notice = {DueKind.SESSION: timedelta(days=-1), DueKind.FUNDING_ENDS: FUNDING_NOTICE}.get(kind, CHECK_NOTICE)
    return next((due.on for due in row.dues if due.kind is kind and due.on - notice <= today), None)


@pytest.mark.parametrize("scope", [EVERYTHING, Scope(("programme-2",), None), Scope(None, (("C01", None),))])
def test_list_and_attention_say_the_same(office: MadeUp, scope: Scope) -> None:
    """On any day, at any Datenstand and for anybody, a concern has the journeys whose row says it is due."""
    model, head = office.stores.read_model, office.stores.journal.head()
    seen: set[Concern] = set()
    for number in range(16):
        today, datenstand = date(2016, 4, 1) + timedelta(days=75 * number), head if number % 2 else head * number // 20
        rows = page(model, scope, Filter(), today, datenstand or 1, limit=1000).rows
        found = attention(model, scope, None, today, datenstand or 1, limit=1000).concerns
        for concern, kind in zip(Concern, DueKind, strict=False):
            needing = {row.stream: (day, row.coach) for row in rows if (day := _needs(row, kind, today))}
            assert {case.stream: (case.on, case.coach) for case in found[concern].first} == needing, concern
            seen |= {concern} if needing else set()
    assert len(seen) >= 2
