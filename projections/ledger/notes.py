"""Signed notes (C2SP signed-note), checkpoints (C2SP tlog-checkpoint) and proofs (C2SP tlog-proof), unchanged.

Signatures are Ed25519 (RFC 8032). Cosignatures of witnesses (C2SP tlog-cosignature) are verified too.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from projections.ledger.tree import HASH_SIZE

_ED25519, _COSIGNATURE = 1, 4
_KEY_SIZE, _ID_SIZE, _TIME_SIZE = 32, 4, 8
_MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_PRIVATE = "PRIVATE+KEY+"
_PROOF = "c2sp.org/tlog-proof@v1"


class BadNote(ValueError):
    """A note, key or proof that is none, or whose signature is wrong; says which and why."""


class Verifier(NamedTuple):
    """A public key that signs under a name."""

    name: str
    key: bytes
    kind: int = _ED25519

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key in a line `name+id+key`. Refused (`BadNote`): another form, an id that is not the key's."""
        name, key_id, data = _parts(text.strip().split("+", 2), text)
        verifier = cls(name, data[1:], data[0])
        if verifier.kind not in (_ED25519, _COSIGNATURE) or verifier.id.hex() != key_id:
            raise BadNote(f"not a verifier key: {text!r}")
        return verifier

    @property
    def id(self) -> bytes:
        """The four bytes that name the key beside its name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.key)}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Refused (`BadNote`): a signature that is not this key's over the text."""
        if self.kind == _COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:_TIME_SIZE], "big"), signature[_TIME_SIZE:]
            text = f"cosignature/v1\ntime {seconds}\n".encode() + text
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text)
        except InvalidSignature:
            raise BadNote(f"wrong signature of {self.name}") from None


class Signer:
    """A private key that signs under a name."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verifier = Verifier(name, private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new key. Refused (`BadNote`): a name with blanks or a plus sign."""
        if not _NAME.fullmatch(name):
            raise BadNote(f"not a name of a key: {name!r}")
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key in a line `PRIVATE+KEY+name+id+key`. Refused (`BadNote`), without a word of what it says."""
        try:
            private, key, name, key_id, data = text.strip().split("+", 4)
            name, key_id, raw = _parts([name, key_id, data], "")
            signer = cls(name, Ed25519PrivateKey.from_private_bytes(raw[1:]))
        except (ValueError, BadNote):
            raise BadNote("not a signing key") from None
        if f"{private}+{key}+" != _PRIVATE or raw[0] != _ED25519 or signer.verifier.id.hex() != key_id:
            raise BadNote("not a signing key")
        return signer

    @property
    def text(self) -> str:
        """The private key as a line."""
        seed = bytes([_ED25519]) + self._private.private_bytes_raw()
        return f"{_PRIVATE}{self.verifier.name}+{self.verifier.id.hex()}+{_base64(seed)}"

    def signature(self, text: bytes) -> bytes:
        """The signature line over a text; the same text has the same signature every time."""
        signed = _base64(self.verifier.id + self._private.sign(text))
        return f"— {self.verifier.name} {signed}\n".encode()


class Checkpoint(NamedTuple):
    """The head of a tree: whose tree, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """The checkpoint in the text of a note. Refused (`BadNote`): another form."""
        lines = _lines(text)
        if len(lines) < 3 or not lines[0] or not _SIZE.fullmatch(lines[1]) or not all(lines):
            raise BadNote("not a checkpoint")
        root = _bytes(lines[2])
        if len(root) != HASH_SIZE:
            raise BadNote("a root hash of another length")
        return cls(lines[0], int(lines[1]), root)

    @property
    def text(self) -> bytes:
        """Its three lines."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n".encode()

    def note(self, signers: Iterable[Signer]) -> bytes:
        """The checkpoint as a note, signed."""
        return self.text + b"\n" + b"".join(signer.signature(self.text) for signer in signers)


def three_lines(note: str) -> list[str]:
    """The lines of a checkpoint as they are printed on what it covers: whose tree, size, root."""
    return note.splitlines()[:3]


def split_note(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text of a note and its signatures as (name, key id ‖ signature). Refused (`BadNote`): another form."""
    text, blank, signatures = note.rpartition(b"\n\n")
    lines = _lines(signatures)
    if not blank or not text or len(lines) > _MOST_SIGNATURES:
        raise BadNote("not a signed note")
    _lines(text + b"\n")
    found = []
    for line in lines:
        dash, _blank, rest = line.partition(" ")
        name, _blank, signature = rest.partition(" ")
        if dash != "—" or not _NAME.fullmatch(name) or len(data := _bytes(signature)) <= _ID_SIZE:
            raise BadNote("not a signature line")
        found.append((name, data))
    return text + b"\n", found


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> tuple[bytes, list[Verifier]]:
    """The text of a note and the known keys that signed it.

    Refused (`BadNote`): a wrong signature of a known key, no signature of one.
    """
    text, signatures = split_note(note)
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    signed = []
    for name, data in signatures:
        if verifier := known.get((name, data[:_ID_SIZE])):
            verifier.verify(text, data[_ID_SIZE:])
            signed.append(verifier)
    if not signed:
        raise BadNote("no known key signed")
    return text, signed


class EntryProof(NamedTuple):
    """The proof that an entry is in a tree: its number among the leaves, the hashes, the checkpoint as a note."""

    number: int
    hashes: Sequence[bytes]
    note: bytes

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """The proof in a `.tlog-proof`. Refused (`BadNote`): another form."""
        head, blank, note = text.partition(b"\n\n")
        first, *lines = _lines(head + b"\n")
        if lines and lines[0].startswith("extra "):
            _bytes(lines.pop(0).removeprefix("extra "))
        index = lines.pop(0) if lines else ""
        if first != _PROOF or not blank or not index.startswith("index ") or not _SIZE.fullmatch(index[6:]):
            raise BadNote("not a proof")
        return cls(int(index[6:]), [_bytes(line) for line in lines], note)

    @property
    def text(self) -> bytes:
        """The proof as a `.tlog-proof`."""
        lines = [_PROOF, f"index {self.number}", *map(_base64, self.hashes)]
        return "\n".join(lines).encode() + b"\n\n" + self.note


def _parts(parts: Sequence[str], told: str) -> tuple[str, str, bytes]:
    """Name, id and data of a written key."""
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or len(data := _bytes(parts[2])) != 1 + _KEY_SIZE:
        raise BadNote(f"not a key: {told!r}")
    return parts[0], parts[1], data


def _lines(text: bytes) -> list[str]:
    """The lines of a text that ends with one. Refused: control characters, bytes that are no UTF-8."""
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        raise BadNote("not UTF-8") from None
    if not decoded.endswith("\n") or any(letter < " " and letter != "\n" for letter in decoded):
        raise BadNote("control characters, or no end of line")
    return decoded[:-1].split("\n")


def _bytes(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("not base64") from None
    if _base64(data) != text:
        raise BadNote("not base64")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
