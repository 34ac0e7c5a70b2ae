"""A zip whose every byte follows from the names and contents of its files: stored, undated, without extra fields.

So a checker that knows the files knows the whole zip, and no byte can be changed in it unnoticed.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO, NamedTuple
from zlib import crc32

from domain.errors import Refused
from domain.texts import _

_VERSION, _DATE, _UNIX, _MODE = 20, 0x21, 3 << 8, 0o100644 << 16
_LOCAL, _CENTRAL, _END = (
    struct.Struct("<4sHHHHHIIIHH"),
    struct.Struct("<4sHHHHHHIIIHHHHHII"),
    struct.Struct("<4sHHHHIIH"),
)
LARGEST = (1 << 32) - 1
"""What a zip without the extra fields of ZIP64 can say of a size or a place."""


class _Member(NamedTuple):
    name: bytes
    at: int
    size: int
    crc: int
    digest: str

    @property
    def local(self) -> bytes:
        """The header before the content."""
        sizes = (self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _DATE, *sizes) + self.name

    @property
    def central(self) -> bytes:
        """The record in the list at the end."""
        sizes = (self.crc, self.size, self.size, len(self.name), 0, 0, 0, 0, _MODE, self.at)
        return _CENTRAL.pack(b"PK\1\2", _UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, *sizes) + self.name


class Archive:
    """The zip being written to a file that can be sought in; its files in the order they are added."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[_Member] = []

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file added so far, in hexadecimal."""
        return {member.name.decode(): member.digest for member in self._members}

    def add(self, name: str, content: bytes) -> None:
        """Add a file."""
        with self.adding(name) as write:
            write(content)

    @contextmanager
    def adding(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Add a file piece by piece with the function this gives. Refused: a zip beyond 4 GiB."""
        member = _Member(name.encode("ascii"), self._file.tell(), 0, 0, "")
        self._file.write(member.local)
        size, crc, digest = 0, 0, sha256()

        def write(piece: bytes) -> None:
            nonlocal size, crc
            size, crc = size + len(piece), crc32(piece, crc)
            _require_room(member.at + size)
            digest.update(piece)
            self._file.write(piece)

        yield write
        member = member._replace(size=size, crc=crc, digest=digest.hexdigest())
        self._file.seek(member.at)
        self._file.write(member.local)
        self._file.seek(0, 2)
        self._members.append(member)

    def close(self) -> int:
        """Write the list of files; the size of the whole."""
        at = self._file.tell()
        central = b"".join(member.central for member in self._members)
        _require_room(at + len(central))
        count = len(self._members)
        self._file.write(central + _END.pack(b"PK\5\6", 0, 0, count, count, len(central), at, 0))
        return self._file.tell()


def _require_room(size: int) -> None:
    if size > LARGEST:
        text = _("Das Bündel wird größer als 4 GiB; mit --programme wird es kleiner.")
        raise Refused("bundle_too_large", text, field="programme")
