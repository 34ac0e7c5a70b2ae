"""What a page can be besides its first look: wrong, empty, open, in the past, refused; without a barrier in each."""

from collections.abc import Callable

import pytest
import ways
from accessibility import check_accessible
from looking import KNOWN_THEN, PROGRAMME, Known, check_in_two_ways, known
from playwright.sync_api import Page, expect
from serving import Served

SOMEBODY_KNOWN = "999A000240"
"""The customer number of a person of the example."""


@pytest.fixture(scope="module")
def example(served_once: Served) -> Known:
    return known(served_once)


def test_login_refused(served_once: Served, page: Page, allow_answer: Callable[..., None]) -> None:
    """A wrong password: the summary says so, and not which of the two was wrong."""
    page.goto(f"{served_once.url}/anmelden")
    page.get_by_label("Konto").fill("admin")
    page.get_by_label("Passwort").fill("falsch")
    allow_answer(422)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.locator("#error-summary")).to_contain_text("Konto oder Passwort stimmen nicht.")
    check_in_two_ways(page)


def test_list_empty_and_searched(served_once: Served, page: Page) -> None:
    """A filter that fits nobody says so and leads back; so does a search; filters are remembered below."""
    served_once.login(page, "coach-a")
    page.goto(f"{served_once.url}/teilnehmende?municipality=Nirgends")
    expect(page.get_by_text("Niemand entspricht diesem Filter.")).to_be_visible()
    check_in_two_ways(page)
    page.get_by_label("Name oder Kundennummer").fill("Beispielperson 1")
    page.get_by_role("button", name="Suchen").click()
    expect(page.get_by_text("Gezeigt werden die Personen der letzten Suche")).to_be_visible()
    page.locator("summary", has_text="Gemerkte Filter").click()
    page.get_by_label("Diesen Filter merken als").fill("Die letzte Suche")
    page.get_by_role("button", name="Merken").click()
    page.locator("summary", has_text="Gemerkte Filter").click()
    check_in_two_ways(page)


def test_menus_open(served_once: Served, page: Page, example: Known) -> None:
    """The menu of the account, the steps that can be entered, what a figure counts, a chart as a table."""
    served_once.login(page, "coach-a")
    page.goto(f"{served_once.url}/teilnehmende/{example.journey}")
    for summary in ("header summary", "main summary"):
        page.locator(summary).first.click()
        expect(page.locator("details[open] a").first).to_be_visible()
        check_in_two_ways(page)
    for address in ("/bilanzen", "/uebersicht"):
        page.goto(served_once.url + address)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        check_in_two_ways(page)


def test_enrolment_with_everything_to_say(served_once: Served, page: Page, allow_answer: Callable[..., None]) -> None:
    """Nobody of the target group, and already known: the verdict by criterion, the question, and the errors."""
    served_once.login(page, "leitung-1")
    page.goto(f"{served_once.url}/teilnehmende/aufnahme")
    for label, text in {**ways.NEW_PERSON, "Kundennummer": SOMEBODY_KNOWN, "Alter bei Aufnahme": "61"}.items():
        ways.field(page, label).fill(text)
    ways.field(page, "Geschlecht").select_option("female")
    page.get_by_role("group", name="Migrationshintergrund").get_by_label("nein").check()
    page.get_by_role("group", name="alleinerziehend").get_by_label("nein").check()
    ways.field(page, "Wohnort").select_option(label="Raunheim")
    ways.field(page, "Bildungsstand").select_option("isced_0_2")
    allow_answer(422)
    page.get_by_role("button", name="Aufnehmen").click()
    expect(page.get_by_role("region", name="Zielgruppe")).to_contain_text("nicht erfüllt")
    expect(page.get_by_text("Unter dieser Kundennummer ist schon jemand bekannt")).to_be_visible()
    check_in_two_ways(page)


def test_step_refused_and_correction_previewed(
    served_once: Served, page: Page, example: Known, allow_answer: Callable[..., None]
) -> None:
    """A form with errors at its fields, and one that shows what it would move before it is sent."""
    served_once.login(page, "coach-a")
    page.goto(f"{served_once.url}/teilnehmende/{example.journey}/neu/placement_started")
    for label, wrong in (("Datum", "gestern"), ("Wochenstunden", "viele"), ("Monatsentgelt in Euro", "wenig")):
        ways.field(page, label).fill(wrong)
    ways.field(page, "Art").select_option("svp")
    allow_answer(422)
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator("#error-summary a")).to_have_count(3)
    check_in_two_ways(page)
    page.goto(f"{served_once.url}/teilnehmende/{example.journey}/eintrag/1/stornieren")
    page.goto(f"{served_once.url}/teilnehmende/{example.journey}/eintrag/1/berichtigen")
    page.get_by_role("group", name="alleinerziehend").get_by_role("radio", checked=False).first.check()
    ways.field(page, "Warum wird berichtigt?").fill("Zum Ansehen.")
    page.get_by_role("button", name="Zeigen, was das bewegt").click()
    expect(page.get_by_role("region", name="Was das bewegt")).to_be_visible()
    check_in_two_ways(page)


def test_the_past(served_once: Served, page: Page, example: Known) -> None:
    """With the banner of the journey in time, and the ways out of it."""
    served_once.login(page, "pruefung")
    for address in ("/uebersicht", "/bilanzen", "/pruefung"):
        page.goto(f"{served_once.url}{address}?datenstand={KNOWN_THEN}")
        expect(ways.banner(page)).to_be_visible()
        check_in_two_ways(page)


def test_editions_on_their_way(served_once: Served, page: Page, narrow_page: Page) -> None:
    """A draft as its drafter sees it; then as somebody else does who may approve it, and has."""
    served_once.login(page, "controlling")
    page.goto(served_once.url)
    name = ways.draft_balance(page)
    check_accessible(page)
    narrow_page.emulate_media(color_scheme="dark")
    served_once.login(narrow_page, "leitung-2")
    narrow_page.goto(served_once.url)
    ways.open_edition(narrow_page, name)
    expect(narrow_page.get_by_role("button", name="Freigeben")).to_be_visible()
    narrow_page.get_by_role("button", name="Freigeben").click()
    expect(narrow_page.get_by_role("status")).to_be_visible()
    check_accessible(narrow_page)


@pytest.mark.parametrize(
    ("status", "account", "address", "told"),
    [
        (404, "coach-a", "/gibt-es-nicht", "Diese Seite gibt es nicht."),
        (404, "coach-a", f"/teilnehmende/{'0' * 8}-0000-0000-0000-{'0' * 12}", "gibt es nicht"),
        (403, "coach-a", "/verwaltung", "keine Rolle"),
        (422, "controlling", "/bilanzen?stichtag=31.02.2018", "31.02.2018"),
        (422, "pruefung", "/bilanzen?datenstand=99999999", "99999999"),
        (404, "controlling", f"/bilanzen/ausgaben/{PROGRAMME}/99", "99"),
    ],
)
def test_errors_are_pages(
    served_once: Served,
    page: Page,
    allow_answer: Callable[..., None],
    status: int,
    account: str,
    address: str,
    told: str,
) -> None:
    """What is not there, not allowed or not possible is a page like the others, with a way on and the reason."""
    served_once.login(page, account)
    allow_answer(status)
    answer = page.goto(served_once.url + address)
    assert answer
    assert answer.status == status
    expect(page.get_by_role("main")).to_contain_text(told)
    expect(page.get_by_role("link", name="Zur Startseite")).to_be_visible()
    check_in_two_ways(page)
