"""The charts: what they show, the same everywhere, readable by everybody."""

import itertools
import re
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from sample_balance import PROGRAMME, balance, report, series

from projections.reports import Report, chart_blocks, charts
from projections.reports.charts import COLOURS, Bar, Limit, Stack, shortened
from projections.reports.drawing import BLUE, FONT, INK, OCHRE, SOFT, STEEL, WIDTH, counted
from projections.reports.model import Chart, Hidden, Number
from projections.reports.series import KIND_OF, State

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told() -> dict[str, Chart]:
    return charts_of(report())


def charts_of(made: Report) -> dict[str, Chart]:
    return {block.name: block for block in made.blocks if isinstance(block, Chart)}


def parsed(svg: str) -> Any:
    return ElementTree.fromstring(svg)  # noqa: S314 -- a drawing of our own


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def filled(svg: str, colour: str) -> list[Any]:
    return [element for element in parsed(svg).iter(f"{SVG}path") if element.get("fill") == colour]


# --- what they show -----------------------------------------------------------------------------------


def test_the_four_charts(told: dict[str, Chart]) -> None:
    """Funnel, placements by month, states, caseloads; each with caption, alternative text and the table behind it."""
    assert list(told) == ["funnel", "placements_by_month", "states", "caseload"]
    for chart in told.values():
        assert chart.caption
        assert chart.alternative
        assert chart.table.rows


def test_funnel_shows_the_figures_of_the_balance(told: dict[str, Chart]) -> None:
    """Every step is the figure itself; shares are of the enrolled; person-months have none and are set apart."""
    figures = balance().figures
    for row in told["funnel"].table.rows:
        assert row.cells[2].value == figures[row.name].value
    shares = [
        cell.value if isinstance(cell, Number) else cell for cell in (r.cells[3] for r in told["funnel"].table.rows)
    ]
    assert shares == [1.0, 105 / 101, 108 / 101, 113 / 101, 109 / 101, None]
    assert "109 · 107,9 %" in texts(told["funnel"].svg)
    assert len(filled(told["funnel"].svg, BLUE)) == 5
    assert len(filled(told["funnel"].svg, STEEL)) == 1
    assert told["funnel"].notes


def test_hidden_step_has_no_bar() -> None:
    """A hidden number is a sign without a bar."""
    (chart,) = charts_of(report(hidden=frozenset({("placed_svp", "", "")}))).values()
    assert len(filled(chart.svg, BLUE)) == 4
    assert "×" in texts(chart.svg)
    assert [row.cells[2] for row in chart.table.rows if row.name == "placed_svp"] == [Hidden(figure_unit("placed_svp"))]


def figure_unit(code: str) -> Any:
    return next(row.cells[2].unit for row in charts_of(report())["funnel"].table.rows if row.name == code)


def test_months_show_every_kind(told: dict[str, Chart]) -> None:
    """A column's parts are the persons of each kind; who is nobody has no mark; names stand below, from January."""
    chart = told["placements_by_month"]
    given = series().placements
    assert [row.name for row in chart.table.rows] == [f"{month.month:%Y-%m}" for month in given]
    for code, colour in ((code, COLOURS[kind]) for code, kind in KIND_OF.items()):
        assert len(filled(chart.svg, colour)) == sum(1 for month in given if month.persons[code]) + 1
    assert [text for text in texts(chart.svg) if re.search(r"20\d\d$", text)] == [
        "Jan. 2017",
        "Apr. 2017",
        "Juli 2017",
        "Okt. 2017",
        "Jan. 2018",
    ]


def test_months_in_english() -> None:
    """Months and numbers follow the language."""
    chart = charts_of(report("en"))["placements_by_month"]
    assert "Jul 2017" in texts(chart.svg)
    assert "Jan 2017" in chart.alternative


def test_states_make_a_hundred_per_cent(told: dict[str, Chart]) -> None:
    """Every state has its area and label, and below each month stands of how many persons."""
    svg = told["states"].svg
    assert {"100 %", "50 %", "0 %", "60", "12"} <= set(texts(svg))
    for state in State:
        assert len(filled(svg, COLOURS[state])) >= 2
    assert told["states"].table.rows[-1].name == "12"


def test_caseload_beyond_the_ratio_is_set_apart() -> None:
    """Each coach has a bar and a number, the ratio is a line, who is beyond it has another colour."""
    found = {"coach-1": 81, "coach-2": 80, "x" * 40: 3}
    chart = charts_of(report(balance=with_coaches(found)))["caseload"]
    assert len(filled(chart.svg, BLUE)) == 2
    assert len(filled(chart.svg, OCHRE)) == 1
    assert {"81", "80", "3", "Schlüssel 1 : 80", "x" * 23 + "…"} <= set(texts(chart.svg))
    assert "über dem Schlüssel von 1 : 80 liegen 1" in chart.alternative


def test_many_coaches_are_grouped() -> None:
    """More than forty coaches are counted in ranges of caseloads; the ratio ends one of them."""
    found = {f"c{number}": number for number in range(1, 90)}
    chart = charts_of(report(balance=with_coaches(found)))["caseload"]
    assert len(filled(chart.svg, BLUE)) == 8
    assert len(filled(chart.svg, OCHRE)) == 1
    assert len(chart.table.rows) == 89


@pytest.mark.parametrize(("ratio", "size"), [(80, 10), (35, 1), (64, 8), (7, 1), (100, 10), (1, 1)])
def test_ranges_of_caseloads(ratio: int, size: int) -> None:
    """Ranges are equal, cover every caseload once, and one of them ends with the ratio."""
    found = chart_blocks.grouped([1, ratio, ratio + 1, ratio], ratio)
    assert {len(one) for one in found} == {size}
    assert any(one[-1] == ratio for one in found)
    assert sum(found.values()) == 4


def with_coaches(found: dict[str, int]) -> Any:
    figures = dict(balance().figures)
    figures["caseload_max"] = msgspec.structs.replace(figures["caseload_max"], by={"coach": found})
    return msgspec.structs.replace(balance(), figures=figures)


def test_nothing_to_draw() -> None:
    """Before anybody is placed, in care or a month enrolled, there is no empty chart."""
    made = report(series=series(months=0, after=0), balance=with_coaches({}))
    assert list(charts_of(made)) == ["funnel"]


@pytest.mark.parametrize(
    ("most", "last"), [(0, 1), (1, 1), (5, 5), (6, 6), (9, 10), (101, 150), (1_234, 1_500), (0.5, 1)]
)
def test_ticks_are_round_and_reach_the_top(most: float, last: int) -> None:
    """An axis ends with the first round tick that is not below the largest number, with at most six ticks."""
    ticks = counted(most, "de")
    assert ticks.values[0] == 0
    assert ticks.values[-1] == last >= most
    assert len(ticks.values) <= 6
    assert ticks.labels[str(ticks.values[-1])] == f"{last:,}".replace(",", ".")


def test_long_label_is_cut() -> None:
    """A label beside a bar has at most 24 letters."""
    assert shortened("a" * 24) == "a" * 24
    assert shortened("a" * 25) == "a" * 23 + "…"


def test_labels_beside_thin_areas_keep_apart() -> None:
    """Where areas are too thin for their labels, the labels move apart and stay in the picture."""
    stacks = [Stack(state, state, [0, 0]) for state in list(State)[:-1]] + [Stack("left", "left", [9, 9])]
    svg = charts.shares([9, 9], stacks, ("Monate", "Personen"), "de", "-")
    places = {}
    for element in parsed(svg).iter(f"{SVG}text"):
        if element.text in set(State):
            places[element.text] = float(re.findall(r"translate\([\d.-]+,([\d.-]+)\)", element.get("transform"))[0])
    heights = [places[state] for state in reversed(State)]
    assert all(lower - upper > 16.9 for upper, lower in itertools.pairwise(heights))
    assert 0 < heights[0] < heights[-1] < 250


# --- for everybody ------------------------------------------------------------------------------------


def test_svg_stands_alone(told: dict[str, Chart]) -> None:
    """A drawing is well-formed, says what it is, has one typeface and refers to nothing outside."""
    for chart in told.values():
        root = parsed(chart.svg)
        assert root.get("role") == "img"
        assert root.get("aria-label") == chart.alternative
        assert root.get("width") == str(WIDTH)
        assert {element.get("font-family") for element in root.iter(f"{SVG}text")} == {FONT}
        assert "href=" not in chart.svg
        assert "url(" not in chart.svg


def test_texts_are_escaped() -> None:
    """A coach's code and an alternative text with markup stay text."""
    svg = charts.caseloads([Bar('<b>"&', 1, "1")], Limit(80, "1:80"), "de", 'a"<script>&')
    assert parsed(svg).get("aria-label") == 'a"<script>&'
    assert '<b>"&' in texts(svg)


def test_same_drawing_twice(told: dict[str, Chart]) -> None:
    """The same report draws the same bytes again; another process is tested with the whole PDF."""
    assert {name: chart.svg for name, chart in charts_of(report()).items()} == {
        name: chart.svg for name, chart in told.items()
    }


# --- colours ------------------------------------------------------------------------------------------

BLINDNESS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}
"""How somebody sees linear RGB: Machado, Oliveira and Fernandes 2009, severity 1."""


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, WCAG 2.2."""
    light, dark = sorted(
        (sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, blindness: str) -> list[float]:
    """CIE L*a*b* of a colour as somebody sees it."""
    seen = [sum(w * part for w, part in zip(row, linear(colour), strict=True)) for row in BLINDNESS[blindness]]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(w * part for w, part in zip(row, seen, strict=True)) for row in to_xyz]
    x, y, z = (
        (part / white) ** (1 / 3) if part / white > 0.008856 else 7.787 * part / white + 16 / 116
        for part, white in zip(xyz, (0.9505, 1.0, 1.089), strict=True)
    )
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def test_colours_are_seen_on_white() -> None:
    """Every colour has at least 3:1 against white, every text 4.5:1 (WCAG 1.4.11, 1.4.3)."""
    assert {colour: contrast(colour, "#ffffff") for colour in COLOURS.values() if contrast(colour, "#ffffff") < 3} == {}
    assert min(contrast(colour, "#ffffff") for colour in (INK, SOFT)) >= 4.5


def distance(one: str, other: str) -> float:
    """How different two colours are for whom they differ least, ΔE 1976."""
    return min(
        sum((a - b) ** 2 for a, b in zip(lab(one, blindness), lab(other, blindness), strict=True)) ** 0.5
        for blindness in BLINDNESS
    )


def test_colours_are_told_apart() -> None:
    """With every kind of colour blindness: areas and columns that touch well, all others still."""
    states, kinds = [COLOURS[state] for state in State], [COLOURS[kind] for kind in KIND_OF.values()]
    touching = [*itertools.pairwise(states), *itertools.combinations(kinds, 2), (BLUE, OCHRE), (BLUE, STEEL)]
    assert [pair for pair in touching if distance(*pair) < 14] == []
    assert [pair for pair in itertools.combinations(states, 2) if distance(*pair) < 12] == []


def test_programme_s_own_ratio() -> None:
    """The line is that of the programme."""
    chart = charts_of(report(programme=msgspec.structs.replace(PROGRAMME, coaching_ratio=35)))["caseload"]
    assert "Schlüssel 1 : 35" in texts(chart.svg)
