"""Checking a ledger against checkpoints that somebody kept outside."""

from collections.abc import Sequence

from msgspec import Struct

from domain.errors import NotReady
from domain.facts import LedgerRestored
from domain.journal import Journal
from domain.terms import ledger_stream
from domain.texts import _
from projections.ledger.findings import Finding
from projections.ledger.notes import Checkpoint, Verifier
from projections.ledger.seals import Sealed, Seals
from projections.ledger.signatures import opened


class Outside(Struct, frozen=True):
    """A checkpoint somebody kept outside: under which name, and the note."""

    name: str
    note: bytes


def check_outside(
    journal: Journal, seals: Seals, outside: Sequence[Outside], trusted: Sequence[Verifier]
) -> tuple[list[Finding], list[Finding]]:
    """What is wrong with a ledger beside checkpoints kept outside, and the losses it records itself.

    `trusted` are the keys the checkpoints must be signed with.
    """
    findings, losses = [], []
    last = seals.latest()
    for one in outside:
        head = opened(one.note, trusted)
        if head is None:
            text = _("{name} ist kein Prüfpunkt mit einer Unterschrift, der hier vertraut wird.", name=one.name)
            findings.append(Finding("bad_outside", text))
        elif last and head.size <= last.size and _root_at(seals, head.size) == head.root:
            continue
        elif last and (loss := _recorded_loss(journal, seals, last, one, head)):
            losses.append(loss)
        else:
            text = _(
                "Das Journal ist nicht aus dem hervorgegangen, was {name} bezeugt: {size} Einträge mit einem anderen "
                "Inhalt.",
                name=one.name,
                size=head.size,
            )
            findings.append(Finding("outside_differs", text))
    return findings, losses


def _recorded_loss(journal: Journal, seals: Seals, last: Sealed, outside: Outside, head: Checkpoint) -> Finding | None:
    """The loss that a sealed entry about a restore records and a checkpoint lies in: it covers more entries than were
    put back, and no more than the last one known then. None where there is none."""
    for one in journal.read(ledger_stream()):
        fact = one.fact
        if not isinstance(fact, LedgerRestored) or fact.last_known is None or one.position > last.position:
            continue
        known = opened(fact.last_known.encode(), seals.signers())
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


def _root_at(seals: Seals, size: int) -> bytes | None:
    """The root over the first leaves; None where seals are missing."""
    try:
        return seals.frontier(size).root()
    except NotReady:
        return None
