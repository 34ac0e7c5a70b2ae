"""Signed notes, checkpoints and proofs of entries: published examples, and what is refused."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from projections.ledger.notes import BadNote, Checkpoint, EntryProof, Signer, Verifier, open_note, split_note
from projections.ledger.tree import leaf_hash

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "merkle"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published notes are not here")
SIGNER = Signer("werdegang/0", Ed25519PrivateKey.from_private_bytes(bytes(32)))
HEAD = Checkpoint("werdegang/0", 3, leaf_hash(b"root"))


@published
@pytest.mark.parametrize(
    ("note", "key"),
    [
        ("c2sp-foo.note", "c2sp-foo.vkey"),
        ("peterneumann.note", "peterneumann.vkey"),
        ("sumdb-2024-09-23.checkpoint", "sumdb.vkey"),
        ("sumdb-65664258.checkpoint", "sumdb.vkey"),
    ],
)
def test_published_notes(note: str, key: str) -> None:
    """Published notes verify with their keys, and with no byte of the text changed."""
    folder = PUBLISHED / "signed-note"
    verifier = Verifier.parse((folder / key).read_text())
    assert str(verifier) == (folder / key).read_text().strip()
    signed = (folder / note).read_bytes()
    text, keys = open_note(signed, [verifier])
    assert keys == [verifier]
    for place in range(len(text) - 1):
        changed = bytearray(signed)
        changed[place] ^= 1
        with pytest.raises(BadNote):
            open_note(bytes(changed), [verifier])


@published
def test_published_checkpoint_is_read() -> None:
    """A checkpoint of the Go checksum database is read as what it says, and written as it was."""
    text, _signatures = split_note((PUBLISHED / "signed-note" / "sumdb-65664258.checkpoint").read_bytes())
    found = Checkpoint.parse(text)
    assert (found.origin, found.size) == ("go.sum database tree", 65664258)
    assert found.text == text


@published
def test_published_signatures_are_made_again() -> None:
    """Signing is deterministic: the published seed gives the published checkpoint, byte for byte."""
    vector = json.loads((PUBLISHED / "cosignature-v1" / "sigsum-go.json").read_text())
    text = vector["log_checkpoint"].partition("\n\n")[0] + "\n"
    name = text.splitlines()[0]
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed_hex"]))
    assert Checkpoint.parse(text.encode()).note([Signer(name, private)]).decode() == vector["log_checkpoint"]


@published
def test_published_cosignature() -> None:
    """A witness's cosignature verifies, and not over another text or time."""
    vector = json.loads((PUBLISHED / "cosignature-v1" / "sigsum-go.json").read_text())
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed_hex"]))
    witness = Verifier(vector["witness"], private.public_key().public_bytes_raw(), 4)
    note = (vector["note_text"] + "\n" + vector["signature_line"]).encode()
    assert open_note(note, [witness]) == (vector["note_text"].encode(), [witness])
    assert Verifier.parse(str(witness)) == witness
    with pytest.raises(BadNote, match="wrong signature"):
        open_note(note.replace(b"10\n", b"11\n", 1), [witness])


def test_a_signing_key_is_read_back() -> None:
    """A signing key written down signs as before; its text tells its verifier nothing else."""
    again = Signer.parse(SIGNER.text + "\n")
    assert again.verifier == SIGNER.verifier
    assert HEAD.note([again]) == HEAD.note([SIGNER])


@pytest.mark.parametrize("change", [lambda text: text[:-3], lambda text: text.replace("werdegang", "other"), str.lower])
def test_a_damaged_signing_key_is_refused(change: "type[str]") -> None:
    """A damaged signing key is refused, and the refusal says nothing of what it read."""
    with pytest.raises(BadNote) as refused:
        Signer.parse(change(SIGNER.text))
    assert str(refused.value) == "not a signing key"


def test_two_keys_may_sign() -> None:
    """A note of two signers opens with either key, and with none of a third."""
    second = Signer.generate("werdegang/0")
    note = HEAD.note([SIGNER, second])
    for signer in (SIGNER, second):
        assert open_note(note, [signer.verifier]) == (HEAD.text, [signer.verifier])
    with pytest.raises(BadNote, match="no known key"):
        open_note(note, [Signer.generate("werdegang/0").verifier])


def test_a_wrong_signature_beside_a_good_one_is_refused() -> None:
    """One wrong signature of a known key spoils the note."""
    second = Signer.generate("werdegang/0")
    wrong = HEAD.note([SIGNER]) + second.signature(b"another text\n")
    with pytest.raises(BadNote, match="wrong signature"):
        open_note(wrong, [SIGNER.verifier, second.verifier])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n- a AAAAAAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA\n",
        b"te\x00xt\n\n\xe2\x80\x94 a AAAAAAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAAAAAA=",
    ],
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    """Texts that are no signed note are refused, whatever is wrong with them."""
    with pytest.raises(BadNote):
        split_note(note)


@pytest.mark.parametrize("size", ["-1", "01", "1.0", "", "x"])
def test_what_is_no_checkpoint_is_refused(size: str) -> None:
    """A size is written in decimal digits without leading zeros."""
    lines = HEAD.text.decode().split("\n")
    lines[1] = size
    with pytest.raises(BadNote):
        Checkpoint.parse("\n".join(lines).encode())


def test_a_short_root_is_refused() -> None:
    """A root has 32 bytes."""
    with pytest.raises(BadNote, match="another length"):
        Checkpoint.parse(b"werdegang/0\n1\nAAAA\n")


def test_a_proof_is_read_back() -> None:
    """The proof of an entry is read as it was written; extra data is passed over."""
    proof = EntryProof(2, [leaf_hash(b"a"), leaf_hash(b"b")], HEAD.note([SIGNER]))
    assert EntryProof.parse(proof.text) == proof
    assert EntryProof.parse(proof.text.replace(b"index", b"extra AAAA\nindex", 1)) == proof
    with pytest.raises(BadNote):
        EntryProof.parse(proof.text.replace(b"index 2", b"index 02"))
    with pytest.raises(BadNote):
        EntryProof.parse(proof.text.replace(b"v1", b"v2"))
