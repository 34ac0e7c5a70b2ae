"""What every page must be for everybody: no violation that axe finds, and nothing to scroll sideways."""

from chromium import axe_source
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW, NARROWEST = 1280, 360, 320
HEIGHT = 900

_RUN = """async (tags) => {
    const options = { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] };
    return (await axe.run(document, options)).violations;
}"""
_TOO_WIDE = """() => {
    const seen = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= seen) return [];
    const wide = [...document.querySelectorAll("body *")].filter((one) =>
        one.getBoundingClientRect().right > seen + 1
        || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "visible"));
    return ["the page", ...wide.slice(-5).map((one) => one.cloneNode(false).outerHTML)];
}"""


def check_accessible(page: Page) -> None:
    """Fail if axe finds a violation of WCAG 2.2 A or AA in the page as it is now: menus open, errors shown, ..."""
    violations = _violations(page)
    assert not violations, "\n".join([f"{page.url} at {page.viewport_size}:", *violations])


def check_everywhere(page: Page, url: str) -> None:
    """Open a page and check it wide and narrow, light and dark; at 320 px nothing may need scrolling sideways.

    The page is left wide and light.
    """
    page.goto(url)
    check_as_it_is_everywhere(page)


def check_as_it_is_everywhere(page: Page) -> None:
    """The same for the page that is open, for one that has no address of its own: a form with its errors, say."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        for width in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            violations = _violations(page)
            assert not violations, "\n".join([f"{page.url}, {scheme}, {width} px:", *violations])
    check_fits(page)


def check_fits(page: Page) -> None:
    """Fail if the page at 320 px is wider than the window; tables may scroll within themselves."""
    before = page.viewport_size
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    too_wide = page.evaluate(_TOO_WIDE)
    if before:
        page.set_viewport_size(before)
    assert not too_wide, "\n  ".join([f"{page.url} scrolls sideways at {NARROWEST} px:", *too_wide])


def _violations(page: Page) -> list[str]:
    """What axe finds, an element a line."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(axe_source())  # a script element would break the content security policy
    found = page.evaluate(_RUN, TAGS)
    return [
        f"  {rule['id']} ({rule['impact']}): {rule['help']}: {' '.join(map(str, node['target']))}\n"
        f"    {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
