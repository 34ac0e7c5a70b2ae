"""The interface for programs: `/api/v1`."""

from typing import Any

from flask import Flask, Response, jsonify, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from domain.errors import Refused
from domain.texts import Text, _
from web.api import accounts, documentation, editions, exchange, figures, ledger, programmes, steps
from web.api import protection as data_protection
from web.words import language

_TITLES: dict[int, Text] = {
    400: _("Die Anfrage ist nicht lesbar"),
    401: _("Nicht angemeldet"),
    403: _("Nicht erlaubt"),
    404: _("Nicht gefunden"),
    405: _("Methode nicht möglich"),
    409: _("Gleichzeitig geändert"),
    412: _("Inzwischen geändert"),
    413: _("Zu groß"),
    415: _("Format nicht möglich"),
    422: _("Abgelehnt"),
    429: _("Zu viele Versuche"),
    500: _("Unerwarteter Fehler"),
    503: _("Nicht bereit"),
}


class _Key(BaseConverter):
    """A key or code, as `domain.terms.Key`; what is none is not found."""

    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"


class _Month(BaseConverter):
    """A month, `2026-11`."""

    regex = "[0-9]{4}-(?:0[1-9]|1[0-2])"


class _Number(IntegerConverter):
    """A number from 1."""

    regex = "[0-9]{1,16}"
    most = 2**53 - 1

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=self.most)


class _Small(_Number):
    """The number of an entry on its journey, or of an edition."""

    regex, most = "[0-9]{1,9}", 10**9 - 1


def register(app: Flask, protection: CSRFProtect) -> None:
    """Add the interface to the application. It takes no cookies, so it needs no token against forged forms."""
    app.url_map.converters |= {"key": _Key, "month": _Month, "large": _Number, "small": _Small}
    made = documentation.interface(app)
    for converter in (_Key, _Month):
        made.register_converter(converter, _documented)
    for part in (programmes, steps, figures, editions, ledger, data_protection, accounts, exchange):
        made.add(part.section)
        protection.exempt(part.section)
    documentation.publish(app, made)


def problem(status: int, code: str, text: Text, error: HTTPException | None = None, **more: Any) -> Response:
    """Problem details (RFC 9457) in the language asked for; with what HTTP wants said of an error."""
    response = jsonify(
        {
            "type": f"urn:werdegang:problem:{code}",
            "title": _TITLES[status if status in _TITLES else 400].in_language(language()),
            "status": status,
            "code": code,
            "detail": text.in_language(language()),
            **more,
        }
    )
    response.status_code, response.content_type = status, "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 405 and error is not None and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def problem_of(refused: Refused, status: int) -> Response:
    """The problem details of a refusal. A journey that has changed since the version named is 412."""
    more: dict[str, Any] = {}
    if refused.field:
        more["field"] = refused.field
    if refused.norm:
        more["norm"] = refused.norm.in_language(language())
    if errors := getattr(refused, "errors", None):
        more["errors"] = errors
    status = {"stale": 412, "bad_json": 400 if request.is_json else status}.get(refused.code, status)
    return problem(status, refused.code, refused.text, **more)


def _documented(converter: BaseConverter) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{converter.regex}$"}
