"""What is not sealed, and what everyday damage comes to, on both stores."""

from collections.abc import Callable

import pytest
from breaking import approval, change_with_leaf_and_trees, cut_tail, delete_checkpoint, last, put_ledger_back
from housed import Check, House, findings
from tampering import NOW, SEAL_TABLES, put

from domain.errors import NotReady
from projections.stores import create_stores, open_stores

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
def test_a_damaged_key_is_refused(house: House, check: Check, damage: bytes) -> None:
    """A file that holds no key is named, with nothing of what stands in it; checking goes on."""
    house.settings.signing_key.write_bytes(damage)
    assert findings(check(house.settings, house.outside, key=house.key)) == []
    put(house.stores.journal)
    with pytest.raises(NotReady) as refusal, open_stores(house.settings) as stores:
        stores.seal(NOW)
    assert refusal.value.code == "bad_signing_key"
    assert str(house.settings.signing_key) in str(refusal.value)
    assert "xxx" not in str(refusal.value)
