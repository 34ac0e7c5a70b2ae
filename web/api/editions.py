"""Editions of balances: drafted by one, approved by another, released without the cells that would show somebody."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Response
from msgspec import Struct

from domain.facts import FigureValue
from domain.journal import Request
from domain.terms import BalanceKind, HiddenBecause, balances_stream
from projections.catalogue import CATALOGUES
from projections.disclosure.publishing import as_published
from projections.editions import (
    Act,
    Differing,
    Edition,
    catalogue_of,
    differing,
    draft,
    edition,
    editions,
    released,
)
from projections.publishing import approve_edition, draft_edition, release_edition
from web.access import CONTROLLING, FIGURES, LEAD
from web.api.answers import answer
from web.api.asking import AT
from web.api.figures import CatalogueName, stichtag_of
from web.api.programmes import reached
from web.api.routes import Section
from web.api.storing import replayed, requested
from web.house import stores
from web.schemas import Wanted, schema_with
from web.words import datenstand

section = Section("editions", "Editions of balances")
_DRAFTERS = (LEAD, CONTROLLING)
_DRAFT = schema_with(
    "Draft",
    stichtag=Wanted("stichtag", date, required=False),
    datenstand=Wanted("datenstand", int, required=False),
    final=Wanted("final", bool, required=False),
    catalogue=Wanted("catalogue", CatalogueName, required=False),
)
_PATH = "/programmes/<key:programme>/editions/<small:number>"
_ACT: dict[str, Any] = {"scope": "publish", "command": True, "status": 201}


class EditionAnswer(Struct, frozen=True):
    """An edition, who did what to it, and how many cells its public version hides."""

    name: str
    state: str
    programme: str
    number: int
    kind: BalanceKind
    stichtag: date
    datenstand: int
    catalogue: str
    digest: str
    checkpoint: str | None
    drafted: Act
    approved: Act | None
    released: Act | None
    hidden: int


class EditionFigures(Struct, frozen=True):
    """An edition with its figures as frozen."""

    edition: EditionAnswer
    figures: dict[str, FigureValue]


class Hidden(Struct, frozen=True):
    """A cell that is not shown, and why."""

    figure: str
    trait: str
    value: str
    because: HiddenBecause


class PublicVersion(Struct, frozen=True):
    """What was released: ratios rounded, and null in the cells that are hidden. They are named, so that nobody takes
    one for unknown."""

    name: str
    kind: BalanceKind
    stichtag: date
    datenstand: int
    catalogue: str
    checkpoint: str | None
    figures: dict[str, FigureValue]
    hidden: list[Hidden]


class Reproduced(Struct, frozen=True):
    """Whether an edition comes out the same when it is recomputed, and the cells that do not."""

    same: bool
    differing: list[Differing]


@section.get("/programmes/<key:programme>/editions", *FIGURES, query=AT, answers=list[EditionAnswer])
def list_editions(query: dict[str, Any], programme: str) -> Response:
    """The editions of a programme known at the Datenstand, the first first."""
    del query
    reached(programme, *FIGURES)
    found = editions(stores().journal, stores().read_model, programme)
    return answer([_told(one) for one in found if one.drafted.position <= datenstand()])


@section.get(_PATH, *FIGURES, answers=EditionFigures)
def one_edition(query: dict[str, Any], programme: str, number: int) -> Response:
    """One edition with its figures."""
    del query
    found = _edition(programme, number)
    return answer(EditionFigures(_told(found), found.balance.figures))


@section.get(f"{_PATH}/public", *FIGURES, answers=PublicVersion)
def public_version(query: dict[str, Any], programme: str, number: int) -> Response:
    """The public version of a released edition."""
    del query
    found = released(_edition(programme, number))
    balance = as_published(found.balance, catalogue_of(stores().journal, found.balance.catalogue))
    hidden = found.hidden_cells
    shown = {
        code: FigureValue(
            None if (code, "", "") in hidden else figure.value,
            {
                trait: {value: None if (code, trait, value) in hidden else cell for value, cell in cells.items()}
                for trait, cells in figure.by.items()
            },
        )
        for code, figure in balance.figures.items()
    }
    return answer(
        PublicVersion(
            *(found.name, balance.kind, balance.stichtag, balance.datenstand, balance.catalogue, balance.checkpoint),
            *(shown, [Hidden(cell.figure, cell.trait, cell.value, cell.because) for cell in found.hidden]),
        )
    )


@section.get(f"{_PATH}/reproduction", *FIGURES, answers=Reproduced)
def reproduction(query: dict[str, Any], programme: str, number: int) -> Response:
    """Recompute an edition from the ledger with the catalogue of then."""
    del query
    cells = differing(stores().journal, stores().read_model, _edition(programme, number))
    return answer(Reproduced(not cells, cells))


@section.post("/programmes/<key:programme>/editions", *_DRAFTERS, body=_DRAFT, answers=EditionAnswer,
              more={200: EditionAnswer}, **_ACT)  # fmt: skip
def draft_new_edition(query: dict[str, Any], body: dict[str, Any], programme: str) -> Response:
    """Draft an edition; one that was drafted before is found again (200). Without a Datenstand, the present."""
    del query
    reached(programme, *_DRAFTERS)
    drafted, kept = draft(
        stores().read_model,
        programme,
        stichtag_of(programme, body),
        datenstand=body.get("datenstand") or datenstand(),
        final=bool(body.get("final")),
        catalogue=CATALOGUES[body.get("catalogue") or "core"],
    )
    return _acted(programme, lambda request: draft_edition(stores(), drafted, kept, request))


@section.post(f"{_PATH}/approval", *_DRAFTERS, answers=EditionAnswer, more={200: EditionAnswer}, **_ACT)
def approve(query: dict[str, Any], programme: str, number: int) -> Response:
    """Approve an edition that somebody else drafted: it is recomputed and sealed first."""
    del query
    reached(programme, *_DRAFTERS)
    return _acted(programme, lambda request: approve_edition(stores(), f"{programme}/{number}", request))


@section.post(f"{_PATH}/release", LEAD, answers=EditionAnswer, more={200: EditionAnswer}, **_ACT)
def release(query: dict[str, Any], programme: str, number: int) -> Response:
    """Release the public version of an approved edition, without the cells that would show single persons."""
    del query
    reached(programme, LEAD)
    return _acted(programme, lambda request: release_edition(stores(), f"{programme}/{number}", request))


def _acted(programme: str, act: Callable[[Request], Edition]) -> Response:
    """201 with the edition where something was stored, now or by the request this one repeats; else 200."""
    stream, request = balances_stream(programme), requested()
    before = {one.entry.request_id for one in stores().journal.read(stream)}
    found = act(request)
    after = {one.entry.request_id for one in stores().journal.read(stream)}
    return replayed(answer(_told(found), 201 if request.id in after else 200), request.id in before)


def _edition(programme: str, number: int) -> Edition:
    reached(programme, *FIGURES)
    return edition(stores().journal, f"{programme}/{number}")


def _told(found: Edition) -> EditionAnswer:
    balance = found.balance
    return EditionAnswer(
        *(found.name, found.state, balance.programme, found.number, balance.kind, balance.stichtag),
        *(balance.datenstand, balance.catalogue, found.digest, balance.checkpoint),
        *(found.drafted, found.approved, found.released, len(found.hidden)),
    )
