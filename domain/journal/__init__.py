"""The store of all facts: append, read, follow. The only importer of the library `eventsourcing`."""

from domain.journal.journal import Journal, Outcome, StoreAddress, refuse_database_functions
from domain.journal.streams import BERLIN, Repeated, Request, Streams

__all__ = ["BERLIN", "Journal", "Outcome", "Repeated", "Request", "StoreAddress", "Streams", "refuse_database_functions"]
