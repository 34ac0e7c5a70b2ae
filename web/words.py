"""What pages say: the visitor's language, dates and numbers in it, and links that keep the Datenstand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from babel.numbers import format_decimal
from flask import Flask, g, get_flashed_messages, request, session, url_for
from flask import flash as flask_flash

from domain.errors import Refused
from domain.journal import BERLIN
from domain.labels import value_label
from domain.terms import Role
from domain.texts import LANGUAGES, Text, _
from projections.datenstand import day_known, position_of
from projections.exchange.values import converted
from web.access import Visitor, visitor
from web.handbook import place_for
from web.house import house, stores
from web.navigation import navigation

_DAYS = {"de": "%d.%m.%Y", "en": "%Y-%m-%d"}
_QUESTIONS = ("participants.search", "participants.save_filter", "account.login", "account.logout")
"""What is posted and changes nothing that is recorded."""
VERSION = "0.1.0"
KINDS = ("success", "info", "warning", "danger")
NOTHING = "–"


def language() -> str:
    """The visitor's language: chosen on a page, else the one the browser prefers, else that of the settings."""
    if "language" not in g:
        chosen = session.get("language") if session else None
        preferred = request.accept_languages.best_match(LANGUAGES)
        g.language = chosen or preferred or house().settings.language
    return cast(str, g.language)


def say(text: Text) -> str:
    """A text in the visitor's language."""
    return text.in_language(language())


def flash(kind: str, text: Text) -> None:
    """Say something on the next page; `kind` is one of `KINDS`."""
    flask_flash(say(text), kind)


def said_refusal(refused: Refused) -> str:
    """A refusal with its norm, in the visitor's language."""
    return refused.in_language(language())


def day(value: date | str | None) -> str:
    """A day as the language writes it; a dash for none."""
    if not value:
        return NOTHING
    wanted = date.fromisoformat(value) if isinstance(value, str) else value
    return wanted.strftime(_DAYS[language()])


def moment(value: datetime | None) -> str:
    """A moment in German time."""
    if value is None:
        return NOTHING
    return value.astimezone(BERLIN).strftime(f"{_DAYS[language()]} %H:%M")


def number(value: float | Decimal | None, places: int = 0) -> str:
    """A number with so many decimal places."""
    if value is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, format=pattern, locale=language()))


def euro(cents: int | None) -> str:
    """Cents as euro."""
    return NOTHING if cents is None else number(Decimal(cents) / 100, 2) + "\N{NO-BREAK SPACE}€"


# --- time travel --------------------------------------------------------------------------------------


def travelled_to() -> int | None:
    """The Datenstand the visitor has travelled to, a position; None in the present, also where an address names it.

    Refused: one that is not there.
    """
    if "travelled_to" not in g:
        given, journal = request.args.get("datenstand", "").strip(), stores().journal
        if not given:
            g.travelled_to = None
        else:
            is_position = given.isdecimal() and len(given) < 18
            wanted = int(given) if is_position else converted("datenstand", given, date)
            position = position_of(journal, wanted)
            g.travelled_to = position if position < journal.head() else None
    return cast(int | None, g.travelled_to)


def datenstand() -> int:
    """The Datenstand of this page: the one travelled to, else all that is projected."""
    position = travelled_to()
    if "tracked" not in g:
        g.tracked = stores().read_model.tracked()
    return cast(int, g.tracked) if position is None else min(position, cast(int, g.tracked))


def refuse_in_the_past() -> None:
    """Refused: a command while the visitor looks at another Datenstand; what is decided is decided on the present."""
    if request.method == "POST" and request.endpoint not in _QUESTIONS and travelled_to() is not None:
        text = _("Auf Zeitreise wird nichts erfasst; bitte zuerst zurück in die Gegenwart.")
        raise Refused("in_the_past", text, field="datenstand")


def link(endpoint: str, **values: Any) -> str:
    """The address of a page, at the Datenstand the visitor has travelled to."""
    if "datenstand" not in values and (position := travelled_to()) is not None:
        values["datenstand"] = position
    return url_for(endpoint, **{name: value for name, value in values.items() if value is not None})


def here(**values: Any) -> str:
    """The address of this page with other arguments; None takes one away."""
    arguments: dict[str, Any] = {name: request.args.getlist(name) for name in request.args}
    kept = {**(request.view_args or {}), **arguments, **values}
    return url_for(str(request.endpoint), **{name: value for name, value in kept.items() if value is not None})


def static(path: str) -> str:
    """The address of a file that comes with the product."""
    return url_for("static", filename=path)


# --- templates ----------------------------------------------------------------------------------------


def install(app: Flask) -> None:
    """Give the templates their words."""

    def translate(german: str, /, **values: Any) -> str:
        return say(_(german, **values))

    app.jinja_env.globals.update(
        _=translate,
        say=say,
        link=link,
        here=here,
        static=static,
        day=day,
        moment=moment,
        number=number,
        euro=euro,
        entry_url=_entry_url,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_common)


def _entry_url(position: int) -> str | None:
    """The address of an entry of the ledger, with its proof; None for who has no use for it."""
    found = visitor()
    return link("audit.entry", position=position) if found and found.has(Role.AUDITOR, Role.LEAD) else None


def _common() -> dict[str, Any]:
    """What every page shows."""
    position, found = travelled_to(), visitor()
    return {
        "language": language(),
        "other_language": next(one for one in LANGUAGES if one != language()),
        "other_language_url": url_for(
            "account.choose_language", language=next(one for one in LANGUAGES if one != language()), back=_this_page()
        ),
        "visitor": found,
        "navigation": navigation(found, link) if found else [],
        "datenstand": position,
        "datenstand_label": _datenstand_label(position),
        "role_name": _role_name,
        "account_url": url_for("account.account"),
        "logout_url": url_for("account.logout"),
        "help_url": _help_url(found),
        "accessibility_url": url_for("help.accessibility"),
        "version": VERSION,
        "leave_time_travel_url": here(datenstand=None) if position is not None and request.endpoint else None,
        "flashes": get_flashed_messages(with_categories=True),
    }


def _help_url(found: Visitor | None) -> str:
    """The chapter of the handbook that helps on this page."""
    place = place_for(request.endpoint, found.roles if found else ())
    return link("help.page", name=place[0], _anchor=place[1] or None) if place else link("help.handbook")


def _datenstand_label(position: int | None) -> str | None:
    if position is None:
        return None
    known = day_known(stores().journal, position)
    return f"{position} ({day(known)})" if known else str(position)


def _role_name(role: str) -> str:
    return say(value_label(Role(role)))


def _this_page() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
