"""Rows of one stream with the interval of ledger positions in which each was known."""

from typing import NamedTuple

from projections.rows import Row

Key = tuple[str, object]
"""A table, and what the row is about within the stream."""


class KnownRow(NamedTuple):
    """A row of a table, and the positions between which it was known; `known_until` None: still."""

    table: str
    row: Row
    known_from: int
    known_until: int | None


class Knowledge:
    """What is known of one stream, and what was; `position` is where the entry now taken stands."""

    __slots__ = ("_closed", "_open", "position")

    def __init__(self) -> None:
        self.position = 0
        self._closed: list[KnownRow] = []
        self._open: dict[Key, tuple[Row, int]] = {}

    def put(self, key: Key, row: Row) -> None:
        """From this position on the row is so; an equal one stays known since when it was."""
        before = self._open.get(key)
        if before is not None:
            if before[0] == row:
                return
            self._close(key[0], *before)
        self._open[key] = (row, self.position)

    def drop(self, key: Key) -> None:
        """From this position on there is no such row."""
        if (before := self._open.pop(key, None)) is not None:
            self._close(key[0], *before)

    def put_or_drop(self, key: Key, row: Row, holds: bool) -> None:
        """Put the row of an interval, or drop it where the interval is empty."""
        if holds:
            self.put(key, row)
        else:
            self.drop(key)

    def become(self, other: "Knowledge") -> None:
        """From this position on exactly the other's open rows are so; what is equal in both stays as it was."""
        for key in self._open.keys() - other._open.keys():
            self.drop(key)
        for key, (row, _since) in other._open.items():
            self.put(key, row)

    def rows(self) -> list[KnownRow]:
        """All rows ever known."""
        return self._closed + [KnownRow(key[0], row, since, None) for key, (row, since) in self._open.items()]

    def _close(self, table: str, row: Row, since: int) -> None:
        if since != self.position:
            self._closed.append(KnownRow(table, row, since, self.position))
