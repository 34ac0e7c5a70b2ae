"""The register of data protection: erasures, each by four eyes, and restrictions.

Who decides here sees no names: a person appears by the id under which journal, register and log of reads have them. A
lead may ask for an erasure and sees what the own account asked for.
"""

import logging
from typing import Any
from uuid import UUID

from flask import redirect, request

from domain.data_protection import Erasure
from domain.errors import NotFound, Refused
from domain.labels import VALUES
from domain.terms import ErasureGround, RestrictionGround
from domain.texts import Text, _
from projections import protecting
from projections.data_protection import Case, journeys_of, read_register
from projections.retention import due
from projections.roster import is_visible
from web.access import DATA_PROTECTION, LEAD, allowed, present_visitor, visible_journeys
from web.downloads import as_file, wanted_format
from web.forms import Form
from web.house import stores, today
from web.pages.administration.areas import asked, blueprint, page, status_of
from web.schemas import Wanted, schema_with
from web.words import datenstand, flash, link, travelled_to

ERASURES: dict[Erasure, tuple[str, Text]] = {
    Erasure.NONE: ("default", _("nicht beantragt")),
    Erasure.REQUESTED: ("warning", _("beantragt")),
    Erasure.DECLINED: ("default", _("abgelehnt")),
    Erasure.APPROVED: ("danger", _("freigegeben, noch nicht ausgeführt")),
    Erasure.ERASED: ("success", _("gelöscht")),
}
_FIND = schema_with(
    "FindPerson",
    customer_number=Wanted("customer_number", str, required=False),
    person=Wanted("person", UUID, required=False),
)
_ERASE = schema_with("AskErasure", ground=Wanted("ground", ErasureGround, required=True))
_RESTRICT = schema_with("AskRestriction", restriction=Wanted("restriction", RestrictionGround, required=True))
_HEADER = (
    *("participant", "erasure", "ground", "requested_by", "requested_at", "decided_by", "decided_at", "erased_at"),
    *("epoch", "restricted", "restricted_by", "restricted_at"),
)


_log = logging.getLogger("werdegang.access")


@blueprint.route("/datenschutz", methods=["GET", "POST"])
@allowed(DATA_PROTECTION, LEAD)
def protection() -> Any:
    """The register, and finding the person a request is about. The number that was typed is kept nowhere."""
    form = Form(
        _FIND,
        labels={"person": _("Id der Person oder eines ihrer Wege")},
        hints={"customer_number": _("Wird nicht gespeichert."), "person": _("Wie Wege und Belege sie zeigen.")},
    )
    if form.posted and (given := form.valid()):
        try:
            return redirect(link("administration.person", participant=_found(given)))
        except Refused as refused:
            form.refuse(refused, {"participant": "person"})
    cases = [case for case in read_register(stores().journal).values() if _may_see(case)]
    if wanted := wanted_format():
        return as_file(["register", f"datenstand-{datenstand()}"], wanted, _HEADER, map(_cells, cases))
    return page(
        "protection",
        "protection",
        form=form,
        erasures=protecting.asked_for(cases),
        restrictions=[case for case in cases if case.restricted],
        states=ERASURES,
        labels=VALUES,
        decides=_decides(),
    ), status_of(form)


@blueprint.get("/datenschutz/person/<uuid:participant>")
@allowed(DATA_PROTECTION, LEAD)
def person(participant: UUID) -> Any:
    """What the register says of a person, and what may be asked for."""
    return _person_page(participant, Form(_ERASE), _restricting())


@blueprint.post("/datenschutz/person/<uuid:participant>/antrag")
@allowed(DATA_PROTECTION, LEAD)
def ask_erasure(participant: UUID) -> Any:
    """Ask for the erasure of a person."""
    _require_person(participant)
    form = Form(_ERASE)
    if given := form.valid():
        try:
            protecting.request_erasure(stores(), participant, given["ground"], asked(form))
            flash("success", _("Beantragt. Freigeben muss die Löschung jemand anderes."))
            return _back(participant)
        except Refused as refused:
            form.refuse(refused)
    return _person_page(participant, form, _restricting())


@blueprint.post("/datenschutz/person/<uuid:participant>/freigabe")
@allowed(DATA_PROTECTION)
def approve_erasure(participant: UUID) -> Any:
    """Approve the erasure somebody else asked for, and carry it out."""
    carried = protecting.approve_erasure(stores(), participant, asked())
    if carried is None:
        flash("info", _("Die Person war schon gelöscht."))
    else:
        flash("success", _("Gelöscht. Kein Eintrag, keine Kennzahl und keine frühere Wurzel hat sich geändert."))
        flash(
            "warning",
            _("Sicherungen des Schlüsselspeichers von vorher sind wertlos; jetzt neu sichern (docs/keys.md)."),
        )
    if advice := stores().vault.advice:
        flash("warning", advice)
    return _back(participant)


@blueprint.post("/datenschutz/person/<uuid:participant>/ablehnung")
@allowed(DATA_PROTECTION)
def decline_erasure(participant: UUID) -> Any:
    """Decline the erasure that was asked for."""
    protecting.decline_erasure(stores(), participant, asked())
    flash("success", _("Der Antrag ist abgelehnt."))
    return _back(participant)


@blueprint.post("/datenschutz/person/<uuid:participant>/sperrung")
@allowed(DATA_PROTECTION)
def restrict_person(participant: UUID) -> Any:
    """Restrict a person: from now on nothing personal is opened."""
    form = _restricting()
    if given := form.valid():
        try:
            protecting.impose_restriction(stores(), participant, given["restriction"], asked(form))
            flash("success", _("Gesperrt: Persönliches wird nicht mehr geöffnet."))
            return _back(participant)
        except Refused as refused:
            form.refuse(refused)
    return _person_page(participant, Form(_ERASE), form)


@blueprint.post("/datenschutz/person/<uuid:participant>/entsperrung")
@allowed(DATA_PROTECTION)
def lift_restriction(participant: UUID) -> Any:
    """End the restriction of a person."""
    protecting.lift_restriction(stores(), participant, asked())
    flash("success", _("Die Sperre ist aufgehoben."))
    return _back(participant)


# --- whom it is about ---------------------------------------------------------------------------------


def _found(given: dict[str, Any]) -> UUID:
    """The person a number or an id is of. Refused (`NotFound`): nobody, or nobody the visitor may see."""
    number, reference = given.get("customer_number"), given.get("person")
    if (number is None) == (reference is None):
        raise Refused("missing_field", _("Entweder die Kundennummer oder eine Id."), field="customer_number")
    if number is not None:
        participant = protecting.participant_with(stores(), number)
        if not _may_ask(participant):
            raise protecting.unknown_number()
        return participant
    assert isinstance(reference, UUID)
    participant = protecting.known_participant(stores(), reference)
    _require_person(participant)
    return participant


def _restricting() -> Form:
    return Form(_RESTRICT, labels={"restriction": _("Grund der Sperre")})


def _require_person(participant: UUID) -> None:
    if not _may_ask(participant):
        _log.warning("foreign person", extra={"account": present_visitor().code, "endpoint": request.endpoint})
        raise _unknown(participant)


def _may_ask(participant: UUID) -> bool:
    """Whether the visitor may ask for something about a person: a lead only of the own programmes."""
    journeys = journeys_of(stores().read_model, participant)
    if _decides():
        return True
    model, scope = stores().read_model, visible_journeys()
    return any(is_visible(model, scope, str(journey), datenstand()) for journey in journeys)


def _may_see(case: Case) -> bool:
    return _decides() or case.requested_by == present_visitor().code


def _decides() -> bool:
    return present_visitor().has(DATA_PROTECTION)


def _unknown(participant: UUID) -> NotFound:
    text = _("Eine Person {participant} wurde nie aufgenommen.", participant=participant)
    return NotFound("unknown_participant", text, field="participant")


def _person_page(participant: UUID, erasing: Form, restricting: Form) -> Any:
    _require_person(participant)
    case, decides = protecting.case_of(stores(), participant), _decides()
    shown = page(
        "protection",
        "person",
        case=case if _may_see(case) or case.erasure is Erasure.NONE else Case(participant, erasure=case.erasure),
        state=ERASURES[case.erasure],
        journeys=_journeys(participant),
        kept=next((one for one in _kept() if one.participant == participant), None) if decides else None,
        labels=VALUES,
        decides=decides,
        own_request=(case.requested_by or "").casefold() == present_visitor().code.casefold(),
        erasing=erasing,
        restricting=restricting,
        may_change=travelled_to() is None,
        waits=case.erasure in (Erasure.REQUESTED, Erasure.APPROVED),
        decided=case.erasure.is_decided,
    )
    return shown, 422 if erasing.failed or restricting.failed else 200


def _kept() -> Any:
    return due(stores().read_model, stores().journal, None, today())


def _journeys(participant: UUID) -> list[tuple[str, int, str, str | None]]:
    """Programme, participation, enrolment and exit of a person's journeys as known now."""
    rows = stores().read_model.query(
        "SELECT e.programme, e.participation, e.enrolled_on, e.exited_on FROM enrolments e "
        "WHERE e.participant = :participant AND e.known_until IS NULL ORDER BY e.enrolled_on",
        {"participant": str(participant)},
    )
    return [(programme, number, began, ended) for programme, number, began, ended in rows]


def _cells(case: Case) -> list[Any]:
    return [getattr(case, name) for name in _HEADER]


def _back(participant: UUID) -> Any:
    return redirect(link("administration.person", participant=participant))
