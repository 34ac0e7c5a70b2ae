"""What figures a change of one person's journey moves, and by how much: before it is stored, or of an entry stored.

Nothing is counted over the programme. The rows of the one person are made from the ledger, once without the change
and once with it, and the SELECTs of the catalogue are run over these alone: what a person contributes does not
depend on anybody else. So a count or a sum moves by what the person's contribution moves by. How far a ratio or the
largest caseload moves can only be told with the whole counted: then the caller hands that in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.facts import Enrolled, Fact, Recorded, Value
from domain.journal import Journal
from domain.terms import journey_stream
from projections.balance.counting import (
    ALL,
    Group,
    Groups,
    add,
    as_value,
    exact,
    measured,
    parameters,
    selections_of,
)
from projections.balance.figures import count
from projections.catalogue import CORE, Catalogue, Figure, Measure, Part
from projections.editions import Edition, catalogue_of, editions
from projections.explain import Point
from projections.explain.persons import Person, Rows, person_in_memory
from projections.explain.standing import Cell, figures_at
from projections.glossary import place_of
from projections.journeys import fold
from projections.read_model import ReadModel

Changed = Mapping[str, Groups]
"""What changed in the selections, by name: units and sums that came (or, negative, went), by group."""
Counted = Mapping[str, Groups]
"""What every selection holds of the whole programme, as `counted_at` counts it."""
CountedAt = Callable[[Point], Counted]
_AT_ONCE = 4
"""So many participations of a person are read in one query; hardly anybody has more."""


class Move(Struct, frozen=True):
    """A cell that moves; the total of a figure has neither trait nor value.

    `change` is by how much, None for a ratio, mean or largest whose whole was not handed in (it may then stay as it is
    after all) or which has no denominator on one side. `before` and `after` are the values of the whole, None where it
    was not handed in. `published` is what the edition says, and `hidden` that its public version does not show it.
    """

    figure: str
    trait: str
    value: str
    change: Value
    before: Value = None
    after: Value = None
    published: Value = None
    hidden: bool = False


class Moved(Struct, frozen=True):
    """What a change moves of one balance: an edition, or (`edition` None) the balance of today."""

    edition: str | None
    state: str | None
    stichtag: date
    catalogue: str
    moves: list[Move]


class _Ends(NamedTuple):
    """By how much a cell moves, where that can be told, and from where to where, where the whole was counted."""

    change: Fraction | None
    before: Fraction | None = None
    after: Fraction | None = None


def preview(
    journal: Journal,
    model: ReadModel,
    journey: UUID,
    decided: Sequence[Fact],
    *,
    today: date,
    catalogue: Catalogue = CORE,
    counted: CountedAt | None = None,
) -> list[Moved]:
    """What it would move if these facts came onto a journey: today's balance first, then the editions, newest first.

    `decided` are those facts of a dry run that belong to the journey's stream, a new journey's enrolment too. Every
    edition approved or released is told, and the last one if it is still a draft. `counted` counts the whole at a
    point; it is only asked for points at which something moves. The read model has to know the journey as it stands.
    """
    recorded = journal.read(journey)
    enrolled = recorded[0].fact if recorded else decided[0]
    assert isinstance(enrolled, Enrolled)
    streams = _streams_of(journal, enrolled.participant, enrolled.programme, None) | {journey: recorded}
    present = max([model.tracked(), *(one.position for stream in streams.values() for one in stream)])
    rows = _rows(streams, {journey: list(enumerate(decided, present + 1))})
    shown = list(reversed(_told(editions(journal, model, enrolled.programme))))
    found = []
    with person_in_memory() as person:
        person.become(rows)
        for edition in (None, *shown):
            stichtag = edition.balance.stichtag if edition else today
            drawn_with = catalogue_of(journal, edition.balance.catalogue) if edition else catalogue
            point = Point(stichtag, present, drawn_with)
            changed = _changed(person, enrolled.programme, point, present + len(decided))
            whole = counted(point) if counted and changed else None
            found.append(_moved(edition, point, moves(drawn_with, stichtag, changed, whole)))
    return found


def moved_by(
    journal: Journal, position: int, stichtag: date, *, catalogue: Catalogue = CORE, counted: CountedAt | None = None
) -> list[Move]:
    """What the entry at a position moved of the figures at a Stichtag, its knowledge being that of the entry before it.

    Empty for an entry that stands on no journey. `counted` as for `preview`, asked for the position before.
    """
    changed = changed_by(journal, position, stichtag, catalogue=catalogue)
    point = Point(stichtag, position - 1, catalogue)
    return moves(catalogue, stichtag, changed, counted(point) if counted and changed else None)


def changed_by(journal: Journal, position: int, stichtag: date, *, catalogue: Catalogue = CORE) -> Changed:
    """What the entry at a position changed in the selections at a Stichtag; nothing if it stands on no journey."""
    row = journal.ledger.select_from(position)
    recorded = journal.read(row[1], upto=position) if row and row[0] == position else []
    enrolled = recorded[0].fact if recorded else None
    if not isinstance(enrolled, Enrolled):
        return {}
    streams = _streams_of(journal, enrolled.participant, enrolled.programme, position)
    with person_in_memory() as person:
        person.become(_rows(streams, {}))
        return _changed(person, enrolled.programme, Point(stichtag, position - 1, catalogue), position)


def counted_at(model: ReadModel, programme: str, point: Point) -> Counted:
    """The whole programme at a point; this is what a balance costs, and never changes for the same point."""
    return count(model, programme, *point)


# --- from a person's rows to cells ----------------------------------------------------------------


def moves(catalogue: Catalogue, stichtag: date, changed: Changed, counted: Counted | None = None) -> list[Move]:
    """The cells that a change of some selections moves, in the order people read them."""
    found: list[Move] = []
    after = None if counted is None else grown(counted, changed)
    for code, figure in figures_at(catalogue, stichtag).items():
        ends = dict(_cells(figure, catalogue, changed, counted, after))
        for (trait, value), one in sorted(ends.items(), key=lambda cell: (cell[0][0], place_of(*cell[0]))):
            change = None if one.change is None else as_value(figure, one.change)
            found.append(Move(code, trait, value, change, as_value(figure, one.before), as_value(figure, one.after)))
    return found


def _cells(
    figure: Figure, catalogue: Catalogue, changed: Changed, counted: Counted | None, after: Counted | None
) -> Iterator[tuple[Group, _Ends]]:
    """The cells of a figure that move, with what can be told of each."""
    touched = {group for name in selections_of([figure]) for group in changed.get(name, ())}
    for group in touched:
        if group[0] in ("", *catalogue.traits) and (ends := _ends(figure, group, changed, counted, after)):
            yield group, ends
    selection = catalogue.selections[figure.part.selection]
    if selection.category and figure.per is None:
        own = changed.get(figure.part.selection, {}).get(ALL, {})
        for category, (units, _total) in own.items():
            if units:
                held = counted[figure.part.selection].get(ALL, {}).get(category, (0, 0))[0] if counted else None
                ends = _Ends(Fraction(units))
                if held is not None:
                    ends = _Ends(Fraction(units), Fraction(held), Fraction(held + units))
                yield (selection.category, str(category)), ends


def _ends(
    figure: Figure, group: Group, changed: Changed, counted: Counted | None, after: Counted | None
) -> _Ends | None:
    """How a group's cell of a figure moves; None where it does not."""
    if not any(_touches(part, changed, group) for part in (figure.part, figure.per) if part):
        return None
    if counted is not None and after is not None:
        old, new = exact(figure, dict(counted), group), exact(figure, dict(after), group)
        change = None if old is None or new is None else new - old
        return _Ends(change, old, new) if old != new else None
    if figure.per or figure.part.measure not in (Measure.COUNT, Measure.SUM):
        return _Ends(None)
    return _Ends(exact(figure, {**changed}, group))


def _touches(part: Part, changed: Changed, group: Group) -> bool:
    """Whether what changed can move a part of a figure."""
    counts = changed.get(part.selection, {}).get(group, {})
    if part.measure in (Measure.COUNT, Measure.SUM):
        return bool(counts) and measured(part, {**changed}, group) != 0
    return any(units for units, _total in counts.values())


def grown(counted: Counted, changed: Changed) -> Counted:
    """The whole with the change in it; what was counted stays as it is."""
    whole = dict(counted)
    for name, groups in changed.items():
        whole[name] = dict(counted[name])
        for group, counts in groups.items():
            held = counted[name].get(group, {})
            whole[name][group] = {category: list(numbers) for category, numbers in held.items()}
            for category, (units, total) in counts.items():
                add(whole[name][group], category, units, total)
    return whole


def undone(changed: Changed) -> Changed:
    """The change that takes one back."""
    return {
        name: {
            group: {category: [-units, -total] for category, (units, total) in counts.items()}
            for group, counts in groups.items()
        }
        for name, groups in changed.items()
    }


def _changed(person: Person, programme: str, point: Point, after: int) -> Changed:
    """What changed in the selections of a catalogue at a Stichtag, from a point's Datenstand to a later one."""
    figures = figures_at(point.catalogue, point.stichtag).values()
    selections = {name: point.catalogue.selections[name] for name in sorted(selections_of(figures))}
    given = parameters(programme, point.stichtag, point.datenstand)
    for shift in person.shifts(selections, given, point.datenstand, [after]):
        return shift.changed
    return {}


# --- what a person's rows are made of -------------------------------------------------------------


def _streams_of(journal: Journal, participant: UUID, programme: str, upto: int | None) -> dict[UUID, list[Recorded]]:
    """The journeys of a person in a programme; their numbers have no gaps."""
    found: dict[UUID, list[Recorded]] = {}
    first = 1
    while True:
        numbers = range(first, first + _AT_ONCE)
        loaded = journal.load([journey_stream(participant, programme, number) for number in numbers], upto=upto)
        found |= loaded
        if len(loaded) < _AT_ONCE:
            return found
        first += _AT_ONCE


def _rows(streams: Mapping[UUID, Sequence[Recorded]], more: Mapping[UUID, Iterable[tuple[int, Fact]]]) -> Rows:
    """The rows of some streams by table; `more` are facts that would follow on them, with the positions they get."""
    rows: Rows = defaultdict(list)
    for stream, recorded in streams.items():
        entries: list[tuple[int, int, Any]] = [(one.position, one.originator_version, one.fact) for one in recorded]
        following = enumerate(more.get(stream, ()), len(entries) + 1)
        entries += [(position, version, fact) for version, (position, fact) in following]
        for table, row, known_from, known_until in fold(str(stream), entries):
            rows[table].append((known_from, known_until, *row))
    return dict(rows)


# --- editions -------------------------------------------------------------------------------------


def _told(found: Sequence[Edition]) -> list[Edition]:
    """The editions to look at: those approved, and the last."""
    return [edition for edition in found if edition.approved or edition is found[-1]]


def _moved(edition: Edition | None, point: Point, found: list[Move]) -> Moved:
    if edition is None:
        return Moved(None, None, point.stichtag, point.catalogue.version, found)
    told = [_published(edition, point.catalogue, move) for move in found]
    return Moved(edition.name, edition.state, point.stichtag, edition.balance.catalogue, told)


def _published(edition: Edition, catalogue: Catalogue, move: Move) -> Move:
    """A move with what the edition says of its cell; a count of nobody has no cell and is 0."""
    cell: Cell = (move.figure, move.trait, move.value)
    figure = edition.balance.figures[move.figure]
    nothing = None if catalogue.figure(move.figure).per else 0
    published = figure.by.get(move.trait, {}).get(move.value, nothing) if move.trait else figure.value
    return Move(*cell, move.change, move.before, move.after, published, cell in edition.hidden_cells)
