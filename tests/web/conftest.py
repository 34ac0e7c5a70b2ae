"""What tests of pages and interface share: a tiny house, on either database or quickly on SQLite alone."""

from collections.abc import Iterator

import pytest
from small_house import SmallHouse, small_house

from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores


@pytest.fixture(scope="module")
def quick_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHouse]:
    """A house of the module's own, in files."""
    settings = Settings(data=str(tmp_path_factory.mktemp("house")))
    create_stores(settings)
    with open_stores(settings) as stores:
        house = small_house(settings, stores)
    yield house
    house.close()


@pytest.fixture(scope="module")
def either_house(shared_settings: Settings, shared_stores: Stores) -> Iterator[SmallHouse]:
    """A house of the module's own, on either database."""
    house = small_house(shared_settings, shared_stores)
    yield house
    house.close()
