"""What the tests of import and export share."""

import pytest
from taking import Desk

from projections.stores import Stores


@pytest.fixture
def desk(stores: Stores) -> Desk:
    """Where files come in, with the programme `lzb` open and nobody in it."""
    return Desk(stores)
