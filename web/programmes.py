"""The programme and the day a page is about."""

from datetime import date

from flask import g, request, session

from domain.errors import NotFound
from domain.terms import Role
from domain.texts import _
from projections.datenstand import day_known
from projections.exchange.values import converted
from projections.programmes import particulars, programmes_known
from web.access import FIGURES, present_visitor, require_programme
from web.house import stores, today
from web.words import datenstand, travelled_to


def programmes_reached(*roles: Role) -> list[tuple[str, str]]:
    """The programmes one of the visitor's roles reaches, as key and title."""
    reached = present_visitor().programmes(*(roles or FIGURES))
    known = programmes_known(stores().read_model, datenstand())
    return [(key, title) for key, title in known if reached is None or key in reached]


def chosen_programme(*, required: bool = True) -> str | None:
    """The programme the address names, else the one chosen before, else the first there is.

    `required`: where it has to be one; else the address may leave it out, and None is all the visitor reaches.
    Refused (`NotFound`): one the visitor does not reach; none at all, where there has to be one.
    """
    given = request.args.get("programme", "").strip()
    if given:
        require_programme(given, *Role)
        if given not in {key for key, _title in programmes_reached(*Role)}:
            raise NotFound(
                "unknown_programme", _("Das Programm {key} gibt es nicht.", key=given[:40]), field="programme"
            )
        session["programme"] = given
        return given
    reached = [key for key, _title in programmes_reached()]
    kept = session.get("programme")
    if kept in reached:
        return str(kept)
    if len(reached) == 1 or (required and reached):
        return reached[0]
    if required:
        raise NotFound("unknown_programme", _("Es ist noch kein Programm eröffnet."), field="programme")
    return None


def day_shown() -> date:
    """The day a page shows things at: the Stichtag of the address, else today, or the last day of a programme that has
    ended, since nothing happens after it."""
    if "day_shown" not in g:
        given = request.args.get("stichtag", "").strip()
        g.day_shown = converted("stichtag", given, date) if given else _default_day()
    found: date = g.day_shown
    return found


def _default_day() -> date:
    """The present day, or the one travelled to; not beyond the programme's last."""
    present = today()
    if (position := travelled_to()) is not None:
        present = day_known(stores().journal, position) or present
    programme = chosen_programme(required=False)
    if programme is None:
        return present
    return min(present, particulars(stores().read_model, programme, datenstand()).last_day)
