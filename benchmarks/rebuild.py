"""The rebuild in one process and in two, against the library's `ProjectionRunner` on the same ledger."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple

import psycopg

from benchmarks import data, runner, stores
from benchmarks.report import Table, measured
from projections import rebuild as product
from projections.settings import Settings
from projections.stores import create_stores

_SMALL = 10_000


class _Rebuilt(NamedTuple):
    """What one rebuild, in a process of its own, came to."""

    events: int
    seconds: float
    certifying: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def run(server: str, journeys: int, runs: int) -> list[Table]:
    """Rebuild a ledger on PostgreSQL; the runner takes the first of the same events."""
    with _filled(server, min(_SMALL, journeys)) as settings:
        _rebuild(settings)
        small = _rebuild(settings)
    with _filled(server, journeys) as settings:
        library = [_runner(settings) for _run in range(runs)]
        _rebuild(settings)  # the first has nothing to be compared with; those measured compare every row
        one, two = [], []
        for _run in range(runs):
            one.append(_rebuild(settings))
            two.append(_rebuild(settings, workers=2))
    return [_table(library, one, two, small)]


def _table(library: list[float], one: list[_Rebuilt], two: list[_Rebuilt], small: _Rebuilt) -> Table:
    events = one[0].events
    table = Table(f"rebuild of {events:,} events on PostgreSQL, with certificate")
    rates, rates_of_two = [run.rate for run in one], [run.rate for run in two]
    times = median(rates) / median(library)
    processes = median(rates_of_two) / median(rates)
    seconds = [run.seconds for run in one]
    table.add(measured(f"the library's runner, {runner.EVENTS:,} events", "events/s", library))
    table.add(measured("one process", "events/s", rates, bar="≥ 70,000 (quiet)", reached=median(rates) >= 70_000))
    table.add(measured("  against the runner", "times", [times], bar="≥ 100", reached=times >= 100))
    table.add(
        measured("two processes", "events/s", rates_of_two, ratio=processes, bar="≥ 1.4 ×", reached=processes >= 1.4)
    )
    bar = {"bar": "< 20 at 1 million", "reached": median(seconds) < 20} if events >= 1_000_000 else {}
    table.add(measured("one process, all of it", "s", seconds, **bar))  # type: ignore[arg-type]
    table.add(measured("  certificate", "s", [run.certifying for run in one]))
    peaks = [run.peak_mb for run in one]
    table.add(measured(f"peak memory at {small.events:,} events", "MB", [small.peak_mb]))
    flat = median(peaks) / small.peak_mb
    table.add(measured(f"peak memory at {events:,} events", "MB", peaks, ratio=flat, bar="flat"))
    return table


@contextmanager
def _filled(server: str, journeys: int) -> Iterator[Settings]:
    with stores.postgres(server) as settings:
        create_stores(settings)
        stores.fill(settings, data.ledger(journeys))
        yield settings


def _runner(settings: Settings) -> float:
    assert settings.database_url
    with closing(psycopg.connect(settings.database_url, autocommit=True)) as connection:
        connection.execute("DROP SCHEMA IF EXISTS runner CASCADE")
        connection.execute("CREATE SCHEMA runner")
    return runner.events_per_second(settings.database_url)


def _rebuild(settings: Settings, workers: int = 1) -> _Rebuilt:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_in_process, settings, workers).result()


def _in_process(settings: Settings, workers: int) -> _Rebuilt:
    entered: dict[str, float] = {}

    def note(progress: product.Progress) -> None:
        entered.setdefault(progress.stage, time.perf_counter())

    started = time.perf_counter()
    certificate = product.rebuild(
        settings.ledger, settings.read_model, now=datetime.now(UTC), workers=workers, report=note
    )
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return _Rebuilt(certificate.events, ended - started, ended - entered["certificate"], peak)
