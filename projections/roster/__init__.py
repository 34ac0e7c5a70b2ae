"""The list of journeys: which somebody may see, filtered, sorted, in pages, counted.

    listed = page(model, scope, Filter(programme="lzb-gg"), today, datenstand)
    more = page(model, scope, Filter(programme="lzb-gg"), today, datenstand, after=listed.next_cursor)

Everything answers as known at the Datenstand, and as it stood on the day. Rows name people by their random ids only.
"""

from projections.roster.due import Due, DueKind
from projections.roster.filters import Filter
from projections.roster.listing import Listed, Page, Sort, count, page, stage_counts
from projections.roster.scope import EVERYTHING, Scope, is_visible, visible, visible_among

__all__ = [
    "EVERYTHING",
    "Due",
    "DueKind",
    "Filter",
    "Listed",
    "Page",
    "Scope",
    "Sort",
    "count",
    "is_visible",
    "page",
    "stage_counts",
    "visible",
    "visible_among",
]
