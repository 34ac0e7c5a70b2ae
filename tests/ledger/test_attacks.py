"""What the owner of the database may try, on both stores, and what of it is found: `docs/attacks.md` says the same.

An attack is carried out in a house of people, an approved edition and a log of reads, sealed six times. Whoever checks
calls `werdegang verify`: once with what the house itself holds, once with a key and a checkpoint kept outside.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from entering import Programme, enrolled, job, on
from steps import assigned, session
from tampering import NOW, SEAL_TABLES, TABLES, Owner, put, request

from domain import commands
from domain.errors import NotReady
from domain.facts import BalanceApproved, CoachingSessionHeld, LedgerRestored
from domain.terms import RestoreReason, balances_stream
from projections.ledger import seals as seals_module
from projections.ledger import verification
from projections.ledger.leaves import leaves_of
from projections.ledger.notes import Checkpoint, Signer
from projections.ledger.reads import seal_reads
from projections.ledger.seals import Sealed
from projections.ledger.signing_keys import read_signers, replace_signing_key
from projections.ledger.tree import perfect_root
from projections.rebuild import rebuild
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.cli import werdegang

PAGE = Path(__file__).parents[2] / "docs" / "attacks.md"
STICHTAG = "2018-02-19"
Check = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def small_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots are kept of trees of 4, 16 and 64 leaves, so that this small ledger has all kinds of seals."""
    monkeypatch.setattr(seals_module, "STEP", 2)
    monkeypatch.setattr(seals_module, "_HEIGHTS", (2, 4, 6))
    monkeypatch.setattr(verification, "STEP", 2)


class House:
    """A house with everything to attack, and the attacker at its database."""

    def __init__(self, settings: Settings, stores: Stores, owner: Owner) -> None:
        self.settings, self.stores, self.owner = settings, stores, owner
        self.programme = programme = Programme(stores)
        programme.given(enrolled(), assigned(on("2017-01-02"), "C1"), session(on("2017-01-10"), 60), job("2017-02-01"))
        stores.seal(NOW)
        other = programme.given(enrolled("2017-03-01"), assigned(on("2017-03-02"), "C1"))
        owner.skip_position()
        programme.more(other, session(on("2017-04-01"), 45), session(on("2017-05-01"), 30))
        stores.seal(NOW)
        self.old = owner.backup(*TABLES)
        self.drafted = programme.draft(STICHTAG)
        programme.approve(self.drafted)
        programme.more(other, session(on("2017-06-01"), 20))
        for purpose in ("counselling", "counselling", "audit"):
            participant = programme.participant(other)
            stores.vault.reads.append(NOW, account="a.1", participant=participant, field="note", purpose=purpose)
        stores.seal(NOW)
        programme.more(other, session(on("2017-07-01"), 25), session(on("2017-08-01"), 35))
        stores.seal(NOW)
        self.key, self.outside = stores.signers[0], self.last
        owner.lift_triggers()

    @property
    def last(self) -> Sealed:
        """The last checkpoint."""
        last = self.stores.seals.latest()
        assert last is not None
        return last

    @property
    def sizes(self) -> list[int]:
        """How many entries each checkpoint covers."""
        return [sealed.size for sealed in self.stores.seals.checkpoints()]

    @property
    def positions(self) -> list[int]:
        """Where the entries stand."""
        return [row[0] for row in self.stores.journal.scan_after(0, upto=self.stores.journal.head())]

    @property
    def middle(self) -> int:
        """The position of an entry that the second checkpoint covers, no figure depends on and stands in a larger
        tree: the tenth."""
        return self.positions[9]

    def change(self, position: int, old: bytes = b"tester", new: bytes = b"tested") -> None:
        """Change the stored bytes of an entry; by default who recorded it."""
        state = self.owner.state(position)
        assert old in state
        self.owner.set_state(position, state.replace(old, new))

    def follow(self) -> None:
        """Make the read model what the ledger has become."""
        rebuild(self.settings.ledger, self.settings.read_model, now=NOW)

    def sign_again(self, signer: Signer) -> None:
        """Make all seals anew, and put the new checkpoints into the approvals, as a careful forger does."""
        journal, seals, approvals = self.stores.journal, self.stores.seals, self._approvals()
        self.owner.seal_again(journal, seals, signer)
        for position, size in approvals.items():
            new = next(sealed.note for sealed in seals.checkpoints() if sealed.size == size)
            ((_position, stream, version, _topic, _state),) = journal.scan_after(position - 1, upto=position)
            old = journal.read(UUID(stream))[version - 1].fact
            assert isinstance(old, BalanceApproved)
            self.change(position, _quoted(old.checkpoint), _quoted(new))
            self.owner.seal_again(journal, seals, signer, after=size)

    def _approvals(self) -> dict[int, int]:
        """Where approvals stand, and how many entries the checkpoint of each covers."""
        found = {}
        for position in self.positions:
            entry = self.stores.journal.entry_at(position)
            if entry and isinstance(entry.fact, BalanceApproved) and entry.fact.checkpoint:
                found[position] = Checkpoint.parse(entry.fact.checkpoint.partition("\n\n")[0].encode() + b"\n").size
        return found


def _quoted(note: str | None) -> bytes:
    assert note
    return json.dumps(note, ensure_ascii=False)[1:-1].encode()


@pytest.fixture
def house(stores_settings: Settings) -> Iterator[House]:
    """A house of this test's own, whole, whose triggers are out of the way."""
    with open_stores(stores_settings) as stores, Owner(stores_settings.ledger) as owner:
        yield House(stores_settings, stores, owner)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Check:
    """`werdegang verify`, against a key and a checkpoint from outside where they are given; what it says as JSON."""

    def call(settings: Settings, *outside: Sealed, key: Signer | None = None) -> dict[str, Any]:
        arguments = ["verify", "--format", "json"]
        if outside or key:
            folder = tmp_path / f"kept-{uuid4().hex}"
            folder.mkdir()
            for number, sealed in enumerate(outside):
                (folder / f"{number}.checkpoint").write_text(sealed.note)
            if key:
                (folder / "ledger.vkey").write_text(str(key.verifier))
            arguments += ["--trusted", str(folder)]
        capsys.readouterr()
        status = werdegang.main(arguments, prog_name="werdegang", obj=settings, standalone_mode=False)
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert status == (0 if told["ok"] else 1)
        return told

    return call


def findings(told: dict[str, Any]) -> list[tuple[str, int | None]]:
    """The codes of what was found, with the positions named."""
    return [(one["code"], one["position"]) for part in told["checked"].values() for one in part["findings"]]


# --- attacks --------------------------------------------------------------------------------------


class Attack(NamedTuple):
    """What is done; the code of the finding without an outside checkpoint, or none; the position it names; and the
    code with one, or none."""

    do: Callable[[House], object]
    found: str = ""
    at: Callable[[House], int | None] = lambda _house: None
    with_outside: str = ""


def middle(house: House) -> int:
    return house.middle


def change_state(house: House) -> None:
    house.change(house.middle)


def change_topic(house: House) -> None:
    house.owner("UPDATE stored_events SET topic = 'journey.exited' WHERE {position} = ?", house.middle)


def delete_one(house: House) -> None:
    house.owner("DELETE FROM stored_events WHERE {position} = ?", house.middle)


def swap_two(house: House) -> None:
    one, other = house.positions[9], house.positions[12]
    for old, new in ((one, 1_000_000), (other, one), (1_000_000, other)):
        house.owner("UPDATE stored_events SET {position} = ? WHERE {position} = ?", new, old)


def gap(house: House) -> int:
    """The one number of no entry."""
    (found,) = set(range(1, house.positions[-1])) - set(house.positions)
    return found


def insert_in_a_gap(house: House) -> None:
    house.owner.insert_copy(gap(house), of=house.middle, version=90)


def insert_and_move(house: House) -> None:
    place = house.middle
    house.owner.move(place, by=1)
    house.owner.insert_copy(place, of=place + 1, version=90)


def insert_below(house: House) -> None:
    house.owner.insert_copy(0, of=house.middle, version=90)


def insert_at_the_end(house: House) -> None:
    ((version,),) = house.owner("SELECT originator_version FROM stored_events WHERE {position} = ?", last(house))
    house.owner.insert_copy(last(house) + 1, of=last(house), version=version + 1)
    house.follow()


def insert_with_a_forged_version(house: House) -> None:
    house.owner.insert_copy(last(house) + 1, of=last(house), version=90)


def last(house: House) -> int:
    return house.positions[-1]


def cut_tail(house: House) -> None:
    house.owner.delete_after(house.positions[13])


def cut_seals(house: House) -> None:
    """Back to the checkpoint that an approval holds; cut further, it would be missed."""
    house.owner.delete_seals_after(house.sizes[2])


def cut_tail_and_seals(house: House) -> None:
    house.owner.delete_after(house.positions[house.sizes[2] - 1])
    cut_seals(house)
    house.follow()


def cut_and_go_on(house: House) -> None:
    cut_tail_and_seals(house)
    put(house.stores.journal, 9)
    house.follow()
    house.stores.seal(NOW)


def change_unsealed(house: House) -> None:
    position = put(house.stores.journal)
    house.change(position)
    house.follow()


def set_leaf(house: House, position: int) -> None:
    ((_position, found),) = leaves_of(house.stores.journal.scan_after(position - 1, upto=position))
    house.owner("UPDATE leaves SET hash = ? WHERE position = ?", found, position)


def change_with_leaf(house: House) -> None:
    change_state(house)
    set_leaf(house, house.middle)


def change_with_leaf_and_trees(house: House) -> None:
    change_with_leaf(house)
    hashes = [leaf.hash for leaf in house.stores.seals.leaves(0, 999)]
    for height, number in house.owner("SELECT height, number FROM subtrees"):
        root = perfect_root(hashes[number << height : (number + 1) << height])
        house.owner("UPDATE subtrees SET hash = ? WHERE height = ? AND number = ?", root, height, number)


def change_and_sign_again(house: House) -> None:
    change_state(house)
    house.sign_again(house.key)
    house.follow()


def change_and_sign_again_but_large_trees(house: House) -> None:
    kept = house.owner("SELECT hash, height, number FROM subtrees WHERE height > 2")
    change_and_sign_again(house)
    for row in kept:
        house.owner("UPDATE subtrees SET hash = ? WHERE height = ? AND number = ?", *row)


def sign_with_a_new_key(house: House) -> None:
    change_state(house)
    signer = Signer.generate(house.key.verifier.name)
    house.sign_again(signer)
    house.owner("UPDATE signers SET key = ?", str(signer.verifier))
    reads("DELETE FROM seals")(house)
    seal_reads(house.stores.vault.reads, [signer], now=NOW)
    house.follow()


def sign_with_an_added_key(house: House) -> None:
    change_state(house)
    signer = Signer.generate(house.key.verifier.name)
    house.sign_again(signer)
    house.stores.seals.add("signers", [(2, str(signer.verifier))])
    house.follow()


def introduce_oneself(house: House) -> None:
    """A new key, introduced by an entry, in a checkpoint that this key alone signs, twice."""
    signer, size = Signer.generate(house.key.verifier.name), house.sizes[2]
    cut_seals(house)
    old, new = str(house.key.verifier), str(signer.verifier)
    house.change(house.positions[size + 1])
    house.stores.journal.act(lambda streams: commands.introduce_signer(streams, new, old), request())
    house.follow()
    seals, journal = house.stores.seals, house.stores.journal
    leaves = list(leaves_of(journal.scan_after(0, upto=journal.head())))
    frontier = seals.grow(seals.frontier(size), leaves[size:])
    head = Checkpoint(signer.verifier.name, frontier.size, frontier.root())
    seals.add("checkpoints", [(head.size, leaves[-1].position, head.note([signer, signer]).decode(), NOW.isoformat())])
    seals.add("signers", [(2, new)])


def introduced(house: House) -> int:
    """Where the last key was introduced."""
    return next(
        position
        for position in reversed(house.positions)
        if type(house.stores.journal.entry_at(position).fact).__name__ == "SignerIntroduced"  # type: ignore[union-attr]
    )


def added(house: House) -> int:
    """The last entry the attack left."""
    return last(house)


def sign_with_a_replaced_key(house: House) -> None:
    """The key was replaced in good time; then the old one is stolen."""
    (stolen,) = read_signers(house.settings.signing_key)
    replace_signing_key(house.stores.journal, house.stores.seals, house.settings.signing_key, request())
    size = house.last.size
    position = put(house.stores.journal)
    stores = house.stores._replace(signers=read_signers(house.settings.signing_key))
    stores.seal(NOW)
    house.outside = house.last
    house.change(position)
    house.owner.seal_again(house.stores.journal, house.stores.seals, stolen, after=size)
    house.follow()


def rewrite_and_let_it_be_sealed(house: House) -> None:
    """Without any key: the seals cut back, an entry changed, and the house's own sealer goes on."""
    cut_seals(house)
    house.change(house.positions[-2])
    house.follow()
    house.stores.seal(NOW)


def delete_all_seals(house: House) -> None:
    for table in SEAL_TABLES:
        house.owner(f"DELETE FROM {table}")


def put_ledger_back(house: House) -> None:
    house.owner.put_back({"stored_events": house.old["stored_events"]})


def put_ledger_back_and_go_on(house: House) -> None:
    put_ledger_back(house)
    put(house.stores.journal, 12)


def put_all_back(house: House) -> None:
    house.owner.put_back(house.old)
    house.follow()


def put_back_and_go_on(house: House) -> None:
    put_all_back(house)
    put(house.stores.journal, 12)
    house.follow()
    house.stores.seal(NOW)


def note_a_restore(house: House) -> None:
    """Cut, and the loss noted as a restore would note it."""
    lost = house.outside.size - house.sizes[2]
    cut_tail_and_seals(house)
    noted = LedgerRestored(
        size=len(house.positions), reason=RestoreReason.HARDWARE_FAILURE, last_known=house.outside.note, lost=lost
    )
    house.stores.journal.act(lambda streams: commands.restore_ledger(streams, noted), request())
    house.follow()
    house.stores.seal(NOW)


def note_a_restore_that_lost_nothing(house: House) -> None:
    """An entry changed, all signed again, and the difference explained by a restore of as many entries."""
    change_and_sign_again(house)
    noted = LedgerRestored(
        size=house.outside.size, reason=RestoreReason.HARDWARE_FAILURE, last_known=house.outside.note, lost=0
    )
    house.stores.journal.act(lambda streams: commands.restore_ledger(streams, noted), request())
    house.follow()
    house.stores.seal(NOW)


def change_checkpoint(column: str, value: Callable[[House], Any]) -> Callable[[House], None]:
    def do(house: House) -> None:
        house.owner(f"UPDATE checkpoints SET {column} = ? WHERE size = ?", value(house), house.sizes[1])

    return do


def other_root(house: House) -> str:
    """The second checkpoint with the root of the first."""
    first, second = list(house.stores.seals.checkpoints())[:2]
    lines = second.note.split("\n")
    lines[2] = first.note.split("\n")[2]
    return "\n".join(lines)


def second_checkpoint(house: House) -> int:
    return house.old["checkpoints"][1][1]


def delete_checkpoint(number: int) -> Callable[[House], None]:
    return lambda house: house.owner("DELETE FROM checkpoints WHERE size = ?", house.sizes[number])


def change_read_model(house: House) -> None:
    model = house.stores.read_model
    table = model.name("enrolments")
    if house.settings.database_url:
        with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
            connection.execute(f"UPDATE {table} SET age = age + 1".encode())
    else:
        with closing(sqlite3.connect(house.settings.read_model, isolation_level=None)) as connection:
            connection.execute(f"UPDATE {table} SET age = age + 1")


def change_figure(house: House) -> None:
    """The coaching minutes of the approved edition."""
    position, value = house.drafted.drafted.position, house.drafted.balance.figures["coaching_minutes"].value
    assert value is not None
    old, new = (f'"coaching_minutes":{{"value":{number:g}'.encode() for number in (value, value + 1000))
    house.change(position, old, new)


def change_figure_and_sign_again(house: House) -> None:
    change_figure(house)
    house.sign_again(house.key)
    house.follow()


def change_digest(house: House) -> None:
    house.change(house.drafted.drafted.position, house.drafted.digest.encode(), b"0" * len(house.drafted.digest))


def change_digest_and_sign_again(house: House) -> None:
    change_digest(house)
    house.sign_again(house.key)
    house.follow()


def change_behind_an_edition(house: House) -> None:
    """A session an approved edition counts, with all seals."""
    house.change(sessions(house)[0], b'"minutes":60', b'"minutes":61')
    house.sign_again(house.key)
    house.follow()


def sessions(house: House) -> list[int]:
    entries = {position: house.stores.journal.entry_at(position) for position in house.positions}
    return [position for position, entry in entries.items() if entry and isinstance(entry.fact, CoachingSessionHeld)]


def drafted(house: House) -> int:
    return house.drafted.drafted.position


def approval(house: House) -> int:
    found = house.stores.journal.read(balances_stream(house.programme.key))
    return next(one.position for one in found if isinstance(one.fact, BalanceApproved))


def reads(*statements: str) -> Callable[[House], None]:
    """Statements in the log of reads, whose triggers are dropped."""

    def do(house: House) -> None:
        with closing(sqlite3.connect(house.settings.reads, isolation_level=None)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in names:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                assert connection.execute(statement).rowcount > 0

    return do


ATTACKS = {
    # entries
    "change the state of an entry": Attack(change_state, "entry_changed", middle),
    "change the topic of an entry": Attack(change_topic, "entry_changed", middle),
    "delete an entry in the middle": Attack(delete_one, "entry_missing", middle),
    "swap two entries": Attack(swap_two, "entry_changed", middle),
    "insert an entry in a gap of the numbering": Attack(insert_in_a_gap, "entry_inserted", gap),
    "insert an entry and move those behind it": Attack(insert_and_move, "entry_changed", middle),
    "insert an entry below the first position": Attack(insert_below, "entry_inserted", lambda _house: 0),
    "add an entry at the end under a forged version": Attack(insert_with_a_forged_version),
    "add an entry at the end, past the product": Attack(insert_at_the_end),
    "change an entry that no checkpoint covers yet": Attack(change_unsealed),
    "cut the tail": Attack(cut_tail, "tail_cut", lambda house: house.positions[14]),
    # entries with their seals
    "cut the tail and its seals": Attack(cut_tail_and_seals, with_outside="outside_differs"),
    "cut the tail and its seals, and go on": Attack(cut_and_go_on, with_outside="outside_differs"),
    "change an entry and its leaf": Attack(change_with_leaf, "seal_differs", lambda house: house.positions[8]),
    "change an entry, its leaf and the trees over it": Attack(
        change_with_leaf_and_trees, "root_differs", lambda house: house.positions[house.sizes[0]]
    ),
    "change an entry and all its seals, with the stolen key": Attack(
        change_and_sign_again, with_outside="outside_differs"
    ),
    "the same, but the large trees left as they were": Attack(
        change_and_sign_again_but_large_trees, "seal_differs", lambda house: house.positions[0]
    ),
    "change an entry and all its seals, with a new key in place of the old": Attack(
        sign_with_a_new_key, with_outside="untrusted_signer"
    ),
    "change an entry and all its seals, with a key added": Attack(sign_with_an_added_key, "signer_not_introduced"),
    "change an entry, with a key that introduces itself": Attack(
        introduce_oneself, "signer_not_introduced", introduced
    ),
    "change an entry and its seals, with a key that was replaced before": Attack(
        sign_with_a_replaced_key, "bad_signature", added
    ),
    "cut the seals, change an entry and let the house seal it": Attack(
        rewrite_and_let_it_be_sealed, with_outside="outside_differs"
    ),
    # backups
    "put back an old ledger alone": Attack(put_ledger_back, "tail_cut", lambda house: house.positions[12]),
    "put back an old ledger alone, and go on": Attack(
        put_ledger_back_and_go_on, "entry_changed", lambda house: house.positions[12]
    ),
    "put back an old ledger with its seals": Attack(put_all_back, with_outside="outside_differs"),
    "put back an old ledger with its seals, and go on": Attack(put_back_and_go_on, with_outside="outside_differs"),
    "cut the tail and its seals, and note a restore": Attack(note_a_restore, with_outside="recorded_loss"),
    "change an entry and all its seals, and note a restore that lost nothing": Attack(
        note_a_restore_that_lost_nothing, with_outside="outside_differs"
    ),
    # seals
    "change the root in a checkpoint": Attack(
        change_checkpoint("note", other_root), "bad_signature", second_checkpoint
    ),
    "change the size of a checkpoint": Attack(
        change_checkpoint("size", lambda house: house.sizes[1] - 1), "bad_signature", second_checkpoint
    ),
    "change the position of a checkpoint": Attack(
        change_checkpoint("position", lambda house: second_checkpoint(house) + 1),
        "bad_signature",
        lambda house: second_checkpoint(house) + 1,
    ),
    "change the time of a checkpoint": Attack(
        change_checkpoint("sealed_at", lambda _house: "2000-01-01T00:00:00+00:00")
    ),
    "delete a checkpoint, not the last": Attack(delete_checkpoint(1)),
    "delete the last checkpoint": Attack(
        delete_checkpoint(-1), "checkpoint_missing", lambda house: house.positions[house.sizes[-2]]
    ),
    "delete a leaf": Attack(
        lambda house: house.owner("DELETE FROM leaves WHERE position = ?", house.middle), "entry_inserted", middle
    ),
    "delete a tree": Attack(
        lambda house: house.owner("DELETE FROM subtrees WHERE height = 2 AND number = 1"),
        "seal_differs",
        lambda house: house.positions[4],
    ),
    "cut the seals back to an approval": Attack(cut_seals, with_outside="outside_differs"),
    "delete the last leaves": Attack(
        lambda house: house.owner("DELETE FROM leaves WHERE number > 16"),
        "root_differs",
        lambda house: house.positions[house.sizes[-2]],
    ),
    "delete all seals": Attack(delete_all_seals, "approved_unsealed", approval, "bad_outside"),
    "delete the key": Attack(
        lambda house: house.owner("DELETE FROM signers"), "bad_signature", lambda house: house.old["checkpoints"][0][1]
    ),
    # what stands on the ledger
    "change rows of the read model": Attack(change_read_model, "rows_differ"),
    "change a figure of an approved edition": Attack(change_figure, "entry_changed", drafted),
    "change the digest of an approved edition": Attack(change_digest, "entry_changed", drafted),
    "change a figure of an approved edition and all seals, with the stolen key": Attack(
        change_figure_and_sign_again, "edition_differs", drafted, "outside_differs"
    ),
    "change the digest of an approved edition and all seals, with the stolen key": Attack(
        change_digest_and_sign_again, "edition_differs", drafted, "outside_differs"
    ),
    "change an entry an approved edition counts and all seals, with the stolen key": Attack(
        change_behind_an_edition, "edition_differs", drafted, "outside_differs"
    ),
    # the log of reads
    "change a row of the log of reads": Attack(
        reads("UPDATE reads SET purpose = 'other' WHERE number = 2"), "row_changed"
    ),
    "delete a row of the log of reads": Attack(reads("DELETE FROM reads WHERE number = 2"), "row_missing"),
    "cut the log of reads": Attack(reads("DELETE FROM reads WHERE number > 1"), "rows_cut"),
    "cut the log of reads and its seals": Attack(reads("DELETE FROM reads WHERE number > 1", "DELETE FROM seals")),
}


LATER = (introduced, added)
"""Positions there are only after the attack; all others are those of before."""


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(house: House, name: str, check: Check) -> None:
    """What an attack is found by, and that it is not found where the table says so."""
    attack = ATTACKS[name]
    at = None if attack.at in LATER else attack.at(house)
    attack.do(house)
    at = attack.at(house) if attack.at in LATER else at

    alone = findings(check(house.settings))
    assert alone[:1] == ([(attack.found, at)] if attack.found else [])

    told = check(house.settings, house.outside, key=house.key)
    codes = [code for code, _position in findings(told)]
    if attack.with_outside == "recorded_loss":
        assert codes == []
        assert [one["code"] for one in told["recorded_losses"]] == ["recorded_loss"]
    else:
        expected = attack.with_outside or attack.found
        assert codes[:1] == ([expected] if expected else [])


def test_a_whole_house_has_no_finding(house: House, check: Check) -> None:
    """What nobody attacked is clean, against every checkpoint that was ever made too."""
    assert len(house.sizes) >= 5
    assert house.sizes[0] > 4
    assert house.positions[-1] == len(house.positions) + 1
    every = list(house.stores.seals.checkpoints())
    for told in (check(house.settings), check(house.settings, *every, key=house.key)):
        assert findings(told) == []
        assert told["recorded_losses"] == []
        assert (told["entries"], told["sealed"]) == (len(house.positions), len(house.positions))


def test_what_changed_before_a_checkpoint_left_the_house(house: House, check: Check) -> None:
    """Whatever was changed before the first checkpoint left the house, with the key, is found by nobody."""
    change_and_sign_again(house)
    kept_afterwards = house.last
    assert findings(check(house.settings)) == []
    assert findings(check(house.settings, kept_afterwards, key=house.key)) == []
    put(house.stores.journal, 3)
    house.stores.seal(NOW)
    house.follow()
    assert findings(check(house.settings, kept_afterwards, key=house.key)) == []


def test_the_key_kept_outside_matters(house: House, check: Check) -> None:
    """With a checkpoint from outside but without the key, one signed by a stranger is told from one of the house."""
    sign_with_a_new_key(house)
    assert findings(check(house.settings, house.outside)) == [("bad_outside", None)]
    assert findings(check(house.settings, key=house.key)) == [("untrusted_signer", None)]


def test_bytes_that_are_no_text_are_another_entry(house: House, check: Check) -> None:
    """Bytes that are no UTF-8 never have the leaf of the text that shows them."""
    position = put(house.stores.journal)
    house.change(position, b'"recorded_by":"tester"', b'"recorded_by":"te\\\\xffster"')
    house.follow()
    house.stores.seal(NOW)
    assert findings(check(house.settings)) == []
    house.change(position, b"\\\\xff", b"\\\xff")
    assert findings(check(house.settings)) == [("entry_changed", position)]


@pytest.mark.parametrize("statement", ["state = CAST(state AS TEXT)", "state = NULL", "topic = NULL"])
def test_values_of_another_kind_are_found(house: House, check: Check, statement: str) -> None:
    """What the product never stores is named like any change, and ends no check."""
    if house.owner.is_sqlite:
        house.owner("PRAGMA writable_schema = ON")
        ((table,),) = house.owner("SELECT sql FROM main.sqlite_master WHERE name = 'stored_events'")
        loose = table.replace("topic TEXT NOT NULL", "topic TEXT").replace("state BLOB NOT NULL", "state BLOB")
        house.owner("UPDATE main.sqlite_master SET sql = ? WHERE name = 'stored_events'", loose)
        house.owner("PRAGMA writable_schema = RESET")
    elif "CAST" in statement:
        pytest.skip("columns of PostgreSQL have one type")
    house.owner(f"UPDATE stored_events SET {statement} WHERE {{position}} = ?", house.middle)
    assert findings(check(house.settings)) == [("entry_changed", house.middle)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE signers SET key = 'none'", "bad_signature"),
        ("UPDATE checkpoints SET note = 'none' WHERE size = 7", "bad_signature"),
        ("DELETE FROM leaves WHERE number > 13", "root_differs"),
        ("DELETE FROM leaves", "root_differs"),
    ],
)
def test_damaged_seals_are_told(house: House, check: Check, statement: str, code: str) -> None:
    """Damage of the seals is a finding, and ends no check; a checkpoint from outside does not change that."""
    house.owner(statement)
    assert findings(check(house.settings))[0][0] == code
    assert findings(check(house.settings, house.outside, key=house.key))[0][0] == code


# --- what is not sealed ---------------------------------------------------------------------------


def refused(house: House) -> str:
    """The code under which sealing is refused; nothing is stored then."""
    before = house.owner.backup(*SEAL_TABLES)
    with pytest.raises(NotReady) as refusal:
        house.stores.seal(NOW)
    assert house.owner.backup(*SEAL_TABLES) == before
    for language in ("de", "en"):
        assert "werdegang verify" in refusal.value.in_language(language)
    return refusal.value.code


@pytest.mark.parametrize("go_on", [False, True])
@pytest.mark.parametrize("attack", [cut_tail, put_ledger_back], ids=["cut", "put back"])
def test_a_cut_ledger_is_not_sealed(house: House, attack: Callable[[House], None], go_on: bool) -> None:
    """Cut or put back, the ledger is refused, and so is one continued after that, to whatever length."""
    attack(house)
    assert refused(house) == "ledger_cut"
    for _time in range(4 if go_on else 0):
        put(house.stores.journal, 3)
        assert refused(house) == "ledger_cut"


def test_positions_are_not_given_twice(house: House) -> None:
    """After a cut the numbering goes on behind the old end, so an entry never stands where another was sealed."""
    end = last(house)
    cut_tail(house)
    assert put(house.stores.journal) == end + 1


def test_a_ledger_changed_at_its_end_is_not_sealed(house: House) -> None:
    """Where the last sealed entry is another, nothing is signed."""
    house.change(last(house))
    put(house.stores.journal)
    assert refused(house) == "ledger_cut"


@pytest.mark.parametrize(
    "damage",
    [
        change_with_leaf_and_trees,
        delete_checkpoint(-1),
        lambda house: house.owner("DELETE FROM leaves WHERE number > 13"),
        lambda house: house.owner("DELETE FROM checkpoints"),
        lambda house: house.owner("DELETE FROM signers"),
        lambda house: house.owner("UPDATE signers SET key = 'none'"),
    ],
    ids=["leaf and trees", "last checkpoint", "leaves", "all checkpoints", "key", "another word for the key"],
)
def test_damaged_seals_are_not_gone_on_with(house: House, damage: Callable[[House], object]) -> None:
    """Seals that do not lead to the last checkpoint are refused, in words."""
    put(house.stores.journal)
    damage(house)
    assert refused(house) == "seals_damaged"


# --- everyday damage ------------------------------------------------------------------------------


def test_seals_that_are_gone(house: House, check: Check) -> None:
    """Without the seals nothing opens; made again they are empty, and the next checkpoint says so to who kept one."""
    if house.owner.is_sqlite:
        house.owner("DETACH seals")
        for path in house.settings.folder.glob("seals.db*"):
            path.unlink()
    else:
        house.owner(f"DROP TABLE {', '.join(SEAL_TABLES)}")
    with pytest.raises(NotReady) as refusal, open_stores(house.settings):
        pass
    assert refusal.value.code == "no_seals"
    create_stores(house.settings)
    told = check(house.settings)
    assert (told["entries"], told["sealed"], told["checkpoint"]) == (len(house.positions), 0, None)
    assert findings(told)[0] == ("approved_unsealed", approval(house))
    assert findings(check(house.settings, house.outside, key=house.key)) != []
    with open_stores(house.settings) as stores:
        stores.seal(NOW)  # the same entries and the same key: the same tree
    assert findings(check(house.settings, house.outside, key=house.key)) == []


def test_without_a_key_is_read_and_checked(house: House, check: Check) -> None:
    """Where the key is missing sealing is refused, and everything else goes on."""
    house.settings.signing_key.unlink()
    assert findings(check(house.settings, house.outside, key=house.key)) == []
    position = put(house.stores.journal)
    with open_stores(house.settings) as stores:
        assert stores.covering(position, NOW) is None
        assert stores.covering(house.outside.position, NOW) == house.outside
        with pytest.raises(NotReady) as refusal:
            stores.seal(NOW)
    assert refusal.value.code == "no_signing_key"


def test_another_key_is_refused(house: House, check: Check) -> None:
    """A key made anew, as `init` makes one where none is, signs nothing; who looks is told which key it must be."""
    house.settings.signing_key.unlink()
    create_stores(house.settings)
    put(house.stores.journal)
    with open_stores(house.settings) as stores:
        (found,) = stores.signers
        with pytest.raises(NotReady) as refusal:
            stores.seal(NOW)
    assert refusal.value.code == "foreign_signing_key"
    for verifier in (found.verifier, house.key.verifier):
        assert str(verifier) in str(refusal.value)
    house.follow()
    assert findings(check(house.settings, house.outside, key=house.key)) == []


@pytest.mark.parametrize("damage", [b"", b"PRIVATE+KEY+", b"\xff\xfe", b"x" * 5000])
def test_a_damaged_key_is_refused(house: House, damage: bytes) -> None:
    """A file that holds no key is named, with nothing of what stands in it."""
    house.settings.signing_key.write_bytes(damage)
    with pytest.raises(NotReady) as refusal, open_stores(house.settings):
        pass
    assert refusal.value.code == "bad_signing_key"
    assert str(house.settings.signing_key) in str(refusal.value)
    assert "xxx" not in str(refusal.value)


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_the_same() -> None:
    """Every attack stands in the table of `docs/attacks.md`, with what finds it, and no other."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {name: (_code(alone), _code(outside)) for name, alone, outside in rows if name in ATTACKS or "`" in alone}
    expected = {name: (attack.found, attack.with_outside or attack.found) for name, attack in ATTACKS.items()}
    assert told == expected
    assert {name for name, _alone, _outside in rows[2:]} == set(ATTACKS)


def _code(cell: str) -> str:
    """The code a cell names; none where it says that nothing is found."""
    if cell.startswith("**not found**"):
        return ""
    found = re.match(r"`([a-z_]+)`", cell)
    assert found, cell
    return found[1]
