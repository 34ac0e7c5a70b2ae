"""One stream's entries → its rows, each with the interval in which it was known.

The read model of a journey is this function of its entries and of nothing else; live update and
rebuild both call it. A correction or withdrawal takes the journey again with the change in it and
keeps every row that stayed the same, so the intervals of knowledge follow by comparing.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import zip_longest
from typing import Any, Self

from domain import facts
from domain.errors import NotReady
from domain.law import months_later
from domain.terms import AgeGroup
from domain.texts import _
from projections import accounts, programmes, rows
from projections.knowledge import Knowledge, KnownRow
from projections.rows import as_entries, joined_traits, month_of

Positions = tuple[int, ...]
Head = tuple[str, str, str, str]
"""Stream, participant, programme, traits: how the row of every journey table begins."""
Left = tuple[str | None, str | None, str | None, str | None, str | None]
"""Day of the exit, its reason, and the days the ESF+ looks at; all None before the exit."""
_FOUR_WEEKS = timedelta(days=28)
_NO_MORE: tuple[None, int, None, Positions] = (None, 0, None, ())


class _Now:
    """What of a stream later entries build on."""

    __slots__ = ("assignments", "changes", "enrolled", "exited", "head", "spells")

    def __init__(self) -> None:
        self.head: Head = ("", "", "", "")
        self.enrolled: tuple[facts.Enrolled, Positions] | None = None
        self.exited: tuple[facts.Exited, Positions] | None = None
        self.spells: dict[str, tuple[Any, Positions]] = {}
        self.assignments: list[tuple[str, int, facts.CoachAssigned, Positions]] = []
        self.changes: list[tuple[str, int, facts.CircumstancesChanged, Positions]] = []


class StreamFold:
    """The rows of one stream as far as it was taken."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.known = Knowledge()
        self._entries: dict[int, tuple[Any, Positions]] = {}
        self.now = _Now()
        self.kept: dict[object, Any] = {}

    def take(self, position: int, version: int, fact: Any) -> None:
        """Take the next entry of the stream."""
        self.known.position = position
        kind = type(fact)
        if kind is facts.Corrected:
            _old, positions = self._entries[fact.entry]
            self._entries[fact.entry] = (fact.replacement, (*positions, position))
            self._take_again()
        elif kind is facts.Withdrawn:
            del self._entries[fact.entry]
            self._take_again()
        elif kind is facts.Disputed:
            positions = (self._entries[fact.entry][1][0], position)
            self._entries[version] = (fact, positions)
            self._dispute(version, fact, positions)
        else:
            if self.now.enrolled is None and kind not in _WITHOUT_ENROLMENT:
                raise ValueError("a step before the enrolment")
            positions = (position,)
            self._entries[version] = (fact, positions)
            _TAKE[kind](self, version, fact, positions)

    def _take_again(self) -> None:
        fresh = StreamFold(self.stream)
        for version, (fact, positions) in self._entries.items():
            _TAKE[type(fact)](fresh, version, fact, positions)
        self.known.become(fresh.known)
        self.now = fresh.now

    def _nothing(self, _version: int, _fact: Any, _positions: Positions) -> None:
        """A caseload, or a note of another participation, repeats what the journeys say for the sake of decisions;
        a catalogue is read from the ledger."""

    # --- enrolment, circumstances, care -------------------------------------------------------

    def _enrol(self, _version: int, fact: facts.Enrolled, positions: Positions) -> None:
        self.now.enrolled = (fact, positions)
        gender, group, education = fact.gender.value, AgeGroup.of(fact.age).value, fact.education.value
        traits = joined_traits(fact.participation, gender, group, fact.single_parent, education, fact.municipality)
        self.now.head = (self.stream, str(fact.participant), fact.programme, traits)
        self._put_enrolment()
        self._put_circumstances()

    def _exit(self, _version: int, fact: facts.Exited, positions: Positions) -> None:
        self.now.exited = (fact, positions)
        self._put_enrolment()
        self._put_care()

    def _put_enrolment(self) -> None:
        assert self.now.enrolled is not None
        fact, positions = self.now.enrolled
        left: Left = (None, None, None, None, None)
        if self.now.exited:
            left = _left(self.now.exited[0])
            positions = positions + self.now.exited[1]
        row = rows.EnrolmentRow(
            *self.now.head,
            fact.participation,
            fact.happened_on.isoformat(),
            *left,
            fact.gender.value,
            fact.age,
            AgeGroup.of(fact.age).value,
            int(fact.migration_background),
            int(fact.single_parent),
            fact.municipality,
            fact.benefit_months,
            fact.education.value,
            None if fact.labour_status is None else fact.labour_status.value,
            int(fact.override_reason is not None),
            as_entries(positions),
        )
        self.known.put(("enrolments", 0), row)

    def _change(self, version: int, fact: facts.CircumstancesChanged, positions: Positions) -> None:
        self.now.changes.append((fact.happened_on.isoformat(), version, fact, positions))
        self.now.changes.sort(key=_by_day)
        self._put_circumstances()

    def _put_circumstances(self) -> None:
        assert self.now.enrolled is not None
        fact, positions = self.now.enrolled
        single_parent, municipality = fact.single_parent, fact.municipality
        from_on, key = fact.happened_on.isoformat(), 0
        for day, version, change, more in [*self.now.changes, _NO_MORE]:
            head, entries = self.now.head, as_entries(positions + more)
            row = rows.CircumstanceRow(*head, from_on, day, int(single_parent), municipality, entries)
            self.known.put_or_drop(("circumstances", key), row, from_on != day)
            if day is None or change is None:
                break
            single_parent = single_parent if change.single_parent is None else change.single_parent
            municipality = change.municipality or municipality
            from_on, key, positions = day, version, positions + more

    def _assign(self, version: int, fact: facts.CoachAssigned, positions: Positions) -> None:
        self.now.assignments.append((fact.happened_on.isoformat(), version, fact, positions))
        self.now.assignments.sort(key=_by_day)
        self._put_care()

    def _put_care(self) -> None:
        for (day, version, fact, begun), after in zip_longest(self.now.assignments, self.now.assignments[1:]):
            until_on, positions = (after[0], begun + after[3]) if after else (None, begun)
            if self.now.exited:
                exited_on = self.now.exited[0].happened_on.isoformat()
                if until_on is None or exited_on < until_on:
                    until_on, positions = exited_on, positions + self.now.exited[1]
            row = rows.CareRow(*self.now.head, fact.coach, day, until_on, as_entries(positions))
            self.known.put_or_drop(("care", version), row, until_on is None or day < until_on)

    # --- single steps -------------------------------------------------------------------------

    def _session(self, version: int, fact: facts.CoachingSessionHeld, positions: Positions) -> None:
        held = (fact.happened_on.isoformat(), fact.minutes, fact.channel.value, ",".join(fact.topics))
        self.known.put(("sessions", version), rows.SessionRow(*self.now.head, *held, as_entries(positions)))

    def _missed(self, version: int, fact: facts.AppointmentMissed, positions: Positions) -> None:
        missed = (fact.happened_on.isoformat(), int(fact.excused))
        self.known.put(
            ("missed_appointments", version),
            rows.MissedRow(*self.now.head, *missed, as_entries(positions)),
        )

    def _whereabouts(self, version: int, fact: facts.WhereaboutsRecorded, positions: Positions) -> None:
        improved = None if fact.improved is None else int(fact.improved)
        found = (fact.happened_on.isoformat(), fact.status.value, fact.source.value, improved)
        row = rows.WhereaboutsRow(*self.now.head, version, *found, as_entries(positions))
        self.known.put(("whereabouts", version), row)

    def _dispute(self, _version: int, fact: facts.Disputed, positions: Positions) -> None:
        """The first of the positions is that of the disputed entry, which may be withdrawn by now."""
        if self.now.enrolled is not None:  # with the enrolment, all is withdrawn that could be read
            row = rows.DisputeRow(*self.now.head, fact.entry, positions[0], as_entries(positions))
            self.known.put(("disputes", fact.entry), row)

    def _settle(self, _version: int, fact: facts.DisputeSettled, _positions: Positions) -> None:
        self.known.drop(("disputes", fact.entry))

    # --- spells: a start and, later, its end --------------------------------------------------

    def _start_qualification(self, _version: int, fact: facts.QualificationStarted, positions: Positions) -> None:
        self.now.spells[fact.ref] = (fact, positions)
        self._put_qualification(fact, positions, (None, None, None, None))

    def _complete(self, _version: int, fact: facts.QualificationCompleted, positions: Positions) -> None:
        start, before = self.now.spells[fact.ref]
        ended_on = fact.happened_on.isoformat()
        self._put_qualification(start, before + positions, (ended_on, "completed", int(fact.certificate), None))

    def _abandon(self, _version: int, fact: facts.QualificationAbandoned, positions: Positions) -> None:
        start, before = self.now.spells[fact.ref]
        ended_on = fact.happened_on.isoformat()
        self._put_qualification(start, before + positions, (ended_on, "abandoned", None, fact.reason.value))

    def _put_qualification(
        self, start: facts.QualificationStarted, positions: Positions, end: tuple[Any, Any, Any, Any]
    ) -> None:
        began = (start.ref, start.kind.value, start.provider, start.happened_on.isoformat())
        row = rows.QualificationRow(*self.now.head, *began, *end, as_entries(positions))
        self.known.put(("qualifications", start.ref), row)

    def _start_placement(self, _version: int, fact: facts.PlacementStarted, positions: Positions) -> None:
        self.now.spells[fact.ref] = (fact, positions)
        self._put_placement(fact, positions, (None, None))

    def _end_placement(self, _version: int, fact: facts.PlacementEnded, positions: Positions) -> None:
        start, before = self.now.spells[fact.ref]
        self._put_placement(start, before + positions, (fact.happened_on.isoformat(), fact.reason.value))

    def _put_placement(self, start: facts.PlacementStarted, positions: Positions, end: tuple[Any, Any]) -> None:
        started_on = start.happened_on.isoformat()
        row = rows.PlacementRow(
            *self.now.head,
            start.ref,
            start.kind.value,
            start.scheme.value,
            start.sector,
            start.weekly_hours,
            None if start.monthly_pay is None else round(start.monthly_pay * 100),
            None if start.fixed_term is None else int(start.fixed_term),
            started_on,
            month_of(started_on),
            *end,
            as_entries(positions),
        )
        self.known.put(("placements", start.ref), row)

    def _grant(self, _version: int, fact: facts.FundingGranted, positions: Positions) -> None:
        self.now.spells[fact.ref] = (fact, positions)
        self._put_funding(fact, positions, (None, None))

    def _end_funding(self, _version: int, fact: facts.FundingEnded, positions: Positions) -> None:
        start, before = self.now.spells[fact.ref]
        self._put_funding(start, before + positions, (fact.happened_on.isoformat(), fact.reason.value))

    def _put_funding(self, start: facts.FundingGranted, positions: Positions, end: tuple[Any, Any]) -> None:
        granted = (start.ref, start.kind.value, start.placement, start.happened_on.isoformat())
        until_on = start.until.isoformat() if start.until else None
        row = rows.FundingRow(
            *self.now.head, *granted, until_on, round(start.amount * 100), *end, as_entries(positions)
        )
        self.known.put(("fundings", start.ref), row)


_REGISTERED = (
    facts.ErasureRequested,
    facts.ErasureDeclined,
    facts.ErasureApproved,
    facts.ErasureDone,
    facts.RestrictionImposed,
    facts.RestrictionLifted,
    facts.SignerIntroduced,
    facts.LedgerRestored,
)
"""What is read from the ledger itself and makes no rows."""
_TAKE: dict[type, Callable[[StreamFold, int, Any, Positions], None]] = {
    **programmes.TAKE,
    **accounts.TAKE,
    facts.CatalogueKept: StreamFold._nothing,
    facts.OtherParticipation: StreamFold._nothing,
    facts.Disputed: StreamFold._dispute,
    facts.DisputeSettled: StreamFold._settle,
    facts.CaseTakenOn: StreamFold._nothing,
    facts.CaseHandedOver: StreamFold._nothing,
    facts.Enrolled: StreamFold._enrol,
    facts.CoachAssigned: StreamFold._assign,
    facts.CoachingSessionHeld: StreamFold._session,
    facts.AppointmentMissed: StreamFold._missed,
    facts.QualificationStarted: StreamFold._start_qualification,
    facts.QualificationCompleted: StreamFold._complete,
    facts.QualificationAbandoned: StreamFold._abandon,
    facts.PlacementStarted: StreamFold._start_placement,
    facts.PlacementEnded: StreamFold._end_placement,
    facts.FundingGranted: StreamFold._grant,
    facts.FundingEnded: StreamFold._end_funding,
    facts.CircumstancesChanged: StreamFold._change,
    facts.WhereaboutsRecorded: StreamFold._whereabouts,
    facts.Exited: StreamFold._exit,
    **dict.fromkeys(_REGISTERED, StreamFold._nothing),
}


_WITHOUT_ENROLMENT = {
    facts.Enrolled,
    facts.OtherParticipation,
    facts.DisputeSettled,
    facts.CaseTakenOn,
    facts.CaseHandedOver,
    facts.CatalogueKept,
    *programmes.TAKE,
    *accounts.TAKE,
    *_REGISTERED,
}


class BrokenStream(NotReady):
    """A stream that cannot be folded; names the entry, never its content. The projection stops there."""

    @classmethod
    def at(cls, position: int, stream: str, version: int) -> Self:
        """The entry with that number on that stream, at that position."""
        text = _(
            "Der Eintrag an Position {position} (Weg {stream}, Nr. {version}) lässt sich nicht einordnen; "
            "das Lesemodell bleibt davor stehen.",
            position=position,
            stream=stream,
            version=version,
        )
        return cls("broken_stream", text)


def fold(stream: str, entries: Iterable[tuple[int, int, Any]]) -> list[KnownRow]:
    """The rows of a stream from its entries (position, version, fact) in order of version."""
    folded = StreamFold(stream)
    for position, version, fact in entries:
        try:
            folded.take(position, version, fact)
        except (KeyError, AssertionError, AttributeError, TypeError, ValueError) as error:
            raise BrokenStream.at(position, stream, version) from error
    return folded.known.rows()


def _left(exited: facts.Exited) -> Left:
    on, half_year_on = exited.happened_on, months_later(exited.happened_on, 6)
    days = (on + _FOUR_WEEKS, half_year_on, half_year_on + _FOUR_WEEKS)
    until, half_year, half_year_until = (day.isoformat() for day in days)
    return on.isoformat(), exited.reason.value, until, half_year, half_year_until


def _by_day(item: tuple[str, int, Any, Positions]) -> tuple[str, int]:
    return item[:2]
