"""`werdegang verify`: whether anything stored is not as it was sealed."""

from pathlib import Path
from typing import Any

import click

from domain.texts import Text, _
from projections.checks import Checked, check_editions, check_read_model, check_reads
from projections.editions import editions
from projections.ledger.findings import Finding
from projections.ledger.trust import Trusted, read_trusted
from projections.ledger.verification import LedgerReport, verify_ledger
from projections.stores import Stores
from scripts.console import Office, format_option, office, option, print_json


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
        checked = [Checked("ledger", _("Einträge im Journal"), report.entries, report.findings)]
        if not report.findings:
            checked += [_read_model(office), _editions(office, stores)]
        checked.append(check_reads(stores, report.signers))
    if form == "json":
        print_json(_as_json(office, report, checked))
    else:
        _print(office, report, checked, outside)
    return int(any(one.findings for one in checked))


def _ledger(office: Office, stores: Stores, outside: Trusted) -> LedgerReport:
    journal = stores.journal
    with office.progress(_("Einträge werden geprüft"), journal.count(journal.head())) as advance:
        return verify_ledger(journal, stores.seals, outside=outside.checkpoints, trusted=outside.keys, progress=advance)


def _read_model(office: Office) -> Checked:
    with office.progress(_("Lesemodell wird nachgebaut und verglichen, in Prozent"), 100) as advance:
        return check_read_model(office.settings, office.now, lambda done, total: advance(done * 100 // total))


def _editions(office: Office, stores: Stores) -> Checked:
    office.catch_up(stores)
    number = len(editions(stores.journal, stores.read_model))
    with office.progress(_("Ausgaben werden nachgerechnet"), number) as advance:
        return check_editions(stores, lambda done, _total: advance(done))


def _as_json(office: Office, report: LedgerReport, checked: list[Checked]) -> dict[str, Any]:
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


def _print(office: Office, report: LedgerReport, checked: list[Checked], outside: Trusted) -> None:
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
