"""Characters no text may hold: a store, an export or a printed page would break on them later."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from domain.errors import Refused
from domain.texts import _

_NOWHERE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL cannot store, and halves of characters, which cannot be encoded."""
_IN_NO_LINE = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Besides them all control characters, line breaks included, and what XML cannot hold."""

_encode = msgspec.json.Encoder().encode


def refuse_unstorable(field: str, text: str) -> None:
    """Refused: a text of several lines with NUL or half a character. `field` is named, the text never shown."""
    _refuse(field, text, _NOWHERE)


def refuse_control_characters(entry: Struct, *, lines: bool) -> None:
    """Refused: a text anywhere in an entry with a character that cannot be stored or, unless texts of several `lines`
    belong into it, with any control character. The innermost field is named.

    Nearly every entry is passed at once: in JSON a control character is escaped or not printable.
    """
    try:
        text = _encode(entry).decode()
    except UnicodeEncodeError:
        text = ""
    if not text or "\\" in text or not text.isprintable():
        _search(msgspec.to_builtins(entry), "", _NOWHERE if lines else _IN_NO_LINE)


def _search(value: Any, field: str, unwanted: re.Pattern[str]) -> None:
    match value:
        case str():
            _refuse(field, value, unwanted)
        case dict():
            for name, one in value.items():
                _refuse(field, name, unwanted)
                _search(one, name, unwanted)
        case list() | tuple():
            for one in value:
                _search(one, field, unwanted)


def _refuse(field: str, text: str, unwanted: re.Pattern[str]) -> None:
    if found := unwanted.search(text):
        code_point = f"U+{ord(found.group()):04X}"
        message = _(
            "{name} enthält das Zeichen {found}, das nicht gespeichert werden kann; bitte entfernen.",
            name=field,
            found=code_point,
        )
        raise Refused("bad_value", message, field=field)
