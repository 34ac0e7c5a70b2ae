"""Rows per second of taking in a file, and of taking in the same file again."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec

from benchmarks import data, stores
from benchmarks.report import Table, measured, timed
from domain.commands import open_programme
from domain.facts import Enrolled, Step, is_sealed, step_name
from domain.journal import Request
from projections.exchange.files import read_rows
from projections.exchange.intake import Report, Terms, take_in
from projections.settings import Settings
from projections.stores import create_stores, open_stores

ROWS = 20_000
_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_NOT_IN_A_FILE = {"participant", "programme", "participation", "verdict", "happened_on"}


def run(server: str, _journeys: int, runs: int) -> list[Table]:
    """Import a file into empty stores, then the same file again; on both stores."""
    table = Table(f"import of {ROWS:,} rows")
    places: dict[str, Callable[[], AbstractContextManager[Settings]]] = {
        "SQLite": stores.sqlite,
        "PostgreSQL": lambda: stores.postgres(server),
    }
    for store, bar in (("SQLite", 5_000), ("PostgreSQL", 3_000)):
        first, second = [], []
        for _run in range(runs):
            with places[store]() as settings:
                file = write_file(settings.folder / "rows.jsonl", ROWS)
                create_stores(settings)
                _open(settings)
                first.append(ROWS / timed(partial(_import, settings, file, stored=ROWS)))
                second.append(ROWS / timed(partial(_import, settings, file, stored=0)))
        table.add(measured(f"{store}, first time", "rows/s", first, bar=f"≥ {bar:,}", reached=median(first) >= bar))
        table.add(measured(f"{store}, same file again", "rows/s", second, ratio=median(second) / median(first)))
    return [table]


def write_file(path: Path, number: int) -> Path:
    """A file of so many rows, person by person, with every kind of step."""
    with path.open("w", encoding="utf-8") as file:
        for row in islice(_rows(number), number):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _rows(number: int) -> Iterator[dict[str, Any]]:
    """Rows of enough persons for so many: one has seven steps at least on the average."""
    for person, steps in enumerate(data.persons(number // 7)):
        for place, step in enumerate(steps):
            yield {
                "id": f"{person}/{place}",
                "participant": f"P{person}",
                "step": step_name(step),
                "on": step.happened_on.isoformat(),
            } | _fields(step, person)


def _fields(step: Step, person: int) -> dict[str, Any]:
    """A step's own fields; where a sealed one is filled, a text stands in its place."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(step):
        value = getattr(step, field.name)
        if value is None or field.name in _NOT_IN_A_FILE:
            continue
        fields[field.name] = f"Text {person}" if is_sealed(field) else msgspec.to_builtins(value)
    if isinstance(step, Enrolled):
        fields["birth_date"] = step.happened_on.replace(year=step.happened_on.year - step.age, day=1).isoformat()
    return fields


def _open(settings: Settings) -> None:
    with open_stores(settings) as opened:
        request = Request(id=uuid4(), by="benchmark", now=_NOW)
        opened.journal.act(lambda streams: open_programme(streams, data.opening()), request)


def _import(settings: Settings, file: Path, stored: int) -> Report:
    """What `werdegang import` does: read the file, decide every row, store all of it."""
    terms = Terms(batch=uuid4(), by="benchmark", now=_NOW, programme=data.PROGRAMME)
    with open_stores(settings) as opened:
        report = take_in(opened.journal, opened.vault, list(read_rows(file)), terms)
    if report.refused or report.stored != stored:
        raise RuntimeError(f"stored {report.stored} of {stored}; refused: {report.refused[:1]}")
    return report
