"""`werdegang backup` and `werdegang restore`: the stores into a folder, and back with a note in the ledger."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import msgspec

from domain.errors import Refused
from domain.terms import RestoreReason
from domain.texts import Text, _
from domain.vault import FileKey
from projections.backup import CHECKPOINT, DUMP, VERIFIER, Backup, Report, Restored, Terms, dump_command, make_backup
from projections.backup import restore as put_back
from projections.rebuild import Progress
from projections.stores import key_source
from scripts.console import Office, account_option, format_option, office, option, print_json

_STAGES: dict[str, Text] = {
    "verify": _("Einträge werden geprüft"),
    "partitions": _("Einträge werden gelesen und gefaltet"),
    "indexes": _("Indizes"),
    "catch_up": _("Nachführen bis zum Ende des Journals"),
    "certificate": _("Vergleich mit dem bisherigen Lesemodell"),
}
"""What the stages are called; any other is a file."""


@click.command(help=_("Sichert die Speicher in einen neuen Ordner, während andere weiterschreiben.").german)
@click.argument("folder", metavar="ORDNER", type=click.Path(path_type=Path))
@option(
    "--dump",
    metavar="DATEI",
    type=click.Path(path_type=Path),
    help=_("PostgreSQL: der vorher gemachte Dump des Journals; er kommt mit in den Ordner."),
)
@format_option("text", "json")
@office
def backup(office: Office, folder: Path, dump: Path | None, form: str) -> None:
    """Seal, copy, and say what is in the folder and what is not."""
    with office.stores(current=False) as stores, _shown(office) as report:
        if stores.signers:
            office.seal(stores)
        made = make_backup(stores, office.settings, folder, now=office.now, dump=dump, report=report)
    if form == "json":
        print_json(msgspec.to_builtins(made))
    else:
        _tell_backup(office, folder, made)
    if office.settings.database_url and dump is None:
        office.warn(
            _(
                "Journal und Siegel liegen in der Datenbank und sind NICHT in diesem Ordner. Ganz ist die Sicherung "
                "nur mit einem Dump von VORHER: einer von nachher enthielte Personen ohne ihren Schlüssel. Also, in "
                "dieser Reihenfolge:"
            )
        )
        office.warn(Text(f"  {dump_command(office.settings)}"))
        office.warn(Text(f"  {office.command} backup … --dump {DUMP}"))


def _tell_backup(office: Office, folder: Path, made: Backup) -> None:
    office.say(_("Gesichert nach {path}:", path=folder))
    rows = ([name, str(stored.bytes), stored.sha256] for name, stored in made.files.items())
    office.table([_("Datei"), _("Bytes"), Text("SHA-256")], rows, numbers=[1])
    office.say(
        _(
            "{entries} Einträge bis Position {position}, davon versiegelt {sealed}.",
            entries=made.entries,
            position=made.position,
            sealed=made.sealed,
        )
    )
    source = key_source(office.settings)
    kek = source.path if isinstance(source, FileKey) else _("die Einstellung WERDEGANG_KEK")
    office.say(
        _(
            "NICHT dabei sind die beiden Schlüssel, ohne die sich nichts zurückspielen lässt. Sie gehören gesichert, "
            "aber an einen anderen Ort als dieser Ordner:"
        )
    )
    office.say(
        _(
            "- der Hauptschlüssel: {kek}; er passt nur bis zur nächsten Löschung (Epoche {epoch})",
            kek=kek,
            epoch=made.epoch,
        )
    )
    office.say(_("- der Schlüssel, der siegelt: {path}", path=office.settings.signing_key))
    office.say(_("Das Lesemodell ist nicht dabei; es wird beim Zurückspielen neu aufgebaut."))
    if made.checkpoint:
        office.say(
            _(
                "Prüfpunkt und Schlüssel zum Prüfen liegen als {checkpoint} und {key} dabei; geben Sie beides auch "
                "jemandem außerhalb.",
                checkpoint=CHECKPOINT,
                key=VERIFIER,
            )
        )


@click.command(help=_("Spielt eine Sicherung in einen leeren Datenordner zurück und vermerkt das im Journal.").german)
@click.argument("folder", metavar="ORDNER", type=click.Path(path_type=Path))
@option(
    "--last",
    metavar="DATEI",
    type=click.Path(path_type=Path),
    help=_("Der letzte Prüfpunkt, den jemand außerhalb hat: was er mehr bezeugt, gilt als verloren."),
)
@option("--no-checkpoint", "unknown", is_flag=True, help=_("Niemand hat einen Prüfpunkt; der Verlust ist unbekannt."))
@option(
    "--reason",
    type=click.Choice([reason.value for reason in RestoreReason]),
    required=True,
    help=_("Warum zurückgespielt wird."),
)
@option(
    "--keys",
    metavar="DATEI",
    type=click.Path(path_type=Path),
    help=_("Ein anderer Schlüsselspeicher (keys.db) als der gesicherte."),
)
@account_option
@format_option("text", "json")
@office
def restore(
    office: Office,
    folder: Path,
    last: Path | None,
    unknown: bool,
    reason: str,
    keys: Path | None,
    account: str,
    form: str,
) -> None:
    """Put it back, and say what is to be done next."""
    if unknown == (last is not None):
        raise click.UsageError(office.words(_("Entweder --last DATEI oder --no-checkpoint.")))
    terms = Terms(RestoreReason(reason), account, _read(last) if last else None, keys)
    with _shown(office) as report:
        restored = put_back(office.settings, folder, terms, now=office.now, report=report)
    if form == "json":
        print_json(msgspec.to_builtins(restored))
    else:
        _tell_restored(office, restored)
    if restored.after_backup:
        office.warn(
            _(
                "Achtung: die Datenbank enthält {entries} Einträge von nach der Sicherung. Zu Personen, die dort "
                "zuerst vorkommen, gibt es keinen Schlüssel mehr.",
                entries=restored.after_backup,
            )
        )


def _tell_restored(office: Office, restored: Restored) -> None:
    office.say(_("Zurückgespielt: {entries} Einträge.", entries=restored.entries))
    if restored.lost is None:
        office.say(_("Wie viele Einträge verloren sind, ist nicht bekannt."))
    elif restored.lost:
        office.say(_("Verloren: {lost} Einträge, die der letzte Prüfpunkt mehr bezeugt.", lost=restored.lost))
    else:
        office.say(_("Verloren: nichts, was der letzte Prüfpunkt bezeugt."))
    office.say(
        _("Vermerkt im Journal an Position {position}, versiegelt mit diesem Prüfpunkt:", position=restored.position)
    )
    office.say(Text(""))
    for line in restored.checkpoint.splitlines():
        office.line(line)
    office.say(Text(""))
    office.say(_("Jetzt bitte:"))
    office.say(_("1. Den Prüfpunkt allen geben, die Prüfpunkte verwahren, und ihnen sagen, was verloren ist."))
    office.say(_("2. Was verloren ist, neu erfassen: Importe lassen sich gefahrlos wiederholen."))
    office.say(
        _(
            "3. Löschungen, Sperrungen, gelöschte Monate des Leseprotokolls und Widerrufe von Tokens von nachher "
            "wiederholen."
        )
    )
    office.say(_("4. Prüfen mit: {command} verify --trusted ORDNER", command=office.command))
    office.say(_("5. Eine neue Sicherung machen: {command} backup ORDNER", command=office.command))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        text = _("Die Datei {path} ist nicht lesbar: {reason}", path=path, reason=error.strerror or str(error))
        raise Refused("unreadable_file", text, field="last") from None


@contextmanager
def _shown(office: Office) -> Iterator[Report]:
    """A bar for each stage or file, one after the other."""
    with ExitStack() as bars:
        now_shown: dict[str, object] = {}

        def report(progress: Progress) -> None:
            if progress.stage not in now_shown:
                bars.close()
                title = _STAGES.get(progress.stage, Text(progress.stage))
                now_shown.clear()
                now_shown[progress.stage] = bars.enter_context(office.progress(title, progress.total))
            advance = now_shown[progress.stage]
            assert callable(advance)
            advance(progress.done)

        yield report
