"""One journey: its timeline with both dates, and a form for every command."""

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
from flask import Blueprint, redirect, render_template, request

from domain.errors import NotFound, Refused
from domain.facts import STEP_BY_NAME, Enrolled, Recorded, step_name
from domain.glossary import STEPS
from domain.journey import Journey, evolve
from domain.labels import VALUES, label_of, told
from domain.target_group import in_words
from domain.texts import Text, _
from projections.history import History, HistoryEntry, read_history
from projections.programmes import particulars
from projections.roster import Filter, page
from web.access import PERSONS, STAFF, allowed, present_visitor, visible_journeys
from web.commands import Asked, correct, dispute, present_state, record, request_id, step_at, withdraw
from web.downloads import as_file, wanted_format
from web.forms import Form
from web.house import stores
from web.moved import moved_by_change
from web.pages.participants import DUES, STAGES
from web.persons import Envelope, envelopes_of, opened, readable
from web.programmes import day_shown
from web.references import journey_of, pseudonym_of, reference_of
from web.step_forms import correction_form, new_since, possible_steps, step_form, withdrawal_form
from web.words import datenstand, day, flash, link, say, travelled_to

blueprint = Blueprint("journeys", __name__, url_prefix="/teilnehmende")


class Shown(NamedTuple):
    """A journey as its page shows it: the history, the opened texts by entry, who it is, where it stands."""

    history: History
    texts: dict[int, list[tuple[str, str]]]
    name: str
    state: Journey


@blueprint.get("/<reference>")
@allowed(*PERSONS)
def journey(reference: str) -> Any:
    """The timeline of a journey as known at the Datenstand."""
    stream = journey_of(reference)
    shown = _shown(stream)
    if form := wanted_format():
        return _as_file(form, shown.history)
    return render_template(
        "journey.html",
        **_context(stream, shown),
        entries=_in_order(shown.history),
        facts=_facts,
        titles=STEPS,
        labels=VALUES,
        texts=shown.texts,
        in_words=in_words,
        steps=possible_steps(shown.state) if travelled_to() is None and present_visitor().has(*STAFF) else [],
        may_change=travelled_to() is None and present_visitor().has(*STAFF),
    )


@blueprint.route("/<reference>/neu/<step>", methods=["GET", "POST"])
@allowed(*STAFF)
def new_step(reference: str, step: str) -> Any:
    """Enter one more step."""
    stream = journey_of(reference)
    kind = STEP_BY_NAME.get(step)
    if kind is None or kind is Enrolled:
        raise NotFound("unknown_step", _("Den Schritt {found} gibt es nicht.", found=step[:40]), field="step")
    state = present_state(stream)
    form = step_form(kind, stream, state)
    if form.posted and (given := form.valid()):
        try:
            record(stream, kind, given, _asked(form))
            flash("success", _("Gespeichert: {step}.", step=STEPS[step]))
            return redirect(link("journeys.journey", reference=reference))
        except Refused as refused:
            _refuse(form, refused, stream)
    shown = _shown(stream)
    return render_template("step.html", **_context(stream, shown), form=form, title=STEPS[step], reason=None), (
        422 if form.failed else 200
    )


@blueprint.route("/<reference>/eintrag/<int:entry>/berichtigen", methods=["GET", "POST"])
@allowed(*STAFF)
def correction(reference: str, entry: int) -> Any:
    """Correct an entry: what is to stand there instead, why, and which published figures that moves."""
    stream = journey_of(reference)
    state, standing = present_state(stream), step_at(stream, entry)
    form = correction_form(stream, state, standing)
    moved = None
    if form.posted and (given := form.valid()):
        reason = given.pop("why")
        try:
            if request.form.get("preview"):
                outcome = correct(stream, entry, given, reason, _asked(form), dry_run=True)
                moved = moved_by_change(stream, outcome.recorded)
            else:
                outcome = correct(stream, entry, given, reason, _asked(form))
                if outcome.recorded:
                    flash("success", _("Berichtigt: Eintrag {entry}.", entry=entry))
                else:
                    flash("info", _("Nichts geändert: die Angaben sind dieselben."))
                return redirect(link("journeys.journey", reference=reference) + f"#entry-{entry}")
        except Refused as refused:
            _refuse(form, refused, stream)
    return render_template(
        "correction.html",
        **_context(stream, _shown(stream)),
        form=form,
        entry=entry,
        moved=moved,
        title=STEPS[step_name(type(standing))],
        withdrawing=False,
    ), (422 if form.failed else 200)


@blueprint.route("/<reference>/eintrag/<int:entry>/stornieren", methods=["GET", "POST"])
@allowed(*STAFF)
def withdrawal(reference: str, entry: int) -> Any:
    """Take an entry back, with a reason, after seeing which published figures that moves."""
    stream = journey_of(reference)
    state, standing = present_state(stream), step_at(stream, entry)
    form = withdrawal_form(state)
    moved = None
    if form.posted and (given := form.valid()):
        try:
            if request.form.get("preview"):
                outcome = withdraw(stream, entry, given["why"], _asked(form), dry_run=True)
                moved = moved_by_change(stream, outcome.recorded)
            else:
                withdraw(stream, entry, given["why"], _asked(form))
                flash("success", _("Storniert: Eintrag {entry}.", entry=entry))
                return redirect(link("journeys.journey", reference=reference) + f"#entry-{entry}")
        except Refused as refused:
            _refuse(form, refused, stream)
    return render_template(
        "correction.html",
        **_context(stream, _shown(stream)),
        form=form,
        entry=entry,
        moved=moved,
        title=STEPS[step_name(type(standing))],
        withdrawing=True,
    ), (422 if form.failed else 200)


@blueprint.post("/<reference>/eintrag/<int:entry>/strittig")
@allowed(*STAFF)
def contested(reference: str, entry: int) -> Any:
    """Mark an entry as contested, or take the mark away."""
    stream = journey_of(reference)
    settled = request.form.get("settled") == "yes"
    dispute(stream, entry, Asked(request_id(request.form.get("request_id", ""))), settled=settled)
    flash(
        "success", _("Nicht mehr strittig.") if settled else _("Als strittig gekennzeichnet; der Eintrag zählt weiter.")
    )
    return redirect(link("journeys.journey", reference=reference) + f"#entry-{entry}")


# --- what a page shows --------------------------------------------------------------------------------


def _shown(stream: UUID) -> Shown:
    """The journey at the Datenstand; what is sealed and the visitor may read is opened, and that is logged."""
    position = datenstand()
    recorded = stores().journal.read(stream, upto=position)
    participant = next((one.fact.participant for one in recorded if isinstance(one.fact, Enrolled)), None)
    if participant is None:
        raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=stream), field="journey")
    texts = opened(readable(recorded, participant), "journey")

    def open_sealed(person: UUID, field: str, sealed: bytes) -> str:
        return texts.get(Envelope(person, field, sealed), say(_("(versiegelt)")))

    history = read_history(stores().journal, stream, position, open_sealed)
    names = [text for envelope, text in texts.items() if envelope.field == "enrolled.name"]
    return Shown(
        history,
        _texts_of(recorded, participant, texts),
        names[-1] if names else pseudonym_of(participant),
        _state_of(recorded),
    )


def _state_of(recorded: Sequence[Recorded]) -> Journey:
    return reduce(evolve, (one.fact for one in recorded), Journey())


def _texts_of(
    recorded: Sequence[Recorded], participant: UUID, texts: dict[Envelope, str]
) -> dict[int, list[tuple[str, str]]]:
    """The opened fields of every entry, as label and text; reasons stand elsewhere."""
    found: dict[int, list[tuple[str, str]]] = {}
    for one in recorded:
        for envelope in envelopes_of(one.fact, participant):
            name = envelope.field.rpartition(".")[2]
            if envelope in texts and name not in ("reason", "override_reason"):
                text = _as_day(texts[envelope]) if name == "birth_date" else texts[envelope]
                found.setdefault(one.originator_version, []).append((say(label_of(name)), text))
    return found


def _as_day(text: str) -> str:
    """A day as the language writes it; what stands in its place as it is."""
    try:
        return day(text)
    except ValueError:
        return text


def _context(stream: UUID, shown: Shown) -> dict[str, Any]:
    """What the context bar of a journey's pages says."""
    model, position, shown_on = stores().read_model, datenstand(), day_shown()
    participant = shown.history.participant
    asked = Filter(programme=shown.history.programme, participants=(str(participant),))
    rows = [row for row in page(model, visible_journeys(), asked, shown_on, position).rows if row.stream == str(stream)]
    return {
        "reference": reference_of(stream),
        "history": shown.history,
        "name": shown.name,
        "pseudonym": pseudonym_of(participant),
        "listed": rows[0] if rows else None,
        "programme": particulars(model, shown.history.programme, position),
        "stage_label": STAGES[rows[0].stage] if rows else _("noch nicht aufgenommen"),
        "due_label": DUES[rows[0].next_due.kind] if rows and rows[0].next_due else Text(""),
        "new_request_id": lambda: str(uuid4()),
        "restricted": participant in stores().vault.restricted,
        "shown_on": shown_on,
    }


def _in_order(history: History) -> list[HistoryEntry]:
    """The entries by the day they hold for, the latest first; what concerns an entry stands with it by its links."""
    return sorted(history.entries, key=lambda one: (one.happened_on or one.recorded_at.date(), one.entry), reverse=True)


def _facts(entry: HistoryEntry) -> list[tuple[str, ...]]:
    """The clear fields of an entry as label and value, or label, old and new."""
    if entry.corrects is not None:
        return [
            (say(label_of(name)), say(told(name, change["old"])), say(told(name, change["new"])))
            for name, change in entry.fields.items()
        ]
    return [(say(label_of(name)), say(told(name, value))) for name, value in entry.fields.items()]


def _as_file(form: str, history: History) -> Any:
    header = (
        "entry",
        "position",
        "step",
        "happened_on",
        "recorded_at",
        "recorded_by",
        "fields",
        "corrects",
        "withdraws",
    )
    rows = [
        (
            *(one.entry, one.position, one.step, one.happened_on, one.recorded_at, one.recorded_by),
            msgspec.json.encode(one.fields).decode() if form == "csv" else one.fields,
            *(one.corrects, one.withdraws),
        )
        for one in history.entries
    ]
    return as_file(["weg", reference_of(history.journey), f"datenstand-{history.datenstand}"], form, header, rows)


# --- carrying out -------------------------------------------------------------------------------------


def _asked(form: Form) -> Asked:
    return Asked(request_id(form.request_id), int(form.expected) if form.expected.isdecimal() else None)


def _refuse(form: Form, refused: Refused, stream: UUID) -> None:
    """Show a refusal; a stale form tells what is new and goes on from what the journey is now; what was typed stays."""
    form.refuse(refused, {"happened_on": "on"})
    if refused.code == "stale":
        form.errors.extend(new_since(stream, int(form.expected)))
        form.expected = str(present_state(stream).version)
