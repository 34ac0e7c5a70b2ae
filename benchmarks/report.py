"""What a benchmark prints: one table of medians, their spread, and the bars of DESIGN.md section 8."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table as Printed


class Row(NamedTuple):
    """One thing measured. `reached` is None where no bar is set for it."""

    what: str
    unit: str
    values: Sequence[float]
    ratio: float | None = None
    bar: str = ""
    reached: bool | None = None


class Table:
    """The rows of one benchmark."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Add a row at the end."""
        self.rows.append(row)


def measured(
    what: str,
    unit: str,
    values: Sequence[float],
    *,
    ratio: float | None = None,
    bar: str = "",
    reached: bool | None = None,
) -> Row:
    """A row of values measured in one run."""
    return Row(what, unit, values, ratio, bar, reached)


def timed(work: Callable[[], object]) -> float:
    """How many seconds a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(table: Table) -> None:
    """Print a table."""
    printed = Printed(title=table.title, title_justify="left")
    for name in ("what", "unit", "median", "min – max", "ratio", "bar", "reached"):
        printed.add_column(name, justify="left" if name in ("what", "unit", "bar") else "right")
    for row in table.rows:
        spread = f"{_number(min(row.values))} – {_number(max(row.values))}" if len(row.values) > 1 else ""
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        reached = {None: "", True: "yes", False: "no"}[row.reached]
        printed.add_row(row.what, row.unit, _number(median(row.values)), spread, ratio, row.bar, reached)
    console = Console(width=120)
    console.print(printed)


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"
