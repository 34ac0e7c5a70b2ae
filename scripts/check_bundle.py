#!/usr/bin/env python3
"""Check an auditor's bundle: python3 check_bundle.py FILE.zip [--key VKEY_OR_FILE]… [--previous CHECKPOINT_FILE]
[--who FIGURE[,TRAIT=VALUE]] [--edition NAME]

One file that stands alone: Python 3.9 or newer, its standard library, and the program `openssl` (3.0 or newer) for the
Ed25519 signatures. It shares no code with the product whose bundle it checks: formats, tree and figures are written
here a second time, from docs/bundle.md and the definitions of the figures. Exit status: 0 in order, 1 not in order,
2 wrong usage.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, BinaryIO, NamedTuple, NoReturn

CHUNK = 1 << 20
MOST_FILES = 20_000
MOST_ENTRIES = 20_000_000
MOST_PROBLEMS = 40
LONGEST_LINE = {"events.ndjson": 16 << 20, "figures.json": 64 << 20}
LARGEST_FILE = {"catalogue.json": 64 << 20, "code.sha256": 8 << 20, "manifest": 8 << 20}
LARGEST_OTHER = 1 << 20

BEFORE_ROTATIONS = ("LIESMICH.txt", "README.txt", "checkpoint", "log.vkey", "previous.checkpoint", "consistency")
AFTER_ROTATIONS = ("events.ndjson", "figures.json", "catalogue.json", "code.sha256")
OPTIONAL = ("previous.checkpoint", "consistency")
ROTATION = re.compile(r"rotation-([1-9][0-9]{0,3})\.checkpoint")
PROOF = re.compile(r"proofs/edition-([A-Za-z0-9][A-Za-z0-9._-]{0,39})-([1-9][0-9]{0,8})-(draft|approval)\.tlog-proof")
MANIFEST_HEAD = "werdegang-bundle/1"
FIGURES_HEAD = '{"format":"werdegang-figures/1","editions":['

TRAITS = ("gender", "age_group", "municipality", "single_parent", "education")
PERSON_FIGURES = (
    "participants_enrolled",
    "participants_active",
    "participants_coached",
    "participants_qualified",
    "placed_svp",
    "placed_minijob_only",
    "placed_ausbildung",
    "placed_selbstaendig",
    "placed_any",
    "single_parents_in_svp",
    "follow_up_funded",
    "exits",
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Broken(Exception):
    """What makes every further check pointless, in German and in English."""

    def __init__(self, german: str, english: str) -> None:
        super().__init__(german, english)
        self.words = (german, english)


class WrongUsage(Exception):
    """What was asked for cannot be, in German and in English."""

    def __init__(self, german: str, english: str) -> None:
        super().__init__(german, english)
        self.words = (german, english)


class Report:
    """What was found: every list holds pairs of a German and an English sentence."""

    def __init__(self) -> None:
        self.checked: list[tuple[str, str]] = []
        self.unchecked: list[tuple[str, str]] = []
        self.noticed: list[tuple[str, str]] = []
        self.problems: list[tuple[str, str]] = []
        self.more = 0
        self.origin = False

    def ok(self, german: str, english: str) -> None:
        """A check that was carried out."""
        self.checked.append((german, english))

    def wrong(self, german: str, english: str) -> None:
        """A check that failed; beyond a number of them they are only counted."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((german, english))
        else:
            self.more += 1


def plain(found: object) -> str:
    """Something found in the bundle, safe to be shown on a terminal."""
    text = str(found)
    letters = (letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text[:160])
    return "".join(letters) + ("…" if len(text) > 160 else "")


# --- JSON, base64 -------------------------------------------------------------------------------------


class Decimal(str):
    """A number with a point, as it is written: it is compared and hashed, never computed with."""

    __slots__ = ()


def _whole(text: str) -> int:
    if len(text) > 18:
        raise ValueError("a number too long")
    return int(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError("not a number: " + text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_int=_whole, parse_constant=_no_constant
)
_text_of = json.encoder.encode_basestring  # as JSON without escaping what needs none


def from_json(text: str) -> Any:
    """The value of a JSON text. ValueError: no JSON, a key twice, NaN, a number of more than 18 digits."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def canonical(value: Any) -> str:
    """A value as JSON: keys sorted, no blanks, numbers as they were written."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return _text_of(value)
    if isinstance(value, dict):
        return "{" + ",".join(_text_of(key) + ":" + canonical(value[key]) for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value)


def from_base64(text: str) -> bytes:
    """Bytes written in base64, in the only way they can be. ValueError: another."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not base64")
    return data


def to_base64(data: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(data).decode()


# --- the zip ------------------------------------------------------------------------------------------


class File(NamedTuple):
    """A file of the zip: where its header and its content begin, its size, check sum and SHA-256."""

    name: str
    header: int
    start: int
    size: int
    crc: int
    digest: str


class Bundle:
    """The zip, every byte of which is accounted for once it is open."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        """Broken: a zip that is in any byte other than its files and their order make it."""
        self._stream = stream
        self.length = length
        self.files: dict[str, File] = {}
        at = 0
        while True:
            stream.seek(at)
            head = stream.read(30)
            if head[:4] != b"PK\3\4":
                break
            file = self._read_file(at, head)
            self.files[file.name] = file
            at = file.start + file.size
        if not self.files:
            raise Broken("Das ist kein Bündel: am Anfang steht kein ZIP.", "This is no bundle: no zip begins here.")
        self._check_names()
        self._check_end(at)

    def _read_file(self, at: int, head: bytes) -> File:
        last = next(reversed(self.files), "")
        size, length = (int.from_bytes(head[18:22], "little"), int.from_bytes(head[26:28], "little"))
        name = self._stream.read(min(length, 200)).decode("ascii", "replace")
        if len(head) < 30 or length > 120 or not is_known(name) or name in self.files:
            raise Broken(
                f"Byte {at}: nach {last or 'dem Anfang'} steht eine Datei, die dort nicht stehen darf: {plain(name)}",
                f"Byte {at}: after {last or 'the beginning'} there is a file that must not be there: {plain(name)}",
            )
        limit = self.length if name in LONGEST_LINE else LARGEST_FILE.get(name, LARGEST_OTHER)
        start = at + 30 + length
        if size > min(limit, self.length - start) or len(self.files) >= MOST_FILES:
            raise Broken(
                f"{name}: {size} Byte sind angegeben; das ist zu viel oder mehr, als da ist.",
                f"{name}: {size} bytes are declared; that is too much, or more than there is.",
            )
        crc, digest = self._sums(start, size)
        expected = local_header(name, size, crc)
        found = head + name.encode("ascii", "replace")
        if found != expected:
            byte = first_difference(found, expected)
            what = ("Inhalt und Prüfsumme passen nicht zusammen", "content and check sum do not fit")
            if not 14 <= byte < 18:
                what = ("der Kopf der Datei im ZIP ist verändert", "its header in the zip is changed")
            raise Broken(f"{name}: {what[0]} (Byte {at + byte}).", f"{name}: {what[1]} (byte {at + byte}).")
        return File(name, at, start, size, crc, digest)

    def _sums(self, start: int, size: int) -> tuple[int, str]:
        crc, digest, left = 0, hashlib.sha256(), size
        self._stream.seek(start)
        while left and (chunk := self._stream.read(min(CHUNK, left))):
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
            digest.update(chunk)
        return crc, digest.hexdigest()

    def _check_names(self) -> None:
        found = list(self.files)
        expected = expected_names(found)
        missing = [name for name in expected if name not in self.files]
        if missing:
            names = ", ".join(missing[:5])
            raise Broken(f"Im Bündel fehlt: {names}.", f"The bundle lacks: {names}.")
        if found != expected:
            name = next(one for one, other in zip(found, expected) if one != other)  # noqa: B905 -- Python 3.9
            raise Broken(f"{name} steht nicht an seiner Stelle.", f"{name} is not in its place.")

    def _check_end(self, at: int) -> None:
        """The list of files at the end of the zip, and that nothing follows."""
        records = [(file.name, central_record(file)) for file in self.files.values()]
        size = sum(len(record) for _name, record in records)
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(records), len(records), size, at, 0)
        self._stream.seek(at)
        place = at
        for name, record in [*records, ("", end)]:
            found = self._stream.read(len(record))
            if found != record:
                byte = place + first_difference(found, record)
                last = next(reversed(self.files))
                what = (f"Eintrag zu {name}", f"entry of {name}") if name else ("Ende", "end")
                if name == records[0][0] and found[:4] != record[:4]:
                    what = (f"nach {last} endet die Folge der Dateien", f"after {last} the files end")
                raise Broken(
                    f"Verzeichnis des ZIP, {what[0]}: verändert oder unvollständig (Byte {byte}).",
                    f"Directory of the zip, {what[1]}: changed or incomplete (byte {byte}).",
                )
            place += len(record)
        if place != self.length:
            raise Broken(
                f"Hinter dem Ende des ZIP stehen noch {self.length - place} Byte (Byte {place}).",
                f"There are {self.length - place} more bytes behind the end of the zip (byte {place}).",
            )

    def __contains__(self, name: str) -> bool:
        return name in self.files

    def read(self, name: str) -> bytes:
        """The content of a file that is not one of the large ones."""
        file = self.files[name]
        self._stream.seek(file.start)
        return self._stream.read(file.size)

    def text(self, name: str) -> str:
        """The same as text. Broken: no UTF-8."""
        try:
            return self.read(name).decode()
        except UnicodeDecodeError:
            raise Broken(f"{name}: kein UTF-8.", f"{name}: not UTF-8.") from None

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines of a large file with their numbers from 0, without their ends. Broken: one that is too long."""
        file, number = self.files[name], 0
        at, end = file.start, file.start + file.size
        while at < end:
            self._stream.seek(at)
            for line in self._some_lines(name, end - at):
                if not line.endswith(b"\n"):
                    raise Broken(
                        f"{name}, Zeile {number + 1}: zu lang oder ohne Zeilenende.",
                        f"{name}, line {number + 1}: too long, or without an end of line.",
                    )
                yield number, line[:-1]
                number, at = number + 1, at + len(line)

    def _some_lines(self, name: str, left: int) -> list[bytes]:
        """The next lines, about a megabyte of them: who takes them may read elsewhere meanwhile."""
        some: list[bytes] = []
        read = 0
        while read < min(left, CHUNK):
            line = self._stream.readline(min(left - read, LONGEST_LINE[name]))
            some.append(line)
            read += len(line)
            if not line.endswith(b"\n"):
                break
        return some


def is_known(name: str) -> bool:
    """Whether a bundle may hold a file of that name."""
    fixed = name in (*BEFORE_ROTATIONS, *AFTER_ROTATIONS, "manifest")
    return fixed or bool(ROTATION.fullmatch(name) or PROOF.fullmatch(name))


def expected_names(found: list[str]) -> list[str]:
    """The files a bundle must hold that holds these, in their order."""
    with_previous = any(name in found for name in OPTIONAL)
    first = [name for name in BEFORE_ROTATIONS if with_previous or name not in OPTIONAL]
    rotations = sum(1 for name in found if ROTATION.fullmatch(name))
    proofs = sorted(name for name in found if PROOF.fullmatch(name))
    numbered = [f"rotation-{number}.checkpoint" for number in range(1, rotations + 1)]
    return [*first, *numbered, *AFTER_ROTATIONS, *proofs, "manifest"]


def local_header(name: str, size: int, crc: int) -> bytes:
    """The only header a file of that content may have: stored, 1 January 1980, no extra fields."""
    fixed = (20, 0, 0, 0, 0x21)
    return struct.pack("<4sHHHHHIIIHH", b"PK\3\4", *fixed, crc, size, size, len(name), 0) + name.encode()


def central_record(file: File) -> bytes:
    """The only record it may have in the zip's list of files."""
    fixed = (0x0314, 20, 0, 0, 0, 0x21)
    sizes = (file.crc, file.size, file.size, len(file.name), 0, 0, 0, 0, 0o100644 << 16, file.header)
    return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", *fixed, *sizes) + file.name.encode()


def first_difference(one: bytes, other: bytes) -> int:
    """Where two texts begin to differ."""
    common = min(len(one), len(other))
    return next((place for place in range(common) if one[place] != other[place]), common)


# --- keys, notes, signatures --------------------------------------------------------------------------


class Key(NamedTuple):
    """A public key and the name it signs under."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name it in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([1]) + self.raw)}"


def parse_key(text: str) -> Key:
    """The key in a line `name+id+key`. ValueError: none, or one that is not Ed25519."""
    name, key_id, data = text.split("+", 2)
    raw = from_base64(data)
    key = Key(name, raw[1:])
    if len(raw) != 33 or raw[0] != 1 or not name or re.search(r"\s", name) or key.id.hex() != key_id:
        raise ValueError("not a key")
    return key


class Note(NamedTuple):
    """A signed text: (name, key id, signature) of every signature line."""

    text: bytes
    signatures: list[tuple[str, bytes, bytes]]


def parse_note(data: bytes) -> Note:
    """A signed note. ValueError: another form."""
    text, _blank, signatures = data.rpartition(b"\n\n")
    lines = signatures.decode().split("\n")
    if not text or lines.pop() or not 1 <= len(lines) <= 100:
        raise ValueError("not a signed note")
    found = []
    for line in lines:
        dash, name, signature = line.split(" ")
        raw = from_base64(signature)
        if dash != "—" or not name or "+" in name or len(raw) < 5:
            raise ValueError("not a signature line")
        found.append((name, raw[:4], raw[4:]))
    return Note(text + b"\n", found)


class Checkpoint(NamedTuple):
    """The head of a tree."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: bytes) -> Checkpoint:
    """The checkpoint in the text of a note. ValueError: another form."""
    lines = text.decode().split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines) or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]):
        raise ValueError("not a checkpoint")
    root = from_base64(lines[2])
    if len(root) != 32:
        raise ValueError("not a root hash")
    return Checkpoint(lines[0], int(lines[1]), root)


class OpenSsl:
    """The program that verifies Ed25519 signatures, tried on a known signature before it is trusted."""

    # RFC 8032, section 7.1, test 2
    _KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    _SIGNATURE = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    def __init__(self, folder: str) -> None:
        self._program = shutil.which("openssl")
        self._folder = folder
        self._known: dict[tuple[bytes, bytes, bytes], bool] = {}

    def problem(self) -> tuple[str, str] | None:
        """Why signatures cannot be verified here; None if they can."""
        if self._program is None:
            return (
                "Das Programm openssl fehlt (nötig: 3.0 oder neuer): keine Unterschrift konnte geprüft werden.",
                "The program openssl is missing (3.0 or newer is needed): no signature could be verified.",
            )
        key, signature = bytes.fromhex(self._KEY), bytes.fromhex(self._SIGNATURE)
        if self.verify(key, b"\x72", signature) and not self.verify(key, b"\x73", signature):
            return None
        self._program = None
        return (
            "Das Programm openssl prüft keine Ed25519-Unterschriften (nötig: OpenSSL 3.0 oder neuer): "
            "keine Unterschrift konnte geprüft werden.",
            "The program openssl does not verify Ed25519 signatures (OpenSSL 3.0 or newer is needed): "
            "no signature could be verified.",
        )

    def verify(self, key: bytes, text: bytes, signature: bytes) -> bool:
        """Whether a signature over a text is that of a key; without the program, which is told once, True."""
        if self._program is None:
            return True
        asked = (key, hashlib.sha256(text).digest(), signature)
        if asked not in self._known:
            self._known[asked] = self._run(self._program, key, text, signature)
        return self._known[asked]

    def _run(self, program: str, key: bytes, text: bytes, signature: bytes) -> bool:
        contents = {"key": bytes.fromhex("302a300506032b6570032100") + key, "text": text, "signature": signature}
        paths = {name: os.path.join(self._folder, name) for name in contents}
        for name, content in contents.items():
            with open(paths[name], "wb") as file:
                file.write(content)
        command = [program, "pkeyutl", "-verify", "-pubin", "-inkey", paths["key"], "-keyform", "DER", "-rawin"]
        command += ["-in", paths["text"], "-sigfile", paths["signature"]]
        quiet = subprocess.DEVNULL
        try:
            done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60, check=False)
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def is_signed(note: Note, key: Key, openssl: OpenSsl) -> bool:
    """Whether a note has a signature of a key, and all it has of it are right."""
    found = [signature for name, key_id, signature in note.signatures if (name, key_id) == (key.name, key.id)]
    return bool(found) and all(openssl.verify(key.raw, note.text, signature) for signature in found)


# --- the tree (RFC 9162, section 2.1) -----------------------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two nodes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def half(size: int) -> int:
    """Where a tree of a size divides: the largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


class Tree:
    """The tree over some leaves, all of whose earlier sizes can be asked for."""

    def __init__(self, leaves: bytearray) -> None:
        self.size = len(leaves) // 32
        self._levels = [leaves]
        while len(self._levels[-1]) >= 64:
            below = self._levels[-1]
            above = bytearray()
            for at in range(0, len(below) - 63, 64):
                above += hashlib.sha256(b"\x01" + below[at : at + 64]).digest()
            self._levels.append(above)

    def leaf(self, number: int) -> bytes:
        """The hash of a leaf."""
        return bytes(self._levels[0][number * 32 : number * 32 + 32])

    def root(self, size: int) -> bytes:
        """The root when the tree had this size."""
        root = b""
        for height in range(size.bit_length()):
            if size >> height & 1:
                place = ((size >> height) - 1) * 32
                peak = bytes(self._levels[height][place : place + 32])
                root = node(peak, root) if root else peak
        return root or hashlib.sha256(b"").digest()


def included(leaf: bytes, number: int, size: int, proof: list[bytes]) -> bytes:
    """The root an inclusion proof leads to. ValueError: too few or too many hashes."""
    left = iter(proof)

    def climb(number: int, size: int) -> bytes:
        if size == 1:
            return leaf
        middle = half(size)
        if number < middle:
            below = climb(number, middle)
            return node(below, next(left))
        below = climb(number - middle, size - middle)
        return node(next(left), below)

    root: bytes = _all_used(lambda: climb(number, size), left)
    return root


def grown(first: int, second: int, first_root: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    """The roots of the smaller and the larger tree a consistency proof leads to. ValueError: as above."""
    left = iter(proof)

    def climb(first: int, second: int, whole: bool) -> tuple[bytes, bytes]:
        if first == second:
            same = first_root if whole else next(left)
            return same, same
        middle = half(second)
        if first <= middle:
            old, new = climb(first, middle, whole)
            return old, node(new, next(left))
        old, new = climb(first - middle, second - middle, False)
        sibling = next(left)
        return node(sibling, old), node(sibling, new)

    roots: tuple[bytes, bytes] = _all_used(lambda: climb(first, second, True), left)
    return roots


def _all_used(climb: Callable[[], Any], left: Iterator[bytes]) -> Any:
    try:
        found = climb()
    except (StopIteration, RuntimeError):
        raise ValueError("too few hashes") from None
    if next(left, None) is not None:
        raise ValueError("too many hashes")
    return found


# --- the entries --------------------------------------------------------------------------------------


class Step(NamedTuple):
    """What of an entry of a journey the figures need; `more` depends on the topic."""

    topic: str
    day: str
    more: tuple[Any, ...] = ()


class Happened(NamedTuple):
    """An entry of a journey at its place: leaf, number on the journey, topic and step (None: it is no step)."""

    leaf: int
    version: int
    topic: str
    step: Step | None
    about: int = 0  # of a correction or withdrawal: the number of the entry it is about


class Act(NamedTuple):
    """An entry about an edition: its leaf, stream, who recorded it, and the fact."""

    leaf: int
    stream: str
    by: str
    fact: dict[str, Any]


class Journey:
    """The entries of a journey; `programme` and `participant` are those of its enrolment."""

    __slots__ = ("happened", "id", "participant", "programme")

    def __init__(self, stream: str, participant: str, programme: str) -> None:
        self.id, self.participant, self.programme = stream, participant, programme
        self.happened: list[Happened] = []


class Ledger:
    """Everything the checks need of events.ndjson."""

    def __init__(self) -> None:
        self.leaves = bytearray()
        self.hidden = 0
        self.versions: dict[str, int] = {}
        self.journeys: list[Journey] = []
        self.owners = array("i")  # by leaf: the number of its journey, -1 for all others
        self.drafts: list[Act] = []
        self.approvals: list[Act] = []
        self.introductions: list[Act] = []
        self.restores: list[Act] = []
        self.catalogues: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._days: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._steps: dict[Step, Step] = {}

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.owners)

    def take(self, line: bytes) -> None:
        """Take the next line. ValueError: one that is no entry or does not fit; the message is told."""
        self.leaves += hashlib.sha256(b"\x00" + line).digest()
        self.owners.append(-1)
        text = line.decode()
        value = from_json(text)
        if not isinstance(value, dict):
            raise ValueError("no object")
        if list(value) == ["hash"]:
            self._take_hash(text, value["hash"])
        else:
            self._take_entry(text, value)

    def _take_hash(self, text: str, found: Any) -> None:
        if not isinstance(found, str) or text != '{"hash":"' + found + '"}' or len(from_base64(found)) != 32:
            raise ValueError("not the hash of an entry")
        self.leaves[-32:] = from_base64(found)
        self.hidden += 1

    def _take_entry(self, text: str, value: dict[str, Any]) -> None:
        wanted = {"id": str, "v": int, "topic": str, "state": str}
        if list(value) != list(wanted) or any(type(value[name]) is not kind for name, kind in wanted.items()):
            raise ValueError("not the four fields of an entry")
        stream, version, topic, state = value.values()
        written = f'{{"id":{_text_of(stream)},"v":{version},"topic":{_text_of(topic)},"state":{_text_of(state)}}}'
        if text != written:
            raise ValueError("not written in the only way it can be")
        if not UUID.fullmatch(stream):
            raise ValueError("not the id of a stream")
        before = self.versions.get(stream, 0)
        if version != before + 1:
            raise ValueError(f"entry {version} of stream {stream} follows entry {before}")
        self.versions[stream] = version
        entry = from_json(state)
        fact = entry.get("fact") if isinstance(entry, dict) else None
        if not isinstance(fact, dict) or not all(isinstance(entry.get(k), str) for k in ("recorded_at", "recorded_by")):
            raise ValueError("no fact with who entered it and when")
        if fact.get("type") != topic:
            raise ValueError(f"topic {plain(topic)} of a fact of type {plain(fact.get('type'))}")
        try:
            self._take_fact(stream, version, topic, Act(self.size - 1, stream, entry["recorded_by"], fact))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{plain(topic)}: field {plain(error)}") from None

    def _take_fact(self, stream: str, version: int, topic: str, act: Act) -> None:
        if topic.startswith("journey."):
            self._take_journey(stream, version, topic, act)
        elif topic == "balance.drafted":
            _require_fields(act.fact, programme=str, number=int, kind=str, stichtag=str, datenstand=int)
            _require_fields(act.fact, catalogue=str, figures=dict, digest=str)
            self._day(act.fact["stichtag"])
            self.drafts.append(act)
        elif topic == "balance.approved":
            _require_fields(act.fact, number=int, digest=str)
            self.approvals.append(act)
        elif topic == "catalogue.kept":
            _require_fields(act.fact, version=str, content=str)
            self.catalogues[act.fact["version"]] = act.fact["content"]
        elif topic == "ledger.signer_introduced":
            _require_fields(act.fact, key=str, replaces=str)
            self.introductions.append(act)
        elif topic == "ledger.restored":
            self.restores.append(act)

    def _take_journey(self, stream: str, version: int, topic: str, act: Act) -> None:
        fact = act.fact
        topic = self._kept(topic)
        if stream not in self._numbers:
            if topic != "journey.enrolled":
                raise ValueError("a step before the enrolment")
            _require_fields(fact, participant=str, programme=str)
            self._numbers[stream] = len(self.journeys)
            self.journeys.append(Journey(stream, self._kept(fact["participant"]), self._kept(fact["programme"])))
        number = self._numbers[stream]
        self.owners[-1] = number
        if topic in ("journey.corrected", "journey.withdrawn"):
            _require_fields(fact, entry=int)
            step = self._step(fact["replacement"]) if topic == "journey.corrected" else None
            happened = Happened(act.leaf, version, topic, step, fact["entry"])
        else:
            happened = Happened(act.leaf, version, topic, self._step(fact) if "happened_on" in fact else None)
        self.journeys[number].happened.append(happened)

    def _step(self, fact: dict[str, Any]) -> Step:
        """The step in a fact. KeyError, ValueError: a field that is missing or another than it should be."""
        topic, day = self._kept(fact["type"]), self._day(fact["happened_on"])
        wanted = _FIELDS.get(topic, {})
        lacking = {name: value for name, value in _MAY_LACK.get(topic, {}).items() if name not in fact}
        _require_fields(fact, **{name: kind for name, kind in wanted.items() if name not in lacking})
        values = (lacking[name] if name in lacking else fact[name] for name in wanted)
        step = Step(topic, day, tuple(values))
        return self._steps.setdefault(step, step)  # most are the same as many others: a session on that day

    def _day(self, text: Any) -> str:
        if text not in self._days:
            if not isinstance(text, str) or not DAY.fullmatch(text):
                raise ValueError("not a day: " + plain(text))
            date.fromisoformat(text)
            self._days[text] = text
        return self._days[text]

    def _kept(self, text: str) -> str:
        """The same text, kept once however often it comes."""
        return self._texts.setdefault(text, text)


_FIELDS: dict[str, dict[str, type]] = {
    "journey.enrolled": {
        "participant": str,
        "programme": str,
        "participation": int,
        "gender": str,
        "age": int,
        "municipality": str,
        "single_parent": bool,
        "education": str,
    },
    "journey.placement_started": {"ref": str, "kind": str},
    "journey.placement_ended": {"ref": str},
    "journey.circumstances_changed": {"single_parent": bool},
    "journey.exited": {"reason": str},
}
_MAY_LACK: dict[str, dict[str, Any]] = {
    "journey.enrolled": {"participation": 1},
    "journey.circumstances_changed": {"single_parent": None},
}


def _require_fields(fact: dict[str, Any], **kinds: type) -> None:
    for name, kind in kinds.items():
        if type(fact[name]) is not kind:
            raise ValueError(f"field {name}")


def read_ledger(bundle: Bundle, report: Report) -> Ledger:
    """Read events.ndjson. Broken: a line that is no entry."""
    ledger = Ledger()
    for number, line in bundle.lines("events.ndjson"):
        if number >= MOST_ENTRIES:
            raise Broken("events.ndjson: zu viele Zeilen.", "events.ndjson: too many lines.")
        try:
            ledger.take(line)
        except ValueError as error:
            where = entry_name(line)
            raise Broken(
                f"events.ndjson, Zeile {number + 1} (Blatt {number}{where}): nicht lesbar: {plain(error)}",
                f"events.ndjson, line {number + 1} (leaf {number}{where}): not readable: {plain(error)}",
            ) from None
        if number % 20_000 == 0 and number and sys.stderr.isatty():
            print(f"\r{number} …", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    shown = ledger.size - ledger.hidden
    report.ok(
        f"Einträge: {ledger.size}, davon {shown} gelesen und {ledger.hidden} nur als Prüfsumme; "
        f"{len(ledger.versions)} Ströme lückenlos ab Nr. 1.",
        f"Entries: {ledger.size}, of these {shown} read and {ledger.hidden} as hashes only; "
        f"{len(ledger.versions)} streams without a gap from no. 1.",
    )
    return ledger


def entry_name(line: bytes) -> str:
    """The event a broken line seems to be."""
    found = re.match(rb'\{"id":"([0-9a-f-]{36})","v":([0-9]{1,18}),', line)
    return f", {found[1].decode()}/{found[2].decode()}" if found else ""


# --- the figures, from the definitions ----------------------------------------------------------------


class Participation(NamedTuple):
    """One participation as it stood: its enrolment, and every other step with its number on the journey."""

    enrolled: Step
    steps: list[tuple[int, Step]]

    def of(self, topic: str, stichtag: str) -> Iterator[tuple[int, Step]]:
        """The steps of a kind that had happened by the end of a day."""
        return (taken for taken in self.steps if taken[1].topic == topic and taken[1].day <= stichtag)

    def ends(self, topic: str, stichtag: str) -> set[str]:
        """The refs that ended by a day: the end is the first day without."""
        return {step.more[0] for _number, step in self.of(topic, stichtag)}


def standing(journey: Journey, size: int) -> Participation | None:
    """A journey as the first `size` entries of the ledger tell it; None if its enrolment was withdrawn.

    Broken: a correction or withdrawal of an entry that does not stand.
    """
    steps: dict[int, Step] = {}
    for happened in journey.happened:
        if happened.leaf >= size:
            break
        if not happened.about:
            if happened.step:
                steps[happened.version] = happened.step
            continue
        if happened.about not in steps:
            place = f"{journey.id}/{happened.version}"
            raise Broken(
                f"events.ndjson, Blatt {happened.leaf} ({place}): es ändert den Eintrag {happened.about}, "
                "den es nicht gibt oder der storniert ist.",
                f"events.ndjson, leaf {happened.leaf} ({place}): it changes entry {happened.about}, "
                "which is not there or was withdrawn.",
            )
        if happened.step:
            steps[happened.about] = happened.step
        else:
            del steps[happened.about]
    enrolments = [step for step in steps.values() if step.topic == "journey.enrolled"]
    if not enrolments:
        return None
    return Participation(enrolments[0], [one for one in steps.items() if one[1].topic != "journey.enrolled"])


def age_group(age: int) -> str:
    """The age group of an age at entry."""
    groups = ((25, "under_25"), (30, "25_29"), (35, "30_34"))
    return next((name for limit, name in groups if age < limit), "35_plus")


class Person(NamedTuple):
    """What a person counts as at a Stichtag: the figures, the traits at the first enrolment, why the person left."""

    figures: set[str]
    traits: dict[str, str]
    reason: str


def counted_as(participations: list[Participation], stichtag: str) -> Person | None:
    """What a person counts as, after DOMAIN.md section 5; None before the first enrolment."""
    begun = [one for one in participations if one.enrolled.day <= stichtag]
    if not begun:
        return None
    begun.sort(key=lambda one: (one.enrolled.day, one.enrolled.more[2]))
    _participant, _programme, _number, gender, age, municipality, single_parent, education = begun[0].enrolled.more
    alone = "yes" if single_parent else "no"
    values = (gender, age_group(age), municipality, alone, education)
    figures = {"participants_enrolled"}
    exits: list[tuple[str, int, str]] = []
    for one in begun:
        left = [step for _number, step in one.of("journey.exited", stichtag)]
        exits += [(step.day, one.enrolled.more[2], step.more[0]) for step in left]
        if not left:
            figures.add("participants_active")
        figures |= {figure for topic, figure in _AT_LEAST_ONE if any(one.of(topic, stichtag))}
    figures |= _placements(begun, stichtag)
    if "svp at the Stichtag" in figures and _is_single_parent(begun, stichtag):
        figures.add("single_parents_in_svp")
    if exits:
        figures.add("exits")
    traits = {name: values[place] for place, name in enumerate(TRAITS)}
    return Person(figures, traits, max(exits)[2] if exits else "")


_AT_LEAST_ONE = (
    ("journey.coaching_session_held", "participants_coached"),
    ("journey.qualification_completed", "participants_qualified"),
    ("journey.funding_granted", "follow_up_funded"),
    ("journey.placement_started", "placed_any"),
)


def _placements(begun: list[Participation], stichtag: str) -> set[str]:
    kinds: set[str] = set()
    for one in begun:
        ended = one.ends("journey.placement_ended", stichtag)
        for _number, step in one.of("journey.placement_started", stichtag):
            ref, kind = step.more
            kinds.add(kind)
            if kind == "svp" and ref not in ended:
                kinds.add("svp at the Stichtag")
    figures = {"placed_" + kind for kind in kinds & {"svp", "ausbildung", "selbstaendig"}}
    if "minijob" in kinds and "svp" not in kinds:
        figures.add("placed_minijob_only")
    return figures | (kinds & {"svp at the Stichtag"})


def _is_single_parent(begun: list[Participation], stichtag: str) -> bool:
    """What was said last by the Stichtag, at an enrolment or since, on whichever participation."""
    said: list[tuple[str, int, int, bool]] = []
    for one in begun:
        participation = one.enrolled.more[2]
        said.append((one.enrolled.day, participation, 0, one.enrolled.more[6]))
        for number, step in one.of("journey.circumstances_changed", stichtag):
            if step.more[0] is not None:
                said.append((step.day, participation, number, step.more[0]))
    return max(said)[3]


def contributors(ledger: Ledger, programme: str, stichtag: str, size: int) -> dict[tuple[str, str, str], set[str]]:
    """The persons behind every cell of the person-counting figures, from the first `size` entries alone."""
    people: dict[str, list[Participation]] = defaultdict(list)
    for journey in ledger.journeys:
        if journey.programme == programme and (found := standing(journey, size)):
            people[journey.participant].append(found)
    cells: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for participant, participations in people.items():
        person = counted_as(participations, stichtag)
        for figure in person.figures.intersection(PERSON_FIGURES) if person else ():
            assert person
            cells[figure, "", ""].add(participant)
            for trait, value in person.traits.items():
                cells[figure, trait, value].add(participant)
            if figure == "exits":
                cells[figure, "reason", person.reason].add(participant)
    return cells


# --- the editions -------------------------------------------------------------------------------------


class Wanted(NamedTuple):
    """The cell whose contributors are asked for, and of which edition; None: the last."""

    cell: tuple[str, str, str]
    edition: str | None


class Edition(NamedTuple):
    """An edition as figures.json heads it."""

    name: str
    programme: str
    stichtag: str
    datenstand: int
    size: int
    draft: int
    approval: int | None
    head: dict[str, Any]


class Found(NamedTuple):
    """The contributors of a cell: persons, and the leaves listed for it."""

    edition: str
    persons: set[str]
    leaves: list[int]


def read_cells(bundle: Bundle) -> Iterator[tuple[int, Edition | None, dict[str, Any]]]:
    """The lines of figures.json: (line number, edition, its head) once, then (line number, None, cell) for each of
    its cells. Broken: another form."""
    inside = False
    state = "begin"
    for number, line in bundle.lines("figures.json"):
        try:
            text = line.decode()
            if state == "begin":
                _require(text == FIGURES_HEAD)
                state = "between"
            elif text == "]}" and not inside and state == "between":
                state = "end"
            elif not inside:
                _require(state == "between" and text.endswith(',"cells":['))
                inside = True
                head = from_json(text[: -len(',"cells":[')] + "}")
                yield number, _edition(head), head
            elif text in ("]}", "]},"):
                inside = False
            else:
                cell = from_json(text[:-1] if text.endswith(",") else text)
                _require(isinstance(cell, dict) and {"figure", "trait", "value", "number", "leaves"} <= set(cell))
                yield number, None, cell
        except (ValueError, KeyError, TypeError):
            raise Broken(f"figures.json, Zeile {number + 1}: nicht lesbar.", _unreadable(number)) from None
    if state != "end":
        raise Broken("figures.json bricht ab.", "figures.json breaks off.")


def _unreadable(number: int) -> str:
    return f"figures.json, line {number + 1}: not readable."


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("another form")


def _edition(head: dict[str, Any]) -> Edition:
    _require_fields(head, edition=str, programme=str, number=int, kind=str, stichtag=str, datenstand=int, size=int)
    _require_fields(head, catalogue=str, draft=int)
    _require(head["approval"] is None or type(head["approval"]) is int)
    return Edition(
        name=head["edition"],
        programme=head["programme"],
        stichtag=head["stichtag"],
        datenstand=head["datenstand"],
        size=head["size"],
        draft=head["draft"],
        approval=head["approval"],
        head=head,
    )


class EditionCheck:
    """The check of one edition: its event, its figures recomputed, every cell of figures.json."""

    def __init__(self, ledger: Ledger, edition: Edition, report: Report) -> None:
        self.ledger, self.edition, self.report = ledger, edition, report
        self.event = next((act for act in ledger.drafts if act.leaf == edition.draft), None)
        self.cells: dict[tuple[str, str, str], Any] = {}
        self.seen: set[tuple[str, str, str]] = set()
        self.persons: dict[tuple[str, str, str], set[str]] = {}
        self.recomputed = 0
        self.not_recomputed: list[str] = []

    def wrong(self, german: str, english: str) -> None:
        """A finding about this edition."""
        self.report.wrong(
            f"Ausgabe {plain(self.edition.name)}: {german}", f"Edition {plain(self.edition.name)}: {english}"
        )

    def check_event(self) -> bool:
        """The edition's own event, its digest, its approval; False where there is no such event."""
        edition, event = self.edition, self.event
        if event is None:
            self.wrong(f"Blatt {edition.draft} ist kein Entwurf.", f"leaf {edition.draft} is no draft.")
            return False
        fact = event.fact
        for name in ("programme", "number", "kind", "stichtag", "datenstand", "catalogue"):
            if fact[name] != edition.head[name]:
                self.wrong(
                    f"figures.json nennt {name} {plain(edition.head[name])}, das Ereignis (Blatt {event.leaf}) "
                    f"{plain(fact[name])}.",
                    f"figures.json says {name} {plain(edition.head[name])}, the event (leaf {event.leaf}) "
                    f"{plain(fact[name])}.",
                )
        if edition.name != f"{fact['programme']}/{fact['number']}":
            self.wrong("figures.json nennt sie mit anderem Namen.", "figures.json gives it another name.")
        if not 0 <= edition.size <= event.leaf or edition.size > edition.datenstand:
            self.wrong(
                f"zum Datenstand {edition.datenstand} sollen {edition.size} Einträge bekannt gewesen sein; "
                f"der Entwurf ist Blatt {event.leaf}.",
                f"{edition.size} entries are said to have been known at Datenstand {edition.datenstand}; "
                f"the draft is leaf {event.leaf}.",
            )
        hashed = {name: fact[name] for name in ("programme", "kind", "stichtag", "datenstand", "catalogue", "figures")}
        digest = hashlib.sha256(canonical(hashed).encode("utf-8", "surrogatepass")).hexdigest()
        if digest != fact["digest"]:
            self.wrong(
                f"die Prüfsumme im Ereignis (Blatt {event.leaf}) ist nicht die seiner Zahlen.",
                f"the digest in the event (leaf {event.leaf}) is not that of its figures.",
            )
        self._check_approval(event)
        self._read_event_cells(fact["figures"])
        return True

    def _check_approval(self, event: Act) -> None:
        edition, number = self.edition, event.fact["number"]
        found = [act for act in self.ledger.approvals if act.stream == event.stream and act.fact["number"] == number]
        leaves = [act.leaf for act in found]
        if leaves != ([] if edition.approval is None else [edition.approval]):
            self.wrong(
                f"freigegeben laut figures.json mit Blatt {edition.approval}, laut Ereignissen mit {leaves}.",
                f"approved by leaf {edition.approval} after figures.json, by {leaves} after the events.",
            )
        for act in found:
            if act.fact["digest"] != event.fact["digest"]:
                self.wrong(
                    f"freigegeben (Blatt {act.leaf}) wurde eine andere Prüfsumme als die des Entwurfs.",
                    f"what was approved (leaf {act.leaf}) has another digest than the draft.",
                )
            if act.by.casefold() == event.by.casefold() or act.leaf < event.leaf:
                self.wrong(
                    f"die Freigabe (Blatt {act.leaf}) ist nicht die einer anderen Person nach dem Entwurf.",
                    f"the approval (leaf {act.leaf}) is not that of another person after the draft.",
                )

    def _read_event_cells(self, figures: dict[str, Any]) -> None:
        for code, figure in figures.items():
            self.cells[code, "", ""] = figure["value"]
            for trait, values in figure["by"].items():
                for value, number in values.items():
                    self.cells[code, trait, value] = number

    def recompute(self) -> None:
        """Compare the edition's event with what the entries known at its Datenstand give."""
        edition = self.edition
        self.persons = contributors(self.ledger, edition.programme, edition.stichtag, edition.size)
        figures = {code for code, _trait, _value in self.cells}
        computable = {code for code in PERSON_FIGURES if code in figures}
        self.not_recomputed = sorted(figures - computable)
        traits = {*TRAITS, "reason", ""}
        known = {cell for cell in self.cells if cell[0] in computable and cell[1] in traits}
        given = {cell for cell in self.persons if cell[0] in computable}
        for cell in sorted(known | given):
            number = len(self.persons.get(cell, ()))
            stored = self.cells.get(cell, 0 if cell[1] else None)
            if stored != number or type(stored) is not int:
                self._differs(cell, stored, number)
        self.recomputed = len(known | given)

    def _differs(self, cell: tuple[str, str, str], stored: Any, number: int) -> None:
        self.wrong(
            f"Zelle {cell_name(cell)}: eingefroren {shown(stored)}, aus den Ereignissen nachgerechnet {number} "
            f"(Blatt {self.edition.draft}).",
            f"cell {cell_name(cell)}: frozen {shown(stored)}, recomputed from the events {number} "
            f"(leaf {self.edition.draft}).",
        )

    def check_cell(self, line: int, found: dict[str, Any]) -> tuple[str, str, str]:
        """Compare a cell of figures.json with the event, and its leaves with the persons recomputed."""
        cell = (str(found["figure"]), str(found["trait"]), str(found["value"]))
        name = cell_name(cell)
        place = (f"figures.json, Zeile {line + 1}, Zelle {name}", f"figures.json, line {line + 1}, cell {name}")
        if cell in self.seen or cell not in self.cells:
            self.wrong(f"{place[0]}: gibt es nicht oder zweimal.", f"{place[1]}: is not there, or twice.")
            return cell
        self.seen.add(cell)
        number, stored = canonical(found["number"]), canonical(self.cells[cell])
        if number != stored:
            self.wrong(
                f"{place[0]}: {plain(number)}, im Ereignis (Blatt {self.edition.draft}) {plain(stored)}.",
                f"{place[1]}: {plain(number)}, in the event (leaf {self.edition.draft}) {plain(stored)}.",
            )
        for leaves in (found["leaves"], found.get("of", [])):
            if not self._are_leaves(leaves):
                self.wrong(
                    f"{place[0]}: nennt Blätter, die zum Datenstand nicht bekannt oder keine Schritte waren.",
                    f"{place[1]}: names leaves that were not known at the Datenstand, or no steps.",
                )
                return cell
        if cell[0] in PERSON_FIGURES and cell[1] in (*TRAITS, "reason", ""):
            self._check_contributors(cell, found["leaves"], place)
        return cell

    def _are_leaves(self, leaves: Any) -> bool:
        if not isinstance(leaves, list) or any(type(leaf) is not int for leaf in leaves):
            return False
        ascending = all(leaves[at] < leaves[at + 1] for at in range(len(leaves) - 1))
        inside = not leaves or (leaves[0] >= 0 and leaves[-1] < min(self.edition.size, self.ledger.size))
        journeys, owners = self.ledger.journeys, self.ledger.owners
        return (
            ascending
            and inside
            and all(owners[leaf] >= 0 and journeys[owners[leaf]].programme == self.edition.programme for leaf in leaves)
        )

    def _check_contributors(self, cell: tuple[str, str, str], leaves: list[int], place: tuple[str, str]) -> None:
        journeys, owners = self.ledger.journeys, self.ledger.owners
        listed = {journeys[owners[leaf]].participant for leaf in leaves}
        persons = self.persons.get(cell, set())
        if listed != persons:
            self.wrong(
                f"{place[0]}: die Blätter gehören {len(listed)} Personen, gezählt werden {len(persons)}; "
                f"abweichend: {_some(listed ^ persons)}.",
                f"{place[1]}: the leaves are {len(listed)} persons', {len(persons)} are counted; "
                f"differing: {_some(listed ^ persons)}.",
            )

    def finish(self) -> None:
        """That no cell is missing."""
        for cell in sorted(set(self.cells) - self.seen):
            self.wrong(
                f"Zelle {cell_name(cell)} fehlt in figures.json.", f"cell {cell_name(cell)} is missing in figures.json."
            )


def cell_name(cell: tuple[str, str, str]) -> str:
    """How a cell is named: `placed_svp`, or `placed_svp,gender=female`."""
    return plain(f"{cell[0]},{cell[1]}={cell[2]}" if cell[1] else cell[0])


def shown(value: Any) -> str:
    """A number as it is written; a dash where there is none."""
    return "–" if value is None else plain(canonical(value))


def _some(persons: Iterable[str]) -> str:
    listed = sorted(persons)
    return ", ".join(map(plain, listed[:3])) + (" …" if len(listed) > 3 else "")


# --- the checks ---------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What the auditor brings along: keys, a checkpoint kept, whose contributors are wanted."""

    keys: list[Key]
    previous: bytes | None
    wanted: Wanted | None


class Check:
    """The check of one bundle, from the container to the cells."""

    def __init__(self, bundle: Bundle, asked: Asked, openssl: OpenSsl, report: Report) -> None:
        self.bundle, self.asked, self.openssl, self.report = bundle, asked, openssl, report
        self.ledger = Ledger()
        self.tree = Tree(bytearray())
        self.chain: list[Key] = []
        self.head = Checkpoint("", 0, b"")
        self.found: Found | None = None

    def run(self) -> None:
        """Everything. Broken: where nothing further can be checked."""
        files = len(self.bundle.files)
        self.report.ok(
            f"Behälter: {files} Dateien; jedes der {self.bundle.length} Byte des ZIP ist zugeordnet.",
            f"Container: {files} files; every one of the {self.bundle.length} bytes of the zip is accounted for.",
        )
        manifest = self._manifest()
        if problem := self.openssl.problem():
            self.report.wrong(*problem)
        self.ledger = read_ledger(self.bundle, self.report)
        self.tree = Tree(self.ledger.leaves)
        self._chain()
        self._signed(manifest, "manifest")
        self._checkpoint()
        self._rotations()
        self._previous()
        self._kept()
        self._catalogues()
        self._code()
        self._editions()

    # --- signatures ---------------------------------------------------------------------------

    def _note(self, name: str, data: bytes | None = None) -> Note:
        try:
            return parse_note(self.bundle.read(name) if data is None else data)
        except ValueError:
            raise Broken(f"{name}: keine unterschriebene Notiz.", f"{name}: no signed note.") from None

    def _manifest(self) -> Note:
        """The check sums of all other files."""
        note = self._note("manifest")
        files = [file for file in self.bundle.files.values() if file.name != "manifest"]
        lines = note.text.decode(errors="replace").split("\n")
        expected = [MANIFEST_HEAD, *(f"{file.digest}  {file.name}" for file in files), ""]
        if lines != expected:
            names = [file.name for file in files if f"{file.digest}  {file.name}" not in lines]
            told = ", ".join(names[:5]) or "manifest"
            raise Broken(
                f"{told}: Inhalt und Prüfsumme im Verzeichnis (manifest) stimmen nicht überein.",
                f"{told}: the content is not what the manifest says it is.",
            )
        self.report.ok(
            f"Verzeichnis (manifest): {len(files)} Prüfsummen stimmen.", f"Manifest: {len(files)} check sums are right."
        )
        return note

    def _chain(self) -> None:
        """The keys of the ledger in the order they came, and that one of them is the auditor's."""
        try:
            own = parse_key(self.bundle.text("log.vkey")[:-1])
            pairs = [
                (act.leaf, parse_key(act.fact["replaces"]), parse_key(act.fact["key"])) for act in self._introduced
            ]
        except ValueError:
            raise Broken(
                "log.vkey oder ein Schlüsselwechsel: kein Schlüssel.", "log.vkey or a change of key: no key."
            ) from None
        if self.bundle.text("log.vkey") != f"{own}\n":
            raise Broken("log.vkey: nicht eine Zeile.", "log.vkey: not one line.")
        self.chain = [pairs[0][1] if pairs else own]
        for leaf, replaces, key in pairs:
            if replaces != self.chain[-1] or key in self.chain:
                self.report.wrong(
                    f"events.ndjson, Blatt {leaf}: der Schlüsselwechsel schließt nicht an den vorigen an.",
                    f"events.ndjson, leaf {leaf}: the change of key does not follow the one before.",
                )
            self.chain.append(key)
        if own != self.chain[-1]:
            self.report.wrong(
                "log.vkey ist nicht der Schlüssel, den das Journal zuletzt nennt.",
                "log.vkey is not the key the ledger names last.",
            )
        self._origin()

    @property
    def _introduced(self) -> list[Act]:
        """The changes of key; one that was begun again with another key, before any checkpoint, was none."""
        last = {act.fact["replaces"]: act.leaf for act in self.ledger.introductions}
        return [act for act in self.ledger.introductions if last[act.fact["replaces"]] == act.leaf]

    def _origin(self) -> None:
        if not self.asked.keys:
            self.report.noticed.append(
                (
                    "Ohne --key: die Unterschriften sind nur mit dem Schlüssel geprüft, der im Bündel selbst liegt "
                    f"({self.chain[-1]}). Das zeigt, dass das Bündel in sich stimmt, nicht, von wem es kommt.",
                    "Without --key: the signatures were verified only with the key in the bundle itself "
                    f"({self.chain[-1]}). This shows that the bundle is whole, not whom it comes from.",
                )
            )
            return
        known = [key for key in self.asked.keys if key in self.chain]
        self.report.origin = bool(known)
        if not known:
            self.report.wrong(
                f"Das Bündel ist mit {self.chain[-1]} unterschrieben; dieser Schlüssel wurde weder mit --key genannt "
                "noch von einem genannten eingeführt.",
                f"The bundle is signed with {self.chain[-1]}; this key was neither given with --key nor introduced "
                "by one that was.",
            )

    def _signed(self, note: Note, name: str, keys: list[Key] | None = None) -> bool:
        """That a note has a right signature of each of the keys; by default of the one that signs now."""
        missing = [key for key in keys or self.chain[-1:] if not is_signed(note, key, self.openssl)]
        for key in missing:
            self.report.wrong(f"{name}: keine gültige Unterschrift von {key}.", f"{name}: no valid signature of {key}.")
        return not missing

    def _by_any(self, note: Note, name: str) -> bool:
        """That a note of whatever time has a right signature of one of the ledger's keys."""
        if any(is_signed(note, key, self.openssl) for key in self.chain):
            return True
        self.report.wrong(
            f"{name}: keine gültige Unterschrift eines Schlüssels dieses Journals.",
            f"{name}: no valid signature of a key of this ledger.",
        )
        return False

    def _covered(self, note: Note, name: str) -> Checkpoint | None:
        """The checkpoint in a note, its root recomputed from the entries; None where that fails."""
        try:
            checkpoint = parse_checkpoint(note.text)
        except ValueError:
            self.report.wrong(f"{name}: kein Prüfpunkt.", f"{name}: no checkpoint.")
            return None
        if checkpoint.origin != self.chain[-1].name and checkpoint.origin not in {key.name for key in self.chain}:
            self.report.wrong(
                f"{name}: Prüfpunkt eines anderen Journals ({plain(checkpoint.origin)}).",
                f"{name}: checkpoint of another ledger ({plain(checkpoint.origin)}).",
            )
            return None
        if checkpoint.size > self.tree.size:
            self.report.wrong(
                f"{name}: nennt {checkpoint.size} Einträge, das Journal hat nur {self.tree.size}: es fehlen Einträge.",
                f"{name}: says {checkpoint.size} entries, the ledger has only {self.tree.size}: entries are missing.",
            )
            return None
        if self.tree.root(checkpoint.size) != checkpoint.root:
            self.report.wrong(
                f"{name}: aus den ersten {checkpoint.size} Einträgen folgt eine andere Wurzel: "
                "ein Eintrag wurde verändert, entfernt oder vertauscht.",
                f"{name}: the first {checkpoint.size} entries give another root: "
                "an entry was changed, removed or exchanged.",
            )
            return None
        return checkpoint

    # --- checkpoints --------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        note = self._note("checkpoint")
        head = self._covered(note, "checkpoint")
        signed = self._signed(note, "checkpoint")
        if head and head.size != self.tree.size:
            self.report.wrong(
                f"checkpoint: nennt {head.size} Einträge, events.ndjson hat {self.tree.size}.",
                f"checkpoint: says {head.size} entries, events.ndjson has {self.tree.size}.",
            )
        elif head and signed:
            self.head = head
            self.report.ok(
                f"Prüfpunkt {plain(head.origin)}, {head.size} Einträge, Wurzel {to_base64(head.root)}: aus den "
                "Einträgen nachgerechnet, Unterschrift geprüft.",
                f"Checkpoint {plain(head.origin)}, {head.size} entries, root {to_base64(head.root)}: recomputed from "
                "the entries, signature verified.",
            )

    def _rotations(self) -> None:
        """Every change of key: a checkpoint that covers it, signed by both keys."""
        files = [name for name in self.bundle.files if ROTATION.fullmatch(name)]
        if len(files) != len(self._introduced):
            self.report.wrong(
                f"Das Journal nennt {len(self._introduced)} Schlüsselwechsel, das Bündel belegt {len(files)}.",
                f"The ledger names {len(self._introduced)} changes of key, the bundle has {len(files)} of them.",
            )
        right = 0
        for place, name in enumerate(files[: len(self._introduced)]):
            note, act = self._note(name), self._introduced[place]
            checkpoint = self._covered(note, name)
            if checkpoint and checkpoint.size <= act.leaf:
                self.report.wrong(
                    f"{name}: umfasst den Schlüsselwechsel (Blatt {act.leaf}) nicht.",
                    f"{name}: does not cover the change of key (leaf {act.leaf}).",
                )
            right += self._signed(note, name, self.chain[place : place + 2]) and checkpoint is not None
        if files:
            self.report.ok(
                f"Schlüsselwechsel: {right} von {len(files)}, je von altem und neuem Schlüssel unterschrieben.",
                f"Changes of key: {right} of {len(files)}, each signed by the old and the new key.",
            )

    def _previous(self) -> None:
        """The earlier checkpoint in the bundle and the proof that the tree grew from it."""
        if "previous.checkpoint" not in self.bundle:
            return
        note = self._note("previous.checkpoint")
        signed = self._by_any(note, "previous.checkpoint")
        old = self._covered(note, "previous.checkpoint")
        if not old:
            return
        try:
            lines = self.bundle.text("consistency").split("\n")
            _require(lines.pop() == "" and len(lines) <= 128)
            proof = [from_base64(line) for line in lines]
            if old.size in (0, self.tree.size):
                _require(not proof)
            elif grown(old.size, self.tree.size, old.root, proof) != (old.root, self.tree.root(self.tree.size)):
                raise ValueError("another root")
        except ValueError:
            self.report.wrong(
                f"consistency: zeigt nicht, dass das Journal aus den {old.size} Einträgen von previous.checkpoint "
                "gewachsen ist.",
                f"consistency: does not show that the ledger grew from the {old.size} entries of previous.checkpoint.",
            )
            return
        if signed:
            self.report.ok(
                f"Früherer Prüfpunkt (previous.checkpoint), {old.size} Einträge: Wurzel nachgerechnet, Nachweis "
                "(consistency) und Unterschrift geprüft.",
                f"Earlier checkpoint (previous.checkpoint), {old.size} entries: root recomputed, proof (consistency) "
                "and signature verified.",
            )

    def _kept(self) -> None:
        """The auditor's own copy of an earlier checkpoint; its three lines are enough."""
        if self.asked.previous is None:
            return
        name = "--previous"
        data = self.asked.previous.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
        try:
            note = parse_note(data)
        except ValueError:
            note = Note(data, [])
        if note.signatures and not self._by_any(note, name):
            return
        if kept := self._covered(note, name):
            self.report.ok(
                f"Aufbewahrter Prüfpunkt (--previous), {kept.size} Einträge: diese stehen unverändert im Journal.",
                f"Checkpoint kept by you (--previous), {kept.size} entries: they stand unchanged in the ledger.",
            )

    # --- catalogues, code ---------------------------------------------------------------------

    def _catalogues(self) -> None:
        try:
            found = from_json(self.bundle.text("catalogue.json"))
            _require(isinstance(found, dict) and all(isinstance(text, str) for text in found.values()))
        except ValueError:
            raise Broken("catalogue.json: nicht lesbar.", "catalogue.json: not readable.") from None
        used = {act.fact["catalogue"] for act in self.ledger.drafts}
        for version in sorted(used | set(found)):
            text, name = found.get(version), version.rpartition(":")[0]
            digest = hashlib.sha256((text or "").encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if text is None or version not in used or version != f"{name}:{digest}":
                self.report.wrong(
                    f"catalogue.json: {plain(version)} fehlt, ist überzählig oder verändert.",
                    f"catalogue.json: {plain(version)} is missing, surplus or changed.",
                )
            elif self.ledger.catalogues.get(version) != text:
                self.report.wrong(
                    f"catalogue.json: {plain(version)} ist ein anderer als der im Journal.",
                    f"catalogue.json: {plain(version)} is another than the one in the ledger.",
                )
        self.report.ok(
            f"Kataloge: {len(found)}, so im Journal aufbewahrt.", f"Catalogues: {len(found)}, as kept in the ledger."
        )

    def _code(self) -> None:
        lines = self.bundle.text("code.sha256").split("\n")
        wrong = [line for line in lines[:-1] if not re.fullmatch("[0-9a-f]{64}  [!-~]+", line)]
        if wrong or lines[-1]:
            self.report.wrong("code.sha256: keine Liste von Prüfsummen.", "code.sha256: not a list of check sums.")

    # --- editions and proofs ------------------------------------------------------------------

    def _editions(self) -> None:
        editions: list[Edition] = []
        checks: list[EditionCheck] = []
        current: EditionCheck | None = None
        for line, edition, told in read_cells(self.bundle):
            if edition:
                self._finish(current)
                editions.append(edition)
                current = EditionCheck(self.ledger, edition, self.report)
                checks.append(current)
                if current.check_event():
                    current.recompute()
            elif current and current.event:
                cell = current.check_cell(line, told)
                self._keep(current, cell, told["leaves"])
        self._finish(current)
        self._all_editions(editions)
        self._proofs(editions)
        self._tell_editions(checks)
        if self.asked.wanted and not self.found:
            self._not_there(editions)

    def _finish(self, current: EditionCheck | None) -> None:
        if current and current.event:
            current.finish()
            self._check_approved(current)
            current.persons = {}

    def _check_approved(self, current: EditionCheck) -> None:
        """The checkpoint an approval holds covers the draft and everything behind it."""
        for act in self.ledger.approvals:
            note = act.fact.get("checkpoint")
            if act.leaf != current.edition.approval or note is None:
                continue
            name = f"events.ndjson, Blatt/leaf {act.leaf} (checkpoint)"
            parsed = self._note(name, str(note).encode("utf-8", "replace"))
            checkpoint = self._covered(parsed, name)
            if self._by_any(parsed, name) and checkpoint and checkpoint.size <= current.edition.draft:
                current.wrong(
                    f"der Prüfpunkt der Freigabe (Blatt {act.leaf}) umfasst den Entwurf nicht.",
                    f"the checkpoint of the approval (leaf {act.leaf}) does not cover the draft.",
                )

    def _keep(self, current: EditionCheck, cell: tuple[str, str, str], leaves: Any) -> None:
        """Remember the contributors asked for."""
        wanted, name = self.asked.wanted, current.edition.name
        if wanted and wanted.cell == cell and wanted.edition in (None, name):
            self.found = Found(name, current.persons.get(cell, set()), leaves if isinstance(leaves, list) else [])

    def _not_there(self, editions: list[Edition]) -> None:
        """No contributors: a cell nobody is in, or an edition that is not in the bundle."""
        assert self.asked.wanted
        names = [edition.name for edition in editions]
        name = self.asked.wanted.edition or (names[-1] if names else "")
        if name not in names:
            told = ", ".join(map(plain, names)) or "–"
            raise WrongUsage(f"Im Bündel gibt es die Ausgaben: {told}.", f"The editions in the bundle are: {told}.")
        self.found = Found(name, set(), [])

    def _all_editions(self, editions: list[Edition]) -> None:
        drafts = [act.leaf for act in self.ledger.drafts]
        if [edition.draft for edition in editions] != drafts:
            self.report.wrong(
                f"figures.json nennt nicht genau die Entwürfe im Journal (Blätter {drafts[:10]}).",
                f"figures.json does not name exactly the drafts in the ledger (leaves {drafts[:10]}).",
            )
        by_datenstand = sorted(editions, key=lambda edition: edition.datenstand)
        for earlier, later in zip(by_datenstand, by_datenstand[1:]):  # noqa: B905, RUF007 -- Python 3.9
            same = earlier.datenstand == later.datenstand
            if earlier.size > later.size or (same and earlier.size != later.size):
                self.report.wrong(
                    f"figures.json: {plain(earlier.name)} und {plain(later.name)}: Datenstand und Zahl der Einträge "
                    "widersprechen sich.",
                    f"figures.json: {plain(earlier.name)} and {plain(later.name)}: Datenstand and number of entries "
                    "contradict each other.",
                )

    def _proofs(self, editions: list[Edition]) -> None:
        wanted: dict[str, int] = {}
        for edition in editions:
            name = f"proofs/edition-{edition.programme}-{edition.head['number']}"
            wanted[f"{name}-draft.tlog-proof"] = edition.draft
            if edition.approval is not None:
                wanted[f"{name}-approval.tlog-proof"] = edition.approval
        files = [name for name in self.bundle.files if PROOF.fullmatch(name)]
        for name in sorted(set(files) ^ set(wanted)):
            self.report.wrong(f"{plain(name)}: fehlt oder ist überzählig.", f"{plain(name)}: missing or surplus.")
        right = 0
        for name in files:
            right += name in wanted and self._proof(name, wanted[name])
        self.report.ok(
            f"Nachweise einzelner Einträge (proofs/): {right} von {len(files)} führen zu einem unterschriebenen "
            "Prüfpunkt.",
            f"Proofs of single entries (proofs/): {right} of {len(files)} lead to a signed checkpoint.",
        )

    def _proof(self, name: str, leaf: int) -> bool:
        """A C2SP tlog-proof: the entry, the hashes, a checkpoint."""
        head, _blank, rest = self.bundle.read(name).partition(b"\n\n")
        note = self._note(name, rest)
        checkpoint = self._covered(note, name)
        if not self._by_any(note, name) or not checkpoint:
            return False
        try:
            lines = head.decode().split("\n")
            _require(len(lines) <= 70 and lines[:2] == ["c2sp.org/tlog-proof@v1", f"index {leaf}"])
            _require(leaf < checkpoint.size)
            hashes = [from_base64(line) for line in lines[2:]]
            _require(included(self.tree.leaf(leaf), leaf, checkpoint.size, hashes) == checkpoint.root)
        except ValueError:
            self.report.wrong(f"{name}: weist Blatt {leaf} nicht nach.", f"{name}: does not prove leaf {leaf}.")
            return False
        return True

    def _tell_editions(self, checks: list[EditionCheck]) -> None:
        for check in checks:
            name, cells = plain(check.edition.name), len(check.seen)
            figures = len({cell[0] for cell in check.cells} & set(PERSON_FIGURES))
            self.report.ok(
                f"Ausgabe {name} (Stichtag {check.edition.stichtag}, {check.edition.size} Einträge bekannt): "
                f"{figures} Kennzahlen in {check.recomputed} Zellen aus den Ereignissen nachgerechnet, die Personen "
                f"hinter jeder verglichen; alle {cells} Zellen, Prüfsumme und Freigabe mit dem Journal verglichen.",
                f"Edition {name} (Stichtag {check.edition.stichtag}, {check.edition.size} entries known): "
                f"{figures} figures in {check.recomputed} cells recomputed from the events, the persons behind each "
                f"compared; all {cells} cells, digest and approval compared with the ledger.",
            )
        others = sorted({code for check in checks for code in check.not_recomputed})
        if others:
            told = ", ".join(map(plain, others))
            self.report.unchecked.append(
                (
                    f"Kennzahlen, die keine Personen zählen oder hier nicht nachgebaut sind: {told}. Sie stehen so im "
                    "Journal; nachgerechnet wurden sie nicht.",
                    f"Figures that do not count persons or are not rebuilt here: {told}. They stand in the ledger "
                    "like this; they were not recomputed.",
                )
            )


def not_checked(ledger: Ledger, report: Report) -> None:
    """What no run of this program can show."""
    if ledger.hidden:
        report.unchecked.append(
            (
                f"{ledger.hidden} Einträge, die nur als Prüfsumme mitgegeben sind: ihr Inhalt, und ob wirklich alle "
                "zu anderen Programmen oder zu Konten gehören. Ein Bündel des ganzen Journals zeigt es.",
                f"{ledger.hidden} entries given as hashes only: what they say, and whether all of them really belong "
                "to other programmes or to accounts. A bundle of the whole ledger shows it.",
            )
        )
    report.unchecked += [
        (
            "Ob wahr ist, was eingegeben wurde, und ob alles eingegeben wurde.",
            "Whether what was entered is true, and whether everything was entered.",
        ),
        (
            "Ob die Definitionen der Kennzahlen dem Recht und dem Förderbescheid entsprechen; der Programmtext "
            "(code.sha256) wurde nicht gelesen.",
            "Whether the definitions of the figures are what law and grant ask for; the program text (code.sha256) "
            "was not read.",
        ),
        (
            "Versiegelte Felder (Namen, Geburtsdaten, Notizen, Gründe): nur ihr Geheimtext wurde einbezogen.",
            "Sealed fields (names, dates of birth, notes, reasons): only their ciphertext was included.",
        ),
        (
            "Alles vor dem ersten Prüfpunkt, der das Haus verlassen hat: bis dahin konnte das Journal neu geschrieben "
            "werden. Es hilft, frühere Prüfpunkte selbst aufzubewahren (--previous).",
            "Everything before the first checkpoint that left the house: until then the ledger could be rewritten. "
            "It helps to keep earlier checkpoints yourself (--previous).",
        ),
        (
            "Ob die Zahl der Einträge zum Datenstand einer Ausgabe richtig angegeben ist: das Bündel kennt keine "
            "Positionen, nur Blattnummern. Geprüft ist, dass mit ihr die Zahlen herauskommen.",
            "Whether the number of entries at an edition's Datenstand is stated rightly: the bundle knows no "
            "positions, only leaf numbers. What was checked is that the figures come out with it.",
        ),
    ]
    for act in ledger.restores:
        report.noticed.append(
            (
                f"Das Journal wurde aus einer Sicherung wiederhergestellt (Blatt {act.leaf}, Grund "
                f"{plain(act.fact.get('reason'))}, verlorene Einträge: {plain(act.fact.get('lost', '?'))}).",
                f"The ledger was restored from a backup (leaf {act.leaf}, reason {plain(act.fact.get('reason'))}, "
                f"lost entries: {plain(act.fact.get('lost', '?'))}).",
            )
        )


# --- what is printed ----------------------------------------------------------------------------------


def print_report(report: Report) -> None:
    """The report in German, then in English."""
    words = (
        ("Geprüft:", "Nicht geprüft:", "Hinweise:", "Gefunden:"),
        ("Checked:", "Not checked:", "Notes:", "Found:"),
    )
    for place, titles in enumerate(words):
        lists = (report.checked, report.unchecked, report.noticed, report.problems)
        print(("Prüfung eines Bündels\n=====================", "Check of a bundle\n=================")[place])
        for title, sentences in zip(titles, lists):  # noqa: B905 -- Python 3.9
            if sentences:
                print(f"\n{title}")
                for sentence in sentences:
                    print(f"- {sentence[place]}")
        if report.more:
            print((f"- und {report.more} weitere.", f"- and {report.more} more.")[place])
        print(f"\n{verdict(report)[place]}\n")


def verdict(report: Report) -> tuple[str, str]:
    """The last word."""
    if report.problems:
        return "Ergebnis: NICHT IN ORDNUNG.", "Verdict: NOT OK."
    if not report.origin:
        return (
            "Ergebnis: IN ORDNUNG, soweit es ohne den Schlüssel des Prüfers (--key) zu sehen ist.",
            "Verdict: OK, as far as can be seen without the auditor's key (--key).",
        )
    return "Ergebnis: IN ORDNUNG.", "Verdict: OK."


def print_contributors(ledger: Ledger, cell: tuple[str, str, str], found: Found) -> None:
    """The persons behind a cell, their journeys and the entries listed for them."""
    name = cell_name(cell)
    print(f"{name}, Ausgabe {plain(found.edition)}, Personen: {len(found.persons)}")
    print(f"{name}, edition {plain(found.edition)}, persons: {len(found.persons)}\n")
    mine: dict[str, dict[str, list[int]]] = {person: {} for person in found.persons}
    for leaf in found.leaves:
        if type(leaf) is int and 0 <= leaf < ledger.size and ledger.owners[leaf] >= 0:
            journey = ledger.journeys[ledger.owners[leaf]]
            mine.setdefault(journey.participant, {}).setdefault(journey.id, []).append(leaf)
    happened = {one.leaf: one for journey in ledger.journeys if journey.participant in mine for one in journey.happened}
    for person in sorted(mine):
        print(plain(person))
        for journey_id, leaves in sorted(mine[person].items()):
            print(f"  {journey_id}")
            for leaf in leaves:
                one = happened[leaf]
                day = one.step.day if one.step else "–"
                print(f"    {leaf:>8}  {day:<10}  {plain(one.topic)} ({one.version})")
    print()


# --- the command --------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Says what is wrong in both languages."""

    def error(self, message: str) -> NoReturn:
        """Wrong usage."""
        self.print_usage(sys.stderr)
        print(f"Falscher Aufruf / wrong usage: {message}", file=sys.stderr)
        sys.exit(2)


def arguments(given: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = Parser(prog="check_bundle.py", description="Prüft ein Bündel. / Checks a bundle.")
    parser.add_argument("file", metavar="FILE.zip", help="das Bündel / the bundle")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="VKEY_OR_FILE",
        help="Schlüssel aus eigener Quelle, mehrmals möglich / key from a source of your own, may be repeated",
    )
    parser.add_argument(
        "--previous",
        metavar="CHECKPOINT_FILE",
        help="selbst aufbewahrter Prüfpunkt / checkpoint you kept",
    )
    parser.add_argument(
        "--who",
        metavar="FIGURE[,TRAIT=VALUE]",
        help="die Personen hinter einer Zelle / the persons behind a cell",
    )
    parser.add_argument(
        "--edition", metavar="NAME", help="Ausgabe zu --who, sonst die letzte / edition for --who, else the last"
    )
    return parser.parse_args(given)


def asked_for(found: argparse.Namespace) -> Asked:
    """Keys, checkpoint and cell. WrongUsage: files that are not there, keys that are none, cells there cannot be."""
    keys = [key for given in found.key for key in keys_in(given)]
    previous = read_small(found.previous) if found.previous else None
    if found.edition and not found.who:
        raise WrongUsage("--edition gehört zu --who.", "--edition belongs to --who.")
    wanted = Wanted(cell_asked(found.who), found.edition) if found.who else None
    return Asked(keys, previous, wanted)


def keys_in(given: str) -> list[Key]:
    """The key written there, or the keys in the file of that name, one a line."""
    try:
        return [parse_key(given.strip())]
    except ValueError:
        pass
    try:
        lines = read_small(given).decode().split("\n")
        keys = [parse_key(line.strip()) for line in lines if line.strip()]
    except ValueError:
        keys = []
    if not keys:
        raise WrongUsage(f"--key: kein Schlüssel: {plain(given)}", f"--key: no key: {plain(given)}")
    return keys


def read_small(path: str) -> bytes:
    """A small file of the auditor's."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_OTHER)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        told = f"{plain(path)}: {reason}"
        raise WrongUsage(f"Nicht lesbar: {told}", f"Not readable: {told}") from None


def cell_asked(text: str) -> tuple[str, str, str]:
    """The cell `FIGURE` or `FIGURE,TRAIT=VALUE` names."""
    figure, comma, rest = text.partition(",")
    trait, equals, value = rest.partition("=")
    traits = (*TRAITS, "reason") if figure == "exits" else TRAITS
    if figure not in PERSON_FIGURES or (comma and (trait not in traits or not equals)):
        figures = ", ".join(PERSON_FIGURES)
        told = f"FIGURE[,TRAIT=VALUE]; FIGURE: {figures}; TRAIT: {', '.join(TRAITS)} (exits: reason)"
        raise WrongUsage(f"--who: möglich ist {told}", f"--who: possible is {told}")
    return figure, trait, value


def examine(path: str, asked: Asked) -> int:
    """Check a bundle and print the report; the exit status."""
    report = Report()
    check: Check | None = None
    try:
        with open(path, "rb") as stream, tempfile.TemporaryDirectory() as folder:
            bundle = Bundle(stream, os.fstat(stream.fileno()).st_size)
            check = Check(bundle, asked, OpenSsl(folder), report)
            check.run()
    except Broken as broken:
        report.wrong(*broken.words)
        report.unchecked.append(("Alles, was nach diesem Fund käme.", "Everything that would come after this finding."))
    except WrongUsage:
        raise
    except Exception as error:  # whatever a file holds, a report is what comes of it
        kind = type(error).__name__
        report.wrong(f"Unerwarteter Inhalt ({kind}).", f"Unexpected content ({kind}).")
    not_checked(check.ledger if check else Ledger(), report)
    if check and check.found and asked.wanted:
        print_contributors(check.ledger, asked.wanted.cell, check.found)
    print_report(report)
    return 1 if report.problems else 0


def main(given: list[str]) -> int:
    """The command. Exit status: 0 in order, 1 not in order, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    found = arguments(given)
    try:
        if not os.path.isfile(found.file):
            told = plain(found.file)
            raise WrongUsage(f"Die Datei gibt es nicht: {told}", f"There is no such file: {told}")
        return examine(found.file, asked_for(found))
    except WrongUsage as wrong:
        for sentence in wrong.words:
            print(sentence, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Abgebrochen. / Stopped.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror or type(error).__name__}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
