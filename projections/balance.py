"""Figures of a programme for one Stichtag at one Datenstand, and the rows behind each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.law import months_later
from domain.texts import _
from projections.catalogue import CORE, Catalogue, Figure, Measure, Part, Selection, Unit
from projections.glossary import place_of
from projections.read_model import Parameters, ReadModel
from projections.rows import TRAITS, split_traits

Value = int | float | None


class FigureValue(Struct, frozen=True):
    """A figure's value, and the same by each trait and, for some figures, by a category of their own."""

    value: Value
    by: dict[str, dict[str, Value]]


class Balance(Struct, frozen=True):
    """The figures of a programme: what had happened by `stichtag`, as the ledger held it at `datenstand`."""

    programme: str
    kind: str
    stichtag: date
    datenstand: int
    catalogue: str
    checkpoint: str | None
    figures: dict[str, FigureValue]


class EvidenceRow(Struct, frozen=True, omit_defaults=True):
    """One unit a figure counts: whose, on which journey, and the ledger positions behind it.

    `unit` is what is counted once; `value` is 1, or what a sum adds up. For a ratio `part` says which of its two
    parts the row is counted in.
    """

    participant: str
    journey: str
    entries: list[int]
    unit: str
    value: int | float
    category: str | None = None
    part: str | None = None


class Evidence(Struct, frozen=True):
    """The rows behind a figure. Their count (or the sum of their values) is the figure; for a ratio, that of the
    rows of either part."""

    figure: str
    value: Value
    rows: list[EvidenceRow]


_Counts = dict[str | None, list[int]]
"""What a selection holds of each of its categories: units, and the sum of their values."""
_Groups = dict[tuple[str, str], _Counts]
"""The same of everything, under `_ALL`, and of each value of each trait."""
_ALL = ("", "")


def compute(
    model: ReadModel,
    programme: str,
    stichtag: date,
    *,
    datenstand: int | None = None,
    final: bool = False,
    catalogue: Catalogue = CORE,
) -> Balance:
    """All figures valid at the Stichtag, with all breakdowns; `datenstand` None is all that is projected.

    Refused: a programme unknown at the Datenstand, a Datenstand the read model has not reached, a final balance
    for a Stichtag before the programme's end.
    """
    with model.snapshot():
        reached = reached_position(model, programme, datenstand)
        if final:
            _require_ended(model, programme, stichtag)
        given = parameters(programme, stichtag, reached)
    figures = [figure for figure in catalogue.figures if figure.valid_at(stichtag)]
    counted = _count_all(model, {name: catalogue.selections[name] for name in _selections(figures)}, given)
    return Balance(
        programme=programme,
        kind="final" if final else "interim",
        stichtag=stichtag,
        datenstand=reached,
        catalogue=catalogue.version,
        checkpoint=None,
        figures={figure.code: _value_of(figure, counted, catalogue) for figure in figures},
    )


def evidence(
    model: ReadModel,
    programme: str,
    code: str,
    stichtag: date,
    *,
    datenstand: int | None = None,
    catalogue: Catalogue = CORE,
) -> Evidence:
    """The rows one figure counts, each with the entries it came from; refused as `compute`."""
    figure = catalogue.figure(code)
    with model.snapshot():
        given = parameters(programme, stichtag, reached_position(model, programme, datenstand))
        counted = {name: _counted(model, catalogue.selections[name], given) for name in _selections([figure])}
        value = _value(figure, counted, _ALL)
        if figure.per is None:
            rows = _evidence_of(model, catalogue, figure.part, given, None)
            if figure.unit is Unit.EUR:
                rows = [msgspec.structs.replace(row, value=row.value / 100) for row in rows]
        else:
            rows = _evidence_of(model, catalogue, figure.part, given, "numerator")
            rows += _evidence_of(model, catalogue, figure.per, given, "denominator")
    return Evidence(code, value, rows)


def parameters(programme: str, stichtag: date, datenstand: int) -> Parameters:
    """What the selections take: the programme, the two times, and the days that follow from the Stichtag."""
    days = {f"day_{number}": months_before(stichtag, number) for number in range(12)}
    return {
        "programme": programme,
        "stichtag": stichtag,
        "datenstand": datenstand,
        "year_before": months_before(stichtag, 12),
        **days,
    }


def months_before(stichtag: date, months: int) -> date:
    """The day some months before a Stichtag: if that ends its month, the month's last; otherwise the same, clipped."""
    following = stichtag + timedelta(days=1)
    if following.day == 1:
        return months_later(following, -months) - timedelta(days=1)
    return months_later(stichtag, -months)


def reached_position(model: ReadModel, programme: str, datenstand: int | None) -> int:
    """The Datenstand to use; None is all that is projected. Refused: one not reached, a programme unknown then."""
    tracked = model.tracked()
    reached = tracked if datenstand is None else datenstand
    if not 0 < reached <= tracked:
        text = _("Datenstand {found} gibt es nicht; möglich sind 1 bis {last}.", found=reached, last=tracked)
        raise Refused("unknown_datenstand", text, field="datenstand")
    known = model.query(
        "SELECT 1 FROM programmes p WHERE p.programme = :programme AND p.known_from <= :datenstand",
        {"programme": programme, "datenstand": reached},
    )
    if not known:
        text = _("Das Programm {key} gibt es zum Datenstand {datenstand} nicht.", key=programme, datenstand=reached)
        raise NotFound("unknown_programme", text, field="programme")
    return reached


def _require_ended(model: ReadModel, programme: str, stichtag: date) -> None:
    query = "SELECT p.ends_on FROM programmes p WHERE p.programme = :programme AND p.known_until IS NULL"
    ends_on = date.fromisoformat(model.query(query, {"programme": programme})[0][0])
    if stichtag < ends_on:
        text = _("Eine Gesamtbilanz gibt es erst zum Ende des Programms am {ends}.", ends=ends_on)
        raise Refused("not_ended", text, field="stichtag")


# --- counting -------------------------------------------------------------------------------------


def _selections(figures: Iterable[Figure]) -> set[str]:
    return {part.selection for figure in figures for part in (figure.part, figure.per) if part}


def _count_all(model: ReadModel, selections: dict[str, Selection], given: Parameters) -> dict[str, _Groups]:
    """Count the selections with two readers at once.

    They need no snapshot in common: which rows were known at a Datenstand never changes, however far the read
    model has come since.
    """
    waiting, counted = list(selections.items()), {}

    def count(reader: ReadModel) -> None:
        with reader.snapshot(), suppress(IndexError):
            while True:
                name, selection = waiting.pop()
                counted[name] = _counted(reader, selection, given)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, (model, model.twin)))
    return counted


def _counted(model: ReadModel, selection: Selection, given: Parameters) -> _Groups:
    """One pass over a selection: a person has one combination of traits, so it serves every breakdown."""
    rows = selection.sql
    if selection.distinct:
        rows = (
            "SELECT min(s.traits) AS traits, min(s.category) AS category, sum(s.value) AS value "
            f"FROM ({rows}) s GROUP BY s.unit"
        )
    by = "traits, category" if selection.by_traits else "category"
    query = f"SELECT {by}, count(*), CAST(sum(value) AS bigint) FROM ({rows}) u GROUP BY {by}"
    groups: _Groups = defaultdict(dict)
    groups_of: dict[str, list[_Counts]] = {"": [groups[_ALL]]}
    for *traits, category, units, total in model.query(query, given):
        key = traits[0] if traits else ""
        if key not in groups_of:
            groups_of[key] = [groups[_ALL], *(groups[trait] for trait in _trait_keys(key))]
        for counts in groups_of[key]:
            if category in counts:
                counts[category][0] += units
                counts[category][1] += total
            else:
                counts[category] = [units, total]
    return groups


def _trait_keys(traits: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(TRAITS, split_traits(traits), strict=True))


def _value_of(figure: Figure, counted: dict[str, _Groups], catalogue: Catalogue) -> FigureValue:
    """A figure's value and breakdowns: by traits, and by the categories of the selection where it has some."""
    by: dict[str, dict[str, Value]] = {}
    selection = catalogue.selections[figure.part.selection]
    if selection.by_traits:
        keys = {key for name in _selections([figure]) for key in counted[name] if key is not _ALL}
        by = {trait: {} for trait in TRAITS}
        for trait, value in sorted(keys, key=lambda key: place_of(*key)):
            by[trait][value] = _value(figure, counted, (trait, value))
    if selection.category and figure.per is None:
        counts = counted[figure.part.selection][_ALL]
        by[selection.category] = {str(name): counts[name][0] for name in sorted(counts, key=str)}
    return FigureValue(_value(figure, counted, _ALL), by)


def _value(figure: Figure, counted: dict[str, _Groups], group: tuple[str, str]) -> Value:
    part = _measured(figure.part, counted, group)
    if figure.per is None:
        return part / 100 if figure.unit is Unit.EUR else part
    per = _measured(figure.per, counted, group)
    return part * figure.scale / per if per else None


def _measured(part: Part, counted: dict[str, _Groups], group: tuple[str, str]) -> int:
    counts = counted[part.selection].get(group, {})
    taken = [count for category, count in counts.items() if not part.categories or category in part.categories]
    match part.measure:
        case Measure.COUNT:
            return sum(units for units, _total in taken)
        case Measure.SUM:
            return sum(total for _units, total in taken)
        case Measure.LARGEST:
            return max((units for units, _total in taken), default=0)


# --- evidence -------------------------------------------------------------------------------------


def _evidence_of(
    model: ReadModel, catalogue: Catalogue, part: Part, given: Parameters, name: str | None
) -> list[EvidenceRow]:
    selection = catalogue.selections[part.selection]
    query = (
        "SELECT s.unit, s.participant, s.stream, s.category, s.value, s.entries "
        f"FROM ({selection.sql}) s ORDER BY s.traits, s.participant, s.stream, s.entries, s.value"
    )
    units: dict[object, EvidenceRow] = {}
    for number, (unit, participant, stream, category, value, entries) in enumerate(model.query(query, given)):
        key = unit if selection.distinct else number
        positions = positions_in(entries)
        before = units.get(key)
        if before is None:
            units[key] = EvidenceRow(participant, stream, positions, str(unit), int(value), category, name)
        else:
            units[key] = msgspec.structs.replace(
                before, entries=sorted({*before.entries, *positions}), value=before.value + int(value)
            )
    rows = [row for row in units.values() if not part.categories or row.category in part.categories]
    if part.measure is not Measure.SUM:
        rows = [msgspec.structs.replace(row, value=1) for row in rows]
    return _largest(rows) if part.measure is Measure.LARGEST else rows


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
