"""The event browser: every entry asked for once and in order; one entry with all that belongs to it; pseudonyms."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from entering import MINIJOB, Programme, enrolled, job, on, without_job
from given import SEALED
from made_up import carry_out
from random_commands import commands_for

from domain import commands
from domain.errors import NotFound
from domain.facts import AnyFact, CoachAssigned, Enrolled, Recorded, tag_of
from domain.glossary import STEPS
from domain.journal import BERLIN, Request, decode
from domain.terms import ErasureGround, Role, balances_stream, caseload_stream, erased_stream, programme_stream
from projections.catch_up import catch_up
from projections.events import AuditNames, Filter, Kinds, Page, before_day, browse, kind_label, kinds, tell
from projections.preview import moved_by
from projections.stores import Stores

COACHES = ("C01", "C02", "C03")


@pytest.fixture(scope="module")
def ledger(shared_stores: Stores) -> list[Recorded]:
    """The entries of a made-up ledger of two programmes, with editions, corrections and batches; one person erased."""
    journal, model = shared_stores.journal, shared_stores.read_model
    made = commands_for(Random(11), 250, participants=6, ratio=4, programmes=2, editions=True)
    carry_out(journal, made)
    entries = [one for one in all_entries(shared_stores) if isinstance(one.fact, Enrolled)]
    person = entries[0].fact.participant
    own = [one.originator_id for one in entries if one.fact.participant == person]
    for by, decide in (
        ("kürzel-1", lambda streams: commands.request_erasure(streams, person, ErasureGround.OBJECTION)),
        ("kürzel-2", lambda streams: commands.approve_erasure(streams, person, own)),
    ):
        journal.act(decide, Request(id=uuid4(), by=by, now=made[-1].request.now, role=Role.LEAD))
    catch_up(journal, model)
    return all_entries(shared_stores)


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


def all_entries(stores: Stores) -> list[Recorded]:
    scanned = stores.journal.scan_after(0, upto=stores.journal.head())
    return [
        Recorded(UUID(stream), version, decode(stream, version, topic, state), position)
        for position, stream, version, topic, state in scanned
    ]


# --- pages ------------------------------------------------------------------------------------------


def walked(stores: Stores, wanted: Filter, upto: int, random: Random, *, backwards: bool) -> list[int]:
    """The positions on all pages from one end to the other, which follow each other without a gap."""
    options: dict[str, Any] = {"datenstand": upto, "limit": random.choice([1, 5, 50]), "look": random.choice([9, 400])}
    cursor: dict[str, int] = {} if backwards else {"after": 0}
    pages: list[Page] = []
    while True:
        pages.append(browse(stores.journal, stores.read_model, wanted, **cursor, **options))
        following = pages[-1].earlier if backwards else pages[-1].later
        if following is None:
            break
        cursor = {"before": following} if backwards else {"after": following}
    pages = pages[::-1] if backwards else pages
    assert (pages[0].first, pages[-1].last) == (1, upto)
    assert all(after.first == before.last + 1 for before, after in pairwise(pages))
    assert all(len(page.entries) <= options["limit"] for page in pages)
    assert all(page.first <= entry.position <= page.last for page in pages for entry in page.entries)
    return [entry.position for page in pages for entry in page.entries]


def asked_for(entries: list[Recorded], wanted: Filter) -> list[int]:
    """The positions of the entries a filter means, by another way."""
    first = {one.originator_id: one.fact for one in entries if isinstance(one.fact, Enrolled)}
    mine = {stream for stream, fact in first.items() if fact.participant == wanted.participant}
    key = wanted.programme or ""
    of_programme = {programme_stream(key), balances_stream(key), *(caseload_stream(key, coach) for coach in COACHES)}
    of_programme |= {stream for stream, fact in first.items() if fact.programme == key}
    about = {wanted.journey, *mine}
    about |= {erased_stream(one) for one in {wanted.journey, wanted.participant, *mine} if one}

    def takes(one: Recorded) -> bool:
        person = one.originator_id in about or getattr(one.fact, "journey", 0) in about
        person = person or getattr(one.fact, "participant", 0) == wanted.participant
        return (
            (not wanted.kinds or tag_of(one.fact) in wanted.kinds)
            and (not wanted.programme or one.originator_id in of_programme)
            and (not (wanted.journey or wanted.participant) or person)
            and wanted.recorded_by in (None, one.entry.recorded_by)
            and wanted.correlation in (None, one.entry.correlation_id)
        )

    return [one.position for one in entries if takes(one)]


def filters(entries: list[Recorded]) -> list[Filter]:
    """Everything, one thing at a time, several at once, and what there is none of."""
    erased = next(one.fact.participant for one in entries if tag_of(one.fact) == "erasure.approved")
    journey = Counter(one.originator_id for one in entries if hasattr(one.fact, "happened_on")).most_common(1)[0][0]
    batch = next(one.entry.correlation_id for one in entries if one.entry.correlation_id)
    by = "kürzel-2"
    return [
        Filter(),
        Filter(kinds=("journey.corrected", "journey.withdrawn")),
        Filter(programme="programme-2"),
        Filter(recorded_by=by),
        Filter(correlation=batch),
        Filter(journey=journey),
        Filter(participant=erased),
        Filter(participant=erased, kinds=("erasure.approved", "journey.enrolled"), recorded_by="kürzel-2"),
        Filter(programme="programme-1", recorded_by=by, kinds=("caseload.case_taken_on",)),
        Filter(recorded_by="kürzel"),
    ]


def test_pages_hold_every_entry_asked_for_once(shared_stores: Stores, ledger: list[Recorded]) -> None:
    """Forwards and backwards, in pages of any length, looked at in stretches of any length, at any Datenstand."""
    random = Random(5)
    counts = []
    for wanted in filters(ledger):
        for upto in (ledger[-1].position, random.choice(ledger).position):
            expected = asked_for([one for one in ledger if one.position <= upto], wanted)
            for backwards in (False, True):
                assert walked(shared_stores, wanted, upto, random, backwards=backwards) == expected, wanted
        counts.append(len(asked_for(ledger, wanted)))
    assert all(counts[:-1])
    assert counts[-1] == 0


def test_kinds_are_counted_from_what_was_known(shared_stores: Stores, ledger: list[Recorded]) -> None:
    """At any Datenstand, with counts known of another one before or behind it, and without."""
    for upto, known_at in ((200, None), (200, 120), (120, 200), (200, 200)):
        expected = Counter(tag_of(one.fact) for one in ledger if one.position <= upto)
        known = None if known_at is None else kinds(shared_stores.journal, known_at)
        assert kinds(shared_stores.journal, upto, known) == Kinds(upto, dict(expected))


def test_a_day_begins_behind_what_was_recorded_before(shared_stores: Stores, ledger: list[Recorded]) -> None:
    """The page after it begins with the first entry recorded on the day, in German time."""
    day = ledger[200].entry.recorded_at.astimezone(BERLIN).date()
    first = next(one for one in ledger if one.entry.recorded_at.astimezone(BERLIN).date() >= day)
    page = browse(shared_stores.journal, shared_stores.read_model, after=before_day(shared_stores.journal, day))
    assert page.entries[0].position == first.position
    assert before_day(shared_stores.journal, ledger[0].entry.recorded_at.date() - timedelta(days=1)) == 0


def test_every_kind_has_a_label() -> None:
    """No entry is shown under the tag it is stored under."""
    tags = [tag_of(fact) for fact in AnyFact.__args__]
    assert [tag for tag in tags if str(kind_label(tag)) == tag] == []
    assert kind_label("journey.enrolled") == STEPS["enrolled"]


# --- one entry ----------------------------------------------------------------------------------------


@pytest.fixture
def journey(programme: Programme) -> UUID:
    """Enrolled, assigned, placed and without the job again; the placement's entry is the third."""
    coach = CoachAssigned(happened_on=on("2017-01-02"), coach="C1")
    return programme.given(enrolled("2017-01-01", name=SEALED), coach, job("2017-02-01"), without_job("2017-06-01"))


def related(programme: Programme, position: int) -> set[tuple[str, str]]:
    told = tell(programme.stores.journal, programme.stores.seals, position)
    return {(relation.relation.value, relation.kind) for relation in told.relations}


def test_an_entry_names_what_belongs_to_it(programme: Programme, journey: UUID) -> None:
    """The correction and the one corrected, both ways; start and end of a job; what one command stored."""
    journal, seals = programme.stores.journal, programme.stores.seals
    programme.correct(journey, 3, kind=MINIJOB)
    programme.withdraw(journey, 4)
    positions = [one.position for one in journal.read(journey)]
    _enrolment, coach, placement, end, correction, withdrawal = positions
    assert related(programme, placement) == {
        ("belongs", "journey.placement_ended"),
        ("corrected_by", "journey.corrected"),
    }
    assert related(programme, correction) == {
        ("corrects", "journey.placement_started"),
        ("belongs", "journey.placement_ended"),
    }
    assert ("withdrawn_by", "journey.withdrawn") in related(programme, end)
    assert related(programme, withdrawal) == {("withdraws", "journey.placement_ended")}
    assert related(programme, coach) == {("request", "caseload.case_taken_on")}
    told = tell(journal, seals, correction)
    (kind,) = (field for field in told.fields if field.name == "kind")
    assert (kind.before, kind.value, kind.changed) == ("svp", "minijob", True)
    assert [field.name for field in told.fields if field.sealed] == ["reason"]
    assert (told.entry.about, told.entry.happened_on) == (placement, on("2017-02-01"))
    assert (told.before, told.before_in_stream, told.after_in_stream) == (correction - 1, end, withdrawal)
    (name,) = (field for field in tell(journal, seals, positions[0]).fields if field.name == "name")
    assert (name.sealed, name.value) == (True, None)
    assert tell(journal, seals, placement, datenstand=placement).after_in_stream is None
    with pytest.raises(NotFound, match="kein Eintrag"):
        tell(journal, seals, correction, datenstand=placement)


def test_an_entry_shows_its_leaf(programme: Programme, journey: UUID) -> None:
    """Before it is sealed only what its hash would be; then the leaf, and the first checkpoint that covers it."""
    stores = programme.stores
    position = stores.journal.read(journey)[2].position
    before = tell(stores.journal, stores.seals, position).leaf
    assert (before.number, before.intact) == (None, None)
    sealed = stores.seal(programme.now)
    leaf = tell(stores.journal, stores.seals, position).leaf
    assert leaf.intact
    assert leaf.sealed == before.computed
    assert (leaf.checkpoint_size, leaf.checkpoint_position) == (sealed.size, sealed.position)
    assert stores.seals.prove_entry(position).number == leaf.number


def test_an_entry_tells_what_it_moved(programme: Programme, journey: UUID) -> None:
    """At a Stichtag, by its own knowledge: what came after it moves nothing of it; off a journey nothing moves."""
    programme.correct(journey, 3, kind=MINIJOB)
    journal = programme.stores.journal
    positions = [one.position for one in journal.read(journey)]
    moves = {(move.figure, move.trait): move.change for move in moved_by(journal, positions[2], on("2017-03-01"))}
    assert moves["placed_svp", ""] == 1
    assert moves["placed_svp", "gender"] == 1
    moves = {(move.figure, move.trait): move.change for move in moved_by(journal, positions[4], on("2017-03-01"))}
    assert (moves["placed_svp", ""], moves["placed_minijob_only", ""]) == (-1, 1)
    assert moved_by(journal, positions[2], on("2017-01-31")) == []
    assert moved_by(journal, journal.read(programme_stream(programme.key))[0].position, on("2017-03-01")) == []


# --- pseudonyms ---------------------------------------------------------------------------------------


def test_an_audit_sees_pseudonyms_and_nothing_else(shared_stores: Stores, ledger: list[Recorded]) -> None:
    """No id of a person, a journey or an erasure's mark is in any page or entry; names lead back; keys differ."""
    journal, model = shared_stores.journal, shared_stores.read_model
    names, others = AuditNames(b"a" * 32), AuditNames(b"b" * 32)
    enrolments = {one.originator_id: one.fact.participant for one in ledger if isinstance(one.fact, Enrolled)}
    ids = {str(one) for pair in enrolments.items() for one in pair}
    ids |= {str(erased_stream(UUID(one))) for one in ids}
    shown = [names.page(browse(journal, model, limit=1000, datenstand=ledger[-1].position))]
    kinds_seen = {tag_of(one.fact): one.position for one in ledger}
    shown += [names.told(tell(journal, shared_stores.seals, position)) for position in kinds_seen.values()]
    for one in shown:
        text = msgspec.json.encode(one).decode()
        assert [found for found in ids if found in text] == []
    assert all(told.pseudonymised for told in shown[1:])
    person, stream = next((person, stream) for stream, person in enrolments.items())
    assert names.participant_of(model, names.participant(person)) == person
    assert names.journey_of(model, names.journey(stream)) == stream
    assert others.participant(person) != names.participant(person)
    with pytest.raises(NotFound):
        others.participant_of(model, names.participant(person))
    assert names.participant(person) in {entry.participant for entry in shown[0].entries}


def test_who_came_since_is_found_by_pseudonym(programme: Programme) -> None:
    """Names are looked for again once there is somebody new."""
    names, model = AuditNames(b"c" * 32), programme.stores.read_model
    with pytest.raises(NotFound):
        names.journey_of(model, "nobody")
    journey = programme.given(enrolled())
    assert names.journey_of(model, names.journey(journey)) == journey


def test_the_batch_leads_on(programme: Programme) -> None:
    """An entry of a batch names those next to it in it, and only those."""
    batch, journal = uuid4(), programme.stores.journal
    for _number in range(3):
        request = Request(id=uuid4(), by="tester", now=programme.now, role=Role.LEAD, correlation_id=batch)
        step = msgspec.structs.replace(enrolled(), participant=uuid4(), programme=programme.key)
        journal.act(lambda streams, step=step: commands.enrol(streams, step), request)
        programme.given(enrolled())
    first, second, third = browse(journal, programme.stores.read_model, Filter(correlation=batch)).entries
    told = tell(journal, programme.stores.seals, second.position)
    assert [one.position for one in told.relations if one.relation == "batch"] == [first.position, third.position]
