"""What the tests of the reports share."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from example_once import copied
from sample_balance import Example

from domain.journal import BERLIN
from projections.balance import compute
from projections.catalogue import CORE
from projections.programmes import particulars
from projections.reports import series
from projections.stores import open_stores
from scripts.example import INTERIM_STICHTAG, PROGRAMME


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Iterator[Example]:
    """The example, with its interim balance as known that evening."""
    with open_stores(copied(example_folder, tmp_path_factory.mktemp("example") / "data")) as stores:
        end = datetime.combine(INTERIM_STICHTAG + timedelta(days=1), time(), BERLIN) - timedelta(microseconds=1)
        datenstand = stores.journal.position_at(end)
        model = stores.read_model
        computed = compute(model, PROGRAMME, INTERIM_STICHTAG, datenstand=datenstand)
        known = particulars(model, PROGRAMME, datenstand)
        yield Example(stores, computed, known, series(model, computed, CORE))
