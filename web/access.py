"""Who may do what: every route says for which roles it is, and every object whether the visitor may see it.

A route without a rule stops the application from starting. What a visitor may not see is answered like what does not
exist, 404, and leaves a line in the log (need to know, § 35 Abs. 1 SGB I).
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Flask, current_app, g, request, session
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.terms import Role
from domain.texts import _
from projections.accounts import Grant, account_named
from projections.roster import Scope, is_visible
from web.house import now, stores
from web.sessions import ServerSession

View = TypeVar("View", bound=Callable[..., Any])

COACH, LEAD, CONTROLLING = Role.COACH, Role.LEAD, Role.CONTROLLING
AUDITOR, DATA_PROTECTION, ADMIN = Role.AUDITOR, Role.DATA_PROTECTION, Role.ADMIN
STAFF = (COACH, LEAD)
"""Who works with participants by name."""
PERSONS = (COACH, LEAD, AUDITOR)
"""Who sees journeys: auditors under pseudonyms."""
FIGURES = (COACH, LEAD, CONTROLLING, AUDITOR)
"""Who sees figures."""
EVERYBODY = tuple(Role)
_EVERY_ACCOUNT = frozenset(EVERYBODY)
"""Also one that has no role yet: it may change its password."""

_log = logging.getLogger("werdegang.access")


class Visitor(Struct, frozen=True):
    """Who is at the door: an account with its roles, on the pages or with a token. `scopes` are those of the token;
    None on the pages."""

    code: str
    name: str
    grants: tuple[Grant, ...]
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, each once."""
        return tuple(dict.fromkeys(grant.role.value for grant in self.grants))

    def has(self, *roles: Role) -> bool:
        """Whether one of the roles was granted."""
        return any(grant.role in roles for grant in self.grants)

    def programmes(self, *roles: Role) -> tuple[str, ...] | None:
        """The programmes one of the roles reaches; None is every one."""
        reached = [grant.programme for grant in self.grants if grant.role in roles]
        return None if None in reached else tuple(dict.fromkeys(cast(list[str], reached)))

    def reaches(self, programme: str, *roles: Role) -> bool:
        """Whether one of the roles reaches a programme."""
        reached = self.programmes(*roles)
        return reached is None or programme in reached

    @property
    def coach_codes(self) -> tuple[str, ...]:
        """The staff codes whose caseloads are the visitor's own."""
        return tuple(grant.coach for grant in self.grants if grant.role is COACH and grant.coach)

    @property
    def under_pseudonyms(self) -> bool:
        """Whether persons are shown under pseudonyms only."""
        return not self.has(COACH, LEAD)

    def role_for(self, programme: str) -> Role:
        """In which role a command is given: a lead may override what a coach may not."""
        return LEAD if self.reaches(programme, LEAD) else COACH


def allowed(*roles: Role, scope: str | None = None) -> Callable[[View], View]:
    """A route for accounts with one of the roles; without any, for every account. `scope` is what a token needs."""

    def mark(view: View) -> View:
        view.__dict__["allowed"] = Rule(frozenset(roles) or _EVERY_ACCOUNT, scope)
        return view

    return mark


def public(view: View) -> View:
    """A route for everybody, also before the login."""
    view.__dict__["allowed"] = Rule(None, None)
    return view


class Rule(Struct, frozen=True):
    """For whom a route is; `roles` None: for everybody."""

    roles: frozenset[Role] | None
    scope: str | None


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The rule of a view, if it has one."""
    return cast(Rule | None, getattr(view, "allowed", None))


def require_declared(app: Flask) -> None:
    """Refused, by not starting: a route without a rule."""
    missing = sorted(name for name, view in app.view_functions.items() if rule_of(view) is None)
    if missing:
        raise RuntimeError(f"routes without a rule of access: {', '.join(missing)}")


def visitor() -> Visitor | None:
    """Who is there; None before the login. The interface knows tokens only, the pages sessions only."""
    if "visitor" not in g:
        g.visitor = _of_token() if request.path.startswith("/api/") else _of_session()
    return cast(Visitor | None, g.visitor)


def present_visitor() -> Visitor:
    """Who is there, on a route that asks for a login."""
    found = visitor()
    assert found is not None
    return found


def visitor_named(code: str, scopes: frozenset[str] | None = None) -> Visitor | None:
    """The visitor an account is; None where it is closed or has no role."""
    account = account_named(stores().read_model, code)
    if account is None or account.closed:
        return None
    profile = stores().access.profile(code)
    return Visitor(code, profile.name if profile and profile.name else code, account.grants, scopes)


def check_route() -> Any:
    """Before every request: the rule of its route. The answer where somebody has to log in first, or None."""
    if request.endpoint is None:
        return None
    rule = rule_of(current_app.view_functions[request.endpoint])
    assert rule is not None
    if rule.roles is None:
        return None
    found = visitor()
    if found is None:
        raise NotLoggedIn
    if rule.roles != _EVERY_ACCOUNT and not found.has(*rule.roles):
        _log.warning("forbidden", extra={"account": found.code, "endpoint": request.endpoint})
        raise Forbidden("forbidden", _("Dafür hat das Konto {account} keine Rolle.", account=found.code))
    if found.scopes is not None and rule.scope not in found.scopes:
        _log.warning("scope missing", extra={"account": found.code, "endpoint": request.endpoint})
        raise Forbidden("missing_scope", _("Dafür braucht das Token das Recht {scope}.", scope=rule.scope))
    return None


class NotLoggedIn(Exception):
    """The route is for accounts, and nobody is logged in."""


class Forbidden(Refused):
    """The account has no role for this."""


def visible_journeys() -> Scope:
    """Which journeys the visitor may see; every query about persons takes it."""
    found = present_visitor()
    own = tuple((grant.coach, grant.programme) for grant in found.grants if grant.role is COACH and grant.coach)
    if not found.has(LEAD, AUDITOR):
        return Scope(programmes=None, coach=own)
    programmes = found.programmes(LEAD, AUDITOR)
    return Scope(programmes=programmes, coach=None, besides=() if programmes is None else own)


def require_journey(journey: UUID, datenstand: int) -> None:
    """Refused like what does not exist, and logged: a journey the visitor may not see."""
    if not is_visible(stores().read_model, visible_journeys(), str(journey), datenstand):
        _foreign("journey")
        raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=journey), field="journey")


def require_programme(programme: str, *roles: Role) -> None:
    """Refused like what does not exist, and logged: a programme none of the visitor's roles reaches."""
    if not present_visitor().reaches(programme, *roles):
        _foreign("programme")
        raise NotFound("unknown_programme", _("Das Programm {key} gibt es nicht.", key=programme), field="programme")


def _foreign(kind: str) -> None:
    _log.warning("foreign %s", kind, extra={"account": present_visitor().code, "endpoint": request.endpoint})


def _of_token() -> Visitor | None:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    token = stores().access.token(secret.strip(), now()) if scheme.lower() == "bearer" else None
    return visitor_named(token.account, token.scopes) if token else None


def _of_session() -> Visitor | None:
    account = cast(ServerSession, session).account
    return visitor_named(account) if account else None
