"""Messages of schemas in two languages: marshmallow carries plain strings, so these know the text they are."""

from typing import Any

from marshmallow import fields

from domain.texts import Text, _


class Said(str):
    """A message as marshmallow wants it, and the text it says in either language."""

    __slots__ = ("text",)
    text: Text

    def __new__(cls, text: Text) -> "Said":
        """The message of a text; as a string it is German."""
        said = super().__new__(cls, str(text) if text.values else text.german)
        said.text = text
        return said

    def format(self, *_values: object, **values: object) -> "Said":
        """With the values it names filled in, as marshmallow does for the messages of a field. What was given comes
        along too, and may be personal: that is not kept."""
        named = {name: value for name, value in values.items() if f"{{{name}}}" in self.text.german}
        return Said(Text(self.text.german, {**self.text.values, **named}))


MESSAGES: dict[type[fields.Field[Any]], dict[str, Text]] = {
    fields.Field: {
        "required": _("Diese Angabe fehlt."),
        "null": _("Diese Angabe darf nicht leer sein."),
        "validator_failed": _("Dieser Wert geht nicht."),
    },
    fields.String: {"invalid": _("Erwartet wird ein Text."), "invalid_utf8": _("Der Text ist nicht lesbar.")},
    fields.Integer: {"invalid": _("Erwartet wird eine ganze Zahl."), "too_large": _("Die Zahl ist zu groß.")},
    fields.Number: {"invalid": _("Erwartet wird eine Zahl."), "too_large": _("Die Zahl ist zu groß.")},
    fields.Float: {"special": _("Erwartet wird eine Zahl.")},
    fields.Decimal: {"special": _("Erwartet wird ein Betrag.")},
    fields.Boolean: {"invalid": _("Erwartet wird ja oder nein.")},
    fields.Date: {
        "invalid": _("Das ist kein Datum; erwartet wird JJJJ-MM-TT."),
        "invalid_awareness": _("Das ist kein Datum; erwartet wird JJJJ-MM-TT."),
        "format": _("Das ist kein Datum; erwartet wird JJJJ-MM-TT."),
    },
    fields.UUID: {"invalid_uuid": _("Das ist keine Kennung (UUID).")},
    fields.List: {"invalid": _("Erwartet wird eine Liste.")},
    fields.Enum: {
        "unknown": _("Möglich sind: {choices}."),
    },
}
UNKNOWN_FIELD = _("Diese Angabe gibt es hier nicht.")
NOT_AN_OBJECT = _("Erwartet wird ein JSON-Objekt.")


def messages(kind: type[fields.Field[Any]]) -> dict[str, Any]:
    """The messages of a kind of field, those of its ancestors included."""
    found: dict[str, Any] = {}
    for ancestor in reversed(kind.__mro__):
        found |= {code: Said(text) for code, text in MESSAGES.get(ancestor, {}).items()}
    return found


def in_language(errors: Any, language: str) -> Any:
    """Marshmallow's tree of errors with every message in a language."""
    if isinstance(errors, dict):
        return {str(name): in_language(value, language) for name, value in errors.items()}
    if isinstance(errors, list | tuple):
        return [in_language(one, language) for one in errors]
    return errors.text.in_language(language) if isinstance(errors, Said) else str(errors)
