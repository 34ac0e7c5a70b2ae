"""Pictures of every page, in German and English, for docs/bilder: made on demand, not by the suite.

python3 run.py test tests/browser/pictures.py     make them all anew; then look at every one

`gallery.py` says which. The suite runs `test_pictures.py`, which says whether a page has no picture.
"""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from accessibility import NARROW, WIDE
from gallery import FOLDER, PICTURES, readme
from looking import KNOWN_THEN, PROGRAMME
from PIL import Image
from playwright.sync_api import Page
from serving import Served

from domain.facts import Corrected, Enrolled, PlacementStarted, QualificationCompleted, QualificationStarted, Recorded
from domain.journal import Request
from domain.terms import PlacementKind
from projections.publishing import release_edition
from projections.stores import Stores, open_stores

LANGUAGES = {"de": "de-DE", "en": "en-GB"}
HEIGHT, NARROW_HEIGHT = 860, 740
COLOURS = 96
"""So many are enough for pages of a few colours, and make the files a quarter as large."""


class Ids(NamedTuple):
    """What an address may need: a journey of coach-1 with its person and programme, and an entry that was corrected."""

    journey: str
    participant: str
    entry: int
    position: int


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
