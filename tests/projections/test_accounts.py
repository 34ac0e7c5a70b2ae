"""Accounts in the read model: as known now for whoever asks what they may do, and as known before in the rows."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from domain import commands
from domain.facts import RoleGranted
from domain.journal import Request
from domain.terms import Role, account_stream
from projections.accounts import Account, Grant, account_named, all_accounts
from projections.catch_up import catch_up
from projections.read_model.tables import SQLITE, indexes
from projections.stores import Stores

NOW = datetime(2020, 1, 2, 9, tzinfo=UTC)


def act(stores: Stores, command: Any, *asked: Any) -> int:
    """Run a command and project it; the position it was stored at."""
    request = Request(id=uuid4(), by="admin-1", now=NOW)
    stores.journal.act(lambda streams: command(streams, *asked), request)
    return catch_up(stores.journal, stores.read_model)


def test_account_as_known_now_and_before(stores: Stores) -> None:
    """Each entry changes the row; the earlier ones say what the account could do at an earlier Datenstand."""
    coach, lead = RoleGranted(role=Role.COACH, coach="C01"), RoleGranted(role=Role.LEAD)
    positions = [
        act(stores, commands.open_account, "x-1"),
        act(stores, commands.grant_role, "x-1", lead),
        act(stores, commands.grant_role, "x-1", coach),
        act(stores, commands.revoke_role, "x-1", Role.LEAD),
    ]
    grants = (Grant(Role.COACH, None, "C01"),)
    assert account_named(stores.read_model, "x-1") == Account("x-1", False, grants, tuple(positions))
    act(stores, commands.open_account, "a-1")
    closing = act(stores, commands.close_account, "x-1")
    closed = Account("x-1", True, (), (*positions, closing))
    assert account_named(stores.read_model, "x-1") == closed
    assert [one.code for one in all_accounts(stores.read_model)] == ["a-1", "x-1"]
    assert all_accounts(stores.read_model)[1] == closed
    assert account_named(stores.read_model, "nobody") is None
    known = stores.read_model.query(
        "SELECT known_from, known_until, roles FROM accounts WHERE stream = :stream ORDER BY known_from",
        {"stream": str(account_stream("x-1"))},
    )
    assert [row[:2] for row in known] == [*zip(positions, [*positions[1:], closing], strict=True), (closing, None)]
    roles = [[grant["role"] for grant in json.loads(row[2])] for row in known]
    assert roles == [[], ["lead"], ["coach", "lead"], ["coach"], []]


def test_account_is_found_by_an_index() -> None:
    """Every request of the pages asks for the account it comes from."""
    assert ("account",) in indexes("accounts", SQLITE)
