"""The log of reads: who opened which sealed field of whom, when and what for (§ 67c SGB X)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from flask import redirect, request

from domain.glossary import STEPS
from domain.labels import label_of
from domain.texts import Text, _
from domain.vault import Read
from projections.exchange.values import converted
from projections.ledger.reads import months_of, seal_reads
from web.access import DATA_PROTECTION, allowed, present_visitor
from web.downloads import as_file, wanted_format
from web.house import now, stores
from web.pages.administration.areas import blueprint, page
from web.words import flash, here, link

PURPOSES: dict[str, Text] = {
    "list": _("Liste"),
    "journey": _("Weg"),
    "history": _("Weg, am Terminal"),
    "correction": _("Berichtigung"),
}
_PAGE = 200


@blueprint.get("/leseprotokoll")
@allowed(DATA_PROTECTION)
def readings() -> Any:
    """What was opened in a month, the latest first, and what there is of every month."""
    log = stores().vault.reads
    months = months_of(log)
    month = request.args.get("monat", "").strip() or (months[-1].month if months else None)
    account, person = request.args.get("konto", "").strip() or None, request.args.get("person", "").strip()
    participant: UUID | None = converted("person", person, UUID) if person else None
    if participant is not None and not request.args.get("monat"):
        month = None
    rows = list(log.rows(month, participant=participant, account=account))
    if form := wanted_format():
        return as_file(["leseprotokoll", month, account, participant], form, Read.__struct_fields__, map(_cells, rows))
    rows.reverse()
    start = _start()
    return page(
        "readings",
        "readings",
        months=list(reversed(months)),
        month=month,
        account=account,
        person=person,
        rows=[(row, datetime.fromisoformat(row.at)) for row in rows[start : start + _PAGE]],
        total=len(rows),
        first=start,
        previous=here(ab=max(0, start - _PAGE) or None) if start else None,
        following=here(ab=start + _PAGE) if start + _PAGE < len(rows) else None,
        purposes=PURPOSES,
        field_label=_field_label,
        present=now().strftime("%Y-%m"),
    )


@blueprint.post("/leseprotokoll/<month>/loeschen")
@allowed(DATA_PROTECTION)
def delete_readings(month: str) -> Any:
    """Delete a month that is over; its seals stay, and who deleted it."""
    opened = stores()
    if opened.signers:
        seal_reads(opened.vault.reads, opened.signers, now=now())
    deleted = opened.vault.reads.delete_month(month, by=present_visitor().code, now=now())
    text = _("Gelöscht: {rows} Zeilen des Monats {month}. Die Siegel bleiben.", rows=deleted.size, month=month)
    flash("success", text)
    return redirect(link("administration.readings"))


def _field_label(field: str) -> Text:
    """What a sealed field such as `enrolled.name` is called: its step and its label."""
    step, _dot, name = field.rpartition(".")
    return Text("{step}: {label}", {"step": STEPS[step], "label": label_of(name)}) if step in STEPS else label_of(name)


def _start() -> int:
    given = request.args.get("ab", "")
    return int(given) if given.isdecimal() and len(given) < 9 else 0


def _cells(row: Read) -> tuple[Any, ...]:
    return msgspec.structs.astuple(row)
