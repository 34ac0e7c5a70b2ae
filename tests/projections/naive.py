"""The balance counted a second time, in plain Python, straight from the rows of an import file.

Written from DOMAIN.md section 5 alone and deliberately without a thought for speed. Nothing of the product is
imported here, so that an agreement between the two means something.

    balance(rows, date(2018, 2, 19))["placed_svp"].value
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import isclose
from typing import Any

Row = Mapping[str, Any]
TRAITS = ("gender", "age_group", "single_parent", "education", "municipality")
PUBLICLY_FUNDED = ("p16i", "p16d")


@dataclass
class Figure:
    """A value, and the same by trait or by a category of its own."""

    value: float | None
    by: dict[str, dict[str, float | None]]


@dataclass
class Job:
    """A placement; `end` is the first day without it."""

    kind: str
    scheme: str
    start: date
    end: date | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or self.end > day)

    @property
    def is_svp_integration(self) -> bool:
        return self.kind == "svp" and self.scheme not in PUBLICLY_FUNDED

    @property
    def is_integration(self) -> bool:
        return self.is_svp_integration or self.kind in ("ausbildung", "selbstaendig")


@dataclass
class Stay:
    """One participation of one person."""

    person: str
    number: int
    enrolled: date
    traits: dict[str, str]
    exited: date | None = None
    exit_reason: str = ""
    sessions: list[tuple[date, int]] = field(default_factory=list)
    qualifications: dict[str, tuple[date, date | None]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    fundings: list[tuple[date, Decimal]] = field(default_factory=list)
    coaches: list[tuple[date, str]] = field(default_factory=list)
    single_parent: list[tuple[date, bool]] = field(default_factory=list)

    def active_on(self, day: date) -> bool:
        return self.enrolled <= day and (self.exited is None or self.exited > day)

    def single_parent_on(self, day: date) -> bool:
        said = [value for since, value in sorted(self.single_parent, key=lambda item: item[0]) if since <= day]
        return bool(said and said[-1])

    def coach_on(self, day: date) -> str | None:
        if not self.active_on(day):
            return None
        assigned = [coach for since, coach in sorted(self.coaches, key=lambda item: item[0]) if since <= day]
        return assigned[-1] if assigned else None


def balance(rows: Iterable[Row], stichtag: date) -> dict[str, Figure]:
    """Every figure at a Stichtag; the rows as they read at the Datenstand, in the order of their entry."""
    return _Counting(stays_of(rows), stichtag).figures()


def differences(found: Mapping[str, Any], rows: Iterable[Row], stichtag: date) -> list[str]:
    """Where figures found elsewhere (code → something with `value` and `by`) are not the ones counted here.

    A group nobody is in may be left out or be 0.
    """
    counted = balance(rows, stichtag)
    wrong = [f"figures: {sorted(found.keys() ^ counted.keys())}"] if found.keys() != counted.keys() else []
    for code, here in counted.items():
        there = found[code]
        if not _equal(here.value, there.value):
            wrong.append(f"{code}: {there.value}, here {here.value}")
        wrong += [f"{code} by {sorted(here.by.keys() ^ there.by.keys())}"] if here.by.keys() != there.by.keys() else []
        for trait, groups in here.by.items():
            others = there.by.get(trait, {})
            wrong += [
                f"{code} by {trait} {name}: {others.get(name)}, here {groups.get(name)}"
                for name in groups.keys() | others.keys()
                if not _equal(groups.get(name) or 0, others.get(name) or 0)
            ]
    return wrong


def _equal(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else isclose(one, other, abs_tol=1e-9)


# --- reading the rows -----------------------------------------------------------------------------------------------


def stays_of(rows: Iterable[Row]) -> list[Stay]:
    """The participations the rows tell of, each person's in order."""
    told: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        told[row["participant"], row.get("participation", 1)].append(row)
    stays = []
    for (person, number), steps in sorted(told.items()):
        (enrolment,) = (row for row in steps if row["step"] == "enrolled")
        stay = Stay(person, number, _day(enrolment["on"]), _traits(enrolment))
        stay.single_parent.append((stay.enrolled, enrolment["single_parent"]))
        for row in steps:
            _tell(stay, row)
        stays.append(stay)
    return stays


def _traits(enrolment: Row) -> dict[str, str]:
    age = enrolment["age"]
    group = "under_25" if age < 25 else "25_29" if age < 30 else "30_34" if age < 35 else "35_plus"
    return {
        "gender": enrolment["gender"],
        "age_group": group,
        "single_parent": "yes" if enrolment["single_parent"] else "no",
        "education": enrolment["education"],
        "municipality": enrolment["municipality"],
    }


def _tell(stay: Stay, row: Row) -> None:
    on = _day(row["on"])
    match row["step"]:
        case "exited":
            stay.exited, stay.exit_reason = on, row["reason"]
        case "coach_assigned":
            stay.coaches.append((on, row["coach"]))
        case "coaching_session_held":
            stay.sessions.append((on, row["minutes"]))
        case "qualification_started":
            stay.qualifications[row["ref"]] = (on, None)
        case "qualification_completed":
            stay.qualifications[row["ref"]] = (stay.qualifications[row["ref"]][0], on)
        case "placement_started":
            stay.jobs[row["ref"]] = Job(row["kind"], row.get("scheme", "none"), on)
        case "placement_ended":
            stay.jobs[row["ref"]].end = on
        case "funding_granted":
            stay.fundings.append((on, Decimal(str(row["amount"]))))
        case "circumstances_changed" if row.get("single_parent") is not None:
            stay.single_parent.append((on, row["single_parent"]))


def _day(text: str) -> date:
    return date.fromisoformat(text)


# --- days and months ------------------------------------------------------------------------------------------------


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def months_back(day: date, months: int) -> date:
    """The last day of the month if the day ends its own; otherwise the same day, clipped."""
    year, month = day.year, day.month
    for _step in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    last = month_end(year, month)
    ends_month = (day + timedelta(days=1)).month != day.month
    return last if ends_month else date(year, month, min(day.day, last.day))


def six_ends_after(day: date) -> list[date]:
    ends, year, month = [], day.year, day.month
    for _step in range(6):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        ends.append(month_end(year, month))
    return ends


# --- counting -------------------------------------------------------------------------------------------------------

Counted = list[tuple[dict[str, str], float]]
"""What a figure counts: the traits it is broken down by, and how much."""


class _Counting:
    """One pass per figure over the participations."""

    def __init__(self, stays: list[Stay], stichtag: date) -> None:
        self.stays, self.at = stays, stichtag
        self.people: dict[str, list[Stay]] = defaultdict(list)
        for stay in stays:
            self.people[stay.person].append(stay)
        self.since = months_back(stichtag, 12)
        self.days = [months_back(stichtag, number) for number in range(12)]

    def figures(self) -> dict[str, Figure]:
        enrolled = self._once(lambda stay: stay.enrolled <= self.at)
        placed = self._once(lambda stay: bool(self._jobs(stay)))
        integrations = self._person_months(lambda _stay, job: job.is_integration)
        active_days = [(self._traits(s), 1.0) for s in self.stays for day in self.days if s.active_on(day)]
        of_single_parents = self._person_months(
            lambda stay, job: job.is_integration and stay.single_parent_on(job.start)
        )
        days_of_single_parents = [
            (self._traits(s), 1.0)
            for s in self.stays
            for day in self.days
            if s.active_on(day) and s.single_parent_on(day)
        ]
        counts = {
            "participants_enrolled": enrolled,
            "participants_active": self._once(lambda stay: stay.active_on(self.at)),
            "coaching_sessions": [(self._traits(s), 1.0) for s in self.stays for on, _m in s.sessions if on <= self.at],
            "coaching_minutes": [
                (self._traits(s), float(m)) for s in self.stays for on, m in s.sessions if on <= self.at
            ],
            "participants_coached": self._once(lambda stay: any(on <= self.at for on, _m in stay.sessions)),
            "qualifications_started": [
                (self._traits(s), 1.0)
                for s in self.stays
                for start, _end in s.qualifications.values()
                if start <= self.at
            ],
            "qualifications_completed": [(self._traits(s), 1.0) for s in self.stays for _end in self._completed(s)],
            "participants_qualified": self._once(lambda stay: bool(self._completed(stay))),
            "placed_svp": self._placed("svp"),
            "placed_minijob_only": self._minijob_only(),
            "placed_ausbildung": self._placed("ausbildung"),
            "placed_selbstaendig": self._placed("selbstaendig"),
            "placed_any": placed,
            "single_parents_in_svp": self._once(
                lambda stay: self._in_svp([stay], self.at) and self._single_parent(stay.person)
            ),
            "follow_up_funded": self._once(lambda stay: bool(self._granted(stay))),
            "follow_up_funding_eur": self._funding(),
            "integrations_12m": integrations,
            "minijob_entries_12m": self._person_months(lambda _stay, job: job.kind == "minijob"),
            "publicly_funded_entries_12m": self._person_months(lambda _stay, job: job.scheme in PUBLICLY_FUNDED),
        }
        found = {code: Figure(_total(counted), _by_trait(counted)) for code, counted in counts.items()}
        found["placement_rate"] = _ratio(placed, enrolled)
        found["integration_rate_12m"] = _ratio(integrations, active_days, 12)
        found["integration_rate_single_parents_12m"] = _ratio(of_single_parents, days_of_single_parents, 12)
        return found | self._exits() | self._caseload() | self._sustained()

    def _traits(self, stay: Stay) -> dict[str, str]:
        """The person's one combination of traits: those at the first enrolment by the Stichtag."""
        return next(one.traits for one in self.people[stay.person] if one.enrolled <= self.at)

    # --- persons --------------------------------------------------------------------------------

    def _once(self, holds: Callable[[Stay], bool]) -> Counted:
        """Every person once, under the first participation for which it holds."""
        first: dict[str, Stay] = {}
        for stay in self.stays:
            if holds(stay):
                first.setdefault(stay.person, stay)
        return [(self._traits(stay), 1.0) for stay in first.values()]

    def _jobs(self, stay: Stay) -> list[Job]:
        return [job for job in stay.jobs.values() if job.start <= self.at]

    def _completed(self, stay: Stay) -> list[date]:
        return [end for _start, end in stay.qualifications.values() if end is not None and end <= self.at]

    def _placed(self, kind: str) -> Counted:
        return self._once(lambda stay: any(job.kind == kind for job in self._jobs(stay)))

    def _minijob_only(self) -> Counted:
        def holds(stay: Stay) -> bool:
            kinds = {job.kind for other in self.people[stay.person] for job in self._jobs(other)}
            return "svp" not in kinds and any(job.kind == "minijob" for job in self._jobs(stay))

        return self._once(holds)

    def _in_svp(self, stays: list[Stay], day: date) -> bool:
        return any(job.kind == "svp" and job.covers(day) for stay in stays for job in stay.jobs.values())

    def _single_parent(self, person: str) -> bool:
        """What was said last about the person, by the Stichtag."""
        begun = [(stay.enrolled, stay.number, stay) for stay in self.people[person] if stay.enrolled <= self.at]
        return max(begun, key=lambda item: item[:2])[2].single_parent_on(self.at)

    def _granted(self, stay: Stay) -> list[Decimal]:
        return [amount for on, amount in stay.fundings if on <= self.at]

    def _funding(self) -> Counted:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        first: dict[str, Stay] = {}
        for stay in self.stays:
            if self._granted(stay):
                first.setdefault(stay.person, stay)
                sums[stay.person] += sum(self._granted(stay))
        return [(self._traits(first[person]), float(amount)) for person, amount in sums.items()]

    # --- person-months --------------------------------------------------------------------------

    def _person_months(self, counts: Callable[[Stay, Job], bool]) -> Counted:
        """Once per person and calendar month of a start in (S - 12 months, S]."""
        first: dict[Hashable, Stay] = {}
        for stay in self.stays:
            for job in stay.jobs.values():
                if self.since < job.start <= self.at and counts(stay, job):
                    first.setdefault((stay.person, job.start.year, job.start.month), stay)
        return [(self._traits(stay), 1.0) for stay in first.values()]

    def _sustained(self) -> dict[str, Figure]:
        found: dict[str, Counted] = {"yes": [], "no": [], "pending": []}
        seen = set()
        for stay in self.stays:
            for job in self._jobs(stay):
                month = (stay.person, job.start.year, job.start.month)
                if job.is_svp_integration and month not in seen:
                    seen.add(month)
                    found[self._lasted(stay.person, job.start)].append((self._traits(stay), 1.0))
        figures = {f"sustained_{name}": Figure(_total(cells), _by_trait(cells)) for name, cells in found.items()}
        figures["sustained_rate"] = _ratio(found["yes"], found["yes"] + found["no"])
        return figures

    def _lasted(self, person: str, start: date) -> str:
        ends = six_ends_after(start)
        stays = self.people[person]
        if any(end <= self.at and not self._in_svp(stays, end) for end in ends):
            return "no"
        return "yes" if ends[-1] <= self.at else "pending"

    # --- exits and care -------------------------------------------------------------------------

    def _exits(self) -> dict[str, Figure]:
        exited = [(stay.exited, stay.number, stay) for stay in self.stays if stay.exited and stay.exited <= self.at]
        last = {stay.person: stay for _day, _number, stay in sorted(exited, key=lambda item: item[:2])}
        counted: Counted = [(self._traits(stay), 1.0) for stay in last.values()]
        reasons = Counter(stay.exit_reason for stay in last.values())
        return {"exits": Figure(_total(counted), _by_trait(counted) | {"reason": dict(reasons)})}

    def _caseload(self) -> dict[str, Figure]:
        coaches = Counter(coach for stay in self.stays if (coach := stay.coach_on(self.at)))
        mean = sum(coaches.values()) / len(coaches) if coaches else None
        return {
            "caseload_max": Figure(max(coaches.values(), default=0), {"coach": dict(coaches)}),
            "caseload_mean": Figure(mean, {}),
        }


def _total(counted: Counted) -> float:
    return sum(amount for _traits_, amount in counted)


def _by_trait(counted: Counted) -> dict[str, dict[str, float | None]]:
    return {
        trait: {
            value: _total([cell for cell in counted if cell[0][trait] == value]) for value in _values(trait, counted)
        }
        for trait in TRAITS
    }


def _ratio(above: Counted, below: Counted, scale: int = 1) -> Figure:
    def value(above: Counted, below: Counted) -> float | None:
        return _total(above) / (_total(below) / scale) if below else None

    def part(counted: Counted, trait: str, name: str) -> Counted:
        return [cell for cell in counted if cell[0][trait] == name]

    by = {
        trait: {
            name: value(part(above, trait, name), part(below, trait, name)) for name in _values(trait, above + below)
        }
        for trait in TRAITS
    }
    return Figure(value(above, below), by)


def _values(trait: str, counted: Counted) -> set[str]:
    return {traits[trait] for traits, _amount in counted}
