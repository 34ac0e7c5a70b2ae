"""Vaults of a test's own, with their log of reads beside them."""

from pathlib import Path

from domain.vault import FileKey, GivenKey, KeySource, ReadLog, Vault

KEY = bytes(range(32))


def new_vault(folder: Path, source: KeySource | None = None, name: str = "keys.db") -> Vault:
    """A vault made in a folder, unless it is there, and opened; by default under a fixed key."""
    source = source or GivenKey(KEY)
    if isinstance(source, FileKey) and not source.exists():
        source.create()
    Vault.create(folder / name, source)
    ReadLog.create(folder / "reads.db")
    return Vault(folder / name, source, ReadLog(folder / "reads.db"))


def close_vault(vault: Vault) -> None:
    """Close the vault and its log."""
    vault.close()
    vault.reads.close()
