"""A report of a balance as PDF and as XLSX, its public version, and the explanation of a year."""

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from statistics import median

from benchmarks import data, stores
from benchmarks.report import Table, measured
from projections.balance import compute
from projections.catalogue import CORE
from projections.disclosure.publishing import protect_balance
from projections.explain import Point, explain
from projections.programmes import particulars
from projections.rebuild import rebuild
from projections.reports import balance_report, rendered, series
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores

_SECONDS, _MEGABYTES = 10, 500


def run(server: str, journeys: int, runs: int) -> list[Table]:
    """One table per store; every run is a process of its own, as a command is, and its peak memory is taken."""
    places: list[tuple[str, Callable[[], AbstractContextManager[Settings]]]] = [
        ("PostgreSQL", lambda: stores.postgres(server)),
        ("SQLite", stores.sqlite),
    ]
    tables = []
    for store, place in places:
        with place() as settings:
            create_stores(settings)
            stores.fill(settings, data.ledger(journeys))
            rebuild(settings.ledger, settings.read_model, now=datetime.now(UTC))
            table = Table(f"reports of {journeys:,} journeys on {store}")
            for name, work in _WORK.items():
                _add(table, name, [_apart(work, settings) for _run in range(runs)])
            tables.append(table)
    return tables


def _add(table: Table, name: str, found: list[tuple[float, float]]) -> None:
    """Two rows of a piece of work; the bars are those for a report."""
    seconds, memory = [one[0] for one in found], [one[1] for one in found]
    if name not in _REPORTS:
        table.add(measured(name, "s", seconds))
        table.add(measured(f"{name}, peak memory", "MB", memory))
        return
    table.add(measured(name, "s", seconds, bar=f"< {_SECONDS} s", reached=median(seconds) < _SECONDS))
    reached = median(memory) < _MEGABYTES
    table.add(measured(f"{name}, peak memory", "MB", memory, bar=f"< {_MEGABYTES} MB", reached=reached))


def _apart(work: Callable[[Stores], object], settings: Settings) -> tuple[float, float]:
    """Seconds and peak memory in megabytes of a piece of work in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_in_process, work, settings).result()


def _in_process(work: Callable[[Stores], object], settings: Settings) -> tuple[float, float]:
    started = datetime.now(UTC)
    with open_stores(settings) as opened:
        work(opened)
    seconds = (datetime.now(UTC) - started).total_seconds()
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _pdf(opened: Stores) -> bytes:
    return _report(opened, "pdf")


def _xlsx(opened: Stores) -> bytes:
    return _report(opened, "xlsx")


def _report(opened: Stores, form: str) -> bytes:
    model = opened.read_model
    balance = compute(model, data.PROGRAMME, data.STICHTAG)
    programme = particulars(model, data.PROGRAMME, balance.datenstand)
    report = balance_report(balance, CORE, programme, series(model, balance, CORE), language="de")
    return rendered(report, form)


def _public(opened: Stores) -> object:
    model = opened.read_model
    return protect_balance(model, compute(model, data.PROGRAMME, data.STICHTAG), CORE, [])


def _explained(opened: Stores) -> object:
    head = opened.journal.head()
    points = [Point(data.STICHTAG - timedelta(days), head, CORE) for days in (365, 0)]
    return explain(opened.journal, opened.read_model, data.PROGRAMME, *points)


_REPORTS = {"report as PDF": _pdf, "report as XLSX": _xlsx}
_WORK = {**_REPORTS, "what to hide": _public, "a year explained": _explained}
