"""The sealer: follows the journal, adds its entries to the tree, and signs what it has come to.

It never signs a tree that did not grow from the one signed last, nor with a key that nothing introduced.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice

from domain.errors import NotReady
from domain.journal import Journal
from domain.texts import _
from projections.ledger.leaves import leaves_of
from projections.ledger.notes import Checkpoint, Signer, Verifier
from projections.ledger.seals import Sealed, Seals, damaged, wrong_extent
from projections.ledger.signatures import introductions, opened
from projections.ledger.tree import Frontier

_AT_ONCE = 1 << 16
"""So many entries are sealed in one transaction: stopped anywhere, the next run goes on behind the last of them."""


def seal(
    journal: Journal,
    seals: Seals,
    signers: Sequence[Signer],
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _position: None,
) -> Sealed | None:
    """Seal everything the journal holds now, and return the last checkpoint; None for an empty journal.

    `signers` is the key in use and, while it is being replaced, the next one. `progress` is told the position
    reached. Refused (`NotReady`): no key, a key that neither signed before nor was introduced, a journal that is not
    the one sealed before (cut, put back, changed at its end).
    """
    upto = journal.head()  # what comes later is for the next run: under load there is always more
    while True:
        with seals.transaction():
            last = seals.latest()
            since = last.position if last else 0
            frontier = _grown_from(journal, seals, last)
            with closing(journal.scan_after(since, upto=upto)) as entries:
                leaves = list(leaves_of(islice(entries, _AT_ONCE)))
            if not leaves:
                return last
            signing = _admitted(journal, seals, signers)
            frontier = seals.grow(frontier, leaves)
            head = Checkpoint(signing[0].verifier.name, frontier.size, frontier.root())
            note = head.note(signing).decode()
            seals.add("checkpoints", [(frontier.size, leaves[-1].position, note, now.isoformat())])
        progress(leaves[-1].position)


def root_over(journal: Journal, seals: Seals, size: int) -> bytes:
    """The root of the tree over the first entries of the journal, sealed or not yet."""
    last = seals.latest()
    sealed = min(size, last.size if last else 0)
    frontier = seals.frontier(sealed)
    since = seals.leaves(sealed - 1, sealed)[0].position if sealed else 0
    with closing(journal.scan_after(since, upto=journal.head())) as entries:
        frontier.extend([leaf.hash for leaf in leaves_of(islice(entries, size - sealed))])
    return frontier.root()


def _grown_from(journal: Journal, seals: Seals, last: Sealed | None) -> Frontier:
    """The frontier of the tree signed last, made sure to be that tree and to end with the journal's own entry."""
    if wrong_extent(seals, last.size if last else 0):
        raise damaged()
    if last is None:
        return Frontier()
    frontier = seals.frontier(last.size)
    head = opened(last.note.encode(), seals.signers())
    if head is None or (head.size, head.root) != (last.size, frontier.root()):
        text = _("Die Siegel passen nicht zum letzten Prüfpunkt; prüfen mit: werdegang verify.")
        raise NotReady("seals_damaged", text)
    ends_with = list(leaves_of(journal.scan_after(last.position - 1, upto=last.position)))
    if ends_with != seals.leaves(last.size - 1, last.size):
        text = _(
            "Das Journal ist nicht mehr das versiegelte: der letzte versiegelte Eintrag (Position {position}) fehlt "
            "oder ist ein anderer. Es wird nichts versiegelt; prüfen mit: werdegang verify.",
            position=last.position,
        )
        raise NotReady("ledger_cut", text)
    return frontier


def _admitted(journal: Journal, seals: Seals, signers: Sequence[Signer]) -> list[Signer]:
    """Of the keys at hand those to sign with now: the one that signed last, and one the ledger introduces after it.

    The very first is introduced by nobody. Where another was introduced, the old one alone signs nothing more: the
    checkpoint that covers the introduction has to be signed by both.
    """
    if not signers:
        raise NotReady("no_signing_key", _("Hier liegt kein Schlüssel, der das Journal versiegeln darf."))
    known = seals.signers()
    if not known:
        known = [signers[0].verifier]
        seals.add("signers", [(1, str(known[0]))])
    usable = [signer for signer in signers if signer.verifier == known[-1]]
    if not usable:
        raise foreign_key(signers[0].verifier, known[-1])
    following = {key for key, one in introductions(journal).items() if one.fact.replaces == str(known[-1])}
    if not following:
        return usable
    for signer in signers:
        if str(signer.verifier) in following:
            seals.add("signers", [(len(known) + 1, str(signer.verifier))])
            return [*usable, signer]
    text = _("Ein neuer Schlüssel ist eingeführt und fehlt hier; zu Ende führen mit: werdegang seal --rotate-key.")
    raise NotReady("new_signing_key", text)


def foreign_key(found: Verifier, wanted: Verifier) -> NotReady:
    """The refusal of a key that did not sign last."""
    text = _(
        "Der Schlüssel {found} versiegelt dieses Journal nicht; das tut {wanted}.", found=str(found), wanted=str(wanted)
    )
    return NotReady("foreign_signing_key", text)
