"""A store of what was counted last, for values that never change."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

_MOST = 256


class Kept:
    """What was counted last, by what it was counted for; two that ask for the same wait for one count."""

    def __init__(self) -> None:
        self._values: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._counting: dict[tuple[Any, ...], Lock] = {}
        self._lock = Lock()

    def known(self, key: tuple[Any, ...]) -> Any:
        """The value for a key if it is there, else None."""
        with self._lock:
            return self._values.get(key)

    def get(self, key: tuple[Any, ...], count: Callable[[], Any]) -> Any:
        """The value for a key, counted if it is not there. The key has to say all the value depends on."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            waiting = self._counting.setdefault(key, Lock())
        with waiting:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = count()
            finally:
                with self._lock:
                    self._counting.pop(key, None)
            with self._lock:
                self._values[key] = value
                while len(self._values) > _MOST:
                    self._values.popitem(last=False)
            return value
