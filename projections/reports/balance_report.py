"""The report of a balance: what a programme reached, how it is counted, and who answers for it."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from domain.terms import BalanceKind
from domain.texts import Text, _
from projections.balance import Balance
from projections.catalogue import Catalogue
from projections.programmes import Particulars
from projections.reports.chart_blocks import caseload_chart, funnel_chart, placements_chart, states_chart
from projections.reports.figure_tables import by_category, by_trait, key_figures
from projections.reports.model import (
    Block,
    Chart,
    Definitions,
    Heading,
    Highlight,
    Highlights,
    Points,
    Report,
    Seal,
    Signature,
    Signatures,
)
from projections.reports.notes import methods, public_notes
from projections.reports.series import Series
from projections.reports.shown import HiddenCells, Shown
from projections.reports.title_page import particulars
from projections.reports.words import definition_of
from projections.reports.written import written_long

_HIGHLIGHTS = ("participants_enrolled", "placed_svp", "placed_minijob_only", "single_parents_in_svp")


class EditionInfo(Struct, frozen=True, kw_only=True):
    """What the ledger holds of a published edition. Accounts are codes."""

    number: int
    state: str
    drafted_by: str
    drafted_on: date
    digest: str
    approved_by: str | None = None
    approved_on: date | None = None


def balance_report(
    balance: Balance,
    catalogue: Catalogue,
    programme: Particulars,
    series: Series | None,
    *,
    language: str,
    known_on: date | None = None,
    edition: EditionInfo | None = None,
    hidden: HiddenCells | None = None,
) -> Report:
    """The report of a balance.

    `known_on` is the day the last entry behind the balance was recorded. `series` None leaves out what only it can
    draw. `hidden` None makes the office's own version; the cells a public version does not show make that one: it has
    no course by months, nothing by coach, and not the digest of the edition, from which small counts could be guessed.
    """
    shown = Shown(balance, catalogue, language, hidden)
    charts = list(_charts(shown, programme, None if shown.public else series))
    blocks = [
        *_first_page(shown),
        *_figures(shown, programme, charts),
        *_breakdowns(shown),
        *_definitions(shown),
        *_methods(shown, known_on),
        *_appendix(shown, charts),
        *_signatures(shown, edition),
    ]
    kind = _("Gesamtbilanz") if balance.kind is BalanceKind.FINAL else _("Zwischenbilanz")
    title = _("{kind} zum {stichtag}", kind=kind, stichtag=written_long(balance.stichtag, language))
    return Report(
        name=f"{balance.programme}-{balance.stichtag}",
        language=language,
        title=shown.say(title),
        subtitle=programme.title,
        status=shown.say(_status(shown, edition)),
        running=shown.say(_running(shown, programme)),
        author=(edition.approved_by or edition.drafted_by) if edition else "Werdegang",
        keywords=(balance.programme, shown.say(kind), str(balance.stichtag), balance.catalogue),
        date=_day_of(balance, known_on, edition),
        particulars=tuple(particulars(shown, programme, known_on, edition.number if edition else None)),
        blocks=tuple(blocks),
        public=shown.public,
    )


# --- the parts, in their order --------------------------------------------------------------------


def _first_page(shown: Shown) -> Iterator[Block]:
    found = [figure for code in _HIGHLIGHTS if (figure := shown.figure(code))]
    if found:
        yield Highlights(tuple(Highlight(shown.cell(figure), shown.say(figure.title)) for figure in found))


def _charts(shown: Shown, programme: Particulars, series: Series | None) -> Iterator[Chart]:
    found = [funnel_chart(shown)]
    if series:
        found += [
            placements_chart(shown, series.placements),
            states_chart(shown, series.states),
            caseload_chart(shown, programme.coaching_ratio),
        ]
    yield from filter(None, found)


def _figures(shown: Shown, programme: Particulars, charts: list[Chart]) -> Iterator[Block]:
    yield Heading(shown.say(_("Kennzahlen")))
    yield key_figures(shown, programme.targets)
    if charts:
        yield Heading(shown.say(_("Verlauf")))
        yield from charts


def _breakdowns(shown: Shown) -> Iterator[Block]:
    tables = [by_trait(shown, trait) for trait in (*shown.catalogue.traits, *shown.combinations())]
    tables = [table for table in (*tables, *by_category(shown)) if table.rows]
    if tables:
        yield Heading(shown.say(_("Aufteilungen")))
        yield from tables


def _definitions(shown: Shown) -> Iterator[Block]:
    yield Heading(shown.say(_("Definitionen und Quellen")))
    yield Definitions(tuple(definition_of(figure, shown.language) for figure in shown.figures()))


def _methods(shown: Shown, known_on: date | None) -> Iterator[Block]:
    yield Heading(shown.say(_("Methodik")))
    yield Points(tuple((shown.head(about), shown.say(text)) for about, text in methods(shown, known_on)))
    if shown.public:
        yield Heading(shown.say(_("Zur öffentlichen Fassung")))
        yield Points(tuple((shown.say(about), shown.say(text)) for about, text in public_notes()))


def _appendix(shown: Shown, charts: list[Chart]) -> Iterator[Block]:
    """The tables behind the charts that stand nowhere else."""
    tables = [chart.table for chart in charts if chart.table.name != "by_coach"]
    if tables:
        yield Heading(shown.say(_("Daten der Abbildungen")))
        yield from tables


def _signatures(shown: Shown, edition: EditionInfo | None) -> Iterator[Block]:
    say = shown.say
    seals, signatures = [], []
    if not shown.public:
        digest = edition.digest if edition else shown.balance.digest
        seals.append(Seal(say(_("Prüfsumme der Werte (SHA-256)")), (digest,)))
    if shown.balance.checkpoint:
        seals.append(Seal(say(_("Prüfpunkt des Journals")), tuple(shown.balance.checkpoint.splitlines())))
    if edition:
        signatures.append(Signature(say(_("Erstellt")), edition.drafted_by, edition.drafted_on))
        signatures.append(Signature(say(_("Freigegeben")), edition.approved_by, edition.approved_on))
    if signatures or seals:
        yield Heading(say(_("Freigabe und Nachweis")))
        yield Signatures(tuple(signatures), tuple(seals))


def _status(shown: Shown, edition: EditionInfo | None) -> Text:
    if edition is None:
        state = _("Berechnung ohne Freigabe")
    elif edition.approved_by is None:
        state = _("Entwurf, nicht freigegeben")
    else:
        state = _("Freigegeben")
    return _("Öffentliche Fassung · {state}", state=state) if shown.public else state


def _running(shown: Shown, programme: Particulars) -> Text:
    return _(
        "{programme} · Stichtag {stichtag} · Datenstand {datenstand}",
        programme=programme.key,
        stichtag=shown.balance.stichtag,
        datenstand=shown.balance.datenstand,
    )


def _day_of(balance: Balance, known_on: date | None, edition: EditionInfo | None) -> date:
    """The day of the last act on the edition; without one, that of the last entry, or the Stichtag."""
    if edition is None:
        return known_on or balance.stichtag
    return edition.approved_on or edition.drafted_on
