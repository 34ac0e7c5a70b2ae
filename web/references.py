"""How journeys and persons are named in addresses and on pages: auditors see pseudonyms only.

A pseudonym is made with a key that is made anew for each audit and destroyed at its end (§ 53 SGB II), so the same
person has the same pseudonym during an audit and another one in the next.
"""

from functools import lru_cache
from uuid import UUID

from flask import g

from domain.errors import NotFound
from domain.texts import _
from projections.exchange.pseudonyms import Pseudonyms
from web.access import present_visitor, require_journey
from web.house import now, stores
from web.words import datenstand

_LETTERS = 13


def reference_of(journey: UUID | str) -> str:
    """How a journey is named in an address and on a page."""
    if not present_visitor().under_pseudonyms:
        return str(journey)
    return _pseudonyms().of("journey", str(journey))


def pseudonym_of(participant: UUID | str) -> str:
    """What a person is called where the name is not shown: the beginning of the id, or the pseudonym of this audit."""
    if not present_visitor().under_pseudonyms:
        return str(participant)[:_LETTERS]
    return _pseudonyms().of("participant", str(participant))[:_LETTERS]


def person_of(participant: UUID | str) -> str:
    """How a person is named for programs: the id, or the whole pseudonym."""
    if not present_visitor().under_pseudonyms:
        return str(participant)
    return _pseudonyms().of("participant", str(participant))


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


def _audit_key() -> bytes:
    if "audit_key" not in g:
        g.audit_key = stores().access.audit_key(present_visitor().code, now())
    return bytes(g.audit_key)


def _pseudonyms() -> Pseudonyms:
    return Pseudonyms(_audit_key())


@lru_cache(maxsize=4)
def _journeys(key: bytes, tracked: int) -> dict[str, str]:
    """Every journey by its pseudonym; `tracked` says when it has to be made again."""
    del tracked
    pseudonyms = Pseudonyms(key)
    rows = stores().read_model.query("SELECT DISTINCT e.stream FROM enrolments e", {})
    return {pseudonyms.of("journey", stream): stream for (stream,) in rows}


def _unknown(reference: str) -> NotFound:
    return NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=reference[:40]), field="journey")
