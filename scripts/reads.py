"""`werdegang reads`: who opened which sealed field of whom, when and what for."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import click
import msgspec
from msgspec import Meta

from domain.texts import _
from domain.vault import Read
from projections.ledger.reads import Month, months_of
from scripts.console import (
    Checked,
    Office,
    account_option,
    format_option,
    office,
    option,
    print_csv,
    print_json,
)

_MONTH = Checked("Monat", Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)])


@click.group(help=_("Das Leseprotokoll: wer wann welches versiegelte Feld wessen wozu geöffnet hat.").german)
def reads() -> None:
    """The group of commands about the log of reads."""


@reads.command("list", help=_("Zeigt, was gelesen wurde, und die Monate des Protokolls.").german)
@option("--month", type=_MONTH, help=_("Nur dieser Monat, wie 2026-11."))
@option("--participant", type=click.UUID, metavar="UUID", help=_("Nur was von dieser Person gelesen wurde."))
@option("--account", metavar="KÜRZEL", help=_("Nur was unter diesem Kürzel gelesen wurde."))
@format_option("text", "json", "csv")
@office
def list_reads(office: Office, month: str | None, participant: UUID | None, account: str | None, form: str) -> None:
    """Print the rows, and the months they stand in."""
    with office.stores(current=False) as stores:
        log = stores.vault.reads
        months = [one for one in months_of(log) if month in (None, one.month)]
        rows = log.rows(month, participant=participant, account=account)
        if form == "csv":
            print_csv(Read.__struct_fields__, (msgspec.structs.astuple(row) for row in rows))
        elif form == "json":
            print_json({"reads": msgspec.to_builtins([*rows]), "months": msgspec.to_builtins(months)})
        else:
            _print(office, [*rows], months)


@reads.command("delete", help=_("Löscht einen vergangenen, ganz versiegelten Monat des Leseprotokolls.").german)
@click.argument("month", metavar="MONAT", type=_MONTH)
@account_option
@office
def delete_month(office: Office, month: str, account: str) -> None:
    """Delete its rows; the seals stay."""
    with office.stores(current=False) as stores:
        deleted = stores.vault.reads.delete_month(month, by=account, now=office.now)
    office.say(
        _(
            "Gelöscht: {rows} Zeilen des Monats {month}, von {by} am {at}. Die Siegel bleiben.",
            rows=deleted.size,
            month=month,
            by=deleted.deleted_by,
            at=office.local(deleted.deleted_at),
        )
    )


def _print(office: Office, rows: list[Read], months: list[Month]) -> None:
    if rows:
        columns = [_("Monat"), _("Nr."), _("gelesen am"), _("von"), _("Person"), _("Feld"), _("Zweck")]
        office.table(columns, (_row(office, row) for row in rows), numbers=[1], wraps=6)
    else:
        office.say(_("Nichts gelesen."))
    for month in months:
        if month.deleted_by and month.deleted_at:
            office.say(
                _(
                    "Monat {month}: gelöscht von {by} am {at}.",
                    month=month.month,
                    by=month.deleted_by,
                    at=office.local(month.deleted_at),
                )
            )
        else:
            office.say(
                _(
                    "Monat {month}: {rows} Zeilen, davon versiegelt {sealed}.",
                    month=month.month,
                    rows=month.rows,
                    sealed=month.sealed,
                )
            )


def _row(office: Office, row: Read) -> list[str]:
    at = office.local(datetime.fromisoformat(row.at))
    return [row.month, str(row.number), at, row.account, row.participant, row.field, row.purpose]
