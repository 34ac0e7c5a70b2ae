"""The interface for programs: `/api/v1`."""

from typing import Any

from flask import Flask, Response, jsonify, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from domain.errors import Refused
from domain.texts import Text
from web.words import language


def register(app: Flask, protection: CSRFProtect) -> None:
    """Add the interface to the application."""
    del app, protection


def problem(status: int, code: str, text: Text, error: HTTPException | None = None, **more: Any) -> Response:
    """Problem details (RFC 9457)."""
    del error
    response = jsonify(
        {"type": f"urn:werdegang:{code}", "title": text.in_language(language()), "status": status, "code": code, **more}
    )
    response.status_code, response.content_type = status, "application/problem+json"
    return response


def problem_of(refused: Refused, status: int) -> Response:
    """The problem details of a refusal."""
    more: dict[str, Any] = {"instance": request.path}
    if refused.field:
        more["field"] = refused.field
    if refused.norm:
        more["norm"] = refused.norm.in_language(language())
    return problem(status, refused.code, refused.text, **more)
