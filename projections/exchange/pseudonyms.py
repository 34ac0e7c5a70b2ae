"""Journeys as somebody outside may see them: typed attributes under pseudonyms, and nothing that leads back.

An `Event` or `Case` holds no id of the ledger, no account, no code the office chose (coach, ref), nothing sealed:
the formats for other tools are written from these alone.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.facts import CoachAssigned, Enrolled, FundingGranted, Step, step_name
from domain.journal import BERLIN, Journal
from domain.journey import Journey
from domain.terms import Key
from projections.exchange.export import Participation, journeys
from projections.exchange.steps import fields_of

KEY_BYTES = 32
"""How long the key of an export is."""

_TYPES: dict[type, str] = {
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.FloatType: "float",
    msgspec.inspect.DecimalType: "float",
    msgspec.inspect.DateType: "time",
    msgspec.inspect.StrType: "string",
    msgspec.inspect.EnumType: "string",
    msgspec.inspect.VarTupleType: "string",
}


class Typed(NamedTuple):
    """A value as the formats write it, with its type: string, integer, float, boolean or time."""

    type: str
    text: str


class Event(NamedTuple):
    """A step that counts. `coach`, `subject` and `placement` are pseudonyms: who had the participant in care, what the
    step's `ref` names, and the placement a funding supports."""

    id: str
    step: str
    on: date
    coach: str | None
    subject: str | None
    placement: str | None
    attributes: dict[str, Typed]


class Case(NamedTuple):
    """A participation: whose, the how-manyth, the traits at enrolment, and the steps in the order of their days."""

    id: str
    participant: str
    participation: int
    traits: dict[str, Typed]
    events: list[Event]


class Pseudonyms:
    """Pseudonyms made under one key: the same thing gets the same one, and under another key another.

    The key is random, made for one export and kept nowhere (§ 53 SGB II: pseudonyms anew for each), so that nobody
    can find the way back, or from one export to the next, by the ids. Refused (`ValueError`): a key too short.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes instead of {KEY_BYTES}")
        self._key = key

    def of(self, kind: str, *identity: str | int) -> str:
        """The pseudonym of a thing of this kind."""
        named = "/".join((kind, *map(str, identity)))
        return str(UUID(bytes=blake2b(named.encode(), digest_size=16, key=self._key).digest(), version=4))


def cases(journal: Journal, found: Iterable[Participation], datenstand: int, pseudonyms: Pseudonyms) -> Iterator[Case]:
    """The participations as known at a Datenstand, corrections applied; those of one person stand together.

    They come in the order of the persons' pseudonyms, which is another one for every export.
    """
    in_order = sorted(found, key=lambda one: (pseudonyms.of("participant", one.participant), one.number))
    for participation, journey, _recorded in journeys(journal, in_order, datenstand):
        assert journey.enrolled is not None
        yield Case(
            id=pseudonyms.of("journey", participation.stream),
            participant=pseudonyms.of("participant", participation.participant),
            participation=participation.number,
            traits=_attributes(journey.enrolled),
            events=list(_events(journey, participation.stream, pseudonyms)),
        )


@cache
def attribute_types(kind: type[Step]) -> dict[str, str]:
    """The attributes a step has for others, with their types: what is sealed or names anything is none."""
    shown = {field.name for field in fields_of(kind) if not field.sealed and field.type not in (Key, Key | None)}
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return {field.name: _TYPES[type(_bare(field.type))] for field in info.fields if field.name in shown}


def midnight(day: date) -> str:
    """The beginning of a day in Germany, ISO 8601. Its offset is in hours and minutes, as XML wants it: that of the
    local time before 1893 loses its seconds."""
    return datetime.combine(day, time(), BERLIN).isoformat()[:25]


def _events(journey: Journey, stream: str, pseudonyms: Pseudonyms) -> Iterator[Event]:
    exit_day = journey.exited.happened_on if journey.exited else date.max
    coach = None
    for version, step in sorted(journey.entries.items(), key=lambda entry: (entry[1].happened_on, entry[0])):
        if isinstance(step, CoachAssigned):
            coach = pseudonyms.of("coach", step.coach)
        ref = getattr(step, "ref", None)
        placement = step.placement if isinstance(step, FundingGranted) else None
        yield Event(
            id=pseudonyms.of("event", stream, version),
            step=step_name(step),
            on=step.happened_on,
            coach=coach if step.happened_on <= exit_day else None,
            subject=pseudonyms.of("ref", stream, ref) if ref else None,
            placement=pseudonyms.of("ref", stream, placement) if placement else None,
            attributes={} if isinstance(step, Enrolled) else _attributes(step),
        )


def _attributes(step: Step) -> dict[str, Typed]:
    """The attributes of a step; those left open stay out."""
    values = ((name, kind, getattr(step, name)) for name, kind in attribute_types(type(step)).items())
    return {name: Typed(kind, _written(value)) for name, kind, value in values if value not in (None, ())}


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date():
            return midnight(value)
        case Decimal():
            return format(value, "f")
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(map(_written, value))
        case _:
            return str(value)


def _bare(info: Any) -> Any:
    """The type inside `Annotated` and `… | None`."""
    if isinstance(info, msgspec.inspect.Metadata):
        return _bare(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return _bare(next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)))
    return info
