"""`werdegang rebuild`: regenerate the read model beside the live one."""

from contextlib import ExitStack

import click
import msgspec

from domain.texts import Text, _
from projections import rebuild as building
from scripts.console import Office, format_option, office, option, print_json

_STAGES: dict[str, Text] = {
    "partitions": _("Einträge werden gelesen und gefaltet"),
    "indexes": _("Indizes"),
    "catch_up": _("Nachführen bis zum Ende des Journals"),
    "certificate": _("Vergleich mit dem bisherigen Lesemodell"),
}


@click.command(help=_("Baut das Lesemodell neben dem laufenden neu auf, bescheinigt es und tauscht es ein.").german)
@option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help=_("Zahl der Prozesse."))
@format_option("text", "json")
@office
def rebuild(office: Office, workers: int, form: str) -> None:
    """Rebuild and print the certificate."""
    settings = office.settings
    with ExitStack() as bars:
        shown: dict[str, object] = {}

        def report(progress: building.Progress) -> None:
            if progress.stage not in shown:
                bars.close()
                shown[progress.stage] = bars.enter_context(office.progress(_STAGES[progress.stage], progress.total))
            advance = shown[progress.stage]
            assert callable(advance)
            advance(progress.done)

        certificate = building.rebuild(
            settings.ledger, settings.read_model, now=office.now, workers=workers, report=report
        )
    if form == "json":
        print_json(msgspec.to_builtins(certificate))
        return
    office.say(
        _(
            "Neu aufgebaut: {events} Einträge bis Position {head} in {seconds} Sekunden ({rate} je Sekunde).",
            events=certificate.events,
            head=certificate.head,
            seconds=certificate.seconds,
            rate=round(certificate.events / max(certificate.seconds, 0.001)),
        )
    )
    rows = ([table, str(found.rows), found.digest] for table, found in certificate.tables.items())
    office.table([_("Tabelle"), _("Zeilen"), _("Prüfsumme")], rows, numbers=[1])
    if not certificate.compared:
        office.say(_("Das bisherige Lesemodell lag weit zurück und wurde nicht verglichen."))
    elif not certificate.differences:
        office.say(_("Kein Unterschied zum bisherigen Lesemodell."))
    for table, examples in certificate.differences.items():
        office.warn(_("{table} wich ab, zum Beispiel:", table=table))
        for example in examples:
            office.warn(Text("  " + " ".join(example)))
