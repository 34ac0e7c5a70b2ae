"""`werdegang verify`: whether anything stored is not as it was sealed."""

from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from domain.texts import Text, _
from projections import rebuild as building
from projections.editions import differing, editions, wrong_checkpoint
from projections.ledger.findings import Finding
from projections.ledger.notes import Verifier
from projections.ledger.reads import verify_reads
from projections.ledger.trust import Trusted, read_trusted
from projections.ledger.verification import LedgerReport, verify_ledger
from projections.stores import Stores
from scripts.console import Office, format_option, office, option, print_json


class _Checked(Struct):
    """What was checked: how many, and what was found."""

    name: str
    title: Text
    number: int
    findings: list[Finding]


@click.command(
    help=_("Prüft Journal, Lesemodell, Ausgaben und Leseprotokoll und nennt das Erste, was nicht stimmt.").german
)
@option(
    "--trusted",
    metavar="ORDNER",
    type=click.Path(path_type=Path),
    help=_("Ordner mit dem, was außerhalb verwahrt wurde: Prüfpunkte, und Schlüssel zum Prüfen (*.vkey)."),
)
@format_option("text", "json")
@office
def verify(office: Office, trusted: Path | None, form: str) -> int:
    """Check everything. Exit status 1 where anything is wrong; the first wrong entry is named."""
    outside = read_trusted(trusted) if trusted else Trusted()
    with office.stores(current=False) as stores:
        report = _ledger(office, stores, outside)
        checked = [_Checked("ledger", _("Einträge im Journal"), report.entries, report.findings)]
        if not report.findings:
            checked += [_read_model(office), _editions(office, stores)]
        reads = verify_reads(stores.vault.reads, [Verifier.parse(key) for key in report.signers])
        found = [Finding(one.code, one.text) for one in reads.findings]
        checked.append(_Checked("reads", _("Zeilen im Leseprotokoll"), reads.rows, found))
    if form == "json":
        print_json(_as_json(office, report, checked))
    else:
        _print(office, report, checked, outside)
    return int(any(one.findings for one in checked))


def _ledger(office: Office, stores: Stores, outside: Trusted) -> LedgerReport:
    journal = stores.journal
    with office.progress(_("Einträge werden geprüft"), journal.count(journal.head())) as advance:
        return verify_ledger(journal, stores.seals, outside=outside.checkpoints, trusted=outside.keys, progress=advance)


def _read_model(office: Office) -> _Checked:
    """The read model is built again beside the live one and compared row by row."""
    settings = office.settings
    with office.progress(_("Lesemodell wird nachgebaut und verglichen, in Prozent"), 100) as advance:

        def report(progress: building.Progress) -> None:
            if progress.stage == "partitions":
                advance(progress.done * 100 // progress.total)

        certificate = building.rebuild(settings.ledger, settings.read_model, now=office.now, swap=False, report=report)
    findings = []
    for table, rows in certificate.differences.items():
        text = _("Lesemodell: {table} weicht ab, zum Beispiel: {row}", table=table, row=" ".join(rows[0]))
        findings.append(Finding("rows_differ", text))
    if not certificate.compared:
        text = _("Das Lesemodell ist von einem anderen Stand oder weit zurück; neu aufbauen mit: werdegang rebuild.")
        findings.append(Finding("not_compared", text))
    built = sum(one.rows for one in certificate.tables.values())
    return _Checked("read_model", _("Zeilen im Lesemodell"), built, findings)


def _editions(office: Office, stores: Stores) -> _Checked:
    """Every edition is recomputed, and what it was approved with must be a checkpoint of this ledger."""
    office.catch_up(stores)
    found, findings = editions(stores.journal, stores.read_model), []
    with office.progress(_("Ausgaben werden nachgerechnet"), len(found)) as advance:
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
            advance(number)
    return _Checked("editions", _("Ausgaben"), len(found), findings)


def _as_json(office: Office, report: LedgerReport, checked: list[_Checked]) -> dict[str, Any]:
    def told(findings: list[Finding]) -> list[dict[str, Any]]:
        return [{"code": one.code, "position": one.position, "text": office.words(one.text)} for one in findings]

    return {
        "ok": not any(one.findings for one in checked),
        "entries": report.entries,
        "sealed": report.sealed,
        "checkpoints": report.checkpoints,
        "checkpoint": report.last.note if report.last else None,
        "signers": report.signers,
        "checked": {one.name: {"number": one.number, "findings": told(one.findings)} for one in checked},
        "recorded_losses": told(report.losses),
    }


def _print(office: Office, report: LedgerReport, checked: list[_Checked], outside: Trusted) -> None:
    for one in checked:
        verdict = _("in Ordnung") if not one.findings else _("NICHT in Ordnung")
        office.say(_("{title}: {number}, {verdict}", title=one.title, number=one.number, verdict=verdict))
        for finding in one.findings:
            office.warn(Text(f"  {office.words(finding.text)}"))
    if len(checked) < 4:
        office.say(_("Lesemodell und Ausgaben sind nicht geprüft: sie stehen auf einem Journal, das nicht stimmt."))
    for loss in report.losses:
        office.warn(_("Vermerkter Verlust: {text}", text=loss.text))
    office.say(
        _(
            "Versiegelt sind {sealed} von {entries} Einträgen, in {checkpoints} Prüfpunkten.",
            sealed=report.sealed,
            entries=report.entries,
            checkpoints=report.checkpoints,
        )
    )
    if outside.checkpoints:
        office.say(_("Mit {number} Prüfpunkten von außen verglichen.", number=len(outside.checkpoints)))
    if not outside.checkpoints or not outside.keys:
        office.say(
            _(
                "Wer Datenbank und Schlüssel besitzt, kann alles neu schreiben und neu unterschreiben. Das zeigt erst "
                "der Vergleich mit Prüfpunkten und Schlüsseln, die jemand anderes verwahrt (--trusted)."
            )
        )
