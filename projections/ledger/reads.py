"""Sealing the log of reads: each of its months is a tree of its own, with checkpoints of its own.

The origin of a month is `<name of the signing key>/reads/<month>`; its leaves are the lines of its rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from domain.errors import NotReady
from domain.texts import Text, _
from domain.vault import Deletion, MonthSeal, ReadLog
from projections.ledger.notes import BadNote, Checkpoint, Signer, Verifier, open_note, split_note
from projections.ledger.tree import Frontier, leaf_hash, root_of


class Month(Struct, frozen=True):
    """A month of the log: its rows, how many of them the last seal covers, and, where it is deleted, by whom when."""

    month: str
    rows: int
    sealed: int
    deleted_by: str | None = None
    deleted_at: datetime | None = None


class ReadFinding(Struct, frozen=True):
    """Something in a month that is not as it was sealed: a code for programs, words for people."""

    code: str
    text: Text
    month: str


class ReadsReport(Struct, frozen=True):
    """What a check of the log of reads came to; `findings` empty: nothing was changed since it was sealed.

    `sealed` are the rows the last seals of the months that are there cover. A month deleted as a whole, after it was
    sealed to its end, is in `deleted` and no finding.
    """

    months: int
    rows: int
    sealed: int
    findings: list[ReadFinding]
    deleted: list[Deletion]


def months_of(log: ReadLog) -> list[Month]:
    """What there is of every month, the first first."""
    deletions = log.deletions()
    found = []
    for month in log.months():
        deletion = deletions.get(month)
        if deletion:
            found.append(Month(month, 0, log.sealed_size(month), deletion.deleted_by, deletion.deleted_at))
        else:
            found.append(Month(month, log.size(month), log.sealed_size(month)))
    return found


def seal_reads(log: ReadLog, signers: Sequence[Signer], *, now: datetime) -> list[Checkpoint]:
    """Seal every month that has grown since its last seal; the new checkpoints.

    Refused (`NotReady`): no key, a month that did not grow from what was sealed last.
    """
    if not signers:
        raise NotReady("no_signing_key", _("Hier liegt kein Schlüssel, der das Journal versiegeln darf."))
    sealed = []
    for month in log.months():
        if log.size(month) > log.sealed_size(month):
            head = Checkpoint(_origin(signers[0].verifier, month), *_grown(log, month))
            log.add_seal(MonthSeal(month, head.size, head.note(signers).decode(), now))
            sealed.append(head)
    return sealed


def verify_reads(log: ReadLog, verifiers: Iterable[Verifier]) -> ReadsReport:
    """Check every month: numbered from 1 without a gap, its root at every sealed size, every signature.

    `verifiers` are the keys that ever signed. Of a month the first thing wrong is named.
    """
    known, deletions, months = list(verifiers), log.deletions(), log.months()
    kept = [month for month in months if month not in deletions]
    found = [_wrong(log, month, deletions.get(month), known) for month in months]
    return ReadsReport(
        months=len(kept),
        rows=sum(log.size(month) for month in kept),
        sealed=sum(log.sealed_size(month) for month in kept),
        findings=[finding for finding in found if finding],
        deleted=[*deletions.values()],
    )


def _grown(log: ReadLog, month: str) -> tuple[int, bytes]:
    """Size and root of a month, made sure to have grown from what was sealed last."""
    leaves = [leaf_hash(row.line) for row in log.rows(month)]
    for last in log.seals(month)[-1:]:
        if _sealed_root(last) != root_of(leaves[: last.size]):
            text = _(
                "Das Leseprotokoll des Monats {month} ist nicht mehr das versiegelte; es wird nicht weiter versiegelt. "
                "Prüfen mit: werdegang verify.",
                month=month,
            )
            raise NotReady("reads_changed", text)
    return len(leaves), root_of(leaves)


def _sealed_root(seal: MonthSeal) -> bytes | None:
    """The root a seal tells, whoever signed it; None where it tells none."""
    try:
        return Checkpoint.parse(split_note(seal.note.encode())[0]).root
    except BadNote:
        return None


def _wrong(log: ReadLog, month: str, deletion: Deletion | None, known: Sequence[Verifier]) -> ReadFinding | None:
    """The first thing wrong with a month."""
    roots: dict[int, bytes] = {}
    for seal in log.seals(month):
        head = _claimed(seal, known)
        if head is None or head.size != seal.size:
            text = _("Leseprotokoll {month}: das Siegel über {size} Zeilen gilt nicht.", month=month, size=seal.size)
            return ReadFinding("bad_signature", text, month)
        roots[seal.size] = head.root
    if deletion is None:
        return _wrong_row(log, month, roots)
    if log.size(month) or max(roots, default=0) != deletion.size:
        text = _("Leseprotokoll {month}: gelöscht, aber nicht so, wie es vermerkt ist.", month=month)
        return ReadFinding("wrong_deletion", text, month)
    return None


def _wrong_row(log: ReadLog, month: str, roots: dict[int, bytes]) -> ReadFinding | None:
    """The first row that is missing, and the first seal whose rows are not those sealed."""
    frontier, good = Frontier(), 0
    for number, row in enumerate(log.rows(month), 1):
        if row.number != number or not row.at.startswith(month):
            text = _("Leseprotokoll {month}: die Zeile {number} fehlt oder steht falsch.", month=month, number=number)
            return ReadFinding("row_missing", text, month)
        frontier.append(leaf_hash(row.line))
        if number in roots:
            if frontier.root() != roots[number]:
                text = _(
                    "Leseprotokoll {month}: unter den Zeilen {first} bis {last} ist eine verändert.",
                    month=month,
                    first=good + 1,
                    last=number,
                )
                return ReadFinding("row_changed", text, month)
            good = number
    if max(roots, default=0) > frontier.size:
        text = _(
            "Leseprotokoll {month}: {sealed} Zeilen sind versiegelt, da sind {found}.",
            month=month,
            sealed=max(roots),
            found=frontier.size,
        )
        return ReadFinding("rows_cut", text, month)
    return None


def _claimed(seal: MonthSeal, known: Sequence[Verifier]) -> Checkpoint | None:
    """What a seal says of its month; None where none of the keys says it."""
    try:
        text, signed = open_note(seal.note.encode(), known)
        head = Checkpoint.parse(text)
    except BadNote:
        return None
    return head if head.origin in {_origin(verifier, seal.month) for verifier in signed} else None


def _origin(verifier: Verifier, month: str) -> str:
    return f"{verifier.name}/reads/{month}"
