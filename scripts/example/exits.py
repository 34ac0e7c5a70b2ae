"""When and why a participation ends."""

from datetime import date, timedelta
from random import Random

from domain.terms import ExitReason, PlacementKind, Scheme
from scripts.example.cast import Part
from scripts.example.days import PROGRAMME_END, after
from scripts.example.jobs import Job

_NOT_BEFORE = {
    Part.CIRCUMSTANCES_REPORTED_LATE: date(2018, 6, 15),
    Part.SINGLE_MOTHER_FOUND_LATE: date(2018, 6, 15),
    Part.QUALIFICATION_CORRECTED: date(2018, 8, 15),
}
_REASONS = {
    ExitReason.NEED_ENDED: 16,
    ExitReason.MOVED_AWAY: 20,
    ExitReason.ILLNESS: 11,
    ExitReason.CHILDCARE: 13,
    ExitReason.WITHDREW: 14,
    ExitReason.NOT_REACHABLE: 16,
    ExitReason.FBW: 7,
    ExitReason.PRISON: 2,
}


def exit_of(part: Part, enrolled_on: date, jobs: list[Job], rng: Random) -> tuple[date, ExitReason]:
    """The day and the reason; whoever is still there at the end of the programme leaves with it."""
    if part is Part.EXIT_REPORTED_LATE:
        return date(2018, 1, 31), ExitReason.MOVED_AWAY
    day = _day(enrolled_on, jobs, rng)
    if part in _NOT_BEFORE or any(not job.plain for job in jobs):
        day = max(day, _NOT_BEFORE.get(part, date(2018, 6, 15)))
    if day >= PROGRAMME_END:
        return PROGRAMME_END, ExitReason.PROGRAMME_ENDED
    held = [job for job in jobs if job.held_on(day)]
    return day, _reason_of(held[-1]) if held else _other_reason(rng)


def _day(enrolled_on: date, jobs: list[Job], rng: Random) -> date:
    if not jobs:
        return after(enrolled_on, rng, 150, 620) if rng.random() < 0.6 else PROGRAMME_END
    last = jobs[-1]
    day = after(last.start, rng, 75, 220)
    return day if last.held_on(day) else day + timedelta(rng.randint(60, 320))


def _reason_of(job: Job) -> ExitReason:
    if job.scheme is Scheme.P16I:
        return ExitReason.PUBLICLY_FUNDED
    return {
        PlacementKind.SVP: ExitReason.SVP,
        PlacementKind.MINIJOB: ExitReason.MINIJOB,
        PlacementKind.AUSBILDUNG: ExitReason.AUSBILDUNG,
        PlacementKind.SELBSTAENDIG: ExitReason.SELBSTAENDIG,
    }[job.kind]


def _other_reason(rng: Random) -> ExitReason:
    return rng.choices(list(_REASONS), list(_REASONS.values()))[0]
