"""What a figure is made of: a SELECT of the rows it counts, and how they are measured."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.texts import Text


class Selection(NamedTuple):
    """A SELECT over the read model, the only definition of what is counted.

    It takes `:programme`, `:stichtag` and `:datenstand` (and the days `figures.parameters` derives from
    the Stichtag) and yields the columns

    - `unit`: what is counted once: a participant, a person-month, a single row
    - `participant`, `stream`: whose, and on which journey
    - `traits`: the person's, at the first enrolment in the programme
    - `category`: a further breakdown of this selection's own, or NULL
    - `value`: what a sum adds up
    - `entries`: the ledger positions behind the row, as one or several JSON lists in a row

    `distinct` says that several rows may belong to one unit, `category` what the categories are, `by_traits` that
    it makes sense to break it down by traits (a caseload is a coach's).
    """

    sql: str
    distinct: bool = True
    category: str | None = None
    by_traits: bool = True


class Measure(StrEnum):
    """How the rows of a selection become a number."""

    COUNT = "count"  # units
    SUM = "sum"  # of value over all rows
    LARGEST = "largest"  # units of the category that has most
    CATEGORIES = "categories"  # that have any unit


class Part(NamedTuple):
    """A measure of a selection, of some of its categories or (empty) of all."""

    selection: str
    measure: Measure = Measure.COUNT
    categories: tuple[str, ...] = ()


class Unit(StrEnum):
    """What a figure's value is in."""

    PERSONS = "persons"
    NUMBER = "number"
    MINUTES = "minutes"
    EUR = "eur"
    PERSON_MONTHS = "person_months"
    RATE = "rate"
    MEAN = "mean"


class Regime(StrEnum):
    """What a figure counts once. The same job can count in one regime and not in another."""

    PERSONS = "persons"  # as the programme reports its success
    PERSON_MONTHS = "person_months"  # as the Kennzahlen of § 48a SGB II do
    PARTICIPATIONS = "participations"  # as the Förderstatistik does: every measure, session or grant
    ESF = "esf"  # Regulation (EU) 2021/1057, Annex I


class Figure(NamedTuple):
    """One figure of the catalogue: a part, or the ratio of two with a scale.

    The value is `part`, or `part * scale / per`; a ratio without a denominator is None. `valid_from` and
    `valid_until` (first day without) bound the Stichtage the definition is for.
    """

    code: str
    title: Text
    definition: Text
    source: str
    unit: Unit
    regime: Regime
    part: Part
    per: Part | None = None
    scale: int = 1
    valid_from: date | None = None
    valid_until: date | None = None

    def valid_at(self, stichtag: date) -> bool:
        """Whether the definition is the one for a Stichtag."""
        after_start = self.valid_from is None or self.valid_from <= stichtag
        return after_start and (self.valid_until is None or stichtag < self.valid_until)
