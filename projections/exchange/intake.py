"""Taking in the rows of a file as one batch: each row becomes a command, all are stored together.

The caller's keys of persons and rows are hashed with the vault's index key before anything is stored.
The same row again stores nothing; the same `id` with other content is a correction, if corrections are
allowed, and refused otherwise.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from domain import commands
from domain.errors import Refused
from domain.facts import CoachAssigned, Corrected, Enrolled, FundingGranted, Recorded, Step
from domain.journal import Decided, Journal, Request, Streams
from domain.journey import Journey
from domain.law import Warning, warnings
from domain.programme import Programme, opened
from domain.terms import Key, Role, journey_stream, programme_stream
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER, OWN_KEY, Vault
from projections.exchange.files import RawRow
from projections.exchange.steps import WITHDRAWN, GivenStep, given_step
from projections.exchange.values import converted, required


class Terms(Struct, frozen=True, kw_only=True):
    """How a file is taken in."""

    batch: UUID
    by: str
    now: datetime
    role: Role = Role.COACH
    programme: str | None = None
    corrections: bool = False
    reason: str = ""
    partial: bool = False
    dry_run: bool = False


class RefusedRow(NamedTuple):
    """A row that was not taken, with the reason."""

    row: RawRow
    why: Refused


class Report(Struct):
    """What became of the rows."""

    rows: int = 0
    stored: int = 0
    corrected: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    refused: list[RefusedRow] = []
    coaches: list[str] = []
    warnings: list[tuple[int, Warning]] = []
    position: int = 0
    nothing_stored: bool = False


class _Row(NamedTuple):
    """A row whose form is right; `step` is None where it withdraws another."""

    raw: RawRow
    participant: str
    programme: str
    step: GivenStep | None


class _NothingStored(Exception):
    """A row was refused and the file is to be taken whole or not at all."""


def take_in(
    journal: Journal,
    vault: Vault,
    rows: Sequence[RawRow],
    terms: Terms,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Take in the rows of a file, in one transaction.

    By default nothing is stored if any row is refused; with `partial` the rest is. With `dry_run` the very
    same decisions are made and nothing is stored. `progress` hears of rows decided, of how many.
    """
    batch = _Batch(vault, rows, terms, progress)
    request = Request(id=terms.batch, by=terms.by, now=terms.now, role=terms.role, correlation_id=terms.batch)
    try:
        outcome = journal.act(batch.decide, request, vault=vault, dry_run=terms.dry_run)
        batch.report.position = outcome.position
    except _NothingStored:
        batch.report.nothing_stored = True
    batch.report.refused.sort(key=lambda refused: refused.row.line)
    return batch.report


class _Batch:
    """The decisions over one file; `decide` may run several times, where others write at the same time."""

    def __init__(
        self, vault: Vault, rows: Sequence[RawRow], terms: Terms, progress: Callable[[int, int], None]
    ) -> None:
        self._vault, self._terms, self._progress, self._total = vault, terms, progress, len(rows)
        self._unreadable: list[RefusedRow] = []
        self._rows = _in_order(list(self._readable(rows)))
        self.report = Report()

    def decide(self, streams: Streams) -> Decided:
        """Decide row by row; the streams collect what is to be stored."""
        self.report = Report(rows=self._total, refused=list(self._unreadable))
        self._seen: Counter[bytes] = Counter()
        self._request = streams.request
        self._withdrawn_here = {
            self._withdrawn_by(row) for row in self._rows if row.step is None and "entry" in row.raw.values
        }
        self._preload(streams)
        if self._terms.programme is not None:
            opened(streams.read(Programme, programme_stream(self._terms.programme)), self._terms.programme)
        for number, row in enumerate(self._rows, 1):
            try:
                self._take(streams, row)
            except Refused as why:
                self.report.refused.append(RefusedRow(row.raw, why))
            if number % 500 == 0 or number == len(self._rows):
                self._progress(number, len(self._rows))
        if self.report.refused and not self._terms.partial:
            raise _NothingStored
        self._vault.keep_only({entry.fact.participant for entry in streams.pending if isinstance(entry.fact, Enrolled)})
        return []

    def _readable(self, rows: Sequence[RawRow]) -> Iterator[_Row]:
        for row in rows:
            try:
                yield self._read(row)
            except Refused as why:
                self._unreadable.append(RefusedRow(row, why))

    def _read(self, row: RawRow) -> _Row:
        if row.refused:
            raise row.refused
        participant = str(required(row.values, "participant"))
        programme = row.values.get("programme") or self._terms.programme
        if programme is None:
            text = _("Kein Programm genannt: Spalte programme oder Option --programme.")
            raise Refused("missing_field", text, field="programme")
        withdraws = row.values.get("step") == WITHDRAWN
        return _Row(row, participant, str(programme), None if withdraws else given_step(row.values))

    def _preload(self, streams: Streams) -> None:
        """Read what the rows will need in one query; persons not known yet have nothing to read."""
        wanted = {programme_stream(row.programme) for row in self._rows}
        for own_key, programme in {(row.participant, row.programme) for row in self._rows}:
            if participant := self._vault.find(OWN_KEY, own_key):
                wanted |= {journey_stream(participant, programme, number) for number in (1, 2)}
        streams.preload(wanted)

    # --- one row ------------------------------------------------------------------------------

    def _take(self, streams: Streams, row: _Row) -> None:
        participant = self._participant(row)
        streams.request = self._request  # that of the batch: nothing is stored under it yet
        streams.preload(stream for stream, _journey in commands.participations(streams, participant, row.programme))
        if row.step is None:
            self._withdraw(streams, row, participant)
            return
        digest = self._vault.content_digest(participant, row.step.content())
        own = self._request_id(row, digest)
        request_id, standing = self._standing(streams, own)
        by = converted("recorded_by", row.raw.values.get("recorded_by") or self._terms.by, Key)
        streams.request = msgspec.structs.replace(self._request, id=request_id, by=by, digest=digest)
        if standing:
            self._again(streams, row, row.step, participant, standing)
        elif request_id != own and own in self._withdrawn_here:
            self.report.unchanged += 1
        else:
            decided = self._decided(streams, row, row.step, participant)
            streams.append(decided)
            self._count(row, row.step, decided)

    def _participant(self, row: _Row) -> UUID:
        """The person of a row; a new one where an enrolment names a key not known yet."""
        known = self._vault.find(OWN_KEY, row.participant)
        if known is None and not (row.step and row.step.kind is Enrolled):
            raise Refused("unknown_participant", _("Die Person ist nicht aufgenommen."), field="participant")
        number = row.step.personal.get(CUSTOMER_NUMBER) if row.step else None
        holder = self._vault.find(CUSTOMER_NUMBER, number) if number else None
        if holder and holder != known:
            text = _("Die Kundennummer gehört schon zu einer anderen Person.")
            raise Refused("customer_number_taken", text, field="customer_number")
        participant = known or self._vault.register(row.participant)
        if number and not holder:
            self._vault.add_lookup(CUSTOMER_NUMBER, number, participant)
        return participant

    def _request_id(self, row: _Row, digest: bytes) -> UUID:
        """The id of the request a row makes: it follows from the row's own, or else from its content and how
        often the file has said the same before."""
        own = row.raw.values.get("id")
        if own is not None:
            return self._vault.request_id(f"row/{row.programme}", str(own))
        self._seen[digest] += 1
        return self._vault.request_id(f"content/{row.programme}", f"{digest.hex()}/{self._seen[digest]}")

    def _standing(self, streams: Streams, request_id: UUID) -> tuple[UUID, Recorded | None]:
        """The entry a row's request stored that was not withdrawn, and its request; where all were, the request
        under which the row may be stored anew."""
        while recorded := streams.stored_by(request_id):
            first = recorded[0]
            if first.originator_version not in streams.read(Journey, first.originator_id).withdrawn:
                return request_id, first
            request_id = self._vault.request_id("anew", f"{request_id}/{first.originator_version}")
        return request_id, None

    def _decided(self, streams: Streams, row: _Row, given: GivenStep, participant: UUID) -> Decided:
        step = given.sealed(self._vault, participant, row.programme)
        if isinstance(step, Enrolled):
            return commands.enrol(streams, step)
        journey = _journey_of(streams, row, step, participant)
        try:
            return commands.record(streams, journey, step)
        except Refused as refused:
            if refused.code != "unknown_coach" or not isinstance(step, CoachAssigned):
                raise
        self._join(streams, row.programme, step.coach)
        return commands.record(streams, journey, step)

    def _join(self, streams: Streams, programme: str, coach: str) -> None:
        """Open a coach with the programme; a request of its own, so that the row's stays one command."""
        request = streams.request
        streams.request = msgspec.structs.replace(
            request, id=self._vault.request_id("coach", f"{programme}/{coach}"), digest=None
        )
        streams.append(commands.join_programme(streams, programme, coach))
        streams.request = request
        self.report.coaches.append(coach)

    def _count(self, row: _Row, given: GivenStep, decided: Decided) -> None:
        if decided:
            self.report.stored += 1
        else:
            self.report.unchanged += 1
        for _stream, fact in decided:
            if isinstance(fact, Step):
                self.report.warnings += [(row.raw.line, warning) for warning in warnings(fact)]

    # --- a row that is stored -------------------------------------------------------------------

    def _again(self, streams: Streams, row: _Row, given: GivenStep, participant: UUID, first: Recorded) -> None:
        """The row is stored: nothing to do, a correction, or refused."""
        latest = _latest(streams, first)
        if latest.entry.request_digest == streams.request.digest:
            self.report.unchanged += 1
            return
        if not self._terms.corrections:
            text = _(
                "Diese Zeile ist schon erfasst, mit anderem Inhalt (Eintrag {entry}). "
                "Mit --corrections wird sie berichtigt.",
                entry=first.originator_version,
            )
            raise Refused("changed_row", text, field="id")
        again = f"{streams.request.id}/{latest.originator_version}"
        streams.request = msgspec.structs.replace(streams.request, id=self._vault.request_id("correction", again))
        replacement = given.sealed(self._vault, participant, row.programme)
        reason = self._reason(participant, "corrected")
        decided = commands.correct(streams, first.originator_id, first.originator_version, replacement, reason=reason)
        streams.append(decided)
        self.report.corrected += bool(decided)

    def _withdraw(self, streams: Streams, row: _Row, participant: UUID) -> None:
        """Take back the row that the column `entry` names by its id."""
        own = self._withdrawn_by(row)
        request_id, standing = self._standing(streams, own)
        if standing is None and request_id == own:
            raise Refused("unknown_entry", _("Eine Zeile mit dieser id ist nicht erfasst."), field="entry")
        if standing is None:
            self.report.unchanged += 1
            return
        withdrawal = self._vault.request_id("withdrawal", str(request_id))
        streams.request = msgspec.structs.replace(self._request, id=withdrawal)
        reason = self._reason(participant, "withdrawn", row.raw.values.get("reason"))
        stream, version = standing.originator_id, standing.originator_version
        streams.append(commands.withdraw(streams, stream, version, reason=reason))
        self.report.withdrawn += 1

    def _withdrawn_by(self, row: _Row) -> UUID:
        return self._vault.request_id(f"row/{row.programme}", str(required(row.raw.values, "entry")))

    def _reason(self, participant: UUID, tag: str, given: Any = None) -> bytes:
        return self._vault.seal(participant, f"{tag}.reason", str(given or self._terms.reason))


# --- order and place --------------------------------------------------------------------------------


def _in_order(rows: list[_Row]) -> list[_Row]:
    """Participants as they first come; of each the first enrolment, then the rest by day, a funding not before
    the start of the placement it names; withdrawals last."""
    people: dict[str, int] = {}
    enrolled: dict[str, date] = {}
    begins: dict[tuple[str, str], date] = {}
    for place, (_raw, person, _programme, step) in enumerate(rows):
        people.setdefault(person, place)
        if step and step.kind is Enrolled:
            enrolled[person] = min(step.happened_on, enrolled.get(person, step.happened_on))
        elif step and "ref" in step.values:
            begins.setdefault((person, step.values["ref"]), step.happened_on)

    def place_of(row: _Row) -> tuple[int, int, date]:
        person, step = row.participant, row.step
        if step is None:
            return (people[person], 2, date.max)
        if step.kind is Enrolled and step.happened_on == enrolled[person]:
            return (people[person], 0, step.happened_on)
        day = step.happened_on
        if step.kind is FundingGranted:
            day = max(day, begins.get((person, step.values.get("placement", "")), day))
        return (people[person], 1, day)

    return sorted(rows, key=place_of)


def _journey_of(streams: Streams, row: _Row, step: Step, participant: UUID) -> UUID:
    """The journey a row belongs to: the participation it names; else the one that knows its ref; else the last
    that began by its day, or the first."""
    journeys = list(commands.participations(streams, participant, row.programme))
    standing = [(stream, journey) for stream, journey in journeys if journey.enrolled]
    if number := row.raw.values.get("participation"):
        standing = [(stream, journey) for stream, journey in standing if _number(journey) == int(number)]
    if not standing:
        raise Refused("unknown_participant", _("Die Person ist nicht aufgenommen."), field="participant")
    if ref := getattr(step, "ref", None):
        for stream, journey in standing:
            if ref in journey.spells:
                return stream
    begun = [stream for stream, journey in standing if _began_by(journey, step)]
    return begun[-1] if begun else standing[0][0]


def _began_by(journey: Journey, step: Step) -> bool:
    return journey.enrolled is not None and journey.enrolled.happened_on <= step.happened_on


def _number(journey: Journey) -> int:
    return journey.enrolled.participation if journey.enrolled else 0


def _latest(streams: Streams, first: Recorded) -> Recorded:
    """The entry that says how the first reads now: itself, or the last correction of it that came from a file."""
    latest = first
    for recorded in streams.entries(first.originator_id):
        fact = recorded.fact
        if isinstance(fact, Corrected) and fact.entry == first.originator_version and recorded.entry.request_digest:
            latest = recorded
    return latest
