"""What a change of a journey would move, in words: of every published edition, and of today's balance."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domain.facts import Enrolled, Recorded
from domain.texts import _
from projections.editions import catalogue_of
from projections.preview import Moved, preview
from projections.reports.written import written, written_difference
from web.figures import balance_at
from web.house import stores
from web.programmes import day_shown
from web.words import datenstand, language, say


class MovedBalance(NamedTuple):
    """An edition, or today's balance (`edition` None): of each total that moves its title, its value and its change.

    No line where only cells of breakdowns move.
    """

    edition: str | None
    stichtag: date
    lines: list[tuple[str, str, str]]


def moved_by_change(stream: UUID, recorded: Sequence[Recorded]) -> list[MovedBalance]:
    """The balances that the entries of a dry run would move, today's first; empty if they move none."""
    decided = [one.fact for one in recorded if one.originator_id == stream]
    if not decided:
        return []
    enrolled = stores().journal.read(stream)[0].fact
    assert isinstance(enrolled, Enrolled)
    found = preview(stores().journal, stores().read_model, stream, decided, today=day_shown())
    return [_in_words(enrolled.programme, one) for one in found if one.moves]


def _in_words(programme: str, moved: Moved) -> MovedBalance:
    catalogue = catalogue_of(stores().journal, moved.catalogue)
    totals = {move.figure: move for move in moved.moves if not move.trait}
    values = {code: move.published for code, move in totals.items()}
    if moved.edition is None and totals:
        figures = balance_at(programme, moved.stichtag, datenstand(), catalogue).figures
        values = {code: figures[code].value for code in totals}
    lines = []
    for code, move in totals.items():
        figure = catalogue.figure(code)
        change = None if move.change is None else written_difference(figure.unit, move.change, language())
        value = written(figure.unit, values[code], language())
        lines.append((say(figure.title), value, say(_("ändert sich")) if change is None else change))
    return MovedBalance(moved.edition, moved.stichtag, lines)
