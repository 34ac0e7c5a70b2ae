"""`werdegang keys`: the key-encryption key and its epochs."""

from pathlib import Path

import click

from domain.texts import _
from domain.vault import FileKey
from scripts.console import Office, format_option, office, print_json


@click.group(help=_("Der Hauptschlüssel, unter dem die Schlüssel aller Personen liegen, und seine Epochen.").german)
def keys() -> None:
    """The group of commands about keys."""


@keys.command("status", help=_("Epoche, Zahl der Personen, und woher der Hauptschlüssel kommt.").german)
@format_option("text", "json")
@office
def status(office: Office, form: str) -> None:
    """Print it, and warn of what others can read."""
    with office.stores(current=False) as stores:
        epoch, persons, advice = stores.vault.epoch, stores.vault.count(), stores.vault.advice
        source = stores.vault.source
    kek = source.path if isinstance(source, FileKey) else None
    open_to_others = [str(path) for path in (kek, office.settings.keys) if path and _is_open(path)]
    if form == "json":
        print_json(
            {
                "epoch": epoch,
                "persons": persons,
                "source": "file" if kek else "setting",
                "path": str(kek) if kek else None,
                "readable_by_others": open_to_others,
                "next_in_use": advice is not None,
            }
        )
        return
    office.say(_("Epoche: {epoch}", epoch=epoch))
    office.say(_("Schlüssel von Personen: {persons}", persons=persons))
    if kek:
        office.say(_("Hauptschlüssel: aus der Datei {path}", path=kek))
    else:
        office.say(_("Hauptschlüssel: aus der Einstellung WERDEGANG_KEK"))
    for path in open_to_others:
        office.warn(_("Achtung: {path} ist für andere lesbar; beheben mit: chmod 600 {path}", path=path))
    if advice:
        office.warn(advice)


@keys.command("rotate", help=_("Ersetzt den Hauptschlüssel, ohne jemanden zu löschen.").german)
@office
def rotate(office: Office) -> None:
    """Wrap every key anew."""
    with office.stores(current=False) as stores:
        epoch, persons, advice = stores.vault.rotate(), stores.vault.count(), stores.vault.advice
    office.say(
        _(
            "Epoche {epoch}: die Schlüssel von {persons} Personen liegen unter einem neuen Hauptschlüssel.",
            epoch=epoch,
            persons=persons,
        )
    )
    office.say(
        _(
            "Bitte {path} und den Hauptschlüssel neu sichern: ältere Sicherungen passen nicht mehr.",
            path=office.settings.keys,
        )
    )
    if advice:
        office.warn(advice)


def _is_open(path: Path) -> bool:
    return path.exists() and path.stat().st_mode & 0o077 != 0
