"""A programme as a TOML file."""

import tomllib
from pathlib import Path

import msgspec

from domain.errors import Refused
from domain.facts import ProgrammeOpened
from domain.texts import _
from projections.catalogue import CORE
from projections.exchange.files import unreadable


def read_programme_file(path: Path) -> ProgrammeOpened:
    """The opening a file describes. Refused: a file that cannot be read, a missing, unknown or impossible entry,
    a target for a figure that does not exist."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None
    except tomllib.TOMLDecodeError as error:
        text = _("{path} ist keine TOML-Datei: {reason}", path=path, reason=str(error))
        raise Refused("bad_toml", text) from None
    try:
        opening = msgspec.convert(data, ProgrammeOpened)
    except msgspec.ValidationError as error:
        text = _("{path}: {reason}. Siehe docs/import.md, Abschnitt Programmdatei.", path=path, reason=str(error))
        raise Refused("bad_programme", text) from None
    for code in opening.targets:
        CORE.figure(code)
    return opening
