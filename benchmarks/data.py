"""A made-up ledger: one programme with any number of journeys, the same for the same seed.

A journey has about ten entries, spread over the years from 2022 to 2026: an enrolment with sealed fields and a
verdict, a coach and the coach's caseload, three sessions, now and then a qualification, a placement, fundings,
changed circumstances and an exit. One journey in ten holds a correction or a withdrawal, which is one entry in
a hundred; three in a hundred participants come back for a second participation. Entries stand in the order of
their days, so those of one journey lie far apart in the ledger, as they would in a real one.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.facts import (
    AppointmentMissed,
    CaseHandedOver,
    CaseTakenOn,
    CircumstancesChanged,
    CoachAssigned,
    CoachingSessionHeld,
    CoachJoined,
    Corrected,
    Enrolled,
    Entry,
    Exited,
    Fact,
    FundingEnded,
    FundingGranted,
    PlacementEnded,
    PlacementStarted,
    ProgrammeOpened,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    Recorded,
    Step,
    TargetGroup,
    WhereaboutsRecorded,
    Withdrawn,
)
from domain.target_group import assess
from domain.terms import (
    AbandonReason,
    Education,
    ExitReason,
    FundingKind,
    Gender,
    PlacementEndReason,
    PlacementKind,
    QualificationKind,
    Scheme,
    Topic,
    Whereabouts,
    WhereaboutsSource,
    caseload_stream,
    journey_stream,
    programme_stream,
)

PROGRAMME = "benchmark"
STICHTAG = date(2026, 6, 30)
FIRST, LAST = date(2022, 1, 1), date(2026, 9, 30)
_ENROLMENT_DAYS = 1_640
_CASES_PER_COACH = 60
_KINDS = (PlacementKind.SVP,) * 5 + tuple(PlacementKind)
_MUNICIPALITIES = tuple(f"Gemeinde {number}" for number in range(1, 13))
_GROUP = TargetGroup(age_min=18, age_max=60, municipalities=_MUNICIPALITIES)
_SHORTEST_ENVELOPE = 93


class _Dated(NamedTuple):
    """A fact waiting for its day; `number` keeps facts of one day in the order they were decided in."""

    day: date
    number: int
    stream: UUID
    fact: Fact


def opening() -> ProgrammeOpened:
    """How the programme is opened."""
    return ProgrammeOpened(
        key=PROGRAMME, title="Benchmark", funder="-", starts_on=FIRST, ends_on=LAST, target_group=_GROUP
    )


def persons(number: int, seed: int = 1) -> Iterator[list[Step]]:
    """The steps of so many persons' first participations, person by person."""
    rng = random.Random(seed)
    for person in range(number):
        day = FIRST + timedelta(days=person * _ENROLMENT_DAYS // number)
        participant = UUID(int=rng.getrandbits(128), version=4)
        yield _steps(rng, participant, 1, coach_of(person), day)


def coach_of(person: int) -> str:
    """The coach of the n-th person; none ever has more than the coaching ratio allows."""
    return f"c{person // _CASES_PER_COACH}"


def ledger(journeys: int, seed: int = 1) -> Iterator[Recorded]:
    """The entries of a programme with so many enrolled persons, in the order of the ledger."""
    rng = random.Random(seed)
    versions: Counter[UUID] = Counter()
    for day, _number, stream, fact in _by_day(rng, journeys):
        versions[stream] += 1
        yield Recorded(stream, versions[stream], _entry(rng, day, fact))


def _by_day(rng: random.Random, journeys: int) -> Iterator[_Dated]:
    """All facts by their days; only those of persons still on their way are held in memory."""
    numbers = count()
    programme = programme_stream(PROGRAMME)
    yield _Dated(FIRST, next(numbers), programme, opening())
    waiting: list[_Dated] = []
    for person in range(journeys):
        day = FIRST + timedelta(days=person * _ENROLMENT_DAYS // journeys)
        while waiting and waiting[0].day < day:
            yield heappop(waiting)
        coach = coach_of(person)
        if person % _CASES_PER_COACH == 0:
            yield _Dated(day, next(numbers), programme, CoachJoined(coach=coach))
        for on, stream, fact in _person(rng, coach, day):
            heappush(waiting, _Dated(on, next(numbers), stream, fact))
    while waiting:
        yield heappop(waiting)


def _entry(rng: random.Random, day: date, fact: Fact) -> Entry:
    return Entry(
        recorded_at=datetime.combine(day, time(12), UTC),
        recorded_by="benchmark",
        request_id=UUID(int=rng.getrandbits(128)),
        request_digest=rng.randbytes(16),
        fact=fact,  # type: ignore[arg-type]
    )


# --- one person -------------------------------------------------------------------------------------


def _person(rng: random.Random, coach: str, day: date) -> Iterator[tuple[date, UUID, Fact]]:
    """The facts of one person: one participation, or two."""
    participant = UUID(int=rng.getrandbits(128), version=4)
    caseload = caseload_stream(PROGRAMME, coach)
    for participation in (1, 2) if rng.random() < 0.03 else (1,):
        stream = journey_stream(participant, PROGRAMME, participation)
        steps = _steps(rng, participant, participation, coach, day)
        exited = next((step.happened_on for step in steps if isinstance(step, Exited)), None)
        assigned = next(step.happened_on for step in steps if isinstance(step, CoachAssigned))
        for on, fact in _with_change(rng, steps):
            yield on, stream, fact
        yield assigned, caseload, CaseTakenOn(journey=stream)
        if exited is None:
            return
        yield exited, caseload, CaseHandedOver(journey=stream)
        day = exited + timedelta(days=rng.randrange(20, 90))
        if day > LAST - timedelta(days=10):  # time for a coach
            return


def _steps(rng: random.Random, participant: UUID, participation: int, coach: str, day: date) -> list[Step]:
    """A participation's steps up to the last day, in order; those of one day as they are listed here."""
    stay = rng.randrange(120, 700)
    steps: list[Step] = [_enrolled(rng, participant, participation, day)]
    steps.append(CoachAssigned(happened_on=_after(rng, day, 10), coach=coach))
    steps += [_session(rng, _after(rng, day, stay, least=11)) for _time in range(3)]
    if rng.random() < 0.8:
        steps += _qualification(rng, day, stay)
    if rng.random() < 0.6:
        steps += _placement(rng, day, stay)
    if rng.random() < 0.2:
        steps.append(_circumstances(rng, _after(rng, day, stay)))
    if rng.random() < 0.15:
        steps.append(AppointmentMissed(happened_on=_after(rng, day, stay), excused=rng.random() < 0.5))
    if rng.random() < 0.8:
        steps += _exit(rng, day + timedelta(days=stay))
    return sorted((step for step in steps if step.happened_on <= LAST), key=_day_of)


def _with_change(rng: random.Random, steps: list[Step]) -> Iterator[tuple[date, Fact]]:
    """The steps with their days; for one journey in ten a correction or withdrawal of a session among them."""
    changed = None
    if rng.random() < 0.1:
        changed = next((version for version, step in enumerate(steps, 1) if type(step) is CoachingSessionHeld), None)
    for step in steps:
        yield step.happened_on, step
    if changed is not None:
        session, reason = steps[changed - 1], _sealed(rng)
        assert isinstance(session, CoachingSessionHeld)
        replacement = msgspec.structs.replace(session, minutes=session.minutes + 5)
        correction = Corrected(entry=changed, replacement=replacement, reason=reason)
        change = correction if rng.random() < 0.5 else Withdrawn(entry=changed, reason=reason)
        yield max(steps[-1].happened_on, _after(rng, session.happened_on, 30)), change


def _enrolled(rng: random.Random, participant: UUID, participation: int, day: date) -> Enrolled:
    enrolment = Enrolled(
        happened_on=day,
        participant=participant,
        programme=PROGRAMME,
        participation=participation,
        gender=rng.choice(list(Gender)),
        age=rng.randrange(18, 61),
        migration_background=rng.random() < 0.5,
        single_parent=rng.random() < 0.3,
        municipality=rng.choice(_MUNICIPALITIES),
        benefit_months=rng.randrange(25),
        education=rng.choice(list(Education)),
        name=_sealed(rng),
        birth_date=_sealed(rng),
        customer_number=_sealed(rng),
    )
    return msgspec.structs.replace(enrolment, verdict=assess(_GROUP, enrolment))


def _session(rng: random.Random, day: date) -> CoachingSessionHeld:
    note = _sealed(rng) if rng.random() < 0.3 else None
    topics = tuple(rng.sample(list(Topic), rng.randrange(3)))
    return CoachingSessionHeld(happened_on=day, minutes=rng.randrange(15, 121, 5), topics=topics, note=note)


def _qualification(rng: random.Random, day: date, stay: int) -> Iterator[Step]:
    begun = _after(rng, day, stay - 60)
    ended = _after(rng, begun, 60, least=5)
    kind = rng.choice(list(QualificationKind))
    yield QualificationStarted(happened_on=begun, ref="q1", kind=kind, provider=f"Träger {rng.randrange(20)}")
    if rng.random() < 0.75:
        yield QualificationCompleted(happened_on=ended, ref="q1", certificate=rng.random() < 0.7)
    else:
        yield QualificationAbandoned(happened_on=ended, ref="q1", reason=rng.choice(list(AbandonReason)))


def _placement(rng: random.Random, day: date, stay: int) -> Iterator[Step]:
    """A job; half of them end again; a third is funded, and half of these fundings end early."""
    begun = _after(rng, day, stay, least=30)
    kind = rng.choice(_KINDS)
    scheme = rng.choice(list(Scheme)) if kind is PlacementKind.SVP and rng.random() < 0.3 else Scheme.NONE
    pay = Decimal(rng.randrange(600, 3_800))
    yield PlacementStarted(
        happened_on=begun, ref="p1", kind=kind, scheme=scheme, sector="Handel", weekly_hours=30.0, monthly_pay=pay
    )
    ended = _after(rng, begun, 400, least=10)
    if rng.random() < 0.5:
        yield PlacementEnded(happened_on=ended, ref="p1", reason=rng.choice(list(PlacementEndReason)))
    if rng.random() < 0.35:
        amount = Decimal(rng.randrange(50_000, 900_000)) / 100
        until = begun + timedelta(days=180)
        funding = rng.choice(list(FundingKind))
        yield FundingGranted(happened_on=begun, ref="f1", kind=funding, placement="p1", until=until, amount=amount)
        if rng.random() < 0.5:
            yield FundingEnded(happened_on=_after(rng, begun, 180, least=1), ref="f1")


def _exit(rng: random.Random, day: date) -> Iterator[Step]:
    yield Exited(happened_on=day, reason=rng.choice(list(ExitReason)))
    if rng.random() < 0.2:
        status, source = rng.choice(list(Whereabouts)), rng.choice(list(WhereaboutsSource))
        yield WhereaboutsRecorded(happened_on=_after(rng, day, 60, least=28), status=status, source=source)


def _circumstances(rng: random.Random, day: date) -> CircumstancesChanged:
    if rng.random() < 0.5:
        return CircumstancesChanged(happened_on=day, single_parent=rng.random() < 0.5)
    return CircumstancesChanged(happened_on=day, municipality=rng.choice(_MUNICIPALITIES))


def _after(rng: random.Random, day: date, most: int, least: int = 0) -> date:
    return day + timedelta(days=rng.randint(least, max(least, most)))


def _sealed(rng: random.Random) -> bytes:
    """Bytes as long as the shortest envelope of the vault; nobody can open them."""
    return rng.randbytes(_SHORTEST_ENVELOPE)


def _day_of(step: Step) -> date:
    return step.happened_on
