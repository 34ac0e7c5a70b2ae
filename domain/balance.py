"""The stream of a programme's balances: editions are drafted, approved by another person, and released.

All editions of a programme share a stream, so they are numbered without a gap, and two public versions can never
be checked against the ones before at the same time.
"""

from datetime import date

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.facts import (
    BalanceApproved,
    BalanceDrafted,
    BalanceReleased,
    CatalogueKept,
    Fact,
    HiddenCell,
    Recorded,
)
from domain.terms import BalanceKind
from domain.texts import _


class Edition(Struct, frozen=True):
    """One edition: its draft, the number of that entry in the stream, and what became of it; `checkpoint` is the note
    it was approved with."""

    draft: BalanceDrafted
    entry: int
    approved: bool = False
    checkpoint: str | None = None
    released: BalanceReleased | None = None


class Seal(Struct, frozen=True):
    """A checkpoint of the ledger: the signed note, and the position up to which it covers every entry."""

    note: str
    position: int


class Balances(Struct, frozen=True):
    """The editions of a programme, the first drafted first."""

    version: int = 0
    editions: tuple[Edition, ...] = ()


class Shelf(Struct, frozen=True):
    """A version of a catalogue that is kept, or (version 0) not yet."""

    version: int = 0


def evolve(balances: Balances, fact: Fact) -> Balances:
    """The state after one more fact."""
    version, editions = balances.version + 1, balances.editions
    match fact:
        case BalanceDrafted():
            return Balances(version, (*editions, Edition(fact, version)))
        case BalanceApproved(number=number, checkpoint=checkpoint):
            return Balances(version, _replaced(editions, number, approved=True, checkpoint=checkpoint))
        case BalanceReleased(number=number):
            return Balances(version, _replaced(editions, number, released=fact))
        case _:
            raise TypeError(type(fact).__name__)


def evolve_shelf(shelf: Shelf, fact: Fact) -> Shelf:
    """The state after one more fact."""
    if not isinstance(fact, CatalogueKept):
        raise TypeError(type(fact).__name__)
    return Shelf(shelf.version + 1)


def keep(shelf: Shelf, catalogue: CatalogueKept) -> list[Fact]:
    """Keep a version of a catalogue; one that is kept already is not kept again."""
    return [] if shelf.version else [catalogue]


def draft(balances: Balances, drafted: BalanceDrafted, *, last_day: date, today: date) -> list[Fact]:
    """Draft the next edition, whatever number the draft has; one with the same figures from the same Stichtag and
    Datenstand is not drafted twice.

    Refused: a Stichtag in the future; a final balance for a Stichtag before the programme's last day.
    """
    if drafted.stichtag > today:
        text = _("{on} liegt in der Zukunft (heute ist der {today}).", on=drafted.stichtag, today=today)
        raise Refused("in_future", text, field="stichtag")
    if drafted.kind is BalanceKind.FINAL and drafted.stichtag < last_day:
        raise not_ended(last_day)
    if any(edition.draft.digest == drafted.digest for edition in balances.editions):
        return []
    return [msgspec.structs.replace(drafted, number=len(balances.editions) + 1)]


def approve(balances: Balances, number: int, *, drafted: Recorded, by: str, seal: Seal) -> list[Fact]:
    """Approve an edition; one approved already is not approved again. `drafted` is the entry that drafted it.

    Refused: whoever drafted it; a seal that does not cover the draft and, with it, every entry behind it.
    """
    edition = edition_of(balances, number)
    if drafted.entry.recorded_by.casefold() == by.casefold():
        text = _("Ausgabe {number} hat {by} selbst entworfen; freigeben muss sie jemand anderes.", number=number, by=by)
        raise Refused("four_eyes", text)
    if edition.approved:
        return []
    if seal.position < drafted.position:
        text = _(
            "Versiegelt ist bis Position {sealed}; Ausgabe {number} steht an Position {position}.",
            sealed=seal.position,
            number=number,
            position=drafted.position,
        )
        raise Refused("not_sealed", text)
    return [BalanceApproved(number=number, digest=edition.draft.digest, checkpoint=seal.note)]


def release(balances: Balances, number: int, hidden: tuple[HiddenCell, ...]) -> list[Fact]:
    """Let the public version of an edition leave the house; released once, it stays as it is.

    Refused: an edition that is not approved.
    """
    edition = edition_of(balances, number)
    if not edition.approved:
        text = _("Ausgabe {number} ist noch nicht freigegeben.", number=number)
        raise Refused("not_approved", text)
    return [] if edition.released else [BalanceReleased(number=number, hidden=hidden)]


def edition_of(balances: Balances, number: int) -> Edition:
    """The edition with a number. Refused (`NotFound`): there is none."""
    if not 1 <= number <= len(balances.editions):
        text = _("Ausgabe {number} gibt es nicht; es gibt {last}.", number=number, last=len(balances.editions))
        raise NotFound("unknown_edition", text, field="edition")
    return balances.editions[number - 1]


def not_ended(last_day: date) -> Refused:
    """The refusal of a final balance before the programme's end."""
    text = _("Eine Gesamtbilanz gibt es erst zum Ende des Programms am {ends}.", ends=last_day)
    return Refused("not_ended", text, field="stichtag")


def _replaced(editions: tuple[Edition, ...], number: int, **changes: object) -> tuple[Edition, ...]:
    return tuple(
        msgspec.structs.replace(edition, **changes) if edition.draft.number == number else edition
        for edition in editions
    )
