"""Commands about accounts and their roles."""

from domain import account as accounts
from domain import programme as programmes
from domain.account import Account
from domain.facts import RoleGranted
from domain.journal.streams import Decided, Streams, on
from domain.programme import Programme
from domain.terms import Role, account_stream, programme_stream


def open_account(streams: Streams, account: str) -> Decided:
    """Open an account under its code."""
    stream = account_stream(account)
    return on(stream, accounts.open_account(streams.read(Account, stream), account))


def grant_role(streams: Streams, account: str, granted: RoleGranted) -> Decided:
    """Let an account do what a role may do, in every programme or in one that is known."""
    facts = accounts.grant_role(_existing(streams, account), granted, by=streams.request.by)
    if granted.programme is not None:
        programmes.opened(streams.read(Programme, programme_stream(granted.programme)), granted.programme)
    return on(account_stream(account), facts)


def revoke_role(streams: Streams, account: str, role: Role, programme: str | None = None) -> Decided:
    """Take a role from an account; without a programme the one for every programme."""
    stream = account_stream(account)
    return on(stream, accounts.revoke_role(_existing(streams, account), role, programme, by=streams.request.by))


def close_account(streams: Streams, account: str) -> Decided:
    """Close an account for good."""
    stream = account_stream(account)
    return on(stream, accounts.close_account(_existing(streams, account), by=streams.request.by))


def _existing(streams: Streams, account: str) -> Account:
    return accounts.existing(streams.read(Account, account_stream(account)), account)
