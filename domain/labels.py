"""What fields and values are called, and hints to who fills them in: for forms, timelines and the interface."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from domain import terms
from domain.texts import Text, _

FIELDS: dict[str, Text] = {
    "on": _("Datum"),
    "happened_on": _("Datum"),
    "participant": _("Person"),
    "programme": _("Programm"),
    "participation": _("Teilnahme"),
    "gender": _("Geschlecht"),
    "age": _("Alter bei Aufnahme"),
    "age_group": _("Altersgruppe"),
    "migration_background": _("Migrationshintergrund"),
    "single_parent": _("alleinerziehend"),
    "municipality": _("Wohnort"),
    "benefit_months": _("Monate im Leistungsbezug"),
    "education": _("Bildungsstand"),
    "labour_status": _("Status am Arbeitsmarkt"),
    "name": _("Name"),
    "birth_date": _("Geburtsdatum"),
    "customer_number": _("Kundennummer"),
    "contact": _("Kontakt"),
    "override_reason": _("Begründung der Abweichung"),
    "coach": _("Coach"),
    "minutes": _("Dauer in Minuten"),
    "channel": _("Form"),
    "topics": _("Themen"),
    "note": _("Notiz"),
    "excused": _("entschuldigt"),
    "ref": _("Kennung"),
    "kind": _("Art"),
    "provider": _("Träger"),
    "certificate": _("mit Zertifikat"),
    "reason": _("Grund"),
    "scheme": _("Förderung der Stelle"),
    "sector": _("Branche"),
    "weekly_hours": _("Wochenstunden"),
    "monthly_pay": _("Monatsentgelt in Euro"),
    "fixed_term": _("befristet"),
    "employer": _("Arbeitgeber"),
    "placement": _("zur Arbeitsaufnahme"),
    "until": _("bewilligt bis"),
    "amount": _("Betrag in Euro"),
    "wage_share_percent": _("Anteil am Entgelt in Prozent"),
    "status": _("Verbleib"),
    "source": _("Quelle"),
    "improved": _("Arbeit besser als bei Aufnahme"),
    "entry": _("Eintrag"),
    "key": _("Schlüssel"),
    "title": _("Titel"),
    "funder": _("Geldgeber"),
    "starts_on": _("Beginn"),
    "ends_on": _("Ende"),
    "last_day": _("letzter Tag"),
    "coaching_ratio": _("Betreuungsschlüssel"),
    "retention_years": _("Aufbewahrung in Jahren"),
    "age_min": _("Mindestalter"),
    "age_max": _("Höchstalter"),
    "benefit_months_min": _("Mindestmonate im Leistungsbezug"),
    "municipalities": _("Wohnorte"),
    "ground": _("Grund"),
    "stichtag": _("Stichtag"),
    "datenstand": _("Datenstand"),
    "final": _("Gesamtbilanz"),
    "catalogue": _("Katalog"),
    "account": _("Konto"),
    "role": _("Rolle"),
    "password": _("Passwort"),
}
"""The label of a field, by its name in forms, in the interface and in the import file."""

HINTS: dict[str, Text] = {
    "on": _("Wann es geschehen ist, nicht wann es erfasst wird."),
    "benefit_months": _("In den letzten 24 Monaten, 0 bis 24."),
    "migration_background": _("Nur das Ergebnis der Feststellung, nie Geburtsland oder Eltern."),
    "customer_number": _("Verschlüsselt; gefunden wird sie über eine verschlüsselte Prüfsumme."),
    "name": _("Verschlüsselt mit dem Schlüssel der Person."),
    "birth_date": _("Verschlüsselt; das Alter folgt daraus."),
    "age": _("In vollendeten Jahren; leer lassen, wenn das Geburtsdatum angegeben ist."),
    "contact": _("Telefon, E-Mail, Anschrift; verschlüsselt."),
    "override_reason": _("Nur eine Programmleitung darf abweichen; die Begründung wird gespeichert und gezeigt."),
    "note": _("Verschlüsselt; in keiner Statistik."),
    "employer": _("Verschlüsselt."),
    "ref": _("Ein kurzes Kürzel, an dem das Ende seinen Beginn findet, etwa q1 oder job-2."),
    "until": _("Letzter Tag, für den gezahlt wird."),
    "amount": _("In Euro und Cent für die ganze Dauer."),
    "improved": _("Nur wenn die Person bei Aufnahme Arbeit hatte (EECR06)."),
    "key": _("Ein kurzes Kürzel, das bleibt, etwa lzb-gg."),
    "coaching_ratio": _("Höchstzahl der Personen je Coach."),
}


class Labels:
    """A label for each value of the enumerations: a value equals its text, and so the value of another
    enumeration with the same text; hence it is looked up by both."""

    def __init__(self, labels: Iterable[tuple[Enum, Text]]) -> None:
        self._labels = {(type(value), value.value): label for value, label in labels}

    def __getitem__(self, value: Enum) -> Text:
        return self._labels[type(value), value.value]


VALUES = Labels(
    (
        (terms.Gender.FEMALE, _("weiblich")),
        (terms.Gender.MALE, _("männlich")),
        (terms.Gender.DIVERSE, _("divers")),
        (terms.Gender.UNSPECIFIED, _("ohne Angabe")),
        (terms.Education.NONE, _("ohne Abschluss")),
        (terms.Education.ISCED_0_2, _("Haupt- oder Realschule (ISCED 0–2)")),
        (terms.Education.ISCED_3_4, _("Abitur oder Berufsausbildung (ISCED 3–4)")),
        (terms.Education.ISCED_5_8, _("Hochschule oder Meister (ISCED 5–8)")),
        (terms.Education.UNKNOWN, _("unbekannt")),
        (terms.LabourStatus.UNEMPLOYED, _("arbeitslos")),
        (terms.LabourStatus.LONG_TERM_UNEMPLOYED, _("langzeitarbeitslos")),
        (terms.LabourStatus.INACTIVE, _("nicht erwerbstätig")),
        (terms.LabourStatus.EMPLOYED, _("erwerbstätig")),
        (terms.AgeGroup.UNDER_25, _("unter 25")),
        (terms.AgeGroup.FROM_25_TO_29, _("25 bis 29")),
        (terms.AgeGroup.FROM_30_TO_34, _("30 bis 34")),
        (terms.AgeGroup.FROM_35, _("35 und älter")),
        (terms.Channel.IN_PERSON, _("persönlich")),
        (terms.Channel.PHONE, _("am Telefon")),
        (terms.Channel.VIDEO, _("per Video")),
        (terms.Channel.HOME_VISIT, _("Hausbesuch")),
        (terms.Topic.APPLICATION, _("Bewerbung")),
        (terms.Topic.CHILDCARE, _("Kinderbetreuung")),
        (terms.Topic.DEBTS, _("Schulden")),
        (terms.Topic.EMPLOYER_CONTACT, _("Kontakt zu Arbeitgebern")),
        (terms.Topic.FAMILY, _("Familie")),
        (terms.Topic.HEALTH, _("Gesundheit")),
        (terms.Topic.HOUSING, _("Wohnen")),
        (terms.Topic.LANGUAGE, _("Sprache")),
        (terms.Topic.TRAINING, _("Qualifizierung")),
        (terms.Topic.OTHER, _("Sonstiges")),
        (terms.QualificationKind.FBW, _("Berufliche Weiterbildung (§ 81 SGB III)")),
        (terms.QualificationKind.TEILQUALIFIKATION, _("Teilqualifikation")),
        (terms.QualificationKind.UMSCHULUNG, _("Umschulung")),
        (terms.QualificationKind.MABE, _("Maßnahme zur Aktivierung (§ 45 SGB III)")),
        (terms.QualificationKind.BETRIEBLICHES_PRAKTIKUM, _("Betriebliches Praktikum")),
        (terms.QualificationKind.SPRACHKURS, _("Integrationskurs")),
        (terms.QualificationKind.BERUFSSPRACHKURS, _("Berufssprachkurs")),
        (terms.QualificationKind.SONSTIGE, _("Sonstige")),
        (terms.AbandonReason.JOB_FOUND, _("Arbeit gefunden")),
        (terms.AbandonReason.ILLNESS, _("Krankheit")),
        (terms.AbandonReason.CHILDCARE, _("Kinderbetreuung")),
        (terms.AbandonReason.NOT_SUITABLE, _("nicht geeignet")),
        (terms.AbandonReason.MOVED_AWAY, _("verzogen")),
        (terms.AbandonReason.WITHDREW, _("zurückgezogen")),
        (terms.AbandonReason.OTHER, _("Sonstiges")),
        (terms.PlacementKind.SVP, _("sozialversicherungspflichtige Beschäftigung")),
        (terms.PlacementKind.MINIJOB, _("Minijob")),
        (terms.PlacementKind.AUSBILDUNG, _("Ausbildung")),
        (terms.PlacementKind.SELBSTAENDIG, _("Selbständigkeit")),
        (terms.Scheme.NONE, _("keine")),
        (terms.Scheme.EGZ, _("Eingliederungszuschuss (§§ 88–92 SGB III)")),
        (terms.Scheme.EINSTIEGSGELD, _("Einstiegsgeld (§ 16b SGB II)")),
        (terms.Scheme.P16E, _("Eingliederung von Langzeitarbeitslosen (§ 16e SGB II)")),
        (terms.Scheme.P16I, _("Teilhabe am Arbeitsmarkt (§ 16i SGB II)")),
        (terms.Scheme.P16D, _("Arbeitsgelegenheit (§ 16d SGB II)")),
        (terms.PlacementEndReason.CONTRACT_EXPIRED, _("Vertrag ausgelaufen")),
        (terms.PlacementEndReason.DISMISSED, _("gekündigt worden")),
        (terms.PlacementEndReason.RESIGNED, _("selbst gekündigt")),
        (terms.PlacementEndReason.MUTUAL_AGREEMENT, _("Aufhebungsvertrag")),
        (terms.PlacementEndReason.OTHER_JOB, _("andere Stelle")),
        (terms.PlacementEndReason.ILLNESS, _("Krankheit")),
        (terms.PlacementEndReason.CHILDCARE, _("Kinderbetreuung")),
        (terms.PlacementEndReason.OTHER, _("Sonstiges")),
        (terms.FundingKind.EGZ, _("Eingliederungszuschuss (§§ 88–92 SGB III)")),
        (terms.FundingKind.EINSTIEGSGELD, _("Einstiegsgeld (§ 16b SGB II)")),
        (terms.FundingKind.P16E, _("Eingliederung von Langzeitarbeitslosen (§ 16e SGB II)")),
        (terms.FundingKind.P16F, _("Freie Förderung (§ 16f SGB II)")),
        (terms.FundingKind.P16I, _("Teilhabe am Arbeitsmarkt (§ 16i SGB II)")),
        (terms.FundingKind.P16K, _("Ganzheitliche Betreuung (§ 16k SGB II)")),
        (terms.FundingKind.P44_VERMITTLUNGSBUDGET, _("Vermittlungsbudget (§ 44 SGB III)")),
        (terms.FundingKind.SONSTIGE, _("Sonstige")),
        (terms.FundingEndReason.EXPIRED, _("ausgelaufen")),
        (terms.FundingEndReason.PLACEMENT_ENDED, _("Arbeit beendet")),
        (terms.FundingEndReason.REVOKED, _("widerrufen")),
        (terms.FundingEndReason.OTHER, _("Sonstiges")),
        (terms.Whereabouts.SVP, _("sozialversicherungspflichtige Beschäftigung")),
        (terms.Whereabouts.MINIJOB, _("Minijob")),
        (terms.Whereabouts.SELBSTAENDIG, _("Selbständigkeit")),
        (terms.Whereabouts.AUSBILDUNG, _("Ausbildung")),
        (terms.Whereabouts.PUBLICLY_FUNDED, _("öffentlich geförderte Beschäftigung")),
        (terms.Whereabouts.QUALIFICATION, _("Qualifizierung")),
        (terms.Whereabouts.JOB_SEEKING, _("arbeitsuchend")),
        (terms.Whereabouts.INACTIVE, _("nicht erwerbstätig")),
        (terms.Whereabouts.UNKNOWN, _("unbekannt")),
        (terms.WhereaboutsSource.PARTICIPANT, _("Person selbst")),
        (terms.WhereaboutsSource.EMPLOYER, _("Arbeitgeber")),
        (terms.WhereaboutsSource.AUTHORITY, _("Behörde")),
        (terms.WhereaboutsSource.OTHER, _("Sonstiges")),
        (terms.ExitReason.SVP, _("sozialversicherungspflichtige Beschäftigung")),
        (terms.ExitReason.MINIJOB, _("Minijob")),
        (terms.ExitReason.SELBSTAENDIG, _("Selbständigkeit")),
        (terms.ExitReason.AUSBILDUNG, _("Ausbildung")),
        (terms.ExitReason.PUBLICLY_FUNDED, _("öffentlich geförderte Beschäftigung")),
        (terms.ExitReason.FBW, _("Berufliche Weiterbildung (§ 81 SGB III)")),
        (terms.ExitReason.NEED_ENDED, _("Hilfebedürftigkeit beendet")),
        (terms.ExitReason.MOVED_AWAY, _("verzogen")),
        (terms.ExitReason.ILLNESS, _("Krankheit")),
        (terms.ExitReason.CHILDCARE, _("Kinderbetreuung")),
        (terms.ExitReason.PRISON, _("Haft")),
        (terms.ExitReason.DECEASED, _("verstorben")),
        (terms.ExitReason.AGE_LIMIT, _("Altersgrenze")),
        (terms.ExitReason.WITHDREW, _("zurückgezogen")),
        (terms.ExitReason.NOT_REACHABLE, _("nicht erreichbar")),
        (terms.ExitReason.PROGRAMME_ENDED, _("Programm beendet")),
        (terms.Criterion.AGE_MIN, _("Mindestalter")),
        (terms.Criterion.AGE_MAX, _("Höchstalter")),
        (terms.Criterion.BENEFIT_MONTHS_MIN, _("Mindestmonate im Leistungsbezug")),
        (terms.Criterion.MIGRATION_BACKGROUND, _("Migrationshintergrund")),
        (terms.Criterion.MUNICIPALITIES, _("Wohnort")),
        (terms.ErasureGround.NO_LONGER_NEEDED, _("nicht mehr erforderlich (Art. 17 Abs. 1 Buchst. a)")),
        (terms.ErasureGround.CONSENT_WITHDRAWN, _("Einwilligung widerrufen (Buchst. b)")),
        (terms.ErasureGround.OBJECTION, _("Widerspruch (Buchst. c)")),
        (terms.ErasureGround.UNLAWFUL, _("unrechtmäßig verarbeitet (Buchst. d)")),
        (terms.ErasureGround.LEGAL_OBLIGATION, _("rechtliche Pflicht (Buchst. e)")),
        (terms.RestrictionGround.ACCURACY_CONTESTED, _("Richtigkeit bestritten (Art. 18 Abs. 1 Buchst. a)")),
        (terms.RestrictionGround.UNLAWFUL, _("unrechtmäßig, aber keine Löschung gewünscht (Buchst. b)")),
        (terms.RestrictionGround.LEGAL_CLAIMS, _("für Rechtsansprüche gebraucht (Buchst. c)")),
        (terms.RestrictionGround.OBJECTION, _("Widerspruch eingelegt (Buchst. d)")),
        (terms.BalanceKind.INTERIM, _("Zwischenbilanz")),
        (terms.BalanceKind.FINAL, _("Gesamtbilanz")),
        (terms.Role.COACH, _("Coach")),
        (terms.Role.LEAD, _("Programmleitung")),
        (terms.Role.CONTROLLING, _("Controlling")),
        (terms.Role.AUDITOR, _("Prüfung")),
        (terms.Role.DATA_PROTECTION, _("Datenschutz")),
        (terms.Role.ADMIN, _("Verwaltung")),
    )
)
"""The label of a value; every value of an enumeration somebody may choose or read has one (a test)."""


def label_of(field: str) -> Text:
    """What a field is called; one without a label by its name."""
    return FIELDS.get(field, Text(field))


def hint_of(field: str) -> Text | None:
    """A hint to who fills a field in."""
    return HINTS.get(field)


def value_label(value: Enum) -> Text:
    """What a value is called."""
    return VALUES[value]


def told(field: str, value: Any) -> Text:
    """A value of a field as people read it; what is stored as a text of an enumeration by its label.

    `value` is plain: a text, a number, a truth value, a list of them, or None.
    """
    if isinstance(value, list | tuple):
        return Text("{values}", {"values": tuple(told(field, one) for one in value)})
    if value is None:
        return Text("–")
    if field in _MONEY:
        return Text("{amount}", {"amount": Decimal(str(value))})
    if field in _DAYS and isinstance(value, str):
        return Text("{day}", {"day": date.fromisoformat(value)})
    kinds = _KINDS.get(field, ())
    for kind in kinds:
        if value in set(kind):
            return VALUES[kind(value)]
    return Text("{value}", {"value": value})


_MONEY = ("amount", "monthly_pay")
_DAYS = ("on", "happened_on", "until", "birth_date", "last_day", "starts_on", "ends_on", "enrolled_on", "stichtag")
_KINDS: dict[str, tuple[type[Enum], ...]] = {
    "gender": (terms.Gender,),
    "education": (terms.Education,),
    "labour_status": (terms.LabourStatus,),
    "channel": (terms.Channel,),
    "topics": (terms.Topic,),
    "kind": (terms.PlacementKind, terms.QualificationKind, terms.FundingKind),
    "scheme": (terms.Scheme,),
    "reason": (terms.ExitReason, terms.PlacementEndReason, terms.AbandonReason, terms.FundingEndReason),
    "status": (terms.Whereabouts,),
    "source": (terms.WhereaboutsSource,),
    "age_group": (terms.AgeGroup,),
    "role": (terms.Role,),
}
"""The enumerations a field's values may come from; where two have the same value, its label is the same."""
