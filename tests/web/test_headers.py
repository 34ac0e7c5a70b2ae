"""Headers and errors: what every answer carries, and what no answer shows."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from small_house import NOW, SmallHouse

from web.access import public
from web.app import create_app
from web.logs import JsonLines

MARKER = "Geheim-4711"


@pytest.fixture(scope="module")
def app(quick_house: SmallHouse) -> Iterator[Flask]:
    app = create_app(quick_house.settings, lambda: NOW)
    yield app
    app.extensions["werdegang"].close()


def test_every_answer_carries_the_headers(app: Flask, quick_house: SmallHouse) -> None:
    """Pages, files, errors, redirects and the interface: a strict policy, nothing kept but files."""
    client = app.test_client()
    quick_house.log_in(client, "lead")
    statuses = set()
    for address, method, host in (
        *(("/teilnehmende", "GET", "localhost"), ("/static/werdegang.css", "GET", "localhost")),
        *(("/not-there", "GET", "localhost"), ("/anmelden", "DELETE", "localhost"), ("/abmelden", "POST", "localhost")),
        *(("/", "GET", "localhost"), ("/api/v1/own", "GET", "localhost"), ("/konto", "GET", "example.org")),
    ):
        answer = client.open(address, method=method, base_url=f"http://{host}")
        statuses.add(answer.status_code)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        assert answer.headers["Referrer-Policy"] == "same-origin", address
        assert ("no-store" in answer.headers.get("Cache-Control", "")) is (address != "/static/werdegang.css"), address
        answer.close()
    assert {200, 302, 400, 401, 404, 405} <= statuses


def test_unknown_host_is_not_answered(app: Flask) -> None:
    """400, so that no link is made with a name somebody else chose; nor by a header of a proxy nobody set up."""
    client = app.test_client()
    answer = client.get("/anmelden", base_url="http://example.org")
    assert answer.status_code == 400
    assert "example.org" not in answer.text
    forwarded = client.get("/", headers={"X-Forwarded-Host": "example.org", "X-Forwarded-Proto": "https"})
    assert forwarded.location == "/anmelden"
    assert "Strict-Transport-Security" not in forwarded.headers


def test_forced_error_shows_no_trace(quick_house: SmallHouse, caplog: pytest.LogCaptureFixture) -> None:
    """On a page and in the interface: a number to find it in the log, nothing of the error's text in either."""

    @public
    def fails() -> str:
        raise RuntimeError(MARKER)

    app = create_app(quick_house.settings, lambda: NOW)
    for address in ("/forced", "/api/v1/forced"):
        app.add_url_rule(address, f"forced {address}", fails)
    client = app.test_client()
    quick_house.log_in(client, "lead")
    for address in ("/forced", "/api/v1/forced"):
        caplog.clear()
        answer = client.get(address)
        logged = [json.loads(JsonLines().format(record)) for record in caplog.records]
        assert answer.status_code == 500
        assert answer.headers["X-Request-ID"] in answer.text
        assert [line["error"] for line in logged if "error" in line] == [["builtins.RuntimeError"]]
        assert MARKER not in answer.text + json.dumps(logged)
        assert "Traceback" not in answer.text
        assert 'File "' not in answer.text
    app.extensions["werdegang"].close()
