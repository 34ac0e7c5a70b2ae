"""Entering journeys into open stores, and looking at the figures they give.

    programme.given(enrolment(on("2017-01-01")), placed(on("2017-02-01")))
    programme.then("2017-02-01", placed_svp=1, placed_any=1)

Nothing here counts: entries go in through the commands, figures come out of the catalogue.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from given import NOW, OPENED, SEALED, enrolment
from steps import ended, placed

from domain import commands
from domain.balance import Seal
from domain.facts import (
    CircumstancesChanged,
    CoachAssigned,
    Enrolled,
    PlacementEnded,
    PlacementStarted,
    Recorded,
    Step,
)
from domain.journal import Journal, Request
from domain.terms import PlacementKind, Role, Scheme
from projections.balance import Balance, Evidence, FigureValue, Value, compute, evidence
from projections.catalogue import CORE, Catalogue, Measure, Part
from projections.catch_up import catch_up
from projections.editions import Edition, draft, edition, editions
from projections.stores import Stores

Figures = dict[str, FigureValue]
SVP, MINIJOB, AUSBILDUNG, SELBSTAENDIG = PlacementKind


def on(text: str) -> date:
    """A day, `2017-01-31`."""
    return date.fromisoformat(text)


def enrolled(day: str = "2017-01-01", **traits: object) -> Enrolled:
    """An enrolment; by default somebody who is no single parent."""
    return enrolment(on(day), **{"single_parent": False, **traits})


def job(day: str, ref: str = "p", kind: PlacementKind = SVP, scheme: Scheme = Scheme.NONE) -> PlacementStarted:
    """The first day of a job."""
    return placed(on(day), ref, kind, scheme=scheme)


def without_job(day: str, ref: str = "p") -> PlacementEnded:
    """The first day without it."""
    return ended(on(day), ref)


def changed(day: str, **values: object) -> CircumstancesChanged:
    """What is so from that day on."""
    return CircumstancesChanged(happened_on=on(day), **values)


class Programme:
    """A programme of its own without a target group, from 2010 to the end of 2029; `now` is in 2030."""

    def __init__(self, stores: Stores, **opening: Any) -> None:
        self.stores = stores
        self.key = f"p-{uuid4().hex[:12]}"
        self.now = datetime(2030, 1, 1, 8, tzinfo=UTC)
        opened = msgspec.structs.replace(OPENED, key=self.key, starts_on=on("2010-01-01"), ends_on=on("2029-12-31"))
        opened = msgspec.structs.replace(opened, **opening)
        self._act(lambda streams: commands.open_programme(streams, opened))

    # --- given ----------------------------------------------------------------------------------

    def given(self, *steps: Step, participant: UUID | None = None) -> UUID:
        """A journey of a new person, or of one known, from its steps; its stream. Coaches join as they are named."""
        participant = participant or uuid4()
        enrolled = steps[0] if isinstance(steps[0], Enrolled) else enrolment()
        enrolled = msgspec.structs.replace(enrolled, participant=participant, programme=self.key)
        (first, *_others) = self._act(lambda streams: commands.enrol(streams, enrolled))
        self.more(first.originator_id, *(step for step in steps if not isinstance(step, Enrolled)))
        return first.originator_id

    def more(self, journey: UUID, *steps: Step) -> list[int]:
        """Further steps of a journey, in the order of their entry; the versions they got."""
        versions = []
        for step in steps:
            if isinstance(step, CoachAssigned):
                self._act(lambda streams, coach=step.coach: commands.join_programme(streams, self.key, coach))
            recorded = self._act(lambda streams, step=step: commands.record(streams, journey, step))
            versions += [one.originator_version for one in recorded if one.originator_id == journey]
        return versions

    def correct(self, journey: UUID, entry: int, **changes: Any) -> None:
        """Berichtigung of an entry, by its number on the journey."""
        standing = self.stores.journal.read(journey)[entry - 1].fact
        step = msgspec.structs.replace(standing, **changes)
        self._act(lambda streams: commands.correct(streams, journey, entry, step, reason=SEALED))

    def withdraw(self, journey: UUID, entry: int) -> None:
        """Storno of an entry, by its number on the journey."""
        self._act(lambda streams: commands.withdraw(streams, journey, entry, reason=SEALED))

    def close(self, last_day: str) -> None:
        """The programme ends before its time."""
        self._act(lambda streams: commands.close_programme(streams, self.key, on(last_day)))

    def draft(
        self,
        stichtag: str,
        datenstand: int | None = None,
        *,
        final: bool = False,
        catalogue: Catalogue = CORE,
        by: str = "drafter",
    ) -> Edition:
        """An edition of the balance, drafted."""
        datenstand = datenstand or self.datenstand
        options: Any = {"datenstand": datenstand, "final": final, "catalogue": catalogue}
        drafted, kept = draft(self.stores.read_model, self.key, on(stichtag), **options)
        self._act(lambda streams: commands.draft_balance(streams, drafted, kept), by)
        found = editions(self.stores.journal, self.stores.read_model, self.key)
        return next(one for one in found if one.digest == drafted.digest)

    def approve(self, drafted: Edition, by: str = "approver") -> Edition:
        """The edition, approved."""
        sealed = self.stores.covering(drafted.drafted.position, NOW)
        seal = Seal(sealed.note, sealed.position)
        self._act(lambda streams: commands.approve_balance(streams, self.key, drafted.number, seal), by)
        return edition(self.stores.journal, drafted.name)

    def participant(self, journey: UUID) -> UUID:
        """Whose journey it is."""
        return self.stores.journal.read(journey)[0].fact.participant

    @property
    def datenstand(self) -> int:
        """The position of the last entry."""
        return self.stores.journal.head()

    def _act(self, decide: Any, by: str = "tester") -> Sequence[Recorded]:
        self.now += timedelta(seconds=1)
        request = Request(id=uuid4(), by=by, now=self.now, role=Role.LEAD)
        outcome = self.stores.journal.act(decide, request)
        catch_up(self.stores.journal, self.stores.read_model)
        return outcome.recorded

    # --- then -----------------------------------------------------------------------------------

    def figures(self, stichtag: str | date, datenstand: int | None = None) -> Figures:
        """All figures."""
        return self.balance(stichtag, datenstand).figures

    def balance(self, stichtag: str | date, datenstand: int | None = None) -> Balance:
        """The balance."""
        day = on(stichtag) if isinstance(stichtag, str) else stichtag
        return compute(self.stores.read_model, self.key, day, datenstand=datenstand)

    def evidence(self, code: str, stichtag: str | date, datenstand: int | None = None) -> Evidence:
        """The rows behind a figure."""
        day = on(stichtag) if isinstance(stichtag, str) else stichtag
        return evidence(self.stores.read_model, self.key, code, day, datenstand=datenstand)

    def then(self, stichtag: str, datenstand: int | None = None, **expected: Value) -> None:
        """These figures have these values, the rows behind each add up to it, and so do the breakdowns."""
        figures = self.figures(stichtag, datenstand)
        found = {code: figures[code].value for code in expected}
        assert found == pytest.approx(expected)
        for code in expected:
            assert_adds_up(code, figures[code], self.evidence(code, stichtag, datenstand))

    def then_by(self, trait: str, stichtag: str, **expected: dict[str, Value]) -> None:
        """These figures have these values, broken down by a trait or a category of their own."""
        figures = self.figures(stichtag)
        for code, groups in expected.items():
            assert figures[code].by[trait] == pytest.approx(groups), code


# --- laws of every figure ---------------------------------------------------------------------------


def assert_adds_up(code: str, figure: FigureValue, behind: Evidence) -> None:
    """The rows behind a figure give it by being counted or summed, and the breakdowns of a count give its total."""
    definition = CORE.figure(code)
    assert behind.figure == code
    assert behind.value == figure.value
    if definition.per is None:
        assert figure.value == pytest.approx(_measured(definition.part, behind, None)), code
    else:
        above = _measured(definition.part, behind, "numerator")
        below = _measured(definition.per, behind, "denominator")
        assert figure.value == (pytest.approx(above * definition.scale / below) if below else None), code
    if definition.per is None and definition.part.measure is not Measure.LARGEST:
        for trait, groups in figure.by.items():
            assert sum(groups.values()) == pytest.approx(figure.value), (code, trait)


def _measured(part: Part, behind: Evidence, name: str | None) -> float:
    rows = [row for row in behind.rows if row.part == name]
    if part.measure is not Measure.SUM:
        assert all(row.value == 1 for row in rows)
        assert len({row.unit for row in rows}) == len(rows) or not CORE.selections[part.selection].distinct
    return sum(row.value for row in rows)


# --- ledgers as a whole -----------------------------------------------------------------------------


def copy_until(ledger: Journal, cut: Journal, position: int) -> None:
    """Write the stored entries of a ledger up to a position into an empty one, as they are and in their order."""
    stored = sorted(ledger.scan(0, 1, upto=position))
    cut.recorder.insert_events([StoredEvent(UUID(row[1]), *row[2:]) for row in stored])
    assert sorted(cut.scan(0, 1, upto=position)) == stored


def some_days(random: Random, first: date, last: date, count: int) -> list[date]:
    """Random days between two, both included, month ends among them more often than by chance."""
    days = []
    for _number in range(count):
        day = first + timedelta(days=random.randint(0, (last - first).days))
        if random.random() < 0.4:
            day = min(last, (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        days.append(day)
    return days
