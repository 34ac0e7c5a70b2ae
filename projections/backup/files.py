"""The files of a backup: what they are called, what is said of them, reading and writing them."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import _
from domain.vault import GivenKey, KeySource, ReadLog, Vault
from projections.rebuild import Progress

FORMAT = 1
MANIFEST, CHECKPOINT, VERIFIER, DUMP = "backup.json", "checkpoint", "log.vkey", "ledger.dump"
LEDGER, SEALS, KEYS, READS, ACCESS = "ledger.db", "seals.db", "keys.db", "reads.db", "access.db"
STORES = {"sqlite": (SEALS, LEDGER, KEYS, READS, ACCESS), "postgresql": (KEYS, READS, ACCESS)}
"""The files of the data folder that are backed up, in the order they are copied in."""
_NAMES = {*STORES["sqlite"], DUMP, CHECKPOINT, VERIFIER}
_BYTES = 1 << 20

Report = Callable[[Progress], None]


class Stored(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup: its length in bytes, its SHA-256 in hexadecimal."""

    bytes: int
    sha256: str


class Backup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup says of itself in `backup.json`.

    `entries` up to `position` are what the ledger held; `sealed` of them the checkpoint covers, a signed note, for
    which `key` is the verifier key. `epoch` is that of the key-encryption key that opens `keys.db`. On PostgreSQL
    ledger and seals are not in the files but for a dump, which was made before and may hold less.
    """

    format: Literal[1] = 1
    store: Literal["sqlite", "postgresql"]
    made_at: datetime
    position: int
    entries: int
    sealed: int
    epoch: int
    checkpoint: str | None
    key: str | None
    files: dict[str, Stored]


def read_backup(folder: Path, report: Report = lambda _progress: None) -> Backup:
    """What a backup says of itself, every file compared with its digest.

    Refused: a folder without a backup, one of a later version, a file that is missing or another.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        if msgspec.json.decode(text, type=dict[str, Any]).get("format") != FORMAT:
            found = _("{path} beschreibt keine Sicherung in Form {form}.", path=folder / MANIFEST, form=FORMAT)
            raise Refused("bad_backup", found, field="folder")
        backup = msgspec.json.decode(text, type=Backup)
    except (OSError, msgspec.MsgspecError):
        found = _("In {path} liegt keine Sicherung: {name} fehlt oder ist nicht lesbar.", path=folder, name=MANIFEST)
        raise Refused("bad_backup", found, field="folder") from None
    if backup.files.keys() - _NAMES or {*STORES[backup.store]} - backup.files.keys():
        found = _("{path} nennt nicht die Dateien einer Sicherung.", path=folder / MANIFEST)
        raise Refused("bad_backup", found, field="folder")
    for name, stored in backup.files.items():
        require_stored(folder / name, stored, report)
    return backup


def require_stored(
    path: Path, stored: Stored, report: Report = lambda _progress: None, into: Path | None = None
) -> None:
    """Read a file of a backup, copying it where `into` says. Refused: it is missing, or another than was stored."""
    try:
        found = stored_as(path, into, report)
    except FileNotFoundError:
        text = _("In der Sicherung fehlt {name}.", name=path.name)
        raise Refused("backup_damaged", text, field="folder") from None
    if found != stored:
        text = _(
            "{name} ist nicht die gesicherte Datei: SHA-256 {found} statt {stored}. Es ist nichts geändert; bitte eine "
            "andere Sicherung nehmen.",
            name=path.name,
            found=found.sha256,
            stored=stored.sha256,
        )
        raise Refused("backup_damaged", text, field="folder")


def stored_as(path: Path, into: Path | None = None, report: Report = lambda _progress: None) -> Stored:
    """Length and digest of a file, and a copy of it in `into`, for its owner only and forced to the disk."""
    digest, done, total = sha256(), 0, path.stat().st_size
    with path.open("rb") as source, open(into or os.devnull, "wb", opener=_for_owner) as target:
        while piece := source.read(_BYTES):
            digest.update(piece)
            target.write(piece)
            done += len(piece)
            report(Progress(path.name, done, total))
        target.flush()
        if into is not None:
            os.fsync(target.fileno())
    return Stored(done, digest.hexdigest())


@contextmanager
def opened_copy(folder: Path, source: KeySource, keys: str = KEYS) -> Iterator[Vault]:
    """The vault of a copy, opened without finishing any change of the key-encryption key that is under way.

    Refused (`NotReady`, `wrong_key`): the present key does not fit it.
    """
    with (
        closing(ReadLog(folder / READS)) as reads,
        closing(Vault(folder / keys, GivenKey(*source.candidates()), reads)) as vault,
    ):
        yield vault


def write(path: Path, content: bytes) -> None:
    """Write a file for its owner only, forced to the disk."""
    with open(path, "wb", opener=_for_owner) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where its file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)
