"""Calling the command `werdegang`: in a process of its own, or in this one where there are many calls."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.cli import main

ROOT = Path(__file__).parents[2]
PROGRAMME = """\
key = "lzb"
title = "Perspektiven eröffnen"
funder = "Land Hessen"
starts_on = 2016-03-01
ends_on = 2019-06-30
coaching_ratio = 2

[target_group]
age_max = 34

[targets]
placed_svp = 20
"""


class Answer(NamedTuple):
    """What a call came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class Cli:
    """Calls in one folder and with one environment. No answer ever holds a stack trace."""

    def __init__(self, folder: Path, environment: Mapping[str, str], run: Callable[[list[str]], Answer]) -> None:
        self.folder, self.environment, self._run = folder, dict(environment), run

    def __call__(self, *arguments: object, status: int = 0) -> Answer:
        """Call `werdegang` with these arguments; it ends with this status."""
        answer = self._run([str(argument) for argument in arguments])
        assert answer.status == status, answer
        assert "Traceback" not in answer.out + answer.err
        if status:
            assert answer.err.strip()
        return answer

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def lines(self, name: str, *rows: Mapping[str, Any]) -> Path:
        """A file of JSON Lines in the folder."""
        return self.write(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def environment(folder: Path, url: str | None, **more: str) -> dict[str, str]:
    """The environment of a call, without any setting of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WERDEGANG_")}
    ours = {"WERDEGANG_DATA": str(folder / "data")} | ({"WERDEGANG_DATABASE_URL": url} if url else {})
    return kept | ours | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | more


def in_a_process(folder: Path, given: Mapping[str, str]) -> Callable[[list[str]], Answer]:
    """Run the real command."""

    def run(arguments: list[str]) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.cli", *arguments],
            cwd=folder,
            env=dict(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


def in_this_one(
    folder: Path, given: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str]], Answer]:
    """Run the command's entry point."""

    def run(arguments: list[str]) -> Answer:
        with monkeypatch.context() as patched:
            patched.chdir(folder)
            patched.setattr(sys, "argv", ["werdegang", *arguments])
            for name in [name for name in os.environ if name.startswith("WERDEGANG_")]:
                patched.delenv(name)
            for name, value in given.items():
                patched.setenv(name, value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Answer(ended.value.code if isinstance(ended.value.code, int) else 1, out, err)

    return run


def enrolled(participant: str = "A", **changed: Any) -> dict[str, Any]:
    """An enrolment that meets every criterion."""
    return {
        "participant": participant,
        "step": "enrolled",
        "on": "2017-01-01",
        "gender": "female",
        "age": 27,
        "migration_background": True,
        "single_parent": True,
        "municipality": "Raunheim",
        "benefit_months": 24,
        "education": "isced_0_2",
        **changed,
    }


def step(name: str, on: str, participant: str = "A", **fields: Any) -> dict[str, Any]:
    """A row of a step."""
    return {"participant": participant, "step": name, "on": on, **fields}


ROWS = [
    enrolled(id="1", name="Beispielperson Eins"),
    step("coach_assigned", "2017-01-02", id="2", coach="C1"),
    step("coaching_session_held", "2017-01-10", id="3", minutes=1234, note="Sohn krank"),
    step("placement_started", "2017-02-01", id="4", ref="p1", kind="svp"),
    step("funding_granted", "2017-02-01", id="5", ref="f1", kind="egz", amount=1234.5),
    enrolled("B", id="6", gender="male"),
]
