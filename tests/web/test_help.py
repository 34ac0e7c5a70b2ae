"""The handbook as pages: it says what the files say, leads to what is there, and helps where somebody is."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from domain.terms import Role
from projections.catalogue import CATALOGUES
from projections.settings import Settings
from projections.stores import create_stores
from web import handbook
from web.app import create_app
from web.handbook import CHAPTERS, DOCS, OF_ROLE, Addresses, chapter, place_for

ADDRESSES = Addresses(
    chapter=lambda name, anchor: f"/{name}#{anchor}", picture=lambda name: f"/pictures/{name}", figures="/figures"
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(data=str(tmp_path_factory.mktemp("help") / "data"))
    create_stores(made)
    return made


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    yield made
    made.extensions["werdegang"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def text_of(client: FlaskClient, address: str, **options: Any) -> str:
    answer = client.get(address, **options)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def test_every_file_is_a_chapter() -> None:
    """What lies in the folder is reachable, and every role has a chapter of its own."""
    assert {path.stem for path in (DOCS / "handbuch").glob("*.md")} == {"README", *CHAPTERS}
    assert set(OF_ROLE) == set(Role)
    assert set(OF_ROLE.values()) <= set(CHAPTERS)


@pytest.mark.parametrize("name", ["", *CHAPTERS])
def test_every_link_of_a_chapter_leads_somewhere(client: FlaskClient, name: str) -> None:
    """To a page that answers, and to a place on it where one is named; pictures are there."""
    page = text_of(client, f"/hilfe/{name}".rstrip("/"))
    body = page.partition('<main id="inhalt"')[2].partition("</main>")[0]
    leading = set(re.findall(r'(?:href|src)="([^"]+)"', body))
    assert leading
    for address in leading:
        path, _sign, anchor = unescape(address).partition("#")
        if path.startswith("/hilfe/bilder/"):
            with client.get(path) as picture:
                assert picture.content_type == "image/png", address
            continue
        target = text_of(client, path) if path else page
        assert not anchor or f'id="{unquote(anchor)}"' in target, address


def test_markup_in_a_chapter_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither elements nor addresses that run something, nor inline styles of columns, become part of the page."""
    (tmp_path / "handbuch").mkdir()
    (tmp_path / "handbuch" / "coach.md").write_text(
        '# A & B\n\n<script>x()</script> <b onclick="x()">b</b> [l](javascript:x()) [m](<a.md#"y">)\n\n'
        '![p" onerror="x()](../bilder/de/a.png)\n\n## Ä ü\n\n| a |\n|--:|\n| 1 |\n',
        "utf-8",
    )
    monkeypatch.setattr(handbook, "DOCS", tmp_path)
    found = chapter("coach", ADDRESSES)
    assert found.title == "A & B"
    assert found.headings == [("ä-ü", "Ä ü")]
    elements = set(re.findall(r"<([a-z0-9]+)", found.body))
    assert elements == {"h1", "h2", "p", "a", "img", "div", "table", "thead", "tbody", "tr", "th", "td"}
    named = {name for tag in re.findall(r"<[^>]+>", found.body) for name in re.findall(r'\s([a-z-]+)="', tag)}
    assert named <= {"id", "href", "src", "alt", "class", "loading", "decoding", "role", "aria-labelledby", "tabindex"}
    assert 'href="javascript' not in found.body


def test_help_of_every_page_is_there(app: Flask) -> None:
    """For every page and every role the help leads to a chapter, and to a heading in it where it names one."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    anchors = {
        name: {handbook.anchor_of(found) for found in re.findall(r"^#+ (.*)$", source.read_text("utf-8"), re.MULTILINE)}
        for name in CHAPTERS
        for source in [DOCS / "handbuch" / f"{name}.md"]
    }
    places = {place_for(endpoint, roles) for endpoint in endpoints for roles in [(), *((role,) for role in Role)]}
    assert None in places, "pages of the help itself lead to its first page"
    for place in places - {None}:
        assert place is not None
        name, anchor = place
        assert name in CHAPTERS
        assert not anchor or anchor in anchors[name], place
    assert place_for("journeys.journey", ["auditor"]) == ("pruefung", "wege-ansehen")
    assert place_for("journeys.journey", ["coach"]) == ("coach", "einen-weg-lesen")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_figure_is_defined_on_one_page(client: FlaskClient, language: str) -> None:
    """Title, definition and source of every figure of both catalogues, each under its code."""
    page = text_of(client, "/hilfe/kennzahlen", headers={"Accept-Language": language})
    for catalogue in CATALOGUES.values():
        assert catalogue.version in page
        for figure in catalogue.figures:
            row = unescape(page.partition(f'<tr id="{figure.code}">')[2].partition("</tr>")[0])
            assert figure.title.in_language(language) in row, figure.code
            assert figure.definition.in_language(language) in row, figure.code
            assert figure.source in row, figure.code


def test_statement_on_accessibility_names_a_contact(settings: Settings, client: FlaskClient) -> None:
    """The one of the settings; without it the statement says who has to name one. No login is needed."""
    without = text_of(client, "/hilfe/barrierefreiheit", headers={"Accept-Language": "en"})
    assert "has to name here where barriers can be reported" in without
    assert "§ 16 BGG" in without
    named = create_app(replace(settings, accessibility_contact="barrieren@example.org"))
    page = text_of(named.test_client(), "/hilfe/barrierefreiheit")
    named.extensions["werdegang"].close()
    assert '<a href="mailto:barrieren@example.org">' in page
    assert "muss hier eine Stelle nennen" not in page


@pytest.mark.parametrize("name", ["nothing", "README", "bilder/..%2f..%2fREADME.md", "bilder/nothing.png"])
def test_only_the_handbook_is_shown(client: FlaskClient, name: str) -> None:
    """No other file is reached by way of a chapter's or a picture's name."""
    assert client.get(f"/hilfe/{name}").status_code == 404
