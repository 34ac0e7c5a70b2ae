"""One journey, step by step, as known at a Datenstand: every entry with both dates and what became of it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.errors import NotFound
from domain.facts import (
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    OtherParticipation,
    Recorded,
    Step,
    Verdict,
    Withdrawn,
    is_sealed,
    step_name,
    tag_of,
)
from domain.journal import Journal
from domain.law import Warning, warnings
from domain.texts import _

Opener = Callable[[UUID, str, bytes], str]
"""Opens a sealed field: participant, field, envelope → text."""


class HistoryEntry(Struct, frozen=True, omit_defaults=True):
    """One entry of a journey.

    `entry` is its number on the journey, `position` its place in the ledger. `corrects`, `withdraws`, `disputes`
    and `settles` name the entry it is about; `corrected_by` and `withdrawn_by` the entries about it. `disputed`: the
    person contests it, and that is not settled. `fields` are those of the step (of a correction: the ones that now
    differ, as old → new), personal ones not among them.
    """

    entry: int
    position: int
    step: str
    recorded_at: datetime
    recorded_by: str
    happened_on: date | None = None
    fields: dict[str, Any] = {}
    sealed: tuple[str, ...] = ()
    verdict: tuple[Verdict, ...] = ()
    reason: str | None = None
    corrects: int | None = None
    withdraws: int | None = None
    disputes: int | None = None
    settles: int | None = None
    corrected_by: tuple[int, ...] = ()
    withdrawn_by: int | None = None
    disputed: bool = False
    warnings: tuple[Warning, ...] = ()


class History(Struct, frozen=True):
    """A journey as its entries tell it."""

    journey: UUID
    participant: UUID
    programme: str
    participation: int
    datenstand: int
    entries: list[HistoryEntry]


def read_history(journal: Journal, journey: UUID, datenstand: int, open_sealed: Opener) -> History:
    """The entries of a journey up to a Datenstand, in the order they were recorded.

    `open_sealed` gives the reasons of corrections, withdrawals and overrides. Refused (`NotFound`): no such
    journey then.
    """
    recorded = journal.read(journey, upto=datenstand)
    enrolled = recorded[0].fact if recorded else None
    if not isinstance(enrolled, Enrolled):
        raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=journey))
    standing: dict[int, Step] = {}
    entries = [_entry(one, enrolled.participant, standing, open_sealed) for one in recorded]
    return History(
        journey,
        enrolled.participant,
        enrolled.programme,
        enrolled.participation,
        datenstand,
        _linked(entries),
    )


def _entry(recorded: Recorded, participant: UUID, standing: dict[int, Step], open_sealed: Opener) -> HistoryEntry:
    fact, number = recorded.fact, recorded.originator_version
    told = HistoryEntry(
        number,
        recorded.position,
        tag_of(fact).removeprefix("journey."),
        recorded.entry.recorded_at,
        recorded.entry.recorded_by,
    )
    match fact:
        case Corrected(entry=entry, replacement=replacement):
            changed = _changed(standing[entry], replacement)
            standing[entry] = replacement
            reason = open_sealed(participant, "corrected.reason", fact.reason)
            return msgspec.structs.replace(
                told, happened_on=replacement.happened_on, fields=changed, reason=reason, corrects=entry
            )
        case Withdrawn(entry=entry):
            reason = open_sealed(participant, "withdrawn.reason", fact.reason)
            return msgspec.structs.replace(told, reason=reason, withdraws=entry)
        case Disputed(entry=entry):
            return msgspec.structs.replace(told, disputes=entry)
        case DisputeSettled(entry=entry):
            return msgspec.structs.replace(told, settles=entry)
        case OtherParticipation(participation=participation, enrolled_on=enrolled_on):
            return msgspec.structs.replace(told, happened_on=enrolled_on, fields={"participation": participation})
        case _:
            standing[number] = fact
            return _step(told, fact, participant, open_sealed)


def _step(told: HistoryEntry, step: Step, participant: UUID, open_sealed: Opener) -> HistoryEntry:
    reason = None
    if override := getattr(step, "override_reason", None):
        reason = open_sealed(participant, f"{step_name(step)}.override_reason", override)
    return msgspec.structs.replace(
        told,
        happened_on=step.happened_on,
        fields={name: value for name, value in _fields(step).items() if name != "on"},
        sealed=tuple(name for name in _sealed(step) if name != "override_reason"),
        verdict=step.verdict if isinstance(step, Enrolled) else (),
        reason=reason,
        warnings=tuple(warnings(step)),
    )


def _fields(step: Step) -> dict[str, Any]:
    """The clear fields of a step that are given, `on` first."""
    hidden = {"participant", "programme", "participation", "verdict", "happened_on"}
    found: dict[str, Any] = {"on": step.happened_on.isoformat()}
    for field in msgspec.structs.fields(type(step)):
        value = getattr(step, field.name)
        if field.name not in hidden and not is_sealed(field) and value not in (None, ()):
            found[field.name] = msgspec.to_builtins(value)
    return found


def _sealed(step: Step) -> list[str]:
    return [
        field.name
        for field in msgspec.structs.fields(type(step))
        if is_sealed(field) and getattr(step, field.name) is not None
    ]


def _changed(before: Step, after: Step) -> dict[str, Any]:
    old, new = _fields(before), _fields(after)
    return {
        name: {"old": old.get(name), "new": new.get(name)} for name in {**old, **new} if old.get(name) != new.get(name)
    }


def _linked(entries: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    """The entries with what later ones did to them."""
    corrections: dict[int, tuple[int, ...]] = {}
    withdrawals: dict[int, int] = {}
    disputed: set[int] = set()
    for entry in entries:
        if entry.corrects is not None:
            corrections[entry.corrects] = (*corrections.get(entry.corrects, ()), entry.entry)
        if entry.withdraws is not None:
            withdrawals[entry.withdraws] = entry.entry
        if entry.disputes is not None:
            disputed.add(entry.disputes)
        if entry.settles is not None:
            disputed.discard(entry.settles)
    return [
        msgspec.structs.replace(
            entry,
            corrected_by=corrections.get(entry.entry, ()),
            withdrawn_by=withdrawals.get(entry.entry),
            disputed=entry.entry in disputed,
        )
        for entry in entries
    ]
