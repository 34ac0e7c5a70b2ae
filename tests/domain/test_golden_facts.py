"""Every fact that was ever stored can be read: `tests/golden/facts.jsonl` holds examples and only grows.

One canonical line `{"id", "v", "topic", "state"}` per example: id is the stream, v the version, state the stored
bytes as text. Every fact has one line with all optional fields and one with none; a changed meaning gets a new tag
and new lines, and the old lines stay, because ledgers hold them for good.

To add a fact: run `test_every_fact_has_a_line_with_everything_and_one_with_nothing`. Its message holds a line of
each kind, made from the types of the fields; put better values into them if you like and append them to the file.
Then run `test_lines_are_only_ever_added`; its message holds what to append to `DIGESTS`.
"""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from msgspec.inspect import type_info

from domain.facts import AnyFact, AnyStep, Corrected, Entry, Fact, Recorded, Sealed, tag_of
from domain.journal import decode
from domain.journal.mapper import FactMapper

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "facts.jsonl"
DIGESTS: tuple[str, ...] = ()

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


@pytest.mark.parametrize("line", lines(), ids=lambda line: msgspec.json.decode(line)["topic"])
def test_line_is_read_and_written_the_same(line: bytes) -> None:
    """What was stored once is understood today and would be stored today in the same bytes."""
    stored = msgspec.json.decode(line, type=Line)
    assert msgspec.json.encode(stored) == line
    entry = entry_in(line)
    again = FactMapper().to_stored_event(Recorded(stored.id, stored.v, entry))
    assert again.topic == stored.topic
    assert again.state == stored.state.encode()


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
        pytest.fail("to append to tests/golden/facts.jsonl:\n\n" + "\n".join(missing), pytrace=False)


def test_every_step_is_corrected_once() -> None:
    """A correction holds a whole step, so every step is there within one too."""
    facts = [entry_in(line).fact for line in lines()]
    corrected = {type(fact.replacement) for fact in facts if isinstance(fact, Corrected)}
    missing = [step for step in get_args(AnyStep) if step not in corrected]
    if missing:
        corrections = [Corrected(entry=1, replacement=example(step, True), reason=example(Sealed, True)) for step in missing]
        text = "\n".join(line_of(example(Entry, True, fact=fact)).decode() for fact in corrections)
        pytest.fail(f"to append to tests/golden/facts.jsonl:\n\n{text}", pytrace=False)


def test_lines_are_only_ever_added() -> None:
    """No line is changed or taken away: the digests of all lines are kept here, in order."""
    digests = tuple(hashlib.sha256(line).hexdigest() for line in lines())
    assert digests[: len(DIGESTS)] == DIGESTS, "a stored example was changed or taken away"
    if added := digests[len(DIGESTS) :]:
        text = "\n".join(f'    "{digest}",' for digest in added)
        pytest.fail(f"to append to DIGESTS in {Path(__file__).name}:\n\n{text}", pytrace=False)


# --- examples made from types -----------------------------------------------------------------------


def entry_state(line: bytes) -> str:
    return msgspec.json.decode(line, type=Line).state


def field_names(fact: type[Fact], full: bool) -> set[str]:
    """The names in the stored bytes, those of the fact with a dot."""
    of_entry = [one for one in msgspec.structs.fields(Entry) if full or one.required]
    of_fact = [one for one in msgspec.structs.fields(fact) if full or one.required]
    return {one.encode_name for one in of_entry} | {f".{one.encode_name}" for one in of_fact} | {".type"}


def example(kind: Any, full: bool, **given: Any) -> Any:
    """A value of a type: with all its optional fields, or with none."""
    return _example(type_info(kind), full, **given)


def _example(info: Any, full: bool, **given: Any) -> Any:
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
