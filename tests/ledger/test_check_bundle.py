"""The stand-alone checker: what it accepts, and that nothing else passes it."""

import ast
import json
import os
import shutil
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bundling import (
    CHECKER,
    Checked,
    Log,
    Signing,
    as_zip,
    b64,
    check,
    check_alone,
    checkpoint,
    note,
    uuid,
    with_manifest,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

TRAITS = {
    "A": ("female", "under_25", "Raunheim", "yes", "isced_0_2"),
    "B": ("male", "35_plus", "Bischofsheim", "no", "none"),
    "C": ("female", "30_34", "Raunheim", "no", "isced_0_2"),
}
NAMES = ("gender", "age_group", "municipality", "single_parent", "education")
Cells = dict[tuple[str, str, str], list[int]]


class Story:
    """Four persons: A in an svp job, B in a minijob and gone, C whose job was withdrawn, D enrolled after the day."""

    def __init__(self, *, rotated: bool = False) -> None:
        self.log = log = Log()
        log.add("programme", "programme.opened", key="lzb")
        self.behind = {
            "A": [log.enrol("A")],
            "B": [
                log.enrol(
                    "B",
                    "2017-01-15",
                    gender="male",
                    age=35,
                    single_parent=False,
                    municipality="Bischofsheim",
                    education="none",
                )
            ],
            "C": [log.enrol("C", "2017-03-01", age=30, single_parent=False)],
        }
        log.enrol("D", "2018-02-01")
        log.add("caseload", "caseload.case_taken_on", journey=uuid("A"))
        self.svp = [log.step("A/1", "placement_started", "2017-02-01", ref="p1", kind="svp")]
        self.minijob = [log.step("B/1", "placement_started", "2017-02-01", ref="p1", kind="minijob")]
        log.step("C/1", "placement_started", "2017-04-01", ref="p1", kind="svp")
        self.behind["B"].append(log.step("B/1", "exited", "2017-12-01", reason="minijob"))
        log.add("C/1", "journey.withdrawn", entry=2, reason="c2VhbGVk")
        if rotated:
            log.rotate()
        self.figures: dict[str, Any] = {}
        self.cells: Cells = {}
        self.count("participants_enrolled", self.behind)
        self.count("placed_svp", {"A": self.svp})
        self.count("placed_minijob_only", {"B": self.minijob})
        self.count("exits", {"B": self.behind["B"]})
        self.figures["exits"]["by"]["reason"] = {"minijob": 1}
        self.cells["exits", "reason", "minijob"] = self.behind["B"]
        self.figures["placement_rate"] = {"value": 0.6666666666666666, "by": {}}
        self.cells["placement_rate", "", ""] = [*self.svp, *self.minijob]

    def count(self, figure: str, behind: dict[str, list[int]]) -> None:
        """A figure that counts these persons, in total and by every trait."""
        self.cells[figure, "", ""] = sorted(leaf for leaves in behind.values() for leaf in leaves)
        by: dict[str, dict[str, int]] = {name: {} for name in NAMES}
        for person, leaves in behind.items():
            for name, value in zip(NAMES, TRAITS[person], strict=True):
                by[name][value] = by[name].get(value, 0) + 1
                self.cells.setdefault((figure, name, value), []).extend(leaves)
        self.figures[figure] = {"value": len(behind), "by": by}

    def told(self, **other: Any) -> Log:
        """The ledger with the edition, and something entered later."""
        self.log.publish(self.figures, self.cells, **other)
        self.log.step("C/1", "exited", "2018-01-01", reason="moved_away")
        return self.log


@pytest.fixture
def log() -> Log:
    return Story().told()


def assert_wrong(found: Checked, *words: str) -> None:
    """Not in order, in both languages, and these words are in what is said to be wrong."""
    assert found.status == 1, found
    german = found.out.partition("Gefunden:")[2].partition("Ergebnis: NICHT IN ORDNUNG.")[0]
    english = found.out.partition("Found:")[2].partition("Verdict: NOT OK.")[0]
    assert german.strip()
    for word in words:
        assert word in german, found.out
        assert word in english, found.out


# --- in order -----------------------------------------------------------------------------------------


def test_a_right_bundle_with_the_auditors_key(log: Log, tmp_path: Path) -> None:
    """A bundle signed with the key the auditor has is in order, and the report says what was and was not checked."""
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]), "--key", log.keys[0])
    assert found.status == 0, found.out
    assert found.out.index("Ergebnis: IN ORDNUNG.\n") < found.out.index("Verdict: OK.\n")
    assert f"{len(log.lines)} gelesen" in found.out
    assert "5 figures" not in found.out  # the rate is not recomputed
    assert found.out.count("placement_rate") == 2
    assert "Lies mich" not in found.out


def test_without_a_key_only_integrity_is_claimed(log: Log, tmp_path: Path) -> None:
    """Without --key the verdict says that the bundle's own key was used."""
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]))
    assert found.status == 0
    assert "Ergebnis: IN ORDNUNG, soweit" in found.out
    assert "not whom it comes from" in found.out


def test_the_key_may_be_in_a_file(log: Log, tmp_path: Path) -> None:
    """--key takes a file with one key a line."""
    keys = tmp_path / "keys"
    keys.write_text(f"{Signing(9)}\n{log.keys[0]}\n")
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]), "--key", keys)
    assert found.status == 0
    assert "Verdict: OK.\n" in found.out


@pytest.mark.parametrize("size", range(16))
def test_growth_from_every_earlier_size(log: Log, tmp_path: Path, size: int) -> None:
    """The consistency proof from every size is accepted, and the auditor's own three lines are compared."""
    kept = tmp_path / "kept"
    kept.write_bytes(checkpoint(log.leaves[:size], log.keys[0]).partition(b"\n\n")[0])
    path = zipped(tmp_path / "b.zip", log.files(previous=size), log.keys[0])
    found = check(path, "--key", log.keys[0], "--previous", kept)
    assert found.status == 0, found.out
    assert f"kept by you (--previous), {size} entries" in found.out
    assert f"(previous.checkpoint), {size} entries" in found.out


def test_an_empty_ledger(tmp_path: Path) -> None:
    """A ledger without entries has the root of the empty tree."""
    log = Log()
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]), "--key", log.keys[0])
    assert found.status == 0, found.out


def test_hidden_entries(log: Log, tmp_path: Path) -> None:
    """Entries may be given as hashes; how many is said, and that nobody can see what they are."""
    files = log.files()
    lines = files["events.ndjson"].split(b"\n")
    for number in (0, 5):
        lines[number] = b'{"hash":"' + json.dumps(b64(log.leaves[number])).encode()[1:-1] + b'"}'
    found = check(zipped(tmp_path / "b.zip", files | {"events.ndjson": b"\n".join(lines)}, log.keys[0]))
    assert found.status == 0, found.out
    assert "2 entries given as hashes only" in found.out


def test_who(log: Log, tmp_path: Path) -> None:
    """--who lists the persons behind a cell with journeys, entries and days."""
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    found = check(path, "--who", "placed_svp,gender=female")
    assert found.status == 0
    assert "placed_svp,gender=female, edition lzb/1, persons: 1\n" in found.out
    assert uuid("A") in found.out
    assert uuid("B") not in found.out
    assert "6  2017-02-01  journey.placement_started (2)" in found.out
    everybody = check(path, "--who", "participants_enrolled", "--edition", "lzb/1").out
    assert all(uuid(person) in everybody for person in "ABC")
    assert uuid("D") not in everybody
    assert "persons: 0\n" in check(path, "--who", "placed_svp,gender=diverse").out


# --- usage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ["--who", "coaching_minutes"],
        ["--who", "placed_svp,gender"],
        ["--who", "placed_svp,reason=svp"],
        ["--who", "placed_svp", "--edition", "lzb/7"],
        ["--edition", "lzb/1"],
        ["--key", "no-key"],
        ["--key", "werdegang/0123456789abcdef+00000000+AAAA"],
        ["--key", str(Signing(1)).replace("+AY", "+BY")],
        ["--previous", "not-there"],
        ["--unknown"],
    ],
)
def test_wrong_usage(log: Log, tmp_path: Path, options: list[str]) -> None:
    """What cannot be asked for ends with 2 and a word in both languages."""
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]), *options)
    assert found.status == 2, found
    assert found.err.strip()
    assert "Verdict" not in found.out


@pytest.mark.parametrize("path", ["missing.zip", "."])
def test_no_file(tmp_path: Path, path: str) -> None:
    """A bundle that is not there is wrong usage."""
    assert check(tmp_path / path).status == 2


# --- stands alone -------------------------------------------------------------------------------------

LIBRARY = {
    *("argparse", "array", "base64", "collections", "datetime", "hashlib", "json", "os", "re", "shutil", "struct"),
    *("subprocess", "sys", "tempfile", "typing", "zlib", "__future__"),
}


def test_it_imports_nothing_but_the_standard_library() -> None:
    """No import of the product, of anything installed, or made at run time; the syntax is that of Python 3.9."""
    tree = ast.parse(CHECKER.read_text("utf-8"), feature_version=(3, 9))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
        assert not (isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval", "compile"))
        assert not isinstance(node, ast.Match)
    assert imported <= LIBRARY
    assert sys.stdlib_module_names >= LIBRARY


def test_it_runs_in_an_empty_folder(log: Log, tmp_path: Path) -> None:
    """A copy of the file alone checks a bundle, without site packages and without the environment's help."""
    empty = tmp_path / "empty"
    empty.mkdir()
    alone = Path(shutil.copy(CHECKER, empty / "alone.py"))
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    found = check_alone(path, "--key", log.keys[0], "--who", "placed_svp", file=alone)
    assert found.status == 0, found
    assert uuid("A") in found.out
    assert list(empty.iterdir()) == [alone]
    path.write_bytes(b"garbage")
    assert_wrong(check_alone(path, file=alone))
    assert check_alone(empty, file=alone).status == 2


def test_without_openssl_nothing_is_in_order(log: Log, tmp_path: Path) -> None:
    """Where openssl is missing or is none, that is said and the bundle is not in order."""
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    bare = tmp_path / "bin"
    bare.mkdir()
    assert_wrong(check_alone(path, "--key", log.keys[0], env={"PATH": str(bare)}), "openssl")
    for answer in (0, 1):
        fake = bare / "openssl"
        fake.write_text(f"#!/bin/sh\nexit {answer}\n")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        assert_wrong(check_alone(path, "--key", log.keys[0], env={"PATH": f"{bare}:{os.environ['PATH']}"}), "Ed25519")


# --- one byte -----------------------------------------------------------------------------------------


def test_every_byte_counts(log: Log, tmp_path: Path) -> None:
    """Whatever byte of the zip is changed, cut off or added, the bundle is no longer in order."""
    content = as_zip(with_manifest(log.files(previous=5), log.keys[0]))
    path = tmp_path / "b.zip"
    random = Random(5)
    offsets = sorted(random.sample(range(len(content)), 60)) + list(range(len(content) - 22, len(content)))
    offsets += list(range(42))
    for offset in offsets:
        changed = bytearray(content)
        changed[offset] ^= 1 << random.randrange(8)
        path.write_bytes(changed)
        assert check(path).status == 1, f"byte {offset}"
    for wrong in (content[:-1], content + b"\0", content[1:], b"\0" + content, content[: len(content) // 2]):
        path.write_bytes(wrong)
        assert check(path).status == 1
    path.write_bytes(content)
    assert check(path).status == 0


def test_a_changed_file_is_named(log: Log, tmp_path: Path) -> None:
    """A byte changed in any file, with its check sum in the zip put right, is found by the manifest."""
    files = with_manifest(log.files(previous=5), log.keys[0])
    for name, content in files.items():
        if content:
            changed = bytearray(content)
            changed[len(content) // 2] ^= 1
            path = tmp_path / "b.zip"
            path.write_bytes(as_zip({**files, name: bytes(changed)}))
            assert_wrong(check(path, "--key", log.keys[0]), name)


# --- forged -------------------------------------------------------------------------------------------


def test_a_cell_changed_and_signed_by_another(log: Log, tmp_path: Path) -> None:
    """A number changed everywhere in figures.json, with a manifest of another key, passes nobody who has a key."""
    files, other = log.files(), Signing(66)
    files["figures.json"] = files["figures.json"].replace(b'"value":"","number":3', b'"value":"","number":4')
    files["log.vkey"] = f"{other}\n".encode()
    path = zipped(tmp_path / "b.zip", files, other)
    assert_wrong(check(path, "--key", log.keys[0]), "participants_enrolled", "figures.json")
    path = zipped(tmp_path / "b.zip", log.files(), other)
    assert_wrong(check(path, "--key", log.keys[0]), "manifest")
    assert_wrong(check(path), "manifest")


def test_everything_signed_by_another(log: Log, tmp_path: Path) -> None:
    """A whole ledger under another key is no bundle of the auditor's ledger."""
    known = log.keys[0]
    log.keys = [Signing(66)]
    log.lines.pop()
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    assert_wrong(check(path, "--key", known), "--key")


Forger = Callable[[dict[str, bytes], Log], object]
"""Changes the files of a bundle; the manifest is signed again afterwards."""


def _replace(files: dict[str, bytes], name: str, old: bytes, new: bytes) -> None:
    assert old in files[name], (name, files[name])
    files[name] = files[name].replace(old, new, 1)


def _swap_lines(files: dict[str, bytes], log: Log) -> None:
    lines = files["events.ndjson"].split(b"\n")
    lines[1], lines[2] = lines[2], lines[1]
    files["events.ndjson"] = b"\n".join(lines)


def _cut_tail(files: dict[str, bytes], log: Log) -> None:
    files["events.ndjson"] = b"".join(line + b"\n" for line in log.lines[:-1])


def _foreign_checkpoint(files: dict[str, bytes], log: Log) -> None:
    files["checkpoint"] = checkpoint(log.leaves, Signing(66))


def _short_checkpoint(files: dict[str, bytes], log: Log) -> None:
    files["checkpoint"] = checkpoint(log.leaves[:-1], log.keys[0])


def _unfounded_previous(files: dict[str, bytes], log: Log) -> None:
    files["previous.checkpoint"] = checkpoint([b"\7" * 32] * 5, log.keys[0])


def _other_consistency(files: dict[str, bytes], log: Log) -> None:
    files["consistency"] = b"".join(files["consistency"].splitlines(keepends=True)[:-1])


def _other_proof(files: dict[str, bytes], log: Log) -> None:
    _replace(files, "proofs/edition-lzb-1-draft.tlog-proof", b"index 12", b"index 11")


def _hash_in_proof(files: dict[str, bytes], log: Log) -> None:
    name = "proofs/edition-lzb-1-approval.tlog-proof"
    lines = files[name].split(b"\n")
    lines[3] = lines[2]
    files[name] = b"\n".join(lines)


def _no_proof(files: dict[str, bytes], log: Log) -> None:
    del files["proofs/edition-lzb-1-draft.tlog-proof"]


def _drop_cell(files: dict[str, bytes], log: Log) -> None:
    lines = files["figures.json"].split(b"\n")
    files["figures.json"] = b"\n".join(lines[:3] + lines[4:])


FORGERIES: dict[str, tuple[Forger, tuple[str, ...]]] = {
    "entry changed": (
        lambda files, log: _replace(files, "events.ndjson", b"2017-01-15", b"2017-01-16"),
        ("checkpoint",),
    ),
    "entries exchanged": (_swap_lines, ("checkpoint",)),
    "tail cut": (_cut_tail, ("checkpoint",)),
    "checkpoint of another": (_foreign_checkpoint, ("checkpoint",)),
    "checkpoint of fewer": (_short_checkpoint, ("checkpoint",)),
    "previous of another tree": (_unfounded_previous, ("previous.checkpoint",)),
    "proof of growth": (_other_consistency, ("consistency",)),
    "leaf of a proof": (_other_proof, ("proofs/edition-lzb-1-draft.tlog-proof",)),
    "hash in a proof": (_hash_in_proof, ("proofs/edition-lzb-1-approval.tlog-proof",)),
    "proof missing": (_no_proof, ("proofs/edition-lzb-1-draft.tlog-proof",)),
    "catalogue": (lambda files, log: _replace(files, "catalogue.json", b"{},", b"{}, "), ("catalogue.json",)),
    "code": (lambda files, log: _replace(files, "code.sha256", b"  domain", b" domain"), ("code.sha256",)),
    "number": (
        lambda files, log: _replace(files, "figures.json", b'"number":0.6666666666666666', b'"number":0.67'),
        ("placement_rate",),
    ),
    "leaf of another": (
        lambda files, log: _replace(
            files,
            "figures.json",
            b'svp","trait":"","value":"","number":1,"leaves":[6',
            b'svp","trait":"","value":"","number":1,"leaves":[7',
        ),
        ("placed_svp", uuid("B")),
    ),
    "one leaf fewer": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[1,2,3,9]', b'"leaves":[1,2]'),
        (uuid("C"),),
    ),
    "leaf that is no step": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[1,2', b'"leaves":[0,1,2'),
        ("participants_enrolled",),
    ),
    "leaf not known then": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[1,2,3,9]', b'"leaves":[1,2,3,9,14]'),
        ("participants_enrolled",),
    ),
    "leaf that is none": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[1,2,3,9]', b'"leaves":[1,2,3,99]'),
        ("participants_enrolled",),
    ),
    "leaf of no journey": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[6,7]', b'"leaves":[0,6,7]'),
        ("placement_rate",),
    ),
    "leaf twice": (
        lambda files, log: _replace(files, "figures.json", b'"leaves":[6,7]', b'"leaves":[6,7,7]'),
        ("placement_rate",),
    ),
    "cell missing": (_drop_cell, ("participants_enrolled,gender=female",)),
    "size": (lambda files, log: _replace(files, "figures.json", b'"size":11', b'"size":9'), ("exits",)),
    "datenstand": (
        lambda files, log: _replace(files, "figures.json", b'"datenstand":18', b'"datenstand":19'),
        ("datenstand",),
    ),
    "draft": (lambda files, log: _replace(files, "figures.json", b'"draft":12', b'"draft":13'), ("lzb/1",)),
    "approval": (lambda files, log: _replace(files, "figures.json", b'"approval":13', b'"approval":null'), ("lzb/1",)),
    "edition left out": (
        lambda files, log: files.update({"figures.json": b'{"format":"werdegang-figures/1","editions":[\n]}\n'}),
        ("figures.json",),
    ),
    "broken off": (lambda files, log: files.update({"figures.json": files["figures.json"][:-3]}), ("figures.json",)),
    "no key": (lambda files, log: files.update({"log.vkey": b"nothing\n"}), ("log.vkey",)),
    "another key": (lambda files, log: files.update({"log.vkey": f"{Signing(5)}\n".encode()}), ("manifest",)),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_by_the_owner_of_the_key(log: Log, tmp_path: Path, name: str) -> None:
    """What is not consistent is found although the manifest was signed again with the right key."""
    forge, words = FORGERIES[name]
    files = log.files(previous=5)
    forge(files, log)
    path = zipped(tmp_path / "b.zip", files, log.keys[0])
    assert_wrong(check(path, "--key", log.keys[0]), *words)


def _event(log: Log, number: int, old: bytes, new: bytes) -> None:
    assert old in log.lines[number]
    log.lines[number] = log.lines[number].replace(old, new, 1)


EVENTS: dict[str, tuple[Callable[[Log], object], tuple[str, ...]]] = {
    "version left out": (lambda log: _event(log, 9, b'"v":3', b'"v":4'), ("events.ndjson", "10", "/4")),
    "topic of another": (lambda log: _event(log, 9, b'"topic":"journey.e', b'"topic":"journey.E'), ("events.ndjson",)),
    "blank in a line": (lambda log: _event(log, 9, b'"v":3', b'"v": 3'), ("events.ndjson",)),
    "key twice": (
        lambda log: _event(log, 9, b'\\"reason\\"', b'\\"reason\\":\\"svp\\",\\"reason\\"'),
        ("events.ndjson",),
    ),
    "no number": (lambda log: _event(log, 1, b'age\\":24', b'age\\":NaN'), ("events.ndjson",)),
    "no day": (lambda log: _event(log, 9, b"2017-12-01", b"2017-13-01"), ("events.ndjson",)),
    "a yes for a number": (lambda log: _event(log, 1, b'age\\":24', b'age\\":true'), ("events.ndjson", "age")),
    "field missing": (lambda log: _event(log, 9, b'\\"reason\\"', b'\\"raison\\"'), ("events.ndjson", "reason")),
    "withdraws nothing": (lambda log: _event(log, 10, b'entry\\":2', b'entry\\":7'), ("events.ndjson", "/3")),
    "an enrolment moved": (lambda log: _event(log, 4, b"2018-02-01", b"2018-01-31"), ("participants_enrolled",)),
    "an exit moved": (lambda log: _event(log, 9, b"2017-12-01", b"2018-02-01"), ("exits", "exits,reason=minijob")),
    "another kind": (lambda log: _event(log, 7, b"minijob", b"svp"), ("placed_svp", "placed_minijob_only")),
    "another trait": (lambda log: _event(log, 3, b'\\"age\\":30', b'\\"age\\":29'), ("age_group=25_29",)),
    "digest": (
        lambda log: [_event(log, number, b'\\"digest\\":\\"', b'\\"digest\\":\\"0') for number in (12, 13)],
        ("lzb/1",),
    ),
    "figure": (lambda log: _event(log, 12, b"0.6666666666666666", b"0.66"), ("lzb/1",)),
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_ledger_that_was_rewritten(tmp_path: Path, name: str) -> None:
    """A ledger written anew, sealed and signed with the right key, is found where it contradicts itself.

    Its approval holds no checkpoint of the ledger before, which would find any of these.
    """
    log = Story().told(approved={"checkpoint": None})
    rewrite, words = EVENTS[name]
    rewrite(log)
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    assert_wrong(check(path, "--key", log.keys[0]), *words)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"by": "A"}, ("13",)),
        ({"approved": {"digest": "0" * 64}}, ("13",)),
        ({"approved": {"checkpoint": "no note"}}, ("13",)),
        ({"approved": {"checkpoint": checkpoint([b"\0" * 32], Signing(1)).decode()}}, ("13",)),
        ({"approved": {"checkpoint": checkpoint([], Signing(1)).decode()}}, ("13",)),
        ({"datenstand": 3}, ("lzb/1", "11", "3")),
        ({"size": 13}, ("lzb/1", "13")),
    ],
)
def test_an_approval_that_is_none(tmp_path: Path, other: dict[str, Any], words: tuple[str, ...]) -> None:
    """Approved by whoever drafted it, another digest, a checkpoint of another tree or of before the draft."""
    log = Story().told(**other)
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    assert_wrong(check(path, "--key", log.keys[0]), *words)


def test_a_catalogue_that_is_not_its_version(tmp_path: Path) -> None:
    """A text that is in ledger and bundle alike, and not the one its version names."""
    log = Story().told(approved={"checkpoint": None})
    _event(log, 11, b"{},[]]", b"{},[1]]")
    files = log.files()
    assert_wrong(check(zipped(tmp_path / "b.zip", files, log.keys[0])), "catalogue.json")
    _replace(files, "catalogue.json", b"{},[]]", b"{},[1]]")
    assert_wrong(check(zipped(tmp_path / "b.zip", files, log.keys[0])), "catalogue.json")


def test_editions_that_contradict_each_other(tmp_path: Path) -> None:
    """A later Datenstand knows no fewer entries, and the same one as many."""
    story = Story()
    for _edition in range(2):
        story.log.publish(story.figures, story.cells)
    log = story.log
    path = tmp_path / "b.zip"
    assert check(zipped(path, log.files(), log.keys[0])).status == 0
    first, second = (edition["head"] for edition in log.editions)
    sizes = first["size"], second["size"]
    assert sizes[0] < sizes[1]
    first["size"], second["size"] = reversed(sizes)
    assert_wrong(check(zipped(path, log.files(), log.keys[0])), "figures.json: lzb/1")


def test_the_auditors_own_copy_finds_a_rewritten_ledger(log: Log, tmp_path: Path) -> None:
    """A ledger rewritten and signed again is in order by itself; with a checkpoint kept outside it is not.

    What stood before an approval cannot be rewritten so easily: the approval holds a checkpoint.
    """
    kept = tmp_path / "kept"
    kept.write_bytes(checkpoint(log.leaves, log.keys[0]))
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[0])
    assert check(path, "--key", log.keys[0], "--previous", kept).status == 0
    _event(log, 14, b"2018-01-01", b"2018-01-02")
    assert check(zipped(path, log.files(), log.keys[0]), "--key", log.keys[0]).status == 0
    assert_wrong(check(path, "--key", log.keys[0], "--previous", kept), "--previous")
    _event(log, 4, b"2018-02-01", b"2018-02-02")
    assert_wrong(check(zipped(path, log.files(), log.keys[0]), "--key", log.keys[0]), "13")
    kept.write_bytes(checkpoint([*log.leaves, b"\1" * 32], log.keys[0]))
    assert_wrong(check(path, "--previous", kept), "--previous", "16")
    kept.write_bytes(checkpoint(log.leaves[:9], Signing(66)))
    assert_wrong(check(path, "--previous", kept), "--previous")
    kept.write_bytes(b"what is this\n")
    assert_wrong(check(path, "--previous", kept), "--previous")


# --- keys ---------------------------------------------------------------------------------------------


def test_a_change_of_key(tmp_path: Path) -> None:
    """Whoever has the first key, or the last, accepts a bundle of a ledger whose key was replaced twice."""
    log = Story(rotated=True).told()
    log.rotate()
    path = zipped(tmp_path / "b.zip", log.files(previous=7), log.keys[2])
    for key in log.keys:
        found = check(path, "--key", key)
        assert found.status == 0, found.out
        assert "Changes of key: 2 of 2" in found.out
    assert_wrong(check(path, "--key", Signing(9)), "--key")


def test_a_change_of_key_begun_twice(tmp_path: Path) -> None:
    """A key that was introduced and never signed, since another took its place, is passed over."""
    story = Story()
    lost = Signing(9)
    story.log.add("ledger", "ledger.signer_introduced", key=str(lost), replaces=str(story.log.keys[0]))
    story.log.rotate()
    log = story.told()
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[1])
    for key in log.keys:
        assert check(path, "--key", key).status == 0
    assert_wrong(check(path, "--key", lost), "--key")


def _one_key(log: Log, files: dict[str, bytes], number: int) -> None:
    files["rotation-1.checkpoint"] = checkpoint(log.leaves[:12], log.keys[number])


def _too_early(log: Log, files: dict[str, bytes]) -> None:
    files["rotation-1.checkpoint"] = checkpoint(log.leaves[:11], *log.keys)


def _left_out(log: Log, files: dict[str, bytes]) -> None:
    del files["rotation-1.checkpoint"]


def _old_vkey(log: Log, files: dict[str, bytes]) -> None:
    files["log.vkey"] = f"{log.keys[0]}\n".encode()


def _other_tree(log: Log, files: dict[str, bytes]) -> None:
    files["rotation-1.checkpoint"] = checkpoint([b"\0" * 32] * 12, *log.keys)


def _old_key(log: Log, files: dict[str, bytes]) -> None:
    files["checkpoint"] = checkpoint(log.leaves, log.keys[0])


@pytest.mark.parametrize(
    ("forge", "word"),
    [
        (partial(_one_key, number=0), "rotation-1.checkpoint"),
        (partial(_one_key, number=1), "rotation-1.checkpoint"),
        (_too_early, "rotation-1.checkpoint"),
        (_other_tree, "rotation-1.checkpoint"),
        (_left_out, "1"),
        (_old_vkey, "log.vkey"),
        (_old_key, "checkpoint"),
    ],
)
def test_a_change_of_key_that_is_not_shown(
    tmp_path: Path, forge: Callable[[Log, dict[str, bytes]], None], word: str
) -> None:
    """A new key counts only by a checkpoint over its introduction that the old key signed too."""
    log = Story(rotated=True).told()
    files = log.files()
    forge(log, files)
    path = zipped(tmp_path / "b.zip", files, log.keys[1])
    for key in log.keys:
        assert_wrong(check(path, "--key", key), word)


def test_a_key_that_replaces_another_than_the_last(tmp_path: Path) -> None:
    """A change of key has to follow the one before."""
    log = Story(rotated=True).told()
    log.keys[1] = Signing(5)
    log.rotate()
    path = zipped(tmp_path / "b.zip", log.files(), log.keys[2])
    assert_wrong(check(path, "--key", log.keys[0]), "events.ndjson")


def test_further_signatures_are_let_be(log: Log, tmp_path: Path) -> None:
    """A note may carry signatures of others, such as witnesses; a wrong one of a known key is no signature."""
    files = log.files()
    text = files["checkpoint"].partition(b"\n\n")[0] + b"\n"
    files["checkpoint"] += Signing(8, "witness").line(text)
    path = zipped(tmp_path / "b.zip", files, log.keys[0])
    assert check(path, "--key", log.keys[0]).status == 0
    files["checkpoint"] += log.keys[0].line(b"another text")
    assert_wrong(check(zipped(path, files, log.keys[0]), "--key", log.keys[0]), "checkpoint")


# --- hostile ------------------------------------------------------------------------------------------


def _local(name: bytes, size: int = 0, content: bytes = b"", method: int = 0) -> bytes:
    return (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, method, 0, 0x21, zlib.crc32(content), size, size, len(name), 0)
        + name
        + content
    )


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "text": b"PK is not enough\n",
    "one header": _local(b"LIESMICH.txt"),
    "half a header": _local(b"LIESMICH.txt")[:20],
    "huge": _local(b"LIESMICH.txt", 0xFFFFFFFF),
    "huge events": _local(b"LIESMICH.txt") + _local(b"events.ndjson", 0xFFFFFFFE),
    "path": _local(b"../../etc/passwd"),
    "name with control letters": _local(b"\x1b[2Jmanifest"),
    "no ASCII": _local("größe".encode("cp437")),
    "no name": _local(b""),
    "long name": _local(b"a" * 65000),
    "twice": _local(b"LIESMICH.txt") * 2,
    "compressed": _local(b"LIESMICH.txt", method=8),
    "end only": b"PK\5\6" + bytes(18),
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(tmp_path: Path, name: str) -> None:
    """Whatever is no zip of a bundle is refused, in words and without control letters."""
    path = tmp_path / "b.zip"
    path.write_bytes(HOSTILE[name])
    found = check(path)
    assert_wrong(found)
    assert "\x1b" not in found.out


def test_a_zip_of_many_files(tmp_path: Path) -> None:
    """A zip with another zip's names, comments or extra fields is none."""
    log = Story().told()
    path = tmp_path / "b.zip"
    files = with_manifest(log.files(), log.keys[0])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert_wrong(check(path), "LIESMICH.txt")
    for changed in (
        {**files, "extra.txt": b""},
        dict(sorted(files.items())),
        {name: content for name, content in files.items() if name != "README.txt"},
        {name: content for name, content in files.items() if name != "manifest"},
    ):
        path.write_bytes(as_zip(changed))
        assert_wrong(check(path))
    content = as_zip(files)
    path.write_bytes(content[:-2] + b"\3\0abc")
    assert_wrong(check(path))


DEEP = b"[" * 100_000
LINES: list[bytes] = [
    *(b"", b"[]", b"null", b'{"hash":1}', b'{"hash":"AA=="}', b'{"hash":"' + b"A" * 43 + b'="} ', b"\xff\xfe"),
    *(b'{"id":1,"v":1,"topic":"a","state":"{}"}', DEEP, b'{"a":' * 5_000, b'{"v":' + b"9" * 5_000 + b"}"),
    *(b'{"id":"x","v":1,"topic":"a","state":"{}"}', b'{"hash":"\\ud800"}', b"\x1b]0;title\x07"),
]


@pytest.mark.parametrize(
    "name", ["events.ndjson", "figures.json", "catalogue.json", "checkpoint", "log.vkey", "manifest"]
)
def test_hostile_contents(log: Log, tmp_path: Path, name: str) -> None:
    """Whatever stands in a file whose check sum is right, a report is what comes of it."""
    files, path = log.files(), tmp_path / "b.zip"
    for line in LINES:
        for content in (line, files.get(name, b"") + line + b"\n"):
            changed = {**with_manifest({**files, name: content} if name != "manifest" else files, log.keys[0])}
            if name == "manifest":
                changed["manifest"] = content
            path.write_bytes(as_zip(changed))
            same = content == files.get(name) or (name == "catalogue.json" and not line and content.strip())
            assert check(path).status == (0 if same else 1), (line[:40], name)


def test_states_that_are_none(log: Log, tmp_path: Path) -> None:
    """A state that is no entry is named by line, leaf and event, its content not shown raw."""
    log.lines[9] = log.lines[9].replace(b"recorded_by", b"\\u001b[2Jrecorded_by")
    found = check(zipped(tmp_path / "b.zip", log.files(), log.keys[0]))
    assert_wrong(found, "10", "/3")
    assert "\x1b" not in found.out


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_garbage(data: st.DataObject) -> None:
    """Random bytes, and a right bundle with random bytes in it, never end in anything but a report."""
    content = _garbage_base()
    at = data.draw(st.integers(0, len(content)))
    junk = data.draw(st.binary(max_size=60))
    wrong = content[:at] + junk + content[at + len(junk) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b.zip"
        path.write_bytes(wrong)
        assert check(path).status == int(wrong != content)


@cache
def _garbage_base() -> bytes:
    log = Story().told()
    return as_zip(with_manifest(log.files(), log.keys[0]))


def test_the_note_of_another_form(log: Log, tmp_path: Path) -> None:
    """A checkpoint whose text has a fourth line is one; a root of another length is none."""
    files = log.files()
    text = files["checkpoint"].partition(b"\n\n")[0] + b"\n"
    files["checkpoint"] = note(text + b"extension\n", log.keys[0])
    path = zipped(tmp_path / "b.zip", files, log.keys[0])
    assert check(path, "--key", log.keys[0]).status == 0
    lines = text.split(b"\n")
    files["checkpoint"] = note(b"\n".join([*lines[:2], b"AAAA", b""]), log.keys[0])
    assert_wrong(check(zipped(path, files, log.keys[0])), "checkpoint")
