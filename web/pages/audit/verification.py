"""Verifying the whole ledger: every entry, every seal, every edition, the log of reads; beside what others kept."""

import re
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import redirect, render_template, request

from domain.errors import Refused
from domain.texts import _
from projections.catch_up import catch_up
from projections.checks import Checked, check_editions, check_read_model, check_reads
from projections.ledger.findings import Finding
from projections.ledger.notes import three_lines
from projections.ledger.trust import Trusted, trusted_of
from projections.ledger.verification import LedgerReport, verify_ledger
from projections.settings import Settings
from projections.stores import Stores
from web import jobs
from web.access import AUDITOR, LEAD, allowed, present_visitor
from web.downloads import as_file, wanted_format
from web.house import house, now
from web.jobs import Report, words_of
from web.pages.audit.area import SEALS, blueprint, tabs_at
from web.references import audit_names
from web.words import flash, language, link

KIND = "verification"
LARGEST_FILE = 1 << 16
MOST_FILES = 50
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADER = ("checked", "number", "code", "position", "text")


@blueprint.get("/verifizieren")
@allowed(*SEALS)
def verification() -> Any:
    """How far the verification is that goes on, or what the last one came to."""
    job = jobs.latest(KIND)
    if job is not None and job.result and (form := wanted_format()):
        return as_file(["verifizierung", job.begun_at.date()], form, _HEADER, _rows(job.result))
    return render_template(
        "audit/verification.html",
        tabs=tabs_at("audit.verification"),
        job=job,
        said=_said,
        opens=present_visitor().has(AUDITOR, LEAD),
    )


@blueprint.post("/verifizieren")
@allowed(*SEALS)
def verify() -> Any:
    """Begin a verification."""
    outside = trusted_of(_uploaded())
    work = partial(_verified, outside, house().settings if request.form.get("read_model") else None, now())
    if not jobs.begin(KIND, work):
        flash("warning", _("Es läuft schon eine Verifizierung."))
    return redirect(link("audit.verification"))


@blueprint.post("/verifizieren/abbrechen")
@allowed(*SEALS)
def stop_verification() -> Any:
    """Stop the verification that goes on."""
    jobs.stop(KIND)
    return redirect(link("audit.verification"))


def _uploaded() -> dict[str, bytes]:
    """What somebody kept outside: files, and a checkpoint typed in. Refused: what is too large to be either."""
    files = [file for file in request.files.getlist("trusted") if file.filename]
    if len(files) > MOST_FILES:
        text = _("Das sind {found} Dateien; möglich sind {most} auf einmal.", found=len(files), most=MOST_FILES)
        raise Refused("bad_value", text, field="trusted")
    found = {Path(str(file.filename)).name[:100]: file.stream.read(LARGEST_FILE + 1) for file in files}
    if typed := request.form.get("checkpoint", "").strip():
        name = _("eingegebener Prüfpunkt").in_language(language())
        found[name] = typed.replace("\r\n", "\n").encode() + b"\n"
    for name, content in found.items():
        if len(content) > LARGEST_FILE:
            text = _("{name} ist zu groß für einen Prüfpunkt oder Schlüssel.", name=name)
            raise Refused("bad_value", text, field="trusted")
    return found


# --- the work -----------------------------------------------------------------------------------------


def _verified(
    outside: Trusted, settings: Settings | None, at: datetime, stores: Stores, report: Report, _file: Path
) -> dict[str, Any]:
    """Everything checked as `werdegang verify` does; the read model only where the settings are given. What stands on
    a ledger that is not right is not checked."""
    total = stores.journal.count(stores.journal.head())
    ledger = verify_ledger(
        *(stores.journal, stores.seals),
        outside=outside.checkpoints,
        trusted=outside.keys,
        progress=lambda done: report(_("Einträge werden geprüft"), done, total),
    )
    checked = [Checked("ledger", _("Einträge im Journal"), ledger.entries, ledger.findings)]
    if not ledger.findings:
        if settings is not None:
            checked.append(check_read_model(settings, at, partial(report, _("Lesemodell wird nachgebaut"))))
        catch_up(stores.journal, stores.read_model)
        checked.append(check_editions(stores, partial(report, _("Ausgaben werden nachgerechnet"))))
    checked.append(check_reads(stores, ledger.signers))
    return _told(ledger, checked, outside)


def _told(ledger: LedgerReport, checked: list[Checked], outside: Trusted) -> dict[str, Any]:
    """The result as it is kept: words in every language."""
    return {
        "ok": not any(one.findings for one in checked),
        "entries": ledger.entries,
        "sealed": ledger.sealed,
        "checkpoints": ledger.checkpoints,
        "checkpoint": "\n".join(three_lines(ledger.last.note)) if ledger.last else None,
        "signers": ledger.signers,
        "outside": len(outside.checkpoints),
        "keys": len(outside.keys),
        "checked": [
            {"name": one.name, "title": words_of(one.title), "number": one.number, "findings": _found(one.findings)}
            for one in checked
        ],
        "losses": _found(ledger.losses),
    }


def _found(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{"code": one.code, "position": one.position, "text": words_of(one.text)} for one in findings]


# --- what is shown ------------------------------------------------------------------------------------


def _said(words: dict[str, str]) -> str:
    """Words that were kept, in the visitor's language; the id of a journey in them as the visitor may see it."""
    visitor, text = present_visitor(), words[language()]
    if not visitor.under_pseudonyms:
        return text
    names = audit_names() if visitor.has(AUDITOR) else None
    return _ID.sub(lambda found: names.journey(found[0]) if names else "…", text)


def _rows(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What was checked, a line each, and a line for everything found."""
    rows: list[tuple[Any, ...]] = []
    for one in result["checked"]:
        rows.append((one["name"], one["number"], "", None, _said(one["title"])))
        rows += [
            (one["name"], None, found["code"], found["position"], _said(found["text"])) for found in one["findings"]
        ]
    losses = result["losses"]
    return rows + [("ledger", None, loss["code"], loss["position"], _said(loss["text"])) for loss in losses]
