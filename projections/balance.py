"""Figures of a programme for one Stichtag at one Datenstand, and the rows behind each."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.law import months_later
from domain.texts import _
from projections.catalogue import CORE, Catalogue, Figure, Measure, Part, Unit
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


class _Cell(NamedTuple):
    """What a selection holds of one combination of traits and category."""

    traits: tuple[str, ...]
    category: str | None
    units: int
    total: int


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
        cells = {name: _cells(model, catalogue, name, given) for name in _selections(figures)}
    return Balance(
        programme=programme,
        kind="final" if final else "interim",
        stichtag=stichtag,
        datenstand=reached,
        catalogue=catalogue.version,
        checkpoint=None,
        figures={figure.code: _value_of(figure, cells, catalogue) for figure in figures},
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
        cells = {name: _cells(model, catalogue, name, given) for name in _selections([figure])}
        value = _value_of(figure, cells, catalogue).value
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


def _cells(model: ReadModel, catalogue: Catalogue, name: str, given: Parameters) -> list[_Cell]:
    """One pass over a selection: a person has one combination of traits, so it serves every breakdown."""
    selection = catalogue.selections[name]
    rows = selection.sql
    if selection.distinct:
        rows = (
            "SELECT min(s.traits) AS traits, min(s.category) AS category, sum(s.value) AS value "
            f"FROM ({rows}) s GROUP BY s.unit"
        )
    query = f"SELECT traits, category, count(*), sum(value) FROM ({rows}) u GROUP BY traits, category"
    return [
        _Cell(split_traits(traits), category, int(count), int(total))
        for traits, category, count, total in model.query(query, given)
    ]


def _value_of(figure: Figure, cells: dict[str, list[_Cell]], catalogue: Catalogue) -> FigureValue:
    by: dict[str, dict[str, Value]] = {}
    for place, trait in enumerate(TRAITS):
        groups = _groups(figure, cells, partial(_trait, place))
        by[trait] = {value: _value(figure, groups[value]) for value in sorted(groups, key=partial(place_of, trait))}
    if figure.part.measure is Measure.LARGEST or figure.unit is Unit.MEAN:
        by = {}  # a caseload is a coach's, not a trait's
    own = catalogue.selections[figure.part.selection].category
    if own and figure.unit is not Unit.MEAN:
        groups = _groups(figure, cells, _category)
        by[own] = {value: _value(figure, groups[value]) for value in sorted(groups)}
    return FigureValue(_value(figure, cells), by)


def _trait(place: int, cell: _Cell) -> str:
    return cell.traits[place]


def _category(cell: _Cell) -> str:
    return cell.category or ""


def _groups(
    figure: Figure, cells: dict[str, list[_Cell]], key: Callable[[_Cell], str]
) -> dict[str, dict[str, list[_Cell]]]:
    groups: dict[str, dict[str, list[_Cell]]] = defaultdict(lambda: defaultdict(list))
    for name in _selections([figure]):
        for cell in cells[name]:
            groups[key(cell)][name].append(cell)
    return groups


def _value(figure: Figure, cells: dict[str, list[_Cell]]) -> Value:
    part = _measured(figure.part, cells)
    if figure.per is None:
        return part / 100 if figure.unit is Unit.EUR else part
    per = _measured(figure.per, cells)
    return part * figure.scale / per if per else None


def _measured(part: Part, cells: dict[str, list[_Cell]]) -> int:
    counted = [
        cell for cell in cells.get(part.selection, ()) if not part.categories or cell.category in part.categories
    ]
    match part.measure:
        case Measure.COUNT:
            return sum(cell.units for cell in counted)
        case Measure.SUM:
            return sum(cell.total for cell in counted)
        case Measure.LARGEST:
            counts: Counter[str | None] = Counter()
            for cell in counted:
                counts[cell.category] += cell.units
            return max(counts.values(), default=0)


# --- evidence -------------------------------------------------------------------------------------


def _evidence_of(
    model: ReadModel, catalogue: Catalogue, part: Part, given: Parameters, name: str | None
) -> list[EvidenceRow]:
    selection = catalogue.selections[part.selection]
    query = (
        "SELECT s.unit, s.participant, s.stream, s.category, s.value, s.entries "
        f"FROM ({selection.sql}) s ORDER BY s.traits, s.participant, s.stream, s.entries"
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
