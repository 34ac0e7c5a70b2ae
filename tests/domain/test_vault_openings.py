"""Opening many envelopes for a list: logged at once, refused one by one; and a vault lent from thread to thread."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from given import NOW
from vaults import close_vault, new_vault

from domain.errors import Refused
from domain.vault import DATA_PROTECTION, FileKey, Vault
from domain.vault import vault as vault_module

ASKED = {"account": "c1", "purpose": "Betreuung", "now": NOW}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = new_vault(tmp_path, FileKey(tmp_path / "kek"))
    yield vault
    close_vault(vault)


@pytest.fixture
def wanted(vault: Vault) -> list[tuple]:
    """Envelopes of forty persons, whose keys are not in memory."""
    with vault.transaction():
        persons = [vault.register() for _ in range(40)]
        envelopes = [(one, "name", vault.seal(one, "name", f"Text {n}")) for n, one in enumerate(persons)]
        vault.flush()
        vault.keep()
    vault._forget_keys(persons)
    return envelopes


def test_many_are_opened_in_their_order(vault: Vault, wanted: list[tuple]) -> None:
    """One query for the keys, one transaction of the log with a row for each, in the order asked for."""
    wanted = [*wanted[::-1], wanted[7]]
    of_keys, of_reads = [], []
    vault._store.connection.set_trace_callback(of_keys.append)
    vault.reads._connection.set_trace_callback(of_reads.append)
    assert vault.open_many(wanted, **ASKED) == [f"Text {n}" for n in [*range(39, -1, -1), 7]]
    assert len([sql for sql in of_keys if "FROM persons" in sql]) == 1
    assert len([sql for sql in of_reads if sql.startswith("BEGIN")]) == 1
    rows = list(vault.reads.rows())
    assert [row.participant for row in rows] == [str(one) for one, _field, _envelope in wanted]
    assert {(row.account, row.purpose, row.field) for row in rows} == {("c1", "Betreuung", "name")}
    assert vault.open_many([], **ASKED) == []


def test_what_is_refused_stands_in_its_place(vault: Vault, wanted: list[tuple]) -> None:
    """Restricted, erased and changed ones do not keep the others from being opened, and are not logged."""
    restricted, erased, changed = (wanted[n][0] for n in (0, 1, 2))
    vault.restricted = frozenset({restricted})
    vault.erase([erased])
    wanted[2] = (changed, "name", wanted[3][2])
    found = vault.open_many(wanted[:5], **ASKED)
    assert [one.code if isinstance(one, Refused) else one for one in found] == [
        *("restricted", "no_key", "sealed_elsewhere"),
        *("Text 3", "Text 4"),
    ]
    assert [row.participant for row in vault.reads.rows()] == [str(wanted[n][0]) for n in (3, 4)]
    assert vault.open_many(wanted[:1], **{**ASKED, "purpose": DATA_PROTECTION}) == ["Text 0"]


def test_nothing_is_given_out_that_could_not_be_logged(vault: Vault, wanted: list[tuple]) -> None:
    """Where one opening cannot be kept none is made."""
    vault.reads._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON reads WHEN NEW.number > 10 BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="full"):
        vault.open_many(wanted, **ASKED)
    assert list(vault.reads.rows()) == []


def test_many_are_opened_after_another_process_changed_the_key(
    vault: Vault, wanted: list[tuple], tmp_path: Path
) -> None:
    """Keys wrapped anew meanwhile are read under the key-encryption key that fits now."""
    other = new_vault(tmp_path, FileKey(tmp_path / "kek"))
    other.erase([wanted[0][0]])
    found = vault.open_many(wanted, **ASKED)
    assert isinstance(found[0], Refused)
    assert found[1:] == [f"Text {n}" for n in range(1, 40)]
    close_vault(other)


def test_vault_is_lent_from_thread_to_thread(vault: Vault, wanted: list[tuple]) -> None:
    """Used by one thread at a time but not always the same one, as a web server does."""

    def work() -> tuple:
        with vault.transaction():
            person = vault.register()
            vault.set_name(person, "Beispielperson Eins")
            vault.flush()
            vault.keep()
        return vault.open_many(wanted, **ASKED)[0], person in vault.find_by_name("eins"), vault.rotate()

    for number in range(2):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(work).result() == ("Text 0", True, number + 2)


def test_keys_in_memory_are_bounded(vault: Vault, wanted: list[tuple], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs for long drops keys beyond a number, never those of persons not stored yet."""
    monkeypatch.setattr(vault_module, "_KEYS_IN_MEMORY", 10)
    with vault.transaction():
        new = vault.register()
        for one, _field, envelope in wanted:
            assert vault.open(one, "name", envelope, **ASKED).startswith("Text")
            assert len(vault._keys) <= 12
        assert vault.open(new, "name", vault.seal(new, "name", "x"), **ASKED) == "x"
    assert vault.seal(wanted[0][0], "name", "x")
    with pytest.raises(Refused):
        vault.seal(uuid4(), "name", "x")
