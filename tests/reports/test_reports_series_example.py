"""The series of the shipped example are what plain Python counts from its steps."""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from random import Random
from typing import Any

import pytest
from entering import copy_until, on, some_days
from sample_balance import Example

from projections.balance import Balance, compute
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.exchange.export import export_rows
from projections.reports import Series, series
from projections.reports.series import KIND_OF, State
from projections.stores import Stores
from scripts.example import INTERIM_STICHTAG, PROGRAMME


@pytest.fixture(scope="module")
def copied(example: Example, shared_stores: Stores) -> Stores:
    """The example in either store."""
    copy_until(example.stores.journal, shared_stores.journal, example.stores.journal.head())
    catch_up(shared_stores.journal, shared_stores.read_model)
    return shared_stores


@pytest.mark.parametrize("number", range(6))
def test_series_of_the_example(copied: Stores, number: int) -> None:
    """At random past Datenstände and Stichtage the series are what plain Python counts from the steps that stood."""
    random = Random(f"series/{number}")
    head = copied.journal.head()
    datenstand = random.randint(300, head) if number else head
    rows = list(export_rows(copied.journal, copied.read_model, PROGRAMME, datenstand, "-"))
    for stichtag in [INTERIM_STICHTAG, *some_days(random, date(2016, 3, 31), date(2019, 9, 30), 3)]:
        balance = compute(copied.read_model, PROGRAMME, stichtag, datenstand=datenstand)
        found = series(copied.read_model, balance, CORE)
        assert_agrees(found, balance)
        assert [month.states for month in found.states] == naive_states(rows, stichtag)


def assert_agrees(found: Series, balance: Balance) -> None:
    """The months of a kind give its figure, the month of enrolment the enrolled."""
    for code in KIND_OF:
        assert sum(month.persons[code] for month in found.placements) == balance.figures[code].value
    if found.states:
        assert found.states[0].persons == balance.figures["participants_enrolled"].value
    assert all(sum(month.states.values()) == month.persons for month in found.states)


def naive_states(rows: Iterable[dict[str, Any]], stichtag: date) -> list[dict[State, int]]:
    """States by months since enrolment, counted person by person and day by day."""
    steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        steps[row["participant"]].append(row)
    months: list[Counter[State]] = []
    persons = 0
    for told in steps.values():
        spells = list(naive_spells(told))
        starts = [start for state, start, _end in spells if state is State.COACHING and start <= stichtag]
        if not starts:
            continue
        persons += 1
        for month in range(61):
            if (day := months_after(min(starts), month)) > stichtag:
                break
            if month == len(months):
                months.append(Counter())
            on_that_day = {state for state, start, end in spells if start <= day < end and start <= stichtag}
            months[month][min(on_that_day, key=list(State).index, default=State.LEFT)] += 1
    return [{state: month[state] for state in State} for month in months if month.total() * 10 >= persons]


def naive_spells(steps: list[dict[str, Any]]) -> Iterable[tuple[State, date, date]]:
    """What somebody was in, from which day, until which first day without."""
    kinds = {"svp": State.SVP, "minijob": State.MINIJOB, "ausbildung": State.TRAINING, "selbstaendig": State.TRAINING}
    ends = {
        (step["participation"], step["step"].split("_")[0], step.get("ref")): on(step["on"])
        for step in steps
        if step["step"] in ("placement_ended", "qualification_completed", "qualification_abandoned", "exited")
    }
    for step in steps:
        start, participation, ref = on(step["on"]), step["participation"], step.get("ref")
        match step["step"]:
            case "enrolled":
                yield State.COACHING, start, ends.get((participation, "exited", None), date.max)
            case "placement_started":
                yield kinds[step["kind"]], start, ends.get((participation, "placement", ref), date.max)
            case "qualification_started":
                yield State.QUALIFICATION, start, ends.get((participation, "qualification", ref), date.max)


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
