"""Withdrawing an import batch as a whole."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from domain import commands
from domain.errors import NotFound, Refused
from domain.facts import (
    CaseTakenOn,
    CoachJoined,
    Corrected,
    Enrolled,
    ProgrammeOpened,
    Recorded,
    Step,
    Withdrawn,
)
from domain.journal import Decided, Journal, Request, Streams, decode
from domain.terms import erased_stream
from domain.texts import _
from domain.vault import Vault

_PARTITIONS = 16


class Withdrawal(Struct):
    """What became of a batch: steps withdrawn now, withdrawn before, and entries that stay, with the reason."""

    withdrawn: int = 0
    before: int = 0
    kept: list[tuple[int, Refused]] = []
    coaches: list[str] = []


def withdraw_batch(
    journal: Journal,
    vault: Vault,
    batch: UUID,
    *,
    by: str,
    now: datetime,
    reason: str,
    programmes: Collection[str] | None = None,
) -> Withdrawal:
    """Withdraw every step a batch stored, the last first, in one transaction.

    `programmes` are those that whoever asks may change; None: every one.

    What others built on stays, and so do the corrections and withdrawals the batch made; each with the reason.
    Coaches it opened stay in the programme. Refused (`NotFound`): no entry belongs to the batch, or one to
    another programme.
    """
    entries = _entries_of(journal, batch)
    if not entries:
        raise _unknown(batch)
    found = Withdrawal()

    def decide(streams: Streams) -> Decided:
        nonlocal found
        found = Withdrawal(coaches=[one.fact.coach for one in entries if isinstance(one.fact, CoachJoined)])
        touched = {entry.originator_id for entry in entries}
        streams.preload(touched | {erased_stream(stream) for stream in touched})
        if programmes is not None and not _programmes_of(streams, entries) <= {*programmes}:
            raise _unknown(batch)
        for entry in sorted(entries, key=lambda entry: entry.position, reverse=True):
            if isinstance(entry.fact, Corrected | Withdrawn):
                text = _("Berichtigungen und Stornos lassen sich nicht zurücknehmen, nur neu erfassen.")
                found.kept.append((entry.position, Refused("stays", text)))
            elif isinstance(entry.fact, Step):
                streams.request = msgspec.structs.replace(streams.request, id=uuid4())
                _withdraw(streams, vault, entry, reason, found)
        found.kept.reverse()
        return []

    journal.act(decide, Request(id=uuid4(), by=by, now=now), vault=vault)
    return found


def _withdraw(streams: Streams, vault: Vault, entry: Recorded, reason: str, found: Withdrawal) -> None:
    stream, version = entry.originator_id, entry.originator_version
    if version in commands.existing(streams, stream).withdrawn:
        found.before += 1
        return
    try:
        sealed = vault.seal(commands.participant_of(streams, stream), "withdrawn.reason", reason)
        streams.append(commands.withdraw(streams, stream, version, reason=sealed))
    except Refused as why:
        found.kept.append((entry.position, why))
    else:
        found.withdrawn += 1


def _programmes_of(streams: Streams, entries: list[Recorded]) -> set[str]:
    """The programmes whose journeys, or coaches, the entries are about; "" stands for one that cannot be told."""
    found = set()
    for stream in {entry.originator_id for entry in entries}:
        first = streams.entries(stream)[0].fact
        match first:
            case Enrolled(programme=programme) | ProgrammeOpened(key=programme):
                found.add(programme)
            case CaseTakenOn():
                continue  # stored together with the assignment on a journey
            case _:
                found.add("")
    return found


def _unknown(batch: UUID) -> NotFound:
    return NotFound("unknown_batch", _("Einen Stapel {batch} gibt es nicht.", batch=batch))


def _entries_of(journal: Journal, batch: UUID) -> list[Recorded]:
    """All entries a batch stored, from the whole ledger."""
    head = journal.head()
    found = []
    for partition in range(_PARTITIONS):
        for position, stream, version, topic, state in journal.scan(partition, _PARTITIONS, upto=head):
            entry = decode(stream, version, topic, state)
            if entry.correlation_id == batch:
                found.append(Recorded(UUID(stream), version, entry, position))
    return found
