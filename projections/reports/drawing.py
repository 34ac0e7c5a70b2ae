"""How charts are drawn: one look, one typeface, and no measuring of text.

A chart is a Vega-Lite specification whose margins, ticks, labels and legend are placed in numbers, so that its layout
does not depend on the fonts of a machine and the same chart has the same bytes everywhere. Nothing is fetched.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import quoteattr

import msgspec

from domain.texts import number

FONT = "Libertinus Serif, serif"
"""The typeface of the PDF; a page on the web takes its own serif where it lacks it."""
WIDTH = 640
"""Pixels of a whole chart from left to right."""
TEXT, SMALL = 13, 12
INK, SOFT, FAINT = "#1b1f24", "#57606a", "#d8dee4"

BLUE, TEAL, OCHRE, PURPLE, STEEL, GREY = "#1a4472", "#009e73", "#b35900", "#8a4a9e", "#5a94c8", "#6e6e6e"
"""Each at least 3:1 against white (WCAG 1.4.11); any two differ for every kind of colour blindness."""

_MOST_TICKS = 5


Mark = Literal["area", "bar", "rect", "rule", "square", "text"]


class Frame(NamedTuple):
    """The plot's height and the margins around it, in pixels."""

    height: int
    left: int
    right: int = 12
    top: int = 8
    bottom: int = 28

    @property
    def width(self) -> int:
        """What is left for the plot."""
        return WIDTH - self.left - self.right


class Ticks(NamedTuple):
    """Where an axis has its lines, and what is written there."""

    values: Sequence[int]
    labels: Mapping[str, str]

    @property
    def expression(self) -> str:
        """The label of a tick as Vega looks it up."""
        return f"({json.dumps(self.labels)})[datum.value]"


def counted(most: float, language: str) -> Ticks:
    """Whole, round ticks from 0 to just beyond a number."""
    step = 1
    while most / step > _MOST_TICKS:
        step = {"1": 2, "2": 5, "5": 10}[str(step)[0]] * 10 ** (len(str(step)) - 1)
    values = list(range(0, int(-(-most // step)) * step + 1, step)) or [0]
    values += [step] if len(values) == 1 else []
    return Ticks(values, {str(value): number(value, 0, language) for value in values})


def layer(rows: Sequence[Mapping[str, Any]], mark: Mark, style: Mapping[str, Any], **places: Any) -> Any:
    """A layer: rows shown by one kind of mark; `places` says which field goes where."""
    import altair  # noqa: PLC0415 -- slow to import, and only charts need it

    chart = altair.Chart(altair.InlineData(values=list(rows)), mark=altair.MarkDef(type=mark, **style))
    return chart.encode(**places)


def field(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    """A field in its place: `kind` is quantitative, nominal or ordinal."""
    return {"field": name, "type": kind, "title": None, **rest}


def axis(ticks: Ticks, *, grid: bool = False, **rest: Any) -> dict[str, Any]:
    """An axis with these ticks and nothing that Vega would place by measuring."""
    return {
        "values": list(ticks.values),
        "labelExpr": ticks.expression,
        "labelFont": FONT,
        "labelFontSize": TEXT,
        "labelColor": INK,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelFlush": False,
        "labelPadding": 6,
        "grid": grid,
        "gridColor": FAINT,
        "ticks": False,
        "domainColor": SOFT,
        "domain": not grid,
        **rest,
    }


def words(rows: Sequence[Mapping[str, Any]], align: str, *, color: str = INK, size: int = TEXT, **rest: Any) -> Any:
    """A layer of texts: every row has its `text` and its place."""
    places = {name: rest.pop(name) for name in ("x", "y") if name in rest}
    style = {"align": align, "baseline": "middle", "color": color, "font": FONT, "fontSize": size, "limit": 0, **rest}
    return layer(rows, "text", style, text={"field": "text"}, **places)


def pixels(name: str) -> dict[str, Any]:
    """A place given in pixels of the plot, in a field of the rows."""
    return field(name, "quantitative", scale=None, axis=None)


def drawn(layers: Sequence[Any], frame: Frame, alternative: str) -> str:
    """The layers in their frame as SVG, with the alternative text on it."""
    import altair  # noqa: PLC0415 -- slow to import, and only charts need it
    import vl_convert  # noqa: PLC0415 -- brings a JavaScript engine; only charts need it

    margins = {"left": frame.left, "right": frame.right, "top": frame.top, "bottom": frame.bottom}
    chart = altair.layer(
        *layers, width=frame.width, height=frame.height, padding=margins, autosize={"type": "none"}
    ).configure(font=FONT, aria=False, view={"stroke": None})
    specification = msgspec.json.encode(chart.to_dict()).decode()
    svg = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return svg.replace("<svg ", f'<svg role="img" aria-label={quoteattr(alternative)} ', 1)
