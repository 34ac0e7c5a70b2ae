"""Journeys: the list, one journey, searching, enrolling, what counts of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from flask import Response, request
from msgspec import Struct

from domain.errors import NotFound
from domain.facts import Enrolled, Recorded
from domain.terms import AgeGroup, ExitReason, Gender
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER
from projections.history import HistoryEntry, read_history
from projections.programmes import particulars
from projections.regimes import Verdict, regimes_of
from projections.roster import Filter, Listed, Sort, page, stage_counts
from projections.states import State
from web.access import COACH, LEAD, PERSONS, STAFF, Forbidden, present_visitor, visible_journeys
from web.api.answers import answer
from web.api.asking import AT, asked, choice, day, query, text, whole, yes_no
from web.api.programmes import known, reached
from web.api.routes import Section
from web.api.storing import Stored, stored
from web.commands import enrol, whose
from web.house import stores, today
from web.persons import Envelope, envelopes_of, names_of, opened, readable
from web.references import journey_of, person_of, reference_of
from web.schemas import Wanted, combined, schema_with, step_schema
from web.words import datenstand, say

section = Section("journeys", "Journeys of participants")

_SHOWN = query(
    "JourneysShown",
    AT,
    programme=text("Of this programme only."),
    coach=text("In this coach's caseload; - for those never assigned."),
    stage=choice("Where the journey stands on the day.", State),
    gender=choice("At enrolment.", Gender),
    age_group=choice("At enrolment.", AgeGroup),
    municipality=text("At enrolment."),
    single_parent=yes_no("At enrolment."),
    exit_reason=choice("Exited for this reason.", ExitReason),
    enrolled_from=day("Enrolled on this day or later."),
    enrolled_to=day("Enrolled on this day or earlier."),
    active=yes_no("true: enrolled by the day and not exited then."),
    stichtag=day("The day the list is about; by default today."),
    sort=choice("The order; by default the latest enrolment first.", Sort),
    names=yes_no("Open the names; every opening is in the log of reads. Auditors get none."),
    after=text("The cursor of another page, as `next` or `previous` told it."),
    limit=whole("Journeys of a page.", 1, 500),
)
_LIST_OF = ("programme", "stage", "gender", "age_group", "municipality", "single_parent", "exit_reason")


class ListedJourney(Struct, frozen=True):
    """A journey of the list, and the name of the person if it was asked for."""

    journey: Listed
    name: str | None = None


class Journeys(Struct, frozen=True):
    """A page of journeys, how many there are in each stage, and the cursors of the pages beside it."""

    journeys: list[ListedJourney]
    total: int
    stages: dict[State, int]
    stichtag: date
    datenstand: int
    next: str | None
    previous: str | None


class JourneyEntries(Struct, frozen=True):
    """A journey, entry by entry. `version` is what If-Match takes; `texts` are the opened fields by entry."""

    journey: str
    participant: str
    programme: str
    participation: int
    datenstand: int
    version: int
    entries: list[HistoryEntry]
    texts: dict[int, dict[str, str]]


class Found(Struct, frozen=True):
    """What a search found: journeys the account may see, by the persons' ids."""

    journeys: list[Listed]


@section.get("/journeys", *PERSONS, query=_SHOWN, answers=Journeys)
def list_journeys(query: dict[str, Any]) -> Response:
    """The journeys the account may see, filtered and sorted, a page at a time.

    `Link` names the next page too. Rows name persons by their ids or pseudonyms.
    """
    if "programme" in query:
        known(query["programme"])
    shown_on = query.get("stichtag", today())
    asked_for = _filter(query, shown_on)
    model, scope, position = stores().read_model, visible_journeys(), datenstand()
    sort, limit = query.get("sort", Sort.ENROLLED), query.get("limit", 50)
    found = page(model, scope, asked_for, shown_on, position, after=query.get("after"), limit=limit, sort=sort)
    everywhere = msgspec.structs.replace(asked_for, stage=None)
    counts = stage_counts(model, scope, everywhere, shown_on, position)
    names = names_of({UUID(row.stream): UUID(row.participant) for row in found.rows}) if query.get("names") else {}
    response = answer(
        Journeys(
            [ListedJourney(_shown(row), names.get(UUID(row.participant))) for row in found.rows],
            counts[asked_for.stage] if asked_for.stage else sum(counts.values()),
            counts,
            shown_on,
            position,
            found.next_cursor,
            found.previous_cursor,
        )
    )
    if found.next_cursor:
        following = urlencode({**request.args.to_dict(), "after": found.next_cursor})
        response.headers["Link"] = f'<{request.path}?{following}>; rel="next"'
    return response


_ENROLMENT = combined(
    "Enrolment",
    step_schema(Enrolled),
    schema_with(
        "Where",
        programme=Wanted("programme", str, required=True, limits=msgspec.Meta(max_length=40)),
        coach=Wanted("coach", str, required=False, limits=msgspec.Meta(max_length=40)),
    ),
)


@section.post(
    "/journeys", *STAFF, body=_ENROLMENT, answers=Stored, status=201, more={200: Stored}, command=True,
    query=query("EnrolmentTried", dry_run=yes_no("Decide and store nothing.")),
)  # fmt: skip
def enrol_participant(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Enrol somebody, known by the customer number or new; a coach may take them on at once.

    `Location` names the journey. A coach who enrols somebody takes them on, so that the journey stays visible.
    """
    programme, coach = reached(body.pop("programme"), *STAFF), body.pop("coach", None)
    if not present_visitor().reaches(programme, LEAD):
        coach = _own_code(programme, coach)
    outcome = enrol(programme, body, asked(), coach=coach, dry_run=query.get("dry_run", False))
    if query.get("dry_run"):
        return answer(Stored([], 0))
    journey = next(one.originator_id for one in outcome.recorded if isinstance(one.fact, Enrolled))
    response = stored(outcome, journey)
    response.headers["Location"] = f"{request.path}/{journey}"
    return response


@section.post(
    "/journeys/search", *STAFF, scope="read", answers=Found,
    body=schema_with("Search", text=Wanted("text", str, required=True, limits=msgspec.Meta(max_length=120))),
)  # fmt: skip
def search_journeys(query: dict[str, Any], body: dict[str, Any]) -> Response:
    """Find persons by the beginnings of their name or by their whole customer number; neither is ever in an address."""
    del query
    vault, typed = stores().vault, body["text"]
    found = {str(one) for one in vault.find_by_name(typed)}
    if (person := vault.find(CUSTOMER_NUMBER, typed)) is not None:
        found.add(str(person))
    asked_for = Filter(participants=tuple(sorted(found)[:500]))
    rows = page(stores().read_model, visible_journeys(), asked_for, today(), datenstand(), limit=500).rows
    return answer(Found([_shown(row) for row in rows]))


@section.get(
    "/journeys/<uuid:journey>", *PERSONS, answers=JourneyEntries, more={304: None},
    query=query("Opened", AT, texts=yes_no("Open what is sealed and may be read; each opening is logged.")),
)  # fmt: skip
def one_journey(query: dict[str, Any], journey: UUID) -> Response:
    """One journey, every entry with both dates; its ETag is the version commands are given on."""
    stream, position = journey_of(str(journey)), datenstand()
    recorded = stores().journal.read(stream, upto=position)
    participant = participant_in(stream, recorded)
    texts = opened(readable(recorded, participant), "journey") if query.get("texts") else {}

    def open_sealed(person: UUID, field: str, sealed: bytes) -> str:
        return texts.get(Envelope(person, field, sealed), say(_("(versiegelt)")))

    found = read_history(stores().journal, stream, position, open_sealed)
    version = recorded[-1].originator_version
    told = JourneyEntries(
        *(reference_of(stream), person_of(participant), found.programme, found.participation, position, version),
        *(found.entries, _texts_of(recorded, participant, texts)),
    )
    return answer(told, version=version if not query.get("texts") else f"{version}-texts")


@section.get(
    "/journeys/<uuid:journey>/regimes", *PERSONS, answers=list[Verdict],
    query=query("RegimesAt", AT, stichtag=day("By default today, at most the programme's last day.")),
)  # fmt: skip
def regimes_of_journey(query: dict[str, Any], journey: UUID) -> Response:
    """What of the person counts in which regime of counting, and why or why not."""
    stream, position, model = journey_of(str(journey)), datenstand(), stores().read_model
    participant, programme = whose(stream)
    stichtag = query.get("stichtag") or min(today(), particulars(model, programme, position).last_day)
    found = regimes_of(model, programme, participant, stichtag, datenstand=position)
    return answer([_told_under_reference(one) for one in found])


def _own_code(programme: str, coach: str | None) -> str:
    """The code a coach takes somebody on under. Refused: another's; none given where there are several."""
    codes = [
        grant.coach
        for grant in present_visitor().grants
        if grant.role is COACH and grant.coach and grant.programme in (None, programme)
    ]
    if coach is None and len(codes) == 1:
        return codes[0]
    if coach not in codes:
        text = _("Ein Coach nimmt nur selbst auf, unter {codes}.", codes=tuple(codes))
        raise Forbidden("other_coach", text, field="coach")
    return coach


# --- what is shown ------------------------------------------------------------------------------------


def participant_in(stream: UUID, recorded: Sequence[Recorded]) -> UUID:
    """Whose journey it is. Refused (`NotFound`): one without entries then."""
    for one in recorded:
        if isinstance(one.fact, Enrolled):
            return one.fact.participant
    raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=reference_of(stream)))


def _shown(row: Listed) -> Listed:
    stream, participant = reference_of(row.stream), person_of(row.participant)
    return msgspec.structs.replace(row, stream=stream, participant=participant)


def _told_under_reference(one: Verdict) -> Verdict:
    """A verdict with the journey as the visitor knows it, and with the person wherever it is the unit counted."""
    stream, reference = one.thing.journey, reference_of(one.thing.journey)
    thing = msgspec.structs.replace(one.thing, journey=reference)
    participant = str(whose(UUID(stream)).participant)
    counted = tuple(
        msgspec.structs.replace(
            found, unit=found.unit.replace(participant, person_of(participant)).replace(stream, reference)
        )
        for found in one.counted
    )
    return msgspec.structs.replace(one, thing=thing, counted=counted)


def _texts_of(recorded: Sequence[Recorded], participant: UUID, texts: dict[Envelope, str]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for one in recorded:
        for envelope in envelopes_of(one.fact, participant):
            if envelope in texts:
                found.setdefault(one.originator_version, {})[envelope.field.rpartition(".")[2]] = texts[envelope]
    return found


def _filter(query: dict[str, Any], shown_on: date) -> Filter:
    found = {name: query[name] for name in (*_LIST_OF, "enrolled_from", "enrolled_to") if name in query}
    found = {name: getattr(value, "value", value) if name != "stage" else value for name, value in found.items()}
    if "coach" in query:
        found["coach"] = "" if query["coach"] == "-" else query["coach"]
    if query.get("active"):
        found["active_on"] = shown_on
    return Filter(**found)
