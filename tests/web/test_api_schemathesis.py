"""The interface under generated requests, right and wrong ones: nothing unforeseen, nothing that is not in its document."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from api_client import EVERY_SCOPE, PREFIX, Program
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_wsgi
from schemathesis.specs.openapi import checks
from small_house import SmallHouse, open_account

from domain.facts import RoleGranted
from domain.terms import Role
from projections.stores import open_stores

ACCOUNTS = {
    "everything": (Role.LEAD, Role.CONTROLLING, Role.DATA_PROTECTION),
    "reviewer": (Role.AUDITOR,),
    "keeper": (Role.ADMIN,),
}
CHECKS = [
    *(not_a_server_error, checks.status_code_conformance, checks.content_type_conformance),
    *(checks.response_schema_conformance, checks.response_headers_conformance),
]
EXAMPLES = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 4}


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
        for mode, examples in EXAMPLES.items():
            request(operation, mode, examples, headers, known)


def request(operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str], known: dict[str, Any]) -> None:
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


def places(house: SmallHouse, account: str) -> dict[str, Any]:
    """What paths name, as the account names it."""
    own = house.reference("auditor", house.own) if account == "auditor" else str(house.own)
    return {"programme": house.programme, "journey": own, "entry": 2, "number": house.number, "position": 5, "code": "placed_svp"}
