"""Help where people are: the handbook, what every figure means, and the statement on accessibility."""

from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, abort, render_template, send_file

from domain.terms import Role
from projections.catalogue import CATALOGUES, Catalogue
from projections.reports.words import definition_of
from projections.reports.written import capital
from web.access import public, visitor
from web.balance_tables import CATALOGUE_TITLES
from web.handbook import CHAPTERS, OF_ROLE, Addresses, chapter, picture
from web.house import house
from web.words import language, link, say

blueprint = Blueprint("help", __name__, url_prefix="/hilfe")

STATED_ON = date(2026, 11, 22)
"""The day the statement on accessibility was last reviewed. Whoever reviews it again changes the day here."""


class Entry(NamedTuple):
    """A chapter in the list of the handbook; `own` where it is about a role of the visitor."""

    name: str
    label: str
    url: str
    own: bool


@blueprint.get("")
@public
def handbook() -> Any:
    """The first page of the handbook."""
    return render_template("help.html", entries=_entries(), chapter=chapter("README", _addresses()))


@blueprint.get("/<name>")
@public
def page(name: str) -> Any:
    """A chapter of the handbook."""
    if name not in CHAPTERS:
        abort(404)
    found = chapter(name, _addresses())
    return render_template("help_chapter.html", entries=_entries(), name=name, chapter=found, label=_label(name))


@blueprint.get("/bilder/<name>")
@public
def image(name: str) -> Any:
    """A picture of the handbook."""
    found = picture(name)
    return send_file(found, mimetype="image/png") if found else abort(404)


@blueprint.get("/kennzahlen")
@public
def figures() -> Any:
    """Every figure of every catalogue: what it counts, in what, and where the definition comes from."""
    catalogues = [
        (say(CATALOGUE_TITLES[name]), catalogue.version, _definitions(catalogue))
        for name, catalogue in CATALOGUES.items()
    ]
    return render_template("help_figures.html", catalogues=catalogues)


@blueprint.get("/barrierefreiheit")
@public
def accessibility() -> Any:
    """The statement on accessibility that § 12b BGG asks for."""
    return render_template(
        "help_accessibility.html", contact=house().settings.accessibility_contact, stated_on=STATED_ON
    )


def _definitions(catalogue: Catalogue) -> list[tuple[str, list[Any]]]:
    """The definitions of a catalogue, those that count alike together, in the visitor's language."""
    groups: dict[str, list[Any]] = {}
    for figure in catalogue.figures:
        found = definition_of(figure, language())
        groups.setdefault(found.regime, []).append(found)
    return list(groups.items())


def _entries() -> list[Entry]:
    """The chapters, those about the visitor's roles marked."""
    found = visitor()
    own = {OF_ROLE[Role(role)] for role in found.roles} if found else set()
    return [Entry(name, _label(name), link("help.page", name=name), name in own) for name in CHAPTERS]


def _label(name: str) -> str:
    return capital(say(CHAPTERS[name]))


def _addresses() -> Addresses:
    return Addresses(
        chapter=lambda name, anchor: (
            link("help.page", name=name, _anchor=anchor or None) if name else link("help.handbook")
        ),
        picture=lambda name: link("help.image", name=name, datenstand=None),
        figures=link("help.figures"),
    )
