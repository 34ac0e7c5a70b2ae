"""What the tests of attacks share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from housed import Check, House
from tampering import Owner, Sealing, sealing

from domain.journal import StoreAddress
from projections.ledger import seals as seals_module
from projections.ledger import verification
from projections.ledger.notes import Signer
from projections.ledger.seals import Sealed
from projections.settings import Settings
from projections.stores import open_stores
from scripts.cli import werdegang


@pytest.fixture
def small_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots are kept of trees of 4, 16 and 64 leaves, so that this small ledger has all kinds of seals."""
    monkeypatch.setattr(seals_module, "STEP", 2)
    monkeypatch.setattr(seals_module, "_HEIGHTS", (2, 4, 6))
    monkeypatch.setattr(verification, "STEP", 2)


@pytest.fixture
def house(stores_settings: Settings, small_trees: None) -> Iterator[House]:
    """A house of this test's own, whole, whose triggers are out of the way."""
    with open_stores(stores_settings) as stores, Owner(stores_settings.ledger) as owner:
        yield House(stores_settings, stores, owner)


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
