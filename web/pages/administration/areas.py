"""The areas of the administration, for whom each is, and what all of its pages show."""

from typing import Any, NamedTuple
from uuid import uuid4

from flask import Blueprint, render_template

from domain.journal import Request
from domain.terms import Role
from domain.texts import Text, _
from web.access import ADMIN, DATA_PROTECTION, LEAD, present_visitor
from web.commands import request_id
from web.forms import Form
from web.house import now
from web.words import link, say

blueprint = Blueprint("administration", __name__, url_prefix="/verwaltung")


class Area(NamedTuple):
    """A part of the administration: its first page, its name, what it is for, and for whom."""

    endpoint: str
    label: Text
    about: Text
    roles: tuple[Role, ...]


AREAS: dict[str, Area] = {
    "programmes": Area(
        "administration.programmes",
        _("Programme"),
        _("Zeitraum, Zielgruppe, Ziele und Coaches; Programme eröffnen und beenden."),
        (LEAD, ADMIN),
    ),
    "coaches": Area(
        "administration.coaches", _("Coaches"), _("Wer wie viele Personen betreut, gegen den Schlüssel."), (LEAD,)
    ),
    "accounts": Area(
        "administration.accounts", _("Konten"), _("Wer sich anmelden kann, und mit welchen Rollen."), (ADMIN,)
    ),
    "intake": Area(
        "administration.intake",
        _("Import"),
        _("Wege aus einer Datei aufnehmen: erst prüfen, dann einspielen."),
        (LEAD,),
    ),
    "rebuilding": Area(
        "administration.rebuilding",
        _("Projektionen"),
        _("Wie weit das Lesemodell ist; es neu aufbauen und bescheinigen."),
        (ADMIN, LEAD),
    ),
    "protection": Area(
        "administration.protection",
        _("Löschung und Sperrung"),
        _("Das Register: was beantragt, freigegeben und gelöscht ist, und wer gesperrt ist."),
        (DATA_PROTECTION, LEAD),
    ),
    "keeping": Area(
        "administration.keeping", _("Aufbewahrung"), _("Wessen Löschung wann fällig ist."), (DATA_PROTECTION,)
    ),
    "recognition": Area(
        "administration.recognition",
        _("Wiedererkennung"),
        _("Welche Merkmale Gelöschter so selten sind, dass man sie daran erkennen könnte."),
        (DATA_PROTECTION,),
    ),
    "readings": Area(
        "administration.readings",
        _("Leseprotokoll"),
        _("Wer wann welches versiegelte Feld wessen wozu geöffnet hat."),
        (DATA_PROTECTION,),
    ),
}


def page(area: str | None, template: str, /, **context: Any) -> str:
    """A page of an area, with the tabs of those the visitor reaches."""
    tabs = [(say(one.label), link(one.endpoint), name == area) for name, one in areas().items()]
    return render_template(f"administration/{template}.html", area_tabs=tabs, **context)


def areas() -> dict[str, Area]:
    """The areas the visitor reaches."""
    return {name: area for name, area in AREAS.items() if present_visitor().has(*area.roles)}


def asked(form: Form | None = None) -> Request:
    """A command in the visitor's name; of a form, the same one however often it is sent."""
    return Request(id=request_id(form.request_id) if form else uuid4(), by=present_visitor().code, now=now())


def status_of(form: Form) -> int:
    """The HTTP status of a page with a form."""
    return 422 if form.failed else 200
