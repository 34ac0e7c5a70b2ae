"""One row of an import file → the step it says, checked field by field."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.facts import STEP_BY_NAME, Enrolled, Step, is_sealed, step_name
from domain.texts import _
from domain.vault import Vault
from projections.exchange.values import converted, refuse_unknown, required, writable

COMMON = ("id", "participant", "programme", "step", "on", "participation", "recorded_by")
"""The columns every step may have besides its own fields."""
WITHDRAWN = "withdrawn"
"""A row of this step takes back the row whose `id` its column `entry` names."""
_DECIDED_LATER = {"happened_on", "participant", "programme", "participation", "verdict"}


class Field(NamedTuple):
    """A field of a step as the import file has it."""

    name: str
    type: Any
    required: bool
    sealed: bool


class GivenStep(NamedTuple):
    """A step as a row gives it: personal values still in the clear, everything checked for its form."""

    kind: type[Step]
    happened_on: date
    values: dict[str, Any]
    personal: dict[str, str]

    def content(self) -> bytes:
        """What the row says, in a form that does not depend on how it was written."""
        said = [self.kind.__name__, self.happened_on, self.values, self.personal]
        return msgspec.json.encode(said, order="sorted")

    def sealed(self, vault: Vault, participant: UUID, programme: str) -> Step:
        """The step with its personal values sealed."""
        name = step_name(self.kind)
        values = self.values | {
            field: vault.seal(participant, f"{name}.{field}", text) for field, text in self.personal.items()
        }
        if self.kind is Enrolled:
            values |= {"participant": participant, "programme": programme}
        return self.kind(happened_on=self.happened_on, **values)


def given_step(values: Mapping[str, Any]) -> GivenStep:
    """The step a row gives. Refused: an unknown step or field, a missing field, a value that cannot be."""
    name = str(required(values, "step"))
    kind = STEP_BY_NAME.get(name)
    if kind is None:
        text = _("Den Schritt {found} gibt es nicht; möglich sind {known}.", found=name, known=tuple(STEP_BY_NAME))
        raise Refused("unknown_step", text, field="step")
    happened_on = converted("on", required(values, "on"), date)
    fields = fields_of(kind)
    refuse_unknown(values, name, (*COMMON, *(field.name for field in fields)))
    plain: dict[str, Any] = {}
    personal: dict[str, str] = {}
    for field in fields:
        value = values.get(field.name)
        if value is None:
            continue
        if field.sealed:
            personal[field.name] = writable(field.name, value)
        else:
            plain[field.name] = converted(field.name, value, field.type)
    if kind is Enrolled:
        _settle_age(happened_on, plain, personal)
    for field in fields:
        if field.required and field.name not in plain:
            required(values, field.name)
    return GivenStep(kind, happened_on, plain, personal)


@cache
def fields_of(kind: type[Step]) -> tuple[Field, ...]:
    """The fields of a step in the import file, in order."""
    return tuple(
        Field(field.name, field.type, field.required, is_sealed(field))
        for field in msgspec.structs.fields(kind)
        if field.name not in _DECIDED_LATER
    )


def _settle_age(happened_on: date, plain: dict[str, Any], personal: dict[str, str]) -> None:
    """The age follows from the birth date where only that is given, and must not contradict it."""
    if "birth_date" not in personal:
        return
    try:
        born = converted("birth_date", personal["birth_date"], date)
    except Refused:
        text = _("birth_date ist kein Datum; erwartet wird JJJJ-MM-TT oder TT.MM.JJJJ.")
        raise Refused("bad_value", text, field="birth_date") from None
    personal["birth_date"] = born.isoformat()
    if born > happened_on:
        text = _("birth_date liegt nach der Aufnahme.")
        raise Refused("bad_value", text, field="birth_date")
    age = happened_on.year - born.year - ((happened_on.month, happened_on.day) < (born.month, born.day))
    if plain.setdefault("age", age) != age:
        text = _("Das Alter {found} passt nicht zum Geburtsdatum.", found=plain["age"])
        raise Refused("age_contradicts", text, field="age")
