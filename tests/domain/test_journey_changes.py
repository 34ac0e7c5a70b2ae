"""Berichtigung and Storno of the entries of one journey."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from given import SEALED, TODAY, enrolment, given, sealed
from steps import (
    ENROLLED,
    EVERY_STEP,
    assigned,
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
from domain.errors import NotFound
from domain.facts import Corrected, Fact, Step, Withdrawn
from domain.journey import Journey

WHY = sealed(7)


def correct(facts: list[Fact], entry: int, replacement: Step) -> Any:
    return given(Journey, *facts).when(journey.correct, entry, replacement, reason=WHY, today=TODAY)


def withdraw(facts: list[Fact], entry: int) -> Any:
    return given(Journey, *facts).when(journey.withdraw, entry, reason=WHY)


def corrected(entry: int, replacement: Any) -> Corrected:
    return Corrected(entry=entry, replacement=replacement, reason=WHY)


def withdrawn(entry: int) -> Withdrawn:
    return Withdrawn(entry=entry, reason=WHY)


def state(*facts: Fact) -> Journey:
    return given(Journey, *facts).state


# --- corrections ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP)
def test_step_is_corrected(facts: list[Fact], step: Step) -> None:
    """Every step can be corrected, its date included; the old one stays stored (DOMAIN.md 3)."""
    entry, replacement = len(facts) + 1, msgspec.structs.replace(step, happened_on=day(21))
    correct([*facts, step], entry, replacement).then(corrected(entry, replacement))
    after = state(*facts, step, corrected(entry, replacement))
    assert after.entries[entry] == replacement
    assert after.version == entry + 1


def test_enrolment_is_corrected() -> None:
    """The day and the traits at entry can be put right."""
    right = enrolment(day(3), age=28)
    correct([ENROLLED, session(5)], 1, right).then(corrected(1, right))
    assert state(ENROLLED, session(5), corrected(1, right)).enrolled == right


def test_same_content_again_stores_nothing() -> None:
    """A correction that changes nothing is none, whether the first or after another."""
    correct([ENROLLED, session(5)], 2, session(5)).then()
    correct([ENROLLED, session(5), corrected(2, session(6))], 2, session(6)).then()


def test_correction_is_corrected() -> None:
    """The entry named is always the first one; its latest correction counts."""
    facts = [ENROLLED, session(5), corrected(2, session(6))]
    correct(facts, 2, session(7)).then(corrected(2, session(7)))
    assert state(*facts, corrected(2, session(7))).entries == {1: ENROLLED, 2: session(7)}
    correct(facts, 2, session(5)).then(corrected(2, session(5)))


def test_correction_of_another_kind_is_refused() -> None:
    """An entry stays what it is: anything else is withdrawn and entered anew."""
    decision = correct([ENROLLED, session(5)], 2, missed(5))
    decision.refused(
        "other_step", 2, ("Coaching-Gespräch", "Coaching session"), ("Versäumter Termin", "Missed appointment")
    )


@pytest.mark.parametrize("entry", [3, 99])
def test_correction_of_no_entry_is_refused(entry: int) -> None:
    """There is no such entry; the message has its number (DOMAIN.md 4)."""
    assert isinstance(correct([ENROLLED, session(5)], entry, session(6)).refused("unknown_entry", entry), NotFound)


def test_correction_is_no_entry_to_correct() -> None:
    """What is corrected is the step, never the correction."""
    correct([ENROLLED, session(5), corrected(2, session(6))], 3, session(7)).refused("unknown_entry", 3)


def test_correction_of_a_withdrawn_entry_is_refused() -> None:
    """What was withdrawn stays so (DOMAIN.md 4)."""
    correct([ENROLLED, session(5), withdrawn(2)], 2, session(6)).refused("already_withdrawn", 2)


def test_correction_into_the_future_is_refused() -> None:
    """No date lies in the future, in a correction either (DOMAIN.md 4)."""
    tomorrow = TODAY + timedelta(days=1)
    replacement = msgspec.structs.replace(session(5), happened_on=tomorrow)
    correct([ENROLLED, session(5)], 2, replacement).refused("in_future", tomorrow, TODAY)


@pytest.mark.parametrize(
    ("facts", "entry", "replacement", "code", "found"),
    [
        ([ENROLLED, session(5)], 2, session(-1), "before_enrolment", [day(-1), day(0)]),
        ([ENROLLED, placed(5), ended(9)], 3, ended(4), "end_before_start", [day(4), day(5)]),
        ([ENROLLED, placed(5), placed(9, "b")], 3, placed(9, "p"), "ref_taken", ["p"]),
        ([ENROLLED, placed(5), ended(9)], 3, ended(9, "b"), "unknown_ref", ["b"]),
        ([ENROLLED, session(5), exited(9)], 3, exited(4), "after_exit", [day(5), day(4)]),
        ([ENROLLED, exited(9), session(5)], 3, session(10), "after_exit", [day(10), day(9)]),
        ([ENROLLED, funded(5)], 2, funded(5, amount=Decimal(-1)), "negative_amount", ["-1"]),
        ([ENROLLED, funded(5)], 2, funded(5, amount=Decimal("0.001")), "bad_value", ["0.001"]),
        ([ENROLLED, funded(5)], 2, funded(5, placement="p"), "unknown_ref", ["p"]),
    ],
)
def test_correction_to_something_impossible_is_refused(
    facts: list[Fact], entry: int, replacement: Step, code: str, found: list[Any]
) -> None:
    """What could not be recorded cannot come in by a correction, under the same code (DOMAIN.md 4)."""
    correct(facts, entry, replacement).refused(code, *found)


LATER_ENTRIES = [
    pytest.param([session(5)], 1, enrolment(day(6)), 2, "Coaching", [day(5), day(6)], id="enrolment after a session"),
    pytest.param([exited(5)], 1, enrolment(day(6)), 2, "Austritt", [day(5), day(6)], id="enrolment after the exit"),
    pytest.param([placed(5), ended(9)], 2, placed(10), 3, "Arbeitsende", [day(9), day(10)], id="start after its end"),
    pytest.param([placed(5), ended(9)], 2, placed(5, "b"), 3, "Arbeitsende", ["p"], id="ref of an end"),
    pytest.param([qualified(5), completed(9)], 2, qualified(10), 3, "Abschluss", [day(9), day(10)], id="course"),
    pytest.param([funded(5), funding_ended(9)], 2, funded(10), 3, "Ende einer", [day(9), day(10)], id="funding"),
    pytest.param([placed(5), funded(6, placement="p")], 2, placed(5, "b"), 3, "Bewilligung", ["p"], id="placement"),
    pytest.param([placed(5), placed(6, "b")], 2, placed(5, "b"), 3, "Arbeitsaufnahme", ["b"], id="ref of another"),
    pytest.param([session(5), exited(9)], 2, session(10), 3, "Austritt", [day(10), day(9)], id="session after exit"),
    pytest.param([exited(9), session(5)], 2, exited(4), 3, "Coaching", [day(5), day(4)], id="exit before a late entry"),
]


@pytest.mark.parametrize(("steps", "entry", "replacement", "in_the_way", "label", "found"), LATER_ENTRIES)
def test_correction_names_the_entry_in_the_way(
    steps: list[Step], entry: int, replacement: Step, in_the_way: int, label: str, found: list[Any]
) -> None:
    """A change that leaves the journey impossible is refused, naming the later entry in the way (DOMAIN.md 4)."""
    blocking = steps[in_the_way - 2]
    refusal = correct([ENROLLED, *steps], entry, replacement).refused(
        "entry_in_the_way",
        (f"Eintrag {in_the_way} ", f"Entry {in_the_way} "),
        blocking.happened_on,
        *found,
    )
    assert label in str(refusal)


@pytest.mark.parametrize("new", [9, 10, 12])
def test_correction_moves_a_start_up_to_its_end(new: int) -> None:
    """A corrected date may come as close as the rules allow."""
    facts = [ENROLLED, placed(5), ended(12)]
    correct(facts, 2, placed(new)).then(corrected(2, placed(new)))


def test_corrected_exit_opens_and_closes_the_days_between() -> None:
    """After a corrected exit its new day is the limit."""
    facts = [ENROLLED, exited(9)]
    given(Journey, *facts).when(journey.record, session(12), today=TODAY).refused("after_exit", day(9))
    moved = [*facts, corrected(2, exited(15))]
    given(Journey, *moved).when(journey.record, session(12), today=TODAY).then(session(12))
    given(Journey, *moved).when(journey.record, session(16), today=TODAY).refused("after_exit", day(15))


def test_corrected_assignment_changes_the_coach() -> None:
    """Whose care it is follows the corrections, of the coach and of the day."""
    facts = [ENROLLED, assigned(5, "C1"), assigned(9, "C2")]
    assert state(*facts, corrected(3, assigned(9, "C3"))).coach == "C3"
    assert state(*facts, corrected(2, assigned(12, "C1"))).coach == "C1"


# --- withdrawals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("facts", "step"), EVERY_STEP)
def test_step_is_withdrawn(facts: list[Fact], step: Step) -> None:
    """Every step can be withdrawn; then the journey reads as if it had never been (DOMAIN.md 3)."""
    entry = len(facts) + 1
    withdraw([*facts, step], entry).then(withdrawn(entry))
    before, after = state(*facts), state(*facts, step, withdrawn(entry))
    assert after.withdrawn == {entry}
    assert after.version == entry + 1
    assert msgspec.structs.replace(after, version=before.version, withdrawn=frozenset()) == before


def test_withdrawing_twice_is_refused() -> None:
    """What is withdrawn is not withdrawn again (DOMAIN.md 4)."""
    withdraw([ENROLLED, session(5), withdrawn(2)], 2).refused("already_withdrawn", 2)


def test_every_withdrawal_is_remembered() -> None:
    """Also after a second withdrawal or a correction the first entry is the one withdrawn."""
    facts = [ENROLLED, session(5), session(6), withdrawn(2), withdrawn(3)]
    withdraw(facts, 2).refused("already_withdrawn", 2)
    withdraw(facts, 3).refused("already_withdrawn", 3)
    withdraw([*facts, corrected(1, enrolment(age=28))], 2).refused("already_withdrawn", 2)


@pytest.mark.parametrize("entry", [3, 99])
def test_withdrawal_of_no_entry_is_refused(entry: int) -> None:
    """There is no such entry; the message has its number (DOMAIN.md 4)."""
    assert isinstance(withdraw([ENROLLED, session(5)], entry).refused("unknown_entry", entry), NotFound)


def test_withdrawal_is_no_entry_to_withdraw() -> None:
    """A Storno is final: what was withdrawn in error is entered anew."""
    withdraw([ENROLLED, session(5), withdrawn(2)], 3).refused("unknown_entry", 3)


def test_corrected_entry_is_withdrawn() -> None:
    """A withdrawal takes the entry with all its corrections."""
    facts = [ENROLLED, session(5), corrected(2, session(6))]
    withdraw(facts, 2).then(withdrawn(2))
    assert state(*facts, withdrawn(2)).entries == {1: ENROLLED}


@pytest.mark.parametrize(
    ("steps", "entry", "in_the_way", "label"),
    [
        ([session(5)], 1, 2, "Coaching"),
        ([exited(5)], 1, 2, "Austritt"),
        ([placed(5), ended(9)], 2, 3, "Arbeitsende"),
        ([qualified(5), completed(9)], 2, 3, "Abschluss"),
        ([funded(5), funding_ended(9)], 2, 3, "Ende einer"),
        ([placed(5), funded(9, placement="p")], 2, 3, "Bewilligung"),
    ],
)
def test_withdrawal_names_the_entry_in_the_way(steps: list[Step], entry: int, in_the_way: int, label: str) -> None:
    """An entry that a later one builds on is not withdrawn; the later one is named (DOMAIN.md 4)."""
    blocking = steps[in_the_way - 2]
    refusal = withdraw([ENROLLED, *steps], entry).refused(
        "entry_in_the_way", (f"Eintrag {in_the_way} ", f"Entry {in_the_way} "), blocking.happened_on
    )
    assert label in str(refusal)


def test_withdrawn_from_the_last_entry_on() -> None:
    """Once what builds on an entry is withdrawn, so can be the entry."""
    facts = [ENROLLED, placed(5), ended(9), withdrawn(3)]
    withdraw(facts, 2).then(withdrawn(2))
    withdraw([*facts, withdrawn(2)], 1).then(withdrawn(1))


def test_after_a_withdrawn_end_the_ref_is_open_again() -> None:
    """A job whose end was entered in error goes on and can end on another day."""
    facts = [ENROLLED, placed(5), ended(9), withdrawn(3)]
    given(Journey, *facts).when(journey.record, ended(12), today=TODAY).then(ended(12))


def test_ref_of_a_withdrawn_start_is_free_again() -> None:
    """What never began has taken no ref."""
    facts = [ENROLLED, placed(5, "x"), withdrawn(2)]
    given(Journey, *facts).when(journey.record, funded(6, "x"), today=TODAY).then(funded(6, "x"))


def test_after_a_withdrawn_exit_the_journey_goes_on() -> None:
    """Without its exit a journey is open, and the coach has the participant in care again."""
    facts = [ENROLLED, assigned(5, "C1"), exited(9), withdrawn(3)]
    assert state(*facts[:-1]).coach is None
    assert state(*facts).coach == "C1"
    given(Journey, *facts).when(journey.record, session(12), today=TODAY).then(session(12))
    given(Journey, *facts).when(journey.record, exited(12), today=TODAY).then(exited(12))


def test_after_a_withdrawn_assignment_the_one_before_counts() -> None:
    """Whose care it is follows the withdrawals."""
    facts = [ENROLLED, assigned(5, "C1"), assigned(9, "C2")]
    assert state(*facts, withdrawn(3)).coach == "C1"
    assert state(*facts, withdrawn(2)).coach == "C2"
    assert state(*facts, withdrawn(3), withdrawn(2)).coach is None


def test_after_a_withdrawn_enrolment_nothing_is_recorded() -> None:
    """Registered in error is a Storno: the journey never began (DOMAIN.md 3)."""
    facts = [ENROLLED, withdrawn(1)]
    assert state(*facts).enrolled is None
    given(Journey, *facts).when(journey.record, session(5), today=TODAY).refused("not_enrolled")


def test_entries_keep_their_numbers() -> None:
    """A number once given never names another entry."""
    facts = [ENROLLED, session(5), withdrawn(2), session(6)]
    assert state(*facts).entries == {1: ENROLLED, 4: session(6)}


def test_envelope_of_a_note_is_corrected_like_any_field() -> None:
    """Another sealed note is another content."""
    facts = [ENROLLED, session(5, note=SEALED)]
    correct(facts, 2, session(5, note=sealed(1))).then(corrected(2, session(5, note=sealed(1))))


def test_whereabouts_stay_possible_before_a_corrected_exit() -> None:
    """The follow-up check does not stand in the way of a corrected exit (DOMAIN.md 4)."""
    facts = [ENROLLED, exited(9), found_at(20)]
    correct(facts, 2, exited(25)).then(corrected(2, exited(25)))
    withdraw(facts, 2).then(withdrawn(2))
