"""Data protection: erasures by four eyes, restrictions, how long what is kept, and who read what."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response
from msgspec import Meta, Struct

from domain.errors import NotFound
from domain.journal import Request
from domain.terms import ErasureGround, RestrictionGround, register_stream
from domain.texts import _
from domain.vault import Read
from projections.data_protection import Case, journeys_of, read_register
from projections.ledger.reads import Month, months_of
from projections.protecting import (
    approve_erasure,
    case_of,
    decline_erasure,
    impose_restriction,
    lift_restriction,
    participant_with,
    request_erasure,
)
from projections.retention import Combination, Kept, due, reidentifiable
from projections.roster import is_visible
from web.access import DATA_PROTECTION, LEAD, present_visitor, visible_journeys
from web.api.answers import answer
from web.api.asking import day, query, text, whole
from web.api.programmes import known
from web.api.routes import Section
from web.api.storing import replayed, requested
from web.house import now, stores, today
from web.schemas import Wanted, schema_with

section = Section("data_protection", "Erasures, restrictions, retention, and the log of reads")
_OFFICER: dict[str, Any] = {"scope": "admin", "command": True, "status": 201, "answers": Case, "more": {200: Case}}
_PERSON = "/participants/<uuid:participant>"
_MONTH = Meta(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)


class Participant(Struct, frozen=True):
    """A participant under the random id."""

    participant: UUID


class Reads(Struct, frozen=True):
    """What was opened in a month, page by page: `after` of the next page is the last number."""

    month: str
    rows: list[Read]
    more: bool


@section.post("/participants/search", DATA_PROTECTION, scope="admin", answers=Participant, body=schema_with(
    "CustomerNumber", customer_number=Wanted("customer_number", str, required=True)))  # fmt: skip
def search_participant(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Who has a customer number; it is in no address and in no message."""
    del query
    return answer(Participant(participant_with(stores(), body["customer_number"])))


@section.get("/erasures", DATA_PROTECTION, scope="admin", answers=list[Case])
def list_erasures(query: dict[str, Any]) -> Response:
    """Everybody whose erasure was ever asked for."""
    del query
    return answer([case for case in read_register(stores().journal).values() if case.requested_at])


@section.post(f"{_PERSON}/erasure", LEAD, DATA_PROTECTION, body=schema_with(
    "ErasureAsked", ground=Wanted("ground", ErasureGround, required=True)), **_OFFICER)  # fmt: skip
def ask_for_erasure(query: dict[str, Any], body: dict[str, Any], participant: UUID) -> Response:
    """Ask for the erasure of what is personal about somebody; somebody else has to approve it."""
    del query
    _require_person(participant)
    return _acted(participant, lambda request: request_erasure(stores(), participant, body["ground"], request))


@section.post(f"{_PERSON}/erasure/approval", DATA_PROTECTION, **_OFFICER)
def approve_and_erase(query: dict[str, Any], participant: UUID) -> Response:
    """Approve the erasure that somebody else asked for, and carry it out. There is no way back."""
    del query

    def approve(request: Request) -> None:
        approve_erasure(stores(), participant, request)

    return _acted(participant, approve)


@section.post(f"{_PERSON}/erasure/refusal", DATA_PROTECTION, **_OFFICER)
def refuse_erasure(query: dict[str, Any], participant: UUID) -> Response:
    """Decline the erasure that was asked for."""
    del query
    return _acted(participant, lambda request: decline_erasure(stores(), participant, request))


@section.get("/restrictions", DATA_PROTECTION, scope="admin", answers=list[Case])
def list_restrictions(query: dict[str, Any]) -> Response:
    """Everybody who is restricted (Art. 18 DSGVO)."""
    del query
    return answer([case for case in read_register(stores().journal).values() if case.restricted])


@section.post(f"{_PERSON}/restriction", DATA_PROTECTION, body=schema_with(
    "RestrictionAsked", ground=Wanted("ground", RestrictionGround, required=True)), **_OFFICER)  # fmt: skip
def restrict(query: dict[str, Any], body: dict[str, Any], participant: UUID) -> Response:
    """Restrict somebody: what is personal is kept and no longer opened."""
    del query
    return _acted(participant, lambda request: impose_restriction(stores(), participant, body["ground"], request))


@section.post(f"{_PERSON}/restriction/lifting", DATA_PROTECTION, **_OFFICER)
def lift(query: dict[str, Any], participant: UUID) -> Response:
    """End the restriction of somebody."""
    del query
    return _acted(participant, lambda request: lift_restriction(stores(), participant, request))


@section.get("/retention", DATA_PROTECTION, scope="admin", answers=list[Kept], query=query(
    "RetentionOn", programme=text("Of this programme only."), on=day("Due on it; by default today.")))  # fmt: skip
def retention(query: dict[str, Any]) -> Response:
    """Everybody by the last day personal data is kept, and whose erasure is due."""
    programme = known(query["programme"]) if "programme" in query else None
    on: date = query.get("on", today())
    return answer(due(stores().read_model, stores().journal, programme, on))


@section.get("/retention/recognisable", DATA_PROTECTION, scope="admin", answers=dict[str, list[Combination]])
def recognisable(query: dict[str, Any]) -> Response:
    """The combinations of clear traits that fewer than three erased persons have."""
    del query
    return answer(reidentifiable(stores().read_model, stores().journal))


@section.get("/reads", DATA_PROTECTION, scope="admin", answers=list[Month])
def list_months(query: dict[str, Any]) -> Response:
    """The months of the log of reads."""
    del query
    return answer(months_of(stores().vault.reads))


@section.get("/reads/<month:month>", DATA_PROTECTION, scope="admin", answers=Reads, query=query(
    "ReadsShown", account=text("By this account only."), after=whole("After this number."),
    limit=whole("Rows of a page.", 1, 1_000)))  # fmt: skip
def reads_of_month(query: dict[str, Any], month: str) -> Response:
    """Who opened which field of whom in a month, when and what for."""
    after, limit = query.get("after", 0), query.get("limit", 200)
    rows = stores().vault.reads.rows(month, account=query.get("account"))
    found = [row for row, _number in zip((row for row in rows if row.number > after), range(limit + 1), strict=False)]
    return answer(Reads(month, found[:limit], len(found) > limit))


@section.delete("/reads/<month:month>", DATA_PROTECTION, scope="admin", answers=Month)
def delete_month(query: dict[str, Any], month: str) -> Response:
    """Delete a month of the log of reads that is past and sealed; its seals stay, and who deleted it."""
    del query
    log = stores().vault.reads
    log.delete_month(month, by=present_visitor().code, now=now())
    return answer(next(one for one in months_of(log) if one.month == month))


def _acted(participant: UUID, act: Callable[[Request], Any]) -> Response:
    """201 with the case where something was stored, now or by the request this one repeats; else 200."""
    request, journal = requested(), stores().journal
    before = {one.entry.request_id for one in journal.read(register_stream())}
    act(request)
    after = {one.entry.request_id for one in journal.read(register_stream())}
    response = answer(case_of(stores(), participant), 201 if request.id in after else 200)
    return replayed(response, request.id in before)


def _require_person(participant: UUID) -> None:
    """Refused like who does not exist: somebody of whom a lead sees no journey."""
    visitor, model = present_visitor(), stores().read_model
    journeys = journeys_of(model, participant)
    if visitor.has(DATA_PROTECTION):
        return
    position = model.tracked()
    if not any(is_visible(model, visible_journeys(), str(one), position) for one in journeys):
        text = _("Eine Person {participant} wurde nie aufgenommen.", participant=participant)
        raise NotFound("unknown_participant", text, field="participant")
