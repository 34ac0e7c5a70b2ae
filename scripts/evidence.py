"""`werdegang evidence`: the rows and entries behind one figure."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from secrets import token_bytes

import click
import msgspec

from domain.texts import _
from projections.balance import Evidence
from projections.balance import evidence as find_evidence
from projections.catalogue import CATALOGUES, Figure
from projections.datenstand import day_known, position_of
from projections.exchange.pseudonyms import KEY_BYTES, Pseudonyms
from projections.programmes import particulars
from projections.reports import evidence_report, rendered, under_pseudonyms
from scripts.balance import written
from scripts.console import (
    FILES,
    Office,
    catalogue_option,
    datenstand_option,
    format_option,
    office,
    option,
    output_option,
    print_csv,
    print_json,
    printed,
    programme_option,
    stichtag_option,
    write_file,
)

_PARTS = {"numerator": _("Zähler"), "denominator": _("Nenner")}


@click.command(help=_("Die Zeilen hinter einer Kennzahl und die Einträge hinter jeder Zeile.").german)
@programme_option
@option("--figure", "code", metavar="CODE", required=True, help=_("Code der Kennzahl."))
@stichtag_option
@datenstand_option
@catalogue_option
@option("--pseudonyms", is_flag=True, help=_("Unter Pseudonymen, die nur für diese Ausgabe gelten."))
@format_option("text", "json", "csv", *FILES)
@output_option
@office
def evidence(
    office: Office,
    key: str,
    code: str,
    stichtag: date,
    datenstand: int | date | None,
    catalogue: str,
    pseudonyms: bool,
    form: str,
    output: Path | None,
) -> None:
    """Find and print the evidence."""
    used = CATALOGUES[catalogue]
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        found = find_evidence(stores.read_model, key, code, stichtag, datenstand=position, catalogue=used)
        programme = particulars(stores.read_model, key, position)
        known_on = day_known(stores.journal, position)
    if pseudonyms:
        found = under_pseudonyms(found, used, Pseudonyms(token_bytes(KEY_BYTES)))
    if form in FILES:
        report = evidence_report(
            found,
            used,
            programme,
            stichtag=stichtag,
            datenstand=position,
            language=office.settings.language,
            known_on=known_on,
        )
        write_file(office, rendered(report, form), output)
        return
    with printed(office, form, output):
        if form == "json":
            print_json(msgspec.to_builtins(found))
        elif form == "csv":
            print_csv(
                ["participant", "journey", "unit", "category", "part", "value", "entries", "disputed"], _rows(found)
            )
        else:
            _print(office, found, used.figure(code), stichtag)
            if found.rows and not pseudonyms:
                office.say(_("Ein Weg Schritt für Schritt:"))
                office.line(f"  {office.command} history {found.rows[0].journey}")


def _rows(found: Evidence) -> list[tuple[object, ...]]:
    """The rows as a table has them."""
    return [
        (
            *(row.participant, row.journey, row.unit, row.category or "", row.part or "", row.value),
            *(_positions(row.entries), _positions(row.disputed)),
        )
        for row in found.rows
    ]


def _print(office: Office, found: Evidence, figure: Figure, stichtag: date) -> None:
    """The value and, if there are any, the rows behind it."""
    office.say(
        _(
            "{title} am {stichtag}: {value} (Zeilen: {rows})",
            title=figure.title,
            stichtag=stichtag,
            value=written(office, figure, found.value),
            rows=len(found.rows),
        )
    )
    if not found.rows:
        return
    columns = [
        *(_("Person"), _("Weg"), _("gezählt als"), _("Gruppe"), _("Teil"), _("Wert"), _("Einträge")),
        _("davon strittig"),
    ]
    contested = any(row.disputed for row in found.rows)
    shown = [0, 1, *_telling(found), 6, *([7] if contested else [])]
    parts = {name: office.words(title) for name, title in _PARTS.items()}
    office.table(
        [columns[place] for place in shown],
        ([parts.get(str(row[place]), str(row[place])) for place in shown] for row in _rows(found)),
        wraps=shown.index(6),
    )


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
