"""How long what is personal is kept, and who could still be recognised after it is gone."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from domain.labels import label_of, told
from domain.texts import Text, _
from projections.exchange.values import converted
from projections.retention import AGES, TOO_FEW, Keeping, Kept, due, period_of, reidentifiable
from web.access import DATA_PROTECTION, allowed
from web.downloads import as_file, wanted_format
from web.house import stores, today
from web.pages.administration.areas import blueprint, page
from web.programmes import programmes_reached
from web.words import datenstand, here, number, say

STATES: dict[Keeping, tuple[str, Text]] = {
    Keeping.DUE: ("danger", _("fällig")),
    Keeping.REQUESTED: ("warning", _("beantragt")),
    Keeping.APPROVED: ("warning", _("freigegeben")),
    Keeping.KEPT: ("default", _("aufbewahrt")),
    Keeping.ERASED: ("success", _("gelöscht")),
}
TITLES: dict[str, Text] = {"age": _("Mit dem genauen Alter"), "age_group": _("Mit der Altersgruppe statt des Alters")}
_PAGE = 100
_COMBINATIONS = ("traits", "persons")


@blueprint.get("/aufbewahrung")
@allowed(DATA_PROTECTION)
def keeping() -> Any:
    """Everybody by the last day of keeping; what is due first."""
    given = request.args.get("stichtag", "").strip()
    day: date = converted("stichtag", given, date) if given else today()
    options = programmes_reached(DATA_PROTECTION)
    key = request.args.get("programme", "").strip() or None
    wanted = request.args.get("state", "").strip()
    state: Keeping | None = converted("state", wanted, Keeping) if wanted else None
    found = due(stores().read_model, stores().journal, key, day)
    shown = [kept for kept in found if state in (None, kept.state)]
    if form := wanted_format():
        return as_file(["aufbewahrung", key, state, day], form, Kept.__struct_fields__, map(_cells, shown))
    start, counts = _start(), Counter(kept.state for kept in found)
    keys = sorted({programme for kept in found for programme in kept.programmes})
    return page(
        "keeping",
        "keeping",
        day_shown=day,
        key=key,
        state=state,
        counts=counts,
        stage_items=[
            (say(label), number(counts[one]), here(state=one.value, ab=None), one is state)
            for one, (_kind, label) in STATES.items()
        ],
        states=STATES,
        options=options,
        periods=[(one, period_of(stores().journal, one)) for one in keys],
        rows=shown[start : start + _PAGE],
        total=len(shown),
        first=start,
        previous=here(ab=max(0, start - _PAGE) or None) if start else None,
        following=here(ab=start + _PAGE) if start + _PAGE < len(shown) else None,
    )


@blueprint.get("/wiedererkennung")
@allowed(DATA_PROTECTION)
def recognition() -> Any:
    """The rare combinations of clear traits among the erased."""
    found = reidentifiable(stores().read_model, stores().journal)
    if form := wanted_format():
        age = request.args.get("by") if request.args.get("by") in AGES else AGES[0]
        rows = [(_plain(one.traits), one.persons) for one in found[str(age)]]
        return as_file(["wiedererkennung", age, f"datenstand-{datenstand()}"], form, _COMBINATIONS, rows)
    return page("recognition", "recognition", found=found, titles=TITLES, few=TOO_FEW, shown=_PAGE, told=_told)


def _start() -> int:
    given = request.args.get("ab", "")
    return int(given) if given.isdecimal() and len(given) < 9 else 0


def _cells(kept: Kept) -> list[Any]:
    return [kept.participant, kept.programmes, kept.ended_on, kept.due_on, kept.state.value]


def _plain(traits: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value}" for name, value in traits.items()]


def _told(traits: Mapping[str, Any]) -> str:
    """Traits in words."""
    return ", ".join(f"{say(label_of(name))}: {say(told(name, value))}" for name, value in traits.items())
