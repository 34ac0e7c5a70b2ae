"""Carrying out what the register of data protection says: erasing, and keeping erased whatever is put back.

The ledger is the memory: a copy of the key store from before an erasure holds the person's key again, so everything
the register approves is erased again whenever the stores are opened, before anything is served.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from domain import commands
from domain.data_protection import Erasure
from domain.errors import NotFound
from domain.facts import (
    ErasureApproved,
    ErasureDeclined,
    ErasureDone,
    ErasureRequested,
    Recorded,
    RestrictionImposed,
    RestrictionLifted,
)
from domain.journal import Decided, Journal, Request, Streams
from domain.terms import ErasureGround, RestrictionGround, register_stream
from domain.texts import _
from domain.vault import Vault
from projections.read_model import ReadModel


class Case(Struct, frozen=True, omit_defaults=True):
    """What the register says of a participant, with who said it when: of the erasure last asked for, and of the
    restriction there is."""

    participant: UUID
    erasure: Erasure = Erasure.NONE
    ground: ErasureGround | None = None
    requested_by: str | None = None
    requested_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    erased_at: datetime | None = None
    epoch: int | None = None
    restricted: RestrictionGround | None = None
    restricted_by: str | None = None
    restricted_at: datetime | None = None


class CarriedOut(NamedTuple):
    """Who was erased, and the epoch all other keys are wrapped in since."""

    participants: list[UUID]
    epoch: int


def read_register(journal: Journal) -> dict[UUID, Case]:
    """The cases of the register by participant, in the order they came in first."""
    cases: dict[UUID, Case] = {}
    for recorded in journal.read(register_stream()):
        participant = recorded.fact.participant
        cases[participant] = _after(cases.get(participant) or Case(participant), recorded)
    return cases


def _after(case: Case, recorded: Recorded) -> Case:
    by, at = recorded.entry.recorded_by, recorded.entry.recorded_at
    match recorded.fact:
        case ErasureRequested(ground=ground):
            asked = {"erasure": Erasure.REQUESTED, "ground": ground, "requested_by": by, "requested_at": at}
            return msgspec.structs.replace(case, **asked, decided_by=None, decided_at=None)
        case ErasureDeclined():
            return msgspec.structs.replace(case, erasure=Erasure.DECLINED, decided_by=by, decided_at=at)
        case ErasureApproved():
            return msgspec.structs.replace(case, erasure=Erasure.APPROVED, decided_by=by, decided_at=at)
        case ErasureDone(epoch=epoch):
            return msgspec.structs.replace(case, erasure=Erasure.ERASED, erased_at=at, epoch=epoch)
        case RestrictionImposed(ground=ground):
            return msgspec.structs.replace(case, restricted=ground, restricted_by=by, restricted_at=at)
        case RestrictionLifted():
            return msgspec.structs.replace(case, restricted=None, restricted_by=None, restricted_at=None)
        case _:
            raise TypeError(type(recorded.fact).__name__)


def replay(journal: Journal, vault: Vault) -> None:
    """Make a vault what the register says, before anything is served: whoever's erasure is approved and has a key or a
    lookup in it is erased (again), and whoever is restricted is not opened.

    It appends nothing, so it needs no clock and no name: an approval whose `erasure.done` was lost is finished by the
    next `carry_out`. Refused: as `Vault.erase`.
    """
    vault.restricted, vault.register_version = frozenset(), 0
    keep_current(journal, vault)


def keep_current(journal: Journal, vault: Vault) -> None:
    """Do to an open vault what was entered into the register since this was done last, by whichever process.

    Cheap enough for every request: one look-up where there is nothing new. Refused: as `Vault.erase`; restrictions
    hold by then, and the next call tries again.
    """
    recent = journal.read_after(register_stream(), vault.register_version)
    if not recent:
        return
    gone, restricted = set(), set(vault.restricted)
    for recorded in recent:
        match recorded.fact:
            case ErasureApproved(participant=participant):
                gone.add(participant)
            case RestrictionImposed(participant=participant):
                restricted.add(participant)
            case RestrictionLifted(participant=participant):
                restricted.discard(participant)
    vault.restricted = frozenset(restricted)
    if back := [participant for participant in gone if vault.has_key(participant)]:
        vault.erase(back)
    vault.register_version = recent[-1].originator_version


def carry_out(journal: Journal, vault: Vault, request: Request) -> CarriedOut | None:
    """Erase everybody whose erasure is approved and not noted as done, and note it; None where there is nobody.

    It may be stopped anywhere and repeated: keys destroyed twice are destroyed, and what is noted is noted once.
    Refused: as `Vault.erase`; nothing is noted then, and it is to be repeated.
    """
    waiting = [case.participant for case in read_register(journal).values() if case.erasure is Erasure.APPROVED]
    if not waiting:
        return None
    epoch = vault.erase(waiting)

    def finish(streams: Streams) -> Decided:
        for participant in waiting:
            streams.append(commands.finish_erasure(streams, participant, epoch))
        return []

    journal.act(finish, request)
    return CarriedOut(waiting, epoch)


def journeys_of(model: ReadModel, participant: UUID) -> list[UUID]:
    """The journeys of a participant, those withdrawn included. Refused (`NotFound`): one never enrolled anywhere."""
    query = "SELECT DISTINCT e.stream FROM enrolments e WHERE e.participant = :participant ORDER BY e.stream"
    found = model.query(query, {"participant": str(participant)})
    if not found:
        text = _("Eine Person {participant} wurde nie aufgenommen.", participant=participant)
        raise NotFound("unknown_participant", text, field="participant")
    return [UUID(stream) for (stream,) in found]
