"""The ledger: its entries and their proofs, its checkpoints, and where everything stands."""

import json
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Any

from flask import Response
from marshmallow import fields
from msgspec import Struct

from domain.errors import NotFound
from domain.texts import _
from projections.events import Filter, Page, Told, before_day, browse, tell
from projections.events.words import KINDS
from projections.ledger.seals import Sealed
from projections.state import state_of
from web.access import AUDITOR, LEAD, present_visitor, require_programme
from web.api.answers import answer
from web.api.asking import AT, LARGEST_NUMBER, choice, day, query, text, whole
from web.api.routes import Section
from web.house import now, stores
from web.references import audit_names, journey_of
from web.said import messages
from web.words import datenstand

section = Section("ledger", "Entries of the ledger, their proofs, checkpoints, and where the stores stand")
_READERS = (AUDITOR, LEAD)
Kind = StrEnum("Kind", {kind.replace(".", "_").upper(): kind for kind in KINDS})  # type: ignore[misc]
"""The kinds of entries, by their tags."""


class Checkpoint(Struct, frozen=True):
    """A signed checkpoint: how many entries it covers, up to which position, the note, when it was made."""

    size: int
    position: int
    note: str
    sealed_at: datetime


class Status(Struct, frozen=True):
    """Where the stores stand. `lag_seconds` is null where the next entry cannot be read; `certificate` is that of the
    last rebuild of the read model."""

    ledger_position: int
    ledger_entries: int
    projected_position: int
    lag_entries: int
    lag_seconds: float | None
    checkpoint_age_seconds: float | None
    certificate: dict[str, Any] | None


def _id(description: str) -> fields.Field[Any]:
    return fields.UUID(error_messages=messages(fields.UUID), metadata={"description": description})


@section.get("/events", *_READERS, answers=Page, query=query(
    "EventsShown", AT, kind=choice("Entries of this kind only.", Kind), programme=text("About this programme only."),
    journey=_id("About this journey only."), participant=_id("About this participant only."),
    recorded_by=text("Recorded by this account only."), batch=_id("Of this import batch, or command, only."),
    on=day("From this day on (that of recording, in Germany)."), after=whole("After this position."),
    before=whole("Before this position."), limit=whole("Entries of a page.", 1, 500)))  # fmt: skip
def browse_events(query: dict[str, Any]) -> Response:
    """Entries in the order of the ledger, the last ones first asked for without `after`, `before` or `on`.

    Nothing sealed is in them. Who reaches one programme only has to name it.
    """
    programme = query.get("programme")
    visitor = present_visitor()
    if programme is not None:
        require_programme(programme, *_READERS)
    elif visitor.programmes(*_READERS) is not None:
        text = _("Bitte das Programm nennen: das Konto ist auf Programme beschränkt.")
        raise NotFound("unknown_programme", text, field="programme")
    opened, names = stores(), audit_names()
    journey, participant = query.get("journey"), query.get("participant")
    wanted = Filter(
        kinds=(query["kind"].value,) if "kind" in query else (),
        programme=programme,
        journey=journey_of(str(journey)) if journey else None,
        participant=names.participant_of(opened.read_model, str(participant)) if names and participant else participant,
        recorded_by=query.get("recorded_by"),
        correlation=query.get("batch"),
    )
    after = query.get("after")
    if "on" in query:
        after = max(after or 0, before_day(opened.journal, query["on"]))
    found = browse(
        opened.journal,
        opened.read_model,
        wanted,
        after=after,
        before=query.get("before"),
        limit=query.get("limit", 50),
        datenstand=datenstand(),
    )
    return answer(names.page(found) if names else found)


@section.get("/events/<large:position>", *_READERS, query=AT, answers=Told)
def one_event(query: dict[str, Any], position: int) -> Response:
    """One entry with its fields, what belongs to it, its leaf in the tree and its stored text."""
    del query
    return answer(_told(position))


@section.get("/events/<large:position>/proof", *_READERS, content="text/plain")
def proof_of_event(query: dict[str, Any], position: int) -> Response:
    """The proof that the entry is in the ledger, by the first checkpoint that covers it (C2SP tlog-proof)."""
    del query
    _told(position)
    opened = stores()
    head = opened.covering(position, now())
    return Response(opened.seals.prove_entry(position, head).text, content_type="text/plain; charset=utf-8")


@section.get("/checkpoints", *_READERS, answers=list[Checkpoint], query=query(
    "CheckpointsShown", before=whole("Those over fewer entries than this.", 1),
    limit=whole("How many; by default 50.", 1, 500)))  # fmt: skip
def list_checkpoints(query: dict[str, Any]) -> Response:
    """The checkpoints, the largest tree first."""
    before, limit = query.get("before", LARGEST_NUMBER), query.get("limit", 50)
    found = stores().seals.checkpoints_before(before, LARGEST_NUMBER, limit)
    return answer([_checkpoint(one) for one in found])


@section.get("/checkpoints/latest", answers=Checkpoint)
def latest_checkpoint(query: dict[str, Any]) -> Response:
    """The last checkpoint: to be kept by somebody outside. Refused (404): there is none yet."""
    del query
    found = stores().seals.latest()
    if found is None:
        raise NotFound("not_sealed", _("Es gibt noch keinen Prüfpunkt."))
    return answer(_checkpoint(found))


@section.get("/status", answers=Status)
def status(query: dict[str, Any]) -> Response:
    """Where ledger, read model and seals stand."""
    del query
    opened, moment = stores(), now()
    found = state_of(opened, moment)
    return answer(
        Status(
            *(found.ledger_position, found.ledger_entries, found.projected_position, found.lag_entries),
            found.lag_seconds if isfinite(found.lag_seconds) else None,
            found.checkpoint_age(moment),
            json.loads(opened.read_model.certificate() or "null"),
        )
    )


def _told(position: int) -> Told:
    """An entry the visitor may see. Refused (`NotFound`): none, or one of another programme."""
    visitor = present_visitor()
    found = tell(stores().journal, stores().seals, position, datenstand=datenstand())
    reached = visitor.programmes(*_READERS)
    if reached is not None and found.entry.programme not in reached:
        raise NotFound("unknown_entry", _("An Position {position} steht kein Eintrag.", position=position))
    names = audit_names()
    return names.told(found) if names else found


def _checkpoint(found: Sealed) -> Checkpoint:
    return Checkpoint(found.size, found.position, found.note, found.sealed_at)
