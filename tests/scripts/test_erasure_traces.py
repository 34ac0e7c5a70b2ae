"""After an erasure nothing of the person is left to read anywhere, and everything else is as it was."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import psycopg
import pytest
from calling import PROGRAMME, Cli, enrolled, environment, in_this_one, step
from psycopg.sql import SQL, Identifier

from domain.vault import CUSTOMER_NUMBER
from projections.settings import Settings
from projections.stores import open_stores

MARKERS = {
    "name": "Markerperson-7Q3X",
    "customer_number": "MARKER-837A001122",
    "contact": "marker.kontakt.7q3x@example.org",
    "employer": "Markerbetrieb-7Q3X",
    "note": "Markernotiz-7Q3X",
    "own": "marker-own-key-7q3x",
}
PERSON = MARKERS["own"]
ROWS = [
    enrolled(PERSON, id="1", **{name: MARKERS[name] for name in ("name", "customer_number", "contact")}),
    step("coach_assigned", "2017-01-02", PERSON, id="2", coach="C1"),
    step("coaching_session_held", "2017-01-10", PERSON, id="3", minutes=45, note=MARKERS["note"]),
    step("placement_started", "2017-02-01", PERSON, id="4", ref="p1", kind="svp", employer=MARKERS["employer"]),
    enrolled("another", id="5", name="Wer-bleibt-9Z1"),
]
ASKED = ("--programme", "lzb", "--stichtag", "2017-06-30")
FIGURES = (("balance", *ASKED), ("evidence", *ASKED, "--figure", "placed_svp"))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest,
    databases: Callable[..., AbstractContextManager[Callable[[], str]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, str | None]]:
    """A folder and, on PostgreSQL, the URL of a database, for one office that several tests look at."""
    with databases() as create:
        yield tmp_path_factory.mktemp("office"), create() if request.param == "postgres" else None


@pytest.fixture
def erased(place: tuple[Path, str | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """An office that entered, published, exported and printed all it could, then erased somebody: the first test that
    asks for it has it do so."""
    folder, given = place[0], environment(*place)
    cli = Cli(folder, given, in_this_one(folder, given, monkeypatch, capsys))
    if not (folder / "after.zip").exists():
        enter_and_erase(cli)
    return cli


def enter_and_erase(cli: Cli) -> None:
    cli("init")
    cli("programme", "open", cli.write("programme.toml", PROGRAMME))
    cli("import", cli.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    (cli.folder / "rows.jsonl").unlink()  # the sender's own file
    cli("publish", "draft", *ASKED, "--as", "C1")
    cli("publish", "approve", "lzb/1", "--as", "lead-1")
    cli("seal", "--output", "kept-checkpoint")
    participant, journey = person_of(cli)
    for form in ("json", "pdf", "xlsx"):
        cli("balance", *ASKED, "--format", form, "--output", f"out.{form}")
    cli("export", "--programme", "lzb", "--output", "out.jsonl")
    cli("export", "--programme", "lzb", "--format", "xes", "--output", "out.xes")
    cli("history", journey)
    cli("bundle", "before.zip", "--programme", "lzb")
    cli("rebuild")
    (cli.folder / "secrets").write_bytes(b"\n".join(bytes(one).hex().encode() for one in secrets_of(cli, participant)))
    (cli.folder / "before.json").write_text(told_of(cli))
    cli("erase", participant, "--ground", "no_longer_needed", "--as", "coach-1")
    cli("erase", participant, "--approve", "--yes", "--as", "officer-1")
    cli("bundle", "after.zip", "--programme", "lzb")


def person_of(cli: Cli) -> tuple[str, str]:
    (row,) = cli("evidence", *ASKED, "--figure", "placed_svp", "--format", "json").json["rows"]
    return row["participant"], row["journey"]


def settings_of(cli: Cli) -> Settings:
    return Settings(data=cli.environment["WERDEGANG_DATA"], database_url=cli.environment.get("WERDEGANG_DATABASE_URL"))


def secrets_of(cli: Cli, participant: str) -> list[bytes]:
    """The key of the person as it is stored, the keyed hashes the person is found by, and the key-encryption key."""
    with closing(sqlite3.connect(settings_of(cli).keys)) as keys:
        wrapped = keys.execute("SELECT wrapped FROM persons WHERE participant = ?", (participant,)).fetchone()[0]
        stored = keys.execute("SELECT digest FROM lookups WHERE participant = ?", (participant,)).fetchall()
        assert len(stored) > 1
        stored += keys.execute("SELECT digest FROM names WHERE participant = ?", (participant,)).fetchall()
    assert len(stored) > 10
    return [wrapped, *(digest for (digest,) in stored), bytes.fromhex(settings_of(cli).kek_path.read_text().strip())]


def told_of(cli: Cli) -> str:
    """Everything the figures say, at the Datenstand before the erasure."""
    head = cli("publish", "list", "--format", "json").json[0]["datenstand"]
    return "\n".join(cli(*asked, "--datenstand", head, "--format", "json").out for asked in FIGURES)


def everything_stored(cli: Cli) -> Iterator[tuple[str, bytes]]:
    """Every byte in the folder of the test and, on PostgreSQL, every row of every table."""
    for path in sorted(cli.folder.rglob("*")):
        if path.is_file() and path.name != "secrets":
            yield path.relative_to(cli.folder).as_posix(), path.read_bytes()
    if url := settings_of(cli).database_url:
        with psycopg.connect(url) as connection:
            tables = connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
                "AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for schema, table in tables:
                query = SQL("SELECT t::text FROM {} t").format(Identifier(schema, table))
                rows = "\n".join(row[0] for row in connection.execute(query))
                yield f"{schema}.{table}", rows.encode()


def test_nothing_of_the_person_is_left(erased: Cli) -> None:
    """No marker, no key, no keyed hash of the person is in any file: stores, logs, indexes, exports, bundles."""
    secrets = [bytes.fromhex(line) for line in (erased.folder / "secrets").read_text().splitlines()]
    wanted = [marker.encode() for marker in MARKERS.values()] + secrets
    wanted += [secret.hex().encode() for secret in secrets]
    stored = dict(everything_stored(erased))
    assert any(name.endswith("keys.db") for name in stored)
    assert {name for name, content in stored.items() for one in wanted if one in content} == set()


def test_search_would_find_them(cli: Cli) -> None:
    """The search itself works: before an erasure the stored key is found."""
    cli("import", cli.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    wrapped, *_rest = secrets_of(cli, person_of(cli)[0])
    assert any(wrapped in content for name, content in everything_stored(cli) if name != "rows.jsonl")
    assert any(MARKERS["name"].encode() in content for name, content in everything_stored(cli) if name == "rows.jsonl")


def test_everything_else_is_as_it_was(erased: Cli) -> None:
    """Figures, evidence, editions and every root are unchanged; an earlier checkpoint still fits; verify is content."""
    assert told_of(erased) == (erased.folder / "before.json").read_text()
    assert erased("publish", "verify", "--format", "json").json == {"editions": 1, "differing": []}
    kept = erased.folder / "kept"
    kept.mkdir()
    (erased.folder / "kept-checkpoint").rename(kept / "checkpoint")
    (kept / "log.vkey").write_text(erased("seal", "--format", "json").json["key"])
    told = erased("verify", "--trusted", kept, "--format", "json").json
    assert told["ok"] is True, told


def test_the_person_cannot_be_found_or_entered(erased: Cli) -> None:
    """The history shows that it is erased; another entry for the old key begins another person."""
    participant, journey = person_of(erased)
    assert "gelöscht" in erased("history", journey).out + erased("erase", "--list").out
    assert participant not in erased("erase", "-", "--approve", "--yes", "--as", "officer-1", status=1).err


def test_old_key_backup_brings_nobody_back(cli: Cli) -> None:
    """Keys and key-encryption key put back from before an erasure: whoever was erased is erased again at once."""
    cli("import", cli.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    participant, _journey = person_of(cli)
    data = Path(cli.environment["WERDEGANG_DATA"])
    old = {name: (data / name).read_bytes() for name in ("keys.db", "kek")}
    wrapped, *_rest = secrets_of(cli, participant)
    cli("erase", participant, "--ground", "no_longer_needed", "--as", "coach-1")
    cli("erase", participant, "--approve", "--yes", "--as", "officer-1")
    for name, content in old.items():
        (data / name).write_bytes(content)
    for leftover in data.glob("keys.db-*"):
        leftover.unlink()
    assert wrapped in (data / "keys.db").read_bytes()
    cli("status")
    assert not any(wrapped in path.read_bytes() for path in data.glob("keys.db*"))
    with open_stores(settings_of(cli)) as stores:
        assert stores.vault.find(CUSTOMER_NUMBER, MARKERS["customer_number"]) is None
        assert stores.vault.count() == 1
