"""The stream of a programme: opened once, joined by coaches."""

from datetime import date

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.facts import CoachJoined, Enrolled, Fact, ProgrammeOpened
from domain.target_group import assess, unmet
from domain.terms import Role
from domain.texts import _


class Programme(Struct, frozen=True):
    """What decisions need to know of a programme; `opened` is None before it is opened."""

    version: int = 0
    opened: ProgrammeOpened | None = None
    coaches: frozenset[str] = frozenset()


def evolve(programme: Programme, fact: Fact) -> Programme:
    """The state after one more fact."""
    version = programme.version + 1
    match fact:
        case ProgrammeOpened():
            return Programme(version, fact, programme.coaches)
        case CoachJoined(coach=coach):
            return Programme(version, programme.opened, programme.coaches | {coach})
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
    _within_period(opening, enrolment.happened_on)
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


def _within_period(opening: ProgrammeOpened, day: date) -> None:
    if not opening.starts_on <= day <= opening.ends_on:
        text = _(
            "Aufnahme am {on} liegt außerhalb des Programms ({starts} bis {ends}).",
            on=day,
            starts=opening.starts_on,
            ends=opening.ends_on,
        )
        raise Refused("outside_period", text, field="on")
