"""The rows behind one figure, each with the entries it came from."""

import re
from collections import Counter
from datetime import date
from fractions import Fraction

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.facts import Value
from domain.texts import _
from projections.balance.counting import ALL, Group, as_value, count_one, parameters, selections_of
from projections.balance.figures import cells, reached_position
from projections.catalogue import CORE, Catalogue, Figure, Measure, Part, Unit
from projections.read_model import Parameters, ReadModel
from projections.rows import TRAITS, split_traits


class EvidenceRow(Struct, frozen=True, omit_defaults=True):
    """One unit a figure counts: whose, on which journey, and the ledger positions behind it.

    `unit` is what is counted once; `value` is 1, or what a sum adds up. For a ratio `part` says which of its two
    parts the row is counted in. `disputed` are those of the entries that the person contested at the Datenstand.
    """

    participant: str
    journey: str
    entries: list[int]
    unit: str
    value: int | float
    category: str | None = None
    part: str | None = None
    disputed: list[int] = []


class Evidence(Struct, frozen=True):
    """The rows behind a figure. Their count (or the sum of their values) is the figure; for a ratio, that of the
    rows of either part."""

    figure: str
    value: Value
    rows: list[EvidenceRow]


def evidence(
    model: ReadModel,
    programme: str,
    code: str,
    stichtag: date,
    *,
    datenstand: int | None = None,
    catalogue: Catalogue = CORE,
    group: Group = ALL,
) -> Evidence:
    """The rows one figure counts, or one of its cells: a `group` is a trait and its value, or a category of the
    figure's own. Each row has the entries it came from.

    Refused: as `compute`; an unknown code; a group the figure has not.
    """
    figure = catalogue.figure(code)
    _require_group(figure, catalogue, group)
    with model.snapshot():
        given = parameters(programme, stichtag, reached_position(model, programme, datenstand))
        counted = {name: count_one(model, catalogue.selections[name], given) for name in selections_of([figure])}
        value = as_value(
            figure, cells(figure, catalogue, counted).get(group, Fraction() if figure.per is None else None)
        )
        if figure.per is None:
            rows = _evidence_of(model, catalogue, figure.part, given, None, group)
            if figure.unit is Unit.EUR:
                rows = [msgspec.structs.replace(row, value=row.value / 100) for row in rows]
        else:
            rows = _evidence_of(model, catalogue, figure.part, given, "numerator", group)
            rows += _evidence_of(model, catalogue, figure.per, given, "denominator", group)
        rows = _marked(rows, _disputed(model, given))
    return Evidence(code, value, rows)


def _require_group(figure: Figure, catalogue: Catalogue, group: Group) -> None:
    selection = catalogue.selections[figure.part.selection]
    known = [*(catalogue.traits if selection.by_traits else ()), selection.category if figure.per is None else None]
    if group != ALL and group[0] not in known:
        text = _("{figure} ist nicht aufgeteilt nach {trait}.", figure=figure.code, trait=group[0])
        raise Refused("unknown_trait", text, field="trait")


def _belongs(catalogue: Catalogue, group: Group, traits: str, category: str | None) -> bool:
    """Whether a row belongs to a group."""
    trait, value = group
    if group == ALL:
        return True
    if trait in catalogue.traits:
        return split_traits(traits)[TRAITS.index(trait)] == value
    return category == value


def _evidence_of(
    model: ReadModel, catalogue: Catalogue, part: Part, given: Parameters, name: str | None, group: Group
) -> list[EvidenceRow]:
    selection = catalogue.selections[part.selection]
    query = (
        "SELECT s.unit, s.participant, s.stream, s.category, s.value, s.entries, s.traits "
        f"FROM ({selection.sql}) s ORDER BY s.traits, s.participant, s.stream, s.entries, s.value"
    )
    units: dict[object, EvidenceRow] = {}
    for number, (unit, participant, stream, category, value, entries, traits) in enumerate(model.query(query, given)):
        if not _belongs(catalogue, group, traits, category):
            continue
        unit_counted = category if part.measure is Measure.CATEGORIES else unit
        key = unit_counted if selection.distinct else number
        positions = positions_in(entries)
        before = units.get(key)
        if before is None:
            units[key] = EvidenceRow(participant, stream, positions, str(unit_counted), int(value), category, name)
        else:
            units[key] = msgspec.structs.replace(
                before, entries=sorted({*before.entries, *positions}), value=before.value + int(value)
            )
    rows = [row for row in units.values() if not part.categories or row.category in part.categories]
    if part.measure is not Measure.SUM:
        rows = [msgspec.structs.replace(row, value=1) for row in rows]
    return _largest(rows) if part.measure is Measure.LARGEST else rows


def _disputed(model: ReadModel, given: Parameters) -> set[int]:
    """The positions of the entries of a programme that are contested at the Datenstand."""
    found = model.query(
        "SELECT d.disputed FROM disputes d WHERE d.programme = :programme "
        "AND d.known_from <= :datenstand AND (d.known_until IS NULL OR d.known_until > :datenstand)",
        given,
    )
    return {int(position) for (position,) in found}


def _marked(rows: list[EvidenceRow], disputed: set[int]) -> list[EvidenceRow]:
    if not disputed:
        return rows
    return [
        msgspec.structs.replace(row, disputed=[position for position in row.entries if position in disputed])
        for row in rows
    ]


def _largest(rows: list[EvidenceRow]) -> list[EvidenceRow]:
    """The rows of the category that has most; of several, the first by name."""
    counts = Counter(row.category or "" for row in rows)
    if not counts:
        return []
    most = min(counts, key=lambda category: (-counts[category], category))
    return [row for row in rows if row.category == most]


def positions_in(entries: str) -> list[int]:
    """The positions in one or several JSON lists in a row."""
    return sorted({int(position) for position in re.findall(r"\d+", entries)})
