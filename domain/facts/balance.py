"""The facts of published balances, and the catalogue of figures they were drawn with."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from domain.facts.fact import Fact
from domain.terms import BalanceKind, HiddenBecause, Key

Value = int | float | None
"""A figure's number; None for a ratio whose denominator is 0."""


class FigureValue(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure's value, and the same by each trait and, for some figures, by a category of their own."""

    value: Value
    by: dict[str, dict[str, Value]]


class CatalogueKept(Fact, frozen=True, kw_only=True, tag="catalogue.kept"):
    """The definitions and SELECTs of a catalogue, stored with the first edition drawn from it: so an edition can be
    recomputed from the ledger alone, however far the catalogue has moved on.

    `version` is the catalogue's name and the first 16 hexadecimal digits of the SHA-256 of `content`.
    """

    version: str
    content: str


class BalanceDrafted(Fact, frozen=True, kw_only=True, tag="balance.drafted"):
    """An edition of a programme's balance, not yet approved: every figure with its breakdowns.

    `digest` is the SHA-256 of the balance as canonical JSON, in hexadecimal.
    """

    programme: Key
    number: Annotated[int, Meta(ge=1)]
    kind: BalanceKind
    stichtag: date
    datenstand: Annotated[int, Meta(ge=1)]
    catalogue: str
    figures: dict[str, FigureValue]
    digest: str


class BalanceApproved(Fact, frozen=True, kw_only=True, tag="balance.approved"):
    """Another person looked at the edition with this digest and approved it: it is frozen.

    `checkpoint` is the signed note that covers every entry behind it and its draft; an approval of before there were
    checkpoints has none.
    """

    number: Annotated[int, Meta(ge=1)]
    digest: str
    checkpoint: str | None = None


class HiddenCell(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A cell the public version of an edition does not show; the total of a figure has no trait and no value."""

    figure: str
    trait: str
    value: str
    because: HiddenBecause


class BalanceReleased(Fact, frozen=True, kw_only=True, tag="balance.released"):
    """The public version of an approved edition left the house, without the cells named.

    Every later public version is checked against what this one shows.
    """

    number: Annotated[int, Meta(ge=1)]
    hidden: tuple[HiddenCell, ...] = ()
