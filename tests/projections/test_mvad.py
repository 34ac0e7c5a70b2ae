"""712 real school-to-work journeys, taken in whole and counted twice: by the catalogue and in plain Python.

McVicar and Anyadike-Danes (2002), by way of TraMineR (GPL): the file lies beside the project, never in it.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import naive
import pytest
from entering import assert_adds_up, on, some_days

from domain import commands
from domain.facts import ProgrammeOpened
from domain.journal import Request
from domain.terms import journey_stream
from domain.vault import OWN_KEY
from projections.balance import Balance, compute, evidence
from projections.catch_up import catch_up
from projections.exchange.files import RawRow, read_rows
from projections.exchange.intake import Report, Terms, take_in
from projections.history import read_history
from projections.stores import Stores

FILE = Path(__file__).parents[3] / "shared" / "data" / "mvad" / "journeys.jsonl"
NOW = datetime(2020, 1, 2, 9, tzinfo=UTC)
OPENING = ProgrammeOpened(
    key="mvad", title="School to work", funder="-", starts_on=date(1993, 7, 1), ends_on=date(1999, 6, 30)
)
STICHTAGE = [
    *(on(day) for day in ("1993-06-30", "1993-07-01", "1994-08-31", "1996-02-29", "1997-02-28", "1999-06-30")),
    *some_days(Random(712), date(1993, 7, 2), date(2000, 6, 30), 6),
]

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} does not lie beside the project")


class Taken(NamedTuple):
    """The stores with the whole file in them."""

    stores: Stores
    report: Report


@pytest.fixture(scope="module")
def rows() -> list[RawRow]:
    return list(read_rows(FILE))


@pytest.fixture(scope="module")
def plain() -> list[dict[str, Any]]:
    """The same rows, read by nothing of ours."""
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def taken(shared_stores: Stores, rows: list[RawRow]) -> Taken:
    return Taken(shared_stores, open_and_take(shared_stores, rows))


@pytest.fixture
def own(stores: Stores, rows: list[RawRow]) -> Iterator[Stores]:
    """Stores of a test that changes them, with the journeys of the first 60 people."""
    people = {f"P{number:04}" for number in range(1, 61)}
    open_and_take(stores, [row for row in rows if row.values["participant"] in people])
    return stores


def open_and_take(stores: Stores, rows: Sequence[RawRow]) -> Report:
    request = Request(id=uuid4(), by="tester", now=NOW)
    stores.journal.act(lambda streams: commands.open_programme(streams, OPENING), request)
    return take(stores, rows)


def take(stores: Stores, rows: Sequence[RawRow], **terms: Any) -> Report:
    terms = {"batch": uuid4(), "by": "tester", "now": NOW, "programme": "mvad", **terms}
    report = take_in(stores.journal, stores.vault, rows, Terms(**terms))
    catch_up(stores.journal, stores.read_model)
    return report


def figures_of(balance: Balance) -> dict[str, tuple[Any, Any]]:
    return {code: (figure.value, figure.by) for code, figure in balance.figures.items()}


def test_every_step_is_stored(taken: Taken) -> None:
    """4,393 steps, each an entry of its own beside the opening of the programme."""
    stores, report = taken
    assert (report.rows, report.stored, report.refused, report.unchanged) == (4393, 4393, [], 0)
    assert stores.journal.count(stores.journal.head()) == 4393 + 1
    assert report.position == stores.journal.head() == stores.read_model.tracked()
    assert stores.read_model.events() == 4393 + 1


@pytest.mark.parametrize("stichtag", STICHTAGE, ids=str)
def test_balance_agrees_with_the_naive_calculation(taken: Taken, plain: list[dict[str, Any]], stichtag: date) -> None:
    """Every figure and every breakdown, on either store, is what plain Python counts from the file."""
    found = compute(taken.stores.read_model, "mvad", stichtag).figures
    assert naive.differences(found, plain, stichtag) == []


@pytest.mark.parametrize("stichtag", STICHTAGE[1::4], ids=str)
def test_evidence_adds_up(taken: Taken, stichtag: date) -> None:
    """Behind every figure stand the rows it counts."""
    model = taken.stores.read_model
    for code, figure in compute(model, "mvad", stichtag).figures.items():
        assert_adds_up(code, figure, evidence(model, "mvad", code, stichtag))


def test_same_file_again_stores_nothing(taken: Taken, rows: list[RawRow]) -> None:
    """Every row is recognised by its id and its content."""
    stores, _report = taken
    head, before = stores.journal.head(), figures_of(compute(stores.read_model, "mvad", on("1996-06-30")))
    again = take(stores, rows)
    assert (again.rows, again.stored, again.unchanged, again.refused) == (4393, 0, 4393, [])
    assert stores.journal.head() == head
    assert figures_of(compute(stores.read_model, "mvad", on("1996-06-30"))) == before


def test_changed_row_is_refused(own: Stores, rows: list[RawRow]) -> None:
    """The same id with other content is refused, naming the entry; nothing is stored."""
    head = own.journal.head()
    report = take(own, [changed(rows)])
    (refused,) = report.refused
    assert (refused.why.code, refused.row.line) == ("changed_row", 4)
    assert "Eintrag 4" in refused.why.in_language("de")
    assert "--corrections" in refused.why.in_language("en")
    assert (report.nothing_stored, own.journal.head()) == (True, head)


def test_changed_row_is_corrected(own: Stores, rows: list[RawRow]) -> None:
    """With corrections allowed a new entry says so: old figures stay at their Datenstand, both entries are kept."""
    stichtag, before = on("1993-10-15"), own.journal.head()
    old = compute(own.read_model, "mvad", stichtag)
    report = take(own, [changed(rows)], corrections=True, reason="Beginn war später")
    assert (report.corrected, report.stored, report.refused) == (1, 0, [])
    new = compute(own.read_model, "mvad", stichtag)
    assert compute(own.read_model, "mvad", stichtag, datenstand=before) == old
    assert new.datenstand == before + 1
    assert new.figures["placed_svp"].value == old.figures["placed_svp"].value - 1
    assert new.figures["integrations_12m"].value == old.figures["integrations_12m"].value - 1
    changed_codes = {code for code in old.figures if old.figures[code] != new.figures[code]}
    assert {"participants_enrolled", "qualifications_started", "exits"}.isdisjoint(changed_codes)
    history = read_history(own.journal, journey(own), own.journal.head(), opener(own))
    first, correction = history.entries[3], history.entries[-1]
    assert (first.happened_on, first.corrected_by) == (on("1993-09-01"), (correction.entry,))
    assert (correction.corrects, correction.reason) == (4, "Beginn war später")
    assert correction.fields == {"on": {"old": "1993-09-01", "new": "1993-11-01"}}
    earlier = read_history(own.journal, journey(own), before, opener(own))
    assert len(earlier.entries) == len(history.entries) - 1
    assert earlier.entries[3].corrected_by == ()


def test_correction_again_stores_nothing(own: Stores, rows: list[RawRow]) -> None:
    """The corrected row is the row now: sent again it is unchanged, and the old one is a change."""
    take(own, [changed(rows)], corrections=True, reason="Beginn war später")
    head = own.journal.head()
    for corrections in (True, False):
        again = take(own, [changed(rows)], corrections=corrections)
        assert (again.unchanged, again.corrected, again.refused) == (1, 0, [])
    assert take(own, [rows[3]]).refused[0].why.code == "changed_row"
    assert own.journal.head() == head
    back = take(own, [rows[3]], corrections=True, reason="doch nicht")
    assert (back.corrected, own.journal.head()) == (1, head + 1)


def changed(rows: Sequence[RawRow]) -> RawRow:
    """The start of P0001's first job, two months later."""
    row = rows[3]
    assert (row.values["step"], row.values["on"]) == ("placement_started", "1993-09-01")
    return row._replace(values={**row.values, "on": "1993-11-01"})


def journey(stores: Stores) -> UUID:
    participant = stores.vault.find(OWN_KEY, "P0001")
    assert participant is not None
    return journey_stream(participant, "mvad", 1)


def opener(stores: Stores) -> Any:
    def open_sealed(participant: UUID, field: str, sealed: bytes) -> str:
        return stores.vault.open(participant, field, sealed, account="tester", purpose="test", now=NOW)

    return open_sealed
