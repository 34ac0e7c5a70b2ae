"""The stream of the ledger itself: keys that sign it, restores that lost entries."""

from msgspec import Struct

from domain.errors import Refused
from domain.facts import Fact, LedgerRestored, SignerIntroduced
from domain.texts import _


class Keeping(Struct, frozen=True):
    """How the ledger was kept: the keys introduced, the restores."""

    version: int = 0
    signers: frozenset[str] = frozenset()
    restores: tuple[LedgerRestored, ...] = ()


def evolve(keeping: Keeping, fact: Fact) -> Keeping:
    """The state after one more fact."""
    version = keeping.version + 1
    match fact:
        case SignerIntroduced(key=key):
            return Keeping(version, keeping.signers | {key}, keeping.restores)
        case LedgerRestored():
            return Keeping(version, keeping.signers, (*keeping.restores, fact))
        case _:
            raise TypeError(type(fact).__name__)


def introduce_signer(keeping: Keeping, key: str, replaces: str) -> list[Fact]:
    """Let another key sign from now on; one that was introduced is not introduced again."""
    return [] if key in keeping.signers else [SignerIntroduced(key=key, replaces=replaces)]


def restore(keeping: Keeping, restored: LedgerRestored) -> list[Fact]:
    """Note that the ledger was put back; the same restore noted last is not noted again.

    Refused: fewer entries lost than none.
    """
    if restored.lost is not None and restored.last_known is None:
        text = _("Verlorene Einträge lassen sich nur zählen, wo ein letzter Prüfpunkt bekannt ist.")
        raise Refused("unknown_loss", text, field="last_known")
    return [] if keeping.restores[-1:] == (restored,) else [restored]
