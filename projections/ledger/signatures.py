"""Checking who signed: every checkpoint by the key of its time, every key introduced by the one before."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from domain.errors import NotReady
from domain.facts import Recorded, SignerIntroduced
from domain.journal import Journal
from domain.terms import ledger_stream
from domain.texts import _
from projections.ledger.findings import Finding
from projections.ledger.notes import BadNote, Checkpoint, Verifier, open_note
from projections.ledger.seals import Sealed, Seals


def not_signed(sealed: Sealed) -> Finding:
    """A checkpoint that its key did not sign, or that says something else than its row."""
    text = _("Der Prüfpunkt über {size} Einträge hat keine gültige Unterschrift.", size=sealed.size)
    return Finding("bad_signature", text, sealed.position)


def known_signers(seals: Seals) -> list[Verifier]:
    """The keys that ever signed; none where one of them is no key."""
    try:
        return seals.signers()
    except NotReady:
        return []


def claimed_root(sealed: Sealed) -> bytes | None:
    """The root a checkpoint says, signed or not; None where it is none."""
    try:
        return Checkpoint.parse(sealed.note.partition("\n\n")[0].encode() + b"\n").root
    except BadNote:
        return None


def wrong_signatures(journal: Journal, seals: Seals, signers: Sequence[Verifier]) -> Iterator[Finding]:
    """Checkpoints that say something else than their row or that the key of their time did not sign; keys not
    introduced. A key's time begins with the checkpoint that covers its introduction."""
    since, introduced = [0], introductions(journal)
    for before, key in pairwise(signers):
        one = introduced.get(str(key))
        head = seals.covering(one.position) if one else None
        since.append(head.size if head else since[-1])
        if one is None or one.fact.replaces != str(before) or head is None or not _signed_by(head, before, key):
            text = _("Der Schlüssel {key} ist von keinem früheren eingeführt.", key=str(key))
            yield Finding("signer_not_introduced", text, one.position if one else None)
    for sealed in seals.checkpoints():
        signed = opened(sealed.note.encode(), signers[bisect_right(since, sealed.size) - 1 :][:1])
        if signed is None or signed.size != sealed.size:
            yield not_signed(sealed)


def introductions(journal: Journal) -> dict[str, Recorded]:
    """The entries that introduce a key that signs, by the key."""
    return {one.fact.key: one for one in journal.read(ledger_stream()) if isinstance(one.fact, SignerIntroduced)}


def trusted_signers(signers: Sequence[Verifier], given: Sequence[Verifier]) -> list[Verifier]:
    """Of the keys that signed, those to trust: the ones given, and what they introduced. Given none, all are."""
    first = next((place for place, signer in enumerate(signers) if signer in given or not given), len(signers))
    return list(signers[first:])


def _signed_by(sealed: Sealed, *verifiers: Verifier) -> bool:
    try:
        return set(open_note(sealed.note.encode(), verifiers)[1]) == set(verifiers)
    except BadNote:
        return False


def opened(note: bytes, verifiers: Sequence[Verifier]) -> Checkpoint | None:
    """The checkpoint of a ledger in a note that one of the keys signed; None where it is none."""
    try:
        text, signed = open_note(note, verifiers)
        head = Checkpoint.parse(text)
    except BadNote:
        return None
    return head if head.origin in {verifier.name for verifier in signed} else None
