"""What the tests of the command line share."""

from pathlib import Path

import pytest
from calling import PROGRAMME, ROWS, Cli, environment, in_a_process, in_this_one


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of an empty database, or none: SQLite."""
    return request.getfixturevalue("fresh_database") if request.param == "postgres" else None


@pytest.fixture
def process(tmp_path: Path, database_url: str | None) -> Cli:
    """The real command, where nothing has been created yet."""
    given = environment(tmp_path, database_url)
    return Cli(tmp_path, given, in_a_process(tmp_path, given))


@pytest.fixture
def bare(
    tmp_path: Path,
    database_url: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    """The command in this process, where nothing has been created yet."""
    given = environment(tmp_path, database_url)
    return Cli(tmp_path, given, in_this_one(tmp_path, given, monkeypatch, capsys))


@pytest.fixture
def cli(bare: Cli) -> Cli:
    """The command in this process, with stores and the programme `lzb`."""
    bare("init")
    bare("programme", "open", bare.write("programme.toml", PROGRAMME))
    return bare


@pytest.fixture
def filled(cli: Cli) -> Cli:
    """The same with two people in the programme."""
    cli("import", cli.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    return cli
