"""Values from files and the command line → the types of the domain, with errors a user can act on."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import Text, _

_YES = {"true", "yes", "ja", "wahr", "1", "x", "j", "y"}
_NO = {"false", "no", "nein", "falsch", "0", "n"}
S = TypeVar("S", bound=Struct)


def required(values: Mapping[str, Any], name: str) -> Any:
    """A value that has to be there."""
    if name not in values:
        raise Refused("missing_field", _("Das Feld {name} fehlt.", name=name), field=name)
    return values[name]


def converted(name: str, value: Any, wanted: Any) -> Any:
    """A value as the type wants it, also from the way a table or a German text writes it."""
    if _bare(wanted) is Decimal and re.fullmatch(r"\d{1,3}(\.\d{3})+", str(value)) and isinstance(value, str):
        text = _("{name}: {found} ist mehrdeutig; bitte ohne Punkt, Cent mit Komma schreiben.", name=name, found=value)
        raise Refused("bad_value", text, field=name)
    try:
        found = msgspec.convert(_normal(value, _bare(wanted)), wanted, strict=False)
        return Decimal(format(found.normalize(), "f")) if isinstance(found, Decimal) and found.is_finite() else found
    except (msgspec.ValidationError, ValueError, TypeError, ArithmeticError):
        text = _("{name}: {found} geht nicht; {wanted}", name=name, found=str(value)[:60], wanted=_wanted(wanted))
        raise Refused("bad_value", text, field=name) from None


def writable(name: str, value: Any) -> str:
    """A text that can be stored and hashed; the message never shows it. Refused: half a character."""
    text = str(value).strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("bad_value", _("{name} enthält unlesbare Zeichen.", name=name), field=name) from None
    return text


def refuse_unknown(values: Mapping[str, Any], what: str, known: Iterable[str]) -> None:
    """Refused: a field that does not belong there."""
    possible = tuple(known)
    if unknown := sorted(values.keys() - set(possible)):
        text = _(
            "{what} kennt das Feld {found} nicht; möglich sind {known}.",
            what=what,
            found=tuple(unknown),
            known=possible,
        )
        raise Refused("unknown_field", text, field=unknown[0])


def struct_of(values: Mapping[str, Any], kind: type[S], *, what: str) -> S:
    """A struct from a mapping, such as a TOML table. Refused: as `required`, `converted` and `refuse_unknown`."""
    fields = msgspec.structs.fields(kind)
    refuse_unknown(values, what, (field.name for field in fields))
    taken: dict[str, Any] = {}
    for field in fields:
        if field.name not in values:
            if field.required:
                required(values, field.name)
        elif isinstance(field.type, type) and issubclass(field.type, Struct) and isinstance(values[field.name], dict):
            taken[field.name] = struct_of(values[field.name], field.type, what=field.name)
        else:
            taken[field.name] = converted(field.name, values[field.name], field.type)
    return kind(**taken)


def _bare(wanted: Any) -> Any:
    """The type inside `Annotated` and `… | None`."""
    if hasattr(wanted, "__metadata__"):
        return _bare(get_args(wanted)[0])
    if isinstance(wanted, UnionType) or get_origin(wanted) is Union:
        return _bare(next(option for option in get_args(wanted) if option is not type(None)))
    return wanted


def _normal(value: Any, wanted: Any) -> Any:
    if wanted is date:
        return _iso(value)
    if wanted is bool:
        word = str(value).strip().lower()
        return True if word in _YES else False if word in _NO else value
    if get_origin(wanted) is tuple:
        return [part.strip() for part in re.split(r"[,;|]", value)] if isinstance(value, str) else value
    if wanted is str:
        if isinstance(value, str) and any(character < " " for character in value):
            raise ValueError("a control character")
        return str(value) if isinstance(value, str | int) else value
    if get_origin(wanted) is dict:
        return value
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
