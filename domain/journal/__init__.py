"""The store of all facts: append, read, follow. The only importer of the library `eventsourcing`."""

from domain.journal.address import StoreAddress, refuse_database_functions
from domain.journal.journal import Journal, Outcome
from domain.journal.mapper import decode, decode_fact
from domain.journal.recorders import Scanned
from domain.journal.search import Search
from domain.journal.streams import BERLIN, Decided, Repeated, Request, Streams

__all__ = [
    "BERLIN",
    "Decided",
    "Journal",
    "Outcome",
    "Repeated",
    "Request",
    "Scanned",
    "Search",
    "StoreAddress",
    "Streams",
    "decode",
    "decode_fact",
    "refuse_database_functions",
]
