"""`werdegang export`: the journeys for other tools."""

import json
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile

import click

from domain.texts import _
from projections.balance import reached_position
from projections.datenstand import position_of
from projections.exchange.export import export_rows, participations
from projections.exchange.ocel import ocel
from projections.exchange.pseudonyms import KEY_BYTES, Case, Pseudonyms, cases
from projections.exchange.xes import xes
from projections.stores import Stores
from scripts.console import (
    Office,
    datenstand_option,
    office,
    option,
    output_option,
    programme_option,
    write_whole,
)

_PROGRESS_EVERY = 100


@click.command(help=_("Die Wege eines Programms für andere Werkzeuge, ohne persönliche Angaben.").german)
@programme_option
@option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "xes", "ocel"]),
    default="jsonl",
    show_default=True,
    help=_("jsonl: Importdatei; xes, ocel: Ereignisprotokoll für Process Mining, jedes Mal unter neuen Pseudonymen."),
)
@datenstand_option
@output_option
@office
def export(office: Office, key: str, form: str, datenstand: int | date | None, output: Path | None) -> None:
    """Write the journeys in one of the formats."""
    with office.stores() as stores:
        position = reached_position(stores.read_model, key, position_of(stores.journal, datenstand))
        if form == "jsonl":
            pieces = _lines(office, stores, key, position)
        else:
            pieces = _log(office, stores, key, position, xes if form == "xes" else lambda _key, found: ocel(found))
        if output is not None:
            write_whole(output, (piece.encode() for piece in pieces))
        elif form == "jsonl":
            sys.stdout.writelines(pieces)
        else:
            _print_whole(pieces)


def _lines(office: Office, stores: Stores, key: str, position: int) -> Iterator[str]:
    """The rows of an import file."""
    reason = office.words(_("wie im ausgebenden System begründet"))
    for row in export_rows(stores.journal, stores.read_model, key, position, reason):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _log(
    office: Office, stores: Stores, key: str, position: int, form: Callable[[str, Iterable[Case]], Iterator[str]]
) -> Iterator[str]:
    """An event log under pseudonyms made for this once."""
    found = participations(stores.read_model, key, position)
    drawn = cases(stores.journal, found, position, Pseudonyms(secrets.token_bytes(KEY_BYTES)))
    with office.progress(_("Wege werden ausgegeben"), len(found)) as advance:
        yield from form(key, _counted(drawn, advance))


def _counted(drawn: Iterable[Case], advance: Callable[[int], None]) -> Iterator[Case]:
    for number, case in enumerate(drawn, 1):
        yield case
        if number % _PROGRESS_EVERY == 0:
            advance(number)


def _print_whole(pieces: Iterable[str]) -> None:
    """Print a document once all of it is there, in UTF-8 whatever the terminal has."""
    with TemporaryFile() as waiting:
        waiting.writelines(piece.encode() for piece in pieces)
        waiting.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(waiting, sys.stdout.buffer)
        sys.stdout.buffer.flush()
