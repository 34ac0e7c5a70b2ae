"""What the browser tests share: one Chromium for each worker, and pages that tell what they must not do."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessibility import HEIGHT, NARROW, WIDE
from chromium import browser as find_browser
from chromium import node
from example_once import copied, example_of_the_run, fill_database
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Served, example_with_accounts, serving
from watching import OWN_HOST, Watch, nothing_found

from projections.settings import Settings

Databases = Callable[..., AbstractContextManager[Callable[[], str]]]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {OWN_HOST}",  # whatever a page asks for, nothing leaves
]
VISITOR = {"locale": "de-DE", "timezone_id": "Europe/Berlin", "color_scheme": "light", "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this worker. From its start to the end of the run, Playwright keeps an event loop in this thread:
    a test that needs `asyncio.run` calls it in another one."""
    program = find_browser()
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node()))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program.path, args=FLAGS, env={**os.environ, **program.environment}
        )
        yield running
        running.close()


@pytest.fixture
def watches() -> Iterator[dict[Page, Watch]]:
    """The watches of this test's pages; what they found fails the test at its end."""
    with nothing_found() as watches:
        yield watches


@pytest.fixture
def new_page(browser: Browser, watches: dict[Page, Watch]) -> Iterator[Callable[..., Page]]:
    """A function that opens a watched page of a visitor of its own; options as for Playwright's `new_context`."""
    with contextlib.ExitStack() as ending:

        def create(width: int = WIDE, **options: Any) -> Page:
            context = browser.new_context(**(VISITOR | {"viewport": {"width": width, "height": HEIGHT}} | options))
            ending.callback(context.close)
            watch = Watch(context)
            page = context.new_page()
            watches[page] = watch
            return page

        yield create


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page 1280 px wide, German, in Berlin."""
    return new_page()


@pytest.fixture
def narrow_page(new_page: Callable[..., Page]) -> Page:
    """A page 360 px wide, as on a telephone."""
    return new_page(NARROW)


@pytest.fixture
def without_javascript(new_page: Callable[..., Page]) -> Page:
    """A page whose browser runs no script of the page."""
    return new_page(java_script_enabled=False)


@pytest.fixture
def allow_answer(watches: dict[Page, Watch]) -> Callable[..., None]:
    """A function: from now on in this test, whole pages may answer with these statuses of 400 and above."""

    def allow(*statuses: int) -> None:
        for watch in watches.values():
            watch.allowed.update(statuses)

    return allow


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the example with accounts, on SQLite; all workers share it, so it is only copied."""
    example = example_of_the_run(tmp_path_factory)
    return example_with_accounts(example, example.parent)


@pytest.fixture(scope="session")
def example_database(example_folder: Path, databases: Databases) -> Iterator[str]:
    """The name of a database with the example, a template for those that are served."""
    with databases() as create, tempfile.TemporaryDirectory() as folder:
        url = create()
        fill_database(example_folder, Path(folder) / "data", url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(scope="module")
def new_example(
    request: pytest.FixtureRequest, example_folder: Path, databases: Databases
) -> Callable[[str], AbstractContextManager[Settings]]:
    """A function for a `with`: the settings of a copy of the example on "sqlite" or "postgres", gone at its end."""

    @contextlib.contextmanager
    def create(store: str) -> Iterator[Settings]:
        with contextlib.ExitStack() as ending:
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory())) / "data"
            template = request.getfixturevalue("example_database") if store == "postgres" else ""
            url = ending.enter_context(databases(template))() if template else None
            yield copied(example_folder, folder, url)

    return create


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def served(
    request: pytest.FixtureRequest, new_example: Callable[[str], AbstractContextManager[Settings]]
) -> Iterator[Served]:
    """The example on a server, on either store; the tests of a module share it."""
    with new_example(request.param) as settings, serving(settings) as served:
        yield served


@pytest.fixture(scope="module")
def served_once(new_example: Callable[[str], AbstractContextManager[Settings]]) -> Iterator[Served]:
    """The same on SQLite only: for what no store can change, as how a page looks."""
    with new_example("sqlite") as settings, serving(settings) as served:
        yield served
