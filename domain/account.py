"""The stream of an account: opened once, given roles, closed for good.

Who a person is and how they prove it is not here: display names and credentials are no facts and lie beside the ledger.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.facts import AccountClosed, AccountOpened, Fact, RoleGranted, RoleRevoked
from domain.terms import Role
from domain.texts import _

HOUSE_WIDE = frozenset({Role.DATA_PROTECTION, Role.ADMIN})
"""Roles that concern no programme, so they are never limited to one."""
ALONE = frozenset({Role.AUDITOR, Role.ADMIN})
"""Roles an account has alone: an auditor only reads, an administrator sees no social data."""
Scope = tuple[Role, str | None]
"""A role and the programme it is limited to; None: every programme."""


class Account(Struct, frozen=True):
    """What decisions need to know of an account; `code` is None before it is opened. The roles by their scope, each
    with the code in the caseloads (None of any but a coach)."""

    version: int = 0
    code: str | None = None
    closed: bool = False
    roles: Mapping[Scope, str | None] = {}


def evolve(account: Account, fact: Fact) -> Account:
    """The state after one more fact."""
    version = account.version + 1
    match fact:
        case AccountOpened(account=code):
            return msgspec.structs.replace(account, version=version, code=code)
        case RoleGranted(role=role, programme=programme, coach=coach):
            roles = {**account.roles, (role, programme): coach}
            return msgspec.structs.replace(account, version=version, roles=roles)
        case RoleRevoked(role=role, programme=programme):
            roles = {scope: coach for scope, coach in account.roles.items() if scope != (role, programme)}
            return msgspec.structs.replace(account, version=version, roles=roles)
        case AccountClosed():
            return msgspec.structs.replace(account, version=version, closed=True, roles={})
        case _:
            raise TypeError(type(fact).__name__)


def open_account(account: Account, code: str) -> list[Fact]:
    """Open it; one that is open already is not opened again. Refused: one that was closed."""
    _require_open(account)
    return [AccountOpened(account=code)] if account.code is None else []


def grant_role(account: Account, granted: RoleGranted, *, by: str) -> list[Fact]:
    """Grant a role; one the account has already for the programme, with the same coach, changes nothing.

    Refused: a closed account; the own account; a coach without the code in the caseloads, or such a code for another
    role; a role limited to a programme that cannot be; a role that stands alone beside another.
    """
    _require_open(account)
    _refuse_own(account, by)
    _check_form(granted)
    _require_apart(account, granted.role)
    scope = granted.role, granted.programme
    if scope in account.roles and account.roles[scope] == granted.coach:
        return []
    return [granted]


def revoke_role(account: Account, role: Role, programme: str | None, *, by: str) -> list[Fact]:
    """Revoke a role; one the account does not have stays so. Refused: a closed account; the own account."""
    _require_open(account)
    _refuse_own(account, by)
    return [RoleRevoked(role=role, programme=programme)] if (role, programme) in account.roles else []


def close_account(account: Account, *, by: str) -> list[Fact]:
    """Close it for good; closed already it is not closed again. Refused: the own account."""
    _refuse_own(account, by)
    return [] if account.closed else [AccountClosed()]


# --- rules ----------------------------------------------------------------------------------------


def existing(account: Account, code: str) -> Account:
    """The account. Refused (`NotFound`): one that was never opened."""
    if account.code is None:
        text = _("Das Konto {account} gibt es nicht; eröffnen mit: werdegang account open {account}.", account=code)
        raise NotFound("unknown_account", text, field="account")
    return account


def require_usable(account: Account, code: str) -> None:
    """Refused: an account that was never opened (`NotFound`) or is closed."""
    _require_open(existing(account, code))


def _require_open(account: Account) -> None:
    if account.closed:
        text = _("Das Konto {account} ist geschlossen und wird nicht wieder eröffnet.", account=account.code)
        raise Refused("account_closed", text, field="account")


def _refuse_own(account: Account, by: str) -> None:
    """Refused: whoever acts on the own account; codes that differ in upper and lower case only are one here."""
    if account.code is not None and account.code.casefold() == by.casefold():
        text = _("Am eigenen Konto {account} ändert niemand etwas; das muss jemand anderes tun.", account=account.code)
        raise Refused("own_account", text, field="account")


def _check_form(granted: RoleGranted) -> None:
    role = granted.role
    if role is Role.COACH and granted.coach is None:
        text = _("Die Rolle {role} braucht das Kürzel, unter dem der Coach Fälle führt.", role=role)
        raise Refused("role_needs_coach", text, field="coach")
    if role is not Role.COACH and granted.coach is not None:
        text = _("Ein Kürzel wie {found} gehört nur zur Rolle coach, nicht zu {role}.", found=granted.coach, role=role)
        raise Refused("role_has_no_coach", text, field="coach")
    if role in HOUSE_WIDE and granted.programme is not None:
        text = _(
            "Die Rolle {role} gilt für das ganze Haus und nicht nur im Programm {found}.",
            role=role,
            found=granted.programme,
        )
        raise Refused("role_has_no_programme", text, field="programme")


def _require_apart(account: Account, role: Role) -> None:
    others = sorted({held for held, _programme in account.roles if held is not role})
    if others and (role in ALONE or not ALONE.isdisjoint(others)):
        text = _(
            "Das Konto {account} hat die Rolle {found}; daneben geht {role} nicht: auditor und admin stehen allein.",
            account=account.code,
            found=tuple(others),
            role=role,
        )
        raise Refused("roles_apart", text, field="role")
