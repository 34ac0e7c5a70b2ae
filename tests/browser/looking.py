"""Where to look in the example, and looking at a page as it is: for everybody, in both languages."""

from typing import NamedTuple

from accessibility import HEIGHT, NARROW, WIDE, check_accessible, check_fits
from playwright.sync_api import Page
from serving import Served

from projections.stores import open_stores

PROGRAMME = "lzb-gg"
INTERIM = "2018-02-19"
"""The Stichtag of the interim balance, the edition lzb-gg/1."""
KNOWN_THEN = 2459
"""Its Datenstand."""
PLACED_THEN = 44
"""How many persons it says were placed in employment subject to social security."""


class Known(NamedTuple):
    """Ids of the example that an address may need."""

    journey: str
    """A journey of coach-1 that has ended."""
    participant: str
    """Whose it is."""
    position: int
    """The place of its first entry in the ledger."""


def known(served: Served) -> Known:
    """A journey of the example on this server."""
    with open_stores(served.settings) as stores:
        ((stream, participant, position),) = stores.read_model.query(
            "SELECT e.stream, e.participant, e.known_from FROM enrolments e JOIN care c ON c.stream = e.stream "
            "WHERE c.coach = 'coach-1' AND e.known_until IS NULL AND c.known_until IS NULL "
            "ORDER BY e.known_from LIMIT 1",
            {},
        )
    return Known(str(stream), str(participant), position)


def check_in_two_ways(page: Page) -> None:
    """Check the page that is open wide and light, then narrow and dark: every width and every scheme once."""
    for scheme, width in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": HEIGHT})
        check_accessible(page)
    check_fits(page)
