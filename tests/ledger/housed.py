"""A house with everything to attack, and its attacker; what stands here checks nothing."""

import json
from collections.abc import Callable
from copy import copy
from typing import Any
from uuid import UUID

from entering import Programme, enrolled, job, on
from steps import assigned, session
from tampering import NOW, TABLES, Owner

from domain.facts import BalanceApproved
from projections.ledger.notes import Checkpoint, Signer
from projections.ledger.seals import Sealed
from projections.rebuild import rebuild
from projections.settings import Settings
from projections.stores import Stores

STICHTAG = "2018-02-19"
Check = Callable[..., dict[str, Any]]


class House:
    """A house with everything to attack, and the attacker at its database."""

    def __init__(self, settings: Settings, stores: Stores, owner: Owner) -> None:
        self.settings, self.stores, self.owner = settings, stores, owner
        self.programme = programme = Programme(stores)
        programme.given(enrolled(), assigned(on("2017-01-02"), "C1"), session(on("2017-01-10"), 60), job("2017-02-01"))
        stores.seal(NOW)
        other = programme.given(enrolled("2017-03-01"), assigned(on("2017-03-02"), "C1"))
        owner.skip_position()
        programme.more(other, session(on("2017-04-01"), 45), session(on("2017-05-01"), 30))
        stores.seal(NOW)
        self.old = owner.backup(*TABLES)
        self.drafted = programme.draft(STICHTAG)
        programme.approve(self.drafted)
        programme.more(other, session(on("2017-06-01"), 20))
        for purpose in ("counselling", "counselling", "audit"):
            participant = programme.participant(other)
            stores.vault.reads.append(NOW, account="a.1", participant=participant, field="note", purpose=purpose)
        stores.seal(NOW)
        programme.more(other, session(on("2017-07-01"), 25), session(on("2017-08-01"), 35))
        stores.seal(NOW)
        self.key, self.outside = stores.signers[0], self.last
        owner.lift_triggers()

    def moved(self, settings: Settings, stores: Stores, owner: Owner) -> "House":
        """The same house in a copy of its stores."""
        moved = copy(self)
        moved.settings, moved.stores, moved.owner, moved.programme = settings, stores, owner, copy(self.programme)
        moved.programme.stores = stores
        return moved

    @property
    def last(self) -> Sealed:
        """The last checkpoint."""
        last = self.stores.seals.latest()
        assert last is not None
        return last

    @property
    def sizes(self) -> list[int]:
        """How many entries each checkpoint covers."""
        return [sealed.size for sealed in self.stores.seals.checkpoints()]

    @property
    def positions(self) -> list[int]:
        """Where the entries stand."""
        return [row[0] for row in self.stores.journal.scan_after(0, upto=self.stores.journal.head())]

    @property
    def middle(self) -> int:
        """The position of an entry that the second checkpoint covers, no figure depends on and stands in a larger
        tree: the tenth."""
        return self.positions[9]

    def change(self, position: int, old: bytes = b"tester", new: bytes = b"tested") -> None:
        """Change the stored bytes of an entry; by default who recorded it."""
        state = self.owner.state(position)
        assert old in state
        self.owner.set_state(position, state.replace(old, new))

    def follow(self) -> None:
        """Make the read model what the ledger has become."""
        rebuild(self.settings.ledger, self.settings.read_model, now=NOW)

    def sign_again(self, signer: Signer) -> None:
        """Make all seals anew, and put the new checkpoints into the approvals, as a careful forger does."""
        journal, seals, approvals = self.stores.journal, self.stores.seals, self._approvals()
        self.owner.seal_again(journal, seals, signer)
        for position, size in approvals.items():
            new = next(sealed.note for sealed in seals.checkpoints() if sealed.size == size)
            ((_position, stream, version, _topic, _state),) = journal.scan_after(position - 1, upto=position)
            old = journal.read(UUID(stream))[version - 1].fact
            assert isinstance(old, BalanceApproved)
            self.change(position, _quoted(old.checkpoint), _quoted(new))
            self.owner.seal_again(journal, seals, signer, after=size)

    def _approvals(self) -> dict[int, int]:
        """Where approvals stand, and how many entries the checkpoint of each covers."""
        found = {}
        for position in self.positions:
            entry = self.stores.journal.entry_at(position)
            if entry and isinstance(entry.fact, BalanceApproved) and entry.fact.checkpoint:
                found[position] = Checkpoint.parse(entry.fact.checkpoint.partition("\n\n")[0].encode() + b"\n").size
        return found


def _quoted(note: str | None) -> bytes:
    assert note
    return json.dumps(note, ensure_ascii=False)[1:-1].encode()


def findings(told: dict[str, Any]) -> list[tuple[str, int | None]]:
    """The codes of what was found, with the positions named."""
    return [(one["code"], one["position"]) for part in told["checked"].values() for one in part["findings"]]
