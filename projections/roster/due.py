"""What is due on a journey and by when: one definition for the list and for what needs attention.

The SQL below is of a row `e` of `enrolments` and takes `:day` and `:datenstand`.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from projections.catalogue.selections import at
from projections.roster.scope import as_known


class DueKind(StrEnum):
    """What is due: the next coaching session; the follow-up check within four weeks of the exit, that within four
    weeks from six months after it (Regulation (EU) 2021/1057, Annex I); what comes after a funding that ends."""

    SESSION = "session"
    EXIT_CHECK = "exit_check"
    HALF_YEAR_CHECK = "half_year_check"
    FUNDING_ENDS = "funding_ends"


class Due(Struct, frozen=True, order=True):
    """Something to be done by a day, that day included."""

    on: date
    kind: DueKind


COACHING_EVERY = timedelta(days=42)
"""The longest between two coaching sessions, counted from the enrolment where there was none: a rule of the house."""
CHECK_NOTICE = timedelta(days=14)
"""So long before its last day a follow-up check needs attention: half of the four weeks it may be made in."""
CHECK_KEPT = timedelta(days=28)
"""So long after its last day it still does: a check made in time may be entered late; then nothing can be done."""
FUNDING_NOTICE = timedelta(days=30)
"""So long before its last day a funding needs attention."""


class Rule(NamedTuple):
    """When something is due: `delay` after a day of the journey, where the condition holds; a day gone by for longer
    than `kept` no longer counts (None: it always does)."""

    day: str
    condition: str
    delay: timedelta = timedelta(0)
    kept: timedelta | None = None


_LAST_SESSION = (
    f"(SELECT max(s.held_on) FROM sessions s WHERE s.stream = e.stream AND s.held_on <= :day AND {as_known('s')})"
)
LAST_CONTACT = f"coalesce({_LAST_SESSION}, e.enrolled_on)"
"""The day of the last session; without any, that of the enrolment."""
ACTIVE = at("e", ":day", "enrolled_on", "exited_on")
_RUNNING = (
    f"f.granted_on <= :day AND f.until_on >= :day AND (f.ended_on IS NULL OR f.ended_on > :day) AND {as_known('f')}"
)


def _unchecked(since: str, until: str) -> str:
    """The person has left for good, and no check between two days found out where to: docs/esf.md."""
    return (
        f"e.exited_on <= :day AND e.exit_reason <> 'deceased' AND NOT EXISTS (SELECT 1 FROM whereabouts w "
        f"WHERE w.stream = e.stream AND {as_known('w')} AND w.status <> 'unknown' "
        f"AND w.checked_on >= {since} AND w.checked_on <= {until} AND w.checked_on <= :day) "
        "AND NOT EXISTS (SELECT 1 FROM enrolments again WHERE again.participant = e.participant "
        "AND again.programme = e.programme AND again.participation > e.participation "
        f"AND again.enrolled_on <= :day AND {as_known('again')})"
    )


RULES: dict[DueKind, Rule] = {
    DueKind.SESSION: Rule(LAST_CONTACT, ACTIVE, COACHING_EVERY),
    DueKind.EXIT_CHECK: Rule("e.left_until", _unchecked("e.exited_on", "e.left_until"), kept=CHECK_KEPT),
    DueKind.HALF_YEAR_CHECK: Rule(
        "e.half_year_until", _unchecked("e.half_year_on", "e.half_year_until"), kept=CHECK_KEPT
    ),
    DueKind.FUNDING_ENDS: Rule(
        f"(SELECT min(f.until_on) FROM fundings f WHERE f.stream = e.stream AND {_RUNNING})",
        f"e.stream IN (SELECT f.stream FROM fundings f WHERE {_RUNNING})",
    ),
}
"""When each is due. A funding's last day is a promise, so it counts while the funding runs."""


def day_of(kind: DueKind) -> str:
    """The day of the journey that something follows from, where it is due; NULL where it is not."""
    rule = RULES[kind]
    if kind is DueKind.FUNDING_ENDS:  # the smallest of none is NULL by itself
        return rule.day
    return f"CASE WHEN {rule.condition} THEN {rule.day} END"


def dues(days: dict[DueKind, date | None], today: date) -> tuple[Due, ...]:
    """What is due, the earliest first, from the days of `day_of`."""
    found = [Due(day + RULES[kind].delay, kind) for kind, day in days.items() if day is not None]
    return tuple(sorted(due for due in found if _counts(due, today)))


def _counts(due: Due, today: date) -> bool:
    kept = RULES[due.kind].kept
    return kept is None or due.on + kept >= today
