"""What the kinds of entries are called, and the fields nobody fills in."""

from domain.facts import Fact, tag_of
from domain.glossary import STEPS
from domain.labels import label_of
from domain.texts import Text, _

KINDS: dict[str, Text] = {f"journey.{name}": text for name, text in STEPS.items()} | {
    "programme.opened": _("Programm eröffnet"),
    "programme.coach_joined": _("Coach ins Programm aufgenommen"),
    "programme.closed": _("Programm vorzeitig beendet"),
    "caseload.case_taken_on": _("Fall übernommen"),
    "caseload.case_handed_over": _("Fall abgegeben"),
    "catalogue.kept": _("Katalog aufbewahrt"),
    "balance.drafted": _("Bilanz entworfen"),
    "balance.approved": _("Bilanz freigegeben"),
    "balance.released": _("Bilanz veröffentlicht"),
    "erasure.requested": _("Löschung beantragt"),
    "erasure.declined": _("Löschung abgelehnt"),
    "erasure.approved": _("Löschung freigegeben"),
    "erasure.done": _("Löschung ausgeführt"),
    "restriction.imposed": _("Verarbeitung eingeschränkt"),
    "restriction.lifted": _("Einschränkung aufgehoben"),
    "account.opened": _("Konto eröffnet"),
    "account.role_granted": _("Rolle vergeben"),
    "account.role_revoked": _("Rolle entzogen"),
    "account.closed": _("Konto geschlossen"),
    "ledger.signer_introduced": _("Neuer Schlüssel für die Siegel"),
    "ledger.restored": _("Journal zurückgespielt"),
}
"""By the tag of the fact."""

_FIELDS: dict[str, Text] = {
    "enrolled_on": _("aufgenommen am"),
    "verdict": _("Prüfung der Zielgruppe"),
    "target_group": _("Zielgruppe"),
    "targets": _("Ziele"),
    "over_ratio": _("über dem Betreuungsschlüssel"),
    "number": _("Ausgabe"),
    "digest": _("Prüfsumme"),
    "checkpoint": _("Prüfpunkt"),
    "hidden": _("Verdeckte Zellen"),
    "version": _("Fassung"),
    "epoch": _("Epoche der Schlüssel"),
    "replaces": _("ersetzt"),
    "size": _("Zahl der Einträge"),
    "last_known": _("letzter bekannter Prüfpunkt"),
    "lost": _("verlorene Einträge"),
}
"""Fields of facts besides those a person fills in, which `domain.labels` names."""


def kind_label(kind: str | Fact | type[Fact]) -> Text:
    """What a kind of entry is called: by its tag, or by a fact of it."""
    tag = kind if isinstance(kind, str) else tag_of(kind)
    return KINDS.get(tag, Text(tag))


def field_label(name: str) -> Text:
    """What a field of a fact is called."""
    return _FIELDS.get(name) or label_of(name)
