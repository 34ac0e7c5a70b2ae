"""One entry: what it says, what belongs to it, what it moved, and the proof that nobody changed it."""

import logging
from typing import Any

import msgspec
from flask import Response, render_template

from domain.labels import told as told_value
from domain.texts import Text, _
from projections.catalogue import CORE
from projections.events import Field, Told, field_label, tell
from projections.events.telling import RelationKind
from projections.glossary import trait_label, trait_value
from projections.ledger.leaves import line_of
from projections.ledger.notes import three_lines
from projections.preview import Move, moved_by
from projections.reports.written import written_difference
from web.access import AUDITOR, COACH, PERSONS, allowed, present_visitor
from web.downloads import as_file, attachment, wanted_format
from web.house import stores
from web.pages.audit.area import FIGURES_MOVE, blueprint, journeys_seen, require_seen
from web.programmes import day_shown
from web.references import audit_names, pseudonym_of, reference_of
from web.words import datenstand, language, say

RELATIONS: dict[RelationKind, Text] = {
    RelationKind.REQUEST: _("mit demselben Befehl gespeichert"),
    RelationKind.BATCH: _("nebenan im selben Import"),
    RelationKind.CORRECTS: _("berichtigt den Eintrag"),
    RelationKind.WITHDRAWS: _("storniert den Eintrag"),
    RelationKind.DISPUTES: _("kennzeichnet als strittig"),
    RelationKind.SETTLES: _("klärt"),
    RelationKind.CORRECTED_BY: _("berichtigt durch"),
    RelationKind.WITHDRAWN_BY: _("storniert durch"),
    RelationKind.DISPUTED_BY: _("als strittig gekennzeichnet durch"),
    RelationKind.SETTLED_BY: _("geklärt durch"),
    RelationKind.BELONGS: _("gehört dazu"),
}
_log = logging.getLogger("werdegang.access")


@blueprint.get("/eintrag/<int:position>")
@allowed(*PERSONS)
def entry(position: int) -> Any:
    """The entry at a position."""
    found = _seen(position)
    shown, visitor = _shown(found), present_visitor()
    if form := wanted_format():
        return _as_file(form, shown)
    sealed = stores().seals.covering(position)
    stichtag = day_shown()
    journey, moved = found.entry.journey, _moved(found)
    return render_template(
        "audit/entry.html",
        found=shown,
        entry=shown.entry,
        fields=[(say(field.label), *_values(field), field.sealed) for field in shown.fields],
        relations=[
            (say(RELATIONS[one.relation]), one.position, say(one.label), _leads(one.kind)) for one in shown.relations
        ],
        reference=reference_of(journey) if journey else None,
        has_page=bool(journey and journeys_seen([journey])),
        person=pseudonym_of(found.entry.participant) if found.entry.participant else None,
        moved=[_line(move) for move in moved if not move.trait],
        moved_groups=[_line(move) for move in moved if move.trait],
        stichtag=stichtag,
        checkpoint="\n".join(three_lines(sealed.note)) if sealed else None,
        browses=visitor.has(AUDITOR),
        replays=visitor.has(*FIGURES_MOVE),
        under_pseudonyms=visitor.under_pseudonyms,
        raw=msgspec.json.format(shown.raw, indent=2),
    )


@blueprint.get("/eintrag/<int:position>/nachweis")
@allowed(*PERSONS)
def proof(position: int) -> Any:
    """The proof that the entry is in the ledger: C2SP tlog-proof, by the last checkpoint."""
    _seen(position)
    return attachment(stores().seals.prove_entry(position).text, ["eintrag", position], "tlog-proof")


@blueprint.get("/eintrag/<int:position>/zeile")
@allowed(*PERSONS)
def line(position: int) -> Any:
    """The line of the entry as it is stored: what the hash of its leaf stands over, with the ids of the ledger.

    An auditor sees pseudonyms on pages; the proof needs the bytes. Who took them stands in the log.
    """
    _seen(position)
    row = stores().journal.ledger.select_from(position)
    assert row is not None
    _log.info("stored line", extra={"account": present_visitor().code, "position": position})
    return attachment(line_of(str(row[1]), *row[2:]), ["eintrag", position, "zeile"], "txt")


# --- what is shown ------------------------------------------------------------------------------------


def _seen(position: int) -> Told:
    """The entry, if the visitor may see it. Refused like what does not exist: one that is not to be seen."""
    found = tell(stores().journal, stores().seals, position, datenstand=datenstand())
    require_seen(found.entry)
    return found


def _shown(found: Told) -> Told:
    names = audit_names()
    return names.told(found) if names else found


def _leads(kind: str) -> bool:
    """Whether an entry that belongs to one can be opened: a coach sees those of journeys only."""
    return present_visitor().has(*FIGURES_MOVE) or (kind.startswith("journey.") and present_visitor().has(COACH))


def _values(field: Field) -> tuple[str | None, str]:
    """What a field said before, where a correction changed it, and what it says."""
    before = _words(field.name, field.before) if field.changed and not field.sealed else None
    return before, _("versiegelt").in_language(language()) if field.sealed else _words(field.name, field.value)


def _words(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(
            f"{say(field_label(key))}: {_words(key, one)}" for key, one in value.items() if one is not None
        )
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return " | ".join(_words(name, one) for one in value)
    return say(told_value(name, value))


def _moved(found: Told) -> list[Move]:
    """What the entry moved at the Stichtag; not counted over all, so of a ratio only that it can move."""
    if found.entry.programme is None or not found.entry.kind.startswith("journey."):
        return []
    return moved_by(stores().journal, found.entry.position, day_shown())


def _line(move: Move) -> tuple[str, str | None, str]:
    """A cell that moves: the figure, the group if it is not the total, by how much."""
    figure = CORE.figure(move.figure)
    group = f"{say(trait_label(move.trait))}: {say(trait_value(move.trait, move.value))}" if move.trait else None
    change = _("ändert sich") if move.change is None else Text(written_difference(figure.unit, move.change, language()))
    return say(figure.title), group, say(change)


def _as_file(form: str, shown: Told) -> Response:
    """All of the entry as JSON, its fields as CSV."""
    name = ["eintrag", shown.entry.position, f"datenstand-{datenstand()}"]
    if form == "json":
        return attachment(msgspec.json.encode(_plain(shown)), name, form)
    rows = [(field.name, field.value, field.before, field.sealed) for field in shown.fields]
    return as_file(name, form, ("field", "value", "before", "sealed"), rows)


def _plain(shown: Told) -> dict[str, Any]:
    fields = [
        {"name": one.name, "value": one.value, "before": one.before, "sealed": one.sealed} for one in shown.fields
    ]
    relations = [{"relation": one.relation, "position": one.position, "kind": one.kind} for one in shown.relations]
    return {
        "entry": shown.entry,
        "fields": fields,
        "relations": relations,
        "leaf": shown.leaf,
        "pseudonymised": shown.pseudonymised,
        "raw": msgspec.Raw(shown.raw.encode()),
    }
