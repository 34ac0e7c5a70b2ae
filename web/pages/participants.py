"""The list of participants: filtered, sorted, in pages; searched by name or customer number; enrolling somebody."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from flask import Blueprint, redirect, render_template, request, session, url_for
from markupsafe import Markup

from domain.labels import told, value_label
from domain.terms import AgeGroup, ExitReason, Gender
from domain.texts import Text, _
from domain.vault import CUSTOMER_NUMBER
from projections.exchange.values import converted
from projections.programmes import coaches_of
from projections.roster import DueKind, Filter, Listed, Sort, page, stage_counts
from projections.roster.journeys import municipalities
from projections.states import State
from web.access import PERSONS, STAFF, allowed, present_visitor, visible_journeys
from web.downloads import as_file, wanted_format
from web.figures import kept
from web.house import stores
from web.persons import names_of
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.references import pseudonym_of, reference_of
from web.words import datenstand, flash, here, language, say, travelled_to

blueprint = Blueprint("participants", __name__, url_prefix="/teilnehmende")

STAGES: dict[State, Text] = {
    State.SVP: _("in svp-Beschäftigung"),
    State.TRAINING: _("in Ausbildung oder selbständig"),
    State.MINIJOB: _("im Minijob"),
    State.QUALIFICATION: _("in Qualifizierung"),
    State.COACHING: _("im Coaching"),
    State.LEFT: _("ausgetreten"),
}
DUES: dict[DueKind, Text] = {
    DueKind.SESSION: _("Coaching-Gespräch"),
    DueKind.EXIT_CHECK: _("Verbleib nach Austritt"),
    DueKind.HALF_YEAR_CHECK: _("Verbleib nach sechs Monaten"),
    DueKind.FUNDING_ENDS: _("Förderung endet"),
}
SORTS: dict[Sort, Text] = {
    Sort.ENROLLED: _("zuletzt aufgenommen"),
    Sort.SESSION: _("am längsten ohne Gespräch"),
    Sort.EXITED: _("zuletzt ausgetreten"),
}
_FILTERS = ("coach", "stage", "gender", "age_group", "municipality", "single_parent", "exit_reason", "active")
_HEADER = (
    *("journey", "person", "programme", "participation", "enrolled_on", "exited_on", "exit_reason", "coach"),
    *("age_group", "gender", "municipality", "single_parent", "stage", "last_session_on", "next_due_on", "next_due"),
)


@blueprint.get("")
@allowed(*PERSONS)
def roster() -> Any:
    """The list of journeys the visitor may see."""
    programme, day = chosen_programme(required=False), day_shown()
    asked = _filter(programme, day)
    sort = Sort(converted("sort", request.args.get("sort") or Sort.ENROLLED, Sort))
    model, scope, position = stores().read_model, visible_journeys(), datenstand()
    if form := wanted_format():
        return _as_file(form, asked, sort, day)
    listed = page(model, scope, asked, day, position, after=request.args.get("after"), sort=sort)
    every_stage = msgspec.structs.replace(asked, stage=None)
    counts: dict[State, int] = kept(
        *("stages", scope, every_stage, day, position),
        count=lambda: stage_counts(model, scope, every_stage, day, position),
    )
    names = names_of({UUID(row.stream): UUID(row.participant) for row in listed.rows})
    return render_template(
        "participants.html",
        listed=listed,
        name_of=lambda row: names[UUID(row.participant)],
        reference_of=reference_of,
        counts=counts,
        total=counts[asked.stage] if asked.stage else sum(counts.values()),
        stages=STAGES,
        stages_items=[
            (say(label), counts[stage], here(stage=stage.value, after=None), asked.stage is stage)
            for stage, label in STAGES.items()
        ],
        dues=DUES,
        sort_options=[(one.value, say(label)) for one, label in SORTS.items() if one is not Sort.ENROLLED],
        sort=sort,
        asked=asked,
        programme=programme,
        programme_options=programmes_reached(*PERSONS),
        shown_on=day,
        coach_options=_coach_options(programme, asked.coach) if scope.coach is None else "",
        municipality_options=[(name, name) for name in known_municipalities()],
        options=_options,
        label=lambda field, value: say(told(field, value)),
        saved=stores().access.filters(present_visitor().code),
        query_items=parse_qsl(_query()),
        searched=request.args.get("gefunden") is not None,
        may_enrol=present_visitor().has(*STAFF) and travelled_to() is None,
    )


@blueprint.post("/suche")
@allowed(*STAFF)
def search() -> Any:
    """Find persons by the beginnings of their name or their whole customer number. What was typed is kept nowhere."""
    vault, typed = stores().vault, request.form.get("q", "").strip()
    found = {str(one) for one in vault.find_by_name(typed)} if typed else set[str]()
    if typed and (person := vault.find(CUSTOMER_NUMBER, typed)) is not None:
        found.add(str(person))
    if not typed:
        flash("warning", _("Bitte einen Namen oder eine Kundennummer eingeben."))
        return redirect(url_for("participants.roster"))
    session["found"] = sorted(found)[:500]
    return redirect(url_for("participants.roster", gefunden=1))


@blueprint.post("/filter")
@allowed(*PERSONS)
def save_filter() -> Any:
    """Keep a filter under a name, or forget one."""
    access, code = stores().access, present_visitor().code
    name = request.form.get("name", "").strip()[:60]
    if request.form.get("delete"):
        access.delete_filter(code, request.form["delete"])
        flash("success", _("Der Filter ist vergessen."))
        return redirect(url_for("participants.roster"))
    if not name:
        flash("warning", _("Der Filter braucht einen Namen."))
    else:
        access.save_filter(code, name, _query(request.form))
        flash("success", _("Der Filter {name} ist gespeichert.", name=name))
    return redirect(f"{url_for('participants.roster')}?{_query(request.form)}")


# --- the list -----------------------------------------------------------------------------------------


def _filter(programme: str | None, day: date) -> Filter:
    """What the address asks for. Refused: a value that cannot be."""
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    kinds = {"stage": State, "gender": Gender, "age_group": AgeGroup, "exit_reason": ExitReason, "single_parent": bool}
    asked: dict[str, Any] = {name: converted(name, given[name], kind) for name, kind in kinds.items() if given[name]}
    if given["coach"]:
        asked["coach"] = "" if given["coach"] == "-" else given["coach"]
    if given["municipality"]:
        asked["municipality"] = given["municipality"]
    if given["active"]:
        asked["active_on"] = day
    if request.args.get("gefunden") is not None:
        asked["participants"] = tuple(session.get("found", ()))
    return Filter(programme=programme, **asked)


def _options(name: str) -> list[tuple[str, str]]:
    """What a filter can be set to."""
    kinds: dict[str, type[AgeGroup] | type[ExitReason]] = {"age_group": AgeGroup, "exit_reason": ExitReason}
    return [(one.value, say(value_label(one))) for one in kinds[name]]


def _query(values: Mapping[str, str] | None = None) -> str:
    """The filter as the query of an address, without page and Datenstand; it holds nothing personal."""
    given = request.args if values is None else values
    kept = {name: given[name] for name in ("programme", *_FILTERS, "sort") if given.get(name)}
    return urlencode(kept)


def _as_file(form: str, asked: Filter, sort: Sort, day: date) -> Any:
    """All of the list, without names."""
    model, scope, position = stores().read_model, visible_journeys(), datenstand()
    rows: list[Listed] = []
    cursor = None
    while True:
        found = page(model, scope, asked, day, position, after=cursor, limit=1_000, sort=sort)
        rows += found.rows
        cursor = found.next_cursor
        if cursor is None:
            break
    name = ["teilnehmende", asked.programme, _query().replace("&", "-"), day, f"datenstand-{position}"]
    return as_file(name, form, _HEADER, map(_cells, rows))


def _cells(row: Listed) -> list[Any]:
    due = row.next_due
    return [
        *(reference_of(row.stream), pseudonym_of(row.participant), row.programme, row.participation),
        *(row.enrolled_on, row.exited_on, row.exit_reason, row.coach, row.age_group, row.gender, row.municipality),
        *(row.single_parent, row.stage.value, row.last_session_on, due.on if due else None),
        due.kind.value if due else None,
    ]


def known_municipalities() -> list[str]:
    """Every municipality there is, for choosing."""
    model = stores().read_model
    found: list[str] = kept("municipalities", model.tracked(), count=lambda: municipalities(model))
    return found


def _coach_options(programme: str | None, chosen: str | None) -> Markup:
    """The coaches to choose from; a large house has a thousand, so what is written of them is kept."""
    model = stores().read_model
    found: Markup = kept(
        *("coach options", programme, chosen, model.tracked(), language()),
        count=lambda: Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(code, Markup(" selected") * (code == value), label)
            for value in ["-" if chosen == "" else chosen]
            for code, label in [("-", say(_("ohne Coach"))), *((one, one) for one in coaches_of(model, programme))]
        ),
    )
    return found
