"""Checkpoints, each to be kept outside, and the keys that sign them."""

from contextlib import suppress
from typing import Any

from flask import Response, render_template, request

from domain.errors import NotFound
from domain.texts import _
from projections.exchange.values import converted
from projections.ledger.notes import BadNote, split_note, three_lines
from projections.ledger.seals import Sealed
from web.access import allowed
from web.downloads import as_file, attachment, wanted_format
from web.house import stores
from web.pages.audit.area import FIGURES_MOVE, blueprint, tabs_at
from web.words import datenstand, here, travelled_to

ON_A_PAGE = 50
MOST_IN_A_FILE = 10_000
_BEYOND_ALL = 1 << 62
_HEADER = ("size", "position", "sealed_at", "signers", "root")


@blueprint.get("/pruefpunkte")
@allowed(*FIGURES_MOVE)
def checkpoints() -> Any:
    """The checkpoints, the last first."""
    seals = stores().seals
    before = min(_BEYOND_ALL, converted("before", request.args.get("before") or _BEYOND_ALL, int))
    reach = _BEYOND_ALL if travelled_to() is None else datenstand()
    form = wanted_format()
    found = seals.checkpoints_before(before, reach, (MOST_IN_A_FILE if form else ON_A_PAGE) + 1)
    if form:
        rows = [(*_cells(one), three_lines(one.note)[2]) for one in found[:MOST_IN_A_FILE]]
        return as_file(["pruefpunkte", f"bis-{found[0].size}" if found else ""], form, _HEADER, rows)
    shown = found[:ON_A_PAGE]
    return render_template(
        "audit/checkpoints.html",
        tabs=tabs_at("audit.checkpoints"),
        found=[(one, signers_of(one.note)) for one in shown],
        latest=None if before != _BEYOND_ALL or not shown else shown[0].note,
        newer=here(before=None) if before != _BEYOND_ALL else None,
        older=here(before=shown[-1].size) if len(found) > ON_A_PAGE else None,
        keys=[str(key) for key in seals.signers()],
    )


@blueprint.get("/pruefpunkte/<int:size>")
@allowed(*FIGURES_MOVE)
def checkpoint(size: int) -> Response:
    """A checkpoint as the note it was signed as."""
    found = stores().seals.checkpoint(size) if size < _BEYOND_ALL else None
    if found is None:
        text = _("Über {size} Einträge gibt es keinen Prüfpunkt.", size=size)
        raise NotFound("unknown_checkpoint", text, field="size")
    return attachment(found.note.encode(), ["pruefpunkt", size], "txt")


@blueprint.get("/pruefpunkte/schluessel")
@allowed(*FIGURES_MOVE)
def public_key() -> Response:
    """The key that signs now, for whoever checks."""
    keys = stores().seals.signers()
    if not keys:
        raise NotFound("not_sealed", _("Das Journal ist noch nicht versiegelt."))
    return attachment(f"{keys[-1]}\n".encode(), ["log"], "vkey")


def signers_of(note: str) -> list[str]:
    """The names under which a note is signed."""
    with suppress(BadNote):
        return [name for name, _signature in split_note(note.encode())[1]]
    return []


def _cells(one: Sealed) -> tuple[Any, ...]:
    return one.size, one.position, one.sealed_at, signers_of(one.note)
