"""The interface on either store: a person's way through it, repeats and versions, whom what is answered, problems."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from api_client import ENROLMENT, PREFIX, Program, key
from small_house import SmallHouse, open_account

from domain.facts import STEP_BY_NAME, RoleGranted
from domain.terms import Role
from projections.stores import open_stores


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem an answer is."""
    assert (response.status_code, response.json["code"]) == (status, code), response.json
    assert response.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(response.json)
    assert response.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = response.json
    return found


def test_way_of_a_person(either_house: SmallHouse) -> None:
    """Enrolled, seen, placed, corrected after a preview, taken back: all but the preview shows in the figures."""
    coach, lead = Program(either_house, "coach"), Program(either_house, "lead")

    def placed() -> Any:
        shown = lead.get(f"/programmes/{either_house.programme}/balance?stichtag=2029-12-31")
        return shown.json["figures"]["placed_svp"]["value"]

    before = placed()
    personal = {"name": "Muster Probe", "customer_number": "K-1"}
    enrolled = coach.post("/journeys", ENROLMENT | personal | {"programme": either_house.programme})
    assert enrolled.status_code == 201, enrolled.json
    assert [one["kind"] for one in enrolled.json["entries"]][:2] == ["journey.enrolled", "journey.coach_assigned"]
    path = enrolled.headers["Location"].removeprefix(PREFIX)
    talk = {"on": "2029-02-10", "minutes": 45, "topics": ["application"], "note": "vertraulich"}
    assert coach.post(f"{path}/steps/coaching_session_held", talk).status_code == 201
    job = {"on": "2029-03-01", "ref": "job-1", "kind": "svp", "monthly_pay": "2100.50"}
    entry = coach.post(f"{path}/steps/placement_started", job).json["entries"][0]["entry"]
    assert placed() == before + 1
    corrected = job | {"on": "2030-02-01", "why": "falsches Jahr"}
    correction = f"{path}/entries/{entry}/corrections/placement_started"
    shown = coach.post(f"{correction}?preview=true", corrected)
    assert shown.status_code == 200
    assert shown.json["moved"]
    assert placed() == before + 1
    assert coach.post(correction, corrected).status_code == 201
    assert placed() == before
    again = coach.post(correction, corrected)
    assert (again.status_code, again.json["entries"]) == (200, [])
    assert coach.post(f"{path}/entries/{entry}/withdrawal", {"why": "Irrtum"}).status_code == 201
    told = coach.get(path)
    assert told.headers["ETag"] == f'"{told.json["version"]}"'
    assert [one["step"] for one in told.json["entries"]][-2:] == ["corrected", "withdrawn"]
    assert "vertraulich" not in told.text
    assert "vertraulich" in coach.get(f"{path}?texts=true").text
    found = coach.post("/journeys/search", {"text": "probe mus"}).json["journeys"]
    assert [one["stream"] for one in found] == [path.rpartition("/")[2]]
    assert coach.post("/journeys/search", {"text": "K-1"}).json["journeys"] == found


def test_repeats_and_versions(either_house: SmallHouse) -> None:
    """A key answers the same twice and never something else; a past version is refused, and nothing is stored."""
    coach = Program(either_house, "coach")
    path = coach.enrol(either_house)
    talk = {"on": "2029-05-02", "minutes": 30}
    version = coach.get(path).headers["ETag"]
    named = key()
    first, second = (
        coach.post(f"{path}/steps/coaching_session_held", talk, Idempotency_Key=named, If_Match=version)
        for _time in range(2)
    )
    assert (first.status_code, first.data, first.headers["ETag"]) == (201, second.data, second.headers["ETag"])
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    other = coach.post(f"{path}/steps/coaching_session_held", talk | {"minutes": 31}, Idempotency_Key=named)
    problem(other, 422, "request_reused")
    stale = coach.post(f"{path}/steps/coaching_session_held", talk | {"minutes": 32}, If_Match=version)
    problem(stale, 412, "stale")
    assert coach.get(path).headers["ETag"] == first.headers["ETag"]
    problem(coach.post(f"{path}/steps/coaching_session_held", talk, If_Match="x"), 422, "bad_value")
    problem(coach.post(f"{path}/steps/coaching_session_held", talk, Idempotency_Key="x" * 201), 422, "bad_value")
    enrolment = ENROLMENT | {"programme": either_house.programme}
    named = key()
    places = {coach.post("/journeys", enrolment, Idempotency_Key=named).headers["Location"] for _time in range(2)}
    assert len(places) == 1
    problem(coach.post("/journeys", enrolment | {"age": 31}, Idempotency_Key=named), 422, "request_reused")


def test_foreign_cases_do_not_exist(either_house: SmallHouse, caplog: pytest.LogCaptureFixture) -> None:
    """A foreign journey is answered like one that is not there, for reading and writing, and is logged."""
    coach = Program(either_house, "coach")
    for journey in (either_house.foreign, either_house.elsewhere, uuid4()):
        caplog.clear()
        answers = [
            coach.get(f"/journeys/{journey}"),
            coach.get(f"/journeys/{journey}/regimes"),
            coach.post(f"/journeys/{journey}/steps/exited", {"on": "2029-06-01", "reason": "moved_away"}),
            coach.post(f"/journeys/{journey}/entries/1/withdrawal", {"why": "x"}),
            coach.post(f"/journeys/{journey}/entries/1/dispute"),
        ]
        for response in answers:
            problem(response, 404, "unknown_journey")
        assert [record.message for record in caplog.records if record.name == "werdegang.access"] == 5 * [
            "foreign journey"
        ]
    listed = {one["journey"]["stream"] for one in coach.get("/journeys?limit=500").json["journeys"]}
    assert str(either_house.own) in listed
    assert not {str(either_house.foreign), str(either_house.elsewhere)} & listed
    early = f"/journeys/{either_house.own}/entries/1/dispute?datenstand=1"
    problem(coach.post(early), 422, "in_the_past")


def test_auditors_see_pseudonyms_only(either_house: SmallHouse) -> None:
    """No id of a person or journey reaches an auditor, whatever is asked; the pseudonyms lead to the same answers."""
    auditor, model = Program(either_house, "auditor"), open_stores(either_house.settings)
    with model as stores:
        ids = {
            text
            for row in stores.read_model.query("SELECT e.stream, e.participant FROM enrolments e", {})
            for text in row
        }
    own = either_house.reference("auditor", either_house.own)
    programme = f"/programmes/{either_house.programme}"
    position = auditor.get(f"/journeys/{own}").json["entries"][0]["position"]
    paths = [
        *("/journeys", "/attention", f"/journeys/{own}", f"/journeys/{own}?texts=true", f"/journeys/{own}/regimes"),
        *(f"/events?programme={either_house.programme}&limit=500", f"/events/{position}"),
        f"/events?programme={either_house.programme}&journey={own}",
        f"{programme}/figures/placed_svp/evidence?stichtag=2029-12-31",
        f"{programme}/differences?first=2029-02-01@{position + 3}&second=2029-12-31",
        f"{programme}/export?format=xes",
    ]
    for path in paths:
        answered = auditor.get(path)
        assert answered.status_code == 200, (path, answered.text)
        assert not [one for one in ids if one in answered.text], path
    assert own in auditor.get("/journeys?limit=500").text
    problem(auditor.get(f"/journeys/{either_house.own}"), 404, "unknown_journey")
    problem(auditor.post(f"/journeys/{own}/entries/1/dispute"), 403, "forbidden")


def test_tokens_and_scopes(either_house: SmallHouse) -> None:
    """A token does what its scope and the account's role allow, and no longer than it holds; a cookie does nothing."""
    reader = Program(either_house, "coach", "read")
    assert reader.get("/own").json["scopes"] == ["read"]
    said = problem(reader.post(f"/journeys/{either_house.own}/entries/1/dispute"), 403, "missing_scope")
    assert "write" in said["detail"]
    problem(reader.get("/accounts"), 403, "forbidden")
    admin = Program(either_house, "admin", "read", "admin")
    made = admin.post("/own/tokens", {"label": "one", "scopes": ["read"]})
    assert made.status_code == 201
    problem(admin.post("/own/tokens", {"label": "more", "scopes": ["write"]}), 403, "missing_scope")
    with_it = {"Authorization": f"Bearer {made.json['secret']}"}
    client = either_house.app.test_client()
    assert client.get(f"{PREFIX}/own", headers=with_it).status_code == 200
    assert admin.delete(f"/own/tokens/{made.json['id']}").status_code == 204
    for headers in (with_it, {}, {"Authorization": "Bearer wdg_x"}, {"Authorization": "Basic YTpi"}):
        refused = client.get(f"{PREFIX}/own", headers=headers)
        problem(refused, 401, "not_logged_in")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    problem(either_house.client("lead").get(f"{PREFIX}/own"), 401, "not_logged_in")


def test_problems(either_house: SmallHouse) -> None:
    """Every problem says what is wrong in the language asked for, and repeats nothing personal."""
    lead = Program(either_house, "lead")
    path = lead.enrol(either_house) + "/steps/coaching_session_held"
    wrong = lead.post(path, {"on": "2029-13-01", "minutes": True, "note": 7, "secret-4711": "x"}, Accept_Language="en")
    errors = problem(wrong, 422, "invalid_request")["errors"]
    assert set(errors) == {"on", "minutes", "note", "secret-4711"}
    german = lead.post(path, {"on": "2029-13-01", "minutes": True, "note": 7, "secret-4711": "x"}, Accept_Language="de")
    assert all(german.json["errors"][name] != messages for name, messages in errors.items())
    client, headers = either_house.app.test_client(), lead.headers
    broken = client.post(PREFIX + path, data="{", headers=headers, content_type="application/json")
    problem(broken, 400, "bad_json")
    problem(client.post(PREFIX + path, data="on=1", headers=headers), 415, "http_415")
    problem(client.put(PREFIX + path, headers=headers), 405, "http_405")
    late = problem(lead.post(path, {"on": "2031-01-01", "minutes": 5}), 422, "in_future")
    assert "Regel 5" in late["norm"]
    person = {"birth_date": "Geheim-4711", "name": "Geheim\u0007-4711", "contact": "Geheim-4711" * 400}
    hidden = lead.post("/journeys", ENROLMENT | person | {"programme": either_house.programme})
    assert hidden.status_code == 422
    assert "4711" not in hidden.text
    for path in (
        "/journeys?programme=%00",
        "/journeys?limit=1_0",
        "/journeys?after=x",
        "/status?x=1",
        "/journeys?datenstand=²",
    ):
        assert lead.get(path).status_code in (400, 404, 422), path


def test_pages_of_the_list(either_house: SmallHouse) -> None:
    """Following the cursor gives every journey once, and the number told."""
    lead, seen, path = Program(either_house, "lead"), [], "/journeys?limit=1&sort=session"
    while path:
        shown = lead.get(path)
        seen += [one["journey"]["stream"] for one in shown.json["journeys"]]
        link = shown.headers.get("Link", "")
        assert bool(link) == bool(shown.json["next"])
        path = link.partition(">")[0].removeprefix(f"<{PREFIX}")
    assert len(seen) == len(set(seen)) == shown.json["total"] == sum(shown.json["stages"].values())


def test_figures_and_editions(either_house: SmallHouse) -> None:
    """A balance is told once to who has it; the evidence adds up; an edition needs two accounts and reproduces."""
    lead, controlling = Program(either_house, "lead"), Program(either_house, "controlling")
    base = f"/programmes/{either_house.programme}"
    balance = lead.get(f"{base}/balance?stichtag=2029-12-31&by=gender")
    assert (
        lead.get(f"{base}/balance?stichtag=2029-12-31&by=gender", If_None_Match=balance.headers["ETag"]).status_code
        == 304
    )
    enrolled = balance.json["figures"]["participants_enrolled"]
    rows = lead.get(f"{base}/figures/participants_enrolled/evidence?stichtag=2029-12-31").json["rows"]
    women = lead.get(f"{base}/figures/participants_enrolled/evidence?stichtag=2029-12-31&trait=gender&value=female")
    assert (len(rows), len(women.json["rows"])) == (enrolled["value"], enrolled["by"]["gender"]["female"])
    problem(controlling.get(f"{base}/figures/participants_enrolled/evidence"), 403, "forbidden")
    assert lead.get(f"{base}/overview?stichtag=2029-12-31").json["funnel"]["participants_enrolled"] == enrolled["value"]
    named = key()
    made, again = (
        controlling.post(f"{base}/editions", {"stichtag": "2029-11-30"}, Idempotency_Key=named) for _time in range(2)
    )
    assert (made.status_code, made.data) == (201, again.data)
    edition = f"{base}/editions/{made.json['number']}"
    problem(controlling.post(f"{edition}/approval"), 422, "four_eyes")
    assert lead.post(f"{edition}/approval").json["state"] == "approved"
    assert lead.get(f"{edition}/reproduction").json == {"same": True, "differing": []}
    assert lead.post(f"{edition}/release").json["hidden"] > 0
    public = lead.get(f"{edition}/public").json
    cell = public["hidden"][0]
    shown = public["figures"][cell["figure"]]
    assert (shown["by"][cell["trait"]][cell["value"]] if cell["trait"] else shown["value"]) is None
    problem(lead.get(f"/programmes/{either_house.other}/balance"), 404, "unknown_programme")


def test_entries_and_proofs(either_house: SmallHouse) -> None:
    """Every entry that was stored is found again, with a proof; entries of other programmes are not there."""
    lead, coach = Program(either_house, "lead"), Program(either_house, "coach")
    path = coach.enrol(either_house)
    position = coach.post(f"{path}/entries/1/dispute").json["position"]
    found = lead.get(f"/events?programme={either_house.programme}&kind=journey.disputed").json["entries"]
    assert position in [one["position"] for one in found]
    assert lead.get(f"/events/{position}").json["entry"]["journey"] == path.rpartition("/")[2]
    proof = lead.get(f"/events/{position}/proof")
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")
    assert lead.get("/checkpoints/latest").json["note"] in proof.text
    with open_stores(either_house.settings) as stores:
        elsewhere = stores.journal.read(either_house.elsewhere)[0].position
    problem(lead.get(f"/events/{elsewhere}"), 404, "unknown_entry")
    problem(lead.get("/events"), 404, "unknown_programme")
    assert lead.get("/status").json["lag_entries"] == 0


def test_import_and_its_withdrawal(either_house: SmallHouse) -> None:
    """A dry run stores nothing, a file is stored once, refused rows name their field, a batch can be withdrawn."""
    lead, own = Program(either_house, "lead"), f"k-{uuid4()}"
    row = {"participant": own, "programme": either_house.programme, "step": "enrolled", **ENROLMENT}

    def send(*rows: dict[str, Any], **form: str) -> Any:
        content = "\n".join(json.dumps(one) for one in rows).encode()
        data = {"file": (io.BytesIO(content), "wege.jsonl"), **form}
        return either_house.app.test_client().post(f"{PREFIX}/imports", data=data, headers=lead.headers)

    tried = send(row, dry_run="true")
    assert (tried.status_code, tried.json["stored"], tried.json["position"]) == (200, 1, 0)
    stored = send(row)
    assert (stored.status_code, stored.json["stored"]) == (201, 1)
    assert send(row).json["unchanged"] == 1
    foreign = [row | {"programme": either_house.other}, row | {"recorded_by": "coach"}, row | {"age": "Geheim-4711"}]
    refused = send(*foreign)
    assert refused.json["nothing_stored"] is True
    assert [one["field"] for one in refused.json["refused"]] == ["programme", "recorded_by", "age"]
    problem(
        either_house.app.test_client().post(f"{PREFIX}/imports", data={"file": "x"}, headers=lead.headers),
        422,
        "invalid_request",
    )
    batch = f"/imports/{stored.json['batch']}/withdrawal"
    assert lead.post(batch, {"why": "falsche Datei"}).json["withdrawn"] == 1
    exported = lead.get(f"/programmes/{either_house.programme}/export?format=jsonl").text
    assert len(exported.splitlines()) > 3


def test_erasure_by_four_eyes(either_house: SmallHouse) -> None:
    """One asks, another approves, and what was sealed is gone; the figures stay."""
    lead, officer = Program(either_house, "lead"), Program(either_house, "data_protection")
    number = f"K-{uuid4()}"
    journey = lead.enrol(either_house, name="Muster Geheimwort", customer_number=number)
    person = officer.post("/participants/search", {"customer_number": number}).json["participant"]
    problem(lead.post("/participants/search", {"customer_number": number}), 403, "forbidden")
    assert officer.post(f"/participants/{person}/restriction", {"ground": "accuracy_contested"}).status_code == 201
    assert "Geheimwort" not in lead.get(f"{journey}?texts=true").text
    assert officer.post(f"/participants/{person}/restriction/lifting").status_code == 201
    assert "Geheimwort" in lead.get(f"{journey}?texts=true").text
    assert officer.post(f"/participants/{person}/erasure", {"ground": "objection"}).status_code == 201
    problem(officer.post(f"/participants/{person}/erasure/approval"), 422, "four_eyes")
    assert officer.post(f"/participants/{person}/erasure/refusal").json["erasure"] == "declined"
    assert lead.post(f"/participants/{person}/erasure", {"ground": "objection"}).status_code == 201
    assert officer.post(f"/participants/{person}/erasure/approval").json["erasure"] == "erased"
    assert "Geheimwort" not in lead.get(f"{journey}?texts=true").text
    assert person in {one["participant"] for one in officer.get("/erasures").json}
    month = officer.get("/reads").json[-1]["month"]
    assert person in {one["participant"] for one in officer.get(f"/reads/{month}?account=lead").json["rows"]}
    problem(officer.delete(f"/reads/{month}"), 422, "month_running")
    with open_stores(either_house.settings) as stores:
        elsewhere = stores.journal.read(either_house.elsewhere)[0].fact.participant
    problem(lead.post(f"/participants/{elsewhere}/erasure", {"ground": "objection"}), 404, "unknown_participant")


def test_accounts(either_house: SmallHouse) -> None:
    """An account is opened, gets a role and loses it, and its password is not changed by opening it again."""
    admin, code = Program(either_house, "admin"), f"neu-{uuid4().hex[:6]}"
    opened = admin.post("/accounts", {"account": code, "name": "Neu", "password": "ein langes Passwort 1"})
    assert (opened.status_code, opened.json["has_password"]) == (201, True)
    again = admin.post("/accounts", {"account": code, "password": "ein anderes Passwort 2"})
    assert again.status_code == 200
    with open_stores(either_house.settings) as stores:
        assert stores.access.login(code, "ein langes Passwort 1", "", either_house.app.extensions["werdegang"].now())
    granted = admin.post(f"/accounts/{code}/roles", {"role": "coach", "coach": "C9"})
    assert granted.json["roles"] == [{"role": "coach", "programme": None, "coach": "C9"}]
    problem(admin.post(f"/accounts/{code}/roles", {"role": "auditor"}), 422, "roles_apart")
    assert admin.post(f"/accounts/{code}/roles/revocation", {"role": "coach"}).json["roles"] == []
    problem(admin.post("/accounts/admin/roles", {"role": "lead"}), 422, "own_account")
    assert admin.post(f"/accounts/{code}/closing").json["closed"] is True


def test_programmes(either_house: SmallHouse) -> None:
    """A programme is opened by who reaches all, with a target group, and its coaches join."""
    admin, lead, key_of = Program(either_house, "admin"), Program(either_house, "lead"), f"p-{uuid4().hex[:6]}"
    opening = {
        "key": key_of, "title": "T", "funder": "F", "starts_on": "2029-01-01", "ends_on": "2031-12-31",
        "target_group": {"age_min": 25, "municipalities": ["Raunheim"]}, "targets": {"placed_svp": 3.0},
    }  # fmt: skip
    problem(lead.post("/programmes", opening), 403, "forbidden")
    problem(admin.post("/programmes", opening | {"targets": {"nothing": 1.0}}), 404, "unknown_figure")
    assert admin.post("/programmes", opening).status_code == 201
    assert admin.post("/programmes", opening).status_code == 200
    problem(admin.post("/programmes", opening | {"title": "U"}), 422, "programme_exists")
    with open_stores(either_house.settings) as stores:
        open_account(stores, f"lead-{key_of}", RoleGranted(role=Role.LEAD, programme=key_of))
    own = Program(either_house, f"lead-{key_of}")
    assert own.post(f"/programmes/{key_of}/coaches", {"coach": "C7"}).status_code == 201
    shown = own.get(f"/programmes/{key_of}").json
    assert (shown["coaches"], shown["target_group"]["age_min"], shown["targets"]) == (["C7"], 25, {"placed_svp": 3.0})
    assert [one["key"] for one in own.get("/programmes").json] == [key_of]
    assert own.post(f"/programmes/{key_of}/closing", {"last_day": "2030-06-01"}).status_code == 201
    problem(own.post(f"/programmes/{either_house.programme}/coaches", {"coach": "C7"}), 404, "unknown_programme")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The operations of a document."""
    for path, item in document["paths"].items():
        yield from ((path, method, item[method]) for method in ("get", "post", "delete") if method in item)


def test_document(either_house: SmallHouse) -> None:
    """Every route of the interface is in the document, with its scope and an id of its own; nothing dangles."""
    document = either_house.app.test_client().get(f"{PREFIX}/openapi.json").json
    assert document["openapi"] == "3.1.0"
    told = {(path, method.upper()) for path, method, _operation in operations(document)}
    served = {
        ("".join(f"{{{part}}}" if dynamic else part for dynamic, part in rule._trace).lstrip("|"), method)
        for rule in either_house.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert told == served
    assert len({operation["operationId"] for *_where, operation in operations(document)}) == len(told)
    for path, _method, operation in operations(document):
        assert operation["security"][0]["token"][0] in ("read", "write", "publish", "admin"), path
        assert {"401", "403", "422"} <= operation["responses"].keys()
    for name in STEP_BY_NAME.keys() - {"enrolled"}:
        assert f"{PREFIX}/journeys/{{journey}}/steps/{name}" in document["paths"]
    text = json.dumps(document)
    for reference in {part.partition('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        place: Any = document
        for name in reference.split("/"):
            place = place[name]
    assert "x-answer" not in text
    page = either_house.app.test_client().get(f"{PREFIX}/")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log of any test repeats what is personal."""
    with caplog.at_level(logging.INFO):
        yield
    assert "4711" not in caplog.text
