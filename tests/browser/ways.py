"""What people do with the application, each as clicks on a page: the same with and without JavaScript."""

import re

from looking import KNOWN_THEN, PLACED_THEN, PROGRAMME
from playwright.sync_api import Locator, Page, expect
from serving import Served

NEW_PERSON = {
    "Name": "Testperson 1",
    "Kundennummer": "999T000001",
    "Datum": "01.03.2019",
    "Alter bei Aufnahme": "29",
    "Monate im Leistungsbezug": "24",
}
"""What is typed of somebody to enrol; the rest of the form is chosen."""


def log_in(page: Page, served: Served, account: str) -> None:
    """Log in with the form; the first page of the account opens."""
    page.goto(served.url)
    page.get_by_label("Konto").fill(account)
    page.get_by_label("Passwort").fill(served.password(account))
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()


def log_out(page: Page) -> None:
    """Log out; the form to log in is there again."""
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_label("Passwort")).to_be_visible()


def go_to(page: Page, part: str) -> None:
    """Choose a part in the navigation."""
    page.get_by_role("navigation", name="Hauptnavigation").get_by_role("link", name=part).click()


def field(page: Page, label: str) -> Locator:
    """The field of a form by its label, without the note that it is optional."""
    return page.get_by_label(re.compile(rf"^{re.escape(label)}(\s–.*)?$"))


def enrol(page: Page) -> str:
    """Enrol somebody who fits the target group; gives the address of the journey, whose page is open then."""
    go_to(page, "Teilnehmende")
    page.get_by_role("link", name="Person aufnehmen").click()
    for label, text in NEW_PERSON.items():
        field(page, label).fill(text)
    field(page, "Geschlecht").select_option("female")
    page.get_by_role("group", name="Migrationshintergrund").get_by_label("ja").check()
    page.get_by_role("group", name="alleinerziehend").get_by_label("nein").check()
    field(page, "Wohnort").select_option(label="Raunheim")
    field(page, "Bildungsstand").select_option("isced_0_2")
    page.get_by_role("button", name="Aufnehmen").click()
    expect(page.get_by_role("status")).to_have_text("Aufgenommen.")
    return page.url


def choose_step(page: Page, name: str) -> None:
    """Open the menu of a journey and choose a step to enter."""
    page.locator("main summary", has_text="Erfassen").click()
    page.locator("main .wd-menu__list").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def hold_session(page: Page) -> None:
    """Enter a session of 45 minutes, on the page of a journey."""
    choose_step(page, "Coaching-Gespräch")
    field(page, "Datum").fill("05.03.2019")
    field(page, "Dauer in Minuten").fill("45")
    page.get_by_label("Bewerbung").check()
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status")).to_have_text("Gespeichert: Coaching-Gespräch.")


def place(page: Page) -> None:
    """Enter a job subject to social security that began on 1 April 2019."""
    choose_step(page, "Arbeitsaufnahme")
    field(page, "Datum").fill("01.04.2019")
    field(page, "Art").select_option("svp")
    field(page, "Wochenstunden").fill("20,5")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status")).to_have_text("Gespeichert: Arbeitsaufnahme.")


def correct_placement(page: Page) -> None:
    """Make the job a mini-job, after seeing which figures that moves; on the page of the journey."""
    entry = page.locator(".wd-entry", has=page.get_by_role("heading", name="Arbeitsaufnahme"))
    entry.get_by_role("link", name="berichtigen").click()
    field(page, "Art").select_option("minijob")
    field(page, "Warum wird berichtigt?").fill("Es war von Anfang an ein Minijob.")
    page.get_by_role("button", name="Zeigen, was das bewegt").click()
    moved = page.get_by_role("region", name="Was das bewegt")
    expect(moved).to_contain_text("Vermittelt in sozialversicherungspflichtige Beschäftigung")
    expect(field(page, "Art")).to_have_value("minijob")
    page.get_by_role("button", name="Berichtigen", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Berichtigt: Eintrag")
    expect(page.locator(".wd-entry--correction .wd-change ins")).to_contain_text("Minijob")


def draft_balance(page: Page) -> str:
    """Draft an edition of the balance as it is; gives its name. The page of the edition is open then."""
    go_to(page, "Bilanzen")
    page.get_by_role("button", name="Als Ausgabe entwerfen").click()
    found = re.search(rf"{PROGRAMME}/\d+", page.get_by_role("status").inner_text())
    assert found
    return found[0]


def open_edition(page: Page, name: str) -> None:
    """Open an edition from the list below the balance."""
    go_to(page, "Bilanzen")
    page.get_by_role("link", name=name, exact=True).click()


def open_placed(page: Page) -> None:
    """From the interim balance to the persons behind its 44."""
    open_edition(page, f"{PROGRAMME}/1")
    figure = page.locator("tr", has_text="placed_svp").locator(".wd-figure")
    expect(figure).to_have_text(re.compile(rf"^{PLACED_THEN}\b"))
    figure.click()
    expect(page.locator("#rows tbody tr")).to_have_count(PLACED_THEN)


def travel(page: Page) -> None:
    """Travel to the Datenstand of the interim balance."""
    open_edition(page, f"{PROGRAMME}/1")
    page.get_by_role("link", name="Zum Datenstand dieser Ausgabe reisen").click()
    expect(banner(page)).to_contain_text(f"Datenstand {KNOWN_THEN}")


def banner(page: Page) -> Locator:
    """What says on every page that it shows the past."""
    return page.locator(".wd-travel")
