"""The handbook of docs/handbuch as pages, and which chapter helps where."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from domain.terms import Role
from domain.texts import Text, _

_HERE = Path(__file__).resolve().parent
DOCS = _HERE / "docs" if (_HERE / "docs").is_dir() else _HERE.parent / "docs"
"""Where the chapters and their pictures are: in the wheel below this package, else in the checkout."""
CHAPTERS: dict[str, Text] = {
    "einstieg": _("Einstieg"),
    "coach": _("Coach"),
    "programmleitung": _("Programmleitung"),
    "controlling": _("Controlling"),
    "pruefung": _("Prüfung"),
    "datenschutz": _("Datenschutz"),
    "verwaltung": _("Verwaltung"),
    "woher-kommt-eine-zahl": _("Woher kommt eine Zahl?"),
    "begriffe": _("Begriffe"),
}
"""The chapters in their order; the key is the name of the file and the end of the address."""
OF_ROLE: dict[Role, str] = {
    Role.COACH: "coach",
    Role.LEAD: "programmleitung",
    Role.CONTROLLING: "controlling",
    Role.AUDITOR: "pruefung",
    Role.DATA_PROTECTION: "datenschutz",
    Role.ADMIN: "verwaltung",
}

_FIGURES = "../figures.md"
"""What the chapters call the definitions of all figures: a reference page there, a page of its own here."""
_PICTURES = "../bilder/de/"
_STAFF = frozenset({"coach", "lead"})
_HELP: dict[str, str] = {
    "account": "einstieg#anmelden",
    "tokens": "einstieg#token-für-programme",
    "overview": "einstieg#die-übersicht",
    "participants": "coach#die-liste",
    "participants.enrolment": "coach#eine-person-aufnehmen",
    "journeys": "coach#etwas-erfassen",
    "journeys.journey": "coach#einen-weg-lesen",
    "journeys.correction": "coach#etwas-berichtigen",
    "journeys.withdrawal": "coach#etwas-stornieren",
    "balances": "controlling#eine-bilanz-ansehen",
    "balances.rows": "woher-kommt-eine-zahl#die-personen-hinter-der-zahl",
    "balances.one_edition": "programmleitung#eine-ausgabe-freigeben",
    "balances.comparison": "controlling#zwei-bilanzen-vergleichen",
    "audit": "pruefung",
    "administration": "verwaltung",
}
"""The chapter, and the place in it, that helps on the pages of an endpoint or, where it has none, of its blueprint."""
_UNDER_PSEUDONYMS = {"participants": "pruefung#wege-ansehen", "journeys": "pruefung#wege-ansehen"}
_ADMINISTRATION = {
    "lead": "programmleitung#das-programm-pflegen",
    "data_protection": "datenschutz",
    "admin": "verwaltung",
}

Linked = Callable[[str, str], str]
"""A function from a chapter and a place in it ("" for its beginning) to an address."""


class Chapter(NamedTuple):
    """A chapter as a page: its title, its headings of the second level as anchor and text, and its markup."""

    title: str
    headings: list[tuple[str, str]]
    body: Markup


class Addresses(NamedTuple):
    """Where a page of the handbook leads to."""

    chapter: Linked
    picture: Callable[[str], str]
    figures: str


def chapter(name: str, to: Addresses) -> Chapter:
    """Render a chapter. Markup that somebody writes into the Markdown is shown as text."""
    tokens = _MARKDOWN.parse((DOCS / "handbuch" / f"{name}.md").read_text("utf-8"))
    title, headings = _name_headings(tokens)
    _lead(tokens, to)
    body = Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 - html is off, texts are escaped
    return Chapter(title, headings, body)


def picture(name: str) -> Path | None:
    """The file of a picture the chapters may show; None where there is none of this name."""
    found = DOCS / "bilder" / "de" / name
    return found if re.fullmatch(r"[a-z0-9-]+\.png", name) and found.is_file() else None


def place_for(endpoint: str | None, roles: Sequence[str]) -> tuple[str, str] | None:
    """The chapter and the place in it that helps on a page; None: the handbook's first page does.

    `roles` are the visitor's: an auditor reads a journey for another reason than a coach.
    """
    blueprint = (endpoint or "").partition(".")[0]
    found = _HELP.get(endpoint or "") or _HELP.get(blueprint)
    if not _STAFF.intersection(roles) and blueprint in _UNDER_PSEUDONYMS:
        found = _UNDER_PSEUDONYMS[blueprint]
    if blueprint == "administration":
        found = next((place for role, place in _ADMINISTRATION.items() if role in roles), found)
    if found is None:
        return None
    name, _sign, anchor = found.partition("#")
    return name, anchor


def anchor_of(heading: str) -> str:
    """The anchor of a heading, as hosts of repositories make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- rendering ----------------------------------------------------------------------------------------


def _made() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    return markdown


def _image(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """A picture with what it shows, which opens large."""
    token = tokens[index]
    source, shown = escape(str(token.attrs["src"])), escape(token.content)
    return (
        f'<a class="wd-picture" href="{source}"><img src="{source}" alt="{shown}" loading="lazy" decoding="async"></a>'
    )


def _table_open(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """A table that scrolls by itself, never the page, and can be scrolled by keyboard."""
    frame = (
        f'<div class="wd-scroll" role="region" aria-labelledby="{escape(tokens[index].meta["under"])}" tabindex="0">'
    )
    return frame + '<table class="kern-table kern-table--small wd-table">\n'


def _table_close(_renderer: object, _tokens: Sequence[Token], _index: int, _options: object, _env: object) -> str:
    return "</table></div>\n"


_MARKDOWN = _made()


def _name_headings(tokens: Sequence[Token]) -> tuple[str, list[tuple[str, str]]]:
    """Give headings their anchors and tables the name of the heading above; the title, and the second level."""
    title, headings, last = "", [], ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = tokens[place + 1].content
            last = anchor_of(text)
            token.attrSet("id", last)
            if token.tag == "h1":
                title = text
            elif token.tag == "h2":
                headings.append((last, text))
        elif token.type == "table_open":
            token.meta["under"] = last
        token.attrs.pop("style", None)  # alignment of a column; the content security policy forbids it
    return title, headings


def _lead(tokens: Sequence[Token], to: Addresses) -> None:
    """Turn the addresses of the files into those of the pages."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                child.attrSet("src", to.picture(str(child.attrs["src"]).removeprefix(_PICTURES)))
            elif child.type == "link_open":
                child.attrSet("href", _address(str(child.attrs["href"]), to))


def _address(href: str, to: Addresses) -> str:
    path, _sign, anchor = href.partition("#")
    if path == _FIGURES:
        return to.figures
    if path.endswith(".md"):
        name = path.removesuffix(".md")
        return to.chapter("" if name == "README" else name, unquote(anchor))
    return href
