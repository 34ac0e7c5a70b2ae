"""Where seals are kept: the leaf of every sealed entry, the roots of larger perfect trees, and the checkpoints.

On SQLite in a file of its own, so that sealing never makes a writer of the ledger wait; on PostgreSQL beside the
ledger. Everything is added only: what was sealed once is never changed.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple

from domain.errors import NotFound, NotReady
from domain.texts import _
from projections.ledger.leaves import Leaf
from projections.ledger.notes import BadNote, EntryProof, Verifier
from projections.ledger.tree import Frontier, consistency_nodes, inclusion_nodes, node_hash, perfect_root

STEP = 8
"""Roots are kept of the trees of 2 ** 8, 2 ** 16 and 2 ** 24 leaves; what lies between is computed."""
_HEIGHTS = (STEP, 2 * STEP, 3 * STEP)
TABLES = ("leaves", "subtrees", "checkpoints", "signers")


class Sealed(NamedTuple):
    """A checkpoint: how many entries it covers, up to which position, the note, and when it was made."""

    size: int
    position: int
    note: str
    sealed_at: datetime


class Seals(ABC):
    """The seals of one ledger, over one connection."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """A transaction that no other sealer runs beside."""

    @abstractmethod
    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT with `?` placeholders."""

    @abstractmethod
    def add(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows to a table."""

    @abstractmethod
    def create(self) -> None:
        """Make the tables, unless they are there."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether the tables are there."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    # --- checkpoints --------------------------------------------------------------------------

    def latest(self) -> Sealed | None:
        """The last checkpoint; None before the first."""
        return _first(self.query(f"SELECT {_CHECKPOINT} FROM checkpoints ORDER BY size DESC LIMIT 1"))

    def covering(self, position: int) -> Sealed | None:
        """The first checkpoint that covers everything up to a position; None if there is none yet."""
        found = self.query(
            f"SELECT {_CHECKPOINT} FROM checkpoints WHERE position >= ? ORDER BY size LIMIT 1", (position,)
        )
        return _first(found)

    def checkpoints(self) -> Iterator[Sealed]:
        """All checkpoints, the smallest tree first."""
        yield from map(_sealed, self.query(f"SELECT {_CHECKPOINT} FROM checkpoints ORDER BY size"))

    def checkpoint(self, size: int) -> Sealed | None:
        """The checkpoint over so many entries; None if there is none."""
        return _first(self.query(f"SELECT {_CHECKPOINT} FROM checkpoints WHERE size = ?", (size,)))

    def checkpoints_before(self, size: int, position: int, limit: int) -> list[Sealed]:
        """The largest checkpoints over fewer entries than `size`, none of them beyond a position, the largest first."""
        query = f"SELECT {_CHECKPOINT} FROM checkpoints WHERE size < ? AND position <= ? ORDER BY size DESC LIMIT ?"
        return list(map(_sealed, self.query(query, (size, position, limit))))

    def signers(self) -> list[Verifier]:
        """The public keys that ever signed, the first first. Refused (`NotReady`): what is no key."""
        try:
            return [Verifier.parse(key) for (key,) in self.query("SELECT key FROM signers ORDER BY number")]
        except BadNote:
            raise damaged() from None

    # --- the tree -----------------------------------------------------------------------------

    def size_at(self, position: int) -> int:
        """How many sealed entries stand up to a position."""
        found = self.query("SELECT number FROM leaves WHERE position <= ? ORDER BY position DESC LIMIT 1", (position,))
        return int(found[0][0]) + 1 if found else 0

    def leaves(self, low: int, high: int) -> list[Leaf]:
        """The sealed leaves from number `low` to before `high`."""
        return list(map(Leaf._make, self.plain_leaves(low, high)))

    def plain_leaves(self, low: int, high: int) -> list[tuple[Any, ...]]:
        """The same as plain tuples (position, hash)."""
        query = "SELECT position, hash FROM leaves WHERE number >= ? AND number < ? ORDER BY number"
        return self.query(query, (low, high))

    def wrong_trees(self, size: int) -> Iterator[int]:
        """The leaves at which larger trees begin that are missing or not what the smaller ones make them."""
        for height in _HEIGHTS[1:]:
            kept = self.kept(height, 0, size >> height << height)
            for number in range(size >> height):
                parts = self.kept(height - STEP, number << height, (number + 1) << height)
                if len(parts) != 1 << STEP or number >= len(kept) or perfect_root(parts) != kept[number]:
                    yield number << height

    def extents(self) -> list[int]:
        """How many leaves there are, and how many of each kind of larger tree."""
        heights = ((height,) for height in _HEIGHTS)
        found = [self.query("SELECT max(number) FROM leaves")]
        found += [self.query("SELECT max(number) FROM subtrees WHERE height = ?", height) for height in heights]
        return [0 if last is None else int(last) + 1 for ((last,),) in found]

    def frontier(self, size: int) -> Frontier:
        """What the tree of a size grows on from."""
        peaks, low = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                peaks.append(self.node(low, low + (1 << height)))
                low += 1 << height
        return Frontier(size, peaks)

    def node(self, low: int, high: int) -> bytes:
        """The hash over the leaves from `low` to before `high`, as the tree divides them.

        Refused (`NotReady`): leaves that were sealed and are gone.
        """
        height = (high - low).bit_length() - 1
        if high - low != 1 << height:
            middle = low + (1 << height)
            return node_hash(self.node(low, middle), self.node(middle, high))
        base = min(height // STEP * STEP, _HEIGHTS[-1])
        hashes = self.kept(base, low, high)
        if len(hashes) != 1 << (height - base):
            raise damaged()
        return perfect_root(hashes)

    def grow(self, frontier: Frontier, leaves: Sequence[Leaf]) -> Frontier:
        """Add leaves to the tree, and the larger trees they complete; the frontier they lead to."""
        low, high = frontier.size, frontier.size + len(leaves)
        self.add("leaves", [(number, leaf.position, leaf.hash) for number, leaf in enumerate(leaves, low)])
        for height in _HEIGHTS:
            numbers = range(low >> height, high >> height)
            if numbers:
                rows = [(height, number, self._complete(height, number)) for number in numbers]
                self.add("subtrees", rows)
        frontier.extend([leaf.hash for leaf in leaves])
        return frontier

    def _complete(self, height: int, number: int) -> bytes:
        """The root of a tree of 2 ** height leaves from those 2 ** 8 times smaller."""
        low, high = number << height, (number + 1) << height
        return perfect_root(self.kept(height - STEP, low, high))

    def kept(self, height: int, low: int, high: int) -> list[bytes]:
        """The roots kept of the trees of 2 ** height leaves between two leaves."""
        if height == 0:
            return [leaf.hash for leaf in self.leaves(low, high)]
        query = "SELECT hash FROM subtrees WHERE height = ? AND number >= ? AND number < ? ORDER BY number"
        return [bytes(row[0]) for row in self.query(query, (height, low >> height, high >> height))]

    # --- proofs -------------------------------------------------------------------------------

    def prove_entry(self, position: int, head: Sealed | None = None) -> EntryProof:
        """The proof that the entry at a position is in the ledger, by a checkpoint; by default the last.

        Refused (`NotFound`): an entry that is not there or not sealed yet.
        """
        head = head or self.latest()
        number = self.size_at(position) - 1
        found = self.leaves(number, number + 1) if head and 0 <= number < head.size else []
        if head is None or not found or found[0].position != position:
            text = _("Zu Position {position} gibt es keinen versiegelten Eintrag.", position=position)
            raise NotFound("not_sealed", text)
        nodes = [self.node(*node) for node in inclusion_nodes(number, head.size)]
        return EntryProof(number, nodes, head.note.encode())

    def prove_growth(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of a size grew from that of a smaller one, both sealed."""
        return [self.node(*node) for node in consistency_nodes(first, second)] if first else []


def damaged() -> NotReady:
    """Seals are missing, or something in their place is none."""
    return NotReady("seals_damaged", _("Siegel fehlen; prüfen mit: werdegang verify."))


def wrong_extent(seals: Seals, size: int) -> bool:
    """Whether there are leaves or larger trees missing, or too many, for a tree of a size."""
    return seals.extents() != [size, *(size >> height for height in _HEIGHTS)]


_CHECKPOINT = "size, position, note, sealed_at"


def _sealed(row: tuple[Any, ...]) -> Sealed:
    size, position, note, sealed_at = row
    return Sealed(int(size), int(position), str(note), datetime.fromisoformat(sealed_at))


def _first(rows: list[tuple[Any, ...]]) -> Sealed | None:
    return _sealed(rows[0]) if rows else None
