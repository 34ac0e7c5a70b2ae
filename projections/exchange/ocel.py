"""The journeys as an object-centric event log: OCEL 2.0 in JSON, with participants, journeys, coaches and spells.

The published schema of the format checks neither references nor types, so the log is checked here before anything of
it is written. Values are texts, as that schema wants them; their types are those declared.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from itertools import chain, groupby
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from domain.facts import STEP_BY_NAME, Enrolled, FundingGranted, PlacementStarted, QualificationStarted, step_name
from projections.exchange.pseudonyms import Case, Event, Typed, attribute_types, midnight

_FIRST_VALUE = "1970-01-01T00:00:00Z"
"""The time of a value an object has from the beginning, by the convention of the standard."""
_PIECE = 1 << 16

_SUBJECTS: dict[str, tuple[str, str]] = {
    "qualification_started": ("qualification", "starts"),
    "qualification_completed": ("qualification", "completes"),
    "qualification_abandoned": ("qualification", "abandons"),
    "placement_started": ("placement", "starts"),
    "placement_ended": ("placement", "ends"),
    "funding_granted": ("funding", "grants"),
    "funding_ended": ("funding", "ends"),
}
"""What the `ref` of a step names, and what the step is to it."""
_BEGINNINGS = {step_name(kind): kind for kind in (QualificationStarted, PlacementStarted, FundingGranted)}

OBJECT_TYPES: dict[str, dict[str, str]] = {
    "participant": attribute_types(Enrolled),
    "journey": {"participation": "integer"},
    "coach": {},
    **{_SUBJECTS[name][0]: attribute_types(kind) for name, kind in _BEGINNINGS.items()},
}
EVENT_TYPES: dict[str, dict[str, str]] = {
    name: {} if kind is Enrolled else attribute_types(kind) for name, kind in STEP_BY_NAME.items()
}


class BrokenLog(Exception):
    """The log contradicts itself. A fault of this program and not of the data; nothing of the log may be handed out."""


class Relation(NamedTuple):
    """To an object, and what it is to whoever has the relation."""

    object_id: str
    qualifier: str


class ObjectValue(NamedTuple):
    """An attribute an object has from a time on."""

    name: str
    time: str
    value: Typed


class LogObject(NamedTuple):
    """An object of the log."""

    id: str
    type: str
    attributes: list[ObjectValue]
    relations: list[Relation]


class LogEvent(NamedTuple):
    """An event of the log."""

    id: str
    type: str
    time: str
    attributes: dict[str, Typed]
    relations: list[Relation]


def ocel(cases: Iterable[Case]) -> Iterator[str]:
    """The document, piece by piece. The cases of a participant stand together, in the order of the pseudonyms.

    Events wait in a temporary file until the objects are written. Raises `BrokenLog` before the piece that would be
    wrong: what came before it is to be thrown away.
    """
    yield f'{{"objectTypes":{_declared(OBJECT_TYPES)},\n"eventTypes":{_declared(EVENT_TYPES)},\n"objects":['
    coaches: set[str] = set()
    last = ""
    with TemporaryFile("w+", encoding="utf-8") as waiting:
        separated = _separated()
        waiting_separated = _separated()
        for participant, group in groupby(cases, key=lambda case: case.participant):
            if participant <= last:
                raise BrokenLog(f"participant {participant} after {last}")
            last = participant
            of_one = list(group)
            objects, events = _objects(participant, of_one), list(_events(of_one))
            theirs = {event.coach for case in of_one for event in case.events if event.coach}
            check(objects, events, elsewhere=theirs)
            coaches |= theirs
            yield "".join(separated(_object(one)) for one in objects)
            waiting.writelines(waiting_separated(_event(one)) for one in events)
        yield "".join(separated(_object(LogObject(coach, "coach", [], []))) for coach in sorted(coaches))
        yield '\n],\n"events":['
        waiting.seek(0)
        yield from iter(partial(waiting.read, _PIECE), "")
    yield "\n]}\n"


def check(objects: Iterable[LogObject], events: Iterable[LogEvent], elsewhere: Collection[str] = ()) -> None:
    """Whether a part of a log holds together; `elsewhere` are the ids of objects it may refer to besides its own.

    Raises `BrokenLog`: an id twice, a type or attribute that is not declared, a value not of its type, two values of
    an attribute at one time, or a relation without qualifier or to an object that is not there.
    """
    objects, events = list(objects), list(events)
    _require_different("object", [*(one.id for one in objects), *elsewhere])
    _require_different("event", [one.id for one in events])
    known = {one.id for one in objects}.union(elsewhere)
    for one in objects:
        _require_different(f"value of {one.id}", [(value.name, value.time) for value in one.attributes])
        _require_values(OBJECT_TYPES, one, ((value.name, value.value) for value in one.attributes))
        _require_objects(one, known)
    for event in events:
        _require_values(EVENT_TYPES, event, event.attributes.items())
        _require_objects(event, known)


def _require_different(what: str, found: Collection[Any]) -> None:
    if len({*found}) < len(found):
        raise BrokenLog(f"{what} twice")


def _require_objects(one: LogObject | LogEvent, known: Collection[str]) -> None:
    for relation in one.relations:
        if relation.object_id not in known or not relation.qualifier:
            raise BrokenLog(f"{one.type} {one.id}: {relation.qualifier!r} {relation.object_id}")


def _require_values(
    declared: Mapping[str, Mapping[str, str]], one: LogObject | LogEvent, values: Iterable[tuple[str, Typed]]
) -> None:
    if one.type not in declared:
        raise BrokenLog(f"{one.type} is not declared")
    for name, value in values:
        if declared[one.type].get(name) != value.type:
            raise BrokenLog(f"{one.type}.{name} is not declared as {value.type}")
        try:
            _READ[value.type](value.text)
        except (KeyError, ValueError):
            raise BrokenLog(f"{one.type}.{name} is no {value.type}") from None


_READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "time": datetime.fromisoformat,
}


# --- what a participant's cases come to ---------------------------------------------------------------


def _objects(participant: str, cases: list[Case]) -> list[LogObject]:
    """The participant, the journeys, and what their steps began."""
    begun = [(event, _SUBJECTS[event.step][0]) for case in cases for event in case.events if event.step in _BEGINNINGS]
    has = [Relation(case.id, "has") for case in cases]
    has += [Relation(str(event.subject), "has") for event, _kind in begun]
    objects = [LogObject(participant, "participant", _history(cases), has)]
    for case in cases:
        number = ObjectValue("participation", _FIRST_VALUE, Typed("integer", str(case.participation)))
        objects.append(LogObject(case.id, "journey", [number], []))
    for event, kind in begun:
        values = [ObjectValue(name, _FIRST_VALUE, value) for name, value in event.attributes.items()]
        supports = [Relation(event.placement, "supports")] if event.placement else []
        objects.append(LogObject(str(event.subject), kind, values, supports))
    return objects


def _history(cases: list[Case]) -> list[ObjectValue]:
    """The traits of a participant and their changes: at a further enrolment, and as circumstances change."""
    said: list[tuple[date, dict[str, Typed]]] = []
    for case in cases:  # one after the other: participations never overlap
        said += [(case.events[0].on, case.traits)]
        said += [(event.on, event.attributes) for event in case.events if event.step == "circumstances_changed"]
    values: dict[tuple[str, str], Typed] = {}
    now: dict[str, Typed] = {}
    for day, traits in said:
        for name, value in traits.items():
            if now.get(name) != value:
                values[name, midnight(day) if name in now else _FIRST_VALUE] = value
                now[name] = value
    return [ObjectValue(name, time, value) for (name, time), value in values.items()]


def _events(cases: list[Case]) -> Iterator[LogEvent]:
    for case in cases:
        for event in case.events:
            yield LogEvent(event.id, event.step, midnight(event.on), event.attributes, _relations(case, event))


def _relations(case: Case, event: Event) -> list[Relation]:
    relations = [Relation(case.id, "part of"), Relation(case.participant, "about")]
    if event.coach:
        relations.append(Relation(event.coach, "assigns" if event.step == "coach_assigned" else "in care of"))
    if event.subject:
        relations.append(Relation(event.subject, _SUBJECTS[event.step][1]))
    if event.placement:
        relations.append(Relation(event.placement, "supports"))
    return relations


# --- JSON ------------------------------------------------------------------------------------------------


def _declared(types: Mapping[str, Mapping[str, str]]) -> str:
    return _json(
        [
            {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}
            for name, attributes in types.items()
        ]
    )


def _object(one: LogObject) -> str:
    attributes = [{"name": name, "time": time, "value": value.text} for name, time, value in one.attributes]
    return _json({"id": one.id, "type": one.type, "attributes": attributes, "relationships": _related(one)})


def _event(one: LogEvent) -> str:
    attributes = [{"name": name, "value": value.text} for name, value in one.attributes.items()]
    head = {"id": one.id, "type": one.type, "time": one.time}
    return _json({**head, "attributes": attributes, "relationships": _related(one)})


def _related(one: LogObject | LogEvent) -> list[dict[str, str]]:
    return [{"objectId": relation.object_id, "qualifier": relation.qualifier} for relation in one.relations]


def _separated() -> Callable[[str], str]:
    """A function that puts each text on a line of its own, with a comma before all but the first."""
    separators = chain(["\n"], iter(lambda: ",\n", None))
    return lambda text: next(separators) + text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
