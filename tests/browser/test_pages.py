"""Every page there is, for everybody: no barrier, nothing wider than a telephone, whole in both languages."""

import re
from collections.abc import Callable

import pytest
from accessibility import NARROW, check_accessible, check_fits
from looking import INTERIM, KNOWN_THEN, PROGRAMME, Known, known
from playwright.sync_api import Page
from serving import Served

from web.app import create_app

NewPage = Callable[..., Page]


PAGES: dict[str, tuple[str, str]] = {
    "account.login": ("", "/anmelden"),
    "account.account": ("datenschutz", "/konto"),
    "tokens.tokens": ("coach-a", "/konto/token"),
    "overview.overview_page": ("leitung-1", "/uebersicht"),
    "participants.roster": ("leitung-1", "/teilnehmende"),
    "participants.enrolment": ("leitung-1", "/teilnehmende/aufnahme"),
    "journeys.journey": ("coach-a", "/teilnehmende/{journey}"),
    "journeys.new_step": ("coach-a", "/teilnehmende/{journey}/neu/coaching_session_held"),
    "journeys.correction": ("coach-a", "/teilnehmende/{journey}/eintrag/1/berichtigen"),
    "journeys.withdrawal": ("coach-a", "/teilnehmende/{journey}/eintrag/1/stornieren"),
    "balances.balance": ("controlling", "/bilanzen?by=gender"),
    "balances.one_edition": ("leitung-1", f"/bilanzen/ausgaben/{PROGRAMME}/1"),
    "balances.rows": ("pruefung", f"/bilanzen/belege?figure=integration_rate_single_parents_12m&stichtag={INTERIM}"),
    "balances.comparison": ("pruefung", f"/bilanzen/vergleich?a={PROGRAMME}/1&b={INTERIM}"),
    "audit.audit": ("pruefung", "/pruefung"),
    "audit.events": ("pruefung", "/pruefung/ereignisse"),
    "audit.entry": ("pruefung", "/pruefung/eintrag/{position}"),
    "audit.replay": ("pruefung", f"/pruefung/wiedergabe?position={KNOWN_THEN}"),
    "audit.verification": ("datenschutz", "/pruefung/verifizieren"),
    "audit.checkpoints": ("pruefung", "/pruefung/pruefpunkte"),
    "audit.bundle": ("pruefung", "/pruefung/buendel"),
    "administration.administration": ("leitung-1", "/verwaltung"),
    "administration.programmes": ("leitung-1", "/verwaltung/programme"),
    "administration.programme": ("leitung-1", f"/verwaltung/programme/{PROGRAMME}"),
    "administration.open_programme": ("leitung-1", "/verwaltung/programme/neu"),
    "administration.coaches": ("leitung-1", "/verwaltung/coaches"),
    "administration.intake": ("leitung-1", "/verwaltung/import"),
    "administration.protection": ("datenschutz", "/verwaltung/datenschutz"),
    "administration.person": ("datenschutz", "/verwaltung/datenschutz/person/{participant}"),
    "administration.keeping": ("datenschutz", "/verwaltung/aufbewahrung"),
    "administration.readings": ("datenschutz", "/verwaltung/leseprotokoll"),
    "administration.recognition": ("datenschutz", "/verwaltung/wiedererkennung"),
    "administration.accounts": ("admin", "/verwaltung/konten"),
    "administration.one_account": ("admin", "/verwaltung/konten/coach-a"),
    "administration.open_account": ("admin", "/verwaltung/konten/neu"),
    "administration.rebuilding": ("admin", "/verwaltung/projektionen"),
    "help.handbook": ("", "/hilfe"),
    "help.page": ("", "/hilfe/coach"),
    "help.figures": ("", "/hilfe/kennzahlen"),
    "help.accessibility": ("", "/hilfe/barrierefreiheit"),
}
"""By endpoint: an account that may see the page ("" for nobody), and its address in the example."""
NO_PAGES = {
    "static": "a file",
    "account.start": "leads on",
    "account.choose_language": "leads on",
    "account.sign_on": "leads to another host",
    "account.single_sign_on_return": "leads on",
    "overview.chart": "a picture",
    "help.image": "a picture",
    "audit.proof": "a file",
    "audit.line": "a file",
    "audit.checkpoint": "a file",
    "audit.public_key": "a file",
    "audit.bundle_file": "a file",
    "administration.intake_template": "a file",
}
GERMAN_ONLY = {"help.page"}
"""Pages whose words are a document in German; it says so by its `lang`."""
GERMAN = re.compile(
    r"\b(und|oder|nicht|mit|für|zum|zur|vom|von|auf|ist|sind|wird|werden|wurde|wurden|eine|einen|einer|eines|dem|den|des|das"
    r"|kein|keine|noch|alle|alles|auch|aus|bei|beim|bis|durch|nach|seit|über|unter|vor|wie|wer|wann|warum|Sie|Ihr|Ihre"
    r"|gilt|erfasst|aufgenommen|ausgetreten|Eintrag|Einträge|Bilanz|Bilanzen|Wohnort|Kennzahl|Kennzahlen"
    r"|Teilnehmende|Konto|Passwort|Rolle|Anmelden|Abmelden|Grund|Datum|Zahl|Zahlen|Ausgabe|ja|nein|ohne|gesamt)\b"
)
"""Frequent words that English has not."""
LETTERS = re.compile(r"\w*[äöüßÄÖÜ]\w*")
KEPT_WORDS = """() => {
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll("[lang=de], pre, code").forEach((one) => one.remove());
    const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT), words = [];
    while (texts.nextNode()) words.push(texts.currentNode.textContent);
    const options = [...copy.querySelectorAll("[aria-label], [alt], [placeholder], [title]")].flatMap((one) =>
        ["aria-label", "alt", "placeholder", "title"].map((name) => one.getAttribute(name) || ""));
    return [...words, ...options].join("\\n");
}"""


@pytest.fixture(scope="module")
def example(served_once: Served) -> Known:
    return known(served_once)


def opened(page: Page, served: Served, account: str, address: str) -> Page:
    """Open an address as an account."""
    if account and not page.context.cookies():
        served.login(page, account)
    page.goto(served.url + address)
    return page


def data_of(known_words: str) -> str:
    """Words of an English page without what the example calls things in German."""
    text = re.sub(r"Langzeitleistungsbezug[^\n]*?\(synthetisches Beispiel\)", " ", known_words)
    text = re.sub(r"Land Hessen, Initiative „[^“]*“ \(Beispiel\)", " ", text)
    return re.sub(r"Beispielnotiz: [^\n.]*\.", " ", text)


def test_every_page_is_looked_at(served_once: Served) -> None:
    """Whatever answers GET outside the interface and the checks of health is in the table of pages, or no page."""
    app = create_app(served_once.settings)
    found = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    found = {one for one in found if not one.startswith(("api", "health."))}
    assert found == set(PAGES) | set(NO_PAGES)


@pytest.mark.parametrize("account", sorted({account for account, _address in PAGES.values()}))
def test_every_page_is_for_everybody(account: str, served_once: Served, example: Known, new_page: NewPage) -> None:
    """Wide and light in German, narrow and dark in English: no barrier, one heading, a way past the navigation."""
    wide, narrow = new_page(), new_page(NARROW, locale="en-GB", color_scheme="dark")
    for endpoint, (its_account, address) in PAGES.items():
        if its_account == account:
            opened(wide, served_once, account, address.format(**example._asdict()))
            check_accessible(wide)
            assert wide.locator("html").get_attribute("lang") == "de", endpoint
            assert wide.locator("h1").count() == 1, endpoint
            wide.keyboard.press("Tab")
            wide.keyboard.press("Enter")
            assert wide.evaluate("document.activeElement.id") == "inhalt", endpoint

            opened(narrow, served_once, account, address.format(**example._asdict()))
            check_accessible(narrow)
            check_fits(narrow)
            assert narrow.locator("html").get_attribute("lang") == "en", endpoint
            if endpoint not in GERMAN_ONLY:
                assert german_words(narrow) == [], endpoint


def german_words(page: Page) -> list[str]:
    """German words on a page in English, as far as they are not the example's own."""
    words = data_of(page.evaluate(KEPT_WORDS))
    umlauts = [one for one in LETTERS.findall(words) if one not in OWN_WORDS]
    return sorted({*GERMAN.findall(words), *umlauts})


OWN_WORDS = {"Rüsselsheim", "Groß", "Musterbildungsträger"}


def test_every_page_has_a_title_of_its_own(served_once: Served, example: Known, new_page: NewPage) -> None:
    """No two pages have the same title, in either language: it is what tells tabs and bookmarks apart."""
    titles: dict[str, str] = {}
    visitors: dict[str, Page] = {}
    for endpoint, (account, address) in PAGES.items():
        if account not in visitors:
            visitors[account] = new_page()
            if account:
                served_once.login(visitors[account], account)
        answer = visitors[account].context.request.get(served_once.url + address.format(**example._asdict()))
        found = re.search(r"<title>(.*?)</title>", answer.text())
        assert found, endpoint
        assert found[1].removesuffix("– Werdegang").strip(), endpoint
        assert found[1] not in titles, f"{endpoint} and {titles[found[1]]}"
        titles[found[1]] = endpoint
