"""The whole plan: every participation of everybody, in the order of entry."""

from datetime import date, timedelta
from random import Random

from domain.facts import Exited
from domain.terms import ExitReason, PlacementKind
from scripts.example.care import (
    enter_circumstances,
    enter_coaches,
    enter_enrolment,
    enter_exit,
    enter_sessions,
)
from scripts.example.cast import Part
from scripts.example.course import Amendment, Course, Planned
from scripts.example.days import after, first_or_mid, generator, working_day
from scripts.example.exits import exit_of
from scripts.example.jobs import Job, jobs_of
from scripts.example.learning import enter_qualifications, enter_untied_fundings
from scripts.example.people import Person, people
from scripts.example.surprises import enter_slips, enter_surprises
from scripts.example.work import enter_jobs


def planned_entries() -> list[Planned | Amendment]:
    """Everything that will be entered, in the order of the moments it is entered at."""
    courses = [course for person in people() for course in _courses(person)]
    entries: list[Planned | Amendment] = []
    for course in courses:
        entries += course.planned
        entries += course.amendments
    return sorted(entries, key=lambda entry: (entry.at, entry.key))


def _courses(person: Person) -> list[Course]:
    rng = generator(f"course/{person.number}")
    match person.part:
        case Part.ENROLLED_ANEW:
            return _enrolled_anew(person, rng)
        case Part.RETURNING:
            return _returning(person, rng)
        case Part.SVP_TWICE:
            return _svp_twice(person, rng)
        case _:
            jobs = jobs_of(person.part, person.enrolled_on, rng)
            return [_course(Course(person, 1, rng), person.enrolled_on, jobs)]


def _course(course: Course, on: date, jobs: list[Job], leaving: tuple[date, ExitReason] | None = None) -> Course:
    """Fill a participation that begins on a day, with its jobs and its exit."""
    leaves_on, reason = leaving or exit_of(course.person.part, on, jobs, course.rng)
    enter_enrolment(course, on)
    enter_coaches(course, on, leaves_on)
    enter_sessions(course, on, leaves_on, jobs)
    enter_circumstances(course, on, leaves_on)
    free_until = min([job.start for job in jobs] + [leaves_on])
    enter_qualifications(course, on, free_until - timedelta(3))
    enter_untied_fundings(course, on + timedelta(5), leaves_on)
    started = enter_jobs(course, jobs)
    enter_exit(course, leaves_on, reason, jobs)
    enter_slips(course, jobs)
    enter_surprises(course, started)
    return course


def _enrolled_anew(person: Person, rng: Random) -> list[Course]:
    """Enrolled a week too early: that enrolment is withdrawn, and the person enrolled anew."""
    wrong = Course(person, 1, rng)
    entry = enter_enrolment(wrong, person.enrolled_on)
    on = working_day(person.enrolled_on + timedelta(6))
    wrong.withdraw(entry, on, "Versehentlich erfasst; die Aufnahme war eine Woche später.")
    return [wrong, _course(Course(person, 2, rng, since=entry), working_day(on + timedelta(1)), [])]


def _returning(person: Person, rng: Random) -> list[Course]:
    """Left for the family and came back."""
    leaves_on = after(person.enrolled_on, rng, 150, 240)
    first = _course(Course(person, 1, rng), person.enrolled_on, [], (leaves_on, ExitReason.CHILDCARE))
    back_on = working_day(after(leaves_on, rng, 200, 290))
    return [first, _course(Course(person, 2, rng, since=_exit_of(first)), back_on, [])]


def _svp_twice(person: Person, rng: Random) -> list[Course]:
    """Left into a job, lost it and came back: one person, two jobs, two participations."""
    start = first_or_mid(rng, person.enrolled_on + timedelta(60), person.enrolled_on + timedelta(110))
    ended = after(start, rng, 120, 170)
    once = Job(kind=PlacementKind.SVP, start=start, end=ended)
    leaving = (start + timedelta(75), ExitReason.SVP)
    first = _course(Course(person, 1, rng), person.enrolled_on, [once], leaving)
    back_on = working_day(after(ended, rng, 20, 50))
    again = Job(kind=PlacementKind.SVP, start=first_or_mid(rng, back_on + timedelta(60), date(2018, 2, 1)))
    return [first, _course(Course(person, 2, rng, since=_exit_of(first)), back_on, [again])]


def _exit_of(course: Course) -> Planned:
    return next(entry for entry in course.planned if isinstance(entry.step, Exited))
