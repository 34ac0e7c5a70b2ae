"""What the pages of balances share: what an address asks for, editions, links to evidence, reports."""

from collections.abc import Callable
from uuid import uuid4

import msgspec
from flask import Blueprint, Response, request

from domain.errors import Refused
from domain.journal import BERLIN, Request
from domain.texts import Text, _
from projections.balance import Balance
from projections.catalogue import CATALOGUES, Catalogue
from projections.datenstand import day_known
from projections.editions import Edition, catalogue_of, edition, editions
from projections.programmes import particulars
from projections.reports import EditionInfo, balance_report, rendered, series
from projections.reports.shown import HiddenCells
from web.access import CONTROLLING, FIGURES, LEAD, present_visitor, require_programme
from web.downloads import attachment
from web.house import now, stores
from web.programmes import chosen_programme
from web.words import datenstand, language, link

blueprint = Blueprint("balances", "web.pages", url_prefix="/bilanzen")

STATES: dict[str, Text] = {
    "drafted": _("Entwurf"),
    "approved": _("freigegeben"),
    "released": _("veröffentlicht"),
}
"""How far an edition has come."""
FILES = ("xlsx", "pdf")
"""The formats of a report besides those of every table."""
DRAFTERS = (LEAD, CONTROLLING)
"""Who drafts and approves editions."""


def programme_asked() -> str:
    """The programme of the page. Refused: one no role of the visitor reaches."""
    programme = chosen_programme(required=True)
    assert programme is not None
    require_programme(programme, *FIGURES)
    return programme


def catalogue_asked() -> Catalogue:
    """The catalogue of the page. Refused: one there is not."""
    name = request.values.get("catalogue") or "core"
    if name not in CATALOGUES:
        text = _("Den Katalog {found} gibt es nicht; möglich sind {known}.", found=name[:20], known=tuple(CATALOGUES))
        raise Refused("bad_value", text, field="catalogue")
    return CATALOGUES[name]


def edition_of(programme: str, number: int) -> tuple[Edition, Catalogue]:
    """An edition, and the catalogue it was drawn with. Refused: a programme not reached, no such edition."""
    require_programme(programme, *FIGURES)
    found = edition(stores().journal, f"{programme}/{number}")
    return found, catalogue_of(stores().journal, found.balance.catalogue)


def editions_known(programme: str) -> list[Edition]:
    """The editions known at the Datenstand."""
    found = editions(stores().journal, stores().read_model, programme)
    return [one for one in reversed(found) if one.drafted.position <= datenstand()]


def new_request() -> Request:
    """A request of the visitor's."""
    return Request(id=uuid4(), by=present_visitor().code, now=now())


def evidence_link(balance: Balance, catalogue: Catalogue) -> Callable[..., str]:
    """A function from figure, trait and value to the address of the rows behind them."""

    def to(code: str, trait: str | None = None, value: str | None = None) -> str:
        return link(
            "balances.rows",
            programme=balance.programme,
            figure=code,
            stichtag=balance.stichtag.isoformat(),
            datenstand=balance.datenstand,
            catalogue=catalogue.name if catalogue.name != "core" else None,
            trait=trait,
            value=value,
        )

    return to


def as_report(
    balance: Balance,
    catalogue: Catalogue,
    form: str,
    *,
    found: Edition | None = None,
    hidden: HiddenCells | None = None,
) -> Response:
    """The balance as a report."""
    if balance.checkpoint is None and (sealed := stores().covering(balance.datenstand, now())):
        balance = msgspec.structs.replace(balance, checkpoint=sealed.note)
    report = balance_report(
        balance,
        catalogue,
        particulars(stores().read_model, balance.programme, balance.datenstand),
        series(stores().read_model, balance, catalogue) if hidden is None else None,
        language=language(),
        known_on=day_known(stores().journal, balance.datenstand),
        edition=_info(found) if found else None,
        hidden=hidden,
    )
    name = [report.name, None if found else f"datenstand-{balance.datenstand}"]
    return attachment(rendered(report, form), name, form)


def _info(found: Edition) -> EditionInfo:
    return EditionInfo(
        number=found.number,
        state=found.state,
        drafted_by=found.drafted.by,
        drafted_on=found.drafted.at.astimezone(BERLIN).date(),
        digest=found.digest,
        approved_by=found.approved.by if found.approved else None,
        approved_on=found.approved.at.astimezone(BERLIN).date() if found.approved else None,
    )
