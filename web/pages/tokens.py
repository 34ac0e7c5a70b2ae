"""One's own tokens of the interface: made, shown once, revoked."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, redirect, render_template
from msgspec import Meta

from domain.access import SCOPES
from domain.errors import NotFound, Refused
from domain.texts import Text, _
from web.access import allowed, present_visitor
from web.forms import Form
from web.house import now, stores
from web.schemas import schema_with, wanted_of
from web.words import flash, link, say, travelled_to

blueprint = Blueprint("tokens", __name__, url_prefix="/konto/token")

SCOPE_LABELS: dict[str, Text] = {
    "read": _("lesen"),
    "write": _("erfassen"),
    "publish": _("Bilanzen entwerfen, freigeben und veröffentlichen"),
    "admin": _("verwalten"),
}
_DAYS = 90
_NEW = schema_with(
    "NewToken",
    label=wanted_of("label", Annotated[str, Meta(min_length=1, max_length=80)], required=True),
    scopes=wanted_of("scopes", tuple[str, ...], required=True),
    days=wanted_of("days", Annotated[int, Meta(ge=1, le=400)], required=True, default=_DAYS),
)


@blueprint.route("", methods=["GET", "POST"])
@allowed()
def tokens() -> Any:
    """The own tokens; a new one is shown on the page that made it, and never again."""
    access, code, secret = stores().access, present_visitor().code, None
    form = Form(
        _NEW,
        labels={"label": _("Wofür"), "scopes": _("Rechte"), "days": _("Gilt so viele Tage")},
        hints={"scopes": _("Nie mehr, als das Konto selbst darf."), "days": _("Höchstens 400.")},
        choices={"scopes": [(scope, say(SCOPE_LABELS[scope])) for scope in SCOPES]},
    )
    form["scopes"].widget = "several"
    if form.posted and (given := form.valid()):
        try:
            until = now() + timedelta(days=given["days"])
            _id, secret = access.create_token(code, given["label"], given["scopes"], until, now())
        except Refused as refused:
            form.refuse(refused, {"expires_at": "days"})
    return render_template(
        "tokens.html",
        form=form,
        secret=secret,
        tokens=access.tokens(code),
        scopes=SCOPE_LABELS,
        present=now(),
        may_change=travelled_to() is None,
    ), 422 if form.failed else 200


@blueprint.post("/<token>/widerruf")
@allowed()
def revoke_token(token: str) -> Any:
    """Revoke an own token."""
    if token not in {one.id for one in stores().access.tokens(present_visitor().code)}:
        raise NotFound("unknown_token", _("Ein Token {found} gibt es nicht.", found=token[:40]))
    stores().access.revoke_token(token, now())
    flash("success", _("Token {id} gilt nicht mehr.", id=token))
    return redirect(link("tokens.tokens"))
