"""The Flask application: wiring, security headers, and what is answered when something goes wrong."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest, HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from domain.errors import Conflict, NotFound, NotReady, Refused
from domain.texts import Text, _
from projections.settings import Settings
from web import access, api, health, logs, pages, single_sign_on, words
from web import house as houses
from web.access import Forbidden, NotLoggedIn
from web.house import house
from web.sessions import ServerSessions, is_secure

LARGEST_REQUEST = 32 * 1024 * 1024
"""Bytes of a request at most: an import file."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class InMemory(Request):
    """A request whose files never lie on a disk in the clear: an import holds what is personal."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> BytesIO:
        del total_content_length, content_type, filename, content_length
        return BytesIO()


def create_app(settings: Settings, now: Callable[[], datetime] = houses.utc_now) -> Flask:
    """The application over the stores of some settings. Stores are opened at the first request that needs them, hence
    after a server has forked. A route without a rule of access stops it from starting."""
    app = Flask("web")
    app.request_class = InMemory
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_PARTS=2_000,
        PROPAGATE_EXCEPTIONS=False,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        WTF_CSRF_TIME_LIMIT=None,
        TRUSTED_HOSTS=_trusted_hosts(settings),
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    houses.install(app, settings, now)
    app.session_interface = ServerSessions()
    app.before_request(_sign_with_the_vault)
    app.before_request(_refuse_zero_bytes)
    protection = CSRFProtect(app)
    words.install(app)
    single_sign_on.install(app, settings)
    logs.install(app)
    app.before_request(access.check_route)
    app.before_request(words.refuse_in_the_past)
    app.after_request(_secured)
    _answer_errors(app)
    app.view_functions["static"] = access.public(app.view_functions["static"])
    app.register_blueprint(health.blueprint)
    pages.register(app)
    api.register(app, protection)
    access.require_declared(app)
    return app


def _trusted_hosts(settings: Settings) -> list[str]:
    """The hosts under which it answers: itself, and the public address."""
    hosts = ["localhost", "127.0.0.1", "[::1]"]
    if settings.public_url and (name := urlsplit(settings.public_url).hostname):
        hosts.append(name)
    return hosts


def _sign_with_the_vault() -> None:
    """The key that signs the token of a form: the same in every worker, and nowhere in a file."""
    needless = request.endpoint == "static" or (request.blueprint or "").startswith("health")
    if current_app.secret_key is None and not needless:
        current_app.secret_key = houses.stores().vault.digest("web", "forms")


def _refuse_zero_bytes() -> None:
    """Refused (400): a zero byte in an address or a form. Nobody types one, no page may hold one, and stores and files
    differ in what they make of it."""
    given = [request.path, *(value for _name, value in request.args.items(multi=True))]
    if not _is_api():
        given += [value for _name, value in request.form.items(multi=True)]
    if any("\0" in value for value in given):
        raise BadRequest


def _secured(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if is_secure(request):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
        response.vary.add("HX-Request")
    return response


# --- errors -------------------------------------------------------------------------------------------

_STATUS: tuple[tuple[type[Refused], int], ...] = (
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (NotReady, 503),
    (Refused, 422),
)


def status_of(refused: Refused) -> int:
    """The HTTP status that says how something was refused."""
    if refused.code == "too_many_attempts":
        return 429
    return next(status for kind, status in _STATUS if isinstance(refused, kind))


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(NotLoggedIn, _login_first)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def _login_first(_error: Exception) -> Any:
    if _is_api():
        return api.problem(401, "not_logged_in", _("Es fehlt ein gültiges Token."))
    asked = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.login", next=asked))


def _refused(refused: Refused) -> Any:
    status = status_of(refused)
    if _is_api():
        return api.problem_of(refused, status)
    return error_page(status, refused.text, refused)


def _form_too_old(_error: Exception) -> Any:
    text = _("Das Formular ist zu alt oder nicht von hier; bitte neu laden und noch einmal absenden.")
    return error_page(400, text)


_HTTP = {
    400: _("Die Anfrage ist nicht verständlich."),
    404: _("Diese Seite gibt es nicht."),
    405: _("So lässt sich diese Adresse nicht aufrufen."),
    413: _("Das ist zu groß; erlaubt sind {megabytes} Megabyte.", megabytes=LARGEST_REQUEST // 1024**2),
    415: _("Dieses Format geht hier nicht."),
}


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    text = _HTTP.get(status, _("Das ging nicht ({status}).", status=status))
    if isinstance(error, SecurityError):  # under a foreign host's name no link can be made, hence no page
        return Response(words.say(text), status, content_type="text/plain; charset=utf-8")
    if _is_api():
        return api.problem(status, f"http_{status}", text, error)
    return error_page(status, text)


def _unforeseen(error: Exception) -> Any:
    logs.unforeseen(error)
    text = _("Unerwarteter Fehler. Gespeichert ist nichts; die Nummer {id} steht im Protokoll.", id=logs.request_id())
    if _is_api():
        return api.problem(500, "unforeseen", text)
    try:
        return error_page(500, text)
    except Exception as again:  # the page itself needs the stores
        logs.unforeseen(again)
        return Response(text.in_language(house().settings.language), 500, content_type="text/plain; charset=utf-8")


def error_page(status: int, text: Text, refused: Refused | None = None) -> tuple[str, int]:
    """A page that says what is wrong."""
    g.travelled_to = None  # it may be what is wrong
    return render_template("error.html", status=status, text=text, refused=refused), status


def _is_api() -> bool:
    return request.path.startswith("/api/")
