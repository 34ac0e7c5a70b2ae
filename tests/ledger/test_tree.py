"""The Merkle tree: published vectors, and the laws they are instances of."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.ledger.tree import (
    EMPTY,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "merkle"
published = pytest.mark.skipif(not PUBLISHED.exists(), reason="the published vectors are not here")
LEAVES = [sha256(str(number).encode()).digest() for number in range(140)]


def vectors(kind: str) -> list[Any]:
    paths = sorted((PUBLISHED / "vectors" / kind).rglob("*.json"))
    return [pytest.param(json.loads(path.read_text()), id=path.relative_to(PUBLISHED).as_posix()) for path in paths]


def hashes(given: list[str] | None) -> list[bytes]:
    return [base64.b64decode(one) for one in given or []]


@published
def test_published_roots() -> None:
    """The tree of eight leaves has the roots that Certificate Transparency publishes for it."""
    tree = json.loads((PUBLISHED / "rfc6962-8leaves" / "tree.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(line)) for line in tree["leaf_inputs_hex"]]
    assert [root_of(leaves[:size]).hex() for size in range(9)] == tree["roots_by_size_hex"]
    assert tree["hasher"] == {
        "empty": EMPTY.hex(),
        "empty_leaf": leaf_hash(b"").hex(),
        "leaf_L123456": leaf_hash(b"L123456").hex(),
        "node_N123_N456": node_hash(b"N123", b"N456").hex(),
    }


@published
def test_all_vectors_are_read() -> None:
    """None of the published vectors is passed over."""
    assert len(vectors("inclusion")) == 65
    assert len(vectors("consistency")) == 57


@published
@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_published_inclusion(vector: dict[str, Any]) -> None:
    """Valid proofs of inclusion are accepted and all others refused."""
    leaf, root = hashes([vector["leafHash"], vector["root"]])
    proof = hashes(vector["proof"])
    assert verify_inclusion(vector["leafIdx"], vector["treeSize"], leaf, proof, root) is not vector["wantErr"]


@published
@pytest.mark.parametrize("vector", vectors("consistency"))
def test_published_consistency(vector: dict[str, Any]) -> None:
    """Valid proofs of consistency are accepted and all others refused; roots have 32 bytes."""
    first, second = hashes([vector["root1"], vector["root2"]])
    proof = hashes(vector["proof"])
    accepted = verify_consistency(vector["size1"], vector["size2"], proof, first, second)
    short = min(len(first), len(second)) < 32
    assert accepted is (not vector["wantErr"] and not short)


@given(st.integers(1, len(LEAVES)), st.data())
def test_every_leaf_is_proved(size: int, data: st.DataObject) -> None:
    """A leaf is in its tree, at its place, and nowhere else."""
    leaves, index = LEAVES[:size], data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, leaves), root_of(leaves)
    assert verify_inclusion(index, size, leaves[index], proof, root)
    other = data.draw(st.integers(0, size + 3))
    assert verify_inclusion(other, size, leaves[index], proof, root) == (other == index)
    assert not verify_inclusion(index, size, leaf_hash(b"another"), proof, root)


@given(st.integers(1, len(LEAVES)), st.data())
def test_every_growth_is_proved(second: int, data: st.DataObject) -> None:
    """A tree grew from each of its beginnings, and from no other tree of that size."""
    first = data.draw(st.integers(1, second))
    proof = consistency_proof(first, LEAVES[:second])
    assert verify_consistency(first, second, proof, root_of(LEAVES[:first]), root_of(LEAVES[:second]))
    other = [*LEAVES[: first - 1], leaf_hash(b"another")]
    assert not verify_consistency(first, second, proof, root_of(other), root_of(LEAVES[:second]))


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_frontier_grows_as_the_tree(steps: list[int]) -> None:
    """However leaves are added, the root is that of the tree over all of them."""
    frontier, size = Frontier(), 0
    for step in steps:
        more = [LEAVES[number % len(LEAVES)] for number in range(size, size + step)]
        frontier.extend(more)
        size += step
        assert frontier.root() == root_of([LEAVES[number % len(LEAVES)] for number in range(size)])
        assert frontier.size == size


def test_a_frontier_needs_its_peaks() -> None:
    """A frontier cannot be made with other than one peak per binary digit, nor grow where a tree cannot stand."""
    with pytest.raises(ValueError, match="1 peaks for 3 leaves"):
        Frontier(3, LEAVES[:1])
    with pytest.raises(ValueError, match="height 1"):
        Frontier(1, LEAVES[:1]).append(LEAVES[1], 1)
