"""Files in and out: importing journeys, withdrawing an import, exporting a programme."""

import json
import secrets
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest.fields import Upload
from msgspec import Struct
from werkzeug.datastructures import FileStorage

from domain.law import Warning
from domain.terms import Role
from domain.texts import Text, _
from projections.catch_up import catch_up
from projections.exchange.export import export_rows, participations
from projections.exchange.files import rows_in
from projections.exchange.intake import Report, Terms, take_in
from projections.exchange.ocel import ocel
from projections.exchange.pseudonyms import KEY_BYTES, Pseudonyms, cases
from projections.exchange.withdrawal import withdraw_batch
from projections.exchange.xes import xes
from web.access import AUDITOR, LEAD, Forbidden, present_visitor
from web.api.answers import answer
from web.api.asking import AT, Invalid, asked, choice, query, text, yes_no
from web.api.programmes import reached
from web.api.routes import Section
from web.house import now, stores
from web.imports import within_reach
from web.said import messages
from web.schemas import Wanted, schema_with
from web.words import datenstand, say

section = Section("exchange", "Importing and exporting journeys")
_INTAKE = query(
    "Intake",
    file=Upload(
        required=True, error_messages=messages(Upload), metadata={"description": ".jsonl, .csv, .xlsx or .ods"}
    ),
    programme=text("Of rows without a column programme."),
    dry_run=yes_no("true: the very same decisions, and nothing is stored."),
    partial=yes_no("true: what can be stored is, although other rows are refused."),
    corrections=yes_no("true: known rows with other content are corrections."),
    reason=text("Of corrections and withdrawals."),
)


class RefusedLine(Struct, frozen=True):
    """A row that was not taken, and why. What it holds is not repeated."""

    line: int
    code: str
    text: Text
    field: str | None


class LineWarning(Struct, frozen=True):
    """What a controller should look at in a row that was taken."""

    line: int
    warning: Warning


class ImportReport(Struct, frozen=True):
    """What became of the rows of a file. `nothing_stored`: a row was refused, and `partial` was not asked for."""

    batch: UUID
    dry_run: bool
    rows: int
    stored: int
    corrected: int
    withdrawn: int
    unchanged: int
    nothing_stored: bool
    position: int
    coaches: list[str]
    refused: list[RefusedLine]
    warnings: list[LineWarning]


class KeptEntry(Struct, frozen=True):
    """An entry of a batch that stays, and why."""

    position: int
    code: str
    text: Text


class BatchWithdrawal(Struct, frozen=True):
    """What became of a batch: steps withdrawn now, withdrawn before, and entries that stay."""

    withdrawn: int
    before: int
    kept: list[KeptEntry]
    coaches: list[str]


class Export(StrEnum):
    """The formats of an export: an import file, or an event log under new pseudonyms."""

    JSONL = "jsonl"
    XES = "xes"
    OCEL = "ocel"


_TYPES = {Export.JSONL: "application/x-ndjson", Export.XES: "application/xml", Export.OCEL: "application/json"}


@section.post("/imports", LEAD, form=_INTAKE, answers=ImportReport, status=201, more={200: ImportReport}, command=True)
def import_file(query: dict[str, Any], form: dict[str, Any]) -> Response:
    """Take in the rows of a file as one batch: all of them, or none (200).

    The same row again stores nothing, so a file may be sent again; the key makes the batch.
    """
    del query
    sent = form["file"]
    if not isinstance(sent, FileStorage) or not sent.filename:
        raise Invalid({"file": [say(_("Hier fehlt eine Datei mit ihrem Namen."))]})
    programme = reached(form["programme"], LEAD) if "programme" in form else None
    rows = [within_reach(row, programme) for row in rows_in(sent.filename, sent.read())]
    terms = Terms(
        batch=asked().id,
        by=present_visitor().code,
        now=now(),
        role=Role.LEAD,
        programme=programme,
        corrections=form.get("corrections", False),
        reason=form.get("reason") or say(_("Import einer Datei")),
        partial=form.get("partial", False),
        dry_run=form.get("dry_run", False),
    )
    opened = stores()
    report = take_in(opened.journal, opened.vault, rows, terms)
    catch_up(opened.journal, opened.read_model)
    told = _report(report, terms)
    return answer(told, 201 if report.position and not terms.dry_run else 200)


@section.post("/imports/<uuid:batch>/withdrawal", LEAD, answers=BatchWithdrawal, body=schema_with(
    "BatchTakenBack", why=Wanted("why", str, required=True, sealed=True)))  # fmt: skip
def withdraw_import(query: dict[str, Any], body: dict[str, Any], batch: UUID) -> Response:
    """Withdraw every step an import stored, the last first; what others built on stays."""
    del query
    opened, visitor = stores(), present_visitor()
    found = withdraw_batch(
        *(opened.journal, opened.vault, batch),
        by=visitor.code,
        now=now(),
        reason=body["why"],
        programmes=visitor.programmes(LEAD),
    )
    catch_up(opened.journal, opened.read_model)
    kept = [KeptEntry(position, why.code, why.text) for position, why in found.kept]
    return answer(BatchWithdrawal(found.withdrawn, found.before, kept, sorted(found.coaches)))


@section.get("/programmes/<key:programme>/export", LEAD, AUDITOR, content=tuple(_TYPES.values()), query=query(
    "ExportOf", AT, format=choice("jsonl (for leads): an import file; xes, ocel: an event log.", Export, required=True),
))  # fmt: skip
def export(query: dict[str, Any], programme: str) -> Response:
    """The journeys of a programme as known at the Datenstand, nothing personal in them."""
    reached(programme, LEAD, AUDITOR)
    form: Export = query["format"]
    if form is Export.JSONL and not present_visitor().reaches(programme, LEAD):
        raise Forbidden("forbidden", _("Dafür hat das Konto {account} keine Rolle.", account=present_visitor().code))
    position = datenstand()
    name = f"{programme}-{position}.{form.value}"
    response = Response("".join(_pieces(form, programme, position)), content_type=_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(form: Export, programme: str, position: int) -> Iterator[str]:
    journal, model = stores().journal, stores().read_model
    if form is Export.JSONL:
        reason = say(_("wie im ausgebenden System begründet"))
        for row in export_rows(journal, model, programme, position, reason):
            yield json.dumps(row, ensure_ascii=False) + "\n"
        return
    found = participations(model, programme, position)
    drawn = cases(journal, found, position, Pseudonyms(secrets.token_bytes(KEY_BYTES)))
    yield from xes(programme, drawn) if form is Export.XES else ocel(drawn)


def _report(report: Report, terms: Terms) -> ImportReport:
    return ImportReport(
        *(terms.batch, terms.dry_run, report.rows, report.stored, report.corrected, report.withdrawn, report.unchanged),
        *(report.nothing_stored, 0 if terms.dry_run else report.position, sorted(report.coaches)),
        [RefusedLine(row.line, why.code, why.text, why.field) for row, why in report.refused],
        [LineWarning(line, warning) for line, warning in report.warnings],
    )
