"""The journeys of a programme as an import file: the steps that count, corrections applied, nothing personal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.facts import CoachAssigned, Enrolled, Recorded, Step, step_name
from domain.journal import Journal
from domain.journey import Journey, evolve
from projections.exchange.steps import fields_of
from projections.read_model import ReadModel

_STREAMS = 500


class Participation(NamedTuple):
    """A journey that counts: whose, its stream, and the how-manyth that counts of this person in the programme."""

    participant: str
    stream: str
    number: int


def participations(model: ReadModel, programme: str, datenstand: int) -> list[Participation]:
    """The participations in a programme as known at a Datenstand, by person; those withdrawn are left out."""
    found = model.query(
        "SELECT e.participant, e.stream FROM enrolments e WHERE e.programme = :programme "
        "AND e.known_from <= :datenstand AND (e.known_until IS NULL OR e.known_until > :datenstand) "
        "ORDER BY e.participant, e.participation",
        {"programme": programme, "datenstand": datenstand},
    )
    counted: Counter[str] = Counter()
    numbered = []
    for participant, stream in found:
        counted[participant] += 1
        numbered.append(Participation(participant, stream, counted[participant]))
    return numbered


def journeys(
    journal: Journal, found: Sequence[Participation], datenstand: int
) -> Iterator[tuple[Participation, Journey, Sequence[Recorded]]]:
    """The journeys of some participations, in their order, as they read at a Datenstand, and their entries.

    Only a few hundred are in memory at a time.
    """
    for start in range(0, len(found), _STREAMS):
        chunk = found[start : start + _STREAMS]
        loaded = journal.load([UUID(one.stream) for one in chunk], upto=datenstand)
        for one in chunk:
            recorded = loaded[UUID(one.stream)]
            yield one, reduce(evolve, (entry.fact for entry in recorded), Journey()), recorded


def export_rows(
    journal: Journal, model: ReadModel, programme: str, datenstand: int, override_reason: str
) -> Iterator[dict[str, Any]]:
    """The steps of all journeys of a programme as known at a Datenstand, journey by journey.

    Persons appear under their random id. Sealed fields are left out; an override that was made carries
    `override_reason` instead of its reason, so that a lead can take the file in again.
    """
    for found, journey, recorded in journeys(journal, participations(model, programme, datenstand), datenstand):
        by = {one.originator_version: one.entry.recorded_by for one in recorded}
        for version, step in sorted(journey.entries.items()):
            assert journey.enrolled is not None
            row: dict[str, Any] = {
                "id": f"{found.stream}/{version}",
                "participant": str(journey.enrolled.participant),
                "programme": journey.enrolled.programme,
                "step": step_name(step),
                "on": step.happened_on.isoformat(),
                "recorded_by": by[version],
                "participation": found.number,
            }
            yield row | _fields(step, override_reason)


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
