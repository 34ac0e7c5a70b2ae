"""`werdegang erase`: what is personal about somebody, asked for by one account and approved by another."""

import sys
from collections.abc import Sequence
from getpass import getpass
from uuid import UUID, uuid4

import click
import msgspec

from domain.data_protection import Erasure
from domain.journal import Request
from domain.terms import ErasureGround
from domain.texts import _
from projections import protecting
from projections.data_protection import Case, journeys_of, read_register
from projections.stores import Stores
from scripts.console import Office, account_option, format_option, office, option, print_json

_STATES = {
    Erasure.REQUESTED: _("beantragt"),
    Erasure.DECLINED: _("abgelehnt"),
    Erasure.APPROVED: _("freigegeben, noch nicht ausgeführt"),
    Erasure.ERASED: _("gelöscht"),
}
list_option = option("--list", "listed", is_flag=True, help=_("Was im Register steht."))


@click.command(
    help=_("Löscht, was zu einer Person persönlich ist: beantragt von einem, freigegeben von jemand anderem.").german
)
@click.argument("person", metavar="[PERSON|-]", required=False)
@option(
    "--ground", type=click.Choice([ground.value for ground in ErasureGround]), help=_("Beantragt, aus diesem Grund.")
)
@option("--approve", is_flag=True, help=_("Gibt die beantragte Löschung frei und führt sie aus."))
@option("--decline", is_flag=True, help=_("Lehnt die beantragte Löschung ab."))
@list_option
@option("--yes", is_flag=True, help=_("Ohne Rückfrage."))
@account_option
@format_option("text", "json")
@office
def erase(
    office: Office,
    person: str | None,
    ground: str | None,
    approve: bool,
    decline: bool,
    listed: bool,
    yes: bool,
    account: str,
    form: str,
) -> None:
    """Ask, approve and carry out, decline, or list."""
    if [ground is not None, approve, decline, listed].count(True) != 1 or listed == (person is not None):
        wanted = _("Entweder PERSON mit --ground, --approve oder --decline; oder --list.")
        raise click.UsageError(office.words(wanted))
    with office.stores() as stores:
        if listed:
            _list(office, [case for case in read_register(stores.journal).values() if case.requested_at], form)
            return
        participant = participant_named(office, stores, str(person))
        request = Request(id=uuid4(), by=account, now=office.now)
        if ground is not None:
            _request(office, stores, participant, ErasureGround(ground), request)
        elif decline:
            protecting.decline_erasure(stores, participant, request)
            office.say(_("Abgelehnt: die Löschung von {participant}.", participant=participant))
        else:
            _approve(office, stores, participant, request, yes=yes)


def participant_named(office: Office, stores: Stores, person: str) -> UUID:
    """The participant with an id, or (`-`) with the customer number that is asked for, without showing it.

    Refused (`NotFound`): nobody has the number, or was never enrolled under the id.
    """
    if person == "-":
        prompt = office.words(_("Kundennummer (wird nicht angezeigt): "))
        number = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
        return protecting.participant_with(stores, number)
    try:
        participant = UUID(person)
    except ValueError:
        text = _("PERSON ist eine Id, wie history und evidence sie zeigen, oder - für die Kundennummer.")
        raise click.UsageError(office.words(text)) from None
    journeys_of(stores.read_model, participant)
    return participant


def _request(office: Office, stores: Stores, participant: UUID, ground: ErasureGround, request: Request) -> None:
    protecting.request_erasure(stores, participant, ground, request)
    office.say(
        _("Beantragt: die Löschung von {participant}. Freigeben muss sie jemand anderes:", participant=participant)
    )
    office.line(f"  {office.command} erase {participant} --approve --as …")


def _approve(office: Office, stores: Stores, participant: UUID, request: Request, *, yes: bool) -> None:
    """Whatever can be refused is refused before the question; what was approved and stopped half-way goes on."""

    def confirm(case: Case) -> None:
        if not yes:
            _confirm(office, case)

    carried = protecting.approve_erasure(stores, participant, request, confirm)
    if carried is None:
        epoch = protecting.case_of(stores, participant).epoch
        office.say(_("{participant} ist schon gelöscht (Epoche {epoch}).", participant=participant, epoch=epoch))
        return
    office.say(_("Gelöscht: {participants}. Epoche {epoch}.", participants=carried.participants, epoch=carried.epoch))
    office.say(_("Kein Eintrag, keine Kennzahl und keine frühere Wurzel des Journals hat sich geändert."))
    office.say(
        _(
            "Sicherungen des Schlüsselspeichers von vorher sind wertlos. Jetzt neu sichern, Schlüsselspeicher und "
            "Hauptschlüssel an verschiedenen Orten, und Abschriften des alten Hauptschlüssels vernichten."
        )
    )
    if advice := stores.vault.advice:
        office.say(advice)


def _confirm(office: Office, case: Case) -> None:
    """Say what will be gone, and ask. Anything but yes ends the command."""
    told = [
        _("Unwiderruflich gelöscht wird zu {participant}:", participant=case.participant),
        _("- der Schlüssel zu Name, Geburtsdatum, Kundennummer, Kontakt, Arbeitgebern, Notizen und Begründungen"),
        _("- der Weg von der Kundennummer und Ihrem eigenen Schlüssel zu dieser Person"),
        _("Es bleiben die Wege unter dieser Id mit Merkmalen, Tagen und Codes, und alle Kennzahlen."),
    ]
    if case.restricted:
        text = _("Achtung: die Person ist gesperrt ({ground}); ist das Löschen zulässig?", ground=case.restricted)
        told.append(text)
    for text in told:
        office.warn(text)
    answer = click.prompt(office.words(_("Löschen? (ja/nein)")), default="", show_default=False, err=True)
    if answer.strip().casefold() not in ("ja", "yes"):
        raise click.Abort


def _list(office: Office, cases: Sequence[Case], form: str) -> None:
    if form == "json":
        print_json(msgspec.to_builtins(cases))
        return
    if not cases:
        office.say(_("Kein Antrag auf Löschung."))
        return
    columns = [
        *(_("Person"), _("Stand"), _("Grund"), _("beantragt am"), _("von")),
        *(_("entschieden am"), _("von"), _("Epoche")),
    ]
    office.table(columns, (_row(office, case) for case in cases), numbers=[7], wraps=1)


def _row(office: Office, case: Case) -> list[str]:
    return [
        *(str(case.participant), office.words(_STATES[case.erasure]), str(case.ground or "")),
        *(office.local(case.requested_at) if case.requested_at else "", case.requested_by or ""),
        *(office.local(case.decided_at) if case.decided_at else "", case.decided_by or ""),
        str(case.epoch or ""),
    ]
