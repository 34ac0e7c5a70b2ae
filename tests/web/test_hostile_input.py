"""Whatever somebody types into a field or an address: a clear answer, never an error, and never markup of theirs.

Which fields there are comes from the schemas of the steps and from what every page really reads of a request.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from declared_routes import BESIDE, PAGES
from flask import Flask, Request, request
from flask.testing import FlaskClient
from small_house import NOW, SmallHouse
from steps import EVERY_STEP_BUT_THE_EXIT
from test_access_matrix import expected_of, of_rule
from werkzeug.datastructures import ImmutableMultiDict

from domain.facts import STEP_BY_NAME, Step, step_name
from web.access import public
from web.app import create_app
from web.schemas import step_schema

SURROGATE = "SURROGATE"
INJECTED = "X-Injected"
HOSTILE = {
    "markup": "\"'><script>alert(4711)</script>",
    "attribute": '" autofocus onfocus=alert(4711) x="',
    "template": "{{7*4711}}{%raw%}",
    "statement": "'; DROP TABLE accounts; --",
    "zero byte": "a\x00b",
    "header": f"a\r\n{INJECTED}: 1",
    "right to left": "\u202e4711\u2066",
    "surrogate": SURROGATE,
    "long number": "9" * 400,
    "no day": "9999-99-99",
    "negative": "-1",
    "foreign digits": "٢٠٢٩-٠١-٠١",
    "digits that are none": "²",
    "not a number": "NaN",
    "path": "../../../../etc/passwd",
}
LONG = {"long": "x" * 100_000}
SHARP = ("markup", "surrogate", "long number", "digits that are none")
"""The sharpest of them, for where there is much to try."""
TYPED = {"on": "2029-04-02"}


class Recording(ImmutableMultiDict[str, str]):
    """Notes which names a page asks for."""

    names: set[str] = set()  # noqa: RUF012 -- of all

    def __getitem__(self, key: str) -> Any:
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default, type)

    def getlist(self, key: str, type: Any = None) -> Any:
        self.names.add(key)
        return super().getlist(key, type)


class RecordingRequest(Request):
    """A request whose arguments and fields note what is asked for."""

    parameter_storage_class = Recording


def planted() -> str:
    return f"<p>{request.args['q']}</p>"


@pytest.fixture(scope="module")
def app(quick_house: SmallHouse) -> Iterator[Flask]:
    app = create_app(quick_house.settings, lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    app.request_class = RecordingRequest
    app.add_url_rule("/planted", "planted", public(planted))
    yield app
    app.extensions["werdegang"].close()


@pytest.fixture(scope="module")
def client(app: Flask, quick_house: SmallHouse) -> FlaskClient:
    client = app.test_client()
    quick_house.log_in(client, "lead")
    return client


def encoded(fields: dict[str, str]) -> str:
    """As a browser sends it, half a character as it is."""
    return urlencode(fields).replace(SURROGATE, "%ED%A0%80")


def posted(client: FlaskClient, address: str, fields: dict[str, str]) -> Any:
    return client.post(address, data=encoded(fields), content_type="application/x-www-form-urlencoded")


def wrong_with(answer: Any) -> str | None:
    """What is wrong with an answer to something hostile."""
    text = answer.get_data(as_text=True)
    found = None
    if answer.status_code >= 500:
        found = f"status {answer.status_code}"
    elif INJECTED in answer.headers:
        found = "header injected"
    elif answer.mimetype == "text/html":
        signs = ("<script>alert", '" autofocus onfocus', str(7 * 4711), "Traceback", "\x00")
        found = next((sign for sign in signs if sign in text), None)
    answer.close()
    return found


def test_scanner_notices_a_value_that_is_not_escaped(client: FlaskClient) -> None:
    """The positive control: a page that puts what it is given into its markup."""
    found = {
        name: wrong_with(client.get(f"/planted?{encoded({'q': HOSTILE[name]})}")) for name in ("markup", "attribute")
    }
    assert found == {"markup": "<script>alert", "attribute": '" autofocus onfocus'}


def test_what_addresses_and_forms_say_is_never_an_error(
    app: Flask, client: FlaskClient, quick_house: SmallHouse
) -> None:
    """Every argument and field that a page of the lead reads, one at a time."""
    wrong, asked = [], []
    seen: dict[tuple[str, str], int] = {}
    for rule in app.url_map.iter_rules():
        if (
            rule.endpoint not in PAGES
            or rule.endpoint in {*BESIDE, "account.logout"}
            or expected_of("lead", PAGES[rule.endpoint]) != "done"
        ):
            continue
        for probe in of_rule(quick_house, "lead", rule):
            Recording.names.clear()
            client.open(probe.address, method=probe.method).close()
            for name in sorted(Recording.names):
                seen[(probe.method, name)] = seen.get((probe.method, name), 0) + 1
                if seen[(probe.method, name)] == 1:
                    asked.append((probe, name))
    assert len(asked) > 60
    for probe, name in asked:
        for kind, value in ((kind, HOSTILE[kind]) for kind in SHARP):
            if probe.method == "GET":
                answer = client.get(f"{probe.address.partition('?')[0]}?{encoded({name: value})}")
            else:
                answer = posted(client, probe.address, {name: value})
            if found := wrong_with(answer):
                wrong.append((probe, name, kind, found))
    assert not wrong, "\n".join(map(str, wrong))


def test_parts_of_addresses_are_never_an_error(app: Flask, client: FlaskClient, quick_house: SmallHouse) -> None:
    """Every part of an address that is a variable, a number beyond all stores included."""
    wrong = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PAGES or "GET" not in (rule.methods or ()):
            continue
        for argument in rule.arguments:
            probe = next(one for one in of_rule(quick_house, "lead", rule, **{argument: "4711"}))
            for kind, value in ((kind, HOSTILE[kind]) for kind in ("zero byte", *SHARP)):
                part = quote(value, safe="").replace(SURROGATE, "%ED%A0%80")
                answer = client.get(probe.address.replace("4711", part))
                if found := wrong_with(answer):
                    wrong.append((rule.rule, kind, found))
    assert not wrong, "\n".join(map(str, wrong))


STEPS = {step_name(step): step for step in (case.values[1] for case in EVERY_STEP_BUT_THE_EXIT)}


def typed(step: Step) -> dict[str, str]:
    """A step as somebody fills in its form."""
    values = {name: value for name, value in msgspec.to_builtins(step).items() if name not in ("type", "happened_on")}
    told = {name: value for name, value in values.items() if value not in (None, [], ())}
    return TYPED | {name: "\n".join(one) if isinstance(one, list) else _written(one) for name, one in told.items()}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("kind", STEPS)
def test_fields_of_a_step_are_never_an_error(client: FlaskClient, quick_house: SmallHouse, kind: str) -> None:
    """All at once, then every text with all else in order: refused or stored, and then shown as the text it is."""
    address = f"/teilnehmende/{quick_house.own}/neu/{kind}"
    fields = step_schema(STEP_BY_NAME[kind]).__dict__["_declared_fields"]
    wrong = []
    for name, value in (HOSTILE | LONG).items():
        answer = posted(client, address, dict.fromkeys(fields, value))
        if answer.status_code not in (400, 422) or (found := wrong_with(answer)):
            wrong.append(("all", name, answer.status_code, found))
    for field, declared in fields.items():
        if declared.metadata["wanted"].kind is not str:
            continue
        for name, value in (HOSTILE | LONG).items():
            answer = posted(client, address, typed(STEPS[kind]) | {field: value})
            if answer.status_code not in (302, 400, 422) or (found := wrong_with(answer)):
                wrong.append((field, name, answer.status_code, found))
    if found := wrong_with(client.get(f"/teilnehmende/{quick_house.own}")):
        wrong.append(("journey", found))
    assert not wrong, "\n".join(map(str, wrong))


ENROLMENT = {
    "on": "2029-02-01",
    "gender": "female",
    "age": "30",
    "migration_background": "false",
    "single_parent": "true",
    "municipality": "Raunheim",
    "benefit_months": "24",
    "education": "isced_0_2",
}
FEW = {kind: HOSTILE[kind] for kind in ("markup", "attribute", "zero byte", "surrogate")}
TEXTS = ("name", "birth_date", "customer_number", "contact", "note", "municipality", "override_reason")


def test_fields_of_an_enrolment_are_never_an_error(client: FlaskClient, quick_house: SmallHouse) -> None:
    """Every text of it; who is enrolled under a hostile name is listed, found and shown by it, escaped."""
    wrong, stored = [], set[str]()
    for number, field in enumerate(TEXTS):
        for kind, value in {**(HOSTILE if field == "name" else FEW), **LONG}.items():
            form = ENROLMENT | {field: value, "request_id": f"{number}-{kind}", "confirmed": "yes", "coach": "C1"}
            answer = posted(client, f"/teilnehmende/aufnahme?programme={quick_house.programme}", form)
            if answer.status_code == 302:
                stored.add(f"{field} {kind}")
            if answer.status_code not in (302, 400, 422) or (found := wrong_with(answer)):
                wrong.append((field, kind, answer.status_code, found))
    assert {"name markup", "name template", "note attribute"} <= stored
    assert not {"name long", "name zero byte", "birth_date markup"} & stored
    for value in HOSTILE.values():
        answer = posted(client, "/teilnehmende/suche", {"q": value})
        if found := wrong_with(client.get(answer.location) if answer.location else answer):
            wrong.append((value, found))
    for address in ("/teilnehmende", f"/uebersicht?programme={quick_house.programme}"):
        if found := wrong_with(client.get(address)):
            wrong.append((address, found))
    assert "&lt;script&gt;alert" in client.get("/teilnehmende?sort=enrolled&stichtag=2029-02-02").text
    assert not wrong, "\n".join(map(str, wrong))


def test_correction_and_withdrawal_take_no_hostile_reason(client: FlaskClient, quick_house: SmallHouse) -> None:
    """The reason is a text like others, previewed and stored."""
    wrong = []
    for path in ("berichtigen", "stornieren"):
        address = f"/teilnehmende/{quick_house.foreign}/eintrag/3/{path}"
        for kind, value in (HOSTILE | LONG).items():
            form = {"on": "2029-01-11", "minutes": "60", "why": value, "preview": "1"}
            if found := wrong_with(posted(client, address, form)):
                wrong.append((path, kind, found))
    assert not wrong, "\n".join(map(str, wrong))
