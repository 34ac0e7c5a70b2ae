"""What entries to look for in the ledger, and the query of either store that does it."""

import json
from typing import Any, NamedTuple
from uuid import UUID


class Search(NamedTuple):
    """Entries after one position and up to another, the first ones or (`backwards`) the last, at most `limit`.

    Of one of some topics; with each of some texts somewhere in the stored bytes; on one of some streams, or on a stream
    whose first entry has the text `beginning` in it. What is empty asks for nothing. No index knows topics and texts:
    every entry between the positions is looked at until there are enough, so the caller bounds them.
    """

    since: int
    upto: int
    limit: int
    backwards: bool = False
    topics: tuple[str, ...] = ()
    texts: tuple[bytes, ...] = ()
    streams: tuple[UUID, ...] = ()
    beginning: bytes = b""


POSTGRES_SEARCH = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM {table} e "
    "WHERE notification_id > %(since)s AND notification_id <= %(upto)s "
    "AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s)) "
    "AND NOT EXISTS (SELECT 1 FROM unnest(%(texts)s::bytea[]) wanted WHERE position(wanted IN state) = 0) "
    "AND (%(anywhere)s OR originator_id = ANY(%(streams)s) OR (%(beginning)s::bytea <> '' AND EXISTS "
    "(SELECT 1 FROM {table} f WHERE f.originator_id = e.originator_id AND f.originator_version = 1 "
    "AND position(%(beginning)s::bytea IN f.state) > 0))) ORDER BY notification_id {way} LIMIT %(limit)s"
)


def sqlite_search(search: Search, table: str) -> tuple[str, list[Any]]:
    """The query on SQLite and its values."""
    conditions = ["e.rowid > ?", "e.rowid <= ?"]
    values: list[Any] = [search.since, search.upto]
    if search.topics:
        conditions.append("e.topic IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(search.topics))
    for text in search.texts:
        conditions.append("instr(e.state, ?) > 0")
        values.append(text)
    if search.streams or search.beginning:
        # The plus sign keeps the planner from going by streams: what is wanted are the first in ledger order.
        listed = "+e.originator_id IN (SELECT value FROM json_each(?))"
        first = f"SELECT 1 FROM {table} f WHERE f.originator_id = e.originator_id AND f.originator_version = 1"
        conditions.append(f"({listed} OR (length(?) > 0 AND EXISTS ({first} AND instr(f.state, ?) > 0)))")
        values += [json.dumps([stream.hex for stream in search.streams]), search.beginning, search.beginning]
    query = (
        f"SELECT e.rowid, e.originator_id, e.originator_version, e.topic, e.state FROM {table} e "
        f"WHERE {' AND '.join(conditions)} ORDER BY e.rowid {'DESC' if search.backwards else 'ASC'} LIMIT ?"
    )
    return query, [*values, search.limit]
