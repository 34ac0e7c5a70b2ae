"""The facts about the ledger itself: who signs it, and what a restore lost."""

from typing import Annotated

from msgspec import Meta

from domain.facts.fact import Fact
from domain.terms import RestoreReason


class SignerIntroduced(Fact, frozen=True, kw_only=True, tag="ledger.signer_introduced"):
    """Another key signs the checkpoints from now on; the checkpoint that covers this entry is signed by both.

    Both are C2SP verifier keys. The first key of a ledger is introduced by nobody: an auditor gets it by another way.
    """

    key: str
    replaces: str


class LedgerRestored(Fact, frozen=True, kw_only=True, tag="ledger.restored"):
    """The ledger was put back from a backup that held `size` entries.

    `last_known` is the last checkpoint known outside, a signed note, and `lost` the entries it covers that are gone;
    both None where nobody kept one.
    """

    size: Annotated[int, Meta(ge=0)]
    reason: RestoreReason
    last_known: str | None = None
    lost: Annotated[int, Meta(ge=0)] | None = None
