"""Health and metrics of the server, for machines: without a login, and without anything about anybody."""

from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, abort, current_app, request

from projections.settings import is_this_machine
from projections.state import StoreState, state_of, stopping_entry
from projections.stores import Stores
from web import logs, metrics
from web.access import public
from web.house import house, now, stores

LONGEST_LAG = 30.0
"""Seconds an entry may wait to be projected before a server is no longer ready."""
LONGEST_UNSEALED = 300.0
"""Seconds an entry may wait to be sealed."""
_WORTH_A_LOOK = 5.0
"""An entry that has waited so many seconds may be one that cannot be projected."""

blueprint = Blueprint("health", __name__)


@blueprint.record_once
def _measure(state: Any) -> None:
    metrics.install(state.app)


@blueprint.get("/health/live")
@public
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@blueprint.get("/health/ready")
@public
def ready() -> tuple[dict[str, Any], int]:
    """Whether pages can be served and show the present; 503 with the reasons otherwise."""
    try:
        reasons = _reasons(stores())
    except Exception as error:
        logs.unforeseen(error)
        reasons = [{"code": "stores_closed"}]
    return ({"status": "not_ready", "reasons": reasons}, 503) if reasons else ({"status": "ready"}, 200)


@blueprint.get("/metrics")
@public
def metrics_page() -> Response:
    """The metrics, for Prometheus; 404 for whom they are not, 401 for a wrong token."""
    _require_reader()
    opened, moment = stores(), now()
    state = state_of(opened, moment)
    text = metrics.exposition(current_app, state, state.checkpoint_age(moment), _stopped_at(opened, state))
    return Response(text, content_type=metrics.CONTENT_TYPE)


def _reasons(opened: Stores) -> list[dict[str, Any]]:
    """What stands against serving: a code each, and numbers."""
    if not opened.read_model.has_todays_columns():
        return [{"code": "outdated_read_model"}]
    state = state_of(opened, now())
    reasons: list[dict[str, Any]] = []
    if (position := _stopped_at(opened, state)) is not None:
        reasons.append({"code": "projection_stopped", "position": position})
    if state.lag_seconds > LONGEST_LAG:
        reasons.append({"code": "lag", "entries": state.lag_entries, "seconds": _whole(state.lag_seconds)})
    if state.unsealed_seconds > LONGEST_UNSEALED:
        reasons.append({"code": "unsealed", "seconds": _whole(state.unsealed_seconds)})
    return reasons


def _stopped_at(opened: Stores, state: StoreState) -> int | None:
    """The position of an entry that cannot be projected; found by folding what comes next, here and not by the
    follower, which is another process and may be on another machine."""
    if state.lag_seconds < _WORTH_A_LOOK:
        return None
    return stopping_entry(opened.journal, opened.read_model)


def _require_reader() -> None:
    """Where a token is set, who shows it; else this machine alone, and not where a public address says that a proxy
    stands in front: then everybody seems to come from here."""
    settings = house().settings
    if settings.metrics_token is not None:
        shown = request.headers.get("Authorization", "")
        if not compare_digest(shown.encode(), f"Bearer {settings.metrics_token}".encode()):
            abort(Response("", 401, {"WWW-Authenticate": "Bearer"}))
    elif settings.public_url is not None or not is_this_machine(request.remote_addr or ""):
        abort(404)


def _whole(seconds: float) -> int | None:
    """Whole seconds; None where nobody can tell."""
    return round(seconds) if seconds != float("inf") else None
