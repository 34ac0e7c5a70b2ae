"""`werdegang restrict`: what is personal about somebody is kept and not opened (Sperrung)."""

from collections.abc import Sequence
from uuid import uuid4

import click
import msgspec

from domain.journal import Request
from domain.terms import RestrictionGround
from domain.texts import _
from projections import protecting
from projections.data_protection import Case, read_register
from scripts.console import Office, account_option, format_option, office, option, print_json
from scripts.erase import list_option, participant_named


@click.command(help=_("Sperrt, was zu einer Person persönlich ist, oder hebt die Sperre auf (Art. 18 DSGVO).").german)
@click.argument("person", metavar="[PERSON|-]", required=False)
@option(
    "--ground", type=click.Choice([ground.value for ground in RestrictionGround]), help=_("Sperrt, aus diesem Grund.")
)
@option("--lift", is_flag=True, help=_("Hebt die Sperre auf."))
@list_option
@account_option
@format_option("text", "json")
@office
def restrict(
    office: Office, person: str | None, ground: str | None, lift: bool, listed: bool, account: str, form: str
) -> None:
    """Restrict, lift, or list who is restricted."""
    if [ground is not None, lift, listed].count(True) != 1 or listed == (person is not None):
        raise click.UsageError(office.words(_("Entweder PERSON mit --ground oder --lift; oder --list.")))
    with office.stores() as stores:
        if listed:
            _list(office, [case for case in read_register(stores.journal).values() if case.restricted], form)
            return
        participant = participant_named(office, stores, str(person))
        request = Request(id=uuid4(), by=account, now=office.now)
        if ground is not None:
            imposed = RestrictionGround(ground)
            protecting.impose_restriction(stores, participant, imposed, request)
            office.say(_("Gesperrt: {participant} ({ground}).", participant=participant, ground=imposed))
        else:
            protecting.lift_restriction(stores, participant, request)
            office.say(_("Nicht gesperrt: {participant}.", participant=participant))


def _list(office: Office, cases: Sequence[Case], form: str) -> None:
    if form == "json":
        print_json(msgspec.to_builtins(cases))
        return
    if not cases:
        office.say(_("Niemand ist gesperrt."))
        return
    columns = [_("Person"), _("Grund"), _("gesperrt am"), _("von")]
    office.table(columns, (_row(office, case) for case in cases))


def _row(office: Office, case: Case) -> list[str]:
    since = office.local(case.restricted_at) if case.restricted_at else ""
    return [str(case.participant), str(case.restricted or ""), since, case.restricted_by or ""]
