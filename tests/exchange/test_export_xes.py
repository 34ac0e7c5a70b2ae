"""The journeys as XES: what pm4py reads in the document is what the ledger held, and nothing leads back to anybody."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import msgspec
import pytest
from entering import Programme, changed, enrolled, on
from mining import (
    ENROLLED,
    EVENTS,
    HOSTILE,
    JOURNEY,
    ONE_KEY,
    OTHER_KEY,
    READERS,
    TRAITS,
    UUIDS,
    document,
    drawn,
    exported,
    german_day,
    plain,
    secrets_of,
    traces,
)
from steps import assigned, day, exited, missed, session

from projections.exchange.pseudonyms import Case, Pseudonyms
from projections.exchange.xes import xes
from projections.stores import Stores

ALWAYS = {"concept:name", "lifecycle:transition", "time:timestamp"}
IDS = {"org:resource", "ref", "placement"}


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


# --- what the log holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", READERS)
def test_every_step_is_an_event_with_its_attributes(programme: Programme, tmp_path: Path, reader: str) -> None:
    """One trace per participation with the traits at enrolment, one event per step with its fields, all typed."""
    programme.given(*JOURNEY)
    (trace,) = traces(exported("xes", programme), tmp_path, reader)
    assert {name: trace.attributes[name] for name in TRAITS} == TRAITS
    assert trace.attributes.keys() == {*TRAITS, "concept:name", "participant", "participation"}
    assert trace.attributes["participation"] == 1
    for event, (step, happened_on, attributes) in zip(trace.events, EVENTS, strict=True):
        assert (event["concept:name"], german_day(event["time:timestamp"])) == (step, on(happened_on))
        assert event["lifecycle:transition"] == "complete"
        found = plain({name: event[name] for name in event.keys() - ALWAYS - IDS})
        assert found == attributes
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in attributes.items()
        }


def test_a_start_and_its_end_name_the_same_thing(programme: Programme, tmp_path: Path) -> None:
    """`ref` is one pseudonym for all steps about a qualification, placement or funding, and another for each."""
    programme.given(*JOURNEY)
    programme.given(*JOURNEY)
    found = traces(exported("xes", programme), tmp_path)
    named = []
    for trace in found:
        about: dict[str, list[str]] = {}
        for event in trace.events:
            if "ref" in event:
                about.setdefault(event["ref"], []).append(event["concept:name"])
        named.append(about.keys())
        assert sorted(about.values()) == [
            ["funding_granted", "funding_ended"],
            ["placement_started", "placement_ended"],
            ["qualification_started", "qualification_abandoned"],
            ["qualification_started", "qualification_completed"],
        ]
        (funding,) = (event for event in trace.events if "placement" in event)
        (job,) = (event for event in trace.events if event["concept:name"] == "placement_started")
        assert (funding["concept:name"], funding["placement"]) == ("funding_granted", job["ref"])
    assert named[0].isdisjoint(named[1])


def test_events_stand_in_the_order_of_their_days_and_then_of_their_entry(programme: Programme, tmp_path: Path) -> None:
    """A step entered late stands where it happened; of one day, the one entered first stands first."""
    programme.given(ENROLLED, missed(50), session(10), missed(10), session(0))
    (trace,) = traces(exported("xes", programme), tmp_path)
    assert trace.steps == [
        ("enrolled", "2016-03-01"),
        ("coaching_session_held", "2016-03-01"),
        ("coaching_session_held", "2016-03-11"),
        ("appointment_missed", "2016-03-11"),
        ("appointment_missed", "2016-04-20"),
    ]


def test_day_begins_at_midnight_in_germany(programme: Programme) -> None:
    """The time of an event has the offset of its day: summer time, winter time, and local time before 1893."""
    opened = Programme(programme.stores, starts_on=on("1880-01-01"))
    opened.given(
        enrolled("1880-01-01"), changed("2016-03-27", single_parent=True), changed("2016-03-28", municipality="B")
    )
    text = exported("xes", opened)
    for moment in ("1880-01-01T00:00:00+00:53", "2016-03-27T00:00:00+01:00", "2016-03-28T00:00:00+02:00"):
        assert f'<date key="time:timestamp" value="{moment}"/>' in text


def test_resource_is_the_coach_in_care(programme: Programme, tmp_path: Path) -> None:
    """From the assignment to the next or the exit; the same coach has the same pseudonym on every journey."""
    one, two = assigned(2, "C1"), assigned(4, "C2")
    programme.given(ENROLLED, session(1), one, session(3), two, session(5), exited(6))
    programme.given(msgspec.structs.replace(ENROLLED, municipality="B"), assigned(2, "C2"), missed(2), missed(1))
    first, second = sorted(traces(exported("xes", programme), tmp_path), key=lambda trace: -len(trace.events))
    care = [event.get("org:resource") for event in first.events]
    assert care == [None, None, care[2], care[2], care[4], care[4], care[4]]
    assert None not in care[2:]
    assert care[2] != care[4]
    assert [event.get("org:resource") for event in second.events] == [None, None, care[4], care[4]]


def test_nobody_has_the_participant_in_care_after_the_exit(programme: Programme, tmp_path: Path) -> None:
    """What is recorded on the day of the exit is still in care, what happened later is not."""
    programme.given(*JOURNEY)
    (trace,) = traces(exported("xes", programme), tmp_path)
    assert "org:resource" in trace.events[-2]
    assert "org:resource" not in trace.events[-1]


def test_corrected_and_withdrawn_entries(programme: Programme, tmp_path: Path) -> None:
    """A correction counts instead of what it corrects, the withdrawn not at all; an older Datenstand knows neither."""
    journey = programme.given(ENROLLED, session(10, 30), missed(20), exited(30))
    gone = programme.given(ENROLLED)
    before = programme.datenstand
    programme.correct(journey, 2, happened_on=day(25), minutes=90)
    programme.correct(journey, 1, municipality="Raunheim")
    programme.withdraw(journey, 3)
    programme.withdraw(gone, 1)
    (trace,) = traces(exported("xes", programme), tmp_path)
    assert [step for step, _day in trace.steps] == ["enrolled", "coaching_session_held", "exited"]
    assert (trace.events[1]["minutes"], german_day(trace.events[1]["time:timestamp"])) == (90, day(25))
    assert trace.attributes["municipality"] == "Raunheim"
    former = traces(exported("xes", programme, before), tmp_path)
    assert sorted(len(trace.events) for trace in former) == [1, 4]
    (longer,) = (trace for trace in former if len(trace.events) == 4)
    assert (longer.events[1]["minutes"], longer.attributes["municipality"]) == (30, "Rüsselsheim")


def test_participations_of_a_person(programme: Programme, tmp_path: Path) -> None:
    """Two traces with one participant, numbered over those that count; other programmes have none here."""
    first = programme.given(ENROLLED, exited(10))
    person = programme.participant(first)
    programme.withdraw(programme.given(enrolled("2016-06-01", age=28), participant=person), 1)
    programme.given(enrolled("2017-06-01", age=29), participant=person)
    Programme(programme.stores).given(ENROLLED, participant=person)
    found = traces(exported("xes", programme), tmp_path)
    assert [(trace.attributes["participation"], trace.attributes["age"]) for trace in found] == [(1, 27), (2, 29)]
    assert len({trace.attributes["participant"] for trace in found}) == 1
    assert len({trace.attributes["concept:name"] for trace in found}) == 2


def test_empty_programme(programme: Programme, tmp_path: Path) -> None:
    """A log without traces is a log."""
    assert traces(exported("xes", programme), tmp_path) == []


# --- what it does not hold ------------------------------------------------------------------------------------


def test_nothing_leads_back(programme: Programme) -> None:
    """No id, code, account or ref of the ledger is in the document, and no attribute but the declared ones."""
    journeys = programme.given(*JOURNEY), programme.given(ENROLLED, session(1, note=b"\x01" * 93))
    text = exported("xes", programme)
    assert [secret for secret in secrets_of(programme, *journeys) if secret in text] == []
    keys = {element.get("key") for element in document(text).iter() if element.get("key")}
    fields = {name for _step, _day, attributes in EVENTS for name in attributes}
    assert keys == {*ALWAYS, *IDS, *TRAITS, *fields, "participant", "participation", "lifecycle:model"}


def test_two_exports_share_no_id(programme: Programme) -> None:
    """Pseudonyms are made anew for each export (§ 53 SGB II); under one key an export is the same again."""
    programme.given(*JOURNEY)
    programme.given(*JOURNEY)
    one, again, other = (exported("xes", programme, key=key) for key in (ONE_KEY, ONE_KEY, OTHER_KEY))
    ids = set(UUIDS.findall(one))
    assert len(ids) == 2 * (1 + 1 + 4) + 2
    assert one == again
    assert ids.isdisjoint(UUIDS.findall(other))
    assert UUIDS.sub("", one) == UUIDS.sub("", other)


def test_order_of_the_traces_tells_nothing(programme: Programme) -> None:
    """Traces stand in the order of the pseudonyms, so their place is another in every export."""
    for number in range(6):
        programme.given(msgspec.structs.replace(ENROLLED, age=20 + number))
    orders = {
        tuple(case.traits["age"].text for case in drawn(programme.stores, programme.key, key=bytes([number] * 32)))
        for number in range(6)
    }
    assert len(orders) > 1
    for order in orders:
        assert sorted(order) == [str(20 + number) for number in range(6)]


def test_key_has_to_be_long_enough() -> None:
    """An empty or short key would let everybody make the pseudonyms."""
    for key in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="bytes"):
            Pseudonyms(key)


# --- the document ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("before_the_rule")
@pytest.mark.parametrize("reader", READERS)
def test_hostile_texts_survive(programme: Programme, tmp_path: Path, reader: str) -> None:
    """What would break the XML is escaped and reads as it was."""
    programme.given(
        msgspec.structs.replace(ENROLLED, municipality=HOSTILE), changed("2016-04-01", municipality=HOSTILE)
    )
    (trace,) = traces(exported("xes", programme), tmp_path, reader)
    assert trace.attributes["municipality"] == HOSTILE
    assert trace.events[1]["municipality"] == HOSTILE


@pytest.mark.usefixtures("before_the_rule")
def test_characters_xml_cannot_hold(programme: Programme) -> None:
    """They become the replacement character; the document stays readable."""
    programme.given(msgspec.structs.replace(ENROLLED, municipality="A\x01\x0b\x1f\uffff\ufffeB"))
    found = document(exported("xes", programme)).find("trace/string[@key='municipality']")
    assert found is not None
    assert found.get("value") == "A" + "\N{REPLACEMENT CHARACTER}" * 5 + "B"


def test_document_is_built_as_the_standard_says(programme: Programme) -> None:
    """Extensions, globals, classifiers, attributes, traces, in this order; what is declared global is everywhere."""
    programme.given(*JOURNEY)
    programme.given(ENROLLED)
    log = document(exported("xes", programme))
    assert (log.tag, log.attrib) == ("log", {"xes.version": "1849.2016", "xes.features": ""})
    order = ["extension", "global", "classifier", "string", "trace"]
    places = [order.index(element.tag) for element in log]
    assert places == sorted(places)
    assert len({*places}) == len(order)
    prefixes = {extension.get("prefix") for extension in log.findall("extension")}
    keys = {str(element.get("key")) for element in log.iter() if element.get("key")}
    assert {key.partition(":")[0] for key in keys if ":" in key} == prefixes
    for scope, path in (("trace", "trace"), ("event", "trace/event")):
        (declared,) = log.findall(f"global[@scope='{scope}']")
        wanted = {(element.tag, element.get("key")) for element in declared}
        for found in log.findall(path):
            attributes = [(element.tag, element.get("key")) for element in found if element.tag != "event"]
            assert wanted <= set(attributes)
            assert len({key for _tag, key in attributes}) == len(attributes)
        classifiers = log.findall(f"classifier[@scope='{scope}']")
        assert {key for one in classifiers for key in str(one.get("keys")).split()} <= {key for _tag, key in wanted}
    for trace in log.findall("trace"):
        tags = [element.tag == "event" for element in trace]
        assert tags == sorted(tags)


def test_traces_are_written_as_they_are_drawn(programme: Programme) -> None:
    """However many journeys there are, one is in memory: the document of a log without end can be begun."""
    programme.given(ENROLLED)
    (case,) = drawn(programme.stores, programme.key)
    taken = []

    def endless() -> Iterator[Case]:
        for number in count():
            taken.append(number)
            yield case

    pieces = xes("endless", endless())
    text = "".join(islice(pieces, 200))
    assert len(taken) == text.count("<trace>") > 100
