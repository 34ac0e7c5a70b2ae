"""Figures: balances at a Stichtag and Datenstand, the rows behind one, why two differ, what needs attention."""

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec
from flask import Response
from msgspec import Struct

from domain.errors import Refused
from domain.facts import FigureValue, Value
from domain.terms import BalanceKind
from domain.texts import _
from projections.attention import Attention, attention
from projections.balance import Balance, Evidence, evidence
from projections.catalogue import CATALOGUES
from projections.datenstand import position_of
from projections.editions import catalogue_of, edition, require_reproducible
from projections.exchange.values import converted
from projections.explain import Explanation, Point, explain
from projections.overview import overview
from projections.programmes import particulars
from projections.reports import under_pseudonyms
from projections.reports.series import Series
from web.access import AUDITOR, CONTROLLING, FIGURES, LEAD, PERSONS, present_visitor, visible_journeys
from web.api.answers import answer
from web.api.asking import AT, choice, day, query, text, whole, yes_no
from web.api.programmes import reached
from web.api.routes import Section
from web.figures import balance_at
from web.house import stores, today
from web.references import person_of, pseudonyms, reference_of
from web.words import datenstand

section = Section("figures", "Balances, the rows behind each figure, and what needs attention")
CatalogueName = StrEnum("CatalogueName", {name.upper(): name for name in CATALOGUES})  # type: ignore[misc]
"""The names of the catalogues."""
_STICHTAG = day("What had happened by this day; by default today, at most the programme's last day.")
_BALANCE = query(
    "BalanceAt",
    AT,
    stichtag=_STICHTAG,
    catalogue=choice("The figures of this catalogue; by default core.", CatalogueName),
    final=yes_no("true: the final balance, once the programme has ended."),
    by=text("Of the breakdowns this one only."),
)


class BalanceAnswer(Struct, frozen=True):
    """The figures of a programme, what it aims at, and the digest of the whole balance."""

    programme: str
    kind: BalanceKind
    stichtag: date
    datenstand: int
    catalogue: str
    figures: dict[str, FigureValue]
    targets: dict[str, float]
    digest: str


class OverviewAnswer(Struct, frozen=True):
    """What the first page of a programme shows."""

    stichtag: date
    datenstand: int
    coaching_ratio: int
    targets: dict[str, float]
    funnel: dict[str, Value]
    caseloads: dict[str, int]
    series: Series


@section.get("/programmes/<key:programme>/balance", *FIGURES, query=_BALANCE, answers=BalanceAnswer, more={304: None})
def balance(query: dict[str, Any], programme: str) -> Response:
    """The balance of a programme: every figure, with all breakdowns or one.

    Its ETag is that of the balance as counted: the same at the same Stichtag and Datenstand for ever.
    """
    reached(programme, *FIGURES)
    found = balance_of(programme, query)
    targets = particulars(stores().read_model, programme, found.datenstand).targets
    by = query.get("by")
    told = BalanceAnswer(
        *(found.programme, found.kind, found.stichtag, found.datenstand, found.catalogue),
        _broken_down(found, by),
        targets,
        found.digest,
    )
    return answer(told, version=found.digest[:32] + (f"-{by.encode().hex()}" if by else ""))


@section.get("/programmes/<key:programme>/overview", *FIGURES, query=query("OverviewAt", AT, stichtag=_STICHTAG),
             answers=OverviewAnswer)  # fmt: skip
def overview_of(query: dict[str, Any], programme: str) -> Response:
    """The way through the programme, placements by month, caseloads, and where the journeys stand by month."""
    reached(programme, *FIGURES)
    counted = balance_of(programme, query)
    found = overview(stores().read_model, programme, counted.stichtag, counted.datenstand, balance=counted)
    details = found.programme
    return answer(
        OverviewAnswer(
            *(counted.stichtag, counted.datenstand, details.coaching_ratio, details.targets),
            *(found.funnel, found.caseloads, found.series),
        )
    )


@section.get("/programmes/<key:programme>/figures/<key:code>/evidence", LEAD, AUDITOR, answers=Evidence,
             query=query("EvidenceOf", AT, stichtag=_STICHTAG, trait=text("With `value`: of this group only."),
                         value=text("With `trait`: of this group only."),
                         catalogue=choice("Of this catalogue; by default core.", CatalogueName)))  # fmt: skip
def evidence_of(query: dict[str, Any], programme: str, code: str) -> Response:
    """The rows a figure counts, or one cell of it, each with the positions of the entries it follows from.

    Their number (or the sum of their values) is the figure.
    """
    reached(programme, LEAD, AUDITOR)
    if ("trait" in query) != ("value" in query):
        raise Refused("missing_field", _("trait und value gehören zusammen."), field="trait")
    catalogue = CATALOGUES[query.get("catalogue", "core")]
    group = (query.get("trait", ""), query.get("value", ""))
    found = evidence(
        stores().read_model,
        programme,
        code,
        stichtag_of(programme, query),
        datenstand=datenstand(),
        catalogue=catalogue,
        group=group,
    )
    return answer(under_pseudonyms(found, catalogue, pseudonyms()) if present_visitor().under_pseudonyms else found)


@section.get("/attention", *PERSONS, answers=Attention, query=query(
    "AttentionOf", AT, programme=text("In this programme only."), stichtag=day("By default today."),
    limit=whole("Journeys named of each concern.", 1, 500)))  # fmt: skip
def needs_attention(query: dict[str, Any]) -> Response:
    """What needs attention among the journeys the account may see, and coaches beyond their ratio."""
    programme = reached(query["programme"], *PERSONS) if "programme" in query else None
    found = attention(
        stores().read_model,
        visible_journeys(),
        programme,
        query.get("stichtag", today()),
        datenstand(),
        limit=query.get("limit", 10),
    )
    concerns = {
        concern: msgspec.structs.replace(
            cases,
            first=tuple(
                msgspec.structs.replace(case, stream=reference_of(case.stream), participant=person_of(case.participant))
                for case in cases.first
            ),
        )
        for concern, cases in found.concerns.items()
    }
    return answer(msgspec.structs.replace(found, concerns=concerns))


_POINT = "An edition (lzb-gg/1), or STICHTAG@DATENSTAND (2018-02-19@2459); without a Datenstand, the present."


@section.get("/programmes/<key:programme>/differences", LEAD, CONTROLLING, AUDITOR, answers=Explanation, query=query(
    "DifferencesBetween", first=text(_POINT, required=True), second=text(_POINT, required=True),
    catalogue=choice("Of points that are no editions; by default core.", CatalogueName)))  # fmt: skip
def differences(query: dict[str, Any], programme: str) -> Response:
    """Why two balances of a programme differ: every difference as the sum of its causes, with the entries behind it."""
    reached(programme, LEAD, CONTROLLING, AUDITOR)
    points = [_point(programme, query[name], name, query.get("catalogue", "core")) for name in ("first", "second")]
    if points[0].catalogue.name != points[1].catalogue.name:
        text = _("Die beiden Bilanzen sind aus verschiedenen Katalogen: {first}, {second}.",
                 first=points[0].catalogue.name, second=points[1].catalogue.name)  # fmt: skip
        raise Refused("bad_value", text, field="catalogue")
    found = explain(stores().journal, stores().read_model, programme, *points)
    events = [
        msgspec.structs.replace(one, journey=reference_of(one.journey), participant=person_of(one.participant))
        for one in found.events
    ]
    return answer(msgspec.structs.replace(found, events=events))


def balance_of(programme: str, query: dict[str, Any]) -> Balance:
    """The balance a query asks for."""
    catalogue = CATALOGUES[query.get("catalogue", "core")]
    stichtag = stichtag_of(programme, query)
    return balance_at(programme, stichtag, datenstand(), catalogue, final=query.get("final", False))


def stichtag_of(programme: str, query: dict[str, Any]) -> date:
    """The Stichtag a query names; else today, at most the programme's last day."""
    given: date | None = query.get("stichtag")
    return given or min(today(), particulars(stores().read_model, programme, datenstand()).last_day)


def _broken_down(found: Balance, by: str | None) -> dict[str, FigureValue]:
    """The figures, of their breakdowns one only where one is named. Refused: one that no figure has."""
    if by is None:
        return found.figures
    if not any(by in figure.by for figure in found.figures.values()):
        text = _("Keine Kennzahl ist aufgeteilt nach {trait}.", trait=by)
        raise Refused("unknown_trait", text, field="by")
    return {
        code: FigureValue(figure.value, {by: figure.by[by]} if by in figure.by else {})
        for code, figure in found.figures.items()
    }


def _point(programme: str, named: str, field: str, catalogue: str) -> Point:
    """An edition of the programme, or a Stichtag and Datenstand."""
    if "/" in named:
        found = edition(stores().journal, named)
        if found.balance.programme != programme:
            text = _("Die Ausgabe {name} ist nicht aus dem Programm {programme}.", name=named, programme=programme)
            raise Refused("bad_value", text, field=field)
        require_reproducible(stores().journal, stores().read_model, found)
        return Point(
            found.balance.stichtag, found.balance.datenstand, catalogue_of(stores().journal, found.balance.catalogue)
        )
    on, _at, known = named.partition("@")
    if known and not (known.isdecimal() and len(known) < 18):
        raise Refused("bad_value", _("Der Datenstand nach @ ist eine Position."), field=field)
    position = position_of(stores().journal, int(known) if known else None)
    return Point(converted(field, on, date), position, CATALOGUES[catalogue])
