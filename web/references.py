"""How journeys and persons are named in addresses and on pages: auditors see pseudonyms only.

A pseudonym is made with a key that is made anew for each audit and destroyed at its end (§ 53 SGB II), so the same
person has the same pseudonym during an audit and another one in the next.
"""

from functools import lru_cache
from uuid import UUID

from flask import g

from domain.errors import NotFound
from domain.texts import _
from projections.events import AuditNames
from projections.exchange.pseudonyms import Pseudonyms
from projections.roster.journeys import every_stream
from web.access import present_visitor, require_journey
from web.house import now, stores
from web.words import datenstand

_LETTERS = 13


def reference_of(journey: UUID | str) -> str:
    """How a journey is named in an address and on a page."""
    if not present_visitor().under_pseudonyms:
        return str(journey)
    return pseudonyms().of("journey", str(journey))


def pseudonym_of(participant: UUID | str) -> str:
    """What a person is called where the name is not shown: the beginning of the id, or the pseudonym of this audit."""
    if not present_visitor().under_pseudonyms:
        return str(participant)[:_LETTERS]
    return pseudonyms().of("participant", str(participant))[:_LETTERS]


def person_of(participant: UUID | str) -> str:
    """How a person is named for programs: the id, or the whole pseudonym."""
    if not present_visitor().under_pseudonyms:
        return str(participant)
    return pseudonyms().of("participant", str(participant))


def journey_of(reference: str) -> UUID:
    """The journey a visitor may see under a reference. Refused (`NotFound`): none, or one not to be seen."""
    try:
        journey = UUID(reference)
    except ValueError:
        raise _unknown(reference) from None
    if present_visitor().under_pseudonyms:
        found = _journeys(_audit_key(), stores().read_model.tracked()).get(str(journey))
        if found is None:
            raise _unknown(reference)
        journey = UUID(found)
    require_journey(journey, datenstand())
    return journey


def audit_names() -> AuditNames | None:
    """The pseudonyms of the present audit; None where the visitor sees the ids themselves."""
    return AuditNames(_audit_key()) if present_visitor().under_pseudonyms else None


def end_audit() -> None:
    """Destroy the key of the visitor's audit, and what this process made with it; others drop that when they need the
    room."""
    stores().access.end_audit(present_visitor().code)
    _journeys.cache_clear()
    g.pop("audit_key", None)


def _audit_key() -> bytes:
    if "audit_key" not in g:
        g.audit_key = stores().access.audit_key(present_visitor().code, now())
    return bytes(g.audit_key)


def pseudonyms() -> Pseudonyms:
    """The pseudonyms of the visitor's audit."""
    return Pseudonyms(_audit_key())


@lru_cache(maxsize=4)
def _journeys(key: bytes, tracked: int) -> dict[str, str]:
    """Every journey by its pseudonym; `tracked` says when it has to be made again."""
    del tracked
    made = Pseudonyms(key)
    return {made.of("journey", stream): stream for stream in every_stream(stores().read_model)}


def _unknown(reference: str) -> NotFound:
    return NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=reference[:40]), field="journey")
