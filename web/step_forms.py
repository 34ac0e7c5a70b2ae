"""The forms of a journey's steps: what can be chosen in them, and what they show at first."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain.facts import (
    STEP_BY_NAME,
    CoachAssigned,
    Enrolled,
    FundingGranted,
    PlacementStarted,
    QualificationStarted,
    Step,
    is_sealed,
    step_name,
)
from domain.glossary import STEPS
from domain.journey import AFTER_EXIT, START_OF, Journey
from domain.labels import value_label
from domain.texts import Text, _
from projections.programmes import coaches_of
from web.access import LEAD, present_visitor
from web.commands import whose
from web.forms import Form
from web.house import stores
from web.persons import Envelope, opened
from web.schemas import Wanted, combined, schema_with, step_schema
from web.words import day, say

_WHY = schema_with("Why", why=Wanted("why", str, required=True, sealed=True))
_OFTEN = (
    *("coaching_session_held", "appointment_missed", "qualification_started", "placement_started", "funding_granted"),
    *("circumstances_changed", "coach_assigned", "exited", "whereabouts_recorded"),
)
_REFS: dict[type[Step], str] = {QualificationStarted: "q", PlacementStarted: "job", FundingGranted: "f"}


def possible_steps(state: Journey) -> list[tuple[str, Text]]:
    """The steps that can be entered now, those that end something where there is something to end."""
    if state.enrolled is None:
        return []
    running = {type(spell.start) for spell in state.spells.values() if spell.end is None}
    kinds = [STEP_BY_NAME[name] for name in _OFTEN]
    kinds += [kind for kind, start in START_OF.items() if start in running]
    if state.exited:
        kinds = [kind for kind in kinds if issubclass(kind, AFTER_EXIT)]
    else:
        kinds = [kind for kind in kinds if step_name(kind) != "whereabouts_recorded"]
    return [(step_name(kind), STEPS[step_name(kind)]) for kind in kinds]


def step_form(kind: type[Step], journey: UUID, state: Journey) -> Form:
    """The form of one more step."""
    initial = {"ref": _next_ref(_REFS[kind], state)} if kind in _REFS else {}
    return Form(
        step_schema(kind),
        choices=_choices(kind, journey, state),
        initial=initial,
        left_out=_left_out(kind, journey),
        expected=state.version,
    )


def correction_form(journey: UUID, state: Journey, standing: Step) -> Form:
    """The form of an entry as it stands, and why it is corrected."""
    kind = type(standing)
    return Form(
        combined(f"Corrected{kind.__name__}", step_schema(kind), _WHY),
        labels={"why": _("Warum wird berichtigt?")},
        choices=_choices(kind, journey, state, standing),
        initial=_as_it_stands(journey, standing),
        left_out=_left_out(kind, journey),
        expected=state.version,
    )


def withdrawal_form(state: Journey) -> Form:
    """Why an entry is taken back."""
    return Form(_WHY, labels={"why": _("Warum wird storniert?")}, expected=state.version)


def new_since(journey: UUID, shown: int) -> list[str]:
    """The entries of a journey after the last one a form was made from."""
    new = [one for one in stores().journal.read(journey) if one.originator_version > shown]
    return [
        say(
            _(
                "Seither: Nr. {number}, {step}, erfasst von {account}.",
                number=one.originator_version,
                step=STEPS[step_name(one.fact)],
                account=one.entry.recorded_by,
            )
        )
        for one in new
    ]


def _left_out(kind: type[Step], journey: UUID) -> Sequence[str]:
    """What only a lead may fill in."""
    may_override = present_visitor().reaches(whose(journey).programme, LEAD)
    return () if may_override or kind not in (Enrolled, CoachAssigned) else ("override_reason",)


def _choices(
    kind: type[Step], journey: UUID, state: Journey, standing: Step | None = None
) -> Mapping[str, Sequence[tuple[str, str]]]:
    found: dict[str, Sequence[tuple[str, str]]] = {}
    if start := START_OF.get(kind):
        kept = getattr(standing, "ref", None)
        found["ref"] = [
            (ref, _told(spell.start))
            for ref, spell in state.spells.items()
            if type(spell.start) is start and (spell.end is None or ref == kept)
        ]
    if kind is FundingGranted:
        found["placement"] = [
            (ref, _told(spell.start)) for ref, spell in state.spells.items() if type(spell.start) is PlacementStarted
        ]
    if kind is CoachAssigned:
        coaches = coaches_of(stores().read_model, whose(journey).programme)
        found["coach"] = [(coach, coach) for coach in coaches]
    return found


def _told(start: Any) -> str:
    return f"{start.ref}: {say(value_label(start.kind))}, {day(start.happened_on)}"


def _next_ref(prefix: str, state: Journey) -> str:
    number = 1
    while f"{prefix}-{number}" in state.spells:
        number += 1
    return f"{prefix}-{number}"


def _as_it_stands(journey: UUID, standing: Step) -> dict[str, Any]:
    """The values of an entry; what is sealed is opened, and that is logged."""
    participant, name = whose(journey).participant, step_name(standing)
    values: dict[str, Any] = {"on": standing.happened_on}
    sealed: dict[str, Envelope] = {}
    for field in msgspec.structs.fields(type(standing)):
        value = getattr(standing, field.name)
        if is_sealed(field):
            if value is not None:
                sealed[field.name] = Envelope(participant, f"{name}.{field.name}", value)
        else:
            values[field.name] = value
    texts = opened(list(sealed.values()), "correction")
    return values | {field: texts[envelope] for field, envelope in sealed.items()}
