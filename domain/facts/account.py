"""The facts of an account: a code somebody works under, and what it may do. Names and credentials are no facts."""

from domain.facts.fact import Fact
from domain.terms import Key, Role


class AccountOpened(Fact, frozen=True, kw_only=True, tag="account.opened"):
    """Somebody may work under this code."""

    account: Key


class RoleGranted(Fact, frozen=True, kw_only=True, tag="account.role_granted"):
    """The account has this role from now on; granted again for the same programme, this one holds."""

    role: Role
    programme: Key | None = None
    """The programme it is limited to; none: every programme."""
    coach: Key | None = None
    """Of a coach: the code in the caseloads."""


class RoleRevoked(Fact, frozen=True, kw_only=True, tag="account.role_revoked"):
    """The account has this role no more: the one limited to the programme, or (none) the one for every programme."""

    role: Role
    programme: Key | None = None


class AccountClosed(Fact, frozen=True, kw_only=True, tag="account.closed"):
    """The account is closed for good, and with it every role it had."""
