"""A writer, a reader and a rebuild as processes of their own: what goes on at the same time."""

import os
import signal
from datetime import UTC, date, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Any
from uuid import uuid4

from domain import commands
from domain.facts import ProgrammeOpened
from domain.journal import Request
from projections.balance import compute
from projections.catch_up import catch_up
from projections.exchange.files import RawRow
from projections.exchange.intake import Terms, take_in
from projections.read_model import ReadModel
from projections.rebuild import Progress, rebuild
from projections.rows import TABLES
from projections.settings import Settings
from projections.stores import Stores, open_stores

NOW = datetime(2020, 1, 2, 9, tzinfo=UTC)
KEY, STICHTAG = "busy", date(2018, 2, 19)
OPENING = ProgrammeOpened(
    key=KEY, title="Busy", funder="-", starts_on=date(2017, 1, 1), ends_on=date(2018, 12, 31), coaching_ratio=10_000
)
EVENTS_OF_ONE = 7
"""How many entries one person's rows become: six steps, and the case that goes with the assignment."""


def rows_of(person: str) -> list[RawRow]:
    """The journey of one person: enrolled, assigned, two sessions, a job and its end."""
    steps: list[dict[str, Any]] = [
        {
            "step": "enrolled",
            "on": "2017-01-01",
            "gender": "female",
            "age": 27,
            "migration_background": True,
            "single_parent": True,
            "municipality": "Raunheim",
            "benefit_months": 24,
            "education": "none",
        },
        {"step": "coach_assigned", "on": "2017-01-02", "coach": "C1"},
        {"step": "coaching_session_held", "on": "2017-02-01", "minutes": 30},
        {"step": "coaching_session_held", "on": "2017-03-01", "minutes": 60},
        {"step": "placement_started", "on": "2017-04-01", "ref": "job", "kind": "svp"},
        {"step": "placement_ended", "on": "2017-12-01", "ref": "job", "reason": "resigned"},
    ]
    return [RawRow(number, {"participant": person, **step}) for number, step in enumerate(steps, 1)]


def fill(stores: Stores, people: int) -> None:
    """Open the programme and take in that many people."""
    request = Request(id=uuid4(), by="tester", now=NOW)
    stores.journal.act(lambda streams: commands.open_programme(streams, OPENING), request)
    take(stores, [row for number in range(people) for row in rows_of(f"filled-{number}")])
    catch_up(stores.journal, stores.read_model)


def take(stores: Stores, rows: list[RawRow]) -> None:
    """Take in rows; none is refused."""
    terms = Terms(batch=uuid4(), by="tester", now=NOW, programme=KEY)
    report = take_in(stores.journal, stores.vault, rows, terms)
    assert not report.refused, report.refused


# --- processes --------------------------------------------------------------------------------------


def keep_writing(settings: Settings, stop: Event, told: "Queue[Any]") -> None:
    """Take in one person after another, each projected at once, until told to stop; tells how many."""
    people = 0
    with open_stores(settings) as stores:
        while not stop.is_set():
            take(stores, rows_of(f"written-{people}"))
            catch_up(stores.journal, stores.read_model)
            people += 1
            if people == 1:
                told.put("started")
    told.put((people, []))


def keep_reading(settings: Settings, stop: Event, told: "Queue[Any]") -> None:
    """Look at figures and tables until told to stop; tells how often, and everything that went back or was empty."""
    looks, wrong = 0, []
    before: dict[str, float] = {}
    with open_stores(settings) as stores:
        while not stop.is_set():
            now = {**_figures(stores.read_model), **_row_counts(stores.read_model)}
            wrong += [f"{name}: {before[name]} → {now[name]}" for name in before if now[name] < before[name]]
            wrong += [f"{name} is empty" for name in now if not now[name]]
            wrong += [f"half a person: {now}"] if now["rows of sessions"] != 2 * now["rows of circumstances"] else []
            before, looks = now, looks + 1
            if looks == 1:
                told.put("started")
    told.put((looks, wrong))


def _figures(model: ReadModel) -> dict[str, float]:
    figures = compute(model, KEY, STICHTAG).figures
    codes = ("participants_enrolled", "coaching_minutes", "placed_svp", "caseload_max", "sustained_yes")
    return {code: figures[code].value or 0 for code in codes}


_FILLED = ("programmes", "coaches", "enrolments", "circumstances", "care", "sessions", "placements")


def _row_counts(model: ReadModel) -> dict[str, float]:
    with model.snapshot():
        counts = {
            f"rows of {table}": model.query(f"SELECT count(*) FROM {model.name(table)}", {})[0][0]
            for table in TABLES
            if table in _FILLED
        }
        return {**counts, "tracked": model.tracked(), "events": model.events()}


def rebuild_until_killed(settings: Settings, partitions: int) -> None:
    """A rebuild whose process is killed once so many partitions are stored."""

    def report(progress: Progress) -> None:
        if progress.stage == "partitions" and progress.done == partitions:
            os.kill(os.getpid(), signal.SIGKILL)

    rebuild(settings.ledger, settings.read_model, now=NOW, report=report)
