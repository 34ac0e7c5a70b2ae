"""Accounts: opened once, given roles that stand apart, closed for good; nobody acts on the own account."""

from typing import Any
from uuid import uuid4

import pytest
from given import NOW, MemoryLedger, given
from given import OPENED as OPENED_PROGRAMME

from domain import account as accounts
from domain import commands
from domain.account import Account
from domain.facts import AccountClosed, AccountOpened, CoachJoined, Fact, RoleGranted, RoleRevoked
from domain.journal import Request
from domain.terms import Role, account_stream

CODE = "M.weiss"
OPENED = AccountOpened(account=CODE)
COACH = RoleGranted(role=Role.COACH, programme="lzb-gg", coach="C01")
LEAD = RoleGranted(role=Role.LEAD)
CLOSED = AccountClosed()


def grant(*facts: Fact, granted: RoleGranted, by: str = "admin-1") -> Any:
    return given(Account, OPENED, *facts).when(accounts.grant_role, granted, by=by)


def revoke(*facts: Fact, role: Role = Role.LEAD, programme: str | None = None, by: str = "admin-1") -> Any:
    return given(Account, OPENED, *facts).when(accounts.revoke_role, role, programme, by=by)


def close(*facts: Fact, by: str = "admin-1") -> Any:
    return given(Account, OPENED, *facts).when(accounts.close_account, by=by)


# --- opening and closing ----------------------------------------------------------------------------


def test_account_is_opened_once() -> None:
    """Opening it again is the same account."""
    given(Account).when(accounts.open_account, CODE).then(OPENED)
    given(Account, OPENED, LEAD).when(accounts.open_account, CODE).then()


def test_account_is_closed_once_and_loses_its_roles() -> None:
    """Closing it again is the same closing, and a closed account may do nothing."""
    close(LEAD).then(CLOSED)
    close(CLOSED).then()
    assert given(Account, OPENED, LEAD, CLOSED).state.roles == {}


def test_nothing_is_done_with_a_closed_account() -> None:
    """It is not opened again, and no role of it is granted or revoked (rule 19)."""
    given(Account, OPENED, CLOSED).when(accounts.open_account, CODE).refused("account_closed", CODE)
    grant(CLOSED, granted=LEAD).refused("account_closed", CODE)
    revoke(LEAD, CLOSED).refused("account_closed", CODE)


# --- roles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "granted",
    [
        LEAD,
        COACH,
        RoleGranted(role=Role.COACH, coach="C01"),
        RoleGranted(role=Role.CONTROLLING, programme="lzb-gg"),
        RoleGranted(role=Role.AUDITOR, programme="lzb-gg"),
        RoleGranted(role=Role.DATA_PROTECTION),
        RoleGranted(role=Role.ADMIN),
    ],
)
def test_role_is_granted_and_revoked_once(granted: RoleGranted) -> None:
    """The same role for the same programme again changes nothing; what an account has not cannot be taken from it."""
    revoked = RoleRevoked(role=granted.role, programme=granted.programme)
    grant(granted=granted).then(granted)
    grant(granted, granted=granted).then()
    grant(granted, revoked, granted=granted).then(granted)
    revoke(granted, role=granted.role, programme=granted.programme).then(revoked)
    revoke(granted, revoked, role=granted.role, programme=granted.programme).then()


def test_coach_gets_another_code() -> None:
    """Granted with another code in the caseloads, the newer one holds."""
    other = RoleGranted(role=Role.COACH, programme="lzb-gg", coach="C02")
    grant(COACH, granted=other).then(other)
    assert given(Account, OPENED, COACH, other).state.roles == {(Role.COACH, "lzb-gg"): "C02"}


def test_programmes_are_kept_apart() -> None:
    """A role in one programme is not the one in every programme, nor is it revoked with it."""
    everywhere = RoleGranted(role=Role.COACH, coach="C01")
    grant(COACH, granted=everywhere).then(everywhere)
    revoke(COACH, role=Role.COACH).then()


@pytest.mark.parametrize(
    ("granted", "code", "found"),
    [
        (RoleGranted(role=Role.COACH), "role_needs_coach", "coach"),
        (RoleGranted(role=Role.LEAD, coach="C01"), "role_has_no_coach", "C01"),
        (RoleGranted(role=Role.ADMIN, programme="lzb-gg"), "role_has_no_programme", "lzb-gg"),
        (RoleGranted(role=Role.DATA_PROTECTION, programme="lzb-gg"), "role_has_no_programme", "lzb-gg"),
    ],
)
def test_form_of_a_role(granted: RoleGranted, code: str, found: str) -> None:
    """Only a coach has a code in the caseloads, and needs one; a role of the whole house has no programme (rule 19)."""
    grant(granted=granted).refused(code, found, granted.role)


@pytest.mark.parametrize("alone", [Role.ADMIN, Role.AUDITOR])
def test_roles_that_stand_alone(alone: Role) -> None:
    """An administrator sees no social data and an auditor only reads: neither role goes beside another (rule 19)."""
    granted = RoleGranted(role=alone)
    grant(LEAD, granted=granted).refused("roles_apart", CODE, "lead", alone)
    grant(granted, granted=LEAD).refused("roles_apart", CODE, "lead", alone)
    grant(granted, RoleRevoked(role=alone), granted=LEAD).then(LEAD)


def test_auditor_of_two_programmes() -> None:
    """The same role for another programme is no other role."""
    first, second = (RoleGranted(role=Role.AUDITOR, programme=key) for key in ("one", "two"))
    grant(first, granted=second).then(second)


@pytest.mark.parametrize("by", [CODE, CODE.upper()])
def test_nobody_acts_on_the_own_account(by: str) -> None:
    """Nobody gives or takes own roles or closes the own account; capital letters make nobody else (rule 19)."""
    grant(granted=LEAD, by=by).refused("own_account", CODE)
    revoke(LEAD, by=by).refused("own_account", CODE)
    close(by=by).refused("own_account", CODE)


def test_facts_of_another_stream_are_not_folded() -> None:
    """A stream holds the facts of its kind and no others."""
    with pytest.raises(TypeError):
        given(Account, OPENED, CoachJoined(coach="C01"))


# --- commands ---------------------------------------------------------------------------------------


def test_commands_write_to_the_stream_of_the_code() -> None:
    """An account is one stream that follows from its code."""
    ledger, stream = MemoryLedger().given(commands.open_programme, OPENED_PROGRAMME), account_stream(CODE)
    ledger.when(commands.open_account, CODE).then((stream, OPENED))
    ledger.when(commands.grant_role, CODE, COACH).then((stream, COACH))
    revoked = RoleRevoked(role=Role.COACH, programme="lzb-gg")
    ledger.when(commands.revoke_role, CODE, Role.COACH, "lzb-gg").then((stream, revoked))
    ledger.when(commands.close_account, CODE).then((stream, CLOSED))


@pytest.mark.parametrize(
    ("command", "asked"),
    [(commands.grant_role, (LEAD,)), (commands.revoke_role, (Role.LEAD,)), (commands.close_account, ())],
)
def test_account_must_be_there(command: Any, asked: tuple[Any, ...]) -> None:
    """What was never opened is named, with the command that opens it (rule 19)."""
    MemoryLedger().when(command, "nobody", *asked).refused("unknown_account", "werdegang account open nobody")


def test_programme_of_a_role_must_be_there() -> None:
    """A role limited to a programme nobody opened would reach nothing (rule 1)."""
    MemoryLedger().given(commands.open_account, CODE).when(commands.grant_role, CODE, COACH).refused(
        "unknown_programme", "lzb-gg"
    )


@pytest.mark.parametrize(("facts", "code"), [((), "unknown_account"), ((OPENED, CLOSED), "account_closed")])
def test_only_an_open_account_is_usable(facts: tuple[Fact, ...], code: str) -> None:
    """Credentials are given to an account that was opened and not closed (rule 19)."""
    given(Account, OPENED).when(usable).then()
    given(Account, *facts).when(usable).refused(code, CODE)


def usable(state: Account) -> list[Fact]:
    accounts.require_usable(state, CODE)
    return []


def test_who_acts_is_whoever_sends_the_request() -> None:
    """The commands compare the account with the one the request is made in (rule 19)."""
    ledger = MemoryLedger().given(commands.open_account, "tester")
    for command, *asked in [
        (commands.grant_role, LEAD),
        (commands.revoke_role, Role.LEAD),
        (commands.close_account,),
    ]:
        ledger.when(command, "tester", *asked).refused("own_account", "tester")
    request = Request(id=uuid4(), by="admin-1", now=NOW)
    assert ledger.act(lambda streams: commands.close_account(streams, "tester"), request)
