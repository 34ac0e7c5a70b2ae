"""What charts show beyond single figures: placements by month, and where people stood so many months after enrolment.

Both are read at the Stichtag and Datenstand of a balance and agree with it:

- the placements of a kind add up over the months to the figure of that kind, because the persons are those the
  catalogue's own SELECT yields, each in the month of the first such placement;
- the states in the month of enrolment add up to the figure `participants_enrolled`.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from msgspec import Struct

from projections.balance import Balance, parameters
from projections.catalogue import Catalogue, Figure
from projections.read_model import Parameters, ReadModel
from projections.rows import Month, month_of
from projections.states import SPELLS, Spell, State

KIND_OF = {
    "placed_svp": "svp",
    "placed_ausbildung": "ausbildung",
    "placed_selbstaendig": "selbstaendig",
    "placed_minijob_only": "minijob",
}
"""The figures whose persons are shown by month, and the kind of placement whose first start is the month."""

_KNOWN = (
    "{row}.programme = :programme AND {row}.known_from <= :datenstand "
    "AND ({row}.known_until IS NULL OR {row}.known_until > :datenstand)"
)
_LONGEST = 60
_OBSERVED = 10


class MonthOfPlacements(Struct, frozen=True):
    """A calendar month, by its first day, and the persons of each figure placed for the first time in it."""

    month: date
    persons: dict[str, int]


class MonthAfterEnrolment(Struct, frozen=True):
    """So many months after their first enrolment, how many persons stood where.

    The day is that of the enrolment, so many months on, clipped to the length of the month. `persons` are those for
    whom it is not after the Stichtag, and the sum of `states`.
    """

    months: int
    persons: int
    states: dict[State, int]


class Series(Struct, frozen=True):
    """What the charts of a balance show beyond its figures.

    `placements` has every month from the first enrolment to the Stichtag. `states` begins with month 0 and ends where
    less than a tenth of all persons has been enrolled that long, at the latest after 60 months.
    """

    placements: tuple[MonthOfPlacements, ...]
    states: tuple[MonthAfterEnrolment, ...]


def series(model: ReadModel, balance: Balance, catalogue: Catalogue) -> Series:
    """The series at the Stichtag and Datenstand of a balance drawn with that catalogue."""
    given = parameters(balance.programme, balance.stichtag, balance.datenstand)
    with model.snapshot():
        figures = [figure for figure in catalogue.figures if figure.code in KIND_OF and figure.code in balance.figures]
        placed = {figure.code: _first_placements(model, catalogue, figure, given) for figure in figures}
        enrolled = _first_enrolments(model, given)
        states = tuple(_by_months(model, enrolled, given, balance.stichtag))
    end = month_of(balance.stichtag.isoformat())
    start = min((one.month for one in enrolled.values()), default=end)
    return Series(tuple(_by_month(placed, start, end)), states)


# --- placements by month --------------------------------------------------------------------------


def _first_placements(model: ReadModel, catalogue: Catalogue, figure: Figure, given: Parameters) -> dict[Month, int]:
    """The persons of a figure by the month their first placement of its kind begins in."""
    query = (
        "SELECT f.month, count(*) FROM (SELECT min(p.started_month) AS month "
        f"FROM (SELECT DISTINCT s.unit FROM ({catalogue.selections[figure.part.selection].sql}) s) u "
        f"JOIN placements p ON p.participant = u.unit AND {_KNOWN.format(row='p')} "
        f"AND p.kind = '{KIND_OF[figure.code]}' GROUP BY u.unit) f GROUP BY f.month"
    )
    return {int(month): int(persons) for month, persons in model.query(query, given)}


def _by_month(placed: dict[str, dict[Month, int]], start: Month, end: Month) -> Iterable[MonthOfPlacements]:
    first = min([start, *(month for months in placed.values() for month in months)])
    for month in range(first, end + 1):
        persons = {code: months.get(month, 0) for code, months in placed.items()}
        yield MonthOfPlacements(date(month // 12, month % 12 + 1, 1), persons)


# --- states by months since enrolment -------------------------------------------------------------


def _spells(spell: Spell) -> str:
    """Whose spells of a kind have begun by the Stichtag: from which day, until which first day without."""
    start, end = f"r.{spell.start}", f"r.{spell.end}"
    return (
        f"SELECT r.participant, {start}, {end} FROM {spell.table} r "
        f"WHERE {start} <= :stichtag AND {spell.condition.format(row='r')} AND {_KNOWN.format(row='r')}"
    )


class _Enrolment(NamedTuple):
    """The how-manyth person, and month and day of the month of the first enrolment."""

    number: int
    month: Month
    day: int


def _first_enrolments(model: ReadModel, given: Parameters) -> dict[str, _Enrolment]:
    """The first enrolment of every person."""
    query = (
        "SELECT e.participant, CAST(min(e.enrolled_on) AS TEXT) FROM enrolments e "
        f"WHERE e.enrolled_on <= :stichtag AND {_KNOWN.format(row='e')} GROUP BY e.participant"
    )
    found = enumerate(model.query(query, given))
    return {who: _Enrolment(number, month_of(day), int(day[8:])) for number, (who, day) in found}


def _by_months(
    model: ReadModel, enrolled: dict[str, _Enrolment], given: Parameters, stichtag: date
) -> Iterable[MonthAfterEnrolment]:
    """One place per person and month, painted over by every spell that covers its day, the first state last."""
    observed = [_months_until(stichtag.isoformat(), enrolment, 1) for enrolment in enrolled.values()]
    width = _width(observed)
    places = bytearray([_PAINT[State.LEFT]]) * (width * len(enrolled))
    for state in reversed(SPELLS):
        found = model.query(_spells(SPELLS[state]), given)
        _paint(places, width, state, ((enrolled[who], start, end) for who, start, end in found if who in enrolled))
    for number, months in enumerate(observed):
        if months < width:
            places[number * width + months : (number + 1) * width] = bytes(width - months)
    for month in range(width):
        column = places[month::width]
        counts = {state: column.count(paint) for state, paint in _PAINT.items()}
        yield MonthAfterEnrolment(month, sum(counts.values()), counts)


_PAINT = {state: number for number, state in enumerate(State, 1)}
"""A byte for each state; 0 stands for a day after the Stichtag."""


def _paint(places: bytearray, width: int, state: State, spells: Iterable[tuple[_Enrolment, str, str | None]]) -> None:
    """Put a state at every month whose day a spell covers: whose, from which day, until which first day without."""
    paint = bytes([_PAINT[state]])
    for enrolment, start, end in spells:
        first = max(_months_until(start, enrolment), 0)
        last = width if end is None else min(_months_until(end, enrolment), width)
        if first < last:
            row = enrolment.number * width
            places[row + first : row + last] = paint * (last - first)


def _months_until(day: str, enrolment: _Enrolment, days_later: int = 0) -> int:
    """The number of the first month whose day is on or after an ISO day (or one day after that)."""
    month, of_month = month_of(day), int(day[8:]) + days_later
    reached = min(enrolment.day, _length(month)) >= of_month
    return month - enrolment.month + (0 if reached else 1)


def _width(observed: list[int]) -> int:
    """How many months are shown: as long as a tenth of the persons has been there, at most 60 and month 0."""
    longest = sorted(observed, reverse=True)
    enough = -(-len(longest) // _OBSERVED)
    return min(longest[enough - 1], _LONGEST + 1) if longest else 0


def _length(month: Month) -> int:
    """The number of days of a month."""
    number = month % 12
    if number == 1:
        year = month // 12
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return _LENGTHS[number]


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
