"""`werdegang keys`: the epoch, and a new key-encryption key. The vault is the same file on both databases."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from calling import ROWS, Cli, in_this_one

STATUS = ("keys", "status", "--format", "json")
sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])
pytestmark = sqlite_only
FIRST, SECOND, THIRD = "11" * 32, "22" * 32, "33" * 32


def kek_of(cli: Cli) -> Path:
    return Path(cli.environment["WERDEGANG_DATA"]) / "kek"


@pytest.fixture
def under(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Cli]:
    """A function that gives the same data folder with other settings."""

    def change(cli: Cli, **settings: str) -> Cli:
        given = {**cli.environment, **settings}
        return Cli(cli.folder, given, in_this_one(cli.folder, given, monkeypatch, capsys))

    return change


def test_status_tells_epoch_persons_and_source(filled: Cli) -> None:
    """Where the key lies and how many keys lie under it."""
    assert filled(*STATUS).json == {
        "epoch": 1,
        "persons": 2,
        "source": "file",
        "path": str(kek_of(filled)),
        "readable_by_others": [],
        "next_in_use": False,
    }
    told = filled("keys", "status")
    assert told.out.splitlines() == [
        "Epoche: 1",
        "Schlüssel von Personen: 2",
        f"Hauptschlüssel: aus der Datei {kek_of(filled)}",
    ]
    assert told.err == ""
    assert "Epoch: 1" in filled("--language", "en", "keys", "status").out


@pytest.mark.parametrize("name", ["kek", "keys.db"])
def test_status_warns_of_files_others_can_read(filled: Cli, name: str) -> None:
    """A key that everybody on the machine can read protects nothing; the file is named."""
    path = kek_of(filled).with_name(name)
    path.chmod(0o640)
    assert filled(*STATUS).json["readable_by_others"] == [str(path)]
    told = filled("keys", "status")
    assert f"chmod 600 {path}" in told.err
    assert "Epoche" in told.out


def test_rotate_replaces_the_key(filled: Cli) -> None:
    """The file holds another key, everything still works, and the old key opens nothing."""
    old = kek_of(filled).read_text()
    assert "Epoche 2" in filled("keys", "rotate").out
    assert kek_of(filled).read_text() != old
    found = filled(*STATUS).json
    assert (found["epoch"], found["persons"], found["readable_by_others"]) == (2, 2, [])
    filled("import", filled.lines("rows.jsonl", *ROWS), "--programme", "lzb")
    new = kek_of(filled).read_text()
    kek_of(filled).write_text(old)
    refused = filled(*STATUS, status=1)
    assert "Epoche 2" in refused.err
    kek_of(filled).write_text(new)
    assert filled(*STATUS).json["epoch"] == 2


def test_interrupted_rotation_is_finished_by_the_next_command(filled: Cli) -> None:
    """Stopped between the commit and the rename the next key is in its file: any command puts it in place."""
    old = kek_of(filled).read_text()
    filled("keys", "rotate")
    new = kek_of(filled).read_text()
    kek_of(filled).write_text(old)
    kek_of(filled).with_name("kek.next").write_text(new)
    assert filled(*STATUS).json["epoch"] == 2
    assert kek_of(filled).read_text() == new
    assert not kek_of(filled).with_name("kek.next").exists()


def test_key_from_the_settings_is_rotated_to_the_next(bare: Cli, under: Callable[..., Cli]) -> None:
    """Without the next one: refused. With it: either setting opens the stores, and the user is told to move it."""
    under(bare, WERDEGANG_KEK=FIRST)("init")
    refused = under(bare, WERDEGANG_KEK=FIRST)("keys", "rotate", status=1)
    assert "WERDEGANG_KEK_NEXT" in refused.err
    both = under(bare, WERDEGANG_KEK=FIRST, WERDEGANG_KEK_NEXT=SECOND)
    rotated = both("keys", "rotate")
    assert "Epoche 2" in rotated.out
    assert "WERDEGANG_KEK_NEXT" in rotated.err
    told = both("keys", "status")
    assert "WERDEGANG_KEK" in told.out
    assert "WERDEGANG_KEK_NEXT" in told.err
    found = json.loads(both(*STATUS).out)
    assert (found["source"], found["path"], found["next_in_use"]) == ("setting", None, True)
    assert not kek_of(bare).exists()
    assert under(bare, WERDEGANG_KEK=SECOND)(*STATUS).json["next_in_use"] is False
    assert "Epoche 2" in under(bare, WERDEGANG_KEK=FIRST)(*STATUS, status=1).err
    assert under(bare, WERDEGANG_KEK=SECOND, WERDEGANG_KEK_NEXT=THIRD)(*STATUS).json["epoch"] == 2


@pytest.mark.parametrize(
    "settings",
    [{"WERDEGANG_KEK_NEXT": SECOND}, {"WERDEGANG_KEK": FIRST, "WERDEGANG_KEK_NEXT": "ab"}],
    ids=["next to a file", "no key"],
)
def test_wrong_next_key_is_refused(cli: Cli, under: Callable[..., Cli], settings: dict[str, str]) -> None:
    """One beside a key file would do nothing, one that is no key would destroy everything."""
    refused = under(cli, **settings)("keys", "rotate", status=1)
    assert "Unerwartet" not in refused.err
    assert cli(*STATUS).json["epoch"] == 1
