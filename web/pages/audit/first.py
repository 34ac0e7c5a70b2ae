"""The first page of Prüfung: what can be audited, another Datenstand to look from, the audit that is going on."""

from typing import Any

from flask import redirect, render_template, url_for

from domain.texts import _
from projections.editions import Edition, editions
from web import jobs
from web.access import AUDITOR, allowed, present_visitor
from web.house import stores
from web.pages.audit.area import FIGURES_MOVE, SEALS, blueprint, tabs_at
from web.pages.audit.verification import KIND
from web.programmes import programmes_reached
from web.references import end_audit
from web.words import datenstand, flash


@blueprint.get("")
@allowed(*SEALS)
def audit() -> Any:
    """What can be audited."""
    visitor, journal, seals = present_visitor(), stores().journal, stores().seals
    return render_template(
        "audit/first.html",
        tabs=tabs_at("audit.audit"),
        begun_at=stores().access.audit_begun(visitor.code) if visitor.has(AUDITOR) else None,
        audits=visitor.has(AUDITOR),
        sees_figures=visitor.has(*FIGURES_MOVE),
        editions=_approved() if visitor.has(*FIGURES_MOVE) else [],
        head=journal.head(),
        entries=journal.count(journal.head()),
        first_day=journal.entry_at(1),
        last=seals.latest(),
        job=jobs.latest(KIND),
        position=datenstand(),
    )


@blueprint.post("/ende")
@allowed(AUDITOR)
def end() -> Any:
    """End the audit: its key is destroyed, and with it the way back from every pseudonym."""
    end_audit()
    flash("success", _("Die Prüfung ist beendet; ihre Pseudonyme führen nirgends mehr hin."))
    return redirect(url_for("audit.audit"))


def _approved() -> list[Edition]:
    """The editions approved, the latest first."""
    found = [
        edition
        for key, _title in programmes_reached(*FIGURES_MOVE)
        for edition in editions(stores().journal, stores().read_model, key)
        if edition.approved
    ]
    return sorted(found, key=lambda edition: edition.balance.datenstand, reverse=True)
