"""What the tests of the reports share."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from sample_balance import Example

from domain.journal import BERLIN
from projections.balance import compute
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.programmes import particulars
from projections.reports import series
from projections.settings import Settings
from projections.stores import create_stores, open_stores
from scripts.example import INTERIM_STICHTAG, PROGRAMME, write_example


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The example, written once."""
    settings = Settings(data=str(tmp_path_factory.mktemp("example")))
    create_stores(settings)
    with open_stores(settings) as stores:
        write_example(stores)
        catch_up(stores.journal, stores.read_model)
        end = datetime.combine(INTERIM_STICHTAG + timedelta(days=1), time(), BERLIN) - timedelta(microseconds=1)
        datenstand = stores.journal.position_at(end)
        model = stores.read_model
        computed = compute(model, PROGRAMME, INTERIM_STICHTAG, datenstand=datenstand)
        known = particulars(model, PROGRAMME, datenstand)
        yield Example(stores, computed, known, series(model, computed, CORE))
