"""The Merkle tree of RFC 9162, section 2.1, over SHA-256: roots, proofs and their verification.

Hashes are 32 bytes. A tree is its leaf hashes in order; leaves count from 0.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY = sha256(b"").digest()
"""The root of the tree without leaves."""


def leaf_hash(line: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\1" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """The nodes over neighbours, a last one without neighbour left out."""
    return [sha256(b"\1" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=False)]


class Frontier:
    """The roots of the perfect trees a tree of `size` leaves ends with, the largest first: all that growing needs."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """As long as there are ones in the binary digits of `size`, so many peaks."""
        if size.bit_count() != len(peaks):
            raise ValueError(f"{len(peaks)} peaks for {size} leaves")
        self.size, self.peaks = size, list(peaks)

    def append(self, node: bytes, height: int = 0) -> None:
        """Add the root of a perfect tree of 2 ** height leaves, where one can stand; a leaf has height 0."""
        filled = self.size >> height
        if filled << height != self.size:
            raise ValueError(f"no tree of height {height} can follow {self.size} leaves")
        while filled & 1:
            node, filled = node_hash(self.peaks.pop(), node), filled >> 1
        self.peaks.append(node)
        self.size += 1 << height

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaves, as perfect trees as large as can stand."""
        start = 0
        while start < len(leaves):
            height = (len(leaves) - start).bit_length() - 1
            if self.size:
                height = min(height, (self.size & -self.size).bit_length() - 1)
            self.append(perfect_root(leaves[start : start + (1 << height)]), height)
            start += 1 << height

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.peaks:
            return EMPTY
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def perfect_root(leaves: Sequence[bytes]) -> bytes:
    """The root over 2 ** n leaves."""
    while len(leaves) > 1:
        leaves = parents(leaves)
    return leaves[0]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


# --- which nodes prove what -----------------------------------------------------------------------

Node = tuple[int, int]
"""Leaves from the first to before the second; the tree over them is one node of the larger tree."""


def inclusion_nodes(index: int, size: int) -> list[Node]:
    """The nodes whose hashes prove that a leaf is in a tree, the leaf's sibling first."""
    _require(0 <= index < size, index, size)
    return [*_path(index, 0, size)]


def consistency_nodes(first: int, second: int) -> list[Node]:
    """The nodes whose hashes prove that a tree grew from its first leaves."""
    _require(0 < first <= second, first, second)
    return [] if first == second else [*_subproof(first, 0, second, whole=True)]


def _require(fits: bool, first: int, second: int) -> None:
    if not fits:
        raise ValueError(f"no proof of {first} in {second}")


def _path(index: int, low: int, high: int) -> Iterator[Node]:
    if high - low == 1:
        return
    middle = low + _split(high - low)
    if index < middle:
        yield from _path(index, low, middle)
        yield middle, high
    else:
        yield from _path(index, middle, high)
        yield low, middle


def _subproof(first: int, low: int, high: int, *, whole: bool) -> Iterator[Node]:
    if first == high:
        if not whole:
            yield low, high
        return
    middle = low + _split(high - low)
    if first <= middle:
        yield from _subproof(first, low, middle, whole=whole)
        yield middle, high
    else:
        yield from _subproof(first, middle, high, whole=False)
        yield low, middle


def _split(size: int) -> int:
    """The largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that a leaf is in a tree (RFC 9162, 2.1.3.1)."""
    return [root_of(leaves[low:high]) for low, high in inclusion_nodes(index, len(leaves))]


def consistency_proof(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that a tree grew from its first leaves (RFC 9162, 2.1.4.1)."""
    return [root_of(leaves[low:high]) for low, high in consistency_nodes(first, len(leaves))]


# --- verification ---------------------------------------------------------------------------------


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows the leaf in the tree with this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    number, last, found = index, size - 1, leaf
    for node in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(node, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, node)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether a proof shows that the tree of the second size grew from that of the first (RFC 9162, 2.1.4.2).

    From the empty tree every tree grew, so that needs no proof and the first root must be that of the empty tree.
    """
    if not 0 <= first <= second or not _are_hashes(first_root, second_root, *proof):
        return False
    if first == second:
        return not proof and first_root == second_root and (first > 0 or first_root == EMPTY)
    if first == 0:
        return not proof and first_root == EMPTY
    if not proof:
        return False
    nodes = [first_root, *proof] if first & (first - 1) == 0 else [*proof]
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, node)
        number, last = number >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _are_hashes(*found: bytes) -> bool:
    return all(len(one) == HASH_SIZE for one in found)
