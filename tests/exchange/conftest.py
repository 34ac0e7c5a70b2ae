"""What the tests of import and export share."""

import pytest
from taking import Desk

from domain.journal import streams
from projections.stores import Stores


@pytest.fixture
def before_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are stored as before control characters were refused: a ledger keeps what it has."""
    monkeypatch.setattr(streams, "refuse_control_characters", lambda _entry, *, lines: None)


@pytest.fixture
def desk(stores: Stores) -> Desk:
    """Where files come in, with the programme `lzb` open and nobody in it."""
    return Desk(stores)
