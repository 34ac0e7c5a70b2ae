"""`werdegang programme`: open a programme from a TOML file, close one before its time."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import click

from domain import commands
from domain.journal import Request
from domain.texts import _
from scripts.console import Checked, Office, account_option, office, option, programme_option
from scripts.programme_file import read_programme_file


@click.group(help=_("Programme.").german)
def programme() -> None:
    """The group of programme commands."""


@programme.command("open", help=_("Eröffnet das Programm, das eine TOML-Datei beschreibt.").german)
@click.argument("file", metavar="DATEI.toml", type=click.Path(path_type=Path))
@account_option
@office
def open_programme(office: Office, file: Path, account: str) -> None:
    """Open it; the same file again stores nothing."""
    opening = read_programme_file(file)
    with office.stores(current=False) as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        stores.journal.act(lambda streams: commands.open_programme(streams, opening), request)
        office.catch_up(stores)
    office.say(
        _(
            "Programm {key} ist eröffnet: {title}, {starts} bis {ends}.",
            key=opening.key,
            title=opening.title,
            starts=opening.starts_on,
            ends=opening.ends_on,
        )
    )
    office.say(
        _("Persönliches wird bis {years} Jahre nach dem Jahr des Endes aufbewahrt.", years=opening.retention_years)
    )


@programme.command("close", help=_("Beendet ein Programm vor seiner Zeit.").german)
@programme_option
@option("--on", "last_day", type=Checked("Datum", date), required=True, help=_("Der letzte Tag des Programms."))
@account_option
@office
def close_programme(office: Office, key: str, last_day: date, account: str) -> None:
    """Close it; the same last day again stores nothing."""
    with office.stores(current=False) as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        stores.journal.act(lambda streams: commands.close_programme(streams, key, last_day), request)
        office.catch_up(stores)
    office.say(_("Programm {key} endet mit dem {last_day}.", key=key, last_day=last_day))
