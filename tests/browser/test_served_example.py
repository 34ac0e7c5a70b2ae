"""The example that browser tests look at is the example, on both stores, with an account for every role."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page
from serving import ACCOUNTS, Served

from domain.terms import Role
from projections.accounts import all_accounts
from projections.ledger.verification import verify_ledger
from projections.settings import Settings
from projections.stores import open_stores


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_example_is_whole_on_both_stores(
    new_example: Callable[[str], AbstractContextManager[Settings]], store: str
) -> None:
    """Ledger, seals and read model of the copy belong together, and every role has an account."""
    with new_example(store) as settings, open_stores(settings) as stores:
        report = verify_ledger(stores.journal, stores.seals)
        assert report.findings == []
        assert report.entries == report.sealed > 5_000
        assert stores.read_model.tracked() == stores.journal.head()
        accounts = {one.code: {grant.role for grant in one.grants} for one in all_accounts(stores.read_model)}
    assert set(accounts) == set(ACCOUNTS)
    assert set.union(*accounts.values()) == set(Role)


def test_an_account_is_logged_in(served: Served, page: Page) -> None:
    """Without a login the first page asks for one; with one it is the account's, in a browser and on either store."""
    page.goto(served.url)
    assert page.get_by_label("Passwort").is_visible()
    served.login(page, "leitung-1")
    page.goto(served.url)
    assert page.get_by_label("Passwort").count() == 0
    assert page.get_by_text("leitung-1").first.is_visible()


def test_the_password_is_the_one_of_the_form(served_once: Served, without_javascript: Page) -> None:
    """What `password` gives opens the pages, without JavaScript too."""
    page = without_javascript
    page.goto(served_once.url)
    page.get_by_label("Konto").fill("controlling")
    page.get_by_label("Passwort").fill(served_once.password("controlling"))
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: "anmelden" not in url)
    assert page.get_by_text("controlling").first.is_visible()
