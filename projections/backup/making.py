"""Backing up the stores while others go on writing, into a folder that is whole or not there.

Each file is copied as it is at one moment. The order makes the copies fit: the seals before the ledger, so that the
ledger holds at least what they cover; the ledger before the keys, so that no entry lacks its person's key. On
PostgreSQL ledger and seals are dumped by its own programs, before this. The read model can be rebuilt and is left out,
so are sessions: nobody is logged in by a backup;
the key-encryption key and the key that signs never lie beside what they protect.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from domain.access import without_sessions
from domain.errors import NotReady, Refused
from domain.journal import Journal, StoreAddress
from domain.texts import _
from domain.vault import KeySource
from projections.backup.database import require_dump
from projections.backup.files import (
    ACCESS,
    CHECKPOINT,
    DUMP,
    LEDGER,
    MANIFEST,
    STORES,
    VERIFIER,
    Backup,
    Report,
    opened_copy,
    stored_as,
    sync_folder,
    write,
)
from projections.ledger.seal_stores import open_seals
from projections.ledger.seals import Seals
from projections.rebuild import Progress
from projections.settings import Settings
from projections.stores import Stores, key_source

_PAGES = 4096


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
        require_dump(settings, dump)
    with _whole(folder) as beside:
        if settings.database_url:
            told, names = _told(stores.journal, stores.seals), STORES["postgresql"]
        else:
            told, names = {}, STORES["sqlite"]
        for name in names:
            _copy_database(settings.folder / name, beside / name, report)
        without_sessions(beside / ACCESS)
        if dump is not None:
            stored_as(dump, beside / DUMP, report)
        if not told:
            copied = StoreAddress(beside / LEDGER)
            with closing(Journal(copied)) as journal, closing(open_seals(copied)) as seals:
                told = _told(journal, seals)
        for name, text in ((CHECKPOINT, told["checkpoint"]), (VERIFIER, told["key"] and told["key"] + "\n")):
            if text:
                write(beside / name, text.encode())
        epoch = _epoch_of(beside, key_source(settings))
        files = {file.name: stored_as(file) for file in sorted(beside.iterdir())}
        backup = Backup(
            store="postgresql" if settings.database_url else "sqlite", made_at=now, epoch=epoch, files=files, **told
        )
        write(beside / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=2) + b"\n")
    return backup


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
    write(target, b"")
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
