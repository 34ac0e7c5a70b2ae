"""The key that signs the checkpoints, and how another takes its place, stopped anywhere; on both stores."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tampering import NOW, Sealing, request

from domain.errors import NotReady
from domain.journal import Journal
from domain.terms import ledger_stream
from projections.ledger import signing_keys
from projections.ledger.notes import Signer, open_note
from projections.ledger.sealer import seal
from projections.ledger.signing_keys import create_signing_key, read_signers, replace_signing_key


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The file of the signing key, made."""
    path = tmp_path / "signing.key"
    create_signing_key(path)
    return path


def sealed_with(sealed: Sealing, path: Path) -> None:
    """What any command does at its end: seal with the keys that lie on the machine."""
    seal(sealed.journal, sealed.seals, read_signers(path), now=NOW)


def rotate(sealed: Sealing, path: Path) -> None:
    """Replace the key."""
    replace_signing_key(sealed.journal, sealed.seals, path, request())


def test_a_key_is_made_once(key: Path) -> None:
    """A key that exists is left as it is; nobody else may read it."""
    text = key.read_text()
    create_signing_key(key)
    assert key.read_text() == text
    assert key.stat().st_mode & 0o077 == 0
    assert [str(one.verifier) for one in read_signers(key)] == [str(Signer.parse(text).verifier)]


def test_a_key_is_replaced(sealed: Sealing, key: Path) -> None:
    """The next key is introduced by an entry whose checkpoint both sign; from then on it signs alone."""
    (old,) = read_signers(key)
    sealed.put(2)
    rotate(sealed, key)
    (new,) = read_signers(key)
    assert new.verifier != old.verifier
    assert new.verifier.name == old.verifier.name
    assert_replaced(sealed, key, old)


def assert_replaced(sealed: Sealing, key: Path, old: Signer) -> None:
    """One key took the place of another: introduced, in a checkpoint of both, and sealing alone since."""
    (new,) = read_signers(key)
    assert sealed.seals.signers() == [old.verifier, new.verifier]
    assert not key.with_name(key.name + ".next").exists()
    sealed.put(2)
    sealed_with(sealed, key)
    heads = list(sealed.seals.checkpoints())
    by = [open_note(one.note.encode(), [old.verifier, new.verifier])[1] for one in heads]
    both = by.index([old.verifier, new.verifier])
    assert by == [[old.verifier]] * both + [[old.verifier, new.verifier]] + [[new.verifier]] * (len(by) - both - 1)
    assert by[-1] == [new.verifier]
    assert sealed.codes(heads[0], heads[both], heads[-1], trusted=[old]) == []


CRASHES: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "after the next key is written": (Journal, "act", lambda *_given: True),
    "after the entry is stored": (signing_keys, "seal", lambda journal, *_given: bool(journal.read(ledger_stream()))),
    "after the checkpoint is stored": (os, "replace", lambda _file, to: to.suffix == ".key"),
}
"""Stopped instead of calling something, the first time that its arguments are such."""
MEANWHILE: dict[str, Callable[[Sealing, Path], object]] = {
    "nothing": lambda _sealed, _key: None,
    "more entries": lambda sealed, _key: sealed.put(2),
    "more entries, sealed by another command": lambda sealed, key: (sealed.put(2), sealed_with(sealed, key)),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("crash", CRASHES)
def test_a_replacement_stopped_anywhere_is_finished(
    sealed: Sealing, key: Path, crash: str, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for again, it is finished; the same next key takes over, and no other is made."""
    (old,) = read_signers(key)
    sealed.put(2)
    sealed_with(sealed, key)
    with monkeypatch.context() as patched:
        stop_at(patched, *CRASHES[crash])
        with pytest.raises(KeyboardInterrupt):
            rotate(sealed, key)
    written = key.with_name(key.name + ".next").read_text()
    MEANWHILE[meanwhile](sealed, key)
    assert sealed.codes() == []
    rotate(sealed, key)
    assert key.read_text() == written
    assert_replaced(sealed, key, old)


def stop_at(patched: pytest.MonkeyPatch, owner: Any, what: str, when: Callable[..., bool]) -> None:
    """Stop instead of calling something with such arguments."""
    real = getattr(owner, what)

    def stopped(*given: Any, **named: Any) -> Any:
        if when(*given):
            raise KeyboardInterrupt
        return real(*given, **named)

    patched.setattr(owner, what, stopped)


def test_a_replacement_survives_a_sealer_that_knows_the_old_key_only(
    sealed: Sealing, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process opened before the replacement may seal the introducing entry with the old key; the replacement still
    ends with a new key that can seal."""
    old = read_signers(key)
    sealed.put(2)
    sealed_with(sealed, key)
    act, overtaken = Journal.act, list[Any]()

    def act_and_be_overtaken(journal: Journal, *given: Any, **named: Any) -> Any:
        outcome = act(journal, *given, **named)
        if not overtaken:
            overtaken.append(seal(sealed.journal, sealed.seals, old, now=NOW))
        return outcome

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "act", act_and_be_overtaken)
        with contextlib.suppress(NotReady):
            rotate(sealed, key)
    rotate(sealed, key)
    sealed.put()
    sealed_with(sealed, key)
    assert len(read_signers(key)) == 1
    assert sealed.codes() == []


@pytest.mark.parametrize("half", ["the first key", "the next key"])
def test_a_key_half_written_is_none(
    sealed: Sealing, tmp_path: Path, half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while a key is written: no command is refused for it, and asking again makes a whole one."""

    def stopped(_descriptor: int) -> None:
        raise KeyboardInterrupt

    key = tmp_path / "signing.key"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", stopped)
        if half == "the first key":
            with pytest.raises(KeyboardInterrupt):
                create_signing_key(key)
            assert read_signers(key) == []
    create_signing_key(key)
    (old,) = read_signers(key)
    sealed.put(2)
    if half == "the next key":
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", stopped)
            with pytest.raises(KeyboardInterrupt):
                rotate(sealed, key)
        assert len(read_signers(key)) == 1
    sealed_with(sealed, key)
    rotate(sealed, key)
    assert_replaced(sealed, key, old)


def test_an_auditor_follows_keys_from_the_first(sealed: Sealing, key: Path) -> None:
    """Who trusts the first key alone verifies after two replacements: each was introduced by the one before."""
    (first,) = read_signers(key)
    sealed.put(2)
    sealed_with(sealed, key)
    for _time in range(2):
        rotate(sealed, key)
        sealed.put(2)
        sealed_with(sealed, key)
    (last,) = read_signers(key)
    assert len(sealed.seals.signers()) == 3
    heads = list(sealed.seals.checkpoints())
    assert sealed.codes(*heads, trusted=[first]) == []
    assert sealed.codes(heads[-1], trusted=[last]) == []
    assert sealed.codes(heads[0], trusted=[last]) == ["bad_outside"]
    assert sealed.codes(trusted=[Signer.generate("werdegang/other")]) == ["untrusted_signer"]


def test_a_replaced_key_seals_nothing_more(sealed: Sealing, key: Path) -> None:
    """The old key, stolen or left lying about, is refused by the sealer."""
    (old,) = read_signers(key)
    sealed.put(2)
    rotate(sealed, key)
    sealed.put()
    with pytest.raises(NotReady) as refused:
        sealed.seal(old)
    assert refused.value.code == "foreign_signing_key"
    for told in (str(old.verifier), str(read_signers(key)[0].verifier)):
        assert told in str(refused.value)
    assert sealed.codes() == []
