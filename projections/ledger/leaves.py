"""What the Merkle tree stands on: the stored bytes of every entry, as lines."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct

from domain.journal import Scanned
from projections.ledger.tree import leaf_hash

_encode = msgspec.json.Encoder().encode


class _Line(Struct):
    """The line of an entry: stream, number on the stream, topic, stored bytes. Row numbers stay out of it: a store
    may renumber its rows."""

    id: str
    v: int
    topic: str
    state: str


class Leaf(NamedTuple):
    """The leaf of an entry, and where in the ledger the entry stands."""

    position: int
    hash: bytes


def line_of(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """The line of an entry, its leaf's preimage: JSON without blanks, in UTF-8.

    What the journal never stores, such as bytes that are no UTF-8 or a value that is no bytes, is shown as what it is.
    """
    stored: object = state  # a store says it is bytes; its owner may have put anything there
    told = state.decode(errors="backslashreplace") if isinstance(stored, bytes) else repr(stored)
    return _encode(_Line(stream, version, topic, told))


def leaves_of(entries: Iterable[Scanned]) -> Iterator[Leaf]:
    """The leaves of entries, in their order."""
    for position, stream, version, topic, state in entries:
        yield Leaf(position, leaf_hash(line_of(stream, version, topic, state)))
