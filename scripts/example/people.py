"""The 240 made-up participants. Names and numbers are such that they can belong to nobody."""

from datetime import date, timedelta
from random import Random

from msgspec import Struct

from domain.terms import Education, Gender
from scripts.example.cast import ENROLLED_BY_STICHTAG, PARTICIPANTS, Part, breaches, parts
from scripts.example.days import PROGRAMME_START, generator, working_day

COACHES = ("coach-1", "coach-2", "coach-3")
LEAD = "lead-1"
THIRD_COACH_ON = date(2016, 9, 1)

_LATER_INTAKE = (date(2018, 2, 26), date(2018, 12, 14))
_LAST_INTAKE_BEFORE = date(2018, 2, 14)
_MUNICIPALITIES = ("Rüsselsheim", "Raunheim", "Kelsterbach", "Ginsheim-Gustavsburg", "Bischofsheim")
_SHARES = (50, 14, 14, 12, 10)
_TURNS = (2, 0, 2, 1, 0, 2, 1, 0, 2, 1)
"""Who takes on the next participant once there are three coaches; the third has room to fill."""

_SINGLE_MOTHERS = {
    Part.SINGLE_MOTHER_IN_SVP,
    Part.END_REPORTED_LATE,
    Part.CIRCUMSTANCES_REPORTED_LATE,
    Part.SVP_REPORTED_LATE_SINGLE_MOTHER,
}
_NO_SINGLE_PARENTS = {
    Part.SVP,
    Part.SVP_AFTER_MINIJOB,
    Part.SVP_TWICE,
    Part.SINGLE_MOTHER_FOUND_LATE,
    Part.SVP_REPORTED_LATE,
    Part.SVP_WITHDRAWN,
    Part.SVP_BEGAN_LATER,
    Part.SVP_WAS_MINIJOB,
    Part.MINIJOB_WAS_SVP,
}
_OLDEST = {Part.RETURNING: 31, Part.SVP_TWICE: 31, Part.ENROLLED_ANEW: 33}
_OVERRIDES = {
    Part.OVERRIDE_AGE: "Wird beim Erstgespräch 35; Förderplan lag schon vor.",
    Part.OVERRIDE_MUNICIPALITY: "Umzug nach Raunheim ist fest vereinbart.",
}


class Person(Struct, frozen=True, kw_only=True):
    """One participant: the traits at the first enrolment, the personal texts and the part in the example."""

    number: int
    part: Part
    breach: bool
    enrolled_on: date
    coach: str
    gender: Gender
    birth_date: date
    single_parent: bool
    municipality: str
    benefit_months: int
    education: Education

    @property
    def own_key(self) -> str:
        """The key the example knows this person by."""
        return f"example-{self.number:03}"

    @property
    def customer_number(self) -> str:
        """A Kundennummer outside of what is given out."""
        return f"999A{self.number:06}"

    @property
    def override_reason(self) -> str | None:
        """Why a lead admitted this person with a criterion missed; None where all are met."""
        return _OVERRIDES.get(self.part)

    @property
    def personal(self) -> dict[str, str]:
        """The personal fields of an enrolment, to be sealed."""
        texts = {
            "name": f"Beispielperson {self.number:03}",
            "birth_date": self.birth_date.isoformat(),
            "customer_number": self.customer_number,
            "contact": f"beispielperson{self.number:03}@example.invalid",
        }
        return texts | ({"override_reason": self.override_reason} if self.override_reason else {})

    def age_on(self, day: date) -> int:
        """Completed years on a day."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)


def people() -> list[Person]:
    """Everybody, in the order of enrolment."""
    cast = parts()
    beyond = breaches(cast)
    return [_person(number, cast[number], number in beyond) for number in range(1, PARTICIPANTS + 1)]


def _person(number: int, part: Part, breach: bool) -> Person:
    rng = generator(f"person/{number}")
    enrolled_on = _enrolled_on(number)
    gender = _gender(part, number, rng)
    town = rng.choices(_MUNICIPALITIES, _SHARES)[0]
    return Person(
        number=number,
        part=part,
        breach=breach,
        enrolled_on=enrolled_on,
        coach=_coach(number, enrolled_on),
        gender=gender,
        birth_date=_birth_date(part, enrolled_on, rng),
        single_parent=_single_parent(part, gender, rng),
        municipality="Trebur" if part is Part.OVERRIDE_MUNICIPALITY else town,
        benefit_months=rng.choices((21, 22, 23, 24), (8, 9, 13, 70))[0],
        education=rng.choices(list(Education), (12, 50, 25, 7, 6))[0],
    )


def _enrolled_on(number: int) -> date:
    """The intake is densest at the start and then slows down."""
    if number <= ENROLLED_BY_STICHTAG:
        first, last = PROGRAMME_START + timedelta(6), _LAST_INTAKE_BEFORE
        share = ((number - 1) / (ENROLLED_BY_STICHTAG - 1)) ** 1.15
    else:
        first, last = _LATER_INTAKE
        share = (number - ENROLLED_BY_STICHTAG - 1) / (PARTICIPANTS - ENROLLED_BY_STICHTAG - 1)
    return working_day(first + timedelta(round((last - first).days * share)))


def _coach(number: int, enrolled_on: date) -> str:
    return COACHES[number % 2 if enrolled_on < THIRD_COACH_ON else _TURNS[number % 10]]


def _gender(part: Part, number: int, rng: Random) -> Gender:
    if part in _SINGLE_MOTHERS or part is Part.SINGLE_MOTHER_FOUND_LATE:
        return Gender.FEMALE
    if part is Part.SINGLE_PARENT_SVP_ENDED:
        return rng.choices((Gender.FEMALE, Gender.MALE), (3, 1))[0]
    if part is Part.UNPLACED and number % 60 == 0:
        return Gender.DIVERSE
    return rng.choices((Gender.FEMALE, Gender.MALE, Gender.UNSPECIFIED), (50, 49, 1))[0]


def _birth_date(part: Part, enrolled_on: date, rng: Random) -> date:
    age = 35 if part is Part.OVERRIDE_AGE else rng.randint(23, _OLDEST.get(part, 34))
    birthday = date(enrolled_on.year - age, enrolled_on.month, min(enrolled_on.day, 28))
    return birthday - timedelta(rng.randint(0, 360))


def _single_parent(part: Part, gender: Gender, rng: Random) -> bool:
    if part in _SINGLE_MOTHERS or part is Part.SINGLE_PARENT_SVP_ENDED:
        return True
    if part in _NO_SINGLE_PARENTS:
        return False
    return rng.random() < (0.25 if gender is Gender.FEMALE else 0.04)
