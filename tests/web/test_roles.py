"""An account with several roles, with another one from now on, with none: what it sees follows at once."""

from uuid import uuid4

import pytest
from small_house import NOW, SmallHouse, open_account

from domain.facts import RoleGranted
from domain.journal import Request
from domain.terms import Role
from projections import staffing
from projections.stores import open_stores


@pytest.mark.parametrize(
    ("coach", "seen"), [("C2", {"own", "foreign", "elsewhere"}), ("C3", {"own", "foreign"}), (None, {"own", "foreign"})]
)
def test_lead_of_one_programme_keeps_the_caseload_in_another(
    either_house: SmallHouse, coach: str | None, seen: set[str]
) -> None:
    """Who leads here and coaches there sees all of the one and the own caseload of the other, in list and page."""
    house, code = either_house, f"both-{uuid4().hex[:6]}"
    roles = [RoleGranted(role=Role.LEAD, programme=house.programme)]
    if coach:
        roles.append(RoleGranted(role=Role.COACH, programme=house.other, coach=coach))
    with open_stores(house.settings) as stores:
        open_account(stores, code, *roles)
    client = house.client(code)
    listed = client.get("/teilnehmende").text
    for name in ("own", "foreign", "elsewhere"):
        journey = str(getattr(house, name))
        assert (journey in listed) is (name in seen), name
        assert client.get(f"/teilnehmende/{journey}").status_code == (200 if name in seen else 404), name


def test_role_that_is_revoked_is_gone_at_once(either_house: SmallHouse) -> None:
    """In the session that goes on, and in the interface; the own page stays open to an account without a role."""
    house, code = either_house, f"was-{uuid4().hex[:6]}"
    with open_stores(house.settings) as stores:
        open_account(stores, code, RoleGranted(role=Role.LEAD, programme=house.programme))
        client, token = house.client(code), house.headers(code, "read")
        addresses = {"/teilnehmende": {}, "/api/v1/journeys": token}
        assert [client.get(path, headers=sent).status_code for path, sent in addresses.items()] == [200, 200]
        request = Request(id=uuid4(), by="operator", now=NOW)
        staffing.revoke_role(stores, code, Role.LEAD, house.programme, request)
    assert [client.get(path, headers=sent).status_code for path, sent in addresses.items()] == [403, 403]
    assert [client.get(path, headers=token).status_code for path in ("/konto", "/", "/api/v1/own")] == [200, 302, 200]
