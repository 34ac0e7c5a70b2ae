"""The list of journeys says what the entries say, shows nobody a foreign case, and loses none between its pages."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from office import END, MadeUp, Told, made_up_office

from domain.errors import Refused
from projections.balance import compute
from projections.roster import EVERYTHING, Filter, Listed, Scope, Sort, count, is_visible, page, stage_counts
from projections.states import State
from projections.stores import Stores

P1, P2 = "programme-1", "programme-2"
SCOPES: dict[str, tuple[Scope, Callable[[str, str | None], bool]]] = {
    "everything": (EVERYTHING, lambda _programme, _coach: True),
    "lead": (Scope((P1,), None), lambda programme, _coach: programme == P1),
    "coach": (Scope(None, (("C01", None),)), lambda _programme, coach: coach == "C01"),
    "coach of a programme": (Scope(None, (("C02", P2),)), lambda programme, coach: (programme, coach) == (P2, "C02")),
    "two caseloads": (
        Scope(None, (("C01", P1), ("C03", None))),
        lambda programme, coach: (programme, coach) == (P1, "C01") or coach == "C03",
    ),
    "both limits": (Scope((P1,), (("C01", None),)), lambda programme, coach: (programme, coach) == (P1, "C01")),
    "lead who coaches elsewhere": (
        Scope((P1,), None, besides=(("C02", P2), ("C03", None))),
        lambda programme, coach: programme == P1 or (programme, coach) == (P2, "C02") or coach == "C03",
    ),
    "no programme": (Scope((), None), lambda _programme, _coach: False),
    "no caseload": (Scope(None, ()), lambda _programme, _coach: False),
}
"""What somebody may see, and by a journey's programme and last coach whether it is that."""


ALL = Filter()


@pytest.fixture(scope="module")
def office(shared_stores: Stores) -> MadeUp:
    return made_up_office(shared_stores)


def listed(office: MadeUp, asked: Filter = ALL, time: int = 0, scope: Scope = EVERYTHING) -> tuple[Listed, ...]:
    """All rows, on one page."""
    return page(office.stores.read_model, scope, asked, *office.times[time], limit=1000).rows


def stage_of(told: Told, day: date) -> State:
    for state, kinds in {
        State.SVP: ["svp"],
        State.TRAINING: ["ausbildung", "selbstaendig"],
        State.MINIJOB: ["minijob"],
    }.items():
        if any(job.kind in kinds and job.covers(day) for job in told.placements):
            return state
    if any(one.covers(day) for one in told.qualifications):
        return State.QUALIFICATION
    return State.COACHING if told.exited is None or told.exited.happened_on > day else State.LEFT


def expected(told: Told, day: date) -> tuple[Any, ...]:
    left = told.exited if told.exited and told.exited.happened_on <= day else None
    kinds = [job.kind for job in told.placements if job.covers(day)]
    return (
        str(told.enrolled.participant),
        told.enrolled.programme,
        told.enrolled.happened_on,
        (left.happened_on, left.reason) if left else (None, None),
        told.coach,
        stage_of(told, day),
        max((on for on in told.sessions if on <= day), default=None),
        next((kind for kind in ("svp", "ausbildung", "selbstaendig", "minijob") if kind in kinds), None),
        (told.enrolled.gender, told.enrolled.municipality, told.enrolled.single_parent),
    )


def shown(row: Listed) -> tuple[Any, ...]:
    return (
        row.participant,
        row.programme,
        row.enrolled_on,
        (row.exited_on, row.exit_reason),
        row.coach,
        row.stage,
        row.last_session_on,
        row.placement,
        (row.gender, row.municipality, row.single_parent),
    )


# --- who sees what ------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", range(3))
def test_list_is_what_the_entries_say(office: MadeUp, time: int) -> None:
    """Every journey begun by the day is listed once, as the entries known at the Datenstand tell it."""
    day, datenstand = office.times[time]
    journeys = {told.stream: expected(told, day) for told in office.journeys(day, datenstand)}
    assert {row.stream: shown(row) for row in listed(office, time=time)} == journeys
    assert len(journeys) > 10


@pytest.mark.parametrize("name", SCOPES)
def test_nobody_sees_a_foreign_case(office: MadeUp, name: str) -> None:
    """A scope shows the journeys of its programmes and of the last coach's caseload, also after the exit, and no
    other (need to know, § 35 Abs. 1 SGB I)."""
    scope, sees = SCOPES[name]
    day, datenstand = office.times[0]
    every = office.journeys(day, datenstand)
    own = {told.stream for told in every if sees(told.enrolled.programme, told.coach)}
    assert {row.stream for row in listed(office, scope=scope)} == own
    model = office.stores.read_model
    assert {told.stream for told in every if is_visible(model, scope, told.stream, datenstand)} == own
    assert count(model, scope, Filter(), day, datenstand) == len(own)
    assert own or name.startswith("no ")


def test_made_up_office_tells_scopes_apart(office: MadeUp) -> None:
    """What the test above needs: exited journeys in caseloads, and journeys that changed coaches or have none."""
    journeys = office.journeys(*office.times[0])
    assert any(told.exited and told.coach == "C01" for told in journeys)
    assert any(told.coach is None for told in journeys)
    changed = "SELECT count(DISTINCT a.stream) FROM care a JOIN care b ON a.stream = b.stream AND a.coach < b.coach"
    assert office.stores.read_model.query(changed, {})[0][0] > 2


def test_what_is_no_journey_is_not_visible(office: MadeUp) -> None:
    """An unknown id and a text that is none are not visible."""
    for stream in (str(uuid4()), "no id", ""):
        assert not is_visible(office.stores.read_model, EVERYTHING, stream, office.times[0][1])


# --- counting -----------------------------------------------------------------------------------------


def test_persons_listed_are_the_enrolled(office: MadeUp) -> None:
    """The list of a programme has as many persons as the figure of those enrolled, on the same day and Datenstand."""
    for number, (day, datenstand) in enumerate(office.times):
        figures = compute(office.stores.read_model, P1, day, datenstand=datenstand).figures
        persons = {row.participant for row in listed(office, Filter(programme=P1), number)}
        assert len(persons) == figures["participants_enrolled"].value


def test_stages_add_up_to_the_list(office: MadeUp) -> None:
    """The journeys of every stage are those listed under it, and together they are all of the list."""
    model, (day, datenstand) = office.stores.read_model, office.times[2]
    asked = Filter(programme=P1)
    stages = stage_counts(model, EVERYTHING, asked, day, datenstand)
    assert list(stages) == list(State)
    assert sum(stages.values()) == count(model, EVERYTHING, asked, day, datenstand)
    for stage, journeys in stages.items():
        rows = listed(office, msgspec.structs.replace(asked, stage=stage), 2)
        assert (len(rows), {row.stage for row in rows}) == (journeys, {stage} if journeys else set())
    assert sum(1 for journeys in stages.values() if journeys) > 2


FILTERS: list[tuple[Filter, Callable[[Listed], bool]]] = [
    (Filter(programme=P2), lambda row: row.programme == P2),
    (Filter(coach="C02"), lambda row: row.coach == "C02"),
    (Filter(coach=""), lambda row: row.coach is None),
    (Filter(gender="female"), lambda row: row.gender == "female"),
    (Filter(age_group="25_29"), lambda row: row.age_group == "25_29"),
    (Filter(municipality="Raunheim"), lambda row: row.municipality == "Raunheim"),
    (Filter(single_parent=False), lambda row: not row.single_parent),
    (Filter(enrolled_from=date(2016, 9, 1)), lambda row: row.enrolled_on >= date(2016, 9, 1)),
    (Filter(enrolled_to=date(2016, 9, 1)), lambda row: row.enrolled_on <= date(2016, 9, 1)),
    (Filter(active_on=END), lambda row: row.exited_on is None),
    (Filter(programme=P1, coach="C01"), lambda row: (row.programme, row.coach) == (P1, "C01")),
]


@pytest.mark.parametrize(("asked", "fits"), FILTERS)
def test_filter_keeps_what_fits(office: MadeUp, asked: Filter, fits: Callable[[Listed], bool]) -> None:
    """A filter keeps the rows that fit, and the count says how many."""
    every, found = listed(office), listed(office, asked)
    assert found == tuple(row for row in every if fits(row))
    assert 0 < len(found) < len(every)
    assert count(office.stores.read_model, EVERYTHING, asked, *office.times[0]) == len(found)


def test_filter_of_persons_and_reasons(office: MadeUp) -> None:
    """The ids a search found give the journeys of these persons, none of them nobody; a reason gives its exits."""
    every = listed(office)
    two = (every[0].participant, every[-1].participant)
    assert {row.participant for row in listed(office, Filter(participants=two))} == set(two)
    assert listed(office, Filter(participants=())) == ()
    reason = next(row.exit_reason for row in every if row.exit_reason)
    exits = tuple(row for row in every if row.exit_reason == reason)
    assert listed(office, Filter(exit_reason=reason)) == exits


# --- pages --------------------------------------------------------------------------------------------


KEYS: dict[Sort, Callable[[Listed], Any]] = {
    Sort.ENROLLED: lambda row: -row.enrolled_on.toordinal(),
    Sort.SESSION: lambda row: row.last_session_on or row.enrolled_on,
    Sort.EXITED: lambda row: -row.exited_on.toordinal() if row.exited_on else 0,
}


@pytest.mark.parametrize("sort", Sort)
def test_pages_visit_every_row_once(office: MadeUp, sort: Sort) -> None:
    """From page to page, and back, every row comes once and in order; the ends have no cursor beyond."""
    model, (day, datenstand) = office.stores.read_model, office.times[0]

    def turn(after: str | None) -> Any:
        return page(model, EVERYTHING, Filter(), day, datenstand, after=after, limit=7, sort=sort)

    pages = [turn(None)]
    while pages[-1].next_cursor:
        pages.append(turn(pages[-1].next_cursor))
    rows = [row for one in pages for row in one.rows]
    assert len({row.stream for row in rows}) == len(rows) == len(listed(office))
    assert all(KEYS[sort](one) <= KEYS[sort](other) for one, other in pairwise(rows))
    assert pages[0].previous_cursor is None
    back = pages[-1]
    for before in reversed(pages[:-1]):
        back = turn(back.previous_cursor)
        assert back.rows == before.rows
    assert (back.previous_cursor, turn(back.next_cursor).rows) == (None, pages[1].rows)


@pytest.mark.parametrize(
    "cursor", ["", "x", "ü", "W10", "eyJhIjoxfQ", "WyJlbnJvbGxlZCIsIjIwMTctMDEtMDEiLCJubyBpZCIsZmFsc2Vd"]
)
def test_no_cursor_is_refused(office: MadeUp, cursor: str) -> None:
    """What is no cursor of this list is refused, never an error of the database."""
    with pytest.raises(Refused) as refused:
        page(office.stores.read_model, EVERYTHING, Filter(), *office.times[0], after=cursor)
    assert (refused.value.code, refused.value.field) == ("bad_value", "cursor")


def test_cursor_of_another_order_is_refused(office: MadeUp) -> None:
    """A cursor belongs to the order it was made in."""
    model, time = office.stores.read_model, office.times[0]
    cursor = page(model, EVERYTHING, Filter(), *time, limit=2).next_cursor
    with pytest.raises(Refused):
        page(model, EVERYTHING, Filter(), *time, after=cursor, sort=Sort.EXITED)
