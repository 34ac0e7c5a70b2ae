"""The calendar of the example: its fixed days, working days and office hours."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from domain.journal import BERLIN

INTERIM_STICHTAG = date(2018, 2, 19)
PROGRAMME_START = date(2016, 3, 1)
PROGRAMME_END = date(2019, 6, 30)
LAST_ENTRY = date(2019, 11, 15)
"""No step of the example happens after this day."""

_SEED = "werdegang-example-1"
_CLOSED = {(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)}


def generator(label: str) -> Random:
    """The random numbers of one part of the example; parts do not disturb one another."""
    return Random(f"{_SEED}/{label}")  # noqa: S311 -- made-up data needs a repeatable generator, not a secure one


def working_day(day: date) -> date:
    """The day itself, or the next one the office is open."""
    while day.weekday() > 4 or (day.month, day.day) in _CLOSED:
        day += timedelta(1)
    return day


def office_time(rng: Random, day: date) -> datetime:
    """A moment within office hours in Germany, on the day or the next working day, in UTC."""
    minutes = rng.randrange(8 * 60, 17 * 60)
    moment = datetime.combine(working_day(day), time(minutes // 60, minutes % 60, rng.randrange(60)), BERLIN)
    return moment.astimezone(UTC)


def between(rng: Random, first: date, last: date) -> date:
    """A random day of a span, both ends included."""
    return first + timedelta(rng.randint(0, (last - first).days))


def first_or_mid(rng: Random, first: date, last: date) -> date:
    """A random 1st or 15th within a span, as jobs begin."""
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return rng.choice([day for day in days if day.day in (1, 15)])


def after(day: date, rng: Random, low: int, high: int) -> date:
    """A day `low` to `high` days later."""
    return day + timedelta(rng.randint(low, high))


def in_germany(moment: datetime) -> date:
    """The day of a moment in Germany."""
    return moment.astimezone(BERLIN).date()
