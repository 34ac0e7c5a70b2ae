"""Facts, decisions and the store: what may happen on a journey, and the ledger that remembers it."""
