"""The overview shows the figures of the balance and nothing counted anew, in drawings a strict page may show."""

import re

import pytest
from entering import Programme, enrolled, job, on
from steps import assigned, completed, qualified, session

from projections.balance import compute
from projections.overview import FUNNEL, Overview, overview, overview_charts
from projections.stores import Stores

STICHTAG = on("2017-12-31")


@pytest.fixture(scope="module")
def found(shared_stores: Stores) -> Overview:
    programme = Programme(shared_stores)
    programme.given(enrolled("2017-01-10"), assigned(on("2017-01-11"), "A"), session(on("2017-02-01")))
    programme.given(
        enrolled("2017-02-10"),
        assigned(on("2017-02-11"), "A"),
        session(on("2017-03-01")),
        qualified(on("2017-03-02")),
        completed(on("2017-04-02")),
        job("2017-05-01"),
    )
    programme.given(enrolled("2017-03-10"), assigned(on("2017-03-11"), "B"))
    return overview(shared_stores.read_model, programme.key, STICHTAG, programme.datenstand)


def test_numbers_are_those_of_the_balance(found: Overview, shared_stores: Stores) -> None:
    """Funnel and caseloads are the balance's own figures; one computed before gives the same overview."""
    key, datenstand = found.balance.programme, found.balance.datenstand
    figures = compute(shared_stores.read_model, key, STICHTAG, datenstand=datenstand).figures
    assert found.funnel == {code: figures[code].value for code in FUNNEL}
    assert list(found.funnel.values()) == [3, 2, 1, 1, 1]
    assert found.caseloads == {"A": 2, "B": 1}
    assert max(found.caseloads.values()) == figures["caseload_max"].value
    assert overview(shared_stores.read_model, key, STICHTAG, datenstand, balance=found.balance) == found


@pytest.mark.parametrize("language", ["de", "en"])
def test_four_charts_that_a_strict_page_may_show(found: Overview, language: str) -> None:
    """Funnel, placements by month, caseloads and states, each with its words and table; no style that the page's
    Content-Security-Policy would block, no script, nothing fetched."""
    charts = {chart.name: chart for chart in overview_charts(found, language)}
    assert list(charts) == ["funnel", "placements_by_month", "caseload", "states"]
    assert tuple(row.name for row in charts["funnel"].table.rows)[: len(FUNNEL)] == FUNNEL
    for chart in charts.values():
        assert chart.alternative
        assert chart.table.rows
        assert not re.search(r"<style|\sstyle=|<script|\son\w+=|href=|url\(", chart.svg)
