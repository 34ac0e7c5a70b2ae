"""The checks of the browser tests can fail: each is shown a page that it must not let pass."""

from collections.abc import Callable, Iterator

import pytest
from accessibility import check_accessible, check_everywhere, check_fits
from playwright.sync_api import Browser, Page, Route
from watching import OWN_HOST, Watch, nothing_found

HOME = f"http://{OWN_HOST}:9/"
POLICY = "default-src 'none'; style-src 'self'"
GOOD = '<!doctype html><html lang="de"><title>Seite</title><main><h1>Seite</h1>{more}</main></html>'


@pytest.fixture
def shown(browser: Browser) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """A function that shows a page with some HTML in it, and gives its watch, which fails nothing by itself."""
    with browser.new_context() as context:
        watch = Watch(context)
        page = context.new_page()

        def show(more: str = "", status: int = 200, policy: str | None = None) -> tuple[Page, Watch]:
            def answer(route: Route) -> None:
                if route.request.url == HOME:
                    headers = {"Content-Type": "text/html; charset=utf-8"}
                    headers |= {"Content-Security-Policy": policy} if policy else {}
                    route.fulfill(status=status, headers=headers, body=GOOD.format(more=more))
                elif route.request.url.endswith("/missing"):
                    route.fulfill(status=404, body="")
                else:
                    route.abort()

            page.route("**/*", answer)
            page.goto(HOME)
            page.evaluate("0")  # whatever the browser has to tell is told before it answers
            return page, watch

        yield show


def test_a_good_page_passes_every_check(shown: Callable[..., tuple[Page, Watch]]) -> None:
    """A page that does nothing wrong is found fault with by none."""
    page, watch = shown()
    check_accessible(page)
    check_everywhere(page, HOME)
    assert watch.found == []


@pytest.mark.parametrize(
    ("more", "noticed"),
    [
        ("<script>console.error('Ach')</script>", "console: error: Ach"),
        ("<script>console.log('Ach')</script>", "console: log: Ach"),
        ("<script>throw new Error('Ach')</script>", "error of a script: Ach"),
        ("<img src='http://example.org/x.png' alt=''>", "request to another host: http://example.org/x.png"),
        ("<img src='/lost.png' alt=''>", f"failed request: {HOME}lost.png"),
        ("<img src='/missing' alt=''>", f"answer 404: GET {HOME}missing"),
    ],
)
def test_what_a_page_must_not_do_is_noticed(shown: Callable[..., tuple[Page, Watch]], more: str, noticed: str) -> None:
    """A console message, an error, a request to another host, a failed one and an answer of 404 are each found."""
    _page, watch = shown(more)
    assert [line for line in watch.found if line.startswith(noticed)]


def test_a_violation_of_the_policy_is_noticed(shown: Callable[..., tuple[Page, Watch]]) -> None:
    """An inline style under a policy without one is found."""
    _page, watch = shown("<p style='color: red'>rot</p>", policy=POLICY)
    assert "Content Security Policy" in str(watch.found)


@pytest.mark.parametrize("status", [404, 500])
def test_a_page_that_is_an_error_is_noticed_unless_wanted(
    shown: Callable[..., tuple[Page, Watch]], status: int
) -> None:
    """An answer of 400 and above is found, and not found where the test said that it wants it."""
    _page, watch = shown(status=status)
    assert watch.found == [f"answer {status}: GET {HOME}"]
    watch.allowed.add(status)
    shown(status=status)
    assert len(watch.found) == 1


def test_what_was_noticed_fails_the_test_at_its_end(shown: Callable[..., tuple[Page, Watch]]) -> None:
    """The message names it."""
    with pytest.raises(pytest.fail.Exception, match="console: warning: Ach"), nothing_found() as watches:
        page, watches[page] = shown("<script>console.warn('Ach')</script>")


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ("<input>", "label"),
        ("<p style='color: #ccc; background: #fff'>blass</p>", "color-contrast"),
        (
            "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style><p>blass</p>",
            "dark",
        ),
        ("<style>@media (max-width: 400px) { p { color: #ccc } }</style><p>blass</p>", "360 px"),
    ],
)
def test_a_barrier_fails_the_test(shown: Callable[..., tuple[Page, Watch]], more: str, rule: str) -> None:
    """What axe finds fails, also what is only in the dark or on a narrow screen, and the message names it."""
    page, _watch = shown(more)
    with pytest.raises(AssertionError, match=rule):
        check_everywhere(page, HOME)


def test_a_page_that_scrolls_sideways_fails_the_test(shown: Callable[..., tuple[Page, Watch]]) -> None:
    """At 320 px a page with something wider fails, and the message names it."""
    page, _watch = shown("<pre id='wide'>" + "x" * 200 + "</pre>")
    with pytest.raises(AssertionError, match=r'scrolls sideways at 320 px:(.*\n)*.*id="wide"'):
        check_fits(page)
