"""The contract on SQLite and PostgreSQL, and what only one of them can show."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from contract import JournalContract, new_streams, one_fact_on, request, verify
from given import OPENED, enrolment, journey_of
from psycopg.conninfo import make_conninfo
from steps import placed, session
from vaults import close_vault, new_vault

from domain import commands
from domain.errors import NotReady
from domain.journal import Journal, StoreAddress, refuse_database_functions
from domain.journal.address import SCHEMA


class TestJournal(JournalContract):
    """Both stores; the parameter of `ledger_address` says which."""

    def test_stored_bytes_hold_no_personal_data(
        self, journal: Journal, ledger_address: StoreAddress, tmp_path: Path
    ) -> None:
        """What is sealed is stored in no readable form, here or in any other column (§ 67 SGB X)."""
        vault = new_vault(tmp_path)
        person = vault.register("K-4711-GG")
        vault.flush()
        vault.keep()
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        enrolled = enrolment(
            participant=person,
            name=vault.seal(person, "name", "Beispielperson Eins"),
            customer_number=vault.seal(person, "customer_number", "999A000001"),
        )
        journal.act(lambda streams: commands.enrol(streams, enrolled), request())
        steps = [
            session(3, note=vault.seal(person, "note", "Hat Schulden bei Beispielperson Zwei")),
            placed(4, employer=vault.seal(person, "employer", "Beispielbetrieb Eins")),
        ]
        for step in steps:
            journal.act(lambda streams, step=step: commands.record(streams, journey_of(person), step), request())
        reason = vault.seal(person, "reason", "Falsch erfasst: Beispielperson Eins")
        journal.act(
            lambda streams: commands.correct(streams, journey_of(person), 2, session(5), reason=reason), request()
        )
        close_vault(vault)
        rows = list(journal.scan(0, 1, upto=journal.head()))
        assert len(rows) == 5
        for _position, _stream, _version, topic, state in rows:
            for plain in (b"Beispiel", b"999A000001", b"4711", b"Schulden"):
                assert plain not in state
                assert plain not in topic.encode()

    def test_ledger_is_append_only(self, journal: Journal, ledger_address: StoreAddress) -> None:
        """Not even a connection past the journal changes or deletes an entry (DESIGN.md 2)."""
        journal.act(one_fact_on(*new_streams(3)), request())
        before = list(journal.scan(0, 1, upto=journal.head()))
        for statement in (
            "UPDATE stored_events SET state = state",
            "UPDATE stored_events SET topic = 'x' WHERE originator_version = 1",
            "DELETE FROM stored_events",
            "DELETE FROM stored_events WHERE originator_version = 1",
        ):
            with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match="append-only"):
                run_past_the_journal(ledger_address, statement)
        assert list(journal.scan(0, 1, upto=journal.head())) == before


def run_past_the_journal(address: StoreAddress, statement: LiteralString) -> None:
    """Run SQL on a connection of one's own."""
    if address.url is None:
        sqlite_run(address.file, statement)
        return
    with psycopg.connect(address.url, options=f"-c search_path={SCHEMA}") as server:
        server.execute(statement)


# --- SQLite -----------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    Journal.create(StoreAddress(file=tmp_path / "ledger.db"))
    return tmp_path / "ledger.db"


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    with Journal(StoreAddress(file=file)) as journal:
        yield journal


def sqlite_run(file: Path | None, *statements: str) -> None:
    with closing(sqlite3.connect(str(file), isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


DELETE_TAIL = (
    "DROP TRIGGER stored_events_no_delete",
    "DELETE FROM stored_events WHERE rowid >= 3",
)


def test_entry_is_not_replaced(file: Path, journal: Journal) -> None:
    """INSERT OR REPLACE is no way around append-only, by the position or by the place in the stream (DESIGN.md 2)."""
    journal.act(one_fact_on(*new_streams(2)), request())
    before = list(journal.scan(0, 1, upto=2))
    for position in ("rowid", "NULL"):
        forged = f"SELECT {position}, originator_id, originator_version, topic, 'x' FROM stored_events WHERE rowid = 1"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            sqlite_run(file, f"INSERT OR REPLACE INTO stored_events {forged}")
    assert list(journal.scan(0, 1, upto=99)) == before


@pytest.mark.parametrize("content", [b"", b"no database at all, but longer than a header of SQLite would be" * 20])
def test_file_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty file, as a creation that was interrupted leaves it, is no ledger (DESIGN.md 5)."""
    file = tmp_path / "ledger.db"
    file.write_bytes(content)
    with pytest.raises(NotReady) as refusal:
        Journal(StoreAddress(file=file))
    assert refusal.value.code == "no_ledger"
    for language in ("de", "en"):
        assert str(file) in refusal.value.in_language(language)
    assert file.read_bytes() == content


def test_positions_survive_a_vacuum(file: Path, journal: Journal) -> None:
    """Figures name positions; VACUUM does not renumber them, gaps included."""
    journal.act(one_fact_on(*new_streams(5)), request())
    sqlite_run(file, DELETE_TAIL[0], "DELETE FROM stored_events WHERE rowid = 2")
    before = journal.since(0, 10)
    assert [position for position, _stream in before] == [1, 3, 4, 5]
    sqlite_run(file, "VACUUM")
    assert journal.since(0, 10) == before


def test_positions_of_a_deleted_tail_are_not_used_again(file: Path, journal: Journal) -> None:
    """Even where somebody took the trigger away and deleted the end, no position names another entry later."""
    journal.act(one_fact_on(*new_streams(5)), request())
    sqlite_run(file, *DELETE_TAIL, "VACUUM")
    assert journal.head() == 2
    journal.act(one_fact_on(*new_streams(2)), request())
    assert [position for position, _stream in journal.since(0, 10)] == [1, 2, 6, 7]
    assert journal.entry_at(3) is None
    assert journal.count(journal.head()) == 4
    verify(journal)


def test_positions_have_no_gap_after_a_conflict(journal: Journal) -> None:
    """What was not stored took no position."""
    (stream,) = new_streams(1)
    (there,) = journal.act(one_fact_on(stream), request()).recorded
    with pytest.raises(Exception, match="append-only"):
        journal.events.put([there])
    assert journal.act(one_fact_on(stream), request()).position == 2


# --- PostgreSQL -------------------------------------------------------------------------------------


def test_database_that_cannot_be_reached_is_refused(pg_url: str) -> None:
    """The message says why and never shows the password."""
    url = make_conninfo(pg_url, dbname="no_such_database", password="geheim-4711")  # noqa: S106 -- opens nothing
    with pytest.raises(NotReady) as refusal:
        Journal(StoreAddress(url=url))
    assert refusal.value.code == "no_database"
    for language in ("de", "en"):
        assert "no_such_database" in refusal.value.in_language(language)
        assert "4711" not in refusal.value.in_language(language)


def test_ledger_not_created_leaves_the_database_empty(fresh_database: str) -> None:
    """Opening what does not exist makes neither schema nor table."""
    with pytest.raises(NotReady):
        Journal(StoreAddress(url=fresh_database))
    with psycopg.connect(fresh_database) as server:
        found = server.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SCHEMA]).fetchall()
    assert found == []


def test_table_cannot_be_emptied(fresh_database: str) -> None:
    """TRUNCATE is no way around append-only, and an update that meets no row is refused too (DESIGN.md 2)."""
    address = StoreAddress(url=fresh_database)
    Journal.create(address)
    with Journal(address) as journal:
        journal.act(one_fact_on(uuid4()), request())
        for statement in (
            "TRUNCATE stored_events",
            "UPDATE stored_events SET topic = 'x' WHERE originator_version = 99",
            "INSERT INTO stored_events SELECT * FROM stored_events "
            "ON CONFLICT (originator_id, originator_version) DO UPDATE SET topic = 'x'",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                run_past_the_journal(address, statement)
        verify(journal)


def test_parameters_of_the_url_are_used(fresh_database: str) -> None:
    """What a URL asks for beyond host and name holds for the journal's connections too."""
    address = StoreAddress(url=make_conninfo(fresh_database, application_name="werdegang-test"))
    Journal.create(address)
    with Journal(address) as journal, psycopg.connect(fresh_database) as server:
        journal.head()
        names = server.execute("SELECT application_name FROM pg_stat_activity").fetchall()
    assert ("werdegang-test",) in names


# --- the library's database functions ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["POSTGRES_ENABLE_DB_FUNCTIONS", "STORED_POSTGRES_ENABLE_DB_FUNCTIONS"])
@pytest.mark.parametrize("value", ["y", "yes", "t", "true", "on", "1", "Y", "TRUE", "maybe", "2", "ja"])
def test_database_functions_are_refused(name: str, value: str) -> None:
    """With them a follower loses events for good, so the start is refused (DESIGN.md 2)."""
    with pytest.raises(NotReady) as refusal:
        refuse_database_functions({"PATH": "/bin", name: value})
    assert refusal.value.code == "db_functions"
    for language in ("de", "en"):
        assert "POSTGRES_ENABLE_DB_FUNCTIONS" in refusal.value.in_language(language)


@pytest.mark.parametrize("value", ["n", "no", "f", "false", "off", "0", "", "No", " OFF "])
def test_database_functions_switched_off_are_fine(value: str) -> None:
    """Who says no means no, and so does who says nothing."""
    refuse_database_functions({"STORED_POSTGRES_ENABLE_DB_FUNCTIONS": value})
    refuse_database_functions({"POSTGRES_PASSWORD": "y"})


def test_environment_has_no_say_in_the_journal(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from one place; the library's own variables change nothing (DESIGN.md 5)."""
    for prefix in ("", "STORED_", "JOURNAL_"):
        monkeypatch.setenv(prefix + "POSTGRES_ENABLE_DB_FUNCTIONS", "y")
        monkeypatch.setenv(prefix + "PERSISTENCE_MODULE", "eventsourcing.popo")
        monkeypatch.setenv(prefix + "CREATE_TABLE", "y")
        monkeypatch.setenv(prefix + "POSTGRES_SCHEMA", "public")
    address = StoreAddress(url=fresh_database)
    with pytest.raises(NotReady):
        Journal(address)
    Journal.create(address)
    with Journal(address) as journal:
        assert journal.factory.datastore.enable_db_functions is False  # type: ignore[attr-defined]
        journal.act(one_fact_on(uuid4()), request())
        verify(journal)
