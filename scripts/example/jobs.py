"""The jobs of each part: when they begin and end."""

from datetime import date, timedelta
from random import Random

from msgspec import Struct

from domain.terms import PlacementEndReason, PlacementKind, Scheme
from scripts.example.cast import Part
from scripts.example.days import LAST_ENTRY, after, between, first_or_mid

_LAST_START_KNOWN = date(2018, 2, 1)
"""The latest start before the Stichtag that everybody hears of in time."""
_LATER = date(2018, 3, 1)
_LAST_START = date(2019, 5, 15)
_NEW_SCHEMES = date(2019, 1, 15)
"""§ 16i SGB II and today's § 16e SGB II are in force since 01.01.2019."""

_ENDINGS = (
    PlacementEndReason.CONTRACT_EXPIRED,
    PlacementEndReason.DISMISSED,
    PlacementEndReason.RESIGNED,
    PlacementEndReason.MUTUAL_AGREEMENT,
    PlacementEndReason.ILLNESS,
    PlacementEndReason.CHILDCARE,
)


class Job(Struct, frozen=True, kw_only=True):
    """One placement to be; `end` is the first day without it, `reason` why it ended."""

    kind: PlacementKind
    start: date
    scheme: Scheme = Scheme.NONE
    end: date | None = None
    reason: PlacementEndReason = PlacementEndReason.CONTRACT_EXPIRED
    plain: bool = True
    """Nothing is planned with it but what is usual: it may be funded, and its entry corrected in trifles."""

    def held_on(self, day: date) -> bool:
        """Whether it is held on a day."""
        return self.start <= day and (self.end is None or self.end > day)


_PLANTED = {
    Part.END_REPORTED_LATE: Job(
        kind=PlacementKind.SVP,
        start=date(2017, 9, 1),
        end=date(2018, 2, 1),
        reason=PlacementEndReason.DISMISSED,
        plain=False,
    ),
    Part.SVP_REPORTED_LATE: Job(
        kind=PlacementKind.SVP,
        start=date(2018, 2, 1),
        end=date(2018, 9, 1),
        reason=PlacementEndReason.OTHER_JOB,
        plain=False,
    ),
    Part.SVP_REPORTED_LATE_SINGLE_MOTHER: Job(kind=PlacementKind.SVP, start=date(2018, 1, 15), plain=False),
    Part.SVP_WITHDRAWN: Job(kind=PlacementKind.SVP, start=date(2018, 2, 1), plain=False),
    Part.SVP_BEGAN_LATER: Job(kind=PlacementKind.SVP, start=date(2018, 2, 15), end=date(2018, 12, 1), plain=False),
    Part.SVP_WAS_MINIJOB: Job(kind=PlacementKind.SVP, start=date(2018, 1, 15), plain=False),
    Part.MINIJOB_WAS_SVP: Job(kind=PlacementKind.MINIJOB, start=date(2017, 12, 1), plain=False),
    Part.MINIJOB_WITHDRAWN: Job(kind=PlacementKind.MINIJOB, start=date(2018, 1, 15), plain=False),
    Part.MINIJOB_REPORTED_LATE: Job(
        kind=PlacementKind.MINIJOB, start=date(2018, 1, 1), end=date(2018, 7, 1), plain=False
    ),
}
"""The jobs that are known otherwise later on; see `surprises.py`."""
_NEXT_JOB = {Part.SVP_REPORTED_LATE: date(2018, 9, 1), Part.SVP_WITHDRAWN: date(2018, 10, 1)}


def jobs_of(part: Part, enrolled_on: date, rng: Random) -> list[Job]:
    """The jobs of a participation that begins on a day, in order."""
    if planted := _PLANTED.get(part):
        return [planted, *(_moved(_NEXT_JOB[part], rng) if part in _NEXT_JOB else [])]
    if part in (Part.AUSBILDUNG, Part.LATER_AUSBILDUNG):
        return [_ausbildung(enrolled_on, part, rng)]
    early = enrolled_on + timedelta(55)
    return _jobs_by_stichtag(part, early, rng) or _jobs_later(part, early, rng)


def _jobs_by_stichtag(part: Part, early: date, rng: Random) -> list[Job]:
    match part:
        case Part.SVP:
            return _svp_career(_timely(early, rng), rng)
        case Part.SVP_AFTER_MINIJOB:
            return _after_minijob(early, rng)
        case Part.SINGLE_MOTHER_IN_SVP:
            end = between(rng, date(2018, 4, 1), date(2019, 8, 1))
            return [_svp(_timely(early, rng), rng.choice((None, end)), rng)]
        case Part.SINGLE_PARENT_SVP_ENDED:
            start = first_or_mid(rng, early, date(2017, 9, 15))
            return [_svp(start, between(rng, start + timedelta(40), date(2018, 1, 31)), rng)]
        case Part.CIRCUMSTANCES_REPORTED_LATE | Part.SINGLE_MOTHER_FOUND_LATE:
            return [_svp(_timely(early, rng), None, rng)]
        case Part.MINIJOB:
            return _minijob_career(_timely(early, rng), rng)
        case Part.SELBSTAENDIG:
            return [_selbstaendig(_timely(early, rng))]
        case _:
            return []


def _jobs_later(part: Part, early: date, rng: Random) -> list[Job]:
    match part:
        case Part.LATER_SVP:
            return _svp_career(_later(early, rng), rng)
        case Part.LATER_MINIJOB:
            start = _later(early, rng)
            return [Job(kind=PlacementKind.MINIJOB, start=start, end=_some_end(start, rng))]
        case Part.LATER_SELBSTAENDIG:
            return [_selbstaendig(_later(early, rng))]
        case Part.P16I | Part.P16E:
            start = first_or_mid(rng, max(early, _NEW_SCHEMES), date(2019, 5, 1))
            return [Job(kind=PlacementKind.SVP, start=start, scheme=Scheme(part.value))]
        case _:
            return []


def _timely(early: date, rng: Random) -> date:
    return first_or_mid(rng, early, min(early + timedelta(365), _LAST_START_KNOWN))


def _later(early: date, rng: Random) -> date:
    return first_or_mid(rng, max(early, _LATER), _LAST_START)


def _svp(start: date, end: date | None, rng: Random) -> Job:
    scheme = rng.choices((Scheme.NONE, Scheme.EGZ, Scheme.EINSTIEGSGELD), (60, 28, 12))[0]
    return Job(kind=PlacementKind.SVP, start=start, end=end, reason=rng.choice(_ENDINGS), scheme=scheme)


def _some_end(start: date, rng: Random) -> date | None:
    end = after(start, rng, 40, 500)
    return end if rng.random() < 0.5 and end < LAST_ENTRY - timedelta(14) else None


def _moved(start: date, rng: Random) -> list[Job]:
    """Another employer, for as long as it lasts."""
    return [_svp(start, _some_end(start, rng), rng)]


def _svp_career(start: date, rng: Random) -> list[Job]:
    """One job that lasts or ends, or a move to another employer."""
    move = after(start, rng, 60, 300)
    if rng.random() > 0.3 or move > _LAST_START:
        return [_svp(start, _some_end(start, rng), rng)]
    first = _svp(start, move, rng)
    reason = PlacementEndReason.OTHER_JOB
    first = Job(kind=first.kind, start=start, end=move, reason=reason, scheme=first.scheme)
    return [first, *_moved(move + timedelta(rng.choice((0, 0, 1, 14, 45))), rng)]


def _after_minijob(early: date, rng: Random) -> list[Job]:
    start = first_or_mid(rng, early, early + timedelta(90))
    move = first_or_mid(rng, start + timedelta(60), min(start + timedelta(300), _LAST_START_KNOWN))
    reason = PlacementEndReason.OTHER_JOB
    minijob = Job(kind=PlacementKind.MINIJOB, start=start, end=move, reason=reason)
    return [minijob, *_moved(move, rng)]


def _minijob_career(start: date, rng: Random) -> list[Job]:
    """A minijob, that for some becomes a bridge into an svp job after the Stichtag."""
    if rng.random() < 0.35:
        move = first_or_mid(rng, date(2018, 4, 1), date(2019, 3, 1))
        reason = PlacementEndReason.OTHER_JOB
        minijob = Job(kind=PlacementKind.MINIJOB, start=start, end=move, reason=reason)
        return [minijob, *_moved(move, rng)]
    return [Job(kind=PlacementKind.MINIJOB, start=start, end=_some_end(start, rng))]


def _ausbildung(enrolled_on: date, part: Part, rng: Random) -> Job:
    """Trainings begin on the 1st of August or September."""
    years = (2016, 2017) if part is Part.AUSBILDUNG else (2018,)
    starts = [date(year, month, 1) for year in years for month in (8, 9)]
    start = rng.choice([day for day in starts if day > enrolled_on + timedelta(30)] or starts[-1:])
    return Job(kind=PlacementKind.AUSBILDUNG, start=start, end=_some_end(start, rng) if rng.random() < 0.4 else None)


def _selbstaendig(start: date) -> Job:
    return Job(kind=PlacementKind.SELBSTAENDIG, start=start, scheme=Scheme.EINSTIEGSGELD)
