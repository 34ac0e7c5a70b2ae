"""Commands about the ledger itself: the keys that sign it, and restores."""

from domain import ledger as ledgers
from domain.facts import LedgerRestored
from domain.journal.streams import Decided, Streams, on
from domain.ledger import Keeping
from domain.terms import ledger_stream


def introduce_signer(streams: Streams, key: str, replaces: str) -> Decided:
    """Let another key sign the ledger's checkpoints."""
    stream = ledger_stream()
    return on(stream, ledgers.introduce_signer(streams.read(Keeping, stream), key, replaces))


def restore_ledger(streams: Streams, restored: LedgerRestored) -> Decided:
    """Note that the ledger was put back from a backup."""
    stream = ledger_stream()
    return on(stream, ledgers.restore(streams.read(Keeping, stream), restored))
