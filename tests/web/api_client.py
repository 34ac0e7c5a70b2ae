"""A program that uses the interface: requests with a token, answers checked against the document."""

from typing import Any
from uuid import uuid4

from small_house import SmallHouse
from werkzeug.test import TestResponse

PREFIX = "/api/v1"
EVERY_SCOPE = ("read", "write", "publish", "admin")
ENROLMENT = {
    "on": "2029-02-01",
    "gender": "female",
    "age": 30,
    "migration_background": False,
    "single_parent": True,
    "municipality": "Raunheim",
    "benefit_months": 24,
    "education": "isced_0_2",
}


class Program:
    """A program with a token of an account."""

    def __init__(self, house: SmallHouse, account: str, *scopes: str) -> None:
        self.headers = house.headers(account, *(scopes or EVERY_SCOPE))
        self._client = house.app.test_client(use_cookies=False)

    def enrol(self, house: SmallHouse, **more: Any) -> str:
        """The path of a new journey."""
        answered = self.post("/journeys", ENROLMENT | {"programme": house.programme} | more)
        assert answered.status_code == 201, answered.json
        return answered.headers["Location"].removeprefix(PREFIX)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask."""
        return self._client.get(PREFIX + path, headers=self._with(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Give a command."""
        return self._client.post(PREFIX + path, json=body, headers=self._with(headers))

    def delete(self, path: str) -> TestResponse:
        """Take something away."""
        return self._client.delete(PREFIX + path, headers=self.headers)

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in headers.items()}


def key() -> str:
    """A new key of a request."""
    return f"test {uuid4()}"
