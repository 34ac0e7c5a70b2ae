"""`werdegang backup` and `werdegang restore` as docs/backup.md tells them, on either database."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from calling import ROOT, Cli, environment, in_this_one
from pgcluster import find_bindir
from psycopg.conninfo import conninfo_to_dict, make_conninfo

DAY = "2026-11-22"
Elsewhere = Callable[..., Cli]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Cli]:
    """A function for the command at a place: a folder with `data` in it, and a database or none."""

    def place(folder: Path, url: str | None, **more: str) -> Cli:
        given = environment(folder, url, **more)
        return Cli(folder, given, in_this_one(folder, given, monkeypatch, capsys))

    return place


@pytest.fixture
def elsewhere(
    filled: Cli,
    tmp_path: Path,
    database_url: str | None,
    new_database: Callable[[], str],
    at: Callable[..., Cli],
) -> Elsewhere:
    """A function for the command at another place: another data folder with the two keys, another empty database."""

    def call(name: str = "elsewhere", **more: str) -> Cli:
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        for key in ("kek", "signing.key"):
            shutil.copy(filled.folder / "data" / key, folder / "data" / key)
        return at(folder, new_database() if database_url else None, **more)

    return call


# --- the documented commands ------------------------------------------------------------------------


def documented(heading: str) -> list[list[str]]:
    """The commands of a section of docs/backup.md, block by block."""
    text = (ROOT / "docs" / "backup.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]


def carried_out(cli: Cli, line: str) -> str:
    """Carry out a documented command at a place; what it printed."""
    program, *arguments = shlex.split(line)
    if program == "werdegang":
        answer = cli(*(argument.replace("NAME", "admin-1") for argument in arguments))
        return answer.out + answer.err
    url = cli.environment.get("WERDEGANG_DATABASE_URL", "")
    if program == "createdb":
        return ""  # made by the test
    arguments = [f"--dbname={shown(url)}" if one.startswith("--dbname=") else one for one in arguments]
    if program in ("pg_dump", "pg_restore"):
        password = str(conninfo_to_dict(url).get("password") or "")
        run([str(find_bindir() / program), *arguments], cli.folder, PGPASSWORD=password)
    else:
        run([program, *arguments], cli.folder)
    return ""


def run(command: list[str], folder: Path, **more: str) -> None:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def shown(url: str) -> str:
    """The connection string without password."""
    return make_conninfo(**{name: value for name, value in conninfo_to_dict(url).items() if name != "password"})


def backed_up(cli: Cli, name: str = f"backup-{DAY}") -> Path:
    """A backup by the commands of the documentation."""
    heading = "PostgreSQL" if "WERDEGANG_DATABASE_URL" in cli.environment else "SQLite"
    for line in documented(heading)[0]:
        carried_out(cli, line.replace(f"backup-{DAY}", name))
    return cli.folder / name


def put_back(cli: Cli, backup: Path, *, status: int = 0, last: Path | None = None, **options: str) -> str:
    """A restore at another place: `pg_restore` by the documented command, then `werdegang restore`."""
    if "WERDEGANG_DATABASE_URL" in cli.environment:
        (line,) = [line for line in documented("PostgreSQL")[1] if line.startswith("pg_restore")]
        carried_out(cli, line.replace(f"backup-{DAY}", str(backup)))
    known = ["--last", last] if last else ["--no-checkpoint"]
    given = [word for name, value in {"reason": "attack", **options}.items() for word in (f"--{name}", value)]
    answer = cli("restore", backup, *known, *given, "--as", "admin-1", status=status)
    return answer.out + answer.err


def outside(cli: Cli, backup: Path, **notes: bytes) -> Path:
    """What an auditor keeps: the verifier key and checkpoints."""
    folder = cli.folder / "outside"
    folder.mkdir(exist_ok=True)
    shutil.copy(backup / "log.vkey", folder)
    for name, note in notes.items():
        (folder / name).write_bytes(note)
    return folder


def worked_on(cli: Cli, day: str) -> bytes:
    """Another entry, and the checkpoint over it."""
    row = {"participant": "A", "step": "coaching_session_held", "on": day, "minutes": 30, "id": day, "note": "lost"}
    cli("import", cli.lines("more.jsonl", row), "--programme", "lzb")
    return str(cli("seal", "--format", "json").json["note"]).encode()


# --- there and back ---------------------------------------------------------------------------------


def test_as_documented(filled: Cli, at: Callable[..., Cli], elsewhere: Elsewhere, database_url: str | None) -> None:
    """Every command of the page, in its order, on a machine that lost its data folder and its database."""
    heading = "PostgreSQL" if database_url else "SQLite"
    making, putting_back = documented(heading)
    figures = filled("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "json").json["figures"]
    for line in making:
        carried_out(filled, line)
    if database_url:
        other = elsewhere()
        shutil.copytree(filled.folder / f"backup-{DAY}", other.folder / f"backup-{DAY}")
    else:
        shutil.copytree(filled.folder / "data", filled.folder / "KEPT-APART")
        (filled.folder / "data").rename(filled.folder / "werdegang-data")
        other = at(filled.folder, None, WERDEGANG_DATA="werdegang-data")
    shutil.copy(filled.folder / f"backup-{DAY}" / "checkpoint", other.folder / "checkpoint")
    for line in putting_back:
        told = carried_out(other, line)
    assert "Verloren: nichts" in told
    found = other("balance", "--programme", "lzb", "--stichtag", "2017-03-01", "--format", "json").json["figures"]
    assert found == figures
    trusted = outside(other, other.folder / f"backup-{DAY}", last=(other.folder / "checkpoint").read_bytes())
    assert other("verify", "--trusted", trusted, "--format", "json").json["recorded_losses"] == []


def test_an_exercise_as_documented(filled: Cli, elsewhere: Elsewhere, database_url: str | None) -> None:
    """The commands for trying it out, beside the stores that go on."""
    backup = backed_up(filled)
    other = elsewhere()
    shutil.copytree(backup, other.folder / backup.name)
    (other.folder / "data").rename(other.folder / "KEPT-APART")
    shutil.copy(backup / "checkpoint", other.folder / "checkpoint")
    outside(other, backup, last=(backup / "checkpoint").read_bytes())
    (commands,) = documented("Trying it out")
    if database_url:
        (line,) = [line for line in documented("PostgreSQL")[1] if line.startswith("pg_restore")]
        carried_out(other, line)
    for line in commands:
        if line.startswith(("mkdir", "cp")):
            run(shlex.split(line), other.folder)
        else:
            told = carried_out(other, line)
    assert "NICHT in Ordnung" not in told


def test_a_loss_that_is_noted_and_one_that_is_not(filled: Cli, elsewhere: Elsewhere) -> None:
    """`verify --trusted` ends with 0 and tells the loss where it is noted, and with 1 where files were copied back."""
    backup = backed_up(filled)
    between, last = worked_on(filled, "2017-02-02"), worked_on(filled, "2017-02-03")
    noted = elsewhere("noted")
    note = noted.folder / "last"
    note.write_bytes(last)
    told = put_back(noted, backup, last=note, reason="operator_error")
    assert "Verloren: 2 Einträge" in told
    checked = noted("verify", "--trusted", outside(noted, backup, between=between, last=last))
    assert "Vermerkter Verlust: last bezeugt" in checked.err
    assert "Vermerkter Verlust: between bezeugt" in checked.err
    answer = noted("verify", "--trusted", noted.folder / "outside", "--format", "json").json
    assert answer["ok"]
    assert [loss["code"] for loss in answer["recorded_losses"]] == ["within_recorded_loss", "recorded_loss"]

    copied = elsewhere("copied")
    if "WERDEGANG_DATABASE_URL" in copied.environment:
        (line,) = [line for line in documented("PostgreSQL")[1] if line.startswith("pg_restore")]
        carried_out(copied, line.replace(f"backup-{DAY}", str(backup)))
    for file in backup.glob("*.db"):
        shutil.copy(file, copied.folder / "data")
    copied("init")
    copied("verify")
    copied("verify", "--trusted", outside(copied, backup, last=last), status=1)


def test_what_was_lost_is_entered_anew(filled: Cli, elsewhere: Elsewhere) -> None:
    """Every import is repeated after a restore: what is there is not entered twice, what is lost is."""
    backup = backed_up(filled)
    last = worked_on(filled, "2017-02-02")
    other = elsewhere()
    note = other.folder / "last"
    note.write_bytes(last)
    put_back(other, backup, last=note)
    before = other("status", "--format", "json").json["ledger_position"]
    for name in ("rows.jsonl", "more.jsonl"):
        other("import", filled.folder / name, "--programme", "lzb")
    status = other("status", "--format", "json").json
    assert (status["ledger_position"], status["lag_events"]) == (before + 1, 0)
    other("verify", "--trusted", outside(other, backup, last=last))


def test_keys_of_another_epoch(filled: Cli, elsewhere: Elsewhere) -> None:
    """A backup from before the key-encryption key was changed is refused, and put back with the present `keys.db`."""
    backup = backed_up(filled)
    filled("keys", "rotate")
    other = elsewhere()
    assert "(Epoche 1)" in put_back(other, backup, status=1)
    keys = filled.folder / "data" / "keys.db"
    other("restore", backup, "--no-checkpoint", "--reason", "attack", "--keys", keys)
    assert other("keys", "status", "--format", "json").json["persons"] == 2


# --- what the commands say --------------------------------------------------------------------------


def test_backup_tells_what_is_not_in_it(filled: Cli, at: Callable[..., Cli], database_url: str | None) -> None:
    """It names both keys and where they are; on PostgreSQL the dump that is missing, without a password."""
    if database_url:
        parts = urlsplit(database_url)
        password = parts.password or "geheim"  # the server of the tests trusts everybody, but for one that is given
        secret = parts._replace(netloc=f"{parts.username}:{password}@{parts.hostname}:{parts.port}").geturl()
        filled = at(filled.folder, secret)
    told = filled("backup", "backup")
    for name in ("kek", "signing.key"):
        assert str(filled.folder / "data" / name) in told.out
    assert "password" not in told.out + told.err
    assert "geheim" not in told.out + told.err
    if database_url:
        line = next(line.strip() for line in told.err.splitlines() if "pg_dump" in line)
        assert conninfo_to_dict(shlex.split(line)[-1].removeprefix("--dbname=")) == conninfo_to_dict(shown(secret))
        (example,) = [line for line in documented("PostgreSQL")[0] if line.startswith("pg_dump")]
        assert shlex.split(line)[:-1] == shlex.split(example)[:-1]
        carried_out(filled, line)
        assert filled("backup", "whole", "--dump", "ledger.dump").err == ""
    else:
        assert told.err == ""


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_command_for_pg_restore_is_the_documented_one(filled: Cli, elsewhere: Elsewhere) -> None:
    """A restore into an empty database tells it, ready to be run."""
    backup = backed_up(filled)
    other = elsewhere()
    told = other("restore", backup, "--no-checkpoint", "--reason", "exercise", status=1).err
    line = told[told.index("pg_restore") :].strip()
    (example,) = [line for line in documented("PostgreSQL")[1] if line.startswith("pg_restore")]
    assert shlex.split(line)[:3] == shlex.split(example)[:3]
    assert shlex.split(line)[-1] == str(backup / "ledger.dump")
    carried_out(other, line)
    other("restore", backup, "--no-checkpoint", "--reason", "exercise")


def test_restore_tells_what_comes_next(filled: Cli, elsewhere: Elsewhere) -> None:
    """The checkpoint to hand out, and five things to do; in either language."""
    backup = backed_up(filled)
    told = put_back(elsewhere("de"), backup)
    assert "nicht bekannt" in told
    for number in range(1, 6):
        assert f"\n{number}. " in told
    english = put_back(elsewhere("en", WERDEGANG_LANGUAGE="en"), backup)
    assert "Put back: " in english
    assert re.search(r"\n5\. Make a new backup: werdegang .*backup FOLDER\n", english)
    for words in ("Jetzt", "Prüfpunkt", "Verloren"):
        assert words not in english
    checkpoint = told[told.index("werdegang/") : told.index("\n\nJetzt")]
    assert checkpoint.splitlines()[1] == str(json.loads((backup / "backup.json").read_bytes())["entries"] + 1)


def test_both_answer_in_json(filled: Cli, elsewhere: Elsewhere, database_url: str | None) -> None:
    """The description, and what the restore came to."""
    made = filled("backup", "b", "--format", "json").json
    assert made == json.loads((filled.folder / "b" / "backup.json").read_bytes())
    backup = backed_up(filled)
    other = elsewhere()
    if database_url:
        (line,) = [line for line in documented("PostgreSQL")[1] if line.startswith("pg_restore")]
        carried_out(other, line.replace(f"backup-{DAY}", str(backup)))
    last = backup / "checkpoint"
    came_to = other("restore", backup, "--last", last, "--reason", "exercise", "--format", "json").json
    assert (came_to["entries"], came_to["lost"], came_to["after_backup"]) == (made["entries"], 0, 0)
    assert came_to["position"] == made["position"] + 1
    documented_keys = re.findall(r'"(\w+)"', section_of("commands.md", "`werdegang restore`"))
    assert {*documented_keys} == {*came_to}
    assert {*re.findall(r'"(\w+)"', section_of("backup.md", "The description of a backup"))} == {
        *made,
        "bytes",
        "sha256",
    }


def section_of(page: str, heading: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_wrong_usage(filled: Cli) -> None:
    """A restore without reason, without a word about checkpoints, or with two."""
    filled("backup", "b")
    for options in (
        ("--no-checkpoint",),
        ("--reason", "exercise"),
        ("--reason", "exercise", "--last", "b/checkpoint", "--no-checkpoint"),
        ("--reason", "boredom", "--no-checkpoint"),
    ):
        filled("restore", "b", *options, status=2)


def test_refusals_are_told(filled: Cli) -> None:
    """Stores in the way, a folder that is no backup, a checkpoint that is not there: status 1, in either language."""
    filled("backup", "b")
    rest = ("--no-checkpoint", "--reason", "exercise")
    assert "wegbewegen, nicht löschen" in filled("restore", "b", *rest, status=1).err
    assert "nothing" in filled("restore", "b", "--last", "nothing", "--reason", "exercise", status=1).err
    filled("backup", "b", status=1)
    for path in (filled.folder / "data").glob("*.db"):
        path.unlink()
    filled("restore", "data", *rest, status=1)
    for name in ("kek", "signing.key"):
        (filled.folder / "data" / name).unlink()
    told = filled("--language", "en", "restore", "b", *rest, status=1).err
    assert told.startswith("What no backup holds is missing: the key-encryption key (WERDEGANG_KEK, or the file ")
    assert "the key that signs (the file " in told
