"""The stream of one journey: the steps of one participation, in the order they were entered.

Steps may be entered late, so the rules compare days and never the order of entry. A correction or a
withdrawal is checked by taking the whole journey again with the change in it.
"""

from datetime import date
from decimal import Decimal
from functools import reduce

import msgspec
from msgspec import Struct

from domain.errors import NotFound, Refused
from domain.facts import (
    CircumstancesChanged,
    CoachAssigned,
    Corrected,
    Disputed,
    DisputeSettled,
    Enrolled,
    Exited,
    Fact,
    FundingEnded,
    FundingGranted,
    OtherParticipation,
    PlacementEnded,
    PlacementStarted,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    Step,
    WhereaboutsRecorded,
    Withdrawn,
)
from domain.glossary import label
from domain.texts import Text, _

Started = QualificationStarted | PlacementStarted | FundingGranted
Ended = QualificationCompleted | QualificationAbandoned | PlacementEnded | FundingEnded

START_OF: dict[type[Step], type[Step]] = {
    QualificationCompleted: QualificationStarted,
    QualificationAbandoned: QualificationStarted,
    PlacementEnded: PlacementStarted,
    FundingEnded: FundingGranted,
}
AFTER_EXIT = (PlacementEnded, FundingGranted, FundingEnded, WhereaboutsRecorded)
"""The steps that may happen after the exit."""


class Spell(Struct, frozen=True):
    """What a `ref` names: its start and, once known, its end."""

    start: Started
    end: Ended | None = None


class Journey(Struct, frozen=True):
    """The journey as it reads now, corrections and withdrawals applied.

    `entries` holds the steps that count by their version; `withdrawn` those that no longer do; `disputed` the
    versions of those the person contests, whether they count or not.
    """

    version: int = 0
    entries: dict[int, Step] = {}
    withdrawn: frozenset[int] = frozenset()
    disputed: frozenset[int] = frozenset()
    enrolled: Enrolled | None = None
    exited: Exited | None = None
    spells: dict[str, Spell] = {}
    assigned: CoachAssigned | None = None

    @property
    def coach(self) -> str | None:
        """Who has the participant in care now: the latest assignment by day, until the exit."""
        return self.assigned.coach if self.assigned and not self.exited else None


def evolve(journey: Journey, fact: Fact) -> Journey:
    """The state after one more fact."""
    match fact:
        case Corrected(entry=entry, replacement=replacement):
            return _refolded(journey, {**journey.entries, entry: replacement}, journey.withdrawn)
        case Withdrawn(entry=entry):
            entries = {version: step for version, step in journey.entries.items() if version != entry}
            return _refolded(journey, entries, journey.withdrawn | {entry})
        case Step():
            return _taken(journey, journey.version + 1, fact)
        case OtherParticipation():
            return msgspec.structs.replace(journey, version=journey.version + 1)
        case Disputed(entry=entry):
            return _contested(journey, journey.disputed | {entry})
        case DisputeSettled(entry=entry):
            return _contested(journey, journey.disputed - {entry})
        case _:
            raise TypeError(type(fact).__name__)


def _taken(journey: Journey, version: int, step: Step) -> Journey:
    """The journey with one more step that counts."""
    changes: dict[str, object] = {"version": version, "entries": {**journey.entries, version: step}}
    match step:
        case Enrolled():
            changes["enrolled"] = step
        case Exited():
            changes["exited"] = step
        case CoachAssigned():
            before = journey.assigned
            if before is None or before.happened_on <= step.happened_on:
                changes["assigned"] = step
        case QualificationStarted() | PlacementStarted() | FundingGranted():
            changes["spells"] = {**journey.spells, step.ref: Spell(step)}
        case QualificationCompleted() | QualificationAbandoned() | PlacementEnded() | FundingEnded():
            start = journey.spells[step.ref].start
            changes["spells"] = {**journey.spells, step.ref: Spell(start, step)}
    return msgspec.structs.replace(journey, **changes)


def _refolded(journey: Journey, entries: dict[int, Step], withdrawn: frozenset[int]) -> Journey:
    folded = reduce(lambda state, item: _taken(state, *item), sorted(entries.items()), Journey())
    kept = msgspec.structs.replace(folded, version=journey.version, withdrawn=withdrawn)
    return _contested(kept, journey.disputed)


def _contested(journey: Journey, disputed: frozenset[int]) -> Journey:
    return msgspec.structs.replace(journey, version=journey.version + 1, disputed=disputed)


# --- decisions ------------------------------------------------------------------------------------


def enrol(journey: Journey, enrolment: Enrolled, *, today: date) -> list[Fact]:
    """Begin the journey. The programme has admitted the enrolment before (`programme.admit`)."""
    _not_in_future(enrolment, today)
    check(journey, enrolment)
    return [enrolment]


def record(journey: Journey, step: Step, *, today: date) -> list[Fact]:
    """Take one more step; one that changes nothing (the coach who is assigned already) is none.

    Refused: a day in the future, and everything `check` refuses.
    """
    _not_in_future(step, today)
    check(journey, step)
    return [] if _changes_nothing(journey, step) else [step]


def correct(journey: Journey, entry: int, replacement: Step, *, reason: bytes, today: date) -> list[Fact]:
    """Berichtigung of an entry by one of the same kind; the same content again is none.

    Refused: an entry that does not exist or is withdrawn, another kind of step, a day in the future,
    and a change after which a later entry would be impossible.
    """
    existing = standing(journey, entry)
    if type(existing) is not type(replacement):
        text = _(
            "Eintrag {entry} ist {found}, nicht {step}: bitte stornieren und neu erfassen.",
            entry=entry,
            found=label(existing),
            step=label(replacement),
        )
        raise Refused("other_step", text)
    if existing == replacement:
        return []
    _not_in_future(replacement, today)
    _check_whole({**journey.entries, entry: replacement}, entry)
    return [Corrected(entry=entry, replacement=replacement, reason=reason)]  # type: ignore[arg-type]


def withdraw(journey: Journey, entry: int, *, reason: bytes) -> list[Fact]:
    """Storno of an entry.

    Refused: an entry that does not exist or is withdrawn already; one that a later entry builds on.
    """
    standing(journey, entry)
    _check_whole({version: step for version, step in journey.entries.items() if version != entry}, entry)
    return [Withdrawn(entry=entry, reason=reason)]


def dispute(journey: Journey, entry: int) -> list[Fact]:
    """Mark an entry as contested by the person (strittig, Art. 18 DSGVO); it still counts. Twice is once.

    Refused: an entry that does not exist or is withdrawn.
    """
    standing(journey, entry)
    return [] if entry in journey.disputed else [Disputed(entry=entry)]


def settle_dispute(journey: Journey, entry: int) -> list[Fact]:
    """Take the mark away: the entry was found right, corrected or withdrawn, none of which settles it by itself.

    An entry that is not contested stays as it is. Refused: an entry that does not exist.
    """
    if entry in journey.disputed:
        return [DisputeSettled(entry=entry)]
    if entry not in journey.withdrawn:
        standing(journey, entry)
    return []


def standing(journey: Journey, entry: int) -> Step:
    """The step an entry stands for now. Refused: no such entry, or one withdrawn."""
    if entry in journey.withdrawn:
        raise Refused("already_withdrawn", _("Eintrag {entry} ist schon storniert.", entry=entry), field="entry")
    if entry not in journey.entries:
        text = _("Einen Eintrag {entry} gibt es auf diesem Weg nicht.", entry=entry)
        raise NotFound("unknown_entry", text, field="entry")
    return journey.entries[entry]


# --- rules ----------------------------------------------------------------------------------------


def check(journey: Journey, step: Step) -> None:
    """Whether a step is possible on a journey. Refused: everything of DOMAIN.md section 4 that the journey alone
    can tell."""
    if isinstance(step, Enrolled):
        if journey.enrolled:
            raise Refused("already_enrolled", _("Die Aufnahme ist schon erfasst."))
        return
    if journey.enrolled is None:
        raise Refused("not_enrolled", _("{step} ohne Aufnahme ins Programm.", step=label(step)))
    if step.happened_on < journey.enrolled.happened_on:
        text = _(
            "{step} am {on} liegt vor der Aufnahme am {enrolled}.",
            step=label(step),
            on=step.happened_on,
            enrolled=journey.enrolled.happened_on,
        )
        raise Refused("before_enrolment", text, field="on")
    exited = journey.exited
    if exited and step.happened_on > exited.happened_on and not isinstance(step, (*AFTER_EXIT, Exited)):
        raise Refused("after_exit", _after_exit(step, exited), field="on")
    _check_kind(journey, step)


def _check_kind(journey: Journey, step: Step) -> None:
    match step:
        case Exited():
            _check_exit(journey, step)
        case QualificationStarted() | PlacementStarted() | FundingGranted():
            if step.ref in journey.spells:
                text = _("Die Kennung {ref} ist auf diesem Weg schon vergeben.", ref=step.ref)
                raise Refused("ref_taken", text, field="ref")
            _check_amounts(journey, step)
        case QualificationCompleted() | QualificationAbandoned() | PlacementEnded() | FundingEnded():
            _check_end(journey, step)
        case CircumstancesChanged(single_parent=None, municipality=None):
            text = _("Es ist weder alleinerziehend noch der Wohnort angegeben.")
            raise Refused("nothing_changed", text, field="single_parent")


def _check_exit(journey: Journey, step: Exited) -> None:
    if journey.exited:
        text = _("Der Austritt ist schon erfasst, am {on}.", on=journey.exited.happened_on)
        raise Refused("exited_twice", text)
    for later in journey.entries.values():
        if later.happened_on > step.happened_on and not isinstance(later, AFTER_EXIT):
            raise Refused("after_exit", _after_exit(later, step), field="on")


def _check_end(journey: Journey, step: Ended) -> None:
    spell = journey.spells.get(step.ref)
    if spell is None or type(spell.start) is not START_OF[type(step)]:
        text = _(
            "{step}: die Kennung {ref} nennt keinen Beginn dieser Art auf diesem Weg.",
            step=label(step),
            ref=step.ref,
        )
        raise Refused("unknown_ref", text, field="ref")
    if spell.end is not None:
        text = _("{ref} ist schon beendet, am {on}.", ref=step.ref, on=spell.end.happened_on)
        raise Refused("closed_ref", text, field="ref")
    if step.happened_on < spell.start.happened_on:
        text = _(
            "Ende von {ref} am {on} liegt vor dem Beginn am {start}.",
            ref=step.ref,
            on=step.happened_on,
            start=spell.start.happened_on,
        )
        raise Refused("end_before_start", text, field="on")


def _check_amounts(journey: Journey, step: Started) -> None:
    match step:
        case PlacementStarted(monthly_pay=amount) if amount is not None:
            _check_euro("monthly_pay", amount)
        case FundingGranted():
            _check_euro("amount", step.amount)
            if step.until is not None and step.until < step.happened_on:
                text = _(
                    "Ende von {ref} am {on} liegt vor dem Beginn am {start}.",
                    ref=step.ref,
                    on=step.until,
                    start=step.happened_on,
                )
                raise Refused("end_before_start", text, field="until")
            placement = journey.spells.get(step.placement or "")
            if step.placement is not None and not (placement and isinstance(placement.start, PlacementStarted)):
                text = _("Eine Vermittlung {ref} gibt es auf diesem Weg nicht.", ref=step.placement)
                raise Refused("unknown_ref", text, field="placement")


def _check_euro(field: str, amount: Decimal) -> None:
    if amount.is_nan() or amount < 0:
        text = _("{field} ist negativ oder keine Zahl: {found}.", field=field, found=str(amount))
        raise Refused("negative_amount", text, field=field)
    if amount >= 10**12 or amount != round(amount, 2):  # beyond, not even `round` works
        text = _("{field} ist kein Betrag in Euro und Cent: {found}.", field=field, found=str(amount))
        raise Refused("bad_value", text, field=field)


def _not_in_future(step: Step, today: date) -> None:
    if step.happened_on > today:
        text = _("{on} liegt in der Zukunft (heute ist der {today}).", on=step.happened_on, today=today)
        raise Refused("in_future", text, field="on")


def _after_exit(step: Step, exited: Exited) -> Text:
    return _(
        "{step} am {on} liegt nach dem Austritt am {exited}.",
        step=label(step),
        on=step.happened_on,
        exited=exited.happened_on,
    )


def _changes_nothing(journey: Journey, step: Step) -> bool:
    before = journey.assigned
    if not isinstance(step, CoachAssigned) or before is None:
        return False
    return step.coach == before.coach and step.happened_on >= before.happened_on


def _check_whole(entries: dict[int, Step], changed: int) -> None:
    """Take a changed journey again, entry by entry. Refused: naming the first entry that no longer fits."""
    journey = Journey()
    for version, step in sorted(entries.items()):
        try:
            check(journey, step)
        except Refused as refused:
            if version == changed:
                raise
            text = _(
                "Eintrag {entry} ({step} vom {on}) steht im Weg: {why}",
                entry=version,
                step=label(step),
                on=step.happened_on,
                why=refused.text,
            )
            raise Refused("entry_in_the_way", text) from refused
        journey = _taken(journey, version, step)
