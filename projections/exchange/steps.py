"""One row of an import file → the step it says, checked field by field."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.facts import STEP_BY_NAME, Enrolled, Step, is_sealed, step_name
from domain.texts import Text, _
from domain.vault import Vault

COMMON = ("id", "participant", "programme", "step", "on", "participation", "recorded_by")
"""The columns every step may have besides its own fields."""
WITHDRAWN = "withdrawn"
"""A row of this step takes back the row whose `id` its column `entry` names."""
_DECIDED_LATER = {"happened_on", "participant", "programme", "participation", "verdict"}
_YES = {"true", "yes", "ja", "wahr", "1", "x", "j", "y"}
_NO = {"false", "no", "nein", "falsch", "0", "n"}


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
    _refuse_unknown(values, name, fields)
    plain: dict[str, Any] = {}
    personal: dict[str, str] = {}
    for field in fields:
        value = values.get(field.name)
        if value is None:
            continue
        if field.sealed:
            personal[field.name] = str(value).strip()
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


def required(values: Mapping[str, Any], name: str) -> Any:
    """A value that has to be there."""
    if name not in values:
        raise Refused("missing_field", _("Das Feld {name} fehlt.", name=name), field=name)
    return values[name]


def converted(name: str, value: Any, wanted: Any) -> Any:
    """A value as the type wants it, also from the way a table or a German text writes it."""
    try:
        return msgspec.convert(_normal(value, _bare(wanted)), wanted, strict=False)
    except (msgspec.ValidationError, ValueError, TypeError):
        text = _("{name}: {found} geht nicht; {wanted}", name=name, found=str(value)[:60], wanted=_wanted(wanted))
        raise Refused("bad_value", text, field=name) from None


def _refuse_unknown(values: Mapping[str, Any], step: str, fields: tuple[Field, ...]) -> None:
    known = {*COMMON, *(field.name for field in fields)}
    if unknown := sorted(values.keys() - known):
        text = _(
            "{step} kennt das Feld {found} nicht; möglich sind {known}.",
            step=step,
            found=tuple(unknown),
            known=tuple(field.name for field in fields),
        )
        raise Refused("unknown_field", text, field=unknown[0])


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
    age = happened_on.year - born.year - ((happened_on.month, happened_on.day) < (born.month, born.day))
    if plain.setdefault("age", age) != age:
        text = _("Das Alter {found} passt nicht zum Geburtsdatum.", found=plain["age"])
        raise Refused("age_contradicts", text, field="age")


# --- values ---------------------------------------------------------------------------------------


def _bare(wanted: Any) -> Any:
    """The type inside `Annotated` and `… | None`."""
    if hasattr(wanted, "__metadata__"):
        return _bare(get_args(wanted)[0])
    options = [option for option in get_args(wanted) if option is not type(None)]
    return _bare(options[0]) if options and get_origin(wanted) is not tuple else wanted


def _normal(value: Any, wanted: Any) -> Any:
    if wanted is date:
        return _iso(value)
    if wanted is bool:
        word = str(value).strip().lower()
        return True if word in _YES else False if word in _NO else value
    if get_origin(wanted) is tuple:
        return [part.strip() for part in re.split(r"[,;|]", value)] if isinstance(value, str) else value
    if wanted is str:
        return str(value)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return str(value).strip().lower()
    if isinstance(value, str) and "," in value:
        return value.replace(".", "").replace(",", ".")
    if isinstance(value, float) and wanted is not float:
        return str(value)
    return value


def _iso(value: Any) -> str:
    text = str(value).strip()
    if german := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
        day, month, year = german.groups()
        return f"{year}-{month:0>2}-{day:0>2}"
    return text


def _wanted(wanted: Any) -> Text:
    bare = _bare(wanted)
    if get_origin(bare) is tuple:
        return _wanted(get_args(bare)[0])
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _("möglich sind {known}.", known=tuple(bare))
    words: dict[Any, Callable[[], Text]] = {
        date: lambda: _("erwartet wird ein Datum, JJJJ-MM-TT oder TT.MM.JJJJ."),
        bool: lambda: _("erwartet wird ja oder nein."),
        str: lambda: _("der Text ist leer, zu lang oder enthält unerlaubte Zeichen."),
    }
    return words.get(bare, lambda: _("erwartet wird eine Zahl im erlaubten Bereich."))()
