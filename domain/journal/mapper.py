"""Between an entry at its place and the bytes the store keeps."""

from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from domain.facts import Entry, Recorded, tag_of

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


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
    try:
        entry = _decode(state)
    except msgspec.DecodeError as error:
        place = str(error).rpartition(" - at ")[2] if " - at " in str(error) else "state"
        raise MapperDeserialisationError(f"{topic} {stream} {version}: unreadable at {place}") from None
    if entry.fact.__struct_config__.tag != topic:
        raise MapperDeserialisationError(f"{topic} {stream} {version}: the state says {tag_of(entry.fact)}")
    return entry
