"""Small questions about journeys: whose they are, where their enrolments stand, which of them may be seen."""

from collections.abc import Iterable
from uuid import UUID

from projections.balance import positions_in
from projections.read_model import ReadModel
from projections.roster.scope import Scope, as_known, visible


def person_of(model: ReadModel, journey: UUID) -> tuple[UUID, str] | None:
    """Whose journey it is and in which programme, as known now; None where there is no such journey."""
    found = model.query(
        "SELECT e.participant, e.programme FROM enrolments e WHERE e.stream = :stream AND e.known_until IS NULL",
        {"stream": str(journey)},
    )
    return (UUID(found[0][0]), str(found[0][1])) if found else None


def enrolment_entries(model: ReadModel, journeys: Iterable[UUID], datenstand: int) -> list[int]:
    """The ledger positions behind the enrolments of some journeys, corrections and exits among them."""
    named = {f"stream_{number}": str(stream) for number, stream in enumerate(journeys)}
    if not named:
        return []
    rows = model.query(
        f"SELECT e.entries FROM enrolments e WHERE e.stream IN ({', '.join(f':{name}' for name in named)}) "
        f"AND {as_known('e')}",
        {**named, "datenstand": datenstand},
    )
    return [position for (entries,) in rows for position in positions_in(entries)]


def visible_streams(model: ReadModel, scope: Scope, datenstand: int) -> set[str]:
    """Every journey a scope shows."""
    condition, given = visible(scope)
    query = f"SELECT e.stream FROM enrolments e WHERE {as_known('e')} AND {condition}"
    return {stream for (stream,) in model.query(query, {"datenstand": datenstand, **given})}


def every_stream(model: ReadModel) -> list[str]:
    """Every journey there ever was."""
    return [stream for (stream,) in model.query("SELECT DISTINCT e.stream FROM enrolments e", {})]


def municipalities(model: ReadModel) -> list[str]:
    """Every municipality somebody was enrolled from, by name."""
    query = "SELECT DISTINCT e.municipality FROM enrolments e WHERE e.known_until IS NULL ORDER BY e.municipality"
    return [name for (name,) in model.query(query, {})]
