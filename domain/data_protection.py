"""The stream of the register of data protection: erasures, each by four eyes, and restrictions.

One stream for the whole house. It is read whenever the stores are opened, so that a store of keys put back from an old
copy cannot bring an erased person back. Source: Art. 17 and 18 DSGVO, § 84 SGB X.
"""

from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct

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
from domain.terms import ErasureGround, RestrictionGround
from domain.texts import _


class Erasure(StrEnum):
    """How far the erasure of a person has come."""

    NONE = "none"
    REQUESTED = "requested"
    DECLINED = "declined"
    APPROVED = "approved"
    ERASED = "erased"

    @property
    def is_decided(self) -> bool:
        """Whether it is approved; from then on there is no way back."""
        return self in (Erasure.APPROVED, Erasure.ERASED)


class Person(Struct, frozen=True):
    """What the register says of a participant; `request` is the number of the entry that asked last, 0 where none."""

    erasure: Erasure = Erasure.NONE
    request: int = 0
    restricted: RestrictionGround | None = None


class Register(Struct, frozen=True):
    """What the register says of all; ask `of`.

    The persons lie in drawers by the last byte of their id: a fact copies one drawer and not the whole register,
    which only ever grows.
    """

    version: int = 0
    drawers: dict[int, dict[UUID, Person]] = {}

    def of(self, participant: UUID) -> Person:
        """What it says of one participant."""
        return self.drawers.get(_drawer(participant), {}).get(participant, _NOTHING)


class Mark(Struct, frozen=True):
    """Whether somebody's erasure is approved (version 1) or not (0), on a stream beside the participant's id and beside
    each of their journeys' (`terms.erased_stream`).

    The approval is stored there too, in the same transaction. Whoever enters something reads the mark in the same query
    as the journey: no second trip to the store, and no matter how long the register has grown.
    """

    version: int = 0


_NOTHING = Person()


def evolve(register: Register, fact: Fact) -> Register:
    """The state after one more fact."""
    version = register.version + 1
    match fact:
        case ErasureRequested():
            changes: dict[str, object] = {"erasure": Erasure.REQUESTED, "request": version}
        case ErasureDeclined():
            changes = {"erasure": Erasure.DECLINED}
        case ErasureApproved():
            changes = {"erasure": Erasure.APPROVED}
        case ErasureDone():
            changes = {"erasure": Erasure.ERASED}
        case RestrictionImposed(ground=ground):
            changes = {"restricted": ground}
        case RestrictionLifted():
            changes = {"restricted": None}
        case _:
            raise TypeError(type(fact).__name__)
    participant = fact.participant
    person = msgspec.structs.replace(register.of(participant), **changes)
    drawer = {**register.drawers.get(_drawer(participant), {}), participant: person}
    return Register(version, {**register.drawers, _drawer(participant): drawer})


def evolve_mark(mark: Mark, fact: Fact) -> Mark:
    """The state after one more fact."""
    if not isinstance(fact, ErasureApproved):
        raise TypeError(type(fact).__name__)
    return Mark(mark.version + 1)


# --- erasure --------------------------------------------------------------------------------------


def request_erasure(register: Register, participant: UUID, ground: ErasureGround) -> list[Fact]:
    """Ask for the erasure of what is personal about a participant; while a request waits, a second is none.

    Refused: a participant whose erasure is approved or done.
    """
    _require_undecided(register, participant)
    if register.of(participant).erasure is Erasure.REQUESTED:
        return []
    return [ErasureRequested(participant=participant, ground=ground)]


def decline_erasure(register: Register, participant: UUID) -> list[Fact]:
    """Decline the request; twice is once, and it may be asked again.

    Refused: nobody has asked; the erasure is approved or done.
    """
    _require_undecided(register, participant)
    _require_request(register, participant)
    if register.of(participant).erasure is Erasure.DECLINED:
        return []
    return [ErasureDeclined(participant=participant)]


def approve_erasure(register: Register, participant: UUID, *, requested_by: str, by: str) -> list[Fact]:
    """Approve the request; approved already it is not approved again.

    Refused: nobody has asked, or the request was declined; whoever asked.
    """
    _require_request(register, participant)
    if register.of(participant).erasure is Erasure.DECLINED:
        raise _not_requested(participant)
    if requested_by.casefold() == by.casefold():
        text = _(
            "Die Löschung von {participant} hat {by} selbst beantragt; freigeben muss sie jemand anderes.",
            participant=participant,
            by=by,
        )
        raise Refused("four_eyes", text)
    return [] if register.of(participant).erasure.is_decided else [ErasureApproved(participant=participant)]


def finish_erasure(register: Register, participant: UUID, epoch: int) -> list[Fact]:
    """Note that key and lookups are destroyed and the others' keys wrapped anew in that epoch; noted once.

    Refused: an erasure that is not approved.
    """
    match register.of(participant).erasure:
        case Erasure.ERASED:
            return []
        case Erasure.APPROVED:
            return [ErasureDone(participant=participant, epoch=epoch)]
        case _:
            text = _("Die Löschung von {participant} ist nicht freigegeben.", participant=participant)
            raise Refused("not_approved", text)


# --- restriction ----------------------------------------------------------------------------------


def restrict(register: Register, participant: UUID, ground: RestrictionGround) -> list[Fact]:
    """Restrict the processing of what is personal (Sperrung); on the same ground twice is once.

    Refused: a participant whose erasure is approved or done, of whom there is nothing left to restrict.
    """
    _require_undecided(register, participant)
    if register.of(participant).restricted is ground:
        return []
    return [RestrictionImposed(participant=participant, ground=ground)]


def lift(register: Register, participant: UUID) -> list[Fact]:
    """End the restriction; where there is none, nothing happens."""
    return [RestrictionLifted(participant=participant)] if register.of(participant).restricted else []


# --- rules ----------------------------------------------------------------------------------------


def refuse_erased(mark: Mark, about: UUID) -> None:
    """Refused: anything about a participant, or on a journey, whose mark says that the erasure is approved."""
    if mark.version:
        text = _("Die Person zu {id} ist gelöscht; es wird nichts mehr erfasst.", id=about)
        raise Refused("erased", text)


def _require_undecided(register: Register, participant: UUID) -> None:
    if register.of(participant).erasure.is_decided:
        text = _("Die Person {participant} ist schon gelöscht.", participant=participant)
        raise Refused("already_erased", text)


def _require_request(register: Register, participant: UUID) -> None:
    if not register.of(participant).request:
        raise _not_requested(participant)


def _not_requested(participant: UUID) -> Refused:
    text = _("Für {participant} liegt kein Antrag auf Löschung vor.", participant=participant)
    return Refused("not_requested", text)


def _drawer(participant: UUID) -> int:
    return participant.int & 0xFF
