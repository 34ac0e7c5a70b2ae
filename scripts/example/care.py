"""Being in care: enrolment, coaches, sessions, changed circumstances, exit and the check after it."""

from datetime import date, timedelta

from domain.facts import (
    AppointmentMissed,
    CircumstancesChanged,
    CoachAssigned,
    CoachingSessionHeld,
    Enrolled,
    Exited,
    WhereaboutsRecorded,
)
from domain.terms import Channel, ExitReason, LabourStatus, PlacementKind, Scheme, Topic, Whereabouts, WhereaboutsSource
from scripts.example.cast import Part
from scripts.example.course import NOBODY, PROGRAMME, Course, Planned
from scripts.example.days import LAST_ENTRY, PROGRAMME_END, after, between, working_day
from scripts.example.jobs import Job
from scripts.example.people import COACHES, LEAD, THIRD_COACH_ON

_IN_JOB = {
    PlacementKind.SVP: Whereabouts.SVP,
    PlacementKind.MINIJOB: Whereabouts.MINIJOB,
    PlacementKind.AUSBILDUNG: Whereabouts.AUSBILDUNG,
    PlacementKind.SELBSTAENDIG: Whereabouts.SELBSTAENDIG,
}
_MOVES = ("Rüsselsheim", "Raunheim", "Kelsterbach", "Ginsheim-Gustavsburg", "Bischofsheim", "Groß-Gerau")
_MAY_CHANGE_FAMILY = {Part.UNPLACED, Part.LATER_SVP, Part.LATER_MINIJOB, Part.MINIJOB, Part.AUSBILDUNG}
"""Parts whose being a single parent decides no headline figure."""


_STATUSES = (
    *(LabourStatus.LONG_TERM_UNEMPLOYED,) * 14,
    *(LabourStatus.INACTIVE,) * 3,
    *(LabourStatus.UNEMPLOYED,) * 2,
    LabourStatus.EMPLOYED,
)
"""Long-term benefit recipients need not be unemployed: some bring up children, some have a little work."""


def enter_enrolment(course: Course, on: date) -> Planned:
    """Enter the enrolment; one that misses a criterion is entered by the lead, with the reason."""
    person = course.person
    enrolled = Enrolled(
        happened_on=on,
        participant=NOBODY,
        programme=PROGRAMME,
        gender=person.gender,
        age=person.age_on(on),
        migration_background=True,
        single_parent=person.single_parent,
        municipality=person.municipality,
        benefit_months=person.benefit_months,
        education=person.education,
        labour_status=_STATUSES[person.number % len(_STATUSES)],
    )
    late = 9 if person.part is Part.ENROLMENT_REPORTED_LATE else None
    return course.enter(enrolled, person.personal, late=late, by=LEAD if person.override_reason else None)


def enter_coaches(course: Course, on: date, leaves_on: date) -> None:
    """Enter the first coach within days, and for some another one later."""
    rng, number = course.rng, course.person.number
    first = course.person.coach
    assigned = working_day(after(on, rng, 0, 6))
    entry = course.enter(CoachAssigned(happened_on=assigned, coach=first))
    if on < THIRD_COACH_ON and number % 5 == 0:
        changed, coach = working_day(between(rng, THIRD_COACH_ON, THIRD_COACH_ON + timedelta(14))), COACHES[2]
    elif rng.random() < 0.06:
        changed, coach = working_day(after(assigned, rng, 90, 300)), COACHES[(COACHES.index(first) + 1) % 3]
    else:
        return
    if assigned < changed < leaves_on - timedelta(14) and (coach != COACHES[2] or changed >= THIRD_COACH_ON):
        course.enter(CoachAssigned(happened_on=changed, coach=coach), upon=entry)


def enter_sessions(course: Course, on: date, leaves_on: date, jobs: list[Job]) -> None:
    """Enter coaching sessions every few weeks until the exit, less often once there is a job."""
    rng = course.rng
    day = working_day(after(on, rng, 4, 12))
    while day <= leaves_on:
        if rng.random() < 0.11:
            course.enter(AppointmentMissed(happened_on=day, excused=rng.random() < 0.6))
        else:
            _enter_session(course, day)
        working = any(job.held_on(day) for job in jobs)
        day = working_day(after(day, rng, *((45, 80) if working else (30, 56))))


def _enter_session(course: Course, day: date) -> None:
    rng = course.rng
    channels = (Channel.IN_PERSON, Channel.PHONE, Channel.HOME_VISIT)
    topics = rng.sample(list(Topic), rng.choices((1, 2, 3), (50, 38, 12))[0])
    session = CoachingSessionHeld(
        happened_on=day,
        minutes=rng.choices((20, 30, 45, 60, 75, 90), (8, 18, 28, 30, 6, 10))[0],
        channel=rng.choices(channels, (78, 15, 7))[0],
        topics=tuple(sorted(topics)),
    )
    note = {"note": f"Beispielnotiz: besprochen wurden {len(topics)} Themen."} if rng.random() < 0.35 else None
    course.enter(session, note)


def enter_circumstances(course: Course, on: date, leaves_on: date) -> None:
    """Enter a move or a change in the family, for some."""
    rng, person = course.rng, course.person
    if person.part is Part.CIRCUMSTANCES_REPORTED_LATE:
        course.enter(CircumstancesChanged(happened_on=date(2017, 11, 20), single_parent=False), late=105)
        return
    first, last = on + timedelta(20), leaves_on - timedelta(14)
    if last <= first:
        return
    if person.part in _MAY_CHANGE_FAMILY and rng.random() < 0.1:
        changed = CircumstancesChanged(happened_on=between(rng, first, last), single_parent=not person.single_parent)
        course.enter(changed)
    if rng.random() < 0.08:
        town = rng.choice([town for town in _MOVES if town != person.municipality])
        course.enter(CircumstancesChanged(happened_on=between(rng, first, last), municipality=town))


def enter_exit(course: Course, on: date, reason: ExitReason, jobs: list[Job]) -> Planned:
    """Enter the exit and, about half a year later, the check of the whereabouts."""
    rng = course.rng
    late = 57 if course.person.part is Part.EXIT_REPORTED_LATE else None
    # The programme is closed person by person over the weeks after its end.
    late = rng.randint(1, 40) if on == PROGRAMME_END else late
    entry = course.enter(Exited(happened_on=on, reason=reason), late=late)
    check = working_day(after(on, rng, 176, 196))
    if check <= LAST_ENTRY and rng.random() < 0.85:
        source = rng.choices(list(WhereaboutsSource), (60, 12, 24, 4))[0]
        course.enter(
            WhereaboutsRecorded(happened_on=check, status=_status(course, jobs, check), source=source), upon=entry
        )
    return entry


def _status(course: Course, jobs: list[Job], day: date) -> Whereabouts:
    held = [job for job in jobs if job.held_on(day)]
    if held and held[-1].scheme is Scheme.P16I:
        return Whereabouts.PUBLICLY_FUNDED
    if held:
        return _IN_JOB[held[-1].kind]
    others = (Whereabouts.JOB_SEEKING, Whereabouts.QUALIFICATION, Whereabouts.INACTIVE, Whereabouts.UNKNOWN)
    return course.rng.choices(others, (50, 14, 20, 16))[0]
