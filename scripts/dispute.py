"""`werdegang dispute`: an entry its person contests carries a visible mark."""

from uuid import UUID, uuid4

import click

from domain import commands
from domain.journal import Request
from domain.texts import _
from scripts.console import Office, account_option, office, option


@click.command(help=_("Vermerkt, dass eine Person einen Eintrag bestreitet (strittig, Art. 18 DSGVO).").german)
@click.argument("journey", metavar="WEG", type=click.UUID)
@click.argument("entry", metavar="NR", type=click.IntRange(1))
@option("--settle", is_flag=True, help=_("Nimmt den Vermerk zurück: geprüft, berichtigt oder storniert."))
@account_option
@office
def dispute(office: Office, journey: UUID, entry: int, settle: bool, account: str) -> None:
    """Mark an entry of a journey, or take the mark away; twice is once."""
    decide = commands.settle_dispute if settle else commands.dispute
    with office.stores(current=False) as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        stores.journal.act(lambda streams: decide(streams, journey, entry), request)
        office.catch_up(stores)
    if settle:
        office.say(_("Nr. {entry} auf dem Weg {journey} ist nicht strittig.", entry=entry, journey=journey))
    else:
        office.say(_("Nr. {entry} auf dem Weg {journey} ist strittig; sie zählt weiter.", entry=entry, journey=journey))
