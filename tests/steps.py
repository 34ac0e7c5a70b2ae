"""Short words for the steps of a journey in tests: a day is a number, counted from the enrolment (0)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from given import enrolment

from domain.facts import (
    AppointmentMissed,
    CircumstancesChanged,
    CoachAssigned,
    CoachingSessionHeld,
    Exited,
    FundingEnded,
    FundingGranted,
    PlacementEnded,
    PlacementStarted,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    WhereaboutsRecorded,
    step_name,
)
from domain.terms import (
    AbandonReason,
    Channel,
    ExitReason,
    FundingEndReason,
    FundingKind,
    PlacementEndReason,
    PlacementKind,
    QualificationKind,
    Scheme,
    Topic,
    Whereabouts,
    WhereaboutsSource,
)

ENROLLED = enrolment()


def day(on: int | date) -> date:
    """The date of a day counted from the enrolment; a date stays as it is."""
    return on if isinstance(on, date) else ENROLLED.happened_on + timedelta(days=on)


def assigned(on: int, coach: str = "C1", **given: Any) -> CoachAssigned:
    return CoachAssigned(happened_on=day(on), coach=coach, **given)


def session(on: int, minutes: int = 60, **given: Any) -> CoachingSessionHeld:
    return CoachingSessionHeld(happened_on=day(on), minutes=minutes, **given)


def missed(on: int) -> AppointmentMissed:
    return AppointmentMissed(happened_on=day(on), excused=True)


def qualified(on: int, ref: str = "q", **given: Any) -> QualificationStarted:
    return QualificationStarted(happened_on=day(on), ref=ref, kind=QualificationKind.FBW, **given)


def completed(on: int, ref: str = "q") -> QualificationCompleted:
    return QualificationCompleted(happened_on=day(on), ref=ref, certificate=True)


def placed(on: int, ref: str = "p", kind: PlacementKind = PlacementKind.SVP, **given: Any) -> PlacementStarted:
    return PlacementStarted(happened_on=day(on), ref=ref, kind=kind, **given)


def ended(on: int, ref: str = "p") -> PlacementEnded:
    return PlacementEnded(happened_on=day(on), ref=ref, reason=PlacementEndReason.RESIGNED)


def funded(on: int, ref: str = "f", amount: Decimal = Decimal(900), **given: Any) -> FundingGranted:
    return FundingGranted(happened_on=day(on), ref=ref, kind=FundingKind.EGZ, amount=amount, **given)


def funding_ended(on: int, ref: str = "f") -> FundingEnded:
    return FundingEnded(happened_on=day(on), ref=ref, reason=FundingEndReason.REVOKED)


def changed(on: int) -> CircumstancesChanged:
    return CircumstancesChanged(happened_on=day(on), single_parent=False, municipality="Kelsterbach")


def found_at(on: int) -> WhereaboutsRecorded:
    return WhereaboutsRecorded(happened_on=day(on), status=Whereabouts.SVP, source=WhereaboutsSource.PARTICIPANT)


def exited(on: int | date, reason: ExitReason = ExitReason.SVP) -> Exited:
    return Exited(happened_on=day(on), reason=reason)


def _case(step: Any, *before: Any) -> Any:
    return pytest.param([ENROLLED, *before], step, id=step_name(step))


EVERY_STEP_BUT_THE_EXIT = [
    _case(assigned(20)),
    _case(session(20, 90, channel=Channel.HOME_VISIT, topics=(Topic.DEBTS, Topic.HOUSING))),
    _case(missed(20)),
    _case(qualified(20, provider="Bildungswerk")),
    _case(completed(20), qualified(0)),
    _case(QualificationAbandoned(happened_on=day(20), ref="q", reason=AbandonReason.CHILDCARE), qualified(0)),
    _case(placed(20, scheme=Scheme.EGZ, sector="Pflege", weekly_hours=30.5, fixed_term=True)),
    _case(ended(20), placed(0)),
    _case(funded(20, until=day(200), wage_share_percent=50)),
    _case(funding_ended(20), funded(0)),
    _case(changed(20)),
    _case(found_at(20)),
]
EVERY_STEP = [*EVERY_STEP_BUT_THE_EXIT, _case(exited(20))]
"""Every step after the enrolment as (what was before, the step); it happens on day 20."""
