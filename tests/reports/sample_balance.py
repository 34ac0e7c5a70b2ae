"""A small made-up balance with everything a report can show, and the report of it."""

from datetime import date
from typing import Any, NamedTuple

from domain.facts import TargetGroup
from domain.terms import BalanceKind
from projections.balance import Balance, FigureValue, Value
from projections.catalogue import CORE, Figure, Unit
from projections.programmes import Particulars
from projections.reports import EditionInfo, Report, Series, balance_report
from projections.reports.series import KIND_OF, MonthAfterEnrolment, MonthOfPlacements, State
from projections.stores import Stores


class Example(NamedTuple):
    """The shipped example on the evening of its interim Stichtag."""

    stores: Stores
    balance: Balance
    programme: Particulars
    series: Series


STICHTAG = date(2018, 2, 19)
KNOWN_ON = date(2018, 2, 20)
PROGRAMME = Particulars(
    key="demo",
    title="Beispielprogramm",
    funder="Land",
    starts_on=date(2017, 1, 1),
    ends_on=date(2019, 12, 31),
    last_day=date(2019, 12, 31),
    coaching_ratio=80,
    target_group=TargetGroup(age_min=23, benefit_months_min=21, municipalities=("Raunheim", "Kelsterbach")),
    targets={"participants_enrolled": 120.0, "placement_rate": 0.35},
)
EDITION = EditionInfo(
    number=3,
    state="approved",
    drafted_by="controller-1",
    drafted_on=date(2018, 2, 21),
    approved_by="lead-1",
    approved_on=date(2018, 2, 22),
    digest="ab" * 32,
)
CHECKPOINT = ("example.org/ledger", "17", "cm9vdA==", "", "— example.org/ledger c2lnbmF0dXJl")
VALUES = {
    "gender": ("female", "male"),
    "age_group": ("under_25", "25_29", "30_34"),
    "single_parent": ("yes", "no"),
    "education": ("none", "unknown"),
    "municipality": ("Kelsterbach", "Raunheim"),
    "gender|single_parent": ("female|yes", "female|no", "male|no"),
    "reason": ("svp", "moved_away"),
    "coach": ("coach-1", "coach-2"),
}


def balance(**values: Value) -> Balance:
    """A balance with a figure's place in the catalogue as its value, and `values` instead where they are given."""
    figures = {figure.code: _value(figure, place) for place, figure in enumerate(CORE.figures, 1)}
    for code, value in values.items():
        figures[code] = FigureValue(value, figures[code].by)
    note = "\n".join(CHECKPOINT) + "\n"
    return Balance("demo", BalanceKind.INTERIM, STICHTAG, 4711, CORE.version, note, figures)


def _value(figure: Figure, place: int) -> FigureValue:
    selection = CORE.selections[figure.part.selection]
    traits = [*CORE.traits, "gender|single_parent"] if selection.by_traits else []
    categories = [selection.category] if selection.category and figure.per is None else []
    by = {
        trait: {value: _number(figure, place + number) for number, value in enumerate(VALUES[trait])}
        for trait in (*traits, *categories)
    }
    return FigureValue(_number(figure, place + 100), by)


def _number(figure: Figure, number: int) -> Value:
    return number / 256 if figure.unit in (Unit.RATE, Unit.MEAN, Unit.EUR) else number


def series(months: int = 14, after: int = 12) -> Series:
    """Placements over some months, and states over so many months after enrolment."""
    codes = list(KIND_OF)
    placements = tuple(
        MonthOfPlacements(
            date(2017 + number // 12, number % 12 + 1, 1),
            {code: (number + place) % 4 for place, code in enumerate(codes)},
        )
        for number in range(months)
    )
    states = tuple(MonthAfterEnrolment(month, 60, dict.fromkeys(State, 10)) for month in range(after + 1))
    return Series(placements, states)


def report(language: str = "de", **given: Any) -> Report:
    """The report of the balance; `given` replaces its parts."""
    parts: dict[str, Any] = {
        "balance": balance(),
        "catalogue": CORE,
        "programme": PROGRAMME,
        "series": series(),
        "known_on": KNOWN_ON,
        **given,
    }
    return balance_report(language=language, **parts)
