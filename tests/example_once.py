"""The example programme for tests that begin with it: written once for all workers, copied wherever it is needed.

The test of writing it is test_example.py.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg.sql import SQL, Identifier

from domain.journal import Journal, StoreAddress
from projections.catch_up import catch_up
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.example import write_example

OF_SQLITE = ("ledger.db*", "projections.db*", "seals.db*")
NUMBER_ON = "SELECT setval('stored_events_notification_id_seq', (SELECT max(notification_id) FROM stored_events))"
TABLES_OF_SEALS = ("leaves", "subtrees", "checkpoints", "signers")


def example_of_the_run(folders: pytest.TempPathFactory) -> Path:
    """The data folder of the example on SQLite, its read model up to the ledger; nobody changes it. Of the workers the
    first one writes it, the others wait for it."""
    own = folders.getbasetemp()
    return example_in(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


def example_in(shared: Path) -> Path:
    """The same below a folder that is given."""
    folder = shared / "example"
    with (shared / "example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            made = Path(tempfile.mkdtemp(prefix="example-in-the-making-", dir=shared))
            _write(Settings(data=str(made)))
            made.rename(folder)
    return folder


def copied(example: Path, folder: Path, url: str | None = None) -> Settings:
    """Copy a data folder; with the URL of a database without what lies in that."""
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns(*OF_SQLITE) if url else None)
    return Settings(data=str(folder), database_url=url)


def put_behind(example: Path, stores: Stores) -> None:
    """Append the entries of the example to a ledger, as they are and in their order, and project them; the keys of the
    persons stay behind."""
    with closing(Journal(StoreAddress(file=example / "ledger.db"))) as written:
        stored = sorted(written.scan(0, 1, upto=written.head()))
    stores.journal.recorder.insert_events([StoredEvent(UUID(row[1]), *row[2:]) for row in stored])
    catch_up(stores.journal, stores.read_model)


def fill_database(example: Path, folder: Path, url: str) -> Settings:
    """Put ledger and seals of a data folder into an empty database, byte for byte, and build its read model:
    a fraction of the time that writing the example again would take."""
    settings = copied(example, folder, url)
    create_stores(settings)
    with psycopg.connect(url, options="-c search_path=ledger") as target:
        with closing(sqlite3.connect(example / "ledger.db")) as source:
            _copy(source, target, "stored_events", rowid="notification_id")
            target.execute(NUMBER_ON)
        with closing(sqlite3.connect(example / "seals.db")) as source:
            for table in TABLES_OF_SEALS:
                _copy(source, target, table)
    with open_stores(settings) as stores:
        catch_up(stores.journal, stores.read_model)
    return settings


def _copy(source: sqlite3.Connection, target: psycopg.Connection, table: str, **renamed: str) -> None:
    """Copy the rows of a table; `renamed` are columns that PostgreSQL calls something else."""
    columns = [name for _cid, name, *_rest in source.execute(f"PRAGMA table_info({table})")]
    into = SQL(", ").join(Identifier(renamed.get(name, name)) for name in columns)
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), into)
    with target.cursor().copy(statement) as copy:
        for row in source.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            copy.write_row(row)


def _write(settings: Settings) -> None:
    create_stores(settings)
    with open_stores(settings) as stores:
        write_example(stores)
        catch_up(stores.journal, stores.read_model)
