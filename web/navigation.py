"""The parts of the application, and for whom each is."""

from collections.abc import Callable
from typing import NamedTuple

from flask import request

from domain.terms import Role
from domain.texts import Text, _
from web.access import ADMIN, AUDITOR, DATA_PROTECTION, FIGURES, LEAD, PERSONS, Visitor


class Part(NamedTuple):
    """A part of the application: its blueprints, its first page, its name, for whom it is."""

    blueprints: tuple[str, ...]
    endpoint: str
    label: Text
    roles: tuple[Role, ...]


class Item(NamedTuple):
    """An entry of the navigation as a page shows it."""

    label: Text
    url: str
    active: bool


PARTS = (
    Part(("overview",), "overview.overview_page", _("Übersicht"), FIGURES),
    Part(("participants", "journeys"), "participants.roster", _("Teilnehmende"), PERSONS),
    Part(("balances",), "balances.balance", _("Bilanzen"), FIGURES),
    Part(("audit",), "audit.audit", _("Prüfung"), (AUDITOR, LEAD, DATA_PROTECTION)),
    Part(("administration",), "administration.administration", _("Verwaltung"), (LEAD, DATA_PROTECTION, ADMIN)),
)


def navigation(visitor: Visitor, link: Callable[..., str]) -> list[Item]:
    """What a visitor finds in the navigation, the present part marked."""
    present = request.blueprint or ""
    return [
        Item(part.label, link(part.endpoint), present in part.blueprints) for part in PARTS if visitor.has(*part.roles)
    ]


def first_page(visitor: Visitor) -> str:
    """The endpoint a visitor begins with."""
    return next((part.endpoint for part in PARTS if visitor.has(*part.roles)), "account.account")
