"""Accounts and what they may do: what their facts make of the read model, and asking for them as known now.

What an account may do is always asked as known now, also while somebody looks at an earlier Datenstand.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from domain import facts
from domain.terms import Role
from projections import rows
from projections.programmes import Fold, Positions
from projections.read_model import ReadModel
from projections.rows import as_entries


class Grant(Struct, frozen=True):
    """A role an account has; `programme` None: in every programme. `coach` is a coach's code in the caseloads."""

    role: Role
    programme: str | None = None
    coach: str | None = None


class Account(Struct, frozen=True):
    """An account as known now; a closed one has no grants. `entries` are the positions of what was entered about it."""

    code: str
    closed: bool
    grants: tuple[Grant, ...]
    entries: tuple[int, ...]


_SELECT = "SELECT a.account, a.closed, a.roles, a.entries FROM accounts a WHERE a.known_until IS NULL"


def account_named(model: ReadModel, code: str) -> Account | None:
    """The account under a code; None where none was opened."""
    found = model.query(f"{_SELECT} AND a.account = :account", {"account": code})
    return _account(*found[0]) if found else None


def all_accounts(model: ReadModel) -> list[Account]:
    """Every account, by its code."""
    return [_account(*row) for row in model.query(f"{_SELECT} ORDER BY a.account", {})]


def _account(code: str, closed: int, roles: str, entries: str) -> Account:
    grants = msgspec.json.decode(roles, type=tuple[Grant, ...])
    return Account(code, bool(closed), grants, msgspec.json.decode(entries, type=tuple[int, ...]))


# --- the fold -------------------------------------------------------------------------------------


def _open(fold: Fold, _version: int, fact: facts.AccountOpened, positions: Positions) -> None:
    _put(fold, rows.AccountRow(fold.stream, fact.account, 0, "[]", as_entries(positions)))


def _grant(fold: Fold, _version: int, fact: facts.RoleGranted, positions: Positions) -> None:
    others = _without(fold, fact.role, fact.programme)
    _change(fold, positions, roles=_written([*others, Grant(fact.role, fact.programme, fact.coach)]))


def _revoke(fold: Fold, _version: int, fact: facts.RoleRevoked, positions: Positions) -> None:
    _change(fold, positions, roles=_written(_without(fold, fact.role, fact.programme)))


def _close(fold: Fold, _version: int, _fact: facts.AccountClosed, positions: Positions) -> None:
    _change(fold, positions, closed=1, roles="[]")


TAKE: dict[type, Callable[[Fold, int, Any, Positions], None]] = {
    facts.AccountOpened: _open,
    facts.RoleGranted: _grant,
    facts.RoleRevoked: _revoke,
    facts.AccountClosed: _close,
}
"""What each fact of an account makes of its row."""


def _without(fold: Fold, role: Role, programme: str | None) -> list[Grant]:
    grants = msgspec.json.decode(fold.kept["account"].roles, type=list[Grant])
    return [grant for grant in grants if (grant.role, grant.programme) != (role, programme)]


def _written(grants: list[Grant]) -> str:
    ordered = sorted(grants, key=lambda grant: (grant.role, grant.programme or ""))
    return msgspec.json.encode(ordered).decode()


def _change(fold: Fold, positions: Positions, **changed: Any) -> None:
    row: rows.AccountRow = fold.kept["account"]
    entries = as_entries((*msgspec.json.decode(row.entries), *positions))
    _put(fold, row._replace(entries=entries, **changed))


def _put(fold: Fold, row: rows.AccountRow) -> None:
    fold.kept["account"] = row
    fold.known.put(("accounts", row.account), row)
