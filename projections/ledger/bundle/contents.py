"""What a bundle holds, and in which order: docs/bundle.md describes every file."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

import domain
import projections
from domain.errors import NotFound, NotReady, Refused
from domain.facts import CatalogueKept
from domain.terms import catalogue_stream
from domain.texts import _
from projections.editions import Edition, catalogue_of, editions
from projections.ledger.bundle.archive import Archive
from projections.ledger.bundle.entries import Shown, entry_lines
from projections.ledger.bundle.figures import LeafNumbers, edition_lines
from projections.ledger.bundle.guide import guide
from projections.ledger.notes import Signer
from projections.ledger.seals import Sealed, Seals
from projections.ledger.signatures import introductions, opened
from projections.stores import Stores

MANIFEST_HEAD = "werdegang-bundle/1"
_FIGURES_HEAD = b'{"format":"werdegang-figures/1","editions":[\n'


class Wanted(NamedTuple):
    """What a bundle is to hold: up to which checkpoint, of which programme (None: all), since which earlier note."""

    head: Sealed
    signer: Signer
    programme: str | None = None
    since: bytes | None = None


class Bundled(NamedTuple):
    """What was written: entries and how many of them as hashes only, editions, bytes."""

    entries: int
    hidden: int
    editions: int
    size: int


def wanted(stores: Stores, head: Sealed | None, *, programme: str | None = None, since: bytes | None = None) -> Wanted:
    """What to write, checked before anything is written.

    Refused: an empty ledger, no key on this machine that signs it (`NotReady`), an unknown programme (`NotFound`), a
    `since` that is no checkpoint of this ledger.
    """
    if head is None:
        raise Refused("nothing_sealed", _("Das Journal ist leer; es gibt nichts zu bündeln."))
    current = stores.seals.signers()[-1]
    signer = next((signer for signer in stores.signers if signer.verifier == current), None)
    if signer is None:
        text = _("Hier liegt der Schlüssel nicht, der dieses Journal versiegelt; ein Bündel unterschreibt er.")
        raise NotReady("no_signing_key", text)
    if programme is not None:
        _require_programme(stores, programme)
    if since is not None:
        _require_own(stores.seals, head, since)
    return Wanted(head, signer, programme, since)


def write_bundle(stores: Stores, file: BinaryIO, asked: Wanted, progress: Callable[[int, int], None]) -> Bundled:
    """Write a bundle to a file that can be sought in; `progress` is told how much of what is done.

    Refused (`NotReady`): entries that are not the ones that were sealed, or no longer there; a bundle beyond 4 GiB.
    """
    archive, seals, head = Archive(file), stores.seals, asked.head
    told, shown = _editions(stores, asked), Shown(asked.programme)
    total = head.size * (1 + len(told))
    _add_notes(archive, stores, asked)
    with archive.adding("events.ndjson") as write:
        for lines in entry_lines(stores.journal, seals, head, shown, lambda done: progress(done, total)):
            write(lines)
    with archive.adding("figures.json") as write:
        for piece in _figures(stores, head, told, lambda done: progress(head.size * (1 + done), total)):
            write(piece)
    archive.add("catalogue.json", _catalogues(stores, told))
    archive.add("code.sha256", code_sums())
    for name, proof in sorted(_proofs(seals, head, told)):
        archive.add(name, proof)
    listed = "".join(f"{digest}  {name}\n" for name, digest in archive.digests.items())
    text = f"{MANIFEST_HEAD}\n{listed}".encode()
    archive.add("manifest", text + b"\n" + asked.signer.signature(text))
    return Bundled(head.size, shown.hidden, len(told), archive.close())


def code_sums() -> bytes:
    """The SHA-256 of every source file of the two floors that make the figures, as `sha256sum` lists them."""
    lines = []
    for package in (domain, projections):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(root.parent).as_posix()
                lines.append(f"{sha256(path.read_bytes()).hexdigest()}  {name}\n")
    return "".join(lines).encode()


# --- its parts ------------------------------------------------------------------------------------


def _add_notes(archive: Archive, stores: Stores, asked: Wanted) -> None:
    """The files a bundle opens with: the guide, the checkpoint and its key, what leads to them."""
    key = str(asked.signer.verifier)
    for name, language in (("LIESMICH.txt", "de"), ("README.txt", "en")):
        archive.add(name, guide(language, asked.programme, key))
    archive.add("checkpoint", asked.head.note.encode())
    archive.add("log.vkey", f"{key}\n".encode())
    if asked.since is not None:
        growth = stores.seals.prove_growth(_size_of(asked.since), asked.head.size)
        archive.add("previous.checkpoint", asked.since)
        archive.add("consistency", b"".join(b64encode(one) + b"\n" for one in growth))
    for number, note in enumerate(_rotations(stores, asked.head), 1):
        archive.add(f"rotation-{number}.checkpoint", note)


def _editions(stores: Stores, asked: Wanted) -> list[Edition]:
    """The editions as the checkpoint knows them, in the order they were drafted."""
    last, told = asked.head.position, []
    for one in editions(stores.journal, stores.read_model, asked.programme):
        known = one if one.approved and one.approved.position <= last else msgspec.structs.replace(one, approved=None)
        if one.drafted.position <= last:
            told.append(known)
    return sorted(told, key=lambda one: one.drafted.position)


def _figures(stores: Stores, head: Sealed, told: Sequence[Edition], progress: Callable[[int], None]) -> Iterator[bytes]:
    numbers = LeafNumbers(stores.seals, head.size)
    yield _FIGURES_HEAD
    for done, one in enumerate(told):
        catalogue = catalogue_of(stores.journal, one.balance.catalogue)
        yield from edition_lines(stores.read_model, one, catalogue, numbers)
        yield b"]},\n" if done < len(told) - 1 else b"]}\n"
        progress(done + 1)
    yield b"]}\n"


def _catalogues(stores: Stores, told: Sequence[Edition]) -> bytes:
    """The catalogues of the editions as the ledger keeps them, by version."""
    kept = {}
    for version in {one.balance.catalogue for one in told}:
        for one in stores.journal.read(catalogue_stream(version)):
            assert isinstance(one.fact, CatalogueKept)
            kept[version] = one.fact.content
    return msgspec.json.encode(kept, order="sorted") + b"\n"


def _proofs(seals: Seals, head: Sealed, told: Sequence[Edition]) -> Iterator[tuple[str, bytes]]:
    """For each edition the proofs that its draft and its approval are in the ledger."""
    for one in told:
        name = f"proofs/edition-{one.balance.programme}-{one.number}"
        for act, kind in ((one.drafted, "draft"), (one.approved, "approval")):
            if act:
                yield f"{name}-{kind}.tlog-proof", seals.prove_entry(act.position, head).text


def _rotations(stores: Stores, head: Sealed) -> Iterator[bytes]:
    """For each key that took another's place the checkpoint that both signed."""
    introduced = introductions(stores.journal)
    for verifier in stores.seals.signers()[1:]:
        one = introduced.get(str(verifier))
        covering = stores.seals.covering(one.position) if one and one.position <= head.position else None
        if covering is None:
            text = _("Der Schlüssel {key} ist von keinem früheren eingeführt.", key=str(verifier))
            raise NotReady("signer_not_introduced", text)
        yield covering.note.encode()


def _require_programme(stores: Stores, programme: str) -> None:
    query = "SELECT DISTINCT p.programme FROM programmes p ORDER BY p.programme"
    known = tuple(str(row[0]) for row in stores.read_model.query(query, {}))
    if programme not in known:
        text = _("Das Programm {key} gibt es nicht. Es gibt: {known}.", key=programme, known=known)
        raise NotFound("unknown_programme", text, field="programme")


def _require_own(seals: Seals, head: Sealed, note: bytes) -> None:
    """Refused: a note that is no checkpoint of this ledger with a signature of one of its keys."""
    found = opened(note, seals.signers())
    if found is None:
        words = _("Das ist kein Prüfpunkt, den ein Schlüssel dieses Journals unterschrieben hat.")
        raise Refused("no_checkpoint", words, field="since")
    if found.size > head.size or seals.frontier(found.size).root() != found.root:
        words = _(
            "Der Prüfpunkt nennt {found} Einträge, aus denen dieses Journal nicht hervorging; prüfen mit: werdegang "
            "verify --trusted.",
            found=found.size,
        )
        raise Refused("foreign_checkpoint", words, field="since")


def _size_of(note: bytes) -> int:
    """The size a note tells that was checked before."""
    return int(note.split(b"\n", 2)[1])
