"""`werdegang serve`: the pages and the API; in the default set-up it projects and seals besides."""

import socket
import sys

import click

from domain.errors import NotReady
from domain.texts import _
from projections.settings import is_this_machine
from scripts.console import Office, office, option
from scripts.server import Listening, run_server

PORT = 8080


@click.command(help=_("Liefert die Seiten und die Schnittstelle aus, führt nach und versiegelt.").german)
@option("--host", default="127.0.0.1", show_default=True, metavar="ADRESSE", help=_("Wo er Verbindungen annimmt."))
@option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True, help=_("Der Port dazu."))
@option("--workers", type=click.IntRange(1, 64), help=_("Zahl der Prozesse; ohne Angabe 1 auf SQLite, sonst 2."))
@option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help=_("Anfragen zugleich je Prozess."))
@option("--no-follow", is_flag=True, help=_("Führt nicht nach und versiegelt nicht: das tut werdegang follow."))
@office
def serve(office: Office, host: str, port: int, workers: int | None, threads: int, no_follow: bool) -> None:
    """Serve until SIGTERM or SIGINT, and finish what is under way."""
    address = free_address(host, port)
    _refuse_open_house(office, address)
    with office.stores():
        pass  # refuses what is not set up, and catches up with a progress bar
    chosen = workers or (2 if office.settings.database_url else 1)
    listening = Listening(address, port, chosen, threads)
    run_server(office.settings, listening, follows=not no_follow, started=lambda: tell_address(office, address, port))


def free_address(host: str, port: int) -> str:
    """The numeric address of a host, made sure that this process could listen there.

    Refused: what is no address of this machine, a port somebody listens on, one this user may not take.
    """
    try:
        family, kind, _protocol, _name, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # Without this a port is taken for minutes after a server has ended. The server itself would share a port
            # with another one and never say so, hence the probe.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        reason = error.strerror or str(error)
        text = _(
            "An {host}, Port {port}, kann der Server nicht lauschen: {reason}", host=host, port=port, reason=reason
        )
        raise NotReady("cannot_listen", text, field="port") from None
    return str(place[0])


def tell_address(office: Office, address: str, port: int) -> None:
    """Print where the pages are."""
    shown = f"[{address}]" if ":" in address else address
    url = (office.settings.public_url or f"http://{shown}:{port}").rstrip("/")
    office.say(_("Werdegang läuft: {url}  (Ende mit Strg-C)", url=f"{url}/"))
    sys.stdout.flush()


def _refuse_open_house(office: Office, address: str) -> None:
    """Refused: to answer other machines where nothing says that people come through TLS."""
    if is_this_machine(address) or (office.settings.public_url or "").startswith("https://"):
        return
    text = _(
        "Unter {address} wäre der Server für andere Rechner ohne TLS erreichbar. Davor gehört ein Proxy mit TLS, und "
        "seine Adresse in WERDEGANG_PUBLIC_URL (https://…); zum Ausprobieren genügt --host 127.0.0.1.",
        address=address,
    )
    raise NotReady("no_tls", text, field="host")
