"""Accounts, their roles, and the tokens of one's own account."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Response
from msgspec import Meta, Struct

from domain.access import SCOPES
from domain.access.tokens import LONGEST
from domain.errors import NotFound
from domain.facts import AccountOpened, RoleGranted, RoleRevoked
from domain.journal import Request
from domain.terms import account_stream
from domain.texts import _
from projections.accounts import Account, Grant, account_named, all_accounts
from projections.staffing import close_account, grant_role, open_account, revoke_role
from web.access import ADMIN, Forbidden, present_visitor
from web.api.answers import answer
from web.api.routes import Section
from web.api.storing import replayed, requested
from web.house import now, stores
from web.schemas import Wanted, combined, fact_schema, schema_with

section = Section("accounts", "Accounts, their roles, and one's own tokens")
Scope = StrEnum("Scope", {scope.upper(): scope for scope in SCOPES})  # type: ignore[misc]
"""What a token may be for."""


class AccountAnswer(Struct, frozen=True):
    """An account with its roles. The name is what people see; it is not in the ledger."""

    account: str
    name: str
    closed: bool
    roles: tuple[Grant, ...]
    has_password: bool


class Own(Struct, frozen=True):
    """The account the token is of, and what the token is for."""

    account: str
    name: str
    roles: tuple[Grant, ...]
    scopes: list[str]


class TokenAnswer(Struct, frozen=True):
    """A token without its secret."""

    id: str
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class NewToken(Struct, frozen=True):
    """A token with its secret, which is shown this once."""

    id: str
    secret: str
    expires_at: datetime


_OPENING = combined(
    "AccountOpening",
    fact_schema(AccountOpened),
    schema_with(
        "Beside",
        name=Wanted("name", str, required=False),
        password=Wanted("password", str, required=False),
    ),
)
_NEW_TOKEN = schema_with(
    "TokenAsked",
    label=Wanted("label", str, required=True),
    scopes=Wanted("scopes", Scope, required=True, many=True),
    days=Wanted("days", int, required=False, limits=Meta(ge=1, le=LONGEST.days)),
)
_ACT: dict[str, Any] = {
    "scope": "admin", "command": True, "status": 201, "answers": AccountAnswer, "more": {200: AccountAnswer},
}  # fmt: skip
_DAYS = 90
_ONE = "/accounts/<key:account>"


@section.get("/accounts", ADMIN, scope="admin", answers=list[AccountAnswer])
def list_accounts(query: dict[str, Any]) -> Response:
    """Every account."""
    del query
    return answer([_told(one) for one in all_accounts(stores().read_model)])


@section.get(_ONE, ADMIN, scope="admin", answers=AccountAnswer)
def one_account(query: dict[str, Any], account: str) -> Response:
    """One account."""
    del query
    return answer(_told(_existing(account)))


@section.post("/accounts", ADMIN, body=_OPENING, **_ACT)
def open_new_account(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Open an account, on wish with a name and a first password; its roles are granted next."""
    del query
    code = body["account"]

    def opened(request: Request) -> Account:
        password, name = body.get("password"), body.get("name") or ""
        if account_named(stores().read_model, code) is not None:  # whoever knows a code must not set its password
            password, name = None, ""
        return open_account(stores(), code, request, name=name, password=password)

    return _acted(code, opened)


@section.post(f"{_ONE}/roles", ADMIN, body=fact_schema(RoleGranted), **_ACT)
def grant(query: dict[str, Any], body: dict[str, Any], account: str) -> Response:
    """Grant a role; granted again for the same programme, this one holds."""
    del query
    return _acted(account, lambda request: grant_role(stores(), account, RoleGranted(**body), request))


@section.post(f"{_ONE}/roles/revocation", ADMIN, body=fact_schema(RoleRevoked), **_ACT)
def revoke(query: dict[str, Any], body: dict[str, Any], account: str) -> Response:
    """Revoke the role limited to the programme or, without one, that for every programme."""
    del query
    role, programme = body["role"], body.get("programme")
    return _acted(account, lambda request: revoke_role(stores(), account, role, programme, request))


@section.post(f"{_ONE}/closing", ADMIN, **_ACT)
def close(query: dict[str, Any], account: str) -> Response:
    """Close an account for good; its sessions end and its tokens are revoked."""
    del query
    return _acted(account, lambda request: close_account(stores(), account, request))


# --- one's own ----------------------------------------------------------------------------------------


@section.get("/own", answers=Own)
def own(query: dict[str, Any]) -> Response:
    """Whose token this is, and what it may do."""
    del query
    visitor = present_visitor()
    return answer(Own(visitor.code, visitor.name, visitor.grants, sorted(visitor.scopes or ())))


@section.get("/own/tokens", answers=list[TokenAnswer])
def own_tokens(query: dict[str, Any]) -> Response:
    """The tokens of the own account, also those that have ended or were revoked."""
    del query
    return answer(
        [
            TokenAnswer(
                *(one.id, one.label, sorted(one.scopes), one.created_at, one.expires_at, one.revoked_at, one.used_at)
            )
            for one in stores().access.tokens(present_visitor().code)
        ]
    )


@section.post("/own/tokens", body=_NEW_TOKEN, answers=NewToken, status=201, scope="admin")
def create_token(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Make a token of the own account, with no scope that this one has not. Its secret is shown this once."""
    del query
    visitor, wanted = present_visitor(), [scope.value for scope in body["scopes"]]
    if beyond := sorted({*wanted} - {*(visitor.scopes or ())}):
        raise Forbidden("missing_scope", _("Dafür braucht das Token das Recht {scope}.", scope=beyond[0]))
    expires_at = now() + timedelta(days=body.get("days") or _DAYS)
    token_id, secret = stores().access.create_token(visitor.code, body["label"], wanted, expires_at, now())
    return answer(NewToken(token_id, secret, expires_at), 201)


@section.delete("/own/tokens/<key:token>", status=204, scope="admin")
def revoke_token(query: dict[str, Any], token: str) -> Response:
    """Revoke a token of the own account."""
    del query
    access, code = stores().access, present_visitor().code
    if token not in {one.id for one in access.tokens(code)}:
        raise NotFound("unknown_token", _("Ein Token {found} gibt es nicht.", found=token))
    access.revoke_token(token, now())
    return Response(status=204)


def _acted(code: str, act: Callable[[Request], Account]) -> Response:
    """201 with the account where something was stored, now or by the request this one repeats; else 200."""
    request, journal = requested(), stores().journal
    before = {one.entry.request_id for one in journal.read(account_stream(code))}
    found = act(request)
    after = {one.entry.request_id for one in journal.read(account_stream(code))}
    return replayed(answer(_told(found), 201 if request.id in after else 200), request.id in before)


def _existing(code: str) -> Account:
    found = account_named(stores().read_model, code)
    if found is None:
        raise NotFound("unknown_account", _("Ein Konto {account} gibt es nicht.", account=code), field="account")
    return found


def _told(found: Account) -> AccountAnswer:
    profile = stores().access.profile(found.code)
    name, has_password = (profile.name, profile.has_password) if profile else ("", False)
    return AccountAnswer(found.code, name, found.closed, found.grants, has_password)
