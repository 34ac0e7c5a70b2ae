"""Bundles made by hand: a small ledger told fact by fact, its tree and proofs as RFC 9162 defines them, a zip by the
standard library. Nothing here comes from the product or from the checker.

    log = Log()
    log.add(A, "journey.enrolled", ...)
    files = log.files(); zipped(path, files, log.keys[0])
"""

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CHECKER = Path(__file__).parents[2] / "scripts" / "check_bundle.py"
NAME = "werdegang/0123456789abcdef"
DATED = (1980, 1, 1, 0, 0, 0)
Leaves = Sequence[bytes]


class Checked(NamedTuple):
    """What a run of the checker came to."""

    status: int
    out: str
    err: str


def check(path: Path, *options: object) -> Checked:
    """Run the checker's command in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _stream in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        try:
            status = checker().main([str(path), *map(str, options)])
        except SystemExit as ended:
            status = ended.code
    return Checked(status, *(stream.buffer.getvalue().decode() for stream in streams))  # type: ignore[attr-defined]


def check_alone(path: Path, *options: object, env: Mapping[str, str] | None = None, file: Path = CHECKER) -> Checked:
    """Run the checker as an auditor does: a process of its own, isolated and without site packages."""
    command = [sys.executable, "-I", "-S", str(file), str(path), *map(str, options)]
    done = subprocess.run(
        command,
        cwd=file.parent,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return Checked(done.returncode, done.stdout, done.stderr)


@cache
def checker() -> ModuleType:
    """The checker as a module, for what would take too many processes."""
    spec = spec_from_file_location("check_bundle_alone", CHECKER)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules["check_bundle_alone"] = module
    spec.loader.exec_module(module)
    return module


# --- tree ---------------------------------------------------------------------------------------------


def root_of(leaves: Leaves) -> bytes:
    """The root, as RFC 9162 section 2.1.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = split(len(leaves))
    return sha256(b"\1" + root_of(leaves[:middle]) + root_of(leaves[middle:])).digest()


def inclusion(number: int, leaves: Leaves) -> list[bytes]:
    """The inclusion proof, as section 2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if number < middle:
        return [*inclusion(number, leaves[:middle]), root_of(leaves[middle:])]
    return [*inclusion(number - middle, leaves[middle:]), root_of(leaves[:middle])]


def consistency(first: int, leaves: Leaves, whole: bool = True) -> list[bytes]:
    """The consistency proof, as section 2.1.4.1 defines it."""
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    middle = split(len(leaves))
    if first <= middle:
        return [*consistency(first, leaves[:middle], whole), root_of(leaves[middle:])]
    return [*consistency(first - middle, leaves[middle:], False), root_of(leaves[:middle])]


def split(size: int) -> int:
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle


# --- notes --------------------------------------------------------------------------------------------


class Signing:
    """A key that signs."""

    def __init__(self, seed: int, name: str = NAME) -> None:
        self.name = name
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.raw = self._private.public_key().public_bytes_raw()
        self.id = sha256(name.encode() + b"\n\x01" + self.raw).digest()[:4]

    def __str__(self) -> str:
        data = b64(b"\x01" + self.raw)
        return f"{self.name}+{self.id.hex()}+{data}"

    def line(self, text: bytes) -> bytes:
        return f"— {self.name} {b64(self.id + self._private.sign(text))}\n".encode()


def note(text: bytes, *keys: Signing) -> bytes:
    """A signed note."""
    return text + b"\n" + b"".join(key.line(text) for key in keys)


def checkpoint(leaves: Leaves, *keys: Signing) -> bytes:
    """A signed checkpoint over some leaves."""
    return note(f"{keys[0].name}\n{len(leaves)}\n{b64(root_of(leaves))}\n".encode(), *keys)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- a ledger -----------------------------------------------------------------------------------------


class Log:
    """A ledger of a few entries, and the bundle made of it."""

    def __init__(self) -> None:
        self.keys = [Signing(1)]
        self.lines: list[bytes] = []
        self.editions: list[dict[str, Any]] = []
        self.rotations: list[bytes] = []
        self._versions: dict[str, int] = {}

    @property
    def leaves(self) -> list[bytes]:
        return [sha256(b"\0" + line).digest() for line in self.lines]

    def add(self, stream: str, topic: str, by: str = "coach-1", **fact: Any) -> int:
        """Add an entry; its leaf number."""
        ident = str(uuid5(NAMESPACE_URL, stream))
        version = self._versions[ident] = self._versions.get(ident, 0) + 1
        state = {"recorded_at": "2018-01-01T00:00:00Z", "recorded_by": by, "fact": {"type": topic, **fact}}
        self.lines.append(dumped({"id": ident, "v": version, "topic": topic, "state": dumped(state).decode()}))
        return len(self.lines) - 1

    def enrol(self, person: str, day: str = "2017-01-01", participation: int = 1, **traits: Any) -> int:
        """Enrol somebody in the programme `lzb`."""
        told = {"gender": "female", "age": 24, "municipality": "Raunheim", "single_parent": True, **traits}
        told = {"education": "isced_0_2", "programme": "lzb", **told}
        fact = {"happened_on": day, "participant": uuid(person), "participation": participation, **told}
        return self.add(f"{person}/{participation}", "journey.enrolled", **fact)

    def step(self, journey: str, topic: str, day: str, **fact: Any) -> int:
        """A step on a journey such as `A/1`."""
        return self.add(journey, f"journey.{topic}", happened_on=day, **fact)

    def publish(
        self, figures: Mapping[str, Any], cells: Mapping[tuple[str, str, str], Sequence[int]], **other: Any
    ) -> None:
        """Draft and approve an edition for 2018-01-31 of everything there is by now.

        `figures` are those of the event, `cells` the leaves behind each.
        """
        size, number = len(self.lines), len(self.editions) + 1
        told = {
            "programme": "lzb",
            "kind": "interim",
            "stichtag": "2018-01-31",
            "datenstand": other.get("datenstand", size + 7),
        }
        told |= {"catalogue": self._catalogue(), "figures": figures}
        digest = sha256(json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
        size = other.get("size", size)
        draft = self.add("balances", "balance.drafted", "a", **told, number=number, digest=digest.hexdigest())
        seal = checkpoint(self.leaves, *self.keys[-1:]).decode()
        approved = {"number": number, "digest": digest.hexdigest(), "checkpoint": seal}
        approval = self.add(
            "balances", "balance.approved", other.get("by", "b"), **{**approved, **other.get("approved", {})}
        )
        head = {"edition": f"lzb/{number}", "programme": "lzb", "number": number}
        head |= {name: told[name] for name in ("kind", "stichtag", "datenstand", "catalogue")}
        head |= {"size": size, "draft": draft, "approval": approval}
        self.editions.append(
            {"head": head, "cells": [(*cell, leaves) for cell, leaves in cells.items()], "of": figures}
        )

    def _catalogue(self) -> str:
        content = '["core",[],{},[]]'
        version = f"core:{sha256(content.encode()).hexdigest()[:16]}"
        if not self.editions:
            self.add("catalogue", "catalogue.kept", version=version, content=content)
        return version

    def rotate(self) -> None:
        """Let another key sign from now on."""
        old, new = self.keys[-1], Signing(len(self.keys) + 1)
        self.add("ledger", "ledger.signer_introduced", key=str(new), replaces=str(old))
        self.keys.append(new)
        self.rotations.append(checkpoint(self.leaves, old, new))

    def files(self, previous: int | None = None) -> dict[str, bytes]:
        """The files of the bundle without its manifest."""
        leaves, key = self.leaves, self.keys[-1]
        head = checkpoint(leaves, key)
        files = {"LIESMICH.txt": b"Lies mich.\n", "README.txt": b"Read me.\n", "checkpoint": head}
        files["log.vkey"] = f"{key}\n".encode()
        if previous is not None:
            files["previous.checkpoint"] = checkpoint(leaves[:previous], self.keys[0])
            hashes = consistency(previous, leaves) if previous else []
            files["consistency"] = "".join(f"{b64(one)}\n" for one in hashes).encode()
        files |= {f"rotation-{number}.checkpoint": one for number, one in enumerate(self.rotations, 1)}
        files["events.ndjson"] = b"".join(line + b"\n" for line in self.lines)
        files["figures.json"] = self.figures()
        kept = {self.editions[0]["head"]["catalogue"]: '["core",[],{},[]]'} if self.editions else {}
        files["catalogue.json"] = dumped(kept) + b"\n"
        files["code.sha256"] = f"{'0' * 64}  domain/terms.py\n".encode()
        proofs = {}
        for edition in self.editions:
            for act in ("draft", "approval"):
                leaf = edition["head"][act]
                lines = ["c2sp.org/tlog-proof@v1", f"index {leaf}", *map(b64, inclusion(leaf, leaves))]
                name = f"proofs/edition-lzb-{edition['head']['number']}-{act}.tlog-proof"
                proofs[name] = "\n".join(lines).encode() + b"\n\n" + head
        return files | dict(sorted(proofs.items()))

    def figures(self) -> bytes:
        lines = ['{"format":"werdegang-figures/1","editions":[']
        for place, edition in enumerate(self.editions):
            lines.append(dumped(edition["head"]).decode()[:-1] + ',"cells":[')
            cells = [dumped(self._cell(edition["of"], *cell)).decode() for cell in edition["cells"]]
            lines += [cell + ("," if number < len(cells) - 1 else "") for number, cell in enumerate(cells)]
            lines.append("]}" + ("," if place < len(self.editions) - 1 else ""))
        return "\n".join([*lines, "]}", ""]).encode()

    @staticmethod
    def _cell(figures: Mapping[str, Any], figure: str, trait: str, value: str, leaves: Sequence[int]) -> dict[str, Any]:
        found = figures[figure]
        number = found["by"][trait][value] if trait else found["value"]
        return {"figure": figure, "trait": trait, "value": value, "number": number, "leaves": sorted(leaves)}


def uuid(person: str) -> str:
    """The id of a participant."""
    return str(uuid5(NAMESPACE_URL, f"participant/{person}"))


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# --- the zip ------------------------------------------------------------------------------------------


def with_manifest(files: Mapping[str, bytes], key: Signing) -> dict[str, bytes]:
    """The files with a manifest signed by a key."""
    listed = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return {**files, "manifest": note(f"werdegang-bundle/1\n{listed}".encode(), key)}


def zipped(path: Path, files: Mapping[str, bytes], key: Signing) -> Path:
    """A bundle of these files, in their order."""
    path.write_bytes(as_zip(with_manifest(files, key)))
    return path


def as_zip(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip of the standard library."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, DATED)
            info.external_attr, info.create_system = 0o100644 << 16, 3
            archive.writestr(info, content)
    return stream.getvalue()


def unzipped(path: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
