"""Import: a file is checked first, and only the file that was checked is stored. It lies on no disk in between."""

from base64 import b64encode
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import redirect, request
from msgspec import Struct
from werkzeug.datastructures import FileStorage

from domain.errors import Refused
from domain.facts import STEP_BY_NAME
from domain.labels import label_of
from domain.terms import Role
from domain.texts import _
from projections.catch_up import catch_up
from projections.exchange.files import FORMATS, rows_in
from projections.exchange.intake import Report, Terms, take_in
from projections.exchange.refused import refused_table
from projections.exchange.steps import fields_of
from projections.exchange.withdrawal import Withdrawal, withdraw_batch
from web.access import LEAD, allowed, present_visitor
from web.commands import request_id
from web.downloads import as_file
from web.forms import Form
from web.house import now, stores
from web.imports import within_reach
from web.pages.administration.areas import blueprint, page, status_of
from web.programmes import programmes_reached
from web.schemas import Wanted, schema_with
from web.words import language, link, say

_INTAKE = schema_with(
    "Intake",
    programme=Wanted("programme", str, required=False),
    corrections=Wanted("corrections", bool, required=True, default=False),
    partial=Wanted("partial", bool, required=True, default=False),
    reason=Wanted("reason", str, required=False),
)
_BATCH = schema_with("Batch", batch=Wanted("batch", UUID, required=True), why=Wanted("why", str, required=True))
_SHOWN = 200


class Checked(Struct, frozen=True):
    """What became of a file: its name and hash, the report, whether it was only checked."""

    name: str
    digest: str
    report: Report
    dry_run: bool
    batch: UUID
    download: str | None


@blueprint.route("/import", methods=["GET", "POST"])
@allowed(LEAD)
def intake() -> Any:
    """Check a file, or take it in."""
    form, checked = _form(), None
    if form.posted and (given := form.valid()) is not None:
        try:
            checked = _taken(form, given, store=request.form.get("action") == "store")
            if checked and not checked.dry_run and not checked.report.refused:
                return redirect(_stored_page(checked))
        except Refused as refused:
            form.refuse(refused)
    return _page(form, _withdrawing(), checked=checked), status_of(form)


@blueprint.post("/import/storno")
@allowed(LEAD)
def withdraw_intake() -> Any:
    """Withdraw every step a batch stored; what others built on stays, with the reason."""
    form = _withdrawing()
    found: Withdrawal | None = None
    if given := form.valid():
        opened, by = stores(), present_visitor()
        try:
            found = withdraw_batch(
                *(opened.journal, opened.vault, given["batch"]),
                by=by.code,
                now=now(),
                reason=given["why"],
                programmes=by.programmes(LEAD),
            )
            catch_up(opened.journal, opened.read_model)
        except Refused as refused:
            form.refuse(refused, {"": "batch"})
    return _page(_form(), form, withdrawal=found), status_of(form)


@blueprint.get("/import/vorlage")
@allowed(LEAD)
def intake_template() -> Any:
    """The header of a file to fill in."""
    own = [field.name for kind in STEP_BY_NAME.values() for field in fields_of(kind)]
    return as_file(["vorlage"], "csv", [*dict.fromkeys(("id", "participant", "programme", "step", "on", *own))], [])


def _stored_page(checked: Checked) -> str:
    """The address that says what was stored."""
    report = checked.report
    changed = report.stored + report.corrected + report.withdrawn
    return link("administration.intake", stapel=str(checked.batch), zeilen=report.rows, neu=changed)


def _page(form: Form, withdrawing: Form, **found: Checked | Withdrawal | None) -> str:
    batch = request.args.get("stapel", "")
    context: dict[str, Any] = {"checked": None, "withdrawal": None} | found
    return page(
        "intake",
        "intake",
        form=form,
        withdrawing=withdrawing,
        formats=FORMATS,
        shown=_SHOWN,
        label=lambda name: say(label_of(name)),
        stored=batch if request.method == "GET" and _is_id(batch) else None,
        counts=[
            given if given.isdecimal() else "–"
            for given in (request.args.get("zeilen", ""), request.args.get("neu", ""))
        ],
        **context,
    )


def _is_id(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True


# --- one file -----------------------------------------------------------------------------------------


def _form() -> Form:
    return Form(
        _INTAKE,
        labels={
            "programme": _("Programm der Zeilen ohne Spalte programme"),
            "corrections": _("Bekannte Zeilen mit anderem Inhalt berichtigen"),
            "partial": _("Speichern, was geht, auch wenn Zeilen abgelehnt werden"),
            "reason": _("Begründung der Berichtigungen und Stornos"),
        },
        choices={"programme": programmes_reached(LEAD)},
    )


def _withdrawing() -> Form:
    return Form(
        _BATCH,
        labels={"batch": _("Stapel"), "why": _("Begründung des Stornos")},
        initial={"batch": request.args.get("stapel", "")},
    )


def _taken(form: Form, given: dict[str, Any], *, store: bool) -> Checked | None:
    """Check the file that was sent, or take it in. Refused: as `rows_in` and `take_in`; a file that is not the one
    that was checked."""
    sent: FileStorage | None = request.files.get("file")
    if sent is None or not sent.filename:
        form.errors.append(say(_("Bitte eine Datei wählen.")))
        return None
    content = sent.read()
    digest = stores().vault.digest("import", _hashed(content)).hex()
    if store and request.form.get("checked") != digest:
        form.errors.append(say(_("Das ist nicht die Datei, die geprüft wurde; bitte zuerst prüfen.")))
        return None
    rows = [within_reach(row, given.get("programme")) for row in rows_in(sent.filename, content)]
    terms = Terms(
        batch=request_id(form.request_id),
        by=present_visitor().code,
        now=now(),
        role=Role.LEAD,
        programme=given.get("programme"),
        corrections=given["corrections"],
        reason=given.get("reason") or say(_("Import einer Datei")),
        partial=given["partial"],
        dry_run=not store,
    )
    opened = stores()
    report = take_in(opened.journal, opened.vault, rows, terms)
    if store:
        catch_up(opened.journal, opened.read_model)
    return Checked(sent.filename, digest, report, not store, terms.batch, _refused_file(report))


def _refused_file(report: Report) -> str | None:
    """The refused rows as a CSV file within the page itself: it holds what is personal, so the server keeps none."""
    if not report.refused:
        return None
    header, cells = refused_table(report.refused, language())
    content: bytes = as_file(["abgelehnt"], "csv", header, cells).get_data()
    return "data:text/csv;charset=utf-8;base64," + b64encode(content).decode()


def _hashed(content: bytes) -> str:
    return sha256(content).hexdigest()
