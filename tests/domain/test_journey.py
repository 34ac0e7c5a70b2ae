"""Decisions on the stream of one journey: steps. `test_journey_changes.py` has corrections and withdrawals."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from given import OPENED, SEALED, TODAY, enrolment, given
from steps import (
    ENROLLED,
    EVERY_STEP,
    EVERY_STEP_BUT_THE_EXIT,
    assigned,
    changed,
    completed,
    day,
    ended,
    exited,
    found_at,
    funded,
    funding_ended,
    missed,
    placed,
    qualified,
    session,
)

from domain import journey
from domain.facts import CircumstancesChanged, Corrected, Fact, OtherParticipation, QualificationAbandoned, Step
from domain.journey import AFTER_EXIT, Journey
from domain.terms import AbandonReason, ExitReason


def record(facts: list[Fact], step: Step, today: date = TODAY) -> Any:
    return given(Journey, *facts).when(journey.record, step, today=today)


# --- enrolment --------------------------------------------------------------------------------------


def test_journey_begins_with_the_enrolment() -> None:
    """A participation begins when the enrolment is entered (DOMAIN.md 2)."""
    given(Journey).when(journey.enrol, ENROLLED, today=TODAY).then(ENROLLED)


def test_journey_begins_once() -> None:
    """A second enrolment on the same journey is refused."""
    given(Journey, ENROLLED).when(journey.enrol, ENROLLED, today=TODAY).refused("already_enrolled")


def test_enrolment_in_the_future_is_refused() -> None:
    """No date lies in the future (DOMAIN.md 4)."""
    tomorrow = TODAY + timedelta(days=1)
    decision = given(Journey).when(journey.enrol, enrolment(tomorrow), today=TODAY)
    decision.refused("in_future", tomorrow, TODAY)


# --- every step -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP)
def test_step_is_recorded(facts: list[Fact], step: Step) -> None:
    """Every step of DOMAIN.md 3 is stored as it was asked, where nothing stands against it."""
    record(facts, step).then(step)


@pytest.mark.parametrize(("_facts", "step"), EVERY_STEP)
def test_step_without_an_enrolment_is_refused(_facts: list[Fact], step: Step) -> None:
    """No step comes before the journey has begun (DOMAIN.md 4)."""
    record([], step).refused("not_enrolled")


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP)
def test_step_in_the_future_is_refused(facts: list[Fact], step: Step) -> None:
    """No date lies in the future; today is fine (DOMAIN.md 4)."""
    yesterday = step.happened_on - timedelta(days=1)
    record(facts, step, today=yesterday).refused("in_future", step.happened_on, yesterday)
    record(facts, step, today=step.happened_on).then(step)


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP)
def test_step_before_the_enrolment_is_refused(facts: list[Fact], step: Step) -> None:
    """No step happened before the enrolment; on its day it may (DOMAIN.md 4)."""
    late = enrolment(step.happened_on + timedelta(days=1))
    record([late], step).refused("before_enrolment", step.happened_on, late.happened_on)
    all_on_one_day = [msgspec.structs.replace(fact, happened_on=step.happened_on) for fact in facts]
    record(all_on_one_day, step).then(step)


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP_BUT_THE_EXIT)
def test_step_after_the_exit(facts: list[Fact], step: Step) -> None:
    """After the exit only the end of a placement, fundings and the whereabouts may follow (DOMAIN.md 4)."""
    left = exited(step.happened_on - timedelta(days=1))
    decision = record([*facts, left], step)
    if isinstance(step, AFTER_EXIT):
        decision.then(step)
    else:
        decision.refused("after_exit", step.happened_on, left.happened_on)


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP_BUT_THE_EXIT)
def test_step_entered_late(facts: list[Fact], step: Step) -> None:
    """A Nachmeldung of what happened up to the day of the exit is possible (DOMAIN.md 2)."""
    record([*facts, exited(step.happened_on)], step).then(step)
    record([*facts, exited(step.happened_on + timedelta(days=99))], step).then(step)


# --- the coach --------------------------------------------------------------------------------------


def coach_after(*facts: Fact) -> str | None:
    return given(Journey, *facts).state.coach


def test_assigning_the_same_coach_again_stores_nothing() -> None:
    """Who is assigned already is not assigned again, not on a later day either."""
    record([ENROLLED, assigned(5, "C1")], assigned(5, "C1")).then()
    record([ENROLLED, assigned(5, "C1")], assigned(9, "C1")).then()


def test_same_coach_from_an_earlier_day_on_is_stored() -> None:
    """A late entry that the coach came earlier says something new."""
    record([ENROLLED, assigned(5, "C1")], assigned(2, "C1")).then(assigned(2, "C1"))


def test_assignment_replaces_the_one_before() -> None:
    """The latest assignment by day counts, whatever the order of entry (DOMAIN.md 3)."""
    assert coach_after(ENROLLED) is None
    assert coach_after(ENROLLED, assigned(5, "C1"), assigned(9, "C2")) == "C2"
    assert coach_after(ENROLLED, assigned(9, "C2"), assigned(5, "C1")) == "C2"


def test_of_two_assignments_on_one_day_the_later_entry_counts() -> None:
    """Whoever was entered last has the participant in care."""
    assert coach_after(ENROLLED, assigned(5, "C1"), assigned(5, "C2")) == "C2"


def test_coach_who_comes_back_is_assigned_again() -> None:
    """After another coach the first one can be assigned anew."""
    record([ENROLLED, assigned(5, "C1"), assigned(9, "C2")], assigned(12, "C1")).then(assigned(12, "C1"))


def test_after_the_exit_nobody_has_care() -> None:
    """The exit ends the coach's care."""
    assert coach_after(ENROLLED, assigned(5, "C1"), exited(30)) is None


# --- the exit ---------------------------------------------------------------------------------------


def test_exit_twice_is_refused() -> None:
    """A participant leaves once; the message has the day (DOMAIN.md 4)."""
    for second in (exited(29), exited(30), exited(31)):
        record([ENROLLED, exited(30)], second).refused("exited_twice", day(30))


@pytest.mark.parametrize(
    ("step", "label"),
    [
        (assigned(20, "C1"), ("Coach-Zuweisung", "Assignment of a coach")),
        (session(20), ("Coaching-Gespräch", "Coaching session")),
        (missed(20), ("Versäumter Termin", "Missed appointment")),
        (qualified(20), ("Beginn einer Qualifizierung", "Start of a qualification")),
        (placed(20), ("Arbeitsaufnahme", "Start of a placement")),
        (changed(20), ("Geänderte Lebensumstände", "Change of circumstances")),
    ],
)
def test_exit_before_a_step_is_refused(step: Step, label: tuple[str, str]) -> None:
    """An exit entered late does not come before a step that needs a participant; it is named (DOMAIN.md 4)."""
    record([ENROLLED, step], exited(19)).refused("after_exit", label, day(20), day(19))
    record([ENROLLED, step], exited(20)).then(exited(20))


@pytest.mark.parametrize(
    "steps", [[placed(5), ended(20)], [funded(20)], [funded(5), funding_ended(20)], [found_at(20)]]
)
def test_exit_before_what_may_follow_it(steps: list[Step]) -> None:
    """An exit entered late may come before what is possible after an exit (DOMAIN.md 4)."""
    record([ENROLLED, *steps], exited(10)).then(exited(10))


# --- refs: qualifications, placements, fundings -----------------------------------------------------


@pytest.mark.parametrize("first", [qualified(5, "x"), placed(5, "x"), funded(5, "x")])
@pytest.mark.parametrize("second", [qualified(9, "x"), placed(9, "x"), funded(9, "x")])
def test_ref_names_one_thing(first: Step, second: Step) -> None:
    """A ref is given once on a journey, whatever it names (DOMAIN.md 3)."""
    record([ENROLLED, first], second).refused("ref_taken", "x")


def test_ref_of_a_closed_spell_stays_taken() -> None:
    """An ended job leaves its ref behind."""
    record([ENROLLED, placed(5, "x"), ended(9, "x")], placed(12, "x")).refused("ref_taken", "x")


ENDS = [
    pytest.param(qualified, completed, ("Abschluss", "Completion"), id="completed"),
    pytest.param(
        qualified,
        lambda on, ref="x": QualificationAbandoned(happened_on=day(on), ref=ref, reason=AbandonReason.ILLNESS),
        ("Abbruch", "Abandonment"),
        id="abandoned",
    ),
    pytest.param(placed, ended, ("Arbeitsende", "End of a placement"), id="placement"),
    pytest.param(funded, funding_ended, ("Ende einer Förderung", "End of a funding"), id="funding"),
]


@pytest.mark.parametrize(("start", "end", "label"), ENDS)
def test_end_of_an_unknown_ref_is_refused(start: Any, end: Any, label: tuple[str, str]) -> None:
    """An end names a start of its own kind (DOMAIN.md 4)."""
    record([ENROLLED, start(5, "x")], end(9, "y")).refused("unknown_ref", label, "y")
    other = placed(5, "x") if start is not placed else qualified(5, "x")
    record([ENROLLED, other], end(9, "x")).refused("unknown_ref", label, "x")


@pytest.mark.parametrize(("start", "end", "_label"), ENDS)
def test_end_of_a_closed_ref_is_refused(start: Any, end: Any, _label: Any) -> None:
    """What has ended does not end again; the message has the day (DOMAIN.md 4)."""
    record([ENROLLED, start(5, "x"), end(9, "x")], end(12, "x")).refused("closed_ref", "x", day(9))


@pytest.mark.parametrize(("start", "end", "_label"), ENDS)
def test_end_before_its_start_is_refused(start: Any, end: Any, _label: Any) -> None:
    """An end does not come before its start, but it may on the same day (DOMAIN.md 4)."""
    facts = [ENROLLED, start(5, "x")]
    record(facts, end(4, "x")).refused("end_before_start", "x", day(4), day(5))
    record(facts, end(5, "x")).then(end(5, "x"))


def test_abandoned_qualification_is_not_completed() -> None:
    """A qualification ends in one of the two ways."""
    abandoned = QualificationAbandoned(happened_on=day(9), ref="x", reason=AbandonReason.JOB_FOUND)
    record([ENROLLED, qualified(5, "x"), abandoned], completed(12, "x")).refused("closed_ref", "x", day(9))


# --- what the fields allow --------------------------------------------------------------------------


def test_funding_ends_not_before_it_starts() -> None:
    """The last day of a funding is not before its first (DOMAIN.md 4)."""
    refusal = record([ENROLLED], funded(5, until=day(4))).refused("end_before_start", "f", day(4), day(5))
    assert refusal.field == "until"
    record([ENROLLED], step := funded(5, until=day(5))).then(step)


def test_funding_may_end_in_the_future() -> None:
    """`until` is what was granted, not what happened."""
    record([ENROLLED], step := funded(5, until=TODAY + timedelta(days=300))).then(step)


def test_funding_belongs_to_a_placement_or_to_none() -> None:
    """The placement a funding names exists on the journey (DOMAIN.md 3)."""
    record([ENROLLED, placed(5, "job")], step := funded(6, placement="job")).then(step)
    refusal = record([ENROLLED, qualified(5, "job")], funded(6, placement="job")).refused("unknown_ref", "job")
    assert refusal.field == "placement"
    record([ENROLLED], funded(6, placement="job")).refused("unknown_ref", "job")


@pytest.mark.parametrize(
    ("step", "field"),
    [(funded(5, amount=Decimal("-0.01")), "amount"), (placed(5, monthly_pay=Decimal("-0.01")), "monthly_pay")],
)
def test_negative_amount_is_refused(step: Step, field: str) -> None:
    """Euro are not negative; nothing is a possible amount."""
    refusal = record([ENROLLED], step).refused("negative_amount", field, "-0.01")
    assert refusal.field == field
    record([ENROLLED], zero := funded(5, amount=Decimal(0))).then(zero)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("NaN", "negative_amount"),
        ("sNaN", "negative_amount"),
        ("-Infinity", "negative_amount"),
        ("Infinity", "bad_value"),
        ("0.001", "bad_value"),
        ("900.005", "bad_value"),
        ("1E+30", "bad_value"),
    ],
)
def test_amount_that_is_no_euro_and_cents_is_refused(amount: str, code: str) -> None:
    """Euro can be summed up, to the cent; the field and what was found are named."""
    for step, field in (
        (funded(5, amount=Decimal(amount)), "amount"),
        (placed(5, monthly_pay=Decimal(amount)), "monthly_pay"),
    ):
        assert record([ENROLLED], step).refused(code, field, amount).field == field


@pytest.mark.parametrize("amount", ["0", "0.01", "450.5", "450.500", "1234567.89"])
def test_amount_to_the_cent_is_recorded(amount: str) -> None:
    """Euro and cents, however many zeros they are written with."""
    record([ENROLLED], step := funded(5, amount=Decimal(amount))).then(step)


def test_change_of_nothing_is_refused() -> None:
    """Changed circumstances name what has changed (DOMAIN.md 3)."""
    record([ENROLLED], CircumstancesChanged(happened_on=day(5))).refused("nothing_changed")


@pytest.mark.parametrize("change", [{"single_parent": False}, {"municipality": "Kelsterbach"}])
def test_one_changed_trait_is_enough(change: dict[str, Any]) -> None:
    """Single parent and/or municipality (DOMAIN.md 3)."""
    record([ENROLLED], step := CircumstancesChanged(happened_on=day(5), **change)).then(step)


# --- the fold ---------------------------------------------------------------------------------------


def test_state_counts_every_entry() -> None:
    """The version of an entry is its place in the stream, from 1."""
    state = given(Journey, ENROLLED, session(2), session(3)).state
    assert state.version == 3
    assert state.entries == {1: ENROLLED, 2: session(2), 3: session(3)}


def test_other_participation_takes_a_place_and_changes_nothing_else() -> None:
    """A note of another participation counts as a version, so that two changes at once collide."""
    note = OtherParticipation(participation=2, enrolled_on=day(40))
    before, after = given(Journey, ENROLLED, session(2)).state, given(Journey, ENROLLED, session(2), note).state
    assert after == msgspec.structs.replace(before, version=3)
    corrected = Corrected(entry=2, replacement=session(3), reason=SEALED)
    state = given(Journey, ENROLLED, session(2), note, corrected, session(4)).state
    assert state.entries == {1: ENROLLED, 2: session(3), 5: session(4)}


def test_deciding_changes_no_state() -> None:
    """A decision is a function of a state: what it decides is not in it yet."""
    state = given(Journey, ENROLLED)
    state.when(journey.record, session(2), today=TODAY).then(session(2))
    assert state.state == given(Journey, ENROLLED).state


def test_fold_refuses_a_fact_of_another_stream() -> None:
    """A fact that is no part of a journey stops the fold and is named."""
    with pytest.raises(TypeError, match="ProgrammeOpened"):
        journey.evolve(Journey(), OPENED)


def test_refusals_hold_no_personal_data() -> None:
    """A text shows days, refs and entries, and never what is sealed."""
    facts = [enrolment(name=SEALED, contact=SEALED), exited(30)]
    refusal = record(facts, session(31, note=SEALED)).refused("after_exit")
    assert repr(SEALED) not in str(refusal)


def test_exit_reason_is_kept() -> None:
    """Why a participation ended is stored with the exit."""
    step = exited(30, ExitReason.MOVED_AWAY)
    record([ENROLLED], step).then(step)
    assert given(Journey, ENROLLED, step).state.exited == step
