"""Accounts: who can log in and what they may do. Nobody changes the own one."""

import logging
import secrets
from typing import Any

from flask import redirect

from domain.access import Profile
from domain.errors import NotFound, Refused
from domain.facts import AccountOpened, RoleGranted
from domain.labels import value_label
from domain.terms import Role
from domain.texts import _
from projections import staffing
from projections.accounts import Grant, account_named, all_accounts
from projections.exchange.values import converted
from web.access import ADMIN, allowed, present_visitor
from web.downloads import as_file, wanted_format
from web.forms import Form
from web.house import now, stores
from web.pages.administration.areas import asked, blueprint, page, status_of
from web.programmes import programmes_reached
from web.schemas import Wanted, combined, fact_schema, schema_with
from web.words import flash, link, say, travelled_to

_PASSWORD = schema_with("NewPassword", password=Wanted("password", str, required=False))
_NAME = schema_with("DisplayName", name=Wanted("name", str, required=False))
_GRANT = fact_schema(RoleGranted)
_OPEN = combined(
    "NewAccount",
    fact_schema(AccountOpened),
    _NAME,
    fact_schema(RoleGranted, "role"),
    schema_with("FirstRole", role=Wanted("role", Role, required=False)),
    _PASSWORD,
)
_HEADER = ("account", "name", "closed", "roles", "password", "single_sign_on", "sessions", "tokens")
_LABELS = {"name": _("Name, den andere sehen"), "coach": _("Kürzel in den Fällen"), "account": _("Kennung")}
_HINTS = {
    "account": _("Ein kurzes Kürzel, das bleibt und nie wieder vergeben wird; kein Name."),
    "name": _("Er steht nicht im Journal."),
    "programme": _("Ohne Angabe in allen Programmen; Datenschutz und Verwaltung gelten immer überall."),
    "coach": _("Nur für Coaches: unter welchem Kürzel die Fälle laufen."),
    "password": _("Mindestens 12 Zeichen. Leer lassen: es wird eines erzeugt und einmal gezeigt."),
}
_log = logging.getLogger("werdegang.accounts")


@blueprint.get("/konten")
@allowed(ADMIN)
def accounts() -> Any:
    """Every account."""
    access, profiles, present = stores().access, stores().access.profiles(), now()
    found = []
    for one in all_accounts(stores().read_model):
        tokens = [token for token in access.tokens(one.code) if token.revoked_at is None and present < token.expires_at]
        found.append((one, profiles.get(one.code) or _nobody(one.code), len(access.sessions(one.code)), len(tokens)))
    if form := wanted_format():
        rows = [
            (
                *(one.code, profile.name, one.closed, [_plain(grant) for grant in one.grants]),
                *(profile.has_password, profile.issuer, sessions, tokens),
            )
            for one, profile, sessions, tokens in found
        ]
        return as_file(["konten"], form, _HEADER, rows)
    return page("accounts", "accounts", found=found, told=_told, may_change=travelled_to() is None)


@blueprint.route("/konten/neu", methods=["GET", "POST"])
@allowed(ADMIN)
def open_account() -> Any:
    """Open an account, on wish with its first role and a password."""
    form = _role_form(_OPEN)
    _as_new_password(form)
    if form.posted and (given := form.valid()):
        code, password = given["account"], given.get("password") or _made_up()
        try:
            _require_new(code)
            role = given.get("role")
            granted = RoleGranted(role=role, **_scope(given)) if role else None
            if granted is None and any(_scope(given).values()):
                raise Refused("missing_field", _("Programm und Kürzel gehören zu einer Rolle."), field="role")
            name = given.get("name") or ""
            staffing.open_account(stores(), code, asked(form), granted=granted, name=name, password=password)
            return _show_password(code, password, given.get("password"))
        except Refused as refused:
            form.refuse(refused)
    return page("accounts", "account_new", form=form), status_of(form)


@blueprint.get("/konten/<code>")
@allowed(ADMIN)
def one_account(code: str) -> Any:
    """An account, with the forms that change it."""
    return _account_page(code)


@blueprint.post("/konten/<code>/rolle")
@allowed(ADMIN)
def grant_role(code: str) -> Any:
    """Grant a role."""
    form = _role_form(_GRANT)
    if given := form.valid():
        try:
            staffing.grant_role(stores(), code, RoleGranted(role=given["role"], **_scope(given)), asked(form))
            flash("success", _("{account} hat die Rolle {role}.", account=code, role=value_label(given["role"])))
            return _back(code)
        except Refused as refused:
            form.refuse(refused)
    return _account_page(code, granting=form)


@blueprint.post("/konten/<code>/rolle/<role>/entzug")
@blueprint.post("/konten/<code>/rolle/<role>/<programme>/entzug")
@allowed(ADMIN)
def revoke_role(code: str, role: str, programme: str | None = None) -> Any:
    """Revoke a role."""
    revoked: Role = converted("role", role, Role)
    staffing.revoke_role(stores(), code, revoked, programme, asked())
    flash("success", _("{account} hat die Rolle {role} nicht mehr.", account=code, role=value_label(revoked)))
    return _back(code)


@blueprint.post("/konten/<code>/name")
@allowed(ADMIN)
def rename_account(code: str) -> Any:
    """Change the name that is shown."""
    staffing.require_changeable(stores(), code, asked())
    form = _name_form(code)
    if (given := form.valid()) is None:
        return _account_page(code, naming=form)
    stores().access.set_profile(code, given.get("name") or "")
    flash("success", _("Der Name ist geändert."))
    return _back(code)


@blueprint.post("/konten/<code>/passwort")
@allowed(ADMIN)
def new_password(code: str) -> Any:
    """Set another password; all sessions of the account end."""
    form = _password_form()
    if (given := form.valid()) is not None:
        password = given.get("password") or _made_up()
        try:
            staffing.require_changeable(stores(), code, asked())
            stores().access.set_password(code, password, now())
            _log.warning("password set by an administrator", extra={"account": present_visitor().code})
            return _show_password(code, password, given.get("password"))
        except Refused as refused:
            form.refuse(refused)
    return _account_page(code, renewing=form)


@blueprint.post("/konten/<code>/sitzungen")
@allowed(ADMIN)
def end_sessions(code: str) -> Any:
    """End all sessions of an account."""
    staffing.require_changeable(stores(), code, asked())
    flash("success", _("Beendete Sitzungen: {number}.", number=stores().access.end_sessions(code)))
    return _back(code)


@blueprint.post("/konten/<code>/token/<token>/widerruf")
@allowed(ADMIN)
def revoke_token_of(code: str, token: str) -> Any:
    """Revoke a token of an account."""
    staffing.require_changeable(stores(), code, asked())
    if token not in {one.id for one in stores().access.tokens(code)}:
        raise NotFound("unknown_token", _("Ein Token {found} gibt es nicht.", found=token[:40]))
    stores().access.revoke_token(token, now())
    flash("success", _("Token {id} gilt nicht mehr.", id=token))
    return _back(code)


@blueprint.post("/konten/<code>/schliessen")
@allowed(ADMIN)
def close_account(code: str) -> Any:
    """Close an account for good."""
    staffing.close_account(stores(), code, asked())
    text = _("Konto {account} ist geschlossen; Sitzungen und Token gelten nicht mehr.", account=code)
    flash("success", text)
    return redirect(link("administration.accounts"))


# --- forms and pages ----------------------------------------------------------------------------------


def _role_form(schema: Any) -> Form:
    form = Form(schema, labels=_LABELS, hints=_HINTS, choices={"programme": programmes_reached(ADMIN)})
    return form


def _name_form(code: str) -> Form:
    profile = stores().access.profile(code)
    return Form(_NAME, labels=_LABELS, hints=_HINTS, initial={"name": profile.name if profile else ""})


def _password_form() -> Form:
    form = Form(_PASSWORD, labels={"password": _("Neues Passwort")}, hints=_HINTS)
    _as_new_password(form)
    return form


def _as_new_password(form: Form) -> None:
    form["password"].autocomplete = "new-password"


def _account_page(
    code: str, *, granting: Form | None = None, renewing: Form | None = None, naming: Form | None = None
) -> Any:
    found = account_named(stores().read_model, code)
    if found is None:
        raise NotFound("unknown_account", _("Ein Konto {account} gibt es nicht.", account=code[:40]), field="account")
    access = stores().access
    failed = [form for form in (granting, renewing, naming) if form is not None and form.failed]
    shown = page(
        "accounts",
        "account",
        account=found,
        profile=access.profile(code) or _nobody(code),
        sessions=access.sessions(code),
        tokens=access.tokens(code),
        present=now(),
        told=_told,
        granting=granting or _role_form(_GRANT),
        renewing=renewing or _password_form(),
        naming=naming or _name_form(code),
        failed=failed[0] if failed else None,
        own=code.casefold() == present_visitor().code.casefold(),
        may_change=travelled_to() is None and not found.closed,
    )
    return shown, 422 if failed else 200


def _show_password(code: str, password: str, chosen: str | None) -> Any:
    """The page that shows a password once: it is not kept for another request."""
    return page("accounts", "account_done", code=code, password=None if chosen else password)


def _back(code: str) -> Any:
    return redirect(link("administration.one_account", code=code))


# --- what there is ------------------------------------------------------------------------------------


def _require_new(code: str) -> None:
    if account_named(stores().read_model, code) is not None:
        text = _("Das Konto {account} gibt es schon, oder es gab es.", account=code)
        raise Refused("account_exists", text, field="account")


def _scope(given: dict[str, Any]) -> dict[str, str | None]:
    return {"programme": given.get("programme"), "coach": given.get("coach")}


def _made_up() -> str:
    return secrets.token_urlsafe(15)


def _nobody(code: str) -> Profile:
    return Profile(code, "", has_password=False)


def _plain(grant: Grant) -> str:
    return "/".join(part for part in (grant.role.value, grant.programme, grant.coach) if part)


def _told(grant: Grant) -> str:
    """A role, where it holds and for whose caseload."""
    parts = [say(value_label(grant.role)), grant.programme or "", grant.coach or ""]
    return " · ".join(part for part in parts if part)
