"""The accounts of the example: one for every role, and a second lead, since a balance takes four eyes."""

import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from domain import commands
from domain.facts import RoleGranted
from domain.journal import Decided, Request, Streams
from domain.terms import Role
from domain.texts import Text, _
from projections.stores import Stores
from scripts.example.course import PROGRAMME
from scripts.example.people import COACHES

_BY = "cli"


class ExampleAccount(NamedTuple):
    """An account: its code, what it is shown as, and its role."""

    code: str
    title: Text
    granted: RoleGranted


ACCOUNTS = (
    ExampleAccount("coach-a", _("Coach A"), RoleGranted(role=Role.COACH, programme=PROGRAMME, coach=COACHES[0])),
    ExampleAccount("leitung-1", _("Programmleitung 1"), RoleGranted(role=Role.LEAD)),
    ExampleAccount("leitung-2", _("Programmleitung 2"), RoleGranted(role=Role.LEAD)),
    ExampleAccount("controlling", _("Controlling"), RoleGranted(role=Role.CONTROLLING)),
    ExampleAccount("pruefung", _("Prüfung"), RoleGranted(role=Role.AUDITOR)),
    ExampleAccount("datenschutz", _("Datenschutz"), RoleGranted(role=Role.DATA_PROTECTION)),
    ExampleAccount("admin", _("Verwaltung der Konten"), RoleGranted(role=Role.ADMIN)),
)


def set_up_accounts(stores: Stores, now: datetime) -> str:
    """Open the accounts that are not there yet, and give all of them one new random password, which is returned."""
    password = "-".join(secrets.token_hex(2) for _group in range(4))
    for account in ACCOUNTS:
        _open(stores, account, now)
        stores.access.set_profile(account.code, account.title.german)
        stores.access.set_password(account.code, password, now)
    return password


def _open(stores: Stores, account: ExampleAccount, now: datetime) -> None:
    def decide(streams: Streams) -> Decided:
        streams.append(commands.open_account(streams, account.code))
        return commands.grant_role(streams, account.code, account.granted)

    stores.journal.act(decide, Request(id=uuid4(), by=_BY, now=now))
