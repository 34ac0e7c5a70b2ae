"""The office: issues the commands one after the other, with the clock at the moment of each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain import commands
from domain.balance import Seal
from domain.facts import BalanceDrafted, Enrolled, Recorded, step_name
from domain.journal import BERLIN, Request, Streams
from domain.journal.streams import Decided
from domain.terms import Role, balances_stream
from domain.vault import CUSTOMER_NUMBER, OWN_KEY
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.editions import draft
from projections.stores import Stores
from scripts.example.course import PROGRAMME, Amendment, Planned
from scripts.example.days import INTERIM_STICHTAG, PROGRAMME_END
from scripts.example.people import COACHES, LEAD, Person
from scripts.example.plan import planned_entries
from scripts.programme_file import read_programme_file

PROGRAMME_FILE = Path(__file__).with_name("programme.toml")

CONTROLLING = "controlling-1"


class PlannedEdition(NamedTuple):
    """A balance to publish: what it is of, what was known for it, and when it is drafted and approved."""

    stichtag: date
    datenstand: date
    final: bool
    drafted_at: datetime
    approved_at: datetime


EDITIONS = (
    PlannedEdition(
        INTERIM_STICHTAG,
        INTERIM_STICHTAG,
        False,
        datetime(2018, 2, 20, 8, 5, tzinfo=UTC),
        datetime(2018, 2, 20, 14, 40, tzinfo=UTC),
    ),
    PlannedEdition(
        PROGRAMME_END,
        date(2019, 11, 20),
        True,
        datetime(2019, 11, 21, 9, 10, tzinfo=UTC),
        datetime(2019, 11, 22, 10, 30, tzinfo=UTC),
    ),
)
"""The interim balance as known on the evening of its Stichtag, and the final one."""
_OPENED_AT = datetime(2016, 2, 22, 9, 12, tzinfo=UTC)
_JOINED_AT = {
    COACHES[0]: datetime(2016, 2, 29, 8, 30, tzinfo=UTC),
    COACHES[1]: datetime(2016, 2, 29, 8, 41, tzinfo=UTC),
    COACHES[2]: datetime(2016, 8, 29, 7, 5, tzinfo=UTC),
}


def write_example(stores: Stores, progress: Callable[[int, int], None] | None = None) -> None:
    """Write the example programme into a ledger, its balances drafted and approved in their time; written before, it
    stores nothing.

    `progress` is told the number of commands issued and of all. The same steps on the same days every time;
    only participant ids, keys and sealed bytes are new.
    """
    office = _Office(stores)
    todo = office.opening()
    todo += [(entry.at, partial(office.issue, entry)) for entry in planned_entries()]
    todo += [moment for edition in EDITIONS for moment in office.publishing(edition)]
    todo.sort(key=lambda command: command[0])
    for number, (_at, issue) in enumerate(todo, 1):
        issue()
        if progress:
            progress(number, len(todo))


class _Office:
    """Knows under which id a person was registered and at which place an entry was stored."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._journal, self._vault = stores.journal, stores.vault
        self._participants: dict[int, UUID] = {}
        self._journeys: dict[tuple[int, int], UUID] = {}
        self._stored: dict[str, Recorded] = {}

    def opening(self) -> list[tuple[datetime, Callable[[], None]]]:
        """Opening the programme and letting the coaches join, each with its moment."""
        opening = read_programme_file(PROGRAMME_FILE)
        first = partial(self._lead, "opening", _OPENED_AT, lambda streams: commands.open_programme(streams, opening))
        return [(_OPENED_AT, first), *((at, partial(self._join, coach, at)) for coach, at in _JOINED_AT.items())]

    def publishing(self, edition: PlannedEdition) -> list[tuple[datetime, Callable[[], None]]]:
        """Drafting an edition and approving it, each with its moment."""
        return [
            (edition.drafted_at, partial(self._draft, edition)),
            (edition.approved_at, partial(self._approve, edition)),
        ]

    def _draft(self, edition: PlannedEdition) -> None:
        """Draw the balance from what is known at this moment of the writing."""
        model = self._stores.read_model
        request = self._request(f"draft/{edition.stichtag}", edition.drafted_at, CONTROLLING)
        if self._is_drafted(edition):
            return
        catch_up(self._journal, model)
        end = datetime.combine(edition.datenstand + timedelta(1), time(), BERLIN) - timedelta(microseconds=1)
        datenstand = self._journal.position_at(end)
        drafted, kept = draft(
            model, PROGRAMME, edition.stichtag, datenstand=datenstand, final=edition.final, catalogue=CORE
        )
        self._journal.act(lambda streams: commands.draft_balance(streams, drafted, kept), request, vault=self._vault)

    def _is_drafted(self, edition: PlannedEdition) -> bool:
        stored = self._journal.read(balances_stream(PROGRAMME))
        return any(isinstance(one.fact, BalanceDrafted) and one.fact.stichtag == edition.stichtag for one in stored)

    def _approve(self, edition: PlannedEdition) -> None:
        request = self._request(f"approve/{edition.stichtag}", edition.approved_at, LEAD)
        number = EDITIONS.index(edition) + 1
        sealed = self._stores.seal(edition.approved_at)
        assert sealed is not None
        seal = Seal(sealed.note, sealed.position)
        self._journal.act(lambda streams: commands.approve_balance(streams, PROGRAMME, number, seal), request)

    def _request(self, key: str, at: datetime, by: str) -> Request:
        return Request(id=self._vault.request_id("example", key), by=by, now=at, role=Role.LEAD)

    def issue(self, entry: Planned | Amendment) -> None:
        """Carry out one planned entry."""
        match entry:
            case Planned(step=Enrolled()):
                self._enrol(entry)
            case Planned():
                self._record(entry)
            case Amendment():
                self._amend(entry)

    def _join(self, coach: str, at: datetime) -> None:
        self._lead(coach, at, lambda streams: commands.join_programme(streams, PROGRAMME, coach))

    def _lead(self, key: str, at: datetime, decide: Callable[[Streams], Decided]) -> None:
        self._journal.act(decide, self._request(key, at, LEAD), vault=self._vault)

    def _enrol(self, entry: Planned) -> None:
        def decide(streams: Streams) -> Decided:
            participant = self._registered(entry.person)
            step = self._sealed(participant, entry)
            return commands.enrol(streams, msgspec.structs.replace(step, participant=participant))

        stored = self._act(entry, decide)
        self._participants[entry.person.number] = stored.fact.participant
        self._journeys[entry.person.number, entry.participation] = stored.originator_id

    def _registered(self, person: Person) -> UUID:
        if found := self._vault.find(OWN_KEY, person.own_key):
            return found
        participant = self._vault.register(person.own_key)
        self._vault.add_lookup(CUSTOMER_NUMBER, person.customer_number, participant)
        self._vault.set_name(participant, person.personal["name"])
        return participant

    def _record(self, entry: Planned) -> None:
        journey = self._journeys[entry.person.number, entry.participation]
        step = self._sealed(self._participants[entry.person.number], entry)
        self._act(entry, lambda streams: commands.record(streams, journey, step))

    def _amend(self, amendment: Amendment) -> None:
        stored = self._stored[amendment.entry.key]
        journey, version = stored.originator_id, stored.originator_version
        participant = self._participants[amendment.entry.person.number]
        if amendment.changes is None:
            reason = self._vault.seal(participant, "withdrawn.reason", amendment.reason)
            self._act(amendment, lambda streams: commands.withdraw(streams, journey, version, reason=reason))
            return
        reason = self._vault.seal(participant, "corrected.reason", amendment.reason)
        replacement = msgspec.structs.replace(stored.fact, **amendment.changes)
        self._act(amendment, lambda streams: commands.correct(streams, journey, version, replacement, reason=reason))

    def _act(self, entry: Planned | Amendment, decide: Callable[[Streams], Decided]) -> Recorded:
        role = entry.role if isinstance(entry, Planned) else Role.COACH
        request = Request(id=self._vault.request_id("example", entry.key), by=entry.by, now=entry.at, role=role)
        outcome = self._journal.act(decide, request, vault=self._vault)
        # An assignment or an exit moves caseloads too; the entry on the journey always comes first.
        stored = self._stored[entry.key] = outcome.recorded[0]
        return stored

    def _sealed(self, participant: UUID, entry: Planned) -> Any:
        """The step with its personal texts in envelopes."""
        name = step_name(entry.step)
        envelopes = {
            field: self._vault.seal(participant, f"{name}.{field}", text) for field, text in entry.personal.items()
        }
        return msgspec.structs.replace(entry.step, **envelopes)
