"""Commands: which streams each touches, and the rules that one stream alone cannot tell."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from given import (
    ANNA,
    BELA,
    NOW,
    OPENED,
    SEALED,
    TODAY,
    MemoryLedger,
    enrolment,
    journey_of,
    sealed,
)
from steps import assigned, day, exited, placed, session

from domain import commands
from domain.caseload import Caseload
from domain.errors import NotFound
from domain.facts import (
    CaseHandedOver,
    CaseTakenOn,
    CoachJoined,
    Corrected,
    Enrolled,
    Recorded,
    TargetGroup,
    Verdict,
    Withdrawn,
)
from domain.journal import Request
from domain.journey import Journey
from domain.terms import Criterion, Role, caseload_stream, journey_stream, programme_stream

KEY = OPENED.key
PROGRAMME = programme_stream(KEY)
ANNAS = journey_of(ANNA)
BELAS = journey_of(BELA)
C1, C2 = caseload_stream(KEY, "C1"), caseload_stream(KEY, "C2")
WHY = sealed(7)


def opened(**changed: Any) -> MemoryLedger:
    """A ledger with the programme of the tests and two coaches."""
    ledger = MemoryLedger().given(commands.open_programme, msgspec.structs.replace(OPENED, **changed))
    return ledger.given(commands.join_programme, KEY, "C1").given(commands.join_programme, KEY, "C2")


def enrolled(*steps: Any, **changed: Any) -> MemoryLedger:
    """The same, with Anna enrolled on day 0 and further steps on her journey."""
    ledger = opened(**changed).given(commands.enrol, enrolment())
    for step in steps:
        ledger.given(commands.record, ANNAS, step)
    return ledger


def with_full_coach(*steps: Any) -> MemoryLedger:
    """Anna is enrolled, and C1 looks after Bela, whom alone the ratio of 1:1 allows."""
    ledger = enrolled(*steps, coaching_ratio=1).given(commands.enrol, enrolment(participant=BELA))
    return ledger.given(commands.record, BELAS, assigned(3, "C1"))


# --- programmes -------------------------------------------------------------------------------------


def test_programme_is_opened_under_its_key() -> None:
    """The stream of a programme follows from its key; the same opening again stores nothing."""
    ledger = MemoryLedger()
    ledger.when(commands.open_programme, OPENED).then((PROGRAMME, OPENED))
    ledger.when(commands.open_programme, OPENED).then()


def test_key_is_opened_only_once() -> None:
    """Another opening under the same key meets the first."""
    other = msgspec.structs.replace(OPENED, funder="Bund")
    opened().when(commands.open_programme, other).refused("programme_exists", KEY)


def test_coach_joins_once() -> None:
    """A coach works in a programme; a repeat stores nothing."""
    ledger = opened()
    ledger.when(commands.join_programme, KEY, "C3").then((PROGRAMME, CoachJoined(coach="C3")))
    ledger.when(commands.join_programme, KEY, "C3").then()


def test_nobody_joins_an_unknown_programme() -> None:
    """An unknown programme is refused and named (DOMAIN.md 4)."""
    refusal = opened().when(commands.join_programme, "elsewhere", "C1").refused("unknown_programme", "elsewhere")
    assert isinstance(refusal, NotFound)


# --- enrolment --------------------------------------------------------------------------------------


def test_enrolment_begins_a_journey() -> None:
    """The first participation of a participant in a programme has a stream of its own."""
    opened().when(commands.enrol, enrolment()).then((ANNAS, enrolment()))


def test_enrolment_stores_the_verdict() -> None:
    """The verdict on every target-group criterion is stored with the enrolment (DOMAIN.md 3)."""
    ledger = opened(target_group=TargetGroup(age_max=34))
    verdict = (Verdict(Criterion.AGE_MAX, "34", "27", True),)
    ledger.when(commands.enrol, enrolment()).then((ANNAS, enrolment(verdict=verdict)))


def test_enrolment_in_an_unknown_programme_is_refused() -> None:
    """An unknown programme is refused and named (DOMAIN.md 4)."""
    refusal = opened().when(commands.enrol, enrolment(programme="elsewhere"))
    assert isinstance(refusal.refused("unknown_programme", "elsewhere"), NotFound)


def test_rules_of_admission_hold() -> None:
    """Outside the period, beyond the target group or in the future nobody is enrolled (DOMAIN.md 4)."""
    ledger = opened(target_group=TargetGroup(age_max=34))
    ledger.when(commands.enrol, enrolment(day(-1))).refused("outside_period", day(-1))
    ledger.when(commands.enrol, enrolment(age=41)).refused("target_group", "41")
    ledger.when(commands.enrol, enrolment(age=41, override_reason=SEALED)).refused("override_needs_lead", "41")
    ledger.when(commands.enrol, enrolment(date(2018, 2, 20))).refused("in_future", date(2018, 2, 20), TODAY)
    assert ledger.streams() == [PROGRAMME]


def test_lead_overrides_the_target_group() -> None:
    """A lead may take somebody on with a reason, which is stored (DOMAIN.md 4)."""
    ledger = opened(target_group=TargetGroup(age_max=34))
    asked = enrolment(age=41, override_reason=SEALED)
    ledger.given(commands.enrol, asked, role=Role.LEAD)
    (stored,) = ledger.facts(ANNAS)
    assert stored == msgspec.structs.replace(asked, verdict=(Verdict(Criterion.AGE_MAX, "34", "41", False),))


def test_enrolling_twice_is_refused() -> None:
    """Somebody active in the programme is not enrolled again; since when is named (DOMAIN.md 4)."""
    enrolled().when(commands.enrol, enrolment(day(50))).refused("already_active", KEY, day(0))


def test_second_programme_at_the_same_time() -> None:
    """Participations in different programmes do not meet."""
    ledger = enrolled().given(commands.open_programme, msgspec.structs.replace(OPENED, key="p2"))
    other = enrolment(programme="p2")
    ledger.when(commands.enrol, other).then((journey_stream(ANNA, "p2", 1), other))


def test_enrolment_after_the_exit_is_the_next_participation() -> None:
    """After an exit, from its very day on, a new journey begins, whatever number was asked for."""
    for first_day in (30, 31):
        again = enrolment(day(first_day), participation=9)
        stored = msgspec.structs.replace(again, participation=2)
        enrolled(exited(30)).when(commands.enrol, again).then((journey_of(ANNA, 2), stored))


def test_enrolment_before_the_exit_is_refused() -> None:
    """Two participations do not overlap, an enrolment entered late included (DOMAIN.md 4)."""
    enrolled(exited(30)).when(commands.enrol, enrolment(day(29))).refused("already_active", KEY, day(0))


def test_third_participation_meets_the_second() -> None:
    """Every participation is compared with the one before."""
    ledger = enrolled(exited(30)).given(commands.enrol, enrolment(day(40)))
    ledger.when(commands.enrol, enrolment(day(60))).refused("already_active", KEY, day(40))
    ledger.given(commands.record, journey_of(ANNA, 2), exited(50))
    third = enrolment(day(60))
    stored = msgspec.structs.replace(third, participation=3)
    ledger.when(commands.enrol, third).then((journey_of(ANNA, 3), stored))


def test_enrolment_after_a_withdrawn_one() -> None:
    """Registered in error is withdrawn; then the person can be enrolled, on a new journey (DOMAIN.md 3)."""
    ledger = enrolled().given(commands.withdraw, ANNAS, 1, reason=WHY)
    asked = enrolment(day(2))
    stored = msgspec.structs.replace(asked, participation=2)
    ledger.when(commands.enrol, asked).then((journey_of(ANNA, 2), stored))


# --- steps and care ---------------------------------------------------------------------------------


def test_step_is_recorded_on_its_journey_alone() -> None:
    """A session touches no caseload."""
    enrolled(assigned(3)).when(commands.record, ANNAS, session(5)).then((ANNAS, session(5)))


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (commands.record, {"step": session(5)}),
        (commands.correct, {"entry": 1, "replacement": session(5), "reason": WHY}),
        (commands.withdraw, {"entry": 1, "reason": WHY}),
    ],
)
def test_unknown_journey_is_refused(command: Any, asked: dict[str, Any]) -> None:
    """A journey nobody began is named and refused."""
    nowhere = uuid4()
    assert isinstance(opened().when(command, nowhere, **asked).refused("unknown_journey", nowhere), NotFound)


@pytest.mark.parametrize("stream", [PROGRAMME, C1])
def test_stream_that_is_no_journey_is_refused(stream: UUID) -> None:
    """The id of a programme or a caseload is no journey's."""
    enrolled(assigned(3)).when(commands.record, stream, session(5)).refused("unknown_journey", stream)


def test_assignment_moves_the_journey_into_care() -> None:
    """An assignment is stored on the journey and on the caseload at once (DOMAIN.md 4)."""
    decision = enrolled().when(commands.record, ANNAS, assigned(3, "C1"))
    decision.then((ANNAS, assigned(3, "C1")), (C1, CaseTakenOn(journey=ANNAS)))


def test_assignment_of_an_unknown_coach_is_refused() -> None:
    """A coach the programme does not know is refused and named (DOMAIN.md 4)."""
    enrolled().when(commands.record, ANNAS, assigned(3, "C9")).refused("unknown_coach", "C9", KEY)


def test_assignment_replaces_the_one_before() -> None:
    """Another coach takes on what the one before hands over."""
    enrolled(assigned(3, "C1")).when(commands.record, ANNAS, assigned(5, "C2")).then(
        (ANNAS, assigned(5, "C2")), (C1, CaseHandedOver(journey=ANNAS)), (C2, CaseTakenOn(journey=ANNAS))
    )


def test_assigning_the_same_coach_again_stores_nothing() -> None:
    """Nothing changes on either stream."""
    enrolled(assigned(3)).when(commands.record, ANNAS, assigned(5)).then()


def test_assignment_entered_late_moves_nobody() -> None:
    """An assignment before the present one says who had care then; today's care stays."""
    decision = enrolled(assigned(5, "C1")).when(commands.record, ANNAS, assigned(3, "C2"))
    decision.then((ANNAS, assigned(3, "C2")))


def test_assignment_entered_after_the_exit_moves_nobody() -> None:
    """Whose care it was before the exit can still be entered; nobody comes into care by it."""
    decision = enrolled(exited(30)).when(commands.record, ANNAS, assigned(3, "C1"))
    decision.then((ANNAS, assigned(3, "C1")))


def test_exit_ends_the_care() -> None:
    """Who has left is in nobody's care."""
    decision = enrolled(assigned(3)).when(commands.record, ANNAS, exited(30))
    decision.then((ANNAS, exited(30)), (C1, CaseHandedOver(journey=ANNAS)))


def test_exit_without_a_coach() -> None:
    """Where nobody had care nothing is handed over."""
    enrolled().when(commands.record, ANNAS, exited(30)).then((ANNAS, exited(30)))


def test_full_coach_is_refused() -> None:
    """A coach beyond the programme's ratio is refused, and nothing is stored (DOMAIN.md 4)."""
    ledger = with_full_coach()
    ledger.when(commands.record, ANNAS, assigned(3, "C1")).refused("coach_full", "C1", "1", "1:1")
    assert ledger.facts(ANNAS) == [enrolment()]
    ledger.given(commands.record, ANNAS, assigned(3, "C2"))


def test_exit_makes_room_with_a_full_coach() -> None:
    """The ratio counts who is in care now."""
    ledger = with_full_coach().given(commands.record, BELAS, exited(30))
    ledger.given(commands.record, ANNAS, assigned(3, "C1"))


def test_lead_overrides_the_ratio() -> None:
    """A lead may go beyond the ratio with a reason, which is stored (DOMAIN.md 4)."""
    step = assigned(3, "C1", override_reason=SEALED)
    ledger = with_full_coach()
    ledger.when(commands.record, ANNAS, step).refused("coach_full", "C1")
    ledger.when(commands.record, ANNAS, assigned(3, "C1"), role=Role.LEAD).refused("coach_full", "C1")
    decision = ledger.when(commands.record, ANNAS, step, role=Role.LEAD)
    decision.then((ANNAS, step), (C1, CaseTakenOn(journey=ANNAS, over_ratio=True)))


# --- corrections ------------------------------------------------------------------------------------


def correction(entry: int, replacement: Any) -> Corrected:
    return Corrected(entry=entry, replacement=replacement, reason=WHY)


def test_corrected_enrolment_is_admitted_again() -> None:
    """Its verdict is found anew, and the rules of admission hold (DOMAIN.md 4)."""
    ledger = enrolled(target_group=TargetGroup(age_max=34))
    ledger.when(commands.correct, ANNAS, 1, enrolment(day(-1)), reason=WHY).refused("outside_period", day(-1))
    ledger.when(commands.correct, ANNAS, 1, enrolment(age=41), reason=WHY).refused("target_group", "34", "41")
    found = enrolment(age=30, verdict=(Verdict(Criterion.AGE_MAX, "34", "30", True),))
    decision = ledger.when(commands.correct, ANNAS, 1, enrolment(age=30), reason=WHY)
    decision.then((ANNAS, correction(1, found)))


def test_lead_overrides_in_a_correction() -> None:
    """What a lead may do at the enrolment, a lead may do in its correction (DOMAIN.md 4)."""
    ledger = enrolled(target_group=TargetGroup(age_max=34))
    right = enrolment(age=41, override_reason=SEALED)
    ledger.when(commands.correct, ANNAS, 1, right, reason=WHY).refused("override_needs_lead", "41")
    ledger.given(commands.correct, ANNAS, 1, right, reason=WHY, role=Role.LEAD)


def test_corrected_enrolment_stays_with_its_person_and_programme() -> None:
    """A correction makes nobody another person."""
    asked = enrolment(day(2), participant=BELA, programme="elsewhere", participation=7)
    decision = enrolled().when(commands.correct, ANNAS, 1, asked, reason=WHY)
    decision.then((ANNAS, correction(1, enrolment(day(2)))))


def test_corrected_coach_moves_the_care() -> None:
    """The wrong coach hands over, the right one takes on."""
    decision = enrolled(assigned(3, "C1")).when(commands.correct, ANNAS, 2, assigned(3, "C2"), reason=WHY)
    decision.then(
        (ANNAS, correction(2, assigned(3, "C2"))),
        (C1, CaseHandedOver(journey=ANNAS)),
        (C2, CaseTakenOn(journey=ANNAS)),
    )


def test_corrected_coach_is_known_and_has_room() -> None:
    """Neither an unknown nor a full coach comes in by a correction; a lead may override (DOMAIN.md 4)."""
    ledger = with_full_coach(assigned(3, "C2"))
    ledger.when(commands.correct, ANNAS, 2, assigned(3, "C9"), reason=WHY).refused("unknown_coach", "C9")
    ledger.when(commands.correct, ANNAS, 2, assigned(3, "C1"), reason=WHY).refused("coach_full", "C1")
    ledger.when(commands.correct, ANNAS, 2, assigned(3, "C1"), reason=WHY, role=Role.LEAD).then(
        (ANNAS, correction(2, assigned(3, "C1"))),
        (C2, CaseHandedOver(journey=ANNAS)),
        (C1, CaseTakenOn(journey=ANNAS, over_ratio=True)),
    )


def test_corrected_day_of_an_assignment_moves_the_care() -> None:
    """Which assignment is the latest may change with a day."""
    ledger = enrolled(assigned(3, "C1"), assigned(5, "C2"))
    ledger.when(commands.correct, ANNAS, 2, assigned(7, "C1"), reason=WHY).then(
        (ANNAS, correction(2, assigned(7, "C1"))),
        (C2, CaseHandedOver(journey=ANNAS)),
        (C1, CaseTakenOn(journey=ANNAS)),
    )


def test_correction_that_changes_nothing_stores_nothing() -> None:
    """The same content again is no correction, of an enrolment with its verdict either."""
    ledger = enrolled(session(5), target_group=TargetGroup(age_max=34))
    ledger.when(commands.correct, ANNAS, 1, enrolment(), reason=WHY).then()
    ledger.when(commands.correct, ANNAS, 2, session(5), reason=WHY).then()


def two_participations() -> MemoryLedger:
    """Anna was in the programme from day 0 to 30 and is again since day 40."""
    ledger = enrolled(assigned(3), exited(30))
    return ledger.given(commands.enrol, enrolment(day(40)))


def test_corrected_exit_does_not_reach_into_the_next_participation() -> None:
    """Two participations do not overlap after a correction either (DOMAIN.md 4)."""
    ledger = two_participations()
    ledger.when(commands.correct, ANNAS, 3, exited(41), reason=WHY).refused("already_active", KEY)
    ledger.when(commands.correct, ANNAS, 3, exited(40), reason=WHY).then((ANNAS, correction(3, exited(40))))


def test_corrected_enrolment_does_not_reach_into_the_participation_before() -> None:
    """The same from the other side (DOMAIN.md 4)."""
    ledger, second = two_participations(), journey_of(ANNA, 2)
    ledger.when(commands.correct, second, 1, enrolment(day(29)), reason=WHY).refused("already_active", KEY, day(0))
    right = enrolment(day(30), participation=2)
    ledger.when(commands.correct, second, 1, enrolment(day(30)), reason=WHY).then((second, correction(1, right)))


def test_refused_overlap_names_the_participation_in_the_way() -> None:
    """The message names the later entry in the way: the second enrolment (DOMAIN.md 4)."""
    ledger = two_participations()
    ledger.when(commands.correct, ANNAS, 3, exited(41), reason=WHY).refused("already_active", KEY, day(40))
    ledger.when(commands.withdraw, ANNAS, 3, reason=WHY).refused("already_active", KEY, day(40))


# --- withdrawals ------------------------------------------------------------------------------------


def test_withdrawn_exit_puts_the_participant_back_into_care() -> None:
    """Who never left is in the same coach's care again."""
    ledger = enrolled(assigned(3), exited(30))
    ledger.when(commands.withdraw, ANNAS, 3, reason=WHY).then(
        (ANNAS, Withdrawn(entry=3, reason=WHY)), (C1, CaseTakenOn(journey=ANNAS))
    )


def test_withdrawn_exit_needs_room_with_the_coach() -> None:
    """Where the coach's place is taken meanwhile, only a lead may go beyond the ratio (DOMAIN.md 4)."""
    ledger = enrolled(assigned(3), exited(30), coaching_ratio=1)
    ledger.given(commands.enrol, enrolment(participant=BELA)).given(commands.record, BELAS, assigned(3))
    ledger.when(commands.withdraw, ANNAS, 3, reason=WHY).refused("coach_full", "C1")
    ledger.when(commands.withdraw, ANNAS, 3, reason=WHY, role=Role.LEAD).then(
        (ANNAS, Withdrawn(entry=3, reason=WHY)), (C1, CaseTakenOn(journey=ANNAS, over_ratio=True))
    )


def test_withdrawn_exit_does_not_reach_into_the_next_participation() -> None:
    """Without its exit the first participation would overlap the second (DOMAIN.md 4)."""
    two_participations().when(commands.withdraw, ANNAS, 3, reason=WHY).refused("already_active", KEY)


def test_withdrawn_exit_once_the_next_participation_is_withdrawn() -> None:
    """A participation that never began stands in nobody's way."""
    ledger = two_participations().given(commands.withdraw, journey_of(ANNA, 2), 1, reason=WHY)
    ledger.given(commands.withdraw, ANNAS, 3, reason=WHY)


def test_withdrawn_assignment_gives_the_care_back() -> None:
    """The coach before has care again, or nobody."""
    ledger = enrolled(assigned(3, "C1"), assigned(5, "C2"))
    ledger.when(commands.withdraw, ANNAS, 3, reason=WHY).then(
        (ANNAS, Withdrawn(entry=3, reason=WHY)),
        (C2, CaseHandedOver(journey=ANNAS)),
        (C1, CaseTakenOn(journey=ANNAS)),
    )
    ledger.when(commands.withdraw, ANNAS, 2, reason=WHY).then(
        (ANNAS, Withdrawn(entry=2, reason=WHY)), (C1, CaseHandedOver(journey=ANNAS))
    )


def test_withdrawn_enrolment_ends_the_journey() -> None:
    """Registered in error is a Storno; afterwards nothing is recorded on that journey (DOMAIN.md 3)."""
    ledger = enrolled()
    ledger.when(commands.withdraw, ANNAS, 1, reason=WHY).then((ANNAS, Withdrawn(entry=1, reason=WHY)))
    ledger.when(commands.record, ANNAS, session(5)).refused("not_enrolled")
    ledger.when(commands.record, ANNAS, assigned(5)).refused("not_enrolled")
    ledger.when(commands.withdraw, ANNAS, 1, reason=WHY).refused("already_withdrawn", 1)
    ledger.when(commands.correct, ANNAS, 1, enrolment(day(2)), reason=WHY).refused("already_withdrawn", 1)


def test_enrolment_with_later_entries_is_not_withdrawn() -> None:
    """The later entry is named (DOMAIN.md 4)."""
    refusal = enrolled(placed(5)).when(commands.withdraw, ANNAS, 1, reason=WHY)
    refusal.refused("entry_in_the_way", ("Eintrag 2 (Arbeitsaufnahme", "Entry 2 (Start of a placement"), day(5))


# --- requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (commands.record, (ANNAS, session(5))),
        (commands.record, (ANNAS, assigned(5, "C2"))),
        (commands.record, (ANNAS, exited(30))),
        (commands.correct, (ANNAS, 2, assigned(4, "C2"), WHY)),
        (commands.withdraw, (ANNAS, 2, WHY)),
        (commands.join_programme, (KEY, "C3")),
        (commands.enrol, (enrolment(participant=BELA),)),
    ],
)
def test_command_sent_twice_stores_nothing_the_second_time(command: Any, asked: tuple[Any, ...]) -> None:
    """The same request id stores its facts once (DOMAIN.md 4)."""

    def call(streams: Any) -> Any:
        if command in (commands.correct, commands.withdraw):
            return command(streams, *asked[:-1], reason=asked[-1])
        return command(streams, *asked)

    ledger = enrolled(assigned(3))
    request = Request(id=uuid4(), by="tester", now=NOW)
    assert ledger.act(call, request)
    before = {stream: ledger.read(stream) for stream in ledger.streams()}
    assert ledger.act(call, request) == []
    assert {stream: ledger.read(stream) for stream in ledger.streams()} == before


def test_entry_says_who_entered_what_and_when() -> None:
    """Every entry has its two dates, who recorded it, and which request it came with (DOMAIN.md 2)."""
    ledger = enrolled()
    request = Request(id=uuid4(), by="m.muster", now=NOW, digest=b"digest", correlation_id=uuid4())
    recorded = ledger.act(lambda streams: commands.record(streams, ANNAS, session(5)), request)
    assert ledger.read(ANNAS)[1:] == recorded
    (one,) = recorded
    assert isinstance(one, Recorded)
    entry = one.entry
    assert (entry.recorded_at, entry.recorded_by) == (NOW, "m.muster")
    assert (entry.request_id, entry.request_digest) == (request.id, b"digest")
    assert entry.correlation_id == request.correlation_id
    assert (one.originator_id, one.originator_version, one.fact) == (ANNAS, 2, session(5))


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2018, 2, 19, 22, 59, tzinfo=UTC), date(2018, 2, 19)),
        (datetime(2018, 2, 19, 23, 0, tzinfo=UTC), date(2018, 2, 20)),
        (datetime(2018, 7, 19, 21, 59, tzinfo=UTC), date(2018, 7, 19)),
        (datetime(2018, 7, 19, 22, 0, tzinfo=UTC), date(2018, 7, 20)),
    ],
)
def test_today_is_the_day_in_germany(now: datetime, today: date) -> None:
    """What is the future follows the German day, in winter and in summer (DOMAIN.md 4)."""
    assert Request(id=uuid4(), by="tester", now=now).today == today
    tomorrow = date.fromordinal(today.toordinal() + 1)
    opened().when(commands.enrol, enrolment(tomorrow), now=now).refused("in_future", tomorrow, today)
    opened().given(commands.enrol, enrolment(today), now=now)


def test_caseload_and_journey_agree() -> None:
    """Who has care is the same on both sides."""
    ledger = enrolled(assigned(3, "C1"), assigned(5, "C2"))
    assert ledger.state(Journey, ANNAS).coach == "C2"
    assert ledger.state(Caseload, C1).journeys == frozenset()
    assert ledger.state(Caseload, C2).journeys == {ANNAS}


def test_participations_are_found_in_their_order() -> None:
    """The journeys of a person in a programme, the first one first."""
    ledger = two_participations()
    found: list[tuple[UUID, Enrolled | None]] = []

    def look(streams: Any) -> Any:
        found.extend((stream, journey.enrolled) for stream, journey in commands.participations(streams, ANNA, KEY))
        return []

    ledger.act(look, Request(id=uuid4(), by="tester", now=NOW))
    assert found == [(ANNAS, enrolment()), (journey_of(ANNA, 2), enrolment(day(40), participation=2))]
