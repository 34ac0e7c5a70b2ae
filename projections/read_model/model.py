"""What both stores of the read model have in common.

A model has two sides: the live one that everybody reads, and the one beside it where a rebuild works.
A writer holds the side's lock for the length of one transaction, so two projectors never interleave.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any, Self

from domain.errors import Conflict
from domain.texts import _
from projections.knowledge import KnownRow
from projections.read_model.tables import BOOKS, CALENDAR, columns
from projections.rows import TABLES

_PLAN = -1
"""The number under which the plan of a build stands among its partitions."""

Parameters = Mapping[str, str | int | date | None]


class ReadModel(ABC):
    """The tables of one side of the read model."""

    placeholder: str

    # --- what a store has to say --------------------------------------------------------------

    @abstractmethod
    def name(self, table: str) -> str:
        """The full name of a table on this side."""

    @abstractmethod
    def beside(self) -> Self:
        """The side where a rebuild works, over the same connection."""

    @abstractmethod
    def transaction(self, *, exclusive: bool = True) -> AbstractContextManager[None]:
        """A transaction, or a part of the one that is open. An exclusive one holds this side's lock: no other
        exclusive one runs on the side meanwhile."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[None]:
        """A transaction in which all queries see the same state, whatever is projected or swapped meanwhile."""

    @abstractmethod
    def query(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """The rows of a SELECT with `:name` parameters; days and ids come back as texts."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement with the store's own placeholders; the number of rows it touched."""

    @abstractmethod
    def bulk_insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add many rows as fast as the store can."""

    @abstractmethod
    def delete_streams(self, table: str, streams: Sequence[str]) -> None:
        """Delete the rows of some streams."""

    @abstractmethod
    def create_tables(self) -> None:
        """Make the side's tables, empty and without indexes; what was there before is dropped."""

    @abstractmethod
    def create_indexes(self) -> None:
        """Add the indexes, after the rows."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether the side's tables are there."""

    @abstractmethod
    def digest(self, table: str) -> tuple[int, int]:
        """Number of rows of a table and an order-free digest of them."""

    @abstractmethod
    def columns_of(self, table: str) -> tuple[str, ...]:
        """The columns a table really has, in order."""

    @abstractmethod
    def swap(self) -> None:
        """Put the side beside in the place of the live one, in one step; the old one is kept until the next."""

    @abstractmethod
    def only_builder(self) -> AbstractContextManager[None]:
        """The right to build beside; it ends with the process that has it. Refused (`Conflict`): another has it."""

    @abstractmethod
    def connect_again(self) -> Self:
        """The live side over another connection."""

    @abstractmethod
    def disconnect(self) -> None:
        """Give the connection back."""

    # --- what follows from it -----------------------------------------------------------------

    def __init__(self) -> None:
        self._twin: Self | None = None

    @property
    def twin(self) -> Self:
        """A second reader of the live side, for work that two can share; made once."""
        if self._twin is None:
            self._twin = self.connect_again()
        return self._twin

    def close(self) -> None:
        """Give all connections back."""
        if self._twin is not None:
            self._twin.close()
        self.disconnect()

    def tracked(self) -> int:
        """The ledger position up to which the rows are right."""
        return int(self.query(f"SELECT position FROM {self.name('tracking')}", {})[0][0])

    def events(self) -> int:
        """How many entries the rows were made from."""
        return int(self.query(f"SELECT events FROM {self.name('tracking')}", {})[0][0])

    def certificate(self) -> str | None:
        """The certificate of the last rebuild, as JSON; None where the tables grew from the beginning."""
        found = self.query(f"SELECT certificate FROM {self.name('certificates')}", {})
        return str(found[0][0]) if found else None

    def replace(self, streams: Sequence[str], known: Iterable[KnownRow], position: int, events: int) -> None:
        """Replace the rows of some streams and move the tracked position, past so many entries more.
        Call it within `transaction`."""
        for table in TABLES:
            self.delete_streams(table, streams)
        self.insert(known)
        place = self.placeholder
        moved = f"UPDATE {self.name('tracking')} SET position = {place}, events = events + {place}"
        self.execute(moved, (position, events))

    def has_todays_columns(self) -> bool:
        """Whether the tables are those of this version."""
        return all(self.columns_of(table) == columns(table) for table in TABLES)

    def insert(self, known: Iterable[KnownRow]) -> None:
        """Add rows, each to its table."""
        by_table: dict[str, list[tuple[Any, ...]]] = {}
        for table, row, known_from, known_until in known:
            by_table.setdefault(table, []).append((known_from, known_until, *row))
        for table, rows in by_table.items():
            self.bulk_insert(table, rows)

    def start(self, position: int, events: int) -> None:
        """Begin the side's tracking at a position, so many entries in."""
        place = self.placeholder
        self.execute(f"INSERT INTO {self.name('tracking')} VALUES ({place}, {place})", (position, events))

    def keep_certificate(self, certificate: str) -> None:
        """Put a certificate beside the rows it is about."""
        self.execute(f"INSERT INTO {self.name('certificates')} VALUES ({self.placeholder})", (certificate,))

    # --- a build ------------------------------------------------------------------------------

    def note_plan(self, build: str, partitions: int, upto: int) -> None:
        """Note how a build is divided."""
        self.claim_partition(_PLAN, partitions, upto, build, 0)

    def build_plan(self, build: str) -> tuple[int, int] | None:
        """Partitions and last position of an interrupted build by the same code; None if there is none."""
        found = self.query(
            f"SELECT of, upto FROM {self.name('partitions')} WHERE number = {_PLAN} AND build = :build",
            {"build": build},
        )
        return (int(found[0][0]), int(found[0][1])) if found else None

    def claim_partition(self, number: int, partitions: int, upto: int, build: str, events: int) -> bool:
        """Note a partition as done within the transaction that stores it; False if it was done already."""
        places = ", ".join([self.placeholder] * 5)
        statement = f"INSERT INTO {self.name('partitions')} VALUES ({places}) ON CONFLICT DO NOTHING"
        return self.execute(statement, (number, partitions, upto, build, events)) == 1

    def partitions_done(self) -> set[int]:
        """The partitions that are stored."""
        found = self.query(f"SELECT number FROM {self.name('partitions')} WHERE number <> {_PLAN}", {})
        return {int(row[0]) for row in found}

    def events_built(self) -> int:
        """How many entries all partitions were made from."""
        return int(self.query(f"SELECT coalesce(sum(events), 0) FROM {self.name('partitions')}", {})[0][0])

    def is_tracking(self) -> bool:
        """Whether the partitions of a build are finished and it follows the journal."""
        return bool(self.query(f"SELECT 1 FROM {self.name('tracking')}", {}))

    def fill_calendar(self) -> None:
        """Write the month ends; part of making the tables."""
        rows = ", ".join(f"({month}, '{last}')" for month, last in CALENDAR)
        self.execute(f"INSERT INTO {self.name('months')} VALUES {rows}")  # one statement takes a tenth of the time

    def differences(self, other: "ReadModel", table: str, limit: int = 5) -> list[tuple[Any, ...]]:
        """Rows of a table that only one of two sides has; at most `limit` from either."""
        listed = ", ".join(columns(table))
        found: list[tuple[Any, ...]] = []
        for here, there in ((self, other), (other, self)):
            found += self.query(
                f"SELECT {listed} FROM {here.name(table)} EXCEPT SELECT {listed} FROM {there.name(table)} "
                f"LIMIT {limit}",
                {},
            )
        return found

    def all_names(self) -> Iterator[str]:
        """Every table and book of the model."""
        yield from (*TABLES, *BOOKS)


def another_builds() -> Conflict:
    """The refusal of a second rebuild at the same time."""
    return Conflict("rebuild_running", _("Das Lesemodell wird gerade schon neu aufgebaut; bitte das Ende abwarten."))


@contextmanager
def closing_model(model: ReadModel) -> Iterator[ReadModel]:
    """Close a model after use."""
    try:
        yield model
    finally:
        model.close()
