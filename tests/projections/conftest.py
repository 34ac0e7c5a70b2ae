"""What the tests of the read side share."""

import pytest
from entering import Programme

from projections.stores import Stores


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    """A programme of this test's own in stores that the module shares: other programmes lie beside it."""
    return Programme(shared_stores)
