"""Logging in and out, and one's own account."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for

from domain.errors import Refused
from domain.texts import LANGUAGES, _
from web import single_sign_on
from web.access import Visitor, allowed, present_visitor, public, visitor, visitor_named
from web.forms import Form
from web.house import now, stores
from web.navigation import first_page
from web.schemas import Wanted, schema_with
from web.sessions import limits
from web.words import flash, say

blueprint = Blueprint("account", __name__)
_LOGIN = schema_with(
    "Login", account=Wanted("account", str, required=True), password=Wanted("password", str, required=True)
)
_PASSWORD = schema_with(
    "Password",
    password=Wanted("password", str, required=True),
    new_password=Wanted("new_password", str, required=True),
    repeated=Wanted("repeated", str, required=True),
)


@blueprint.get("/")
@public
def start() -> Any:
    """Where a visitor begins."""
    found = visitor()
    return redirect(url_for(first_page(found) if found else "account.login"))


@blueprint.route("/anmelden", methods=["GET", "POST"])
@public
def login() -> Any:
    """Log in with a password."""
    form = Form(_LOGIN)
    form["account"].autocomplete, form["password"].autocomplete = "username", "current-password"
    if form.posted and (given := form.valid()):
        try:
            if (found := _logged_in(given["account"], given["password"])) is not None:
                return redirect(_wanted_page() or url_for(found))
            form.errors.append(say(_("Konto oder Passwort stimmen nicht.")))
        except Refused as refused:
            form.refuse(refused)
            if refused.code == "too_many_attempts":
                return _login_page(form), 429
    return _login_page(form), 422 if form.failed else 200


def _login_page(form: Form) -> str:
    wanted = _wanted_page()
    address = url_for("account.sign_on", next=wanted) if single_sign_on.is_configured() else None
    return render_template("login.html", form=form, single_sign_on_url=address)


@blueprint.get("/anmelden/hauskonto")
@public
def sign_on() -> Any:
    """Log in with the house's provider of identities: over to it."""
    answer = single_sign_on.to_provider()
    session["wanted_page"] = _wanted_page()
    return answer


@blueprint.get("/anmelden/hauskonto/zurueck")
@public
def single_sign_on_return() -> Any:
    """Back from the provider: logged in, or told why not."""
    found, wanted = single_sign_on.returned(), _local(session.get("wanted_page"))
    first = _begun(found)
    return redirect(wanted or url_for(first))


@blueprint.post("/abmelden")
@public
def logout() -> Any:
    """Log out; the token is worthless from now on."""
    session.end()  # type: ignore[attr-defined]
    flash("success", _("Sie sind abgemeldet."))
    return redirect(url_for("account.login"))


@blueprint.get("/sprache/<language>")
@public
def choose_language(language: str) -> Any:
    """Read on in another language."""
    if language in LANGUAGES:
        session["language"] = language
        if found := visitor():
            stores().access.set_language(found.code, language)
    return redirect(_local(request.args.get("back")) or url_for("account.start"))


@blueprint.route("/konto", methods=["GET", "POST"])
@allowed()
def account() -> Any:
    """One's own account: roles, password, sessions."""
    form = Form(
        _PASSWORD,
        labels={
            "password": _("Bisheriges Passwort"),
            "new_password": _("Neues Passwort"),
            "repeated": _("Neues Passwort, noch einmal"),
        },
        hints={"new_password": _("Mindestens 12 Zeichen.")},
    )
    for field in form:
        field.widget = "password"
        field.autocomplete = "current-password" if field.name == "password" else "new-password"
    if form.posted and (given := form.valid()) and _changed_password(form, given):
        flash("success", _("Das Passwort ist geändert; bitte neu anmelden."))
        return redirect(url_for("account.login"))
    profile = stores().access.profile(present_visitor().code)
    return render_template("account.html", form=form, profile=profile), 422 if form.failed else 200


def _logged_in(code: str, password: str) -> str | None:
    """The first page of who logged in; None where account and password do not fit."""
    access = stores().access
    if not access.login(code, password, request.remote_addr or "", now()):
        return None
    found = visitor_named(code)
    return _begun(found) if found else None


def _begun(found: Visitor) -> str:
    """Begin a session for who has shown who it is: another token, and of before only the language stays; the first
    page to show."""
    chosen = session.get("language")
    stores().access.forget_expired(now(), *limits())
    session.begin(found.code)  # type: ignore[attr-defined]
    profile = stores().access.profile(found.code)
    if language := chosen or (profile.language if profile else None):
        session["language"] = language
    return first_page(found)


def _changed_password(form: Form, given: dict[str, str]) -> bool:
    access, code = stores().access, present_visitor().code
    try:
        if not access.login(code, given["password"], request.remote_addr or "", now()):
            form["password"].errors.append(say(_("Das bisherige Passwort stimmt nicht.")))
        elif given["new_password"] != given["repeated"]:
            form["repeated"].errors.append(say(_("Die beiden neuen Passwörter sind verschieden.")))
        else:
            access.set_password(code, given["new_password"], now())
            session.end()  # type: ignore[attr-defined]
    except Refused as refused:
        form.refuse(refused, {"password": "new_password"})
    return not form.failed


def _wanted_page() -> str | None:
    return _local(request.args.get("next"))


def _local(address: str | None) -> str | None:
    """An address of this application; None for any other."""
    if not address or not address.isprintable() or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None
