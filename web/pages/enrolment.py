"""Enrolling somebody: who it is, whether the person is known, the verdict on the target group, then the entry."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from flask import redirect, render_template, request

from domain.errors import Refused
from domain.facts import Enrolled
from domain.labels import VALUES
from domain.target_group import assess, in_words
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER, OWN_KEY
from projections.exchange.steps import given_step
from projections.programmes import coaches_of, particulars
from web.access import LEAD, STAFF, allowed, present_visitor, require_programme
from web.commands import Asked, enrol, request_id
from web.forms import Form
from web.house import stores
from web.pages.participants import blueprint, known_municipalities
from web.programmes import chosen_programme
from web.references import pseudonym_of, reference_of
from web.schemas import Wanted, combined, schema_with, step_schema
from web.words import datenstand, flash, link, say


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
    names = list(dict.fromkeys([*group, *known_municipalities()]))
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
