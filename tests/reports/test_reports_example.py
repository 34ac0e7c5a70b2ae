"""The report of the shipped example: its headline figures, in both languages, inside the house and outside."""

from typing import Any

import pytest
from pdf_checks import pages_of, text_of, violations
from sample_balance import Example

from projections.balance import evidence
from projections.catalogue import CORE
from projections.reports import balance_report, rendered, with_evidence
from scripts.example import INTERIM_STICHTAG, PROGRAMME

HEADLINE = {
    "de": ["44 Vermittelt in sozialversicherungspflichtige", "14 Weitere Personen in Minijob", "9 Alleinerziehende in"],
    "en": ["44 Placed in employment subject", "14 Further persons in a minijob", "9 Single parents in employment"],
}


def small(example: Example) -> frozenset[tuple[str, str, str]]:
    """Cells of one and two: enough to look at, not enough to publish."""
    figures = example.balance.figures.items()
    return frozenset(
        (code, trait, value)
        for code, figure in figures
        for trait, by in figure.by.items()
        for value, count in by.items()
        if count in (1, 2)
    )


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("public", [False, True])
def test_example(example: Example, language: str, public: bool) -> None:
    """44, 14 and 9 on the first page, marked as synthetic; accessible, and not longer than it must be."""
    given: dict[str, Any] = {"language": language, "known_on": INTERIM_STICHTAG}
    given["hidden"] = small(example) if public else None
    pdf = rendered(balance_report(example.balance, CORE, example.programme, example.series, **given), "pdf")
    text = text_of(pdf)
    assert [words for words in HEADLINE[language] if words not in text] == []
    assert "synthetisches Beispiel" in text
    assert ("×" in text) == public
    assert ("coach-1" in text) == (not public)
    assert violations(pdf) == []
    assert 9 <= pages_of(pdf) <= 14


def test_workbook_with_all_evidence(example: Example) -> None:
    """The rows behind every figure go with the workbook of the example."""
    report = balance_report(example.balance, CORE, example.programme, example.series, language="de")
    model, datenstand = example.stores.read_model, example.balance.datenstand
    found = [
        evidence(model, PROGRAMME, figure.code, INTERIM_STICHTAG, datenstand=datenstand) for figure in CORE.figures
    ]
    annexed = with_evidence(report, CORE, found)
    rows = {table.name: len(table.rows) for table in annexed.tables()}
    assert rows["evidence_placed_svp"] == 44
    assert {name for name in rows if name.startswith("evidence_")} == {f"evidence_{one.figure}" for one in found}
    assert len(rendered(annexed, "xlsx")) > 100_000
