"""Backing up the stores while others go on writing, and putting a backup back with a note in the ledger."""

from projections.backup.database import dump_command, load_command
from projections.backup.files import CHECKPOINT, DUMP, KEYS, VERIFIER, Backup, Report, read_backup, stored_as
from projections.backup.making import make_backup
from projections.backup.placing import Restored
from projections.backup.restoring import Terms, restore

__all__ = [
    "CHECKPOINT",
    "DUMP",
    "KEYS",
    "VERIFIER",
    "Backup",
    "Report",
    "Restored",
    "Terms",
    "dump_command",
    "load_command",
    "make_backup",
    "read_backup",
    "restore",
    "stored_as",
]
