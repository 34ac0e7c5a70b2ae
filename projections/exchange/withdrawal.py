"""Withdrawing an import batch as a whole."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain import commands
from domain.errors import NotFound, Refused
from domain.facts import CaseHandedOver, CaseTakenOn, CoachJoined, Corrected, Fact, Recorded, Step, Withdrawn
from domain.journal import Decided, Journal, Repeated, Request, Streams, decode
from domain.texts import _
from domain.vault import Vault

_PARTITIONS = 16


class Withdrawal(NamedTuple):
    """What became of a batch: how many entries it had, how many were withdrawn, and which stay, with the reason."""

    entries: int
    withdrawn: int
    kept: list[tuple[int, Refused]]


def withdraw_batch(journal: Journal, vault: Vault, batch: UUID, *, by: str, now: datetime, reason: str) -> Withdrawal:
    """Withdraw every step a batch stored, the last first, in one transaction.

    What others built on stays, and so do the corrections and withdrawals the batch made; each with the reason.
    Refused (`NotFound`): no entry belongs to the batch.
    """
    entries = _entries_of(journal, batch)
    if not entries:
        raise NotFound("unknown_batch", _("Einen Stapel {batch} gibt es nicht.", batch=batch))
    kept: list[tuple[int, Refused]] = []
    taken = 0

    def decide(streams: Streams) -> Decided:
        nonlocal taken
        taken = 0
        kept.clear()
        kept.extend((entry.position, _stays(entry.fact)) for entry in entries if isinstance(entry.fact, _KEPT))
        streams.preload({entry.originator_id for entry in entries})
        given = streams.request
        for entry in sorted(_steps(entries), key=lambda entry: entry.position, reverse=True):
            version = entry.originator_version
            request_id = vault.request_id("batch", f"{batch}/{entry.originator_id}/{version}")
            streams.request = msgspec.structs.replace(given, id=request_id)
            try:
                participant = commands.participant_of(streams, entry.originator_id)
                sealed = vault.seal(participant, "withdrawn.reason", reason)
                decided = commands.withdraw(streams, entry.originator_id, version, reason=sealed)
            except Repeated:
                taken += 1
                continue
            except Refused as why:
                kept.append((entry.position, why))
                continue
            streams.append(decided)
            taken += 1
        return []

    request = Request(id=vault.request_id("batch", str(batch)), by=by, now=now)
    journal.act(decide, request, vault=vault)
    counted = [entry for entry in entries if not isinstance(entry.fact, _CARE)]
    return Withdrawal(len(counted), taken, sorted(kept, key=lambda item: item[0]))


_KEPT = (CoachJoined, Corrected, Withdrawn)
_CARE = (CaseTakenOn, CaseHandedOver)
"""Facts that follow from steps and go with them."""


def _entries_of(journal: Journal, batch: UUID) -> list[Recorded]:
    """All entries a batch stored, from the whole ledger."""
    head = journal.head()
    found = []
    for partition in range(_PARTITIONS):
        for position, stream, version, topic, state in journal.scan(partition, _PARTITIONS, upto=head):
            entry = decode(stream, version, topic, state)
            if entry.correlation_id == batch:
                found.append(Recorded(stream, version, entry, position))
    return found


def _steps(entries: Iterable[Recorded]) -> list[Recorded]:
    return [entry for entry in entries if isinstance(entry.fact, Step)]


def _stays(fact: Fact) -> Refused:
    """Why an entry of a batch that is no step is kept."""
    if isinstance(fact, CoachJoined):
        return Refused("stays", _("Der Coach {coach} bleibt im Programm.", coach=fact.coach))
    return Refused("stays", _("Berichtigungen und Stornos lassen sich nicht zurücknehmen, nur neu erfassen."))
