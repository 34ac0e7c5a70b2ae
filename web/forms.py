"""Forms from schemas: what is typed becomes the interface's JSON and goes through the same schema.

A field's widget follows from what it takes. What was typed is kept as it was typed, so a refused form comes back whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import uuid4

import msgspec
from flask import request
from marshmallow import ValidationError
from msgspec import Struct
from werkzeug.datastructures import MultiDict

from domain.errors import Refused
from domain.labels import hint_of, label_of, value_label
from domain.texts import Text, _
from projections.exchange.values import converted
from web.said import in_language
from web.schemas import Given, Wanted
from web.words import language, said_refusal, say

Choices = Callable[[], Sequence[tuple[str, str]]] | Sequence[tuple[str, str]]
"""What can be chosen: value and label."""
_LONG = {"note", "why", "override_reason", "contact"}
_YES_NO = (("true", _("ja")), ("false", _("nein")))


class FormField(Struct):
    """A field as a page shows it. `widget` is text, date, number, long, choice, several, answer or password."""

    name: str
    label: str
    widget: str
    hint: str | None
    required: bool
    value: str = ""
    values: tuple[str, ...] = ()
    choices: Sequence[tuple[str, str]] = ()
    errors: list[str] = []
    autocomplete: str = "off"

    @property
    def id(self) -> str:
        """The id of its input."""
        return f"field-{self.name}"

    @property
    def described_by(self) -> str | None:
        """The ids of what describes it."""
        told = [f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-error"] * bool(self.errors)
        return " ".join(told) or None

    def chosen(self, value: str) -> bool:
        """Whether a choice is chosen."""
        return value in self.values if self.widget == "several" else value == self.value


class Form:
    """A form over a schema. `labels`, `hints` and `choices` say otherwise than the glossary; `initial` is shown at
    first. `expected` is the version the page was made from, where something may have changed meanwhile."""

    def __init__(
        self,
        schema: type[Given],
        *,
        labels: Mapping[str, Text] | None = None,
        hints: Mapping[str, Text] | None = None,
        choices: Mapping[str, Choices] | None = None,
        initial: Mapping[str, Any] | None = None,
        left_out: Iterable[str] = (),
        expected: int | None = None,
    ) -> None:
        self._schema = schema(exclude=tuple(left_out))
        self._labels, self._hints, self._choices = labels or {}, hints or {}, choices or {}
        self.posted = request.method == "POST"
        self.request_id = request.form.get("request_id", "") if self.posted else str(uuid4())
        self.expected = request.form.get("expected_version", "") if self.posted else str(expected or "")
        self.errors: list[str] = []
        self.fields = {name: self._field(name, wanted) for name, wanted in self._wanted()}
        for name, value in (initial or {}).items():
            if name in self.fields and not self.posted:
                self._show(self.fields[name], value)

    def __iter__(self) -> Any:
        return iter(self.fields.values())

    def __getitem__(self, name: str) -> FormField:
        return self.fields[name]

    def valid(self) -> dict[str, Any] | None:
        """What was given as the schema gives it out; None where something is wrong, and then the fields say what."""
        given: dict[str, Any] = {}
        for name, wanted in self._wanted():
            try:
                value = self._typed(name, wanted, request.form)
            except Refused as refused:
                self.fields[name].errors.append(say(refused.text))
                continue
            if value is not None:
                given[name] = value
        if self.failed:
            return None
        try:
            loaded: dict[str, Any] = self._schema.load(given)
        except ValidationError as wrong:
            for name, found in in_language(wrong.messages, language()).items():
                self._say(name, _flat(found))
            return None
        return loaded

    def refuse(self, refused: Refused, fields: Mapping[str, str] | None = None) -> None:
        """Show a refusal of the domain at its field, or above the form; `fields` maps its field to one of the form."""
        name = (fields or {}).get(refused.field or "", refused.field or "")
        self._say(name, [said_refusal(refused)])

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.errors) or any(field.errors for field in self.fields.values())

    def _say(self, name: str, messages: Iterable[str]) -> None:
        (self.fields[name].errors if name in self.fields else self.errors).extend(messages)

    def _wanted(self) -> Iterable[tuple[str, Wanted]]:
        for name, field in self._schema.fields.items():
            yield name, field.metadata["wanted"]

    def _field(self, name: str, wanted: Wanted) -> FormField:
        hint = self._hints.get(name, hint_of(name))
        choices = self._choices.get(name)
        told = FormField(
            name,
            say(self._labels.get(name, label_of(name))),
            "choice" if choices is not None and not wanted.many else _widget(name, wanted),
            say(hint) if hint else None,
            wanted.required,
            choices=_chosen_from(wanted) if choices is None else choices() if callable(choices) else choices,
            errors=[],
        )
        if self.posted:
            told.value = request.form.get(name, "")
            told.values = tuple(request.form.getlist(name))
        elif wanted.default is not None:
            self._show(told, wanted.default)
        return told

    def _show(self, field: FormField, value: Any) -> None:
        if isinstance(value, list | tuple):
            field.values = tuple(_shown(one) for one in value)
            field.value = ", ".join(field.values)
        else:
            field.value = _shown(value)

    def _typed(self, name: str, wanted: Wanted, form: MultiDict[str, str]) -> Any:
        """What was typed in a field as JSON has it; None where it is empty."""
        if wanted.many:
            lines = [part.strip() for one in form.getlist(name) for part in one.splitlines()]
            return [one for one in lines if one] or None
        text = form.get(name, "").strip()
        if not text:
            return None
        if wanted.kind is str or wanted.sealed:
            return text.replace("\r\n", "\n")
        value = converted(self.fields[name].label, text, wanted.kind)
        return str(value) if isinstance(value, Decimal) else msgspec.to_builtins(value)


def _widget(name: str, wanted: Wanted) -> str:
    if wanted.many:
        return "several" if _is_enum(wanted.kind) else "long"
    if _is_enum(wanted.kind):
        return "choice"
    if wanted.sealed:
        return "long" if name in _LONG else "date" if name == "birth_date" else "text"
    kinds = {bool: "answer", date: "date", int: "number", float: "number", Decimal: "number"}
    return kinds.get(wanted.kind, "password" if name == "password" else "text")


def _chosen_from(wanted: Wanted) -> Sequence[tuple[str, str]]:
    if _is_enum(wanted.kind):
        return [(str(one.value), say(value_label(one))) for one in wanted.kind]
    if wanted.kind is bool:
        return [(value, say(label)) for value, label in _YES_NO]
    return ()


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _shown(value: Any) -> str:
    """A value as somebody would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case date():
            return value.strftime("%d.%m.%Y") if language() == "de" else value.isoformat()
        case float() | Decimal():
            text = format(value, "f") if isinstance(value, Decimal) else f"{value:g}"
            return text.replace(".", ",") if language() == "de" else text
        case _:
            return str(value)


def _flat(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [message for one in found.values() for message in _flat(one)]
    return [message for one in found for message in _flat(one)] if isinstance(found, list) else [str(found)]
