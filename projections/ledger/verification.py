"""Checking a ledger against its seals: every entry, every root, every signature; and against outside checkpoints."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice

from msgspec import Struct

from domain.journal import Journal
from domain.texts import _
from projections.catch_up import collector_paused
from projections.ledger.findings import Finding
from projections.ledger.leaves import Leaf, plain_leaves
from projections.ledger.notes import Verifier
from projections.ledger.outside import Outside, check_outside
from projections.ledger.seals import STEP, Sealed, Seals
from projections.ledger.signatures import claimed_root, known_signers, not_signed, trusted_signers, wrong_signatures
from projections.ledger.tree import Frontier, perfect_root

_AT_ONCE = 1 << 16
_BEFORE_ALL = -(1 << 63)
"""The journal counts from 1; whoever owns the store can put an entry before that."""


class LedgerReport(Struct, frozen=True):
    """What a check of the ledger came to; `findings` empty: nothing was changed since it was sealed.

    `entries` are those of the journal, `sealed` those the last checkpoint covers. `losses` are outside checkpoints
    that the ledger no longer reaches for a reason it records itself: a restore.
    """

    entries: int
    sealed: int
    checkpoints: int
    last: Sealed | None
    signers: list[str]
    findings: list[Finding]
    losses: list[Finding]


def verify_ledger(
    journal: Journal,
    seals: Seals,
    *,
    outside: Sequence[Outside] = (),
    trusted: Sequence[Verifier] = (),
    progress: Callable[[int], None] = lambda _entries: None,
) -> LedgerReport:
    """Check every entry against its leaf, the leaves against every checkpoint, and those against outside ones.

    `trusted` are the keys whoever checks had from elsewhere; without any, outside checkpoints are opened with the keys
    of the ledger itself. `progress` is told how many entries are checked. The first entry that is wrong ends the check
    of entries and is named.
    """
    last, head, signers = seals.latest(), journal.head(), known_signers(seals)
    findings = list(islice(wrong_signatures(journal, seals, signers), 1))
    with collector_paused():
        entries, wrong = _compare(journal, seals, head, progress)
    findings += wrong
    findings += [] if wrong else islice(_wrong_extent(journal, seals, last, entries, head), 1)
    keys = trusted_signers(signers, trusted)
    if not keys and last:
        text = _("Keiner der Schlüssel, denen hier vertraut wird, hat dieses Journal je versiegelt.")
        findings.append(Finding("untrusted_signer", text))
    wrong_outside, losses = check_outside(journal, seals, outside, keys)
    findings += wrong_outside
    return LedgerReport(
        entries=entries,
        sealed=last.size if last else 0,
        checkpoints=sum(1 for _sealed in seals.checkpoints()),
        last=last,
        signers=[str(verifier) for verifier in signers],
        findings=findings,
        losses=losses,
    )


# --- entries against leaves, leaves against roots -------------------------------------------------


def _compare(journal: Journal, seals: Seals, head: int, progress: Callable[[int], None]) -> tuple[int, list[Finding]]:
    """The number of entries there are, and the first thing wrong with them."""
    heads = deque(seals.checkpoints())
    frontier, good, entries = Frontier(), 0, 0
    with closing(journal.scan_after(_BEFORE_ALL, upto=head)) as scanned:
        while True:
            low = frontier.size
            found, sealed = plain_leaves(islice(scanned, _AT_ONCE)), seals.plain_leaves(low, low + _AT_ONCE)
            if found[: len(sealed)] != sealed:
                different = _first_difference(journal, list(map(Leaf._make, found)), list(map(Leaf._make, sealed)))
                return journal.count(head), [different]
            hashes = [leaf for _position, leaf in sealed]
            trees = _trees(hashes)
            if wrong := _wrong_subtree(seals, sealed, low, trees):
                return journal.count(head), [wrong]
            while heads and heads[0].size <= low + len(sealed):
                one = heads.popleft()
                _extend(frontier, hashes[: one.size - low], trees, low)
                if frontier.root() != claimed_root(one):
                    return journal.count(head), [_wrong_root(seals, good, one.size)]
                if one.position != sealed[one.size - low - 1][0]:
                    return journal.count(head), [not_signed(one)]
                good = one.size
            _extend(frontier, hashes, trees, low)
            entries += len(found)
            progress(entries)
            if len(found) < _AT_ONCE:
                return entries, [_wrong_root(seals, good, heads[0].size)] if heads else []


def _wrong_extent(journal: Journal, seals: Seals, last: Sealed | None, entries: int, head: int) -> Iterator[Finding]:
    """An entry at the lowest of all positions; leaves behind the last checkpoint; larger trees that are not what they
    are made of."""
    if journal.count(head) != entries:
        text = _("Der Eintrag an Position {position} ({entry}) wurde eingefügt.", position=_BEFORE_ALL, entry="–")
        yield Finding("entry_inserted", text, _BEFORE_ALL)
    size = last.size if last else 0
    for leaf in seals.leaves(size, size + 1):
        text = _("Ab Position {position} fehlt ein Prüfpunkt, den es gab.", position=leaf.position)
        yield Finding("checkpoint_missing", text, leaf.position)
    for (leaf,) in (seals.leaves(low, low + 1) for low in seals.wrong_trees(size)):
        text = _("Die Siegel ab Position {position} passen nicht zueinander.", position=leaf.position)
        yield Finding("seal_differs", text, leaf.position)


def _first_difference(journal: Journal, found: Sequence[Leaf], sealed: Sequence[Leaf]) -> Finding:
    """What is wrong with the first entry that is not as sealed."""
    place = next(
        (n for n, (one, other) in enumerate(zip(found, sealed, strict=False)) if one != other),
        min(len(found), len(sealed)),
    )
    if place == len(found):
        position = sealed[place].position
        text = _("Der versiegelte Eintrag an Position {position} fehlt, und mit ihm alle danach.", position=position)
        return Finding("tail_cut", text, position)
    here, was = found[place], sealed[place]
    if here.hash == was.hash:
        text = _(
            "Der Eintrag an Position {position} stand an Position {was}.", position=here.position, was=was.position
        )
        return Finding("entry_moved", text, here.position)
    if here.position == was.position:
        text = _(
            "Der Eintrag an Position {position} ({entry}) ist verändert.",
            position=here.position,
            entry=_named(journal, here.position),
        )
        return Finding("entry_changed", text, here.position)
    if here.position > was.position:
        text = _("Der versiegelte Eintrag an Position {position} fehlt.", position=was.position)
        return Finding("entry_missing", text, was.position)
    text = _(
        "Der Eintrag an Position {position} ({entry}) wurde eingefügt.",
        position=here.position,
        entry=_named(journal, here.position),
    )
    return Finding("entry_inserted", text, here.position)


def _named(journal: Journal, position: int) -> str:
    """Stream, number and kind of an entry, as they stand in the store now."""
    with closing(journal.scan_after(position - 1, upto=position)) as entries:
        return next((f"{stream}, {version}, {topic}" for _position, stream, version, topic, _state in entries), "–")


def _trees(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the whole trees of 2 ** STEP leaves."""
    width = 1 << STEP
    return [perfect_root(hashes[low : low + width]) for low in range(0, len(hashes) // width * width, width)]


def _extend(frontier: Frontier, hashes: Sequence[bytes], trees: Sequence[bytes], low: int) -> None:
    """Grow to the end of some leaves, by whole trees of 2 ** STEP where one can stand: their roots are known."""
    high = low + len(hashes)
    while frontier.size < high:
        end = min(high, (frontier.size // (1 << STEP) + 1) * (1 << STEP))
        if end - frontier.size == (1 << STEP):
            frontier.append(trees[(frontier.size - low) // (1 << STEP)], STEP)
        else:
            frontier.extend(hashes[frontier.size - low : end - low])


def _wrong_subtree(
    seals: Seals, sealed: Sequence[tuple[int, bytes]], low: int, trees: Sequence[bytes]
) -> Finding | None:
    """The first tree of 2 ** 8 sealed leaves that has another root than the one kept."""
    kept = seals.kept(STEP, low, low + len(trees) * (1 << STEP))
    for number, root in enumerate(trees):
        part = sealed[number * (1 << STEP) : (number + 1) * (1 << STEP)]
        if number >= len(kept) or root != kept[number]:
            text = _(
                "Die Einträge an den Positionen {first} bis {last} passen nicht zu ihrem Siegel.",
                first=part[0][0],
                last=part[-1][0],
            )
            return Finding("seal_differs", text, part[0][0])
    return None


def _wrong_root(seals: Seals, good: int, size: int) -> Finding:
    """The checkpoint of a size has another root than the entries: something before it, after the last good one."""
    since = seals.leaves(good, good + 1)
    text = _("Der Prüfpunkt über {size} Einträge passt nicht; der davor, über {good}, passt.", size=size, good=good)
    return Finding("root_differs", text, since[0].position if since else None)
