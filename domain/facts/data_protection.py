"""The facts of the register of data protection: erasures, each by four eyes, and restrictions."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from domain.facts.fact import Fact
from domain.terms import ErasureGround, RestrictionGround


class ErasureRequested(Fact, frozen=True, kw_only=True, tag="erasure.requested"):
    """Somebody asks to erase what is personal about a participant; another person has to approve."""

    participant: UUID
    ground: ErasureGround


class ErasureDeclined(Fact, frozen=True, kw_only=True, tag="erasure.declined"):
    """The request was declined; the participant may be asked for again."""

    participant: UUID


class ErasureApproved(Fact, frozen=True, kw_only=True, tag="erasure.approved"):
    """Another person than who asked approves: from now on no store of keys may hold the participant's."""

    participant: UUID


class ErasureDone(Fact, frozen=True, kw_only=True, tag="erasure.done"):
    """The participant's key and lookups are destroyed; the keys of all others are wrapped anew in this epoch."""

    participant: UUID
    epoch: Annotated[int, Meta(ge=1)]


class RestrictionImposed(Fact, frozen=True, kw_only=True, tag="restriction.imposed"):
    """Sperrung, Art. 18 DSGVO: what is personal about the participant is kept and not opened."""

    participant: UUID
    ground: RestrictionGround


class RestrictionLifted(Fact, frozen=True, kw_only=True, tag="restriction.lifted"):
    """The restriction ends."""

    participant: UUID
