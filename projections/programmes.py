"""What the facts of a programme and of its published balances make of the read model."""

from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from domain import facts
from projections import rows
from projections.knowledge import Knowledge
from projections.read_model import ReadModel
from projections.rows import as_entries

Positions = tuple[int, ...]


class Fold(Protocol):
    """The rows of a stream so far; `kept` holds by key what later entries of the stream build on."""

    stream: str
    known: Knowledge
    kept: dict[object, Any]


class Particulars(Struct, frozen=True):
    """What a programme is, as known at a Datenstand; `last_day` is the day it ends with, as planned or as closed."""

    key: str
    title: str
    funder: str
    starts_on: date
    ends_on: date
    last_day: date
    coaching_ratio: int
    target_group: facts.TargetGroup
    targets: dict[str, float]


def particulars(model: ReadModel, programme: str, datenstand: int) -> Particulars:
    """The particulars of a programme that was known at the Datenstand."""
    found = model.query(
        "SELECT p.programme, p.title, p.funder, p.starts_on, p.ends_on, coalesce(p.closed_on, p.ends_on), "
        "p.coaching_ratio, p.target_group, p.targets FROM programmes p WHERE p.programme = :programme "
        "AND p.known_from <= :datenstand AND (p.known_until IS NULL OR p.known_until > :datenstand)",
        {"programme": programme, "datenstand": datenstand},
    )
    key, title, funder, starts_on, ends_on, last_day, ratio, group, targets = found[0]
    return Particulars(
        key,
        title,
        funder,
        date.fromisoformat(starts_on),
        date.fromisoformat(ends_on),
        date.fromisoformat(last_day),
        ratio,
        msgspec.json.decode(group, type=facts.TargetGroup),
        msgspec.json.decode(targets),
    )


def programmes_known(model: ReadModel, datenstand: int) -> list[tuple[str, str]]:
    """The programmes known at a Datenstand, as key and title, by key."""
    rows = model.query(
        "SELECT p.programme, p.title FROM programmes p WHERE p.known_from <= :datenstand "
        "AND (p.known_until IS NULL OR p.known_until > :datenstand) ORDER BY p.programme",
        {"datenstand": datenstand},
    )
    return [(key, title) for key, title in rows]


def coaches_of(model: ReadModel, programme: str | None = None) -> list[str]:
    """The coaches of a programme, or of all, as known now, by their codes."""
    rows = model.query(
        "SELECT DISTINCT c.coach FROM coaches c WHERE c.known_until IS NULL "
        "AND (c.programme = :programme OR :every = 1) ORDER BY c.coach",
        {"programme": programme or "", "every": int(programme is None)},
    )
    return [coach for (coach,) in rows]


def coaches_at(model: ReadModel, programme: str, datenstand: int) -> list[str]:
    """The codes of the coaches of a programme, as known at the Datenstand."""
    query = (
        "SELECT c.coach FROM coaches c WHERE c.programme = :programme AND c.known_from <= :datenstand "
        "AND (c.known_until IS NULL OR c.known_until > :datenstand) ORDER BY c.coach"
    )
    return [code for (code,) in model.query(query, {"programme": programme, "datenstand": datenstand})]


def journeys_in(model: ReadModel, programme: str, datenstand: int) -> int:
    """How many journeys a programme has, as known at the Datenstand."""
    query = (
        "SELECT count(*) FROM enrolments e WHERE e.programme = :programme AND e.known_from <= :datenstand "
        "AND (e.known_until IS NULL OR e.known_until > :datenstand)"
    )
    return int(model.query(query, {"programme": programme, "datenstand": datenstand})[0][0])


# --- the fold -------------------------------------------------------------------------------------


def _open(fold: Fold, _version: int, fact: facts.ProgrammeOpened, positions: Positions) -> None:
    """A programme as opened."""
    row = rows.ProgrammeRow(
        fold.stream,
        fact.key,
        fact.title,
        fact.funder,
        fact.starts_on.isoformat(),
        fact.ends_on.isoformat(),
        None,
        fact.coaching_ratio,
        _json(fact.target_group),
        _json(fact.targets),
        as_entries(positions),
    )
    _put_programme(fold, row)


def _close(fold: Fold, _version: int, fact: facts.ProgrammeClosed, positions: Positions) -> None:
    """Closed before its time."""
    row = fold.kept["programme"]
    entries = as_entries((*msgspec.json.decode(row.entries), *positions))
    _put_programme(fold, row._replace(closed_on=fact.last_day.isoformat(), entries=entries))


def _join(fold: Fold, _version: int, fact: facts.CoachJoined, positions: Positions) -> None:
    """A coach of the programme."""
    row = rows.CoachRow(fold.stream, fold.kept["programme"].programme, fact.coach, as_entries(positions))
    fold.known.put(("coaches", fact.coach), row)


def _draft(fold: Fold, _version: int, fact: facts.BalanceDrafted, positions: Positions) -> None:
    """A drafted edition."""
    row = rows.BalanceRow(
        fold.stream,
        fact.programme,
        fact.number,
        fact.kind.value,
        fact.stichtag.isoformat(),
        fact.datenstand,
        fact.catalogue,
        fact.digest,
        "drafted",
        as_entries(positions),
    )
    _put_balance(fold, row)


def _approve(fold: Fold, _version: int, fact: facts.BalanceApproved, positions: Positions) -> None:
    """The edition is approved."""
    _advance(fold, fact.number, positions, "approved")


def _release(fold: Fold, _version: int, fact: facts.BalanceReleased, positions: Positions) -> None:
    """The edition has a public version."""
    _advance(fold, fact.number, positions, "released")


TAKE: dict[type, Callable[[Fold, int, Any, Positions], None]] = {
    facts.ProgrammeOpened: _open,
    facts.ProgrammeClosed: _close,
    facts.CoachJoined: _join,
    facts.BalanceDrafted: _draft,
    facts.BalanceApproved: _approve,
    facts.BalanceReleased: _release,
}
"""What each fact of a programme and its balances makes of their rows."""


def _advance(fold: Fold, number: int, positions: Positions, state: str) -> None:
    row = fold.kept[number]
    entries = as_entries((*msgspec.json.decode(row.entries), *positions))
    _put_balance(fold, row._replace(entries=entries, state=state))


def _put_programme(fold: Fold, row: rows.ProgrammeRow) -> None:
    fold.kept["programme"] = row
    fold.known.put(("programmes", row.programme), row)


def _put_balance(fold: Fold, row: rows.BalanceRow) -> None:
    fold.kept[row.number] = row
    fold.known.put(("balances", row.number), row)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
