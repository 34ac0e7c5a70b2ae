"""Following the journal: read whole streams that changed, replace their rows, remember the position."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.errors import NotReady
from domain.journal import Journal
from domain.texts import _
from projections.journeys import fold
from projections.knowledge import KnownRow
from projections.read_model import ReadModel

PAGE = 5_000


@contextmanager
def collector_paused() -> Iterator[None]:
    """A page or partition makes hundreds of thousands of tuples and no cycles: looking for cycles among them again
    and again costs a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def require_todays_tables(model: ReadModel) -> None:
    """Refused (`NotReady`): a read model with the tables of another version."""
    if not model.has_todays_columns():
        text = _("Das Lesemodell hat die Tabellen eines anderen Stands; neu aufbauen mit: werdegang rebuild.")
        raise NotReady("outdated_read_model", text)


def catch_up(
    journal: Journal,
    model: ReadModel,
    *,
    page: int = PAGE,
    upto: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Project what is new, page by page, and return the position reached: the head, or not beyond `upto`.

    Each page is one transaction with the tracked position: stopped anywhere, nothing is lost or taken
    twice. A stream that cannot be folded stops it (`BrokenStream`), naming the entry; nothing is skipped.
    """
    while True:
        with model.transaction(), collector_paused():
            tracked = model.tracked()
            places = [place for place in journal.since(tracked, page) if upto is None or place[0] <= upto]
            if not places:
                return tracked
            position = places[-1][0]
            loaded = journal.load(list(dict.fromkeys(stream for _position, stream in places)), upto=position)
            known: list[KnownRow] = []
            for stream, recorded in loaded.items():
                entries = ((one.position, one.originator_version, one.fact) for one in recorded)
                known += fold(str(stream), entries)
            model.replace([str(stream) for stream in loaded], known, position, len(places))
        if progress:
            progress(position)
