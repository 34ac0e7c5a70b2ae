"""`werdegang evidence`: the rows and entries behind one figure."""

from collections.abc import Iterator
from datetime import date

import click
import msgspec

from domain.texts import _
from projections.balance import Evidence
from projections.balance import evidence as find_evidence
from projections.catalogue import CATALOGUES
from scripts.balance import written
from scripts.console import (
    Office,
    catalogue_option,
    datenstand_option,
    format_option,
    office,
    option,
    position_of,
    print_csv,
    print_json,
    programme_option,
    stichtag_option,
)


@click.command(help=_("Die Zeilen hinter einer Kennzahl und die Einträge hinter jeder Zeile.").german)
@programme_option
@option("--figure", "code", metavar="CODE", required=True, help=_("Code der Kennzahl."))
@stichtag_option
@datenstand_option
@catalogue_option
@format_option("text", "json", "csv")
@office
def evidence(
    office: Office, key: str, code: str, stichtag: date, datenstand: int | date | None, catalogue: str, form: str
) -> None:
    """Find and print the evidence."""
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        used = CATALOGUES[catalogue]
        found = find_evidence(stores.read_model, key, code, stichtag, datenstand=position, catalogue=used)
    if form == "json":
        print_json(msgspec.to_builtins(found))
        return
    rows = [
        (row.participant, row.journey, row.unit, row.category or "", row.part or "", row.value, _positions(row.entries))
        for row in found.rows
    ]
    if form == "csv":
        print_csv(["participant", "journey", "unit", "category", "part", "value", "entries"], rows)
        return
    figure = used.figure(code)
    office.say(
        _(
            "{title} am {stichtag}: {value} (Zeilen: {rows})",
            title=figure.title,
            stichtag=stichtag,
            value=written(office, figure, found.value),
            rows=len(rows),
        )
    )
    if not rows:
        return
    columns = [_("Person"), _("Weg"), _("gezählt als"), _("Gruppe"), _("Teil"), _("Wert"), _("Einträge")]
    shown = [0, 1, *_telling(found), 6]
    office.table(
        [columns[place] for place in shown],
        ([str(row[place]) for place in shown] for row in rows),
        wraps=len(shown) - 1,
    )
    office.say(_("Ein Weg Schritt für Schritt:"))
    office.line(f"  {office.command} history {found.rows[0].journey}")


def _telling(found: Evidence) -> Iterator[int]:
    """The columns that say more than the others do."""
    if any(row.unit != row.participant for row in found.rows):
        yield 2
    if any(row.category for row in found.rows):
        yield 3
    if any(row.part for row in found.rows):
        yield 4
    if any(row.value != 1 for row in found.rows):
        yield 5


def _positions(entries: list[int]) -> str:
    return " ".join(str(entry) for entry in entries)
