"""`werdegang seal` and `werdegang proof`: checkpoints of the ledger, and the proof that an entry is in it."""

import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import click
import msgspec

from domain.journal import Request
from domain.texts import Text, _
from projections.balance import Balance
from projections.ledger.leaves import line_of
from projections.ledger.notes import three_lines
from projections.ledger.seals import Sealed
from projections.ledger.signing_keys import replace_signing_key
from projections.stores import Stores
from scripts.console import (
    Office,
    account_option,
    format_option,
    office,
    option,
    output_option,
    print_json,
    write_file,
    write_whole,
)


@click.command(help=_("Versiegelt, was neu im Journal ist: ein unterschriebener Prüfpunkt über alle Einträge.").german)
@option(
    "--every",
    type=click.IntRange(1, 86_400),
    metavar="SEKUNDEN",
    help=_("Bleibt und versiegelt alle so viele Sekunden, was neu ist."),
)
@option("--rotate-key", is_flag=True, help=_("Löst den Schlüssel ab, der unterschreibt; beide unterschreiben einmal."))
@account_option
@format_option("text", "json")
@output_option
@office
def seal(office: Office, every: int | None, rotate_key: bool, account: str, form: str, output: Path | None) -> None:
    """Seal once or again and again, and print the checkpoint or write it to a file."""
    with office.stores(current=False) as stores:
        if rotate_key:
            request = Request(id=uuid4(), by=account, now=office.now)
            replace_signing_key(stores.journal, stores.seals, office.settings.signing_key, request)
            _tell(office, stores, stores.seals.latest(), form, output)
            return
        told: Sealed | None = None
        while True:
            sealed = _seal(office, stores)
            if sealed != told or every is None:
                _tell(office, stores, sealed, form, output)
            if every is None:
                return
            told = sealed
            time.sleep(timedelta(seconds=every).total_seconds())


def _seal(office: Office, stores: Stores) -> Sealed | None:
    last = stores.seals.latest()
    before = last.position if last else 0
    with office.progress(_("Einträge werden versiegelt"), stores.journal.head() - before) as advance:
        return stores.seal(office.now, lambda position: advance(position - before))


def _tell(office: Office, stores: Stores, sealed: Sealed | None, form: str, output: Path | None) -> None:
    if sealed is None:
        office.say(_("Das Journal ist leer; es gibt nichts zu versiegeln."))
        return
    key = str(stores.seals.signers()[-1])
    if output:
        write_whole(output, [sealed.note.encode()])
    if form == "json":
        print_json({**msgspec.to_builtins(sealed._asdict()), "key": key})
        return
    office.say(_("Versiegelt: {size} Einträge, bis Position {position}.", size=sealed.size, position=sealed.position))
    office.say(Text(""))
    for line in sealed.note.splitlines():
        office.line(line)
    office.say(Text(""))
    office.say(_("Schlüssel zum Prüfen: {key}", key=key))
    office.say(_("Wer prüft, braucht beides aus erster Hand: den Schlüssel, und Prüfpunkte, die er selbst verwahrt."))


@click.command(help=_("Beweist, dass ein Eintrag unverändert im Journal steht (C2SP tlog-proof).").german)
@click.argument("position", type=click.IntRange(1))
@option("--line", is_flag=True, help=_("Die gespeicherte Zeile selbst, die das Blatt im Baum ist."))
@output_option
@office
def proof(office: Office, position: int, line: bool, output: Path | None) -> None:
    """Print the proof of an entry, or its line."""
    with office.stores(current=False) as stores:
        stores.covering(position, office.now)
        found = stores.seals.prove_entry(position)
        entries = [line_of(*entry[1:]) for entry in stores.journal.scan_after(position - 1, upto=position)]
    content = b"".join(entry + b"\n" for entry in entries) if line else found.text
    if output:
        write_file(office, content, output)
    else:
        click.echo(content.decode(), nl=False)


def with_checkpoint(office: Office, stores: Stores, balance: Balance) -> Balance:
    """The balance with the checkpoint that covers every entry behind it; warns where there is none."""
    sealed = stores.covering(balance.datenstand, office.now)
    if sealed is None:
        office.warn(_("Nicht versiegelt: hier liegt kein Schlüssel dafür, und noch kein Prüfpunkt reicht so weit."))
    return msgspec.structs.replace(balance, checkpoint=sealed.note if sealed else None)


def print_checkpoint(office: Office, balance: Balance) -> None:
    """Print the three lines of the checkpoint that covers the balance."""
    if balance.checkpoint:
        office.say(Text(""))
        office.say(_("Prüfpunkt des Journals (wessen, wie viele Einträge, welche Wurzel):"))
        for line in three_lines(balance.checkpoint):
            office.line(f"  {line}")
