"""The figures of a programme, and the rows behind each."""

from typing import Any

from flask import Response, render_template, request

from domain.errors import Refused
from domain.labels import VALUES
from domain.texts import _
from projections.balance import Evidence, evidence
from projections.balance.counting import ALL
from projections.catalogue import CATALOGUES, Catalogue
from projections.datenstand import day_known
from projections.glossary import trait_label, trait_value
from projections.programmes import particulars
from projections.reports.written import written
from projections.roster.journeys import visible_streams
from web.access import FIGURES, PERSONS, allowed, present_visitor, visible_journeys
from web.balance_tables import CATALOGUE_TITLES, breakdown, figure_groups
from web.downloads import as_file, wanted_format
from web.figures import balance_at
from web.house import stores
from web.pages.balances.area import (
    DRAFTERS,
    FILES,
    STATES,
    as_report,
    blueprint,
    catalogue_asked,
    editions_known,
    evidence_link,
    programme_asked,
)
from web.programmes import day_shown, programmes_reached
from web.references import pseudonym_of, reference_of
from web.words import datenstand, language, say, travelled_to


@blueprint.get("")
@allowed(*FIGURES)
def balance() -> Any:
    """The figures of a programme at a Stichtag, with the knowledge of a Datenstand."""
    programme, stichtag = programme_asked(), day_shown()
    catalogue, by = catalogue_asked(), _trait(catalogue_asked())
    found = balance_at(programme, stichtag, datenstand(), catalogue, final=bool(request.args.get("final")))
    if form := wanted_format(*FILES):
        return as_report(found, catalogue, form)
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
        editions=editions_known(programme),
        states=STATES,
        kinds=VALUES,
        may_draft=travelled_to() is None and present_visitor().reaches(programme, *DRAFTERS),
        links=evidence_link(found, catalogue),
    )


@blueprint.get("/belege")
@allowed(*FIGURES)
def rows() -> Any:
    """The rows behind one figure or one of its cells: whose, which entries. Their number is the figure."""
    programme, stichtag, catalogue = programme_asked(), day_shown(), catalogue_asked()
    figure = catalogue.figure(request.args.get("figure", ""))
    group = (request.args.get("trait", ""), request.args.get("value", ""))
    found = evidence(
        stores().read_model, programme, figure.code, stichtag, datenstand=datenstand(), catalogue=catalogue, group=group
    )
    seen = _visible(found)
    if form := wanted_format():
        return _evidence_file(found, form, programme, seen)
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
        sees_persons=present_visitor().has(*PERSONS),
        visible=seen,
        reference_of=reference_of,
        pseudonym_of=pseudonym_of,
        shows=_telling(found),
    )


def _trait(catalogue: Catalogue) -> str | None:
    trait = request.args.get("by") or None
    if trait is not None and trait not in catalogue.traits:
        text = _("Der Katalog {name} teilt nur auf nach: {known}.", name=catalogue.name, known=catalogue.traits)
        raise Refused("unknown_trait", text, field="by")
    return trait


def _visible(found: Evidence) -> set[str]:
    """The journeys of the evidence that the visitor may open; none where the role sees figures only."""
    if not present_visitor().has(*PERSONS):
        return set()
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


def _evidence_file(found: Evidence, form: str, programme: str, seen: set[str]) -> Response:
    """The rows as a file; whose they are only where the visitor may open the journey."""
    header = ("person", "journey", "unit", "category", "part", "value", "entries", "disputed")
    cells = [
        (
            *((pseudonym_of(row.participant), reference_of(row.journey)) if row.journey in seen else ("", "")),
            row.unit if row.journey in seen and row.unit != row.participant else "",
            *(row.category, row.part, row.value, row.entries, row.disputed),
        )
        for row in found.rows
        if present_visitor().has(*PERSONS)
    ]
    return as_file(["belege", programme, found.figure, day_shown(), f"datenstand-{datenstand()}"], form, header, cells)
