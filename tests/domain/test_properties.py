"""Laws that hold for every sequence of commands."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from itertools import islice, pairwise
from random import Random
from typing import Any, get_args
from uuid import UUID, uuid4

import msgspec
from given import NOW, TODAY, MemoryLedger, enrolment, journey_of, sealed
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from random_commands import Command, Office, commands_for
from steps import (
    ENROLLED,
    assigned,
    changed,
    completed,
    ended,
    exited,
    found_at,
    funded,
    funding_ended,
    missed,
    placed,
    qualified,
    session,
)

from domain import journey as journeys
from domain.balance import Balances
from domain.caseload import Caseload
from domain.errors import Refused
from domain.facts import (
    AnyFact,
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    Corrected,
    Enrolled,
    Entry,
    Exited,
    Fact,
    FundingEnded,
    FundingGranted,
    PlacementEnded,
    PlacementStarted,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    Recorded,
    Step,
    WhereaboutsRecorded,
    Withdrawn,
)
from domain.journal import Request, Streams
from domain.journal.mapper import FactMapper
from domain.journal.streams import EVOLVE
from domain.journey import Journey
from domain.terms import balances_stream, caseload_stream, catalogue_stream, programme_stream

MAPPER = FactMapper()
SEEDS = st.integers(0, 2**32 - 1)
some = settings(max_examples=40, deadline=None)


# --- what is impossible, said anew ------------------------------------------------------------------


def standing_entries(facts: list[Fact]) -> dict[int, Step]:
    """The steps that count, by version: written down without the code under test."""
    standing: dict[int, Step] = {}
    for version, fact in enumerate(facts, start=1):
        match fact:
            case Corrected():
                assert fact.entry in standing, "a correction of nothing"
                assert type(standing[fact.entry]) is type(fact.replacement), "a correction of another kind"
                standing[fact.entry] = fact.replacement
            case Withdrawn():
                del standing[fact.entry]
            case Step():
                standing[version] = fact
    return standing


def impossibilities(standing: Mapping[int, Step]) -> Iterator[str]:
    """What could not have happened to anybody (DOMAIN.md 4)."""
    steps = list(standing.values())
    enrolments = [step for step in steps if isinstance(step, Enrolled)]
    exits = [step for step in steps if isinstance(step, Exited)]
    if len(enrolments) != 1 and steps:
        yield f"{len(enrolments)} enrolments"
    if len(exits) > 1:
        yield f"{len(exits)} exits"
    for step in steps:
        if enrolments and step.happened_on < enrolments[0].happened_on:
            yield f"{step} before the enrolment"
        after_exit_too = isinstance(step, PlacementEnded | FundingGranted | FundingEnded | WhereaboutsRecorded)
        if exits and step.happened_on > exits[0].happened_on and not after_exit_too:
            yield f"{step} after the exit"
    yield from impossible_spells(steps)


def impossible_spells(steps: list[Step]) -> Iterator[str]:
    starts = [step for step in steps if isinstance(step, QualificationStarted | PlacementStarted | FundingGranted)]
    if twice := [ref for ref, count in Counter(start.ref for start in starts).items() if count > 1]:
        yield f"refs given twice: {twice}"
    by_ref = {start.ref: start for start in starts}
    ended_refs = Counter()
    for step in steps:
        match step:
            case QualificationCompleted() | QualificationAbandoned():
                kind: type[Any] = QualificationStarted
            case PlacementEnded():
                kind = PlacementStarted
            case FundingEnded():
                kind = FundingGranted
            case FundingGranted(placement=placement, until=until):
                if placement is not None and not isinstance(by_ref.get(placement), PlacementStarted):
                    yield f"funding of no placement: {step}"
                if until is not None and until < step.happened_on:
                    yield f"funding over before it starts: {step}"
                continue
            case _:
                continue
        start = by_ref.get(step.ref)
        ended_refs[step.ref] += 1
        if not isinstance(start, kind):
            yield f"end of nothing: {step}"
        elif step.happened_on < start.happened_on:
            yield f"end before its start: {step}"
    if twice := [ref for ref, count in ended_refs.items() if count > 1]:
        yield f"ended twice: {twice}"


# --- one journey, any steps whatever ----------------------------------------------------------------

days = st.integers(-3, 40)
refs = st.sampled_from(["a", "b"])
steps = st.one_of(
    st.builds(enrolment, days.map(lambda day: ENROLLED.happened_on + timedelta(day))),
    st.builds(assigned, days, st.sampled_from(["C1", "C2"])),
    st.builds(session, days),
    st.builds(missed, days),
    st.builds(qualified, days, refs),
    st.builds(completed, days, refs),
    st.builds(placed, days, refs),
    st.builds(ended, days, refs),
    st.builds(funded, days, refs, st.sampled_from([Decimal(-1), Decimal(0), Decimal(900)])),
    st.builds(lambda day, ref, of: funded(day, ref, placement=of), days, refs, refs),
    st.builds(funding_ended, days, refs),
    st.builds(changed, days),
    st.builds(found_at, days),
    st.builds(exited, days),
)
entries = st.integers(1, 12)


class OneJourney(RuleBasedStateMachine):
    """Anything is asked of one journey, also what is refused; the facts are kept as stored bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.live = Journey()
        self.stored: list[bytes] = []

    def store(self, facts: list[Fact]) -> None:
        for fact in facts:
            self.live = journeys.evolve(self.live, fact)
            entry = Entry(recorded_at=NOW, recorded_by="tester", request_id=uuid4(), fact=fact)  # type: ignore[arg-type]
            self.stored.append(MAPPER.to_stored_event(Recorded(journey_of(), self.live.version, entry)).state)

    def facts(self) -> list[Any]:
        return [msgspec.json.decode(state, type=Entry).fact for state in self.stored]

    @initialize()
    def begin(self) -> None:
        """Without an enrolment there is not much to ask."""
        self.store(journeys.enrol(self.live, ENROLLED, today=TODAY))

    @rule(step=steps)
    def record(self, step: Step) -> None:
        """A step is asked for."""
        with suppress(Refused):
            self.store(journeys.record(self.live, step, today=TODAY))

    @rule(entry=entries, step=steps)
    def correct(self, entry: int, step: Step) -> None:
        """A correction is asked for; the same one again is none."""
        try:
            self.store(journeys.correct(self.live, entry, step, reason=sealed(entry), today=TODAY))
        except Refused:
            return
        assert journeys.correct(self.live, entry, step, reason=sealed(0), today=TODAY) == []

    @rule(entry=entries, day=days)
    def move(self, entry: int, day: int) -> None:
        """A correction of the day alone is asked for, which is the most common one."""
        if entry in self.live.entries:
            on = ENROLLED.happened_on + timedelta(day)
            self.correct(entry, msgspec.structs.replace(self.live.entries[entry], happened_on=on))

    @rule(entry=entries)
    def withdraw(self, entry: int) -> None:
        """A withdrawal is asked for."""
        try:
            self.store(journeys.withdraw(self.live, entry, reason=sealed(entry)))
        except Refused:
            return
        assert entry in self.live.withdrawn

    @invariant()
    def state_follows_from_the_stored_bytes(self) -> None:
        """The live state is the fold of what was stored, and of nothing else (DESIGN.md)."""
        assert reduce(journeys.evolve, self.facts(), Journey()) == self.live
        assert self.live.version == len(self.stored)
        assert self.live.entries == standing_entries(self.facts())

    @invariant()
    def journey_is_possible(self) -> None:
        """No sequence of accepted commands makes an impossible journey (DOMAIN.md 4)."""
        assert list(impossibilities(self.live.entries)) == []

    @invariant()
    def state_says_what_the_entries_say(self) -> None:
        """Enrolment, exit and coach are those of the entries that count."""
        standing = self.live.entries
        assert self.live.enrolled == next((one for one in standing.values() if isinstance(one, Enrolled)), None)
        assert self.live.exited == next((one for one in standing.values() if isinstance(one, Exited)), None)
        days_of = [(one.happened_on, version, one.coach) for version, one in standing.items() if hasattr(one, "coach")]
        expected = max(days_of)[2] if days_of and not self.live.exited else None
        assert self.live.coach == expected


TestOneJourney = OneJourney.TestCase
TestOneJourney.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


# --- a whole office ---------------------------------------------------------------------------------


def standing_of(ledger: MemoryLedger) -> dict[UUID, dict[int, Step]]:
    return {stream: standing_entries(ledger.facts(stream)) for stream in ledger.streams() if is_journey(ledger, stream)}


def is_journey(ledger: MemoryLedger, stream: UUID) -> bool:
    return isinstance(ledger.facts(stream)[0], Enrolled)


def office(seed: int, size: int) -> Office:
    """An office after so many commands."""
    made_up = Office(Random(seed), coaches=2, participants=5, ratio=2, editions=True)
    list(islice(made_up.work(), size))
    return made_up


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_journeys_of_an_office_are_possible(seed: int, size: int) -> None:
    """Whatever an office does, every journey is possible and lies within its programme (DOMAIN.md 4)."""
    for standing in standing_of(office(seed, size).ledger).values():
        assert list(impossibilities(standing)) == []
        for step in standing.values():
            if isinstance(step, Enrolled):
                assert date(2016, 3, 1) <= step.happened_on <= date(2019, 6, 30)


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_nothing_was_entered_before_it_happened(seed: int, size: int) -> None:
    """No entry, and no correction, lies after the German day it was recorded on (DOMAIN.md 4)."""
    ledger = office(seed, size).ledger
    for stream in ledger.streams():
        for recorded in ledger.read(stream):
            step = getattr(recorded.fact, "replacement", recorded.fact)
            if isinstance(step, Step):
                today = Request(id=uuid4(), by="", now=recorded.entry.recorded_at).today
                assert step.happened_on <= today


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_participations_do_not_overlap(seed: int, size: int) -> None:
    """A person is in a programme once at a time (DOMAIN.md 4)."""
    participations: dict[tuple[UUID, str], list[tuple[int, date, date]]] = {}
    for standing in standing_of(office(seed, size).ledger).values():
        for step in standing.values():
            if isinstance(step, Enrolled):
                left = [one.happened_on for one in standing.values() if isinstance(one, Exited)]
                period = (step.participation, step.happened_on, left[0] if left else date.max)
                participations.setdefault((step.participant, step.programme), []).append(period)
    for periods in participations.values():
        for (_number, _begin, end), (_next_number, begin, _end) in pairwise(sorted(periods)):
            assert end <= begin


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_caseloads_are_the_journeys_in_care(seed: int, size: int) -> None:
    """A journey is in the caseload of its coach and in no other, and the ratio holds unless overridden (1:80)."""
    made_up = office(seed, size)
    in_care = {(made_up.ledger.state(Journey, stream).coach, stream) for stream in standing_of(made_up.ledger)}
    for coach in made_up.coaches:
        stream = caseload_stream(made_up.programmes[0], coach)
        caseload = made_up.ledger.state(Caseload, stream).journeys
        assert caseload == {journey for name, journey in in_care if name == coach}
        if not any(getattr(fact, "over_ratio", False) for fact in made_up.ledger.facts(stream)):
            assert len(caseload) <= made_up.ratio


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_editions_went_through_four_eyes(seed: int, size: int) -> None:
    """Numbered from 1 without a gap, approved by somebody else, released after that, none drawn of the future."""
    made_up = office(seed, size)
    for programme in made_up.programmes:
        drafted: dict[int, Recorded] = {}
        approved, released = set(), set()
        for one in made_up.ledger.read(balances_stream(programme)):
            match one.fact:
                case BalanceDrafted(number=number, stichtag=stichtag):
                    assert number == len(drafted) + 1
                    assert one.fact.digest not in {before.fact.digest for before in drafted.values()}
                    assert stichtag <= Request(id=uuid4(), by="", now=one.entry.recorded_at).today
                    drafted[number] = one
                case BalanceApproved(number=number, digest=digest):
                    assert digest == drafted[number].fact.digest
                    assert one.entry.recorded_by.casefold() != drafted[number].entry.recorded_by.casefold()
                    assert number not in approved
                    approved.add(number)
                case BalanceReleased(number=number):
                    assert number in approved - released
                    released.add(number)
        state = made_up.ledger.state(Balances, balances_stream(programme))
        assert {one.draft.number for one in state.editions if one.approved} == approved
        assert {one.draft.number for one in state.editions if one.released} == released
        for one in drafted.values():
            assert len(made_up.ledger.facts(catalogue_stream(one.fact.catalogue))) == 1


@given(seed=SEEDS, size=st.integers(3, 150))
@some
def test_states_follow_from_the_stored_bytes(seed: int, size: int) -> None:
    """Streams that were never read anew, over many commands, are as if read from the ledger (DESIGN.md)."""
    ledger = MemoryLedger()
    batch = Streams(ledger.load, Request(id=uuid4(), by="tester", now=NOW))
    kinds: dict[UUID, Any] = {}
    options = {"coaches": 2, "participants": 5, "ratio": 2, "editions": True, "protection": True}
    for command in commands_for(Random(seed), size, **options):
        batch.request = command.request
        for recorded in batch.append(command.decide(batch)):
            kinds[recorded.originator_id] = type(batch._states[recorded.originator_id])
        ledger.act(command.decide, command.request)
    batch.request = Request(id=uuid4(), by="tester", now=NOW)
    for stream, kind in kinds.items():
        assert batch.read(kind, stream) == ledger.state(kind, stream)
        facts = [one.fact for one in batch.pending if one.originator_id == stream]
        assert reduce(EVOLVE[kind], facts, kind()) == ledger.state(kind, stream)
        assert ledger.facts(stream) == facts


@given(seed=SEEDS, size=st.integers(3, 120))
@some
def test_commands_sent_twice_are_carried_out_once(seed: int, size: int) -> None:
    """Under one request id a command counts once, right away or at the very end (DOMAIN.md 4)."""
    once, twice = MemoryLedger(), MemoryLedger()
    sent: list[Command] = commands_for(
        Random(seed), size, participants=5, editions=True, protection=True, accounts=True
    )
    for command in sent:
        stored = once.act(command.decide, command.request)
        assert twice.act(command.decide, command.request) == stored
        if stored:
            assert twice.act(command.decide, command.request) == []
    for command in sent:
        if any(one.entry.request_id == command.request.id for stream in twice.streams() for one in twice.read(stream)):
            assert twice.act(command.decide, command.request) == []
    assert {stream: once.read(stream) for stream in once.streams()} == {
        stream: twice.read(stream) for stream in twice.streams()
    }


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_made_up_commands_are_the_same_for_the_same_seed(seed: int) -> None:
    """A failure found with a seed can be looked at again, and a shorter list is the beginning of a longer one."""
    longer, shorter = (
        commands_for(Random(seed), size, refused=True, editions=True, protection=True, accounts=True)
        for size in (60, 40)
    )
    ledgers = MemoryLedger(), MemoryLedger()
    for one, other in zip(longer, shorter, strict=False):
        assert (one.name, one.request, one.refused) == (other.name, other.request, other.refused)
        if one.refused is None:
            assert ledgers[0].act(one.decide, one.request) == ledgers[1].act(other.decide, other.request)


def test_made_up_commands_hold_everything() -> None:
    """Every step, correction and refusal a property could miss is among a thousand commands."""
    made_up = Office(
        Random(1), programmes=2, participants=20, ratio=3, refused=True, editions=True, protection=True, accounts=True
    )
    found = list(islice(made_up.work(), 3000))
    kinds = {type(fact) for stream in made_up.ledger.streams() for fact in made_up.ledger.facts(stream)}
    assert kinds == set(get_args(AnyFact))
    refusals = {command.refused for command in found}
    assert refusals >= {"after_exit", "already_active", "coach_full", "entry_in_the_way", "target_group"}
    assert refusals >= {"four_eyes", "not_approved", "not_ended", "unknown_edition", "outside_period"}
    assert refusals >= {"erased", "already_erased", "not_requested"}
    assert refusals >= {"roles_apart", "role_needs_coach", "account_closed", "unknown_account"}
    assert any(is_again(made_up.ledger, stream) for stream in made_up.ledger.streams())
    assert programme_stream(made_up.programmes[0]) in made_up.ledger.streams()


def is_again(ledger: MemoryLedger, stream: UUID) -> bool:
    return getattr(ledger.facts(stream)[0], "participation", 1) > 1
