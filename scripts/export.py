"""`werdegang export`: the journeys for other tools."""

import json
import sys
from datetime import date
from pathlib import Path

import click

from domain.texts import _
from projections.balance import reached_position
from projections.exchange.export import export_rows
from scripts.console import (
    Office,
    datenstand_option,
    format_option,
    office,
    option,
    position_of,
    programme_option,
)


@click.command(help=_("Die Wege eines Programms als Importdatei, ohne persönliche Angaben.").german)
@programme_option
@format_option("jsonl")
@datenstand_option
@option("--output", metavar="DATEI", type=click.Path(path_type=Path), help=_("In eine Datei statt auf die Ausgabe."))
@office
def export(office: Office, key: str, form: str, datenstand: int | date | None, output: Path | None) -> None:
    """Write the journeys as JSON Lines."""
    del form  # one so far
    reason = office.words(_("wie im ausgebenden System begründet"))
    with office.stores() as stores:
        position = reached_position(stores.read_model, key, position_of(stores.journal, datenstand))
        rows = export_rows(stores.journal, stores.read_model, key, position, reason)
        out = output.open("w", encoding="utf-8") if output else sys.stdout
        try:
            for row in rows:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        finally:
            if output:
                out.close()
