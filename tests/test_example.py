"""The example programme gives its headline figures at both Datenstände, counted here in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from domain import law
from domain.facts import (
    STEP_BY_NAME,
    CaseHandedOver,
    CaseTakenOn,
    CircumstancesChanged,
    CoachingSessionHeld,
    CoachJoined,
    Corrected,
    Enrolled,
    Entry,
    FundingGranted,
    PlacementEnded,
    PlacementStarted,
    ProgrammeOpened,
    QualificationCompleted,
    QualificationStarted,
    Recorded,
    Step,
    Withdrawn,
    step_name,
)
from domain.journal import BERLIN
from domain.terms import Gender, QualificationKind, Scheme, programme_stream
from domain.vault import OWN_KEY
from projections.editions import differing, editions
from projections.settings import Settings
from projections.stores import Stores, create_stores, open_stores
from scripts.example import INTERIM_STICHTAG, write_example


class Figures(NamedTuple):
    """The participants behind each headline figure, and two further figures."""

    placed_svp: set[UUID]
    placed_minijob_only: set[UUID]
    single_parents_in_svp: set[UUID]
    coaching_sessions: int
    qualifications_completed: int
    follow_up_funding: int


class Example(NamedTuple):
    """The written example: its stores, and all entries by stream and in ledger order."""

    stores: Stores
    streams: Mapping[UUID, list[Recorded]]
    ledger: list[Recorded]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    settings = Settings(data=str(tmp_path_factory.mktemp("example")))
    create_stores(settings)
    with open_stores(settings) as stores:
        calls: list[tuple[int, int]] = []
        write_example(stores, lambda done, total: calls.append((done, total)))
        assert calls[-1] == (len(calls), len(calls))
        streams = stores.journal.load([stream for _position, stream in stores.journal.since(0, 100_000)])
        ledger = sorted((one for stream in streams.values() for one in stream), key=lambda one: one.position)
        yield Example(stores, streams, ledger)


def known_on_the_evening(example: Example) -> int:
    """The position of the last entry recorded on the day of the Stichtag."""
    return max(one.position for one in example.ledger if recorded_on(one.entry) <= INTERIM_STICHTAG)


def recorded_on(entry: Entry) -> date:
    return entry.recorded_at.astimezone(BERLIN).date()


def standing(recorded: list[Recorded], upto: int) -> list[Step]:
    """The steps of one journey as they read at a position, corrections and withdrawals applied."""
    steps: dict[int, Step] = {}
    for one in recorded:
        if one.position > upto:
            continue
        match one.fact:
            case Corrected(entry=entry, replacement=replacement):
                steps[entry] = replacement
            case Withdrawn(entry=entry):
                del steps[entry]
            case Step() as step:
                steps[one.originator_version] = step
    return list(steps.values())


def journeys(example: Example, upto: int) -> dict[UUID, list[Step]]:
    """All steps that stand, by participant."""
    found: dict[UUID, list[Step]] = defaultdict(list)
    for recorded in example.streams.values():
        if isinstance(recorded[0].fact, Enrolled) and recorded[0].position <= upto:
            found[recorded[0].fact.participant] += standing(recorded, upto)
    return found


def participations(steps: list[Step]) -> list[list[Step]]:
    """The steps of a participant, one participation at a time: refs repeat between them."""
    found: list[list[Step]] = []
    for step in steps:
        if isinstance(step, Enrolled):
            found.append([])
        found[-1].append(step)
    return found


def svp_on(steps: list[Step], day: date) -> bool:
    """Whether a participant is in an svp job on a day; the end is the first day without it."""
    for own in participations(steps):
        ended = {step.ref: step.happened_on for step in own if isinstance(step, PlacementEnded)}
        started = [step for step in own if isinstance(step, PlacementStarted) and step.kind == "svp"]
        if any(step.happened_on <= day < ended.get(step.ref, date.max) for step in started):
            return True
    return False


def single_parent_on(steps: list[Step], day: date) -> bool:
    said = [
        (step.happened_on, step.single_parent)
        for step in steps
        if isinstance(step, Enrolled | CircumstancesChanged) and step.single_parent is not None
    ]
    return [value for on, value in sorted(said) if on <= day][-1]


def figures(example: Example, upto: int) -> Figures:
    stichtag = INTERIM_STICHTAG
    people = {
        participant: [step for step in steps if step.happened_on <= stichtag]
        for participant, steps in journeys(example, upto).items()
    }
    people = {participant: steps for participant, steps in people.items() if steps}
    started = {
        participant: {step.kind.value for step in steps if isinstance(step, PlacementStarted)}
        for participant, steps in people.items()
    }
    every = [step for steps in people.values() for step in steps]
    return Figures(
        placed_svp={one for one, kinds in started.items() if "svp" in kinds},
        placed_minijob_only={one for one, kinds in started.items() if "minijob" in kinds and "svp" not in kinds},
        single_parents_in_svp={
            one for one, steps in people.items() if svp_on(steps, stichtag) and single_parent_on(steps, stichtag)
        },
        coaching_sessions=sum(isinstance(step, CoachingSessionHeld) for step in every),
        qualifications_completed=sum(isinstance(step, QualificationCompleted) for step in every),
        follow_up_funding=sum(isinstance(step, FundingGranted) for step in every),
    )


def both(example: Example) -> tuple[Figures, Figures]:
    return figures(example, known_on_the_evening(example)), figures(example, example.stores.journal.head())


def test_headline_figures_hold_at_both_datenstaende(example: Example) -> None:
    """44 in svp jobs, 14 further people in a minijob, 9 single parents in an svp job: DOMAIN.md section 1."""
    for found in both(example):
        assert len(found.placed_svp) == 44
        assert len(found.placed_minijob_only) == 14
        assert len(found.single_parents_in_svp) == 9
        women = {
            one
            for one, steps in journeys(example, example.stores.journal.head()).items()
            if any(isinstance(step, Enrolled) and step.gender is Gender.FEMALE for step in steps)
        }
        assert found.single_parents_in_svp <= women


def test_headline_figures_are_different_people(example: Example) -> None:
    """What became known after the Stichtag cancels out in the headline figures, never in the people behind them."""
    then, now = both(example)
    assert (len(then.placed_svp - now.placed_svp), len(now.placed_svp - then.placed_svp)) == (3, 3)
    assert len(then.placed_minijob_only ^ now.placed_minijob_only) == 4
    assert len(then.single_parents_in_svp ^ now.single_parents_in_svp) == 4


def test_other_figures_differ(example: Example) -> None:
    """Late sessions, a corrected qualification and late fundings do not cancel out."""
    then, now = both(example)
    assert now.coaching_sessions > then.coaching_sessions
    assert now.qualifications_completed != then.qualifications_completed
    assert now.follow_up_funding >= then.follow_up_funding + 3


def test_people_and_coaches(example: Example) -> None:
    """240 participants under ids of their own, about 170 of them by the Stichtag, and three coaches."""
    people = journeys(example, example.stores.journal.head())
    assert len(people) == 240
    enrolments = [step for steps in people.values() for step in steps if isinstance(step, Enrolled)]
    assert len({step.participant for step in enrolments if step.happened_on <= INTERIM_STICHTAG}) == 170
    assert len(enrolments) > 240, "some came back"
    assert sum(step.override_reason is not None for step in enrolments) == 2
    programme = example.streams[programme_stream("lzb-gg")]
    assert isinstance(programme[0].fact, ProgrammeOpened)
    assert "synthetisch" in programme[0].fact.title
    assert {one.fact.coach for one in programme if isinstance(one.fact, CoachJoined)} == {
        "coach-1",
        "coach-2",
        "coach-3",
    }


def test_caseloads_keep_the_ratio(example: Example) -> None:
    """No coach has more than 80 in care, at any moment of the ledger."""
    in_care: Counter[UUID] = Counter()
    for one in example.ledger:
        in_care[one.originator_id] += isinstance(one.fact, CaseTakenOn) - isinstance(one.fact, CaseHandedOver)
        assert in_care[one.originator_id] <= 80
    assert not any(in_care.values()), "everybody has left"


def test_ledger_is_chronological(example: Example) -> None:
    """Nothing is entered before it happened, and the entries stand in the order they were made."""
    for earlier, later in pairwise(example.ledger):
        assert earlier.entry.recorded_at <= later.entry.recorded_at
    for one in example.ledger:
        step = one.fact.replacement if isinstance(one.fact, Corrected) else one.fact
        if isinstance(step, Step):
            assert step.happened_on <= recorded_on(one.entry)
    assert recorded_on(example.ledger[-1].entry) >= date(2019, 9, 1)


def test_everything_an_office_knows_occurs(example: Example) -> None:
    """All steps and qualification kinds, late entries, and changes to several kinds of entries."""
    steps = [one for one in example.ledger if isinstance(one.fact, Step)]
    assert {step_name(one.fact) for one in steps} == set(STEP_BY_NAME)
    late = [one for one in steps if (recorded_on(one.entry) - one.fact.happened_on).days > 14]
    assert len({step_name(one.fact) for one in late}) >= 4
    assert {one.fact.kind for one in steps if isinstance(one.fact, QualificationStarted)} == set(QualificationKind)
    schemes = {one.fact.scheme for one in steps if isinstance(one.fact, PlacementStarted)}
    assert schemes == set(Scheme) - {Scheme.P16D}
    changed: dict[type[Any], Counter[str]] = {Corrected: Counter(), Withdrawn: Counter()}
    for one in example.ledger:
        if isinstance(one.fact, Corrected | Withdrawn):
            entry = example.streams[one.originator_id][one.fact.entry - 1].fact
            changed[type(one.fact)][step_name(entry)] += 1
    assert len(changed[Corrected]) >= 6
    assert len(changed[Withdrawn]) >= 4


def test_limits_are_breached_on_purpose(example: Example) -> None:
    """A controller finds a § 16b over 24 months and minijobs above 450 €; § 16i and § 16e only since 2019."""
    steps = [step for steps in journeys(example, example.stores.journal.head()).values() for step in steps]
    norms = Counter(warning.norm for step in steps for warning in law.warnings(step))
    assert norms["§ 16b Abs. 2 SGB II"] == 1
    assert norms["§ 8 SGB IV"] == 2
    for step in steps:
        if isinstance(step, PlacementStarted) and step.scheme in (Scheme.P16I, Scheme.P16E):
            assert step.happened_on >= date(2019, 1, 1)


def test_writing_it_again_stores_nothing(example: Example) -> None:
    """Every request was made before; the persons are found again."""
    head = example.stores.journal.head()
    person = example.stores.vault.find(OWN_KEY, "example-017")
    write_example(example.stores)
    assert example.stores.journal.head() == head
    assert example.stores.vault.find(OWN_KEY, "example-017") == person


def test_personal_texts_are_artificial(example: Example) -> None:
    """Whoever opens an envelope finds somebody who does not exist."""
    enrolled = next(one for one in example.ledger if isinstance(one.fact, Enrolled))
    fact, now = enrolled.fact, enrolled.entry.recorded_at

    def opened(field: str) -> str:
        sealed = getattr(fact, field)
        name = f"enrolled.{field}"
        return example.stores.vault.open(fact.participant, name, sealed, account="test", purpose="test", now=now)

    assert opened("name") == "Beispielperson 001"
    assert opened("customer_number") == "999A000001"
    born = date.fromisoformat(opened("birth_date"))
    on = fact.happened_on
    assert fact.age == on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def test_both_balances_were_published_in_their_time(example: Example) -> None:
    """The interim edition (44, 14, 9) and the final one, each drafted by one account and approved by another."""
    journal, model = example.stores.journal, example.stores.read_model
    interim, final = editions(journal, model, "lzb-gg")
    figures = {code: figure.value for code, figure in interim.balance.figures.items()}
    assert (figures["placed_svp"], figures["placed_minijob_only"], figures["single_parents_in_svp"]) == (44, 14, 9)
    assert (interim.balance.kind, final.balance.kind) == ("interim", "final")
    for edition in (interim, final):
        assert edition.approved
        assert edition.drafted.by != edition.approved.by
        assert edition.drafted.at < edition.approved.at
        assert differing(journal, model, edition) == []
    assert interim.drafted.at.year == 2018
    moments = [one.entry.recorded_at for one in example.ledger]
    assert moments == sorted(moments)
