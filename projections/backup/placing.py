"""A restore on its way: the folder where it is made ready, and moving the files to their place."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import _
from projections.backup.files import (
    ACCESS,
    KEYS,
    LEDGER,
    MANIFEST,
    READS,
    SEALS,
    sync_folder,
)

READ_MODEL = "projections.db"
_PLACED = (SEALS, LEDGER, READ_MODEL, READS, ACCESS, KEYS)
"""The order files are put in their place in; without the last no command opens the stores."""
_FILES_OF_ONE = ("", "-wal", "-shm", "-journal")
WORK, _READY, REQUEST = ".restoring", "ready.json", "request"


class Restored(Struct, frozen=True, kw_only=True):
    """What a restore came to.

    `entries` are those the ledger held, `lost` those a checkpoint covers besides (None: no such checkpoint known), both
    as noted in the entry at `position`, which `checkpoint` covers. `after_backup` are entries the ledger held and the
    backup did not, as on PostgreSQL a later dump does: the keys of persons enrolled in them are not restored.
    """

    entries: int
    lost: int | None
    after_backup: int
    position: int
    checkpoint: str
    backup: str
    """SHA-256 of the description of the backup, in hexadecimal."""


def interrupted(data: Path, folder: Path) -> Restored | None:
    """What the restore of this very backup came to that was interrupted while its files were moved to their place."""
    try:
        restored = msgspec.json.decode((data / WORK / _READY).read_bytes(), type=Restored)
    except FileNotFoundError:
        return None
    is_there = any((place / KEYS).exists() for place in (data / WORK, data))
    return restored if is_there and restored.backup == identity(folder) else None


def identity(folder: Path) -> str:
    """SHA-256 of the description of a backup; empty where there is none."""
    try:
        return sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return ""


def require_room(data: Path) -> None:
    """Refused: a data folder that holds stores."""
    found = [data / f"{name}{suffix}" for name in _PLACED for suffix in _FILES_OF_ONE]
    names = tuple(file.name for file in found if file.exists())
    if names:
        text = _(
            "Im Datenordner {folder} liegen schon Speicher ({files}). Zurückgespielt wird nur in einen leeren: bitte "
            "wegbewegen, nicht löschen, und wiederholen. Hauptschlüssel und Siegelschlüssel bleiben liegen.",
            folder=data,
            files=names,
        )
        raise Refused("stores_exist", text, field="data")


@contextmanager
def working_in(work: Path, *, lasting: bool) -> Iterator[None]:
    """An empty folder for what is not ready, gone where that is not reached.

    With `lasting` the id under which the restore is noted outlasts it: the database may hold the entry already.
    """
    try:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in work.iterdir():
            if file.name != REQUEST:
                file.unlink()
        yield
    except BaseException as error:
        if not (lasting and (work / REQUEST).exists()):
            shutil.rmtree(work, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or type(error).__name__
        text = _("Im Datenordner {path} lässt sich nicht schreiben: {reason}", path=work.parent, reason=reason)
        raise Refused("unwritable_file", text, field="data") from None


def request_id(work: Path) -> UUID:
    """The id under which this restore is noted; a repeat of an interrupted one has the same."""
    path = work / REQUEST
    if not path.exists():
        path.write_text(str(uuid4()), "ascii")
        sync_folder(work)
    return UUID(path.read_text("ascii"))


def finish(work: Path, restored: Restored) -> None:
    """Leave whole files only, nothing in logs beside them, and say that all is ready."""
    for name in _PLACED:
        if (work / name).exists():
            with closing(sqlite3.connect(work / name)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sync_folder(work)
    written = work / f"{_READY}.new"
    written.write_bytes(msgspec.json.encode(restored))
    written.replace(work / _READY)
    sync_folder(work)


def place(work: Path, data: Path) -> None:
    """Move what is ready to its place, the keys last. Refused: something else is there meanwhile."""
    for name in _PLACED:
        if (work / name).exists() and (data / name).exists():
            require_room(data)
    for name in _PLACED:
        if (work / name).exists():
            os.replace(work / name, data / name)
    sync_folder(data)
    shutil.rmtree(work)
