"""`werdegang demo`: the example programme, from nothing to its balance."""

import click
import msgspec

from domain.errors import NotReady, Refused
from domain.texts import Text, _
from projections.balance import compute, evidence
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.programmes import particulars
from projections.settings import Settings
from projections.stores import create_stores, open_stores
from scripts.balance import print_figures, print_heading
from scripts.console import Office, office, option, position_of
from scripts.example import INTERIM_STICHTAG, PROGRAMME, write_example

_FOLDER = "werdegang-demo"


@click.command(help=_("Richtet das synthetische Beispielprogramm ein und zeigt seine Zwischenbilanz.").german)
@option("--no-serve", is_flag=True, help=_("Nur einrichten und zeigen (dieser Stand liefert noch nichts aus)."))
@office
def demo(office: Office, no_serve: bool) -> None:
    """Set up, import, print."""
    del no_serve  # the web server comes with the pages
    settings = _settings(office.settings)
    _refuse_foreign(settings)
    create_stores(settings)
    office = Office(settings)
    with office.stores() as stores:
        with office.progress(_("Beispiel wird geschrieben, in Prozent"), 100) as advance:
            write_example(stores, lambda done, total: advance(done * 100 // total))
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
