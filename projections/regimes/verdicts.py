"""Whether something counts: the catalogue's own SELECTs, restricted to one person."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.texts import Text
from projections.balance import parameters, reached_position
from projections.balance.counting import months_before
from projections.catalogue import CORE, ESF, Catalogue, Figure, Measure, Regime, Unit
from projections.read_model import Parameters, ReadModel
from projections.regimes.reasons import Case, Counted, reason_of
from projections.regimes.things import Thing, ThingKind, things_of
from projections.rows import as_entries

_SINGLE_PARENTS = "single_parents_in_svp"
_DAYS = "active_days"


class Verdict(Struct, frozen=True):
    """Whether a thing counts in a regime: the figures it counts in (none: it does not), and why or why not.

    `reason` is the code of the sentence `why`, for programs.
    """

    thing: Thing
    regime: Regime
    counted: tuple[Counted, ...]
    reason: str
    why: Text


class _Row(NamedTuple):
    """One row that a selection yields for the person."""

    unit: str
    category: str | None
    value: int
    entries: str


def regimes_of(
    model: ReadModel, programme: str, participant: UUID, stichtag: date, *, datenstand: int | None = None
) -> list[Verdict]:
    """A verdict per thing of a person and regime, as known at the Datenstand, by the first day of the thing.

    Of several things that are one unit, such as two jobs begun in one month, the earliest counts. The ESF+ counts
    persons, so only participations have a verdict there. Refused: as `compute`; a person without participation then.
    """
    with model.snapshot():
        reached = reached_position(model, programme, datenstand)
        given = {**parameters(programme, stichtag, reached), "participant": str(participant)}
        since = months_before(stichtag, 12)
        cases = [
            Case(thing, regime, stichtag, since, {}, {})
            for thing in things_of(model, given)
            for regime in _regimes(thing)
        ]
        selected: dict[tuple[str, str], list[_Row]] = {}
        for catalogue, figure in _counting(stichtag):
            key = catalogue.name, figure.part.selection
            if key not in selected:
                selected[key] = _selected(model, catalogue, figure.part.selection, given)
            _count(figure, catalogue, selected[key], [case for case in cases if case.regime is figure.regime])
        days = {row.entries: row.value for row in _selected(model, CORE, _DAYS, given)}
    return [_verdict(case._replace(days=days.get(as_entries(tuple(case.thing.entries)), 0))) for case in cases]


def _regimes(thing: Thing) -> list[Regime]:
    return [regime for regime in Regime if regime is not Regime.ESF or thing.kind is ThingKind.PARTICIPATION]


def _counting(stichtag: date) -> Iterator[tuple[Catalogue, Figure]]:
    """The figures that count or sum something; ratios and caseloads follow from others."""
    for catalogue in (CORE, ESF):
        for figure in catalogue.figures:
            if figure.per is None and figure.part.measure in (Measure.COUNT, Measure.SUM) and figure.valid_at(stichtag):
                yield catalogue, figure


def _verdict(case: Case) -> Verdict:
    reason, why = reason_of(case)
    return Verdict(case.thing, case.regime, tuple(case.counted.values()), reason, why)


# --- from rows to things ------------------------------------------------------------------------------------


def _selected(model: ReadModel, catalogue: Catalogue, name: str, given: Parameters) -> list[_Row]:
    query = (
        "SELECT s.unit, s.category, s.value, s.entries "
        f"FROM ({catalogue.selections[name].sql}) s WHERE s.participant = :participant"
    )
    return [
        _Row(str(unit), category, int(value), entries) for unit, category, value, entries in model.query(query, given)
    ]


def _count(figure: Figure, catalogue: Catalogue, rows: list[_Row], cases: list[Case]) -> None:
    """Give every unit of a figure to the first thing behind it, and note with the others which one that is."""
    summed = figure.part.measure is Measure.SUM
    once = catalogue.selections[figure.part.selection].distinct and not summed
    first: dict[str, Thing] = {}
    for case in cases:
        for row in _of_categories(figure, rows):
            if not _is_about(row, figure, case.thing):
                continue
            holder = first.setdefault(row.unit, case.thing) if once else case.thing
            if holder is case.thing:
                value = row.value if summed else 1
                amount = value / 100 if figure.unit is Unit.EUR else value
                case.counted[figure.code] = Counted(figure.code, row.unit, amount)
            else:
                case.taken[figure.code] = holder


def _of_categories(figure: Figure, rows: list[_Row]) -> list[_Row]:
    """The rows of the units that are in the categories a figure counts."""
    if not figure.part.categories:
        return rows
    category = {
        unit: min(row.category or "" for row in rows if row.unit == unit) for unit in {row.unit for row in rows}
    }
    return [row for row in rows if category[row.unit] in figure.part.categories]


def _is_about(row: _Row, figure: Figure, thing: Thing) -> bool:
    """Whether a row is this thing's: the first entries behind a row are those of the thing it is about. Only the
    rows of the ESF+ are about the person, and those of a single parent's job about both facts together."""
    if figure.regime is Regime.ESF:
        return True
    if figure.code == _SINGLE_PARENTS or thing.kind is ThingKind.SINGLE_PARENT:
        return figure.code == _SINGLE_PARENTS and thing.kind is ThingKind.SINGLE_PARENT
    return row.entries.startswith(as_entries(tuple(thing.entries)))
