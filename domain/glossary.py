"""One glossary from stored names to the words people read, for messages, histories, forms and reports."""

from domain.facts import Step, step_name
from domain.texts import Text, _

STEPS: dict[str, Text] = {
    "enrolled": _("Aufnahme"),
    "coach_assigned": _("Coach-Zuweisung"),
    "coaching_session_held": _("Coaching-Gespräch"),
    "appointment_missed": _("Versäumter Termin"),
    "qualification_started": _("Beginn einer Qualifizierung"),
    "qualification_completed": _("Abschluss einer Qualifizierung"),
    "qualification_abandoned": _("Abbruch einer Qualifizierung"),
    "placement_started": _("Arbeitsaufnahme"),
    "placement_ended": _("Arbeitsende"),
    "funding_granted": _("Bewilligung einer Förderung"),
    "funding_ended": _("Ende einer Förderung"),
    "circumstances_changed": _("Geänderte Lebensumstände"),
    "whereabouts_recorded": _("Verbleib"),
    "exited": _("Austritt"),
    "corrected": _("Berichtigung"),
    "withdrawn": _("Storno"),
    "other_participation": _("Weitere Teilnahme"),
    "disputed": _("Eintrag bestritten"),
    "dispute_settled": _("Streit beigelegt"),
}


def label(step: Step | type[Step]) -> Text:
    """What a step is called."""
    return STEPS[step_name(step)]
