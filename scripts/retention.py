"""`werdegang retention` and `werdegang reidentification`: what is due for erasure, and whether erasing was enough."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import click
import msgspec

from domain.journal import BERLIN
from domain.texts import _
from projections.retention import AGES, TOO_FEW, Combination, Keeping, Kept, due, period_of, reidentifiable
from projections.stores import Stores
from scripts.console import Checked, Office, format_option, office, option, print_csv, print_json

_STATES = {
    Keeping.KEPT: _("aufbewahrt"),
    Keeping.DUE: _("fällig"),
    Keeping.REQUESTED: _("beantragt"),
    Keeping.APPROVED: _("freigegeben"),
    Keeping.ERASED: _("gelöscht"),
}
_AGES = {"age": _("Mit dem genauen Alter"), "age_group": _("Mit der Altersgruppe statt des Alters")}


@click.command(help=_("Wie lange Persönliches aufbewahrt wird und wessen Löschung fällig ist.").german)
@option("--programme", "key", metavar="KEY", help=_("Schlüssel des Programms."))
@option("--on", "day", type=Checked("Datum", date), help=_("Fällig an diesem Tag; ohne Angabe heute."))
@option("--due", "only_due", is_flag=True, help=_("Nur, wessen Löschung fällig und nicht beantragt ist."))
@format_option("text", "json", "csv")
@office
def retention(office: Office, key: str | None, day: date | None, only_due: bool, form: str) -> None:
    """List persons by the last day of keeping."""
    day = day or office.now.astimezone(BERLIN).date()
    with office.stores() as stores:
        found = due(stores.read_model, stores.journal, key, day)
        shown = [kept for kept in found if kept.state is Keeping.DUE or not only_due]
        if form == "text":
            _say_periods(office, stores, found)
    if form == "json":
        print_json(msgspec.to_builtins(shown))
    elif form == "csv":
        print_csv(Kept.__struct_fields__, (_cells(kept) for kept in shown))
    else:
        _print(office, found, shown, day)


def _cells(kept: Kept) -> list[str]:
    return [
        *(str(kept.participant), " ".join(kept.programmes), kept.ended_on.isoformat(), kept.due_on.isoformat()),
        kept.state.value,
    ]


def _say_periods(office: Office, stores: Stores, found: Sequence[Kept]) -> None:
    for key in sorted({key for kept in found for key in kept.programmes}):
        period = period_of(stores.journal, key)
        office.say(
            _(
                "Programm {key}: letzter Tag {last_day}, Aufbewahrung {years} Jahre nach dem Jahr des Endes",
                key=key,
                last_day=period.last_day,
                years=period.years,
            )
        )


def _print(office: Office, found: Sequence[Kept], shown: Sequence[Kept], day: date) -> None:
    counts = Counter(kept.state for kept in found)
    states = tuple(_("{state} {number}", state=words, number=counts[state]) for state, words in _STATES.items())
    office.say(_("Personen am {day}: {states}", day=day, states=states))
    if shown:
        columns = [_("Person"), _("Programme"), _("Ende"), _("aufbewahrt bis"), _("Stand")]
        office.table(columns, (_row(office, kept) for kept in shown), wraps=1)


def _row(office: Office, kept: Kept) -> list[str]:
    days = [office.words(_("{day}", day=day)) for day in (kept.ended_on, kept.due_on)]
    return [str(kept.participant), " ".join(kept.programmes), *days, office.words(_STATES[kept.state])]


@click.command(help=_("Welche Merkmale Gelöschter so selten sind, dass man sie daran erkennen könnte.").german)
@format_option("text", "json")
@office
def reidentification(office: Office, form: str) -> None:
    """List the rare combinations of clear traits among the erased."""
    with office.stores() as stores:
        found = reidentifiable(stores.read_model, stores.journal)
    if form == "json":
        print_json(msgspec.to_builtins(found))
        return
    office.say(
        _(
            "Gelöscht ist, was versiegelt war. Merkmale, Tage und Codes bleiben, weil Kennzahlen auf ihnen stehen. Wer "
            "die Merkmale einer Person kennt, findet ihren Weg, wenn weniger als {few} Gelöschte sie haben.",
            few=TOO_FEW,
        )
    )
    for age in AGES:
        _print_combinations(office, age, found[age])
    office.say(
        _(
            "Was hilft: Listen mit einzelnen Wegen nur unter Pseudonymen und nur an Berechtigte geben, Kennzahlen nur "
            "als öffentliche Fassung, und künftig weniger Merkmale klar erfassen."
        )
    )


def _print_combinations(office: Office, age: str, rare: Sequence[Combination]) -> None:
    office.say(_("{title}: seltene Kombinationen {number}", title=_AGES[age], number=len(rare)))
    if rare:
        columns = [_("Personen"), _("Merkmale")]
        office.table(columns, (_combination(office, one) for one in rare), numbers=[0], wraps=1)


def _combination(office: Office, one: Combination) -> list[str]:
    traits = tuple(_("{name} {value}", name=name, value=value) for name, value in one.traits.items())
    return [str(one.persons), office.words(_("{fields}", fields=traits))]
