"""The register of data protection: erasures by four eyes, restrictions, and what is not entered about the erased."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from given import NOW, OPENED, PERSON_1, PERSON_2, MemoryLedger, enrolment, given, journey_of, sealed
from steps import exited, session

from domain import commands
from domain import data_protection as protection
from domain.data_protection import Erasure, Mark, Register
from domain.errors import Refused
from domain.facts import (
    ErasureApproved,
    ErasureDeclined,
    ErasureDone,
    ErasureRequested,
    Fact,
    RestrictionImposed,
    RestrictionLifted,
)
from domain.journal import Request
from domain.terms import ErasureGround, RestrictionGround, erased_stream, journey_stream, register_stream

GROUND = ErasureGround.NO_LONGER_NEEDED
REQUESTED = ErasureRequested(participant=PERSON_1, ground=GROUND)
DECLINED = ErasureDeclined(participant=PERSON_1)
APPROVED = ErasureApproved(participant=PERSON_1)
DONE = ErasureDone(participant=PERSON_1, epoch=2)
RESTRICTED = RestrictionImposed(participant=PERSON_1, ground=RestrictionGround.OBJECTION)
LIFTED = RestrictionLifted(participant=PERSON_1)
DECIDED = [(REQUESTED, APPROVED), (REQUESTED, APPROVED, DONE)]
JOURNEY = journey_of()
WHY = sealed(7)


def request(*facts: Fact, participant: UUID = PERSON_1, ground: ErasureGround = GROUND) -> Any:
    return given(Register, *facts).when(protection.request_erasure, participant, ground)


def decline(*facts: Fact) -> Any:
    return given(Register, *facts).when(protection.decline_erasure, PERSON_1)


def approve(*facts: Fact, requested_by: str = "asks", by: str = "approves") -> Any:
    return given(Register, *facts).when(protection.approve_erasure, PERSON_1, requested_by=requested_by, by=by)


def finish(*facts: Fact, epoch: int = 2) -> Any:
    return given(Register, *facts).when(protection.finish_erasure, PERSON_1, epoch)


def restrict(*facts: Fact, ground: RestrictionGround = RestrictionGround.OBJECTION) -> Any:
    return given(Register, *facts).when(protection.restrict, PERSON_1, ground)


def lift(*facts: Fact) -> Any:
    return given(Register, *facts).when(protection.lift, PERSON_1)


# --- erasure ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), (REQUESTED, DECLINED), (RESTRICTED,)])
def test_erasure_is_requested(before: tuple[Fact, ...]) -> None:
    """Whoever has a ground asks, also where an earlier request was declined (Art. 17 DSGVO)."""
    request(*before).then(REQUESTED)


def test_request_that_waits_is_not_made_twice() -> None:
    """A second request while one waits stores nothing, whatever its ground."""
    request(REQUESTED).then()
    request(REQUESTED, ground=ErasureGround.UNLAWFUL).then()


@pytest.mark.parametrize("before", DECIDED)
def test_the_erased_are_not_asked_for_again(before: tuple[Fact, ...]) -> None:
    """From the approval on there is no way back: nothing to ask for, to decline or to restrict (rule 18)."""
    for decision in (request(*before), decline(*before), restrict(*before)):
        decision.refused("already_erased", PERSON_1)


def test_request_is_declined() -> None:
    """A request that waits is declined once."""
    decline(REQUESTED).then(DECLINED)
    decline(REQUESTED, DECLINED).then()


@pytest.mark.parametrize("before", [(), (RESTRICTED,)])
def test_without_a_request_nothing_is_decided(before: tuple[Fact, ...]) -> None:
    """Only what was asked for is declined or approved (rule 18)."""
    decline(*before).refused("not_requested", PERSON_1)
    approve(*before).refused("not_requested", PERSON_1)


def test_another_person_approves() -> None:
    """An erasure goes through four eyes (rule 16)."""
    approve(REQUESTED).then(APPROVED)


@pytest.mark.parametrize(("asks", "approves"), [("C1", "C1"), ("lead-1", "LEAD-1"), ("straße-1", "STRASSE-1")])
@pytest.mark.parametrize("after", [(), (APPROVED,), (APPROVED, DONE)])
def test_who_asked_does_not_approve(asks: str, approves: str, after: tuple[Fact, ...]) -> None:
    """The same account is refused, in capital letters and after the approval too (rule 16)."""
    approve(REQUESTED, *after, requested_by=asks, by=approves).refused("four_eyes", approves, PERSON_1)


def test_declined_request_is_not_approved() -> None:
    """After a refusal it has to be asked anew, and then it can be approved."""
    approve(REQUESTED, DECLINED).refused("not_requested", PERSON_1)
    approve(REQUESTED, DECLINED, REQUESTED).then(APPROVED)


@pytest.mark.parametrize("before", DECIDED)
def test_approving_twice_stores_nothing(before: tuple[Fact, ...]) -> None:
    """One approval is enough."""
    approve(*before).then()


def test_erasure_is_noted_once() -> None:
    """What was carried out is noted with its epoch; a repeat, in whatever epoch, notes nothing."""
    finish(REQUESTED, APPROVED).then(DONE)
    finish(REQUESTED, APPROVED, DONE, epoch=3).then()


@pytest.mark.parametrize("before", [(), (REQUESTED,), (REQUESTED, DECLINED), (RESTRICTED,)])
def test_only_what_is_approved_is_carried_out(before: tuple[Fact, ...]) -> None:
    """Nobody is noted as erased whom nobody approved (rule 16)."""
    finish(*before).refused("not_approved", PERSON_1)


# --- restriction ------------------------------------------------------------------------------------


def test_processing_is_restricted_and_released() -> None:
    """A restriction is imposed on a ground and lifted again, each once (Art. 18 DSGVO)."""
    restrict().then(RESTRICTED)
    restrict(RESTRICTED).then()
    lift(RESTRICTED).then(LIFTED)
    lift(RESTRICTED, LIFTED).then()
    lift().then()
    restrict(RESTRICTED, LIFTED).then(RESTRICTED)


def test_another_ground_is_stored() -> None:
    """The ground may change while the restriction goes on."""
    claims = RestrictionGround.LEGAL_CLAIMS
    restrict(RESTRICTED, ground=claims).then(RestrictionImposed(participant=PERSON_1, ground=claims))


# --- the register -----------------------------------------------------------------------------------


def test_participants_are_kept_apart() -> None:
    """What is said of one says nothing of another, whatever byte their ids end with."""
    neighbour = UUID(int=PERSON_1.int + 256)
    register = given(Register, REQUESTED, APPROVED, RESTRICTED).state
    assert register.of(PERSON_1).erasure is Erasure.APPROVED
    assert register.of(PERSON_1).restricted is RestrictionGround.OBJECTION
    for other in (PERSON_2, neighbour):
        assert register.of(other) == protection.Person()
        request(REQUESTED, APPROVED, participant=other).then(ErasureRequested(participant=other, ground=GROUND))


@pytest.mark.parametrize(("kind", "fact"), [(Register, OPENED), (Mark, REQUESTED), (Mark, DONE)])
def test_facts_of_another_stream_are_not_folded(kind: Any, fact: Fact) -> None:
    """A stream holds the facts of its kind and no others."""
    with pytest.raises(TypeError):
        given(kind, fact)


# --- commands ---------------------------------------------------------------------------------------


def opened() -> MemoryLedger:
    """A programme with one person in it."""
    return MemoryLedger().given(commands.open_programme, OPENED).given(commands.enrol, enrolment())


def act(ledger: MemoryLedger, by: str, command: Any, *asked: Any) -> list[Fact]:
    """Run a command in the name of an account."""
    recorded = ledger.act(lambda streams: command(streams, *asked), Request(id=uuid4(), by=by, now=NOW))
    return [one.fact for one in recorded]


def erased() -> MemoryLedger:
    """The same after the person's erasure was approved."""
    ledger = opened()
    act(ledger, "asks", commands.request_erasure, PERSON_1, GROUND)
    act(ledger, "approves", commands.approve_erasure, PERSON_1, [JOURNEY])
    return ledger


def test_approval_looks_at_who_asked_last() -> None:
    """Whoever asked first and was declined may approve what somebody else asks for later (rule 16)."""
    ledger = opened()
    for by, command, *more in [
        ("one", commands.request_erasure, GROUND),
        ("two", commands.decline_erasure),
        ("two", commands.request_erasure, GROUND),
    ]:
        act(ledger, by, command, PERSON_1, *more)
    with pytest.raises(Refused, match="TWO"):
        act(ledger, "TWO", commands.approve_erasure, PERSON_1, [JOURNEY])
    assert act(ledger, "one", commands.approve_erasure, PERSON_1, [JOURNEY]) == [APPROVED] * 3


def test_approval_marks_the_participant_and_every_journey() -> None:
    """The approval stands in the register and beside every id by which something could be entered, once."""
    ledger = erased()
    assert ledger.facts(register_stream()) == [REQUESTED, APPROVED]
    for about in (PERSON_1, JOURNEY):
        assert ledger.facts(erased_stream(about)) == [APPROVED]
    assert act(ledger, "approves", commands.approve_erasure, PERSON_1, [JOURNEY]) == []


def test_register_is_one_stream() -> None:
    """Every command about erasing and restricting writes to the register."""
    ledger = opened()
    ledger.when(commands.restrict, PERSON_1, RestrictionGround.OBJECTION).then((register_stream(), RESTRICTED))
    ledger.when(commands.lift_restriction, PERSON_1).then((register_stream(), LIFTED))
    ledger.when(commands.request_erasure, PERSON_1, GROUND).then((register_stream(), REQUESTED))
    ledger.when(commands.decline_erasure, PERSON_1).then((register_stream(), DECLINED))
    erased().when(commands.finish_erasure, PERSON_1, 2).then((register_stream(), DONE))


@pytest.mark.parametrize(
    ("command", "asked", "named"),
    [
        (commands.record, (JOURNEY, session(20)), {}),
        (commands.record, (JOURNEY, exited(20)), {}),
        (commands.correct, (JOURNEY, 1, enrolment(age=28)), {"reason": WHY}),
        (commands.withdraw, (JOURNEY, 1), {"reason": WHY}),
        (commands.dispute, (JOURNEY, 1), {}),
        (commands.settle_dispute, (JOURNEY, 1), {}),
    ],
)
def test_nothing_is_entered_on_a_journey_of_the_erased(command: Any, asked: Any, named: Any) -> None:
    """From the approval on no step, correction, withdrawal or dispute comes to their journeys (rule 18)."""
    opened().when(command, *asked, **named).then_anything()
    erased().when(command, *asked, **named).refused("erased", JOURNEY)


@pytest.mark.parametrize("programme", [OPENED.key, "another"])
def test_the_erased_are_not_enrolled_again(programme: str) -> None:
    """Under the id of an erased person nothing begins, in no programme; who comes back is somebody new (rule 18)."""
    again = enrolment(programme=programme)
    erased().when(commands.enrol, again).refused("erased", PERSON_1)


def test_others_are_not_hindered() -> None:
    """That one person is erased stops nobody else's journey."""
    ledger = erased().given(commands.enrol, enrolment(participant=PERSON_2))
    ledger.given(commands.record, journey_stream(PERSON_2, OPENED.key, 1), session(20))


def test_request_that_was_carried_out_answers_as_the_first_time() -> None:
    """A repeat after the erasure is no new entry, so it is not refused (rule 14)."""
    ledger, once = opened(), uuid4()
    ledger.when(commands.record, JOURNEY, session(20), request_id=once).then_anything()
    act(ledger, "asks", commands.request_erasure, PERSON_1, GROUND)
    act(ledger, "approves", commands.approve_erasure, PERSON_1, [JOURNEY])
    ledger.when(commands.record, JOURNEY, session(20), request_id=once).then()
