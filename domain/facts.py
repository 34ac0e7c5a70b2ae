"""Every fact that can ever be stored, and the envelope around it.

WARNING: the tags and field names below ARE the storage format. They are never renamed and never
change their meaning. A changed meaning gets a new tag (`journey.enrolled.2`) and an upcast from the
old one; a new optional field gets a default. `tests/golden/facts.jsonl` holds one stored example of
each and only ever grows.

`happened_on` is when something happened, `recorded_at` when it was entered; neither is derived
from the other.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from domain.terms import (
    AbandonReason,
    Channel,
    Criterion,
    Education,
    ExitReason,
    FundingEndReason,
    FundingKind,
    Gender,
    Key,
    Name,
    PlacementEndReason,
    PlacementKind,
    QualificationKind,
    Scheme,
    Topic,
    Whereabouts,
    WhereaboutsSource,
)

Sealed = Annotated[bytes, Meta(min_length=93, title="sealed")]
"""Personal data under the person's own key: only `vault.py` makes and opens it. 93 bytes is the
shortest envelope, so a plain text cannot slip in on the way through the store."""

Euro = Decimal
"""An amount of money; `journey.py` refuses a negative one."""


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was decided and therefore stored."""


# --- programme ---------------------------------------------------------------------------------


class TargetGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who a programme is for; a criterion left out is none."""

    age_min: Annotated[int, Meta(ge=0, le=120)] | None = None
    age_max: Annotated[int, Meta(ge=0, le=120)] | None = None
    benefit_months_min: Annotated[int, Meta(ge=0, le=24)] | None = None
    migration_background: bool | None = None
    municipalities: tuple[Name, ...] = ()


class ProgrammeOpened(Fact, frozen=True, kw_only=True, tag="programme.opened"):
    """A funded project begins to be kept: period, target group, coaching ratio, targets by figure code."""

    key: Key
    title: Name
    funder: Name
    starts_on: date
    ends_on: date
    coaching_ratio: Annotated[int, Meta(ge=1)] = 80
    target_group: TargetGroup = TargetGroup()
    targets: dict[str, float] = {}


class CoachJoined(Fact, frozen=True, kw_only=True, tag="programme.coach_joined"):
    """An integration coach works in the programme from now on, under a staff code."""

    coach: Key


# --- caseload: one stream per coach and programme -----------------------------------------------


class CaseTakenOn(Fact, frozen=True, kw_only=True, tag="caseload.case_taken_on"):
    """A journey came into the coach's care; stored together with the assignment on the journey."""

    journey: UUID
    over_ratio: bool = False
    """A lead let the coach go beyond the ratio; the reason is on the journey's assignment."""


class CaseHandedOver(Fact, frozen=True, kw_only=True, tag="caseload.case_handed_over"):
    """A journey left the coach's care: another coach, an exit, or a withdrawn assignment."""

    journey: UUID


# --- journey: the steps --------------------------------------------------------------------------


class Step(Fact, frozen=True, kw_only=True):
    """One thing that happened on a journey, on a day."""

    happened_on: date


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """One target-group criterion, what it asks for, what was found, and whether that meets it."""

    criterion: Criterion
    required: str
    found: str
    met: bool


class Enrolled(Step, frozen=True, kw_only=True, tag="journey.enrolled"):
    """A participation begins. The traits are those at entry; the sealed fields are personal."""

    participant: UUID
    programme: Key
    participation: Annotated[int, Meta(ge=1)] = 1
    gender: Gender
    age: Annotated[int, Meta(ge=0, le=120)]
    migration_background: bool
    single_parent: bool
    municipality: Name
    benefit_months: Annotated[int, Meta(ge=0, le=24)]
    education: Education
    name: Sealed | None = None
    birth_date: Sealed | None = None
    customer_number: Sealed | None = None
    contact: Sealed | None = None
    verdict: tuple[Verdict, ...] = ()
    override_reason: Sealed | None = None


class CoachAssigned(Step, frozen=True, kw_only=True, tag="journey.coach_assigned"):
    """A coach takes the participant into care; replaces the assignment before."""

    coach: Key
    override_reason: Sealed | None = None


class CoachingSessionHeld(Step, frozen=True, kw_only=True, tag="journey.coaching_session_held"):
    """A coaching session took place."""

    minutes: Annotated[int, Meta(ge=1, le=1440)]
    channel: Channel = Channel.IN_PERSON
    topics: tuple[Topic, ...] = ()
    note: Sealed | None = None


class AppointmentMissed(Step, frozen=True, kw_only=True, tag="journey.appointment_missed"):
    """The participant did not come to an appointment."""

    excused: bool


class QualificationStarted(Step, frozen=True, kw_only=True, tag="journey.qualification_started"):
    """A qualification begins."""

    ref: Key
    kind: QualificationKind
    provider: Name | None = None


class QualificationCompleted(Step, frozen=True, kw_only=True, tag="journey.qualification_completed"):
    """A qualification was brought to its end."""

    ref: Key
    certificate: bool = False


class QualificationAbandoned(Step, frozen=True, kw_only=True, tag="journey.qualification_abandoned"):
    """A qualification was broken off."""

    ref: Key
    reason: AbandonReason


class PlacementStarted(Step, frozen=True, kw_only=True, tag="journey.placement_started"):
    """First day of a job, a training or a self-employment."""

    ref: Key
    kind: PlacementKind
    scheme: Scheme = Scheme.NONE
    sector: Name | None = None
    weekly_hours: Annotated[float, Meta(gt=0, le=80)] | None = None
    monthly_pay: Euro | None = None
    fixed_term: bool | None = None
    employer: Sealed | None = None


class PlacementEnded(Step, frozen=True, kw_only=True, tag="journey.placement_ended"):
    """First day WITHOUT the job."""

    ref: Key
    reason: PlacementEndReason


class FundingGranted(Step, frozen=True, kw_only=True, tag="journey.funding_granted"):
    """A follow-up funding was granted, up to and including `until`; `amount` in euro in all."""

    ref: Key
    kind: FundingKind
    placement: Key | None = None
    until: date | None = None
    amount: Euro
    wage_share_percent: Annotated[float, Meta(gt=0, le=100)] | None = None


class FundingEnded(Step, frozen=True, kw_only=True, tag="journey.funding_ended"):
    """A funding ended; from this day on nothing is paid."""

    ref: Key
    reason: FundingEndReason = FundingEndReason.EXPIRED


class CircumstancesChanged(Step, frozen=True, kw_only=True, tag="journey.circumstances_changed"):
    """Single parent and/or municipality, from that day on."""

    single_parent: bool | None = None
    municipality: Name | None = None


class WhereaboutsRecorded(Step, frozen=True, kw_only=True, tag="journey.whereabouts_recorded"):
    """The follow-up check after the exit."""

    status: Whereabouts
    source: WhereaboutsSource


class Exited(Step, frozen=True, kw_only=True, tag="journey.exited"):
    """The participation ended: from this day on the participant is no longer active."""

    reason: ExitReason


AnyStep = (
    Enrolled
    | CoachAssigned
    | CoachingSessionHeld
    | AppointmentMissed
    | QualificationStarted
    | QualificationCompleted
    | QualificationAbandoned
    | PlacementStarted
    | PlacementEnded
    | FundingGranted
    | FundingEnded
    | CircumstancesChanged
    | WhereaboutsRecorded
    | Exited
)


# --- journey: entries about entries ---------------------------------------------------------------


class Corrected(Fact, frozen=True, kw_only=True, tag="journey.corrected"):
    """Berichtigung: the entry with this version in the same stream reads `replacement` from now on."""

    entry: Annotated[int, Meta(ge=1)]
    replacement: AnyStep
    reason: Sealed


class Withdrawn(Fact, frozen=True, kw_only=True, tag="journey.withdrawn"):
    """Storno: the entry with this version in the same stream counts no longer."""

    entry: Annotated[int, Meta(ge=1)]
    reason: Sealed


class OtherParticipation(Fact, frozen=True, kw_only=True, tag="journey.other_participation"):
    """Another participation of the same person was begun, or its beginning moved.

    Stored with that enrolment, so that nobody can change this journey's exit at the same time unnoticed.
    """

    participation: Annotated[int, Meta(ge=1)]
    enrolled_on: date


AnyFact = (
    AnyStep | Corrected | Withdrawn | OtherParticipation | ProgrammeOpened | CoachJoined | CaseTakenOn | CaseHandedOver
)


# --- the envelope ---------------------------------------------------------------------------------


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the store keeps of a fact as its state: the fact, and how it came to be entered."""

    recorded_at: datetime
    recorded_by: str
    request_id: UUID
    request_digest: bytes | None = None
    """Keyed digest of what was asked: a repeated request with another content is noticed."""
    correlation_id: UUID | None = None
    """What it was part of: an import batch, a web request."""
    fact: AnyFact


class Recorded(Struct, frozen=True):
    """An entry at its place: the n-th of a stream (from 1), and its position in the ledger once stored."""

    originator_id: UUID
    originator_version: int
    entry: Entry
    position: int = 0

    @property
    def fact(self) -> Any:
        """The fact in the envelope."""
        return self.entry.fact


def tag_of(fact: type[Fact] | Fact) -> str:
    """The stored name of a fact, such as `journey.placement_started`."""
    return str(fact.__struct_config__.tag)


def step_name(step: type[Step] | Step) -> str:
    """The name of a step in the import file, such as `placement_started`."""
    return tag_of(step).removeprefix("journey.")


STEP_BY_NAME: dict[str, type[Step]] = {step_name(step): step for step in get_args(AnyStep)}


def is_sealed(field: msgspec.structs.FieldInfo) -> bool:
    """Whether a field of a fact holds personal data in a sealed envelope."""
    return field.type in (Sealed, Sealed | None)
