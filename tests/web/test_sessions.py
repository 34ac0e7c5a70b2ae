"""Sessions and forms: what a browser is given, and what is refused from one that lies."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from declared_routes import API
from flask import Flask
from flask.testing import FlaskClient
from small_house import COOKIE, NOW, PASSWORD, SmallHouse, close_account, open_account
from test_access_matrix import of_rule

from projections.stores import open_stores
from web.app import create_app
from web.logs import JsonLines

MARKER = "Geheim-4711"
TLS = "https://werdegang.example.org"


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def ticking() -> Clock:
    return Clock()


@pytest.fixture
def clock(ticking: Clock) -> Iterator[Clock]:
    """The clock of the application, set back after the test."""
    yield ticking
    ticking.now = NOW


@pytest.fixture(scope="module")
def app(quick_house: SmallHouse, ticking: Clock) -> Iterator[Flask]:
    """An application over the house, with a clock that tests set."""
    app = create_app(quick_house.settings, ticking)
    yield app
    app.extensions["werdegang"].close()


@pytest.fixture
def person(quick_house: SmallHouse) -> str:
    """An account with a password and without a role beside its own pages."""
    code = f"person-{len(quick_house.access.profiles())}"
    with open_stores(quick_house.settings) as stores:
        open_account(stores, code)
        stores.access.set_password(code, PASSWORD, NOW)
    return code


def token_of(client: FlaskClient, address: str = "/anmelden") -> str:
    """The token of the forms of this browser."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found is not None
    return found[1]


def log_in(client: FlaskClient, account: str, password: str = PASSWORD, query: str = "") -> Any:
    form = {"account": account, "password": password, "csrf_token": token_of(client)}
    return client.post(f"/anmelden{query}", data=form)


def is_logged_in(client: FlaskClient) -> bool:
    return client.get("/konto").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found is not None
    return str(found.value)


# --- sessions -----------------------------------------------------------------------------------------


def test_login_gives_another_token_and_logout_ends_it(app: Flask, person: str) -> None:
    """A token planted before the login is worthless after it, and one kept from before the logout too."""
    client, thief = app.test_client(), app.test_client()
    client.get("/anmelden")
    planted = cookie(client)
    thief.set_cookie(COOKIE, planted)
    assert log_in(client, person).status_code == 302
    stolen = cookie(client)
    assert stolen != planted
    assert not is_logged_in(thief)
    assert is_logged_in(client)
    assert client.post("/abmelden", data={"csrf_token": token_of(client, "/konto")}).status_code == 302
    thief.set_cookie(COOKIE, stolen)
    assert not is_logged_in(thief)
    assert not is_logged_in(client)


def test_token_nobody_gave_out_is_not_taken_on(app: Flask) -> None:
    """A browser that comes with one of its own gets another."""
    client = app.test_client()
    client.set_cookie(COOKIE, "chosen-by-somebody-else")
    client.get("/anmelden")
    assert cookie(client) != "chosen-by-somebody-else"


def test_session_ends_when_unused_and_after_its_time(quick_house: SmallHouse, app: Flask, clock: Clock) -> None:
    """After the minutes without a request, and after the hours in any case."""
    settings = quick_house.settings
    client = app.test_client()
    quick_house.log_in(client, "lead")
    idle = timedelta(minutes=settings.session_idle_minutes)
    clock.now += idle - timedelta(seconds=1)
    assert is_logged_in(client)
    clock.now += idle
    assert not is_logged_in(client)
    clock.now = NOW
    quick_house.log_in(client, "lead")
    end = NOW + timedelta(hours=settings.session_hours)
    while clock.now + idle / 2 < end:
        clock.now += idle / 2
        assert is_logged_in(client)
    clock.now = end
    assert not is_logged_in(client)


def test_login_forgets_sessions_that_are_over(quick_house: SmallHouse, app: Flask, person: str, clock: Clock) -> None:
    """Rows of sessions nobody came back to do not stay for good."""
    quick_house.access.begin_session("gone", b"{}", NOW)
    clock.now = NOW + timedelta(hours=quick_house.settings.session_hours)
    assert quick_house.access.sessions("gone") != []
    assert log_in(app.test_client(), person).status_code == 302
    assert quick_house.access.sessions("gone") == []


def test_session_of_a_closed_account_ends_at_once(quick_house: SmallHouse, app: Flask) -> None:
    """Also one begun meanwhile, and the tokens of the interface."""
    client = app.test_client()
    with open_stores(quick_house.settings) as stores:
        open_account(stores, "leaving")
        before = quick_house.headers("leaving", "read")
        quick_house.log_in(client, "leaving")
        assert is_logged_in(client)
        close_account(stores, "leaving")
    assert not is_logged_in(client)
    quick_house.log_in(client, "leaving")
    assert not is_logged_in(client)
    for headers in (before, quick_house.headers("leaving", "read")):
        assert client.get("/api/v1/own", headers=headers).status_code == 401


def test_another_password_ends_every_session(quick_house: SmallHouse, app: Flask, person: str) -> None:
    """Of this browser and of all others; the one before is worth nothing."""
    client, other = app.test_client(), app.test_client()
    for one in (client, other):
        quick_house.log_in(one, person)
    another = PASSWORD + " 2"
    form = {"password": PASSWORD, "new_password": another, "repeated": another}
    form["csrf_token"] = token_of(client, "/konto")
    assert client.post("/konto", data={**form, "repeated": "x"}).status_code == 422
    assert is_logged_in(other)
    assert client.post("/konto", data=form).status_code == 302
    assert not is_logged_in(client)
    assert not is_logged_in(other)
    assert log_in(client, person).status_code == 422
    assert log_in(client, person, another).status_code == 302


def test_cookie_over_tls_is_bound_to_the_host(quick_house: SmallHouse, person: str) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite, and HSTS with it; over plain HTTP on this machine neither is promised."""
    settings = msgspec.structs.replace(quick_house.settings, public_url=TLS, trusted_proxies=1)
    secure = create_app(settings, lambda: NOW)
    for app, base, name in ((secure, TLS, f"__Host-{COOKIE}"), (quick_house.app, "http://localhost", COOKIE)):
        answer = app.test_client().get("/anmelden", base_url=base)
        (given,) = answer.headers.getlist("Set-Cookie")
        assert given.startswith(f"{name}=")
        attributes = {part.strip().lower() for part in given.split(";")[1:]}
        assert {"httponly", "path=/", "samesite=lax"} <= attributes
        assert ("secure" in attributes) is ("Strict-Transport-Security" in answer.headers) is (app is secure)
        assert not any(part.startswith("domain") for part in attributes)
    secure.extensions["werdegang"].close()


def test_too_many_attempts_are_told_clearly(app: Flask, person: str, caplog: pytest.LogCaptureFixture) -> None:
    """After five wrong passwords 429 and from when on it goes again, even with the right one; no log names what was
    typed."""
    client = app.test_client()
    form = {"account": person, "password": MARKER, "csrf_token": token_of(client)}
    assert [client.post("/anmelden", data=form).status_code for _attempt in range(5)] == [422] * 5
    refused = client.post("/anmelden", data={**form, "password": PASSWORD})
    assert refused.status_code == 429
    assert "Zu viele Fehlversuche" in refused.text
    assert "Uhr" in refused.text
    assert MARKER not in refused.text
    assert MARKER not in "".join(JsonLines().format(record) for record in caplog.records)
    assert not is_logged_in(client)


HERE = ("/konto", "/bilanzen?stichtag=2029-12-31", "/konto?next=//example.org")
ELSEWHERE = (
    *("//example.org", "/\\example.org", "\\\\example.org", "https://example.org", "http:example.org", "example.org"),
    *(
        "javascript:alert(1)",
        "/\t/example.org",
        "\t//example.org",
        "/\n/example.org",
        " //example.org",
        "///example.org",
    ),
    *("https:/\\example.org", "//example.org@localhost", "data:text/html,x", "//[::1", ""),
)


def test_login_leads_on_to_this_house_only(
    app: Flask, quick_house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`next` and `back` name a page of this application or are forgotten."""
    monkeypatch.setattr(type(quick_house.access), "login", lambda *_given: True)
    for wanted in HERE:
        client = app.test_client()
        assert client.post("/anmelden", query_string={"next": wanted}, data=_login(client)).location == wanted
    for wanted in ELSEWHERE:
        client = app.test_client()
        answer = client.post("/anmelden", query_string={"next": wanted}, data=_login(client))
        assert answer.location == "/uebersicht", wanted
        assert client.get("/sprache/en", query_string={"back": wanted}).location == "/", wanted


def _login(client: FlaskClient) -> dict[str, str]:
    return {"account": "lead", "password": PASSWORD, "csrf_token": token_of(client)}


# --- forms --------------------------------------------------------------------------------------------


def test_nothing_is_posted_without_the_token_of_the_page(app: Flask, quick_house: SmallHouse) -> None:
    """On every page that takes a form: 400 without a token, with a made-up one and with that of another session."""
    client, other = app.test_client(), app.test_client()
    for one in (client, other):
        quick_house.log_in(one, "lead")
    foreign, own = token_of(other, "/konto"), token_of(client, "/konto")
    assert foreign != own
    wrong = []
    found = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()) and rule.endpoint not in API]
    found = [rule for rule in found if not rule.rule.startswith("/api/")]
    assert len(found) > 20
    for rule in found:
        probe = next(one for one in of_rule(quick_house, "lead", rule) if one.method == "POST")
        for data in ({}, {"csrf_token": "made-up"}, {"csrf_token": foreign}):
            answer = client.post(probe.address, data=data)
            if answer.status_code != 400 or "Formular ist zu alt" not in answer.text:
                wrong.append((probe, data, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert is_logged_in(client)
    assert client.post("/teilnehmende/suche", data={"csrf_token": own, "q": "x"}).status_code == 302
