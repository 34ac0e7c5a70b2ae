"""Single sign-on: who the provider vouches for gets in, and nobody with an answer that is not for here and now."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from provider import CLIENT, SECRET, Provider, serving
from small_house import COOKIE, NOW, SmallHouse, close_account, open_account

from domain.errors import NotReady
from projections.settings import read_settings
from projections.stores import open_stores
from web.app import create_app

BEGIN, RETURN = "/anmelden/hauskonto", "/anmelden/hauskonto/zurueck"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture(scope="module")
def app(quick_house: SmallHouse, running: Provider) -> Iterator[Flask]:
    """An application with this provider, which knows the controlling account as subject-1."""
    quick_house.access.link_subject("controlling", running.issuer, "subject-1")
    settings = msgspec.structs.replace(
        quick_house.settings,
        public_url="http://localhost",
        oidc_issuer=running.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    app = create_app(settings, lambda: NOW)
    yield app
    app.extensions["werdegang"].close()


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider, honest again; its application asks it anew who it is."""
    running.claims, running.metadata, running.signed_with = {}, {}, "key"
    return running


@pytest.fixture
def client(app: Flask, provider: Provider) -> FlaskClient:
    """A browser of its own, at an application that does not know the provider yet."""
    app.extensions["werdegang.single_sign_on"].server_metadata.clear()
    return app.test_client()


def come_back(client: FlaskClient, provider: Provider, **claims: Any) -> Any:
    """Over to the provider, logged in there, and back."""
    provider.claims = claims
    code, state = provider.code_for(client.get(BEGIN).location)
    return client.get(RETURN, query_string={"code": code, "state": state})


def is_logged_in(client: FlaskClient) -> bool:
    return client.get("/konto").status_code == 200


def test_who_the_provider_vouches_for_is_logged_in(client: FlaskClient, provider: Provider) -> None:
    """With a new token, in the language chosen before, on the page that was asked for."""
    client.get("/sprache/en")
    before = client.get_cookie(COOKIE)
    page = client.get("/anmelden?next=/konto").text
    assert f'href="{BEGIN}?next=/konto"' in page
    there = client.get(f"{BEGIN}?next=/konto")
    asked = parse_qs(urlsplit(there.location).query)
    assert asked["redirect_uri"] == [f"http://localhost{RETURN}"]
    assert asked["scope"] == ["openid"]
    code, state = provider.code_for(there.location)
    back = client.get(RETURN, query_string={"code": code, "state": state})
    assert (back.status_code, back.location) == (302, "/konto")
    account = client.get("/konto")
    assert 'lang="en"' in account.text
    assert "controlling" in account.text
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    client.set_cookie(COOKIE, before.value)
    assert not is_logged_in(client)


HOUR_AGO = int(time.time()) - 3600
WRONG: dict[str, dict[str, Any]] = {
    "for another application, which names ours as azp": {"aud": "another", "azp": CLIENT},
    "for another application too": {"aud": [CLIENT, "another"], "azp": CLIENT},
    "for nobody": {"aud": None},
    "of another provider": {"iss": "http://127.0.0.1:1"},
    "of another login": {"nonce": "another"},
    "of no login": {"nonce": None},
    "too old": {"iat": HOUR_AGO, "exp": HOUR_AGO + 60},
    "of no end": {"exp": None},
    "of no subject": {"sub": None},
    "of an empty subject": {"sub": ""},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_token_that_is_not_for_here_and_now_is_refused(
    client: FlaskClient, provider: Provider, claims: dict[str, Any]
) -> None:
    """Issuer, audience, nonce, time and subject are looked at, also where the library would let it pass."""
    back = come_back(client, provider, **claims)
    assert back.status_code == 422
    assert "bitte neu beginnen" in back.text
    assert not is_logged_in(client)


@pytest.mark.parametrize("signed_with", ["nothing", "secret", "foreign key"])
def test_token_the_provider_did_not_sign_is_refused(client: FlaskClient, provider: Provider, signed_with: str) -> None:
    """Not signed at all, with the secret this application knows too, with another key; also where it says it may."""
    provider.signed_with = signed_with
    assert come_back(client, provider).status_code == 422
    assert not is_logged_in(client)


def test_answer_is_good_once_and_for_who_asked(client: FlaskClient, provider: Provider) -> None:
    """A state or code used before, one begun in another browser, one replaced by a later beginning, none at all."""
    code, state = provider.code_for(client.get(BEGIN).location)
    stranger = client.application.test_client()
    answer = {"code": code, "state": state}
    assert stranger.get(RETURN, query_string=answer).status_code == 422
    second = client.get(BEGIN)
    assert client.get(RETURN, query_string=answer).status_code == 422
    answer = dict(zip(("code", "state"), provider.code_for(second.location), strict=True))
    assert client.get(RETURN, query_string=answer).status_code == 302
    assert client.get(RETURN, query_string=answer).status_code == 422
    _code, state = provider.code_for(stranger.get(BEGIN).location)
    assert stranger.get(RETURN, query_string={**answer, "state": state}).status_code == 422
    for refused in ({}, {"state": state}, {"code": "x"}, {"error": "access_denied", "state": state}):
        assert stranger.get(RETURN, query_string=refused).status_code == 422
    assert not is_logged_in(stranger)


def test_who_has_no_open_account_here_is_told_so(
    client: FlaskClient, provider: Provider, quick_house: SmallHouse
) -> None:
    """An unknown subject, and one of an account without any role any more: 403, and nobody is logged in."""
    answers = [come_back(client, provider, sub="subject-2")]
    with open_stores(quick_house.settings) as stores:
        open_account(stores, "closed")
        stores.access.link_subject("closed", provider.issuer, "subject-3")
        close_account(stores, "closed")
    answers.append(come_back(client, provider, sub="subject-3"))
    for answer in answers:
        assert answer.status_code == 403
        assert "kein offenes Konto" in answer.text
        assert "subject-" not in answer.text
    assert not is_logged_in(client)


def test_provider_has_to_be_the_one_of_the_settings(client: FlaskClient, provider: Provider) -> None:
    """What names itself otherwise or sends people off without TLS is refused; put right, it works without a restart."""
    for lie in ({"issuer": "http://127.0.0.1:1"}, {"token_endpoint": "http://login.example.org/token"}):
        provider.metadata = lie
        assert client.get(BEGIN).status_code == 422
    provider.metadata = {}
    assert come_back(client, provider).status_code == 302


def test_without_a_provider_there_is_no_button(quick_house: SmallHouse) -> None:
    """Nor the way there; and one that does not answer is told from one that refuses."""
    client = quick_house.client()
    assert "hauskonto" not in client.get("/anmelden").text
    assert {client.get(address).status_code for address in (BEGIN, RETURN)} == {404}
    nobody = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x", "oidc_client_secret": "y"}
    settings = msgspec.structs.replace(quick_house.settings, public_url="http://localhost", **nobody)
    app = create_app(settings, lambda: NOW)
    answer = app.test_client().get(BEGIN)
    app.extensions["werdegang"].close()
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text


GOOD = {
    "WERDEGANG_OIDC_ISSUER": "https://login.example.org/realm",
    "WERDEGANG_OIDC_CLIENT_ID": "werdegang",
    "WERDEGANG_OIDC_CLIENT_SECRET": "secret",
    "WERDEGANG_PUBLIC_URL": "https://werdegang.example.org",
}


def test_settings_of_single_sign_on_are_all_or_none() -> None:
    """One left out is refused, and so is a provider without TLS."""
    assert read_settings(GOOD).oidc_client_id == "werdegang"
    for name in GOOD:
        with pytest.raises(NotReady, match="WERDEGANG_OIDC"):
            read_settings({key: value for key, value in GOOD.items() if key != name})
    for address in ("http://login.example.org", "https://login.example.org?a=b", "login.example.org", "https://"):
        with pytest.raises(NotReady, match="WERDEGANG_OIDC_ISSUER"):
            read_settings({**GOOD, "WERDEGANG_OIDC_ISSUER": address})
