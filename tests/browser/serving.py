"""The example programme, served to the browser: written once for all workers, copied for each module of tests."""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from uuid import uuid4

import psycopg
from argon2 import PasswordHasher
from playwright.sync_api import Page
from psycopg.sql import SQL, Identifier
from watching import OWN_HOST
from werkzeug.serving import WSGIRequestHandler, make_server

from domain import commands
from domain.access import Access
from domain.facts import RoleGranted
from domain.journal import Request
from domain.terms import Role
from projections.catch_up import catch_up
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.example import PROGRAMME, write_example
from web.app import create_app

COOKIE_NAME = "werdegang"  # over plain HTTP
PASSWORD = "nur-fuer-die-tests-42"  # noqa: S105 - of made-up accounts
ACCOUNTS = {
    "coach-a": RoleGranted(role=Role.COACH, programme=PROGRAMME, coach="coach-1"),
    "coach-b": RoleGranted(role=Role.COACH, programme=PROGRAMME, coach="coach-2"),
    "leitung-1": RoleGranted(role=Role.LEAD),
    "leitung-2": RoleGranted(role=Role.LEAD),
    "controlling": RoleGranted(role=Role.CONTROLLING),
    "pruefung": RoleGranted(role=Role.AUDITOR),
    "datenschutz": RoleGranted(role=Role.DATA_PROTECTION),
    "admin": RoleGranted(role=Role.ADMIN),
}
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - folders of one's own are made in it
"""Where files lie that need not outlive a power cut: thousands of small transactions take seconds less."""
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OF_SQLITE = ("ledger.db*", "projections.db*", "seals.db*")
NUMBER_ON = "SELECT setval('stored_events_notification_id_seq', (SELECT max(notification_id) FROM stored_events))"
TABLES_OF_SEALS = ("leaves", "subtrees", "checkpoints", "signers")


class Served(NamedTuple):
    """A server with the example: where it is, and what it serves."""

    url: str
    settings: Settings

    def password(self, account: str) -> str:
        """The password of an account of the example."""
        assert account in ACCOUNTS
        return PASSWORD

    def login(self, page: Page, account: str) -> None:
        """Log an account in on all pages of this visitor, as if the form had been sent; the page stays where it is."""
        assert account in ACCOUNTS
        with closing(Access(self.settings.access)) as access:
            token = access.begin_session(account, b"{}", datetime.now(UTC))
        page.context.add_cookies([{"name": COOKIE_NAME, "value": token, "url": self.url}])


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """The application behind a server in a thread of its own."""
    app = create_app(settings)
    server = make_server(OWN_HOST, 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Served(f"http://{OWN_HOST}:{server.port}", settings)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["werdegang"].close()


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing about a request that was answered."""


def example_in(shared: Path) -> Path:
    """The data folder of the example on SQLite; of the workers the first one writes it, the others wait for it."""
    folder = shared / "example"
    with (shared / "example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=MEMORY) as made:
                _write_example(Settings(data=f"{made}/data"))
                shutil.copytree(f"{made}/data", shared / "example-in-the-making", dirs_exist_ok=True)
            (shared / "example-in-the-making").rename(folder)
    return folder


def copied(example: Path, folder: Path, url: str | None) -> Settings:
    """Copy the data folder; with the URL of a database without what lies in that."""
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns(*OF_SQLITE) if url else None)
    return Settings(data=str(folder), database_url=url)


def fill_database(example: Path, folder: Path, url: str) -> None:
    """Put ledger and seals of the example on SQLite into an empty database, byte for byte, and build its read model:
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


def _copy(source: sqlite3.Connection, target: psycopg.Connection, table: str, **renamed: str) -> None:
    """Copy the rows of a table; `renamed` are columns that PostgreSQL calls something else."""
    columns = [name for _cid, name, *_rest in source.execute(f"PRAGMA table_info({table})")]
    into = SQL(", ").join(Identifier(renamed.get(name, name)) for name in columns)
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), into)
    with target.cursor().copy(statement) as copy:
        for row in source.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            copy.write_row(row)


def _write_example(settings: Settings) -> None:
    create_stores(settings)
    with open_stores(settings) as stores, closing(Access(settings.access, QUICK_HASHER)) as access:
        write_example(stores)
        for account, granted in ACCOUNTS.items():
            _open_account(stores, account, granted)
            access.set_password(account, PASSWORD, datetime.now(UTC))
        catch_up(stores.journal, stores.read_model)
        stores.seal(datetime.now(UTC))


def _open_account(stores: Stores, account: str, granted: RoleGranted) -> None:
    for decide in (
        lambda streams: commands.open_account(streams, account),
        lambda streams: commands.grant_role(streams, account, granted),
    ):
        request = Request(id=uuid4(), by="init", now=datetime.now(UTC), role=Role.ADMIN)
        stores.journal.act(decide, request)
