"""Every fact that can ever be stored, and the envelope around it.

WARNING: the tags and field names below ARE the storage format. They are never renamed and never
change their meaning. A changed meaning gets a new tag (`journey.enrolled.2`) and an upcast from the
old one; a new optional field gets a default. `tests/golden/facts.jsonl` holds one stored example of
each and only ever grows.

`happened_on` is when something happened, `recorded_at` when it was entered; neither is derived
from the other. `journey.py` holds the steps of a participant, `programme.py` the programme and its
coaches' caseloads, `balance.py` what is published, `data_protection.py` erasures and restrictions, `account.py` who
may do what, `ledger.py` what happened to the ledger itself, `envelope.py` what the store keeps around each.
"""

from domain.facts.account import AccountClosed, AccountOpened, RoleGranted, RoleRevoked
from domain.facts.balance import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CatalogueKept,
    FigureValue,
    HiddenCell,
    Value,
)
from domain.facts.data_protection import (
    ErasureApproved,
    ErasureDeclined,
    ErasureDone,
    ErasureRequested,
    RestrictionImposed,
    RestrictionLifted,
)
from domain.facts.envelope import STEP_BY_NAME, AnyFact, Entry, Recorded, step_name, tag_of
from domain.facts.fact import Euro, Fact, Sealed, is_sealed
from domain.facts.journey import (
    STEPS,
    AnyStep,
    AppointmentMissed,
    CircumstancesChanged,
    CoachAssigned,
    CoachingSessionHeld,
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    Exited,
    FundingEnded,
    FundingGranted,
    OtherParticipation,
    PlacementEnded,
    PlacementStarted,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    Step,
    Verdict,
    WhereaboutsRecorded,
    Withdrawn,
)
from domain.facts.ledger import LedgerRestored, SignerIntroduced
from domain.facts.programme import (
    CaseHandedOver,
    CaseTakenOn,
    CoachJoined,
    ProgrammeClosed,
    ProgrammeOpened,
    TargetGroup,
)

__all__ = [
    "STEPS",
    "STEP_BY_NAME",
    "AccountClosed",
    "AccountOpened",
    "AnyFact",
    "AnyStep",
    "AppointmentMissed",
    "BalanceApproved",
    "BalanceDrafted",
    "BalanceReleased",
    "CaseHandedOver",
    "CaseTakenOn",
    "CatalogueKept",
    "CircumstancesChanged",
    "CoachAssigned",
    "CoachJoined",
    "CoachingSessionHeld",
    "Corrected",
    "DisputeSettled",
    "Disputed",
    "Enrolled",
    "Entry",
    "ErasureApproved",
    "ErasureDeclined",
    "ErasureDone",
    "ErasureRequested",
    "Euro",
    "Exited",
    "Fact",
    "FigureValue",
    "FundingEnded",
    "FundingGranted",
    "HiddenCell",
    "LedgerRestored",
    "OtherParticipation",
    "PlacementEnded",
    "PlacementStarted",
    "ProgrammeClosed",
    "ProgrammeOpened",
    "QualificationAbandoned",
    "QualificationCompleted",
    "QualificationStarted",
    "Recorded",
    "RestrictionImposed",
    "RestrictionLifted",
    "RoleGranted",
    "RoleRevoked",
    "Sealed",
    "SignerIntroduced",
    "Step",
    "TargetGroup",
    "Value",
    "Verdict",
    "WhereaboutsRecorded",
    "Withdrawn",
    "is_sealed",
    "step_name",
    "tag_of",
]
