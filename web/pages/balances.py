"""Balances: figures at any Stichtag and Datenstand, each a link to what it counts; editions; why they differ."""

from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
from flask import Blueprint, Response, redirect, render_template, request

from domain.errors import Refused
from domain.glossary import STEPS
from domain.journal import BERLIN, Request
from domain.labels import VALUES
from domain.texts import Text, _
from projections.balance import Balance, Evidence, evidence
from projections.balance.counting import ALL
from projections.catalogue import CATALOGUES, Catalogue, Figure
from projections.datenstand import day_known, position_of
from projections.disclosure.publishing import as_published
from projections.editions import Edition, catalogue_of, draft, edition, editions, released, split_name
from projections.exchange.values import converted
from projections.explain import Point, explain
from projections.glossary import trait_label, trait_value
from projections.programmes import particulars
from projections.publishing import approve_edition, draft_edition, release_edition
from projections.reports import EditionInfo, balance_report, rendered, series
from projections.reports.explanation_report import CAUSES
from projections.reports.shown import HiddenCells
from projections.reports.written import HIDDEN, written, written_difference
from projections.roster.journeys import visible_streams
from web.access import (
    CONTROLLING,
    FIGURES,
    LEAD,
    PERSONS,
    allowed,
    present_visitor,
    require_programme,
    visible_journeys,
)
from web.balance_tables import breakdown, figure_groups
from web.downloads import as_file, attachment, wanted_format
from web.figures import balance_at
from web.house import now, stores
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.references import pseudonym_of, reference_of
from web.words import datenstand, flash, language, link, say, travelled_to

blueprint = Blueprint("balances", __name__, url_prefix="/bilanzen")

STATES: dict[str, Text] = {
    "drafted": _("Entwurf"),
    "approved": _("freigegeben"),
    "released": _("veröffentlicht"),
}
CATALOGUE_TITLES: dict[str, Text] = {"core": _("Kennzahlen des Programms"), "esf": _("ESF+-Indikatoren")}
_FILES = ("xlsx", "pdf")
_DRAFTERS = (LEAD, CONTROLLING)


@blueprint.get("")
@allowed(*FIGURES)
def balance() -> Any:
    """The figures of a programme at a Stichtag, with the knowledge of a Datenstand."""
    programme, stichtag = _programme(), day_shown()
    catalogue, by = _catalogue(), _trait(_catalogue())
    found = balance_at(programme, stichtag, datenstand(), catalogue, final=bool(request.args.get("final")))
    if form := wanted_format(*_FILES):
        return _file(found, catalogue, form)
    model = stores().read_model
    return render_template(
        "balance.html",
        balance=found,
        groups=figure_groups(found, catalogue, particulars(model, programme, found.datenstand).targets),
        table=breakdown(found, catalogue, by) if by else None,
        by=by,
        traits=[(trait, say(trait_label(trait))) for trait in catalogue.traits],
        catalogues=[(name, say(CATALOGUE_TITLES[name])) for name in CATALOGUES],
        catalogue=catalogue,
        programme=particulars(model, programme, found.datenstand),
        programme_options=programmes_reached(),
        known_on=day_known(stores().journal, found.datenstand),
        editions=_editions(programme),
        states=STATES,
        kinds=VALUES,
        may_draft=travelled_to() is None and present_visitor().reaches(programme, *_DRAFTERS),
        links=_evidence_link(found, catalogue),
    )


@blueprint.get("/belege")
@allowed(*FIGURES)
def rows() -> Any:
    """The rows behind one figure or one of its cells: whose, which entries. Their number is the figure."""
    programme, stichtag, catalogue = _programme(), day_shown(), _catalogue()
    figure = catalogue.figure(request.args.get("figure", ""))
    group = (request.args.get("trait", ""), request.args.get("value", ""))
    found = evidence(
        stores().read_model, programme, figure.code, stichtag, datenstand=datenstand(), catalogue=catalogue, group=group
    )
    sees_persons = present_visitor().has(*PERSONS)
    if form := wanted_format():
        return _evidence_file(found, form, programme, sees_persons)
    return render_template(
        "evidence.html",
        found=found,
        figure=figure,
        group=say(trait_value(*group)) if group != ALL else None,
        group_label=say(trait_label(group[0])) if group != ALL else None,
        value=written(figure.unit, found.value, language()),
        definition=say(figure.definition),
        programme=particulars(stores().read_model, programme, datenstand()),
        stichtag=stichtag,
        known_on=day_known(stores().journal, datenstand()),
        position=datenstand(),
        sees_persons=sees_persons,
        visible=_visible(found) if sees_persons else set[str](),
        reference_of=reference_of,
        pseudonym_of=pseudonym_of,
        shows=_telling(found),
    )


@blueprint.post("/entwurf")
@allowed(*_DRAFTERS)
def new_draft() -> Any:
    """Draft an edition of what the page shows."""
    programme, catalogue = _programme(), _catalogue()
    require_programme(programme, *_DRAFTERS)
    final = bool(request.form.get("final"))
    position = position_of(stores().journal, int(converted("datenstand", request.form.get("position", ""), int)))
    stichtag = converted("stichtag", request.form.get("stichtag", ""), date)
    drafted, kept = draft(
        stores().read_model, programme, stichtag, datenstand=position, final=final, catalogue=catalogue
    )
    found = draft_edition(stores(), drafted, kept, _request())
    flash("success", _("Entworfen: Ausgabe {name}. Freigeben muss sie jemand anderes.", name=found.name))
    return redirect(link("balances.one_edition", programme=programme, number=found.number))


@blueprint.get("/ausgaben/<programme>/<int:number>")
@allowed(*FIGURES)
def one_edition(programme: str, number: int) -> Any:
    """An edition as it is frozen, or its public version."""
    found, catalogue = _edition(programme, number)
    public = bool(request.args.get("public"))
    hidden: HiddenCells | None = released(found).hidden_cells if public else None
    balance = as_published(found.balance, catalogue) if public else found.balance
    if balance.checkpoint is None and (sealed := stores().covering(found.drafted.position, now())):
        balance = msgspec.structs.replace(balance, checkpoint=sealed.note)
    if form := wanted_format(*_FILES):
        return _file(balance, catalogue, form, found=found, hidden=hidden)
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
        may_approve=_may(programme, LEAD, CONTROLLING) and found.state == "drafted",
        own_draft=found.drafted.by == present_visitor().code,
        may_release=_may(programme, LEAD) and found.state == "approved",
        links=_evidence_link(balance, catalogue) if not public else None,
        others=[one for one in _editions(programme) if one.number != number],
    )


@blueprint.post("/ausgaben/<programme>/<int:number>/freigabe")
@allowed(LEAD, CONTROLLING)
def approval(programme: str, number: int) -> Any:
    """Approve an edition that somebody else drafted: it is recomputed and sealed first."""
    require_programme(programme, LEAD, CONTROLLING)
    found = approve_edition(stores(), f"{programme}/{number}", _request())
    flash("success", _("Freigegeben: Ausgabe {name}. Sie ändert sich nicht mehr.", name=found.name))
    return redirect(link("balances.one_edition", programme=programme, number=number))


@blueprint.post("/ausgaben/<programme>/<int:number>/veroeffentlichung")
@allowed(LEAD)
def release(programme: str, number: int) -> Any:
    """Release the public version of an approved edition."""
    require_programme(programme, LEAD)
    found = release_edition(stores(), f"{programme}/{number}", _request())
    flash("success", _("Veröffentlicht; verborgene Zellen: {number}.", number=len(found.hidden)))
    return redirect(link("balances.one_edition", programme=programme, number=number, public=1))


@blueprint.get("/vergleich")
@allowed(*FIGURES)
def comparison() -> Any:
    """Why two balances differ: every difference as the sum of its causes, each with the entries behind it."""
    programme = _programme()
    points = [_point(programme, request.args.get(side, "")) for side in ("a", "b")]
    context: dict[str, Any] = {"a": request.args.get("a", ""), "b": request.args.get("b", "")}
    first, second = points
    if first and second:
        if first.catalogue.name != second.catalogue.name:
            raise Refused("two_catalogues", _("Die beiden Ausgaben sind aus verschiedenen Katalogen."), field="b")
        found = explain(stores().journal, stores().read_model, programme, first, second)
        if wanted_format() == "json":
            return attachment(
                msgspec.json.encode(found), ["vergleich", programme, first.stichtag, second.stichtag], "json"
            )
        figures = {figure.code: figure for point in (first, second) for figure in point.catalogue.figures}
        context |= {
            "found": found,
            "cells": [cell for cell in found.cells if cell.parts and not cell.trait],
            "figures": figures,
            "causes": CAUSES,
            "moved": _moved(found, figures),
            "steps": STEPS,
        }
    return render_template(
        "comparison.html",
        **context,
        programme=particulars(stores().read_model, programme, datenstand()),
        options=[(one.name, _named(one)) for one in _editions(programme)],
        signed=lambda figure, value: written_difference(figure.unit, value, language()),
        told=lambda figure, value: written(figure.unit, value, language()),
    )


# --- what the address says ----------------------------------------------------------------------------


def _programme() -> str:
    programme = chosen_programme(required=True)
    assert programme is not None
    require_programme(programme, *FIGURES)
    return programme


def _catalogue() -> Catalogue:
    name = request.values.get("catalogue") or "core"
    if name not in CATALOGUES:
        text = _("Den Katalog {found} gibt es nicht; möglich sind {known}.", found=name[:20], known=tuple(CATALOGUES))
        raise Refused("bad_value", text, field="catalogue")
    return CATALOGUES[name]


def _trait(catalogue: Catalogue) -> str | None:
    trait = request.args.get("by") or None
    if trait is not None and trait not in catalogue.traits:
        text = _("Der Katalog {name} teilt nur auf nach: {known}.", name=catalogue.name, known=catalogue.traits)
        raise Refused("unknown_trait", text, field="by")
    return trait


def _point(programme: str, named: str) -> Point | None:
    """An edition by its number, or STICHTAG@DATENSTAND; None where nothing is named yet."""
    if not named:
        return None
    if "/" in named:
        key, number = split_name(named)
        require_programme(key, *FIGURES)
        found, catalogue = _edition(programme if key == programme else key, number)
        return Point(found.balance.stichtag, found.balance.datenstand, catalogue)
    day, _at, position = named.partition("@")
    known = position_of(stores().journal, int(position)) if position.isdecimal() else datenstand()
    return Point(converted("stichtag", day, date), known, _catalogue())


def _edition(programme: str, number: int) -> tuple[Edition, Catalogue]:
    require_programme(programme, *FIGURES)
    found = edition(stores().journal, f"{programme}/{number}")
    return found, catalogue_of(stores().journal, found.balance.catalogue)


def _editions(programme: str) -> list[Edition]:
    """The editions known at the Datenstand."""
    found = editions(stores().journal, stores().read_model, programme)
    return [one for one in reversed(found) if one.drafted.position <= datenstand()]


def _may(programme: str, *roles: Any) -> bool:
    return travelled_to() is None and present_visitor().reaches(programme, *roles) and present_visitor().has(*roles)


def _request() -> Request:
    return Request(id=uuid4(), by=present_visitor().code, now=now())


def _named(found: Edition) -> str:
    return say(
        _(
            "{name}: {kind} zum {stichtag}, {state}",
            name=found.name,
            kind=VALUES[found.balance.kind],
            stichtag=found.balance.stichtag,
            state=STATES[found.state],
        )
    )


# --- what is shown ------------------------------------------------------------------------------------


def _evidence_link(balance: Balance, catalogue: Catalogue) -> Any:
    """A function from figure, trait and value to the address of the rows behind them."""

    def to(code: str, trait: str | None = None, value: str | None = None) -> str:
        return link(
            "balances.rows",
            programme=balance.programme,
            figure=code,
            stichtag=balance.stichtag.isoformat(),
            datenstand=balance.datenstand,
            catalogue=catalogue.name if catalogue.name != "core" else None,
            trait=trait,
            value=value,
        )

    return to


def _visible(found: Evidence) -> set[str]:
    """The journeys of the evidence that the visitor may open."""
    seen = visible_streams(stores().read_model, visible_journeys(), datenstand())
    return {row.journey for row in found.rows if row.journey in seen}


def _telling(found: Evidence) -> dict[str, bool]:
    """Which columns say more than the others do."""
    return {
        "unit": any(row.unit != row.participant for row in found.rows),
        "category": any(row.category for row in found.rows),
        "part": any(row.part for row in found.rows),
        "value": any(row.value != 1 for row in found.rows),
        "disputed": any(row.disputed for row in found.rows),
    }


def _evidence_file(found: Evidence, form: str, programme: str, sees_persons: bool) -> Response:
    header = ("person", "journey", "unit", "category", "part", "value", "entries", "disputed")
    cells = [
        (
            *(pseudonym_of(row.participant), reference_of(row.journey)),
            row.unit if row.unit != row.participant else "",
            *(row.category, row.part, row.value, row.entries, row.disputed),
        )
        for row in found.rows
        if sees_persons
    ]
    return as_file(["belege", programme, found.figure, day_shown(), f"datenstand-{datenstand()}"], form, header, cells)


def _moved(found: Any, figures: dict[str, Figure]) -> dict[int, list[str]]:
    """What each late, corrected or withdrawn entry moved, by its position."""
    moved: dict[int, list[str]] = {}
    for cell in found.cells:
        for part in cell.parts if not cell.trait else ():
            for effect in part.effects if part.cause != "happened" else ():
                figure = figures[cell.figure]
                change = written_difference(figure.unit, effect.change, language())
                moved.setdefault(effect.entries[0], []).append(f"{say(figure.title)} {change}")
    return moved


def _file(
    balance: Balance,
    catalogue: Catalogue,
    form: str,
    *,
    found: Edition | None = None,
    hidden: HiddenCells | None = None,
) -> Response:
    """The balance as a report."""
    if balance.checkpoint is None and (sealed := stores().covering(balance.datenstand, now())):
        balance = msgspec.structs.replace(balance, checkpoint=sealed.note)
    report = balance_report(
        balance,
        catalogue,
        particulars(stores().read_model, balance.programme, balance.datenstand),
        series(stores().read_model, balance, catalogue) if hidden is None else None,
        language=language(),
        known_on=day_known(stores().journal, balance.datenstand),
        edition=_info(found) if found else None,
        hidden=hidden,
    )
    name = [report.name, None if found else f"datenstand-{balance.datenstand}"]
    return attachment(rendered(report, form), name, form)


def _info(found: Edition) -> EditionInfo:
    return EditionInfo(
        number=found.number,
        state=found.state,
        drafted_by=found.drafted.by,
        drafted_on=found.drafted.at.astimezone(BERLIN).date(),
        digest=found.digest,
        approved_by=found.approved.by if found.approved else None,
        approved_on=found.approved.at.astimezone(BERLIN).date() if found.approved else None,
    )
