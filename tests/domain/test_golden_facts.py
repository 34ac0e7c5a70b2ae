"""Every fact that was ever stored can be read: `tests/golden/facts.jsonl` holds examples and only grows.

One canonical line `{"id", "v", "topic", "state"}` per example: id is the stream, v the version, state the stored
bytes as text. Every fact has one line with all optional fields and one with none, and every value of an enumeration
is in some line. A changed meaning gets a new tag and new lines; the old lines stay, because ledgers hold them for
good.

To add a fact, a field or a value: run this file. The messages hold the missing lines, made from the types of the
fields; put better values into them if you like and append them. Then run it again: the last message holds what to
append to `KEPT`.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from msgspec.inspect import type_info

from domain.facts import AnyFact, AnyStep, Corrected, Entry, Fact, HiddenCell, Recorded, Verdict, tag_of
from domain.journal import decode
from domain.journal.mapper import FactMapper

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts.jsonl"
KEPT: dict[int, str] = {
    112: "3c80fae0eab8ff13d71c082e5842680269fdb9879294e9216fd79408ab980228",
    129: "9b6ed3d1175e7a87ce41dd0b763ae4243329c97f90dbc0719ffcbd5becf5d3dd",
    159: "069dfa68aa86b978b26c1067c9d4fb071627ed778875c31f9b9f6a0312ad2b08",
    171: "10fbbac30394bb6042d2ae65675b5bd054a95be2826a5f571132d911c4d21d7e",
}
"""The SHA-256 of the first so many lines, after every addition."""
TO_APPEND = "to append to tests/golden/facts.jsonl:\n\n"
ID = UUID("01234567-89ab-4def-8123-456789abcdef")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The canonical line of one entry (DESIGN.md 4)."""

    id: UUID
    v: int
    topic: str
    state: str


def lines() -> list[bytes]:
    return GOLDEN.read_bytes().splitlines()


def entry_in(line: bytes) -> Entry:
    stored = msgspec.json.decode(line, type=Line)
    return decode(stored.id, stored.v, stored.topic, stored.state.encode())


def line_of(entry: Entry) -> bytes:
    stored = FactMapper().to_stored_event(Recorded(ID, 1, entry))
    return msgspec.json.encode(Line(ID, 1, stored.topic, stored.state.decode()))


def test_lines_are_read_and_written_the_same() -> None:
    """What was stored once is understood today and would be stored today in the same bytes."""
    for line in lines():
        stored = msgspec.json.decode(line, type=Line)
        assert msgspec.json.encode(stored) == line
        again = FactMapper().to_stored_event(Recorded(stored.id, stored.v, entry_in(line)))
        assert again.topic == stored.topic
        assert again.state.decode() == stored.state


def test_every_fact_has_a_line_with_everything_and_one_with_nothing() -> None:
    """All optional fields of every fact are stored in one line, and none in another."""
    found: dict[str, list[set[str]]] = {}
    for line in lines():
        state = msgspec.json.decode(entry_state(line))
        found.setdefault(state["fact"]["type"], []).append(set(state) | {f".{name}" for name in state["fact"]})
    missing = []
    for fact in get_args(AnyFact):
        for full in (True, False):
            if field_names(fact, full) not in found.get(tag_of(fact), []):
                missing.append(line_of(example(Entry, full, fact=example(fact, full))).decode())
    if missing:
        pytest.fail(TO_APPEND + "\n".join(missing), pytrace=False)


def test_every_step_is_corrected_once() -> None:
    """A correction holds a whole step, so every step is there within one too."""
    facts = [entry_in(line).fact for line in lines()]
    corrected = {type(fact.replacement) for fact in facts if isinstance(fact, Corrected)}
    missing = [step for step in get_args(AnyStep) if step not in corrected]
    if missing:
        facts = [example(Corrected, False, replacement=example(step, True)) for step in missing]
        text = "\n".join(line_of(example(Entry, True, fact=fact)).decode() for fact in facts)
        pytest.fail(TO_APPEND + text, pytrace=False)


def test_every_value_of_an_enumeration_is_stored_once() -> None:
    """The values are storage format: each is in some line, so none can be renamed or taken away."""
    found = {(type(value), value) for line in lines() for value in values_in(entry_in(line).fact)}
    missing = [
        line_of(example(Entry, False, fact=example(fact, False, **{field: (value,) if many else value})))
        for fact in get_args(AnyFact)
        for field, enumeration, many in enumerations_of(fact)
        for value in enumeration
        if (enumeration, value) not in found
    ]
    if missing:
        pytest.fail(TO_APPEND + b"\n".join(missing).decode(), pytrace=False)


@pytest.mark.parametrize("struct", [Verdict, HiddenCell])
def test_every_value_within_a_fact_is_stored_once(struct: type[msgspec.Struct]) -> None:
    """The same for what a fact holds many of."""
    found = {(type(value), value) for line in lines() for value in values_in(entry_in(line).fact)}
    wanted = {(kind, value) for _field, kind, _many in enumerations_of(struct) for value in kind}
    assert wanted
    assert wanted - found == set(), "values no line holds"


def test_lines_are_only_ever_added() -> None:
    """No line is changed or taken away."""
    stored = lines()
    for count, digest in KEPT.items():
        assert digest_of(stored[:count]) == digest, f"one of the first {count} lines was changed or taken away"
    if len(stored) not in KEPT:
        addition = f'{len(stored)}: "{digest_of(stored)}",'
        pytest.fail(f"to append to KEPT in {Path(__file__).name}:\n\n    {addition}", pytrace=False)


def digest_of(some: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(some)).hexdigest()


def values_in(value: Any) -> Iterator[Enum]:
    """The values of enumerations in a fact, those in structs and tuples in it included."""
    match value:
        case Enum():
            yield value
        case msgspec.Struct():
            for inner in msgspec.structs.astuple(value):
                yield from values_in(inner)
        case tuple():
            for inner in value:
                yield from values_in(inner)


def enumerations_of(fact: type[msgspec.Struct]) -> Iterator[tuple[str, type[Enum], bool]]:
    """The fields that hold a value of an enumeration, or none, and whether they hold many."""
    for field in type_info(fact).fields:
        for kind in getattr(field.type, "types", (field.type,)):
            match kind:
                case msgspec.inspect.EnumType(cls=cls):
                    yield field.name, cls, False
                case msgspec.inspect.VarTupleType(item_type=msgspec.inspect.EnumType(cls=cls)):
                    yield field.name, cls, True


# --- examples made from types -----------------------------------------------------------------------


def entry_state(line: bytes) -> str:
    return msgspec.json.decode(line, type=Line).state


def field_names(fact: type[Fact], full: bool) -> set[str]:
    """The names in the stored bytes, those of the fact with a dot."""
    of_entry = [one for one in msgspec.structs.fields(Entry) if full or one.required]
    of_fact = [one for one in msgspec.structs.fields(fact) if full or one.required]
    return {one.encode_name for one in of_entry} | {f".{one.encode_name}" for one in of_fact} | {".type"}


def example(kind: Any, full: bool, /, **given: Any) -> Any:
    """A value of a type: with all its optional fields, or with none."""
    return _example(type_info(kind), full, **given)


def _example(info: Any, full: bool, /, **given: Any) -> Any:
    match info:
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            values = {one.name: _example(one.type, full) for one in fields if one.required or full}
            return cls(**values | given)
        case msgspec.inspect.Metadata(type=inner):
            return _example(inner, full)
        case msgspec.inspect.UnionType(types=types):
            return _example(next(one for one in types if not isinstance(one, msgspec.inspect.NoneType)), full)
        case msgspec.inspect.EnumType(cls=cls):
            return list(cls)[-1]  # never a default
        case msgspec.inspect.VarTupleType(item_type=item):
            return (_example(item, full),)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return {_example(key, full): _example(value, full)}
        case msgspec.inspect.BytesType(min_length=length):
            return b"\x01" + bytes((length or 16) - 1)
        case msgspec.inspect.IntType(ge=low):
            return (low or 0) + 2
        case msgspec.inspect.StrType(pattern=pattern):
            return "Kennung-1" if pattern else "Rüsselsheim am Main"
        case _:
            return _PLAIN[type(info)]


_PLAIN: dict[type, Any] = {
    msgspec.inspect.BoolType: True,
    msgspec.inspect.DateTimeType: datetime(2018, 2, 19, 12, 34, 56, 789012, tzinfo=UTC),
    msgspec.inspect.DateType: date(2018, 2, 19),
    msgspec.inspect.DecimalType: Decimal("1234.50"),
    msgspec.inspect.FloatType: 30.5,
    msgspec.inspect.UUIDType: UUID("a0000000-0000-4000-8000-000000000001"),
}
