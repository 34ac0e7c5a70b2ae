"""`werdegang publish opendata`: the public version of an edition as files for an open-data portal."""

import re
from pathlib import Path

import click

from domain.texts import _
from projections.editions import catalogue_of, edition, released
from projections.exchange.open_data import LICENCES, Publication, open_data
from projections.programmes import particulars
from scripts.console import Office, make_folder, office, option, write_whole


@click.command(help=_("Schreibt die öffentliche Fassung als CSV mit DCAT-AP.de-Beschreibung.").german)
@click.argument("name", metavar="AUSGABE")
@click.argument("folder", metavar="ORDNER", type=click.Path(path_type=Path, file_okay=False))
@option("--publisher", required=True, help=_("Wer veröffentlicht, wie es im Portal stehen soll."))
@option("--base-url", required=True, help=_("Adresse, unter der die Dateien liegen werden."))
@option("--licence", type=click.Choice(list(LICENCES)), default="dl-de/by-2-0", show_default=True, help=_("Lizenz."))
@office
def opendata(office: Office, name: str, folder: Path, publisher: str, base_url: str, licence: str) -> None:
    """Write both files into the folder."""
    publication = _publication(office, publisher, base_url, licence)
    with office.stores() as stores:
        found = released(edition(stores.journal, name))
        catalogue = catalogue_of(stores.journal, found.balance.catalogue)
        programme = particulars(stores.read_model, found.balance.programme, found.balance.datenstand)
    make_folder(folder)
    for file, content in open_data(found, catalogue, programme, publication).items():
        write_whole(folder / file, [content])
        office.line(str(folder / file))


def _publication(office: Office, publisher: str, base_url: str, licence: str) -> Publication:
    """Who publishes where. Wrong usage: nobody, or no address; a portal would not take the description."""
    if not publisher.strip():
        raise click.UsageError(office.words(_("--publisher nennt niemanden.")))
    if not re.fullmatch(r"https?://[^\s\"<>\\^`{|}]+", base_url):
        text = _("{found} ist keine Adresse; erwartet wird eine wie https://daten.example.org/lzb.", found=base_url)
        raise click.UsageError(office.words(text))
    return Publication(publisher.strip(), base_url.rstrip("/") + "/", licence)
