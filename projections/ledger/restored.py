"""A ledger that was put back: whether it is as it was sealed, and what there is to note about it."""

from collections.abc import Callable, Sequence

from domain.errors import NotReady, Refused
from domain.facts import LedgerRestored
from domain.journal import Journal
from domain.terms import RestoreReason
from domain.texts import Text, _
from projections.ledger.notes import Signer
from projections.ledger.sealer import root_over
from projections.ledger.seals import Seals
from projections.ledger.signatures import opened
from projections.ledger.verification import verify_ledger


def require_as_sealed(
    journal: Journal, seals: Seals, signers: Sequence[Signer], progress: Callable[[int], None]
) -> None:
    """Refused: a ledger that is not as it was sealed, or that none of the keys at hand may seal on.

    `progress` is told how many entries are checked.
    """
    known = seals.signers()
    if known and known[-1] not in [signer.verifier for signer in signers]:
        text = _(
            "Der Schlüssel, der hier siegelt, ist {found}; dieses Journal siegelt {wanted}. Bitte diesen bereitlegen.",
            found=str(signers[0].verifier),
            wanted=str(known[-1]),
        )
        raise NotReady("foreign_signing_key", text)
    for finding in verify_ledger(journal, seals, progress=progress).findings[:1]:
        text = _("Dieses Journal ist nicht, wie es versiegelt wurde: {finding}", finding=finding.text)
        raise Refused("backup_damaged", text, field="folder")


def to_note(
    journal: Journal, seals: Seals, reason: RestoreReason, *, backup: bytes | None, last: bytes | None
) -> LedgerRestored:
    """What there is to note: the entries held, and those a checkpoint covers besides.

    `last` is the last checkpoint known outside, `backup` that of the backup, each a signed note; the backup's counts
    where it covers more than the ledger: a dump of PostgreSQL is older than the rest of its backup. Refused: a
    checkpoint that is not of this ledger.
    """
    held, known = journal.count(journal.head()), dict[int, bytes]()
    if backup is not None:
        size = _size_of(journal, seals, backup, _("Der Prüfpunkt der Sicherung"))
        known |= {size: backup} if size > held else {}
    if last is not None:
        known[_size_of(journal, seals, last, _("Der angegebene letzte Prüfpunkt"))] = last
    if not known:
        return LedgerRestored(size=held, reason=reason)
    lost = max(0, max(known) - held)
    return LedgerRestored(size=held, reason=reason, last_known=known[max(known)].decode(), lost=lost)


def _size_of(journal: Journal, seals: Seals, note: bytes, what: Text) -> int:
    """How many entries a checkpoint covers. Refused: one of another ledger, or of another history of this one."""
    head = opened(note, seals.signers())
    if head is None:
        refused = _("{what} ist keiner, den ein Schlüssel dieses Journals unterschrieben hat.", what=what)
        raise Refused("no_checkpoint", refused, field="last")
    if head.size <= journal.count(journal.head()) and root_over(journal, seals, head.size) != head.root:
        refused = _(
            "{what} bezeugt {size} Einträge mit einem anderen Inhalt: die Sicherung gehört zu einem anderen Verlauf "
            "des Journals. Es ist nichts geändert; bitte den letzten Prüfpunkt nehmen oder eine andere Sicherung.",
            what=what,
            size=head.size,
        )
        raise Refused("foreign_checkpoint", refused, field="last")
    return head.size
