"""The interface under generated requests, right and wrong ones: nothing unforeseen, nothing not in its document."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from api_client import EVERY_SCOPE, PREFIX, Program
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi import checks
from small_house import NOW, SmallHouse, open_account

from domain.facts import RoleGranted
from domain.terms import Role
from projections.exchange.pseudonyms import Pseudonyms
from projections.stores import open_stores

ACCOUNTS = {
    "everything": (Role.LEAD, Role.CONTROLLING, Role.DATA_PROTECTION),
    "reviewer": (Role.AUDITOR,),
}
CHECKS = [
    *(not_a_server_error, checks.status_code_conformance, checks.content_type_conformance),
    *(checks.response_schema_conformance, checks.response_headers_conformance),
]
EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 3}


@pytest.fixture(scope="module")
def house(quick_house: SmallHouse) -> SmallHouse:
    """The house, with accounts that reach every programme."""
    with open_stores(quick_house.settings) as stores:
        for account, roles in ACCOUNTS.items():
            open_account(stores, account, *(RoleGranted(role=role) for role in roles))
    return quick_house


@pytest.mark.parametrize("account", ACCOUNTS)
def test_generated_requests(house: SmallHouse, account: str, caplog: pytest.LogCaptureFixture) -> None:
    """No 5xx, no undocumented status, type or body; what breaks the schemas is refused."""
    caplog.set_level(logging.ERROR)
    schema = from_wsgi(f"{PREFIX}/openapi.json", house.app)
    headers = Program(house, account, *EVERY_SCOPE).headers
    known = places(house, account)
    for result in schema.get_all_operations():
        operation = result.ok()
        if not is_for(operation, ACCOUNTS[account]):
            continue
        for mode, examples in EXAMPLES.items():
            request(operation, mode, examples, headers, known)


def request(
    operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str], known: dict[str, Any]
) -> None:
    """Some requests of an operation, each checked; those that are right are about things there are."""
    wanted = [*CHECKS, checks.negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            for name in case.path_parameters or ():
                case.path_parameters[name] = known.get(name, case.path_parameters[name])
        case.call_and_validate(headers=headers, checks=wanted)

    run()


def is_for(operation: Any, roles: Sequence[Role]) -> bool:
    """Whether an operation is for one of the roles; of the others the matrix of access has the refusals."""
    told = operation.definition.raw["description"].partition("For: ")[2].partition(".")[0].split(", ")
    return "every role" in told or any(role.value in told for role in roles)


def places(house: SmallHouse, account: str) -> dict[str, Any]:
    """What paths name, as the account names it."""
    own = str(house.own)
    if Role.AUDITOR in ACCOUNTS[account]:
        with open_stores(house.settings) as stores:
            own = Pseudonyms(stores.access.audit_key(account, NOW)).of("journey", own)
    return {
        "programme": house.programme,
        "journey": own,
        "entry": 2,
        "number": house.number,
        "position": 5,
        "code": "placed_svp",
    }
