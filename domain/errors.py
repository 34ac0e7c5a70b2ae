"""What a command answers when it does not do what was asked."""

from domain.texts import Text, _

_ACCURACY = "Art. 5 Abs. 1 Buchst. d DSGVO"
RULES: dict[int, Text] = {
    1: _("Regel 1: Programm und Coach sind eröffnet"),
    2: _("Regel 2: Förderzeitraum des Programms"),
    3: _("Regel 3: eine Teilnahme zur Zeit"),
    4: _("Regel 4: Zielgruppe des Programms"),
    5: _("Regel 5: nichts aus der Zukunft"),
    6: _("Regel 6: nichts vor der Aufnahme"),
    7: _("Regel 7: kein Schritt nach dem Austritt"),
    8: _("Regel 8: kein Ende vor dem Beginn"),
    9: _("Regel 9: jede Kennung einmal, bekannt und offen"),
    10: _("Regel 10: Betreuungsschlüssel des Programms"),
    11: _("Regel 11: ein Austritt"),
    12: _("Regel 12: berichtigt und storniert wird, was gilt"),
    13: _("Regel 13: der Weg bleibt möglich"),
    14: _("Regel 14: eine Anfrage gilt einmal"),
    15: _("Regel 15: Felder und ihre Werte"),
    16: _("Regel 16: eine Bilanz und eine Löschung gehen durch vier Augen"),
    17: _("Regel 17: eine Gesamtbilanz erst zum Ende"),
    18: _("Regel 18: Löschung und Sperrung; Art. 17 und 18 DSGVO, § 84 SGB X"),
    19: _("Regel 19: Konten und ihre Rollen; § 35 Abs. 1 SGB I"),
}
"""The house rules behind refusals; docs/refusals.md explains every one. Those in `_ACCURATE` serve the accuracy of
personal data."""
_ACCURATE = {3, 5, 6, 7, 8, 9, 11, 12, 13}

RULE_OF: dict[str, int] = {
    "unknown_programme": 1,
    "unknown_coach": 1,
    "outside_period": 2,
    "period_reversed": 2,
    "already_closed": 2,
    "already_active": 3,
    "already_enrolled": 3,
    "customer_number_taken": 3,
    "target_group": 4,
    "override_needs_lead": 4,
    "age_contradicts": 4,
    "in_future": 5,
    "not_enrolled": 6,
    "unknown_participant": 6,
    "before_enrolment": 6,
    "after_exit": 7,
    "end_before_start": 8,
    "ref_taken": 9,
    "unknown_ref": 9,
    "closed_ref": 9,
    "coach_full": 10,
    "exited_twice": 11,
    "unknown_entry": 12,
    "already_withdrawn": 12,
    "other_step": 12,
    "entry_in_the_way": 13,
    "request_reused": 14,
    "changed_row": 14,
    "missing_field": 15,
    "unknown_field": 15,
    "unknown_step": 15,
    "bad_value": 15,
    "bad_json": 15,
    "too_many_cells": 15,
    "nothing_changed": 15,
    "negative_amount": 15,
    "four_eyes": 16,
    "not_approved": 16,
    "not_sealed": 16,
    "not_ended": 17,
    "erased": 18,
    "already_erased": 18,
    "not_requested": 18,
    "unknown_account": 19,
    "account_exists": 19,
    "account_closed": 19,
    "own_account": 19,
    "role_needs_coach": 19,
    "role_has_no_coach": 19,
    "role_has_no_programme": 19,
    "roles_apart": 19,
}
"""The rule behind each refusal a step can meet."""


def norm_of(code: str) -> Text | None:
    """The source of the rule behind a refusal: the house rule and, where it serves accuracy, the law."""
    number = RULE_OF.get(code)
    if number is None:
        return None
    return _("{rule}; {law}", rule=RULES[number], law=_ACCURACY) if number in _ACCURATE else RULES[number]


class Refused(Exception):
    """A rule stands against it; nothing was stored.

    `code` is stable and made for programs, `text` for people, `norm` names the source of the rule,
    `field` the field to put right, where there is one.
    No text ever contains personal data.
    """

    def __init__(self, code: str, text: Text, field: str | None = None) -> None:
        super().__init__(code, text, field)  # as arguments, so that it travels between processes
        self.code, self.text, self.field = code, text, field
        self.norm = norm_of(code)

    def in_language(self, language: str) -> str:
        """The text with its norm in brackets."""
        words = self.text.in_language(language)
        return f"{words} [{self.norm.in_language(language)}]" if self.norm else words

    def __str__(self) -> str:
        return self.in_language("de")


class NotFound(Refused):
    """What was named does not exist."""


class Conflict(Refused):
    """Others kept changing the same streams; trying again later may work."""


class NotReady(Refused):
    """A store is missing, not initialised or set up unsafely: for whoever runs the machine."""
