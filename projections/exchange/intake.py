"""Taking in the rows of a file as one batch: each row becomes a command, all are stored together.

The caller's keys of persons and rows are hashed with the vault's index key before anything is stored.
The same row again stores nothing; the same `id` with other content is a correction, if corrections are
allowed, and refused otherwise.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain import commands
from domain.errors import Refused
from domain.facts import CoachAssigned, Enrolled, Recorded, Step
from domain.journal import Decided, Journal, Request, Streams
from domain.journey import Journey
from domain.law import Warning, warnings
from domain.programme import Programme, opened
from domain.terms import Key, Role, programme_stream
from domain.texts import _
from domain.vault import OWN_KEY, Vault
from projections.catch_up import collector_paused
from projections.exchange.files import RawRow
from projections.exchange.persons import known_person, remember, streams_of
from projections.exchange.placing import Row, in_order, journey_of, latest
from projections.exchange.refused import RefusedRow
from projections.exchange.steps import WITHDRAWN, GivenStep, given_step
from projections.exchange.values import converted, required, writable


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
        with collector_paused():
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
        self._rows = in_order(list(self._readable(rows)))
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

    def _readable(self, rows: Sequence[RawRow]) -> Iterator[Row]:
        for row in rows:
            try:
                yield self._read(row)
            except Refused as why:
                self._unreadable.append(RefusedRow(row, why))

    def _read(self, row: RawRow) -> Row:
        if row.refused:
            raise row.refused
        participant = writable("participant", required(row.values, "participant"))
        programme = row.values.get("programme") or self._terms.programme
        if programme is None:
            text = _("Kein Programm genannt: Spalte programme oder Option --programme.")
            raise Refused("missing_field", text, field="programme")
        if "participation" in row.values:
            row.values["participation"] = converted("participation", row.values["participation"], int)
        if "id" in row.values:
            row.values["id"] = writable("id", row.values["id"])
        withdraws = row.values.get("step") == WITHDRAWN
        return Row(row, participant, str(programme), None if withdraws else given_step(row.values))

    def _preload(self, streams: Streams) -> None:
        """Read what the rows will need in one query; persons not known yet have nothing to read."""
        wanted = {programme_stream(row.programme) for row in self._rows}
        for own_key, programme in {(row.participant, row.programme) for row in self._rows}:
            if participant := self._vault.find(OWN_KEY, own_key):
                wanted |= set(streams_of(participant, programme))
        streams.preload(wanted)

    # --- one row ------------------------------------------------------------------------------

    def _take(self, streams: Streams, row: Row) -> None:
        participant = self._participant(streams, row)
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
            remember(self._vault, row, participant)
            self._count(row, row.step, decided)

    def _participant(self, streams: Streams, row: Row) -> UUID:
        """The person of a row, a new one where need be. Refused: as `known_person`."""
        known = known_person(self._vault, row)
        if known is None:
            known = self._vault.register(row.participant)
            streams.begin(streams_of(known, row.programme))
        return known

    def _request_id(self, row: Row, digest: bytes) -> UUID:
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

    def _decided(self, streams: Streams, row: Row, given: GivenStep, participant: UUID) -> Decided:
        step = given.sealed(self._vault, participant, row.programme)
        if isinstance(step, Enrolled):
            return commands.enrol(streams, step)
        journey = journey_of(streams, row, step, participant)
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

    def _count(self, row: Row, given: GivenStep, decided: Decided) -> None:
        if decided:
            self.report.stored += 1
        else:
            self.report.unchanged += 1
        for _stream, fact in decided:
            if isinstance(fact, Step):
                self.report.warnings += [(row.raw.line, warning) for warning in warnings(fact)]

    # --- a row that is stored -------------------------------------------------------------------

    def _again(self, streams: Streams, row: Row, given: GivenStep, participant: UUID, first: Recorded) -> None:
        """The row is stored: nothing to do, a correction, or refused."""
        newest = latest(streams, first)
        if newest.entry.request_digest == streams.request.digest:
            self.report.unchanged += 1
            return
        if not self._terms.corrections:
            text = _(
                "Diese Zeile ist schon erfasst, mit anderem Inhalt (Eintrag {entry}). "
                "Mit --corrections wird sie berichtigt.",
                entry=first.originator_version,
            )
            raise Refused("changed_row", text, field="id")
        again = f"{streams.request.id}/{newest.originator_version}"
        streams.request = msgspec.structs.replace(streams.request, id=self._vault.request_id("correction", again))
        replacement = given.sealed(self._vault, participant, row.programme)
        reason = self._reason(participant, "corrected")
        decided = commands.correct(streams, first.originator_id, first.originator_version, replacement, reason=reason)
        streams.append(decided)
        remember(self._vault, row, participant)
        self.report.corrected += bool(decided)

    def _withdraw(self, streams: Streams, row: Row, participant: UUID) -> None:
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

    def _withdrawn_by(self, row: Row) -> UUID:
        return self._vault.request_id(f"row/{row.programme}", str(required(row.raw.values, "entry")))

    def _reason(self, participant: UUID, tag: str, given: Any = None) -> bytes:
        return self._vault.seal(participant, f"{tag}.reason", str(given or self._terms.reason))
