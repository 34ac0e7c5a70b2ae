"""Checking a ledger against its seals: every entry, every root, every signature; and against outside checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice, pairwise

from msgspec import Struct

from domain.facts import LedgerRestored, SignerIntroduced
from domain.journal import Journal, Scanned
from domain.terms import ledger_stream
from domain.texts import Text, _
from projections.ledger.leaves import Leaf, leaves_of
from projections.ledger.notes import BadNote, Checkpoint, Verifier, open_note
from projections.ledger.seals import STEP, Sealed, Seals
from projections.ledger.tree import Frontier, perfect_root

_AT_ONCE = 1 << 16
_BEFORE_ALL = -(1 << 63)
"""The journal counts from 1; whoever owns the store can put an entry before that."""


class Finding(Struct, frozen=True):
    """Something that is not as it was sealed: a code for programs, words for people, the position it begins at."""

    code: str
    text: Text
    position: int | None = None


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


class Outside(Struct, frozen=True):
    """A checkpoint somebody kept outside: under which name, and the note."""

    name: str
    note: bytes


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
    last = seals.latest()
    findings = list(islice(_wrong_signatures(journal, seals), 1))
    roots = {sealed.size: _root(sealed) for sealed in seals.checkpoints()}
    with closing(journal.scan_after(_BEFORE_ALL, upto=journal.head())) as held:
        entries, wrong = _compare(journal, held, seals, roots, progress)
    findings += wrong
    keys, losses = _trusted(seals.signers(), trusted), list[Finding]()
    if not keys and last:
        text = _("Keiner der Schlüssel, denen hier vertraut wird, hat dieses Journal je versiegelt.")
        findings.append(Finding("untrusted_signer", text))
    for one in outside:
        _check_outside(journal, seals, one, keys, findings, losses)
    return LedgerReport(
        entries=entries,
        sealed=last.size if last else 0,
        checkpoints=len(roots),
        last=last,
        signers=[str(verifier) for verifier in seals.signers()],
        findings=findings,
        losses=losses,
    )


# --- entries against leaves, leaves against roots -------------------------------------------------


def _compare(
    journal: Journal,
    held: Iterator[Scanned],
    seals: Seals,
    roots: dict[int, bytes | None],
    progress: Callable[[int], None],
) -> tuple[int, list[Finding]]:
    """The number of entries there are, and the first thing wrong with them; `held` are all of them."""
    frontier, sizes, good, entries = Frontier(), sorted(roots), 0, 0
    while True:
        low = frontier.size
        found, sealed = list(leaves_of(islice(held, _AT_ONCE))), seals.leaves(low, low + _AT_ONCE)
        if found[: len(sealed)] != sealed:
            return journal.count(journal.head()), [_first_difference(journal, found, sealed)]
        hashes = [leaf.hash for leaf in sealed]
        if wrong := _wrong_subtree(seals, sealed, low):
            return journal.count(journal.head()), [wrong]
        while sizes and sizes[0] <= low + len(sealed):
            frontier.extend(hashes[frontier.size - low : sizes[0] - low])
            if frontier.root() != roots[sizes[0]]:
                return journal.count(journal.head()), [_wrong_root(seals, good, sizes[0])]
            good = sizes.pop(0)
        frontier.extend(hashes[frontier.size - low :])
        entries += len(found)
        progress(entries)
        if len(found) < _AT_ONCE:
            return entries, [_wrong_root(seals, good, sizes[0])] if sizes else []


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


def _wrong_subtree(seals: Seals, sealed: Sequence[Leaf], low: int) -> Finding | None:
    """The first tree of 2 ** 8 sealed leaves that has another root than the one kept."""
    width = 1 << STEP
    whole = len(sealed) // width
    kept = seals.kept(STEP, low, low + whole * width)
    for number in range(whole):
        part = sealed[number * width : (number + 1) * width]
        if number >= len(kept) or perfect_root([leaf.hash for leaf in part]) != kept[number]:
            text = _(
                "Die Einträge an den Positionen {first} bis {last} passen nicht zu ihrem Siegel.",
                first=part[0].position,
                last=part[-1].position,
            )
            return Finding("seal_differs", text, part[0].position)
    return None


def _wrong_root(seals: Seals, good: int, size: int) -> Finding:
    """The checkpoint of a size has another root than the entries: something before it, after the last good one."""
    since = seals.leaves(good, good + 1)
    text = _("Der Prüfpunkt über {size} Einträge passt nicht; der davor, über {good}, passt.", size=size, good=good)
    return Finding("root_differs", text, since[0].position if since else None)


# --- signatures -----------------------------------------------------------------------------------


def _root(sealed: Sealed) -> bytes | None:
    try:
        return Checkpoint.parse(sealed.note.partition("\n\n")[0].encode() + b"\n").root
    except BadNote:
        return None


def _wrong_signatures(journal: Journal, seals: Seals) -> Iterator[Finding]:
    """Checkpoints that say something else than their row or are signed by none of the keys; keys not introduced."""
    signers = seals.signers()
    introduced = {
        one.fact.key: (one.fact.replaces, one.position)
        for one in journal.read(ledger_stream())
        if isinstance(one.fact, SignerIntroduced)
    }
    for before, key in pairwise(signers):
        replaces, position = introduced.get(str(key), ("", 0))
        head = seals.covering(position) if position else None
        if replaces != str(before) or head is None or not _signed_by(head, before, key):
            text = _("Der Schlüssel {key} ist von keinem früheren eingeführt.", key=str(key))
            yield Finding("signer_not_introduced", text, position or None)
    for sealed in seals.checkpoints():
        try:
            text_signed, _by = open_note(sealed.note.encode(), signers)
            head_signed = Checkpoint.parse(text_signed)
        except BadNote:
            head_signed = None
        if head_signed is None or head_signed.size != sealed.size:
            text = _("Der Prüfpunkt über {size} Einträge hat keine gültige Unterschrift.", size=sealed.size)
            yield Finding("bad_signature", text, sealed.position)


def _trusted(signers: Sequence[Verifier], given: Sequence[Verifier]) -> list[Verifier]:
    """Of the keys that signed, those to trust: the ones given, and what they introduced. Given none, all are."""
    first = next((place for place, signer in enumerate(signers) if signer in given or not given), len(signers))
    return list(signers[first:])


def _signed_by(sealed: Sealed, *verifiers: Verifier) -> bool:
    try:
        return len(open_note(sealed.note.encode(), verifiers)[1]) == len(verifiers)
    except BadNote:
        return False


# --- outside checkpoints --------------------------------------------------------------------------


def _check_outside(
    journal: Journal,
    seals: Seals,
    outside: Outside,
    trusted: Sequence[Verifier],
    findings: list[Finding],
    losses: list[Finding],
) -> None:
    head = _opened(outside.note, trusted)
    if head is None:
        text = _("{name} ist kein Prüfpunkt mit einer Unterschrift, der hier vertraut wird.", name=outside.name)
        findings.append(Finding("bad_outside", text))
        return
    last = seals.latest()
    if last and head.size <= last.size and seals.frontier(head.size).root() == head.root:
        return
    if last and (loss := _recorded_loss(journal, seals, last, outside, head)):
        losses.append(loss)
        return
    text = _(
        "Das Journal ist nicht aus dem hervorgegangen, was {name} bezeugt: {size} Einträge mit einem anderen Inhalt.",
        name=outside.name,
        size=head.size,
    )
    findings.append(Finding("outside_differs", text))


def _recorded_loss(journal: Journal, seals: Seals, last: Sealed, outside: Outside, head: Checkpoint) -> Finding | None:
    """The loss that a sealed entry about a restore records and a checkpoint lies in: it covers more entries than were
    put back, and no more than the last one known then. None where there is none."""
    for one in journal.read(ledger_stream()):
        fact = one.fact
        if not isinstance(fact, LedgerRestored) or fact.last_known is None or one.position > last.position:
            continue
        known = _opened(fact.last_known.encode(), seals.signers())
        if known is None or not fact.size < head.size <= known.size:
            continue
        told = {
            "name": outside.name,
            "size": head.size,
            "lost": head.size - fact.size,
            "position": one.position,
            "by": one.entry.recorded_by,
        }
        if fact.last_known.encode() == outside.note:
            text = _(
                "{name} bezeugt {size} Einträge; {lost} davon gingen bei einer Wiederherstellung verloren, die an "
                "Position {position} von {by} vermerkt ist.",
                **told,
            )
            return Finding("recorded_loss", text, one.position)
        text = _(
            "{name} bezeugt {size} Einträge; {lost} davon liegen in dem Verlust von {all}, den eine Wiederherstellung "
            "an Position {position} von {by} vermerkt. Was {name} bezeugt, lässt sich deshalb nicht nachrechnen.",
            all=known.size - fact.size,
            **told,
        )
        return Finding("within_recorded_loss", text, one.position)
    return None


def _opened(note: bytes, verifiers: Sequence[Verifier]) -> Checkpoint | None:
    """The checkpoint of a ledger in a note that one of the keys signed; None where it is none."""
    try:
        text, signed = open_note(note, verifiers)
        head = Checkpoint.parse(text)
    except BadNote:
        return None
    return head if head.origin in {verifier.name for verifier in signed} else None
