"""`balance`, `history` and `replay` at every Datenstand there is, the gaps of the numbering included."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import psycopg
import pytest
from calling import PROGRAMME, ROWS, Cli, enrolled, step

from domain.facts import Enrolled
from projections.settings import Settings
from projections.stores import open_stores

BALANCE = ("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "json", "--datenstand")
MORE = [enrolled("C", id="7"), step("placement_started", "2017-02-15", "C", id="8", ref="p1", kind="svp")]


def leave_a_gap(cli: Cli, database_url: str | None) -> None:
    """Three positions nobody will ever have, as a failed append leaves them."""
    if database_url is None:
        with closing(sqlite3.connect(cli.folder / "data" / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE sqlite_sequence SET seq = seq + 3 WHERE name = 'stored_events'")
        return
    with psycopg.connect(database_url) as connection:
        sequence = "pg_get_serial_sequence('ledger.stored_events', 'notification_id')"
        connection.execute(f"SELECT nextval({sequence}) FROM generate_series(1, 3)".encode())


@pytest.fixture
def gapped(bare: Cli, database_url: str | None) -> Cli:
    """The programme `lzb` with a gap before its first entry about people and one between two imports."""
    bare("init")
    bare("programme", "open", bare.write("programme.toml", PROGRAMME))
    leave_a_gap(bare, database_url)
    bare("import", bare.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    leave_a_gap(bare, database_url)
    bare("import", bare.lines("more.jsonl", *MORE), "--programme", "lzb")
    return bare


@pytest.fixture
def positions(gapped: Cli, database_url: str | None) -> dict[int, UUID | None]:
    """Every position up to the last, with the stream of its entry, or None: a gap."""
    settings = Settings(data=str(gapped.folder / "data"), database_url=database_url)
    with open_stores(settings) as stores:
        there = dict(stores.journal.since(0, 1000))
        return {position: there.get(position) for position in range(1, stores.journal.head() + 1)}


def journeys(cli: Cli, database_url: str | None) -> Iterator[tuple[UUID, list[int]]]:
    """Every journey and the positions of its entries."""
    settings = Settings(data=str(cli.folder / "data"), database_url=database_url)
    with open_stores(settings) as stores:
        for stream in dict.fromkeys(stream for _position, stream in stores.journal.since(0, 1000)):
            recorded = stores.journal.read(stream)
            if isinstance(recorded[0].fact, Enrolled):
                yield stream, [one.position for one in recorded]


def test_balance_at_every_datenstand(gapped: Cli, positions: dict[int, UUID | None]) -> None:
    """At a gap it says what it says at the last entry before it; from 1 on, and as text too."""
    gaps = [position for position, stream in positions.items() if stream is None]
    assert len(gaps) == 6
    before = None
    for position in positions:
        found = gapped(*BALANCE, position).json
        assert found.pop("datenstand") == position
        del found["checkpoint"]  # which one covers a position depends on when they were made
        if position in gaps:
            assert found == before
            text = gapped("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--datenstand", position).out
            assert f"Datenstand {position}" in text
        before = found
    assert before is not None
    assert before["figures"]["placed_svp"]["value"] == 2
    assert gapped(*BALANCE, 1).json["figures"]["participants_enrolled"]["value"] == 0


def test_history_at_every_datenstand(gapped: Cli, positions: dict[int, UUID | None], database_url: str | None) -> None:
    """The entries up to there, whatever stands at the position; before the first one there is no such journey."""
    found = list(journeys(gapped, database_url))
    assert len(found) == 3
    for stream, own in found:
        for position in positions:
            asked = ("history", stream, "--datenstand", position, "--format", "json")
            if position < own[0]:
                assert str(stream) in gapped(*asked, status=1).err
                continue
            told = gapped(*asked).json
            assert told["datenstand"] == position
            assert [entry["position"] for entry in told["entries"]] == [place for place in own if place <= position]


def test_replay_between_any_two_positions(gapped: Cli, positions: dict[int, UUID | None]) -> None:
    """It begins and ends at gaps as well: there is no step there, and nothing moves."""
    asked = ("replay", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "jsonl")
    whole = gapped(*asked).out.splitlines()[1:-1]
    assert [json.loads(line)["position"] for line in whole] == [at for at, stream in positions.items() if stream]
    for position in list(positions)[::2]:  # every gap is longer
        steps = [gapped(*asked, end, position).out.splitlines() for end in ("--to", "--from")]
        assert steps[0][1:-1] + steps[1][1:-1] == whole
        assert json.loads(steps[0][-1])["figures"] == json.loads(steps[1][0])["figures"]


@pytest.mark.parametrize("asked", [BALANCE, ("history", "JOURNEY", "--datenstand")], ids=["balance", "history"])
def test_a_datenstand_there_is_not(
    gapped: Cli, positions: dict[int, UUID | None], asked: tuple[str, ...], database_url: str | None
) -> None:
    """0 and what is beyond the last position are refused, naming it and what there is; a day before all is too."""
    journey = str(next(journeys(gapped, database_url))[0])
    asked = tuple(journey if one == "JOURNEY" else one for one in asked)
    last = max(positions)
    for wrong in (0, last + 1, 10**15):
        said = gapped(*asked, wrong, status=1).err
        assert f"Datenstand {wrong} gibt es nicht; möglich sind 1 bis {last}." in said
    assert "01.01.2001" in gapped(*asked, "2001-01-01", status=1).err
    assert "-1" in gapped(*asked, "-1", status=2).err
