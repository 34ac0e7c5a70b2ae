"""How every figure came about: the ledger of a programme entry by entry, and what each one moved."""

from projections.replay.entries import LedgerEntry
from projections.replay.steps import Day, Numbers, Step, as_told, by_day, numbers, replay

__all__ = ["Day", "LedgerEntry", "Numbers", "Step", "as_told", "by_day", "numbers", "replay"]
