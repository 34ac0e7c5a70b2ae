"""What the pages of Prüfung share: their tabs, and what of the ledger a visitor may see.

Auditors see every entry of the programmes they audit and the ledger's own, such as accounts and catalogues; what there
is about a person only if that person is in one of their programmes. Leads see the entries of their programmes, coaches
those of their caseload. A journey whose enrolment was withdrawn has no page any more, but its entries stay.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from flask import Blueprint, request

from domain.errors import NotFound
from domain.terms import Role
from domain.texts import Text, _
from projections.events import Listed, before_day
from projections.exchange.values import converted
from projections.roster import visible_among
from web.access import AUDITOR, DATA_PROTECTION, LEAD, present_visitor, require_journey, visible_journeys
from web.house import stores
from web.words import datenstand, link, say

blueprint = Blueprint("audit", __name__, url_prefix="/pruefung")

SEALS = (AUDITOR, LEAD, DATA_PROTECTION)
"""Who may let the ledger be verified."""
FIGURES_MOVE = (AUDITOR, LEAD)
"""Who may follow how figures came about, keep checkpoints and take a bundle."""
_TABS: tuple[tuple[str, Text, tuple[Role, ...]], ...] = (
    ("audit.audit", _("Überblick"), SEALS),
    ("audit.events", _("Ereignisse"), (AUDITOR,)),
    ("audit.replay", _("Wiedergabe"), FIGURES_MOVE),
    ("audit.verification", _("Verifizieren"), SEALS),
    ("audit.checkpoints", _("Prüfpunkte"), FIGURES_MOVE),
    ("audit.bundle", _("Prüfbündel"), FIGURES_MOVE),
)


def tabs_at(endpoint: str) -> list[tuple[str, str, bool]]:
    """The pages the visitor has here, one of them marked."""
    found = present_visitor()
    return [(say(label), link(name), name == endpoint) for name, label, roles in _TABS if found.has(*roles)]


def sees(entry: Listed) -> bool:
    """Whether the visitor may see an entry: one not under pseudonyms yet."""
    found = present_visitor()
    if entry.programme is not None:
        if found.has(AUDITOR, LEAD):
            return found.reaches(entry.programme, AUDITOR, LEAD)
        return entry.journey is not None and entry.journey in journeys_seen([entry.journey])
    if not found.has(AUDITOR):
        return False
    reached = found.programmes(AUDITOR)
    return reached is None or entry.participant is None or _enrolled_in(entry.participant, reached)


def require_seen(entry: Listed) -> None:
    """Refused like what does not exist, and logged: an entry the visitor may not see."""
    if sees(entry):
        return
    with suppress(NotFound):  # it logs, and says the id of the journey
        require_journey(UUID(entry.journey) if entry.journey else entry.stream, datenstand())
    raise unknown_entry(entry.position)


def unknown_entry(position: int) -> NotFound:
    """There is no such entry."""
    text = _("An Position {position} steht kein Eintrag.", position=position)
    return NotFound("unknown_entry", text, field="position")


def journeys_seen(journeys: Sequence[str]) -> set[str]:
    """Those of some journeys that have a page for the visitor."""
    return visible_among(stores().read_model, visible_journeys(), journeys, datenstand())


def given_position(name: str) -> int | None:
    """The position the address gives, or the first from a day on; None where nothing is given. Refused: neither."""
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    if typed.isdecimal() and len(typed) < 18:
        return int(typed)
    return before_day(stores().journal, converted(name, typed, date)) + 1


def _enrolled_in(participant: str, programmes: Sequence[str]) -> bool:
    rows = stores().read_model.query(
        "SELECT DISTINCT e.programme FROM enrolments e WHERE e.participant = :participant", {"participant": participant}
    )
    return any(programme in programmes for (programme,) in rows)
