"""`werdegang demo`: the example programme, from nothing to its balance and its pages."""

import logging

import click
import msgspec

from domain.errors import NotReady, Refused
from domain.texts import Text, _
from projections.balance import compute, evidence
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.datenstand import position_of
from projections.programmes import particulars
from projections.settings import Settings
from projections.stores import create_stores, open_stores
from scripts.balance import print_figures, print_heading
from scripts.console import Office, office, option
from scripts.example import INTERIM_STICHTAG, PROGRAMME, write_example
from scripts.example.accounts import ACCOUNTS, set_up_accounts
from scripts.serve import PORT, free_address, tell_address
from scripts.server import Listening, run_server

_FOLDER, _HOST = "werdegang-demo", "127.0.0.1"


@click.command(help=_("Richtet das synthetische Beispiel ein, zeigt seine Zwischenbilanz und liefert es aus.").german)
@option("--no-serve", is_flag=True, help=_("Nur einrichten und zeigen, nicht ausliefern."))
@office
def demo(office: Office, no_serve: bool) -> None:
    """Set up, import, print, serve."""
    settings = _settings(office.settings)
    _refuse_foreign(settings)
    create_stores(settings)
    office = Office(settings)
    with office.stores() as stores:
        with office.progress(_("Beispiel wird geschrieben, in Prozent"), 100) as advance:
            write_example(stores, lambda done, total: advance(done * 100 // total))
        password = set_up_accounts(stores, office.now)
        office.catch_up(stores)
        position = position_of(stores.journal, INTERIM_STICHTAG)
        balance = compute(stores.read_model, PROGRAMME, INTERIM_STICHTAG, datenstand=position)
        targets = particulars(stores.read_model, PROGRAMME, position).targets
        placed = evidence(stores.read_model, PROGRAMME, "placed_svp", INTERIM_STICHTAG, datenstand=position)
    office.say(_("Synthetisches Beispiel: niemandes Daten. Datenordner: {folder}", folder=settings.folder))
    office.say(Text(""))
    print_heading(office, balance, INTERIM_STICHTAG)
    print_figures(office, balance, CORE, targets)
    _print_next_steps(office, placed.rows[0].journey)
    _print_accounts(office, password)
    if no_serve:
        office.say(_("Ausliefern: {command} serve", command=office.command))
        return
    address, port = _free_port()
    run_server(
        settings,
        Listening(address, port, workers=1, threads=4),
        follows=True,
        started=lambda: tell_address(office, address, port),
        log_level=logging.WARNING,
    )


def _settings(settings: Settings) -> Settings:
    """The example's own folder, unless another is named."""
    if settings.data is not None or settings.database_url:
        return settings
    return msgspec.structs.replace(settings, data=_FOLDER)


def _refuse_foreign(settings: Settings) -> None:
    """Refused: stores that hold anything but the example, which must never mix with real journeys."""
    if settings.database_url is None and not (settings.folder / "ledger.db").exists():
        return
    try:
        with open_stores(settings) as stores:
            catch_up(stores.journal, stores.read_model)
            programmes = stores.read_model.query("SELECT DISTINCT p.programme FROM programmes p", {})
            foreign = stores.journal.head() > 0 and programmes != [(PROGRAMME,)]
    except NotReady:
        return
    if foreign:
        text = _(
            "In {folder} liegt schon etwas anderes; das Beispiel will einen leeren Ordner.", folder=settings.folder
        )
        raise Refused("not_empty", text)


def _free_port() -> tuple[str, int]:
    """Where the example is served: the usual port of this machine, or the next that nobody listens on."""
    for port in range(PORT, PORT + 19):
        try:
            return free_address(_HOST, port), port
        except NotReady:
            continue
    return free_address(_HOST, PORT + 19), PORT + 19


def _print_accounts(office: Office, password: str) -> None:
    office.say(Text(""))
    office.say(_("Konten des Beispiels, alle mit demselben Passwort; jeder Aufruf von demo setzt ein neues."))
    rows = [[one.code, one.granted.role.value, office.words(one.title)] for one in ACCOUNTS]
    office.table([_("Konto"), _("Rolle"), _("Wer das ist")], rows)
    office.say(_("Passwort: {password}", password=password))
    office.say(Text(""))


def _print_next_steps(office: Office, journey: str) -> None:
    asked = f"--programme {PROGRAMME} --stichtag {INTERIM_STICHTAG}"
    then = f"{asked} --datenstand {INTERIM_STICHTAG}"
    office.say(Text(""))
    office.say(
        _(
            "Weiter: wer hinter einer Zahl steht; ein Weg; dieselbe Bilanz mit dem Wissen von heute, und warum sie "
            "anders ist; die Ausgaben; die Zwischenbilanz als Bericht; ob alles noch ist, wie es versiegelt wurde; das "
            "Bündel für die Prüfung"
        )
    )
    for arguments in (
        f"evidence {then} --figure placed_svp",
        f"history {journey}",
        f"balance {asked}",
        f"explain {PROGRAMME}/1 {INTERIM_STICHTAG}",
        "publish list",
        f"publish show {PROGRAMME}/1 --format pdf --output zwischenbilanz.pdf",
        "verify",
        f"bundle pruefung.zip --programme {PROGRAMME}",
    ):
        office.line(f"  {office.command} {arguments}")
