"""`werdegang bundle`: the auditor's bundle."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from domain.errors import Refused
from domain.texts import _
from projections.ledger.bundle import Wanted, wanted, write_bundle
from projections.ledger.notes import three_lines
from projections.stores import Stores
from scripts.console import Office, office, option, write_whole

_CHUNK = 1 << 20
_LARGEST_NOTE = 1 << 16


@click.command(help=_("Schreibt das Prüfbündel: Einträge, Zahlen und Nachweise, ohne dieses Programm prüfbar.").german)
@click.argument("output", metavar="DATEI.zip", type=click.Path(path_type=Path, dir_okay=False))
@option("--programme", "key", metavar="KEY", help=_("Nur dieses Programm; von anderen Einträgen die Prüfsumme."))
@option(
    "--since",
    metavar="DATEI",
    type=click.Path(path_type=Path),
    help=_("Ein früherer Prüfpunkt; das Bündel weist nach, dass das Journal aus ihm gewachsen ist."),
)
@office
def bundle(office: Office, output: Path, key: str | None, since: Path | None) -> None:
    """Seal, write the bundle whole or not at all, and say how it is checked."""
    earlier = _read(since) if since else None
    with office.stores() as stores:
        asked = wanted(stores, stores.seal(office.now), programme=key, since=earlier)
        folder = output.resolve().parent if not output.exists() or output.is_file() else None
        try:
            file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- closed by the `with` below
        except OSError as error:
            text = _("In die Datei {path} lässt sich nicht schreiben: {reason}", path=output, reason=error.strerror)
            raise Refused("unwritable_file", text, field="output") from None
        with file:
            _write(office, stores, file, asked, output)


def _write(office: Office, stores: Stores, file: BinaryIO, asked: Wanted, output: Path) -> None:
    with office.progress(_("Bündel wird geschrieben"), 1000) as advance:
        done = write_bundle(stores, file, asked, lambda part, whole: advance(1000 * part // whole))
    file.seek(0)
    pieces: Iterator[bytes] = iter(partial(file.read, _CHUNK), b"")
    write_whole(output, pieces)
    office.warn(_("Geschrieben: {path}", path=output))
    office.say(
        _(
            "Einträge: {entries}, davon als Prüfsumme: {hidden}. Ausgaben: {editions}. Prüfpunkt:",
            entries=done.entries,
            hidden=done.hidden,
            editions=done.editions,
        )
    )
    for line in three_lines(asked.head.note):
        office.line(f"  {line}")
    office.say(_("Zu prüfen mit check_bundle.py, das für sich allein steht:"))
    office.line(f"  python3 check_bundle.py {output.name} --key {asked.signer.verifier}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_NOTE)
    except OSError as error:
        text = _("Die Datei {path} ist nicht lesbar: {reason}", path=path, reason=error.strerror or error)
        raise Refused("unreadable_file", text, field="since") from None
