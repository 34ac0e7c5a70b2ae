"""What the owner of the database may try, on both stores, and what of it is found: `docs/attacks.md` says the same.

An attack is carried out in a house of people, an approved edition and a log of reads, sealed repeatedly. Whoever checks
calls `werdegang verify`: once with what the house itself holds, once with a key and a checkpoint kept outside.
"""

import re
from pathlib import Path

import psycopg
import pytest
from attacks import ATTACKS, LATER
from breaking import change_and_sign_again, sign_with_a_new_key
from housed import Check, House, findings
from tampering import NOW, put

PAGE = Path(__file__).parents[2] / "docs" / "attacks.md"
SECTION = "What is found, and what is not"


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


@pytest.mark.parametrize("position", [-1, -(1 << 63)])
def test_no_position_is_too_low(house: House, check: Check, position: int) -> None:
    """An entry is found wherever a store can put it, down to the lowest number there is."""
    house.owner.insert_copy(position, of=house.middle, version=90)
    assert findings(check(house.settings)) == [("entry_inserted", position)]


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
    """What the product never stores is named like any change, and ends no check; PostgreSQL takes no other kind."""
    if not house.owner.is_sqlite and "CAST" in statement:
        with pytest.raises(psycopg.errors.DatatypeMismatch):
            house.owner(f"UPDATE stored_events SET {statement} WHERE {{position}} = ?", house.middle)
        return
    if house.owner.is_sqlite:
        house.owner("PRAGMA writable_schema = ON")
        ((table,),) = house.owner("SELECT sql FROM main.sqlite_master WHERE name = 'stored_events'")
        loose = table.replace("topic TEXT NOT NULL", "topic TEXT").replace("state BLOB NOT NULL", "state BLOB")
        house.owner("UPDATE main.sqlite_master SET sql = ? WHERE name = 'stored_events'", loose)
        house.owner("PRAGMA writable_schema = RESET")
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


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_the_same() -> None:
    """Every attack stands in the table of `docs/attacks.md`, with what finds it, and no other."""
    section = PAGE.read_text("utf-8").partition(f"## {SECTION}\n")[2].partition("\n## ")[0]
    head, *rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert head == ("attack", "without an outside checkpoint", "with one")
    told = {name: (_code(alone), _code(outside)) for name, alone, outside in rows}
    assert told == {name: (attack.found, attack.with_outside or attack.found) for name, attack in ATTACKS.items()}


def _code(cell: str) -> str:
    """The code a cell names; none where it says that nothing is found."""
    if cell.startswith("**not found**"):
        return ""
    found = re.match(r"`([a-z_]+)`", cell)
    assert found, cell
    return found[1]
