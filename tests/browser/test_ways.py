"""What the application is for, done as its users do it, in a browser and on both stores: by clicks alone."""

from collections.abc import Callable

import ways
from looking import KNOWN_THEN
from playwright.sync_api import Page, expect
from serving import Served


def test_a_coach_leads_somebody_to_work(served: Served, page: Page) -> None:
    """Log in, enrol, hold a session, place, correct the placement after seeing what that moves, log out."""
    ways.log_in(page, served, "coach-a")
    journey = ways.enrol(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(ways.NEW_PERSON["Name"])
    ways.hold_session(page)
    ways.place(page)
    ways.correct_placement(page)
    assert page.url.startswith(journey)
    titles = page.locator(".wd-entry__title").all_inner_texts()
    assert titles == ["Berichtigung", "Arbeitsaufnahme", "Coaching-Gespräch", "Coach-Zuweisung", "Aufnahme"]
    ways.go_to(page, "Teilnehmende")
    expect(page.locator("tr", has_text=ways.NEW_PERSON["Name"])).to_contain_text("im Minijob")
    ways.log_out(page)


def test_a_balance_takes_two_leads(served: Served, page: Page, new_page: Callable[..., Page]) -> None:
    """Who drafted an edition cannot approve it; another lead finds it in the list and approves it."""
    ways.log_in(page, served, "leitung-1")
    name = ways.draft_balance(page)
    expect(page.get_by_text("Freigeben muss jemand anderes: vier Augen.")).to_be_visible()
    expect(page.get_by_role("button", name="Freigeben")).to_have_count(0)
    without_button = page.context.request.post(
        f"{page.url}/freigabe",
        form={"csrf_token": page.locator("[name=csrf_token]").first.input_value()},
        headers={"Referer": page.url},
    )
    assert without_button.status == 422
    assert "anderes" in without_button.text()

    other = new_page()
    ways.log_in(other, served, "leitung-2")
    ways.open_edition(other, name)
    other.get_by_role("button", name="Freigeben").click()
    expect(other.get_by_role("status")).to_contain_text(f"Freigegeben: Ausgabe {name}.")
    page.reload()
    expect(page.locator(".wd-badge", has_text="freigegeben")).to_be_visible()


def test_an_auditor_follows_a_figure_to_its_proof(served: Served, page: Page) -> None:
    """From 44 to 44 rows, to a person under a pseudonym, to an entry, to the event and to its proof."""
    ways.log_in(page, served, "pruefung")
    ways.open_placed(page)
    person = page.locator("#rows tbody tr").first.get_by_role("link").first
    pseudonym = person.inner_text()
    person.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(pseudonym)
    assert "Beispielperson" not in page.content()
    expect(ways.banner(page)).to_be_visible()
    placed = page.locator(".wd-entry", has=page.get_by_role("heading", name="Arbeitsaufnahme")).first
    placed.get_by_role("link", name="Ereignis und Beweis").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Arbeitsaufnahme")
    expect(page.get_by_text("unverändert seit der Versiegelung")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Nachweis laden").click()
    assert downloading.value.path().read_text().startswith("c2sp.org/tlog-proof@v1")


def test_an_auditor_travels_in_time(served: Served, page: Page) -> None:
    """At the Datenstand of the interim balance every page says so, and each link keeps it until the way back."""
    ways.log_in(page, served, "pruefung")
    ways.travel(page)
    for part in ("Übersicht", "Teilnehmende", "Prüfung", "Bilanzen"):
        ways.go_to(page, part)
        expect(ways.banner(page)).to_contain_text(f"Datenstand {KNOWN_THEN}")
    ways.go_to(page, "Teilnehmende")
    page.locator("#participants tbody a").first.click()
    expect(ways.banner(page)).to_be_visible()
    page.get_by_role("link", name="Zurück in die Gegenwart").click()
    expect(ways.banner(page)).to_have_count(0)


def test_nothing_is_entered_in_the_past(served: Served, page: Page, allow_answer: Callable[..., None]) -> None:
    """On the journey in time no form is offered to who could enter something, and one that is sent is refused."""
    ways.log_in(page, served, "leitung-1")
    ways.go_to(page, "Teilnehmende")
    page.get_by_role("navigation", name="Stand der Wege").get_by_role("link", name="ausgetreten").click()
    page.locator("#participants tbody a").first.click()
    present = page.url
    ways.choose_step(page, "Verbleib")
    form = page.url
    ways.travel(page)
    expect(page.get_by_role("button", name="Als Ausgabe entwerfen")).to_have_count(0)
    ways.go_to(page, "Teilnehmende")
    expect(page.get_by_role("link", name="Person aufnehmen")).to_have_count(0)
    page.goto(f"{present}?datenstand=5000")
    expect(page.locator("main form")).to_have_count(0)
    expect(page.locator("main summary", has_text="Erfassen")).to_have_count(0)
    page.goto(form)
    page.evaluate("document.querySelector('main form').action += '?datenstand=5000'")
    ways.field(page, "Datum").fill("01.07.2019")
    ways.field(page, "Verbleib").select_option(index=1)
    ways.field(page, "Quelle").select_option(index=1)
    allow_answer(422)
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Auf Zeitreise wird nichts erfasst")).to_be_visible()
    page.goto(present)
    expect(page.locator(".wd-entry__title", has_text="Verbleib")).to_have_count(0)
