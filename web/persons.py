"""What is personal, opened for who may see it: many fields at once, every opening in the log of reads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.facts import Corrected, Enrolled, Fact, Recorded, Step, Withdrawn, is_sealed, step_name
from domain.texts import Text, _
from projections.roster.journeys import enrolment_entries
from web.access import present_visitor
from web.house import now, stores
from web.references import pseudonym_of
from web.words import datenstand, say

NOT_OPENED: dict[str, Text] = {
    "no_key": _("(gelöscht)"),
    "restricted": _("(gesperrt)"),
    "sealed_elsewhere": _("(beschädigt)"),
}
"""What stands in the place of a field that is not opened, by the vault's refusal."""
REASONS = ("corrected.reason", "withdrawn.reason", "enrolled.override_reason", "coach_assigned.override_reason")
"""What an auditor may read too: why something was changed (§ 67c Abs. 4 SGB X); the read is logged."""


class Envelope(NamedTuple):
    """A sealed field of an entry: whose, which, its bytes."""

    participant: UUID
    field: str
    sealed: bytes


def names_of(journeys: Mapping[UUID, UUID]) -> dict[UUID, str]:
    """The names of the persons of some journeys (journey → participant), by participant; where none was given or the
    visitor sees pseudonyms only, the pseudonym."""
    told = {participant: pseudonym_of(participant) for participant in journeys.values()}
    if present_visitor().under_pseudonyms:
        return told
    found = [
        Envelope(participant, "enrolled.name", enrolled.name)
        for participant, enrolled in _enrolments(journeys)
        if enrolled.name is not None
    ]
    for envelope, text in opened(found, "list").items():
        told[envelope.participant] = text
    return told


def _enrolments(journeys: Mapping[UUID, UUID]) -> list[tuple[UUID, Enrolled]]:
    """The enrolments of some journeys as they read at the Datenstand; of the ledger only their own entries are read."""
    positions = enrolment_entries(stores().read_model, journeys, datenstand())
    recorded: dict[UUID, list[Recorded]] = {}
    for one in stores().journal.at(positions):
        recorded.setdefault(one.originator_id, []).append(one)
    found = ((journeys[stream], _enrolled(entries)) for stream, entries in recorded.items())
    return [(participant, enrolled) for participant, enrolled in found if enrolled is not None]


def opened(envelopes: Sequence[Envelope], purpose: str) -> dict[Envelope, str]:
    """The texts in some envelopes; what is erased or restricted says so instead."""
    wanted = list(dict.fromkeys(envelopes))
    texts = stores().vault.open_many(wanted, account=present_visitor().code, purpose=purpose, now=now())
    return {envelope: _shown(text) for envelope, text in zip(wanted, texts, strict=True)}


def readable(recorded: Sequence[Recorded], participant: UUID) -> list[Envelope]:
    """The sealed fields of some entries that the visitor may read."""
    return [
        envelope
        for one in recorded
        for envelope in envelopes_of(one.fact, participant)
        if not present_visitor().under_pseudonyms or envelope.field in REASONS
    ]


def envelopes_of(fact: Fact, participant: UUID) -> Iterator[Envelope]:
    """The sealed fields of a fact, those of a replacement too."""
    if isinstance(fact, Corrected):
        yield Envelope(participant, "corrected.reason", fact.reason)
        yield from envelopes_of(fact.replacement, participant)
    elif isinstance(fact, Withdrawn):
        yield Envelope(participant, "withdrawn.reason", fact.reason)
    elif isinstance(fact, Step):
        for field in msgspec.structs.fields(type(fact)):
            sealed = getattr(fact, field.name)
            if is_sealed(field) and sealed is not None:
                yield Envelope(participant, f"{step_name(fact)}.{field.name}", sealed)


def _enrolled(recorded: Sequence[Recorded]) -> Enrolled | None:
    """The enrolment as it reads now; None where it is withdrawn."""
    found: Enrolled | None = None
    for one in recorded:
        if isinstance(one.fact, Enrolled):
            found = one.fact
        elif isinstance(one.fact, Corrected) and isinstance(one.fact.replacement, Enrolled):
            found = one.fact.replacement
    return found


def _shown(text: str | Refused) -> str:
    if isinstance(text, str):
        return text
    if text.code not in NOT_OPENED:
        raise text
    return say(NOT_OPENED[text.code])
