"""Commands: which streams each touches, and the rules that one stream alone cannot tell."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from given import (
    NOW,
    OPENED,
    PERSON_1,
    PERSON_2,
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
    OtherParticipation,
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
JOURNEY_1 = journey_of(PERSON_1)
JOURNEY_2 = journey_of(PERSON_2)
C1, C2 = caseload_stream(KEY, "C1"), caseload_stream(KEY, "C2")
WHY = sealed(7)


def noted(participation: int, on: int) -> OtherParticipation:
    """What the other journeys of a person are told of an enrolment."""
    return OtherParticipation(participation=participation, enrolled_on=day(on))


def opened(**changed: Any) -> MemoryLedger:
    """A ledger with the programme of the tests and two coaches."""
    ledger = MemoryLedger().given(commands.open_programme, msgspec.structs.replace(OPENED, **changed))
    return ledger.given(commands.join_programme, KEY, "C1").given(commands.join_programme, KEY, "C2")


def enrolled(*steps: Any, **changed: Any) -> MemoryLedger:
    """The same, with the first person enrolled on day 0 and further steps on that journey."""
    ledger = opened(**changed).given(commands.enrol, enrolment())
    for step in steps:
        ledger.given(commands.record, JOURNEY_1, step)
    return ledger


def with_full_coach(*steps: Any) -> MemoryLedger:
    """The first person is enrolled; C1 looks after the second, whom alone the ratio of 1:1 allows."""
    ledger = enrolled(*steps, coaching_ratio=1).given(commands.enrol, enrolment(participant=PERSON_2))
    return ledger.given(commands.record, JOURNEY_2, assigned(3, "C1"))


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
    opened().when(commands.enrol, enrolment()).then((JOURNEY_1, enrolment()))


def test_enrolment_stores_the_verdict() -> None:
    """The verdict on every target-group criterion is stored with the enrolment (DOMAIN.md 3)."""
    ledger = opened(target_group=TargetGroup(age_max=34))
    verdict = (Verdict(Criterion.AGE_MAX, "34", "27", True),)
    ledger.when(commands.enrol, enrolment()).then((JOURNEY_1, enrolment(verdict=verdict)))


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
    (stored,) = ledger.facts(JOURNEY_1)
    assert stored == msgspec.structs.replace(asked, verdict=(Verdict(Criterion.AGE_MAX, "34", "41", False),))


def test_enrolling_twice_is_refused() -> None:
    """Somebody active in the programme is not enrolled again; since when is named (DOMAIN.md 4)."""
    enrolled().when(commands.enrol, enrolment(day(50))).refused("already_active", KEY, day(0))


def test_second_programme_at_the_same_time() -> None:
    """Participations in different programmes do not meet."""
    ledger = enrolled().given(commands.open_programme, msgspec.structs.replace(OPENED, key="p2"))
    other = enrolment(programme="p2")
    ledger.when(commands.enrol, other).then((journey_stream(PERSON_1, "p2", 1), other))


def test_enrolment_after_the_exit_is_the_next_participation() -> None:
    """After an exit, from its very day on, a new journey begins, whatever number was asked for."""
    for first_day in (30, 31):
        again = enrolment(day(first_day), participation=9)
        stored = msgspec.structs.replace(again, participation=2)
        enrolled(exited(30)).when(commands.enrol, again).then(
            (journey_of(PERSON_1, 2), stored), (JOURNEY_1, noted(2, first_day))
        )


def test_enrolment_before_the_exit_is_refused() -> None:
    """Two participations do not overlap, an enrolment entered late included (DOMAIN.md 4)."""
    enrolled(exited(30)).when(commands.enrol, enrolment(day(29))).refused("already_active", KEY, day(0), day(29))


def test_open_participation_entered_late_is_refused() -> None:
    """Without its exit it would reach into the one that began after it; both days are named (DOMAIN.md 4)."""
    ledger = opened().given(commands.enrol, enrolment(day(40)))
    ledger.when(commands.enrol, enrolment(day(0))).refused("already_active", KEY, day(0), day(40))
    ledger.given(commands.record, JOURNEY_1, exited(50))
    ledger.when(commands.enrol, enrolment(day(0))).refused("already_active", KEY, day(0), day(40))


def test_third_participation_meets_the_second() -> None:
    """Every participation is compared with the one before."""
    ledger = enrolled(exited(30)).given(commands.enrol, enrolment(day(40)))
    ledger.when(commands.enrol, enrolment(day(60))).refused("already_active", KEY, day(40), day(60))
    ledger.given(commands.record, journey_of(PERSON_1, 2), exited(50))
    third = enrolment(day(60))
    stored = msgspec.structs.replace(third, participation=3)
    ledger.when(commands.enrol, third).then(
        (journey_of(PERSON_1, 3), stored), (JOURNEY_1, noted(3, 60)), (journey_of(PERSON_1, 2), noted(3, 60))
    )


def test_enrolment_after_a_withdrawn_one() -> None:
    """Registered in error is withdrawn; then the person can be enrolled, on a new journey (DOMAIN.md 3)."""
    ledger = enrolled().given(commands.withdraw, JOURNEY_1, 1, reason=WHY)
    asked = enrolment(day(2))
    stored = msgspec.structs.replace(asked, participation=2)
    ledger.when(commands.enrol, asked).then((journey_of(PERSON_1, 2), stored), (JOURNEY_1, noted(2, 2)))


# --- steps and care ---------------------------------------------------------------------------------


def test_step_is_recorded_on_its_journey_alone() -> None:
    """A session touches no caseload."""
    enrolled(assigned(3)).when(commands.record, JOURNEY_1, session(5)).then((JOURNEY_1, session(5)))


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
    decision = enrolled().when(commands.record, JOURNEY_1, assigned(3, "C1"))
    decision.then((JOURNEY_1, assigned(3, "C1")), (C1, CaseTakenOn(journey=JOURNEY_1)))


def test_assignment_of_an_unknown_coach_is_refused() -> None:
    """A coach the programme does not know is refused and named (DOMAIN.md 4)."""
    enrolled().when(commands.record, JOURNEY_1, assigned(3, "C9")).refused("unknown_coach", "C9", KEY)


def test_assignment_replaces_the_one_before() -> None:
    """Another coach takes on what the one before hands over."""
    enrolled(assigned(3, "C1")).when(commands.record, JOURNEY_1, assigned(5, "C2")).then(
        (JOURNEY_1, assigned(5, "C2")), (C1, CaseHandedOver(journey=JOURNEY_1)), (C2, CaseTakenOn(journey=JOURNEY_1))
    )


def test_assigning_the_same_coach_again_stores_nothing() -> None:
    """Nothing changes on either stream."""
    enrolled(assigned(3)).when(commands.record, JOURNEY_1, assigned(5)).then()


def test_assignment_entered_late_moves_nobody() -> None:
    """An assignment before the present one says who had care then; today's care stays."""
    decision = enrolled(assigned(5, "C1")).when(commands.record, JOURNEY_1, assigned(3, "C2"))
    decision.then((JOURNEY_1, assigned(3, "C2")))


def test_assignment_entered_after_the_exit_moves_nobody() -> None:
    """Whose care it was before the exit can still be entered; nobody comes into care by it."""
    decision = enrolled(exited(30)).when(commands.record, JOURNEY_1, assigned(3, "C1"))
    decision.then((JOURNEY_1, assigned(3, "C1")))


def test_exit_ends_the_care() -> None:
    """Who has left is in nobody's care."""
    decision = enrolled(assigned(3)).when(commands.record, JOURNEY_1, exited(30))
    decision.then((JOURNEY_1, exited(30)), (C1, CaseHandedOver(journey=JOURNEY_1)))


def test_exit_without_a_coach() -> None:
    """Where nobody had care nothing is handed over."""
    enrolled().when(commands.record, JOURNEY_1, exited(30)).then((JOURNEY_1, exited(30)))


def test_full_coach_is_refused() -> None:
    """A coach beyond the programme's ratio is refused, and nothing is stored (DOMAIN.md 4)."""
    ledger = with_full_coach()
    ledger.when(commands.record, JOURNEY_1, assigned(3, "C1")).refused("coach_full", "C1", "1", "1:1")
    assert ledger.facts(JOURNEY_1) == [enrolment()]
    ledger.given(commands.record, JOURNEY_1, assigned(3, "C2"))


def test_exit_makes_room_with_a_full_coach() -> None:
    """The ratio counts who is in care now."""
    ledger = with_full_coach().given(commands.record, JOURNEY_2, exited(30))
    ledger.given(commands.record, JOURNEY_1, assigned(3, "C1"))


def test_lead_overrides_the_ratio() -> None:
    """A lead may go beyond the ratio with a reason, which is stored (DOMAIN.md 4)."""
    step = assigned(3, "C1", override_reason=SEALED)
    ledger = with_full_coach()
    ledger.when(commands.record, JOURNEY_1, step).refused("coach_full", "C1")
    ledger.when(commands.record, JOURNEY_1, assigned(3, "C1"), role=Role.LEAD).refused("coach_full", "C1")
    decision = ledger.when(commands.record, JOURNEY_1, step, role=Role.LEAD)
    decision.then((JOURNEY_1, step), (C1, CaseTakenOn(journey=JOURNEY_1, over_ratio=True)))


# --- corrections ------------------------------------------------------------------------------------


def correction(entry: int, replacement: Any) -> Corrected:
    return Corrected(entry=entry, replacement=replacement, reason=WHY)


def test_corrected_enrolment_is_admitted_again() -> None:
    """Its verdict is found anew, and the rules of admission hold (DOMAIN.md 4)."""
    ledger = enrolled(target_group=TargetGroup(age_max=34))
    ledger.when(commands.correct, JOURNEY_1, 1, enrolment(day(-1)), reason=WHY).refused("outside_period", day(-1))
    ledger.when(commands.correct, JOURNEY_1, 1, enrolment(age=41), reason=WHY).refused("target_group", "34", "41")
    found = enrolment(age=30, verdict=(Verdict(Criterion.AGE_MAX, "34", "30", True),))
    decision = ledger.when(commands.correct, JOURNEY_1, 1, enrolment(age=30), reason=WHY)
    decision.then((JOURNEY_1, correction(1, found)))


def test_lead_overrides_in_a_correction() -> None:
    """What a lead may do at the enrolment, a lead may do in its correction (DOMAIN.md 4)."""
    ledger = enrolled(target_group=TargetGroup(age_max=34))
    right = enrolment(age=41, override_reason=SEALED)
    ledger.when(commands.correct, JOURNEY_1, 1, right, reason=WHY).refused("override_needs_lead", "41")
    ledger.given(commands.correct, JOURNEY_1, 1, right, reason=WHY, role=Role.LEAD)


def test_corrected_enrolment_stays_with_its_person_and_programme() -> None:
    """A correction makes nobody another person."""
    asked = enrolment(day(2), participant=PERSON_2, programme="elsewhere", participation=7)
    decision = enrolled().when(commands.correct, JOURNEY_1, 1, asked, reason=WHY)
    decision.then((JOURNEY_1, correction(1, enrolment(day(2)))))


def test_corrected_coach_moves_the_care() -> None:
    """The wrong coach hands over, the right one takes on."""
    decision = enrolled(assigned(3, "C1")).when(commands.correct, JOURNEY_1, 2, assigned(3, "C2"), reason=WHY)
    decision.then(
        (JOURNEY_1, correction(2, assigned(3, "C2"))),
        (C1, CaseHandedOver(journey=JOURNEY_1)),
        (C2, CaseTakenOn(journey=JOURNEY_1)),
    )


def test_corrected_coach_is_known_and_has_room() -> None:
    """Neither an unknown nor a full coach comes in by a correction; a lead may override (DOMAIN.md 4)."""
    ledger = with_full_coach(assigned(3, "C2"))
    ledger.when(commands.correct, JOURNEY_1, 2, assigned(3, "C9"), reason=WHY).refused("unknown_coach", "C9")
    ledger.when(commands.correct, JOURNEY_1, 2, assigned(3, "C1"), reason=WHY).refused("coach_full", "C1")
    ledger.when(commands.correct, JOURNEY_1, 2, assigned(3, "C1"), reason=WHY, role=Role.LEAD).then(
        (JOURNEY_1, correction(2, assigned(3, "C1"))),
        (C2, CaseHandedOver(journey=JOURNEY_1)),
        (C1, CaseTakenOn(journey=JOURNEY_1, over_ratio=True)),
    )


def test_corrected_day_of_an_assignment_moves_the_care() -> None:
    """Which assignment is the latest may change with a day."""
    ledger = enrolled(assigned(3, "C1"), assigned(5, "C2"))
    ledger.when(commands.correct, JOURNEY_1, 2, assigned(7, "C1"), reason=WHY).then(
        (JOURNEY_1, correction(2, assigned(7, "C1"))),
        (C2, CaseHandedOver(journey=JOURNEY_1)),
        (C1, CaseTakenOn(journey=JOURNEY_1)),
    )


def test_correction_that_changes_nothing_stores_nothing() -> None:
    """The same content again is no correction, of an enrolment with its verdict either."""
    ledger = enrolled(session(5), target_group=TargetGroup(age_max=34))
    ledger.when(commands.correct, JOURNEY_1, 1, enrolment(), reason=WHY).then()
    ledger.when(commands.correct, JOURNEY_1, 2, session(5), reason=WHY).then()


def two_participations() -> MemoryLedger:
    """The first person was in the programme from day 0 to 30 and is again since day 40."""
    ledger = enrolled(assigned(3), exited(30))
    return ledger.given(commands.enrol, enrolment(day(40)))


def test_corrected_exit_does_not_reach_into_the_next_participation() -> None:
    """Two participations do not overlap after a correction either (DOMAIN.md 4)."""
    ledger = two_participations()
    ledger.when(commands.correct, JOURNEY_1, 3, exited(41), reason=WHY).refused("already_active", KEY)
    ledger.when(commands.correct, JOURNEY_1, 3, exited(40), reason=WHY).then((JOURNEY_1, correction(3, exited(40))))


def test_corrected_enrolment_does_not_reach_into_the_participation_before() -> None:
    """The same from the other side (DOMAIN.md 4)."""
    ledger, second = two_participations(), journey_of(PERSON_1, 2)
    decision = ledger.when(commands.correct, second, 1, enrolment(day(29)), reason=WHY)
    decision.refused("already_active", KEY, day(0), day(29))
    right = enrolment(day(30), participation=2)
    ledger.when(commands.correct, second, 1, enrolment(day(30)), reason=WHY).then(
        (second, correction(1, right)), (JOURNEY_1, noted(2, 30))
    )


def test_enrolment_corrected_on_its_day_tells_the_other_journeys_nothing() -> None:
    """Only a beginning that moved matters to the other participations."""
    ledger, second = two_participations(), journey_of(PERSON_1, 2)
    right = enrolment(day(40), age=28, participation=2)
    ledger.when(commands.correct, second, 1, right, reason=WHY).then((second, correction(1, right)))


def test_participations_follow_each_other_by_day() -> None:
    """A participation entered later may lie before an existing one where they do not overlap (DOMAIN.md 4)."""
    ledger, second = opened().given(commands.enrol, enrolment(day(40))), journey_of(PERSON_1, 2)
    ledger.given(commands.record, JOURNEY_1, exited(40))
    ledger.given(commands.enrol, enrolment(day(40))).given(commands.record, second, exited(40))
    right = enrolment(day(30), participation=2)
    ledger.when(commands.correct, second, 1, right, reason=WHY).then(
        (second, correction(1, right)), (JOURNEY_1, noted(2, 30))
    )
    ledger.given(commands.correct, JOURNEY_1, 2, exited(50), reason=WHY)
    ledger.when(commands.correct, second, 2, exited(41), reason=WHY).refused("already_active", KEY, day(30), day(40))


def test_note_of_another_participation_is_no_entry_to_change() -> None:
    """It says nothing of its own journey: neither Berichtigung nor Storno applies to it."""
    ledger = two_participations()
    assert ledger.facts(JOURNEY_1)[-1] == noted(2, 40)
    number = len(ledger.facts(JOURNEY_1))
    ledger.when(commands.correct, JOURNEY_1, number, session(5), reason=WHY).refused("unknown_entry", number)
    ledger.when(commands.withdraw, JOURNEY_1, number, reason=WHY).refused("unknown_entry", number)
    ledger.when(commands.record, JOURNEY_1, session(6)).then((JOURNEY_1, session(6)))


def test_refused_overlap_names_the_participation_in_the_way() -> None:
    """The message names both beginnings, that of the second enrolment too (DOMAIN.md 4)."""
    ledger, both = two_participations(), (day(0), day(40))
    ledger.when(commands.correct, JOURNEY_1, 3, exited(41), reason=WHY).refused("already_active", KEY, *both)
    ledger.when(commands.withdraw, JOURNEY_1, 3, reason=WHY).refused("already_active", KEY, *both)


# --- withdrawals ------------------------------------------------------------------------------------


def test_withdrawn_exit_puts_the_participant_back_into_care() -> None:
    """Who never left is in the same coach's care again."""
    ledger = enrolled(assigned(3), exited(30))
    ledger.when(commands.withdraw, JOURNEY_1, 3, reason=WHY).then(
        (JOURNEY_1, Withdrawn(entry=3, reason=WHY)), (C1, CaseTakenOn(journey=JOURNEY_1))
    )


def test_withdrawn_exit_needs_room_with_the_coach() -> None:
    """Where the coach's place is taken meanwhile, only a lead may go beyond the ratio (DOMAIN.md 4)."""
    ledger = enrolled(assigned(3), exited(30), coaching_ratio=1)
    ledger.given(commands.enrol, enrolment(participant=PERSON_2)).given(commands.record, JOURNEY_2, assigned(3))
    ledger.when(commands.withdraw, JOURNEY_1, 3, reason=WHY).refused("coach_full", "C1")
    ledger.when(commands.withdraw, JOURNEY_1, 3, reason=WHY, role=Role.LEAD).then(
        (JOURNEY_1, Withdrawn(entry=3, reason=WHY)), (C1, CaseTakenOn(journey=JOURNEY_1, over_ratio=True))
    )


def test_withdrawn_exit_does_not_reach_into_the_next_participation() -> None:
    """Without its exit the first participation would overlap the second (DOMAIN.md 4)."""
    two_participations().when(commands.withdraw, JOURNEY_1, 3, reason=WHY).refused("already_active", KEY)


def test_withdrawn_exit_once_the_next_participation_is_withdrawn() -> None:
    """A participation that never began stands in nobody's way."""
    ledger = two_participations().given(commands.withdraw, journey_of(PERSON_1, 2), 1, reason=WHY)
    ledger.given(commands.withdraw, JOURNEY_1, 3, reason=WHY)


def test_withdrawn_assignment_gives_the_care_back() -> None:
    """The coach before has care again, or nobody."""
    ledger = enrolled(assigned(3, "C1"), assigned(5, "C2"))
    ledger.when(commands.withdraw, JOURNEY_1, 3, reason=WHY).then(
        (JOURNEY_1, Withdrawn(entry=3, reason=WHY)),
        (C2, CaseHandedOver(journey=JOURNEY_1)),
        (C1, CaseTakenOn(journey=JOURNEY_1)),
    )
    ledger.when(commands.withdraw, JOURNEY_1, 2, reason=WHY).then(
        (JOURNEY_1, Withdrawn(entry=2, reason=WHY)), (C1, CaseHandedOver(journey=JOURNEY_1))
    )


def test_withdrawn_enrolment_ends_the_journey() -> None:
    """Registered in error is a Storno; afterwards nothing is recorded on that journey (DOMAIN.md 3)."""
    ledger = enrolled()
    ledger.when(commands.withdraw, JOURNEY_1, 1, reason=WHY).then((JOURNEY_1, Withdrawn(entry=1, reason=WHY)))
    ledger.when(commands.record, JOURNEY_1, session(5)).refused("not_enrolled")
    ledger.when(commands.record, JOURNEY_1, assigned(5)).refused("not_enrolled")
    ledger.when(commands.withdraw, JOURNEY_1, 1, reason=WHY).refused("already_withdrawn", 1)
    ledger.when(commands.correct, JOURNEY_1, 1, enrolment(day(2)), reason=WHY).refused("already_withdrawn", 1)


def test_enrolment_with_later_entries_is_not_withdrawn() -> None:
    """The later entry is named (DOMAIN.md 4)."""
    refusal = enrolled(placed(5)).when(commands.withdraw, JOURNEY_1, 1, reason=WHY)
    refusal.refused("entry_in_the_way", ("Eintrag 2 (Arbeitsaufnahme", "Entry 2 (Start of a placement"), day(5))


# --- requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (commands.record, (JOURNEY_1, session(5))),
        (commands.record, (JOURNEY_1, assigned(5, "C2"))),
        (commands.record, (JOURNEY_1, exited(30))),
        (commands.correct, (JOURNEY_1, 2, assigned(4, "C2"), WHY)),
        (commands.withdraw, (JOURNEY_1, 2, WHY)),
        (commands.join_programme, (KEY, "C3")),
        (commands.enrol, (enrolment(participant=PERSON_2),)),
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
    request = Request(id=uuid4(), by="coach-1", now=NOW, digest=b"digest", correlation_id=uuid4())
    recorded = ledger.act(lambda streams: commands.record(streams, JOURNEY_1, session(5)), request)
    assert ledger.read(JOURNEY_1)[1:] == recorded
    (one,) = recorded
    assert isinstance(one, Recorded)
    entry = one.entry
    assert (entry.recorded_at, entry.recorded_by) == (NOW, "coach-1")
    assert (entry.request_id, entry.request_digest) == (request.id, b"digest")
    assert entry.correlation_id == request.correlation_id
    assert (one.originator_id, one.originator_version, one.fact) == (JOURNEY_1, 2, session(5))


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
    assert ledger.state(Journey, JOURNEY_1).coach == "C2"
    assert ledger.state(Caseload, C1).journeys == frozenset()
    assert ledger.state(Caseload, C2).journeys == {JOURNEY_1}


def test_participations_are_found_in_their_order() -> None:
    """The journeys of a person in a programme, the first one first."""
    ledger = two_participations()
    found: list[tuple[UUID, Enrolled | None]] = []

    def look(streams: Any) -> Any:
        found.extend((stream, journey.enrolled) for stream, journey in commands.participations(streams, PERSON_1, KEY))
        return []

    ledger.act(look, Request(id=uuid4(), by="tester", now=NOW))
    assert found == [(JOURNEY_1, enrolment()), (journey_of(PERSON_1, 2), enrolment(day(40), participation=2))]
