"""The journeys of a programme as an import file: the steps that count, corrections applied, nothing personal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any
from uuid import UUID

import msgspec

from domain.facts import CoachAssigned, Enrolled, Recorded, Step, step_name
from domain.journal import Journal
from domain.journey import Journey, evolve
from projections.exchange.steps import fields_of
from projections.read_model import ReadModel

_STREAMS = 500


def export_rows(
    journal: Journal, model: ReadModel, programme: str, datenstand: int, override_reason: str
) -> Iterator[dict[str, Any]]:
    """The steps of all journeys of a programme as known at a Datenstand, journey by journey.

    Persons appear under their random id. Sealed fields are left out; an override that was made carries
    `override_reason` instead of its reason, so that a lead can take the file in again.
    """
    found = model.query(
        "SELECT e.participant, e.stream FROM enrolments e WHERE e.programme = :programme "
        "AND e.known_from <= :datenstand AND (e.known_until IS NULL OR e.known_until > :datenstand) "
        "ORDER BY e.participant, e.participation",
        {"programme": programme, "datenstand": datenstand},
    )
    counted: Counter[str] = Counter()
    for start in range(0, len(found), _STREAMS):
        chunk = found[start : start + _STREAMS]
        loaded = journal.load([UUID(stream) for _participant, stream in chunk], upto=datenstand)
        for participant, stream in chunk:
            counted[participant] += 1
            yield from _rows(loaded[UUID(stream)], stream, counted[participant], override_reason)


def _rows(recorded: Sequence[Recorded], stream: str, participation: int, reason: str) -> Iterator[dict[str, Any]]:
    journey = reduce(evolve, (one.fact for one in recorded), Journey())
    by = {one.originator_version: one.entry.recorded_by for one in recorded}
    for version, step in sorted(journey.entries.items()):
        assert journey.enrolled is not None
        row: dict[str, Any] = {
            "id": f"{stream}/{version}",
            "participant": str(journey.enrolled.participant),
            "programme": journey.enrolled.programme,
            "step": step_name(step),
            "on": step.happened_on.isoformat(),
            "recorded_by": by[version],
            "participation": participation,
        }
        yield row | _fields(step, reason)


def _fields(step: Step, reason: str) -> dict[str, Any]:
    """The fields of a step that are not personal, as the import file writes them; those left open stay out."""
    fields = {}
    for field in fields_of(type(step)):
        value = getattr(step, field.name)
        if field.sealed:
            if field.name == "override_reason" and isinstance(step, Enrolled | CoachAssigned) and value is not None:
                fields[field.name] = reason
        elif value is not None:
            fields[field.name] = msgspec.to_builtins(value)
    return fields
