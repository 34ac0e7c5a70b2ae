"""`werdegang seal`, `verify`, `proof`: what a user of the command line sees of the ledger's seals."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from calling import Cli, enrolled, step

from projections.ledger.notes import Checkpoint, EntryProof, Verifier, open_note
from projections.ledger.tree import leaf_hash, verify_inclusion

LATE = [enrolled("C", id="9"), step("exited", "2017-05-01", "B", id="10", reason="svp")]
DRAFT = ("publish", "draft", "--programme", "lzb", "--stichtag", "2017-06-30", "--as", "C1")
BALANCE = ("balance", "--programme", "lzb", "--stichtag", "2017-06-30")


def sealed(cli: Cli) -> tuple[Checkpoint, Verifier, str]:
    """The last checkpoint as the command tells it, the key to check it with, and the note."""
    told = cli("seal", "--format", "json").json
    key = Verifier.parse(told["key"])
    text, _by = open_note(told["note"].encode(), [key])
    assert Checkpoint.parse(text).size == told["size"]
    return Checkpoint.parse(text), key, told["note"]


def tampered(cli: Cli, sql: str) -> None:
    """The ledger after a statement of the database's owner, past the triggers."""
    if url := cli.environment.get("WERDEGANG_DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(sql.replace("stored_events", "ledger.stored_events").replace("rowid", "notification_id"))
        return
    with closing(sqlite3.connect(Path(cli.environment["WERDEGANG_DATA"]) / "ledger.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql)
        connection.commit()


def test_commands_seal_what_they_store(filled: Cli) -> None:
    """After a command nothing is left unsealed; sealing again changes nothing."""
    state = filled("status", "--format", "json").json
    assert state["sealed_position"] == state["ledger_position"] > 0
    assert datetime.fromisoformat(state["sealed_at"]) <= datetime.now(UTC)
    first = sealed(filled)
    assert first[0].size == state["sealed_entries"]
    assert state["checkpoint"] == first[2]
    assert sealed(filled) == first
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    assert sealed(filled)[0].size > first[0].size


def test_everything_verifies(filled: Cli) -> None:
    """A store nobody touched is in order, in text and as JSON."""
    filled(*DRAFT)
    filled("publish", "approve", "lzb/1", "--as", "lead-1")
    told = filled("verify", "--format", "json").json
    assert told["ok"] is True
    assert {name: one["findings"] for name, one in told["checked"].items()} == {
        "ledger": [],
        "read_model": [],
        "editions": [],
        "reads": [],
    }
    assert told["checked"]["editions"]["number"] == 1
    assert told["entries"] == told["sealed"] == sealed(filled)[0].size
    out = filled("verify").out
    assert "NICHT" not in out
    assert "--trusted" in out


def test_changed_entry_is_named(filled: Cli) -> None:
    """Changing one entry is found and the entry named; nothing more is sealed over it."""
    tampered(filled, "UPDATE stored_events SET topic = 'journey.exited' WHERE rowid = 4")
    told = filled("verify", status=1)
    assert "Position 4" in told.err
    assert "nicht geprüft" in told.out


def test_ledger_with_its_end_cut_is_not_sealed(filled: Cli) -> None:
    """Where the end was cut off, the sealer refuses, and a command that stores something says so."""
    head = filled("status", "--format", "json").json["ledger_position"]
    tampered(filled, f"DELETE FROM stored_events WHERE rowid = {head}")
    assert f"Position {head}" in filled("seal", status=1).err
    assert f"Position {head}" in filled("verify", status=1).err


def test_trusted_folder(filled: Cli) -> None:
    """Checkpoints and keys kept outside are compared; what is no checkpoint, and a foreign key, is wrong."""
    kept = filled.folder / "kept"
    kept.mkdir()
    assert "liegt nichts" in filled("verify", "--trusted", kept, status=1).err
    _head, key, note = sealed(filled)
    (kept / "log.vkey").write_text(f"{key}\n")
    (kept / "checkpoint-1").write_text(note)
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    assert filled("verify", "--trusted", kept, "--format", "json").json["ok"] is True
    (kept / "letter.txt").write_text("no checkpoint\n")
    assert "letter.txt" in filled("verify", "--trusted", kept, status=1).err
    (kept / "letter.txt").unlink()
    (kept / "log.vkey").write_text("somebody+00000000+AQ==\n")
    assert "log.vkey" in filled("verify", "--trusted", kept, status=1).err


def test_proof_of_an_entry(filled: Cli) -> None:
    """The proof of an entry and its line fit each other and the checkpoint; anybody can check that."""
    head, key, _note = sealed(filled)
    proof = EntryProof.parse(filled("proof", 3).out.encode())
    line = filled("proof", 3, "--line").out.removesuffix("\n").encode()
    text, _by = open_note(proof.note, [key])
    found = Checkpoint.parse(text)
    assert found == head
    assert verify_inclusion(proof.number, found.size, leaf_hash(line), proof.hashes, found.root)
    assert "9999" in filled("proof", 9999, status=1).err


def test_key_is_replaced(filled: Cli) -> None:
    """After replacing the key the new one signs; who trusts the first follows to it, and the old file is gone."""
    _head, first, note = sealed(filled)
    kept = filled.folder / "kept"
    kept.mkdir()
    (kept / "log.vkey").write_text(str(first))
    (kept / "checkpoint-1").write_text(note)
    filled("seal", "--rotate-key", "--as", "admin-1")
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    head, second, note = sealed(filled)
    assert (second.name, head.origin) == (first.name, first.name)
    assert second.key != first.key
    (kept / "checkpoint-2").write_text(note)
    assert filled("verify", "--trusted", kept, "--format", "json").json["ok"] is True
    assert not list(Path(filled.environment["WERDEGANG_DATA"]).glob("*.next"))


def test_machine_without_the_signing_key(filled: Cli) -> None:
    """Without the key everything works but sealing, and an edition nobody sealed is not approved."""
    key = Path(filled.environment["WERDEGANG_DATA"]) / "signing.key"
    kept = key.read_text()
    key.unlink()
    filled("import", filled.lines("late.jsonl", *LATE), "--programme", "lzb")
    told = filled(*BALANCE, "--format", "json")
    assert told.json["checkpoint"] is None
    assert "Nicht versiegelt" in told.err
    filled(*DRAFT)
    assert "lzb/1" in filled("publish", "approve", "lzb/1", "--as", "lead-1", status=1).err
    assert "kein Schlüssel" in filled("seal", status=1).err
    assert filled("verify", "--format", "json").json["ok"] is True
    key.write_text(kept)
    filled("publish", "approve", "lzb/1", "--as", "lead-1")


def test_balance_shows_its_checkpoint(filled: Cli) -> None:
    """A balance and an edition end with the three lines of the checkpoint that covers them."""
    note = filled(*BALANCE, "--format", "json").json["checkpoint"]
    assert all(line in filled(*BALANCE).out for line in note.splitlines()[:3])
    filled(*DRAFT)
    filled("publish", "approve", "lzb/1", "--as", "lead-1")
    shown = filled("publish", "show", "lzb/1", "--format", "json").json["checkpoint"]
    assert int(shown.splitlines()[1]) > int(note.splitlines()[1])
    assert all(line in filled("publish", "show", "lzb/1").out for line in shown.splitlines()[:3])


@pytest.mark.parametrize("language", ["de", "en"])
def test_both_languages(filled: Cli, language: str) -> None:
    """Every word of the commands is in the user's language."""
    words = {"de": ("Versiegelt:", "in Ordnung", "Schlüssel zum Prüfen"), "en": ("Sealed:", "in order", "Key to check")}
    out = filled("--language", language, "seal").out + filled("--language", language, "verify").out
    assert [word for word in words[language] if word not in out] == []
    other = words["en" if language == "de" else "de"]
    assert [word for word in other if word in out] == []


def test_read_model_of_another_version_is_refused(filled: Cli) -> None:
    """Tables of an earlier version are named with what to do, and a rebuild makes them today's."""
    if url := filled.environment.get("WERDEGANG_DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE projections.disputes")
    else:
        with closing(sqlite3.connect(Path(filled.environment["WERDEGANG_DATA"]) / "projections.db")) as connection:
            connection.execute("DROP TABLE disputes")
    assert "werdegang rebuild" in filled(*BALANCE, status=1).err
    filled("rebuild")
    filled(*BALANCE)
