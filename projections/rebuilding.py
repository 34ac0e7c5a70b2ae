"""A rebuild of the read model in a process of its own, for whoever asks from a page: it outlives the request.

What it says of itself lies in a file of the data folder, so that every worker of a server can show it. It stops where
it stands when the file that asks for it appears; the next one goes on from there (`projections.rebuild`).
"""

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.journal import StoreAddress
from projections.read_model.model import another_builds
from projections.rebuild import Progress, rebuild
from projections.settings import Settings

_STATE, _STOP, _LOCK = "rebuild.json", "rebuild.stop", "rebuild.lock"
_PATIENCE = 0.3
_EVERY = 0.5
"""Seconds between two notes of progress at least."""


class RunState(StrEnum):
    """Where a rebuild stands. `BROKEN`: its process ended without a word."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"
    FAILED = "failed"
    BROKEN = "broken"


class Run(Struct, frozen=True):
    """A rebuild that somebody asked for. `stage`, `done` and `total` as in `Progress`; `refused` is the code and `kind`
    the class of what ended it; `stopping` says that it was asked to stop."""

    by: str
    begun_at: datetime
    state: RunState = RunState.RUNNING
    stage: str = "partitions"
    done: int = 0
    total: int = 0
    ended_at: datetime | None = None
    refused: str = ""
    kind: str = ""
    stopping: bool = False


class Order(Struct, frozen=True):
    """What the process is told."""

    folder: str
    database_url: str | None
    read_model: str
    by: str
    now: datetime


class _Stopped(Exception):
    """Somebody asked to stop."""


def last_run(settings: Settings) -> Run | None:
    """The rebuild that runs or ran last; None where nobody has asked for one."""
    folder = settings.folder
    try:
        run = msgspec.json.decode((folder / _STATE).read_bytes(), type=Run)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    if run.state is not RunState.RUNNING:
        return run
    if not _is_held(folder):
        return msgspec.structs.replace(run, state=RunState.BROKEN)
    return msgspec.structs.replace(run, stopping=(folder / _STOP).exists())


def start_rebuild(settings: Settings, *, by: str, now: datetime) -> None:
    """Begin a rebuild in a process of its own. Refused (`Conflict`): one is running."""
    folder = settings.folder.resolve()
    ledger = settings.ledger
    order = Order(str(folder), ledger.url, str(settings.read_model.resolve()), by, now)
    with _alone(folder):
        (folder / _STOP).unlink(missing_ok=True)
        _note(folder, Run(by, now))
    process = subprocess.Popen(
        [sys.executable, "-m", "projections.rebuilding"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(msgspec.json.encode(order))
        process.stdin.close()
        process.stdout.read(1)  # it has the lock by now, or has ended
    threading.Thread(target=process.wait, daemon=True).start()


def stop_rebuild(settings: Settings) -> None:
    """Ask the rebuild that is running to stop; where none is, nothing happens."""
    if _is_held(settings.folder):
        (settings.folder / _STOP).touch()


# --- the process ----------------------------------------------------------------------------------


def main() -> None:
    """Carry out the order on standard input and note how it goes."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    folder = Path(order.folder)
    with _alone(folder):
        sys.stdout.write(".")
        sys.stdout.close()
        carry_out(order, folder)


def carry_out(order: Order, folder: Path) -> None:
    """Rebuild, and note how it goes and how it ends; refused or failed, that is noted too."""
    began = time.monotonic()
    run = Run(order.by, order.now)

    def note(progress: Progress) -> None:
        nonlocal run
        run = msgspec.structs.replace(run, stage=progress.stage, done=progress.done, total=progress.total)
        _note(folder, run)

    ledger = StoreAddress(url=order.database_url) if order.database_url else StoreAddress(folder / "ledger.db")
    state, refused, kind = RunState.DONE, "", ""
    try:
        rebuild(ledger, Path(order.read_model), now=order.now, report=_reporting(folder, note))
    except _Stopped:
        state = RunState.STOPPED
    except Refused as error:
        state, refused = RunState.REFUSED, error.code
    except Exception as error:  # its text may hold anything; the kind is enough to look it up
        state, kind = RunState.FAILED, type(error).__name__
    ended = order.now + timedelta(seconds=time.monotonic() - began)
    _note(folder, msgspec.structs.replace(run, state=state, refused=refused, kind=kind, ended_at=ended))


def _reporting(folder: Path, note: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Note progress, not too often, and stop where that is asked for."""
    noted: list[tuple[str, float]] = []

    def report(progress: Progress) -> None:
        if (folder / _STOP).exists():
            raise _Stopped
        present = time.monotonic()
        if not noted or noted[-1][0] != progress.stage or present - noted[-1][1] >= _EVERY:
            noted[:] = [(progress.stage, present)]
            note(progress)

    return report


# --- files ----------------------------------------------------------------------------------------


def _note(folder: Path, run: Run) -> None:
    """Write what is to be said, whole."""
    beside = folder / f".{_STATE}"
    beside.write_bytes(msgspec.json.encode(run))
    beside.replace(folder / _STATE)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The right to run, which ends with the process that has it. Refused (`Conflict`): another has it."""
    with (folder / _LOCK).open("w") as file:
        end = time.monotonic() + _PATIENCE
        while not _taken(file):  # for a moment it may be somebody who only looks
            if time.monotonic() > end:
                raise another_builds()
            time.sleep(0.02)
        yield


def _is_held(folder: Path) -> bool:
    if not (folder / _LOCK).exists():
        return False
    with (folder / _LOCK).open("r") as file:
        return not _taken(file, fcntl.LOCK_SH)


def _taken(file: TextIO, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main()
