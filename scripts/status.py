"""`werdegang status`: where the stores stand."""

import json
from datetime import date
from math import isfinite

import click

from domain.texts import _
from projections.catalogue import CORE
from projections.state import state_of
from scripts.console import Office, format_option, office, print_json


@click.command(help=_("Stand von Journal und Lesemodell, Rückstand in Einträgen und Sekunden.").german)
@format_option("text", "json")
@office
def status(office: Office, form: str) -> None:
    """Print positions and lag; nothing is projected by looking."""
    with office.stores(current=False) as stores:
        found = state_of(stores, office.now)
        certificate = json.loads(stores.read_model.certificate() or "null")
    head, tracked, lag, sealed = found.ledger_position, found.projected_position, found.lag_entries, found.checkpoint
    state = {
        "store": "PostgreSQL" if office.settings.database_url else "SQLite",
        "ledger_position": head,
        "projected_position": tracked,
        "lag_events": lag,
        "lag_seconds": round(found.lag_seconds, 1) if isfinite(found.lag_seconds) else None,
        "sealed_entries": sealed.size if sealed else 0,
        "sealed_position": sealed.position if sealed else 0,
        "checkpoint": sealed.note if sealed else None,
        "sealed_at": sealed.sealed_at.isoformat() if sealed else None,
        "catalogue": CORE.version,
        "certificate": certificate,
    }
    if form == "json":
        print_json(state)
        return
    office.say(_("Speicher: {store}", store=state["store"]))
    office.say(_("Journal: Position {head}", head=head))
    office.say(_("Lesemodell: Position {tracked}", tracked=tracked))
    office.say(_("Rückstand: {events} Einträge, {seconds} Sekunden", events=lag, seconds=state["lag_seconds"]))
    if sealed:
        at = office.local(sealed.sealed_at)
        office.say(_("Versiegelt: Position {position}, am {at}", position=sealed.position, at=at))
    else:
        office.say(_("Versiegelt: noch nichts"))
    office.say(_("Katalog {catalogue}", catalogue=CORE.version))
    if certificate:
        office.say(
            _(
                "Zuletzt neu aufgebaut am {day} aus {events} Einträgen; abweichende Tabellen: {tables}",
                day=date.fromisoformat(certificate["built_at"][:10]),
                events=certificate["events"],
                tables=tuple(certificate["differences"]) or "–",
            )
        )
