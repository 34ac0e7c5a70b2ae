"""What the person of a row is found by: the caller's key of the person and of the row, the number, the name."""

from uuid import UUID

from domain.errors import Refused
from domain.facts import Enrolled
from domain.terms import erased_stream, journey_stream
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER, OWN_KEY, Vault
from projections.exchange.placing import Row

_ROW = "row"
"""The kind of lookup, before the programme, that finds the person of a row by the row's id."""


def known_person(vault: Vault, row: Row) -> UUID | None:
    """The person of a row; None where an enrolment names a key not known yet.

    Refused: another step of nobody known; a customer number or a row's id that belongs to another person.
    """
    known = vault.find(OWN_KEY, row.participant)
    if known is None and not (row.step and row.step.kind is Enrolled):
        raise Refused("unknown_participant", _("Die Person ist nicht aufgenommen."), field="participant")
    if _held_by_another(vault, CUSTOMER_NUMBER, _personal(row, CUSTOMER_NUMBER), known):
        text = _("Die Kundennummer gehört schon zu einer anderen Person.")
        raise Refused("customer_number_taken", text, field="customer_number")
    if _held_by_another(vault, f"{_ROW}/{row.programme}", row.raw.values.get("id"), known):
        text = _("Eine Zeile mit dieser id ist schon erfasst, zu einer anderen Person.")
        raise Refused("changed_row", text, field="id")
    return known


def remember(vault: Vault, row: Row, participant: UUID) -> None:
    """What is stored of a row lets the person be found by its number and its name, and the row by its id."""
    if number := _personal(row, CUSTOMER_NUMBER):
        vault.set_lookup(CUSTOMER_NUMBER, number, participant)
    if name := _personal(row, "name"):
        vault.set_name(participant, name)
    if own := row.raw.values.get("id"):
        vault.add_lookup(f"{_ROW}/{row.programme}", own, participant)


def streams_of(participant: UUID, programme: str) -> list[UUID]:
    """What the commands about a person read: the first journeys, and the marks of an erasure."""
    journeys = [journey_stream(participant, programme, number) for number in (1, 2)]
    return [*journeys, *(erased_stream(about) for about in (participant, *journeys))]


def _held_by_another(vault: Vault, kind: str, value: str | None, known: UUID | None) -> bool:
    holder = vault.find(kind, value) if value is not None else None
    return holder is not None and holder != known


def _personal(row: Row, field: str) -> str | None:
    return row.step.personal.get(field) if row.step else None
