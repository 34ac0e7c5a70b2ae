"""Which journeys are asked for, as a condition in SQL on a row `e` of `enrolments`."""

from datetime import date

from msgspec import Struct

from projections.catalogue.selections import at
from projections.roster.scope import Scope, as_known, caseloads, visible
from projections.states import SPELLS, State

Selected = tuple[str, dict[str, str | int | date | None]]


class Filter(Struct, frozen=True, omit_defaults=True):
    """What is asked for; None asks for nothing. All of it must hold.

    `coach` is that of the latest assignment, "" stands for journeys never assigned. `stage` is where the journey
    stands on the day. Traits are those at enrolment, as in the breakdowns of the figures. `enrolled_from` and
    `enrolled_to` are included. `active_on`: enrolled by that day and not exited then. `participants` are ids, as a
    search by name finds them; an empty tuple finds nobody.
    """

    programme: str | None = None
    coach: str | None = None
    stage: State | None = None
    gender: str | None = None
    age_group: str | None = None
    municipality: str | None = None
    single_parent: bool | None = None
    enrolled_from: date | None = None
    enrolled_to: date | None = None
    active_on: date | None = None
    exit_reason: str | None = None
    participants: tuple[str, ...] | None = None


_PLAIN = {
    "programme": "e.programme = :programme",
    "gender": "e.gender = :gender",
    "age_group": "e.age_group = :age_group",
    "municipality": "e.municipality = :municipality",
    "single_parent": "e.single_parent = :single_parent",
    "enrolled_from": "e.enrolled_on >= :enrolled_from",
    "enrolled_to": "e.enrolled_on <= :enrolled_to",
    "active_on": at("e", ":active_on", "enrolled_on", "exited_on"),
    "exit_reason": "e.exit_reason = :exit_reason AND e.exited_on <= :day",
}


def selected(scope: Scope, asked: Filter, day: date, datenstand: int) -> Selected:
    """The journeys begun by the day that the scope shows and the filter asks for."""
    condition, seen = visible(scope)
    conditions = [as_known("e"), "e.enrolled_on <= :day", condition]
    given: dict[str, str | int | date | None] = {"day": day, "datenstand": datenstand, **seen}
    for name, plain in _PLAIN.items():
        value = getattr(asked, name)
        if value is not None:
            conditions.append(plain)
            given[name] = int(value) if isinstance(value, bool) else value
    if asked.coach:
        condition, named = caseloads([(asked.coach, None)], "asked")
        conditions.append(condition)
        given |= named
    elif asked.coach is not None:
        conditions.append(f"NOT EXISTS (SELECT 1 FROM care k WHERE k.stream = e.stream AND {as_known('k')})")
    if asked.participants is not None:
        ids = {f"participant_{number}": one for number, one in enumerate(asked.participants)}
        conditions.append(f"e.participant IN ({', '.join(f':{name}' for name in ids)})" if ids else "1 = 0")
        given |= ids
    if asked.stage is not None:
        conditions.append(_stands_at(asked.stage))
    return " AND ".join(conditions), given


def _within(state: State) -> str:
    """A spell of the journey that puts it in a state covers the day."""
    spell = SPELLS[state]
    if spell.table == "enrolments":
        return at("e", ":day", spell.start, spell.end)
    return (
        f"EXISTS (SELECT 1 FROM {spell.table} r WHERE r.stream = e.stream AND {spell.condition.format(row='r')} "
        f"AND {at('r', ':day', spell.start, spell.end)} AND {as_known('r')})"
    )


def _stands_at(stage: State) -> str:
    """The journey stands there on the day, and at nothing that goes before."""
    before = list(State)[: list(State).index(stage)]
    own = [] if stage is State.LEFT else [_within(stage)]
    return " AND ".join([*own, *(f"NOT ({_within(state)})" for state in before)])


STAGE = "CASE " + " ".join(f"WHEN {_within(state)} THEN '{state}'" for state in SPELLS) + f" ELSE '{State.LEFT}' END"
"""Where the journey `e` stands on `:day`; jobs and qualifications of another participation are not its own."""
