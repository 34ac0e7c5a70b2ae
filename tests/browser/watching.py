"""What a page does that no page may do: seen by the browser, kept until the test ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

OWN_HOST = "127.0.0.1"
LOCAL_SCHEMES = ("about", "blob", "data")
STATUS_MESSAGE = "Failed to load resource: the server responded with a status of"
NAVIGATED_AWAY = "net::ERR_ABORTED"  # also what a download looks like


class Watch:
    """Follows all pages of a context; `found` is what a test fails with.

    Found are: every console message (violations of the content security policy are such), errors of scripts, requests
    to another host than this machine, requests that fail, answers of 400 and above. `allowed` are the statuses of whole
    pages that the test wants to see.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.found: list[str] = []
        self.allowed: set[int] = set()
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failure)
        context.on("response", self._answer)

    def _console(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(STATUS_MESSAGE):  # `_answer` knows more about it
            self.found.append(f"console: {message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.found.append(f"error of a script: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.hostname != OWN_HOST and parts.scheme not in LOCAL_SCHEMES:
            self.found.append(f"request to another host: {request.url}")

    def _failure(self, request: Request) -> None:
        if request.failure != NAVIGATED_AWAY:
            self.found.append(f"failed request: {request.url}: {request.failure}")

    def _answer(self, response: Response) -> None:
        wanted = response.request.is_navigation_request() and response.status in self.allowed
        if response.status >= 400 and not wanted:
            self.found.append(f"answer {response.status}: {response.request.method} {response.url}")


@contextmanager
def nothing_found() -> Iterator[dict[Page, Watch]]:
    """Watches to fill; what they have found at the end fails the test."""
    watches: dict[Page, Watch] = {}
    yield watches
    found = [line for watch in watches.values() for line in watch.found]
    if found:
        pytest.fail("\n".join(["The browser noticed:", *found]), pytrace=False)
