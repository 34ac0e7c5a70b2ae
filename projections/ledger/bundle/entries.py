"""The entries of a bundle: line k is what leaf k of the tree is made of, or its hash alone."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import islice

from domain.errors import NotReady
from domain.facts import CoachJoined, Enrolled
from domain.journal import Journal, Scanned, decode_fact
from domain.terms import balances_stream, caseload_stream, programme_stream
from domain.texts import _
from projections.ledger.leaves import line_of
from projections.ledger.seals import Sealed, Seals
from projections.ledger.tree import leaf_hash

_AT_ONCE = 1 << 13
_OF_ALL = ("catalogue.", "ledger.", "erasure.", "restriction.")
"""Topics of what belongs to no programme and is shown: catalogues, the ledger itself, the register of data protection.
Accounts, which reach over programmes, are not: who works elsewhere is nobody's concern here."""


class Shown:
    """Which entries a bundle shows, asked entry by entry in ledger order; a `programme` of None shows all. `hidden` is
    how many it did not show."""

    def __init__(self, programme: str | None) -> None:
        self._programme = programme
        self._streams: set[str] = set()
        self.hidden = 0
        if programme is not None:
            self._streams = {str(programme_stream(programme)), str(balances_stream(programme))}

    def __call__(self, stream: str, version: int, topic: str, state: bytes) -> bool:
        """Whether the entry is shown. Where it begins a stream of the programme, the stream is shown from then on."""
        if self._programme is None or topic.startswith(_OF_ALL):
            return True
        if topic == "journey.enrolled" and version == 1:
            fact = decode_fact(stream, version, topic, state)
            if isinstance(fact, Enrolled) and fact.programme == self._programme:
                self._streams.add(stream)
        shown = stream in self._streams
        if not shown:
            self.hidden += 1
        elif topic == "programme.coach_joined":
            fact = decode_fact(stream, version, topic, state)
            assert isinstance(fact, CoachJoined)
            self._streams.add(str(caseload_stream(self._programme, fact.coach)))
        return shown


def entry_lines(
    journal: Journal, seals: Seals, head: Sealed, shown: Shown, progress: Callable[[int], None]
) -> Iterator[bytes]:
    """The lines, some thousand at once; `progress` is told how many were given.

    Refused (`NotReady`): an entry that is not the one that was sealed.
    """
    entries, done = journal.scan_after(0, upto=head.position), 0
    while done < head.size:
        some, leaves = list(islice(entries, _AT_ONCE)), seals.leaves(done, min(done + _AT_ONCE, head.size))
        lines = []
        for entry, leaf in zip(some, leaves, strict=False):
            line, found = _line(entry, shown)
            if (entry[0], found) != leaf:
                raise _changed(leaf.position)
            lines.append(line)
        if len(some) != len(leaves):
            raise _changed(leaves[len(some)].position if len(some) < len(leaves) else some[len(leaves)][0])
        yield b"".join(lines)
        done += len(some)
        progress(done)


def _line(entry: Scanned, shown: Shown) -> tuple[bytes, bytes]:
    """The line of an entry, and the hash of its leaf."""
    line = line_of(*entry[1:])
    found = leaf_hash(line)
    return (line if shown(*entry[1:]) else b'{"hash":"' + b64encode(found) + b'"}') + b"\n", found


def _changed(position: int) -> NotReady:
    text = _(
        "Der Eintrag an Position {position} ist nicht mehr der versiegelte; prüfen mit: werdegang verify.",
        position=position,
    )
    return NotReady("ledger_changed", text)
