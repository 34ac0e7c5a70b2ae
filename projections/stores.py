"""The stores together: ledger and its seals, read model, vault, access; created once, opened by everything else."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from domain.access import Access
from domain.errors import NotReady
from domain.journal import Journal
from domain.texts import _
from domain.vault import FileKey, GivenKey, KeySource, ReadLog, Vault, parsed_key
from projections.data_protection import replay
from projections.ledger.notes import Signer
from projections.ledger.reads import seal_reads
from projections.ledger.seal_stores import create_seals, open_seals
from projections.ledger.sealer import seal
from projections.ledger.seals import Sealed, Seals
from projections.ledger.signing_keys import create_signing_key, read_signers
from projections.read_model import ReadModel, closing_model, create_read_model, open_read_model
from projections.settings import Settings


class Stores(NamedTuple):
    """The open stores of one process, and the file of the key that signs the ledger, if it is on this machine."""

    journal: Journal
    read_model: ReadModel
    vault: Vault
    seals: Seals
    signing_key: Path
    access: Access

    @property
    def signers(self) -> list[Signer]:
        """The keys on this machine that sign the ledger; read anew, since another process may replace them."""
        return read_signers(self.signing_key)

    def seal(self, now: datetime, progress: Callable[[int], None] = lambda _position: None) -> Sealed | None:
        """Seal what is new in the ledger and in the log of reads; refused as `seal` and `seal_reads` there."""
        sealed = seal(self.journal, self.seals, self.signers, now=now, progress=progress)
        seal_reads(self.vault.reads, self.signers, now=now)
        return sealed

    def covering(self, position: int, now: datetime) -> Sealed | None:
        """The first checkpoint that covers everything up to a position, made now if there is none.

        None where that would need a key that is not on this machine; refused as `seal`.
        """
        if self.signers and self.seals.covering(position) is None:
            self.seal(now)
        return self.seals.covering(position)


def create_stores(settings: Settings) -> None:
    """Create what is missing; what exists is left as it is."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    source = key_source(settings)
    if isinstance(source, FileKey) and not source.exists():
        if settings.keys.exists():
            raise NotReady("no_kek", _("Die Schlüsseldatei {path} fehlt.", path=settings.kek_path))
        source.create()
    Vault.create(settings.keys, source)
    ReadLog.create(settings.reads)
    Access.create(settings.access)
    Journal.create(settings.ledger)
    create_signing_key(settings.signing_key)
    create_seals(settings.ledger)
    create_read_model(settings.read_model, settings.database_url)


@contextmanager
def open_stores(settings: Settings) -> Iterator[Stores]:
    """Open all stores and close them after use.

    Before anything is served, what the ledger says about data protection is done to the keys again: a store put back
    from a backup brings nobody back. Refused (`NotReady`): a store that was not created; as `Vault.erase`.
    """
    with (
        closing(Journal(settings.ledger)) as journal,
        closing_model(open_read_model(settings.read_model, settings.database_url)) as read_model,
        closing(ReadLog(settings.reads)) as reads,
        closing(Vault(settings.keys, key_source(settings), reads)) as vault,
        closing(open_seals(settings.ledger)) as seals,
        closing(Access(settings.access)) as access,
    ):
        replay(journal, vault)
        yield Stores(journal, read_model, vault, seals, settings.signing_key, access)


def key_source(settings: Settings) -> KeySource:
    """Where the key that wraps every other key comes from. Refused (`NotReady`): a setting that is no such key, a next
    one beside a file, which is replaced by itself."""
    if settings.kek is None and settings.kek_next:
        text = _("WERDEGANG_KEK_NEXT gilt nur neben WERDEGANG_KEK: eine Schlüsseldatei wird von selbst ersetzt.")
        raise NotReady("bad_setting", text, field="kek_next")
    if settings.kek is None:
        return FileKey(settings.kek_path)
    return GivenKey(parsed_key(settings.kek), parsed_key(settings.kek_next) if settings.kek_next else None)
