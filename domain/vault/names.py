"""How persons are found by their name: by the beginnings of its words, of which only keyed hashes are kept.

The keyed hashes lie in the table `names` of the key store's file, whose transactions are begun by the key store.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

NameRow = tuple[bytes, str]
"""Keyed hash of the beginning of a word of a name, and the person."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS names (digest BLOB, participant TEXT REFERENCES persons, "
    "PRIMARY KEY (digest, participant)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS names_of_person ON names (participant)",
)
_FOUND = """
SELECT participant FROM names WHERE digest = ? AND (
    SELECT count(*) FROM names AS other WHERE other.digest IN ({places}) AND other.participant = names.participant) = ?
ORDER BY participant LIMIT ?
"""

SHORTEST, LONGEST = 2, 12
_WORDS = 20
_WORD = re.compile(r"[^\W_]+")
_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
    # letters that are not made of another and an accent, as far as people leave them out when they type
    | {"æ": "ae", "œ": "oe", "ø": "oe", "ı": "i", "ł": "l", "đ": "d"}
)


class Renamed(NamedTuple):
    """What storing names came to: the rows added, and those of earlier names that are to go."""

    added: Sequence[NameRow] = ()
    outdated: Sequence[NameRow] = ()


# --- words ------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """The first 20 different words of a name or a search, in lower case and without accents; ä, ö, ü and ß are spelt
    ae, oe, ue and ss. Whatever is neither a letter nor a digit separates words."""
    lower = unicodedata.normalize("NFC", text.lower()).translate(_SPELT_OUT).casefold()
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(letter))
    return list(dict.fromkeys(_WORD.findall(plain)))[:_WORDS]


def beginnings_of(name: str) -> set[str]:
    """What a name is found by: the first 2 to 12 characters of every word of it."""
    words = words_of(name)
    return {word[:length] for word in words for length in range(SHORTEST, min(len(word), LONGEST) + 1)}


def sought_in(search: str) -> list[str]:
    """The beginnings all of which a name must have, the longest first, since it finds the fewest.

    A word of one letter is passed over, and of a long one the first 12 characters count.
    """
    return sorted({word[:LONGEST] for word in words_of(search) if len(word) >= SHORTEST}, key=len, reverse=True)


# --- rows -------------------------------------------------------------------------------------------


def create_names(connection: sqlite3.Connection) -> None:
    """Make the table where it is missing, as in a file of an earlier version."""
    for statement in _TABLE:
        connection.execute(statement)


def add_names(
    connection: sqlite3.Connection, names: Mapping[UUID, set[bytes]], *, without_any: Collection[UUID]
) -> Renamed:
    """Add the keyed hashes of persons' names. Earlier ones stay until it is known that the name is stored; persons
    `without_any` cannot have one."""
    added: list[NameRow] = []
    outdated: list[NameRow] = []
    for participant, wanted in names.items():
        who = str(participant)
        there = set() if participant in without_any else _digests_of(connection, who)
        added += [(digest, who) for digest in wanted - there]
        outdated += [(digest, who) for digest in there - wanted]
    added.sort()  # in the order of the table: many at once touch each of its pages once
    connection.executemany("INSERT INTO names VALUES (?, ?)", added)
    return Renamed(added, outdated)


def _digests_of(connection: sqlite3.Connection, who: str) -> set[bytes]:
    return {digest for (digest,) in connection.execute("SELECT digest FROM names WHERE participant = ?", (who,))}


def drop_names(connection: sqlite3.Connection, rows: Iterable[NameRow]) -> None:
    """Delete rows."""
    connection.executemany("DELETE FROM names WHERE digest = ? AND participant = ?", rows)


def found_names(connection: sqlite3.Connection, digests: Sequence[bytes], limit: int) -> list[str]:
    """At most so many persons of whom all keyed hashes are there, always the same first ones; the rarest hash first
    makes it fast."""
    query = _FOUND.format(places=", ".join("?" * len(digests)))
    return [who for (who,) in connection.execute(query, (digests[0], *digests, len(digests), limit))]
