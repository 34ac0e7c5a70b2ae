"""`werdegang balance`: the figures of a programme."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any

import click
import msgspec

from domain.errors import Refused
from domain.texts import Text, _
from projections.balance import Balance, FigureValue, Value, compute
from projections.balance import evidence as find_evidence
from projections.catalogue import CATALOGUES, Catalogue, Figure, Regime
from projections.datenstand import day_known, position_of
from projections.disclosure.publishing import as_published, hidden_beside_released
from projections.editions import cells_of
from projections.exchange.pseudonyms import KEY_BYTES, Pseudonyms
from projections.glossary import place_of, trait_label, trait_value
from projections.programmes import particulars
from projections.reports import EditionInfo, Report, balance_report, rendered, series, under_pseudonyms, with_evidence
from projections.reports.shown import HiddenCells
from projections.reports.written import HIDDEN
from projections.reports.written import written as write_value
from projections.rows import TRAITS, joined_values
from projections.stores import Stores
from scripts.console import (
    FILES,
    Office,
    catalogue_option,
    datenstand_option,
    evidence_option,
    format_option,
    office,
    option,
    output_option,
    print_csv,
    print_json,
    printed,
    programme_option,
    public_option,
    stichtag_option,
    write_file,
)
from scripts.seal import print_checkpoint, with_checkpoint

_MOST_TRAITS = 3
NOTHING: HiddenCells = frozenset()
_REGIMES = {
    Regime.PERSONS: _("Personen"),
    Regime.PERSON_MONTHS: _("Personenmonate"),
    Regime.PARTICIPATIONS: _("Teilnahmen"),
    Regime.ESF: _("ESF+"),
}


@click.command(help=_("Die Kennzahlen eines Programms zu einem Stichtag, mit dem Wissen eines Datenstands.").german)
@programme_option
@stichtag_option
@datenstand_option
@option("--final", is_flag=True, help=_("Gesamtbilanz statt Zwischenbilanz."))
@option(
    "--by",
    type=click.Choice(TRAITS),
    multiple=True,
    help=_("Aufgeteilt nach einem Merkmal bei Aufnahme; bis zu dreimal, dann nach allen zugleich."),
)
@catalogue_option
@public_option
@evidence_option
@format_option("text", "json", "csv", *FILES)
@output_option
@office
def balance(
    office: Office,
    key: str,
    stichtag: date,
    datenstand: int | date | None,
    final: bool,
    by: tuple[str, ...],
    catalogue: str,
    public: bool,
    evidence: tuple[str, ...],
    form: str,
    output: Path | None,
) -> None:
    """Compute and print a balance, or write it as a report."""
    refuse_public_evidence(public, evidence)
    traits = tuple(trait for trait in TRAITS if trait in by)
    if len(traits) > _MOST_TRAITS:
        raise click.UsageError(office.words(_("Höchstens {most} Merkmale zugleich.", most=_MOST_TRAITS)))
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        used = CATALOGUES[catalogue]
        if unknown := [trait for trait in traits if trait not in used.traits]:
            text = _("Der Katalog {name} teilt nur auf nach: {known}.", name=used.name, known=used.traits)
            raise Refused("unknown_trait", text, field=unknown[0])
        combinations = [traits] if len(traits) > 1 else []
        computed = compute(
            stores.read_model,
            key,
            stichtag,
            datenstand=position,
            final=final,
            catalogue=used,
            combinations=combinations,
        )
        computed, hidden = with_checkpoint(office, stores, computed), NOTHING
        if public:
            hidden = hidden_beside_released(stores.journal, stores.read_model, computed, used, combinations)
            computed = as_published(computed, used)
        if form in FILES:
            shown = hidden if public else None
            report = report_of(office, stores, computed, used, evidence, hidden=shown)
            write_file(office, rendered(report, form), output)
            return
        targets = particulars(stores.read_model, key, computed.datenstand).targets
        known_on = day_known(stores.journal, computed.datenstand)
    with printed(office, form, output):
        if form == "json":
            print_json(as_json(computed, targets, hidden))
        elif form == "csv":
            _print_csv(office, computed, used, hidden)
        else:
            print_heading(office, computed, known_on)
            if combinations:
                _print_combined(office, computed, used, joined_values(traits), hidden)
            else:
                print_figures(office, computed, used, targets, traits[0] if traits else "", hidden)
            if public:
                say_hidden(office, len(hidden))
            print_checkpoint(office, computed)


def refuse_public_evidence(public: bool, evidences: Sequence[str]) -> None:
    """Refused: rows behind figures in a public version, in whichever format."""
    if public and evidences:
        text = _("Eine öffentliche Fassung zeigt keine einzelnen Personen; bitte ohne --evidence.")
        raise Refused("public_evidence", text, field="evidence")


def report_of(
    office: Office,
    stores: Stores,
    balance: Balance,
    catalogue: Catalogue,
    evidences: Sequence[str] = (),
    *,
    edition: EditionInfo | None = None,
    hidden: HiddenCells | None = None,
) -> Report:
    """The report of a balance; with the cells to hide, its public version. `evidences` are codes of figures whose rows
    are added under pseudonyms; a public version has none."""
    report = balance_report(
        balance,
        catalogue,
        particulars(stores.read_model, balance.programme, balance.datenstand),
        series(stores.read_model, balance, catalogue) if hidden is None else None,
        language=office.settings.language,
        known_on=day_known(stores.journal, balance.datenstand),
        edition=edition,
        hidden=hidden,
    )
    if not evidences:
        return report
    pseudonyms, model = Pseudonyms(token_bytes(KEY_BYTES)), stores.read_model
    found = (
        find_evidence(
            model, balance.programme, code, balance.stichtag, datenstand=balance.datenstand, catalogue=catalogue
        )
        for code in evidences
    )
    return with_evidence(report, catalogue, [under_pseudonyms(one, catalogue, pseudonyms) for one in found])


def as_json(balance: Balance, targets: dict[str, float], hidden: HiddenCells = NOTHING) -> dict[str, Any]:
    """A balance as plain values; a figure with a target has it beside its value.

    A hidden value is null: a total with `"hidden": true` beside it, a cell of a breakdown named in `hidden_by`.
    """
    told: dict[str, Any] = msgspec.to_builtins(balance)
    figures = told["figures"]
    for code, target in targets.items():
        if code in figures:
            figures[code]["target"] = target
    for code, trait, value in sorted(hidden):
        if not trait:
            figures[code] |= {"value": None, "hidden": True}
        else:
            figures[code]["by"][trait][value] = None
            figures[code].setdefault("hidden_by", {}).setdefault(trait, []).append(value)
    return told


def print_heading(office: Office, balance: Balance, known_on: date | None) -> None:
    """Print what balance it is; `known_on` is the day the last entry behind it was recorded."""
    title = _("Gesamtbilanz") if balance.kind == "final" else _("Zwischenbilanz")
    known = _(", erfasst bis {day}", day=known_on) if known_on else Text("")
    office.say(
        _(
            "{title} {programme}: Stichtag {stichtag}, Datenstand {datenstand}{known}",
            title=title,
            programme=balance.programme,
            stichtag=balance.stichtag,
            datenstand=balance.datenstand,
            known=known,
        )
    )
    office.say(_("Katalog {catalogue}", catalogue=balance.catalogue))
    office.say(Text(""))


def print_figures(
    office: Office,
    balance: Balance,
    catalogue: Catalogue,
    targets: dict[str, float],
    by: str = "",
    hidden: HiddenCells = NOTHING,
) -> None:
    """Print the figures as a table, with the targets where there are some, and broken down by a trait."""
    figures = [figure for figure in catalogue.figures if figure.code in balance.figures]
    targets = {code: target for code, target in targets.items() if code in balance.figures}
    values = _values_by(balance, by) if by else []
    columns = [_("Kennzahl"), _("Code"), _("zählt"), _("Wert")]
    if targets:
        columns.append(_("Ziel"))
    first = len(columns)
    columns += [trait_value(by, value) for value in values]
    rows = []
    for figure in figures:
        row = _row(office, balance.figures[figure.code], figure, by, values, hidden)
        if targets:
            row.insert(first - 1, written(office, figure, targets[figure.code]) if figure.code in targets else "")
        rows.append(row)
    office.table(columns, rows, range(3, len(columns)))
    if catalogue.name == "core":
        office.say(Text(""))
        office.say(_("Integrationen nach den Zählregeln des § 48a SGB II, angewandt auf ein Programm."))


def say_hidden(office: Office, number: int) -> None:
    """Say what a public version does not show, in words that tell nothing of a value."""
    office.say(Text(""))
    office.say(
        _(
            "{sign} Verborgene Zellen: {number}. Es sind Anzahlen, die für eine oder zwei Personen stehen, weitere, "
            "aus denen sie sich errechnen ließen, auch aus früheren Ausgaben, und was davon abgeleitet ist.",
            sign=HIDDEN,
            number=number,
        )
    )


def written(office: Office, figure: Figure, value: Value) -> str:
    """A value as people write it in the user's language."""
    return write_value(figure.unit, value, office.settings.language)


def _print_combined(office: Office, balance: Balance, catalogue: Catalogue, by: str, hidden: HiddenCells) -> None:
    """Print every cell of the combinations that is not empty."""
    columns = [_("Kennzahl"), _("Code"), trait_label(by), _("Wert")]
    rows = [
        [
            office.words(figure.title),
            figure.code,
            office.words(trait_value(by, value)),
            HIDDEN if (figure.code, by, value) in hidden else written(office, figure, cell),
        ]
        for figure in catalogue.figures
        if figure.code in balance.figures
        for value, cell in balance.figures[figure.code].by.get(by, {}).items()
        if cell
    ]
    office.table(columns, rows, [3])


def _values_by(balance: Balance, by: str) -> list[str]:
    values = {value for figure in balance.figures.values() for value in figure.by.get(by, {})}
    return sorted(values, key=partial(place_of, by))


def _row(
    office: Office, found: FigureValue, figure: Figure, by: str, values: list[str], hidden: HiddenCells
) -> list[str]:
    parts = found.by.get(by, {})
    zero: Value = None if figure.per or by not in found.by else 0
    cells = {("", ""): found.value, **{(by, value): parts.get(value, zero) for value in values}}
    told = [office.words(figure.title), figure.code, office.words(_REGIMES[figure.regime])]
    return told + [
        HIDDEN if (figure.code, *group) in hidden else written(office, figure, cell) for group, cell in cells.items()
    ]


def _print_csv(office: Office, balance: Balance, catalogue: Catalogue, hidden: HiddenCells) -> None:
    """One line per cell: the total, then every breakdown."""
    titles = {figure.code: office.words(figure.title) for figure in catalogue.figures}
    rows = [
        [code, titles[code], trait, value, None if (code, trait, value) in hidden else number]
        for (code, trait, value), number in cells_of(balance.figures)
    ]
    print_csv(["code", "title", "trait", "trait_value", "value"], rows)
