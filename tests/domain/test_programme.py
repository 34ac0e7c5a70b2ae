"""Decisions on the stream of a programme."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from given import OPENED, SEALED, TODAY, enrolment, given

from domain import programme
from domain.facts import CoachJoined, Enrolled, ProgrammeClosed, TargetGroup, Verdict
from domain.programme import Programme
from domain.terms import Criterion, Role

JOINED = CoachJoined(coach="C1")
CLOSED = ProgrammeClosed(last_day=date(2018, 1, 31))
ONE_DAY = timedelta(days=1)
YOUNG = msgspec.structs.replace(OPENED, target_group=TargetGroup(age_min=23, age_max=34))
TOO_OLD = (Verdict(Criterion.AGE_MIN, "23", "41", True), Verdict(Criterion.AGE_MAX, "34", "41", False))


def opening(**changed: Any) -> Any:
    return msgspec.structs.replace(OPENED, **changed)


def admit(state: Programme, asked: Enrolled, role: Role = Role.COACH) -> list[Enrolled]:
    return [programme.admit(state, asked, role)]


# --- opening ----------------------------------------------------------------------------------------


def test_programme_is_opened() -> None:
    """A key nobody used is opened with its period, target group and ratio (DOMAIN.md 3)."""
    given(Programme).when(programme.open_programme, OPENED).then(OPENED)


def test_opening_twice_stores_nothing() -> None:
    """The same opening again changes nothing (DOMAIN.md 4, a command sent twice)."""
    given(Programme, OPENED).when(programme.open_programme, OPENED).then()


def test_key_is_opened_only_once() -> None:
    """Another opening under a key in use is refused."""
    other = opening(title="Etwas anderes")
    given(Programme, OPENED).when(programme.open_programme, other).refused("programme_exists", "lzb-gg")


def test_programme_does_not_end_before_it_starts() -> None:
    """A period is not reversed; a single day is one."""
    day, before = date(2016, 3, 1), date(2016, 2, 29)
    given(Programme).when(programme.open_programme, one := opening(ends_on=day)).then(one)
    reversed_ = opening(ends_on=before)
    given(Programme).when(programme.open_programme, reversed_).refused("period_reversed", day, before)


def test_ages_of_the_target_group_are_not_reversed() -> None:
    """A maximum age below the minimum age is refused; the same age is not."""
    same = opening(target_group=TargetGroup(age_min=30, age_max=30))
    given(Programme).when(programme.open_programme, same).then(same)
    reversed_ = opening(target_group=TargetGroup(age_min=30, age_max=29))
    given(Programme).when(programme.open_programme, reversed_).refused("age_reversed", 29, 30)


# --- coaches ----------------------------------------------------------------------------------------


def test_coach_joins() -> None:
    """A coach works in a programme from now on."""
    given(Programme, OPENED).when(programme.join, "C1").then(JOINED)


def test_joining_twice_stores_nothing() -> None:
    """A coach who is there already joins no second time."""
    given(Programme, OPENED, JOINED).when(programme.join, "C1").then()


def test_nobody_joins_a_programme_never_opened() -> None:
    """An unknown programme is refused (DOMAIN.md 4)."""
    given(Programme).when(programme.join, "C1").refused("unknown_programme")


def test_unknown_coach_is_refused() -> None:
    """A coach the programme does not know is refused (DOMAIN.md 4)."""
    state = given(Programme, OPENED, JOINED)
    state.when(programme.require_coach, "C2").refused("unknown_coach", "C2", "lzb-gg")
    assert programme.require_coach(state.state, "C1") is None  # type: ignore[func-returns-value]


# --- closing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("last_day", [OPENED.starts_on, CLOSED.last_day, TODAY])
def test_programme_is_closed_before_its_time(last_day: date) -> None:
    """Any day of the programme up to today can be its last."""
    closed = ProgrammeClosed(last_day=last_day)
    given(Programme, OPENED, JOINED).when(programme.close, last_day, today=TODAY).then(closed)


def test_closing_twice_stores_nothing() -> None:
    """The same last day again changes nothing (DOMAIN.md 4, a command sent twice)."""
    given(Programme, OPENED, CLOSED).when(programme.close, CLOSED.last_day, today=TODAY).then()


@pytest.mark.parametrize("last_day", [CLOSED.last_day - ONE_DAY, CLOSED.last_day + ONE_DAY, OPENED.ends_on])
def test_programme_is_closed_only_once(last_day: date) -> None:
    """Another last day is refused and the message names the one it has (rule 2)."""
    decision = given(Programme, OPENED, CLOSED).when(programme.close, last_day, today=OPENED.ends_on)
    assert decision.refused("already_closed", "lzb-gg", CLOSED.last_day).field == "last_day"


def test_programme_is_not_closed_in_the_future() -> None:
    """That it ended is said when it has ended; today is its last day at the latest (rule 5)."""
    decision = given(Programme, OPENED).when(programme.close, TODAY + ONE_DAY, today=TODAY)
    assert decision.refused("in_future", TODAY + ONE_DAY, TODAY).field == "last_day"


@pytest.mark.parametrize("last_day", [OPENED.starts_on - ONE_DAY, OPENED.ends_on + ONE_DAY])
def test_last_day_lies_in_the_programme(last_day: date) -> None:
    """A programme does not end before it began or after its period (rule 2)."""
    decision = given(Programme, OPENED).when(programme.close, last_day, today=date(2020, 1, 1))
    assert decision.refused("outside_period", last_day, OPENED.starts_on, OPENED.ends_on).field == "last_day"


def test_programme_never_opened_is_not_closed() -> None:
    """An unknown programme is refused (rule 1)."""
    given(Programme).when(programme.close, TODAY, today=TODAY).refused("unknown_programme")


def test_last_day_of_a_programme() -> None:
    """As planned, until it is closed; the end planned is no closing."""
    assert programme.last_day_of(given(Programme, OPENED).state) == OPENED.ends_on
    assert programme.last_day_of(given(Programme, OPENED, CLOSED).state) == CLOSED.last_day
    planned = ProgrammeClosed(last_day=OPENED.ends_on)
    given(Programme, OPENED).when(programme.close, OPENED.ends_on, today=OPENED.ends_on).then(planned)


def test_nobody_is_enrolled_after_the_closing() -> None:
    """The last day of a closed programme is the last for an enrolment, for a lead too (rule 2)."""
    state = given(Programme, OPENED, CLOSED)
    state.when(admit, enrolment(CLOSED.last_day)).then(enrolment(CLOSED.last_day))
    late = enrolment(CLOSED.last_day + ONE_DAY, override_reason=SEALED)
    refusal = state.when(admit, late, Role.LEAD)
    refusal.refused("outside_period", late.happened_on, OPENED.starts_on, CLOSED.last_day)


def test_coach_joins_a_closed_programme() -> None:
    """What is entered late needs its coach; the closing keeps nobody out."""
    given(Programme, OPENED, CLOSED).when(programme.join, "C1").then(JOINED)
    assert given(Programme, OPENED, CLOSED, JOINED).state.last_day == CLOSED.last_day


# --- admission --------------------------------------------------------------------------------------


def test_enrolment_is_admitted_with_its_verdict() -> None:
    """Who meets every criterion is admitted, and the verdict on each is stored (DOMAIN.md 3)."""
    met = (Verdict(Criterion.AGE_MIN, "23", "27", True), Verdict(Criterion.AGE_MAX, "34", "27", True))
    given(Programme, YOUNG).when(admit, enrolment()).then(enrolment(verdict=met))


def test_verdict_of_the_caller_counts_nothing() -> None:
    """The verdict is always found anew."""
    made_up = (Verdict(Criterion.AGE_MAX, "99", "41", True),)
    given(Programme, OPENED).when(admit, enrolment(verdict=made_up)).then(enrolment())


@pytest.mark.parametrize("day", [date(2016, 3, 1), date(2019, 6, 30)])
def test_first_and_last_day_belong_to_the_programme(day: date) -> None:
    """Enrolment is possible on both ends of the period."""
    given(Programme, OPENED).when(admit, enrolment(day)).then(enrolment(day))


@pytest.mark.parametrize("day", [date(2016, 2, 29), date(2019, 7, 1)])
def test_enrolment_outside_the_period_is_refused(day: date) -> None:
    """An enrolment before or after the programme is refused, for a lead too (DOMAIN.md 4)."""
    refusal = given(Programme, OPENED).when(admit, enrolment(day, override_reason=SEALED), Role.LEAD)
    refusal.refused("outside_period", day, OPENED.starts_on, OPENED.ends_on)


def test_enrolment_in_an_unknown_programme_is_refused() -> None:
    """An unknown programme is refused, by its key (DOMAIN.md 4)."""
    given(Programme).when(admit, enrolment()).refused("unknown_programme", "lzb-gg")


def test_criterion_not_met_is_refused() -> None:
    """A criterion not met is refused and named with the value found (DOMAIN.md 4)."""
    decision = given(Programme, YOUNG).when(admit, enrolment(age=41))
    refusal = decision.refused("target_group", ("Höchstalter", "Maximum age"), "34", "41")
    assert "Mindestalter" not in str(refusal)


def test_lead_without_a_reason_overrides_nothing() -> None:
    """A lead too has to give a reason (DOMAIN.md 4)."""
    given(Programme, YOUNG).when(admit, enrolment(age=41), Role.LEAD).refused("target_group", "41")


def test_coach_may_not_override() -> None:
    """A reason given by somebody else than a lead does not help; the criterion is still named (DOMAIN.md 4)."""
    decision = given(Programme, YOUNG).when(admit, enrolment(age=41, override_reason=SEALED))
    decision.refused("override_needs_lead", ("Höchstalter", "Maximum age"), "34", "41")


def test_lead_overrides_with_a_reason() -> None:
    """What a lead overrode is stored with the reason and the criterion still unmet (DOMAIN.md 4)."""
    asked = enrolment(age=41, override_reason=SEALED)
    decision = given(Programme, YOUNG).when(admit, asked, Role.LEAD)
    decision.then(enrolment(age=41, override_reason=SEALED, verdict=TOO_OLD))


def test_reason_nobody_needed_is_not_kept() -> None:
    """Where every criterion is met nothing was overridden, so no reason is stored."""
    asked = enrolment(override_reason=SEALED)
    given(Programme, OPENED).when(admit, asked, Role.LEAD).then(enrolment())
