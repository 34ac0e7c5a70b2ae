"""Taking back an import batch as a whole, naming what it keeps and why (DESIGN.md section 7)."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from samples import OWN_KEY, ROWS
from taking import KEY, NOW, Desk, enrolled, missed, step

from domain.errors import NotFound
from domain.facts import Withdrawn
from projections.balance import compute
from projections.catch_up import catch_up
from projections.exchange.withdrawal import Withdrawal, withdraw_batch

STICHTAG = date(2019, 1, 1)


def withdraw(desk: Desk, batch: UUID, reason: str = "falsche Datei") -> Withdrawal:
    stores = desk.stores
    found = withdraw_batch(stores.journal, stores.vault, batch, by="lead", now=NOW, reason=reason)
    catch_up(stores.journal, stores.read_model)
    return found


def figures(desk: Desk) -> dict[str, Any]:
    return {code: figure.value for code, figure in compute(desk.stores.read_model, KEY, STICHTAG).figures.items()}


def kept(found: Withdrawal) -> list[str]:
    return [why.code for _position, why in found.kept]


def test_whole_batch_is_withdrawn(desk: Desk) -> None:
    """Every step of it, the last first; the figures are those from before, the old ones stay at their Datenstand."""
    desk.take(enrolled("Z"), missed("2017-02-01", "Z"))
    before, head = figures(desk), desk.stores.journal.head()
    desk.take(*ROWS)
    filled = compute(desk.stores.read_model, KEY, STICHTAG)
    found = withdraw(desk, desk.batch)
    assert (found.withdrawn, found.before, found.kept, found.coaches) == (len(ROWS), 0, [], ["C1"])
    assert figures(desk) == before
    again = compute(desk.stores.read_model, KEY, STICHTAG, datenstand=filled.datenstand)
    assert again == filled
    assert compute(desk.stores.read_model, KEY, STICHTAG, datenstand=head).figures["participants_enrolled"].value == 1
    withdrawals = [one for one in desk.entries(OWN_KEY) if isinstance(one.fact, Withdrawn)]
    assert [one.fact.entry for one in withdrawals] == list(range(len(ROWS), 0, -1))
    assert {one.entry.recorded_by for one in withdrawals} == {"lead"}
    assert all(b"falsche" not in one.fact.reason for one in withdrawals)


def test_other_batches_stay(desk: Desk) -> None:
    """Only what the batch stored goes."""
    desk.take(enrolled("A"))
    first = desk.batch
    desk.take(missed("2017-02-01", "A"), enrolled("B"))
    assert withdraw(desk, desk.batch).withdrawn == 2
    assert figures(desk)["participants_enrolled"] == 1
    assert withdraw(desk, first).withdrawn == 1
    assert figures(desk)["participants_enrolled"] == 0


def test_what_others_built_on_stays(desk: Desk) -> None:
    """It is named with its position and the reason: which later entry is in the way."""
    desk.take(enrolled(), step("placement_started", "2017-02-01", ref="p", kind="svp"), missed("2017-02-02"))
    batch, before = desk.batch, desk.stores.journal.head()
    desk.take(step("placement_ended", "2017-03-01", ref="p", reason="other"))
    found = withdraw(desk, batch)
    assert (found.withdrawn, kept(found)) == (1, ["entry_in_the_way", "entry_in_the_way"])
    positions = [position for position, _why in found.kept]
    assert positions == sorted(positions)
    assert positions[-1] < before
    assert (
        [desk.stores.journal.entry_at(position).fact for position in positions]
        == [  # type: ignore[union-attr]
            entry.fact for entry in desk.entries()[:2]
        ]
    )
    assert ["Eintrag 2" in str(found.kept[0][1]), "Eintrag 4" in str(found.kept[1][1])] == [True, True]
    assert figures(desk)["placed_svp"] == 1


def test_corrections_and_withdrawals_of_a_batch_stay(desk: Desk) -> None:
    """They cannot be taken back, only entered anew; the message says so."""
    desk.take(enrolled(id="1"), missed("2017-02-01", id="2"), missed("2017-02-02", id="3"))
    desk.take(
        missed("2017-02-05", id="2"),
        {"participant": "A", "step": "withdrawn", "entry": "3"},
        missed("2017-02-06", id="4"),
        corrections=True,
    )
    found = withdraw(desk, desk.batch)
    assert (found.withdrawn, kept(found)) == (1, ["stays", "stays"])
    assert desk.entries()[-1].fact.entry == 5, "the missed appointment: rows that withdraw come last"


def test_withdrawing_twice(desk: Desk) -> None:
    """The second time there is nothing left to do."""
    desk.take(enrolled(), missed("2017-02-01"))
    batch = desk.batch
    withdraw(desk, batch)
    stored = desk.stored
    found = withdraw(desk, batch)
    assert (found.withdrawn, found.before, found.kept, desk.stored) == (0, 2, [], stored)


def test_what_was_kept_goes_once_nothing_stands_in_the_way(desk: Desk) -> None:
    """After the later entry is taken back, so can be the rest."""
    desk.take(enrolled())
    first = desk.batch
    desk.take(missed("2017-02-01"))
    assert kept(withdraw(desk, first)) == ["entry_in_the_way"]
    withdraw(desk, desk.batch)
    assert withdraw(desk, first).withdrawn == 1
    assert figures(desk)["participants_enrolled"] == 0


def test_withdrawn_batch_can_come_in_again(desk: Desk) -> None:
    """A file taken back and put right is taken in again, under the same ids and without any."""
    for number, rows in enumerate([ROWS, [{name: row[name] for name in row if name != "id"} for row in ROWS]]):
        assert desk.take(*rows).stored == len(ROWS)
        filled = figures(desk)
        withdraw(desk, desk.batch)
        report = desk.take(*rows)
        assert (report.stored, report.refused) == (len(ROWS), []), number
        assert figures(desk) == filled
        withdraw(desk, desk.batch)


def test_care_goes_with_the_assignment(desk: Desk) -> None:
    """The coach is free for others again."""
    rows = [enrolled(person) for person in ("A", "B")]
    desk.take(*rows, *(step("coach_assigned", "2017-01-02", person, coach="C1") for person in ("A", "B")))
    full = desk.batch
    third = [enrolled("C"), step("coach_assigned", "2017-01-02", "C", coach="C1")]
    assert [one.why.code for one in desk.take(*third).refused] == ["coach_full"]
    withdraw(desk, full)
    assert figures(desk)["caseload_max"] == 0
    assert desk.take(*third).refused == []


def test_unknown_batch(desk: Desk) -> None:
    """No entry belongs to it."""
    with pytest.raises(NotFound) as refusal:
        withdraw(desk, uuid4())
    assert refusal.value.code == "unknown_batch"


def test_batch_that_stored_nothing(desk: Desk) -> None:
    """A refused file is no batch."""
    desk.take(missed("2017-02-01"))
    with pytest.raises(NotFound):
        withdraw(desk, desk.batch)
