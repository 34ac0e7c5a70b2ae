"""The attacks, and what is found of each: `docs/attacks.md` says the same."""

from collections.abc import Callable
from typing import NamedTuple

from breaking import (
    added,
    approval,
    change_and_sign_again,
    change_and_sign_again_but_large_trees,
    change_behind_an_edition,
    change_checkpoint,
    change_digest,
    change_digest_and_sign_again,
    change_figure,
    change_figure_and_sign_again,
    change_read_model,
    change_state,
    change_topic,
    change_unsealed,
    change_with_leaf,
    change_with_leaf_and_trees,
    cut_and_go_on,
    cut_seals,
    cut_tail,
    cut_tail_and_seals,
    delete_all_seals,
    delete_checkpoint,
    delete_one,
    drafted,
    gap,
    insert_and_move,
    insert_at_the_end,
    insert_below,
    insert_in_a_gap,
    insert_with_a_forged_version,
    introduce_oneself,
    introduced,
    middle,
    note_a_restore,
    note_a_restore_that_lost_nothing,
    other_root,
    put_all_back,
    put_back_and_go_on,
    put_ledger_back,
    put_ledger_back_and_go_on,
    reads,
    rewrite_and_let_it_be_sealed,
    second_checkpoint,
    sign_with_a_new_key,
    sign_with_a_replaced_key,
    sign_with_an_added_key,
    swap_two,
)
from housed import House


class Attack(NamedTuple):
    """What is done; the code of the finding without an outside checkpoint, or none; the position it names; and the
    code with one, or none."""

    do: Callable[[House], object]
    found: str = ""
    at: Callable[[House], int | None] = lambda _house: None
    with_outside: str = ""


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
