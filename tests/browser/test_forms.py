"""Every form: by keyboard alone, without JavaScript, wrong, twice, too late, and left with something in it."""

import re
from collections.abc import Callable

import ways
from playwright.sync_api import Dialog, Page, expect
from serving import Served
from typing_keys import send_by_keyboard

from domain.facts import STEP_BY_NAME
from domain.glossary import STEPS

AllowAnswer = Callable[..., None]

PERSON = {
    "name": "Testperson 2",
    "birth_date": "01.05.1990",
    "customer_number": "999T000002",
    "contact": "keiner",
    "gender": "male",
    "on": "01.03.2019",
    "migration_background": "true",
    "single_parent": "false",
    "municipality": "Kelsterbach",
    "benefit_months": "22",
    "education": "isced_3_4",
    "labour_status": "long_term_unemployed",
    "coach": "coach-1",
}
WAY: list[tuple[str, dict[str, str | list[str]]]] = [
    ("coaching_session_held", {"on": "04.03.2019", "minutes": "45", "channel": "phone", "topics": ["debts", "other"]}),
    ("appointment_missed", {"on": "05.03.2019", "excused": "true"}),
    ("circumstances_changed", {"on": "06.03.2019", "single_parent": "true"}),
    ("qualification_started", {"on": "07.03.2019", "kind": "sprachkurs", "provider": "Träger 1"}),
    ("qualification_completed", {"on": "08.03.2019", "ref": "q-1", "certificate": "true"}),
    ("qualification_started", {"on": "11.03.2019", "kind": "mabe"}),
    ("qualification_abandoned", {"on": "12.03.2019", "ref": "q-2", "reason": "illness"}),
    ("placement_started", {"on": "15.03.2019", "kind": "svp", "weekly_hours": "19,5", "monthly_pay": "1200,50"}),
    (
        "funding_granted",
        {"on": "15.03.2019", "kind": "egz", "placement": "job-1", "until": "14.06.2019", "amount": "1500"},
    ),
    ("funding_ended", {"on": "15.04.2019", "ref": "f-1"}),
    ("placement_ended", {"on": "16.04.2019", "ref": "job-1", "reason": "other"}),
    ("coach_assigned", {"on": "17.04.2019", "coach": "coach-2"}),
    ("exited", {"on": "30.04.2019", "reason": "withdrew"}),
    ("whereabouts_recorded", {"on": "28.05.2019", "status": "job_seeking", "source": "participant"}),
]
"""A journey: every step there is, with what is answered in its form."""


def test_a_whole_journey_by_keyboard(served_once: Served, page: Page) -> None:
    """The forms of enrolment, of every step, of correction and withdrawal are filled and sent without a mouse."""
    assert {name for name, _answers in WAY} | {"enrolled"} == set(STEP_BY_NAME)
    served_once.login(page, "leitung-1")
    page.goto(f"{served_once.url}/teilnehmende/aufnahme")
    send_by_keyboard(page, PERSON, "Aufnehmen")
    expect(page.get_by_role("status")).to_have_text("Aufgenommen.")
    journey = page.url.partition("#")[0]
    for name, answers in WAY:
        page.goto(f"{journey}/neu/{name}")
        send_by_keyboard(page, answers, "Speichern")
        expect(page.get_by_role("status")).to_have_text(f"Gespeichert: {STEPS[name]}.")
    page.goto(f"{journey}/eintrag/3/berichtigen")
    send_by_keyboard(page, {"minutes": "50", "why": "Es dauerte länger."}, "Berichtigen")
    expect(page.get_by_role("status")).to_have_text("Berichtigt: Eintrag 3.")
    page.goto(f"{journey}/eintrag/4/stornieren")
    send_by_keyboard(page, {"why": "Doppelt erfasst."}, "Stornieren")
    expect(page.get_by_role("status")).to_have_text("Storniert: Eintrag 4.")
    assert page.locator(".wd-entry").count() == len(WAY) + 4


def test_menus_and_search_by_keyboard(served_once: Served, page: Page) -> None:
    """Enter opens a menu and follows a link in it, Escape closes it; a name is searched for with Enter."""
    served_once.login(page, "leitung-1")
    page.goto(f"{served_once.url}/teilnehmende")
    page.get_by_label("Name oder Kundennummer").focus()
    page.keyboard.type("Beispielperson 17")
    page.keyboard.press("Enter")
    expect(page.locator("#participants tbody tr").first).to_contain_text("Beispielperson 17")
    page.locator("#participants tbody a").first.press("Enter")
    menu = page.locator("main summary", has_text="Erfassen")
    menu.press("Enter")
    links = page.locator("main .wd-menu__list")
    expect(links).to_be_visible()
    page.keyboard.press("Escape")
    expect(links).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/neu/\w+$"))


def test_login_and_password_by_keyboard(served_once: Served, page: Page) -> None:
    """Both forms are filled and sent without a mouse, and the new password is the one that counts."""
    old, new = served_once.password("datenschutz"), "noch-eines-fuer-die-tests-43"
    page.goto(served_once.url)
    send_by_keyboard(page, {"account": "datenschutz", "password": old}, "Anmelden")
    page.wait_for_url(lambda url: "anmelden" not in url)
    page.goto(f"{served_once.url}/konto")
    send_by_keyboard(page, {"password": old, "new_password": new, "repeated": new}, "Passwort ändern")
    expect(page.get_by_role("status")).to_contain_text("Das Passwort ist geändert")
    page.goto(f"{served_once.url}/anmelden")
    send_by_keyboard(page, {"account": "datenschutz", "password": new}, "Anmelden")
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()


def test_a_refused_form_leads_to_what_is_wrong(served_once: Served, page: Page, allow_answer: AllowAnswer) -> None:
    """The summary has the focus; each of its links leads into a field that is marked and told what is wrong with it."""
    open_session_form(served_once, page)
    ways.field(page, "Datum").fill("32.03.2019")
    ways.field(page, "Dauer in Minuten").fill("viele")
    ways.field(page, "Notiz").fill("bleibt stehen")
    allow_answer(422)
    page.get_by_role("button", name="Speichern").click()
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    assert page.locator("[aria-invalid=true]").count() == 2
    expect(ways.field(page, "Notiz")).to_have_value("bleibt stehen")
    for label, typed in (("Datum", "32.03.2019"), ("Dauer in Minuten", "viele")):
        field = ways.field(page, label)
        expect(field).to_have_value(typed)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        told = [page.locator(f"#{one}").inner_text() for one in described]
        assert any(typed in one for one in told), told
        summary.get_by_role("link", name=label).press("Enter")
        expect(field).to_be_focused()


def test_a_form_with_changes_is_not_left_by_mistake(served_once: Served, page: Page) -> None:
    """Leaving asks first where something was typed, and not where nothing was."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    open_session_form(served_once, page)
    ways.go_to(page, "Teilnehmende")
    expect(page.locator("#participants")).to_be_visible()
    assert asked == []
    open_session_form(served_once, page)
    form = page.url
    ways.field(page, "Notiz").press_sequentially("Noch nicht gespeichert")
    ways.go_to(page, "Teilnehmende")
    expect(ways.field(page, "Notiz")).to_have_value("Noch nicht gespeichert")
    assert (asked, page.url) == (["beforeunload"], form)


def test_a_double_click_stores_once(served_once: Served, page: Page) -> None:
    """Neither two clicks nor the same form sent again after the answer stores a second entry."""
    journey = open_session_form(served_once, page)
    before = entries(page, journey)
    fill_session(page)
    sent = page.locator("main form").evaluate("(form) => Object.fromEntries(new FormData(form))")
    form = page.url
    page.get_by_role("button", name="Speichern").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Gespeichert")
    again = page.context.request.post(form, form=sent, headers={"Referer": form})
    assert again.ok
    assert entries(page, journey) == before + 1


def test_a_stale_form_tells_what_changed(
    served_once: Served, page: Page, without_javascript: Page, allow_answer: AllowAnswer
) -> None:
    """A form that somebody else was quicker than is refused, says what is new, keeps what was typed, and goes then."""
    journey = open_session_form(served_once, page)
    fill_session(page)
    other = without_javascript
    served_once.login(other, "leitung-2")
    other.goto(f"{journey}/neu/appointment_missed")
    ways.field(other, "Datum").fill("14.06.2019")
    other.get_by_role("group", name="entschuldigt").get_by_label("ja").check()
    other.get_by_role("button", name="Speichern").click()
    expect(other.get_by_role("status")).to_contain_text("Gespeichert")
    allow_answer(409, 422)
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("Versäumter Termin")
    expect(ways.field(page, "Dauer in Minuten")).to_have_value("35")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status")).to_contain_text("Gespeichert")


def test_everything_without_javascript(served_once: Served, without_javascript: Page) -> None:
    """The way of a coach, filters and their memory, the choice of language and the way out need no script."""
    page = without_javascript
    ways.log_in(page, served_once, "coach-a")
    ways.enrol(page)
    ways.hold_session(page)
    ways.place(page)
    ways.correct_placement(page)
    ways.go_to(page, "Teilnehmende")
    every = page.locator(".wd-heading__lead").inner_text()
    ways.field(page, "Wohnort").select_option(label="Raunheim")
    page.get_by_role("button", name="Anzeigen").click()
    assert page.locator(".wd-heading__lead").inner_text() != every
    towns = page.locator("#participants tbody tr td:last-child").all_inner_texts()
    assert towns
    assert all("Raunheim" in town for town in towns)
    page.locator("summary", has_text="Gemerkte Filter").click()
    page.get_by_label("Diesen Filter merken als").fill("Raunheim")
    page.get_by_role("button", name="Merken").click()
    page.locator("summary", has_text="Gemerkte Filter").click()
    expect(page.get_by_role("link", name="Raunheim", exact=True)).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Deutsch").click()
    page.locator("header summary").click()
    page.get_by_role("link", name="Mein Konto").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
    ways.log_out(page)


def open_session_form(served: Served, page: Page) -> str:
    """Open the form of a session of somebody who stayed to the end; gives the address of the journey."""
    if not page.context.cookies():
        served.login(page, "leitung-1")
    page.goto(f"{served.url}/teilnehmende?exit_reason=programme_ended")
    journey = f"{served.url}{page.locator('#participants tbody a').first.get_attribute('href')}"
    page.goto(f"{journey}/neu/coaching_session_held")
    return journey


def fill_session(page: Page) -> None:
    ways.field(page, "Datum").fill("13.06.2019")
    ways.field(page, "Dauer in Minuten").fill("35")


def entries(page: Page, journey: str) -> int:
    """How many entries a journey has."""
    return len(page.context.request.get(f"{journey}?format=json").json())
