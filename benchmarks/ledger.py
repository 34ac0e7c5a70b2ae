"""The ledger: appending while it is sealed, sealing, checking all of it, and the proof of one entry; on both stores."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import median
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from benchmarks import data, stores
from benchmarks.report import Table, measured, timed
from domain import commands
from domain.facts import CoachingSessionHeld, Enrolled, Recorded
from domain.journal import Decided, Journal, Request, Streams
from domain.journal.mapper import FactMapper
from domain.terms import journey_stream
from projections.ledger.seal_stores import create_seals, open_seals
from projections.ledger.sealer import seal
from projections.ledger.seals import TABLES, Seals
from projections.ledger.signing_keys import read_signers
from projections.ledger.verification import verify_ledger
from projections.settings import Settings
from projections.stores import create_stores

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_JOURNEYS = 200
_WAYS = {"one by one": (6_000, 1), "in batches of 100": (20_000, 100)}
"""How many entries are appended, and how many of them at once."""
_PROOFS = 300
_PAUSE = 1.0
"""So many seconds the sealer beside the writer waits after each of its rounds."""
_VERIFIED = 200_000
_APPENDED = 0.8
_Place = Callable[[], AbstractContextManager[Settings]]


def run(server: str, journeys: int, runs: int) -> list[Table]:
    """Two tables per store: what is appended, and what is sealed, checked and proved."""
    places: dict[str, _Place] = {"SQLite": stores.sqlite, "PostgreSQL": lambda: stores.postgres(server)}
    tables = []
    for store, place in places.items():
        tables += [_appending(store, place, runs), _checking(store, place, journeys, runs)]
    return tables


# --- sealing, checking, proving -------------------------------------------------------------------


def _checking(store: str, place: _Place, journeys: int, runs: int) -> Table:
    with place() as settings:
        create_stores(settings)
        events = stores.fill(settings, data.ledger(journeys))
        sealing = [events / timed(partial(_seal_all, settings)) for _run in range(runs)]
        with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
            checking = [events / timed(partial(_verify, journal, seals)) for _run in range(runs)]
            proofs = _proofs(journal, seals)
    table = Table(f"ledger of {events:,} events on {store}")
    table.add(measured("sealing", "events/s", sealing))
    reached = median(checking) >= _VERIFIED
    table.add(measured("verification", "events/s", checking, bar=f"≥ {_VERIFIED:,}", reached=reached))
    table.add(measured("one proof", "ms", proofs))
    return table


def _seal_all(settings: Settings) -> None:
    """Seal a ledger from its beginning; seals there are dropped before."""
    if settings.database_url:
        with closing(psycopg.connect(settings.database_url, autocommit=True)) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {', '.join(f'ledger.{table}' for table in TABLES)}".encode())
    else:
        for path in settings.folder.glob("seals.db*"):
            path.unlink()
    create_seals(settings.ledger)
    with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
        seal(journal, seals, read_signers(settings.signing_key), now=_NOW)


def _verify(journal: Journal, seals: Seals) -> None:
    report = verify_ledger(journal, seals)
    if report.findings or report.sealed != report.entries:
        raise RuntimeError(f"{report.findings}; sealed {report.sealed} of {report.entries}")


def _proofs(journal: Journal, seals: Seals) -> list[float]:
    """Milliseconds of proofs of entries anywhere in the ledger, by the last checkpoint."""
    rng, head = random.Random(1), journal.head()
    positions = [rng.randrange(1, head + 1) for _number in range(_PROOFS)]
    return [1000 * timed(partial(_proof, seals, position)) for position in positions]


def _proof(seals: Seals, position: int) -> bytes:
    return seals.prove_entry(position).text


# --- appending ------------------------------------------------------------------------------------


class _Library(Application[UUID]):
    """The library's application over its own recorder: no triggers, no reading, no decisions."""

    name = "stored"

    def construct_mapper(self) -> FactMapper:
        return FactMapper()


class _Appended(NamedTuple):
    """Events per second of each way to append the same entries."""

    bare: list[float]
    append: list[float]
    command: list[float]


def _appending(store: str, place: _Place, runs: int) -> Table:
    table = Table(f"appending on {store}, a sealer beside it")
    for title, (number, size) in _WAYS.items():
        found = _Appended([], [], [])
        for _run in range(runs):
            with place() as settings:
                base, entries, rate = _carried_out(settings, number, size)
            found.command.append(rate)
            with place() as settings:
                found.append.append(_appended(settings, base, entries, size))
            with place() as settings:
                found.bare.append(_saved(settings, base, entries, size))
        ratio = median(found.append) / median(found.bare)
        whole = median(found.command) / median(found.bare)
        table.add(measured(f"the library's bare save, {title}", "events/s", found.bare))
        bar = {"bar": f"≥ {_APPENDED:g} ×", "reached": ratio >= _APPENDED}
        table.add(measured(f"the journal's append, {title}", "events/s", found.append, ratio=ratio, **bar))  # type: ignore[arg-type]
        table.add(measured(f"whole commands: read, decide, append, {title}", "events/s", found.command, ratio=whole))
    return table


def _carried_out(settings: Settings, number: int, size: int) -> tuple[list[Recorded], list[Recorded], float]:
    """Sessions entered by commands, so many in one; what stood there before, what was stored, and the rate."""
    create_stores(settings)
    with closing(Journal(settings.ledger)) as journal:
        journeys = _enrolled(journal)
        base = _all(journal, 0)
        steps = [
            (journeys[place % _JOURNEYS], CoachingSessionHeld(happened_on=data.LAST, minutes=place % 90 + 1))
            for place in range(number)
        ]

        def work() -> None:
            for start in range(0, len(steps), size):
                _enter(journal, steps[start : start + size])

        with _sealer(settings):
            rate = number / timed(work)
        return base, _all(journal, len(base)), rate


def _enter(journal: Journal, steps: Sequence[tuple[UUID, CoachingSessionHeld]]) -> None:
    def decide(streams: Streams) -> Decided:
        streams.preload([journey for journey, _step in steps])
        for journey, step in steps:
            streams.append(commands.record(streams, journey, step))
        return []

    journal.act(decide, Request(id=uuid4(), by="benchmark", now=_NOW))


def _appended(settings: Settings, base: Sequence[Recorded], entries: Sequence[Recorded], size: int) -> float:
    """The same entries appended by the journal, with a sealer in another process."""
    create_stores(settings)
    with closing(Journal(settings.ledger)) as journal:
        journal.events.put(base)
        with _sealer(settings):
            return len(entries) / timed(lambda: _save(journal, entries, size))


def _saved(settings: Settings, base: Sequence[Recorded], entries: Sequence[Recorded], size: int) -> float:
    """The same entries saved by the library alone, into a table of its own."""
    library = _Library(_library_env(settings))
    with closing(library):
        library.save(*base)
        return len(entries) / timed(lambda: _save(library, entries, size))


def _save(application: Application[UUID], entries: Sequence[Recorded], size: int) -> None:
    for start in range(0, len(entries), size):
        application.save(*entries[start : start + size])


def _library_env(settings: Settings) -> dict[str, str]:
    if settings.database_url is None:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(settings.folder / "library.db"),
            "SQLITE_LOCK_TIMEOUT": "60",
        }
    given = conninfo_to_dict(settings.database_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given["host"]),
        "POSTGRES_PORT": str(given.get("port") or 5432),
        "POSTGRES_USER": str(given["user"]),
        "POSTGRES_PASSWORD": str(given.get("password") or "none"),
    }


def _enrolled(journal: Journal) -> list[UUID]:
    """The programme and the first steps of so many persons; their journeys."""
    request = Request(id=uuid4(), by="benchmark", now=_NOW)
    journal.act(lambda streams: commands.open_programme(streams, data.opening()), request)
    journeys = []
    for steps in islice(data.persons(_JOURNEYS), _JOURNEYS):
        enrolment = steps[0]
        assert isinstance(enrolment, Enrolled)
        enter = partial(commands.enrol, enrolment=enrolment)
        journal.act(enter, Request(id=uuid4(), by="benchmark", now=_NOW))
        journeys.append(journey_stream(enrolment.participant, data.PROGRAMME, 1))
    return journeys


def _all(journal: Journal, after: int) -> list[Recorded]:
    """The entries after the first so many."""
    streams = list(dict.fromkeys(stream for _position, stream in journal.since(0, 1 << 30)))
    found = sorted((one for stream in journal.load(streams).values() for one in stream), key=lambda one: one.position)
    return found[after:]


@contextmanager
def _sealer(settings: Settings) -> Iterator[None]:
    """A process that seals what is new, again and again, until the work beside it is done."""
    context = get_context("spawn")
    stop, started = context.Event(), context.Event()
    process = context.Process(target=_keep_sealing, args=(settings, stop, started))
    process.start()
    try:
        if not started.wait(60):
            raise RuntimeError("the sealer did not start")
        yield
    finally:
        stop.set()
        process.join()
    if process.exitcode:
        raise RuntimeError(f"the sealer ended with {process.exitcode}")


def _keep_sealing(settings: Settings, stop: Event, started: Event) -> None:
    signers = read_signers(settings.signing_key)
    with closing(Journal(settings.ledger)) as journal, closing(open_seals(settings.ledger)) as seals:
        while not stop.is_set():
            seal(journal, seals, signers, now=_NOW)
            started.set()
            time.sleep(_PAUSE)
