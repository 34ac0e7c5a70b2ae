"""A programme as a TOML file."""

import tomllib
from pathlib import Path

from domain.errors import Refused
from domain.facts import ProgrammeOpened
from domain.texts import _
from projections.catalogue import CORE
from projections.exchange.files import unreadable
from projections.exchange.values import struct_of


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
    opening = struct_of(data, ProgrammeOpened, what=path.name)
    for code in opening.targets:
        CORE.figure(code)
    return opening
