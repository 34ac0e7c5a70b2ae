"""What the title page of a balance says: of which programme, at which times, in which state."""

from collections.abc import Iterator
from datetime import date

from domain.facts import TargetGroup
from domain.texts import Text, _
from projections.programmes import Particulars
from projections.reports.model import Particular
from projections.reports.shown import Shown


def particulars(
    shown: Shown, programme: Particulars, known_on: date | None, edition: int | None
) -> Iterator[Particular]:
    """What the report is about; `known_on` is the day the last entry was recorded, `edition` its number."""
    balance, say = shown.balance, shown.say
    known = _("Position {position} des Journals", position=balance.datenstand)
    if known_on:
        known = _("Position {position} des Journals, erfasst bis {day}", position=balance.datenstand, day=known_on)
    yield Particular("programme", shown.head(_("Programm")), f"{programme.title} ({programme.key})")
    yield Particular("funder", shown.head(_("Zuwendungsgeber")), programme.funder)
    period = _("{start} bis {end}", start=programme.starts_on, end=programme.last_day)
    yield Particular("period", shown.head(_("Laufzeit")), say(period))
    if criteria := list(_criteria(programme.target_group)):
        yield Particular("target_group", shown.head(_("Zielgruppe")), "; ".join(map(say, criteria)))
    ratio = _("1 : {ratio} (ein Coach für höchstens {ratio} Personen)", ratio=programme.coaching_ratio)
    yield Particular("coaching_ratio", shown.head(_("Betreuungsschlüssel")), say(ratio))
    yield Particular("stichtag", shown.head(_("Stichtag")), balance.stichtag)
    yield Particular("datenstand", shown.head(_("Datenstand")), shown.head(known))
    if edition:
        yield Particular("edition", shown.head(_("Ausgabe")), f"{programme.key}/{edition}")
    yield Particular("catalogue", shown.head(_("Katalog der Kennzahlen")), balance.catalogue)


def _criteria(group: TargetGroup) -> Iterator[Text]:
    """The criteria of a target group in words."""
    match group.age_min, group.age_max:
        case int(low), int(high):
            yield _("{low} bis {high} Jahre", low=low, high=high)
        case int(low), None:
            yield _("ab {low} Jahren", low=low)
        case None, int(high):
            yield _("bis {high} Jahre", high=high)
    if group.benefit_months_min is not None:
        yield _("mindestens {months} der letzten 24 Monate im Leistungsbezug", months=group.benefit_months_min)
    if group.migration_background is not None:
        yield _("mit Migrationshintergrund") if group.migration_background else _("ohne Migrationshintergrund")
    if group.municipalities:
        yield _("wohnhaft in {municipalities}", municipalities=group.municipalities)
