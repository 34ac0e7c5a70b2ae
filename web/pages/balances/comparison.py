"""Why two balances differ."""

from datetime import date
from typing import Any

import msgspec
from flask import Response, render_template, request

from domain.errors import Refused
from domain.glossary import STEPS
from domain.labels import VALUES
from domain.texts import _
from projections.catalogue import Figure
from projections.datenstand import position_of
from projections.editions import Edition, split_name
from projections.exchange.values import converted
from projections.explain import Cause, Explanation, Point, explain
from projections.programmes import particulars
from projections.reports.explanation_report import CAUSES
from projections.reports.written import written, written_difference
from web.access import FIGURES, PERSONS, allowed, present_visitor
from web.downloads import attachment, wanted_format
from web.house import stores
from web.pages.balances.area import (
    STATES,
    blueprint,
    catalogue_asked,
    edition_of,
    editions_known,
    programme_asked,
)
from web.words import datenstand, language, say


@blueprint.get("/vergleich")
@allowed(*FIGURES)
def comparison() -> Any:
    """Why two balances differ: every difference as the sum of its causes, each with the entries behind it."""
    programme = programme_asked()
    points = [_point(programme, request.args.get(side, "")) for side in ("a", "b")]
    context: dict[str, Any] = {"a": request.args.get("a", ""), "b": request.args.get("b", "")}
    first, second = points
    if first and second:
        if first.catalogue.name != second.catalogue.name:
            raise Refused("two_catalogues", _("Die beiden Ausgaben sind aus verschiedenen Katalogen."), field="b")
        found = explain(stores().journal, stores().read_model, programme, first, second)
        if not present_visitor().has(*PERSONS):  # what single entries moved tells of persons
            found = msgspec.structs.replace(found, events=[])
        if wanted_format() == "json":
            return _as_json(found)
        figures = {figure.code: figure for point in (first, second) for figure in point.catalogue.figures}
        context |= {
            "found": found,
            "cells": [cell for cell in found.cells if cell.parts and not cell.trait],
            "figures": figures,
            "causes": CAUSES,
            "moved": _moved(found, figures),
            "steps": STEPS,
        }
    return render_template(
        "comparison.html",
        **context,
        programme=particulars(stores().read_model, programme, datenstand()),
        options=[(one.name, _named(one)) for one in editions_known(programme)],
        signed=lambda figure, value: written_difference(figure.unit, value, language()),
        told=lambda figure, value: written(figure.unit, value, language()),
    )


def _as_json(found: Explanation) -> Response:
    """The differences as a file, without the entries behind them: those are on the page, for who may see them."""
    cells = [
        {
            **{name: getattr(cell, name) for name in ("figure", "trait", "value", "before", "after", "difference")},
            "parts": {part.cause: part.change for part in cell.parts},
        }
        for cell in found.cells
    ]
    name = ["vergleich", found.programme, *found.stichtage, *(f"datenstand-{one}" for one in found.datenstaende)]
    return attachment(msgspec.json.encode(cells), name, "json")


def _point(programme: str, named: str) -> Point | None:
    """An edition by its number, or STICHTAG@DATENSTAND; None where nothing is named yet."""
    if not named:
        return None
    if "/" in named:
        key, number = split_name(named)
        if key != programme:
            text = _("{name} ist keine Ausgabe des Programms {key}.", name=named[:60], key=programme)
            raise Refused("which_programme", text, field="a")
        found, catalogue = edition_of(key, number)
        return Point(found.balance.stichtag, found.balance.datenstand, catalogue)
    day, _at, position = named.partition("@")
    known = position_of(stores().journal, int(position)) if position.isdecimal() else datenstand()
    return Point(converted("stichtag", day, date), known, catalogue_asked())


def _named(found: Edition) -> str:
    return say(
        _(
            "{name}: {kind} zum {stichtag}, {state}",
            name=found.name,
            kind=VALUES[found.balance.kind],
            stichtag=found.balance.stichtag,
            state=STATES[found.state],
        )
    )


def _moved(found: Explanation, figures: dict[str, Figure]) -> dict[int, list[str]]:
    """What each late, corrected or withdrawn entry moved, by its position."""
    moved: dict[int, list[str]] = {}
    for cell in found.cells:
        for part in cell.parts if not cell.trait else ():
            for effect in part.effects if part.cause is not Cause.HAPPENED else ():
                figure = figures[cell.figure]
                change = written_difference(figure.unit, effect.change, language())
                moved.setdefault(effect.entries[0], []).append(f"{say(figure.title)} {change}")
    return moved
