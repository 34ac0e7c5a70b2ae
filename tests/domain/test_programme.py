"""Decisions on the stream of a programme."""

from datetime import date
from typing import Any

import msgspec
import pytest
from given import OPENED, SEALED, enrolment, given

from domain import programme
from domain.facts import CoachJoined, Enrolled, TargetGroup, Verdict
from domain.programme import Programme
from domain.terms import Criterion, Role

JOINED = CoachJoined(coach="C1")
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
