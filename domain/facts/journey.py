"""The facts of a journey: its steps, and the entries about entries."""

from datetime import date
from typing import Annotated, get_args
from uuid import UUID

from msgspec import Meta, Struct

from domain.facts.fact import Euro, Fact, Sealed
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
    LabourStatus,
    Name,
    PlacementEndReason,
    PlacementKind,
    QualificationKind,
    Scheme,
    Topic,
    Whereabouts,
    WhereaboutsSource,
)


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
    labour_status: LabourStatus | None = None
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
    improved: bool | None = None
    """Whether work is better than at entry (stable, full, higher), for somebody who had some: EECR06."""


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


class Disputed(Fact, frozen=True, kw_only=True, tag="journey.disputed"):
    """Strittig: the person contests the entry with this version in the same stream (Art. 18 DSGVO); it still counts."""

    entry: Annotated[int, Meta(ge=1)]


class DisputeSettled(Fact, frozen=True, kw_only=True, tag="journey.dispute_settled"):
    """The entry is contested no longer: it was found right, corrected or withdrawn."""

    entry: Annotated[int, Meta(ge=1)]


STEPS: tuple[type[Step], ...] = get_args(AnyStep)
