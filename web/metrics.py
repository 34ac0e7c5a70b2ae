"""Metrics for Prometheus: where the stores stand, asked at every scrape, and how long requests take.

The stores are the same for all workers of a server, so each gives the same answer. The times of requests are each
worker's own; where `PROMETHEUS_MULTIPROC_DIR` names a folder, as `werdegang serve` sees to, they are added up over all.
"""

import os
from collections.abc import Iterator

from flask import Flask, Response, request, request_finished
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from projections.state import StoreState
from web import logs

_KEY = "werdegang-metrics"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def install(app: Flask) -> None:
    """Measure every request of an application."""
    registry = CollectorRegistry()
    seconds = Histogram(
        "werdegang_request_seconds",
        "How long requests took, by endpoint and status",
        ["endpoint", "status"],
        buckets=_BUCKETS,
        registry=registry,
    )

    def measured(_app: Flask, response: Response, **_more: object) -> None:
        endpoint = request.endpoint or "none"
        seconds.labels(endpoint, str(response.status_code)).observe(logs.milliseconds() / 1000)

    app.extensions[_KEY] = registry
    request_finished.connect(measured, app, weak=False)


def exposition(app: Flask, state: StoreState, age: float | None, stopped_at: int | None) -> bytes:
    """All metrics as Prometheus reads them. `age` is that of the last checkpoint in seconds, `stopped_at` the position
    of an entry at which projection cannot go on."""
    requests: CollectorRegistry = app.extensions[_KEY]
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        requests = CollectorRegistry()
        MultiProcessCollector(requests, folder)  # type: ignore[no-untyped-call]
    stores = CollectorRegistry()
    stores.register(_Stores(state, age, stopped_at))
    return generate_latest(stores) + generate_latest(requests)


class _Stores(Collector):
    """The state of the stores at one moment."""

    def __init__(self, state: StoreState, age: float | None, stopped_at: int | None) -> None:
        self._state, self._age, self._stopped_at = state, age, stopped_at

    def collect(self) -> Iterator[Metric]:
        """Every metric of the stores."""
        state = self._state
        sealed = state.checkpoint.size if state.checkpoint else 0
        for name, text, count in (
            ("ledger_entries", "Entries in the ledger", state.ledger_entries),
            ("projection_entries", "Entries the read model was made from", state.projected_entries),
        ):
            yield CounterMetricFamily(f"werdegang_{name}", text, value=count)
        for name, text, value in (
            ("ledger_position", "Position of the last entry in the ledger", state.ledger_position),
            ("projection_position", "Position up to which the read model is right", state.projected_position),
            ("projection_lag_entries", "Entries not projected yet", state.lag_entries),
            ("projection_lag_seconds", "Age of the oldest entry not projected yet", state.lag_seconds),
            ("projection_stopped", "1 where an entry cannot be projected", float(self._stopped_at is not None)),
            ("checkpoint_entries", "Entries under the last checkpoint", sealed),
            ("unsealed_seconds", "Age of the oldest entry not sealed yet", state.unsealed_seconds),
        ):
            yield GaugeMetricFamily(f"werdegang_{name}", text, value=value)
        if self._age is not None:
            yield GaugeMetricFamily("werdegang_checkpoint_age_seconds", "Age of the last checkpoint", value=self._age)
