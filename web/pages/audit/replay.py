"""Replay: the ledger of a programme step by step, entry by entry or day by day, with the figures moving.

The whole programme is counted where somebody begins or jumps to. From there on an entry costs what it changed, forwards
and backwards: what the whole holds on one side of it follows from what it holds on the other, and is kept for the next
step.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import render_template, request

from domain.errors import Refused
from domain.facts import Value
from domain.journal import BERLIN
from domain.texts import _
from projections.balance.counting import as_value, exact
from projections.catalogue import CORE
from projections.events import Filter, Listed, before_day, browse, kind_label
from projections.explain import Point
from projections.explain.standing import figures_at
from projections.glossary import trait_label, trait_value
from projections.preview import Counted, changed_by, counted_at, grown, moves, undone
from projections.programmes import particulars
from projections.reports.written import written, written_difference
from web.access import allowed, require_programme
from web.downloads import as_file, wanted_format
from web.figures import kept
from web.house import house, stores
from web.pages.audit.area import FIGURES_MOVE, blueprint, given_position, journeys_seen, tabs_at
from web.programmes import chosen_programme, day_shown, programmes_reached
from web.references import audit_names, reference_of
from web.words import datenstand, here, language, say

MOST_LISTED = 200
"""So many entries of a day are listed."""
_HEADER = ("figure", "title", "before", "after")


class Line(NamedTuple):
    """A total before and after a step, as values and as words; `change` is None where it did not move."""

    code: str
    title: str
    values: tuple[Value, Value]
    before: str
    after: str
    change: str | None


class Step(NamedTuple):
    """A step: its entries, what the whole held before and after, where the steps beside it begin."""

    entries: list[Listed]
    before: Counted
    after: Counted
    previous: int | None
    following: int | None
    groups: list[tuple[str, str, str, str]]


@blueprint.get("/wiedergabe")
@allowed(*FIGURES_MOVE)
def replay() -> Any:
    """One step of a programme's ledger."""
    programme = chosen_programme(required=True)
    assert programme is not None
    require_programme(programme, *FIGURES_MOVE)
    stichtag, mode = day_shown(), _mode()
    step = _STEPS[mode](programme, stichtag, given_position("position"))
    lines = _lines(step, stichtag)
    if form := wanted_format():
        name = ["wiedergabe", programme, stichtag, *(entry.position for entry in step.entries[-1:])]
        return as_file(name, form, _HEADER, [(one.code, one.title, *one.values) for one in lines])
    names = audit_names()
    return render_template(
        "audit/replay.html",
        tabs=tabs_at("audit.replay"),
        step=step,
        entries=[names.listed(entry) for entry in step.entries] if names else step.entries,
        originals=step.entries,
        seen=journeys_seen([entry.journey for entry in step.entries if entry.journey]),
        reference_of=reference_of,
        lines=lines,
        mode=mode,
        kind_label=kind_label,
        stichtag=stichtag,
        programme=particulars(stores().read_model, programme, datenstand()),
        programme_options=programmes_reached(*FIGURES_MOVE),
        previous=here(position=step.previous, format=None) if step.previous is not None else None,
        following=here(position=step.following, format=None) if step.following is not None else None,
        first=here(position=None),
        last=here(position=datenstand()),
    )


def _mode() -> str:
    mode = request.args.get("step") or "entry"
    if mode not in _STEPS:
        text = _("Schritte gibt es nur: {known}.", known=tuple(_STEPS))
        raise Refused("bad_value", text, field="step")
    return mode


# --- steps --------------------------------------------------------------------------------------------


def _by_entry(programme: str, stichtag: date, position: int | None) -> Step:
    """The first entry from a position on, else the last before it."""
    entry = _next(programme, (position or 1) - 1) or _previous(programme, datenstand() + 1)
    if entry is None:
        return Step([], {}, {}, None, None, [])
    beside = _previous(programme, entry.position), _next(programme, entry.position)
    previous, following = (one.position if one else None for one in beside)
    changed = changed_by(stores().journal, entry.position, stichtag) if entry.kind.startswith("journey.") else {}
    known: Counted | None = house().kept.known(_key(programme, stichtag, entry.position))
    backwards = (lambda: grown(known, undone(changed))) if known is not None else None
    before = _counted(programme, stichtag, previous or 0, backwards)
    after = _counted(programme, stichtag, entry.position, lambda: grown(before, changed))
    groups = [
        (
            say(CORE.figure(move.figure).title),
            f"{say(trait_label(move.trait))}: {say(trait_value(move.trait, move.value))}",
            _written(move.figure, move.before),
            _written(move.figure, move.after),
        )
        for move in moves(CORE, stichtag, changed, before)
        if move.trait
    ]
    return Step([entry], before, after, previous, following, groups)


def _by_day(programme: str, stichtag: date, position: int | None) -> Step:
    """The entries recorded on one day, in Germany."""
    entry = _next(programme, (position or 1) - 1) or _previous(programme, datenstand() + 1)
    if entry is None:
        return Step([], {}, {}, None, None, [])
    since, upto = _day_around(programme, entry)
    found = _page(programme, after=since, upto=upto)
    last, earlier, later = _previous(programme, upto + 1), _previous(programme, since + 1), _next(programme, upto)
    before = _counted(programme, stichtag, earlier.position if earlier else 0)
    after = _counted(programme, stichtag, last.position if last else 0)
    beside = earlier.position if earlier else None, later.position if later else None
    return Step(found, before, after, *beside, [])


def _day_around(programme: str, entry: Listed) -> tuple[int, int]:
    """Between which positions the entries of the programme stand that follow each other and were recorded on the same
    day as one of them, the first position excluded.

    Where clocks were set back a day comes twice; then the entries around are looked at one by one.
    """
    day, journal = _day_of(entry), stores().journal
    since = min(before_day(journal, day), entry.position - 1)
    upto = min(max(before_day(journal, day + timedelta(days=1)), entry.position), datenstand())
    ends = [_page(programme, after=since, upto=upto), _page(programme, before=upto + 1, upto=upto)]
    following = _next(programme, upto)
    if all(_day_of(one) == day for end in ends for one in end) and (following is None or _day_of(following) != day):
        return since, upto
    first, last = entry, entry
    while (previous := _previous(programme, first.position)) and _day_of(previous) == day:
        first = previous
    while (following := _next(programme, last.position)) and _day_of(following) == day:
        last = following
    return first.position - 1, last.position


def _day_of(entry: Listed) -> date:
    return entry.recorded_at.astimezone(BERLIN).date()


def _page(programme: str, *, after: int | None = None, before: int | None = None, upto: int) -> list[Listed]:
    """The programme's entries next to a position, not beyond another."""
    wanted = Filter(programme=programme)
    return browse(*_ledger(), wanted, after=after, before=before, limit=MOST_LISTED, datenstand=upto).entries


_STEPS: dict[str, Callable[[str, date, int | None], Step]] = {"entry": _by_entry, "day": _by_day}


def _next(programme: str, after: int) -> Listed | None:
    """The programme's first entry after a position."""
    cursor: int | None = after
    while cursor is not None:
        found = browse(*_ledger(), Filter(programme=programme), after=cursor, limit=1, datenstand=datenstand())
        if found.entries:
            return found.entries[0]
        cursor = found.later
    return None


def _previous(programme: str, before: int) -> Listed | None:
    """The programme's last entry before a position."""
    cursor: int | None = before
    while cursor is not None:
        found = browse(*_ledger(), Filter(programme=programme), before=cursor, limit=1, datenstand=datenstand())
        if found.entries:
            return found.entries[0]
        cursor = found.earlier
    return None


def _ledger() -> tuple[Any, Any]:
    return stores().journal, stores().read_model


# --- figures ------------------------------------------------------------------------------------------


def _counted(programme: str, stichtag: date, position: int, count: Callable[[], Counted] | None = None) -> Counted:
    """What the whole holds after an entry of the programme; by default it is counted from the tables."""
    found: Counted = kept(
        *_key(programme, stichtag, position),
        count=count or (lambda: counted_at(stores().read_model, programme, Point(stichtag, position, CORE))),
    )
    return found


def _key(programme: str, stichtag: date, position: int) -> tuple[Any, ...]:
    return ("counted", programme, stichtag, position, CORE.version)


def _lines(step: Step, stichtag: date) -> list[Line]:
    """Every total, in the order of the catalogue."""
    return [_line(code, step) for code in figures_at(CORE, stichtag)] if step.entries else []


def _line(code: str, step: Step) -> Line:
    figure = CORE.figure(code)
    before, after = (exact(figure, dict(counted)) for counted in (step.before, step.after))
    values = as_value(figure, before), as_value(figure, after)
    change = None
    if before != after and before is not None and after is not None:
        change = written_difference(figure.unit, as_value(figure, after - before), language())
    elif before != after:
        change = "*"
    return Line(code, say(figure.title), values, _written(code, values[0]), _written(code, values[1]), change)


def _written(code: str, value: Value) -> str:
    return written(CORE.figure(code).unit, value, language())
