"""Answers: what projections return, as JSON, and its schemas for the documentation, both from the same types.

A `Text` within an answer is said in the language of the request; what has its fields by name, a named tuple too, is an
object.
"""

from collections.abc import Sequence
from functools import cache
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from flask import Response, request
from msgspec import Struct

from domain.texts import Text
from web.words import say

COMPONENTS = "#/components/schemas/{name}"


def answer(value: Any, status: int = 200, *, version: int | str | None = None) -> Response:
    """A value as JSON. `version` becomes its ETag; a client that has that one already is told so (304)."""
    response = Response(msgspec.json.encode(plain(value)), status, content_type="application/json")
    if version is not None:
        response.set_etag(str(version))
        if request.method == "GET":
            response.make_conditional(request)
    return response


def plain(value: Any) -> Any:
    """A value as msgspec encodes it, every text in it in the language of the request."""
    if isinstance(value, Text):
        return say(value)
    kind: Any = type(value)
    if told_as(kind) is not kind:
        return _told(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(one) for one in value]
    return value


def _told(value: Any) -> dict[str, Any]:
    """The fields of a struct or named tuple; those left out that say what they say without being given."""
    if not isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value._fields}
    fields = msgspec.structs.fields(value)
    found = {field.name: (field, getattr(value, field.name)) for field in fields}
    short = value.__struct_config__.omit_defaults
    return {name: plain(one) for name, (field, one) in found.items() if not short or one != _default(field)}


def schemas_of(kinds: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The JSON schemas of the answers of some types, and those of what they name, by its name."""
    schemas, components = msgspec.json.schema_components([told_as(kind) for kind in kinds], ref_template=COMPONENTS)
    return cast(list[dict[str, Any]], _described(list(schemas))), cast(dict[str, Any], _described(components))


def _described(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: cleandoc(value) if name == "description" and isinstance(value, str) else _described(value)
            for name, value in schema.items()
        }
    return [_described(one) for one in schema] if isinstance(schema, list) else schema


@cache
def told_as(kind: Any) -> Any:
    """The type as it is answered: the same, or where a `Text` or a named tuple is in it another one in its place."""
    if kind is Text:
        return str
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _struct_told_as(kind)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind, include_extras=True)
        return _made(kind, [(name, told_as(hint)) for name, hint in hints.items()])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is None or origin is Annotated or not inner:
        return kind
    told = tuple(one if one is ... else told_as(one) for one in inner)
    if told == inner:
        return kind
    return Union[told] if origin in (Union, UnionType) else origin[told]  # noqa: UP007 -- made of a tuple


def _struct_told_as(kind: type[Struct]) -> type[Struct]:
    fields = msgspec.structs.fields(kind)
    told = [(field, told_as(field.type)) for field in fields]
    if all(field.type == found for field, found in told):
        return kind
    declared = [
        (field.name, found) if field.required else (field.name, found, _default(field)) for field, found in told
    ]
    return _made(kind, declared, omit_defaults=kind.__struct_config__.omit_defaults)


def _made(kind: type, declared: Sequence[Any], *, omit_defaults: bool = False) -> type[Struct]:
    made = msgspec.defstruct(kind.__name__, declared, kw_only=True, omit_defaults=omit_defaults, module=kind.__module__)
    made.__doc__ = kind.__doc__
    return made


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else msgspec.NODEFAULT


def or_none(kind: Any) -> Any:
    """The type, or nothing."""
    return kind | NoneType
