"""`werdegang balance`: the figures of a programme."""

from datetime import date
from functools import partial

import click
import msgspec

from domain.texts import Text, _, number
from projections.balance import Balance, Value, compute
from projections.catalogue import CORE, Figure, Unit
from projections.glossary import place_of, trait_value
from projections.rows import TRAITS
from scripts.console import (
    Office,
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


@click.command(help=_("Die Kennzahlen eines Programms zu einem Stichtag, mit dem Wissen eines Datenstands.").german)
@programme_option
@stichtag_option
@datenstand_option
@option("--final", is_flag=True, help=_("Gesamtbilanz statt Zwischenbilanz."))
@option("--by", type=click.Choice(TRAITS), help=_("Aufgeteilt nach einem Merkmal bei Aufnahme."))
@format_option("text", "json", "csv")
@office
def balance(
    office: Office,
    key: str,
    stichtag: date,
    datenstand: int | date | None,
    final: bool,
    by: str | None,
    form: str,
) -> None:
    """Compute and print a balance."""
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        computed = compute(stores.read_model, key, stichtag, datenstand=position, final=final)
        entry = stores.journal.entry_at(computed.datenstand)
    if form == "json":
        print_json(msgspec.to_builtins(computed))
    elif form == "csv":
        _print_csv(office, computed)
    else:
        print_text(office, computed, by, entry.recorded_at.date() if entry else None)


def print_text(office: Office, balance: Balance, by: str | None, known_on: date | None) -> None:
    """Print a balance for people; `known_on` is the day the last entry behind it was recorded."""
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
    figures = [figure for figure in CORE.figures if figure.code in balance.figures]
    values = _values_by(balance, by) if by else []
    columns = [_("Kennzahl"), _("Code"), _("Wert"), *(trait_value(by or "", value) for value in values)]
    office.table(columns, (_row(office, balance, figure, by, values) for figure in figures), range(2, 3 + len(values)))
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


def _values_by(balance: Balance, by: str) -> list[str]:
    values = {value for figure in balance.figures.values() for value in figure.by.get(by, {})}
    return sorted(values, key=partial(place_of, by))


def _row(office: Office, balance: Balance, figure: Figure, by: str | None, values: list[str]) -> list[str]:
    found = balance.figures[figure.code]
    parts = found.by.get(by or "", {})
    zero: Value = None if figure.per or by not in found.by else 0
    broken_down = [written(office, figure, parts.get(value, zero)) for value in values]
    return [office.words(figure.title), figure.code, written(office, figure, found.value), *broken_down]


def _print_csv(office: Office, balance: Balance) -> None:
    """One line per cell: the total, then every breakdown."""
    header = ["code", "title", "trait", "trait_value", "value"]
    rows: list[list[object]] = []
    for figure in CORE.figures:
        if (found := balance.figures.get(figure.code)) is None:
            continue
        title = office.words(figure.title)
        rows.append([figure.code, title, "", "", found.value])
        rows += [
            [figure.code, title, trait, name, value] for trait, by in found.by.items() for name, value in by.items()
        ]
    print_csv(header, rows)
