"""The auditor's bundle: one zip that is checked without this code base, by scripts/check_bundle.py alone."""

from projections.ledger.bundle.contents import Bundled, Wanted, wanted, write_bundle

__all__ = ["Bundled", "Wanted", "wanted", "write_bundle"]
