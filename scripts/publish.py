"""`werdegang publish`: editions of a balance, drafted by one account and approved by another."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import click
import msgspec

from domain.journal import BERLIN, Request
from domain.texts import Text, _
from projections.catalogue import CATALOGUES
from projections.datenstand import day_known, position_of
from projections.disclosure.publishing import as_published
from projections.editions import (
    Act,
    Edition,
    catalogue_of,
    differing,
    draft,
    edition,
    editions,
    released,
)
from projections.programmes import particulars
from projections.publishing import approve_edition as approve
from projections.publishing import draft_edition as store_draft
from projections.publishing import release_edition as release
from projections.reports import EditionInfo, rendered
from scripts.balance import (
    NOTHING,
    as_json,
    print_figures,
    print_heading,
    refuse_public_evidence,
    report_of,
    say_hidden,
)
from scripts.console import (
    FILES,
    Office,
    account_option,
    catalogue_option,
    datenstand_option,
    evidence_option,
    format_option,
    office,
    option,
    output_option,
    print_json,
    printed,
    programme_option,
    public_option,
    stichtag_option,
    write_file,
)
from scripts.open_data import opendata
from scripts.seal import print_checkpoint, with_checkpoint

_STATES = {"drafted": _("Entwurf"), "approved": _("freigegeben"), "released": _("veröffentlicht")}


@click.group(help=_("Bilanzen als Ausgaben: entworfen, von jemand anderem freigegeben, nachrechenbar.").german)
def publish() -> None:
    """The group of commands about editions."""


publish.add_command(opendata)


@publish.command("draft", help=_("Entwirft eine Ausgabe: die Bilanz, eingefroren mit Stichtag und Datenstand.").german)
@programme_option
@stichtag_option
@datenstand_option
@option("--final", is_flag=True, help=_("Gesamtbilanz statt Zwischenbilanz."))
@catalogue_option
@account_option
@office
def draft_edition(
    office: Office,
    key: str,
    stichtag: date,
    datenstand: int | date | None,
    final: bool,
    catalogue: str,
    account: str,
) -> None:
    """Compute and store the draft."""
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        drafted, kept = draft(
            stores.read_model, key, stichtag, datenstand=position, final=final, catalogue=CATALOGUES[catalogue]
        )
        request = Request(id=uuid4(), by=account, now=office.now)
        found = store_draft(stores, drafted, kept, request)
    _print_line(office, found)
    if not found.approved:
        office.say(_("Freigeben muss sie jemand anderes:"))
        office.line(f"  {office.command} publish approve {found.name} --as …")


@publish.command("approve", help=_("Gibt eine Ausgabe frei, die jemand anderes entworfen hat.").german)
@click.argument("name", metavar="AUSGABE")
@account_option
@office
def approve_edition(office: Office, name: str, account: str) -> None:
    """Recompute it, make sure that it is sealed, then store the approval."""
    with office.stores() as stores:
        found = approve(stores, name, Request(id=uuid4(), by=account, now=office.now))
    _print_line(office, found)


@publish.command(
    "release", help=_("Veröffentlicht eine freigegebene Ausgabe ohne die Zellen, die Einzelne zeigen.").german
)
@click.argument("name", metavar="AUSGABE")
@account_option
@office
def release_edition(office: Office, name: str, account: str) -> None:
    """Find out what to hide, and store the release."""
    with office.stores() as stores:
        found = release(stores, name, Request(id=uuid4(), by=account, now=office.now))
    _print_line(office, found)
    say_hidden(office, len(found.hidden))


@publish.command("list", help=_("Die Ausgaben eines Programms oder aller Programme.").german)
@option("--programme", "key", metavar="KEY", help=_("Schlüssel des Programms."))
@format_option("text", "json")
@office
def list_editions(office: Office, key: str | None, form: str) -> None:
    """List them."""
    with office.stores() as stores:
        found = editions(stores.journal, stores.read_model, key)
    if form == "json":
        print_json([_summary(one) for one in found])
        return
    if not found:
        office.say(_("Noch keine Ausgabe."))
        return
    columns = [
        *(_("Ausgabe"), _("Art"), _("Stichtag"), _("Datenstand"), _("Stand"), _("entworfen")),
        *(_("freigegeben"), _("veröffentlicht"), _("Prüfsumme")),
    ]
    office.table(columns, (_row(office, one) for one in found), numbers=[3])


@publish.command("show", help=_("Eine Ausgabe, wie sie eingefroren ist.").german)
@click.argument("name", metavar="AUSGABE")
@public_option
@evidence_option
@format_option("text", "json", *FILES)
@output_option
@office
def show_edition(
    office: Office, name: str, public: bool, evidence: tuple[str, ...], form: str, output: Path | None
) -> None:
    """Print it from the ledger, or write it as a report."""
    refuse_public_evidence(public, evidence)
    with office.stores() as stores:
        found = edition(stores.journal, name)
        hidden = released(found).hidden_cells if public else NOTHING
        catalogue = catalogue_of(stores.journal, found.balance.catalogue)
        balance = as_published(found.balance, catalogue) if public else found.balance
        if balance.checkpoint is None:
            balance = with_checkpoint(office, stores, balance)
        known_on = day_known(stores.journal, found.balance.datenstand)
        if form in FILES:
            shown = hidden if public else None
            info = _info(found)
            report = report_of(office, stores, balance, catalogue, evidence, edition=info, hidden=shown)
            write_file(office, rendered(report, form), output)
            return
        targets = particulars(stores.read_model, found.balance.programme, found.balance.datenstand).targets
    with printed(office, form, output):
        if form == "json":
            print_json(as_json(balance, targets, hidden))
            return
        print_heading(office, balance, known_on)
        print_figures(office, balance, catalogue, targets, hidden=hidden)
        if public:
            say_hidden(office, len(hidden))
        _print_acts(office, found, public)
        print_checkpoint(office, balance)


@publish.command("verify", help=_("Rechnet alle Ausgaben nach und nennt jede Zelle, die abweicht.").german)
@option("--programme", "key", metavar="KEY", help=_("Schlüssel des Programms."))
@format_option("text", "json")
@office
def verify_editions(office: Office, key: str | None, form: str) -> int:
    """Recompute all. Exit status 1 where a cell differs."""
    with office.stores() as stores:
        found = editions(stores.journal, stores.read_model, key)
        cells = []
        with office.progress(_("Ausgaben werden nachgerechnet"), len(found)) as advance:
            for number, one in enumerate(found, 1):
                cells += differing(stores.journal, stores.read_model, one)
                advance(number)
    if form == "json":
        print_json({"editions": len(found), "differing": msgspec.to_builtins(cells)})
    elif cells:
        columns = [*(_("Ausgabe"), _("Kennzahl"), _("Merkmal"), _("Gruppe"), _("eingefroren"), _("nachgerechnet"))]
        office.table(
            columns,
            ([c.edition, c.figure, c.trait, c.value, _told(c.stored), _told(c.recomputed)] for c in cells),
            numbers=[4, 5],
        )
    else:
        office.say(_("Nachgerechnete Ausgaben: {number}. Keine Zelle weicht ab.", number=len(found)))
    if cells:
        office.warn(
            _("Nachgerechnete Ausgaben: {number}. Abweichende Zellen: {cells}.", number=len(found), cells=len(cells))
        )
    return int(bool(cells))


def _print_line(office: Office, found: Edition) -> None:
    office.say(
        _(
            "Ausgabe {name}: {kind} zum {stichtag}, Datenstand {datenstand}, {state}.",
            name=found.name,
            kind=_("Gesamtbilanz") if found.balance.kind == "final" else _("Zwischenbilanz"),
            stichtag=found.balance.stichtag,
            datenstand=found.balance.datenstand,
            state=_STATES[found.state],
        )
    )


def _print_acts(office: Office, found: Edition, public: bool) -> None:
    """What became of an edition, and its digest: with that, hidden values could be tried out."""
    office.say(Text(""))
    _print_line(office, found)
    titles = (_("Entworfen"), _("Freigegeben"), _("Veröffentlicht"))
    for title, act in zip(titles, (found.drafted, found.approved, found.released), strict=True):
        if act:
            office.say(_("{title} von {by} am {at}", title=title, by=act.by, at=office.local(act.at)))
    if not public:
        office.say(_("Prüfsumme {digest}", digest=found.digest))


def _row(office: Office, found: Edition) -> list[str]:
    balance = found.balance
    kind = _("Gesamtbilanz") if balance.kind == "final" else _("Zwischenbilanz")
    acts = [_act(office, act) for act in (found.drafted, found.approved, found.released)]
    stichtag = office.words(_("{day}", day=balance.stichtag))
    state = office.words(_STATES[found.state])
    return [found.name, office.words(kind), stichtag, str(balance.datenstand), state, *acts, found.digest[:16]]


def _act(office: Office, act: Act | None) -> str:
    return f"{act.by} {office.local(act.at)}" if act else "–"


def _info(found: Edition) -> EditionInfo:
    """What a report says of the edition."""
    return EditionInfo(
        number=found.number,
        state=found.state,
        drafted_by=found.drafted.by,
        drafted_on=found.drafted.at.astimezone(BERLIN).date(),
        digest=found.digest,
        approved_by=found.approved.by if found.approved else None,
        approved_on=found.approved.at.astimezone(BERLIN).date() if found.approved else None,
    )


def _summary(found: Edition) -> dict[str, object]:
    """An edition without its figures."""
    told = msgspec.to_builtins(found)
    balance = told.pop("balance")
    del balance["figures"], told["hidden"]
    return {"name": found.name, "state": found.state, **balance, **told}


def _told(value: object) -> str:
    return "–" if value is None else str(value)
