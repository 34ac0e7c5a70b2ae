"""What reports call things besides figures and traits: units, ways of counting, reasons, states."""

from domain.terms import ExitReason
from domain.texts import Text, _
from projections.catalogue import Figure, Regime, Unit
from projections.glossary import trait_value
from projections.reports.model import Definition
from projections.reports.written import capital
from projections.states import State

UNITS: dict[Unit, Text] = {
    Unit.PERSONS: _("Personen"),
    Unit.NUMBER: _("Anzahl"),
    Unit.MINUTES: _("Minuten"),
    Unit.EUR: _("Euro"),
    Unit.PERSON_MONTHS: _("Personenmonate"),
    Unit.RATE: _("Quote"),
    Unit.MEAN: _("Mittelwert"),
}

REGIMES: dict[Regime, Text] = {
    Regime.PERSONS: _("Personen"),
    Regime.PERSON_MONTHS: _("Personenmonate nach § 48a SGB II"),
    Regime.PARTICIPATIONS: _("Teilnahmen und Leistungen"),
    Regime.ESF: _("ESF+, Verordnung (EU) 2021/1057"),
}
"""What a figure counts once, as a heading over figures counted alike."""

STATES: dict[State, Text] = {
    State.SVP: _("sozialversicherungspflichtig"),
    State.TRAINING: _("in Ausbildung oder selbständig"),
    State.MINIJOB: _("in Minijob"),
    State.QUALIFICATION: _("in Qualifizierung"),
    State.COACHING: _("im Coaching"),
    State.LEFT: _("ausgetreten, ohne Arbeit"),
}

KINDS: dict[str, Text] = {
    "svp": _("sozialversicherungspflichtig"),
    "ausbildung": _("Ausbildung"),
    "selbstaendig": _("Selbständigkeit"),
    "minijob": _("nur Minijob"),
}
"""The kinds of placement shown by month."""

_REASONS: dict[str, Text] = {
    ExitReason.SVP: _("sozialversicherungspflichtige Beschäftigung"),
    ExitReason.MINIJOB: _("Minijob"),
    ExitReason.SELBSTAENDIG: _("Selbständigkeit"),
    ExitReason.AUSBILDUNG: _("Ausbildung"),
    ExitReason.PUBLICLY_FUNDED: _("öffentlich geförderte Beschäftigung"),
    ExitReason.FBW: _("berufliche Weiterbildung (FbW)"),
    ExitReason.NEED_ENDED: _("Ende der Hilfebedürftigkeit"),
    ExitReason.MOVED_AWAY: _("Umzug"),
    ExitReason.ILLNESS: _("Krankheit"),
    ExitReason.CHILDCARE: _("Kinderbetreuung"),
    ExitReason.PRISON: _("Haft"),
    ExitReason.DECEASED: _("verstorben"),
    ExitReason.AGE_LIMIT: _("Altersgrenze"),
    ExitReason.WITHDREW: _("eigener Wunsch"),
    ExitReason.NOT_REACHABLE: _("nicht erreichbar"),
    ExitReason.PROGRAMME_ENDED: _("Ende des Programms"),
}
_OUTCOMES: dict[str, Text] = {
    "yes": _("nachhaltig"),
    "no": _("nicht nachhaltig"),
    "pending": _("offen"),
}
"""What becomes of an Integration, as the sustained figures tell them apart."""
_PLACE = {reason: place for place, reason in enumerate(_REASONS)}


def category_value(category: str, value: str) -> Text:
    """What a value of a figure's own category is called: a reason of an exit, a coach by the staff code; without the
    name of the category, an outcome."""
    known = {"reason": _REASONS, "": _OUTCOMES}.get(category, {})
    return known.get(value) or trait_value(category, value)


def place_of_category(value: str) -> tuple[int, str]:
    """Where a value of a category stands: reasons as listed, others by name."""
    return _PLACE.get(value, len(_PLACE)), value


def definition_of(figure: Figure, language: str) -> Definition:
    """How a figure is counted, in words."""
    return Definition(
        code=figure.code,
        title=figure.title.in_language(language),
        text=figure.definition.in_language(language),
        source=figure.source,
        unit=UNITS[figure.unit].in_language(language),
        regime=capital(REGIMES[figure.regime].in_language(language)),
    )
