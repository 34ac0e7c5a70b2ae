"""`werdegang programme open`: open a programme from a TOML file."""

from pathlib import Path
from uuid import uuid4

import click

from domain import commands
from domain.journal import Request
from domain.texts import _
from scripts.console import Office, account_option, office
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
