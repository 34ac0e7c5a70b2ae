"""All figures of a balance with all breakdowns, present and past, and the evidence of one figure."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from statistics import median

from benchmarks import data, stores
from benchmarks.report import Table, measured, timed
from projections.balance import compute, evidence
from projections.read_model import ReadModel
from projections.rebuild import rebuild
from projections.settings import Settings
from projections.stores import create_stores, open_stores

_FIGURE = "placed_svp"
_PAST = 0.9


def run(server: str, journeys: int, runs: int) -> list[Table]:
    """One table per store; the past is the Datenstand at nine tenths of the ledger, with the same Stichtag."""
    places: list[tuple[str, Callable[[], AbstractContextManager[Settings]], float]] = [
        ("PostgreSQL", lambda: stores.postgres(server), 1),
        ("SQLite", stores.sqlite, 2),
    ]
    tables = []
    for store, place, bar in places:
        with place() as settings:
            create_stores(settings)
            stores.fill(settings, data.ledger(journeys))
            rebuild(settings.ledger, settings.read_model, now=datetime.now(UTC))
            with open_stores(settings) as opened:
                title = f"balance of {journeys:,} journeys on {store}"
                tables.append(_table(title, opened.read_model, bar, runs))
    return tables


def _table(title: str, model: ReadModel, bar: float, runs: int) -> Table:
    present, past, shown = [], [], []
    head = model.tracked()
    compute(model, data.PROGRAMME, data.STICHTAG)  # the pages are read once before anything is measured
    for _run in range(runs):
        present.append(timed(lambda: compute(model, data.PROGRAMME, data.STICHTAG)))
        past.append(timed(lambda: compute(model, data.PROGRAMME, data.STICHTAG, datenstand=int(head * _PAST))))
        shown.append(timed(lambda: evidence(model, data.PROGRAMME, _FIGURE, data.STICHTAG)))
    table = Table(title)
    ratio = median(past) / median(present)
    table.add(
        measured(
            "all figures, all breakdowns", "s", present, bar=f"< {bar:g} s at 100,000", reached=median(present) < bar
        )
    )
    table.add(measured("the same at a past Datenstand", "s", past, ratio=ratio, bar="≤ 1.5 ×", reached=ratio <= 1.5))
    rows = len(evidence(model, data.PROGRAMME, _FIGURE, data.STICHTAG).rows)
    table.add(measured(f"evidence of {_FIGURE}, {rows:,} rows", "s", shown))
    return table
