"""Figures of a programme for one Stichtag at one Datenstand."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from hashlib import sha256

import msgspec
from msgspec import Struct

from domain.balance import not_ended
from domain.errors import NotFound, Refused
from domain.facts import FigureValue, Value
from domain.terms import BalanceKind
from domain.texts import _
from projections.balance.counting import (
    ALL,
    Combination,
    Group,
    Groups,
    as_value,
    count_all,
    exact,
    parameters,
    selections_of,
)
from projections.catalogue import CORE, Catalogue, Figure
from projections.glossary import place_of
from projections.read_model import ReadModel
from projections.rows import joined_values


class Balance(Struct, frozen=True):
    """The figures of a programme: what had happened by `stichtag`, as the ledger held it at `datenstand`."""

    programme: str
    kind: BalanceKind
    stichtag: date
    datenstand: int
    catalogue: str
    checkpoint: str | None
    figures: dict[str, FigureValue]

    @property
    def digest(self) -> str:
        """SHA-256 of the balance as canonical JSON without its checkpoint, in hexadecimal."""
        told = msgspec.to_builtins(self)
        del told["checkpoint"]
        return sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def compute(
    model: ReadModel,
    programme: str,
    stichtag: date,
    *,
    datenstand: int | None = None,
    final: bool = False,
    catalogue: Catalogue = CORE,
    combinations: Sequence[Combination] = (),
) -> Balance:
    """All figures valid at the Stichtag, with all breakdowns; `datenstand` None is all that is projected.

    `combinations` asks for breakdowns by several traits at once, in the order of `TRAITS`; their names and values
    are joined. Refused: a programme unknown at the Datenstand, a Datenstand the read model has not reached, a final
    balance for a Stichtag before the programme's end.
    """
    with model.snapshot():
        reached = reached_position(model, programme, datenstand)
        if final:
            _require_ended(model, programme, stichtag)
    counted = count(model, programme, stichtag, reached, catalogue, combinations)
    return Balance(
        programme=programme,
        kind=BalanceKind.FINAL if final else BalanceKind.INTERIM,
        stichtag=stichtag,
        datenstand=reached,
        catalogue=catalogue.version,
        checkpoint=None,
        figures={
            figure.code: _value_of(figure, counted, catalogue, combinations)
            for figure in catalogue.figures
            if figure.valid_at(stichtag)
        },
    )


def count(
    model: ReadModel,
    programme: str,
    stichtag: date,
    datenstand: int,
    catalogue: Catalogue,
    combinations: Sequence[Combination] = (),
) -> dict[str, Groups]:
    """What every selection of the figures valid at the Stichtag holds, by name."""
    names = selections_of(figure for figure in catalogue.figures if figure.valid_at(stichtag))
    given = parameters(programme, stichtag, datenstand)
    return count_all(model, {name: catalogue.selections[name] for name in names}, given, combinations)


def reached_position(model: ReadModel, programme: str, datenstand: int | None) -> int:
    """The Datenstand to use; None is all that is projected. Refused: one not reached, a programme unknown then."""
    tracked = model.tracked()
    reached = tracked if datenstand is None else datenstand
    if not 0 < reached <= tracked:
        text = _("Datenstand {found} gibt es nicht; möglich sind 1 bis {last}.", found=reached, last=tracked)
        raise Refused("unknown_datenstand", text, field="datenstand")
    known = model.query(
        "SELECT 1 FROM programmes p WHERE p.programme = :programme AND p.known_from <= :datenstand",
        {"programme": programme, "datenstand": reached},
    )
    if not known:
        text = _("Das Programm {key} gibt es zum Datenstand {datenstand} nicht.", key=programme, datenstand=reached)
        raise NotFound("unknown_programme", text, field="programme")
    return reached


def cells(
    figure: Figure, catalogue: Catalogue, counted: dict[str, Groups], combinations: Sequence[Combination] = ()
) -> dict[Group, Fraction | None]:
    """Every cell of a figure, exact: the total under `ALL`, every group of the catalogue's traits and of the
    combinations, every category of its selection's own."""
    traits = {*catalogue.traits, *map(joined_values, combinations)}
    found = {ALL: exact(figure, counted)}
    selection = catalogue.selections[figure.part.selection]
    if selection.by_traits:
        groups = {group for name in selections_of([figure]) for group in counted[name] if group[0] in traits}
        found |= {group: exact(figure, counted, group) for group in groups}
    if selection.category and figure.per is None:
        categories = counted[figure.part.selection].get(ALL, {})
        found |= {(selection.category, str(name)): Fraction(counts[0]) for name, counts in categories.items()}
    return found


def _value_of(
    figure: Figure, counted: dict[str, Groups], catalogue: Catalogue, combinations: Sequence[Combination]
) -> FigureValue:
    """A figure's value and breakdowns, in the order people read them."""
    by: dict[str, dict[str, Value]] = {}
    selection = catalogue.selections[figure.part.selection]
    if selection.by_traits:
        by = {trait: {} for trait in (*catalogue.traits, *map(joined_values, combinations))}
    if selection.category and figure.per is None:
        by[selection.category] = {}
    found = cells(figure, catalogue, counted, combinations)
    for trait, value in sorted(found.keys() - {ALL}, key=lambda group: place_of(*group)):
        by[trait][value] = as_value(figure, found[trait, value])
    return FigureValue(as_value(figure, found[ALL]), by)


def _require_ended(model: ReadModel, programme: str, stichtag: date) -> None:
    query = (
        "SELECT coalesce(p.closed_on, p.ends_on) FROM programmes p "
        "WHERE p.programme = :programme AND p.known_until IS NULL"
    )
    last_day = date.fromisoformat(model.query(query, {"programme": programme})[0][0])
    if stichtag < last_day:
        raise not_ended(last_day)
