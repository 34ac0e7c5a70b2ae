"""Which journeys somebody may see: the one condition every query about persons takes (SECURITY.md, access).

A journey is in the caseload of the coach of its latest assignment by day, also after the exit, for the follow-up
checks; a coach it was handed over from sees it no longer (need to know, § 35 Abs. 1 SGB I).
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from projections.read_model import Parameters, ReadModel

Pair = tuple[str, str | None]
"""A coach's code, and the programme of the caseload; None is every programme."""
Condition = tuple[str, dict[str, str]]
"""A condition in SQL, and the parameters it names."""


class Scope(Struct, frozen=True):
    """What somebody may see: both must allow it. `programmes` None: every one. `coach` None: not limited to
    caseloads; otherwise the caseloads that are visible, none of them if it is empty. `besides`: caseloads that are
    visible whatever the other two say, as those of a coach who leads another programme."""

    programmes: tuple[str, ...] | None
    coach: tuple[Pair, ...] | None
    besides: tuple[Pair, ...] = ()


EVERYTHING = Scope(programmes=None, coach=None)
"""For code that answers to nobody in particular; never for a page."""


def as_known(row: str) -> str:
    """The row was known at `:datenstand`."""
    return f"{row}.known_from <= :datenstand AND ({row}.known_until IS NULL OR {row}.known_until > :datenstand)"


def visible(scope: Scope) -> Condition:
    """The condition on a row `e` of `enrolments` that the scope lets its reader see; it takes `:datenstand` too."""
    conditions, parameters = ["1 = 1"], dict[str, str]()
    if scope.programmes is not None:
        named = {f"scope_programme_{number}": key for number, key in enumerate(scope.programmes)}
        conditions.append(f"e.programme IN ({', '.join(f':{name}' for name in named)})" if named else "1 = 0")
        parameters |= named
    if scope.coach is not None:
        condition, named = caseloads(scope.coach, "scope")
        conditions.append(condition)
        parameters |= named
    if not scope.besides:
        return " AND ".join(conditions), parameters
    condition, named = caseloads(scope.besides, "besides")
    return f"(({' AND '.join(conditions)}) OR {condition})", parameters | named


def caseloads(pairs: Sequence[Pair], prefix: str) -> Condition:
    """The journey `e` is in one of the caseloads; parameters begin with the prefix."""
    alternatives, parameters = [], dict[str, str]()
    for number, (coach, programme) in enumerate(pairs):
        parameters[f"{prefix}_coach_{number}"] = coach
        alternative = f"k.coach = :{prefix}_coach_{number}"
        if programme is not None:
            parameters[f"{prefix}_in_{number}"] = programme
            alternative += f" AND k.programme = :{prefix}_in_{number}"
        alternatives.append(f"({alternative})")
    if not alternatives:
        return "1 = 0", {}
    return (
        f"e.stream IN (SELECT k.stream FROM care k WHERE ({' OR '.join(alternatives)}) AND {as_known('k')} "
        "AND NOT EXISTS (SELECT 1 FROM care later WHERE later.stream = k.stream "
        f"AND later.from_on > k.from_on AND {as_known('later')}))",
        parameters,
    )


def is_visible(model: ReadModel, scope: Scope, stream: str, datenstand: int) -> bool:
    """Whether a journey exists at the Datenstand and the scope lets its reader see it; False for what is no id."""
    try:
        journey = str(UUID(stream))
    except ValueError:
        return False
    condition, parameters = visible(scope)
    given: Parameters = {"journey": journey, "datenstand": datenstand, **parameters}
    query = f"SELECT 1 FROM enrolments e WHERE e.stream = :journey AND {as_known('e')} AND {condition}"
    return bool(model.query(query, given))


def visible_among(model: ReadModel, scope: Scope, streams: Sequence[str], datenstand: int) -> set[str]:
    """Those of some journeys that `is_visible` is true of."""
    if not streams:
        return set()
    condition, parameters = visible(scope)
    named = {f"journey_{number}": stream for number, stream in enumerate(dict.fromkeys(streams))}
    query = (
        f"SELECT DISTINCT e.stream FROM enrolments e WHERE e.stream IN ({', '.join(f':{name}' for name in named)}) "
        f"AND {as_known('e')} AND {condition}"
    )
    return {stream for (stream,) in model.query(query, {"datenstand": datenstand, **named, **parameters})}
