"""Labels of what figures are broken down by, and of roles."""

from domain.terms import Role
from domain.texts import Text, _
from projections.rows import TRAITS, split_values

TRAIT_LABELS: dict[str, Text] = {
    "gender": _("Geschlecht"),
    "age_group": _("Altersgruppe bei Aufnahme"),
    "single_parent": _("alleinerziehend bei Aufnahme"),
    "education": _("Bildungsstand"),
    "municipality": _("Wohnort bei Aufnahme"),
}

ROLE_LABELS: dict[Role, Text] = {
    Role.COACH: _("Coach"),
    Role.LEAD: _("Programmleitung"),
    Role.CONTROLLING: _("Controlling"),
    Role.AUDITOR: _("Prüfung"),
    Role.DATA_PROTECTION: _("Datenschutz"),
    Role.ADMIN: _("Verwaltung der Konten"),
}
"""What the roles of an account are called."""

_CATEGORIES: dict[str, Text] = {
    "reason": _("Grund"),
    "coach": _("Coach"),
}

_VALUES: dict[tuple[str, str], Text] = {
    ("gender", "female"): _("Frauen"),
    ("gender", "male"): _("Männer"),
    ("gender", "diverse"): _("divers"),
    ("gender", "unspecified"): _("ohne Angabe"),
    ("age_group", "under_25"): _("unter 25"),
    ("age_group", "25_29"): _("25 bis 29"),
    ("age_group", "30_34"): _("30 bis 34"),
    ("age_group", "35_plus"): _("35 und älter"),
    ("single_parent", "yes"): _("alleinerziehend"),
    ("single_parent", "no"): _("nicht alleinerziehend"),
    ("education", "none"): _("ohne Abschluss"),
    ("education", "isced_0_2"): _("ISCED 0–2"),
    ("education", "isced_3_4"): _("ISCED 3–4"),
    ("education", "isced_5_8"): _("ISCED 5–8"),
    ("education", "unknown"): _("unbekannt"),
}


_ORDER = {key: place for place, key in enumerate(_VALUES)}


def place_of(trait: str, value: str) -> tuple[tuple[int, str], ...]:
    """Where a value of a trait stands among the others: as listed above, municipalities by name."""
    return tuple((_ORDER.get(pair, len(_ORDER)), pair[1]) for pair in _pairs(trait, value))


def trait_label(trait: str) -> Text:
    """What a trait is called, or several joined; a category of a figure's own too."""
    labels = [TRAIT_LABELS.get(name, _CATEGORIES.get(name, Text(name))) for name, _value in _pairs(trait, trait)]
    return labels[0] if len(labels) == 1 else _listed(labels)


def trait_value(trait: str, value: str) -> Text:
    """What a value of a trait is called, or of several joined; a municipality by its own name."""
    labels = [_VALUES.get(pair, Text(pair[1])) for pair in _pairs(trait, value)]
    return labels[0] if len(labels) == 1 else _listed(labels)


def _pairs(trait: str, value: str) -> list[tuple[str, str]]:
    traits = split_values(trait, len(TRAITS))
    return list(zip(traits, split_values(value, len(traits)), strict=True))


def _listed(texts: list[Text]) -> Text:
    return Text("{texts}", {"texts": tuple(texts)})
