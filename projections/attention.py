"""What needs somebody's attention today: sessions overdue, checks due, fundings ending, nobody in charge, too many
in one coach's care. The days are those of `projections.roster.due`, so the list of journeys says the same."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct

from projections.catalogue.selections import at
from projections.read_model import ReadModel
from projections.roster.due import ACTIVE, CHECK_NOTICE, FUNDING_NOTICE, RULES, DueKind, Rule
from projections.roster.filters import Filter, selected
from projections.roster.listing import LATEST_COACH
from projections.roster.scope import Scope, as_known


class Concern(StrEnum):
    """Why a journey needs attention."""

    SESSION_OVERDUE = "session_overdue"
    EXIT_CHECK_DUE = "exit_check_due"
    HALF_YEAR_CHECK_DUE = "half_year_check_due"
    FUNDING_ENDS = "funding_ends"
    NO_COACH = "no_coach"


class Case(Struct, frozen=True):
    """A journey that needs attention. `on`: the day by which it was or is due; without a coach, that of enrolment."""

    stream: str
    participant: str
    programme: str
    coach: str | None
    on: date


class Cases(Struct, frozen=True):
    """How many journeys there are of a concern, and the first of them by day."""

    count: int
    first: tuple[Case, ...]


class Overload(Struct, frozen=True):
    """A coach with more persons in care than the programme's coaching ratio."""

    programme: str
    coach: str
    persons: int
    ratio: int


class Attention(Struct, frozen=True):
    """What needs attention, every concern named; coaches beyond the ratio, those furthest beyond it first."""

    concerns: dict[Concern, Cases]
    overloads: tuple[Overload, ...]


class _Watch(NamedTuple):
    """From which day on something needs attention: so long before it is due; a negative time is after."""

    rule: Rule
    notice: timedelta | None


_NO_COACH = (
    f"{ACTIVE} AND NOT EXISTS (SELECT 1 FROM care k WHERE k.stream = e.stream AND {as_known('k')} "
    f"AND {at('k', ':day', 'from_on', 'until_on')})"
)
_WATCHED: dict[Concern, _Watch] = {
    Concern.SESSION_OVERDUE: _Watch(RULES[DueKind.SESSION], timedelta(days=-1)),
    Concern.EXIT_CHECK_DUE: _Watch(RULES[DueKind.EXIT_CHECK], CHECK_NOTICE),
    Concern.HALF_YEAR_CHECK_DUE: _Watch(RULES[DueKind.HALF_YEAR_CHECK], CHECK_NOTICE),
    Concern.FUNDING_ENDS: _Watch(RULES[DueKind.FUNDING_ENDS], FUNDING_NOTICE),
    Concern.NO_COACH: _Watch(Rule("e.enrolled_on", _NO_COACH), None),
}


def attention(
    model: ReadModel, scope: Scope, programme: str | None, today: date, datenstand: int, *, limit: int = 10
) -> Attention:
    """What needs attention of what a scope shows, in a programme or (None) in all; of each concern at most `limit`
    journeys."""
    concerns = {
        concern: _cases(model, scope, programme, today, datenstand, watch=watch, limit=limit)
        for concern, watch in _WATCHED.items()
    }
    return Attention(concerns, _overloads(model, scope, programme, today, datenstand))


def _cases(
    model: ReadModel,
    scope: Scope,
    programme: str | None,
    today: date,
    datenstand: int,
    *,
    watch: _Watch,
    limit: int,
) -> Cases:
    condition, given = selected(scope, Filter(programme=programme), today, datenstand)
    rule = watch.rule
    conditions = [condition, rule.condition]
    if watch.notice is not None:
        conditions.append(f"{rule.day} <= :latest")
        given["latest"] = today + watch.notice - rule.delay
    if rule.kept is not None:
        conditions.append(f"{rule.day} >= :earliest")
        given["earliest"] = today - rule.kept - rule.delay
    query = (
        f"SELECT e.stream, e.participant, e.programme, {LATEST_COACH}, e.due, e.total FROM (SELECT e.*, "
        f"{rule.day} AS due, count(*) OVER () AS total FROM enrolments e WHERE {' AND '.join(conditions)} "
        "ORDER BY due, e.stream LIMIT :rows) e ORDER BY e.due, e.stream"
    )
    found = model.query(query, {**given, "rows": limit})
    first = tuple(_case(row, rule.delay) for row in found)
    return Cases(int(found[0][5]) if found else 0, first)


def _case(row: tuple[Any, ...], delay: timedelta) -> Case:
    stream, participant, programme, coach, day, _total = row
    return Case(stream, participant, programme, coach, date.fromisoformat(day) + delay)


def _overloads(
    model: ReadModel, scope: Scope, programme: str | None, today: date, datenstand: int
) -> tuple[Overload, ...]:
    """Counted as the figure `caseload_max` does: persons in care on the day."""
    condition, given = selected(scope, Filter(programme=programme), today, datenstand)
    query = (
        "SELECT k.programme, k.coach, count(DISTINCT k.participant) AS persons, max(p.coaching_ratio) AS ratio "
        f"FROM care k JOIN programmes p ON p.programme = k.programme AND {as_known('p')} "
        f"WHERE {as_known('k')} AND {at('k', ':day', 'from_on', 'until_on')} "
        f"AND k.stream IN (SELECT e.stream FROM enrolments e WHERE {condition}) "
        "GROUP BY k.programme, k.coach HAVING count(DISTINCT k.participant) > max(p.coaching_ratio)"
    )
    found = [Overload(*row) for row in model.query(query, given)]
    return tuple(sorted(found, key=lambda one: (one.ratio - one.persons, one.programme, one.coach)))
