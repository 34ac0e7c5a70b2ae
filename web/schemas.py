"""The marshmallow schemas of the interface and of the forms, derived from the fields of the facts.

Nothing is declared twice: a field's type, limits and whether it is needed come from its fact, its label and hint from
`web.labels`. In JSON dates are ISO texts, an amount of money is a number or a text with a decimal point, and what is
sealed is a text on its way in.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import msgspec
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from msgspec import Meta, Struct

from domain.errors import Refused
from domain.facts import Enrolled, Fact, Step, is_sealed, step_name
from domain.labels import label_of
from domain.texts import _
from projections.exchange.steps import fields_of
from projections.exchange.values import writable
from web.said import NOT_AN_OBJECT, UNKNOWN_FIELD, Said, messages

LONGEST_TEXT = 4_000
"""Letters of a sealed text at most: a note, a reason."""
LONGEST = 120
"""Letters of any other text."""
MOST = 50
"""Values of a list at most."""
AMOUNT = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
"""How an amount of money is written as a text."""


class Given(Schema):
    """What somebody gives: a field nobody knows is refused."""

    class Meta:
        """The rules of the schema."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 -- marshmallow's own way to say it
        "unknown": Said(UNKNOWN_FIELD),
        "type": Said(NOT_AN_OBJECT),
    }

    def handle_error(self, error: ValidationError, data: Any, **rest: Any) -> None:
        """Nothing of what was given is kept with the error: it may be personal."""
        del data, rest
        error.data, error.valid_data = None, None


class Wanted(Struct, frozen=True):
    """What a field takes: the bare type, whether it has to be given, its limits, whether it is sealed or a list."""

    name: str
    kind: Any
    required: bool
    limits: Meta | None = None
    sealed: bool = False
    many: bool = False
    default: Any = None


def wanted_of(name: str, hint: Any, *, required: bool, sealed: bool = False, default: Any = None) -> Wanted:
    """A field of a fact, taken apart."""
    if sealed:
        return Wanted(name, str, required, Meta(max_length=LONGEST_TEXT), sealed=True)
    bare, limits = _apart(hint)
    if get_origin(bare) is tuple:
        inner, limits = _apart(get_args(bare)[0])
        return Wanted(name, inner, required, limits, many=True)
    return Wanted(name, bare, required, limits, default=default)


def _apart(hint: Any) -> tuple[Any, Meta | None]:
    """A type without `… | None` and without `Annotated`, and the limits found there."""
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        limits = next((note for note in notes if isinstance(note, Meta)), None)
        return inner, limits
    return hint, None


def field_of(wanted: Wanted) -> fields.Field[Any]:
    """The marshmallow field for it."""
    if wanted.many:
        single = field_of(msgspec.structs.replace(wanted, many=False, required=True))
        return fields.List(single, **_common(wanted, fields.List), validate=_Most(MOST))
    match wanted.kind:
        case kind if isinstance(kind, type) and issubclass(kind, Enum):
            return fields.Enum(kind, by_value=True, **_common(wanted, fields.Enum))
        case kind if kind is bool:
            return _Answer(**_common(wanted, fields.Boolean))
        case kind if kind is int:
            return fields.Integer(strict=True, validate=_Within(wanted.limits), **_common(wanted, fields.Integer))
        case kind if kind is float:
            return _Real(validate=_Within(wanted.limits), **_common(wanted, fields.Float))
        case kind if kind is Decimal:
            return _Amount(**_common(wanted, fields.Decimal))
        case kind if kind is date:
            return fields.Date(**_common(wanted, fields.Date))
        case kind if kind is UUID:
            return fields.UUID(**_common(wanted, fields.UUID))
        case _:
            return _Words(validate=_Written(wanted), **_common(wanted, fields.String))


def _common(wanted: Wanted, kind: type[fields.Field[Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "required": wanted.required,
        "allow_none": not wanted.required,
        "error_messages": messages(kind),
        "metadata": {"description": label_of(wanted.name).in_language("en"), "wanted": wanted},
    }
    if not wanted.required and wanted.default is not None:
        said["metadata"]["default"] = msgspec.to_builtins(wanted.default)
    return said


class _Answer(fields.Boolean):
    """Yes or no, and in JSON nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> bool:
        del attr, data, rest
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class _Real(fields.Float):
    """A number that is one in JSON too."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, str | bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class _Amount(fields.Decimal):
    """Euro and cents: a number, or a text with a decimal point."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        if isinstance(value, str) and not re.fullmatch(AMOUNT, value):
            raise self.make_error("invalid", input=value)
        return super()._validated(str(value) if isinstance(value, float) else value)


class _Words(fields.String):
    """A text without blanks around it; an empty one is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        found = super()._deserialize(value, attr, data, **rest)
        return found.strip()


class _Within(validate.Validator):
    """A number within the limits of its fact."""

    def __init__(self, limits: Meta | None) -> None:
        self.low = limits.ge if limits and limits.ge is not None else None
        self.above = limits.gt if limits and limits.gt is not None else None
        self.high = limits.le if limits and limits.le is not None else 2**53
        self.min, self.max = self.low, self.high
        self.min_inclusive, self.max_inclusive = True, True

    def __call__(self, value: float) -> float:
        low = self.low if self.low is not None else self.above
        good = (self.low is None or value >= self.low) and (self.above is None or value > self.above)
        if not good or value > self.high:
            text = _("Erlaubt ist {low} bis {high}.", low=low if low is not None else 0, high=self.high)
            raise ValidationError(Said(text))
        return value


class _Written(validate.Validator):
    """A text as its fact wants it: its length, its pattern, no control characters."""

    def __init__(self, wanted: Wanted) -> None:
        limits = wanted.limits
        self.shortest = limits.min_length if limits and limits.min_length else int(wanted.required)
        self.longest = limits.max_length if limits and limits.max_length else LONGEST
        self._pattern = validate.Regexp(limits.pattern) if limits and limits.pattern else None
        self._lines = wanted.sealed

    def __call__(self, value: str) -> str:
        if not self.shortest <= len(value) <= self.longest:
            text = _(
                "Erlaubt sind {low} bis {high} Zeichen, es sind {found}.",
                low=self.shortest,
                high=self.longest,
                found=len(value),
            )
            raise ValidationError(Said(text))
        allowed = "\n\r\t" if self._lines else ""
        if any(character < " " and character not in allowed for character in value):
            raise ValidationError(Said(_("Der Text enthält Steuerzeichen.")))
        try:
            writable("", value)
            if self._pattern:
                self._pattern(value)
        except Refused:
            raise ValidationError(Said(_("Der Text ist nicht lesbar."))) from None
        except ValidationError:
            text = _(
                "Erlaubt sind Buchstaben ohne Umlaute, Ziffern, Punkt, Strich und Unterstrich, am Anfang kein Zeichen."
            )
            raise ValidationError(Said(text)) from None
        return value


class _Most(validate.Validator):
    """A list of at most so many, each once."""

    def __init__(self, most: int) -> None:
        self.max = most

    def __call__(self, value: list[Any]) -> list[Any]:
        if len(value) > self.max:
            raise ValidationError(Said(_("Höchstens {most} Angaben.", most=self.max)))
        return value


_FOLLOWS = ((Enrolled, "age"),)
"""What may be left out because it follows from something else that is given; the domain says if it does not."""


@cache
def step_schema(kind: type[Step]) -> type[Given]:
    """The schema of a step, as its fields are in the import file: `on`, then its own, sealed ones as plain texts."""
    declared: dict[str, fields.Field[Any]] = {"on": field_of(wanted_of("on", date, required=True))}
    for field in fields_of(kind):
        default = next(one.default for one in msgspec.structs.fields(kind) if one.name == field.name)
        default = None if default is msgspec.NODEFAULT else default
        required = field.required and (kind, field.name) not in _FOLLOWS
        declared[field.name] = field_of(
            wanted_of(field.name, field.type, required=required, sealed=field.sealed, default=default)
        )
    return _schema("".join(part.capitalize() for part in step_name(kind).split("_")), declared)


@cache
def fact_schema(kind: type[Fact], *left_out: str) -> type[Given]:
    """The schema of any other fact whose fields somebody gives, some left out."""
    declared = {
        field.name: field_of(
            wanted_of(
                field.name,
                field.type,
                required=field.required,
                sealed=is_sealed(field),
                default=None if field.default is msgspec.NODEFAULT else field.default,
            )
        )
        for field in msgspec.structs.fields(kind)
        if field.name not in left_out
    }
    return _schema(kind.__name__, declared)


def schema_with(name: str, /, **wanted: Wanted) -> type[Given]:
    """A schema of fields that belong to no fact, such as the reason of a correction."""
    return _schema(name, {field: field_of(one) for field, one in wanted.items()})


def combined(name: str, *schemas: type[Given]) -> type[Given]:
    """One schema with the fields of several."""
    declared: dict[str, Any] = {}
    for schema in schemas:
        declared |= dict(schema._declared_fields)
    return _schema(name, declared)


def _schema(name: str, declared: Mapping[str, Any]) -> type[Given]:
    return type(name, (Given,), dict(declared))
