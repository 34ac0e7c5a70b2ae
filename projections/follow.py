"""Following the journal: projecting and sealing what is new, for as long as a server runs.

Several may follow the same stores: each takes the locks of the read model and of the seals for every step, and finds
done what another has done.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Event

from domain.errors import NotReady
from projections.catch_up import catch_up, require_todays_tables
from projections.ledger.reads import seal_reads
from projections.ledger.sealer import seal
from projections.stores import Stores

POLL = 0.5
"""Seconds between two looks at the journal. Neither store can wake a follower without a trigger of our own."""
SEAL_EVERY = 1.0
"""Seconds from one checkpoint to the next, while there is something new."""
READS_EVERY = 60.0
"""Seconds from one sealing of the log of reads to the next: every one hashes the whole month."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts to open stores that are out of reach."""

_STOPPING = frozenset({"broken_stream", "unreadable_entry"})
"""What stops the projection for good: trying again finds the same."""

_log = logging.getLogger("werdegang.follow")


def follow(
    opening: Callable[[], AbstractContextManager[Stores]],
    stop: Event,
    *,
    now: Callable[[], datetime],
    every: float = SEAL_EVERY,
    poll: float = POLL,
) -> None:
    """Project and seal what is new until `stop` is set, and seal once more then.

    `opening` opens the stores; it is called again, after growing pauses, when an error shows that they are lost (a
    database that went away, tables of another version). `every` is the least number of seconds between two
    checkpoints. An entry that cannot be folded stops the projection and not the sealing; it is logged once, by its
    position.
    """
    pause = poll
    while not stop.is_set():
        try:
            with opening() as stores:
                require_todays_tables(stores.read_model)
                follower = _Follower(stores, stop, now, every)
                _log.info("following", extra={"position": stores.read_model.tracked()})
                while not stop.is_set():
                    follower.advance()
                    pause = poll
                    stop.wait(poll)
                follower.finish()
        except _Stopped:
            pass
        except Exception as error:
            code = error.code if isinstance(error, NotReady) else None
            _log.warning("stores_lost", exc_info=error, extra={"code": code, "seconds": pause})
            stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


class _Stopped(Exception):
    """The follower was stopped between two pages."""


class _Follower:
    """Follows over stores that are open; remembers when it did what last, and what it has logged already."""

    def __init__(self, stores: Stores, stop: Event, now: Callable[[], datetime], every: float) -> None:
        self._stores, self._stop, self._now, self._every = stores, stop, now, every
        self._sealed_at: datetime | None = None
        self._reads_at: datetime | None = None
        self._stopped_at: int | None = None
        self._logged: set[str] = set()

    def advance(self) -> None:
        """Do what is due."""
        self._project()
        if self._is_due(self._sealed_at, self._every):
            self._seal()
        if self._is_due(self._reads_at, READS_EVERY):
            self._seal_reads()

    def finish(self) -> None:
        """Seal what is new, due or not."""
        self._seal()
        self._seal_reads()

    def _is_due(self, last: datetime | None, seconds: float) -> bool:
        """Whether so many seconds have passed, or the clock was set back."""
        return last is None or not 0 <= (self._now() - last).total_seconds() < seconds

    def _project(self) -> None:
        journal, model = self._stores.journal, self._stores.read_model
        tracked = model.tracked()
        if tracked == self._stopped_at or journal.head() <= tracked:
            return
        try:
            catch_up(journal, model, progress=self._go_on)
        except NotReady as refused:
            if refused.code not in _STOPPING:
                raise
            self._stopped_at = model.tracked()
            position = refused.text.values.get("position", self._stopped_at)
            _log.critical("projection_stopped", extra={"code": refused.code, "position": position})

    def _go_on(self, _position: int) -> None:
        """Stop after this page, if asked to: it is stored."""
        if self._stop.is_set():
            raise _Stopped

    def _seal(self) -> None:
        """Seal what the ledger has more than the seals, with the keys that lie on this machine."""
        journal, seals = self._stores.journal, self._stores.seals
        last = seals.latest()
        if journal.head() <= (last.position if last else 0):
            return
        self._sealed_at = self._now()
        self._refusals_logged("seal", lambda: seal(journal, seals, self._stores.signers, now=self._now()))

    def _seal_reads(self) -> None:
        self._reads_at = self._now()
        reads, signers = self._stores.vault.reads, self._stores.signers
        self._refusals_logged("seal_reads", lambda: seal_reads(reads, signers, now=self._now()))

    def _refusals_logged(self, what: str, sealing: Callable[[], object]) -> None:
        """Seal; what is refused is logged once, until it has gone well again."""
        try:
            sealing()
        except NotReady as refused:
            if f"{what} {refused.code}" not in self._logged:
                self._logged.add(f"{what} {refused.code}")
                _log.error("not_sealed", extra={"what": what, "code": refused.code})
        else:
            self._logged = {one for one in self._logged if not one.startswith(f"{what} ")}
