"""The key that signs the checkpoints: a file apart from the stores, and how another takes its place."""

import os
import secrets
from pathlib import Path

from domain import commands
from domain.errors import NotReady
from domain.journal import Journal, Request
from domain.texts import _
from projections.ledger.notes import BadNote, Signer
from projections.ledger.sealer import foreign_key, seal
from projections.ledger.seals import Sealed, Seals


def create_signing_key(path: Path) -> None:
    """Make a key under a new name of a ledger; one that exists is left as it is."""
    if not path.exists():
        _write(path, Signer.generate(f"werdegang/{secrets.token_hex(8)}"))


def read_signers(path: Path) -> list[Signer]:
    """The key in use and, while it is being replaced, the next; none where there is no key on this machine.

    Refused (`NotReady`): a file that holds no key.
    """
    return [_read(file) for file in (path, _next(path)) if file.exists()]


def replace_signing_key(journal: Journal, seals: Seals, path: Path, request: Request) -> Sealed:
    """Let a new key sign from now on: introduced in the ledger, in a checkpoint that both sign.

    Stopped anywhere, it is finished by being asked for again. Refused (`NotReady`): no key to replace, one that does
    not sign the ledger.
    """
    if not path.exists():
        raise NotReady("no_signing_key", _("Hier liegt kein Schlüssel, der das Journal versiegeln darf."))
    signing, known = [signer.verifier for signer in read_signers(path)], seals.signers()
    if known and known[-1] not in signing:
        raise foreign_key(signing[0], known[-1])
    if not known or known[-1] == signing[0]:  # else both have signed, and only the renaming is left
        if not _next(path).exists():
            _write(_next(path), Signer.generate(signing[0].name))
        old, new = (str(signer.verifier) for signer in read_signers(path))
        journal.act(lambda streams: commands.introduce_signer(streams, new, old), request)
        seal(journal, seals, read_signers(path), now=request.now)
    os.replace(_next(path), path)
    sealed = seals.latest()
    assert sealed is not None
    return sealed


def _next(path: Path) -> Path:
    return path.with_name(path.name + ".next")


def _read(path: Path) -> Signer:
    try:
        return Signer.parse(path.read_text("ascii"))
    except (BadNote, OSError, UnicodeDecodeError):
        text = _("In {path} liegt kein lesbarer Schlüssel zum Versiegeln.", path=path)
        raise NotReady("bad_signing_key", text) from None


def _write(path: Path, signer: Signer) -> None:
    """Stopped anywhere, there is the whole key or none."""
    half = path.with_name(path.name + ".new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(signer.text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)
