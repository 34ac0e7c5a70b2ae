"""Commands that publish a balance: drafted, approved by somebody else, released."""

from collections.abc import Callable

from domain import balance as balances
from domain import programme as programmes
from domain.balance import Balances, Seal, Shelf
from domain.facts import BalanceDrafted, CatalogueKept, HiddenCell
from domain.journal.streams import Decided, Streams, on
from domain.programme import Programme
from domain.terms import balances_stream, catalogue_stream, programme_stream


def draft_balance(streams: Streams, drafted: BalanceDrafted, catalogue: CatalogueKept) -> Decided:
    """Draft an edition of a programme's balance, and keep the catalogue it was drawn with."""
    programme = streams.read(Programme, programme_stream(drafted.programme))
    programmes.opened(programme, drafted.programme)
    stream, shelf = balances_stream(drafted.programme), catalogue_stream(catalogue.version)
    last_day, today = programmes.last_day_of(programme), streams.request.today
    facts = balances.draft(streams.read(Balances, stream), drafted, last_day=last_day, today=today)
    return on(stream, facts) + on(shelf, balances.keep(streams.read(Shelf, shelf), catalogue) if facts else [])


def approve_balance(streams: Streams, programme: str, number: int, seal: Seal) -> Decided:
    """Approve an edition that somebody else drafted and the ledger's seal covers."""
    stream = balances_stream(programme)
    state = streams.read(Balances, stream)
    drafted = streams.entries(stream)[balances.edition_of(state, number).entry - 1]
    return on(stream, balances.approve(state, number, drafted=drafted, by=streams.request.by, seal=seal))


def release_balance(
    streams: Streams, programme: str, number: int, hide: Callable[[Balances, int], tuple[HiddenCell, ...]]
) -> Decided:
    """Release the public version of an edition; `hide` says what it must not show beside what was released before."""
    stream = balances_stream(programme)
    state = streams.read(Balances, stream)
    if not balances.release(state, number, ()):
        return []
    return on(stream, balances.release(state, number, hide(state, number)))
