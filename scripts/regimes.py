"""`werdegang regimes`: what of one person counts in which counting regime, and why or why not."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import click
import msgspec

from domain.errors import NotFound
from domain.texts import Text, _
from domain.vault import OWN_KEY
from projections.catalogue import Regime
from projections.datenstand import position_of
from projections.regimes import Verdict, regimes_of
from projections.stores import Stores
from scripts.console import (
    Office,
    datenstand_option,
    format_option,
    office,
    print_json,
    programme_option,
    stichtag_option,
)

_COLUMNS = {
    Regime.PERSONS: _("Programmbilanz (Personen)"),
    Regime.PERSON_MONTHS: _("Kennzahlen § 48a (Personenmonate)"),
    Regime.PARTICIPATIONS: _("Förderstatistik (Teilnahmen)"),
}


@click.command(help=_("Was von einer Person in welcher Zählung zählt, und warum oder warum nicht.").german)
@click.argument("participant", metavar="PERSON")
@programme_option
@stichtag_option
@datenstand_option
@format_option("text", "json")
@office
def regimes(
    office: Office, participant: str, key: str, stichtag: date, datenstand: int | date | None, form: str
) -> None:
    """Find and print the verdicts on everything of a person."""
    with office.stores() as stores:
        position = position_of(stores.journal, datenstand)
        person = _person(stores, participant)
        verdicts = regimes_of(stores.read_model, key, person, stichtag, datenstand=position)
    about = {"programme": key, "participant": person, "stichtag": stichtag, "datenstand": position}
    if form == "json":
        print_json(msgspec.to_builtins({**about, "verdicts": [_told(office, verdict) for verdict in verdicts]}))
        return
    office.say(_("Person {participant} in {programme}: Stichtag {stichtag}, Datenstand {datenstand}", **about))
    office.say(Text(""))
    _print(office, [list(of_one) for _thing, of_one in groupby(verdicts, key=lambda verdict: verdict.thing)])


def _person(stores: Stores, given: str) -> UUID:
    """The participant with an own key or, as `evidence` shows it, an id. Refused: neither."""
    if person := stores.vault.find(OWN_KEY, given):
        return person
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("unknown_participant", _("Diesen Schlüssel einer Person gibt es nicht.")) from None


def _told(office: Office, verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON, its sentence in the user's language."""
    told: dict[str, Any] = msgspec.to_builtins(verdict)
    return {**told, "why": office.words(verdict.why)}


def _print(office: Office, things: Sequence[Sequence[Verdict]]) -> None:
    """A table of what counts where, and below it the reasons."""
    names = [office.words(of_one[0].thing.label) for of_one in things]
    rows = ([name, *(_cell(of_one, regime) for regime in _COLUMNS)] for name, of_one in zip(names, things, strict=True))
    office.table([_("Sache"), *_COLUMNS.values()], rows)
    for name, of_one in zip(names, things, strict=True):
        office.say(Text(""))
        office.line(name)
        office.table([_("Zählung"), _("Warum")], [_reason(office, verdict) for verdict in of_one], wraps=1)


def _cell(of_one: Sequence[Verdict], regime: Regime) -> str:
    """The figures something counts in, a line each; a dash for none."""
    counted = [counted.figure for verdict in of_one if verdict.regime is regime for counted in verdict.counted]
    return "\n".join(counted) or "–"


def _reason(office: Office, verdict: Verdict) -> list[str]:
    """The regime, and why something counts there or does not; of the ESF+ the indicators too."""
    why = office.words(verdict.why)
    if verdict.regime in _COLUMNS:
        return [office.words(_COLUMNS[verdict.regime]), why]
    codes = " ".join(counted.figure for counted in verdict.counted)
    return [office.words(_("ESF Plus (Personen)")), f"{codes}\n{why}" if codes else why]
