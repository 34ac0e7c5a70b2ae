"""Projections: how far the read model is, and rebuilding it while everybody goes on working."""

import json
from datetime import datetime
from math import isfinite
from typing import Any

from flask import redirect

from domain.texts import Text, _
from projections.rebuilding import RunState, last_run, start_rebuild, stop_rebuild
from projections.state import state_of, stopping_entry
from web.access import ADMIN, LEAD, allowed, present_visitor
from web.downloads import as_file, wanted_format
from web.house import house, now, stores
from web.pages.administration.areas import blueprint, page
from web.words import flash, link, say, travelled_to

STAGES: dict[str, Text] = {
    "partitions": _("Einträge werden gelesen und gefaltet"),
    "indexes": _("Indizes"),
    "catch_up": _("Nachführen bis zum Ende des Journals"),
    "certificate": _("Vergleich mit dem bisherigen Lesemodell"),
}
ENDS: dict[RunState, tuple[str, Text]] = {
    RunState.RUNNING: ("info", _("Der Neuaufbau läuft.")),
    RunState.DONE: ("success", _("Der Neuaufbau ist fertig und eingetauscht.")),
    RunState.STOPPED: ("warning", _("Der Neuaufbau ist angehalten; der nächste macht dort weiter.")),
    RunState.REFUSED: ("danger", _("Der Neuaufbau wurde abgelehnt; das bisherige Lesemodell gilt.")),
    RunState.FAILED: ("danger", _("Der Neuaufbau ist gescheitert; das bisherige Lesemodell gilt.")),
    RunState.BROKEN: ("danger", _("Der Neuaufbau ist abgebrochen; der nächste macht dort weiter.")),
}
_HOUR = 3600
_HEADER = ("table", "rows", "digest", "differences")


@blueprint.get("/projektionen")
@allowed(ADMIN, LEAD)
def rebuilding() -> Any:
    """Positions, lag, checkpoint, the last certificate and the rebuild that runs."""
    opened, present = stores(), now()
    certificate = json.loads(opened.read_model.certificate() or "null")
    if form := wanted_format():
        tables = certificate["tables"] if certificate else {}
        rows = [
            (table, found["rows"], found["digest"], len(certificate["differences"].get(table, ())))
            for table, found in tables.items()
        ]
        return as_file(["neuaufbau"], form, _HEADER, rows)
    state = state_of(opened, present)
    return page(
        "rebuilding",
        "rebuilding",
        state=state,
        lag_seconds=state.lag_seconds if isfinite(state.lag_seconds) else None,
        age=_age(state.checkpoint_age(present)),
        stopped_at=stopping_entry(opened.journal, opened.read_model) if state.lag_entries else None,
        certificate=certificate,
        built_at=datetime.fromisoformat(certificate["built_at"]) if certificate else None,
        run=last_run(house().settings),
        stages=STAGES,
        ends=ENDS,
        states=RunState,
        may_change=present_visitor().has(ADMIN) and travelled_to() is None,
    )


def _age(seconds: float | None) -> str | None:
    """An age in the unit that tells most."""
    if seconds is None:
        return None
    if seconds < 2 * _HOUR:
        return say(_("{number} Sekunden", number=round(seconds)))
    if seconds < 48 * _HOUR:
        return say(_("{number} Stunden", number=round(seconds / _HOUR)))
    return say(_("{number} Tagen", number=round(seconds / 24 / _HOUR)))


@blueprint.post("/projektionen/neuaufbau")
@allowed(ADMIN)
def begin_rebuild() -> Any:
    """Begin a rebuild; it goes on when the request has ended."""
    start_rebuild(house().settings, by=present_visitor().code, now=now())
    flash("info", _("Der Neuaufbau hat begonnen; alle arbeiten inzwischen weiter."))
    return redirect(link("administration.rebuilding"))


@blueprint.post("/projektionen/anhalten")
@allowed(ADMIN)
def end_rebuild() -> Any:
    """Ask the rebuild to stop; what it has built is kept for the next one."""
    stop_rebuild(house().settings)
    flash("info", _("Der Neuaufbau hält an, sobald der laufende Schritt fertig ist."))
    return redirect(link("administration.rebuilding"))
