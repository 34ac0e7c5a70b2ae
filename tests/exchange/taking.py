"""Taking rows into open stores: `Desk(stores).take(rows)`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from samples import plain

from domain import commands
from domain.facts import Enrolled, ProgrammeOpened, Recorded, Step, TargetGroup, step_name
from domain.journal import Request
from domain.terms import journey_stream
from domain.vault import OWN_KEY
from projections.catch_up import catch_up
from projections.exchange.files import RawRow
from projections.exchange.intake import Report, Terms, take_in
from projections.stores import Stores

NOW = datetime(2020, 1, 2, 9, tzinfo=UTC)
KEY = "lzb"
OPENING = ProgrammeOpened(
    key=KEY,
    title="Perspektiven eröffnen",
    funder="Land Hessen",
    starts_on=NOW.replace(2016, 3).date(),
    ends_on=NOW.replace(2019, 6, 30).date(),
    coaching_ratio=2,
    target_group=TargetGroup(age_max=34),
)


def enrolled(participant: str = "A", on: str = "2017-01-01", **changed: Any) -> dict[str, Any]:
    """An enrolment that meets every criterion."""
    return {
        "participant": participant,
        "step": "enrolled",
        "on": on,
        "gender": "female",
        "age": 27,
        "migration_background": True,
        "single_parent": True,
        "municipality": "Raunheim",
        "benefit_months": 24,
        "education": "isced_0_2",
        **changed,
    }


def step(name: str, on: str, participant: str = "A", **fields: Any) -> dict[str, Any]:
    """A row of a step."""
    return {"participant": participant, "step": name, "on": on, **fields}


def missed(on: str, participant: str = "A", **fields: Any) -> dict[str, Any]:
    """The simplest step there is."""
    return step("appointment_missed", on, participant, excused=True, **fields)


class Desk:
    """Where files come in: the programme `lzb` is open."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        request = Request(id=uuid4(), by="tester", now=NOW)
        stores.journal.act(lambda streams: commands.open_programme(streams, OPENING), request)
        self.opened = stores.journal.head()
        self.batch = uuid4()

    def take(self, *rows: dict[str, Any], first_line: int = 1, **terms: Any) -> Report:
        """Take in rows as one file; projected afterwards."""
        raw = [
            RawRow(number, {name: plain(value) for name, value in row.items()})
            for number, row in enumerate(rows, first_line)
        ]
        return self.take_raw(raw, **terms)

    def take_raw(self, raw: Sequence[RawRow], **terms: Any) -> Report:
        """Take in rows as they were read."""
        self.batch = uuid4()
        wanted = {"batch": self.batch, "by": "tester", "now": NOW, "programme": KEY, "reason": "Import", **terms}
        report = take_in(self.stores.journal, self.stores.vault, raw, Terms(**wanted))
        catch_up(self.stores.journal, self.stores.read_model)
        return report

    def journey(self, participant: str = "A", participation: int = 1) -> UUID:
        """The stream of somebody's participation."""
        person = self.stores.vault.find(OWN_KEY, participant)
        assert person is not None
        return journey_stream(person, KEY, participation)

    def entries(self, participant: str = "A", participation: int = 1) -> list[Recorded]:
        """What is recorded of somebody."""
        return self.stores.journal.read(self.journey(participant, participation))

    def steps(self, participant: str = "A", participation: int = 1) -> list[tuple[str, str]]:
        """The steps of somebody as (step, day), in the order of their entry."""
        steps = [one.fact for one in self.entries(participant, participation) if isinstance(one.fact, Step)]
        return [(step_name(step), str(step.happened_on)) for step in steps]

    @property
    def stored(self) -> int:
        """How many entries there are beside the opening of the programme."""
        return self.stores.journal.count(self.stores.journal.head()) - 1

    @property
    def people(self) -> int:
        """How many people have a key in the vault."""
        return self.stores.vault.count()

    def enrolment(self, participant: str = "A") -> Enrolled:
        """Somebody's enrolment as recorded."""
        fact = self.entries(participant)[0].fact
        assert isinstance(fact, Enrolled)
        return fact


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
