"""The neutral report: what a report says, apart from how any format shows it.

Words are already in the report's language; numbers, dates and what is hidden keep their type, so that a spreadsheet
gets numbers and dates, a data file machine values, and a page what people read.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.facts import Value
from projections.catalogue import Unit


class Number(Struct, frozen=True):
    """A number in a unit; None where there is none, as for a ratio without a denominator. `signed`: a difference."""

    value: Value
    unit: Unit
    signed: bool = False


class Hidden(Struct, frozen=True):
    """A number the reader is not shown; it is kept nowhere in the report."""

    unit: Unit
    signed: bool = False


Cell = str | date | Number | Hidden | None
"""A value in a table; None is an empty place."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    DAY = "day"
    MONTH = "month"  # by its first day
    NUMBER = "number"


class Column(Struct, frozen=True):
    """A column: `name` is for machines and the same in every language. `wide`: a text that may wrap over several lines.
    `printed` is False for what only a machine needs."""

    name: str
    title: str
    kind: Kind = Kind.NUMBER
    wide: bool = False
    printed: bool = True


class Row(Struct, frozen=True):
    """A row: `name` is for machines and stands once in its table; one cell per column."""

    name: str
    cells: tuple[Cell, ...]


class Table(Struct, frozen=True):
    """A table; `short` is its name where there is little room.

    Neighbouring rows with the same value in the column `grouped_by` stand under it as a heading on paper. `printed` is
    False for what is too long for paper: it is in the spreadsheet and the data formats.
    """

    name: str
    caption: str
    short: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    grouped_by: str | None = None
    notes: tuple[str, ...] = ()
    printed: bool = True


class Heading(Struct, frozen=True):
    """A heading; level 1 opens a part of the report."""

    text: str
    level: int = 1


class Paragraph(Struct, frozen=True):
    """A paragraph."""

    text: str


class Points(Struct, frozen=True):
    """Points, each with what it is about in front."""

    points: tuple[tuple[str, str], ...]


class Highlight(Struct, frozen=True):
    """A number told at the beginning."""

    value: Number | Hidden
    label: str


class Highlights(Struct, frozen=True):
    """The few numbers the report is about."""

    highlights: tuple[Highlight, ...]


class Chart(Struct, frozen=True):
    """A chart as SVG, with the alternative text for who cannot see it and the table of what it shows."""

    name: str
    caption: str
    alternative: str
    svg: str
    table: Table
    notes: tuple[str, ...] = ()


class Definition(Struct, frozen=True):
    """How a figure is counted, and by which source."""

    code: str
    title: str
    text: str
    source: str
    unit: str
    regime: str


class Definitions(Struct, frozen=True):
    """The definitions of the figures a report shows."""

    definitions: tuple[Definition, ...]


class Signature(Struct, frozen=True):
    """Who answers for the report in which part: an account, and the day; None where nobody has yet."""

    part: str
    account: str | None
    on: date | None


class Seal(Struct, frozen=True):
    """What binds the report to the ledger: a digest, the lines of a checkpoint; printed as they are."""

    title: str
    lines: tuple[str, ...]


class Signatures(Struct, frozen=True):
    """Who answers for the report, and its seals."""

    signatures: tuple[Signature, ...]
    seals: tuple[Seal, ...] = ()


Block = Heading | Paragraph | Points | Highlights | Table | Chart | Definitions | Signatures


class Particular(Struct, frozen=True):
    """One thing the title page says about the report."""

    name: str
    label: str
    value: Cell


class Report(Struct, frozen=True):
    """A report. `name` is for file names; `running` stands on top of every page; `status` says what the reader holds.

    `date` is the day the report is of; it comes from the data, so that the same report has the same bytes on any day.
    `public` says that it may leave the house.
    """

    name: str
    language: str
    title: str
    subtitle: str
    status: str
    running: str
    author: str
    keywords: tuple[str, ...]
    date: date
    particulars: tuple[Particular, ...]
    blocks: tuple[Block, ...]
    public: bool = False

    def tables(self) -> Iterator[Table]:
        """Every table once, those behind charts among them, in the order they come."""
        seen: set[str] = set()
        for block in self.blocks:
            table = block.table if isinstance(block, Chart) else block
            if isinstance(table, Table) and table.name not in seen:
                seen.add(table.name)
                yield table
