"""The same rows made in the library's way: its `ProjectionRunner`, one transaction per event, on PostgreSQL.

The view below is a `PostgresTrackingRecorder` that leaves exactly the rows our own model has. It is spared what a
real one would have to do: the earlier entries of a stream come from memory, not from the database.
"""

from collections import defaultdict
from threading import Event
from time import perf_counter
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from domain.facts import Recorded
from domain.journal.mapper import FactMapper
from projections.journeys import fold
from projections.knowledge import KnownRow
from projections.read_model.tables import KNOWN, POSTGRES, create_table
from projections.rows import TABLES

EVENTS = 3_000
_SCHEMA = "runner"


class _Ledger(Application[UUID]):
    """The library's application over our ledger."""

    name = "stored"

    def construct_mapper(self) -> FactMapper:
        return FactMapper()


class _View(PostgresTrackingRecorder):
    """Our tables, kept by the library's recorder."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        for table in TABLES:
            name = f"{_SCHEMA}.{table}"
            self.sql_create_statements.append(SQL(create_table(table, name, POSTGRES)))  # type: ignore[arg-type]
            self.sql_create_statements.append(SQL(f"CREATE INDEX ON {name} (stream)"))  # type: ignore[arg-type]

    def put(self, opened: list[KnownRow], closed: list[KnownRow], tracking: Tracking) -> None:
        """Store what one event changed, and that it was taken, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            for table, row, known_from, known_until in closed:
                ended = f"UPDATE {_SCHEMA}.{table} SET known_until = %s WHERE stream = %s AND known_from = %s"
                cursor.execute(ended.encode(), (known_until, row.stream, known_from))
            for table, row, known_from, known_until in opened:
                names = (*row._fields, *KNOWN)
                places = ", ".join(["%s"] * len(names))
                insert = f"INSERT INTO {_SCHEMA}.{table} ({', '.join(names)}) VALUES ({places})"
                cursor.execute(insert.encode(), (*row, known_from, known_until), prepare=True)


class _Rows(Projection[_View]):
    """Turns an event into the rows it opens and closes."""

    name = _SCHEMA

    def __init__(self, view: _View) -> None:
        super().__init__(view)
        self._entries: dict[UUID, list[tuple[int, int, Any]]] = defaultdict(list)
        self._taken = 0
        self._began = 0.0
        self.seconds = 0.0
        self.finished = Event()

    def process_event(self, domain_event: Recorded, tracking: Tracking) -> None:
        self._began = self._began or perf_counter()
        position = tracking.notification_id
        entries = self._entries[domain_event.originator_id]
        entries.append((position, domain_event.originator_version, domain_event.fact))
        known = fold(str(domain_event.originator_id), entries)
        opened = [row for row in known if row.known_from == position]
        self.view.put(opened, [row for row in known if row.known_until == position], tracking)
        self._taken += 1
        if self._taken == EVENTS:
            self.seconds = perf_counter() - self._began
            self.finished.set()


def events_per_second(url: str) -> float:
    """Run the library's runner from the beginning of a ledger for the first `EVENTS` events."""
    given = conninfo_to_dict(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given["host"]),
        "POSTGRES_PORT": str(given.get("port") or 5432),
        "POSTGRES_USER": str(given["user"]),
        "POSTGRES_PASSWORD": str(given.get("password") or "none"),
        "POSTGRES_SCHEMA": "ledger",
        f"{_SCHEMA.upper()}_POSTGRES_SCHEMA": _SCHEMA,
        "CREATE_TABLE": "n",
        f"{_SCHEMA.upper()}_CREATE_TABLE": "y",
    }
    with ProjectionRunner(application_class=_Ledger, projection_class=_Rows, view_class=_View, env=env) as runner:
        rows = runner.projection
        assert isinstance(rows, _Rows)
        while not rows.finished.wait(0.1):
            runner.run_forever(timeout=0)  # raises what its thread stopped with
    return EVENTS / rows.seconds
