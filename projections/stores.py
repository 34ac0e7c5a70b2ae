"""The three stores together: ledger, read model, vault; created once, opened by everything else."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from domain.errors import NotReady
from domain.journal import Journal
from domain.texts import _
from domain.vault import Vault
from projections.read_model import ReadModel, closing_model, create_read_model, open_read_model
from projections.settings import Settings

_KEY_BYTES = 32


class Stores(NamedTuple):
    """The open stores of one process."""

    journal: Journal
    read_model: ReadModel
    vault: Vault


def create_stores(settings: Settings) -> None:
    """Create what is missing; what exists is left as it is."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    if settings.kek is None and not settings.kek_path.exists():
        if settings.keys.exists():
            raise NotReady("no_kek", _("Die Schlüsseldatei {path} fehlt.", path=settings.kek_path))
        descriptor = os.open(settings.kek_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(_KEY_BYTES).hex() + "\n")
    Vault.create(settings.keys, key_encryption_key(settings))
    Journal.create(settings.ledger)
    create_read_model(settings.read_model, settings.database_url)


@contextmanager
def open_stores(settings: Settings) -> Iterator[Stores]:
    """Open all stores and close them after use. Refused (`NotReady`): one that was not created."""
    with (
        closing(Journal(settings.ledger)) as journal,
        closing_model(open_read_model(settings.read_model, settings.database_url)) as read_model,
        closing(Vault(settings.keys, key_encryption_key(settings))) as vault,
    ):
        yield Stores(journal, read_model, vault)


def key_encryption_key(settings: Settings) -> bytes:
    """The 32 bytes that wrap every other key. Refused (`NotReady`): none there, or not 64 hexadecimal digits."""
    text = settings.kek
    if text is None:
        try:
            text = settings.kek_path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise NotReady("no_kek", _("Die Schlüsseldatei {path} fehlt.", path=settings.kek_path)) from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise NotReady("bad_kek", _("Der Hauptschlüssel muss aus 64 Hexadezimalziffern bestehen."))
    return key
