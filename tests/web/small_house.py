"""A tiny house for tests of pages and interface: two programmes, three journeys, an account for every role.

    house = small_house(settings, stores)
    house.client("coach").get("/teilnehmende")     logged in, without the cost of a password
    house.headers("coach", "read")                 a token of the interface

Nobody has a password; sessions are begun beside the login. No name, no number of a person is in it but `NAME`, which
no log may repeat.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from entering import Programme, enrolled, job
from flask import Flask
from flask.testing import FlaskClient
from steps import session

from domain.access import Access
from domain.facts import CoachAssigned, Enrolled, RoleGranted, Step
from domain.journal import Request
from domain.terms import Role
from projections import staffing
from projections.exchange.pseudonyms import Pseudonyms
from projections.settings import Settings
from projections.stores import Stores
from web.app import create_app

NOW = datetime(2030, 6, 3, 8, tzinfo=UTC)
NAME = "Geheim-4711"
COOKIE = "werdegang"
PASSWORD = "ein langes Wort fuer Proben"  # noqa: S105 -- of no account outside these tests
ROLES = ("coach", "lead", "controlling", "auditor", "data_protection", "admin")


class SmallHouse(msgspec.Struct):
    """`own` is in the coach's caseload in `programme`, `foreign` in another's there, `elsewhere` in the programme
    `other`, which coach, lead, controlling and auditor do not reach; `spare` is as `own`, for what changes a person.
    `positions` and `persons` are the enrolments and participants of all four. `number` is an edition of each
    programme, drafted; `size` that of a checkpoint. The account `spare` and its token are for what changes accounts."""

    settings: Settings
    app: Flask
    access: Access
    programme: str
    other: str
    own: UUID
    foreign: UUID
    elsewhere: UUID
    positions: dict[str, int]
    persons: dict[str, UUID]
    number: int
    size: int
    spare_token: str

    def client(self, account: str = "") -> FlaskClient:
        """A browser, logged in as an account; without one, of nobody."""
        client = self.app.test_client()
        if account:
            self.log_in(client, account)
        return client

    def log_in(self, client: FlaskClient, account: str) -> str:
        """Give a browser a new session of an account; its token."""
        token = self.access.begin_session(account, b"{}", NOW)
        client.set_cookie(COOKIE, token)
        return token

    def headers(self, account: str, *scopes: str) -> dict[str, str]:
        """What a program with a token of the account sends."""
        secret = self.access.create_token(account, "test", scopes, NOW + timedelta(days=1), NOW)[1]
        return {"Authorization": f"Bearer {secret}"}

    def reference(self, account: str, journey: UUID) -> str:
        """How the account names a journey: auditors by its pseudonym."""
        if account != "auditor":
            return str(journey)
        return Pseudonyms(self.access.audit_key(account, NOW)).of("journey", str(journey))

    def close(self) -> None:
        """Close what the house holds."""
        self.app.extensions["werdegang"].close()
        self.access.close()


def small_house(settings: Settings, stores: Stores) -> SmallHouse:
    """Enter it into stores."""
    ours, others = Programme(stores), Programme(stores)
    first = enrolled("2029-01-01")
    talk = msgspec.structs.replace(session(0), happened_on=first.happened_on + timedelta(days=10))
    first_coach, second_coach = (CoachAssigned(happened_on=first.happened_on, coach=coach) for coach in ("C1", "C2"))
    journeys = {
        "own": given(ours, first, first_coach, talk, job("2029-03-01")),
        "foreign": given(ours, first, second_coach, talk),
        "elsewhere": given(others, first, second_coach),
        "spare": given(ours, first, first_coach),
    }
    for code in ROLES:
        open_account(stores, code, granted(code, ours.key))
    open_account(stores, "spare")
    drafts = [one.draft("2029-12-31") for one in (ours, others)]
    sealed = stores.seal(NOW)
    assert sealed is not None
    known = {stream: int(position) for stream, position in stores.read_model.query(_ENROLMENTS, {})}
    access = Access(settings.access)
    return SmallHouse(
        settings,
        create_app(settings, lambda: NOW),
        access,
        ours.key,
        others.key,
        *(journeys[name] for name in ("own", "foreign", "elsewhere")),
        positions={name: known[str(stream)] for name, stream in journeys.items()},
        persons={name: ours.participant(stream) for name, stream in journeys.items()},
        number=drafts[0].number,
        size=sealed.size,
        spare_token=access.create_token("spare", "test", ["read"], NOW + timedelta(days=1), NOW)[0],
    )


def given(programme: Programme, first: Enrolled, *steps: Step) -> UUID:
    """A journey of a new person, whose name is sealed in it."""
    vault = programme.stores.vault
    with vault.transaction():
        person = vault.register(f"test/{uuid4()}")
        vault.flush()
        vault.keep()
    first = msgspec.structs.replace(first, name=vault.seal(person, "enrolled.name", NAME))
    return programme.given(first, *steps, participant=person)


_ENROLMENTS = "SELECT e.stream, min(e.known_from) FROM enrolments e GROUP BY e.stream"


def granted(role: str, programme: str | None) -> RoleGranted:
    """A role; those that concern persons or figures in one programme only."""
    limited = role in ("coach", "lead", "controlling", "auditor")
    return RoleGranted(
        role=Role(role), programme=programme if limited else None, coach="C1" if role == "coach" else None
    )


def open_account(stores: Stores, code: str, *roles: RoleGranted) -> None:
    """Open an account with some roles."""
    staffing.open_account(stores, code, _request())
    for role in roles:
        staffing.grant_role(stores, code, role, _request())


def close_account(stores: Stores, code: str) -> None:
    """Close an account for good."""
    staffing.close_account(stores, code, _request())


def _request() -> Request:
    return Request(id=uuid4(), by="operator", now=NOW)
