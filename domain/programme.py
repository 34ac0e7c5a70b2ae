"""The stream of a programme: opened once, joined by coaches."""

from datetime import date

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.facts import CoachJoined, Enrolled, Fact, ProgrammeClosed, ProgrammeOpened
from domain.target_group import assess, unmet
from domain.terms import Role
from domain.texts import _


class Programme(Struct, frozen=True):
    """What decisions need to know of a programme; `opened` is None before it is opened, `last_day` its last day
    where it was closed before its time."""

    version: int = 0
    opened: ProgrammeOpened | None = None
    coaches: frozenset[str] = frozenset()
    last_day: date | None = None


def evolve(programme: Programme, fact: Fact) -> Programme:
    """The state after one more fact."""
    version = programme.version + 1
    match fact:
        case ProgrammeOpened():
            return msgspec.structs.replace(programme, version=version, opened=fact)
        case ProgrammeClosed(last_day=last_day):
            return msgspec.structs.replace(programme, version=version, last_day=last_day)
        case CoachJoined(coach=coach):
            return msgspec.structs.replace(programme, version=version, coaches=programme.coaches | {coach})
        case _:
            raise TypeError(type(fact).__name__)


def open_programme(programme: Programme, opening: ProgrammeOpened) -> list[Fact]:
    """Open it; the same opening again stores nothing. Refused: another opening under the same key."""
    if programme.opened == opening:
        return []
    if programme.opened is not None:
        text = _("Das Programm {key} ist schon eröffnet, mit anderen Angaben.", key=opening.key)
        raise Refused("programme_exists", text, field="key")
    if opening.ends_on < opening.starts_on:
        text = _(
            "Das Programm endet am {ends}, vor seinem Beginn am {starts}.",
            ends=opening.ends_on,
            starts=opening.starts_on,
        )
        raise Refused("period_reversed", text, field="ends_on")
    group = opening.target_group
    if group.age_min is not None and group.age_max is not None and group.age_max < group.age_min:
        text = _("Höchstalter {found} liegt unter dem Mindestalter {low}.", found=group.age_max, low=group.age_min)
        raise Refused("age_reversed", text, field="age_max")
    return [opening]


def join(programme: Programme, coach: str) -> list[Fact]:
    """A coach joins; one who is there already joins no second time."""
    opened(programme)
    return [] if coach in programme.coaches else [CoachJoined(coach=coach)]


def close(programme: Programme, last_day: date, *, today: date) -> list[Fact]:
    """End it before its time; the same last day again stores nothing.

    Refused: a day in the future or outside the programme's period, another last day than the one it was closed with.
    """
    opening = opened(programme)
    if programme.last_day == last_day:
        return []
    if programme.last_day is not None:
        text = _("Das Programm {key} ist schon zum {found} beendet.", key=opening.key, found=programme.last_day)
        raise Refused("already_closed", text, field="last_day")
    if last_day > today:
        text = _("{on} liegt in der Zukunft (heute ist der {today}).", on=last_day, today=today)
        raise Refused("in_future", text, field="last_day")
    if not opening.starts_on <= last_day <= opening.ends_on:
        text = _(
            "Der letzte Tag {found} liegt nicht im Programm ({starts} bis {ends}).",
            found=last_day,
            starts=opening.starts_on,
            ends=opening.ends_on,
        )
        raise Refused("outside_period", text, field="last_day")
    return [ProgrammeClosed(last_day=last_day)]


def last_day_of(programme: Programme) -> date:
    """The day the programme ends with, as planned or as closed."""
    return programme.last_day or opened(programme).ends_on


def opened(programme: Programme, key: str | None = None) -> ProgrammeOpened:
    """The opening of a programme; `NotFound` if it was never opened."""
    if programme.opened is None:
        text = _("Das Programm {key} gibt es nicht; eröffnen mit: werdegang programme open DATEI.", key=key or "")
        raise NotFound("unknown_programme", text, field="programme")
    return programme.opened


def require_coach(programme: Programme, coach: str) -> None:
    """Refused: a coach the programme does not know."""
    if coach not in programme.coaches:
        text = _("Den Coach {coach} kennt das Programm {key} nicht.", coach=coach, key=opened(programme).key)
        raise Refused("unknown_coach", text, field="coach")


def admit(programme: Programme, enrolment: Enrolled, role: Role) -> Enrolled:
    """The enrolment with its verdict on every criterion of the target group.

    Refused: a day outside the programme's period; a criterion not met, unless a lead overrides it with
    a reason. A reason nobody needed is not kept.
    """
    opening = opened(programme, enrolment.programme)
    _within_period(opening.starts_on, last_day_of(programme), enrolment.happened_on)
    verdict = assess(opening.target_group, enrolment)
    failed = unmet(verdict)
    if failed is None:
        return msgspec.structs.replace(enrolment, verdict=verdict, override_reason=None)
    if enrolment.override_reason is None:
        raise Refused("target_group", failed)
    if role is not Role.LEAD:
        text = _("{failed} Davon abweichen darf nur eine Programmleitung.", failed=failed)
        raise Refused("override_needs_lead", text, field="override_reason")
    return msgspec.structs.replace(enrolment, verdict=verdict)


def _within_period(starts_on: date, ends_on: date, day: date) -> None:
    if not starts_on <= day <= ends_on:
        text = _(
            "Aufnahme am {on} liegt außerhalb des Programms ({starts} bis {ends}).",
            on=day,
            starts=starts_on,
            ends=ends_on,
        )
        raise Refused("outside_period", text, field="on")
