"""The words of the domain: identifiers and enumerations.

A German institution keeps its German name and carries its norm in one line. The values are
storage format and import format at once: they may be added to, never changed.
"""

from enum import StrEnum
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Meta

_NAMESPACE = uuid5(NAMESPACE_URL, "werdegang")

Key = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A short code: of a programme, of a coach (a staff code, never a name), of a ref within a journey."""
Name = Annotated[str, Meta(min_length=1, max_length=120)]
"""A name that is no person's: a municipality, a provider, a sector, a title."""


def programme_stream(key: str) -> UUID:
    """The stream of a programme follows from its key, so a key can be opened only once."""
    return uuid5(_NAMESPACE, f"programme/{key}")


def caseload_stream(programme: str, coach: str) -> UUID:
    """One stream per coach and programme: its version is what makes the coaching ratio hold."""
    return uuid5(programme_stream(programme), f"caseload/{coach}")


def journey_stream(participant: UUID, programme: str, participation: int) -> UUID:
    """The n-th participation (from 1) of a participant in a programme; two enrolments at once collide."""
    return uuid5(participant, f"journey/{programme}/{participation}")


def balances_stream(programme: str) -> UUID:
    """All editions of a programme's balance: they are numbered, and a public one is checked against the others."""
    return uuid5(programme_stream(programme), "balances")


def catalogue_stream(version: str) -> UUID:
    """A version of a catalogue is kept once, whoever draws an edition from it first."""
    return uuid5(_NAMESPACE, f"catalogue/{version}")


def ledger_stream() -> UUID:
    """What happened to the ledger itself: keys that sign it, restores."""
    return uuid5(_NAMESPACE, "ledger")


def register_stream() -> UUID:
    """The register of data protection, one stream: it is replayed whenever the stores are opened."""
    return uuid5(_NAMESPACE, "data-protection")


def account_stream(code: str) -> UUID:
    """The stream of an account follows from its code, so a code is given only once."""
    return uuid5(_NAMESPACE, f"account/{code}")


def erased_stream(about: UUID) -> UUID:
    """The mark that a participant's erasure is approved, beside the participant's or a journey's id; else empty."""
    return uuid5(_NAMESPACE, f"erased/{about}")


class Role(StrEnum):
    """What an account may do. A coach and a lead record; a lead may override the target group and the coaching ratio,
    with a reason. The others record nothing about anybody's journey."""

    COACH = "coach"  # the own caseload
    LEAD = "lead"  # the programme
    CONTROLLING = "controlling"  # figures, no persons
    AUDITOR = "auditor"  # everything under pseudonyms, read only: § 67c Abs. 4 SGB X
    DATA_PROTECTION = "data_protection"  # log of reads, erasure: Art. 37 to 39 DSGVO
    ADMIN = "admin"  # accounts; no social data


class Gender(StrEnum):
    """Geschlecht, § 22 Abs. 3 PStG."""

    FEMALE = "female"
    MALE = "male"
    DIVERSE = "diverse"
    UNSPECIFIED = "unspecified"


class Education(StrEnum):
    """Highest level of education, ISCED 2011, as Regulation (EU) 2021/1057 Annex I groups it."""

    NONE = "none"
    ISCED_0_2 = "isced_0_2"
    ISCED_3_4 = "isced_3_4"
    ISCED_5_8 = "isced_5_8"
    UNKNOWN = "unknown"


class LabourStatus(StrEnum):
    """Status on the labour market at entry, Regulation (EU) 2021/1057 Annex I (EECO02 to EECO05)."""

    UNEMPLOYED = "unemployed"
    LONG_TERM_UNEMPLOYED = "long_term_unemployed"  # Langzeitarbeitslose, § 18 SGB III
    INACTIVE = "inactive"
    EMPLOYED = "employed"


class AgeGroup(StrEnum):
    """Age at entry in the groups of the balance."""

    UNDER_25 = "under_25"
    FROM_25_TO_29 = "25_29"
    FROM_30_TO_34 = "30_34"
    FROM_35 = "35_plus"

    @classmethod
    def of(cls, age: int) -> "AgeGroup":
        """The group of an age in completed years."""
        if age < 25:
            return cls.UNDER_25
        if age < 30:
            return cls.FROM_25_TO_29
        return cls.FROM_30_TO_34 if age < 35 else cls.FROM_35


class Channel(StrEnum):
    """How a coaching session was held."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"
    HOME_VISIT = "home_visit"


class Topic(StrEnum):
    """What a coaching session was about; anything more belongs in the sealed note."""

    APPLICATION = "application"
    CHILDCARE = "childcare"
    DEBTS = "debts"
    EMPLOYER_CONTACT = "employer_contact"
    FAMILY = "family"
    HEALTH = "health"
    HOUSING = "housing"
    LANGUAGE = "language"
    TRAINING = "training"
    OTHER = "other"


class QualificationKind(StrEnum):
    """Workplace-related and other qualification."""

    FBW = "fbw"  # Förderung der beruflichen Weiterbildung, § 81 SGB III
    TEILQUALIFIKATION = "teilqualifikation"  # § 81 SGB III
    UMSCHULUNG = "umschulung"  # § 81 SGB III
    MABE = "mabe"  # Maßnahme zur Aktivierung und beruflichen Eingliederung, § 45 SGB III
    BETRIEBLICHES_PRAKTIKUM = "betriebliches_praktikum"  # § 45 SGB III
    SPRACHKURS = "sprachkurs"  # Integrationskurs, § 43 AufenthG
    BERUFSSPRACHKURS = "berufssprachkurs"  # § 45a AufenthG
    SONSTIGE = "sonstige"


class AbandonReason(StrEnum):
    """Why a qualification was broken off."""

    JOB_FOUND = "job_found"
    ILLNESS = "illness"
    CHILDCARE = "childcare"
    NOT_SUITABLE = "not_suitable"
    MOVED_AWAY = "moved_away"
    WITHDREW = "withdrew"
    OTHER = "other"


class PlacementKind(StrEnum):
    """What kind of work somebody was placed into."""

    SVP = "svp"  # sozialversicherungspflichtige Beschäftigung, § 25 SGB III
    MINIJOB = "minijob"  # geringfügige Beschäftigung, § 8 SGB IV
    AUSBILDUNG = "ausbildung"  # fully qualifying vocational training, § 57 SGB III
    SELBSTAENDIG = "selbstaendig"


class Scheme(StrEnum):
    """The support a placement runs under."""

    NONE = "none"
    EGZ = "egz"  # Eingliederungszuschuss, §§ 88-92 SGB III
    EINSTIEGSGELD = "einstiegsgeld"  # § 16b SGB II
    P16E = "p16e"  # Eingliederung von Langzeitarbeitslosen, § 16e SGB II
    P16I = "p16i"  # Teilhabe am Arbeitsmarkt, § 16i SGB II: publicly funded, no Integration
    P16D = "p16d"  # Arbeitsgelegenheit, § 16d SGB II: publicly funded, no Integration


class PlacementEndReason(StrEnum):
    """Why a placement ended."""

    CONTRACT_EXPIRED = "contract_expired"
    DISMISSED = "dismissed"
    RESIGNED = "resigned"
    MUTUAL_AGREEMENT = "mutual_agreement"
    OTHER_JOB = "other_job"
    ILLNESS = "illness"
    CHILDCARE = "childcare"
    OTHER = "other"


class FundingKind(StrEnum):
    """Follow-up funding (Anschlussförderung)."""

    EGZ = "egz"  # §§ 88-92 SGB III
    EINSTIEGSGELD = "einstiegsgeld"  # § 16b SGB II
    P16E = "p16e"  # § 16e SGB II
    P16F = "p16f"  # Freie Förderung, § 16f SGB II
    P16I = "p16i"  # § 16i SGB II
    P16K = "p16k"  # Ganzheitliche Betreuung, § 16k SGB II
    P44_VERMITTLUNGSBUDGET = "p44_vermittlungsbudget"  # § 44 SGB III
    SONSTIGE = "sonstige"


class FundingEndReason(StrEnum):
    """Why a funding ended."""

    EXPIRED = "expired"
    PLACEMENT_ENDED = "placement_ended"
    REVOKED = "revoked"
    OTHER = "other"


class Whereabouts(StrEnum):
    """What the follow-up check after the exit found."""

    SVP = "svp"
    MINIJOB = "minijob"
    SELBSTAENDIG = "selbstaendig"
    AUSBILDUNG = "ausbildung"
    PUBLICLY_FUNDED = "publicly_funded"
    QUALIFICATION = "qualification"
    JOB_SEEKING = "job_seeking"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class WhereaboutsSource(StrEnum):
    """Where the finding of a follow-up check comes from."""

    PARTICIPANT = "participant"
    EMPLOYER = "employer"
    AUTHORITY = "authority"
    OTHER = "other"


class ExitReason(StrEnum):
    """Why a participation ended. Registered in error is a withdrawal (Storno), never an exit."""

    SVP = "svp"
    MINIJOB = "minijob"
    SELBSTAENDIG = "selbstaendig"
    AUSBILDUNG = "ausbildung"
    PUBLICLY_FUNDED = "publicly_funded"
    FBW = "fbw"
    NEED_ENDED = "need_ended"
    MOVED_AWAY = "moved_away"
    ILLNESS = "illness"
    CHILDCARE = "childcare"
    PRISON = "prison"
    DECEASED = "deceased"
    AGE_LIMIT = "age_limit"
    WITHDREW = "withdrew"
    NOT_REACHABLE = "not_reachable"
    PROGRAMME_ENDED = "programme_ended"


class Criterion(StrEnum):
    """The criteria a target group can have."""

    AGE_MIN = "age_min"
    AGE_MAX = "age_max"
    BENEFIT_MONTHS_MIN = "benefit_months_min"  # Langzeitleistungsbezug, § 6 Abs. 1 of the § 48a SGB II regulation
    MIGRATION_BACKGROUND = "migration_background"  # § 6 of the Migrationshintergrund-Erhebungsverordnung
    MUNICIPALITIES = "municipalities"


class BalanceKind(StrEnum):
    """Which balance of a programme it is."""

    INTERIM = "interim"  # Zwischenbilanz
    FINAL = "final"  # Gesamtbilanz


class HiddenBecause(StrEnum):
    """Why a public version does not show a cell. Said inside the house only: it tells the value by half."""

    SMALL = "small"  # it stands for one or two persons
    COMPUTABLE = "computable"  # with it, a hidden cell could be computed
    DERIVED = "derived"  # a ratio, a sum or a largest of what is hidden


class RestoreReason(StrEnum):
    """Why a ledger was put back from a backup."""

    HARDWARE_FAILURE = "hardware_failure"
    OPERATOR_ERROR = "operator_error"
    ATTACK = "attack"
    MIGRATION = "migration"
    EXERCISE = "exercise"


class ErasureGround(StrEnum):
    """Why personal data is erased, Art. 17 Abs. 1 DSGVO with § 84 SGB X."""

    NO_LONGER_NEEDED = "no_longer_needed"  # Buchst. a: the period of keeping is over
    CONSENT_WITHDRAWN = "consent_withdrawn"  # Buchst. b
    OBJECTION = "objection"  # Buchst. c
    UNLAWFUL = "unlawful"  # Buchst. d
    LEGAL_OBLIGATION = "legal_obligation"  # Buchst. e


class RestrictionGround(StrEnum):
    """Why processing is restricted (Sperrung), Art. 18 Abs. 1 DSGVO with § 84 SGB X."""

    ACCURACY_CONTESTED = "accuracy_contested"  # Buchst. a: while it is checked
    UNLAWFUL = "unlawful"  # Buchst. b: the person wants no erasure
    LEGAL_CLAIMS = "legal_claims"  # Buchst. c
    OBJECTION = "objection"  # Buchst. d
