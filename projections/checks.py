"""What is checked besides the ledger itself: read model, editions, log of reads, each against what it follows from."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from domain.texts import Text, _
from projections import rebuild as building
from projections.editions import differing, editions, wrong_checkpoint
from projections.ledger.findings import Finding
from projections.ledger.notes import Verifier
from projections.ledger.reads import verify_reads
from projections.settings import Settings
from projections.stores import Stores

Progress = Callable[[int, int], None]
"""How much of how much is done."""


class Checked(Struct, frozen=True):
    """What was checked: its name for programs and for people, how many there are, what was found."""

    name: str
    title: Text
    number: int
    findings: list[Finding]


def check_read_model(settings: Settings, now: datetime, progress: Progress) -> Checked:
    """The read model is built again beside the live one and compared row by row. Refused: as `rebuild`."""

    def report(done: building.Progress) -> None:
        if done.stage == "partitions":
            progress(done.done, done.total)

    certificate = building.rebuild(settings.ledger, settings.read_model, now=now, swap=False, report=report)
    findings = []
    for table, rows in certificate.differences.items():
        text = _("Lesemodell: {table} weicht ab, zum Beispiel: {row}", table=table, row=" ".join(rows[0]))
        findings.append(Finding("rows_differ", text))
    if not certificate.compared:
        text = _("Das Lesemodell ist von einem anderen Stand oder weit zurück; neu aufbauen mit: werdegang rebuild.")
        findings.append(Finding("not_compared", text))
    built = sum(one.rows for one in certificate.tables.values())
    return Checked("read_model", _("Zeilen im Lesemodell"), built, findings)


def check_editions(stores: Stores, progress: Progress) -> Checked:
    """Every edition is recomputed, and what it was approved with must be a checkpoint of this ledger.

    The read model has to have caught up with the ledger.
    """
    found, findings = editions(stores.journal, stores.read_model), []
    for number, one in enumerate(found, 1):
        for cell in differing(stores.journal, stores.read_model, one)[:1]:
            text = _(
                "Ausgabe {name}: {figure} ist {stored}, nachgerechnet {found}.",
                name=one.name,
                figure=cell.figure,
                stored=cell.stored,
                found=cell.recomputed,
            )
            findings.append(Finding("edition_differs", text, one.drafted.position))
        findings += wrong_checkpoint(stores.seals, one)
        progress(number, len(found))
    return Checked("editions", _("Ausgaben"), len(found), findings)


def check_reads(stores: Stores, signers: list[str]) -> Checked:
    """The log of reads against its own seals; `signers` are the keys of the ledger."""
    reads = verify_reads(stores.vault.reads, [Verifier.parse(key) for key in signers])
    findings = [Finding(one.code, one.text) for one in reads.findings]
    return Checked("reads", _("Zeilen im Leseprotokoll"), reads.rows, findings)
