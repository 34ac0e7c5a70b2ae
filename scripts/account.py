"""`werdegang account`: who may log in and what they may do.

An account and its roles are facts; its name, its password, its link to a single sign-on and its tokens are not: they
lie in the file of `domain.access`.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import uuid4

import click
import msgspec

from domain import account as accounts
from domain import commands
from domain.access import SCOPES, Profile, Token
from domain.account import HOUSE_WIDE
from domain.account import Account as AccountState
from domain.errors import NotFound
from domain.facts import RoleGranted
from domain.journal import Decided, Request, Streams
from domain.terms import Key, Role, account_stream
from domain.texts import Text, _
from projections import staffing
from projections.accounts import Account, Grant, account_named, all_accounts
from projections.stores import Stores
from scripts.console import Checked, Office, account_option, format_option, office, option, print_json

code_argument = click.argument("code", metavar="KONTO", type=Checked("Kürzel", Key))
programme_option = option("--programme", type=Checked("Schlüssel", Key), help=_("Nur in diesem Programm."))
coach_option = option("--coach", type=Checked("Kürzel", Key), help=_("Für coach: das Kürzel, unter dem Fälle laufen."))
stdin_option = option("--password-stdin", is_flag=True, help=_("Das Passwort ist die erste Zeile der Eingabe."))


def role_option(*, required: bool) -> Callable[..., Any]:
    """`--role`."""
    return option("--role", type=click.Choice([role.value for role in Role]), required=required, help=_("Die Rolle."))


@click.group(help=_("Konten: wer sich anmelden kann, und mit welcher Rolle.").german)
def account() -> None:
    """The group of account commands."""


@account.command("open", help=_("Eröffnet ein Konto, auf Wunsch gleich mit einer Rolle.").german)
@code_argument
@option("--name", help=_("Der Name, den andere sehen; er steht nicht im Journal."))
@role_option(required=False)
@programme_option
@coach_option
@stdin_option
@option("--no-password", is_flag=True, help=_("Ohne Passwort, etwa für Single Sign-on."))
@option("--subject", nargs=2, metavar="ISSUER SUBJECT", help=_("Wer die Person beim Single Sign-on ist."))
@account_option
@office
def open_account(
    office: Office,
    code: str,
    name: str | None,
    role: str | None,
    programme: str | None,
    coach: str | None,
    password_stdin: bool,
    no_password: bool,
    subject: tuple[str, str] | None,
    account: str,
) -> None:
    """Open it; opened again it stays as it is, and what is missing is added. What can be refused is refused before
    anything is asked or stored."""
    if password_stdin and no_password:
        raise click.UsageError(office.words(_("Entweder --password-stdin oder --no-password.")))
    if role is None and (programme or coach):
        raise click.UsageError(office.words(_("--programme und --coach gehören zu --role.")))
    granted = RoleGranted(role=Role(role), programme=programme, coach=coach) if role else None

    def decide(streams: Streams) -> Decided:
        streams.append(commands.open_account(streams, code))
        return commands.grant_role(streams, code, granted) if granted else []

    with office.stores() as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        stores.journal.act(decide, request, dry_run=True)
        profile = stores.access.profile(code)
        if profile and profile.has_password:
            text = _("Es hat schon ein Passwort; ein anderes setzt: {command} account password", command=office.command)
            office.warn(text)
        elif not no_password:
            stores.access.set_password(code, _password(office, password_stdin), request.now)
        if subject:
            stores.access.link_subject(code, *subject)
        if name:
            stores.access.set_profile(code, name)
        stores.journal.act(decide, request)
        office.catch_up(stores)
        office.say(_("Konto {account} ist eröffnet.", account=code))
        _say_roles(office, stores, code)


@account.command("grant", help=_("Gibt einem Konto eine Rolle.").german)
@code_argument
@role_option(required=True)
@programme_option
@coach_option
@account_option
@office
def grant(office: Office, code: str, role: str, programme: str | None, coach: str | None, account: str) -> None:
    """Grant it; granted again it stays as it is."""
    granted = RoleGranted(role=Role(role), programme=programme, coach=coach)
    with office.stores() as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        staffing.grant_role(stores, code, granted, request)
        _say_roles(office, stores, code)


@account.command("revoke", help=_("Nimmt einem Konto eine Rolle.").german)
@code_argument
@role_option(required=True)
@option(
    "--programme",
    type=Checked("Schlüssel", Key),
    help=_("Die Rolle in diesem Programm; sonst die in allen Programmen."),
)
@account_option
@office
def revoke(office: Office, code: str, role: str, programme: str | None, account: str) -> None:
    """Revoke it; what the account has not stays so, and is said."""
    with office.stores() as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        done = stores.journal.act(lambda streams: commands.revoke_role(streams, code, Role(role), programme), request)
        office.catch_up(stores)
        if not done.recorded:
            what = _shown(Grant(Role(role), programme))
            office.warn(_("Das Konto {account} hat die Rolle nicht: {role}", account=code, role=what))
        _say_roles(office, stores, code)


@account.command("close", help=_("Schließt ein Konto für immer: seine Sitzungen und Token gelten nicht mehr.").german)
@code_argument
@account_option
@office
def close(office: Office, code: str, account: str) -> None:
    """Close it, then end its sessions and revoke its tokens; repeated, it finishes what was stopped half-way."""
    with office.stores() as stores:
        request = Request(id=uuid4(), by=account, now=office.now)
        staffing.close_account(stores, code, request)
    office.say(_("Konto {account} ist geschlossen; Sitzungen und Token gelten nicht mehr.", account=code))


@account.command("list", help=_("Zeigt alle Konten mit ihren Rollen.").german)
@format_option("text", "json")
@office
def list_accounts(office: Office, form: str) -> None:
    """Every account; of its tokens, in JSON, those that still hold."""
    with office.stores() as stores:
        found, profiles, now = all_accounts(stores.read_model), stores.access.profiles(), office.now
        tokens = {one.code: [token for token in stores.access.tokens(one.code) if _holds(token, now)] for one in found}
    listed = [(one, profiles.get(one.code) or Profile(one.code, "", has_password=False)) for one in found]
    if form == "json":
        print_json([_as_json(one, profile, tokens[one.code]) for one, profile in listed])
    elif not listed:
        office.say(_("Es gibt noch kein Konto; eröffnen mit: {command} account open", command=office.command))
    else:
        columns = [_("Konto"), _("Name"), _("Stand"), _("Passwort"), _("Single Sign-on"), _("Token"), _("Rollen")]
        rows = [_row(office, one, profile, len(tokens[one.code])) for one, profile in listed]
        office.table(columns, rows, numbers=[5], wraps=6)


def _holds(token: Token, now: datetime) -> bool:
    return token.revoked_at is None and now < token.expires_at


def _as_json(account: Account, profile: Profile, tokens: Sequence[Token]) -> dict[str, Any]:
    return {
        "account": account.code,
        "name": profile.name,
        "closed": account.closed,
        "roles": msgspec.to_builtins(account.grants),
        "password": profile.has_password,
        "issuer": profile.issuer,
        "subject": profile.subject,
        "tokens": [
            {"id": one.id, "label": one.label, "scopes": sorted(one.scopes), "expires_at": one.expires_at.isoformat()}
            for one in tokens
        ],
    }


def _row(office: Office, account: Account, profile: Profile, tokens: int) -> list[str]:
    state = _("geschlossen") if account.closed else _("offen")
    has_password = _("ja") if profile.has_password else _("nein")
    roles = "\n".join(office.words(_shown(one)) for one in account.grants)
    words = [office.words(state), office.words(has_password), profile.issuer or "", str(tokens), roles]
    return [account.code, profile.name, *words]


@account.command("password", help=_("Setzt das Passwort eines Kontos; seine Sitzungen enden.").german)
@code_argument
@stdin_option
@office
def password(office: Office, code: str, password_stdin: bool) -> None:
    """Set it."""
    with office.stores() as stores:
        _require_usable(stores, code)
        stores.access.set_password(code, _password(office, password_stdin), office.now)
    office.say(_("Das Passwort von {account} ist gesetzt; die Sitzungen sind beendet.", account=code))


@account.command(
    "token", help=_("Macht ein Token für die Schnittstelle und zeigt es einmal; oder widerruft eines.").german
)
@code_argument
@option("--label", help=_("Wofür es ist."))
@option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help=_("Was es darf; mehrmals möglich."))
@option("--days", type=click.IntRange(1), default=90, show_default=True, help=_("Wie viele Tage es gilt."))
@option("--revoke", metavar="ID", help=_("Widerruft das Token mit dieser Id."))
@office
def token(office: Office, code: str, label: str | None, scopes: tuple[str, ...], days: int, revoke: str | None) -> None:
    """Make one: the secret alone on standard output, the rest on standard error."""
    if (revoke is None) != bool(label and scopes):
        raise click.UsageError(office.words(_("Entweder --label und --scope, oder --revoke.")))
    with office.stores() as stores:
        if revoke is not None:
            _revoke_token(office, stores, code, revoke)
            return
        _require_usable(stores, code)
        now = office.now
        until = now + timedelta(days=days)
        token_id, secret = stores.access.create_token(code, str(label), scopes, until, now)
    office.warn(
        _(
            "Token {id} für {account}, gültig bis {until}. Es wird nur jetzt gezeigt:",
            id=token_id,
            account=code,
            until=office.local(until),
        )
    )
    office.line(secret)


def _revoke_token(office: Office, stores: Stores, code: str, token_id: str) -> None:
    if token_id not in {one.id for one in stores.access.tokens(code)}:
        text = _("Das Konto {account} hat kein Token {id}.", account=code, id=token_id)
        raise NotFound("unknown_token", text, field="revoke")
    stores.access.revoke_token(token_id, office.now)
    office.say(_("Token {id} gilt nicht mehr.", id=token_id))


def _require_usable(stores: Stores, code: str) -> None:
    entries = stores.journal.read(account_stream(code))
    accounts.require_usable(reduce(accounts.evolve, (one.fact for one in entries), AccountState()), code)


def _password(office: Office, from_stdin: bool) -> str:
    """The password: the first line of standard input, or typed twice and not shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        text = _("Ohne Bildschirm braucht es --password-stdin.")
        raise click.UsageError(office.words(text))
    while True:
        asked = [_("Passwort (wird nicht angezeigt)"), _("Noch einmal dasselbe")]
        first, again = (click.prompt(office.words(text), hide_input=True, err=True) for text in asked)
        if first == again:
            return str(first)
        office.warn(_("Die beiden Eingaben sind verschieden."))


def _shown(grant: Grant) -> Text:
    """A role, where it holds and for whose caseload."""
    role, programme, coach = grant.role, grant.programme, grant.coach
    where = _("im Programm {programme}", programme=programme) if programme else _("in allen Programmen")
    if grant.role in HOUSE_WIDE:
        return Text(role.value)
    if coach:
        return _("{role} {where}, Fälle unter {coach}", role=role, where=where, coach=coach)
    return _("{role} {where}", role=role, where=where)


def _say_roles(office: Office, stores: Stores, code: str) -> None:
    found = account_named(stores.read_model, code)
    assert found is not None
    if not found.grants:
        office.say(_("Keine Rolle."))
    for one in found.grants:
        office.say(_("Rolle: {role}", role=_shown(one)))
