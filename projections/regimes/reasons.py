"""Why something counts in a regime, or why not: one sentence with its source.

Whether it counts is not decided here but by the catalogue's SELECTs (`verdicts`); these sentences explain what came
out, from what is known of the thing.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from msgspec import Struct

from domain.texts import Text, _
from projections.catalogue import Regime
from projections.regimes.things import PLACEMENTS, Thing, ThingKind

Reason = tuple[str, Text]


class Counted(Struct, frozen=True):
    """A figure a thing counts in: as which unit, and with which value (1, or what a sum adds, in euro)."""

    figure: str
    unit: str
    value: int | float


class Case(NamedTuple):
    """A thing in a regime, what came out for it, and what explains that.

    `since` is the day before the last twelve months. `counted` are the figures it counts in by their codes; `taken`
    names for other figures the thing that is counted in its place. `days` is on how many of the twelve days of the
    rates a participation was active.
    """

    thing: Thing
    regime: Regime
    stichtag: date
    since: date
    counted: dict[str, Counted]
    taken: dict[str, Thing]
    days: int = 0


SCHEMES = {
    "egz": "§§ 88–92 SGB III",
    "einstiegsgeld": "§ 16b SGB II",
    "p16e": "§ 16e SGB II",
    "p16i": "§ 16i SGB II",
    "p16d": "§ 16d SGB II",
}
"""The norm of the scheme a placement runs under."""
_PUBLICLY_FUNDED = ("p16i", "p16d")
_SUSTAINED = {
    "sustained_yes": _("nachhaltig"),
    "sustained_no": _("nicht nachhaltig"),
    "sustained_pending": _("Nachhaltigkeit noch offen"),
}
_BY_LABOUR_STATUS = {"EECO02", "EECO03", "EECO04", "EECO05"}


def reason_of(case: Case) -> Reason:
    """The code and the sentence for a thing in a regime."""
    if case.thing.on > case.stichtag:
        text = _("{thing}: beginnt erst nach dem Stichtag {stichtag}.", thing=case.thing.label, stichtag=case.stichtag)
        return "not_started", text
    return _EXPLAINING[case.thing.kind, case.regime](case)


# --- placements ---------------------------------------------------------------------------------------------


def _placed(case: Case) -> Reason:
    thing, own = case.thing, _own_figure(case.thing)
    if own in case.counted:
        if norm := SCHEMES.get(thing.how or ""):
            text = _("{what} nach {norm}: die Programmbilanz zählt die Person, gleich wie die Stelle gefördert ist.")
            return "placed", text._replace(values={"what": _name(thing), "norm": norm})
        return "placed", _("{what}: die Person zählt einmal als vermittelt, ohne Frist.", what=_name(thing))
    if own in case.taken:
        text = _("Die Person ist schon gezählt, mit: {other}.", other=case.taken[own].label)
        return "same_person", text
    text = _(
        "Minijob neben svp: die Person zählt als vermittelt in svp, nicht zu den weiteren Personen in Minijob "
        "(§ 8 SGB IV)."
    )
    return "beside_svp", text


def _own_figure(thing: Thing) -> str:
    return "placed_minijob_only" if thing.what == "minijob" else f"placed_{thing.what}"


def _integrated(case: Case) -> Reason:
    thing = case.thing
    if thing.on <= case.since:
        return _before_year(case)
    if thing.what == "minijob":
        return _minijob(case)
    if thing.what == "svp" and thing.how in _PUBLICLY_FUNDED:
        return _publicly_funded(case)
    if "integrations_12m" not in case.counted:
        return _same_month(case, "integrations_12m", "K2")
    if lasted := next((code for code in _SUSTAINED if code in case.counted), None):
        text = _(
            "{what}: Integration im Monat {month} (K2, § 48a SGB II), {lasted} (K2E3).",
            what=_name(thing),
            month=_month(thing),
            lasted=_SUSTAINED[lasted],
        )
        return "integration", text
    if thing.how in _PUBLICLY_FUNDED:
        text = _(
            "{what}: Integration im Monat {month} (K2, § 48a SGB II), nach {norm} auch öffentlich gefördert (K2E2).",
            what=_name(thing),
            month=_month(thing),
            norm=SCHEMES[thing.how or ""],
        )
        return "integration", text
    text = _("{what}: Integration im Monat {month} (K2, § 48a SGB II).", what=_name(thing), month=_month(thing))
    return "integration", text


def _before_year(case: Case) -> Reason:
    thing, first = case.thing, case.since + timedelta(days=1)
    if lasted := next((code for code in _SUSTAINED if code in case.counted), None):
        text = _(
            "Beginn vor den letzten zwölf Monaten (ab {first}), nicht mehr in K2; als Integration {lasted} (K2E3).",
            first=first,
            lasted=_SUSTAINED[lasted],
        )
        return "before_year", text
    if thing.what == "svp" and thing.how in _PUBLICLY_FUNDED:
        text = _(
            "{what}, keine Integration: {norm}; Beginn vor den letzten zwölf Monaten (ab {first}).",
            what=_name(thing),
            norm=SCHEMES[thing.how or ""],
            first=first,
        )
        return "before_year", text
    text = _("Beginn vor den letzten zwölf Monaten (ab {first}, K2: § 48a SGB II).", first=first)
    return "before_year", text


def _minijob(case: Case) -> Reason:
    thing = case.thing
    if "minijob_entries_12m" not in case.counted:
        return _same_month(case, "minijob_entries_12m", "K2E1")
    if "publicly_funded_entries_12m" in case.counted:
        text = _(
            "Minijob, keine Integration: zählt im Monat {month} als K2E1 (§ 8 SGB IV) und nach {norm} als K2E2.",
            month=_month(thing),
            norm=SCHEMES[thing.how or ""],
        )
        return "minijob", text
    text = _("Minijob, keine Integration: zählt im Monat {month} als K2E1 (§ 8 SGB IV).", month=_month(thing))
    return "minijob", text


def _publicly_funded(case: Case) -> Reason:
    values = {"what": _name(case.thing), "norm": SCHEMES[case.thing.how or ""], "month": _month(case.thing)}
    if "publicly_funded_entries_12m" in case.counted:
        text = _("{what}, keine Integration: {norm}; zählt im Monat {month} als öffentlich gefördert (K2E2).", **values)
        return "publicly_funded", text
    other = case.taken["publicly_funded_entries_12m"].label
    text = _(
        "{what}, keine Integration: {norm}; als K2E2 zählt im Monat {month} schon: {other}.", **values, other=other
    )
    return "same_month", text


def _same_month(case: Case, code: str, name: str) -> Reason:
    text = _(
        "Im Monat {month} schon gezählt ({name}, § 48a SGB II: einmal je Person und Monat), mit: {other}.",
        month=_month(case.thing),
        name=name,
        other=case.taken[code].label,
    )
    return "same_month", text


def _no_grant(case: Case) -> Reason:
    if norm := SCHEMES.get(case.thing.how or ""):
        text = _("Gefördert nach {norm}: hier zählt die Bewilligung der Förderung, nicht die Beschäftigung.", norm=norm)
        return "no_measure", text
    return "no_measure", _(
        "Eine Beschäftigung ist keine Förderung; hier zählen Gespräche, Qualifizierungen, Förderungen."
    )


# --- qualifications and fundings ----------------------------------------------------------------------------


def _qualified(case: Case) -> Reason:
    if "participants_qualified" in case.counted:
        return "qualified", _("Abgeschlossen: die Person zählt einmal als qualifiziert.")
    if "participants_qualified" in case.taken:
        other = case.taken["participants_qualified"].label
        return "same_person", _("Die Person ist schon gezählt, mit: {other}.", other=other)
    return _unfinished(case.thing, case.stichtag)


def _unfinished(thing: Thing, stichtag: date) -> Reason:
    if thing.how == "abandoned" and thing.until and thing.until <= stichtag:
        return "abandoned", _("Abgebrochen am {on}: nur ein Abschluss zählt.", on=thing.until)
    return "not_ended", _("Am Stichtag {stichtag} noch nicht abgeschlossen.", stichtag=stichtag)


def _measured(case: Case) -> Reason:
    if "qualifications_completed" in case.counted:
        return "measure", _("Begonnen und abgeschlossen: jede Qualifizierung zählt, auch mehrere einer Person.")
    reason, why = _unfinished(case.thing, case.stichtag)
    return reason, _("Zählt als begonnen. {why}", why=why)


def _funded(case: Case) -> Reason:
    if "follow_up_funded" in case.counted:
        return "funded", _("Bewilligt: die Person zählt einmal als gefördert.")
    other = case.taken["follow_up_funded"].label
    return "same_person", _("Die Person ist schon gezählt, mit: {other}.", other=other)


def _granted(_case: Case) -> Reason:
    return "measure", _("Bewilligt: jede Förderung zählt mit ihrem Betrag, auch mehrere einer Person.")


def _no_work(_case: Case) -> Reason:
    return "no_work", _("Keine Arbeitsaufnahme: § 48a SGB II zählt den Beginn von Beschäftigungen.")


# --- participations and single parents ----------------------------------------------------------------------


def _enrolled(case: Case) -> Reason:
    if "participants_enrolled" in case.taken:
        other = case.taken["participants_enrolled"].label
        return "same_person", _("Als aufgenommen ist die Person schon gezählt, mit: {other}.", other=other)
    if "participants_active" in case.counted:
        return "enrolled", _("Aufgenommen und am Stichtag aktiv: die Person zählt einmal.")
    return "enrolled", _("Aufgenommen, am Stichtag nicht mehr aktiv: die Person zählt einmal.")


def _base(case: Case) -> Reason:
    text = _(
        "Keine Arbeitsaufnahme; steht mit {days} von zwölf Tagen im Nenner der Integrationsquote (K2, § 48a SGB II).",
        days=case.days,
    )
    return "base", text


def _no_measure(_case: Case) -> Reason:
    return "no_measure", _("Keine Förderung: hier zählen Gespräche, Qualifizierungen und Förderungen.")


def _esf(case: Case) -> Reason:
    if "EECO01" in case.taken:
        other = case.taken["EECO01"].label
        return "same_person", _("Die Person ist schon gezählt, mit: {other}.", other=other)
    if not case.counted.keys() & _BY_LABOUR_STATUS:
        text = _(
            "Die Person zählt einmal; ohne Angabe zum Erwerbsstatus bei Aufnahme weder in EECO02 bis EECO05 noch in "
            "EECR01 und EECR04 bis EECR06 (Verordnung (EU) 2021/1057, Anhang I)."
        )
        return "no_status", text
    text = _("Die Person zählt einmal, mit den Angaben der ersten Aufnahme (Verordnung (EU) 2021/1057, Anhang I).")
    return "entered", text


def _single_parent(case: Case) -> Reason:
    if case.counted:
        return "single_parent", _("Am Stichtag alleinerziehend und in svp-Beschäftigung.")
    if case.thing.how is None:
        return "no_single_parent", _("Am Stichtag {stichtag} nicht mehr alleinerziehend.", stichtag=case.stichtag)
    return "no_svp", _(
        "Alleinerziehend, am Stichtag {stichtag} aber nicht in svp-Beschäftigung.", stichtag=case.stichtag
    )


def _no_start(_case: Case) -> Reason:
    text = _(
        "Kein Beginn einer Beschäftigung, sondern ein Zustand; Integrationen Alleinerziehender zeigt die Quote K2E4."
    )
    return "no_work", text


def _name(thing: Thing) -> Text:
    return PLACEMENTS[thing.what or ""]


def _month(thing: Thing) -> str:
    return thing.on.isoformat()[:7]


_EXPLAINING: dict[tuple[ThingKind, Regime], Callable[[Case], Reason]] = {
    (ThingKind.PARTICIPATION, Regime.PERSONS): _enrolled,
    (ThingKind.PARTICIPATION, Regime.PERSON_MONTHS): _base,
    (ThingKind.PARTICIPATION, Regime.PARTICIPATIONS): _no_measure,
    (ThingKind.PARTICIPATION, Regime.ESF): _esf,
    (ThingKind.SINGLE_PARENT, Regime.PERSONS): _single_parent,
    (ThingKind.SINGLE_PARENT, Regime.PERSON_MONTHS): _no_start,
    (ThingKind.SINGLE_PARENT, Regime.PARTICIPATIONS): _no_measure,
    (ThingKind.PLACEMENT, Regime.PERSONS): _placed,
    (ThingKind.PLACEMENT, Regime.PERSON_MONTHS): _integrated,
    (ThingKind.PLACEMENT, Regime.PARTICIPATIONS): _no_grant,
    (ThingKind.QUALIFICATION, Regime.PERSONS): _qualified,
    (ThingKind.QUALIFICATION, Regime.PERSON_MONTHS): _no_work,
    (ThingKind.QUALIFICATION, Regime.PARTICIPATIONS): _measured,
    (ThingKind.FUNDING, Regime.PERSONS): _funded,
    (ThingKind.FUNDING, Regime.PERSON_MONTHS): _no_work,
    (ThingKind.FUNDING, Regime.PARTICIPATIONS): _granted,
}
