"""The rows of the read model, one type per table.

Every row says what was so on a journey (or of a programme) in one interval of knowledge: from the
position `known_from` until `known_until` (open: NULL). As known at a Datenstand P means
`known_from <= P AND (known_until IS NULL OR known_until > P)`. `entries` is a JSON list of the ledger
positions behind the row.

Days are ISO texts (a DATE on PostgreSQL), ids are texts (a UUID on PostgreSQL), yes and no are 1 and 0,
money is whole cents, and a month is counted as year * 12 + month - 1. So a row is the same tuple on
either store. An end date is the first day without.
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

Id = Annotated[str, "id"]
Day = Annotated[str, "day"]
Flag = Annotated[int, "flag"]
Month = Annotated[int, "month"]
Entries = Annotated[str, "entries"]


class ProgrammeRow(NamedTuple):
    """A programme as opened; `closed_on` is its last day where it ended before `ends_on`."""

    stream: Id
    programme: str
    title: str
    funder: str
    starts_on: Day
    ends_on: Day
    closed_on: Day | None
    coaching_ratio: int
    target_group: str
    targets: str
    entries: Entries


class CoachRow(NamedTuple):
    """A coach known to a programme."""

    stream: Id
    programme: str
    coach: str
    entries: Entries


class EnrolmentRow(NamedTuple):
    """One participation, from its enrolment to its exit; `traits` are those at enrolment, joined.

    `left_until` is the last day of the four weeks after the exit, `half_year_on` the day six months after it,
    `half_year_until` the last of the four weeks after that: the ESF+ looks at these days.
    """

    stream: Id
    participant: Id
    programme: str
    traits: str
    participation: int
    enrolled_on: Day
    exited_on: Day | None
    exit_reason: str | None
    left_until: Day | None
    half_year_on: Day | None
    half_year_until: Day | None
    gender: str
    age: int
    age_group: str
    migration_background: Flag
    single_parent: Flag
    municipality: str
    benefit_months: int
    education: str
    labour_status: str | None
    overridden: Flag
    entries: Entries


class CircumstanceRow(NamedTuple):
    """What held from a day until another: single parent, municipality."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    from_on: Day
    until_on: Day | None
    single_parent: Flag
    municipality: str
    entries: Entries


class CareRow(NamedTuple):
    """A participant in the care of a coach."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    coach: str
    from_on: Day
    until_on: Day | None
    entries: Entries


class SessionRow(NamedTuple):
    """A coaching session held."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    held_on: Day
    minutes: int
    channel: str
    topics: str
    entries: Entries


class MissedRow(NamedTuple):
    """An appointment missed."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    missed_on: Day
    excused: Flag
    entries: Entries


class QualificationRow(NamedTuple):
    """A qualification; `outcome` is completed, abandoned or NULL."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    ref: str
    kind: str
    provider: str | None
    started_on: Day
    ended_on: Day | None
    outcome: str | None
    certificate: Flag | None
    abandon_reason: str | None
    entries: Entries


class PlacementRow(NamedTuple):
    """A job, a training or a self-employment."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    ref: str
    kind: str
    scheme: str
    sector: str | None
    weekly_hours: float | None
    monthly_pay_cents: int | None
    fixed_term: Flag | None
    started_on: Day
    started_month: Month
    ended_on: Day | None
    end_reason: str | None
    entries: Entries


class FundingRow(NamedTuple):
    """A follow-up funding."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    ref: str
    kind: str
    placement: str | None
    granted_on: Day
    until_on: Day | None
    amount_cents: int
    ended_on: Day | None
    end_reason: str | None
    entries: Entries


class WhereaboutsRow(NamedTuple):
    """What a follow-up check found; `entry` is its number on the journey, which tells two on one day apart."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    entry: int
    checked_on: Day
    status: str
    source: str
    improved: Flag | None
    entries: Entries


class DisputeRow(NamedTuple):
    """An entry the person contests (strittig); `entry` is its number on the journey, `disputed` its position."""

    stream: Id
    participant: Id
    programme: str
    traits: str
    entry: int
    disputed: int
    entries: Entries


class BalanceRow(NamedTuple):
    """An edition of a programme's balance; `state` is drafted, approved or released. What it says is in its entries:
    the draft, the approval, the release."""

    stream: Id
    programme: str
    number: int
    kind: str
    stichtag: Day
    datenstand: int
    catalogue: str
    digest: str
    state: str
    entries: Entries


class AccountRow(NamedTuple):
    """An account; `roles` is a JSON list of `{"role", "programme", "coach"}`, empty once it is closed."""

    stream: Id
    account: str
    closed: Flag
    roles: str
    entries: Entries


Row = (
    ProgrammeRow
    | CoachRow
    | EnrolmentRow
    | CircumstanceRow
    | CareRow
    | SessionRow
    | MissedRow
    | QualificationRow
    | PlacementRow
    | FundingRow
    | WhereaboutsRow
    | DisputeRow
    | BalanceRow
    | AccountRow
)

TABLES: dict[str, type[Row]] = {
    "programmes": ProgrammeRow,
    "coaches": CoachRow,
    "enrolments": EnrolmentRow,
    "circumstances": CircumstanceRow,
    "care": CareRow,
    "sessions": SessionRow,
    "missed_appointments": MissedRow,
    "qualifications": QualificationRow,
    "placements": PlacementRow,
    "fundings": FundingRow,
    "whereabouts": WhereaboutsRow,
    "disputes": DisputeRow,
    "balances": BalanceRow,
    "accounts": AccountRow,
}

TRAITS = ("gender", "age_group", "single_parent", "education", "municipality")
"""The traits at enrolment that figures are broken down by, in the order the column `traits` joins them."""
_SEPARATOR = "|"


def joined_traits(
    participation: int, gender: str, age_group: str, single_parent: bool, education: str, municipality: str
) -> str:
    """The value of the column `traits`: the participation, so that the smallest of several is the earliest, then
    the traits in the order of `TRAITS`; the municipality, a free text, stands last."""
    values = (f"{participation:03}", gender, age_group, "yes" if single_parent else "no", education, municipality)
    return joined_values(values)


def joined_values(values: Iterable[str]) -> str:
    """Values of several traits in the order of `TRAITS` as one."""
    return _SEPARATOR.join(values)


def split_traits(traits: str) -> tuple[str, ...]:
    """The traits in the order of `TRAITS`."""
    return split_values(traits, len(TRAITS) + 1)[1:]


def split_values(joined: str, number: int) -> tuple[str, ...]:
    """The values of so many traits."""
    return tuple(joined.split(_SEPARATOR, number - 1))


def month_of(day: str) -> Month:
    """The month an ISO day lies in, counted from year 0."""
    return int(day[:4]) * 12 + int(day[5:7]) - 1


def as_entries(positions: tuple[int, ...]) -> Entries:
    """A JSON list of positions, ascending."""
    if len(positions) == 1:
        return f"[{positions[0]}]"
    return str(sorted(set(positions)))
