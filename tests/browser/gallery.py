"""Which pictures there are in docs/bilder: at least one of every page. `pictures.py` makes them."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from looking import INTERIM, KNOWN_THEN, PROGRAMME
from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "bilder"

Prepare = Callable[[Page], None]


class Picture(NamedTuple):
    """A picture: the page it is of, who looks at it ("" is nobody), and what is done there before it is taken."""

    endpoint: str
    account: str
    address: str
    shows: str
    prepare: Prepare | None = None
    narrow: bool = False


def first_person(page: Page) -> None:
    """From the rows behind a figure on to the first journey."""
    page.locator("table th a").first.click()


def preview_correction(page: Page) -> None:
    """What a correction would move: hours too few for employment subject to social security."""
    page.locator("[name=kind]").select_option("minijob")
    page.locator("[name=why]").fill("Laut Vertrag ein Minijob")
    page.locator("[name=preview]").click()
    page.locator("#moved").scroll_into_view_if_needed()


def refused_enrolment(page: Page) -> None:
    """A form that was refused: the target group, criterion by criterion."""
    page.locator("[name=on]").fill("19.02.2018")
    page.locator("[name=age]").fill("41")
    for choice in ("gender", "municipality", "education", "coach", "labour_status"):
        if (field := page.locator(f"select[name={choice}]")).count():
            field.select_option(index=1)
    for answer in ("migration_background", "single_parent"):
        page.locator(f"[name={answer}]").first.check()
    page.locator("[name=benefit_months]").fill("22")
    page.locator("main form button[type=submit]").last.click()


def show_menu(page: Page) -> None:
    """The menu of a page, open."""
    page.locator("main details[data-menu] > summary").first.click()


def show_correction(page: Page) -> None:
    """An entry that was corrected; its correction stands near it."""
    page.locator(".wd-entry--correction").first.evaluate("one => window.scrollTo(0, one.offsetTop - 60)")


def show_figures(page: Page) -> None:
    """The figures of the first page."""
    page.locator("#figures-heading").evaluate("one => one.scrollIntoView()")


_THEN = f"stichtag={INTERIM}"
_KNOWN_THEN = f"{_THEN}&datenstand={KNOWN_THEN}"
_JOURNEY = "/teilnehmende/{journey}"
_EVIDENCE = f"/bilanzen/belege?programme={PROGRAMME}&figure=placed_svp&{_KNOWN_THEN}"
_EDITION = f"/bilanzen/ausgaben/{PROGRAMME}/1"

PICTURES: dict[str, Picture] = {
    "login": Picture("account.login", "", "/anmelden", "logging in", narrow=True),
    "account": Picture("account.account", "coach-a", "/konto", "one's own account"),
    "tokens": Picture("tokens.tokens", "coach-a", "/konto/token", "one's own tokens"),
    "overview": Picture(
        "overview.overview_page",
        "leitung-1",
        f"/uebersicht?{_THEN}",
        "a programme's first page, as a lead",
        narrow=True,
    ),
    "overview-figures": Picture(
        "overview.overview_page", "leitung-1", f"/uebersicht?{_THEN}", "the figures of that page", show_figures
    ),
    "overview-coach": Picture("overview.overview_page", "coach-a", f"/uebersicht?{_THEN}", "the same, as a coach"),
    "roster": Picture(
        "participants.roster", "coach-a", f"/teilnehmende?{_THEN}", "the list of participants", narrow=True
    ),
    "enrolment": Picture(
        "participants.enrolment", "coach-a", "/teilnehmende/aufnahme", "enrolling somebody", narrow=True
    ),
    "enrolment-refused": Picture(
        "participants.enrolment", "coach-a", "/teilnehmende/aufnahme", "an enrolment that is refused", refused_enrolment
    ),
    "journey": Picture("journeys.journey", "coach-a", _JOURNEY, "a journey", narrow=True),
    "journey-corrected": Picture("journeys.journey", "coach-a", _JOURNEY, "a correction in it", show_correction),
    "journey-menu": Picture("journeys.journey", "coach-a", _JOURNEY, "what can be entered there", show_menu),
    "step": Picture(
        "journeys.new_step", "coach-a", f"{_JOURNEY}/neu/coaching_session_held", "entering a session", narrow=True
    ),
    "correction": Picture(
        "journeys.correction", "coach-a", f"{_JOURNEY}/eintrag/{{entry}}/berichtigen", "correcting an entry"
    ),
    "correction-preview": Picture(
        *("journeys.correction", "coach-a", f"{_JOURNEY}/eintrag/{{entry}}/berichtigen", "what that would move"),
        preview_correction,
    ),
    "withdrawal": Picture(
        "journeys.withdrawal", "coach-a", f"{_JOURNEY}/eintrag/{{entry}}/stornieren", "withdrawing an entry"
    ),
    "balance": Picture("balances.balance", "controlling", f"/bilanzen?{_THEN}", "a balance", narrow=True),
    "time-travel": Picture(
        "balances.balance", "pruefung", f"/bilanzen?{_KNOWN_THEN}", "the interim balance as it was known on its day"
    ),
    "evidence": Picture("balances.rows", "pruefung", _EVIDENCE, "the 44 persons behind a figure", narrow=True),
    "journey-auditor": Picture(
        "journeys.journey", "pruefung", _EVIDENCE, "one of them, under a pseudonym", first_person
    ),
    "edition": Picture("balances.one_edition", "leitung-1", _EDITION, "an edition"),
    "edition-public": Picture("balances.one_edition", "leitung-1", f"{_EDITION}?public=1", "its public version"),
    "comparison": Picture(
        *("balances.comparison", "controlling", f"/bilanzen/vergleich?a={PROGRAMME}/1&b={INTERIM}"),
        "why two balances differ",
    ),
    "audit": Picture("audit.audit", "pruefung", "/pruefung", "where an audit begins"),
    "audit-events": Picture("audit.events", "pruefung", "/pruefung/ereignisse", "the entries of the ledger"),
    "audit-entry": Picture("audit.entry", "pruefung", "/pruefung/eintrag/{position}", "one of them", narrow=True),
    "audit-replay": Picture(
        *("audit.replay", "pruefung", f"/pruefung/wiedergabe?{_THEN}&position={KNOWN_THEN - 12}"),
        "the ledger step by step",
    ),
    "audit-verification": Picture("audit.verification", "pruefung", "/pruefung/verifizieren", "verifying the ledger"),
    "audit-checkpoints": Picture("audit.checkpoints", "pruefung", "/pruefung/pruefpunkte", "checkpoints"),
    "audit-bundle": Picture("audit.bundle", "pruefung", "/pruefung/buendel", "the auditor's bundle"),
    "administration": Picture("administration.administration", "leitung-1", "/verwaltung", "administration"),
    "programmes": Picture("administration.programmes", "leitung-1", "/verwaltung/programme", "programmes"),
    "programme": Picture("administration.programme", "leitung-1", f"/verwaltung/programme/{PROGRAMME}", "a programme"),
    "programme-new": Picture(
        "administration.open_programme", "leitung-1", "/verwaltung/programme/neu", "opening a programme"
    ),
    "coaches": Picture("administration.coaches", "leitung-1", f"/verwaltung/coaches?{_THEN}", "coaches and caseloads"),
    "intake": Picture("administration.intake", "leitung-1", "/verwaltung/import", "importing a file"),
    "protection": Picture(
        "administration.protection", "datenschutz", "/verwaltung/datenschutz", "the register of erasures"
    ),
    "protection-person": Picture(
        *("administration.person", "datenschutz", "/verwaltung/datenschutz/person/{participant}"),
        "a person in the register",
    ),
    "keeping": Picture("administration.keeping", "datenschutz", "/verwaltung/aufbewahrung", "what is due when"),
    "readings": Picture("administration.readings", "datenschutz", "/verwaltung/leseprotokoll", "the log of reads"),
    "recognition": Picture(
        "administration.recognition", "datenschutz", "/verwaltung/wiedererkennung", "who could be found again"
    ),
    "accounts": Picture("administration.accounts", "admin", "/verwaltung/konten", "accounts", narrow=True),
    "account-one": Picture("administration.one_account", "admin", "/verwaltung/konten/coach-a", "an account"),
    "account-new": Picture("administration.open_account", "admin", "/verwaltung/konten/neu", "opening an account"),
    "rebuilding": Picture("administration.rebuilding", "admin", "/verwaltung/projektionen", "the read model"),
    "help": Picture("help.handbook", "coach-a", "/hilfe", "the handbook", narrow=True),
    "help-chapter": Picture("help.page", "coach-a", "/hilfe/coach", "a chapter of it"),
    "help-figures": Picture("help.figures", "coach-a", "/hilfe/kennzahlen", "every figure and its source"),
    "help-accessibility": Picture(
        "help.accessibility", "", "/hilfe/barrierefreiheit", "the statement on accessibility"
    ),
}


def readme() -> str:
    """The page of docs/bilder that shows them all."""
    lines = [
        "# Pictures of every page",
        "",
        "Made by `python3 run.py test tests/browser/pictures.py` from the synthetic example, which is nobody's data:",
        "1280 pixels wide in German and English, some 360 pixels wide. A page without a picture fails the tests.",
    ]
    for name, picture in PICTURES.items():
        lines += [
            "",
            f"## {picture.shows[0].upper()}{picture.shows[1:]}",
            "",
            f"![{picture.shows}, in German](de/{name}.png)",
        ]
        lines += ["", f"![{picture.shows}, in English](en/{name}.png)"]
        if picture.narrow:
            lines += ["", f"![{picture.shows}, 360 pixels wide](schmal/{name}.png)"]
    return "\n".join(lines) + "\n"
