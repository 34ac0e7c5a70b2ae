"""The event browser: the ledger in its own order, narrowed by what is asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from flask import render_template, request

from projections.events import Filter, Kinds, Listed, Page, browse, kind_label, kinds
from projections.events.words import KINDS
from projections.exchange.values import converted
from web.access import AUDITOR, allowed, present_visitor, require_programme
from web.downloads import as_file, wanted_format
from web.figures import kept
from web.house import stores
from web.pages.audit.area import blueprint, given_position, journeys_seen, sees, tabs_at
from web.programmes import programmes_reached
from web.references import audit_names, journey_of, reference_of
from web.words import datenstand, here

MOST_IN_A_FILE = 10_000
_STEP = 10_000
_LOOK_FOR_FILE = 200_000
_HEADER = (
    *("position", "kind", "happened_on", "recorded_at", "recorded_by", "programme", "journey", "participant"),
    *("stream", "version", "about", "coach", "account", "edition", "request", "batch"),
)


@blueprint.get("/ereignisse")
@allowed(AUDITOR)
def events() -> Any:
    """A page of the ledger."""
    asked = _asked()
    if form := wanted_format():
        return _as_file(form, asked)
    found = browse(stores().journal, stores().read_model, asked, **_cursor(), datenstand=datenstand())
    entries = [entry for entry in found.entries if sees(entry)]
    reached = present_visitor().programmes(AUDITOR)
    return render_template(
        "audit/events.html",
        tabs=tabs_at("audit.events"),
        found=found,
        entries=_shown(entries),
        originals=entries,
        seen=journeys_seen([entry.journey for entry in entries if entry.journey]),
        counts=_counts(datenstand()).counts if reached is None else dict.fromkeys(KINDS),
        asked=asked,
        kind_label=kind_label,
        reference_of=reference_of,
        programme_options=programmes_reached(AUDITOR),
        earlier=_page_url(before=found.earlier),
        later=_page_url(after=found.later),
        limited=reached is not None,
        most=MOST_IN_A_FILE,
        arguments=request.args,
    )


def _asked() -> Filter:
    """What the address asks for. Refused: a value that cannot be, a programme the visitor does not audit."""
    given = {name: request.args.get(name, "").strip() for name in ("programme", "by", "batch", "journey")}
    if given["programme"]:
        require_programme(given["programme"], AUDITOR)
    wanted = tuple(kind for kind in request.args.getlist("kind") if kind in KINDS)
    return Filter(
        kinds=wanted,
        programme=given["programme"] or None,
        journey=journey_of(given["journey"]) if given["journey"] else None,
        recorded_by=given["by"] or None,
        correlation=converted("batch", given["batch"], UUID) if given["batch"] else None,
    )


def _cursor() -> Mapping[str, int]:
    """Where the page begins or ends: by the address, or at the position or the day somebody jumps to."""
    if (position := given_position("to")) is not None:
        return {"after": max(0, position - 1)}
    for name in ("after", "before"):
        if request.args.get(name):
            return {name: max(0, converted(name, request.args[name], int))}
    return {}


def _page_url(**cursor: int | None) -> str | None:
    if None in cursor.values():
        return None
    return here(**({"after": None, "before": None, "to": None} | cursor))


def _shown(entries: list[Listed]) -> list[Listed]:
    """The entries as the visitor may see them."""
    names = audit_names()
    return [names.listed(entry) for entry in entries] if names else entries


def _counts(position: int) -> Kinds:
    """The entries by kind; what the ledger held at a round position is counted once."""
    journal, base = stores().journal, position // _STEP * _STEP
    known: Kinds | None = kept("kinds", base, count=lambda: kinds(journal, base)) if base else None
    found: Kinds = kept("kinds", position, count=lambda: kinds(journal, position, known))
    return found


def _as_file(form: str, asked: Filter) -> Any:
    """What is asked for from where the page begins on, 10,000 entries at most."""
    journal, model = stores().journal, stores().read_model
    cursor = _cursor()
    if "after" not in cursor:
        page = browse(journal, model, asked, **cursor, datenstand=datenstand())
        cursor = {"after": page.first - 1}
    found: Page = browse(
        journal, model, asked, **cursor, limit=MOST_IN_A_FILE, datenstand=datenstand(), look=_LOOK_FOR_FILE
    )
    entries = _shown([entry for entry in found.entries if sees(entry)])
    name = [
        "ereignisse",
        asked.programme,
        *asked.kinds[:3],
        f"{found.first}-{found.last}",
        f"datenstand-{datenstand()}",
    ]
    return as_file(name, form, _HEADER, map(_cells, entries))


def _cells(entry: Listed) -> list[Any]:
    told = msgspec.structs.asdict(entry) | {"batch": entry.correlation}
    return [told[name] for name in _HEADER]
