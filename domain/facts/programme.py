"""The facts of a programme and of its coaches' caseloads."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.facts.fact import Fact
from domain.terms import Key, Name


class TargetGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who a programme is for; a criterion left out is none."""

    age_min: Annotated[int, Meta(ge=0, le=120)] | None = None
    age_max: Annotated[int, Meta(ge=0, le=120)] | None = None
    benefit_months_min: Annotated[int, Meta(ge=0, le=24)] | None = None
    migration_background: bool | None = None
    municipalities: tuple[Name, ...] = ()


class ProgrammeOpened(Fact, frozen=True, kw_only=True, tag="programme.opened"):
    """A funded project begins to be kept: period, target group, coaching ratio, targets by figure code.

    What is personal about a participant is to be erased `retention_years` after the end of the year the programme or,
    if later, the participation ended in.
    """

    key: Key
    title: Name
    funder: Name
    starts_on: date
    ends_on: date
    coaching_ratio: Annotated[int, Meta(ge=1)] = 80
    retention_years: Annotated[int, Meta(ge=1, le=100)] = 5
    target_group: TargetGroup = TargetGroup()
    targets: dict[str, float] = {}  # noqa: RUF012 -- a Struct copies its defaults


class CoachJoined(Fact, frozen=True, kw_only=True, tag="programme.coach_joined"):
    """An integration coach works in the programme from now on, under a staff code."""

    coach: Key


class ProgrammeClosed(Fact, frozen=True, kw_only=True, tag="programme.closed"):
    """The project ended before its time: `last_day` is its last day."""

    last_day: date


# --- caseload: one stream per coach and programme -----------------------------------------------


class CaseTakenOn(Fact, frozen=True, kw_only=True, tag="caseload.case_taken_on"):
    """A journey came into the coach's care; stored together with the assignment on the journey."""

    journey: UUID
    over_ratio: bool = False
    """A lead let the coach go beyond the ratio; the reason is on the journey's assignment."""


class CaseHandedOver(Fact, frozen=True, kw_only=True, tag="caseload.case_handed_over"):
    """A journey left the coach's care: another coach, an exit, or a withdrawn assignment."""

    journey: UUID
