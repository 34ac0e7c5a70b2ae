"""What seals keep to, on both stores: one contract of the sealer, its tables, its proofs and its keys."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import combinations, pairwise
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tampering import NOW, SEAL_TABLES, Owner, Sealing

from domain.errors import NotFound
from domain.journal import Journal, StoreAddress
from projections.ledger import sealer, verification
from projections.ledger.leaves import Leaf, leaves_of, line_of
from projections.ledger.notes import Checkpoint, EntryProof, Signer, open_note, split_note
from projections.ledger.seal_stores import create_seals, open_seals
from projections.ledger.sealer import root_over, seal
from projections.ledger.seals import Seals
from projections.ledger.tree import Frontier, leaf_hash, root_of, verify_consistency, verify_inclusion
from projections.ledger.verification import verify_ledger

few = settings(
    derandomize=True, max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def leaves(journal: Journal) -> list[Leaf]:
    """The leaves a ledger should have, from what it stores."""
    return list(leaves_of(journal.scan_after(0, upto=journal.head())))


def head_of(note: str, *signers: Signer) -> Checkpoint:
    """What a checkpoint says, signed by all of these keys and no other."""
    text, signatures = split_note(note.encode())
    assert open_note(note.encode(), [one.verifier for one in signers])[1] == [one.verifier for one in signers]
    assert len(signatures) == len(signers)
    return Checkpoint.parse(text)


class HeldAt:
    """A journal as it was at a position."""

    def __init__(self, journal: Journal, position: int) -> None:
        self._journal, self._position = journal, position

    def head(self) -> int:
        return self._position

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


# --- the tree and its checkpoints -----------------------------------------------------------------


def test_an_empty_ledger_has_nothing_to_seal(sealed: Sealing) -> None:
    """Nothing is signed over nothing, and a check finds nothing."""
    assert seal(sealed.journal, sealed.seals, [sealed.signer], now=NOW) is None
    assert (sealed.seals.latest(), sealed.seals.signers()) == (None, [])
    report = sealed.verify()
    assert (report.entries, report.sealed, report.checkpoints, report.findings) == (0, 0, 0, [])


def test_a_checkpoint_covers_what_there_is(sealed: Sealing) -> None:
    """It names the size, the position of the last entry and the root over the stored bytes, signed under the origin."""
    position = sealed.put(3)
    one = sealed.seal()
    lines = [line_of(*row[1:]) for row in sealed.journal.scan_after(0, upto=position)]
    assert head_of(one.note, sealed.signer) == Checkpoint(
        sealed.signer.verifier.name, 3, root_of([leaf_hash(line) for line in lines])
    )
    assert (one.size, one.position, one.sealed_at) == (3, position, NOW)
    assert sealed.seals.latest() == sealed.seals.covering(position) == one
    assert sealed.seals.covering(position + 1) is None
    assert sealed.seals.signers() == [sealed.signer.verifier]


def test_sealing_again_stores_nothing(sealed: Sealing, ledger_address: StoreAddress) -> None:
    """Where nothing is new the last checkpoint is returned, and no row is added."""
    sealed.put(5)
    first = sealed.seal()
    with Owner(ledger_address) as owner:
        before = owner.backup(*SEAL_TABLES)
        assert sealed.seal() == first
        assert owner.backup(*SEAL_TABLES) == before


@pytest.mark.usefixtures("small_trees")
def test_every_checkpoint_has_the_root_of_its_leaves(sealed: Sealing, ledger_address: StoreAddress) -> None:
    """However often is sealed: roots are those of the tree, every entry and every growth is proved."""
    sealed.put(70)
    held = leaves(sealed.journal)
    with Owner(ledger_address) as owner:
        owner.lift_triggers()

        @few
        @given(st.lists(st.integers(1, 40), min_size=1, max_size=7))
        def holds(steps: list[int]) -> None:
            owner.delete_seals_after(0)
            size = 0
            for step in steps:
                size = min(size + step, len(held))
                seal(HeldAt(sealed.journal, held[size - 1].position), sealed.seals, [sealed.signer], now=NOW)
            assert_proved(sealed, held[:size])

        holds()


def assert_proved(sealed: Sealing, held: list[Leaf]) -> None:
    """Every checkpoint is that of these leaves; each of them, and each growth, is proved by the seals alone."""
    hashes = [leaf.hash for leaf in held]
    heads = [(one, head_of(one.note, sealed.signer)) for one in sealed.seals.checkpoints()]
    for one, head in heads:
        assert (head.size, head.root) == (one.size, root_of(hashes[: one.size]))
        assert one.position == held[one.size - 1].position
        assert sealed.seals.frontier(one.size).root() == head.root
    for (_one, first), (_other, second) in combinations(heads, 2):
        proof = sealed.seals.prove_growth(first.size, second.size)
        assert verify_consistency(first.size, second.size, proof, first.root, second.root)
    last, head = heads[-1]
    for number, leaf in enumerate(held):
        proof = sealed.seals.prove_entry(leaf.position)
        assert proof == EntryProof.parse(proof.text)
        assert (proof.number, proof.note) == (number, last.note.encode())
        assert verify_inclusion(number, head.size, leaf.hash, proof.hashes, head.root)
    assert root_over(sealed.journal, sealed.seals, len(held)) == head.root


def test_a_proof_by_an_earlier_checkpoint(sealed: Sealing) -> None:
    """An entry is proved by any checkpoint that covers it; one that does not is refused."""
    early = sealed.put(3)
    first = sealed.seal()
    late = sealed.put(4)
    sealed.seal()
    proof = sealed.seals.prove_entry(early, first)
    hashes = [leaf.hash for leaf in leaves(sealed.journal)]
    assert verify_inclusion(2, 3, hashes[2], proof.hashes, root_of(hashes[:3]))
    for position, head in ((late, first), (late + 1, None), (0, None)):
        with pytest.raises(NotFound) as refused:
            sealed.seals.prove_entry(position, head)
        assert refused.value.code == "not_sealed"


def test_a_root_between_checkpoints(sealed: Sealing) -> None:
    """The root over the first entries is that of the tree over them, sealed or not."""
    for entries in (1, 1, 1):
        sealed.put(entries)
    sealed.seal()
    sealed.put(2)
    hashes = [leaf.hash for leaf in leaves(sealed.journal)]
    for size in range(6):
        assert root_over(sealed.journal, sealed.seals, size) == root_of(hashes[:size])


def test_gaps_in_the_numbering_are_harmless(sealed: Sealing, ledger_address: StoreAddress) -> None:
    """A failed insert takes numbers with it on PostgreSQL: leaves have none of these gaps, and nothing is found."""
    before = sealed.put(3)
    sealed.seal()
    stream = uuid4()
    taken = [StoredEvent(stream, version, "x", b"{}") for version in (1, 2, 1)]
    with pytest.raises(IntegrityError):
        sealed.journal.recorder.insert_events(taken)
    after = sealed.put(2)
    assert (after - before > 2) is (ledger_address.url is not None)
    sealed.seal()
    assert [(leaf.position, number) for number, leaf in enumerate(sealed.seals.leaves(0, 9))] == [
        (leaf.position, number) for number, leaf in enumerate(leaves(sealed.journal))
    ]
    assert sealed.seals.size_at(before) == sealed.seals.size_at(after - 2) == 3
    assert_proved(sealed, leaves(sealed.journal))
    assert sealed.codes() == []


def test_many_entries_are_sealed_in_parts(sealed: Sealing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part is a transaction with a checkpoint; progress names its last position; a check goes in parts too."""
    monkeypatch.setattr(sealer, "_AT_ONCE", 7)
    sealed.put(23)
    told: list[int] = []
    seal(sealed.journal, sealed.seals, [sealed.signer], now=NOW, progress=told.append)
    assert [one.size for one in sealed.seals.checkpoints()] == [7, 14, 21, 23]
    assert told == [one.position for one in sealed.seals.checkpoints()]
    for at_once in (5, 7, 23, 24):
        monkeypatch.setattr(verification, "_AT_ONCE", at_once)
        checked: list[int] = []
        report = verify_ledger(sealed.journal, sealed.seals, progress=checked.append)
        assert (report.findings, report.entries, checked[-1]) == ([], 23, 23)


def test_a_large_tree(sealed: Sealing) -> None:
    """Beyond 2 ** 8 and 2 ** 16 leaves the roots kept are used, and they give the same tree."""
    made = [Leaf(number * 3, sha256(str(number).encode()).digest()) for number in range(70_000)]
    hashes = [leaf.hash for leaf in made]
    frontier = Frontier()
    with sealed.seals.transaction():
        for low, high in pairwise((0, 1, 255, 256, 257, 1000, 65_535, 65_537, 70_000)):
            frontier = sealed.seals.grow(frontier, made[low:high])
            assert frontier.root() == root_of(hashes[:high])
    for size in (255, 256, 65_535, 65_536, 65_537, 69_999, 70_000):
        assert sealed.seals.frontier(size).root() == root_of(hashes[:size])
        proof = sealed.seals.prove_growth(size, 70_000)
        assert verify_consistency(size, 70_000, proof, root_of(hashes[:size]), frontier.root())
    heights = sealed.seals.query("SELECT height, count(*) FROM subtrees GROUP BY height ORDER BY height")
    assert heights == [(8, 70_000 >> 8), (16, 1)]
    assert sealed.seals.size_at(3 * 65_536 + 1) == 65_537


# --- what stands in the way of change -------------------------------------------------------------


@pytest.mark.parametrize("table", SEAL_TABLES)
def test_seals_are_added_only(sealed: Sealing, ledger_address: StoreAddress, table: str) -> None:
    """No row is changed, deleted or replaced, by whatever statement."""
    sealed.put(300)
    sealed.seal()
    with Owner(ledger_address) as owner:
        before = owner.backup(table)
        column = "number" if table != "checkpoints" else "size"
        replaced = f"SELECT * FROM {table}"
        statements = [f"UPDATE {table} SET {column} = {column} + 900", f"DELETE FROM {table}"]
        if owner.is_sqlite:
            statements += [f"REPLACE INTO {table} {replaced}", f"INSERT OR REPLACE INTO {table} {replaced}"]
        else:
            key = {"subtrees": "(height, number)"}.get(table, f"({column})")
            update = f"ON CONFLICT {key} DO UPDATE SET {column} = {table}.{column}"
            statements += [f"TRUNCATE {table}", f"INSERT INTO {table} {replaced} {update}"]
        for statement in statements:
            with pytest.raises((psycopg.errors.RaiseException, sqlite3.IntegrityError), match="added only"):
                owner(statement)
        assert owner.backup(table) == before


def test_creating_again_leaves_seals_as_they_are(sealed: Sealing, ledger_address: StoreAddress) -> None:
    """`init` on a sealed ledger changes nothing."""
    sealed.put(2)
    one = sealed.seal()
    create_seals(ledger_address)
    assert sealed.seals.latest() == one
    assert sealed.codes() == []


def test_a_sealer_that_is_stopped_leaves_nothing_half(sealed: Sealing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves, trees and checkpoint are stored together or not at all; the next run goes on."""
    sealed.put(300)
    add = type(sealed.seals).add

    def stopped(seals: Seals, table: str, rows: Any) -> None:
        if table == "checkpoints":
            raise KeyboardInterrupt
        add(seals, table, rows)

    monkeypatch.setattr(type(sealed.seals), "add", stopped)
    with pytest.raises(KeyboardInterrupt):
        sealed.seal()
    monkeypatch.undo()
    assert [sealed.seals.query(f"SELECT count(*) FROM {table}") for table in SEAL_TABLES] == [[(0,)]] * 4
    assert sealed.seal().size == 300
    assert sealed.codes() == []


def test_two_sealers_at_once_make_one_chain(sealed: Sealing, ledger_address: StoreAddress) -> None:
    """Whoever comes second finds what the first has sealed: one chain of checkpoints, every entry once."""
    stop, failed = Event(), list[BaseException]()

    def keep_sealing() -> None:
        try:
            with closing(Journal(ledger_address)) as journal, closing(open_seals(ledger_address)) as seals:
                while not stop.is_set():
                    seal(journal, seals, [sealed.signer], now=NOW)
        except BaseException as error:
            failed.append(error)

    sealers = [Thread(target=keep_sealing) for _number in range(2)]
    for one in sealers:
        one.start()
    for _number in range(60):
        sealed.put(3)
    stop.set()
    for one in sealers:
        one.join()
    assert failed == []
    sealed.seal()
    assert sealed.seals.leaves(0, 999) == leaves(sealed.journal)
    assert len(list(sealed.seals.checkpoints())) > 2
    assert_proved(sealed, leaves(sealed.journal))
    assert sealed.codes() == []
