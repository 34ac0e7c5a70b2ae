"""`werdegang replay`: the ledger of a programme entry by entry, and how every figure moves."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

import click
import msgspec

from domain.errors import Refused
from domain.glossary import STEPS
from domain.journal import BERLIN
from domain.texts import Text, _
from projections.balance import reached_position
from projections.catalogue import CATALOGUES
from projections.datenstand import position_of
from projections.explain.standing import Standing
from projections.glossary import trait_label, trait_value
from projections.programmes import particulars
from projections.replay import Day, LedgerEntry, Numbers, Step, as_told, by_day, numbers, replay
from projections.stores import Stores
from scripts.balance import written
from scripts.console import (
    Checked,
    Datenstand,
    Office,
    catalogue_option,
    format_option,
    office,
    option,
    programme_option,
)

_WORDS: dict[str, Text] = {
    "programme.opened": _("Programm eröffnet"),
    "programme.coach_joined": _("Coach kommt hinzu:"),
    "programme.closed": _("Programm vorzeitig beendet"),
    "caseload.case_taken_on": _("Fall übernommen:"),
    "caseload.case_handed_over": _("Fall abgegeben:"),
    "balance.drafted": _("Bilanz entworfen"),
    "balance.approved": _("Bilanz freigegeben"),
    "balance.released": _("Bilanz veröffentlicht"),
} | STEPS
_INDENT = " " * 8
_CODE, _NUMBER = 36, 10  # the least width of a code and of a number, so that columns stand below each other


@click.command(
    "replay", help=_("Das Journal eines Programms, Eintrag für Eintrag, und wie sich jede Zahl bewegt.").german
)
@programme_option
@option("--from", "since", type=Datenstand(), help=_("Nach diesem Datenstand; ohne Angabe von Anfang an."))
@option("--to", "upto", type=Datenstand(), help=_("Bis zu diesem Datenstand; ohne Angabe bis jetzt."))
@option(
    "--stichtag",
    type=Checked("Datum", date),
    help=_("Stichtag aller Zahlen; ohne Angabe der letzte Tag des Programms, aber höchstens heute."),
)
@option(
    "--by",
    type=click.Choice(["event", "day"]),
    default="event",
    show_default=True,
    help=_("Ein Schritt je Eintrag oder je Tag der Erfassung."),
)
@option("--figure", "codes", metavar="CODE", multiple=True, help=_("Nur diese Kennzahl; mehrmals möglich."))
@option("--breakdowns", is_flag=True, help=_("Auch jede Aufteilung."))
@option("--moving", is_flag=True, help=_("Nur Schritte, die etwas bewegen."))
@catalogue_option
@format_option("text", "jsonl")
@office
def replay_ledger(
    office: Office,
    key: str,
    since: int | date | None,
    upto: int | date | None,
    stichtag: date | None,
    by: str,
    codes: tuple[str, ...],
    breakdowns: bool,
    moving: bool,
    catalogue: str,
    form: str,
) -> None:
    """Print every step as soon as it is known; what was printed holds only if the end comes too."""
    with office.stores() as stores:
        first, last = _range(stores, since, upto)
        reached_position(stores.read_model, key, last)
        if stichtag is None:
            today = office.now.astimezone(BERLIN).date()
            stichtag = min(today, particulars(stores.read_model, key, last).last_day)
        standing = Standing(stores.read_model, key, CATALOGUES[catalogue], stichtag, first, codes)
        out = sys.stdout  # while a progress bar is shown another stands in its place
        with _progress(office, last - first, shown=form == "text" and not out.isatty()) as advance:
            found = replay(
                stores.journal,
                standing,
                last,
                breakdowns=breakdowns,
                progress=lambda position: advance(position - first),
            )
            tally: Counter[str] = Counter()
            counted = _counted(found, tally)
            steps = by_day(counted, standing.figures) if by == "day" else counted
            wanted = (step for step in steps if step.moved or not moving)
            if form == "jsonl":
                lines = _json_lines(standing, last, wanted, tally, breakdowns)
            else:
                lines = _text_lines(office, standing, last, wanted, tally)
            for line in lines:
                click.echo(line, file=out)


def _range(stores: Stores, since: int | date | None, upto: int | date | None) -> tuple[int, int]:
    """The positions a `--from` and a `--to` mean. Refused: one that is not there, and the first after the second."""
    last = stores.read_model.tracked() if upto is None else position_of(stores.journal, upto)
    first = 0
    if since:
        try:
            first = position_of(stores.journal, since)
        except Refused:
            if not isinstance(since, date):  # a day before the first entry is a beginning
                raise
    if first > last:
        text = _("--from ({first}) liegt nach --to ({last}).", first=first, last=last)
        raise Refused("range_reversed", text, field="from")
    return first, last


def _progress(office: Office, total: int, *, shown: bool) -> AbstractContextManager[Any]:
    """A bar, unless the lines themselves show how far it is."""
    return office.progress(_("Journal wird abgespielt"), total) if shown else nullcontext(lambda _done: None)


def _counted(steps: Iterable[Step], tally: Counter[str]) -> Iterator[Step]:
    for step in steps:
        tally["events"] += 1
        tally["moving"] += bool(step.moved)
        yield step


# --- JSON Lines -----------------------------------------------------------------------------------


def _json_lines(
    standing: Standing, last: int, steps: Iterable[Step | Day], tally: Counter[str], breakdowns: bool
) -> Iterator[str]:
    """What is replayed, a line per step, and where the figures are at the end."""
    about = {
        "programme": standing.programme,
        "stichtag": standing.stichtag.isoformat(),
        "from": standing.datenstand,
        "to": last,
        "catalogue": standing.catalogue.version,
    }
    yield _json(about | {"figures": as_told(numbers(standing, breakdowns=breakdowns))})
    for step in steps:
        told = (
            {"day": step.day.isoformat(), "events": len(step.positions), "positions": step.positions}
            if isinstance(step, Day)
            else msgspec.to_builtins(step.entry)
        )
        yield _json(told | {"moved": as_told(step.moved)})
    counted = {"events": tally["events"], "moving": tally["moving"]}
    yield _json({"datenstand": last} | counted | {"figures": as_told(numbers(standing, breakdowns=breakdowns))})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# --- text -----------------------------------------------------------------------------------------


def _text_lines(
    office: Office, standing: Standing, last: int, steps: Iterable[Step | Day], tally: Counter[str]
) -> Iterator[str]:
    """The same for people, in columns; at the end the totals, from beginning to end."""
    yield office.words(
        _(
            "{programme}: Stichtag {stichtag}, von Datenstand {first} bis {last}, Katalog {catalogue}",
            programme=standing.programme,
            stichtag=standing.stichtag,
            first=standing.datenstand,
            last=last,
            catalogue=standing.catalogue.version,
        )
    )
    yield ""
    before = numbers(standing)
    for step in steps:
        yield from _day(office, step) if isinstance(step, Day) else _entry(office, step.entry)
        yield from _moved(office, standing, step.moved)
    yield ""
    counted = {"events": tally["events"], "moving": tally["moving"], "last": last}
    yield office.words(_("Bis Datenstand {last}: Einträge {events}, davon bewegen {moving} eine Zahl.", **counted))
    yield from _moved(office, standing, {cell: (before[cell], after) for cell, after in numbers(standing).items()})


def _day(office: Office, step: Day) -> Iterator[str]:
    text = _(
        "{day}  Einträge: {number}, Positionen {first} bis {last}",
        day=step.day,
        number=len(step.positions),
        first=step.positions[0],
        last=step.positions[-1],
    )
    yield office.words(text)


def _entry(office: Office, entry: LedgerEntry) -> Iterator[str]:
    """Where and when and by whom; what; about whom."""
    what = office.words(_WORDS.get(entry.step, Text(entry.step)))
    happened = ""
    if entry.happened_on:
        step = _WORDS.get(entry.about_step or entry.step, Text(entry.step))
        happened = office.words(_("{step} am {day}", step=step, day=entry.happened_on))
    if entry.about:
        line = office.words(_("{what}, Position {position}", what=what, position=entry.about))
    else:
        line = happened or " ".join(filter(None, (what, entry.coach, entry.edition)))
    yield f"{entry.position:>6}  {office.local(entry.recorded_at)}  {entry.recorded_by:<13}  {line}"
    if entry.about:
        yield _INDENT + happened
    whose = []
    if entry.journey:
        whose.append(office.words(_("Weg {journey}", journey=entry.journey)))
    if entry.participant:
        whose.append(office.words(_("Person {participant}", participant=entry.participant)))
    if whose:
        yield _INDENT + "  ".join(whose)


def _moved(office: Office, standing: Standing, moved: Numbers) -> Iterator[str]:
    """A line per cell, those of a breakdown below their figure."""
    rows: list[tuple[str, str]] = []
    shown = ""
    for (code, trait, value), ends in moved.items():
        first, after = (written(office, standing.figures[code], end) for end in ends)
        label = code
        if trait:
            if code != shown:
                rows.append((code, ""))
            label = f"  {office.words(trait_label(trait))}: {office.words(trait_value(trait, value))}"
        rows.append((label, f"{first:>{_NUMBER}} → {after}"))
        shown = code
    width = max([_CODE, *(len(label) for label, _numbers in rows)])
    for label, numbers_moved in rows:
        yield f"{_INDENT}{label:<{width}}  {numbers_moved}".rstrip()
