"""Between entries and stored bytes."""

from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from given import NOW, SEALED, enrolment
from steps import assigned, exited, session

from domain.facts import Entry, Fact, Recorded, tag_of
from domain.journal.mapper import FactMapper, decode_fact

STREAM = UUID(int=7)
REQUEST = UUID(int=8)


def stored(fact: Fact) -> StoredEvent:
    entry = Entry(recorded_at=NOW, recorded_by="tester", request_id=REQUEST, fact=fact)  # type: ignore[arg-type]
    return FactMapper().to_stored_event(Recorded(STREAM, 3, entry))


def changed(event: StoredEvent, old: bytes, new: bytes) -> StoredEvent:
    assert old in event.state
    return StoredEvent(event.originator_id, event.originator_version, event.topic, event.state.replace(old, new))


def test_entry_is_stored_as_json_under_its_tag() -> None:
    """What lies in the database is readable without this code (DESIGN.md 2)."""
    event = stored(session(5))
    assert (event.originator_id, event.originator_version) == (STREAM, 3)
    assert event.topic == "journey.coaching_session_held"
    assert event.state == (
        b'{"recorded_at":"2018-02-19T12:00:00Z","recorded_by":"tester",'
        b'"request_id":"00000000-0000-0000-0000-000000000008",'
        b'"fact":{"type":"journey.coaching_session_held","happened_on":"2016-03-06","minutes":60}}'
    )


def test_entry_is_read_as_it_was_stored() -> None:
    """There and back again nothing has changed."""
    event = stored(enrolment(name=SEALED))
    recorded = FactMapper().to_domain_event(event)
    assert recorded.fact == enrolment(name=SEALED)
    assert FactMapper().to_stored_event(recorded) == event


@pytest.mark.parametrize("fact", [session(5, minutes=0), session(5, note=b"Beispielperson Eins"), assigned(5, "C 1")])
def test_fact_that_cannot_be_read_again_is_not_stored(fact: Fact) -> None:
    """What is stored is read for good, so it is read once before; the message shows nothing of the content."""
    with pytest.raises(MapperDeserialisationError) as refusal:
        stored(fact)
    assert f"Nr. 3 von {STREAM} ({tag_of(fact)})" in str(refusal.value)
    assert "Beispielperson" not in str(refusal.value)


def refusal_of(event: StoredEvent) -> str:
    with pytest.raises(MapperDeserialisationError) as refusal:
        FactMapper().to_domain_event(event)
    return str(refusal.value)


def test_topic_that_is_not_the_tag_is_refused() -> None:
    """The topic cannot say one thing and the state another."""
    event = stored(session(5))
    moved = StoredEvent(event.originator_id, event.originator_version, "journey.exited", event.state)
    message = refusal_of(moved)
    for part in ("journey.exited", "journey.coaching_session_held", str(STREAM), "3"):
        assert part in message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"minutes":60', b'"minutes":0'),
        (b'"minutes":60', b'"minutes":"viele"'),
        (b',"minutes":60', b""),
        (b'"minutes":60', b'"minuten":60'),
        (b'"minutes":60', b'"minutes":60,"extra":1'),
        (b"2016-03-06", b"2016-02-30"),
        (b"journey.coaching_session_held", b"journey.never_heard_of"),
        (b'{"recorded_at"', b"\xff"),
        (b"}}", b"}"),
    ],
)
def test_bytes_that_are_no_entry_are_refused(old: bytes, new: bytes) -> None:
    """What cannot be understood is never passed over; the message names the event (DESIGN.md 3)."""
    event = changed(stored(session(5)), old, new)
    message = refusal_of(event)
    assert f"Nr. 3 von {STREAM} (" in message
    with pytest.raises(MapperDeserialisationError) as refusal:
        decode_fact(event.originator_id, event.originator_version, event.topic, event.state)
    assert str(refusal.value) == message


def test_plain_text_does_not_pass_for_a_sealed_field() -> None:
    """A sealed field shorter than any envelope is refused (§ 67 SGB X)."""
    plain = msgspec.json.encode(b"Beispielperson Eins")
    event = stored(session(5, note=SEALED))
    message = refusal_of(changed(event, msgspec.json.encode(SEALED), plain))
    assert "Beispielperson" not in message
    assert plain.decode() not in message


@pytest.mark.parametrize(("old", "new"), [(b'"svp"', b'"Beispielperson"'), (b'"reason"', b'"Beispielperson"')])
def test_message_shows_no_value_that_is_unknown(old: bytes, new: bytes) -> None:
    """What is found in place of a value or a name could be personal too."""
    assert "Beispielperson" not in refusal_of(changed(stored(exited(5)), old, new))


def test_message_shows_nothing_of_the_content() -> None:
    """Neither values nor names found in broken bytes are shown; they could be personal."""
    event = stored(assigned(5, "C1", override_reason=SEALED))
    for old, new in (
        (b'"coach":"C1"', b'"coach":"Beispielperson Eins"'),
        (b'"happened_on":"2016-03-06"', b'"happened_on":"Beispielperson"'),
    ):
        assert "Beispielperson" not in refusal_of(changed(event, old, new))
