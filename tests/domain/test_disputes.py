"""Entries the person contests: a mark that changes nothing else, and stays until somebody settles it."""

from typing import Any

import msgspec
import pytest
from given import SEALED, given
from steps import ENROLLED, completed, placed, qualified, session

from domain import journey
from domain.facts import Corrected, Disputed, DisputeSettled, Fact, OtherParticipation, Withdrawn
from domain.journey import Journey

STEPS = [ENROLLED, session(3), placed(5)]
MARKED = [*STEPS, Disputed(entry=2)]


def dispute(*facts: Fact, entry: int = 2) -> Any:
    return given(Journey, *facts).when(journey.dispute, entry)


def settle(*facts: Fact, entry: int = 2) -> Any:
    return given(Journey, *facts).when(journey.settle_dispute, entry)


def state(*facts: Fact) -> Journey:
    return given(Journey, *facts).state


def corrected(entry: int, replacement: Any) -> Corrected:
    return Corrected(entry=entry, replacement=replacement, reason=SEALED)


def test_entry_is_contested_once() -> None:
    """The person contests an entry; a second time stores nothing (Art. 18 DSGVO)."""
    dispute(*STEPS).then(Disputed(entry=2))
    dispute(*MARKED).then()
    dispute(*MARKED, DisputeSettled(entry=2)).then(Disputed(entry=2))


@pytest.mark.parametrize("entry", [0, 4, 99])
def test_contesting_what_is_not_there_is_refused(entry: int) -> None:
    """Only an entry of the journey that is a step can be contested (rule 12)."""
    note = OtherParticipation(participation=2, enrolled_on=ENROLLED.happened_on)
    dispute(*STEPS, note, entry=entry).refused("unknown_entry", entry)
    settle(*STEPS, note, entry=entry).refused("unknown_entry", entry)


def test_contesting_what_is_withdrawn_is_refused() -> None:
    """What does not count any more needs no mark (rule 12)."""
    dispute(*STEPS, Withdrawn(entry=2, reason=SEALED)).refused("already_withdrawn", 2)


def test_dispute_is_settled_once() -> None:
    """Settling takes the mark away; where there is none, nothing happens."""
    settle(*MARKED).then(DisputeSettled(entry=2))
    settle(*MARKED, DisputeSettled(entry=2)).then()
    settle(*STEPS).then()
    settle(*STEPS, Withdrawn(entry=2, reason=SEALED)).then()


@pytest.mark.parametrize(
    "change", [corrected(2, session(4)), Withdrawn(entry=2, reason=SEALED), corrected(3, placed(6))]
)
def test_change_does_not_settle(change: Fact) -> None:
    """Whether a correction or withdrawal answers the person is for somebody to say."""
    assert state(*MARKED, change).disputed == {2}
    settle(*MARKED, change).then(DisputeSettled(entry=2))


def test_contested_entry_counts_as_before() -> None:
    """The mark changes the number of entries and the mark, and nothing else."""
    plain, marked = state(*STEPS), state(*MARKED)
    assert marked == msgspec.structs.replace(plain, version=plain.version + 1, disputed=frozenset({2}))
    given(Journey, *MARKED).when(journey.record, session(9), today=session(9).happened_on).then(session(9))


def test_contested_entry_is_still_corrected_and_withdrawn() -> None:
    """The mark stands in no way."""
    marked = given(Journey, *MARKED)
    marked.when(journey.withdraw, 2, reason=SEALED).then(Withdrawn(entry=2, reason=SEALED))
    marked.when(journey.correct, 2, session(4), reason=SEALED, today=session(9).happened_on).then(
        corrected(2, session(4))
    )


def test_entries_are_numbered_past_marks() -> None:
    """A mark is an entry of the journey, so a later step has the number after it."""
    found = state(*MARKED, qualified(7), DisputeSettled(entry=2), completed(8))
    assert sorted(found.entries) == [1, 2, 3, 5, 7]
    assert found.version == 7
