"""The administration: what its forms do, whom they refuse, and what they keep to themselves."""

import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from small_house import NOW, SmallHouse
from werkzeug.test import TestResponse

from domain.data_protection import Erasure
from domain.facts import ProgrammeOpened
from domain.vault import CUSTOMER_NUMBER
from projections.data_protection import read_register
from projections.exchange.files import rows_in
from projections.exchange.intake import Terms, take_in
from projections.rebuilding import Order, RunState, carry_out, last_run
from projections.stores import Stores, open_stores

NUMBER = "123D450002"
PATIENCE = 30
SECOND = "noch ein langes Wort"


@pytest.fixture(scope="module")
def stores(either_house: SmallHouse) -> Iterator[Stores]:
    """The stores of the house, beside those of the application."""
    with open_stores(either_house.settings) as opened:
        yield opened


def send(client: FlaskClient, page: str, to: str = "", **given: Any) -> TestResponse:
    """Send the form of a page, with what the page put into it."""
    shown = client.get(page).text
    for name in ("csrf_token", "request_id"):
        if found := re.search(rf'name="{name}" value="([^"]+)"', shown):
            given.setdefault(name, found[1])
    return client.post(to or page, data=given, content_type="multipart/form-data")


def people(programme: str, *numbers: str) -> bytes:
    """An import file that enrols somebody for each customer number."""
    row = {"step": "enrolled", "on": "2029-02-01", "programme": programme, "gender": "female", "age": 27}
    row |= {"municipality": "Raunheim", "education": "isced_0_2", "single_parent": False}
    row |= {"migration_background": True, "benefit_months": 24}
    rows = [{**row, "participant": f"P-{number}", "id": number, "customer_number": number} for number in numbers]
    return "\n".join(map(json.dumps, rows)).encode()


def upload(client: FlaskClient, content: bytes, action: str, **more: str) -> TestResponse:
    """Check a file or take it in."""
    file = (io.BytesIO(content), "people.jsonl")
    answers = {"corrections": "false", "partial": "false"} | more
    return send(client, "/verwaltung/import", file=file, action=action, **answers)


def imported(house: SmallHouse, stores: Stores, number: str) -> UUID:
    """Somebody with a customer number, taken in by the lead."""
    client, content = house.client("lead"), people(house.programme, number)
    checked = re.search(r'name="checked" value="([^"]+)"', upload(client, content, "check").text)
    assert checked is not None
    assert upload(client, content, "store", checked=checked[1]).status_code == 302
    person = stores.vault.find(CUSTOMER_NUMBER, number)
    assert person is not None
    return person


# --- import -------------------------------------------------------------------------------------------


def test_only_the_file_that_was_checked_is_stored(either_house: SmallHouse, stores: Stores) -> None:
    """Checking stores nothing; what is stored afterwards is that file and no other, once."""
    client, content = either_house.client("lead"), people(either_house.programme, "123D450001")
    before = stores.journal.head()
    shown = upload(client, content, "check").text
    checked = re.search(r'name="checked" value="([^"]+)"', shown)
    assert checked is not None
    assert stores.journal.head() == before
    other = upload(client, people(either_house.programme, "123D450009"), "store", checked=checked[1])
    assert other.status_code == 422
    assert stores.journal.head() == before
    assert upload(client, content, "store", checked=checked[1]).status_code == 302
    stored = stores.journal.head()
    assert stored > before
    assert upload(client, content, "store", checked=checked[1]).status_code == 302
    assert stores.journal.head() == stored


def test_rows_of_a_programme_out_of_reach_are_refused(either_house: SmallHouse, stores: Stores) -> None:
    """As rows of a programme that is not there; the refused rows come as a file within the page."""
    before = stores.journal.head()
    shown = upload(either_house.client("lead"), people(either_house.other, "123D450008"), "check").text
    assert f"Das Programm {either_house.other} gibt es nicht." in shown
    assert "data:text/csv" in shown
    assert 'value="store"' not in shown
    assert stores.journal.head() == before


def test_batch_of_another_programme_is_none(either_house: SmallHouse, stores: Stores) -> None:
    """A lead withdraws a batch of the own programmes only."""
    client = either_house.client("lead")
    imported(either_house, stores, "123D450003")
    batch = next(one.entry.correlation_id for one in reversed(entries(stores)) if one.entry.correlation_id)
    rows = [*rows_in("elsewhere.jsonl", people(either_house.other, "123D450007"))]
    elsewhere = Terms(batch=uuid4(), by="cli", now=NOW)
    assert take_in(stores.journal, stores.vault, rows, elsewhere).stored == 1
    given = {"batch": str(elsewhere.batch), "why": "Irrtum"}
    assert send(client, "/verwaltung/import", "/verwaltung/import/storno", **given).status_code == 422
    done = send(client, "/verwaltung/import", "/verwaltung/import/storno", batch=str(batch), why="Irrtum")
    assert "Storniert: 1 Schritte." in done.text


def entries(stores: Stores) -> list[Any]:
    """The latest entries of the ledger."""
    places = stores.journal.since(max(0, stores.journal.head() - 5), 10)
    loaded = stores.journal.load([stream for _position, stream in places])
    return sorted((one for found in loaded.values() for one in found), key=lambda one: one.position)


# --- data protection ----------------------------------------------------------------------------------


def test_erasure_takes_two_accounts(either_house: SmallHouse, stores: Stores) -> None:
    """A lead asks, data protection approves; whoever asked cannot approve, and afterwards nobody is found."""
    person = imported(either_house, stores, NUMBER)
    lead, officer = either_house.client("lead"), either_house.client("data_protection")
    page = f"/verwaltung/datenschutz/person/{person}"
    assert send(lead, "/verwaltung/datenschutz", customer_number=NUMBER).headers["Location"] == page
    assert NUMBER not in officer.get(page).text
    assert send(officer, page, f"{page}/freigabe").status_code == 422
    assert send(lead, page, f"{page}/antrag", ground="objection").status_code == 302
    assert send(lead, page, f"{page}/freigabe").status_code == 403
    assert stores.vault.has_key(person)
    assert send(officer, page, f"{page}/freigabe").status_code == 302
    assert not stores.vault.has_key(person)
    assert "Widerspruch (Buchst. c)" in officer.get(page).text
    assert send(officer, "/verwaltung/datenschutz", customer_number=NUMBER).status_code == 422
    assert f"{person},erased".replace(",", ";") in officer.get("/verwaltung/datenschutz?format=csv").text


def test_officer_does_not_approve_the_own_request(either_house: SmallHouse, stores: Stores) -> None:
    """Four eyes, whatever the role."""
    person = either_house.persons["spare"]
    officer, page = either_house.client("data_protection"), f"/verwaltung/datenschutz/person/{person}"
    send(officer, page, f"{page}/antrag", ground="objection")
    refused = send(officer, page, f"{page}/freigabe")
    assert refused.status_code == 422
    assert "freigeben muss sie jemand anderes" in refused.text
    assert read_register(stores.journal)[person].erasure is Erasure.REQUESTED
    assert send(officer, page, f"{page}/ablehnung").status_code == 302


def test_lead_finds_nobody_of_another_programme(either_house: SmallHouse) -> None:
    """Neither by the id of the person nor by a journey, and there is no such page."""
    lead, person = either_house.client("lead"), either_house.persons["elsewhere"]
    for reference in (person, either_house.elsewhere):
        assert send(lead, "/verwaltung/datenschutz", person=str(reference)).status_code == 422
    assert lead.get(f"/verwaltung/datenschutz/person/{person}").status_code == 404
    assert either_house.client("data_protection").get(f"/verwaltung/datenschutz/person/{person}").status_code == 200


def test_restriction_and_its_end(either_house: SmallHouse) -> None:
    """Restricted, the person stands in the register; lifted, no more."""
    person = either_house.persons["foreign"]
    officer, page = either_house.client("data_protection"), f"/verwaltung/datenschutz/person/{person}"
    assert send(officer, page, f"{page}/sperrung", restriction="objection").status_code == 302
    assert "Sperre aufheben" in officer.get(page).text
    assert send(officer, page, f"{page}/entsperrung").status_code == 302
    assert "Sperre aufheben" not in officer.get(page).text


def test_log_of_reads_by_person_and_its_running_month(either_house: SmallHouse, stores: Stores) -> None:
    """What was opened of somebody is listed, as a file too; the present month is not deleted."""
    person, officer = either_house.persons["own"], either_house.client("data_protection")
    stores.vault.reads.append(NOW, account="coach", participant=person, field="enrolled.name", purpose="list")
    assert "Aufnahme: Name" in officer.get(f"/verwaltung/leseprotokoll?person={person}").text
    listed = officer.get("/verwaltung/leseprotokoll?konto=coach&format=json").json
    assert listed is not None
    assert {row["participant"] for row in listed} == {str(person)}
    kept = send(officer, "/verwaltung/leseprotokoll", "/verwaltung/leseprotokoll/2030-06/loeschen")
    assert kept.status_code == 422
    assert [*stores.vault.reads.rows("2030-06")]


# --- accounts -----------------------------------------------------------------------------------------


def test_account_opened_with_a_password_shown_once(either_house: SmallHouse, stores: Stores) -> None:
    """The password made up is on the page that answers and holds; the same code opens no second account."""
    admin = either_house.client("admin")
    given = {"account": f"n-{stores.journal.head()}", "role": "controlling"}
    answer = send(admin, "/verwaltung/konten/neu", **given)
    shown = re.search(r'id="password">([^<]+)<', answer.text)
    assert shown is not None
    assert stores.access.login(given["account"], shown[1], "127.0.0.1", NOW)
    assert shown[1] not in admin.get(f"/verwaltung/konten/{given['account']}").text
    assert send(admin, "/verwaltung/konten/neu", **given, password=SECOND).status_code == 422
    assert stores.access.login(given["account"], shown[1], "127.0.0.1", NOW)
    refused = send(admin, "/verwaltung/konten/neu", account="n-2", role="coach")
    assert refused.status_code == 422
    assert "field-coach-error" in refused.text


@pytest.mark.parametrize("act", ["rolle/admin/entzug", "passwort", "name", "sitzungen", "schliessen"])
def test_nobody_changes_the_own_account(either_house: SmallHouse, stores: Stores, act: str) -> None:
    """Not its roles, and not what lies beside the ledger either."""
    admin = either_house.client("admin")
    before = stores.journal.head(), stores.access.profile("admin"), len(stores.access.sessions("admin"))
    assert send(admin, "/konto/token", f"/verwaltung/konten/admin/{act}", name="x").status_code == 422
    assert (stores.journal.head(), stores.access.profile("admin"), len(stores.access.sessions("admin"))) == before


def test_own_token_is_shown_once_and_revoked(either_house: SmallHouse, stores: Stores) -> None:
    """A token holds until it is revoked, and nobody revokes another's."""
    coach = either_house.client("coach")
    answer = send(coach, "/konto/token", label="Export", scopes="read", days="30")
    secret = re.search(r'id="secret">([^<]+)<', answer.text)
    assert secret is not None
    token = stores.access.token(secret[1], NOW)
    assert token is not None
    assert token.scopes == {"read"}
    assert secret[1] not in coach.get("/konto/token").text
    assert send(either_house.client("lead"), "/konto/token", f"/konto/token/{token.id}/widerruf").status_code == 404
    assert send(coach, "/konto/token", f"/konto/token/{token.id}/widerruf").status_code == 302
    assert stores.access.token(secret[1], NOW) is None


# --- programmes ---------------------------------------------------------------------------------------


def test_programme_is_opened_with_target_group_and_targets(either_house: SmallHouse, stores: Stores) -> None:
    """Every field of the form is in the fact; a figure there is not is refused at the targets."""
    admin, key = either_house.client("admin"), f"neu-{stores.journal.head()}"
    given = {
        "key": key,
        "title": "Neues Programm",
        "funder": "Kreis",
        "starts_on": "01.01.2030",
        "ends_on": "31.12.2031",
        "coaching_ratio": "60",
        "retention_years": "5",
        "age_min": "18",
        "municipalities": "Raunheim\nRüsselsheim",
        "targets": "placed_svp = 12,5",
    }
    wrong = send(admin, "/verwaltung/programme/neu", **given | {"targets": "placed = 3"})
    assert wrong.status_code == 422
    assert "field-targets-error" in wrong.text
    assert send(admin, "/verwaltung/programme/neu", **given).status_code == 302
    opened = next(one.fact for one in reversed(entries(stores)) if isinstance(one.fact, ProgrammeOpened))
    assert (opened.key, opened.coaching_ratio, opened.targets) == (key, 60, {"placed_svp": 12.5})
    assert (opened.target_group.age_min, opened.target_group.municipalities) == (18, ("Raunheim", "Rüsselsheim"))
    lead = either_house.client("lead")
    assert lead.get("/verwaltung/programme/neu").status_code == 404
    assert key not in lead.get("/verwaltung/programme?format=json").text
    page = f"/verwaltung/programme/{key}"
    assert send(lead, "/konto/token", f"{page}/coach", coach="C9").status_code == 404
    assert send(admin, page, f"{page}/coach", coach="C9").status_code == 302
    assert send(admin, page, f"{page}/ende", last_day="01.01.2029").status_code == 422


# --- projections --------------------------------------------------------------------------------------


def test_rebuild_outlives_its_request(either_house: SmallHouse) -> None:
    """It runs in a process of its own, says how far it is, and leaves a certificate without a difference."""
    admin, page = either_house.client("admin"), "/verwaltung/projektionen"
    assert send(either_house.client("lead"), page, f"{page}/neuaufbau").status_code == 403
    assert send(admin, page, f"{page}/neuaufbau").status_code == 302
    end = time.monotonic() + PATIENCE
    while (run := last_run(either_house.settings)) is not None and run.state is RunState.RUNNING:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert run is not None
    assert (run.state, run.by) == (RunState.DONE, "admin")
    assert "Kein Unterschied zum bisherigen Lesemodell." in admin.get(page).text


def test_rebuild_stops_when_asked_and_goes_on_later(either_house: SmallHouse, stores: Stores) -> None:
    """Stopped, nothing is swapped in; the live model stays as it was."""
    settings = either_house.settings
    folder: Path = settings.folder.resolve()
    order = Order(str(folder), settings.database_url, str(settings.read_model.resolve()), "admin", NOW)
    (folder / "rebuild.stop").touch()
    certificate = stores.read_model.certificate()
    carry_out(order, folder)
    assert [run.state for run in [last_run(settings)] if run] == [RunState.STOPPED]
    assert stores.read_model.certificate() == certificate
    assert "angehalten" in either_house.client("admin").get("/verwaltung/projektionen").text
    (folder / "rebuild.stop").unlink()
