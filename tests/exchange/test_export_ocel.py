"""The journeys as OCEL 2.0: what pm4py reads is what the ledger held, the log holds together, nothing leads back."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import msgspec
import pm4py
import pytest
from entering import Programme, changed, enrolled
from example_once import put_behind
from mining import (
    ENROLLED,
    EVENTS,
    FUNDING,
    HOSTILE,
    JOB,
    JOURNEY,
    ONE_KEY,
    OTHER_KEY,
    READERS,
    TRAITS,
    UUIDS,
    drawn,
    exported,
    german_day,
    held,
    objects_and_events,
    secrets_of,
    traces,
)
from pm4py.objects.ocel.validation import jsonocel
from steps import day, exited, missed, session

from domain.facts import STEP_BY_NAME
from projections.exchange.ocel import (
    EVENT_TYPES,
    OBJECT_TYPES,
    BrokenLog,
    LogEvent,
    LogObject,
    ObjectValue,
    Relation,
    check,
    ocel,
)
from projections.exchange.pseudonyms import Case, Typed
from projections.stores import Stores
from scripts.example import PROGRAMME

Document = dict[str, list[dict[str, Any]]]
INITIAL = "1970-01-01T00:00:00Z"


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def log(programme: Programme, datenstand: int | None = None) -> Document:
    """The document as JSON."""
    return json.loads(exported("ocel", programme, datenstand))


def by_type(document: Document, kind: str) -> list[dict[str, Any]]:
    """The objects or events of a type."""
    return [one for one in (*document["objects"], *document["events"]) if one["type"] == kind]


def values(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The values of an object as (time, name, value)."""
    return [(value["time"], value["name"], value["value"]) for value in one["attributes"]]


# --- what the log holds ------------------------------------------------------------------------------------


def test_every_step_is_an_event_with_its_attributes(programme: Programme, tmp_path: Path) -> None:
    """One event per step that counts, with its day and its fields in their types."""
    programme.given(*JOURNEY)
    events = objects_and_events(exported("ocel", programme), tmp_path).events
    found = []
    for event in events.to_dict("records"):
        found.append((event["ocel:activity"], str(german_day(event["ocel:timestamp"])), held(event)))
    assert Counter(map(repr, sorted(found, key=repr))) == Counter(map(repr, sorted(_as_read(EVENTS), key=repr)))


def _as_read(events: list[tuple[str, str, dict[str, Any]]]) -> list[tuple[str, str, dict[str, Any]]]:
    """Events with their attributes in the order of pm4py's columns, whole numbers in a column with gaps as floats."""
    columns = list(dict.fromkeys(name for kind in EVENT_TYPES.values() for name in kind))
    wanted = []
    for step, happened_on, attributes in events:
        ordered = {name: attributes[name] for name in columns if name in attributes}
        wanted.append((step, happened_on, {n: float(v) if type(v) is int else v for n, v in ordered.items()}))
    return wanted


def test_objects_have_the_attributes_of_their_beginning(programme: Programme, tmp_path: Path) -> None:
    """A participant has the traits at enrolment; a spell what was said when it began; coaches have none."""
    programme.given(*JOURNEY)
    objects = objects_and_events(exported("ocel", programme), tmp_path).objects.to_dict("records")
    found: dict[str, list[dict[str, Any]]] = {}
    for one in objects:
        found.setdefault(one["ocel:type"], []).append(held(one))
    assert found.pop("qualification") == [{"kind": "fbw", "provider": "Bildungsträger Süd"}, {"kind": "sprachkurs"}]
    assert found == {
        "participant": [TRAITS],
        "journey": [{"participation": 1}],
        "placement": [JOB],
        "funding": [FUNDING],
        "coach": [{}, {}],
    }


def test_events_and_objects_are_related(programme: Programme) -> None:
    """Every event is part of a journey and about a participant; a step about a spell says what it is to it."""
    programme.given(*JOURNEY)
    document = log(programme)
    kinds = {one["id"]: one["type"] for one in document["objects"]}
    between_events = [
        (event["type"], [(one["qualifier"], kinds[one["objectId"]]) for one in event["relationships"]])
        for event in document["events"]
    ]
    always = [("part of", "journey"), ("about", "participant")]
    care = [*always, ("in care of", "coach")]
    assert between_events == [
        ("enrolled", always),
        ("coach_assigned", [*always, ("assigns", "coach")]),
        ("coaching_session_held", care),
        ("appointment_missed", care),
        ("qualification_started", [*care, ("starts", "qualification")]),
        ("qualification_completed", [*care, ("completes", "qualification")]),
        ("qualification_started", [*care, ("starts", "qualification")]),
        ("qualification_abandoned", [*care, ("abandons", "qualification")]),
        ("placement_started", [*care, ("starts", "placement")]),
        ("funding_granted", [*care, ("grants", "funding"), ("supports", "placement")]),
        ("circumstances_changed", care),
        ("funding_ended", [*care, ("ends", "funding")]),
        ("placement_ended", [*care, ("ends", "placement")]),
        ("coach_assigned", [*always, ("assigns", "coach")]),
        ("exited", care),
        ("whereabouts_recorded", always),
    ]
    between_objects = Counter(
        (one["type"], relation["qualifier"], kinds[relation["objectId"]])
        for one in document["objects"]
        for relation in one["relationships"]
    )
    assert between_objects == {
        ("participant", "has", "journey"): 1,
        ("participant", "has", "qualification"): 2,
        ("participant", "has", "placement"): 1,
        ("participant", "has", "funding"): 1,
        ("funding", "supports", "placement"): 1,
    }


def test_start_and_end_are_about_the_same_object(programme: Programme, tmp_path: Path) -> None:
    """The lifecycle of a placement is its start and its end, of each qualification its own two steps."""
    programme.given(*JOURNEY)
    programme.given(*JOURNEY)
    read = objects_and_events(exported("ocel", programme), tmp_path)
    for kind, lifecycles in (
        ("placement", {("placement_started", "funding_granted", "placement_ended"): 2}),
        ("funding", {("funding_granted", "funding_ended"): 2}),
        (
            "qualification",
            {
                ("qualification_started", "qualification_completed"): 2,
                ("qualification_started", "qualification_abandoned"): 2,
            },
        ),
    ):
        relations = read.relations[read.relations["ocel:type"] == kind].sort_values("ocel:timestamp", kind="stable")
        found = Counter(tuple(group) for _id, group in relations.groupby("ocel:oid")["ocel:activity"])
        assert found == lifecycles


def test_changed_circumstances_are_values_with_a_time(programme: Programme, tmp_path: Path) -> None:
    """The value at enrolment is the first; each change has its day; the last entry of a day counts."""
    programme.given(
        enrolled("2016-03-01", municipality="A", single_parent=False),
        changed("2016-05-02", single_parent=True),
        changed("2016-04-01", municipality="B"),
        changed("2016-05-02", single_parent=False, municipality="C"),
        changed("2016-06-01", municipality="C"),
        changed("2016-03-01", single_parent=True),
    )
    document = log(programme)
    (participant,) = by_type(document, "participant")
    assert [one for one in values(participant) if one[1] in ("municipality", "single_parent")] == [
        (INITIAL, "single_parent", "false"),
        (INITIAL, "municipality", "A"),
        ("2016-03-01T00:00:00+01:00", "single_parent", "true"),
        ("2016-04-01T00:00:00+02:00", "municipality", "B"),
        ("2016-05-02T00:00:00+02:00", "single_parent", "false"),
        ("2016-05-02T00:00:00+02:00", "municipality", "C"),
    ]
    changes = objects_and_events(exported("ocel", programme), tmp_path).object_changes.to_dict("records")
    assert [(str(german_day(one["ocel:timestamp"])), one["ocel:field"]) for one in changes] == [
        ("2016-03-01", "single_parent"),
        ("2016-05-02", "single_parent"),
        ("2016-04-01", "municipality"),
        ("2016-05-02", "municipality"),
    ]


def test_participations_of_a_person(programme: Programme) -> None:
    """One participant with two journeys; what differs at the second enrolment is a change of its day."""
    person = programme.participant(programme.given(ENROLLED, changed("2016-04-01", municipality="B"), exited(60)))
    programme.given(enrolled("2017-06-01", age=28, municipality="B", single_parent=False), participant=person)
    programme.given(ENROLLED)
    document = log(programme)
    assert sorted(one["attributes"][0]["value"] for one in by_type(document, "journey")) == ["1", "1", "2"]
    assert len(by_type(document, "participant")) == 2
    (twice,) = (one for one in by_type(document, "participant") if len(one["relationships"]) == 2)
    assert [one for one in values(twice) if one[0] != INITIAL] == [
        ("2016-04-01T00:00:00+02:00", "municipality", "B"),
        ("2017-06-01T00:00:00+02:00", "age", "28"),
    ]


def test_corrected_and_withdrawn_entries(programme: Programme) -> None:
    """A correction counts instead of what it corrects, the withdrawn not at all; an older Datenstand knows neither."""
    journey = programme.given(*JOURNEY[:2], session(10, 30), missed(20), exited(30))
    before = programme.datenstand
    programme.correct(journey, 3, happened_on=day(25), minutes=90)
    programme.withdraw(journey, 4)
    programme.withdraw(journey, 2)
    now, former = log(programme), log(programme, before)
    assert [event["type"] for event in now["events"]] == ["enrolled", "coaching_session_held", "exited"]
    (held,) = by_type(now, "coaching_session_held")
    assert (held["time"], held["attributes"][0]) == ("2016-03-26T00:00:00+01:00", {"name": "minutes", "value": "90"})
    assert by_type(now, "coach") == []
    assert len(former["events"]) == 5
    assert len(by_type(former, "coach")) == 1


def test_empty_programme(programme: Programme) -> None:
    """Everything is declared, and nothing is there."""
    document = log(programme)
    assert (document["objects"], document["events"]) == ([], [])
    assert len(document["eventTypes"]) == len(STEP_BY_NAME)


# --- what it does not hold -----------------------------------------------------------------------------------


def test_nothing_leads_back(programme: Programme) -> None:
    """No id, code, account or ref of the ledger is in the document."""
    journeys = programme.given(*JOURNEY), programme.given(ENROLLED)
    text = exported("ocel", programme)
    assert [secret for secret in secrets_of(programme, *journeys) if secret in text] == []


def test_two_exports_share_no_id(programme: Programme) -> None:
    """Pseudonyms are made anew for each export (§ 53 SGB II); under one key an export is the same again."""
    programme.given(*JOURNEY)
    programme.given(*JOURNEY)
    one, again, other = (exported("ocel", programme, key=key) for key in (ONE_KEY, ONE_KEY, OTHER_KEY))
    assert one == again
    assert len({*UUIDS.findall(one)}) == 2 * (1 + 1 + 4 + len(JOURNEY)) + 2
    assert {*UUIDS.findall(one)}.isdisjoint(UUIDS.findall(other))


def test_both_forms_of_one_key_fit_together(programme: Programme, tmp_path: Path) -> None:
    """The journeys of the object-centric log, taken as cases, are the traces of the other."""
    programme.given(*JOURNEY)
    programme.given(ENROLLED, session(10))
    read = objects_and_events(exported("ocel", programme), tmp_path)
    flat = pm4py.ocel_flattening(read, "journey")
    taken = {case: Counter(steps) for case, steps in flat.groupby("case:concept:name")["concept:name"]}
    assert taken == {
        trace.attributes["concept:name"]: Counter(step for step, _day in trace.steps)
        for trace in traces(exported("xes", programme), tmp_path)
    }


# --- the document ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("before_the_rule")
def test_hostile_texts_survive(programme: Programme, tmp_path: Path) -> None:
    """Whatever a text holds, it reads as it was."""
    programme.given(msgspec.structs.replace(ENROLLED, municipality=HOSTILE), changed("2016-04-01", municipality="\x01"))
    read = objects_and_events(exported("ocel", programme), tmp_path)
    assert HOSTILE in set(read.objects["municipality"])
    assert set(read.object_changes["municipality"]) == {"\x01"}


def schema() -> dict[str, Any]:
    """What the published schema of the format asks for (ocel-standard.org, JSON Schema draft 7)."""
    text: dict[str, Any] = {"type": "string"}
    moment = {"type": "string", "format": "date-time"}

    def many(required: str, **properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "object", "properties": properties, "required": required.split()},
        }

    types = many("name attributes", name=text, attributes=many("name type", name=text, type=text))
    related = many("objectId qualifier", objectId=text, qualifier=text)
    of_events = many("name value", name=text, value=text)
    of_objects = many("name value time", name=text, value=text, time=moment)
    events = many("id type time", id=text, type=text, time=moment, attributes=of_events, relationships=related)
    objects = many("id type", id=text, type=text, attributes=of_objects, relationships=related)
    properties = {"eventTypes": types, "objectTypes": types, "events": events, "objects": objects}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": properties,
        "required": [*properties],
    }


def test_document_fits_the_published_schema(programme: Programme, tmp_path: Path) -> None:
    """As pm4py validates it; values are texts there."""
    programme.given(*JOURNEY)
    document = log(programme)
    (tmp_path / "schema.json").write_text(json.dumps(schema()), "utf-8")
    for name, valid in (("log", True), ("broken", False)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(document), "utf-8")
        assert jsonocel.apply(str(path), str(tmp_path / "schema.json")) is valid
        document["events"][2]["attributes"][0]["value"] = 45


def test_everything_used_is_declared(programme: Programme) -> None:
    """Each type once, with attributes of the five types there are; each value of a type that declares it."""
    programme.given(*JOURNEY)
    document = log(programme)
    for types, used in (("objectTypes", "objects"), ("eventTypes", "events")):
        declared = {one["name"]: {attribute["name"] for attribute in one["attributes"]} for one in document[types]}
        assert len(declared) == len(document[types])
        kinds = {attribute["type"] for one in document[types] for attribute in one["attributes"]}
        assert kinds <= {"string", "integer", "float", "boolean", "time"}
        for one in document[used]:
            assert {attribute["name"] for attribute in one["attributes"]} <= declared[one["type"]]
    assert {one["name"] for one in document["eventTypes"]} == set(STEP_BY_NAME)


# --- a broken log ----------------------------------------------------------------------------------------------

PERSON = LogObject("P", "participant", [ObjectValue("age", INITIAL, Typed("integer", "27"))], [Relation("J", "has")])
JOURNEY_OF_PERSON = LogObject("J", "journey", [], [])
EXITED = LogEvent("e", "exited", INITIAL, {"reason": Typed("string", "svp")}, [Relation("J", "part of")])


def _person(**changed: Any) -> tuple[list[LogObject], list[LogEvent]]:
    return [PERSON._replace(**changed), JOURNEY_OF_PERSON], [EXITED]


def _event(**changed: Any) -> tuple[list[LogObject], list[LogEvent]]:
    return [PERSON, JOURNEY_OF_PERSON], [EXITED._replace(**changed)]


BROKEN = {
    "relation of an object to nothing": _person(relations=[Relation("nobody", "has")]),
    "relation of an event to nothing": _event(relations=[Relation("nobody", "part of")]),
    "relation without qualifier": _event(relations=[Relation("J", "")]),
    "object of no type": _person(type="person"),
    "event of no type": _event(type="left"),
    "attribute an object type has not": _person(attributes=[ObjectValue("name", INITIAL, Typed("string", "x"))]),
    "attribute an event type has not": _event(attributes={"minutes": Typed("integer", "1")}),
    "attribute of another type": _person(attributes=[ObjectValue("age", INITIAL, Typed("string", "27"))]),
    "value not of its type": _person(attributes=[ObjectValue("age", INITIAL, Typed("integer", "young"))]),
    "two values at one time": _person(attributes=[*PERSON.attributes, *PERSON.attributes]),
    "object twice": ([PERSON, JOURNEY_OF_PERSON, PERSON], [EXITED]),
    "event twice": ([PERSON, JOURNEY_OF_PERSON], [EXITED, EXITED]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_log_is_noticed(name: str) -> None:
    """What the schema does not catch is a fault of ours and never handed out."""
    check([PERSON, JOURNEY_OF_PERSON], [EXITED])
    with pytest.raises(BrokenLog):
        check(*BROKEN[name])


@pytest.mark.parametrize(
    ("kind", "text"), [("boolean", "True"), ("float", "1,5"), ("time", "01.02.2017"), ("integer", "1.0")]
)
def test_values_are_written_as_their_type_wants(kind: str, text: str) -> None:
    """A German number or a Python truth value would be read as something else."""
    (name, declared), *_others = ((n, t) for t in OBJECT_TYPES for n, k in OBJECT_TYPES[t].items() if k == kind)
    with pytest.raises(BrokenLog):
        check([LogObject("x", declared, [ObjectValue(name, INITIAL, Typed(kind, text))], [])], [])


def test_writer_checks_before_it_writes(programme: Programme) -> None:
    """A case that refers to what never began is refused, and nothing of it is written."""
    programme.given(*JOURNEY)
    (case,) = drawn(programme.stores, programme.key)
    without_start = case._replace(events=[one for one in case.events if one.step != "placement_started"])
    written = []
    with pytest.raises(BrokenLog, match="supports"):
        written.extend(ocel([without_start]))
    assert case.participant not in "".join(written)


@pytest.mark.parametrize("order", [(0, 1, 0), (1, 0)])
def test_writer_wants_a_participants_cases_together(programme: Programme, order: tuple[int, ...]) -> None:
    """A participant who comes again later would be two objects of one id."""
    programme.given(ENROLLED)
    programme.given(ENROLLED)
    found = list(drawn(programme.stores, programme.key))
    with pytest.raises(BrokenLog, match="after"):
        list(ocel(found[number] for number in order))


def test_objects_are_written_as_they_are_drawn(programme: Programme) -> None:
    """However many participants there are, one is in memory: the document of a log without end can be begun."""
    programme.given(ENROLLED)
    (case,) = drawn(programme.stores, programme.key)
    taken = []

    def endless() -> Iterator[Case]:
        for number in count():
            taken.append(number)
            yield case._replace(id=f"j{number}", participant=f"p{number:09}", events=[])

    def with_enrolment() -> Iterator[Case]:
        for one in endless():
            yield one._replace(events=[case.events[0]._replace(id=f"e{one.id}")])

    text = "".join(islice(ocel(with_enrolment()), 100))
    assert 90 < len(taken) <= 101
    assert text.count('"type":"journey"') == text.count('"type":"participant"') == 99


# --- the example ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(shared_stores: Stores, example_folder: Path) -> Stores:
    """The same stores with the example programme in them."""
    put_behind(example_folder, shared_stores)
    return shared_stores


def counted(stores: Stores, what: str, table: str) -> int:
    """A count over the rows of a table that stand now."""
    query = f"SELECT count({what}) FROM {table} WHERE programme = :programme AND known_until IS NULL"
    ((number,),) = stores.read_model.query(query, {"programme": PROGRAMME})
    return int(number)


def test_example_as_pm4py_counts_it(example: Stores, tmp_path: Path) -> None:
    """As many cases as participations, as many events as steps that count, in either form."""
    everything = Programme.__new__(Programme)
    everything.stores, everything.key = example, PROGRAMME
    cases, persons = counted(example, "*", "enrolments"), counted(example, "DISTINCT participant", "enrolments")
    started, ended = counted(example, "*", "placements"), counted(example, "ended_on", "placements")
    found = traces(exported("xes", everything), tmp_path, READERS[0])
    steps = Counter(step for trace in found for step, _day in trace.steps)
    assert (len(found), len({trace.attributes["participant"] for trace in found})) == (cases, persons)
    assert steps["enrolled"] == cases
    assert steps["coaching_session_held"] == counted(example, "*", "sessions")
    assert (steps["placement_started"], steps["placement_ended"]) == (started, ended)
    assert steps["funding_granted"] == counted(example, "*", "fundings")
    assert steps["exited"] == counted(example, "exited_on", "enrolments")
    for trace in found:
        days = [day for _step, day in trace.steps]
        assert all(earlier <= later for earlier, later in pairwise(days))
        assert trace.steps[0][0] == "enrolled"

    read = objects_and_events(exported("ocel", everything), tmp_path)
    assert Counter(read.events["ocel:activity"]) == steps
    assert Counter(read.objects["ocel:type"]) == {
        "participant": persons,
        "journey": cases,
        "coach": counted(example, "DISTINCT coach", "care"),
        "qualification": counted(example, "*", "qualifications"),
        "placement": started,
        "funding": steps["funding_granted"],
    }


# --- the documentation ---------------------------------------------------------------------------------------------


def test_documentation_names_every_object_and_relation(programme: Programme) -> None:
    """docs/export.md has a row for every type of object and for every qualifier, with the steps that have it."""
    programme.given(*JOURNEY)
    page = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for kind in OBJECT_TYPES:
        assert any(f"`{kind}`" in row.split("|")[1] for row in rows), kind
    document = log(programme)
    kinds = {one["id"]: one["type"] for one in document["objects"]}
    for one in (*document["objects"], *document["events"]):
        for relation in one["relationships"]:
            named = (one["type"], relation["qualifier"], kinds[relation["objectId"]])
            assert any(_says(row, *named) for row in rows), named


def _says(row: str, source: str, qualifier: str, target: str) -> bool:
    _start, from_, said, to, *_end = [cell.strip() for cell in (row + "||||").split("|")]
    return said == f"`{qualifier}`" and f"`{target}`" in to and (f"`{source}`" in from_ or "every" in from_)
