"""given / when / then: decisions on one stream, and commands on a ledger in memory.

    given(Journey, ENROLLED).when(journey.record, exit_on(1), today=TODAY).then(exit_on(1))
    given(Journey).when(journey.record, exit_on(1), today=TODAY).refused("not_enrolled", "Austritt")

Nothing here decides or folds: that is the code the product runs.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.errors import Refused
from domain.facts import Enrolled, Entry, Fact, ProgrammeOpened, Recorded
from domain.journal import Repeated, Request, Streams
from domain.journal.mapper import FactMapper
from domain.journal.streams import EVOLVE, Decided, State
from domain.terms import Education, Gender, Role, journey_stream

TODAY = date(2018, 2, 19)
NOW = datetime(2018, 2, 19, 12, tzinfo=UTC)
SEALED = b"\x01" + bytes(92)
"""What has the length of the shortest envelope; nobody opens it in these tests."""


def sealed(mark: int) -> bytes:
    """Another envelope than `SEALED`, the same for the same mark."""
    return b"\x01" + bytes(88) + mark.to_bytes(4, "big")


class Decision:
    """What a decision came to: facts, or a refusal."""

    def __init__(self, facts: Sequence[Any] = (), refusal: Refused | None = None) -> None:
        self.facts, self.refusal = list(facts), refusal

    def then(self, *facts: Any) -> None:
        """Exactly these facts were decided; none means that nothing was."""
        if self.refusal:
            raise self.refusal
        assert self.facts == list(facts)

    def refused(self, code: str, *found: Any) -> Refused:
        """It was refused under this code, and the German and the English text show every value found.

        A date is given as such; what reads differently in the two languages as a pair (German, English).
        """
        assert self.refusal is not None, f"not refused but decided: {self.facts}"
        assert self.refusal.code == code
        german, english = (self.refusal.in_language(language) for language in ("de", "en"))
        assert german != english, f"no English for: {german}"
        for text, language in ((german, 0), (english, 1)):
            assert "{" not in text
            missing = [value for value in found if _written(value, language) not in text]
            assert not missing, f"{missing} not in: {text}"
        return self.refusal


def _written(value: Any, language: int) -> str:
    match value:
        case (str(), str()):
            return str(value[language])
        case date():
            return value.strftime("%Y-%m-%d" if language else "%d.%m.%Y")
        case _:
            return str(value)


class Given:
    """The state of one stream after some facts."""

    def __init__(self, state: State) -> None:
        self.state: Any = state

    def when(self, decide: Callable[..., Sequence[Fact]], *asked: Any, **named: Any) -> Decision:
        """Take a decision on the state."""
        try:
            return Decision(decide(self.state, *asked, **named))
        except Refused as refusal:
            return Decision(refusal=refusal)


def given(kind: type[State], *facts: Fact) -> Given:
    """The state of a stream of that kind once these facts are stored."""
    return Given(reduce(EVOLVE[kind], facts, kind()))


class MemoryLedger:
    """A ledger in memory: it keeps bytes, so that every state was read from stored facts."""

    def __init__(self) -> None:
        self._mapper = FactMapper()
        self._stored: dict[UUID, list[bytes]] = {}

    def load(self, streams: Sequence[UUID]) -> dict[UUID, list[Recorded]]:
        """The entries of some streams; those without entries are left out."""
        return {stream: self.read(stream) for stream in streams if stream in self._stored}

    def read(self, stream: UUID) -> list[Recorded]:
        """The entries of one stream."""
        states = self._stored.get(stream, [])
        return [
            Recorded(stream, version, msgspec.json.decode(state, type=Entry))
            for version, state in enumerate(states, start=1)
        ]

    def facts(self, stream: UUID) -> list[Fact]:
        """The facts of one stream."""
        return [recorded.fact for recorded in self.read(stream)]

    def state(self, kind: type[State], stream: UUID) -> Any:
        """The state of one stream."""
        return given(kind, *self.facts(stream)).state

    def streams(self) -> list[UUID]:
        """The streams that have entries."""
        return list(self._stored)

    def act(self, decide: Callable[[Streams], Decided], request: Request) -> list[Recorded]:
        """Run a command and store what it decides; a repeat of a request stores nothing."""
        streams = Streams(self.load, request)
        try:
            streams.append(decide(streams))
        except Repeated:
            return []
        for recorded in streams.pending:
            states = self._stored.setdefault(recorded.originator_id, [])
            assert recorded.originator_version == len(states) + 1
            states.append(self._mapper.to_stored_event(recorded).state)
        return streams.pending

    def given(self, command: Callable[..., Decided], *asked: Any, **named: Any) -> "MemoryLedger":
        """The same ledger after a command that was carried out."""
        self.when(command, *asked, **named).then_anything()
        return self

    def when(
        self,
        command: Callable[..., Decided],
        *asked: Any,
        role: Role = Role.COACH,
        now: datetime = NOW,
        request_id: UUID | None = None,
        **named: Any,
    ) -> "CommandDecision":
        """Run one of `domain.commands`."""
        request = Request(id=request_id or uuid4(), by="tester", now=now, role=role)
        try:
            return CommandDecision(self.act(lambda streams: command(streams, *asked, **named), request))
        except Refused as refusal:
            return CommandDecision(refusal=refusal)


class CommandDecision(Decision):
    """What a command came to: facts, each with its stream, or a refusal."""

    def __init__(self, recorded: Sequence[Recorded] = (), refusal: Refused | None = None) -> None:
        super().__init__([(one.originator_id, one.fact) for one in recorded], refusal)

    def then_anything(self) -> None:
        """It was not refused."""
        if self.refusal:
            raise self.refusal


# --- examples, for tests to start from -------------------------------------------------------------

PERSON_1 = UUID("a0000000-0000-4000-8000-000000000001")
PERSON_2 = UUID("b0000000-0000-4000-8000-000000000002")

OPENED = ProgrammeOpened(
    key="lzb-gg",
    title="Langzeitleistungsbezug im Kreis",
    funder="Land Hessen",
    starts_on=date(2016, 3, 1),
    ends_on=date(2019, 6, 30),
)


def enrolment(on: date = date(2016, 3, 1), participant: UUID = PERSON_1, **changed: Any) -> Enrolled:
    """An enrolment that meets every criterion of the tests."""
    plain = Enrolled(
        happened_on=on,
        participant=participant,
        programme=OPENED.key,
        gender=Gender.FEMALE,
        age=27,
        migration_background=True,
        single_parent=True,
        municipality="Raunheim",
        benefit_months=24,
        education=Education.ISCED_0_2,
    )
    return msgspec.structs.replace(plain, **changed)


def journey_of(participant: UUID = PERSON_1, participation: int = 1) -> UUID:
    """The stream of a participation in the programme of the tests."""
    return journey_stream(participant, OPENED.key, participation)
