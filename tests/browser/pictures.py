"""Pictures of every page, in German and English, for docs/bilder: made on demand, not by the suite.

python3 run.py test tests/browser/pictures.py     make them all anew; then look at every one

The suite runs `test_pictures.py`, which says whether a page has no picture.
"""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from accessibility import NARROW, WIDE
from looking import INTERIM, KNOWN_THEN, PROGRAMME
from PIL import Image
from playwright.sync_api import Page
from serving import Served

from domain.facts import Corrected, Enrolled, PlacementStarted, QualificationCompleted, QualificationStarted, Recorded
from domain.journal import Request
from domain.terms import PlacementKind
from projections.publishing import release_edition
from projections.stores import Stores, open_stores

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "bilder"
LANGUAGES = {"de": "de-DE", "en": "en-GB"}
HEIGHT, NARROW_HEIGHT = 860, 740
COLOURS = 96
"""So many are enough for pages of a few colours, and make the files a quarter as large."""

Prepare = Callable[[Page], None]


class Picture(NamedTuple):
    """A picture: the page it is of, who looks at it ("" is nobody), and what is done there before it is taken."""

    endpoint: str
    account: str
    address: str
    shows: str
    prepare: Prepare | None = None
    narrow: bool = False


class Ids(NamedTuple):
    """What an address may need: a journey of coach-1 with its person and programme, and an entry that was corrected."""

    journey: str
    participant: str
    entry: int
    position: int


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


@pytest.fixture(scope="module")
def ids(served_once: Served) -> Ids:
    """The journey that is shown, after the public version was released."""
    with open_stores(served_once.settings) as stores:
        release_edition(stores, f"{PROGRAMME}/1", Request(id=uuid4(), by="leitung-1", now=datetime.now(UTC)))
        return shown(stores)


def shown(stores: Stores) -> Ids:
    """The shortest journey of coach-1 with a qualification and a job that was reported by the interim balance and
    corrected in some entry."""
    rows = stores.read_model.query(
        "SELECT DISTINCT c.stream FROM care c WHERE c.coach = 'coach-1' AND c.known_until IS NULL", {}
    )
    journeys = [stores.journal.read(UUID(stream)) for (stream,) in rows]
    fitting = [found for found in journeys if tells_all(found)]
    found = min(fitting, key=len)
    placed = next(one for one in found if isinstance(one.fact, PlacementStarted))
    enrolled = next(one.fact for one in found if isinstance(one.fact, Enrolled))
    return Ids(str(placed.originator_id), str(enrolled.participant), placed.originator_version, placed.position)


def tells_all(journey: Sequence[Recorded]) -> bool:
    """Whether a journey has something of everything."""
    kinds = {type(one.fact) for one in journey}
    placed = [one for one in journey if isinstance(one.fact, PlacementStarted)]
    early = [one for one in placed if one.position < KNOWN_THEN and one.fact.kind is PlacementKind.SVP]
    return {Corrected, QualificationStarted, QualificationCompleted} <= kinds and placed[:1] == early[:1] != []


@pytest.mark.parametrize("language", LANGUAGES)
def test_take_the_wide_ones(
    language: str, served_once: Served, ids: Ids, new_page: Callable[..., Page], allow_answer: Callable[..., None]
) -> None:
    """Every page at 1280 pixels."""
    take(served_once, ids, lambda: new_page(WIDE, locale=LANGUAGES[language]), allow_answer, language)


def test_take_the_narrow_ones(
    served_once: Served, ids: Ids, new_page: Callable[..., Page], allow_answer: Callable[..., None]
) -> None:
    """Some pages as on a telephone."""
    take(served_once, ids, lambda: new_page(NARROW), allow_answer, "schmal")


def test_write_the_page() -> None:
    """The page that shows them all; pictures of before go."""
    for kept, folder in ((PICTURES, "de"), (PICTURES, "en"), ([n for n in PICTURES if PICTURES[n].narrow], "schmal")):
        for path in (FOLDER / folder).glob("*.png"):
            if path.stem not in kept:
                path.unlink()
    (FOLDER / "README.md").write_text(readme(), "utf-8")


def take(
    served: Served, ids: Ids, new_page: Callable[[], Page], allow_answer: Callable[..., None], folder: str
) -> None:
    """Take the pictures of a folder."""
    pages: dict[str, Page] = {}
    (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    for name, picture in PICTURES.items():
        if folder == "schmal" and not picture.narrow:
            continue
        if picture.account not in pages:
            pages[picture.account] = new_page()
            if picture.account:
                served.login(pages[picture.account], picture.account)
        page = pages[picture.account]
        page.set_viewport_size(
            {"width": page.viewport_size["width"], "height": NARROW_HEIGHT if folder == "schmal" else HEIGHT}
        )  # type: ignore[index]
        allow_answer(422)
        page.goto(served.url + picture.address.format(**ids._asdict()))
        if picture.prepare:
            picture.prepare(page)
        page.wait_for_load_state("networkidle")
        write(
            page.screenshot(),
            page.evaluate("Math.round(document.body.getBoundingClientRect().right)"),
            FOLDER / folder / f"{name}.png",
        )


def write(picture: bytes, width: int, path: Path) -> None:
    """Write a picture with few colours, without the room of the scroll bar."""
    with Image.open(io.BytesIO(picture)) as image:
        page = image.convert("RGB").crop((0, 0, width, image.height))
    page.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
