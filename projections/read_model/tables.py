"""The tables of the read model in SQL, derived from the row types."""

from calendar import monthrange
from datetime import date
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from projections.rows import TABLES, Day, Entries, Flag, Id, Month, Row

KNOWN = ("known_from", "known_until")

INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "enrolments": (("participant",),),
    "care": (("coach",),),
    "placements": (("participant", "kind", "started_on", "ended_on"),),
    "circumstances": (("participant", "from_on"),),
    "accounts": (("account",),),
}
"""Indexes besides the one on `stream` that every table has."""
LISTING: dict[str, tuple[tuple[str, ...], ...]] = {
    "enrolments": (("programme", "enrolled_on", "stream"), ("enrolled_on", "stream")),
}
"""Indexes on PostgreSQL alone, for pages of the list of journeys in the order of the enrolments. SQLite would take them
for the figures too, which read nearly all rows and take longer by an index."""

BOOKS = {
    "tracking": "position BIGINT NOT NULL, events BIGINT NOT NULL",
    "certificates": "certificate TEXT NOT NULL",
    "months": "month INTEGER PRIMARY KEY, last_on DATE NOT NULL",
    "partitions": "number INTEGER PRIMARY KEY, of INTEGER NOT NULL, upto BIGINT NOT NULL, "
    "build TEXT NOT NULL, events BIGINT NOT NULL",
}
"""The read model's own books: how far it has come, how it was built, the calendar of month ends, and what of a
rebuild is done."""

CALENDAR = tuple(
    (year * 12 + month - 1, date(year, month, monthrange(year, month)[1]).isoformat())
    for year in range(1950, 2151)
    for month in range(1, 13)
)
"""The rows of `months`: a month counted from year 0, and its last day."""


class Dialect(NamedTuple):
    """How a store writes the types of the columns, and the indexes it has besides."""

    types: dict[object, str]
    indexes: dict[str, tuple[tuple[str, ...], ...]]


SQLITE = Dialect(
    {
        Id: "TEXT",
        str: "TEXT",
        Entries: "TEXT",
        Day: "TEXT",
        Flag: "INTEGER",
        Month: "INTEGER",
        int: "INTEGER",
        float: "REAL",
    },
    {},
)
POSTGRES = Dialect(
    {
        Id: "uuid",
        str: 'text COLLATE "C"',
        Entries: "text",
        Day: "date",
        Flag: "smallint",
        Month: "integer",
        int: "bigint",
        float: "double precision",
    },
    LISTING,
)


def columns(table: str) -> tuple[str, ...]:
    """The columns of a table in order, those of knowledge first: every query asks for them."""
    return (*KNOWN, *TABLES[table]._fields)


def create_table(table: str, name: str, dialect: Dialect) -> str:
    """The statement that makes a table under a name."""
    return f"CREATE TABLE {name} ({_columns(TABLES[table], dialect)})"


def create_book(book: str, name: str) -> str:
    """The statement that makes one of the read model's own books."""
    return f"CREATE TABLE {name} ({BOOKS[book]})"


def indexes(table: str, dialect: Dialect) -> tuple[tuple[str, ...], ...]:
    """The columns of every index of a table."""
    return (("stream",), *INDEXES.get(table, ()), *dialect.indexes.get(table, ()))


def _columns(row: type[Row], dialect: Dialect) -> str:
    written = []
    for name, hint in get_type_hints(row, include_extras=True).items():
        kind, optional = _without_none(hint)
        written.append(f"{name} {dialect.types[kind]}" + ("" if optional else " NOT NULL"))
    position = dialect.types[int]
    return ", ".join([f"known_from {position} NOT NULL", f"known_until {position}", *written])


def _without_none(hint: Any) -> tuple[object, bool]:
    """A column's kind, and whether it may be NULL."""
    options = get_args(hint) if isinstance(hint, UnionType) or get_origin(hint) is Union else ()
    return (options[0], True) if NoneType in options else (hint, False)
