"""What the Merkle tree stands on: the stored bytes of every entry, as lines."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec
from msgspec import Struct

from domain.journal import Scanned

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

    What is no UTF-8, or no bytes at all, is never stored by the journal; its line is none that an entry can have.
    """
    try:
        return _encode(_Line(stream, version, topic, state.decode()))
    except (UnicodeDecodeError, AttributeError):
        return repr((stream, version, topic, state)).encode()


def leaves_of(entries: Iterable[Scanned]) -> Iterator[Leaf]:
    """The leaves of entries, in their order."""
    return map(Leaf._make, plain_leaves(entries))


def plain_leaves(entries: Iterable[Scanned]) -> list[tuple[int, bytes]]:
    """The same as plain tuples, which a million of them are sooner made of."""
    leaves = []
    for position, stream, version, topic, state in entries:
        try:  # `line_of` and `leaf_hash`, without the calls
            line = _encode(_Line(stream, version, topic, state.decode()))
        except (UnicodeDecodeError, AttributeError):
            line = line_of(stream, version, topic, state)
        leaves.append((position, sha256(b"\0" + line).digest()))
    return leaves
