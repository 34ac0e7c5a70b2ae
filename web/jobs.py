"""Work that outlives its request, such as checking the whole ledger: begun by a page, done by a thread of one worker.

How far it is and what came of it stands in a file in the data folder (`jobs/`), so that every worker of the server can
tell. One job of a kind at a time: whoever does it holds a lock, which the operating system takes back when the process
ends; a job that says it runs while nobody holds the lock was interrupted. What it did until then stays as it is.
"""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import LANGUAGES, Text
from projections.stores import Stores
from web.access import present_visitor
from web.house import House, house

Words = dict[str, str]
"""A text in every language, by language."""
Report = Callable[[Text, int, int], None]
"""What work tells while it goes on: what it is doing, how much of how much is done."""
Work = Callable[[Stores, Report, Path], Any]
"""Work over stores of its own; it may leave one file at the path. What it returns is kept as JSON has it."""

_SECONDS = 0.3
"""How often progress is written at most."""
_log = logging.getLogger("werdegang.jobs")


class State(StrEnum):
    """Where a job is."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


class Job(Struct, frozen=True, kw_only=True):
    """The last job of a kind: who began it when, how far it is, what came of it, or why it was refused."""

    id: str
    kind: str
    by: str
    begun_at: datetime
    state: State = State.RUNNING
    stage: Words | None = None
    done: int = 0
    total: int = 0
    ended_at: datetime | None = None
    result: Any = None
    refused: Words | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.state is State.RUNNING

    @property
    def share(self) -> float:
        """How much of the present stage is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


def words_of(text: Text) -> Words:
    """A text in every language: who reads it may have another than who began the job."""
    return {language: text.in_language(language) for language in LANGUAGES}


def begin(kind: str, work: Work) -> bool:
    """Begin a job in the visitor's name; False where one of this kind goes on already. `kind` is a name for files."""
    present, folder = house(), _folder(house())
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = _locked(folder / f"{kind}.lock", fcntl.LOCK_EX)
    if lock is None:
        return False
    for name in ("stop", "file"):
        (folder / f"{kind}.{name}").unlink(missing_ok=True)
    job = Job(id=uuid4().hex, kind=kind, by=present_visitor().code, begun_at=present.now())
    _write(folder, job)
    Thread(target=_carry_out, args=(present, job, work, lock), daemon=True, name=f"job-{kind}").start()
    return True


def latest(kind: str) -> Job | None:
    """The job of a kind that goes on, or else the last; None if there was none."""
    folder = _folder(house())
    job = _read(folder, kind)
    if job is None or not job.running:
        return job
    lock = _locked(folder / f"{kind}.lock", fcntl.LOCK_SH)
    if lock is None:
        return job
    os.close(lock)
    again = _read(folder, kind)  # it may have ended just now
    return msgspec.structs.replace(again, state=State.INTERRUPTED) if again and again.running else again


def stop(kind: str) -> None:
    """Ask the job of a kind to stop; it does when it next tells how far it is."""
    job = latest(kind)
    if job is not None and job.running:
        (_folder(house()) / f"{kind}.stop").write_text(job.id)


def file_of(kind: str) -> Path | None:
    """The file the last job of a kind left; None if there is none."""
    path = _folder(house()) / f"{kind}.file"
    return path if path.exists() else None


def forget_files(kinds: str, before: datetime) -> None:
    """Delete the files of jobs that ended before a moment; `kinds` is what the names of their kinds begin with."""
    folder = _folder(house())
    for told in folder.glob(f"{kinds}*.json"):
        job = _read(folder, told.stem)
        if job is not None and job.ended_at is not None and job.ended_at < before:
            told.with_suffix(".file").unlink(missing_ok=True)


class _Stopped(Exception):
    """Somebody asked for the end."""


def _carry_out(present: House, job: Job, work: Work, lock: int) -> None:
    folder = _folder(present)
    progress = _Progress(folder, job)
    file = folder / f"{job.kind}.file"
    ended: dict[str, Any]
    try:
        try:
            with present.stores() as stores:
                result = msgspec.to_builtins(work(stores, progress, file))
            ended = {"state": State.DONE, "result": result}
        except Refused as refused:
            ended = {"state": State.REFUSED, "refused": words_of(refused.text)}
        except _Stopped:
            ended = {"state": State.STOPPED}
        except Exception as error:
            _log.exception("job_failed", exc_info=error, extra={"what": job.kind, "account": job.by})
            ended = {"state": State.FAILED}
        if ended["state"] is not State.DONE:
            file.unlink(missing_ok=True)
        _write(folder, msgspec.structs.replace(progress.job, ended_at=present.now(), **ended))
    finally:
        os.close(lock)


class _Progress:
    """Looks whether a job is to stop, and writes down now and then how far it is."""

    def __init__(self, folder: Path, job: Job) -> None:
        self.job = job
        self._folder, self._written = folder, 0.0

    def __call__(self, stage: Text, done: int, total: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if (self._folder / f"{self.job.kind}.stop").read_text() == self.job.id:
                raise _Stopped
        moment = time.monotonic()
        if moment - self._written < _SECONDS:
            return
        self._written = moment
        self.job = msgspec.structs.replace(self.job, stage=words_of(stage), done=done, total=total)
        _write(self._folder, self.job)


def _folder(present: House) -> Path:
    return present.settings.folder / "jobs"


def _locked(path: Path, how: int) -> int | None:
    """The lock in a file, as a descriptor to be closed; None while somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _read(folder: Path, kind: str) -> Job | None:
    try:
        return msgspec.json.decode((folder / f"{kind}.json").read_bytes(), type=Job)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(folder: Path, job: Job) -> None:
    """The whole or nothing: others read it meanwhile."""
    half = folder / f"{job.kind}.half"
    half.write_bytes(msgspec.json.encode(job))
    os.replace(half, folder / f"{job.kind}.json")
