"""Logs: one JSON object a line on standard error, for whoever runs the server, without personal data.

A request is named by its route, never by its path or query: those hold ids and filters. An error nobody foresaw is
named by its kind and by the lines of code it went through, never by its text: that may hold what somebody entered.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

from flask import Flask, Response, g, got_request_exception, request, request_finished
from werkzeug.exceptions import InternalServerError

FIELDS = (
    *("request", "method", "endpoint", "route", "status", "milliseconds", "account"),
    *("code", "what", "position", "seconds", "exit_status"),
)
"""What a line may hold besides its time, level, logger and event: numbers, and words of our own."""
_OURS = "werdegang"
_SERVER = "_granian"
"""The server's own logger, whose sentences are about its processes only."""
_FRAMES = 12
_STARTED, _ID = "werdegang.started", "werdegang.request_id"
_QUIET = ("health.", "static")

_log = logging.getLogger("werdegang.requests")


class JsonLines(logging.Formatter):
    """A record as a line of JSON. Of loggers that are not ours only the name and the place of the call are kept, since
    nobody here knows what libraries write into their sentences."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        if record.name.split(".")[0] in (_OURS, _SERVER):
            line["event"] = record.getMessage()
        else:
            line |= {"event": "library", "at": [f"{_short(record.pathname)}:{record.lineno}"]}
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= described(error)
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def write_logs(level: int = logging.INFO) -> None:
    """Let this process write its log, ours and that of libraries, to standard error from `level` on."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines())
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    logging.getLogger(_OURS).setLevel(level)
    logging.captureWarnings(capture=True)


def described(error: BaseException) -> dict[str, Any]:
    """An error without its text: the kinds of it and of its causes, and the lines of code it went through last."""
    kinds, seen = [], set[int]()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kinds.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {"error": kinds, "at": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]}


def install(app: Flask) -> None:
    """Log every request of an application, and give every answer the number under which the log has it."""
    app.wsgi_app = _Timed(app, app.wsgi_app)  # type: ignore[method-assign]
    app.logger.disabled = True  # it writes paths, and the texts of errors
    app.after_request(_numbered)
    got_request_exception.connect(_failed, app, weak=False)
    request_finished.connect(_answered, app, weak=False)


def request_id() -> str:
    """The number of the present request in the log."""
    return str(request.environ.get(_ID, ""))


def milliseconds() -> float:
    """How long the present request has taken so far."""
    started: float = request.environ.get(_STARTED, perf_counter())
    return round((perf_counter() - started) * 1000, 1)


def unforeseen(error: BaseException) -> None:
    """Log an error nobody foresaw."""
    _log.error("request_failed", exc_info=error, extra=_of_request())


class _Timed:
    """Numbers and times every request; answers what even the application's own answer to errors did not survive."""

    def __init__(self, app: Flask, inner: Any) -> None:
        self._app, self._inner = app, inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[_STARTED], environ[_ID] = perf_counter(), uuid4().hex
        try:
            answer: Iterable[bytes] = self._inner(environ, start_response)
        except Exception as error:
            if self._app.testing:
                raise
            _log.exception("request_failed", exc_info=error, extra={"request": environ[_ID], "status": 500})
            return InternalServerError()(environ, start_response)
        return answer


def _numbered(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    return response


def _failed(_app: Flask, exception: BaseException, **_more: Any) -> None:
    unforeseen(exception)


def _answered(_app: Flask, response: Response, **_more: Any) -> None:
    quiet = (request.endpoint or "").startswith(_QUIET) and response.status_code < 400
    level = logging.DEBUG if quiet else logging.INFO
    _log.log(level, "request", extra={**_of_request(), "status": response.status_code, "milliseconds": milliseconds()})


def _of_request() -> dict[str, Any]:
    visitor = g.get("visitor")
    return {
        "request": request_id(),
        "method": request.method if request.method in _METHODS else "other",
        "endpoint": request.endpoint,
        "route": request.url_rule.rule if request.url_rule else None,
        "account": visitor.code if visitor else None,
    }


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""A method is whatever the visitor writes there, so no other stands in the log."""


def _short(filename: str) -> str:
    """A file of code by its last two names: where it lies on the machine is of no use."""
    return "/".join(Path(filename).parts[-2:])
