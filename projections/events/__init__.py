"""The ledger as an auditor reads it: its entries in their order, one entry with all that belongs to it, pseudonyms."""

from projections.events.browsing import EVERYTHING, Filter, Kinds, Page, before_day, browse, kinds
from projections.events.listed import Listed
from projections.events.names import AuditNames
from projections.events.telling import Field, Leaf, Relation, Told, tell
from projections.events.words import field_label, kind_label

__all__ = [
    "EVERYTHING",
    "AuditNames",
    "Field",
    "Filter",
    "Kinds",
    "Leaf",
    "Listed",
    "Page",
    "Relation",
    "Told",
    "before_day",
    "browse",
    "field_label",
    "kind_label",
    "kinds",
    "tell",
]
