"""Programmes, who works in them, and the figures of the catalogues."""

from typing import Any

import msgspec
from flask import Response
from marshmallow import fields, validate
from msgspec import Struct

from domain import commands
from domain.errors import NotFound
from domain.facts import ProgrammeClosed, ProgrammeOpened
from domain.facts.programme import CoachJoined, TargetGroup
from domain.terms import Role
from domain.texts import Text, _
from projections.catalogue import CATALOGUES, CORE
from projections.programmes import Particulars, particulars
from web.access import ADMIN, LEAD, Forbidden, present_visitor, require_programme
from web.api.answers import answer
from web.api.asking import AT
from web.api.routes import Section
from web.api.storing import Stored, carry_out, stored
from web.house import stores
from web.programmes import programmes_reached
from web.said import Said, messages
from web.schemas import LONGEST, Given, fact_schema
from web.words import datenstand

section = Section("programmes", "Programmes, their coaches, and the figures of the catalogues")


class Programme(Particulars, frozen=True):
    """A programme as known at the Datenstand, with the staff codes of its coaches."""

    coaches: tuple[str, ...]


class FigureDefinition(Struct, frozen=True):
    """A figure of a catalogue: what it is called, how it is defined and by which source."""

    code: str
    title: Text
    definition: Text
    source: str
    regime: str
    unit: str


class CatalogueAnswer(Struct, frozen=True):
    """A catalogue in its present version."""

    name: str
    version: str
    traits: tuple[str, ...]
    figures: list[FigureDefinition]


HIGHEST = 10**9
"""The highest target of a figure."""
_TARGET_GROUP = fact_schema(TargetGroup)
_TARGETS = {
    "target_group": fields.Nested(_TARGET_GROUP),
    "targets": fields.Dict(
        keys=fields.String(validate=validate.Length(1, LONGEST)),
        values=fields.Float(
            validate=validate.Range(0, HIGHEST, error=Said(_("Erlaubt ist {low} bis {high}.", low=0, high=HIGHEST))),
            error_messages=messages(fields.Float),
        ),
        metadata={"description": "Targets by the codes of figures"},
    ),
}
_OPENING: type[Given] = type(
    "Opening", (Given,), {**fact_schema(ProgrammeOpened, "target_group", "targets")._declared_fields, **_TARGETS}
)


def known(programme: str) -> str:
    """A programme the visitor reaches and that was known at the Datenstand. Refused (`NotFound`) otherwise."""
    require_programme(programme, *Role)
    if programme not in {key for key, _title in programmes_reached(*Role)}:
        text = _("Das Programm {key} gibt es nicht.", key=programme)
        raise NotFound("unknown_programme", text, field="programme")
    return programme


def reached(programme: str, *roles: Role) -> str:
    """A programme one of the roles reaches and that was known at the Datenstand. Refused (`NotFound`) otherwise."""
    require_programme(programme, *roles)
    return known(programme)


@section.get("/programmes", answers=list[Programme], query=AT)
def list_programmes(query: dict[str, Any]) -> Response:
    """The programmes the account reaches."""
    del query
    return answer([_programme(key) for key, _title in programmes_reached(*Role)])


@section.get("/programmes/<key:programme>", answers=Programme, query=AT)
def one_programme(query: dict[str, Any], programme: str) -> Response:
    """One programme."""
    del query
    return answer(_programme(known(programme)))


@section.post(
    "/programmes",
    LEAD,
    ADMIN,
    body=_OPENING,
    answers=Stored,
    status=201,
    more={200: Stored},
    scope="admin",
    command=True,
)
def open_programme(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Open a programme; the same opening again stores nothing. For who has the role in every programme."""
    del query
    opening = msgspec.convert(msgspec.to_builtins(body), ProgrammeOpened)
    if not present_visitor().reaches(opening.key, LEAD, ADMIN):
        text = _("Dafür hat das Konto {account} keine Rolle.", account=present_visitor().code)
        raise Forbidden("forbidden", text)
    for code in opening.targets:
        CORE.figure(code)
    return stored(carry_out(lambda streams: commands.open_programme(streams, opening)))


@section.post(
    "/programmes/<key:programme>/coaches", LEAD, ADMIN, body=fact_schema(CoachJoined), answers=Stored, status=201,
    more={200: Stored}, scope="admin", command=True,
)  # fmt: skip
def join_programme(query: dict[str, Any], body: dict[str, Any], programme: str) -> Response:
    """Let a coach work in a programme; one who does already joins no second time."""
    del query
    reached(programme, LEAD, ADMIN)
    return stored(carry_out(lambda streams: commands.join_programme(streams, programme, body["coach"])))


@section.post(
    "/programmes/<key:programme>/closing", LEAD, ADMIN, body=fact_schema(ProgrammeClosed), answers=Stored, status=201,
    more={200: Stored}, scope="admin", command=True,
)  # fmt: skip
def close_programme(query: dict[str, Any], body: dict[str, Any], programme: str) -> Response:
    """End a programme before its time."""
    del query
    reached(programme, LEAD, ADMIN)
    return stored(carry_out(lambda streams: commands.close_programme(streams, programme, body["last_day"])))


@section.get("/catalogues", answers=list[CatalogueAnswer])
def list_catalogues(query: dict[str, Any]) -> Response:
    """The catalogues of figures: which there are, and what each figure is called."""
    del query
    return answer(
        [
            CatalogueAnswer(
                one.name,
                one.version,
                one.traits,
                [
                    FigureDefinition(
                        *(figure.code, figure.title, figure.definition, figure.source),
                        *(figure.regime.value, figure.unit.value),
                    )
                    for figure in one.figures
                ],
            )
            for one in CATALOGUES.values()
        ]
    )


def _programme(key: str) -> Programme:
    position = datenstand()
    found = particulars(stores().read_model, key, position)
    rows = stores().read_model.query(
        "SELECT c.coach FROM coaches c WHERE c.programme = :programme AND c.known_from <= :datenstand "
        "AND (c.known_until IS NULL OR c.known_until > :datenstand) ORDER BY c.coach",
        {"programme": key, "datenstand": position},
    )
    return Programme(**msgspec.structs.asdict(found), coaches=tuple(coach for (coach,) in rows))
