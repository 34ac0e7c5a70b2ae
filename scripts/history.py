"""`werdegang history`: one journey, step by step."""

from datetime import date
from uuid import UUID

import click
import msgspec

from domain.errors import NotFound, Refused
from domain.glossary import STEPS
from domain.target_group import in_words
from domain.terms import journey_stream
from domain.texts import Text, _
from domain.vault import OWN_KEY
from projections.datenstand import position_of
from projections.history import History, HistoryEntry, read_history
from projections.stores import Stores
from scripts.console import (
    Office,
    account_option,
    datenstand_option,
    format_option,
    office,
    option,
    print_json,
)

_INSTEAD = {"no_key": _("(gelöscht)"), "restricted": _("(gesperrt)")}
"""What is shown in the place of a reason that is not opened, by the vault's refusal."""


@click.command(help=_("Ein Weg, Eintrag für Eintrag, wie er zu einem Datenstand bekannt war.").german)
@click.argument("journey", metavar="[WEG]", required=False, type=click.UUID)
@option("--participant", metavar="KEY", help=_("Statt WEG: Ihr eigener Schlüssel der Person."))
@option("--programme", "key", metavar="KEY", help=_("Zu --participant: das Programm."))
@option("--participation", type=click.IntRange(1), default=1, help=_("Zu --participant: die wievielte."))
@datenstand_option
@account_option
@format_option("text", "json")
@office
def history(
    office: Office,
    journey: UUID | None,
    participant: str | None,
    key: str | None,
    participation: int,
    datenstand: int | date | None,
    account: str,
    form: str,
) -> None:
    """Read and print a journey; the reasons in it are opened, and that is logged."""
    if (journey is None) == (participant is None) or (participant and not key):
        raise click.UsageError(office.words(_("Entweder WEG oder --participant mit --programme.")))
    with office.stores(current=False) as stores:
        if journey is None:
            journey = _journey_of(stores, str(participant), str(key), participation)
        position = position_of(stores.journal, datenstand)

        def open_sealed(person: UUID, field: str, sealed: bytes) -> str:
            try:
                return stores.vault.open(person, field, sealed, account=account, purpose="history", now=office.now)
            except Refused as refused:
                if refused.code not in _INSTEAD:
                    raise
                return office.words(_INSTEAD[refused.code])

        found = read_history(stores.journal, journey, position, open_sealed)
    if form == "json":
        print_json(msgspec.to_builtins(found))
    else:
        _print(office, found)


def _journey_of(stores: Stores, own_key: str, programme: str, participation: int) -> UUID:
    participant = stores.vault.find(OWN_KEY, own_key)
    if participant is None:
        raise NotFound("unknown_participant", _("Diesen Schlüssel einer Person gibt es nicht."))
    journey = journey_stream(participant, programme, participation)
    if not stores.journal.read(journey):
        text = _(
            "Im Programm {programme} hat diese Person keine Teilnahme {number}.",
            programme=programme,
            number=participation,
        )
        raise NotFound("unknown_journey", text)
    return journey


def _print(office: Office, history: History) -> None:
    office.say(
        _(
            "Weg {journey}, Person {participant}, Programm {programme}, Teilnahme {number}, Datenstand {datenstand}",
            journey=history.journey,
            participant=history.participant,
            programme=history.programme,
            number=history.participation,
            datenstand=history.datenstand,
        )
    )
    columns = [_("Nr."), _("Position"), _("gilt am"), _("erfasst am"), _("von"), _("Schritt"), _("Angaben")]
    office.table(columns, (_row(office, entry) for entry in history.entries), numbers=[0, 1], wraps=6)


def _row(office: Office, entry: HistoryEntry) -> list[str]:
    happened_on = office.words(_("{day}", day=entry.happened_on)) if entry.happened_on else ""
    return [
        str(entry.entry),
        str(entry.position),
        happened_on,
        office.local(entry.recorded_at),
        entry.recorded_by,
        office.words(STEPS[entry.step]),
        "\n".join(office.words(text) for text in _details(entry)),
    ]


def _details(entry: HistoryEntry) -> list[Text]:
    """What there is to say of an entry, a line each."""
    told = []
    if entry.corrects is not None:
        told.append(_("berichtigt Nr. {entry}", entry=entry.corrects))
        told += [
            _("{name}: {old} → {new}", name=name, old=_plain(change["old"]), new=_plain(change["new"]))
            for name, change in entry.fields.items()
        ]
    elif entry.withdraws is not None:
        told.append(_("storniert Nr. {entry}", entry=entry.withdraws))
    elif entry.disputes is not None:
        told.append(_("bestreitet Nr. {entry}", entry=entry.disputes))
    elif entry.settles is not None:
        told.append(_("Nr. {entry} ist nicht mehr strittig", entry=entry.settles))
    elif entry.fields:
        told.append(_("{fields}", fields=tuple(_field(name, value) for name, value in entry.fields.items())))
    if entry.sealed:
        told.append(_("versiegelt: {fields}", fields=entry.sealed))
    told += [
        _(
            "Abweichung: {criterion} gefordert {required}, gefunden {found}",
            criterion=verdict.criterion,
            required=in_words(verdict.required),
            found=in_words(verdict.found),
        )
        for verdict in entry.verdict
        if not verdict.met
    ]
    if entry.reason:
        told.append(_("Begründung: {reason}", reason=entry.reason))
    told += [_("Hinweis: {text} [{norm}]", text=warning.text, norm=warning.norm) for warning in entry.warnings]
    if entry.corrected_by:
        told.append(_("berichtigt durch Nr. {entries}", entries=entry.corrected_by))
    if entry.withdrawn_by is not None:
        told.append(_("storniert durch Nr. {entry}", entry=entry.withdrawn_by))
    if entry.disputed:
        told.append(_("strittig (Art. 18 DSGVO)"))
    return told


def _field(name: str, value: object) -> Text:
    return _("{name} {value}", name=name, value=_plain(value))


def _plain(value: object) -> object:
    """A value as `Text` writes it in the user's language."""
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value)
    return "–" if value is None else value
