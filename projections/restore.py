"""Putting a backup back, and noting it in the ledger before anything else is served.

Everything is made ready in a folder of its own within the data folder, checked there, and moved to its place at the
end, the keys last: without them no command opens the stores. So whatever is refused leaves the data folder as it was,
and what an interrupted restore leaves is done again by the next. On PostgreSQL the database was put back before, by
`pg_restore`.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from domain import commands
from domain.errors import NotReady, Refused
from domain.facts import LedgerRestored
from domain.journal import Journal, Request, StoreAddress
from domain.terms import RestoreReason, ledger_stream
from domain.texts import Text, _
from domain.vault import FileKey
from projections.backup import (
    DUMP,
    KEYS,
    LEDGER,
    MANIFEST,
    READS,
    SEALS,
    STORES,
    Backup,
    Report,
    load_command,
    opened_copy,
    read_backup,
    require_stored,
    stored_as,
    sync_folder,
)
from projections.data_protection import read_register
from projections.ledger.notes import Signer
from projections.ledger.restored import require_as_sealed, to_note
from projections.ledger.seal_stores import open_seals
from projections.ledger.sealer import seal
from projections.ledger.seals import Seals
from projections.ledger.signing_keys import read_signers
from projections.read_model import create_read_model
from projections.rebuild import Progress, rebuild
from projections.settings import Settings
from projections.stores import key_source, open_stores

READ_MODEL = "projections.db"
_PLACED = (SEALS, LEDGER, READ_MODEL, READS, KEYS)
"""The order files are put in their place in; without the last no command opens the stores."""
_FILES_OF_ONE = ("", "-wal", "-shm", "-journal")
_WORK, _READY, _REQUEST = ".restoring", "ready.json", "request"


class Terms(NamedTuple):
    """What whoever restores says: why, who, the last checkpoint known outside (a signed note), and a key store to take
    instead of the backup's."""

    reason: RestoreReason
    by: str
    last: bytes | None = None
    keys: Path | None = None


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


def restore(
    settings: Settings, folder: Path, terms: Terms, *, now: datetime, report: Report = lambda _progress: None
) -> Restored:
    """Put a backup into an empty data folder, note it in the ledger, seal that, and rebuild the read model.

    The key-encryption key and the signing key must be there already. `report` is told how far it is. Refused, before
    anything is changed: a data folder with stores; keys that are missing or do not fit; a backup that is damaged, of
    another kind of store or not as it was sealed; a last checkpoint that is not of this ledger.
    """
    restored = _ready(settings.folder, folder)
    if restored is None:
        _require_room(settings.folder)
        signers = _require_keys(settings)
        backup = read_backup(folder, report)
        with _working_in(settings.folder / _WORK, lasting=settings.database_url is not None):
            restored = _prepare(settings, folder, backup, terms, signers, now, report)
    _place(settings.folder / _WORK, settings.folder)
    with open_stores(settings):
        return restored  # and whoever the ledger says is erased is erased again


# --- before anything is changed -------------------------------------------------------------------


def _ready(data: Path, folder: Path) -> Restored | None:
    """What the restore of this very backup came to that was interrupted while its files were moved to their place."""
    try:
        restored = msgspec.json.decode((data / _WORK / _READY).read_bytes(), type=Restored)
    except FileNotFoundError:
        return None
    is_there = any((place / KEYS).exists() for place in (data / _WORK, data))
    return restored if is_there and restored.backup == _identity(folder) else None


def _identity(folder: Path) -> str:
    try:
        return sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return ""


def _require_room(data: Path) -> None:
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


def _require_keys(settings: Settings) -> list[Signer]:
    """The keys that sign. Refused: a key that no backup holds is not there; all that are missing are named."""
    missing: list[Text] = []
    source = key_source(settings)
    if isinstance(source, FileKey) and not source.exists():
        missing.append(_("der Hauptschlüssel (WERDEGANG_KEK, oder die Datei {path})", path=settings.kek_path))
    signers = read_signers(settings.signing_key)
    if not signers:
        missing.append(_("der Schlüssel, der siegelt (die Datei {path})", path=settings.signing_key))
    if missing:
        text = _("Es fehlt, was keine Sicherung enthält: {missing}. Es ist nichts geändert.", missing=tuple(missing))
        raise Refused("keys_missing", text)
    source.candidates()
    return signers


# --- making ready ---------------------------------------------------------------------------------


@contextmanager
def _working_in(work: Path, *, lasting: bool) -> Iterator[None]:
    """An empty folder for what is not ready, gone where that is not reached.

    With `lasting` the id under which the restore is noted outlasts it: the database may hold the entry already.
    """
    try:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in work.iterdir():
            if file.name != _REQUEST:
                file.unlink()
        yield
    except BaseException as error:
        if not (lasting and (work / _REQUEST).exists()):
            shutil.rmtree(work, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or type(error).__name__
        text = _("Im Datenordner {path} lässt sich nicht schreiben: {reason}", path=work.parent, reason=reason)
        raise Refused("unwritable_file", text, field="data") from None


def _prepare(
    settings: Settings,
    folder: Path,
    backup: Backup,
    terms: Terms,
    signers: Sequence[Signer],
    now: datetime,
    report: Report,
) -> Restored:
    """Make everything ready that is to be moved to its place: checked, noted, sealed, with the read model built."""
    work = settings.folder / _WORK
    ledger = _stage(settings, folder, backup, terms, report)
    with _opened(ledger, settings, folder, backup) as (journal, seals):
        held = max(1, journal.count(journal.head()))
        require_as_sealed(journal, seals, signers, lambda done: report(Progress("verify", done, held)))
        _require_vault(settings, journal, backup)
        own = backup.checkpoint.encode() if backup.checkpoint else None
        fact = _noted_before(journal, work) or to_note(journal, seals, terms.reason, backup=own, last=terms.last)
        request = Request(id=_request_id(work), by=terms.by, now=now)
        outcome = journal.act(lambda streams: commands.restore_ledger(streams, fact), request)
        sealed = seal(journal, seals, signers, now=now)
        assert sealed is not None
    create_read_model(work / READ_MODEL, settings.database_url)
    rebuild(ledger, work / READ_MODEL, now=now, report=report)
    restored = Restored(
        entries=fact.size,
        lost=fact.lost,
        after_backup=max(0, fact.size - backup.entries),
        position=outcome.position,
        checkpoint=sealed.note,
        backup=_identity(folder),
    )
    _finish(work, restored)
    return restored


def _stage(settings: Settings, folder: Path, backup: Backup, terms: Terms, report: Report) -> StoreAddress:
    """Copy the files of a backup; where the ledger lies that is put back."""
    work = settings.folder / _WORK
    store = "postgresql" if settings.database_url else "sqlite"
    if store != backup.store:
        text = _("Die Sicherung ist von {found}, eingestellt ist {store}.", found=backup.store, store=store)
        raise Refused("other_store", text, field="folder")
    for name in STORES[backup.store]:
        if name == KEYS and terms.keys is not None:
            _take_keys(terms.keys, work / KEYS)
        else:
            require_stored(folder / name, backup.files[name], report, into=work / name)
    return settings.ledger if settings.database_url else StoreAddress(work / LEDGER)


def _take_keys(path: Path, into: Path) -> None:
    """Copy another key store, with what it had not yet taken over from its write-ahead log."""
    try:
        stored_as(path, into)
        log = path.with_name(f"{path.name}-wal")
        if log.exists():
            stored_as(log, into.with_name(f"{into.name}-wal"))
    except OSError as error:
        text = _("Die Datei {path} ist nicht lesbar: {reason}", path=path, reason=error.strerror or str(error))
        raise Refused("unreadable_file", text, field="keys") from None


@contextmanager
def _opened(ledger: StoreAddress, settings: Settings, folder: Path, backup: Backup) -> Iterator[tuple[Journal, Seals]]:
    """The ledger and its seals. Refused: a database into which nothing was put back."""
    with ExitStack() as opened:
        try:
            journal = opened.enter_context(closing(Journal(ledger)))
            seals = opened.enter_context(closing(open_seals(ledger)))
            restored = not backup.entries or journal.head() > 0
        except NotReady as refused:
            if refused.code not in ("no_ledger", "no_seals"):
                raise
            restored = False
        if not restored:
            text = _(
                "In der Datenbank liegt kein Journal. Zuerst dort zurückspielen, in eine leere: {command}",
                command=load_command(settings, folder / DUMP),
            )
            raise Refused("database_not_restored", text)
        yield journal, seals


def _require_vault(settings: Settings, journal: Journal, backup: Backup) -> None:
    """Refused: the present key-encryption key does not open the keys; somebody is to be erased again, and cannot."""
    source = key_source(settings)
    try:
        with opened_copy(settings.folder / _WORK, source) as vault:
            erased = [case.participant for case in read_register(journal).values() if case.erasure.is_decided]
            if any(map(vault.has_key, erased)) and not isinstance(source, FileKey):
                vault.require_next_key()
            return
    except NotReady as refused:
        if refused.code != "wrong_key":
            raise
    text = _(
        "Der Hauptschlüssel öffnet den Schlüsselspeicher der Sicherung (Epoche {epoch}) nicht. Entweder ist er der "
        "falsche, oder nach der Sicherung wurde jemand gelöscht oder der Hauptschlüssel gewechselt; dann ist der alte "
        "vernichtet, damit niemand zurückkommt. Nehmen Sie eine Sicherung von danach, oder mit --keys einen "
        "Schlüsselspeicher, der zum heutigen Hauptschlüssel gehört. Gibt es keinen, ist das Versiegelte (Namen, "
        "Notizen) verloren, Journal und Kennzahlen sind es nicht: siehe docs/backup.md.",
        epoch=backup.epoch,
    )
    raise Refused("other_epoch", text, field="keys")


# --- what is noted --------------------------------------------------------------------------------


def _noted_before(journal: Journal, work: Path) -> LedgerRestored | None:
    """What an interrupted restore of this database noted already."""
    for one in journal.read(ledger_stream()) if (work / _REQUEST).exists() else ():
        if isinstance(one.fact, LedgerRestored) and one.entry.request_id == _request_id(work):
            return one.fact
    return None


def _request_id(work: Path) -> UUID:
    """The id under which this restore is noted; a repeat of an interrupted one has the same."""
    path = work / _REQUEST
    if not path.exists():
        path.write_text(str(uuid4()), "ascii")
        sync_folder(work)
    return UUID(path.read_text("ascii"))


# --- placing --------------------------------------------------------------------------------------


def _finish(work: Path, restored: Restored) -> None:
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


def _place(work: Path, data: Path) -> None:
    """Move what is ready to its place, the keys last. Refused: something else is there meanwhile."""
    for name in _PLACED:
        if (work / name).exists() and (data / name).exists():
            _require_room(data)
    for name in _PLACED:
        if (work / name).exists():
            os.replace(work / name, data / name)
    sync_folder(data)
    shutil.rmtree(work)
