"""Pages of the list of journeys, and how many there are."""

import base64
import binascii
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import _
from projections.catalogue.selections import at
from projections.read_model import ReadModel
from projections.roster.due import LAST_CONTACT, Due, DueKind, day_of, dues
from projections.roster.filters import STAGE, Filter, selected
from projections.roster.scope import Scope, as_known
from projections.states import State


class Listed(Struct, frozen=True):
    """A journey as it stood on the day. `exited_on` is the first day no longer active. `coach` is that of the latest
    assignment. `placement` is the kind of work it has on the day. `dues` are ascending by day; of an overdue one the
    day has gone by. `disputed`: the person contests an entry."""

    stream: str
    participant: str
    programme: str
    participation: int
    enrolled_on: date
    exited_on: date | None
    exit_reason: str | None
    coach: str | None
    age_group: str
    gender: str
    municipality: str
    single_parent: bool
    stage: State
    last_session_on: date | None
    placement: str | None
    disputed: bool
    dues: tuple[Due, ...]

    @property
    def next_due(self) -> Due | None:
        """What is due first."""
        return self.dues[0] if self.dues else None


class Page(Struct, frozen=True):
    """Some rows, and the cursors of the page after and the page before them; None where there is none."""

    rows: tuple[Listed, ...]
    next_cursor: str | None
    previous_cursor: str | None


class Sort(StrEnum):
    """The order of the list: the latest enrolment first; the longest without a session first, counted from the
    enrolment where there was none; the latest exit first, then those not exited."""

    ENROLLED = "enrolled"
    SESSION = "session"
    EXITED = "exited"


class _Order(NamedTuple):
    """A day to sort by, and in which direction."""

    day: str
    descending: bool


_EXITED = "CASE WHEN e.exited_on <= :day THEN {column} END"
_EXITED_ON = _EXITED.format(column="e.exited_on")
_ORDERS: dict[Sort, _Order] = {
    Sort.ENROLLED: _Order("e.enrolled_on", True),
    Sort.SESSION: _Order(LAST_CONTACT, False),
    Sort.EXITED: _Order(f"coalesce({_EXITED_ON}, :never)", True),
}


class _Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The row a page begins after, by its place in the order; `back`: the page ends before it."""

    sort: Sort
    on: date
    stream: UUID
    back: bool


LATEST_COACH = (
    f"(SELECT k.coach FROM care k WHERE k.stream = e.stream AND {as_known('k')} ORDER BY k.from_on DESC LIMIT 1)"
)
"""The coach of the latest assignment of the journey `e`: in whose caseload it is."""
_COLUMNS = {
    "stream": "e.stream",
    "participant": "e.participant",
    "programme": "e.programme",
    "participation": "e.participation",
    "enrolled_on": "e.enrolled_on",
    "exited_on": _EXITED_ON,
    "exit_reason": _EXITED.format(column="e.exit_reason"),
    "coach": LATEST_COACH,
    "age_group": "e.age_group",
    "gender": "e.gender",
    "municipality": "e.municipality",
    "single_parent": "e.single_parent",
    "stage": STAGE,
    "last_session_on": "(SELECT max(s.held_on) FROM sessions s WHERE s.stream = e.stream AND s.held_on <= :day "
    f"AND {as_known('s')})",
    "placement": f"(SELECT p.kind FROM placements p WHERE p.stream = e.stream AND {as_known('p')} "
    f"AND {at('p', ':day', 'started_on', 'ended_on')} ORDER BY CASE p.kind WHEN 'svp' THEN 1 WHEN 'ausbildung' THEN 2 "
    "WHEN 'selbstaendig' THEN 3 ELSE 4 END LIMIT 1)",
    "disputed": f"CASE WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.stream = e.stream AND {as_known('d')}) "
    "THEN 1 ELSE 0 END",
}


def page(
    model: ReadModel,
    scope: Scope,
    asked: Filter,
    day: date,
    datenstand: int,
    *,
    after: str | None = None,
    limit: int = 50,
    sort: Sort = Sort.ENROLLED,
) -> Page:
    """The journeys of a filter that a scope shows, some at a time; `after` is a cursor of another page, None the
    beginning. Refused: a cursor that is none, or of another order."""
    condition, given = selected(scope, asked, day, datenstand)
    order, cursor = _ORDERS[sort], _read(after, sort)
    back = cursor is not None and cursor.back
    descending = order.descending is not back
    if cursor is not None:
        condition += f" AND ({order.day}, e.stream) {'<' if descending else '>'} (:cursor_on, :cursor_stream)"
        given |= {"cursor_on": cursor.on, "cursor_stream": str(cursor.stream)}
    way = "DESC" if descending else "ASC"
    listed = [*_COLUMNS.values(), *map(day_of, DueKind)]
    query = (
        f"SELECT {', '.join(listed)}, e.place FROM (SELECT e.*, {order.day} AS place FROM enrolments e "
        f"WHERE {condition} ORDER BY place {way}, e.stream {way} LIMIT :rows) e ORDER BY e.place {way}, e.stream {way}"
    )
    found = model.query(query, {**given, "never": date.min, "rows": limit + 1})
    shown = found[:limit][::-1] if back else found[:limit]
    more = len(found) > limit
    first, last = (_written(sort, shown[place], back=place == 0) if shown else None for place in (0, -1))
    return Page(
        rows=tuple(_listed(row, day) for row in shown),
        next_cursor=last if more or back else None,
        previous_cursor=first if (more if back else cursor is not None) else None,
    )


def count(model: ReadModel, scope: Scope, asked: Filter, day: date, datenstand: int) -> int:
    """How many journeys all pages have together."""
    condition, given = selected(scope, asked, day, datenstand)
    return int(model.query(f"SELECT count(*) FROM enrolments e WHERE {condition}", given)[0][0])


def stage_counts(model: ReadModel, scope: Scope, asked: Filter, day: date, datenstand: int) -> dict[State, int]:
    """How many of them stand where on the day; every stage is named, and they add up to `count`."""
    condition, given = selected(scope, asked, day, datenstand)
    stages = f"SELECT {STAGE} AS stage FROM enrolments e WHERE {condition}"
    query = f"SELECT s.stage, count(*) FROM ({stages}) s GROUP BY s.stage"
    found = dict(model.query(query, given))
    return {stage: int(found.get(stage.value, 0)) for stage in State}


# --- rows and cursors -----------------------------------------------------------------------------


def _listed(row: tuple[Any, ...], day: date) -> Listed:
    told = dict(zip(_COLUMNS, row, strict=False))
    days = {kind: _day(value) for kind, value in zip(DueKind, row[len(_COLUMNS) : -1], strict=True)}
    for name in ("enrolled_on", "exited_on", "last_session_on"):
        told[name] = _day(told[name])
    flags = {name: bool(told[name]) for name in ("single_parent", "disputed")}
    return Listed(**{**told, **flags, "stage": State(told["stage"])}, dues=dues(days, day))


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _written(sort: Sort, row: tuple[Any, ...], *, back: bool) -> str:
    cursor = _Cursor(sort, date.fromisoformat(row[-1]), UUID(row[0]), back)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read(cursor: str | None, sort: Sort) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        written = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        found = msgspec.json.decode(written, type=_Cursor)
    except (binascii.Error, ValueError, UnicodeEncodeError):
        found = None
    if found is None or found.sort is not sort:
        text = _("Diese Seite der Liste gibt es nicht; bitte die Liste von vorn öffnen.")
        raise Refused("bad_value", text, field="cursor")
    return found
