"""What the owner of the database may do to a house, one function each; `attacks.py` says what it comes to."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
from housed import House
from tampering import NOW, SEAL_TABLES, put, request

from domain import commands
from domain.facts import BalanceApproved, CoachingSessionHeld, LedgerRestored
from domain.terms import RestoreReason, balances_stream
from projections.ledger.leaves import leaves_of
from projections.ledger.notes import Checkpoint, Signer
from projections.ledger.reads import seal_reads
from projections.ledger.signing_keys import read_signers, replace_signing_key
from projections.ledger.tree import perfect_root


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
    house.stores.seal(NOW)
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
