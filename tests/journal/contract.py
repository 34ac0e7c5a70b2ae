"""What every ledger keeps to, whatever database it lies in: one suite for all stores.

A store takes the suite by a fixture `ledger_address` and a subclass of `JournalContract`. Every test ends
with a verification of the whole ledger.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, MapperDeserialisationError
from given import NOW, OPENED, SEALED, enrolment, journey_of
from steps import assigned, day, exited, session

from domain import commands
from domain.balance import Balances, Seal, Shelf
from domain.caseload import Caseload
from domain.errors import Conflict, NotReady, Refused
from domain.facts import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CaseTakenOn,
    CatalogueKept,
    CoachingSessionHeld,
    Entry,
    FigureValue,
    HiddenCell,
    Recorded,
)
from domain.journal import Journal, Repeated, Request, StoreAddress, Streams
from domain.journal.mapper import decode, decode_fact
from domain.journal.streams import EVOLVE, Decided
from domain.journey import Journey
from domain.programme import Programme
from domain.terms import (
    BalanceKind,
    HiddenBecause,
    balances_stream,
    caseload_stream,
    catalogue_stream,
    programme_stream,
)

STATE_OF = {
    "programme": Programme,
    "journey": Journey,
    "caseload": Caseload,
    "balance": Balances,
    "catalogue": Shelf,
}


def request(request_id: UUID | None = None, digest: bytes | None = None, now: datetime = NOW) -> Request:
    return Request(id=request_id or uuid4(), by="tester", now=now, digest=digest)


def one_fact_on(*streams: UUID) -> Callable[[Streams], Decided]:
    """A command that puts one more fact on each of these streams, in this order."""

    def decide(reading: Streams) -> Decided:
        reading.preload(streams)
        for stream in streams:
            reading.read(Caseload, stream)
        return [(stream, CaseTakenOn(journey=uuid4())) for stream in streams]

    return decide


def new_streams(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def verify(journal: Journal) -> None:
    """Every entry is read back, in its place, exactly once, whichever way it is asked for."""
    head = journal.head()
    rows = sorted(journal.scan(0, 1, upto=head))
    assert journal.count(head) == len(rows)
    assert journal.since(0, len(rows) + 1) == [(position, UUID(stream)) for position, stream, *_rest in rows]
    positions = [row[0] for row in rows]
    assert len(set(positions)) == len(positions)
    by_stream: dict[UUID, list[Recorded]] = {}
    for position, text, version, topic, state in rows:
        stream, entry = UUID(text), decode(text, version, topic, state)
        assert text == str(stream)
        assert decode_fact(text, version, topic, state) == entry.fact
        by_stream.setdefault(stream, []).append(Recorded(stream, version, entry, position))
    assert journal.load(list(by_stream)) == by_stream
    for recorded in by_stream.values():
        assert [one.originator_version for one in recorded] == list(range(1, len(recorded) + 1))
        kind = STATE_OF[recorded[0].fact.__struct_config__.tag.partition(".")[0]]
        reduce(EVOLVE[kind], (one.fact for one in recorded), kind())


class JournalContract:
    """The suite. `ledger_address` is where a ledger can be created."""

    @pytest.fixture
    def journal(self, ledger_address: StoreAddress) -> Iterator[Journal]:
        """An empty ledger, verified as a whole after the test."""
        Journal.create(ledger_address)
        with Journal(ledger_address) as journal:
            yield journal
            verify(journal)

    @pytest.fixture
    def other(self, journal: Journal, ledger_address: StoreAddress) -> Iterator[Journal]:
        """The same ledger, as another process has it open."""
        with Journal(ledger_address) as other:
            yield other

    # --- creating and opening ---------------------------------------------------------------------

    def test_ledger_that_was_not_created_is_refused(self, ledger_address: StoreAddress) -> None:
        """A store that does not exist is not created silently; only `create` does (DESIGN.md 5)."""
        for _attempt in range(2):
            with pytest.raises(NotReady) as refusal:
                Journal(ledger_address)
            assert refusal.value.code == "no_ledger"
            for language in ("de", "en"):
                assert "werdegang init" in refusal.value.in_language(language)
        assert not (ledger_address.file and ledger_address.file.exists())

    def test_ledger_that_exists_is_left_as_it_is(self, journal: Journal, ledger_address: StoreAddress) -> None:
        """Creating twice loses nothing."""
        (stream,) = new_streams(1)
        recorded = journal.act(one_fact_on(stream), request()).recorded
        Journal.create(ledger_address)
        assert journal.read(stream) == recorded

    def test_empty_ledger(self, journal: Journal) -> None:
        """Nothing is there, and nothing fails."""
        (stream,) = new_streams(1)
        assert journal.head() == 0
        assert journal.count(journal.head()) == 0
        assert journal.since(0, 10) == []
        assert journal.read(stream) == []
        assert journal.load([stream]) == journal.load([]) == {}
        assert journal.entry_at(1) is None
        assert list(journal.scan(0, 1, upto=0)) == []

    # --- appending and reading --------------------------------------------------------------------

    def test_entries_are_read_as_they_were_appended(self, journal: Journal) -> None:
        """Streams, versions, envelopes, facts with their umlauts, and positions in the order decided."""
        asked = Request(
            id=uuid4(),
            by="kürzel-1",
            now=datetime(2018, 2, 19, 12, 0, 0, 123456, tzinfo=UTC),
            digest=b"digest",
            correlation_id=uuid4(),
        )
        outcome = journal.act(lambda streams: commands.open_programme(streams, OPENED), asked)
        (opened,) = outcome.recorded
        assert not outcome.repeated
        stream = programme_stream(OPENED.key)
        entry = Entry(
            recorded_at=asked.now,
            recorded_by="kürzel-1",
            request_id=asked.id,
            request_digest=b"digest",
            correlation_id=asked.correlation_id,
            fact=OPENED,
        )
        assert opened == Recorded(stream, 1, entry, position=outcome.position)
        assert journal.read(stream) == [opened]
        (enrolled,) = journal.act(
            lambda streams: commands.enrol(streams, enrolment(municipality="Rüsselsheim")), request()
        ).recorded
        assert journal.read(journey_of()) == [enrolled]
        assert enrolled.fact == enrolment(municipality="Rüsselsheim")
        assert outcome.position < enrolled.position == journal.head()

    def test_many_entries_of_one_command_keep_their_order(self, journal: Journal) -> None:
        """Positions rise in the order decided, on one stream and across streams."""
        streams = new_streams(40)

        def decide(reading: Streams) -> Decided:
            reading.preload(streams)
            for stream in streams:
                reading.read(Caseload, stream)
            return [(stream, CaseTakenOn(journey=uuid4())) for _round in range(5) for stream in streams]

        recorded = journal.act(decide, request()).recorded
        positions = [one.position for one in recorded]
        assert positions == sorted(set(positions))
        assert [stream for _position, stream in journal.since(0, 999)] == streams * 5
        assert [one.originator_version for one in recorded] == [n for n in range(1, 6) for _stream in streams]

    def test_streams_are_loaded_together(self, journal: Journal) -> None:
        """Many streams in one query; those without entries are left out."""
        one, two, three, nowhere = new_streams(4)
        for _round in range(2):
            journal.act(one_fact_on(one, two, three), request())
        loaded = journal.load([two, one, nowhere])
        assert loaded == {one: journal.read(one), two: journal.read(two)}
        assert [len(recorded) for recorded in loaded.values()] == [2, 2]

    def test_streams_are_read_as_held_at_a_position(self, journal: Journal) -> None:
        """What was appended later is not there at an earlier position (Datenstand)."""
        one, two = new_streams(2)
        places = [journal.act(one_fact_on(stream), request()).position for stream in (one, two, one, two)]
        assert [len(journal.read(one, upto=place)) for place in [0, *places]] == [0, 1, 1, 2, 2]
        assert [len(journal.read(two, upto=place)) for place in [0, *places]] == [0, 0, 1, 1, 2]
        assert set(journal.load([one, two], upto=places[0])) == {one}
        assert [journal.count(place) for place in [0, *places]] == [0, 1, 2, 3, 4]

    def test_places_are_followed_page_by_page(self, journal: Journal) -> None:
        """Pages of any size give every place once, in ledger order."""
        streams = new_streams(7)
        for stream in streams:
            journal.act(one_fact_on(stream), request())
        for limit in (1, 2, 3, 7, 8):
            followed: list[tuple[int, UUID]] = []
            while page := journal.since(followed[-1][0] if followed else 0, limit):
                assert len(page) <= limit
                followed += page
            assert [stream for _position, stream in followed] == streams
            assert followed[-1][0] == journal.head()
        assert journal.since(journal.head(), 10) == []

    def test_entry_at_a_position(self, journal: Journal) -> None:
        """Every position gives its entry; none beyond the head does."""
        recorded = journal.act(one_fact_on(*new_streams(3)), request()).recorded
        assert [journal.entry_at(one.position) for one in recorded] == [one.entry for one in recorded]
        assert journal.entry_at(journal.head() + 1) is None
        assert journal.entry_at(0) is None

    @pytest.mark.parametrize("partitions", [1, 2, 3, 16])
    def test_partitions_of_a_scan_cover_everything_once(self, journal: Journal, partitions: int) -> None:
        """Every entry is in exactly one partition, and a stream as a whole in one."""
        lowest, highest = UUID(int=0), UUID(int=2**128 - 1)
        edges = [UUID(int=2**128 * edge // partitions - edge % 2) for edge in range(1, partitions)]
        streams = [lowest, highest, *edges, *new_streams(20)]
        for _round in range(2):
            journal.act(one_fact_on(*streams), request())
        until = journal.head()
        journal.act(one_fact_on(*streams), request())
        found = [list(journal.scan(number, partitions, upto=until)) for number in range(partitions)]
        held = [{row[1] for row in rows} for rows in found]
        assert sum(map(len, held)) == len(set().union(*held)) == len(set(streams))
        everything = sorted(row for rows in found for row in rows)
        assert everything == sorted(journal.scan(0, 1, upto=until))
        assert [(row[0], UUID(row[1])) for row in everything] == journal.since(0, 2 * len(streams))
        assert {row[0] for row in everything} == {place for place, _stream in journal.since(0, len(everything))}

    def test_position_of_a_moment(self, journal: Journal) -> None:
        """The Datenstand of a moment is the last entry recorded by then, across the gaps a numbering can have."""
        (stream,) = new_streams(1)
        (there,) = journal.act(one_fact_on(stream), request(now=NOW)).recorded
        for _attempt in range(3):
            with pytest.raises(IntegrityError):
                journal.events.put([there])  # leaves a gap on PostgreSQL
        hours = [NOW + timedelta(hours=hour) for hour in range(1, 8)]
        places = [there.position, *(journal.act(one_fact_on(stream), request(now=hour)).position for hour in hours)]
        assert journal.position_at(NOW - timedelta(microseconds=1)) == 0
        for place, moment in zip(places, [NOW, *hours], strict=True):
            assert journal.position_at(moment) == place
            assert journal.position_at(moment + timedelta(minutes=59)) == place
        assert journal.position_at(hours[-1] + timedelta(days=999)) == journal.head()

    def test_abandoned_scan_leaves_the_journal_usable(self, journal: Journal) -> None:
        """Who stops in the middle of a scan does not keep the others waiting."""
        (stream,) = new_streams(1)
        for _round in range(3):
            journal.act(one_fact_on(stream), request())
        scan = journal.scan(0, 1, upto=journal.head())
        next(scan)
        scan.close()  # type: ignore[attr-defined]
        journal.act(one_fact_on(stream), request())
        assert len(journal.read(stream)) == 4

    def test_other_process_sees_what_was_appended(self, journal: Journal, other: Journal) -> None:
        """A command stored is there for everybody."""
        (stream,) = new_streams(1)
        recorded = journal.act(one_fact_on(stream), request()).recorded
        assert other.read(stream) == recorded
        assert other.head() == journal.head()

    # --- one command, one transaction -------------------------------------------------------------

    def test_many_entries_at_once(self, journal: Journal) -> None:
        """A whole file is one command: no number of entries is too large to come to its end (DESIGN.md 7)."""
        streams = new_streams(200)

        def decide(reading: Streams) -> Decided:
            reading.preload(streams)
            for stream in streams:
                reading.read(Caseload, stream)
            return [(stream, CaseTakenOn(journey=uuid4())) for stream in streams for _ in range(100)]

        assert len(journal.act(decide, request()).recorded) == journal.head() == 20_000

    def test_entries_of_one_command_are_all_or_nothing(self, journal: Journal) -> None:
        """Where one of the streams has grown meanwhile nothing is stored on any (DESIGN.md 2)."""
        free, taken = new_streams(2)
        (there,) = journal.act(one_fact_on(taken), request()).recorded
        late = [Recorded(stream, 1, there.entry) for stream in (free, taken)]
        for entries in (late, late[::-1]):
            with pytest.raises(IntegrityError):
                journal.events.put(entries)
            assert journal.read(free) == []
            assert journal.read(taken) == [there]

    def test_refused_command_stores_nothing(self, journal: Journal) -> None:
        """A refusal ends a command with the ledger as it was."""

        def decide(reading: Streams) -> Decided:
            reading.append(commands.open_programme(reading, OPENED))
            reading.request = request()
            return commands.enrol(reading, enrolment(OPENED.starts_on.replace(year=2015)))

        with pytest.raises(Refused) as refusal:
            journal.act(decide, request())
        assert refusal.value.code == "outside_period"
        assert journal.head() == 0

    def test_dry_run_stores_nothing(self, journal: Journal) -> None:
        """The same decisions are made, and the ledger stays as it is (DESIGN.md 7)."""
        outcome = journal.act(one_fact_on(*new_streams(2)), request(), dry_run=True)
        assert len(outcome.recorded) == 2
        assert outcome.position == 0
        assert journal.head() == 0

    def test_command_that_decides_nothing_stores_nothing(self, journal: Journal) -> None:
        """A command that changes nothing is no entry."""
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        head = journal.head()
        outcome = journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        assert list(outcome.recorded) == []
        assert outcome.position == 0
        assert journal.head() == head

    def test_several_commands_are_stored_as_one(self, journal: Journal) -> None:
        """A batch sees its own entries and is appended in one transaction (DESIGN.md 7)."""

        def decide(reading: Streams) -> Decided:
            reading.append(commands.open_programme(reading, OPENED))
            reading.request = request()
            reading.append(commands.join_programme(reading, OPENED.key, "C1"))
            reading.request = request()
            reading.append(commands.enrol(reading, enrolment()))
            reading.request = request()
            reading.append(commands.record(reading, journey_of(), session(5)))
            reading.request = request()
            return commands.record(reading, journey_of(), assigned(6, "C1"))

        recorded = journal.act(decide, request()).recorded
        assert len(recorded) == journal.count(journal.head()) == 6
        assert len({one.entry.request_id for one in recorded}) == 5
        assert [one.fact for one in journal.read(journey_of())] == [enrolment(), session(5), assigned(6, "C1")]

    def test_editions_are_kept_with_their_catalogue(self, journal: Journal) -> None:
        """An edition is drafted together with its catalogue, approved by another account and released (DOMAIN.md 6)."""
        kept = CatalogueKept(version="core:0123456789abcdef", content='["Rüsselsheim",[]]')
        drafted = BalanceDrafted(
            programme=OPENED.key,
            number=1,
            kind=BalanceKind.INTERIM,
            stichtag=day(30),
            datenstand=1,
            catalogue=kept.version,
            figures={"placement_rate": FigureValue(1 / 3, {"gender": {"female": 0.1 + 0.2, "male": None}})},
            digest=f"{7:064x}",
        )
        hidden = (HiddenCell("placement_rate", "gender", "female", HiddenBecause.DERIVED),)
        for by, decide in (
            ("drafter", lambda streams: commands.open_programme(streams, OPENED)),
            ("drafter", lambda streams: commands.draft_balance(streams, drafted, kept)),
            ("approver", lambda streams: commands.approve_balance(streams, OPENED.key, 1, Seal("a note", 10**9))),
            ("approver", lambda streams: commands.release_balance(streams, OPENED.key, 1, lambda *_state: hidden)),
        ):
            journal.act(decide, Request(id=uuid4(), by=by, now=NOW))
        approved = BalanceApproved(number=1, digest=drafted.digest, checkpoint="a note")
        stored = [one.fact for one in journal.read(balances_stream(OPENED.key))]
        assert stored == [drafted, approved, BalanceReleased(number=1, hidden=hidden)]
        assert [one.fact for one in journal.read(catalogue_stream(kept.version))] == [kept]

    # --- conflicts --------------------------------------------------------------------------------

    def test_conflict_is_decided_again(self, journal: Journal, other: Journal) -> None:
        """Where somebody else was first the streams are read and decided anew, and both are stored."""
        (stream,) = new_streams(1)
        seen: list[int] = []

        def decide(reading: Streams) -> Decided:
            facts = one_fact_on(stream)(reading)
            seen.append(reading.read(Caseload, stream).version)
            if len(seen) == 1:
                other.act(one_fact_on(stream), request())
            return facts

        (mine,) = journal.act(decide, request()).recorded
        assert seen == [0, 1]
        assert mine.originator_version == 2
        assert journal.read(stream)[1] == mine

    def test_conflict_may_end_in_a_refusal(self, journal: Journal, other: Journal) -> None:
        """What somebody else stored meanwhile counts in the second decision."""
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        seen: list[int] = []

        def decide(reading: Streams) -> Decided:
            decided = commands.enrol(reading, enrolment())
            seen.append(len(seen))
            if len(seen) == 1:
                other.act(lambda streams: commands.enrol(streams, enrolment()), request())
            return decided

        with pytest.raises(Refused) as refusal:
            journal.act(decide, request())
        assert refusal.value.code == "already_active"
        assert len(journal.read(journey_of())) == 1

    def test_endless_conflict_is_given_up(
        self, journal: Journal, other: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a bounded number of attempts the command fails, and nothing of it is stored."""
        monkeypatch.setattr("domain.journal.journal._ATTEMPTS", 4)
        contended, mine = new_streams(2)
        attempts: list[None] = []

        def decide(reading: Streams) -> Decided:
            facts = one_fact_on(mine, contended)(reading)
            attempts.append(other.act(one_fact_on(contended), request()) and None)
            return facts

        with pytest.raises(Conflict) as refusal:
            journal.act(decide, request())
        assert refusal.value.code == "too_busy"
        assert refusal.value.in_language("de") != refusal.value.in_language("en")
        assert len(attempts) == len(journal.read(contended)) == 4
        assert journal.read(mine) == []

    def test_participations_do_not_overlap_under_concurrency(self, journal: Journal, other: Journal) -> None:
        """An exit withdrawn while the next enrolment is decided does not make two participations (DOMAIN.md 4)."""
        for decide in (
            lambda streams: commands.open_programme(streams, OPENED),
            lambda streams: commands.enrol(streams, enrolment()),
            lambda streams: commands.record(streams, journey_of(), exited(30)),
        ):
            journal.act(decide, request())

        def enrol_again(reading: Streams) -> Decided:
            decided = commands.enrol(reading, enrolment(day(40)))
            if len(other.read(journey_of())) == 2:
                other.act(lambda streams: commands.withdraw(streams, journey_of(), 2, reason=SEALED), request())
            return decided

        with pytest.raises(Refused):
            journal.act(enrol_again, request())

    def test_moved_enrolment_does_not_overlap_under_concurrency(self, journal: Journal, other: Journal) -> None:
        """An exit corrected while the next enrolment is moved towards it meets it too (DOMAIN.md 4)."""
        second = journey_of(participation=2)
        for decide in (
            lambda streams: commands.open_programme(streams, OPENED),
            lambda streams: commands.enrol(streams, enrolment()),
            lambda streams: commands.record(streams, journey_of(), exited(30)),
            lambda streams: commands.enrol(streams, enrolment(day(40))),
        ):
            journal.act(decide, request())
        moved: list[int] = []

        def move_the_enrolment(reading: Streams) -> Decided:
            decided = commands.correct(reading, second, 1, enrolment(day(31)), reason=SEALED)
            moved.append(len(moved))
            if len(moved) == 1:
                later = commands.correct
                other.act(lambda streams: later(streams, journey_of(), 2, exited(39), reason=SEALED), request())
            return decided

        with pytest.raises(Refused) as refusal:
            journal.act(move_the_enrolment, request())
        assert refusal.value.code == "already_active"
        assert len(journal.read(second)) == 1

    def test_entries_stored_though_the_answer_was_lost(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the store says that the entries collide, and they are themselves what is there, they are stored."""
        put, streams = journal.events.put, new_streams(3)

        def store_and_collide(events: Any, **named: Any) -> Any:
            put(events, **named)
            raise IntegrityError

        monkeypatch.setattr(journal.events, "put", store_and_collide)
        outcome = journal.act(one_fact_on(*streams), request())
        assert not outcome.repeated
        assert [[one] for one in outcome.recorded] == [journal.read(stream) for stream in streams]
        assert outcome.position == journal.head()

    # --- requests sent twice ----------------------------------------------------------------------

    def test_request_sent_twice_is_stored_once(self, journal: Journal, other: Journal) -> None:
        """The second time nothing is stored, and the answer is that of the first (DOMAIN.md 4)."""
        asked, (stream,) = request(digest=b"same"), new_streams(1)
        first = journal.act(one_fact_on(stream), asked)
        journal.act(one_fact_on(stream), request())
        for asking in (journal, other):
            second = asking.act(one_fact_on(stream), asked)
            assert second.repeated
            assert second.recorded == first.recorded
            assert second.position == first.position
        assert len(journal.read(stream)) == 2

    def test_repeat_is_answered_with_all_entries_of_the_first_time(self, journal: Journal) -> None:
        """Those on streams the command never came to read the second time too, in their order (DOMAIN.md 4)."""
        for decide in (
            lambda streams: commands.open_programme(streams, OPENED),
            lambda streams: commands.join_programme(streams, OPENED.key, "C1"),
            lambda streams: commands.enrol(streams, enrolment()),
            lambda streams: commands.record(streams, journey_of(), assigned(3, "C1")),
            lambda streams: commands.record(streams, journey_of(), exited(30)),
            lambda streams: commands.enrol(streams, enrolment(day(40))),
        ):
            asked = request()
            first = journal.act(decide, asked)
            second = journal.act(decide, asked)
            assert second.repeated
            assert second.recorded == first.recorded
            assert second.position == first.position == journal.head()

    def test_entries_of_a_request_are_found_in_the_order_decided(self, journal: Journal) -> None:
        """Whichever of its streams was read first, what a request was about comes first."""
        for decide in (
            lambda streams: commands.open_programme(streams, OPENED),
            lambda streams: commands.enrol(streams, enrolment()),
            lambda streams: commands.record(streams, journey_of(), exited(30)),
        ):
            journal.act(decide, request())
        asked = request()
        recorded = journal.act(lambda streams: commands.enrol(streams, enrolment(day(40))), asked).recorded
        both = [journey_of(), journey_of(participation=2)]
        for order in (both, both[::-1]):
            reading = Streams(journal.load, request())
            for stream in order:
                reading.preload([stream])
            assert reading.stored_by(asked.id) == recorded
        assert list(Streams(journal.load, request()).stored_by(asked.id)) == []

    def test_request_sent_twice_at_once_is_stored_once(self, journal: Journal, other: Journal) -> None:
        """Whichever comes second gets the entries of the first (DOMAIN.md 4)."""
        asked, (stream,) = request(), new_streams(1)
        firsts: list[Any] = []

        def decide(reading: Streams) -> Decided:
            facts = one_fact_on(stream)(reading)
            firsts.append(other.act(one_fact_on(stream), asked))
            return facts

        second = journal.act(decide, asked)
        assert second.repeated
        assert second.recorded == firsts[0].recorded == journal.read(stream)

    def test_request_id_with_another_content_is_refused(self, journal: Journal) -> None:
        """Something else under a request id in use is noticed; the id is named (DESIGN.md 7)."""
        asked, (stream,) = request(digest=b"one"), new_streams(1)
        journal.act(one_fact_on(stream), asked)
        for digest in (b"two", None):
            with pytest.raises(Refused) as refusal:
                journal.act(one_fact_on(stream), request(asked.id, digest))
            assert refusal.value.code == "request_reused"
            for language in ("de", "en"):
                assert str(asked.id) in refusal.value.in_language(language)
        assert len(journal.read(stream)) == 1

    def test_row_twice_in_a_batch_is_decided_once(self, journal: Journal) -> None:
        """A batch that meets the same request id again within itself can leave it out (DESIGN.md 7)."""
        asked, (stream,) = request(), new_streams(1)
        repeats: list[Repeated] = []

        def decide(reading: Streams) -> Decided:
            for row in (asked, request(), asked):
                reading.request = row
                try:
                    reading.append(one_fact_on(stream)(reading))
                except Repeated as repeated:
                    repeats.append(repeated)
            return []

        recorded = journal.act(decide, asked).recorded
        assert [one.entry.request_id == asked.id for one in recorded] == [True, False]
        assert journal.read(stream) == recorded
        assert [one.entry for one in repeats[0].recorded] == [recorded[0].entry]

    def test_repeat_within_one_command_is_no_repeat_of_a_stored_one(self, journal: Journal) -> None:
        """What is only pending has not been carried out: it is stored, or the mistake is shown."""
        (stream,) = new_streams(1)

        def decide(reading: Streams) -> Decided:
            reading.append(one_fact_on(stream)(reading))
            return one_fact_on(stream)(reading)

        outcome = journal.act(decide, request())
        assert journal.read(stream) == outcome.recorded

    # --- what is stored ---------------------------------------------------------------------------

    def test_assignment_stands_on_both_streams(self, journal: Journal) -> None:
        """A journey and its coach's caseload are stored in one transaction (DOMAIN.md 4)."""
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        journal.act(lambda streams: commands.join_programme(streams, OPENED.key, "C1"), request())
        journal.act(lambda streams: commands.enrol(streams, enrolment()), request())
        caseload, asked = caseload_stream(OPENED.key, "C1"), request()
        for repeated in (False, True):
            outcome = journal.act(lambda streams: commands.record(streams, journey_of(), assigned(3, "C1")), asked)
            assert outcome.repeated is repeated
            assert [one.fact for one in journal.read(journey_of())] == [enrolment(), assigned(3, "C1")]
            assert [one.fact for one in journal.read(caseload)] == [CaseTakenOn(journey=journey_of())]

    @pytest.mark.parametrize("step", [session(5, minutes=0), session(5, note=b"Beispielperson Eins")])
    def test_fact_that_could_not_be_read_is_not_stored(self, journal: Journal, step: CoachingSessionHeld) -> None:
        """Bytes that the ledger would refuse to read, or a plain text in a sealed field, never come into it."""
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        journal.act(lambda streams: commands.enrol(streams, enrolment()), request())
        before = journal.read(journey_of())
        with pytest.raises(MapperDeserialisationError) as refusal:
            journal.act(lambda streams: commands.record(streams, journey_of(), step), request())
        assert "journey.coaching_session_held" in str(refusal.value)
        assert "Beispielperson" not in str(refusal.value)
        assert journal.read(journey_of()) == before

    def test_topic_is_the_tag_of_the_fact(self, journal: Journal) -> None:
        """What is stored never depends on a Python path (DESIGN.md 2)."""
        journal.act(lambda streams: commands.open_programme(streams, OPENED), request())
        ((_position, _stream, _version, topic, state),) = journal.scan(0, 1, upto=journal.head())
        assert topic == "programme.opened"
        assert b"domain" not in state
