"""What one process of the web server shares, and what one request takes of it: settings, clock, open stores."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from threading import Lock
from typing import cast

from flask import Flask, current_app, g

from domain.errors import Refused
from domain.journal import BERLIN
from projections.data_protection import keep_current
from projections.settings import Settings
from projections.stores import Stores, open_stores
from web.kept import Kept

_KEY = "werdegang"


class House:
    """Settings, clock and the open stores of a process. Stores are opened when they are first needed, hence after a
    server has forked, and one request has them for itself."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self.settings, self.now, self.kept = settings, now, Kept()
        self._idle: list[tuple[ExitStack, Stores]] = []
        self._lock = Lock()

    @contextmanager
    def stores(self) -> Iterator[Stores]:
        """Stores for one at a time. After an error nobody foresaw they are closed, since a connection may be broken."""
        with self._lock:
            opened = self._idle.pop() if self._idle else None
        ending, stores = opened or self._opened()
        try:
            keep_current(stores.journal, stores.vault)
            yield stores
        except BaseException as error:
            if not isinstance(error, Refused):
                ending.close()
                raise
            self._give_back(ending, stores)
            raise
        self._give_back(ending, stores)

    def close(self) -> None:
        """Close what lies idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for ending, _stores in idle:
            ending.close()

    def _opened(self) -> tuple[ExitStack, Stores]:
        ending = ExitStack()
        return ending, ending.enter_context(open_stores(self.settings))

    def _give_back(self, ending: ExitStack, stores: Stores) -> None:
        with self._lock:
            self._idle.append((ending, stores))


def install(app: Flask, settings: Settings, now: Callable[[], datetime]) -> None:
    """Give the application its house."""
    app.extensions[_KEY] = House(settings, now)
    app.teardown_appcontext(_leave)


def house() -> House:
    """The house of the present application."""
    return cast(House, current_app.extensions[_KEY])


def now() -> datetime:
    """The present moment; the only clock of the web floor."""
    return house().now()


def today() -> date:
    """The present day in Germany."""
    return now().astimezone(BERLIN).date()


def stores() -> Stores:
    """The stores of this request, taken at its first need and given back at its end."""
    if "stores" not in g:
        g.stores_ending = ExitStack()
        g.stores = g.stores_ending.enter_context(house().stores())
    return cast(Stores, g.stores)


def utc_now() -> datetime:
    """The clock of a real server."""
    return datetime.now(UTC)


def _leave(error: BaseException | None) -> None:
    ending: ExitStack | None = g.pop("stores_ending", None)
    g.pop("stores", None)
    if ending is not None:
        ending.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
