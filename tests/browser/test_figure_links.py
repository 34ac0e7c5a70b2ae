"""Every figure of a balance, totals and cells, leads to what it counts, and what is there adds up to it."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from looking import INTERIM
from playwright.sync_api import Page
from serving import Served

from projections.catalogue import CORE

NUMBERS = """() => [
    ...document.querySelectorAll("[id^=figures-] td:nth-child(2)"), ...document.querySelectorAll("[id^=by-] td"),
].map((cell) => {
    const link = cell.querySelector("a.wd-figure");
    return [(link ? link.firstChild : cell).textContent.trim(), link ? link.href : null];
})"""
NOTHING_BEHIND = ("0", "0,00", "–")
"""What may stand in a cell without a link."""


def test_what_a_figure_leads_to_adds_up_to_it(served_once: Served, page: Page) -> None:
    """For a count as many rows, for a sum their values, for a ratio those of its two parts."""
    served_once.login(page, "pruefung")
    page.goto(f"{served_once.url}/bilanzen?stichtag={INTERIM}&by=gender")
    numbers: list[tuple[str, str | None]] = page.evaluate(NUMBERS)
    assert len(numbers) > 3 * len(CORE.figures)
    assert {text for text, link in numbers if link is None} <= set(NOTHING_BEHIND)
    for text, link in numbers:
        if link:
            rows = page.context.request.get(f"{link}&format=json").json()
            assert counted(link, rows) == text, link
    told, link = numbers[4]
    assert link
    page.goto(link)
    assert page.locator("#rows tbody tr").count() == int(told)


def counted(link: str, rows: list[dict[str, Any]]) -> str:
    """The figure that the rows behind a link make, as the page writes it."""
    figure = CORE.figure(parse_qs(urlsplit(link).query)["figure"][0])
    if figure.per is None:
        value = sum((Decimal(str(row["value"])) for row in rows), Decimal())
        return written(value, 2 if figure.unit == "eur" else 0)
    parts = {"numerator": Decimal(), "denominator": Decimal()}
    for row in rows:
        parts[row["part"]] += Decimal(str(row["value"]))
    if not parts["denominator"]:
        return "–"
    value = parts["numerator"] * figure.scale / parts["denominator"]
    return written(value * 100, 1) + " %" if figure.unit == "rate" else written(value, 1)


def written(value: Decimal, places: int) -> str:
    """A number as German pages write it."""
    return f"{value:,.{places}f}".translate(str.maketrans(",.", ".,"))
