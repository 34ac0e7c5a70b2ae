"""The figures of the core catalogue (DOMAIN.md section 5) with title, definition and source."""

from domain.texts import _
from projections.catalogue.figure import Figure, Measure, Part, Unit

_HOUSE = "Werdegang, Zählregeln des Programms"
_P48A = "§ 48a SGB II, Verordnung zur Festlegung der Kennzahlen; hier auf ein Programm angewandt"

_ENROLLED = Part("enrolled")
_IN_CARE = Part("in_care")

FIGURES: tuple[Figure, ...] = (
    Figure(
        "participants_enrolled",
        _("Aufgenommene Teilnehmende"),
        _("Personen mit einer Aufnahme bis zum Stichtag."),
        _HOUSE,
        Unit.PERSONS,
        _ENROLLED,
    ),
    Figure(
        "participants_active",
        _("Aktive Teilnehmende"),
        _("Aufgenommene Personen, die am Stichtag nicht ausgetreten sind."),
        _HOUSE,
        Unit.PERSONS,
        Part("active"),
    ),
    Figure(
        "coaching_sessions",
        _("Coaching-Gespräche"),
        _("Zahl der bis zum Stichtag geführten Gespräche."),
        _HOUSE,
        Unit.NUMBER,
        Part("sessions"),
    ),
    Figure(
        "coaching_minutes",
        _("Coaching-Minuten"),
        _("Summe der Minuten der bis zum Stichtag geführten Gespräche."),
        _HOUSE,
        Unit.MINUTES,
        Part("sessions", Measure.SUM),
    ),
    Figure(
        "participants_coached",
        _("Gecoachte Teilnehmende"),
        _("Personen mit mindestens einem Gespräch bis zum Stichtag."),
        _HOUSE,
        Unit.PERSONS,
        Part("coached"),
    ),
    Figure(
        "qualifications_started",
        _("Begonnene Qualifizierungen"),
        _("Zahl der bis zum Stichtag begonnenen Qualifizierungen."),
        _HOUSE,
        Unit.NUMBER,
        Part("qualifications_started"),
    ),
    Figure(
        "qualifications_completed",
        _("Abgeschlossene Qualifizierungen"),
        _("Zahl der bis zum Stichtag abgeschlossenen Qualifizierungen."),
        _HOUSE,
        Unit.NUMBER,
        Part("qualifications_completed"),
    ),
    Figure(
        "participants_qualified",
        _("Qualifizierte Teilnehmende"),
        _("Personen mit mindestens einer bis zum Stichtag abgeschlossenen Qualifizierung."),
        _HOUSE,
        Unit.PERSONS,
        Part("qualified"),
    ),
    Figure(
        "placed_svp",
        _("Vermittelt in sozialversicherungspflichtige Beschäftigung"),
        _("Personen mit mindestens einer bis zum Stichtag begonnenen sozialversicherungspflichtigen Beschäftigung."),
        _HOUSE,
        Unit.PERSONS,
        Part("placed_svp"),
    ),
    Figure(
        "placed_minijob_only",
        _("Weitere Personen in Minijob"),
        _(
            "Personen mit mindestens einem bis zum Stichtag begonnenen Minijob und keiner bis dahin begonnenen "
            "sozialversicherungspflichtigen Beschäftigung."
        ),
        "§ 8 SGB IV; " + _HOUSE,
        Unit.PERSONS,
        Part("placed_minijob_only"),
    ),
    Figure(
        "placed_ausbildung",
        _("Vermittelt in Ausbildung"),
        _("Personen mit mindestens einer bis zum Stichtag begonnenen vollqualifizierenden Ausbildung."),
        _HOUSE,
        Unit.PERSONS,
        Part("placed_ausbildung"),
    ),
    Figure(
        "placed_selbstaendig",
        _("Selbständig geworden"),
        _("Personen mit mindestens einer bis zum Stichtag begonnenen selbständigen Tätigkeit."),
        _HOUSE,
        Unit.PERSONS,
        Part("placed_selbstaendig"),
    ),
    Figure(
        "placed_any",
        _("Vermittelt insgesamt"),
        _("Personen mit einer bis zum Stichtag begonnenen Beschäftigung, Ausbildung oder Selbständigkeit jeder Art."),
        _HOUSE,
        Unit.PERSONS,
        Part("placed_any"),
    ),
    Figure(
        "placement_rate",
        _("Vermittlungsquote"),
        _("Vermittelt insgesamt geteilt durch aufgenommene Teilnehmende."),
        _HOUSE,
        Unit.RATE,
        Part("placed_any"),
        _ENROLLED,
    ),
    Figure(
        "single_parents_in_svp",
        _("Alleinerziehende in sozialversicherungspflichtiger Beschäftigung"),
        _(
            "Personen, die am Stichtag alleinerziehend sind (Angabe bei Aufnahme, geändert durch spätere Angaben) "
            "und am Stichtag sozialversicherungspflichtig arbeiten."
        ),
        _HOUSE,
        Unit.PERSONS,
        Part("single_parents_in_svp"),
    ),
    Figure(
        "follow_up_funded",
        _("Personen mit Anschlussförderung"),
        _("Personen mit einer bis zum Stichtag bewilligten Förderung."),
        _HOUSE,
        Unit.PERSONS,
        Part("funded"),
    ),
    Figure(
        "follow_up_funding_eur",
        _("Bewilligte Anschlussförderung in Euro"),
        _("Summe der bis zum Stichtag bewilligten Förderungen."),
        _HOUSE,
        Unit.EUR,
        Part("funded", Measure.SUM),
    ),
    Figure(
        "exits",
        _("Austritte"),
        _("Bis zum Stichtag ausgetretene Personen, nach Grund; bei mehreren Austritten zählt der letzte."),
        _HOUSE,
        Unit.PERSONS,
        Part("exits"),
    ),
    Figure(
        "caseload_max",
        _("Größte Fallzahl eines Coachs"),
        _("Personen am Stichtag in Betreuung bei dem Coach, der die meisten hat."),
        _HOUSE,
        Unit.PERSONS,
        Part("in_care", Measure.LARGEST),
    ),
    Figure(
        "caseload_mean",
        _("Mittlere Fallzahl je Coach"),
        _("Personen am Stichtag in Betreuung je Coach mit mindestens einer Person."),
        _HOUSE,
        Unit.MEAN,
        _IN_CARE,
        Part("coaches_in_care"),
    ),
    Figure(
        "integrations_12m",
        _("Integrationen der letzten zwölf Monate"),
        _(
            "Personenmonate der letzten zwölf Monate mit Beginn einer sozialversicherungspflichtigen Beschäftigung "
            "(nicht nach §§ 16d, 16i SGB II), Ausbildung oder Selbständigkeit; je Person und Kalendermonat eine."
        ),
        "K2, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("integrations"),
    ),
    Figure(
        "integration_rate_12m",
        _("Integrationsquote der letzten zwölf Monate"),
        _(
            "Integrationen der letzten zwölf Monate geteilt durch den mittleren Bestand aktiver Teilnehmender an "
            "zwölf Tagen: dem Stichtag und demselben Tag der elf Monate davor."
        ),
        "K2, " + _P48A,
        Unit.RATE,
        Part("integrations"),
        Part("active_days", Measure.SUM),
        scale=12,
    ),
    Figure(
        "minijob_entries_12m",
        _("Eintritte in Minijob der letzten zwölf Monate"),
        _("Personenmonate der letzten zwölf Monate mit Beginn eines Minijobs."),
        "K2E1, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("minijob_entries"),
    ),
    Figure(
        "publicly_funded_entries_12m",
        _("Eintritte in öffentlich geförderte Beschäftigung der letzten zwölf Monate"),
        _("Personenmonate der letzten zwölf Monate mit Beginn einer Beschäftigung nach §§ 16d, 16i SGB II."),
        "K2E2, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("publicly_funded_entries"),
    ),
    Figure(
        "integration_rate_single_parents_12m",
        _("Integrationsquote der Alleinerziehenden"),
        _("Wie die Integrationsquote, beide Teile für Personen, die am gezählten Tag alleinerziehend sind."),
        "K2E4, " + _P48A,
        Unit.RATE,
        Part("integrations_single_parents"),
        Part("active_days_single_parents", Measure.SUM),
        scale=12,
    ),
    Figure(
        "sustained_yes",
        _("Nachhaltige Integrationen"),
        _(
            "Sozialversicherungspflichtige Integrationen (Person und Monat), nach denen die Person am letzten Tag "
            "jedes der sechs folgenden Monate sozialversicherungspflichtig arbeitete, auch anderswo."
        ),
        "K2E3, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("sustained", categories=("yes",)),
    ),
    Figure(
        "sustained_no",
        _("Nicht nachhaltige Integrationen"),
        _("Sozialversicherungspflichtige Integrationen, bei denen einer der sechs Tage bis zum Stichtag fehlt."),
        "K2E3, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("sustained", categories=("no",)),
    ),
    Figure(
        "sustained_pending",
        _("Integrationen mit noch offener Nachhaltigkeit"),
        _("Sozialversicherungspflichtige Integrationen, deren sechs Tage noch nicht alle erreicht sind."),
        "K2E3, " + _P48A,
        Unit.PERSON_MONTHS,
        Part("sustained", categories=("pending",)),
    ),
    Figure(
        "sustained_rate",
        _("Nachhaltigkeitsquote"),
        _("Nachhaltige geteilt durch nachhaltige und nicht nachhaltige Integrationen; offene zählen nicht mit."),
        "K2E3, " + _P48A,
        Unit.RATE,
        Part("sustained", categories=("yes",)),
        Part("sustained", categories=("yes", "no")),
    ),
)
