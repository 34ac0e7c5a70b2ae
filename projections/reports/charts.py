"""The charts, from numbers and words to SVG."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from domain.texts import number
from projections.reports.drawing import (
    BLUE,
    GREY,
    INK,
    OCHRE,
    PURPLE,
    SMALL,
    SOFT,
    STEEL,
    TEAL,
    Frame,
    Ticks,
    axis,
    counted,
    drawn,
    field,
    layer,
    pixels,
    words,
)

COLOURS: Mapping[str, str] = {
    "svp": BLUE,
    "ausbildung": TEAL,
    "selbstaendig": PURPLE,
    "minijob": OCHRE,
    "training": TEAL,
    "qualification": PURPLE,
    "coaching": STEEL,
    "left": GREY,
}
"""The colour of a kind of placement, of a state."""

_LETTERS = 24
_MOST_LABELS = 12
_LINE = 17
_LETTER, _LETTERS_BETWEEN = 7.5, 5
"""Pixels a letter takes at most, and letters between two labels of a legend."""
_SWATCH = 120
"""Square pixels of the colour beside a label."""


class Bar(NamedTuple):
    """A bar: its label, its number (None: nothing is drawn), what stands at its end, and whether it is set apart."""

    label: str
    value: float | None
    text: str
    apart: bool = False


class Stack(NamedTuple):
    """One part of a stack: its name in `COLOURS`, its label, and one number per place along the axis."""

    name: str
    label: str
    values: Sequence[float]


class Limit(NamedTuple):
    """A line the bars are held against, with what is written on it."""

    value: int
    text: str


def funnel(bars: Sequence[Bar], alternative: str) -> str:
    """Bars from the top down, each with its label on the left and its number at the end."""
    frame = Frame(height=30 * len(bars), left=236, right=110, top=2, bottom=2)
    most = max((bar.value or 0 for bar in bars), default=0) or 1
    x = field("value", "quantitative", scale={"domain": [0, most]}, axis=None)
    return drawn(_bars(bars, x, STEEL), frame, alternative)


def caseloads(bars: Sequence[Bar], limit: Limit, language: str, alternative: str) -> str:
    """One bar per coach with its caseload, and the line of the coaching ratio; those beyond it are set apart."""
    frame = Frame(height=26 * len(bars), left=180, right=60, top=26)
    ticks = counted(max([limit.value, *(bar.value or 0 for bar in bars)]), language)
    x = field("value", "quantitative", scale={"domain": [0, ticks.values[-1]]}, axis=axis(ticks, grid=True))
    return drawn([*_bars(bars, x, OCHRE), *_limit(limit.value, limit.text)], frame, alternative)


def caseload_groups(groups: Mapping[range, int], limit: Limit, language: str, alternative: str) -> str:
    """How many coaches have a caseload in which range, and the line of the coaching ratio among them."""
    frame = Frame(height=190, left=60, right=30, top=26)
    up, along = (
        counted(max(groups.values()), language),
        counted(max(limit.value, *(one[-1] for one in groups)), language),
    )
    rows = [
        {"value": one[0] - 0.5, "to": one[-1] + 0.5, "coaches": coaches, "apart": one[0] > limit.value}
        for one, coaches in groups.items()
    ]
    places = {
        "x": field("value", "quantitative", scale={"domain": [0, along.values[-1] + 1]}, axis=axis(along)),
        "x2": {"field": "to"},
        "y": field("coaches", "quantitative", scale={"domain": [0, up.values[-1]]}, axis=axis(up, grid=True)),
        "y2": {"datum": 0},
    }
    columns = layer(rows, "rect", {"stroke": "white"}, color=_apart(OCHRE), **places)
    return drawn([columns, *_limit(limit.value + 0.5, limit.text)], frame, alternative)


def stacked_months(stacks: Sequence[Stack], named: Mapping[int, str], language: str, alternative: str) -> str:
    """One column per month with the stacks on top of each other, the legend above; some months are `named` below."""
    frame = Frame(height=190, left=40, top=38)
    up = counted(max(map(sum, zip(*(stack.values for stack in stacks), strict=True)), default=0), language)
    along = Ticks(list(named), {str(place): words for place, words in named.items()})
    scale = {"domain": list(range(len(stacks[0].values))), "paddingInner": 0.18, "paddingOuter": 0.1}
    columns = layer(
        [row for row in _stacked(stacks) if row["value"]],
        "bar",
        {"stroke": "white", "strokeWidth": 0.8},
        x=field("x", "ordinal", scale=scale, axis=axis(along, labelAngle=0)),
        y=_height(up),
        color=_colour(stacks),
        order={"field": "order", "type": "quantitative"},
    )
    return drawn([columns, *_labels(_above(stacks, frame))], frame, alternative)


def shares(
    persons: Sequence[int], stacks: Sequence[Stack], names: tuple[str, str], language: str, alternative: str
) -> str:
    """Areas that make 100 per cent in every month from 0 on, labelled on the right.

    Below them the months and how many `persons` each has, under the two `names`.
    """
    frame = Frame(height=236, left=92, right=222, bottom=46)
    last = len(persons) - 1
    per_cent = Ticks(range(0, 101, 25), {str(value): number(value, 0, language) + " %" for value in range(0, 101, 25)})
    every = max(3 * -(-last // (3 * _MOST_LABELS)), 1)
    shown = range(0, last + 1, every)
    along = Ticks(shown, {str(month): str(month) for month in shown})
    in_per_cent = [
        stack._replace(values=[value * 100 / of for value, of in zip(stack.values, persons, strict=True)])
        for stack in stacks
    ]
    areas = layer(
        _stacked(in_per_cent),
        "area",
        {"stroke": "white", "strokeWidth": 1},
        x=field("x", "quantitative", scale={"domain": [0, last]}, axis=axis(along)),
        y=_height(per_cent),
        color=_colour(stacks),
        order={"field": "order", "type": "quantitative"},
    )
    below = [
        {"x": frame.width * month / last, "y": frame.height + 33, "text": number(persons[month], 0, language)}
        for month in shown
    ]
    heads = [{"x": -30, "y": frame.height + y, "text": name} for name, y in zip(names, (13, 33), strict=True)]
    layers = [
        areas,
        words(below, "center", x=pixels("x"), y=pixels("y"), color=SOFT, size=SMALL),
        words(heads, "right", x=pixels("x"), y=pixels("y"), color=SOFT, size=SMALL),
        *_labels(_beside(in_per_cent, frame)),
    ]
    return drawn(layers, frame, alternative)


def shortened(label: str) -> str:
    """A label that fits beside a bar."""
    return label if len(label) <= _LETTERS else label[: _LETTERS - 1] + "…"


# --- parts of charts ------------------------------------------------------------------------------


def _bars(bars: Sequence[Bar], x: dict[str, Any], apart: str) -> list[Any]:
    """Bars from the top down along an axis, with labels and numbers."""
    rows = [
        {"y": place, "value": bar.value or 0, "text": bar.text, "apart": bar.apart} for place, bar in enumerate(bars)
    ]
    labels = Ticks(range(len(bars)), {str(place): bar.label for place, bar in enumerate(bars)})
    scale = {"domain": list(range(len(bars))), "paddingInner": 0.28, "paddingOuter": 0.14}
    y = field("y", "ordinal", scale=scale, axis=axis(labels, domain=False))
    drawn_bars = layer([row for row in rows if row["value"]], "bar", {}, x=x, y=y, color=_apart(apart))
    return [drawn_bars, words(rows, "left", dx=7, x=x, y=y)]


def _limit(value: float, text: str) -> list[Any]:
    rows = [{"value": value, "y": -13, "text": text}]
    x = field("value", "quantitative")
    line = layer(rows, "rule", {"color": INK, "strokeWidth": 1.5, "strokeDash": [5, 3]}, x=x)
    return [line, words(rows, "center", x=x, y=pixels("y"))]


def _stacked(stacks: Sequence[Stack]) -> list[dict[str, Any]]:
    """A row per part of a stack and place along the axis."""
    return [
        {"x": place, "value": value, "part": stack.name, "order": order}
        for order, stack in enumerate(stacks)
        for place, value in enumerate(stack.values)
    ]


def _height(ticks: Ticks) -> dict[str, Any]:
    scale = {"domain": [0, ticks.values[-1]]}
    return field("value", "quantitative", stack="zero", scale=scale, axis=axis(ticks, grid=True))


def _apart(colour: str) -> dict[str, Any]:
    return field("apart", "nominal", scale={"domain": [False, True], "range": [BLUE, colour]}, legend=None)


def _colour(stacks: Sequence[Stack]) -> dict[str, Any]:
    names = [stack.name for stack in stacks]
    return field("part", "nominal", scale={"domain": names, "range": [COLOURS[name] for name in names]}, legend=None)


def _labels(places: Sequence[tuple[float, float, Stack]]) -> list[Any]:
    """A swatch of its colour and the label of each part, at a place in pixels."""
    rows = [{"x": x + 6, "y": y, "text": stack.label, "part": stack.name} for x, y, stack in places]
    stacks = [stack for _x, _y, stack in places]
    x, y = pixels("x"), pixels("y")
    swatches = layer(rows, "square", {"size": _SWATCH, "opacity": 1}, x=x, y=y, color=_colour(stacks))
    return [swatches, words(rows, "left", dx=11, x=x, y=y)]


def _above(stacks: Sequence[Stack], frame: Frame) -> list[tuple[float, float, Stack]]:
    """Places for labels in a row above the plot, each with room by the number of its letters."""
    ends = accumulate((len(stack.label) + _LETTERS_BETWEEN for stack in stacks), initial=0)
    letter = min(frame.width / (sum(len(stack.label) + _LETTERS_BETWEEN for stack in stacks) or 1), _LETTER)
    return [(end * letter, 14 - frame.top, stack) for end, stack in zip(ends, stacks, strict=False)]


def _beside(stacks: Sequence[Stack], frame: Frame) -> list[tuple[float, float, Stack]]:
    """Places for labels beside where the areas end, the topmost first, moved apart where they would touch."""
    above, found = 0.0, []
    for stack in stacks:
        found.append((frame.height * (1 - (above + stack.values[-1] / 2) / 100), stack))
        above += stack.values[-1]
    found.reverse()
    heights = _moved_apart([height for height, _stack in found], frame.height - 4)
    return [(frame.width + 14, height, stack) for height, (_middle, stack) in zip(heights, found, strict=True)]


def _moved_apart(heights: list[float], lowest: float) -> list[float]:
    """Ascending heights with a line between any two, none below the lowest."""
    least, moved = heights[0], []
    for height in heights:
        moved.append(max(height, least))
        least = moved[-1] + _LINE
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], lowest)
        lowest = moved[place] - _LINE
    return moved
