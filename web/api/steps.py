"""What is entered on a journey: a route per step, corrections, withdrawals, disputes, and what each would move."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response
from msgspec import Struct

from domain.errors import Refused
from domain.facts import STEP_BY_NAME, Enrolled, Step
from domain.glossary import STEPS
from domain.journal import Outcome
from domain.texts import _
from projections.preview import Moved, preview
from web.access import STAFF
from web.api.answers import answer
from web.api.asking import asked, query, yes_no
from web.api.journeys import section
from web.api.storing import Stored, StoredEntry, stored
from web.commands import correct, dispute, record, step_at, withdraw
from web.house import stores, today
from web.references import journey_of
from web.schemas import Wanted, combined, schema_with, step_schema

__all__ = ["section"]
_PREVIEW = query("Previewed", preview=yes_no("true: nothing is stored; answered is what it would move (200)."))
_WHY = schema_with("Why", why=Wanted("why", str, required=True, sealed=True))
_COMMAND: dict[str, Any] = {"answers": Stored, "status": 201, "command": True, "versioned": True}


class NotStored(Struct, frozen=True):
    """Nothing was stored, because it was so already or because only a preview was asked for: then `moved` is what it
    would move, of today's balance and of every edition."""

    entries: list[StoredEntry] = []
    position: int = 0
    moved: list[Moved] = []


def _step_route(name: str, kind: type[Step]) -> None:
    """The route of one more step."""

    def enter(query: dict[str, Any], body: dict[str, Any], journey: UUID) -> Response:
        stream = journey_of(str(journey))
        return _changed(stream, query, lambda dry_run: record(stream, kind, body, asked(), dry_run=dry_run))

    enter.__name__, enter.__doc__ = f"enter_{name}", f"{STEPS[name].in_language('en')}."
    section.post(
        f"/journeys/<uuid:journey>/steps/{name}", *STAFF, body=step_schema(kind), query=_PREVIEW,
        more={200: NotStored}, **_COMMAND,
    )(enter)  # fmt: skip


def _correction_route(name: str, kind: type[Step]) -> None:
    """The route that corrects an entry of a kind."""

    def correct_entry(query: dict[str, Any], body: dict[str, Any], journey: UUID, entry: int) -> Response:
        stream, why = journey_of(str(journey)), body.pop("why")
        if type(step_at(stream, entry)) is not kind:
            text = _("Eintrag {entry} ist ein anderer Schritt als {step}.", entry=entry, step=name)
            raise Refused("other_step", text, field="entry")
        return _changed(stream, query, lambda dry_run: correct(stream, entry, body, why, asked(), dry_run=dry_run))

    correct_entry.__name__ = f"correct_{name}"
    correct_entry.__doc__ = (
        f"Correct an entry: {STEPS[name].in_language('en')}.\n\nGiven is the whole entry as it is to read, and why. "
        "What is as it was stores nothing (200)."
    )
    section.post(
        f"/journeys/<uuid:journey>/entries/<small:entry>/corrections/{name}", *STAFF, query=_PREVIEW,
        body=combined(f"{step_schema(kind).__name__}Corrected", step_schema(kind), _WHY),
        more={200: NotStored}, **_COMMAND,
    )(correct_entry)  # fmt: skip


for _name, _kind in STEP_BY_NAME.items():
    if _kind is not Enrolled:
        _step_route(_name, _kind)
    _correction_route(_name, _kind)


@section.post(
    "/journeys/<uuid:journey>/entries/<small:entry>/withdrawal", *STAFF, body=_WHY, query=_PREVIEW,
    more={200: NotStored}, **_COMMAND,
)  # fmt: skip
def withdraw_entry(query: dict[str, Any], body: dict[str, Any], journey: UUID, entry: int) -> Response:
    """Take an entry back, with the reason."""
    stream, why = journey_of(str(journey)), body["why"]
    return _changed(stream, query, lambda dry_run: withdraw(stream, entry, why, asked(), dry_run=dry_run))


@section.post("/journeys/<uuid:journey>/entries/<small:entry>/dispute", *STAFF, more={200: Stored}, **_COMMAND)
def dispute_entry(query: dict[str, Any], journey: UUID, entry: int) -> Response:
    """Mark an entry as contested by the person (Art. 18 DSGVO); it still counts."""
    del query
    stream = journey_of(str(journey))
    return stored(dispute(stream, entry, asked()), stream)


@section.post("/journeys/<uuid:journey>/entries/<small:entry>/settlement", *STAFF, more={200: Stored}, **_COMMAND)
def settle_entry(query: dict[str, Any], journey: UUID, entry: int) -> Response:
    """Take the mark from a contested entry."""
    del query
    stream = journey_of(str(journey))
    return stored(dispute(stream, entry, asked(), settled=True), stream)


def _changed(stream: UUID, query: dict[str, Any], change: Callable[[bool], Outcome]) -> Response:
    """What a change stored or, as a preview, what it would move."""
    if not query.get("preview"):
        return stored(change(False), stream)
    decided = [one.fact for one in change(True).recorded if one.originator_id == stream]
    opened = stores()
    moved = preview(opened.journal, opened.read_model, stream, decided, today=today()) if decided else []
    return answer(NotStored(moved=moved))
