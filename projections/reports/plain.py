"""A report for programs: as JSON, and as CSV with machine values (a point before decimals, ISO dates)."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from io import StringIO
from typing import Any

import msgspec

from domain.errors import NotFound
from domain.texts import _
from projections.exchange.files import neutralised
from projections.reports.model import Block, Cell, Chart, Hidden, Number, Report, Table

LONG = ("table", "row", "column", "value", "unit", "hidden")
"""The columns of a report as CSV: one line per cell; `hidden` is yes for a value that is not shown."""


def as_csv(report: Report, table: str | None = None) -> bytes:
    """All tables of a report in the long form, one line per cell; or one table as it is. Refused: no such table."""
    if table is None:
        return _written(LONG, _cells(report))
    found = {one.name: one for one in report.tables()}
    if table not in found:
        text = _("Die Tabelle {table} gibt es nicht. Es gibt: {known}.", table=table, known=tuple(found))
        raise NotFound("unknown_table", text, field="table")
    rows = ([_machine(cell) for cell in row.cells] for row in found[table].rows)
    return _written([column.name for column in found[table].columns], rows)


def as_json(report: Report) -> bytes:
    """The report as JSON: a cell is `{"value": …}`, with `unit` where it is a number; a hidden one has the value null
    and `"hidden": true`. Drawings are left out, what they show is in their tables."""
    told = {
        "name": report.name,
        "language": report.language,
        "title": report.title,
        "subtitle": report.subtitle,
        "status": report.status,
        "public": report.public,
        "date": report.date,
        "particulars": [{"name": one.name, "label": one.label, **_cell(one.value)} for one in report.particulars],
        "blocks": [_block(block) for block in report.blocks],
        "tables": {table.name: _table(table) for table in report.tables()},
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _cells(report: Report) -> Iterator[list[object]]:
    for one in report.particulars:
        yield ["particulars", one.name, "value", _machine(one.value), *_nature(one.value)]
    for table in report.tables():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell is not None:
                    yield [table.name, row.name, column.name, _machine(cell), *_nature(cell)]


def _machine(cell: Cell) -> object:
    match cell:
        case Number():
            return cell.value
        case Hidden():
            return None
        case date():
            return cell.isoformat()
        case _:
            return cell


def _nature(cell: Cell) -> tuple[str, str]:
    """The unit of a number, and whether it is hidden."""
    unit = cell.unit.value if isinstance(cell, Number | Hidden) else ""
    return unit, "yes" if isinstance(cell, Hidden) else ""


def _cell(cell: Cell) -> dict[str, Any]:
    match cell:
        case Number():
            return {"value": cell.value, "unit": cell.unit}
        case Hidden():
            return {"value": None, "unit": cell.unit, "hidden": True}
        case _:
            return {"value": cell}


def _block(block: Block) -> dict[str, Any]:
    """A block; a table only by its name, a chart without its drawing."""
    kind = type(block).__name__.lower()
    match block:
        case Table():
            return {"block": kind, "name": block.name}
        case Chart():
            told = {"name": block.name, "caption": block.caption, "alternative": block.alternative}
            return {"block": kind, **told, "table": block.table.name, "notes": block.notes}
        case _:
            return {"block": kind, **msgspec.to_builtins(block)}


def _table(table: Table) -> dict[str, Any]:
    columns = [{"name": one.name, "title": one.title, "kind": one.kind} for one in table.columns]
    rows = [{"name": row.name, "cells": [_cell(cell) for cell in row.cells]} for row in table.rows]
    return {"caption": table.caption, "columns": columns, "rows": rows, "notes": table.notes}


def _written(header: Iterable[str], rows: Iterable[list[object]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _safe(cell: object) -> object:
    """A number as it is; a text so that no spreadsheet takes it for a formula."""
    return cell if isinstance(cell, int | float) else neutralised(cell)
