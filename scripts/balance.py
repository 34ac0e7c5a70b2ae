"""`werdegang balance`: the figures of a programme."""

from datetime import date
from functools import partial
from typing import Any

import click
import msgspec

from domain.texts import Text, _, number
from projections.balance import Balance, FigureValue, Value, compute
from projections.catalogue import CATALOGUES, Catalogue, Figure, Regime, Unit
from projections.glossary import place_of, trait_label, trait_value
from projections.programmes import particulars
from projections.rows import TRAITS, joined_values
from scripts.console import (
    Office,
    catalogue_option,
    datenstand_option,
    format_option,
    office,
    option,
    position_of,
    print_csv,
    print_json,
    programme_option,
    stichtag_option,
)

_MOST_TRAITS = 3
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
@format_option("text", "json", "csv")
@office
def balance(
    office: Office,
    key: str,
    stichtag: date,
    datenstand: int | date | None,
    final: bool,
    by: tuple[str, ...],
    catalogue: str,
    form: str,
) -> None:
    """Compute and print a balance."""
    traits = tuple(trait for trait in TRAITS if trait in by)
    if len(traits) > _MOST_TRAITS:
        raise click.UsageError(office.words(_("Höchstens {most} Merkmale zugleich.", most=_MOST_TRAITS)))
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        used = CATALOGUES[catalogue]
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
        targets = particulars(stores.read_model, key, computed.datenstand).targets
        entry = stores.journal.entry_at(computed.datenstand)
    if form == "json":
        print_json(as_json(computed, targets))
    elif form == "csv":
        _print_csv(office, computed, used)
    else:
        print_heading(office, computed, entry.recorded_at.date() if entry else None)
        if combinations:
            _print_combined(office, computed, used, joined_values(traits))
        else:
            print_figures(office, computed, used, targets, traits[0] if traits else "")


def as_json(balance: Balance, targets: dict[str, float]) -> dict[str, Any]:
    """A balance as plain values; a figure with a target has it beside its value."""
    told: dict[str, Any] = msgspec.to_builtins(balance)
    for code, target in targets.items():
        if code in told["figures"]:
            told["figures"][code]["target"] = target
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
    office: Office, balance: Balance, catalogue: Catalogue, targets: dict[str, float], by: str = ""
) -> None:
    """Print the figures as a table, with the targets where there are some, and broken down by a trait."""
    figures = [figure for figure in catalogue.figures if figure.code in balance.figures]
    values = _values_by(balance, by) if by else []
    columns = [_("Kennzahl"), _("Code"), _("zählt"), _("Wert")]
    if targets:
        columns.append(_("Ziel"))
    first = len(columns)
    columns += [trait_value(by, value) for value in values]
    rows = []
    for figure in figures:
        row = _row(office, balance.figures[figure.code], figure, by, values)
        if targets:
            row.insert(first - 1, written(office, figure, targets[figure.code]) if figure.code in targets else "")
        rows.append(row)
    office.table(columns, rows, range(3, len(columns)))
    if catalogue.name == "core":
        office.say(Text(""))
        office.say(_("Integrationen nach den Zählregeln des § 48a SGB II, angewandt auf ein Programm."))


def written(office: Office, figure: Figure, value: Value) -> str:
    """A value as people write it in the user's language."""
    if value is None:
        return "–"
    language = office.settings.language
    if figure.unit is Unit.RATE:
        return number(value * 100, 1, language) + " %"
    if figure.unit in (Unit.EUR, Unit.MEAN):
        return number(value, 2 if figure.unit is Unit.EUR else 1, language)
    return number(value, 0, language)


def _print_combined(office: Office, balance: Balance, catalogue: Catalogue, by: str) -> None:
    """Print every cell of the combinations that is not empty."""
    columns = [_("Kennzahl"), _("Code"), trait_label(by), _("Wert")]
    rows = [
        [office.words(figure.title), figure.code, office.words(trait_value(by, value)), written(office, figure, cell)]
        for figure in catalogue.figures
        if figure.code in balance.figures
        for value, cell in balance.figures[figure.code].by.get(by, {}).items()
        if cell
    ]
    office.table(columns, rows, [3])


def _values_by(balance: Balance, by: str) -> list[str]:
    values = {value for figure in balance.figures.values() for value in figure.by.get(by, {})}
    return sorted(values, key=partial(place_of, by))


def _row(office: Office, found: FigureValue, figure: Figure, by: str, values: list[str]) -> list[str]:
    parts = found.by.get(by, {})
    zero: Value = None if figure.per or by not in found.by else 0
    told = [office.words(figure.title), figure.code, office.words(_REGIMES[figure.regime])]
    return [*told, *(written(office, figure, cell) for cell in (found.value, *(parts.get(v, zero) for v in values)))]


def _print_csv(office: Office, balance: Balance, catalogue: Catalogue) -> None:
    """One line per cell: the total, then every breakdown."""
    header = ["code", "title", "trait", "trait_value", "value"]
    rows: list[list[object]] = []
    for figure in catalogue.figures:
        if (found := balance.figures.get(figure.code)) is None:
            continue
        title = office.words(figure.title)
        rows.append([figure.code, title, "", "", found.value])
        rows += [
            [figure.code, title, trait, name, value] for trait, by in found.by.items() for name, value in by.items()
        ]
    print_csv(header, rows)
