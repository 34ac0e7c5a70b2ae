"""Prüfung: the ledger under pseudonyms, one entry with its proof, replay, verification, bundles, time travel."""

import io
import json
import logging
import re
import threading
import zipfile
from datetime import date
from hashlib import sha256
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from small_house import NOW, SmallHouse, open_account

from domain import commands
from domain.facts import RoleGranted
from domain.journal import Request
from domain.terms import ErasureGround, Role
from domain.texts import _
from projections.balance import compute
from projections.catch_up import catch_up
from projections.ledger.notes import Checkpoint, EntryProof, Signer, split_note
from projections.ledger.tree import leaf_hash, verify_inclusion
from projections.stores import Stores
from web import jobs

STICHTAG = "2029-12-31"


@pytest.fixture(scope="module")
def house(either_house: SmallHouse, shared_stores: Stores) -> SmallHouse:
    """The tiny house, with an auditor of every programme (`examiner`) and two persons whose erasure is asked for."""
    open_account(shared_stores, "examiner", RoleGranted(role=Role.AUDITOR))
    for name in ("own", "elsewhere"):
        person = either_house.persons[name]
        shared_stores.journal.act(
            lambda streams, person=person: commands.request_erasure(streams, person, ErasureGround.OBJECTION),
            Request(id=uuid4(), by="asker", now=NOW, role=Role.LEAD),
        )
    catch_up(shared_stores.journal, shared_stores.read_model)
    return either_house


@pytest.fixture
def examiner(house: SmallHouse) -> FlaskClient:
    return house.client("examiner")


def rows(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """A table as JSON."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.data)


def sent(client: FlaskClient, page: str, address: str, **values: Any) -> Any:
    """What comes of posting a form that is on a page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token
    return client.post(address, data={"csrf_token": token[1], **values}, content_type="multipart/form-data")


def finished(kind: str) -> None:
    """Wait for a job to end."""
    for thread in threading.enumerate():
        if thread.name.startswith(f"job-{kind}"):
            thread.join(60)


# --- entries ----------------------------------------------------------------------------------------


def test_auditor_sees_pseudonyms_only(house: SmallHouse, examiner: FlaskClient, shared_stores: Stores) -> None:
    """No page of any entry, in no format, has the id of a person or a journey; the lead's has."""
    ids = [str(one) for one in (house.own, house.foreign, house.elsewhere, *house.persons.values())]
    scanned = shared_stores.journal.scan_after(0, upto=shared_stores.journal.head())
    holding = [at for at, stream, *_, state in scanned if stream in ids or any(one.encode() in state for one in ids)]
    assert len(holding) > 12
    addresses = [f"/pruefung/eintrag/{at}?format=json" for at in holding]
    addresses += [f"/pruefung/eintrag/{at + step}" for at in list(house.positions.values())[:2] for step in (0, 1)]
    addresses += [f"/pruefung/{part}" for part in ("ereignisse", "ereignisse?format=csv", "wiedergabe", "verifizieren")]
    for address in addresses:
        answer = examiner.get(address)
        assert answer.status_code == 200, address
        assert not [one for one in ids if one in answer.text], address
    seen = house.client("lead").get(f"/pruefung/eintrag/{house.positions['own']}").text
    assert str(house.own) in seen


def test_limited_auditor_sees_own_programme_and_the_ledgers_own(house: SmallHouse, examiner: FlaskClient) -> None:
    """An auditor of one programme finds its entries and those of no programme, and nothing of another: of the register
    of erasures what concerns a person of the programme."""
    everything = rows(examiner, "/pruefung/ereignisse?to=1&format=json")
    limited = rows(house.client("auditor"), "/pruefung/ereignisse?to=1&format=json")
    assert {one["programme"] for one in everything} == {house.programme, house.other, None}
    own, elsewhere = [one["position"] for one in everything if one["kind"] == "erasure.requested"]
    wanted = [one["position"] for one in everything if one["programme"] in (house.programme, None)]
    assert own in wanted
    assert [one["position"] for one in limited] == [position for position in wanted if position != elsewhere]
    assert house.client("auditor").get(f"/pruefung/eintrag/{elsewhere}").status_code == 404
    assert house.client("auditor").get(f"/pruefung/ereignisse?programme={house.other}").status_code == 404


@pytest.mark.parametrize(
    ("account", "sees"),
    [
        ("coach", {"own": 200, "foreign": 404, "elsewhere": 404, "account": 404, "programme": 404}),
        ("lead", {"own": 200, "foreign": 200, "elsewhere": 404, "account": 404, "programme": 200}),
        ("auditor", {"own": 200, "foreign": 200, "elsewhere": 404, "account": 200, "programme": 200}),
    ],
)
def test_entry_of_what_is_not_to_be_seen(
    account: str, sees: dict[str, int], house: SmallHouse, examiner: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered like an entry there is not, without an id of a journey in the answer, and logged."""
    entries = rows(examiner, "/pruefung/ereignisse?to=1&format=json")
    positions = house.positions | {
        "account": next(one["position"] for one in entries if one["account"]),
        "programme": next(one["position"] for one in entries if one["programme"] == house.programme),
    }
    client = house.client(account)
    for name, status in sees.items():
        caplog.clear()
        with caplog.at_level(logging.WARNING, "werdegang.access"):
            answer = client.get(f"/pruefung/eintrag/{positions[name]}")
        assert answer.status_code == status, name
        assert bool(caplog.records) is (status == 404), name
        assert status == 200 or not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", re.sub(r"<head.*</head>", "", answer.text))


def test_events_are_narrowed_and_jumped_to(examiner: FlaskClient, house: SmallHouse) -> None:
    """By kind, programme and account together; from a position or a day on; a facet counts what its filter finds."""
    everything = rows(examiner, "/pruefung/ereignisse?to=1&format=json")
    wanted = [
        one["position"]
        for one in everything
        if one["kind"] in ("journey.enrolled", "journey.coach_assigned") and one["programme"] == house.programme
    ]
    narrowed = f"/pruefung/ereignisse?kind=journey.enrolled&kind=journey.coach_assigned&programme={house.programme}"
    assert [one["position"] for one in rows(examiner, f"{narrowed}&to=1&format=json")] == wanted
    assert [one["position"] for one in rows(examiner, f"{narrowed}&to={wanted[1]}&format=json")] == wanted[1:]
    accounts = rows(examiner, "/pruefung/ereignisse?by=operator&to=1&format=json")
    assert {one["kind"] for one in accounts} == {"account.opened", "account.role_granted"}
    day = date.fromisoformat(accounts[0]["recorded_at"][:10])
    later = rows(examiner, f"/pruefung/ereignisse?to={day:%d.%m.%Y}&format=json")
    assert [one["position"] for one in later] == list(range(accounts[0]["position"], len(everything) + 1))
    shown = examiner.get("/pruefung/ereignisse").text
    count = sum(one["kind"] == "journey.enrolled" for one in everything)
    assert re.search(
        rf'value="journey.enrolled"[^<]*><label[^>]*>Aufnahme <span class="wd-count">{count}</span>', shown
    )


def test_proof_stands_over_the_stored_line(house: SmallHouse, examiner: FlaskClient, shared_stores: Stores) -> None:
    """The downloaded line hashes to the leaf that the downloaded proof leads from to the root of its checkpoint; the
    raw text on the page is not that line, and the download is logged."""
    position = house.positions["own"]
    line = examiner.get(f"/pruefung/eintrag/{position}/zeile").data
    proof = EntryProof.parse(examiner.get(f"/pruefung/eintrag/{position}/nachweis").data)
    head = Checkpoint.parse(split_note(proof.note)[0])
    assert verify_inclusion(proof.number, head.size, leaf_hash(line), proof.hashes, head.root)
    assert str(house.persons["own"]) in line.decode()
    page = examiner.get(f"/pruefung/eintrag/{position}").text
    assert leaf_hash(line).hex() in page
    assert "unverändert seit der Versiegelung" in page
    last = shared_stores.journal.head()
    assert examiner.get(f"/pruefung/eintrag/{last}/nachweis").status_code == 404
    assert "noch nicht versiegelt" in examiner.get(f"/pruefung/eintrag/{last}").text


# --- replay -----------------------------------------------------------------------------------------


def replayed(client: FlaskClient, address: str) -> tuple[dict[str, tuple[Any, Any]], str | None, str | None]:
    """Every figure before and after a step, and the addresses of the steps beside it."""
    told = {one["figure"]: (one["before"], one["after"]) for one in rows(client, f"{address}&format=json")}
    page = client.get(address).text.replace("&amp;", "&")
    beside = [re.search(rf'rel="{name}" href="([^"]+)"', page) for name in ("prev", "next")]
    previous, following = (found[1] if found else None for found in beside)
    return told, previous, following


@pytest.mark.parametrize("step", ["entry", "day"])
def test_replay_leads_to_the_balance(
    step: str, house: SmallHouse, shared_stores: Stores, examiner: FlaskClient
) -> None:
    """Forwards, and from the end back again, each step goes on from the figures of the one beside it, and after an
    entry they are those of the balance at its Datenstand."""
    model, stichtag = shared_stores.read_model, date.fromisoformat(STICHTAG)
    start = house.positions["foreign"] if step == "entry" else 1
    query = f"programme={house.programme}&stichtag={STICHTAG}&step={step}&position={start}"
    address: str | None = f"/pruefung/wiedergabe?{query}"
    seen: list[dict[str, tuple[Any, Any]]] = []
    last = ""
    while address and len(seen) < 7:
        told, _previous, following = replayed(examiner, address)
        assert not seen or {code: ends[0] for code, ends in told.items()} == {c: e[1] for c, e in seen[-1].items()}
        position = re.search(r"position=(\d+)", address)
        if step == "entry" and len(seen) in (2, 5) and position:
            figures = compute(model, house.programme, stichtag, datenstand=int(position[1])).figures
            assert {code: ends[1] for code, ends in told.items()} == {c: one.value for c, one in figures.items()}
        seen.append(told)
        last, address = address, following
    assert any(before != after for told in seen[1:] for before, after in told.values()) or step == "day"
    house.app.extensions["werdegang"].kept._values.clear()
    back: str | None = last
    for told in seen[:-5:-1]:
        assert back
        found, back, _following = replayed(examiner, back)
        assert found == told


def test_entry_says_what_it_moved(house: SmallHouse, examiner: FlaskClient) -> None:
    """An enrolment moves the participants enrolled by one at a Stichtag after it, and nothing at one before."""
    address = f"/pruefung/eintrag/{house.positions['own']}?stichtag="
    moved = re.search(r'id="moved".*?</table>', examiner.get(address + STICHTAG).text, re.S)
    assert moved
    assert re.search(r"Aufgenommene Teilnehmende</th><td[^>]*>\+1<", moved[0])
    assert "Geschlecht" not in moved[0], "cells of breakdowns stand in a table of their own, folded"
    assert 'id="moved"' not in examiner.get(address + "2028-12-31").text


# --- verification and bundles -----------------------------------------------------------------------


def test_verification_finds_a_checkpoint_of_another_ledger(house: SmallHouse, examiner: FlaskClient) -> None:
    """Verified beside its own checkpoint and key the ledger is in order; beside a checkpoint somebody else signed it is
    not, and the page says in words why."""
    note = examiner.get(f"/pruefung/pruefpunkte/{house.size}").data
    key = examiner.get("/pruefung/pruefpunkte/schluessel").data
    other = Checkpoint("elsewhere/1", 1, sha256(b"other").digest()).note([Signer.generate("elsewhere/1")])
    for kept, good in ((note, True), (other, False)):
        files = [(io.BytesIO(kept), "kept.txt"), (io.BytesIO(key), "log.vkey")]
        answer = sent(examiner, "/pruefung/verifizieren", "/pruefung/verifizieren", trusted=files, read_model="yes")
        assert answer.status_code == 302
        finished("verification")
        page = examiner.get("/pruefung/verifizieren").text
        assert ("Alles in Ordnung." in page) is good
        assert ("kept.txt ist kein Prüfpunkt mit einer Unterschrift" in page) is not good
        checked = {one["checked"] for one in rows(examiner, "/pruefung/verifizieren?format=json")}
        assert checked == ({"ledger", "read_model", "editions", "reads"} if good else {"ledger", "reads"})


def test_one_job_of_a_kind_at_a_time(house: SmallHouse, examiner: FlaskClient) -> None:
    """While one goes on no second begins, from whatever process; it can be stopped; one whose process ended says so."""
    begun, go_on = Event(), Event()

    def work(_stores: Any, report: Any, _file: Any) -> None:
        report(_("Einträge werden geprüft"), 1, 2)
        begun.set()
        go_on.wait(60)
        report(_("Einträge werden geprüft"), 2, 2)

    with house.app.test_request_context("/"):
        from flask import g

        from web.access import visitor_named

        g.visitor = visitor_named("examiner")
        assert jobs.begin("verification", work)
        assert begun.wait(60)
        assert not jobs.begin("verification", work)
        page = examiner.get("/pruefung/verifizieren").text
        assert "Einträge werden geprüft" in page
        assert 'value="0.500"' in page
        jobs.stop("verification")
        go_on.set()
        finished("verification")
        job = jobs.latest("verification")
        assert job
        assert job.state is jobs.State.STOPPED
        jobs._write(jobs._folder(jobs.house()), jobs.Job(id="x", kind="verification", by="e", begun_at=job.begun_at))
    assert "Unterbrochen" in examiner.get("/pruefung/verifizieren").text


def test_bundle_is_for_whoever_asked(house: SmallHouse, examiner: FlaskClient) -> None:
    """The lead of a programme gets its bundle and nobody else does; the whole ledger is not for a role of one
    programme; deleted it is gone."""
    lead, page = house.client("lead"), "/pruefung/buendel"
    assert sent(lead, page, page).status_code == 422
    assert sent(lead, page, page, programme=house.other).status_code == 404
    assert sent(lead, page, page, programme=house.programme).status_code == 302
    finished("bundle")
    with zipfile.ZipFile(io.BytesIO(lead.get(f"{page}/datei").data)) as bundle:
        names = bundle.namelist()
        assert not bundle.testzip()
        events = bundle.read("events.ndjson")
        assert str(house.own).encode() in events
        assert str(house.elsewhere).encode() not in events
    assert {"checkpoint", "events.ndjson", "manifest"} <= set(names)
    assert examiner.get(f"{page}/datei").status_code == 404
    assert sent(lead, page, f"{page}/abbrechen").status_code == 302
    assert lead.get(f"{page}/datei").status_code == 404


# --- time travel, the end of an audit ----------------------------------------------------------------


@pytest.mark.parametrize("page", ["/pruefung", "/teilnehmende", "/bilanzen", "/pruefung/ereignisse"])
def test_time_travel_stays_in_every_link(page: str, house: SmallHouse, examiner: FlaskClient) -> None:
    """On another Datenstand a banner says so, links within the application keep it, and nothing is begun."""
    position = house.positions["foreign"]
    shown = examiner.get(f"{page}?datenstand={position}").text.replace("&amp;", "&")
    assert f"Zeitreise: Datenstand {position}" in shown
    links = set(re.findall(r'<a [^>]*href="(/(?:uebersicht|teilnehmende|bilanzen|pruefung)[^"]*)"', shown))
    kept = {one for one in links if f"datenstand={position}" in one}
    leaving = {one for one in links - kept if "datenstand=" not in one}
    assert len(kept) >= 4
    assert leaving <= {page, f"{page}?"}, leaving
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)
    assert token
    refused = examiner.post(f"/pruefung/verifizieren?datenstand={position}", data={"csrf_token": token[1]})
    assert refused.status_code == 422


def test_entries_after_the_datenstand_are_not_there(house: SmallHouse, examiner: FlaskClient) -> None:
    """An entry recorded later is unknown at a Datenstand before it, alone and in the list."""
    position = house.positions["foreign"]
    assert examiner.get(f"/pruefung/eintrag/{position + 1}?datenstand={position}").status_code == 404
    listed = rows(examiner, f"/pruefung/ereignisse?to=1&datenstand={position}&format=json")
    assert [one["position"] for one in listed] == list(range(1, position + 1))


@pytest.fixture
def references(house: SmallHouse) -> tuple[FlaskClient, UUID]:
    """An auditor, and the pseudonym a journey has in the present audit."""
    client = house.client("examiner")
    found = rows(client, "/pruefung/ereignisse?to=1&kind=journey.enrolled&format=json")
    return client, UUID(found[0]["journey"])


def test_ended_audit_leads_nowhere(references: tuple[FlaskClient, UUID]) -> None:
    """After its end the pseudonyms of an audit open no journey any more, and the next audit has others."""
    client, reference = references
    assert client.get(f"/teilnehmende/{reference}").status_code == 200
    assert sent(client, "/pruefung", "/pruefung/ende").status_code == 302
    found = rows(client, "/pruefung/ereignisse?to=1&kind=journey.enrolled&format=json")
    assert str(reference) not in {one["journey"] for one in found}
    assert client.get(f"/teilnehmende/{reference}").status_code == 404
