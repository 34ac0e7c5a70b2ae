"""Between an entry at its place and the bytes the store keeps."""

from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from msgspec import Struct

from domain.errors import NotReady
from domain.facts import AnyFact, Entry, Recorded, tag_of
from domain.texts import _

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class _FactAlone(Struct):
    """An entry of which only the fact is wanted; the rest is passed over unread."""

    fact: AnyFact


_decode_fact = msgspec.json.Decoder(_FactAlone).decode


class UnreadableEntry(NotReady, MapperDeserialisationError):
    """Stored bytes that are no entry, or another than their topic says; names the place, never the content."""

    @classmethod
    def at(cls, stream: object, version: int, topic: str, place: str) -> Self:
        """The entry with that number on that stream; `place` is where in its state reading fails."""
        text = _(
            "Der Eintrag Nr. {version} von {stream} ({topic}) ist nicht lesbar: {place}.",
            version=version,
            stream=stream,
            topic=topic,
            place=place,
        )
        return cls("unreadable_entry", text)


class FactMapper(Mapper[UUID]):
    """JSON of `facts.Entry`; the topic is the fact's tag, never a Python path."""

    def __init__(self) -> None:
        super().__init__(transcoder=None)  # type: ignore[arg-type]  # msgspec does the whole work

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The bytes of a `Recorded`. Refused: what could not be read again, such as a plain text in a sealed field."""
        stream, version, entry = domain_event.originator_id, domain_event.originator_version, domain_event.entry
        topic, state = tag_of(entry.fact), _encode(entry)
        decode(stream, version, topic, state)
        return StoredEvent(stream, version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The `Recorded` of stored bytes. Refused: bytes that are no entry, a topic that is not the fact's tag."""
        stream, version = stored_event.originator_id, stored_event.originator_version
        entry = decode(stream, version, stored_event.topic, stored_event.state)
        return Recorded(UUID(str(stream)), version, entry)


def decode(stream: object, version: int, topic: str, state: bytes) -> Entry:
    """The entry in stored bytes; a failure names the event and never its content."""
    entry: Entry = _checked(_decode, stream, version, topic, state)
    return entry


def decode_fact(stream: object, version: int, topic: str, state: bytes) -> Any:
    """The fact in stored bytes, for a fold that wants nothing else; fails as `decode`."""
    return _checked(_decode_fact, stream, version, topic, state).fact


def _checked(decoder: Callable[[bytes], Any], stream: object, version: int, topic: str, state: bytes) -> Any:
    try:
        found = decoder(state)
    except msgspec.DecodeError as error:
        place = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "state"
        raise UnreadableEntry.at(stream, version, topic, place) from None
    if found.fact.__struct_config__.tag != topic:
        raise UnreadableEntry.at(stream, version, topic, tag_of(found.fact))
    return found
