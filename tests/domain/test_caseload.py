"""Decisions on the stream of a caseload: the coaching ratio."""

from typing import Any
from uuid import UUID

from given import Decision, given

from domain import caseload
from domain.caseload import Caseload
from domain.facts import CaseHandedOver, CaseTakenOn
from domain.terms import Role

JOURNEYS = [UUID(int=number) for number in range(1, 83)]
EIGHTY = [CaseTakenOn(journey=journey) for journey in JOURNEYS[:80]]
NEXT = JOURNEYS[80]


def take_on(facts: list[Any], journey: UUID, *, role: Role = Role.COACH, reason: bool = False) -> Decision:
    state = given(Caseload, *facts)
    return state.when(caseload.take_on, journey, ratio=80, coach="C1", role=role, reason=reason)


def test_journey_is_taken_on() -> None:
    """A coach below the ratio takes a journey into care."""
    take_on([], NEXT).then(CaseTakenOn(journey=NEXT))


def test_taking_on_twice_stores_nothing() -> None:
    """A journey in care already is not taken on again."""
    take_on([CaseTakenOn(journey=NEXT)], NEXT).then()


def test_eightieth_journey_is_within_the_ratio() -> None:
    """1:80 lets a coach look after 80 people (DOMAIN.md 1)."""
    take_on(EIGHTY[:79], NEXT).then(CaseTakenOn(journey=NEXT))


def test_eighty_first_journey_is_refused() -> None:
    """A coach beyond the programme's ratio is refused (DOMAIN.md 4)."""
    refusal = take_on(EIGHTY, NEXT).refused("coach_full", "C1", "80", "1:80")
    assert refusal.field == "coach"


def test_full_coach_keeps_who_is_in_care() -> None:
    """At the ratio a repeat is still no refusal."""
    take_on(EIGHTY, JOURNEYS[0]).then()


def test_lead_with_a_reason_goes_beyond_the_ratio() -> None:
    """A lead may override the ratio with a reason; that it was overridden is stored (DOMAIN.md 4)."""
    decision = take_on(EIGHTY, NEXT, role=Role.LEAD, reason=True)
    decision.then(CaseTakenOn(journey=NEXT, over_ratio=True))


def test_reason_below_the_ratio_overrides_nothing() -> None:
    """Where the ratio holds nothing was overridden."""
    take_on([], NEXT, role=Role.LEAD, reason=True).then(CaseTakenOn(journey=NEXT))


def test_lead_without_a_reason_is_refused() -> None:
    """A lead too has to give a reason (DOMAIN.md 4)."""
    take_on(EIGHTY, NEXT, role=Role.LEAD).refused("coach_full", "80")


def test_coach_with_a_reason_is_refused() -> None:
    """A reason alone does not help (DOMAIN.md 4)."""
    take_on(EIGHTY, NEXT, reason=True).refused("coach_full", "80")


def test_journey_over_the_ratio_counts_too() -> None:
    """After an override the coach looks after 81, and that is the value found."""
    over = CaseTakenOn(journey=NEXT, over_ratio=True)
    take_on([*EIGHTY, over], JOURNEYS[81]).refused("coach_full", "81", "1:80")


def test_handed_over_journey_makes_room() -> None:
    """Who left the coach's care is not counted."""
    freed = CaseHandedOver(journey=JOURNEYS[0])
    take_on([*EIGHTY, freed], NEXT).then(CaseTakenOn(journey=NEXT))


def test_journey_is_handed_over() -> None:
    """A journey in care leaves it."""
    state = given(Caseload, CaseTakenOn(journey=NEXT))
    state.when(caseload.hand_over, NEXT).then(CaseHandedOver(journey=NEXT))


def test_handing_over_twice_stores_nothing() -> None:
    """A journey not in care is not handed over."""
    given(Caseload).when(caseload.hand_over, NEXT).then()
    left = given(Caseload, CaseTakenOn(journey=NEXT), CaseHandedOver(journey=NEXT))
    left.when(caseload.hand_over, NEXT).then()


def test_journey_comes_back_into_care() -> None:
    """Handed over and taken on again is in care again."""
    facts = [CaseTakenOn(journey=NEXT), CaseHandedOver(journey=NEXT)]
    take_on(facts, NEXT).then(CaseTakenOn(journey=NEXT))
