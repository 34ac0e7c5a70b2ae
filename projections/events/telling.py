"""One entry of the ledger with all that belongs to it: its fields, what it came with, what it is about, its proof."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from domain.errors import NotFound
from domain.facts import (
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    Fact,
    Recorded,
    Step,
    Withdrawn,
    is_sealed,
    tag_of,
)
from domain.journal import Journal, Search
from domain.texts import Text, _
from projections.events.browsing import LOOK, as_stored, recorded_from
from projections.events.listed import AboutEntry, Listed, listed, standing_at
from projections.events.words import field_label, kind_label
from projections.ledger.leaves import line_of
from projections.ledger.seals import Seals
from projections.ledger.tree import leaf_hash

_BESIDE = 200
"""So many positions on either side are looked at for what was stored with an entry: it stands next to it."""
_SAID_ELSEWHERE = ("participant", "programme", "journey", "replacement", "figures", "content")
"""Fields not among those told: who and which are in the entry, and what is long stands in the stored text."""


class RelationKind(StrEnum):
    """How another entry belongs to one."""

    REQUEST = "request"  # stored by the same command
    BATCH = "batch"  # the one before or after it of the same import
    CORRECTS = "corrects"
    WITHDRAWS = "withdraws"
    DISPUTES = "disputes"
    SETTLES = "settles"
    CORRECTED_BY = "corrected_by"
    WITHDRAWN_BY = "withdrawn_by"
    DISPUTED_BY = "disputed_by"
    SETTLED_BY = "settled_by"
    BELONGS = "belongs"  # the same job, qualification, funding, edition, case or erasure


_THERE: dict[type, tuple[RelationKind, RelationKind]] = {
    Corrected: (RelationKind.CORRECTS, RelationKind.CORRECTED_BY),
    Withdrawn: (RelationKind.WITHDRAWS, RelationKind.WITHDRAWN_BY),
    Disputed: (RelationKind.DISPUTES, RelationKind.DISPUTED_BY),
    DisputeSettled: (RelationKind.SETTLES, RelationKind.SETTLED_BY),
}


class Field(Struct, frozen=True):
    """A field of a fact: its name and label, what it says and, where a correction changed it, what was said before.

    Of a sealed one only that it is there.
    """

    name: str
    label: Text
    value: Any = None
    before: Any = None
    changed: bool = False
    sealed: bool = False


class Relation(Struct, frozen=True):
    """Another entry that belongs to one, and how."""

    relation: RelationKind
    position: int
    kind: str
    label: Text


class Leaf(Struct, frozen=True):
    """The entry in the Merkle tree, hashes in hexadecimal.

    `number` and `sealed` are its leaf's as sealed, None as long as it is not; `computed` is the hash of what is stored
    now. The checkpoint is the first that covers it.
    """

    computed: str
    number: int | None = None
    sealed: str | None = None
    checkpoint_size: int | None = None
    checkpoint_position: int | None = None
    sealed_at: datetime | None = None

    @property
    def intact(self) -> bool | None:
        """Whether what is stored is what was sealed; None as long as nothing is."""
        return None if self.sealed is None else self.sealed == self.computed


class Told(Struct, frozen=True):
    """An entry with all that belongs to it.

    `before` and `after` are the positions next to it in the ledger, `before_in_stream` and `after_in_stream` those in
    its stream. `raw` is its stored text, last; `pseudonymised`: ids of persons and journeys are replaced in it.
    """

    entry: Listed
    label: Text
    fields: list[Field]
    relations: list[Relation]
    before: int | None
    after: int | None
    before_in_stream: int | None
    after_in_stream: int | None
    leaf: Leaf
    raw: str
    pseudonymised: bool = False


def tell(journal: Journal, seals: Seals, position: int, *, datenstand: int | None = None) -> Told:
    """The entry at a position, as known at a Datenstand. Nothing sealed is opened.

    Refused (`NotFound`): no entry there, or not yet at that Datenstand.
    """
    head = journal.head() if datenstand is None else datenstand
    row = journal.ledger.select_from(position) if position <= head else None
    if row is None or row[0] != position:
        text = _("An Position {position} steht kein Eintrag.", position=position)
        raise NotFound("unknown_entry", text, field="position")
    one = recorded_from(row)
    stream = journal.read(one.originator_id, upto=head)
    there = one.originator_version - 1
    return Told(
        entry=listed(journal, [one])[0],
        label=kind_label(one.fact),
        fields=list(_fields(one, stream)),
        relations=[*_in_stream(one, stream), *_beside(journal, one, head)],
        before=_next(journal, Search(0, position - 1, 1, backwards=True)),
        after=_next(journal, Search(position, head, 1)),
        before_in_stream=stream[there - 1].position if there else None,
        after_in_stream=stream[there + 1].position if there + 1 < len(stream) else None,
        leaf=_leaf(seals, position, line_of(str(row[1]), *row[2:])),
        raw=row[4].decode(),
    )


# --- what it says ---------------------------------------------------------------------------------


def _fields(one: Recorded, stream: Sequence[Recorded]) -> Iterator[Field]:
    fact = one.fact
    if isinstance(fact, Corrected):
        _position, before = standing_at(stream, fact.entry, one.originator_version - 1)
        yield from _fields_of(fact.replacement, before)
    yield from _fields_of(fact, None)


def _fields_of(fact: Fact, before: Step | None) -> Iterator[Field]:
    """The fields that say anything, now or before."""
    for field in msgspec.structs.fields(type(fact)):
        value, was = getattr(fact, field.name), getattr(before, field.name, None)
        if field.name in _SAID_ELSEWHERE or (value in (None, ()) and was in (None, ())):
            continue
        changed = before is not None and value != was
        label = field_label(field.name)
        if is_sealed(field):
            yield Field(field.name, label, changed=changed, sealed=True)
        else:
            told = msgspec.to_builtins(was) if changed else None
            yield Field(field.name, label, msgspec.to_builtins(value), told, changed=changed)


# --- what belongs to it ---------------------------------------------------------------------------


def _in_stream(one: Recorded, stream: Sequence[Recorded]) -> Iterator[Relation]:
    """The entries of its stream that it is about, that are about it, and that go with it."""
    concerned = one.fact.entry if isinstance(one.fact, AboutEntry) else None
    thread = _thread(one.fact)
    for other in stream:
        about = other.fact.entry if isinstance(other.fact, AboutEntry) else None
        if other.originator_version == concerned:
            yield _relation(_THERE[type(one.fact)][0], other)
        elif about == one.originator_version:
            yield _relation(_THERE[type(other.fact)][1], other)
        elif thread and other.position != one.position and thread & _thread(other.fact):
            yield _relation(RelationKind.BELONGS, other)


def _thread(fact: Any) -> set[object]:
    """What an entry has in common with others of its stream: a ref, an edition, a case, a person in the register."""
    said = getattr(fact, "replacement", fact)
    if isinstance(said, Enrolled):
        return set()
    names = ("ref", "placement", "number", "journey", "participant")
    return {value for name in names if (value := getattr(said, name, None)) is not None}


def _beside(journal: Journal, one: Recorded, head: int) -> Iterator[Relation]:
    """The entries stored by the same command, and those next to it in its batch."""
    low, high = max(0, one.position - _BESIDE - 1), min(head, one.position + _BESIDE)
    request = (as_stored("request_id", one.entry.request_id),)
    for row in journal.ledger.select_found(Search(low, high, 2 * _BESIDE, texts=request)):
        if row[0] != one.position:
            yield _relation(RelationKind.REQUEST, recorded_from(row))
    if one.entry.correlation_id is None:
        return
    batch = (as_stored("correlation_id", one.entry.correlation_id),)
    low, high = max(0, one.position - LOOK), min(head, one.position + LOOK)
    sides = (Search(low, one.position - 1, 1, backwards=True, texts=batch), Search(one.position, high, 1, texts=batch))
    for search in sides:
        for row in journal.ledger.select_found(search):
            yield _relation(RelationKind.BATCH, recorded_from(row))


def _relation(relation: RelationKind, other: Recorded) -> Relation:
    return Relation(relation, other.position, tag_of(other.fact), kind_label(other.fact))


def _next(journal: Journal, search: Search) -> int | None:
    found = journal.ledger.select_found(search)
    return found[0][0] if found else None


# --- its proof ------------------------------------------------------------------------------------


def _leaf(seals: Seals, position: int, line: bytes) -> Leaf:
    computed = leaf_hash(line).hex()
    number = seals.size_at(position) - 1
    sealed = seals.leaves(number, number + 1) if number >= 0 else []
    if not sealed or sealed[0].position != position:
        return Leaf(computed)
    covering = seals.covering(position)
    if covering is None:
        return Leaf(computed, number, sealed[0].hash.hex())
    return Leaf(computed, number, sealed[0].hash.hex(), covering.size, covering.position, covering.sealed_at)
