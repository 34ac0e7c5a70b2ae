"""The log of reads, sealed: every month a tree of its own; whatever is changed afterwards is found."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from domain.errors import NotReady
from domain.vault import MonthSeal, ReadLog
from projections.ledger.notes import Checkpoint, Signer, open_note
from projections.ledger.reads import ReadsReport, seal_reads, verify_reads
from projections.ledger.tree import leaf_hash, node_hash

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 3, 9, tzinfo=UTC) for month in (10, 11, 12))
NAME = "werdegang/0123456789abcdef"


@pytest.fixture
def signer() -> Signer:
    return Signer.generate(NAME)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ReadLog]:
    ReadLog.create(tmp_path / "reads.db")
    with closing(ReadLog(tmp_path / "reads.db")) as opened:
        yield opened


@pytest.fixture
def sealed(log: ReadLog, signer: Signer) -> ReadLog:
    """Seven rows in October, sealed at 3 and 7; two in November, one of them sealed."""
    read(log, OCTOBER, 3)
    seal_reads(log, [signer], now=OCTOBER)
    read(log, OCTOBER, 4)
    read(log, NOVEMBER, 1)
    seal_reads(log, [signer], now=NOVEMBER)
    read(log, NOVEMBER, 1)
    return log


def read(log: ReadLog, now: datetime, times: int) -> None:
    for number in range(times):
        log.append(now, account=f"c{number}", participant=UUID(int=number), field="name", purpose="Betreuung")


def verify(log: ReadLog, *signers: Signer) -> ReadsReport:
    return verify_reads(log, [signer.verifier for signer in signers])


def tamper(log: ReadLog, *statements: str) -> None:
    """Change the file as its owner can: without the triggers."""
    triggers = log._connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for statement in (*(f"DROP TRIGGER {name}" for (name,) in triggers), *statements):
        log._connection.execute(statement)


def test_seal_is_a_checkpoint_of_the_month(log: ReadLog, signer: Signer) -> None:
    """Origin, size and root, signed: the leaves are the lines of the rows, hashed as RFC 9162 has it."""
    read(log, NOVEMBER, 3)
    (head,) = seal_reads(log, [signer], now=DECEMBER)
    one, two, three = (leaf_hash(row.line) for row in log.rows())
    assert head == Checkpoint(f"{NAME}/reads/2026-11", 3, node_hash(node_hash(one, two), three))
    (kept,) = log.seals("2026-11")
    assert (kept.size, kept.sealed_at) == (3, DECEMBER)
    text, signed = open_note(kept.note.encode(), [signer.verifier])
    assert Checkpoint.parse(text) == head
    assert signed == [signer.verifier]


def test_only_months_that_grew_are_sealed(sealed: ReadLog, signer: Signer) -> None:
    """Sealing twice makes no second seal; what came later is sealed by itself."""
    assert [(head.origin[-7:], head.size) for head in seal_reads(sealed, [signer], now=DECEMBER)] == [("2026-11", 2)]
    assert seal_reads(sealed, [signer], now=DECEMBER) == []
    assert [one.size for one in sealed.seals("2026-10")] == [3, 7]


def test_sealing_needs_a_key(log: ReadLog) -> None:
    """On a machine without the signing key nothing is sealed, and that is said."""
    with pytest.raises(NotReady) as refusal:
        seal_reads(log, [], now=DECEMBER)
    assert refusal.value.code == "no_signing_key"


def test_log_as_it_was_sealed_is_found_right(sealed: ReadLog, signer: Signer) -> None:
    """Rows after the last seal are counted, not sealed yet, and no finding."""
    report = verify(sealed, signer)
    assert (report.months, report.rows, report.sealed) == (2, 9, 8)
    assert (report.findings, report.deleted) == ([], [])


@pytest.mark.parametrize(
    ("statement", "code", "month"),
    [
        ("UPDATE reads SET account = 'c9' WHERE month = '2026-10' AND number = 5", "row_changed", "2026-10"),
        ("UPDATE reads SET purpose = 'x' WHERE month = '2026-11' AND number = 1", "row_changed", "2026-11"),
        ("DELETE FROM reads WHERE month = '2026-10' AND number = 2", "row_missing", "2026-10"),
        ("DELETE FROM reads WHERE month = '2026-10' AND number = 7", "rows_cut", "2026-10"),
        ("DELETE FROM reads WHERE month = '2026-10'", "rows_cut", "2026-10"),
        ("UPDATE seals SET size = 2 WHERE size = 3", "bad_signature", "2026-10"),
        ("UPDATE seals SET note = 'x' WHERE month = '2026-11'", "bad_signature", "2026-11"),
        ("UPDATE reads SET number = number + 10 WHERE month = '2026-10'", "row_missing", "2026-10"),
        ("INSERT INTO deletions VALUES ('2026-10', 7, 'x', '2026-11-03T09:00:00+00:00')", "wrong_deletion", "2026-10"),
    ],
)
def test_change_after_sealing_is_found(sealed: ReadLog, signer: Signer, statement: str, code: str, month: str) -> None:
    """Changed, taken out, cut off, renumbered, or another seal: the month is named."""
    tamper(sealed, statement)
    (finding,) = verify(sealed, signer).findings
    assert (finding.code, finding.month) == (code, month)
    for language in ("de", "en"):
        assert month in finding.text.in_language(language)


def test_rows_of_a_change_are_narrowed_down(sealed: ReadLog, signer: Signer) -> None:
    """The first seal that does not fit says between which rows the change is."""
    tamper(sealed, "UPDATE reads SET account = 'c9' WHERE month = '2026-10' AND number = 5")
    (finding,) = verify(sealed, signer).findings
    assert (finding.text.values["first"], finding.text.values["last"]) == (4, 7)


def test_changed_month_is_not_sealed_any_further(sealed: ReadLog, signer: Signer) -> None:
    """A new signature never covers what an old one contradicts."""
    tamper(sealed, "UPDATE reads SET account = 'c9' WHERE month = '2026-11' AND number = 1")
    with pytest.raises(NotReady) as refusal:
        seal_reads(sealed, [signer], now=DECEMBER)
    assert refusal.value.code == "reads_changed"
    assert "2026-11" in refusal.value.in_language("en")
    assert [one.size for one in sealed.seals("2026-11")] == [1]


def test_broken_seal_is_not_sealed_over(sealed: ReadLog, signer: Signer) -> None:
    """One that says nothing any more is no reason to begin anew."""
    tamper(sealed, "UPDATE seals SET note = 'x' WHERE month = '2026-11'")
    with pytest.raises(NotReady):
        seal_reads(sealed, [signer], now=DECEMBER)


def test_seal_of_a_foreign_key_is_found(sealed: ReadLog, signer: Signer) -> None:
    """Rows rewritten and signed anew by somebody without the key."""
    stranger = Signer.generate(NAME)
    assert {finding.code for finding in verify(sealed, stranger).findings} == {"bad_signature"}
    assert verify(sealed, stranger, signer).findings == []


def test_seal_of_another_month_is_found(sealed: ReadLog, signer: Signer) -> None:
    """The month stands in the origin, so a true seal in the wrong place is none."""
    read(sealed, DECEMBER, 3)
    (other, _last) = sealed.seals("2026-10")
    sealed.add_seal(MonthSeal("2026-12", other.size, other.note, DECEMBER))
    (finding,) = verify(sealed, signer).findings
    assert (finding.code, finding.month) == ("bad_signature", "2026-12")


def test_seals_of_a_replaced_key_stay_valid(sealed: ReadLog, signer: Signer) -> None:
    """While a key is replaced both sign; afterwards the new one goes on."""
    new = Signer.generate(NAME)
    seal_reads(sealed, [signer, new], now=DECEMBER)
    read(sealed, DECEMBER, 1)
    seal_reads(sealed, [new], now=DECEMBER)
    assert verify(sealed, signer, new).findings == []


def test_deleted_month_is_told_and_is_no_finding(sealed: ReadLog, signer: Signer) -> None:
    """Its seals are still checked, its rows are gone by an act that names who and when."""
    deletion = sealed.delete_month("2026-10", by="dpo", now=DECEMBER)
    report = verify(sealed, signer)
    assert (report.months, report.rows, report.deleted, report.findings) == (1, 2, [deletion], [])
    assert [head.size for head in seal_reads(sealed, [signer], now=DECEMBER)] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deletions SET size = 6",
        "DELETE FROM seals WHERE month = '2026-10' AND size = 7",
        "UPDATE seals SET note = 'x' WHERE month = '2026-10' AND size = 7",
        "INSERT INTO reads VALUES ('2026-10', 1, '2026-10-03', 'c9', 'x', 'x', 'x')",
    ],
)
def test_deletion_that_does_not_fit_its_seals_is_found(sealed: ReadLog, signer: Signer, statement: str) -> None:
    """What is left of a deleted month must agree with itself."""
    sealed.delete_month("2026-10", by="dpo", now=DECEMBER)
    tamper(sealed, statement)
    (finding,) = verify(sealed, signer).findings
    assert finding.month == "2026-10"


def test_log_put_back_from_a_dump_is_right(sealed: ReadLog, signer: Signer, tmp_path: Path) -> None:
    """The seals are over what the rows say, not over how a file holds them."""
    with closing(sqlite3.connect(tmp_path / "again.db")) as again:
        again.executescript("\n".join(sealed._connection.iterdump()))
    with closing(ReadLog(tmp_path / "again.db")) as log:
        assert verify(log, signer).findings == []
