"""Editions: drafted by one account, approved by another, released without the cells that would show somebody."""

from datetime import date
from typing import Any

import msgspec
from flask import redirect, render_template, request

from domain.labels import VALUES
from domain.terms import Role
from domain.texts import _
from projections.datenstand import day_known, position_of
from projections.disclosure.publishing import as_published
from projections.editions import draft, released
from projections.exchange.values import converted
from projections.programmes import particulars
from projections.publishing import approve_edition, draft_edition, release_edition
from projections.reports.shown import HiddenCells
from projections.reports.written import HIDDEN
from web.access import FIGURES, LEAD, allowed, present_visitor, require_programme
from web.balance_tables import breakdown, figure_groups
from web.downloads import wanted_format
from web.house import now, stores
from web.pages.balances.area import (
    DRAFTERS,
    FILES,
    STATES,
    as_report,
    blueprint,
    catalogue_asked,
    edition_of,
    editions_known,
    evidence_link,
    new_request,
    programme_asked,
)
from web.words import flash, link, travelled_to


@blueprint.post("/entwurf")
@allowed(*DRAFTERS)
def new_draft() -> Any:
    """Draft an edition of what the page shows."""
    programme, catalogue = programme_asked(), catalogue_asked()
    require_programme(programme, *DRAFTERS)
    final = bool(request.form.get("final"))
    position = position_of(stores().journal, int(converted("datenstand", request.form.get("position", ""), int)))
    stichtag = converted("stichtag", request.form.get("stichtag", ""), date)
    drafted, kept = draft(
        stores().read_model, programme, stichtag, datenstand=position, final=final, catalogue=catalogue
    )
    found = draft_edition(stores(), drafted, kept, new_request())
    flash("success", _("Entworfen: Ausgabe {name}. Freigeben muss sie jemand anderes.", name=found.name))
    return redirect(link("balances.one_edition", programme=programme, number=found.number))


@blueprint.get("/ausgaben/<programme>/<int:number>")
@allowed(*FIGURES)
def one_edition(programme: str, number: int) -> Any:
    """An edition as it is frozen, or its public version."""
    found, catalogue = edition_of(programme, number)
    public = bool(request.args.get("public"))
    hidden: HiddenCells | None = released(found).hidden_cells if public else None
    balance = as_published(found.balance, catalogue) if public else found.balance
    if balance.checkpoint is None and (sealed := stores().covering(found.drafted.position, now())):
        balance = msgspec.structs.replace(balance, checkpoint=sealed.note)
    if form := wanted_format(*FILES):
        return as_report(balance, catalogue, form, found=found, hidden=hidden)
    targets = particulars(stores().read_model, programme, balance.datenstand).targets
    return render_template(
        "edition.html",
        found=found,
        balance=balance,
        catalogue=catalogue,
        public=public,
        hidden_cells=hidden or (),
        sign=HIDDEN,
        groups=figure_groups(balance, catalogue, {} if public else targets, hidden),
        tables=[breakdown(balance, catalogue, trait, hidden) for trait in catalogue.traits],
        programme=particulars(stores().read_model, programme, balance.datenstand),
        known_on=day_known(stores().journal, balance.datenstand),
        states=STATES,
        kinds=VALUES,
        may_approve=_may(programme, *DRAFTERS) and found.state == "drafted",
        own_draft=found.drafted.by == present_visitor().code,
        may_release=_may(programme, LEAD) and found.state == "approved",
        links=evidence_link(balance, catalogue) if not public else None,
        others=[one for one in editions_known(programme) if one.number != number],
    )


@blueprint.post("/ausgaben/<programme>/<int:number>/freigabe")
@allowed(*DRAFTERS)
def approval(programme: str, number: int) -> Any:
    """Approve an edition that somebody else drafted: it is recomputed and sealed first."""
    require_programme(programme, *DRAFTERS)
    found = approve_edition(stores(), f"{programme}/{number}", new_request())
    flash("success", _("Freigegeben: Ausgabe {name}. Sie ändert sich nicht mehr.", name=found.name))
    return redirect(link("balances.one_edition", programme=programme, number=number))


@blueprint.post("/ausgaben/<programme>/<int:number>/veroeffentlichung")
@allowed(LEAD)
def release(programme: str, number: int) -> Any:
    """Release the public version of an approved edition."""
    require_programme(programme, LEAD)
    found = release_edition(stores(), f"{programme}/{number}", new_request())
    flash("success", _("Veröffentlicht; verborgene Zellen: {number}.", number=len(found.hidden)))
    return redirect(link("balances.one_edition", programme=programme, number=number, public=1))


def _may(programme: str, *roles: Role) -> bool:
    """Whether one of the roles lets the visitor act now."""
    return travelled_to() is None and present_visitor().reaches(programme, *roles) and present_visitor().has(*roles)
