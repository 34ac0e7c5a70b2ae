"""What a command answers when it does not do what was asked."""

from domain.texts import Text

_ACCURACY = "Art. 5 Abs. 1 Buchst. d DSGVO (Richtigkeit)"
_PERIOD = "Förderzeitraum des Programms"
_FORM = "Importdatei, Abschnitt Felder"

NORMS: dict[str, str] = {
    "unknown_programme": "Regel 1: Programm und Coach sind eröffnet",
    "unknown_coach": "Regel 1: Programm und Coach sind eröffnet",
    "outside_period": f"Regel 2: {_PERIOD}",
    "period_reversed": f"Regel 2: {_PERIOD}",
    "already_active": f"Regel 3: eine Teilnahme zur Zeit; {_ACCURACY}",
    "already_enrolled": f"Regel 3: eine Teilnahme zur Zeit; {_ACCURACY}",
    "target_group": "Regel 4: Zielgruppe des Programms",
    "override_needs_lead": "Regel 4: Zielgruppe des Programms",
    "in_future": f"Regel 5: nichts aus der Zukunft; {_ACCURACY}",
    "not_enrolled": f"Regel 6: kein Schritt vor der Aufnahme; {_ACCURACY}",
    "unknown_participant": f"Regel 6: kein Schritt vor der Aufnahme; {_ACCURACY}",
    "before_enrolment": f"Regel 6: kein Schritt vor der Aufnahme; {_ACCURACY}",
    "after_exit": f"Regel 7: kein Schritt nach dem Austritt; {_ACCURACY}",
    "end_before_start": f"Regel 8: kein Ende vor dem Beginn; {_ACCURACY}",
    "ref_taken": f"Regel 9: jede Kennung einmal, bekannt und offen; {_ACCURACY}",
    "unknown_ref": f"Regel 9: jede Kennung einmal, bekannt und offen; {_ACCURACY}",
    "closed_ref": f"Regel 9: jede Kennung einmal, bekannt und offen; {_ACCURACY}",
    "coach_full": "Regel 10: Betreuungsschlüssel des Programms",
    "exited_twice": f"Regel 11: ein Austritt; {_ACCURACY}",
    "unknown_entry": f"Regel 12: berichtigt und storniert wird, was gilt; {_ACCURACY}",
    "already_withdrawn": f"Regel 12: berichtigt und storniert wird, was gilt; {_ACCURACY}",
    "other_step": f"Regel 12: berichtigt und storniert wird, was gilt; {_ACCURACY}",
    "entry_in_the_way": f"Regel 13: der Weg bleibt möglich; {_ACCURACY}",
    "request_reused": "Regel 14: eine Anfrage gilt einmal",
    "changed_row": "Regel 14: eine Anfrage gilt einmal",
    "customer_number_taken": f"Regel 3: eine Teilnahme zur Zeit; {_ACCURACY}",
    "age_contradicts": f"Regel 4: Zielgruppe des Programms; {_ACCURACY}",
    "missing_field": _FORM,
    "unknown_field": _FORM,
    "unknown_step": _FORM,
    "bad_value": _FORM,
    "bad_json": _FORM,
    "too_many_cells": _FORM,
    "nothing_changed": _FORM,
    "negative_amount": _FORM,
}
"""The source of the rule behind each refusal a step can meet; docs/refusals.md explains every one."""


class Refused(Exception):
    """A rule stands against it; nothing was stored.

    `code` is stable and made for programs, `text` for people, `norm` names the source of the rule
    (by default the one of the code), `field` the field to put right, where there is one.
    No text ever contains personal data.
    """

    def __init__(self, code: str, text: Text, norm: str | None = None, field: str | None = None) -> None:
        super().__init__(code, text, norm, field)  # as arguments, so that it travels between processes
        self.code, self.text, self.norm, self.field = code, text, norm or NORMS.get(code), field

    def in_language(self, language: str) -> str:
        """The text with its norm in brackets."""
        words = self.text.in_language(language)
        return f"{words} [{self.norm}]" if self.norm else words

    def __str__(self) -> str:
        return self.in_language("de")


class NotFound(Refused):
    """What was named does not exist."""


class Conflict(Refused):
    """Others kept changing the same streams; trying again later may work."""


class NotReady(Refused):
    """A store is missing, not initialised or set up unsafely: for whoever runs the machine."""
