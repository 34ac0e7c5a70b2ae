"""Where benchmarks run: a folder and a PostgreSQL database, both thrown away afterwards."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from domain.facts import Recorded
from domain.journal import Journal
from projections.settings import Settings

_CHUNK = 5_000
_ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server: that of DATABASE_URL, or one of our own.

    Our own does not wait for the disk (fsync off): the disk's moods stay out of the measurements, and whatever
    commits often, as the library's runner does, looks better than it would be.
    """
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    sys.path.append(str(_ROOT / "tests"))
    from pgcluster import throwaway_cluster  # noqa: PLC0415 -- a tool of the tests, wanted only here

    with throwaway_cluster() as cluster:
        cluster.configure("shared_buffers = 256MB\nmax_wal_size = 4GB")
        yield cluster.restart().url()


@contextmanager
def sqlite() -> Iterator[Settings]:
    """Settings of stores in files, in a folder of their own."""
    folder = Path(tempfile.mkdtemp(prefix="werdegang-benchmark-"))
    try:
        yield Settings(data=str(folder))
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres(server_url: str) -> Iterator[Settings]:
    """Settings of stores in a database of their own."""
    name = f"benchmark_{uuid4().hex[:12]}"
    with sqlite() as settings, closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield Settings(data=settings.data, database_url=make_conninfo(server_url, dbname=name))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fill(settings: Settings, entries: Iterable[Recorded]) -> int:
    """Append entries to an existing ledger, quickly; their number.

    Appending is not what is measured here. On SQLite the library's recorder takes them in large batches. On
    PostgreSQL they are copied into its table, in the bytes the journal's own mapper makes of them; the positions
    come from the table's own sequence, so the ledger is the one that single appends would have left.
    """
    with closing(Journal(settings.ledger)) as journal:
        if settings.database_url:
            return _copy(settings.database_url, journal, entries)
        filled = 0
        remaining = iter(entries)
        while chunk := list(islice(remaining, _CHUNK)):
            journal.events.put(chunk)
            filled += len(chunk)
        return filled


def _copy(url: str, journal: Journal, entries: Iterable[Recorded]) -> int:
    into = "COPY ledger.stored_events (originator_id, originator_version, topic, state) FROM STDIN (FORMAT binary)"
    filled = 0
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types(["uuid", "int8", "text", "bytea"])
            for filled, entry in enumerate(entries, 1):  # noqa: B007 -- the count is wanted afterwards
                stored = journal.mapper.to_stored_event(entry)
                copy.write_row((stored.originator_id, stored.originator_version, stored.topic, stored.state))
        connection.execute("VACUUM ANALYZE ledger.stored_events")  # as autovacuum does after so many rows
    return filled
