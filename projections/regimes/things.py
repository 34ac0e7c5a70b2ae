"""What of one person could count: participations, placements, qualifications, fundings, single parent in a job."""

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from domain.errors import NotFound
from domain.texts import Text, _
from projections.balance import positions_in
from projections.catalogue.selections import known
from projections.read_model import Parameters, ReadModel


class ThingKind(StrEnum):
    """What kind of thing it is."""

    PARTICIPATION = "participation"
    SINGLE_PARENT = "single_parent_in_svp"
    PLACEMENT = "placement"
    QUALIFICATION = "qualification"
    FUNDING = "funding"


class Thing(Struct, frozen=True, omit_defaults=True):
    """One thing, as known at the Datenstand.

    `on` is its first day (of a funding the day of the grant), `until` the first day without. `what` is the kind of a
    placement, qualification or funding, `how` the scheme of a placement or the outcome of a qualification, `ref` the
    number of a participation or the ref on the journey. `entries` are the ledger positions behind it.
    """

    kind: ThingKind
    journey: str
    ref: str
    on: date
    entries: list[int]
    until: date | None = None
    what: str | None = None
    how: str | None = None

    @property
    def label(self) -> Text:
        """What it is called, with its ref and its first day."""
        return _LABELS[self.kind]._replace(values={"ref": self.ref, "on": self.on, "what": _what(self)})


_LABELS = {
    ThingKind.PARTICIPATION: _("Teilnahme {ref} ab {on}"),
    ThingKind.SINGLE_PARENT: _("Alleinerziehend in svp-Beschäftigung"),
    ThingKind.PLACEMENT: _("{what} {ref} ab {on}"),
    ThingKind.QUALIFICATION: _("Qualifizierung {ref} ({what}) ab {on}"),
    ThingKind.FUNDING: _("Förderung {ref} ({what}) vom {on}"),
}
PLACEMENTS = {
    "svp": _("svp-Beschäftigung"),
    "minijob": _("Minijob"),
    "ausbildung": _("Ausbildung"),
    "selbstaendig": _("Selbständigkeit"),
}
"""What a placement is called by its kind."""
_SOURCES = {
    ThingKind.PARTICIPATION: (
        "enrolments",
        "enrolled_on",
        "exited_on",
        "CAST(t.participation AS TEXT)",
        "NULL",
        "NULL",
    ),
    ThingKind.PLACEMENT: ("placements", "started_on", "ended_on", "t.ref", "t.kind", "t.scheme"),
    ThingKind.QUALIFICATION: ("qualifications", "started_on", "ended_on", "t.ref", "t.kind", "t.outcome"),
    ThingKind.FUNDING: ("fundings", "granted_on", "ended_on", "t.ref", "t.kind", "NULL"),
}


def things_of(model: ReadModel, given: Parameters) -> list[Thing]:
    """Everything of a person in a programme, as known at a Datenstand, by its first day; `given` are the parameters
    of the selections and `participant`. Refused (`NotFound`): a person without any participation then."""
    found = [thing for kind in _SOURCES for thing in _of_kind(model, kind, given)]
    if not any(thing.kind is ThingKind.PARTICIPATION for thing in found):
        text = _(
            "Im Programm {programme} ist zum Datenstand {datenstand} keine Teilnahme der Person {participant} bekannt.",
            **{name: given[name] for name in ("programme", "datenstand", "participant")},
        )
        raise NotFound("unknown_participant", text, field="participant")
    order = list(ThingKind)
    found += _single_parent(model, given)
    return sorted(found, key=lambda thing: (thing.on, order.index(thing.kind), thing.ref, thing.journey))


def _of_kind(model: ReadModel, kind: ThingKind, given: Parameters) -> list[Thing]:
    table, start, end, ref, what, how = _SOURCES[kind]
    query = (
        f"SELECT t.stream, {ref}, t.{start}, t.entries, t.{end}, {what}, {how} FROM {table} t "
        f"WHERE {known('t')} AND t.participant = :participant"
    )
    return [_thing(kind, row) for row in model.query(query, given)]


def _single_parent(model: ReadModel, given: Parameters) -> list[Thing]:
    """One for a person who has been a single parent by the Stichtag; `how` says whether that was said last."""
    query = (
        "SELECT c.stream, '', c.from_on, c.entries, c.until_on, NULL, CASE c.single_parent WHEN 1 THEN 'yes' END "
        f"FROM circumstances c WHERE {known('c')} AND c.participant = :participant AND c.from_on <= :stichtag "
        "ORDER BY c.from_on, c.traits"
    )
    said = [_thing(ThingKind.SINGLE_PARENT, row) for row in model.query(query, given)]
    yes = [thing for thing in said if thing.how]
    return [msgspec.structs.replace(yes[-1], how=said[-1].how)] if yes else []


def _thing(kind: ThingKind, row: tuple[Any, ...]) -> Thing:
    journey, ref, on, entries, until, what, how = row
    ended = date.fromisoformat(until) if until else None
    return Thing(kind, journey, ref, date.fromisoformat(on), positions_in(entries), ended, what, how)


def _what(thing: Thing) -> Text:
    return PLACEMENTS[thing.what] if thing.what in PLACEMENTS else Text(thing.what or "")
