"""`werdegang init`: create the stores."""

import click

from domain.texts import _
from projections.stores import create_stores
from scripts.console import Office, office


@click.command(help=_("Legt Journal, Lesemodell und Schlüsselspeicher an; was es schon gibt, bleibt.").german)
@office
def init(office: Office) -> None:
    """Create what is missing."""
    create_stores(office.settings)
    office.say(_("Bereit: {folder}", folder=office.settings.folder))
