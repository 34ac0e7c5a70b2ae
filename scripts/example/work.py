"""Placements and fundings as they are entered."""

from datetime import date, timedelta
from decimal import Decimal

from domain.facts import FundingEnded, FundingGranted, PlacementEnded, PlacementStarted
from domain.law import months_later
from domain.terms import FundingEndReason, FundingKind, PlacementKind, Scheme
from scripts.example.cast import Part
from scripts.example.course import Course, Planned
from scripts.example.days import INTERIM_STICHTAG, LAST_ENTRY
from scripts.example.jobs import Job

_SECTORS = ("Logistik", "Gebäudereinigung", "Gastgewerbe", "Pflege", "Handel", "Produktion", "Handwerk", "Sicherheit")
_EMPLOYERS = 60
_LATE = {
    Part.SVP_REPORTED_LATE: 47,
    Part.SVP_REPORTED_LATE_SINGLE_MOTHER: 58,
    Part.MINIJOB_REPORTED_LATE: 66,
}
"""Days until the first job of a part is entered: after the Stichtag."""
_END_LATE = {Part.END_REPORTED_LATE: 37}
_HELD_UP = (date(2017, 12, 31), INTERIM_STICHTAG)
_MONTHS = {
    Scheme.EGZ: (3, 4, 6, 12),
    Scheme.EINSTIEGSGELD: (6, 9, 12, 24),
    Scheme.P16E: (24,),
    Scheme.P16I: (24,),
}
_SHARES = {Scheme.EGZ: (25, 30, 40, 50), Scheme.P16E: (75,), Scheme.P16I: (100,)}


def enter_jobs(course: Course, jobs: list[Job]) -> list[Planned]:
    """Enter the jobs of a participation with their fundings; the entries of their starts."""
    return [_enter_job(course, job, number) for number, job in enumerate(jobs, 1)]


def _enter_job(course: Course, job: Job, number: int) -> Planned:
    part = course.person.part
    start = _start_of(course, job, f"job-{number}")
    employer = {"employer": f"Musterbetrieb {course.rng.randint(1, _EMPLOYERS):02}"}
    if job.kind is PlacementKind.SELBSTAENDIG:
        employer = {}
    late = _LATE.get(part) if number == 1 else None
    entry = course.enter(start, employer, late=late)
    if job.end:
        late = _END_LATE.get(part)
        course.enter(PlacementEnded(happened_on=job.end, ref=start.ref, reason=job.reason), upon=entry, late=late)
    if job.plain and job.scheme is not Scheme.NONE:
        _enter_scheme_funding(course, job, entry, start)
    return entry


def _start_of(course: Course, job: Job, ref: str) -> PlacementStarted:
    rng = course.rng
    hours, pay = _hours_and_pay(course, job)
    return PlacementStarted(
        happened_on=job.start,
        ref=ref,
        kind=job.kind,
        scheme=job.scheme,
        sector=rng.choice(_SECTORS),
        weekly_hours=hours,
        monthly_pay=pay,
        fixed_term=None if job.kind is PlacementKind.SELBSTAENDIG else rng.random() < 0.55,
    )


def _hours_and_pay(course: Course, job: Job) -> tuple[float | None, Decimal | None]:
    rng = course.rng
    match job.kind:
        case PlacementKind.MINIJOB:
            pay = 480 if course.person.breach else rng.choice((200, 250, 300, 380, 400, 450))
            return float(rng.choice((6, 8, 10, 11))), Decimal(pay)
        case PlacementKind.SVP:
            hours = rng.choice((20, 25, 30, 35, 38.5, 40))
            return hours, Decimal(round(hours * 4.35 * rng.randint(900, 1350))).scaleb(-2)
        case PlacementKind.AUSBILDUNG:
            return 39.0, Decimal(rng.choice((620, 680, 740, 820)))
        case _:
            return None, None


def _enter_scheme_funding(course: Course, job: Job, entry: Planned, start: PlacementStarted) -> None:
    """The funding that makes the scheme; it ends with the job or runs out."""
    kind = FundingKind(job.scheme.value)
    months = course.rng.choice(_MONTHS[job.scheme])
    share = course.rng.choice(_SHARES.get(job.scheme, (None,)))
    if course.person.breach and kind is FundingKind.EINSTIEGSGELD:
        months = 30
    granted = FundingGranted(
        happened_on=job.start,
        ref=start.ref.replace("job", "funding"),
        kind=kind,
        placement=start.ref,
        until=months_later(job.start, months) - timedelta(1),
        amount=_amount(course, start, share, months),
        wage_share_percent=share,
    )
    # Awards reach the office after the job has begun; those of the turn of 2017/18 waited for the new budget.
    held_up = _HELD_UP[0] <= job.start <= _HELD_UP[1]
    late = course.rng.choice((52, 66, 80) if held_up else (1, 3, 8, 15, 31))
    _end_funding(course, course.enter(granted, upon=entry, late=late), granted, job.end)


def _amount(course: Course, start: PlacementStarted, share: float | None, months: int) -> Decimal:
    if share is None or start.monthly_pay is None:
        return Decimal(course.rng.choice((160, 200, 210, 240))) * months
    return (start.monthly_pay * Decimal("1.2") * Decimal(share) / 100 * months).quantize(Decimal("0.01"))


def _end_funding(course: Course, entry: Planned, granted: FundingGranted, job_end: date | None) -> None:
    expires = (granted.until or LAST_ENTRY) + timedelta(1)
    end, reason = min(
        (expires, FundingEndReason.EXPIRED),
        (job_end or expires, FundingEndReason.PLACEMENT_ENDED),
        key=lambda it: it[0],
    )
    if end <= LAST_ENTRY:
        course.enter(FundingEnded(happened_on=end, ref=granted.ref, reason=reason), upon=entry)
