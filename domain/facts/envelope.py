"""Every fact there is, and the envelope the store keeps one in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.facts.account import AccountClosed, AccountOpened, RoleGranted, RoleRevoked
from domain.facts.balance import BalanceApproved, BalanceDrafted, BalanceReleased, CatalogueKept
from domain.facts.data_protection import (
    ErasureApproved,
    ErasureDeclined,
    ErasureDone,
    ErasureRequested,
    RestrictionImposed,
    RestrictionLifted,
)
from domain.facts.fact import Fact
from domain.facts.journey import (
    STEPS,
    AnyStep,
    Corrected,
    Disputed,
    DisputeSettled,
    OtherParticipation,
    Step,
    Withdrawn,
)
from domain.facts.ledger import LedgerRestored, SignerIntroduced
from domain.facts.programme import CaseHandedOver, CaseTakenOn, CoachJoined, ProgrammeClosed, ProgrammeOpened

AnyFact = (
    AnyStep
    | Corrected
    | Withdrawn
    | OtherParticipation
    | Disputed
    | DisputeSettled
    | ProgrammeOpened
    | ProgrammeClosed
    | CoachJoined
    | CaseTakenOn
    | CaseHandedOver
    | CatalogueKept
    | BalanceDrafted
    | BalanceApproved
    | BalanceReleased
    | ErasureRequested
    | ErasureDeclined
    | ErasureApproved
    | ErasureDone
    | RestrictionImposed
    | RestrictionLifted
    | AccountOpened
    | RoleGranted
    | RoleRevoked
    | AccountClosed
    | SignerIntroduced
    | LedgerRestored
)


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


STEP_BY_NAME: dict[str, type[Step]] = {step_name(step): step for step in STEPS}
