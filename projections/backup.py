"""Backing up the stores while others go on writing, into a folder that is whole or not there.

Each file is copied as it is at one moment. The order makes the copies fit: the seals before the ledger, so that the
ledger holds at least what they cover; the ledger before the keys, so that no entry lacks its person's key. On
PostgreSQL ledger and seals are dumped by its own programs, before this. The read model can be rebuilt and is left out;
the key-encryption key and the key that signs never lie beside what they protect.
"""

import os
import secrets
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.errors import NotReady, Refused
from domain.journal import Journal, StoreAddress
from domain.texts import _
from domain.vault import GivenKey, KeySource, ReadLog, Vault
from projections.ledger.seal_stores import open_seals
from projections.ledger.seals import Seals
from projections.rebuild import Progress
from projections.settings import Settings
from projections.stores import Stores, key_source

FORMAT = 1
MANIFEST, CHECKPOINT, VERIFIER, DUMP = "backup.json", "checkpoint", "log.vkey", "ledger.dump"
LEDGER, SEALS, KEYS, READS = "ledger.db", "seals.db", "keys.db", "reads.db"
STORES = {"sqlite": (SEALS, LEDGER, KEYS, READS), "postgresql": (KEYS, READS)}
"""The files of the data folder that are backed up, in the order they are copied in."""
_NAMES = {*STORES["sqlite"], DUMP, CHECKPOINT, VERIFIER}
_PAGES, _BYTES = 4096, 1 << 20
_SECRETS = ("password", "sslpassword")

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


def make_backup(
    stores: Stores,
    settings: Settings,
    folder: Path,
    *,
    now: datetime,
    dump: Path | None = None,
    report: Report = lambda _progress: None,
) -> Backup:
    """Copy what cannot be rebuilt into a folder that is not there or empty, and say what it is.

    `dump` is a dump of the schema `ledger`, made by `pg_dump` before; it is copied too. `report` is told how much of
    each file is copied. Refused: a folder with something in it; a place that cannot be written to; a dump that is
    none, or on SQLite; an erasure that went on meanwhile, after which this is to be repeated.
    """
    if dump is not None:
        _require_dump(settings, dump)
    with _whole(folder) as beside:
        if settings.database_url:
            told, names = _told(stores.journal, stores.seals), STORES["postgresql"]
        else:
            told, names = {}, STORES["sqlite"]
        for name in names:
            _copy_database(settings.folder / name, beside / name, report)
        if dump is not None:
            stored_as(dump, beside / DUMP, report)
        if not told:
            copied = StoreAddress(beside / LEDGER)
            with closing(Journal(copied)) as journal, closing(open_seals(copied)) as seals:
                told = _told(journal, seals)
        for name, text in ((CHECKPOINT, told["checkpoint"]), (VERIFIER, told["key"] and told["key"] + "\n")):
            if text:
                _write(beside / name, text.encode())
        epoch = _epoch_of(beside, key_source(settings))
        files = {file.name: stored_as(file) for file in sorted(beside.iterdir())}
        backup = Backup(
            store="postgresql" if settings.database_url else "sqlite", made_at=now, epoch=epoch, files=files, **told
        )
        _write(beside / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=2) + b"\n")
    return backup


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


# --- PostgreSQL -----------------------------------------------------------------------------------


def dump_command(settings: Settings) -> str:
    """The command that dumps ledger and seals, without any password."""
    return f"pg_dump --schema=ledger --format=custom --file={DUMP} --dbname={_address(settings)}"


def load_command(settings: Settings, dump: Path) -> str:
    """The command that puts a dump into an empty database, whole or not at all, without any password."""
    return f"pg_restore --exit-on-error --single-transaction --dbname={_address(settings)} {shlex.quote(str(dump))}"


def _address(settings: Settings) -> str:
    parts = conninfo_to_dict(settings.database_url or "")
    shown: dict[str, Any] = {name: value for name, value in parts.items() if name not in _SECRETS}
    return shlex.quote(make_conninfo(**shown))


def _require_dump(settings: Settings, dump: Path) -> None:
    if not settings.database_url:
        raise Refused("no_dump", _("Ein Dump gehört nur zu PostgreSQL."), field="dump")
    try:
        with dump.open("rb") as file:
            is_one = file.read(5) == b"PGDMP"
    except OSError:
        is_one = False
    if not is_one:
        text = _("{path} ist kein Dump von pg_dump im Format custom.", path=dump)
        raise Refused("no_dump", text, field="dump")


# --- copying --------------------------------------------------------------------------------------


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A new folder beside its place, put there at the end; gone where that is not reached."""
    place = folder.resolve()
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.partial")
    try:
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            text = _("{path} ist nicht leer; eine Sicherung braucht einen neuen Ordner.", path=folder)
            raise Refused("not_empty", text, field="folder")
        beside.mkdir(mode=0o700, parents=True)
        yield beside
        sync_folder(beside)
        beside.rename(place)
        sync_folder(place.parent)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = _("Die Sicherung nach {path} ist nicht gelungen: {reason}", path=folder, reason=reason)
        raise Refused("unwritable_file", text, field="folder") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _copy_database(source: Path, target: Path, report: Report) -> None:
    """Copy a SQLite file as it is at this moment.

    The transaction keeps that moment: without it the copy would begin anew with every entry somebody else writes.
    """
    _write(target, b"")
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.isolation_level = None
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_master")
        here.backup(
            there,
            pages=_PAGES,
            progress=lambda _state, left, total: report(Progress(source.name, total - left, total)),
        )
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _told(journal: Journal, seals: Seals) -> dict[str, Any]:
    """What the manifest says of a ledger: the seals first, as they are followed by the ledger."""
    last, signers, head = seals.latest(), seals.signers(), journal.head()
    return {
        "position": head,
        "entries": journal.count(head),
        "sealed": last.size if last else 0,
        "checkpoint": last.note if last else None,
        "key": str(signers[-1]) if signers else None,
    }


def _epoch_of(folder: Path, source: KeySource) -> int:
    """The epoch of the keys copied. Refused: they do not fit the present key-encryption key any more."""
    try:
        with opened_copy(folder, source) as vault:
            return vault.epoch
    except NotReady as refused:
        if refused.code != "wrong_key":
            raise
    text = _("Während der Sicherung wurde der Hauptschlüssel gewechselt (eine Löschung); bitte wiederholen.")
    raise Refused("erased_meanwhile", text)


def _write(path: Path, content: bytes) -> None:
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
