"""`werdegang follow`: the projector and sealer as a process of its own, beside a server."""

import signal
import sys
from functools import partial
from threading import Event

import click

from domain.texts import _
from projections.follow import SEAL_EVERY
from projections.follow import follow as follow_journal
from projections.stores import open_stores
from scripts.console import Office, office, option
from web.logs import write_logs


@click.command(help=_("Führt das Lesemodell nach und versiegelt, was neu ist, bis SIGTERM oder Strg-C.").german)
@option(
    "--every",
    type=click.FloatRange(SEAL_EVERY, 60),
    default=SEAL_EVERY,
    show_default=True,
    metavar="SEKUNDEN",
    help=_("Versiegelt höchstens alle so viele Sekunden."),
)
@office
def follow(office: Office, every: float) -> None:
    """Follow until stopped, and print where it stands before and after."""
    stop = Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: stop.set())
    write_logs()
    with office.stores():
        pass  # refuses what is not set up, and catches up with a progress bar
    _tell(office)
    office.say(_("Folgt dem Journal; Ende mit Strg-C."))
    sys.stdout.flush()
    follow_journal(partial(open_stores, office.settings), stop, now=lambda: office.now, every=every)
    _tell(office)


def _tell(office: Office) -> None:
    """Print where the stores stand."""
    with open_stores(office.settings) as stores:
        sealed = stores.seals.latest()
        office.say(
            _(
                "Journal: Position {head}. Lesemodell: {tracked}. Versiegelt: {sealed}.",
                head=stores.journal.head(),
                tracked=stores.read_model.tracked(),
                sealed=sealed.position if sealed else 0,
            )
        )
