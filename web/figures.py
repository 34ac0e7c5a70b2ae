"""Balances of pages, counted once: the figures at a Stichtag and a Datenstand never change."""

from collections.abc import Callable
from datetime import date
from typing import Any

from domain.terms import BalanceKind
from projections.balance import Balance, compute
from projections.catalogue import CATALOGUES, Catalogue
from web.house import house, stores


def kept(*key: Any, count: Callable[[], Any]) -> Any:
    """A value that depends on nothing but its key, such as what holds at a Datenstand."""
    return house().kept.get(key, count)


def balance_at(
    programme: str, stichtag: date, datenstand: int, catalogue: Catalogue = CATALOGUES["core"], *, final: bool = False
) -> Balance:
    """The figures of a programme; refused as `compute`."""
    found: Balance = kept(
        "balance",
        programme,
        stichtag,
        datenstand,
        catalogue.version,
        BalanceKind.FINAL if final else BalanceKind.INTERIM,
        count=lambda: compute(
            stores().read_model, programme, stichtag, datenstand=datenstand, final=final, catalogue=catalogue
        ),
    )
    return found
