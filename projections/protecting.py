"""Data protection, one act at a time, as pages, interface and command line do it: decided, carried out, projected."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

import msgspec

from domain import commands
from domain.data_protection import Erasure
from domain.errors import NotFound
from domain.journal import Decided, Request, Streams
from domain.terms import ErasureGround, RestrictionGround
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER
from projections.catch_up import catch_up
from projections.data_protection import CarriedOut, Case, carry_out, journeys_of, read_register, replay
from projections.stores import Stores


def participant_with(stores: Stores, customer_number: str) -> UUID:
    """Who has a customer number. Refused (`NotFound`): nobody, or nobody any more; the number is not in the text."""
    participant = stores.vault.find(CUSTOMER_NUMBER, customer_number.strip())
    if participant is None:
        raise unknown_number()
    return participant


def unknown_number() -> NotFound:
    """The refusal of a customer number nobody has."""
    text = _("Zu dieser Kundennummer gibt es niemanden (mehr).")
    return NotFound("unknown_participant", text, field="customer_number")


def known_participant(stores: Stores, reference: UUID) -> UUID:
    """The participant with an id, or whose journey it is. Refused (`NotFound`): neither was ever entered."""
    query = "SELECT e.participant FROM enrolments e WHERE e.stream = :id OR e.participant = :id"
    found = stores.read_model.query(query, {"id": str(reference)})
    if not found:
        text = _("Eine Person {participant} wurde nie aufgenommen.", participant=reference)
        raise NotFound("unknown_participant", text, field="participant")
    return UUID(found[0][0])


def case_of(stores: Stores, participant: UUID) -> Case:
    """What the register says of somebody, which may be nothing."""
    return read_register(stores.journal).get(participant) or Case(participant)


def request_erasure(stores: Stores, participant: UUID, ground: ErasureGround, request: Request) -> Case:
    """Ask for the erasure of somebody; asked for already it stays as it was. Refused: as `commands.request_erasure`;
    somebody who was never enrolled."""
    journeys_of(stores.read_model, participant)
    stores.journal.act(lambda streams: commands.request_erasure(streams, participant, ground), request)
    return _projected(stores, participant)


def decline_erasure(stores: Stores, participant: UUID, request: Request) -> Case:
    """Decline the erasure that was asked for. Refused: as `commands.decline_erasure`."""
    stores.journal.act(lambda streams: commands.decline_erasure(streams, participant), request)
    return _projected(stores, participant)


def approve_erasure(
    stores: Stores, participant: UUID, request: Request, confirm: Callable[[Case], None] = lambda _case: None
) -> CarriedOut | None:
    """Approve the erasure somebody else asked for, and carry it out; None where that was done before.

    Whatever can be refused is refused before `confirm` is called, which may raise to stop it; what was approved and
    stopped half-way goes on without it. Refused: as `commands.approve_erasure` and `Vault.erase`.
    """
    journeys = journeys_of(stores.read_model, participant)

    def decide(streams: Streams) -> Decided:
        return commands.approve_erasure(streams, participant, journeys)

    stores.journal.act(decide, request, dry_run=True)
    case = case_of(stores, participant)
    if case.erasure is Erasure.REQUESTED:
        stores.vault.require_next_key()
        confirm(case)
        stores.journal.act(decide, request)
    carried = carry_out(stores.journal, stores.vault, msgspec.structs.replace(request, id=_following(request.id)))
    catch_up(stores.journal, stores.read_model)
    return carried


def impose_restriction(stores: Stores, participant: UUID, ground: RestrictionGround, request: Request) -> Case:
    """Restrict somebody (Sperrung): from now on nothing personal is opened. Refused: as `commands.restrict`; somebody
    who was never enrolled."""
    journeys_of(stores.read_model, participant)
    stores.journal.act(lambda streams: commands.restrict(streams, participant, ground), request)
    replay(stores.journal, stores.vault)
    return _projected(stores, participant)


def lift_restriction(stores: Stores, participant: UUID, request: Request) -> Case:
    """End the restriction of somebody; where there is none, nothing happens."""
    stores.journal.act(lambda streams: commands.lift_restriction(streams, participant), request)
    replay(stores.journal, stores.vault)
    return _projected(stores, participant)


def asked_for(cases: Sequence[Case]) -> list[Case]:
    """The cases in which an erasure was asked for, those that wait for somebody first, then the latest."""
    waits = {Erasure.APPROVED: 0, Erasure.REQUESTED: 1}
    found = [case for case in cases if case.requested_at is not None]
    found.sort(key=lambda case: case.requested_at.timestamp() if case.requested_at else 0.0, reverse=True)
    return sorted(found, key=lambda case: waits.get(case.erasure, 2))


def _projected(stores: Stores, participant: UUID) -> Case:
    catch_up(stores.journal, stores.read_model)
    return case_of(stores, participant)


def _following(request_id: UUID) -> UUID:
    """The id of the request that notes the erasure as done: it follows from the one that approved it."""
    return uuid5(request_id, "done")
