"""`werdegang import`: journeys from a file, or a batch withdrawn."""

import time
from pathlib import Path
from uuid import UUID, uuid4

import click

from domain.errors import Refused
from domain.terms import Role
from domain.texts import _
from projections.exchange.files import read_rows
from projections.exchange.intake import Report, Terms, take_in
from projections.exchange.refused import RefusedRow, refused_table
from projections.exchange.withdrawal import withdraw_batch
from projections.stores import Stores
from scripts.console import Office, account_option, office, option, print_csv

_SHOWN = 20


@click.command("import", help=_("Nimmt Wege aus JSON Lines, CSV, XLSX oder ODS auf; siehe docs/import.md.").german)
@click.argument("file", metavar="DATEI", required=False, type=click.Path(path_type=Path))
@option("--programme", metavar="KEY", help=_("Programm der Zeilen ohne Spalte programme."))
@option("--dry-run", is_flag=True, help=_("Nur prüfen: dieselben Entscheidungen, nichts wird gespeichert."))
@option("--partial", is_flag=True, help=_("Speichert, was geht, auch wenn Zeilen abgelehnt werden."))
@option("--corrections", is_flag=True, help=_("Bekannte Zeilen mit anderem Inhalt werden berichtigt."))
@option("--reason", metavar="TEXT", help=_("Begründung der Berichtigungen und Stornos."))
@option("--withdraw", metavar="STAPEL", type=click.UUID, help=_("Storniert einen ganzen Stapel."))
@account_option
@option(
    "--role",
    type=click.Choice([Role.COACH, Role.LEAD], case_sensitive=False),
    default=Role.COACH,
    show_default=True,
    help=_("lead darf mit Begründung von Zielgruppe und Schlüssel abweichen."),
)
@office
def import_file(
    office: Office,
    file: Path | None,
    programme: str | None,
    dry_run: bool,
    partial: bool,
    corrections: bool,
    reason: str | None,
    withdraw: UUID | None,
    account: str,
    role: Role,
) -> None:
    """Take in a file, or withdraw a batch."""
    if (file is None) == (withdraw is None):
        raise click.UsageError(office.words(_("Entweder eine DATEI oder --withdraw STAPEL.")))
    with office.stores(current=False) as stores:
        if file is not None:
            terms = Terms(
                batch=uuid4(),
                by=account,
                now=office.now,
                role=role,
                programme=programme,
                corrections=corrections,
                reason=reason or office.words(_("Import der Datei {name}", name=file.name)),
                partial=partial,
                dry_run=dry_run,
            )
            failed = _take_in(office, stores, file, terms)
        else:
            assert withdraw is not None
            reason = reason or office.words(_("Stapel {batch} zurückgenommen", batch=withdraw))
            failed = _withdraw(office, stores, withdraw, account, reason)
        office.catch_up(stores)
    if failed:
        raise click.exceptions.Exit(1)


def _take_in(office: Office, stores: Stores, file: Path, terms: Terms) -> bool:
    """Take in the file and print what became of it; whether a row was refused."""
    rows = list(read_rows(file))
    started = time.monotonic()
    with office.progress(_("Zeilen"), len(rows)) as advance:
        report = take_in(stores.journal, stores.vault, rows, terms, lambda done, _total: advance(done))
    _print_report(office, report, terms, time.monotonic() - started)
    if report.refused:
        _print_refused(office, file, report.refused)
    return bool(report.refused)


def _print_report(office: Office, report: Report, terms: Terms, seconds: float) -> None:
    counted = _(
        "Zeilen {rows}: neu {stored}, berichtigt {corrected}, storniert {withdrawn}, unverändert {unchanged}, "
        "abgelehnt {refused}",
        rows=report.rows,
        stored=report.stored,
        corrected=report.corrected,
        withdrawn=report.withdrawn,
        unchanged=report.unchanged,
        refused=len(report.refused),
    )
    if terms.dry_run:
        office.say(_("Probelauf, nichts gespeichert. {counted}", counted=counted))
    elif report.nothing_stored:
        office.say(_("Nichts gespeichert, weil Zeilen abgelehnt wurden. Mit --partial: {counted}", counted=counted))
    else:
        office.say(counted)
    for line, warning in report.warnings[:_SHOWN]:
        office.say(_("Zeile {line}: Hinweis: {text} [{norm}]", line=line, text=warning.text, norm=warning.norm))
    _say_more(office, len(report.warnings))
    if report.coaches and not report.nothing_stored:
        office.say(_("Dem Programm noch nicht bekannte Coaches: {coaches}", coaches=tuple(sorted(report.coaches))))
    if report.position and not terms.dry_run:
        office.say(_("Stapel {batch}, Datenstand {position}", batch=terms.batch, position=report.position))
        office.say(_("{rate} Zeilen je Sekunde", rate=round(report.rows / max(seconds, 0.001))))


def _print_refused(office: Office, file: Path, refused: list[RefusedRow]) -> None:
    for row, why in refused[:_SHOWN]:
        office.warn(_("Zeile {line}: {why}", line=row.line, why=_refusal(office, why)))
    _say_more(office, len(refused))
    target = file.with_name(file.name + ".refused.csv")
    header, cells = refused_table(refused, office.settings.language)
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # it holds what the file holds
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        print_csv(header, cells, out)
    office.warn(_("Abgelehnte Zeilen mit Begründung: {path}", path=target))


def _refusal(office: Office, why: Refused) -> str:
    return why.in_language(office.settings.language)


def _say_more(office: Office, number: int) -> None:
    if number > _SHOWN:
        office.warn(_("… und {number} weitere.", number=number - _SHOWN))


def _withdraw(office: Office, stores: Stores, batch: UUID, account: str, reason: str) -> bool:
    """Withdraw a batch and print what it keeps; whether it keeps anything."""
    found = withdraw_batch(stores.journal, stores.vault, batch, by=account, now=office.now, reason=reason)
    office.say(
        _(
            "Storniert {withdrawn}, schon storniert {before}, behalten {kept}",
            withdrawn=found.withdrawn,
            before=found.before,
            kept=len(found.kept),
        )
    )
    if found.coaches:
        office.say(_("Im Programm bleiben die Coaches {coaches}.", coaches=tuple(sorted(found.coaches))))
    for position, why in found.kept:
        office.warn(_("Position {position} bleibt: {why}", position=position, why=_refusal(office, why)))
    return bool(found.kept)
