"""Rebuilding the read model beside the live one, certifying it, and swapping it in.

The ledger is read in partitions (equal ranges of stream ids), each in one transaction that also notes
it as done: stopped anywhere, the next rebuild goes on where this one ended. Partitions may run in
processes; a partition done twice at once is stored once. Readers see the live model all the while.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

import domain
import projections
from domain.errors import Refused
from domain.journal import Journal, StoreAddress, decode_fact
from domain.texts import _
from projections.catalogue import CORE
from projections.catch_up import catch_up, collector_paused
from projections.journeys import fold
from projections.knowledge import KnownRow
from projections.ledger.seal_stores import open_seals
from projections.ledger.sealer import root_over
from projections.ledger.seals import Seals
from projections.read_model import ReadModel, closing_model, open_read_model
from projections.rows import TABLES

EVENTS_PER_PARTITION = 100_000
FEWEST_PARTITIONS = 8
LARGEST_LAG_COMPARED = 50_000


class TableDigest(Struct, frozen=True):
    """Rows of a table, and an order-free digest of them (comparable within one kind of store)."""

    rows: int
    digest: str


class Certificate(Struct, frozen=True):
    """What a rebuild vouches for: it read all entries there were, and what came out."""

    events: int
    head: int
    root: str
    """The root of the ledger's Merkle tree over those entries, in hexadecimal."""
    catalogue: str
    code: str
    tables: dict[str, TableDigest]
    compared: bool
    """Whether the live model was near enough, and its tables the same, to be compared."""
    differences: dict[str, list[list[str]]]
    """By table, examples of rows that only the live or only the rebuilt model had; empty if they agreed."""
    built_at: datetime
    seconds: float


class Progress(NamedTuple):
    """How far a rebuild is."""

    stage: str
    done: int
    total: int


_Streams = dict[str, list[tuple[int, int, Any]]]
"""Version, position and fact of the entries of each stream."""


class _Job(NamedTuple):
    """What a worker needs to build one partition."""

    ledger: StoreAddress
    read_model: Path | None
    number: int
    partitions: int
    upto: int
    build: str


def rebuild(
    ledger: StoreAddress,
    read_model: Path | None,
    *,
    now: datetime,
    workers: int = 1,
    swap: bool = True,
    report: Callable[[Progress], None] = lambda _progress: None,
) -> Certificate:
    """Rebuild all tables, certify them and swap them in.

    `ledger` and `read_model` name the stores (on PostgreSQL the read model lies in the ledger's database);
    `workers` is the number of processes. Without `swap` the live model stays, and the rebuilt one, begun anew, was only
    made to compare. Refused: a rebuilt model that did not take every entry, and a second rebuild at the same time.
    """
    started = time.monotonic()
    with (
        closing(Journal(ledger)) as journal,
        closing(open_seals(ledger)) as seals,
        closing_model(open_read_model(read_model, ledger.url)) as live,
        live.only_builder(),
    ):
        beside = live.beside()
        plan = _begin(journal, beside, ledger, read_model, anew=not swap)
        _build_partitions(journal, beside, plan, workers, report)
        _finish_build(beside, plan, report)
        report(Progress("catch_up", 0, 1))
        catch_up(journal, beside)
        with live.transaction():  # from here the live projector waits; readers do not
            catch_up(journal, beside)
            report(Progress("certificate", 0, 1))
            certificate = _certify(journal, seals, live, beside, now, started)
            if swap:
                beside.keep_certificate(msgspec.json.encode(certificate).decode())
                live.swap()
            else:
                beside.create_tables()  # nothing of it is left to go on with
    return certificate


def code_digest() -> str:
    """A digest of the source of the two floors that make the rows."""
    digest = sha256()
    for package in (domain, projections):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


# --- building -------------------------------------------------------------------------------------


def _begin(journal: Journal, beside: ReadModel, ledger: StoreAddress, read_model: Path | None, *, anew: bool) -> _Job:
    """The plan of the build: that of an interrupted one by the same code, or a new one."""
    build = f"{code_digest()} {CORE.version}"
    if not anew and beside.exists() and (found := beside.build_plan(build)):
        partitions, upto = found
    else:
        upto = journal.head()
        partitions = max(FEWEST_PARTITIONS, journal.count(upto) // EVENTS_PER_PARTITION)
        with beside.transaction():
            beside.create_tables()
            beside.note_plan(build, partitions, upto)
    return _Job(ledger, read_model, 0, partitions, upto, build)


def _build_partitions(
    journal: Journal, beside: ReadModel, plan: _Job, workers: int, report: Callable[[Progress], None]
) -> None:
    done = beside.partitions_done()
    jobs = [plan._replace(number=number) for number in range(plan.partitions) if number not in done]
    report(Progress("partitions", len(done), plan.partitions))
    for finished in _one_by_one(journal, beside, jobs) if workers == 1 else _in_processes(jobs, workers):
        report(Progress("partitions", len(done) + finished, plan.partitions))


def _one_by_one(journal: Journal, beside: ReadModel, jobs: list[_Job]) -> Iterator[int]:
    """Build the partitions in this process, reading the next while one is folded; yields how many are done."""
    with ThreadPoolExecutor(1) as reader, collector_paused():
        ahead = [reader.submit(_read_partition, journal, job) for job in jobs[:1]]
        for number, job in enumerate(jobs):
            streams = ahead.pop().result()
            ahead = [reader.submit(_read_partition, journal, following) for following in jobs[number + 1 : number + 2]]
            _store_partition(beside, job, streams)
            yield number + 1


def _in_processes(jobs: list[_Job], workers: int) -> Iterator[int]:
    """Build the partitions in processes; yields how many are done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            futures = [pool.submit(_in_process, job) for job in jobs]
            for finished, future in enumerate(as_completed(futures), 1):
                future.result()
                yield finished
        except BaseException:
            pool.shutdown(cancel_futures=True)  # and wait: nobody goes on writing after the error is told
            raise


def _in_process(job: _Job) -> None:
    with (
        closing(Journal(job.ledger)) as journal,
        closing_model(open_read_model(job.read_model, job.ledger.url)) as live,
        collector_paused(),
    ):
        _store_partition(live.beside(), job, _read_partition(journal, job))


def _read_partition(journal: Journal, job: _Job) -> _Streams:
    """The facts of a partition, stream by stream."""
    streams: _Streams = defaultdict(list)
    with closing(journal.scan(job.number, job.partitions, upto=job.upto)) as entries:
        for position, stream, version, topic, state in entries:
            streams[stream].append((version, position, decode_fact(stream, version, topic, state)))
    return streams


def _store_partition(beside: ReadModel, job: _Job, streams: _Streams) -> None:
    """Fold a partition and store its rows, once, however often it is tried."""
    known: list[KnownRow] = []
    for stream, taken in streams.items():
        taken.sort(key=itemgetter(0))
        known += fold(stream, ((position, version, fact) for version, position, fact in taken))
    events = sum(map(len, streams.values()))
    with beside.transaction(exclusive=False):
        if beside.claim_partition(job.number, job.partitions, job.upto, job.build, events):
            beside.insert(known)


def _finish_build(beside: ReadModel, plan: _Job, report: Callable[[Progress], None]) -> None:
    """Indexes, and the tracked position, once all partitions are there."""
    if beside.is_tracking():
        return
    report(Progress("indexes", 0, 1))
    with beside.transaction():
        beside.create_indexes()
        beside.start(plan.upto, beside.events_built())


# --- certifying -----------------------------------------------------------------------------------


def _certify(
    journal: Journal, seals: Seals, live: ReadModel, beside: ReadModel, now: datetime, started: float
) -> Certificate:
    """Count what was read against what is there, and compare with the live model cell by cell.

    The live model is brought to the same position first. One that is far behind, was never projected, or has the
    tables of an older version is not waited for and not compared.
    """
    head, events = beside.tracked(), beside.events()
    held = journal.count(head)
    if events != held:
        text = _("Der Neuaufbau hat {found} von {held} Einträgen gelesen.", found=events, held=held)
        raise Refused("rebuild_incomplete", text)
    compared = live.has_todays_columns() and held - live.events() <= LARGEST_LAG_COMPARED
    if compared:
        catch_up(journal, live, upto=head)  # and no further: others go on writing
    tables, differences = {}, {}
    for table in TABLES:
        here = beside.digest(table)
        tables[table] = TableDigest(here[0], f"{here[1] & (1 << 64) - 1:016x}")
        if compared and here != live.digest(table):
            differences[table] = [[str(value) for value in row] for row in live.differences(beside, table)]
    root, seconds = root_over(journal, seals, events).hex(), round(time.monotonic() - started, 2)
    return Certificate(events, head, root, CORE.version, code_digest(), tables, compared, differences, now, seconds)
