"""Accounts, one act at a time, as pages, interface and command line do it: the facts, and what lies beside them."""

from domain import commands
from domain.facts import RoleGranted
from domain.journal import Decided, Request, Streams
from domain.terms import Role, account_stream
from projections.accounts import Account, account_named
from projections.catch_up import catch_up
from projections.stores import Stores


def open_account(
    stores: Stores,
    code: str,
    request: Request,
    *,
    granted: RoleGranted | None = None,
    name: str = "",
    password: str | None = None,
) -> Account:
    """Open an account, on wish with a role, a name to show and a first password.

    What can be refused is refused before anything is stored: as `commands.open_account`, `commands.grant_role` and
    `Access.set_password`.
    """

    def decide(streams: Streams) -> Decided:
        streams.append(commands.open_account(streams, code))
        return commands.grant_role(streams, code, granted) if granted else []

    stores.journal.act(decide, request, dry_run=True)
    if password is not None:
        stores.access.set_password(code, password, request.now)
    if name:
        stores.access.set_profile(code, name)
    stores.journal.act(decide, request)
    return _projected(stores, code)


def grant_role(stores: Stores, code: str, granted: RoleGranted, request: Request) -> Account:
    """Grant a role; granted again it stays as it is. Refused: as `commands.grant_role`."""
    stores.journal.act(lambda streams: commands.grant_role(streams, code, granted), request)
    return _projected(stores, code)


def revoke_role(stores: Stores, code: str, role: Role, programme: str | None, request: Request) -> Account:
    """Revoke a role; one the account does not have stays so. Refused: as `commands.revoke_role`."""
    stores.journal.act(lambda streams: commands.revoke_role(streams, code, role, programme), request)
    return _projected(stores, code)


def close_account(stores: Stores, code: str, request: Request) -> Account:
    """Close an account for good, then end its sessions and revoke its tokens; repeated, it finishes what was stopped
    half-way. Refused: as `commands.close_account`."""
    stores.journal.act(lambda streams: commands.close_account(streams, code), request)
    stores.access.end_sessions(code)
    for token in stores.access.tokens(code):
        stores.access.revoke_token(token.id, request.now)
    return _projected(stores, code)


def require_changeable(stores: Stores, code: str, request: Request) -> None:
    """Made sure that what lies beside the ledger, such as a password, may be changed: by the same rules as a role.

    Refused: an account that was never opened (`NotFound`) or is closed; the own one.
    """
    stores.journal.act(lambda streams: _nothing(streams, code), request, dry_run=True)


def _nothing(streams: Streams, code: str) -> Decided:
    """What revoking a role decides that no account can have."""
    return commands.revoke_role(streams, code, Role.ADMIN, "-")


def _projected(stores: Stores, code: str) -> Account:
    catch_up(stores.journal, stores.read_model)
    found = account_named(stores.read_model, code)
    assert found is not None, account_stream(code)
    return found
