"""Dated limits of the law: a breach is a warning with its source, never a refusal."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from given import TODAY, enrolment, given

from domain import journey
from domain.facts import CoachingSessionHeld, FundingGranted, PlacementStarted
from domain.journey import Journey
from domain.law import minijob_limit, months_later, warnings
from domain.terms import FundingKind, PlacementKind

START = date(2017, 5, 1)


def minijob(pay: str | None, on: date = START, kind: PlacementKind = PlacementKind.MINIJOB) -> PlacementStarted:
    return PlacementStarted(happened_on=on, ref="job", kind=kind, monthly_pay=None if pay is None else Decimal(pay))


def funding(kind: FundingKind, **changed: Any) -> FundingGranted:
    asked: dict[str, Any] = {"happened_on": START, "ref": "f", "kind": kind, "amount": Decimal(1)} | changed
    return FundingGranted(**asked)


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        (date(2013, 1, 1), 450),
        (date(2022, 9, 30), 450),
        (date(2022, 10, 1), 520),
        (date(2023, 12, 31), 520),
        (date(2024, 1, 1), 538),
        (date(2025, 1, 1), 556),
        (date(2025, 12, 31), 556),
        (date(2026, 1, 1), 603),
    ],
)
def test_minijob_limit_of_a_day(day: date, limit: int) -> None:
    """Each Geringfügigkeitsgrenze holds from its first day on (§ 8 SGB IV)."""
    assert minijob_limit(day) == limit


def test_no_minijob_limit_is_kept_before_2013() -> None:
    """Where no limit is kept nothing is warned of."""
    assert minijob_limit(date(2012, 12, 31)) is None
    assert warnings(minijob("9999", date(2012, 12, 31))) == []


def test_minijob_beyond_the_limit_is_warned_of() -> None:
    """A pay beyond the limit of its day is shown with both values and the § (§ 8 SGB IV)."""
    (warning,) = warnings(minijob("450.01"))
    assert warning.norm == "§ 8 SGB IV"
    assert warning.text.in_language("de") == (
        "Minijob mit 450,01 Euro im Monat; die Grenze am 01.05.2017 ist 450 Euro."
    )
    assert warning.text.in_language("en") == "Minijob at 450.01 euro a month; the limit on 2017-05-01 is 450 euro."


@pytest.mark.parametrize(
    "step",
    [
        minijob("450"),
        minijob(None),
        minijob("520", date(2022, 10, 1)),
        minijob("2000", kind=PlacementKind.SVP),
        CoachingSessionHeld(happened_on=START, minutes=60),
    ],
)
def test_within_the_limit_nothing_is_warned_of(step: Any) -> None:
    """The limit itself, an unknown pay, a later limit and other steps are fine."""
    assert warnings(step) == []


@pytest.mark.parametrize(
    ("kind", "last_day", "months", "norm"),
    [
        (FundingKind.EGZ, date(2018, 4, 30), 12, "§ 89 SGB III"),
        (FundingKind.EINSTIEGSGELD, date(2019, 4, 30), 24, "§ 16b Abs. 2 SGB II"),
    ],
)
def test_funding_beyond_its_longest_duration(kind: FundingKind, last_day: date, months: int, norm: str) -> None:
    """Twelve months of EGZ (§ 89 SGB III) and 24 of Einstiegsgeld (§ 16b SGB II) are fine, a day more is not."""
    assert warnings(funding(kind, until=last_day)) == []
    (warning,) = warnings(funding(kind, until=date(last_day.year, 5, 1)))
    assert warning.norm == norm
    for language, day in (("de", f"01.05.{last_day.year}"), ("en", f"{last_day.year}-05-01")):
        text = warning.text.in_language(language)
        assert f"{months} " in text
        assert day in text
        assert kind in text


@pytest.mark.parametrize(
    ("kind", "first_day", "last_day"),
    [
        (FundingKind.EGZ, date(2016, 2, 29), date(2017, 2, 28)),
        (FundingKind.EGZ, date(2015, 3, 1), date(2016, 2, 29)),
        (FundingKind.EGZ, date(2016, 3, 1), date(2017, 2, 28)),
        (FundingKind.EGZ, date(2016, 12, 31), date(2017, 12, 30)),
        (FundingKind.EINSTIEGSGELD, date(2016, 2, 29), date(2018, 2, 28)),
        (FundingKind.EINSTIEGSGELD, date(2014, 3, 1), date(2016, 2, 29)),
    ],
)
def test_last_day_of_the_longest_duration(kind: FundingKind, first_day: date, last_day: date) -> None:
    """A period of months ends before the day of the same number, or with the month that lacks it (§ 188 BGB)."""
    assert warnings(funding(kind, happened_on=first_day, until=last_day)) == []
    (warning,) = warnings(funding(kind, happened_on=first_day, until=last_day + timedelta(days=1)))
    assert warning.norm


def test_other_fundings_have_no_longest_duration() -> None:
    """Only EGZ and Einstiegsgeld are limited here."""
    assert warnings(funding(FundingKind.P16I, until=date(2030, 1, 1))) == []
    assert warnings(funding(FundingKind.EGZ)) == []


def test_share_of_the_wage_beyond_half() -> None:
    """An Eingliederungszuschuss of up to 50 % is fine, more is not (§ 89 SGB III)."""
    assert warnings(funding(FundingKind.EGZ, wage_share_percent=50)) == []
    assert warnings(funding(FundingKind.P16E, wage_share_percent=75)) == []
    (warning,) = warnings(funding(FundingKind.EGZ, wage_share_percent=50.5))
    assert warning.norm == "§ 89 SGB III"
    assert "50,5 %" in warning.text.in_language("de")
    assert "50.5 %" in warning.text.in_language("en")


def test_both_limits_of_a_funding() -> None:
    """Every limit gone beyond is named."""
    step = funding(FundingKind.EGZ, until=date(2020, 1, 1), wage_share_percent=70)
    assert len(warnings(step)) == 2


def test_warning_refuses_nothing() -> None:
    """A step beyond a limit is stored all the same (DOMAIN.md 3)."""
    step = minijob("800", date(2017, 5, 1))
    assert warnings(step)
    given(Journey, enrolment()).when(journey.record, step, today=TODAY).then(step)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2016, 1, 31), 1, date(2016, 2, 29)),
        (date(2017, 1, 31), 1, date(2017, 2, 28)),
        (date(2016, 12, 15), 1, date(2017, 1, 15)),
        (date(2017, 1, 15), -1, date(2016, 12, 15)),
        (date(2016, 3, 31), -1, date(2016, 2, 29)),
        (date(2016, 2, 29), 12, date(2017, 2, 28)),
        (date(2016, 5, 1), 0, date(2016, 5, 1)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    """The same day of another month, clipped to the month's length (§ 188 Abs. 3 BGB)."""
    assert months_later(day, months) == later
