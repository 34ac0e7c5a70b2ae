"""Every page has its picture in docs/bilder, in both languages; `pictures.py` makes them."""

from pathlib import Path

import pytest
from gallery import FOLDER, PICTURES, readme
from test_pages import NO_PAGES

from projections.settings import Settings
from web.app import create_app

MOST_BYTES = 6_000_000
HOW = "python3 run.py test tests/browser/pictures.py"


def test_every_page_has_a_picture(tmp_path: Path) -> None:
    """Whatever answers GET with a page is shown; the interface for programs is not."""
    app = create_app(Settings(data=str(tmp_path)))
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    pages = {one for one in pages if not one.startswith(("api", "health."))} - set(NO_PAGES)
    assert pages == {picture.endpoint for picture in PICTURES.values()}


@pytest.mark.parametrize("folder", ["de", "en", "schmal"])
def test_pictures_are_there(folder: str) -> None:
    """Those of the table and no others."""
    wanted = {name for name, picture in PICTURES.items() if folder != "schmal" or picture.narrow}
    assert {path.stem for path in (FOLDER / folder).iterdir()} == wanted, HOW


def test_pictures_are_small() -> None:
    """A clone takes them along, and so does a wheel."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.png")) < MOST_BYTES


def test_their_page_shows_them_all() -> None:
    """docs/bilder/README.md is made from the same table."""
    assert (FOLDER / "README.md").read_text("utf-8") == readme(), HOW
