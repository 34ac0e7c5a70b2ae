"""Putting a backup back, and noting it in the ledger before anything else is served.

Everything is made ready in a folder of its own within the data folder, checked there, and moved to its place at the
end, the keys last: without them no command opens the stores. So whatever is refused leaves the data folder as it was,
and what an interrupted restore leaves is done again by the next. On PostgreSQL the database was put back before, by
`pg_restore`.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from domain import commands
from domain.errors import NotReady, Refused
from domain.facts import LedgerRestored
from domain.journal import Journal, Request, StoreAddress
from domain.terms import RestoreReason, ledger_stream
from domain.texts import Text, _
from domain.vault import FileKey
from projections.backup.database import load_command
from projections.backup.files import (
    DUMP,
    KEYS,
    LEDGER,
    STORES,
    Backup,
    Report,
    opened_copy,
    read_backup,
    require_stored,
    stored_as,
)
from projections.backup.placing import (
    READ_MODEL,
    REQUEST,
    WORK,
    Restored,
    finish,
    identity,
    interrupted,
    place,
    request_id,
    require_room,
    working_in,
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


class Terms(NamedTuple):
    """What whoever restores says: why, who, the last checkpoint known outside (a signed note), and a key store to take
    instead of the backup's."""

    reason: RestoreReason
    by: str
    last: bytes | None = None
    keys: Path | None = None


def restore(
    settings: Settings, folder: Path, terms: Terms, *, now: datetime, report: Report = lambda _progress: None
) -> Restored:
    """Put a backup into an empty data folder, note it in the ledger, seal that, and rebuild the read model.

    The key-encryption key and the signing key must be there already. `report` is told how far it is. Refused, before
    anything is changed: a data folder with stores; keys that are missing or do not fit; a backup that is damaged, of
    another kind of store or not as it was sealed; a last checkpoint that is not of this ledger.
    """
    restored = interrupted(settings.folder, folder)
    if restored is None:
        require_room(settings.folder)
        signers = _require_keys(settings)
        backup = read_backup(folder, report)
        with working_in(settings.folder / WORK, lasting=settings.database_url is not None):
            restored = _prepare(settings, folder, backup, terms, signers, now, report)
    place(settings.folder / WORK, settings.folder)
    with open_stores(settings):
        return restored  # and whoever the ledger says is erased is erased again


# --- before anything is changed -------------------------------------------------------------------


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
    work = settings.folder / WORK
    ledger = _stage(settings, folder, backup, terms, report)
    with _opened(ledger, settings, folder, backup) as (journal, seals):
        held = max(1, journal.count(journal.head()))
        require_as_sealed(journal, seals, signers, lambda done: report(Progress("verify", done, held)))
        _require_vault(settings, journal, backup)
        own = backup.checkpoint.encode() if backup.checkpoint else None
        fact = _noted_before(journal, work) or to_note(journal, seals, terms.reason, backup=own, last=terms.last)
        request = Request(id=request_id(work), by=terms.by, now=now)
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
        backup=identity(folder),
    )
    finish(work, restored)
    return restored


def _stage(settings: Settings, folder: Path, backup: Backup, terms: Terms, report: Report) -> StoreAddress:
    """Copy the files of a backup; where the ledger lies that is put back."""
    work = settings.folder / WORK
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
        with opened_copy(settings.folder / WORK, source) as vault:
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
    for one in journal.read(ledger_stream()) if (work / REQUEST).exists() else ():
        if isinstance(one.fact, LedgerRestored) and one.entry.request_id == request_id(work):
            return one.fact
    return None
