"""The stream of one coach's caseload in one programme: who is in care now.

It exists so that the coaching ratio holds under any concurrency: every assignment appends here too,
in the same transaction, so two at once collide on this stream's version.
"""

from uuid import UUID

from msgspec import Struct

from domain.errors import Refused
from domain.facts import CaseHandedOver, CaseTakenOn, Fact
from domain.terms import Role
from domain.texts import _


class Caseload(Struct, frozen=True):
    """The journeys in the coach's care."""

    version: int = 0
    journeys: frozenset[UUID] = frozenset()


def evolve(caseload: Caseload, fact: Fact) -> Caseload:
    """The state after one more fact."""
    match fact:
        case CaseTakenOn(journey=journey):
            return Caseload(caseload.version + 1, caseload.journeys | {journey})
        case CaseHandedOver(journey=journey):
            return Caseload(caseload.version + 1, caseload.journeys - {journey})
        case _:
            raise TypeError(type(fact).__name__)


def take_on(caseload: Caseload, journey: UUID, *, ratio: int, coach: str, role: Role, reason: bool) -> list[Fact]:
    """Take a journey into care; one in care already changes nothing.

    Refused: a coach at the ratio, unless a lead overrides it and gave a `reason`.
    """
    if journey in caseload.journeys:
        return []
    if len(caseload.journeys) < ratio:
        return [CaseTakenOn(journey=journey)]
    if reason and role is Role.LEAD:
        return [CaseTakenOn(journey=journey, over_ratio=True)]
    text = _(
        "Coach {coach} betreut schon {found} Personen; der Schlüssel ist 1:{ratio}. "
        "Eine Programmleitung kann mit Begründung abweichen.",
        coach=coach,
        found=len(caseload.journeys),
        ratio=ratio,
    )
    raise Refused("coach_full", text, field="coach")


def hand_over(caseload: Caseload, journey: UUID) -> list[Fact]:
    """Give a journey out of care; one not in care changes nothing."""
    return [CaseHandedOver(journey=journey)] if journey in caseload.journeys else []
