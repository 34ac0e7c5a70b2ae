"""Qualifications, and fundings that are tied to no job."""

from datetime import date, timedelta
from decimal import Decimal

from domain.facts import (
    FundingEnded,
    FundingGranted,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
)
from domain.terms import AbandonReason, FundingEndReason, FundingKind, QualificationKind
from scripts.example.cast import Part
from scripts.example.course import Course, Planned
from scripts.example.days import after, between, working_day

_DAYS = {
    QualificationKind.FBW: (90, 240),
    QualificationKind.TEILQUALIFIKATION: (80, 160),
    QualificationKind.UMSCHULUNG: (480, 700),
    QualificationKind.MABE: (42, 84),
    QualificationKind.BETRIEBLICHES_PRAKTIKUM: (14, 42),
    QualificationKind.SPRACHKURS: (110, 180),
    QualificationKind.BERUFSSPRACHKURS: (90, 140),
    QualificationKind.SONSTIGE: (5, 40),
}
_PROVIDERS = tuple(f"Musterbildungsträger {number}" for number in range(1, 9))
_ABANDONED = (
    AbandonReason.ILLNESS,
    AbandonReason.CHILDCARE,
    AbandonReason.NOT_SUITABLE,
    AbandonReason.WITHDREW,
    AbandonReason.OTHER,
)
_UNTIED = {
    FundingKind.P44_VERMITTLUNGSBUDGET: (40, 480),
    FundingKind.P16F: (150, 1800),
    FundingKind.SONSTIGE: (50, 600),
}


def enter_qualifications(course: Course, first: date, last: date) -> None:
    """Enter up to two qualifications within a span: before the first job, or before the exit."""
    if course.person.part is Part.QUALIFICATION_CORRECTED:
        _enter_corrected(course)
        return
    start = after(first, course.rng, 20, 90)
    for number in range(1, course.rng.choices((0, 1, 2), (28, 44, 28))[0] + 1):
        end = _enter_one(course, f"quali-{number}", working_day(start), last)
        if end is None:
            return
        start = after(end, course.rng, 10, 60)


def _enter_one(course: Course, ref: str, start: date, last: date) -> date | None:
    """Its last day; None where none fits into what is left of the span."""
    rng = course.rng
    room = (last - start).days
    fitting = [kind for kind, (shortest, _longest) in _DAYS.items() if shortest < room]
    if not fitting:
        return None
    # Retrainings are rare because they fit rarely; where one fits it is not left to chance alone.
    kind = rng.choice([*fitting, *[QualificationKind.UMSCHULUNG] * (QualificationKind.UMSCHULUNG in fitting)])
    shortest, longest = _DAYS[kind]
    end = start + timedelta(rng.randint(shortest, min(longest, room)))
    started = QualificationStarted(happened_on=start, ref=ref, kind=kind, provider=rng.choice(_PROVIDERS))
    entry = course.enter(started)
    if rng.random() < 0.24:
        return _abandon(course, entry, ref, between(rng, start + timedelta(3), end))
    course.enter(QualificationCompleted(happened_on=end, ref=ref, certificate=rng.random() < 0.7), upon=entry)
    return end


def _abandon(course: Course, entry: Planned, ref: str, day: date) -> date:
    reason = course.rng.choice(_ABANDONED)
    course.enter(QualificationAbandoned(happened_on=day, ref=ref, reason=reason), upon=entry)
    return day


def _enter_corrected(course: Course) -> None:
    """Entered as completed before the Stichtag; the examination was in fact put off until after it."""
    started = QualificationStarted(
        happened_on=date(2017, 12, 4), ref="quali-1", kind=QualificationKind.MABE, provider=_PROVIDERS[0]
    )
    entry = course.enter(started, late=1)
    completed = QualificationCompleted(happened_on=date(2018, 2, 9), ref="quali-1", certificate=True)
    entry = course.enter(completed, upon=entry, late=3)
    put_off = date(2018, 4, 13)
    course.correct(entry, date(2018, 4, 17), "Prüfung auf April verschoben.", happened_on=put_off)


def enter_untied_fundings(course: Course, first: date, last: date) -> None:
    """Enter fundings for applications, travel and the like, some of them weeks late."""
    rng = course.rng
    for number in range(1, rng.choices((0, 1, 2, 3), (45, 33, 15, 7))[0] + 1):
        kind = rng.choices(list(_UNTIED), (75, 15, 10))[0]
        low, high = _UNTIED[kind]
        day = working_day(between(rng, first, last - timedelta(7)))
        until = day + timedelta(rng.choice((30, 60, 90))) if kind is FundingKind.P16F else None
        granted = FundingGranted(
            happened_on=day,
            ref=f"budget-{number}",
            kind=kind,
            until=until,
            amount=Decimal(rng.randint(low * 100, high * 100)).scaleb(-2),
        )
        entry = course.enter(granted, late=rng.choice((0, 1, 2, 4, 9, 40)))
        if until and rng.random() < 0.3:
            ended = FundingEnded(happened_on=day + timedelta(20), ref=granted.ref, reason=FundingEndReason.REVOKED)
            course.enter(ended, upon=entry)
