"""Programmes and their coaches: open one, let a coach join, close one before its time; who looks after how many."""

from datetime import date
from typing import Any, NamedTuple, cast

from flask import redirect

from domain import commands
from domain.errors import NotFound, Refused
from domain.facts import CoachJoined, Fact, ProgrammeClosed, ProgrammeOpened, TargetGroup
from domain.labels import label_of, told
from domain.texts import _
from projections.accounts import all_accounts
from projections.catalogue import CORE
from projections.exchange.values import converted
from projections.programmes import Particulars, coaches_at, journeys_in, particulars
from web.access import ADMIN, LEAD, allowed, present_visitor, require_programme
from web.commands import Asked, act, request_id
from web.downloads import as_file, wanted_format
from web.figures import balance_at
from web.forms import Form
from web.house import stores
from web.pages.administration.areas import blueprint, page, status_of
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.schemas import Wanted, combined, fact_schema, schema_with
from web.words import datenstand, flash, link, say, travelled_to

_OPENING = combined(
    "Opening",
    fact_schema(ProgrammeOpened, "target_group", "targets"),
    fact_schema(cast(type[Fact], TargetGroup)),
    schema_with("Targets", targets=Wanted("targets", str, required=False, many=True)),
)
_GROUP = tuple(TargetGroup.__struct_fields__)
_LISTED = ("programme", "title", "funder", "starts_on", "ends_on", "last_day", "coaching_ratio", "coaches", "journeys")
_CASELOADS = ("programme", "coach", "persons", "coaching_ratio", "accounts")


class Caseload(NamedTuple):
    """A coach of a programme: how many persons are in care on the day, and who works under the code."""

    coach: str
    persons: int
    accounts: list[str]


@blueprint.get("/programme")
@allowed(LEAD, ADMIN)
def programmes() -> Any:
    """The programmes the visitor reaches."""
    found = [(_particulars(key), _counts(key)) for key, _title in programmes_reached(LEAD, ADMIN)]
    if form := wanted_format():
        rows = [
            (*(one.key, one.title, one.funder, one.starts_on, one.ends_on, one.last_day, one.coaching_ratio), *counts)
            for one, counts in found
        ]
        return as_file(["programme", f"datenstand-{datenstand()}"], form, _LISTED, rows)
    return page("programmes", "programmes", found=found, may_open=_may_open() and travelled_to() is None)


@blueprint.route("/programme/neu", methods=["GET", "POST"])
@allowed(LEAD, ADMIN)
def open_programme() -> Any:
    """Open a programme. A lead limited to some programmes finds no such page."""
    if not _may_open():
        raise NotFound("unknown_programme", _("Ein Programm eröffnet nur, wer alle erreicht."), field="programme")
    form = Form(
        _OPENING,
        labels={"targets": _("Ziele")},
        hints={
            "municipalities": _("Eine je Zeile; ohne Angabe jede."),
            "targets": _("Je Zeile Kennzahl = Zahl, etwa placed_svp = 350."),
            "retention_years": _("So viele Jahre nach dem Jahr des Endes bleibt Persönliches aufbewahrt."),
        },
    )
    if form.posted and (given := form.valid()):
        try:
            opening = _opening(given)
            act(lambda streams: commands.open_programme(streams, opening), Asked(request_id(form.request_id)))
            flash("success", _("Programm {key} ist eröffnet.", key=opening.key))
            return redirect(link("administration.programme", key=opening.key))
        except Refused as refused:
            form.refuse(refused, {"figure": "targets"})
    figures = [(figure.code, say(figure.title)) for figure in CORE.figures]
    return page("programmes", "programme_new", form=form, group=_GROUP, figures=figures), status_of(form)


@blueprint.get("/programme/<key>")
@allowed(LEAD, ADMIN)
def programme(key: str) -> Any:
    """A programme, with the forms that change it."""
    return _programme_page(key, _joining(), _closing())


@blueprint.post("/programme/<key>/coach")
@allowed(LEAD, ADMIN)
def join_programme(key: str) -> Any:
    """Let a coach join."""
    _require(key)
    form = _joining()
    if given := form.valid():
        try:
            asked = Asked(request_id(form.request_id))
            act(lambda streams: commands.join_programme(streams, key, given["coach"]), asked)
            flash("success", _("{coach} gehört zum Programm {key}.", coach=given["coach"], key=key))
            return redirect(link("administration.programme", key=key))
        except Refused as refused:
            form.refuse(refused)
    return _programme_page(key, form, _closing())


@blueprint.post("/programme/<key>/ende")
@allowed(LEAD, ADMIN)
def close_programme(key: str) -> Any:
    """Close a programme before its time."""
    _require(key)
    form = _closing()
    if given := form.valid():
        last_day: date = given["last_day"]
        try:
            asked = Asked(request_id(form.request_id))
            act(lambda streams: commands.close_programme(streams, key, last_day), asked)
            flash("success", _("Programm {key} endet mit dem {last_day}.", key=key, last_day=last_day))
            return redirect(link("administration.programme", key=key))
        except Refused as refused:
            form.refuse(refused)
    return _programme_page(key, _joining(), form)


@blueprint.get("/coaches")
@allowed(LEAD)
def coaches() -> Any:
    """The coaches of a programme with their caseloads on the day shown."""
    options = programmes_reached(LEAD)
    if not options:
        return page("coaches", "coaches", key=None)
    key = chosen_programme(required=True)
    if key not in dict(options):
        key = options[0][0]
    details, found = _particulars(key), _caseloads(key)
    if form := wanted_format():
        rows = [(key, one.coach, one.persons, details.coaching_ratio, one.accounts) for one in found]
        return as_file(["coaches", key, day_shown(), f"datenstand-{datenstand()}"], form, _CASELOADS, rows)
    return page("coaches", "coaches", key=key, details=details, found=found, options=options, shown_on=day_shown())


# --- forms --------------------------------------------------------------------------------------------


def _joining() -> Form:
    return Form(
        fact_schema(CoachJoined), labels={"coach": _("Kürzel des Coaches")}, hints={"coach": _("Nie ein Name.")}
    )


def _closing() -> Form:
    hint = _("Er liegt im Programm und nicht in der Zukunft. Danach wird nichts mehr erfasst, was später geschieht.")
    return Form(fact_schema(ProgrammeClosed), hints={"last_day": hint})


def _opening(given: dict[str, Any]) -> ProgrammeOpened:
    """The opening a form describes. Refused: a line of the targets that is none, a figure there is not."""
    values = {name: value for name, value in given.items() if value is not None}
    targets = dict(_target(line) for line in values.pop("targets", []))
    group = {name: values.pop(name) for name in _GROUP if name in values}
    if "municipalities" in group:
        group["municipalities"] = tuple(group["municipalities"])
    return ProgrammeOpened(**values, target_group=TargetGroup(**group), targets=targets)


def _target(line: str) -> tuple[str, float]:
    code, equals, number = (part.strip() for part in line.partition("="))
    if not equals:
        text = _("Die Zeile {found} ist nicht Kennzahl = Zahl.", found=line[:60])
        raise Refused("bad_value", text, field="targets")
    try:
        return CORE.figure(code).code, converted("targets", number, float)
    except Refused as refused:
        raise Refused(refused.code, refused.text, field="targets") from None


def _programme_page(key: str, joining: Form, closing: Form) -> Any:
    _require(key)
    details = _particulars(key)
    coach_count, journeys = _counts(key)
    group = [(name, getattr(details.target_group, name)) for name in _GROUP]
    shown = page(
        "programmes",
        "programme",
        details=details,
        coaches=_coaches(key),
        coach_count=coach_count,
        journeys=journeys,
        group=[(say(label_of(name)), say(told(name, value))) for name, value in group if value not in (None, ())],
        targets=[(say(CORE.figure(code).title), code, target) for code, target in details.targets.items()],
        joining=joining,
        closing=closing,
        closed=details.last_day != details.ends_on,
        may_change=travelled_to() is None,
    )
    return shown, 422 if joining.failed or closing.failed else 200


# --- what there is ------------------------------------------------------------------------------------


def _may_open() -> bool:
    return present_visitor().programmes(LEAD, ADMIN) is None


def _require(key: str) -> None:
    require_programme(key, LEAD, ADMIN)
    if key not in dict(programmes_reached(LEAD, ADMIN)):
        raise NotFound("unknown_programme", _("Das Programm {key} gibt es nicht.", key=key[:40]), field="programme")


def _particulars(key: str) -> Particulars:
    return particulars(stores().read_model, key, datenstand())


def _counts(key: str) -> tuple[int, int]:
    """How many coaches and journeys a programme has."""
    return len(_coaches(key)), journeys_in(stores().read_model, key, datenstand())


def _coaches(key: str) -> list[str]:
    return coaches_at(stores().read_model, key, datenstand())


def _caseloads(key: str) -> list[Caseload]:
    by_coach = balance_at(key, day_shown(), datenstand()).figures["caseload_max"].by["coach"]
    working: dict[str, list[str]] = {}
    for account in all_accounts(stores().read_model):
        for grant in account.grants:
            if grant.coach and grant.programme in (None, key):
                working.setdefault(grant.coach, []).append(account.code)
    return [Caseload(code, int(by_coach.get(code) or 0), working.get(code, [])) for code in _coaches(key)]
