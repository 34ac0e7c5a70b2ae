"""Where ledger, read model and seals stand, and how far one is behind the other: for status, health and metrics."""

import math
from datetime import datetime
from typing import NamedTuple

from domain.errors import NotReady
from domain.journal import Journal
from projections.catch_up import PAGE
from projections.journeys import BrokenStream, fold
from projections.ledger.seals import Sealed
from projections.read_model import ReadModel
from projections.stores import Stores

_COUNTED_ONE_BY_ONE = 10_000
"""Up to so many waiting entries are counted as such; more by counting the whole ledger twice."""


class StoreState(NamedTuple):
    """Positions and numbers of entries in the ledger and in the read model, and the last checkpoint.

    `lag_entries` are those not projected yet; `lag_seconds` and `unsealed_seconds` the age of the oldest entry that is
    not projected and not sealed yet, 0 where there is none
    and infinite where it cannot be read.
    """

    ledger_position: int
    ledger_entries: int
    projected_position: int
    projected_entries: int
    lag_entries: int
    lag_seconds: float
    checkpoint: Sealed | None
    unsealed_seconds: float

    def checkpoint_age(self, now: datetime) -> float | None:
        """Seconds since the last checkpoint; it grows where nothing new is entered, too. None before the first."""
        return None if self.checkpoint is None else max(0.0, (now - self.checkpoint.sealed_at).total_seconds())


def state_of(stores: Stores, now: datetime) -> StoreState:
    """Where the stores stand; nothing is projected or sealed by looking."""
    journal, model = stores.journal, stores.read_model
    checkpoint = stores.seals.latest()
    tracked, projected = model.tracked(), model.events()
    waiting = len(journal.since(tracked, _COUNTED_ONE_BY_ONE))
    head = journal.head()
    if waiting == _COUNTED_ONE_BY_ONE:
        waiting = journal.count(head) - journal.count(tracked)
    return StoreState(
        head,
        projected + waiting,
        tracked,
        projected,
        waiting,
        _age_behind(journal, tracked, now),
        checkpoint,
        _age_behind(journal, checkpoint.position if checkpoint else 0, now),
    )


def stopping_entry(journal: Journal, model: ReadModel) -> int | None:
    """The position of the entry at which projection cannot go on, if it stands among those next in turn."""
    places = journal.since(model.tracked(), PAGE)
    if not places:
        return None
    try:
        loaded = journal.load(list(dict.fromkeys(stream for _position, stream in places)), upto=places[-1][0])
        for stream, recorded in loaded.items():
            fold(str(stream), ((one.position, one.originator_version, one.fact) for one in recorded))
    except BrokenStream as broken:
        return int(broken.text.values["position"])
    except NotReady:  # bytes that are no entry
        return next(position for position, _stream in places if not _is_readable(journal, position))
    return None


def _is_readable(journal: Journal, position: int) -> bool:
    try:
        journal.entry_at(position)
    except NotReady:
        return False
    return True


def _age_behind(journal: Journal, position: int, now: datetime) -> float:
    """The age in seconds of the first entry after a position; 0 where there is none."""
    following = journal.since(position, 1)
    if not following:
        return 0.0
    try:
        entry = journal.entry_at(following[0][0])
    except NotReady:
        return math.inf  # nobody can tell, and it will not go on by itself
    return max(0.0, (now - entry.recorded_at).total_seconds()) if entry else 0.0
