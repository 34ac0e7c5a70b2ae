"""Prüfung: the ledger entry by entry, how the figures came about, and whether anything was changed."""

from web.pages.audit import bundles, checkpoints, entry, events, first, replay, verification
from web.pages.audit.area import blueprint

__all__ = ["blueprint", "bundles", "checkpoints", "entry", "events", "first", "replay", "verification"]
