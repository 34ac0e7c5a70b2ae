"""What the tests of attacks share."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from example_once import copied
from housed import Check, House
from tampering import Owner, Sealing, sealing

from domain.journal import StoreAddress
from projections.ledger import seals as seals_module
from projections.ledger import verification
from projections.ledger.notes import Signer
from projections.ledger.seals import Sealed
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.cli import werdegang

Databases = Callable[..., AbstractContextManager[Callable[[], str]]]


@pytest.fixture
def small_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots are kept of trees of 4, 16 and 64 leaves, so that this small ledger has all kinds of seals."""
    make_trees_small(monkeypatch)


def make_trees_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals_module, "STEP", 2)
    monkeypatch.setattr(seals_module, "_HEIGHTS", (2, 4, 6))
    monkeypatch.setattr(verification, "STEP", 2)


@pytest.fixture(scope="session")
def built_house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], House]]:
    """A function: the house on "sqlite" or "postgres", built once; its stores are closed and only copied."""
    with ExitStack() as ending:

        @functools.cache
        def build(store: str) -> House:
            url = ending.enter_context(databases())() if store == "postgres" else None
            settings = Settings(data=str(tmp_path_factory.mktemp("house")), database_url=url)
            create_stores(settings)
            with pytest.MonkeyPatch.context() as patched, opened(settings) as (stores, owner):
                make_trees_small(patched)
                return House(settings, stores, owner)

        yield build


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Stores, Owner]]:
    with open_stores(settings) as stores, Owner(settings.ledger) as owner:
        yield stores, owner


@pytest.fixture(params=["sqlite", "postgres"])
def house(
    request: pytest.FixtureRequest,
    built_house: Callable[[str], House],
    databases: Databases,
    tmp_path: Path,
    small_trees: None,
) -> Iterator[House]:
    """A house of this test's own, whole, whose triggers are out of the way."""
    built = built_house(request.param)
    with ExitStack() as ending:
        url = None
        if built.settings.database_url:
            template = urlsplit(built.settings.database_url).path.removeprefix("/")
            url = ending.enter_context(databases(template))()
        settings = copied(built.settings.folder, tmp_path / "house", url)
        yield built.moved(settings, *ending.enter_context(opened(settings)))


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Check:
    """`werdegang verify`, against a key and a checkpoint from outside where they are given; what it says as JSON."""

    def call(settings: Settings, *outside: Sealed, key: Signer | None = None) -> dict[str, Any]:
        arguments = ["verify", "--format", "json"]
        if outside or key:
            folder = tmp_path / f"kept-{uuid4().hex}"
            folder.mkdir()
            for number, sealed in enumerate(outside):
                (folder / f"{number}.checkpoint").write_text(sealed.note)
            if key:
                (folder / "ledger.vkey").write_text(str(key.verifier))
            arguments += ["--trusted", str(folder)]
        capsys.readouterr()
        status = werdegang.main(arguments, prog_name="werdegang", obj=settings, standalone_mode=False)
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert status == (0 if told["ok"] else 1)
        return told

    return call


@pytest.fixture
def sealed(ledger_address: StoreAddress) -> Iterator[Sealing]:
    """An empty ledger with its seals."""
    with sealing(ledger_address) as sealed:
        yield sealed
