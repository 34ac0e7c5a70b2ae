"""Exports for process mining, what a programme's ledger holds for them, and what pm4py reads in them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pm4py
from entering import Programme, enrolled, on
from given import sealed
from pandas import isna
from steps import changed, completed, ended, exited, found_at, funding_ended, missed

from domain.facts import (
    CoachAssigned,
    CoachingSessionHeld,
    FundingGranted,
    PlacementStarted,
    QualificationAbandoned,
    QualificationStarted,
    Step,
)
from domain.terms import AbandonReason, Channel, FundingKind, PlacementKind, QualificationKind, Scheme, Topic
from projections.exchange.export import participations
from projections.exchange.ocel import ocel
from projections.exchange.pseudonyms import Case, Pseudonyms, cases
from projections.exchange.xes import xes
from projections.stores import Stores

ONE_KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
FORMS: dict[str, Callable[[str, Iterator[Case]], Iterator[str]]] = {"xes": xes, "ocel": lambda _key, found: ocel(found)}
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HOSTILE = 'Groß-"Gerau" <&\'> \u2028\ufeff \U0001f600\n\tא\u0301 ]]> &amp; \\'
"""A municipality nobody should have; every character of it is one that XML can hold."""


def drawn(stores: Stores, programme: str, datenstand: int | None = None, key: bytes = ONE_KEY) -> Iterator[Case]:
    """The cases of a programme, under the pseudonyms of a key."""
    position = datenstand or stores.journal.head()
    found = participations(stores.read_model, programme, position)
    return cases(stores.journal, found, position, Pseudonyms(key))


def exported(form: str, programme: Programme, datenstand: int | None = None, key: bytes = ONE_KEY) -> str:
    """The export of a programme in one of the forms."""
    return "".join(FORMS[form](programme.key, drawn(programme.stores, programme.key, datenstand, key)))


# --- a journey with every step ------------------------------------------------------------------------

ENROLLED = enrolled("2016-03-01", municipality="Rüsselsheim", age=27)
JOURNEY: tuple[Step, ...] = (
    ENROLLED,
    CoachAssigned(happened_on=on("2016-03-05"), coach="Kuerzel-Coach-1", override_reason=sealed(1)),
    CoachingSessionHeld(
        happened_on=on("2016-03-11"),
        minutes=45,
        channel=Channel.PHONE,
        topics=(Topic.DEBTS, Topic.HOUSING),
        note=sealed(2),
    ),
    missed(20),
    QualificationStarted(
        happened_on=on("2016-04-01"), ref="Kennung-q1", kind=QualificationKind.FBW, provider="Bildungsträger Süd"
    ),
    completed(60, "Kennung-q1"),
    QualificationStarted(happened_on=on("2016-05-10"), ref="Kennung-q2", kind=QualificationKind.SPRACHKURS),
    QualificationAbandoned(happened_on=on("2016-05-20"), ref="Kennung-q2", reason=AbandonReason.JOB_FOUND),
    PlacementStarted(
        happened_on=on("2016-06-01"),
        ref="Kennung-p1",
        kind=PlacementKind.SVP,
        scheme=Scheme.EGZ,
        sector="Gartenbau",
        weekly_hours=30.5,
        monthly_pay=Decimal("1450.75"),
        fixed_term=True,
        employer=sealed(3),
    ),
    FundingGranted(
        happened_on=on("2016-06-01"),
        ref="Kennung-f1",
        kind=FundingKind.EGZ,
        placement="Kennung-p1",
        until=on("2016-11-30"),
        amount=Decimal("2400.50"),
        wage_share_percent=40,
    ),
    changed(100),
    funding_ended(150, "Kennung-f1"),
    ended(150, "Kennung-p1"),
    CoachAssigned(happened_on=on("2016-08-01"), coach="Kuerzel-Coach-2"),
    exited(200),
    found_at(300),
)
"""Every step there is, in the order of its days; some happen on the same day."""

TRAITS = {
    "gender": "female",
    "age": 27,
    "migration_background": True,
    "single_parent": False,
    "municipality": "Rüsselsheim",
    "benefit_months": 24,
    "education": "isced_0_2",
}
JOB = {
    "kind": "svp",
    "scheme": "egz",
    "sector": "Gartenbau",
    "weekly_hours": 30.5,
    "monthly_pay": 1450.75,
    "fixed_term": True,
}
FUNDING = {"kind": "egz", "until": on("2016-11-30"), "amount": 2400.5, "wage_share_percent": 40.0}
EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    ("enrolled", "2016-03-01", {}),
    ("coach_assigned", "2016-03-05", {}),
    ("coaching_session_held", "2016-03-11", {"minutes": 45, "channel": "phone", "topics": "debts,housing"}),
    ("appointment_missed", "2016-03-21", {"excused": True}),
    ("qualification_started", "2016-04-01", {"kind": "fbw", "provider": "Bildungsträger Süd"}),
    ("qualification_completed", "2016-04-30", {"certificate": True}),
    ("qualification_started", "2016-05-10", {"kind": "sprachkurs"}),
    ("qualification_abandoned", "2016-05-20", {"reason": "job_found"}),
    ("placement_started", "2016-06-01", JOB),
    ("funding_granted", "2016-06-01", FUNDING),
    ("circumstances_changed", "2016-06-09", {"single_parent": False, "municipality": "Kelsterbach"}),
    ("funding_ended", "2016-07-29", {"reason": "revoked"}),
    ("placement_ended", "2016-07-29", {"reason": "resigned"}),
    ("coach_assigned", "2016-08-01", {}),
    ("exited", "2016-09-17", {"reason": "svp"}),
    ("whereabouts_recorded", "2016-12-26", {"status": "svp", "source": "participant"}),
]
"""The same journey as the other tools are to see it: step, day, attributes."""


def secrets_of(programme: Programme, *journeys: UUID) -> list[str]:
    """What no export may hold: whatever of the ledger leads back to somebody."""
    found = ["Kuerzel", "Kennung"]
    for journey in journeys:
        recorded = programme.stores.journal.read(journey)
        ids = {journey, recorded[0].fact.participant, *(one.entry.request_id for one in recorded)}
        found += [text for one in ids for text in (str(one), one.hex)]
        found += {one.entry.recorded_by for one in recorded}
    return found


def document(text: str) -> ET.Element:
    """An XES document as a tree."""
    return ET.fromstring(text)  # noqa: S314 -- written by ourselves a moment ago


# --- what pm4py reads --------------------------------------------------------------------------------------


class Trace(NamedTuple):
    """A trace as read: its attributes, and those of each event."""

    attributes: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Name and German day of each event."""
        return [(event["concept:name"], str(german_day(event["time:timestamp"]))) for event in self.events]


READERS = ("iterparse", "iterparse_20")
"""The reader pm4py takes if it is not told another, and the one it has for XES 2.0."""


def traces(text: str, folder: Path, reader: str = READERS[0]) -> list[Trace]:
    """The traces pm4py finds in an XES document."""
    path = folder / "log.xes"
    path.write_text(text, "utf-8", newline="")
    log = pm4py.read_xes(str(path), variant=reader, return_legacy_log_object=True, show_progress_bar=False)
    return [Trace(dict(trace.attributes), [dict(event) for event in trace]) for trace in log]


def objects_and_events(text: str, folder: Path) -> Any:
    """What pm4py finds in an OCEL document."""
    path = folder / "log.jsonocel"
    path.write_text(text, "utf-8", newline="")
    return pm4py.read_ocel2_json(str(path))


def german_day(moment: Any) -> date:
    """The day that begins at a moment in Germany."""
    local = moment.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
    return local.date()


def held(record: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a row of pm4py's tables, gaps left out."""
    return plain({name: value for name, value in record.items() if not name.startswith("ocel:") and not isna(value)})


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as read, a moment as the day it stands for."""
    return {name: german_day(value) if hasattr(value, "tzinfo") else value for name, value in values.items()}
