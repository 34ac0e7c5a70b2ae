"""The first page: figures against their targets, what needs attention today, charts."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from domain.errors import NotFound
from domain.texts import Text, _
from projections.attention import Attention, Case, Concern, attention
from projections.catalogue import CORE
from projections.overview import Overview, overview, overview_charts
from projections.reports.model import Chart
from projections.reports.written import written, written_cell
from web.access import FIGURES, LEAD, PERSONS, STAFF, allowed, present_visitor, require_programme, visible_journeys
from web.downloads import as_file, wanted_format
from web.figures import balance_at, kept
from web.house import now, stores, today
from web.persons import names_of
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.references import reference_of
from web.words import datenstand, language, link, moment, say, travelled_to

blueprint = Blueprint("overview", __name__, url_prefix="/uebersicht")

TILES = ("participants_enrolled", "participants_active", "placed_svp", "placed_minijob_only", "single_parents_in_svp")
CONCERNS: dict[Concern, Text] = {
    Concern.SESSION_OVERDUE: _("Coaching-Gespräche überfällig"),
    Concern.EXIT_CHECK_DUE: _("Verbleib nach Austritt zu erheben"),
    Concern.HALF_YEAR_CHECK_DUE: _("Verbleib nach sechs Monaten zu erheben"),
    Concern.FUNDING_ENDS: _("Förderungen enden"),
    Concern.NO_COACH: _("ohne Coach"),
}


class Tile(NamedTuple):
    """A figure on the first page; `share` is that of its target."""

    label: str
    value: str
    url: str
    target: str | None
    share: float | None


@blueprint.get("")
@allowed(*FIGURES)
def overview_page() -> Any:
    """The overview of a programme at a day."""
    if not programmes_reached():
        return render_template("overview_empty.html")
    programme, day = _programme(), day_shown()
    found = _overview(programme, day)
    if form := wanted_format():
        return _as_file(form, found)
    return render_template(
        "overview.html",
        found=found,
        tiles=_tiles(found),
        concerns=_concerns(programme, day),
        machine=_machine(),
        charts=_charts_shown(found),
        shown_on=day,
        is_today=day == today(),
        programme_options=programmes_reached(),
        own=present_visitor().has(*STAFF) and not present_visitor().has(LEAD),
    )


@blueprint.get("/diagramm/<name>.svg")
@allowed(*FIGURES)
def chart(name: str) -> Response:
    """A chart of the overview."""
    for one in _charts(_overview(_programme(), day_shown())):
        if one.name == name:
            return Response(one.svg, content_type="image/svg+xml")
    raise NotFound("unknown_chart", _("Dieses Diagramm gibt es nicht."), field="name")


def _programme() -> str:
    programme = chosen_programme(required=True)
    assert programme is not None
    require_programme(programme, *FIGURES)
    return programme


def _overview(programme: str, day: date) -> Overview:
    position = datenstand()
    balance = balance_at(programme, day, position)
    found: Overview = kept(
        *("overview", programme, day, position),
        count=lambda: overview(stores().read_model, programme, day, position, balance=balance),
    )
    return found


def _charts(found: Overview) -> tuple[Chart, ...]:
    balance = found.balance
    charts: tuple[Chart, ...] = kept(
        *("charts", balance.programme, balance.stichtag, balance.datenstand, language()),
        count=lambda: overview_charts(found, language()),
    )
    return charts


def _charts_shown(found: Overview) -> Markup:
    """The charts with their tables as a part of the page; with many coaches they are most of it."""
    balance = found.balance
    shown: Markup = kept(
        *("charts shown", balance.programme, balance.stichtag, balance.datenstand, language(), travelled_to()),
        count=lambda: Markup(  # noqa: S704 -- a template of ours, which escapes what it is given
            render_template(
                "parts/charts.html",
                charts=[(chart, _address(found, chart)) for chart in _charts(found)],
                cell_words=lambda cell, kind: written_cell(cell, language(), kind),
            )
        ),
    )
    return shown


def _address(found: Overview, one: Chart) -> str:
    balance = found.balance
    return link("overview.chart", name=one.name, programme=balance.programme, stichtag=balance.stichtag.isoformat())


def _tiles(found: Overview) -> list[Tile]:
    targets, tiles = found.programme.targets, []
    codes = [*TILES, *(code for code in targets if code not in TILES)]
    for code in codes:
        if code not in found.balance.figures:
            continue
        figure, value, target = CORE.figure(code), found.balance.figures[code].value, targets.get(code)
        address = link(
            "balances.rows", programme=found.programme.key, figure=code, stichtag=found.balance.stichtag.isoformat()
        )
        tiles.append(
            Tile(
                say(figure.title),
                written(figure.unit, value, language()),
                address,
                written(figure.unit, target, language()) if target is not None else None,
                float(value) / target if target and value is not None else None,
            )
        )
    return tiles


def _concerns(programme: str, day: date) -> dict[str, Any] | None:
    """What needs attention of the journeys the visitor may see; None where it may see none."""
    if not present_visitor().has(*PERSONS):
        return None
    scope, position = visible_journeys(), datenstand()
    found: Attention = kept(
        *("attention", scope, programme, day, position),
        count=lambda: attention(stores().read_model, scope, programme, day, position),
    )
    return {"cases": _shown_cases(found), "overloads": found.overloads, "labels": CONCERNS}


def _shown_cases(found: Attention) -> list[tuple[str, int, list[tuple[str, str, Case]], bool]]:
    """Every concern there is, with how many and the first of them (name, address, case), and whether it is that nobody
    is in charge: then the coach of a case is one of another day."""
    cases = [case for one in found.concerns.values() for case in one.first]
    names = names_of({UUID(case.stream): UUID(case.participant) for case in cases})
    return [
        (
            say(CONCERNS[concern]),
            one.count,
            [
                (names[UUID(case.participant)], link("journeys.journey", reference=reference_of(case.stream)), case)
                for case in one.first
            ],
            concern is Concern.NO_COACH,
        )
        for concern, one in found.concerns.items()
        if one.count
    ]


def _machine() -> list[str]:
    """What of the machine needs attention: a projection behind the ledger, an old checkpoint."""
    told = []
    head, tracked = stores().journal.head(), stores().read_model.tracked()
    if head > tracked:
        told.append(say(_("Die Auswertung liegt {events} Positionen hinter dem Journal.", events=head - tracked)))
    sealed = stores().seals.latest()
    if sealed is None:
        told.append(say(_("Das Journal ist noch nicht versiegelt.")))
    elif sealed.position < head and (now() - sealed.sealed_at).total_seconds() > 300:
        told.append(
            say(_("Zuletzt versiegelt {moment}, seither ist etwas dazugekommen.", moment=moment(sealed.sealed_at)))
        )
    return told


def _as_file(form: str, found: Overview) -> Response:
    header = ("figure", "title", "value", "target")
    rows = [
        (code, say(CORE.figure(code).title), one.value, found.programme.targets.get(code))
        for code, one in found.balance.figures.items()
    ]
    name = ["uebersicht", found.programme.key, found.balance.stichtag, f"datenstand-{found.balance.datenstand}"]
    return as_file(name, form, header, rows)
