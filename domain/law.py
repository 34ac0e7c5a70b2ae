"""Dated parameters and limits of the law, each with its source; a breach is a warning, never a refusal."""

from bisect import bisect_right
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from domain.facts import FundingGranted, PlacementStarted, Step
from domain.terms import FundingKind, PlacementKind
from domain.texts import Text, _


class Warning(NamedTuple):
    """What a controller should look at, with the source of the limit."""

    text: Text
    norm: str


MINIJOB_LIMITS: tuple[tuple[date, Decimal], ...] = (
    (date(2013, 1, 1), Decimal(450)),
    (date(2022, 10, 1), Decimal(520)),
    (date(2024, 1, 1), Decimal(538)),
    (date(2025, 1, 1), Decimal(556)),
    (date(2026, 1, 1), Decimal(603)),
)
"""Geringfügigkeitsgrenze in euro a month, § 8 Abs. 1a SGB IV and its forerunners, each from that day on."""

FUNDING_MONTHS: dict[FundingKind, tuple[int, str]] = {
    FundingKind.EGZ: (12, "§ 89 SGB III"),
    FundingKind.EINSTIEGSGELD: (24, "§ 16b Abs. 2 SGB II"),
}
"""The longest duration of a funding in months."""

EGZ_WAGE_SHARE = (50, "§ 89 SGB III")
"""The highest share of the wage an Eingliederungszuschuss replaces, in percent."""


def minijob_limit(on: date) -> Decimal | None:
    """Euro a month a minijob may pay on a day; None before 2013, where no limit is kept."""
    place = bisect_right([since for since, _limit in MINIJOB_LIMITS], on)
    return MINIJOB_LIMITS[place - 1][1] if place else None


def months_later(day: date, months: int) -> date:
    """The same day some months later or earlier, clipped to the length of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _last_day(first: date, months: int) -> date:
    """The last day of a period of months from its first day on, § 188 Abs. 2 and 3 BGB."""
    following = months_later(first, months)
    return following - timedelta(days=1) if following.day == first.day else following


def warnings(step: Step) -> list[Warning]:
    """The limits a step goes beyond; empty where there are none."""
    match step:
        case FundingGranted():
            return _funding_warnings(step)
        case PlacementStarted(kind=PlacementKind.MINIJOB, monthly_pay=pay) if pay is not None:
            limit = minijob_limit(step.happened_on)
            if limit is None or pay <= limit:
                return []
            text = _(
                "Minijob mit {pay} Euro im Monat; die Grenze am {on} ist {limit} Euro.",
                pay=pay,
                on=step.happened_on,
                limit=limit,
            )
            return [Warning(text, "§ 8 SGB IV")]
        case _:
            return []


def _funding_warnings(step: FundingGranted) -> list[Warning]:
    found = []
    months, norm = FUNDING_MONTHS.get(step.kind, (0, ""))
    if months and step.until and step.until > _last_day(step.happened_on, months):
        text = _(
            "{kind} vom {on} bis {until} ist länger als {months} Monate.",
            kind=step.kind,
            on=step.happened_on,
            until=step.until,
            months=months,
        )
        found.append(Warning(text, norm))
    share, norm = EGZ_WAGE_SHARE
    if step.kind is FundingKind.EGZ and step.wage_share_percent and step.wage_share_percent > share:
        text = _(
            "Eingliederungszuschuss von {found} %; höchstens {share} % sind vorgesehen.",
            found=step.wage_share_percent,
            share=share,
        )
        found.append(Warning(text, norm))
    return found
