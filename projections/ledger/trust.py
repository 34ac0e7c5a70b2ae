"""What somebody kept outside: checkpoints, and the keys to check them with, as files in a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from domain.errors import Refused
from domain.texts import _
from projections.ledger.notes import BadNote, Verifier
from projections.ledger.outside import Outside

_KEYS = ".vkey"
_LARGEST = 1 << 16


class Trusted(NamedTuple):
    """Keys and checkpoints that come from elsewhere."""

    keys: tuple[Verifier, ...] = ()
    checkpoints: tuple[Outside, ...] = ()


def read_trusted(folder: Path) -> Trusted:
    """The keys in the `.vkey` files of a folder, and a checkpoint from every other file.

    Refused: no such folder, one without any file, a key that is none, a file that cannot be read.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file())
        contents = {file: file.read_bytes() for file in files if file.stat().st_size <= _LARGEST}
    except OSError as error:
        text = _("Der Ordner {path} ist nicht lesbar: {reason}", path=folder, reason=error.strerror or str(error))
        raise Refused("unreadable_folder", text, field="trusted") from None
    if not files:
        raise Refused("nothing_trusted", _("Im Ordner {path} liegt nichts.", path=folder), field="trusted")
    return trusted_of({file.name: contents.get(file, b"") for file in files})


def trusted_of(files: Mapping[str, bytes]) -> Trusted:
    """The keys in files whose names end in `.vkey`, and a checkpoint from every other. Refused: a key that is none."""
    keys = []
    for name, content in files.items():
        if name.endswith(_KEYS):
            try:
                keys.append(Verifier.parse(content.decode()))
            except (BadNote, UnicodeDecodeError):
                text = _("In {path} steht kein Schlüssel zum Prüfen.", path=name)
                raise Refused("bad_key", text, field="trusted") from None
    outside = (Outside(name, content) for name, content in files.items() if not name.endswith(_KEYS))
    return Trusted(tuple(keys), tuple(outside))
