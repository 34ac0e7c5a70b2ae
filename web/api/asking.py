"""What a request may hold: the schemas of queries and bodies, its key, the version it was decided on."""

import re
from datetime import date
from enum import Enum
from typing import Any
from uuid import uuid4

from flask import Request, g, request
from marshmallow import Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import UnsupportedMediaType

from domain.errors import Refused
from domain.texts import _
from web.commands import Asked, request_id
from web.said import Said, in_language, messages
from web.schemas import Given, Wanted, field_of
from web.words import language

_KEY = re.compile(r"[ -~]{1,200}")
_VERSION = re.compile(r'"([0-9]{1,9})"')
LARGEST_NUMBER = 2**53 - 1


class Invalid(Refused):
    """What a request holds is not what it may hold; `errors` are the messages by field, in the language asked for."""

    def __init__(self, messages: Any) -> None:
        super().__init__("invalid_request", _("Die Angaben stimmen nicht; welche, steht unter errors."))
        self.errors = in_language(messages, language())


class BadJson(Refused):
    """The body is no JSON."""


class Parser(FlaskParser):
    """Schemas over requests; what is not known is refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 -- the library's way: the schema says

    def handle_error(
        self, error: ValidationError, req: Any, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> Any:
        """Say what is wrong as every other refusal."""
        del req, schema, error_status_code, error_headers
        raise Invalid(_flat(error.messages)) from None

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body. Refused: another format, what is no JSON."""
        del schema
        if not req.is_json:
            raise UnsupportedMediaType
        found = req.get_json(silent=True)
        if found is None:
            if req.get_data().strip() != b"null":
                raise BadJson("bad_json", _("Der Inhalt der Anfrage ist kein JSON."))
            return None
        return found

    def load_form(self, req: Request, schema: Schema) -> Any:
        """The fields and the files of a form."""
        return MultiDictProxy(CombinedMultiDict([req.form, req.files]), schema)


def _flat(messages: Any) -> Any:
    """The messages by field, without the place they were found in."""
    return next(iter(messages.values())) if isinstance(messages, dict) and len(messages) == 1 else messages


def asked() -> Asked:
    """Under which id this is asked for (`Idempotency-Key`), and the version it was decided on (`If-Match`).

    Refused: a key of other than 1 to 200 printable characters, a version that is none.
    """
    key, match = request.headers.get("Idempotency-Key"), request.headers.get("If-Match", "").strip()
    if key is not None and not _KEY.fullmatch(key):
        text = _("Idempotency-Key hat 1 bis 200 druckbare Zeichen (ASCII).")
        raise Refused("bad_value", text, field="Idempotency-Key")
    expected = None
    if match not in ("", "*"):
        found = _VERSION.fullmatch(match)
        if found is None:
            text = _("If-Match nennt eine Version in Anführungszeichen, wie ETag sie nennt.")
            raise Refused("bad_value", text, field="If-Match")
        expected = int(found[1])
    g.has_key = key is not None
    return Asked(request_id(key) if key is not None else uuid4(), expected)


# --- the schemas of queries ---------------------------------------------------------------------------


class _Whole(fields.Integer):
    """A whole number, written with digits."""

    def _validated(self, value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,16}", value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class _YesNo(fields.Boolean):
    """`true` or `false`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **rest: Any) -> bool:
        del attr, data, rest
        if value not in ("true", "false"):
            raise self.make_error("invalid", input=value)
        return bool(value == "true")


class Day(fields.Date):
    """A day, `2018-02-19`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **rest: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **rest)


def text(description: str, **given: Any) -> fields.Field[Any]:
    """A text of a query."""
    wanted = Wanted("text", str, required=given.get("required", False))
    field = field_of(wanted)
    return _described(field, description, given)


def whole(description: str, low: int = 0, high: int = LARGEST_NUMBER, **given: Any) -> fields.Field[Any]:
    """A number of a query, within limits."""
    error = Said(_("Erlaubt ist {low} bis {high}.", low=low, high=high))
    field = _Whole(validate=validate.Range(low, high, error=error), error_messages=messages(fields.Integer))
    return _described(field, description, given)


def yes_no(description: str, **given: Any) -> fields.Field[Any]:
    """A question of a query."""
    return _described(_YesNo(error_messages=messages(fields.Boolean)), description, given)


def day(description: str, **given: Any) -> fields.Field[Any]:
    """A day of a query."""
    return _described(Day(error_messages=messages(fields.Date)), description, given)


def choice(description: str, kind: type[Enum], **given: Any) -> fields.Field[Any]:
    """One of some values."""
    return _described(fields.Enum(kind, by_value=True, error_messages=messages(fields.Enum)), description, given)


def _described(field: fields.Field[Any], description: str, given: dict[str, Any]) -> fields.Field[Any]:
    field.required = given.get("required", False)
    field.allow_none = False
    field.metadata = {key: value for key, value in field.metadata.items() if key == "wanted"} | {
        "description": description
    }
    return field


def query(name: str, *schemas: type[Given], **declared: fields.Field[Any]) -> type[Given]:
    """The schema of a query, with the fields of others."""
    every: dict[str, Any] = {}
    for schema in schemas:
        every |= dict(schema._declared_fields)
    return type(name, (Given,), every | declared)


NOTHING = query("Nothing")
"""A query without anything."""
AT = query(
    "At",
    datenstand=text(
        "As the ledger held it: a position, or a day (its end in Germany). Without it, the present. Refused: one that "
        "is not there."
    ),
)
"""A query at a Datenstand; `web.words.datenstand` reads it."""
