"""The auditor's bundle as the product writes it: the stand-alone checker finds it in order, and nothing else."""

import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from bundling import CHECKER, Checked, Signing, as_zip, check, check_alone, unzipped, zipped
from entering import AUSBILDUNG, MINIJOB, Programme, changed, enrolled, job, on, some_days, without_job
from example_once import copied
from hypothesis import given
from made_up import NewStores, few, filled, made_up, seeds, sizes

from domain import commands
from domain.errors import NotFound, NotReady, Refused
from domain.facts import CoachAssigned, Exited
from domain.journal import Request
from domain.terms import ExitReason
from projections.balance import evidence
from projections.catalogue import CORE, ESF
from projections.catch_up import catch_up
from projections.editions import draft, editions
from projections.ledger.bundle import Bundled, wanted, write_bundle
from projections.ledger.bundle.archive import Archive
from projections.ledger.signing_keys import replace_signing_key
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.cli import main

NOW = datetime(2031, 1, 1, tzinfo=UTC)


def bundled(stores: Stores, path: Path, **options: Any) -> Bundled:
    """Seal and write a bundle."""
    asked = wanted(stores, stores.seal(NOW), **options)
    with path.open("w+b") as file:
        return write_bundle(stores, file, asked, lambda _done, _all: None)


def key_of(stores: Stores) -> str:
    return str(stores.seals.signers()[-1])


# --- the example --------------------------------------------------------------------------------------


class Example(NamedTuple):
    stores: Stores
    settings: Settings
    path: Path
    written: Bundled
    key: str


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, example_folder: Path) -> Iterator[Example]:
    """The example programme and a bundle of it."""
    settings = copied(example_folder, tmp_path_factory.mktemp("example") / "data")
    with open_stores(settings) as stores:
        path = tmp_path_factory.mktemp("bundle") / "b.zip"
        yield Example(stores, settings, path, bundled(stores, path), key_of(stores))


def test_the_example_is_in_order(example: Example) -> None:
    """Both editions are recomputed by the checker, with the key an auditor has."""
    found = check_alone(example.path, "--key", example.key)
    assert found.status == 0, found.out
    assert "Verdict: OK.\n" in found.out
    assert found.out.count("12 figures in") == 2
    assert f"Entries: {example.written.entries}, of these {example.written.entries} read and 0 as hashes" in found.out


def test_its_headline_figures_name_their_persons(example: Example) -> None:
    """44, 14 and 9: the checker lists so many persons, each with the entries the product's evidence names."""
    interim = editions(example.stores.journal, example.stores.read_model, "lzb-gg")[0].balance
    for code, number in (("placed_svp", 44), ("placed_minijob_only", 14), ("single_parents_in_svp", 9)):
        found = check(example.path, "--who", code, "--edition", "lzb-gg/1")
        assert f"{code}, edition lzb-gg/1, persons: {number}\n" in found.out
        told = evidence(example.stores.read_model, "lzb-gg", code, interim.stichtag, datenstand=interim.datenstand)
        entries = {str(row.participant): row.entries for row in told.rows}
        assert listed(found.out) == {who: [position - 1 for position in behind] for who, behind in entries.items()}


def listed(out: str) -> dict[str, list[int]]:
    """The leaves by person in what --who prints."""
    found: dict[str, list[int]] = {}
    for line in out.partition("Prüfung eines Bündels")[0].splitlines():
        if re.fullmatch("[0-9a-f-]{36}", line):
            leaves = found[line] = []
        elif leaf := re.match(r" {4} *([0-9]+)  [0-9]{4}-", line):
            leaves.append(int(leaf[1]))
    return {person: sorted(leaves) for person, leaves in found.items()}


def test_a_byte_in_any_file(example: Example) -> None:
    """Whatever byte is changed, in a file or between them, it is found; in a file, the file is named."""
    content, random = example.path.read_bytes(), Random(11)
    offsets = random.sample(range(len(content)), 30) + random.sample(range(len(content) - 1000, len(content)), 30)
    path = example.path.with_name("changed.zip")
    for offset in offsets:
        wrong = bytearray(content)
        wrong[offset] ^= 1 << random.randrange(8)
        path.write_bytes(wrong)
        assert check(path, "--key", example.key).status == 1, offset
    files = unzipped(example.path)
    for name, old in files.items():
        for at in {0, len(old) // 2, len(old) - 1, random.randrange(len(old))}:
            wrong = bytearray(old)
            wrong[at] ^= 4
            path.write_bytes(as_zip({**files, name: bytes(wrong)}))
            assert name in problems(check(path, "--key", example.key)), (name, at)


def problems(found: Checked) -> str:
    """What the checker says it found, in German."""
    assert found.status == 1
    return found.out.partition("Gefunden:")[2].partition("Ergebnis:")[0]


def test_a_number_changed_and_signed_by_another_key(example: Example) -> None:
    """Whoever changes a number and makes the manifest anew with a key of his own is found by the auditor's key."""
    files = unzipped(example.path)
    del files["manifest"]
    files["figures.json"] = re.sub(
        rb'(placed_svp","trait":"","value":"","number":)44', rb"\g<1>45", files["figures.json"], count=1
    )
    path = zipped(example.path.with_name("forged.zip"), files, Signing(7))
    found = check(path, "--key", example.key)
    assert found.status == 1
    assert "placed_svp: 45, in the event" in found.out
    assert "manifest: no valid signature" in found.out


def test_its_files(example: Example) -> None:
    """Both guides, the sums of the code, the definitions: all there, and nothing personal in clear."""
    files = unzipped(example.path)
    assert files["LIESMICH.txt"].decode().startswith("Prüfbündel\n")
    assert files["README.txt"].decode().startswith("Auditor's bundle\n")
    assert example.key in files["README.txt"].decode()
    sums = dict(reversed(line.split("  ")) for line in files["code.sha256"].decode().splitlines())
    terms = CHECKER.parents[1] / "domain" / "terms.py"
    assert sums["domain/terms.py"] == sha256(terms.read_bytes()).hexdigest()
    assert "projections/ledger/tree.py" in sums
    assert json.loads(files["figures.json"])["editions"][1]["edition"] == "lzb-gg/2"
    assert "Mustermann" not in files["events.ndjson"].decode()


def test_the_same_twice(example: Example, tmp_path: Path) -> None:
    """The same ledger gives the same bytes."""
    again = tmp_path / "again.zip"
    bundled(example.stores, again)
    assert again.read_bytes() == example.path.read_bytes()


def test_what_the_zip_cannot_hold_is_refused() -> None:
    """Beyond 4 GiB a zip would need extra fields; it is refused, not broken."""

    class Long(bytes):
        def __len__(self) -> int:
            return 1 << 32

    with pytest.raises(Refused, match="4 GiB"):
        Archive(io.BytesIO()).add("events.ndjson", Long())


# --- any ledger ---------------------------------------------------------------------------------------


@few
@given(seeds, sizes)
def test_figures_of_any_ledger_are_recomputed(new_stores: NewStores, tmp_path: Path, seed: int, size: int) -> None:
    """Late entries, corrections, withdrawals, persons who come back: the checker, written from the definitions, gets
    the figures, persons and entries the product gets, at any Stichtag and Datenstand."""
    random = Random(seed)
    with filled(new_stores, made_up(seed, size, accounts=True)) as (_settings, stores):
        first = _opened(stores)
        _publish(stores, "programme-1", random, first)
        path = tmp_path / "b.zip"
        bundled(stores, path)
        found = check(path, "--key", key_of(stores))
        assert found.status == 0, found.out


def _opened(stores: Stores) -> int:
    query = "SELECT min(p.known_from) FROM programmes p WHERE p.programme = 'programme-1'"
    return int(stores.read_model.query(query, {})[0][0])


def _publish(stores: Stores, key: str, random: Random, first: int) -> None:
    """Editions for some days at some Datenstände."""
    head = stores.journal.head()
    for day in some_days(random, date(2016, 3, 1), date(2020, 6, 30), 6):
        datenstand = random.choice([head, random.randint(first, head)])
        drafted, kept = draft(stores.read_model, key, day, datenstand=datenstand, final=False, catalogue=CORE)
        request = Request(id=uuid4(), by="a", now=NOW)
        stores.journal.act(lambda streams, d=drafted, k=kept: commands.draft_balance(streams, d, k), request)
    catch_up(stores.journal, stores.read_model)


def test_persons_who_come_back(stores: Stores, tmp_path: Path) -> None:
    """Several participations: traits of the first, the last exit's reason, what was last said of single parents."""
    programme = Programme(stores)
    first = programme.given(
        enrolled("2017-01-01", single_parent=True, age=24),
        job("2017-02-01", "p", MINIJOB),
        changed("2017-03-01", single_parent=False),
        Exited(happened_on=on("2017-04-01"), reason=ExitReason.WITHDREW),
    )
    again = programme.given(
        enrolled("2017-05-01", single_parent=True, age=25),
        job("2017-06-01"),
        Exited(happened_on=on("2017-07-01"), reason=ExitReason.SVP),
        participant=programme.participant(first),
    )
    entry = programme.more(again, without_job("2017-12-31"))[0]
    programme.draft("2017-12-30")
    programme.withdraw(again, entry)
    programme.correct(first, 2, happened_on=on("2017-03-15"))
    programme.draft("2017-12-31")
    programme.approve(programme.draft("2017-06-30", programme.datenstand - 3))
    programme.draft("2017-06-30", catalogue=ESF)
    path = tmp_path / "b.zip"
    bundled(stores, path)
    found = check(path, "--key", key_of(stores), "--who", "exits,reason=svp", "--edition", f"{programme.key}/2")
    assert found.status == 0, found.out
    assert "persons: 1\n" in found.out
    assert "EECO01" in found.out.partition("Not checked:")[2]  # the indicators of the ESF+ are not rebuilt


def test_numbers_of_leaves_where_positions_have_gaps(stores_settings: Settings, tmp_path: Path) -> None:
    """A failed insert leaves a gap in the positions; leaves are counted without."""
    with open_stores(stores_settings) as stores:
        programme = Programme(stores)
        programme.given(enrolled("2017-01-01"))
        _leave_a_gap(stores_settings)
        programme.given(enrolled("2017-02-01"), job("2017-03-01"))
        programme.draft("2017-12-31")
        _leave_a_gap(stores_settings)
        programme.approve(programme.draft("2017-12-30"))
        assert stores.journal.head() > stores.journal.count(stores.journal.head()) + 10
        path = tmp_path / "b.zip"
        bundled(stores, path)
        assert check(path, "--key", key_of(stores)).status == 0


def _leave_a_gap(settings: Settings) -> None:
    if settings.database_url:
        with psycopg.connect(settings.database_url, autocommit=True) as server:
            sequence = "pg_get_serial_sequence('ledger.stored_events', 'notification_id')"
            server.execute(f"SELECT setval({sequence}, nextval({sequence}) + 10)".encode())
    else:
        assert settings.ledger.file
        with closing(sqlite3.connect(settings.ledger.file)) as file, file:
            file.execute("UPDATE sqlite_sequence SET seq = seq + 10")


# --- a part of the ledger -----------------------------------------------------------------------------


def test_one_programme(stores: Stores, tmp_path: Path) -> None:
    """Entries of other programmes are hashes; the programme's figures are recomputed all the same."""
    mine, other = Programme(stores), Programme(stores)
    coach = CoachAssigned(happened_on=on("2017-01-01"), coach="C1")
    for programme in (mine, other):
        journey = programme.given(enrolled("2017-01-01"), coach, job("2017-02-01", kind=AUSBILDUNG))
        programme.approve(programme.draft("2017-12-31"))
    foreign = str(other.participant(journey))
    path = tmp_path / "b.zip"
    written = bundled(stores, path, programme=mine.key)
    found = check(path, "--key", key_of(stores), "--who", "placed_ausbildung")
    assert found.status == 0, found.out
    assert f"{written.hidden} entries given as hashes only" in found.out
    assert 0 < written.hidden < written.entries
    content = path.read_bytes()
    assert foreign.encode() not in content
    assert other.key.encode() not in content
    assert b'"topic":"caseload.case_taken_on"' in content
    assert written.editions == 1
    assert str(mine.participant(_first_journey(mine))) in found.out


def _first_journey(programme: Programme) -> Any:
    query = "SELECT e.stream FROM enrolments e WHERE e.programme = :key"
    return UUID(programme.stores.read_model.query(query, {"key": programme.key})[0][0])


def test_an_unknown_programme(stores: Stores, tmp_path: Path) -> None:
    """It is refused with those there are."""
    programme = Programme(stores)
    with pytest.raises(NotFound, match=programme.key) as refused:
        bundled(stores, tmp_path / "b.zip", programme="nowhere")
    assert refused.value.code == "unknown_programme"


# --- since --------------------------------------------------------------------------------------------


def test_grown_since_a_checkpoint(stores: Stores, tmp_path: Path) -> None:
    """The bundle proves that the ledger grew from an earlier checkpoint, whatever its size."""
    programme, path = Programme(stores), tmp_path / "b.zip"
    kept = []
    for day in ("2017-01-01", "2017-01-02", "2017-01-03"):
        programme.given(enrolled(day), job("2017-02-01"))
        kept.append(stores.seal(NOW).note.encode())  # type: ignore[union-attr]
    for note in kept:
        bundled(stores, path, since=note)
        found = check(path, "--key", key_of(stores))
        assert found.status == 0, found.out
        assert f"(previous.checkpoint), {note.split()[1].decode()} entries" in found.out


def test_since_another_ledger(stores: Stores, new_stores: NewStores, tmp_path: Path) -> None:
    """A note of another ledger, one that is none, one of a tree this one did not grow from: each is refused."""
    Programme(stores)
    with new_stores() as settings, open_stores(settings) as others:
        Programme(others)
        foreign = others.seal(NOW)
    assert foreign
    own = _resigned(stores, f"{stores.signers[0].verifier.name}\n1\n{'A' * 43}=\n".encode())
    larger = _resigned(stores, f"{stores.signers[0].verifier.name}\n99\n{'A' * 43}=\n".encode())
    for note, code in (
        (foreign.note.encode(), "no_checkpoint"),
        (b"nothing", "no_checkpoint"),
        (own, "foreign_checkpoint"),
        (larger, "foreign_checkpoint"),
    ):
        with pytest.raises(Refused) as refused:
            bundled(stores, tmp_path / "b.zip", since=note)
        assert refused.value.code == code
        assert refused.value.in_language("de") != refused.value.in_language("en")


def _resigned(stores: Stores, text: bytes) -> bytes:
    return text + b"\n" + stores.signers[0].signature(text)


# --- keys ---------------------------------------------------------------------------------------------


def test_a_change_of_key(stores_settings: Settings, tmp_path: Path) -> None:
    """Whoever has the first key accepts the ledger under the third, since each was introduced by the one before."""
    with open_stores(stores_settings) as stores:
        programme = Programme(stores)
        programme.given(enrolled("2017-01-01"))
        programme.approve(programme.draft("2017-12-31"))
        first = stores.seal(NOW)
        for _number in range(2):
            request = Request(id=uuid4(), by="admin", now=NOW)
            replace_signing_key(stores.journal, stores.seals, stores_settings.signing_key, request)
        programme.given(enrolled("2017-01-02"))
        path = tmp_path / "b.zip"
        assert first
        bundled(stores, path, since=first.note.encode())
        for key in stores.seals.signers():
            found = check(path, "--key", key)
            assert found.status == 0, found.out
            assert "Changes of key: 2 of 2" in found.out
        with pytest.raises(NotReady) as refused:
            wanted(stores._replace(signing_key=tmp_path / "none"), stores.seals.latest())
        assert refused.value.code == "no_signing_key"


# --- refused ------------------------------------------------------------------------------------------


def test_an_empty_ledger(stores: Stores, tmp_path: Path) -> None:
    """There is nothing to bundle."""
    with pytest.raises(Refused) as refused:
        bundled(stores, tmp_path / "b.zip")
    assert refused.value.code == "nothing_sealed"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '2017', '2018') AS BLOB) WHERE rowid = 2",
        "DELETE FROM stored_events WHERE rowid = 2",
    ],
)
def test_a_ledger_that_was_changed(tmp_path: Path, change: str) -> None:
    """No bundle is made of entries that are not the ones that were sealed."""
    settings = Settings(data=str(tmp_path))
    create_stores(settings)
    with open_stores(settings) as stores:
        programme = Programme(stores)
        programme.given(enrolled("2017-01-01"), job("2017-02-01"))
        stores.seal(NOW)
        assert settings.ledger.file
        with closing(sqlite3.connect(settings.ledger.file)) as file, file:
            for name in ("no_update", "no_delete"):
                file.execute(f"DROP TRIGGER stored_events_{name}")
            file.execute(change)
        with pytest.raises(NotReady, match="Position 2") as refused:
            bundled(stores, tmp_path / "b.zip")
        assert refused.value.code == "ledger_changed"


# --- the command --------------------------------------------------------------------------------------


@pytest.fixture
def werdegang(
    example: Example, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command on the example's stores."""

    def run(*arguments: object) -> tuple[int, str, str]:
        given = ["werdegang", "--data", str(example.settings.data), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", given)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_the_command(example: Example, werdegang: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """It writes the bundle whole, says how to check it, and leaves nothing else behind."""
    path, note = tmp_path / "b.zip", tmp_path / "note"
    note.write_bytes(unzipped(example.path)["checkpoint"])
    status, out, _err = werdegang("bundle", path, "--programme", "lzb-gg", "--since", note)
    assert status == 0
    assert f"--key {example.key}" in out
    assert sorted(tmp_path.iterdir()) == [path, note]
    assert check(path, "--key", example.key, "--previous", note).status == 0
    status, out, _err = werdegang("--language", "en", "bundle", path)
    assert (status, "Entries: " in out) == (0, True)


def test_refused_the_file_stays_as_it_was(werdegang: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """What is refused writes nothing, not over a file that is there either."""
    path = tmp_path / "b.zip"
    path.write_text("mine")
    for options in (["--programme", "nowhere"], ["--since", path], ["--since", tmp_path / "missing"]):
        status, _out, err = werdegang("bundle", path, *options)
        assert status == 1
        assert err.strip()
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
    assert werdegang("bundle", tmp_path / "no" / "folder.zip")[0] == 1
