"""What a command stored, as every command of the interface answers."""

from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

import msgspec
from flask import Response, g, request
from msgspec import Struct

from domain.facts import tag_of
from domain.journal import Decided, Outcome, Request, Streams
from domain.terms import Role
from web.access import present_visitor
from web.api.answers import answer
from web.api.asking import asked
from web.commands import act
from web.house import now, stores


class StoredEntry(Struct, frozen=True):
    """An entry that was stored: its position in the ledger, its kind, its stream, and its number in that: of an entry
    on a journey, the number it is corrected under."""

    position: int
    kind: str
    stream: UUID
    entry: int


class Stored(Struct, frozen=True):
    """What a command stored, and the position of the last of it, the Datenstand that shows it; nothing where it was so
    already (position 0)."""

    entries: list[StoredEntry]
    position: int


def stored(outcome: Outcome, journey: UUID | None = None) -> Response:
    """201 with the entries; 200 where there was nothing to store. The ETag is the journey's version after it."""
    entries = [
        StoredEntry(one.position, tag_of(one.fact), one.originator_id, one.originator_version)
        for one in outcome.recorded
    ]
    version = stores().journal.read(journey)[-1].originator_version if journey else None
    response = answer(Stored(entries, outcome.position), 201 if entries else 200, version=version)
    return replayed(response, outcome.repeated)


def replayed(response: Response, repeated: bool) -> Response:
    """The answer; of a repeat it says so."""
    if repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def carry_out(decide: Callable[[Streams], Decided], role: Role = Role.COACH) -> Outcome:
    """Carry out a command about nobody personally, whose content is that of the request."""
    return act(decide, asked(), role=role, digest=digest())


def requested(role: Role = Role.COACH) -> Request:
    """This request as the ledger notes it."""
    given = asked()
    return Request(
        id=given.id, by=present_visitor().code, now=now(), role=role, digest=digest(), correlation_id=given.id
    )


def digest() -> bytes | None:
    """What is asked for, in a few bytes: tells another request under a key from a repeat. Without a key, none."""
    if not g.get("has_key"):
        return None
    said = [request.method, request.path, request.get_json(silent=True) if request.is_json else None]
    return sha256(msgspec.json.encode(said, order="sorted")).digest()
