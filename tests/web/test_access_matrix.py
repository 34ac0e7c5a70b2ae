"""Who may do what, for every route there is, every role and every kind of object: nothing more, nothing less.

The routes come from the application, what is expected of them from a table of the tests (`declared_routes`).
"""

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from declared_routes import (
    API,
    BESIDE,
    EVERY_ACCOUNT,
    LETTERS,
    NOT_THERE,
    OWN_ONLY,
    PAGES,
    PUBLIC,
    QUERIES,
    UNLIMITED,
)
from small_house import NOW, ROLES, SmallHouse
from werkzeug.routing import Rule

from web.access import allowed
from web.app import create_app

NOBODY = "nobody"
DONE = {200, 201, 202, 204, 302, 303, 304, 400, 409, 412, 415, 422, 428}
"""What the route itself answers, be it that something is missing in what these tests send."""


class Probe(NamedTuple):
    """A route and method, and the address with values that are there."""

    endpoint: str
    method: str
    address: str


def test_every_route_is_in_the_table(quick_house: SmallHouse) -> None:
    """A route nobody declared for these tests, or one that is gone, fails here."""
    assert {rule.endpoint for rule in quick_house.app.url_map.iter_rules()} == {*PAGES, *API}


def test_route_without_a_rule_stops_the_application(quick_house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not start with a door nobody thought of."""
    monkeypatch.setattr("web.app.pages.register", lambda app: app.add_url_rule("/open", "open", lambda: ""))
    with pytest.raises(RuntimeError, match="open"):
        create_app(quick_house.settings)
    view = allowed()(lambda: "")
    monkeypatch.setattr("web.app.pages.register", lambda app: app.add_url_rule("/closed", "closed", view))
    create_app(quick_house.settings)


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
def test_pages_are_for_whom_the_table_says(quick_house: SmallHouse, role: str) -> None:
    """Everybody else is sent to the login, or told so (403)."""
    wrong = []
    client = quick_house.client("" if role == NOBODY else role)
    for probe in probes(quick_house, role, PAGES):
        answer = client.open(probe.address, method=probe.method)
        expected = expected_of(role, PAGES[probe.endpoint])
        if found_of(answer, probe, role) != expected and not (expected == "done" and probe.endpoint in BESIDE):
            wrong.append((probe, answer.status_code, answer.location, expected))
        answer.close()
        if probe.endpoint == "account.logout" and role != NOBODY:
            quick_house.log_in(client, role)
    assert not wrong, "\n".join(map(str, wrong))


def found_of(answer: Any, probe: Probe, role: str) -> str:
    """What an answer comes to: done, login, forbidden, or what it is."""
    if (
        answer.status_code == 302
        and (answer.location or "").startswith("/anmelden")
        and probe.endpoint != "account.start"
    ):
        return "done" if probe.endpoint == "account.logout" else "login"
    if answer.status_code == 404 and ({probe.endpoint} & (NOT_THERE | OWN_ONLY) or (role, probe.endpoint) in UNLIMITED):
        return "done"
    return {401: "login", 403: "forbidden"}.get(answer.status_code, "done" if answer.status_code in DONE else "other")


def declared(endpoint: str) -> str:
    return API[endpoint][0] if endpoint in API else PAGES[endpoint]


def expected_of(role: str, letters: str) -> str:
    if letters == PUBLIC:
        return "done"
    if role == NOBODY:
        return "login"
    return "done" if letters == EVERY_ACCOUNT or LETTERS[role] in letters else "forbidden"


# --- the interface ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_interface_is_for_whom_the_table_says(quick_house: SmallHouse, role: str) -> None:
    """With a token of the scope: 403 for other roles."""
    wrong = []
    client = quick_house.client()
    every = quick_house.headers(role, "read", "write", "publish", "admin")
    for probe in probes(quick_house, role, API):
        answer = client.open(probe.address, method=probe.method, headers=every, **body_of(probe))
        expected = expected_of(role, API[probe.endpoint][0])
        if found_of(answer, probe, role) != expected and not (expected == "done" and probe.endpoint in BESIDE):
            wrong.append((probe, answer.status_code, answer.text[:200], expected))
    assert not wrong, "\n".join(map(str, wrong))


def test_interface_wants_a_token_with_the_scope(quick_house: SmallHouse) -> None:
    """None, a wrong one, a session of the pages: 401; a token without the scope: 403, whoever's it is."""
    wrong = []
    client = quick_house.client()
    tokens: dict[str, dict[str, str]] = {}
    for scope in ("read", "write", "publish", "admin"):
        others = [one for one in ("read", "write", "publish", "admin") if one != scope]
        tokens |= {f"{role} without {scope}": quick_house.headers(role, *others) for role in ROLES}
    for probe in probes(quick_house, "lead", API):
        letters, scope = API[probe.endpoint]
        if letters == PUBLIC:
            continue
        role = next(role for role in ROLES if expected_of(role, letters) == "done")
        quick_house.log_in(client, role)
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wdg_wrong"}, 401),
            (tokens[f"{role} without {scope}"], 403),
        ):
            answer = client.open(probe.address, method=probe.method, headers=headers, **body_of(probe))
            if answer.status_code != status or answer.content_type != "application/problem+json":
                wrong.append((probe, headers and status, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def body_of(probe: Probe) -> dict[str, Any]:
    return {} if probe.method == "GET" else {"json": {}}


# --- objects ------------------------------------------------------------------------------------------


SEES = {"coach": ("own",), "lead": ("own", "foreign"), "auditor": ("own", "foreign")}
"""Of the three journeys."""
BODIES = {
    "api_journeys.enter_appointment_missed": {"on": "2029-02-01", "excused": True},
    "api_journeys.withdraw_entry": {"why": "x"},
}
"""What is complete, so that nothing is missing before the journey is looked for."""


def journeys_of(house: SmallHouse, role: str) -> dict[str, str]:
    return {name: house.reference(role, getattr(house, name)) for name in ("own", "foreign", "elsewhere")}


@pytest.mark.parametrize("role", SEES)
def test_foreign_journey_is_answered_like_none(
    either_house: SmallHouse, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On every route about a journey the answer is that of an id that is none, never 403; the log has a line."""
    house, client = either_house, either_house.client(role)
    token = house.headers(role, "read", "write", "publish", "admin")
    wrong, looked_at = [], 0
    for rule in house.app.url_map.iter_rules():
        argument = {"reference", "journey"} & rule.arguments
        if not argument or expected_of(role, declared(rule.endpoint)) != "done":
            continue
        for name, reference in {**journeys_of(house, role), "none": str(uuid4())}.items():
            for probe in of_rule(house, role, rule, **{min(argument): reference}):
                caplog.clear()
                answer = client.open(probe.address, method=probe.method, **sent(probe, token))
                logged = [line for line in caplog.records if line.getMessage() == "foreign journey"]
                looked_at += 1
                if name in SEES[role]:
                    good = answer.status_code in DONE and not logged
                else:
                    good = answer.status_code == 404 or (answer.status_code == 422 and probe.endpoint not in BODIES)
                    good = good and (
                        bool(logged) or answer.status_code == 422 or (name == "none" and role == "auditor")
                    )
                    good = good and all(line.account == role for line in logged)
                if not good:
                    wrong.append((name, probe, answer.status_code, logged))
    assert not wrong, "\n".join(map(str, wrong))
    assert looked_at > 8
    texts = [client.get(f"/teilnehmende/{one}").text for one in (str(uuid4()), journeys_of(house, role)["elsewhere"])]
    assert len({len(text) for text in texts}) == 1


def sent(probe: Probe, token: dict[str, str]) -> dict[str, Any]:
    """What goes with a request: to the interface a token and a body, to a page an empty form."""
    if probe.endpoint not in API:
        return {}
    return {"headers": token} | ({} if probe.method == "GET" else {"json": BODIES.get(probe.endpoint, {})})


def test_auditor_finds_nothing_by_the_id_of_a_journey(either_house: SmallHouse) -> None:
    """Pseudonyms only: the id the staff sees is answered like none."""
    client = either_house.client("auditor")
    assert client.get(f"/teilnehmende/{either_house.own}").status_code == 404
    assert str(either_house.own) not in client.get("/teilnehmende").text


@pytest.mark.parametrize("role", ["coach", "lead", "controlling", "auditor"])
def test_foreign_programme_is_answered_like_none(
    either_house: SmallHouse, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the address and in the query: 404, like a programme that is not there."""
    house, client = either_house, either_house.client(role)
    token = house.headers(role, "read", "write", "publish", "admin")
    wrong = []
    for probe in probes(house, role, {**PAGES, **API}):
        if expected_of(role, declared(probe.endpoint)) != "done" or house.programme not in probe.address:
            continue
        for key in (house.other, "none"):
            answer = client.open(probe.address.replace(house.programme, key), method=probe.method, **sent(probe, token))
            if answer.status_code != 404 and not (answer.status_code == 422 and probe.method == "POST"):
                wrong.append((probe, key, answer.status_code))
    for address in ("/uebersicht", "/bilanzen"):
        caplog.clear()
        statuses = [client.get(f"{address}?programme={key}").status_code for key in (house.other, "none")]
        assert statuses == [404, 404]
        assert "foreign programme" in caplog.messages
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["coach", "lead", "auditor"])
def test_foreign_entry_is_answered_like_none(either_house: SmallHouse, role: str) -> None:
    """An entry of the ledger is as visible as the journey it is about."""
    house, client = either_house, either_house.client(role)
    for name in ("own", "foreign", "elsewhere"):
        position = house.positions[name]
        status = 200 if name in SEES[role] else 404
        for part in ("", "/nachweis", "/zeile"):
            assert client.get(f"/pruefung/eintrag/{position}{part}").status_code == status, (name, part)


def test_lead_asks_for_persons_of_the_own_programme_only(either_house: SmallHouse) -> None:
    """Of another's 404, in what the lead may ask of the data protection officer."""
    client = either_house.client("lead")
    assert client.get(f"/verwaltung/datenschutz/person/{either_house.persons['own']}").status_code == 200
    assert client.get(f"/verwaltung/datenschutz/person/{either_house.persons['elsewhere']}").status_code == 404


# --- addresses ----------------------------------------------------------------------------------------


def probes(house: SmallHouse, role: str, table: Any) -> Iterator[Probe]:
    """Every route of a table with every method of its own."""
    for rule in sorted(house.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint in table:
            yield from of_rule(house, role, rule)


def of_rule(house: SmallHouse, role: str, rule: Rule, **given: str) -> Iterator[Probe]:
    """The methods of a route; `given` replaces values of its address."""
    values: dict[str, Any] = {
        "reference": house.reference(role, house.own),
        "programme": house.programme,
        "key": house.programme,
        "number": house.number,
        "entry": 3,
        "step": "coaching_session_held",
        "position": house.positions["own"],
        "participant": house.persons["spare"],
        "size": house.size,
        "code": "spare" if rule.endpoint.startswith("administration.") else "participants_enrolled",
        "role": "coach",
        "token": house.spare_token,
        "month": f"{NOW:%Y-%m}",
        "language": "de",
        "filename": "werdegang.css",
        "name": {"overview.chart": "funnel", "help.page": "coach"}.get(rule.endpoint, "none"),
        "batch": str(uuid4()),
        "account": "spare",
        "journey": house.reference(role, house.own),
    }
    values |= given
    with house.app.test_request_context():
        address = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
    assert address is not None, rule
    query = QUERIES.get(rule.endpoint, "").format(programme=house.programme)
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield Probe(rule.endpoint, method, f"{address[1]}?{query}" if query else address[1])


@pytest.fixture(autouse=True)
def _forms_without_token(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> None:
    """Whose page a form is from is another question, and is asked first (`test_sessions`)."""
    caplog.set_level(logging.INFO, "werdegang.access")
    for name in ("quick_house", "either_house"):
        if name in request.fixturenames:
            request.getfixturevalue(name).app.config["WTF_CSRF_ENABLED"] = False
