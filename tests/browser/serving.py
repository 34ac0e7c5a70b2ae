"""The example programme, served to the browser: made once for all workers, copied for each module of tests."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from uuid import uuid4

from argon2 import PasswordHasher
from example_once import copied
from playwright.sync_api import Page
from watching import OWN_HOST
from werkzeug.serving import WSGIRequestHandler, make_server

from domain import commands
from domain.access import Access
from domain.facts import RoleGranted
from domain.journal import Request
from domain.terms import Role
from projections.catch_up import catch_up
from projections.settings import Settings
from projections.stores import Stores, open_stores
from scripts.example import PROGRAMME
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
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


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


def example_with_accounts(example: Path, shared: Path) -> Path:
    """The data folder of the example with its accounts, on SQLite; of the workers the first one makes it."""
    folder = shared / "example-with-accounts"
    with (shared / "example-with-accounts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=shared) as made:
                _add_accounts(copied(example, Path(made) / "data"))
                (Path(made) / "data").rename(folder)
    return folder


def _add_accounts(settings: Settings) -> None:
    with open_stores(settings) as stores, closing(Access(settings.access, QUICK_HASHER)) as access:
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
