"""The auditor's bundle: made in the background, fetched by whoever asked for it, then deleted.

It holds entries as they are stored, with the ids of participants, since the hashes stand over them.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Response, redirect, render_template, request

from domain.errors import NotFound, Refused
from domain.texts import _
from projections.ledger.bundle import wanted, write_bundle
from projections.stores import Stores
from web import jobs
from web.access import AUDITOR, LEAD, allowed, present_visitor, require_programme
from web.downloads import attachment
from web.house import now
from web.jobs import Job, Report
from web.pages.audit.area import FIGURES_MOVE, blueprint, tabs_at
from web.pages.audit.verification import LARGEST_FILE
from web.programmes import programmes_reached
from web.words import flash, link

KEPT = timedelta(days=1)
"""A bundle nobody fetched is deleted after this."""
_KINDS = "bundle-"
_CHUNK = 1 << 20
_log = logging.getLogger("werdegang.access")


@blueprint.get("/buendel")
@allowed(*FIGURES_MOVE)
def bundle() -> Any:
    """What a bundle is, and the one being made."""
    return render_template(
        "audit/bundle.html",
        tabs=tabs_at("audit.bundle"),
        job=_latest(),
        there=jobs.file_of(_kind()) is not None,
        programme_options=programmes_reached(*FIGURES_MOVE),
        whole=present_visitor().programmes(*FIGURES_MOVE) is None,
    )


@blueprint.post("/buendel")
@allowed(*FIGURES_MOVE)
def make_bundle() -> Any:
    """Begin to make a bundle."""
    programme = request.form.get("programme", "").strip() or None
    _require_reach(programme)
    given = request.files.get("since")
    since = given.stream.read(LARGEST_FILE) if given and given.filename else None
    if typed := request.form.get("checkpoint", "").strip():
        since = typed.replace("\r\n", "\n").encode() + b"\n"
    _log.info("bundle", extra={"account": present_visitor().code, "what": programme or "ledger"})
    if not jobs.begin(_kind(), partial(_made, programme, since, now())):
        flash("warning", _("Es wird schon ein Bündel erstellt."))
    return redirect(link("audit.bundle"))


@blueprint.post("/buendel/abbrechen")
@allowed(*FIGURES_MOVE)
def stop_bundle() -> Any:
    """Stop making it, or delete the one that was made."""
    jobs.stop(_kind())
    if path := jobs.file_of(_kind()):
        path.unlink(missing_ok=True)
        flash("success", _("Das Bündel ist gelöscht."))
    return redirect(link("audit.bundle"))


@blueprint.get("/buendel/datei")
@allowed(*FIGURES_MOVE)
def bundle_file() -> Response:
    """The bundle that was made last, as a file."""
    job, path = _latest(), jobs.file_of(_kind())
    if job is None or job.state is not jobs.State.DONE or path is None:
        raise NotFound("no_bundle", _("Es liegt kein Bündel bereit; bitte eines erstellen."))
    programme = job.result["programme"]
    _require_reach(programme)
    response = attachment(b"", ["pruefbuendel", programme, job.result["entries"]], "zip")
    response.response = _pieces(path)
    response.content_length = path.stat().st_size
    return response


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _require_reach(programme: str | None) -> None:
    """Refused: a programme the visitor does not reach; the whole ledger, where that is not everything."""
    if programme is not None:
        require_programme(programme, *FIGURES_MOVE)
    elif present_visitor().programmes(AUDITOR, LEAD) is not None:
        raise Refused(
            "missing_field", _("Bitte ein Programm wählen: Ihre Rolle reicht nicht über alle."), field="programme"
        )


def _kind() -> str:
    """One bundle for each account; the name of a file, hence the hash."""
    return _KINDS + sha256(present_visitor().code.encode()).hexdigest()[:16]


def _latest() -> Job | None:
    """The visitor's last bundle; the files of old ones, anybody's, are deleted."""
    jobs.forget_files(_KINDS, now() - KEPT)
    return jobs.latest(_kind())


def _made(
    programme: str | None, since: bytes | None, at: datetime, stores: Stores, report: Report, path: Path
) -> dict[str, Any]:
    asked = wanted(stores, stores.seal(at), programme=programme, since=since)
    with path.open("wb") as file:
        done = write_bundle(stores, file, asked, partial(report, _("Bündel wird geschrieben")))
    return {
        "programme": programme,
        "entries": done.entries,
        "hidden": done.hidden,
        "editions": done.editions,
        "size": done.size,
        "checkpoint": asked.head.note,
        "key": str(asked.signer.verifier),
    }
