"""The list of participants: filtered, sorted, in pages; searched by name or customer number; enrolling somebody."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from flask import Blueprint, redirect, render_template, request, session, url_for

from domain.errors import Refused
from domain.facts import Enrolled
from domain.labels import VALUES, told, value_label
from domain.target_group import assess, in_words
from domain.terms import AgeGroup, ExitReason, Gender
from domain.texts import Text, _
from domain.vault import CUSTOMER_NUMBER, OWN_KEY
from projections.exchange.steps import given_step
from projections.exchange.values import converted
from projections.programmes import coaches_of, particulars
from projections.roster import DueKind, Filter, Listed, Sort, page, stage_counts
from projections.roster.journeys import municipalities
from projections.states import State
from web.access import LEAD, PERSONS, STAFF, allowed, present_visitor, require_programme, visible_journeys
from web.commands import Asked, enrol, request_id
from web.downloads import as_file, wanted_format
from web.figures import kept
from web.forms import Form
from web.house import stores
from web.persons import names_of
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.references import pseudonym_of, reference_of
from web.schemas import Wanted, combined, schema_with, step_schema
from web.words import datenstand, flash, here, link, say, travelled_to

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
        coach_options=[(code, code) for code in coaches_of(stores().read_model, programme)]
        if scope.coach is None
        else [],
        municipality_options=[(name, name) for name in _municipalities()],
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


# --- enrolling ----------------------------------------------------------------------------------------


@blueprint.route("/aufnahme", methods=["GET", "POST"])
@allowed(*STAFF)
def enrolment() -> Any:
    """Enrol somebody: who it is, whether the person is known, the verdict of the target group, then the entry."""
    programme = chosen_programme(required=True)
    assert programme is not None
    require_programme(programme, *STAFF)
    form = _enrolment_form(programme)
    verdict, known = None, None
    if form.posted and (given := form.valid()):
        coach = given.pop("coach", None)
        known = _known(given)
        confirmed = request.form.get("confirmed") == "yes"
        try:
            verdict = _verdict(programme, given)
            if known and not confirmed and not _already_stored(form):
                form.errors.append(say(_("Diese Person ist schon bekannt; bitte bestätigen, dass sie gemeint ist.")))
            else:
                outcome = enrol(programme, given, Asked(request_id(form.request_id)), coach=coach)
                flash("success", _("Aufgenommen."))
                return redirect(link("journeys.journey", reference=reference_of(outcome.recorded[0].originator_id)))
        except Refused as refused:
            form.refuse(refused, {"happened_on": "on", "participant": "customer_number"})
    details = particulars(stores().read_model, programme, datenstand())
    return render_template(
        "enrolment.html",
        form=form,
        programme=details,
        verdict=verdict,
        known=known,
        labels=VALUES,
        in_words=in_words,
    ), (422 if form.failed else 200)


def _enrolment_form(programme: str) -> Form:
    visitor = present_visitor()
    coaches = (
        coaches_of(stores().read_model, programme) if visitor.reaches(programme, LEAD) else list(visitor.coach_codes)
    )
    schema = combined(
        "Enrolment", step_schema(Enrolled), schema_with("FirstCoach", coach=Wanted("coach", str, required=False))
    )
    left_out = () if visitor.reaches(programme, LEAD) else ("override_reason",)
    return Form(
        schema,
        choices={"coach": [(code, code) for code in coaches], "municipality": _municipality_choices(programme)},
        initial={"coach": coaches[0] if len(coaches) == 1 else None},
        left_out=left_out,
    )


def _municipality_choices(programme: str) -> list[tuple[str, str]]:
    """Those of the target group and all that occur: free text would make two of one."""
    group = particulars(stores().read_model, programme, datenstand()).target_group.municipalities
    names = list(dict.fromkeys([*group, *_municipalities()]))
    typed = request.form.get("municipality", "").strip()
    return [(name, name) for name in ([*names, typed] if typed and typed not in names else names)]


def _known(given: Mapping[str, Any]) -> str | None:
    """Who has the customer number, under the id the pages show; None if nobody."""
    number = given.get("customer_number")
    person = stores().vault.find(CUSTOMER_NUMBER, number) if number else None
    return pseudonym_of(person) if person else None


def _already_stored(form: Form) -> bool:
    """Whether this very request was carried out: sent twice, it must answer as the first time."""
    return stores().vault.find(OWN_KEY, f"web/{request_id(form.request_id)}") is not None


def _verdict(programme: str, given: Mapping[str, Any]) -> Any:
    """The verdict on every criterion of the target group, before anything is stored."""
    plain = {name: value for name, value in msgspec.to_builtins(given).items() if value is not None}
    step = given_step({"step": "enrolled", **plain})
    nobody = UUID(int=0)
    enrolled = Enrolled(happened_on=step.happened_on, participant=nobody, programme=programme, **step.values)
    return assess(particulars(stores().read_model, programme, datenstand()).target_group, enrolled)


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


def _municipalities() -> list[str]:
    """Every municipality there is, for choosing."""
    model = stores().read_model
    found: list[str] = kept("municipalities", model.tracked(), count=lambda: municipalities(model))
    return found
