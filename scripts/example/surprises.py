"""What turns out later: the planned changes to headline figures, and the slips of every office."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain.facts import (
    AppointmentMissed,
    CoachingSessionHeld,
    Exited,
    FundingGranted,
    PlacementStarted,
    QualificationStarted,
    WhereaboutsRecorded,
)
from domain.terms import ExitReason, PlacementKind, QualificationKind, Whereabouts
from scripts.example.cast import Part
from scripts.example.course import Course, Planned
from scripts.example.days import in_germany
from scripts.example.jobs import Job


def enter_surprises(course: Course, started: list[Planned]) -> None:
    """Plan what of a person's part is corrected or withdrawn after the Stichtag; `started` are its jobs."""
    match course.person.part:
        case Part.SVP_WITHDRAWN:
            course.withdraw(started[0], date(2018, 3, 12), "Der Arbeitsvertrag kam nicht zustande.")
        case Part.SVP_BEGAN_LATER:
            first_day = date(2018, 3, 1)
            course.correct(started[0], date(2018, 3, 6), "Beginn laut Arbeitsvertrag am 01.03.", happened_on=first_day)
        case Part.SVP_WAS_MINIJOB:
            changes = {"kind": PlacementKind.MINIJOB, "weekly_hours": 9.5, "monthly_pay": Decimal(430)}
            course.correct(started[0], date(2018, 4, 10), "Laut Vertrag geringfügig beschäftigt.", **changes)
        case Part.MINIJOB_WAS_SVP:
            changes = {"kind": PlacementKind.SVP, "weekly_hours": 22.0, "monthly_pay": Decimal(980)}
            course.correct(started[0], date(2018, 3, 22), "Laut Vertrag sozialversicherungspflichtig.", **changes)
        case Part.MINIJOB_WITHDRAWN:
            course.withdraw(started[0], date(2018, 4, 4), "Bei der falschen Person erfasst.")
        case Part.SINGLE_MOTHER_FOUND_LATE:
            on = date(2018, 3, 15)
            course.correct(course.planned[0], on, "Alleinerziehend war nicht angekreuzt.", single_parent=True)


def enter_slips(course: Course, jobs: list[Job]) -> None:
    """Plan corrections and withdrawals of what was mistyped; they change no headline figure."""
    plain = {f"job-{number}" for number, job in enumerate(jobs, 1) if job.plain}
    for entry in list(course.planned):
        for kind, share, slip in _SLIPS:
            if isinstance(entry.step, kind) and course.rng.random() < share:
                if not isinstance(entry.step, PlacementStarted) or entry.step.ref in plain:
                    slip(course, entry)
                break


def _noticed(course: Course, entry: Planned, longest: int = 70) -> date:
    return in_germany(entry.at) + timedelta(course.rng.randint(1, longest))


def _session(course: Course, entry: Planned) -> None:
    """Wrong minutes, a wrong day, or the session of somebody else."""
    step, on = entry.step, _noticed(course, entry)
    chance = course.rng.random()
    earlier = step.happened_on - timedelta(course.rng.randint(1, 4))
    if chance < 0.45 and isinstance(step, CoachingSessionHeld):
        course.correct(entry, on, "Zahlendreher bei der Dauer.", minutes=step.minutes + 15)
    elif chance < 0.75 and earlier >= course.planned[0].step.happened_on:
        course.correct(entry, on, "Datum falsch übertragen.", happened_on=earlier)
    else:
        course.withdraw(entry, on, "Irrtümlich erfasst: das Gespräch gehört zu einer anderen Person.")


def _missed(course: Course, entry: Planned) -> None:
    if course.rng.random() < 0.5:
        course.correct(entry, _noticed(course, entry), "Attest nachgereicht.", excused=True)
    else:
        course.withdraw(entry, _noticed(course, entry), "Der Termin war vom Jobcenter abgesagt.")


def _qualification(course: Course, entry: Planned) -> None:
    other = QualificationKind.SONSTIGE
    course.correct(entry, _noticed(course, entry), "Falsche Maßnahmeart gewählt.", kind=other)


def _placement(course: Course, entry: Planned) -> None:
    course.correct(entry, _noticed(course, entry), "Branche berichtigt.", sector="Garten- und Landschaftsbau")


def _funding(course: Course, entry: Planned) -> None:
    if isinstance(entry.step, FundingGranted):
        amount = (entry.step.amount * Decimal("0.9")).quantize(Decimal("0.01"))
        course.correct(entry, _noticed(course, entry), "Betrag laut Änderungsbescheid.", amount=amount)


def _exit(course: Course, entry: Planned) -> None:
    if isinstance(entry.step, Exited) and entry.step.reason is not ExitReason.PROGRAMME_ENDED:
        course.correct(entry, _noticed(course, entry), "Austrittsgrund berichtigt.", reason=ExitReason.NEED_ENDED)


def _whereabouts(course: Course, entry: Planned) -> None:
    if course.rng.random() < 0.5:
        course.withdraw(entry, _noticed(course, entry, 14), "Rückmeldung einer anderen Person.")
    else:
        course.correct(entry, _noticed(course, entry, 14), "Erneut nachgefragt.", status=Whereabouts.UNKNOWN)


_SLIPS: tuple[tuple[type[Any], float, Callable[[Course, Planned], None]], ...] = (
    (CoachingSessionHeld, 0.025, _session),
    (AppointmentMissed, 0.04, _missed),
    (QualificationStarted, 0.05, _qualification),
    (PlacementStarted, 0.06, _placement),
    (FundingGranted, 0.05, _funding),
    (Exited, 0.03, _exit),
    (WhereaboutsRecorded, 0.05, _whereabouts),
)
