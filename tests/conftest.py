"""What every test may use: one PostgreSQL server for the whole run, and empty databases on it.

The server is DATABASE_URL where that is set (PostgreSQL 15 or newer, a user who may create databases), else
a throw-away cluster. It is started once, by the process that was called; the workers of pytest-xdist inherit
its URL, and where its programs are, through the environment.

Temporary folders, the cluster's among them, lie in memory where there is room: what is tested outlives processes
that are killed, not machines. TMPDIR names another place, where they stay for a look after a failure.
"""

import contextlib
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from example_once import example_of_the_run
from pgcluster import throwaway_cluster
from psycopg.sql import SQL, Identifier

from domain.journal import StoreAddress
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores

pytest.register_assert_rewrite("contract", "entering", "given")

SERVER_URL, TEMPLATE = "TEST_SERVER_URL", "TEST_TEMPLATE_DATABASE"
IN_MEMORY = "werdegang-tests-"
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 - a folder of the run's own is made in it
"""Files in memory, and how many bytes have to be free there: about ten times what a run needs."""

_numbers = itertools.count(1)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before pytest-xdist starts its workers."""
    if SERVER_URL in os.environ:
        return
    running = contextlib.ExitStack()
    session.config.add_cleanup(running.close)
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        _remove_left_over()
        prefix = f"{IN_MEMORY}{os.getpid()}-"
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix=prefix, dir=MEMORY))
        Path(folder).chmod(0o711)  # the server's user reaches its own folder in it
        os.environ["TMPDIR"] = tempfile.tempdir = folder
    if given := os.environ.get("DATABASE_URL"):
        os.environ[SERVER_URL] = given
    else:
        try:
            cluster = running.enter_context(throwaway_cluster())
        except RuntimeError as reason:
            raise pytest.UsageError(str(reason)) from reason
        os.environ[SERVER_URL] = cluster.url()
        os.environ["PG_BINDIR"] = str(cluster.bindir)  # further clusters need no copy of the programs
    url = running.enter_context(_databases(os.environ[SERVER_URL]))()
    with tempfile.TemporaryDirectory() as folder:
        create_stores(Settings(data=folder, database_url=url))
    os.environ[TEMPLATE] = urlsplit(url).path.removeprefix("/")


def _remove_left_over() -> None:
    """Give back the memory of runs that were killed: of folders whose process, named in them, is gone."""
    for folder in MEMORY.glob(f"{IN_MEMORY}*-*"):
        try:
            os.kill(int(folder.name.removeprefix(IN_MEMORY).partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, OSError):
            continue  # not ours


@pytest.fixture(scope="session")
def pg_url() -> str:
    """The URL of the server's maintenance database: for creating databases, not for tables."""
    return os.environ[SERVER_URL]


@pytest.fixture(scope="session")
def databases(pg_url: str) -> Callable[..., contextlib.AbstractContextManager[Callable[[], str]]]:
    """A function for a `with`, given a template if any: it gives one that creates databases, dropped at its end."""
    return functools.partial(_databases, pg_url)


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the example on SQLite; all workers share it, so it is only copied."""
    return example_of_the_run(tmp_path_factory)


@pytest.fixture
def new_database(pg_url: str) -> Iterator[Callable[[], str]]:
    """A function that creates one more empty database and returns its URL; all are dropped after the test."""
    with _databases(pg_url) as create:
        yield create


@contextlib.contextmanager
def _databases(pg_url: str, template: str = "template0") -> Iterator[Callable[[], str]]:
    """Databases like a template that nobody is connected to; dropped at the end."""
    names: list[str] = []

    def create() -> str:
        name = f"werdegang_test_{os.getpid()}_{next(_numbers)}"
        # The other strategy, a copy of files, waits for two checkpoints.
        statement = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        server.execute(statement.format(Identifier(name), Identifier(template)))
        names.append(name)
        return urlunsplit(urlsplit(pg_url)._replace(path=f"/{name}"))

    with psycopg.connect(pg_url, autocommit=True) as server:
        yield create
        for name in names:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def fresh_database(new_database: Callable[[], str]) -> str:
    """The URL of an empty database for this test alone."""
    return new_database()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_address(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAddress:
    """Where a ledger can be created, on either store; `Journal.create` creates it."""
    if request.param == "sqlite":
        return StoreAddress(file=tmp_path / "ledger.db")
    return StoreAddress(url=request.getfixturevalue("fresh_database"))


@pytest.fixture(params=["sqlite", "postgres"])
def new_stores(
    request: pytest.FixtureRequest, pg_url: str, tmp_path: Path
) -> Callable[[], contextlib.AbstractContextManager[Settings]]:
    """A function for a `with`: the settings of one more set of empty stores on either database, gone at its end."""

    @contextlib.contextmanager
    def create() -> Iterator[Settings]:
        with contextlib.ExitStack() as ending:
            folder = ending.enter_context(tempfile.TemporaryDirectory(dir=tmp_path))
            with_stores = _databases(pg_url, os.environ[TEMPLATE])
            url = ending.enter_context(with_stores)() if request.param == "postgres" else None
            yield _created(Path(folder), url)

    return create


@pytest.fixture
def stores_settings(new_stores: Callable[[], contextlib.AbstractContextManager[Settings]]) -> Iterator[Settings]:
    """The settings of stores of this test's own, created, on either database."""
    with new_stores() as settings:
        yield settings


@pytest.fixture
def stores(stores_settings: Settings) -> Iterator[Stores]:
    """Ledger, read model and vault of this test's own, open."""
    with open_stores(stores_settings) as stores:
        yield stores


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_settings(
    request: pytest.FixtureRequest, pg_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The settings of stores that the tests of a module share: each enters a programme of its own, or only reads."""
    with contextlib.ExitStack() as ending:
        with_stores = _databases(pg_url, os.environ[TEMPLATE])
        url = ending.enter_context(with_stores)() if request.param == "postgres" else None
        yield _created(tmp_path_factory.mktemp("shared"), url)


@pytest.fixture(scope="module")
def shared_stores(shared_settings: Settings) -> Iterator[Stores]:
    """Ledger, read model and vault that the tests of a module share, open."""
    with open_stores(shared_settings) as stores:
        yield stores


def _created(folder: Path, url: str | None) -> Settings:
    settings = Settings(data=str(folder), database_url=url)
    create_stores(settings)
    return settings
