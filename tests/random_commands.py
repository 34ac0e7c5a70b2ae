"""Made-up commands that a ledger accepts, for properties: the same for the same seed, on any store.

    for command in commands_for(Random(7), 200):
        journal.act(command.decide, command.request)

They open programmes, enrol and assign participants, record steps in and out of order, correct, withdraw and enrol
again; if asked for, they draft, approve and release editions of balances and close programmes. Each was tried on a
ledger in memory, so what is refused there is left out (or kept and marked, if asked for).
A shorter list from the same seed is the beginning of a longer one.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from given import MemoryLedger

from domain import commands
from domain.balance import Balances
from domain.balance import Seal as LedgerSeal
from domain.data_protection import Erasure, Register
from domain.errors import Refused
from domain.facts import (
    AppointmentMissed,
    BalanceDrafted,
    CatalogueKept,
    CircumstancesChanged,
    CoachAssigned,
    CoachingSessionHeld,
    Enrolled,
    Exited,
    FigureValue,
    FundingEnded,
    FundingGranted,
    HiddenCell,
    LedgerRestored,
    PlacementEnded,
    PlacementStarted,
    ProgrammeOpened,
    QualificationAbandoned,
    QualificationCompleted,
    QualificationStarted,
    RoleGranted,
    Step,
    TargetGroup,
    WhereaboutsRecorded,
)
from domain.journal import Request, Streams
from domain.journal.streams import Decided
from domain.journey import Journey
from domain.terms import (
    AbandonReason,
    BalanceKind,
    Channel,
    Education,
    ErasureGround,
    ExitReason,
    FundingEndReason,
    FundingKind,
    Gender,
    HiddenBecause,
    PlacementEndReason,
    PlacementKind,
    QualificationKind,
    RestoreReason,
    RestrictionGround,
    Role,
    Scheme,
    Topic,
    Whereabouts,
    WhereaboutsSource,
    balances_stream,
    journey_stream,
    register_stream,
)

START = date(2016, 3, 1)
END = date(2019, 6, 30)
KEPT = tuple(CatalogueKept(version=f"made-up:{number:016x}", content=f'["made-up",{number}]') for number in (1, 2))
MUNICIPALITIES = ("Rüsselsheim", "Raunheim", "Kelsterbach", "Ginsheim-Gustavsburg", "Bischofsheim")
Seal = Callable[[UUID, str, str], bytes]
"""Makes an envelope of (participant, field, text), as `Vault.seal` does."""


class Command(NamedTuple):
    """What to run, and in whose name; `refused` is the code of its refusal, None where it is accepted."""

    decide: Callable[[Streams], Decided]
    request: Request
    name: str
    refused: str | None = None


def commands_for(random: Random, size: int, **options: Any) -> list[Command]:
    """The first `size` commands; the options are those of `Office`."""
    return list(islice(Office(random, **options).work(), size))


class Office:
    """A made-up office at work: `work()` yields its commands for ever.

    `participants` are how many people there are at most, `ratio` how many a coach may look after; the smaller they
    are, the more happens to each. `gap` is the longest time between two commands. With `refused` the commands that
    are refused are yielded too, and with `repeats` some are sent twice under one request id. `register` makes the id
    of a new person and `seal` the sealed fields, as a vault does; by default both are random bytes.

    With `editions` there are editions of balances too, with made-up figures, and programmes are closed before their
    time. Approving takes the accounts the commands are made with: changed to one, four eyes would be missing. With
    `protection` entries are contested, persons restricted and erased, and the ledger is signed anew and restored. With
    `accounts` accounts are opened and closed, and given and deprived of roles.
    """

    def __init__(
        self,
        random: Random,
        *,
        programmes: int = 1,
        coaches: int = 3,
        participants: int = 8,
        ratio: int = 4,
        gap: timedelta = timedelta(days=4),
        refused: bool = False,
        repeats: bool = False,
        editions: bool = False,
        protection: bool = False,
        accounts: bool = False,
        register: Callable[[], UUID] | None = None,
        seal: Seal | None = None,
    ) -> None:
        self.random = random
        self.ledger = MemoryLedger()
        self.now = datetime(2016, 3, 1, 8, tzinfo=UTC)
        self.programmes = [f"programme-{number}" for number in range(1, programmes + 1)]
        self.coaches = [f"C{number:02}" for number in range(1, coaches + 1)]
        self.people: list[UUID] = []
        self.journeys: list[UUID] = []
        self.most_people, self.ratio, self.gap = participants, ratio, gap
        self.keep_refused, self.repeats = refused, repeats
        self.register = register or self._uuid
        self.seal = seal or (lambda _participant, _field, _text: b"\x01" + self.random.randbytes(92))
        self.weights = WEIGHTS | (EDITIONS if editions else {}) | (PROTECTION if protection else {})
        self.weights |= ACCOUNTS if accounts else {}
        self._refs = 0

    def work(self) -> Iterator[Command]:
        """One command after another; the clock never goes back."""
        for key in self.programmes:
            yield from self._try("open", partial(commands.open_programme, opening=self._opening(key)))
            for coach in self.coaches:
                yield from self._try("join", partial(commands.join_programme, programme=key, coach=coach))
        names, weights = zip(*self.weights.items(), strict=True)
        while True:
            (name,) = self.random.choices(names, weights)
            decide = getattr(self, name)()
            if decide is not None:
                yield from self._try(name, decide)

    def _try(self, name: str, decide: Callable[[Streams], Decided]) -> Iterator[Command]:
        self.now += self.gap * self.random.random() ** 3
        request = Request(
            id=self._uuid(),
            by=self.random.choice(["coach-1", "kürzel-2", "import"]),
            now=self.now,
            role=self.random.choice([Role.COACH, Role.COACH, Role.LEAD]),
            digest=self.random.choice([None, self.random.randbytes(16)]),
            correlation_id=self.random.choice([None, self._uuid()]),
        )
        try:
            recorded = self.ledger.act(decide, request)
        except Refused as refusal:
            if self.keep_refused:
                yield Command(decide, request, name, refusal.code)
            return
        for one in recorded:
            if isinstance(one.fact, Enrolled):
                self.journeys.append(one.originator_id)
        command = Command(decide, request, name)
        yield command
        if self.repeats and recorded and self._chance(0.1):
            yield command

    # --- programmes and enrolments ----------------------------------------------------------------

    def _opening(self, key: str) -> ProgrammeOpened:
        return ProgrammeOpened(
            key=key,
            title=f"Projekt {key}",
            funder="Land Hessen",
            starts_on=START,
            ends_on=END,
            coaching_ratio=self.ratio,
            target_group=TargetGroup(age_min=23, age_max=34, municipalities=MUNICIPALITIES),
            targets={"placed_svp": 44},
        )

    def enrol(self) -> Callable[[Streams], Decided] | None:
        """Somebody new comes into a programme."""
        if len(self.people) == self.most_people:
            return None
        self.people.append(self.register())
        return self._enrolment(self.people[-1], self.random.choice(self.programmes))

    def enrol_again(self) -> Callable[[Streams], Decided] | None:
        """Somebody known comes back, or comes into another programme."""
        if not self.people:
            return None
        return self._enrolment(self.random.choice(self.people), self.random.choice(self.programmes))

    def _enrolment(self, participant: UUID, programme: str) -> Callable[[Streams], Decided]:
        before = self._last_participation(participant, programme)
        earliest = before.exited.happened_on if before and before.exited else START
        enrolment = Enrolled(
            happened_on=self._day(earliest),
            participant=participant,
            programme=programme,
            gender=self.random.choice(list(Gender)),
            age=self.random.choice([*range(23, 35), *range(23, 35), 19, 41]),
            migration_background=self._chance(0.7),
            single_parent=self._chance(0.4),
            municipality=self.random.choice([*MUNICIPALITIES, *MUNICIPALITIES, "Mainz"]),
            benefit_months=self.random.randint(0, 24),
            education=self.random.choice(list(Education)),
            name=self.seal(participant, "name", f"Person {participant.hex[:6]}"),
            birth_date=self._sometimes_sealed(participant, "birth_date", "1985-06-01"),
            override_reason=self._sometimes_sealed(participant, "override_reason", "Härtefall"),
        )
        return partial(commands.enrol, enrolment=enrolment)

    def _last_participation(self, participant: UUID, programme: str) -> Journey | None:
        found, number = None, 1
        while (state := self.ledger.state(Journey, journey_stream(participant, programme, number))).version:
            found, number = state, number + 1
        return found

    # --- steps ------------------------------------------------------------------------------------

    def step(self) -> Callable[[Streams], Decided] | None:
        """A step somebody records, in time or late."""
        found = self._journey()
        if found is None:
            return None
        stream, state = found
        return partial(commands.record, journey=stream, step=self._step(state))

    def exit(self) -> Callable[[Streams], Decided] | None:
        """Somebody leaves."""
        found = self._journey()
        if found is None:
            return None
        stream, state = found
        last = max((entry.happened_on for entry in state.entries.values()), default=START)
        step = Exited(happened_on=self._day(last), reason=self.random.choice(list(ExitReason)))
        return partial(commands.record, journey=stream, step=step)

    def _step(self, state: Journey) -> Step:
        kind = self.random.choice(STEPS)
        day = self._day(state.enrolled.happened_on if state.enrolled else START)
        if state.exited and self._chance(0.6):
            day = min(day, state.exited.happened_on)
        participant = state.enrolled.participant if state.enrolled else self.people[0]
        pick, chance = self.random.choice, self._chance
        match kind:
            case "coach":
                reason = self._sometimes_sealed(participant, "override_reason", "Vertretung")
                return CoachAssigned(happened_on=day, coach=pick(self.coaches), override_reason=reason)
            case "session":
                return CoachingSessionHeld(
                    happened_on=day,
                    minutes=self.random.randint(10, 120),
                    channel=pick(list(Channel)),
                    topics=tuple(self.random.sample(list(Topic), self.random.randint(0, 3))),
                    note=self._sometimes_sealed(participant, "note", "Gespräch"),
                )
            case "missed":
                return AppointmentMissed(happened_on=day, excused=chance(0.5))
            case "qualification":
                provider = pick([None, "Bildungswerk"])
                return QualificationStarted(
                    happened_on=day, ref=self._ref(), kind=pick(list(QualificationKind)), provider=provider
                )
            case "placement":
                return PlacementStarted(
                    happened_on=day,
                    ref=self._ref(),
                    kind=pick(list(PlacementKind)),
                    scheme=pick([Scheme.NONE, *Scheme]),
                    sector=pick([None, "Pflege", "Lager"]),
                    weekly_hours=pick([None, 10.5, 20.0, 39.0]),
                    monthly_pay=pick([None, Decimal("450.00"), Decimal("1890.50")]),
                    fixed_term=pick([None, True, False]),
                    employer=self._sometimes_sealed(participant, "employer", "Betrieb"),
                )
            case "funding":
                return FundingGranted(
                    happened_on=day,
                    ref=self._ref(),
                    kind=pick(list(FundingKind)),
                    placement=pick([None, *self._refs_of(state, PlacementStarted)]),
                    until=pick([None, day + timedelta(days=self.random.randint(0, 400))]),
                    amount=Decimal(self.random.randint(0, 900_000)) / 100,
                )
            case "circumstances":
                single_parent, municipality = pick([None, chance(0.5)]), pick([None, *MUNICIPALITIES])
                return CircumstancesChanged(happened_on=day, single_parent=single_parent, municipality=municipality)
            case "whereabouts":
                return WhereaboutsRecorded(
                    happened_on=day, status=pick(list(Whereabouts)), source=pick(list(WhereaboutsSource))
                )
            case _:
                return self._end(state, day)

    def _end(self, state: Journey, day: date) -> Step:
        open_spells = [spell.start for spell in state.spells.values() if spell.end is None]
        start = self.random.choice(open_spells or [None])
        if start is not None and self._chance(0.7):
            day = max(day, start.happened_on)
        match start:
            case QualificationStarted(ref=ref) if self._chance(0.6):
                return QualificationCompleted(happened_on=day, ref=ref, certificate=self._chance(0.5))
            case QualificationStarted(ref=ref):
                return QualificationAbandoned(happened_on=day, ref=ref, reason=self.random.choice(list(AbandonReason)))
            case PlacementStarted(ref=ref):
                return PlacementEnded(happened_on=day, ref=ref, reason=self.random.choice(list(PlacementEndReason)))
            case FundingGranted(ref=ref):
                return FundingEnded(happened_on=day, ref=ref, reason=self.random.choice(list(FundingEndReason)))
            case _:
                return AppointmentMissed(happened_on=day, excused=True)

    # --- corrections and withdrawals --------------------------------------------------------------

    def correct(self) -> Callable[[Streams], Decided] | None:
        """An entry was wrong, in its day or in what it says."""
        found = self._entry()
        if found is None:
            return None
        stream, state, entry = found
        reason = self.seal(state.enrolled.participant, "reason", "Tippfehler")
        right = self._put_right(state, state.entries[entry])
        return partial(commands.correct, journey=stream, entry=entry, replacement=right, reason=reason)

    def withdraw(self) -> Callable[[Streams], Decided] | None:
        """An entry should not have been made."""
        found = self._entry()
        if found is None:
            return None
        stream, state, entry = found
        reason = self.seal(state.enrolled.participant, "reason", "Falsche Person")
        return partial(commands.withdraw, journey=stream, entry=entry, reason=reason)

    def _put_right(self, state: Journey, step: Step) -> Step:
        if self._chance(0.6):
            moved = step.happened_on + timedelta(days=self.random.randint(-40, 40))
            return msgspec.structs.replace(step, happened_on=min(moved, self._today()))
        changes: dict[str, Any] = {}
        match step:
            case Enrolled():
                changes = {"age": self.random.randint(23, 34), "single_parent": not step.single_parent}
            case CoachAssigned():
                changes = {"coach": self.random.choice(self.coaches)}
            case CoachingSessionHeld():
                changes = {"minutes": self.random.randint(10, 120)}
            case QualificationStarted():
                changes = {"kind": self.random.choice(list(QualificationKind))}
            case PlacementStarted() if self._chance(0.2):
                changes = {"ref": self._ref()}
            case PlacementStarted():
                changes = {"kind": self.random.choice(list(PlacementKind))}
            case FundingGranted():
                changes = {"amount": Decimal(self.random.randint(0, 900_000)) / 100}
            case PlacementEnded():
                changes = {"ref": self.random.choice(self._refs_of(state, PlacementStarted))}
            case CircumstancesChanged():
                changes = {"municipality": self.random.choice(MUNICIPALITIES)}
            case Exited():
                changes = {"reason": self.random.choice(list(ExitReason))}
        return msgspec.structs.replace(step, **changes)

    # --- editions ---------------------------------------------------------------------------------

    def draft(self) -> Callable[[Streams], Decided]:
        """A balance is drafted; now and then one that was drafted before."""
        kept, part = self.random.choice(KEPT), self.random.randint(0, 9)
        figures = {
            "placed_svp": FigureValue(part, {"gender": {"female": part}}),
            "placement_rate": FigureValue(self.random.choice([None, part / 7]), {}),
        }
        drafted = BalanceDrafted(
            programme=self.random.choice(self.programmes),
            number=self.random.randint(1, 9),
            kind=self.random.choice([BalanceKind.INTERIM, *BalanceKind]),
            stichtag=self._day(START) + timedelta(days=self.random.choice([0, 0, 0, 1])),
            datenstand=self.random.randint(1, 9999),
            catalogue=kept.version,
            figures=figures,
            digest=f"{self.random.getrandbits(5):064x}",
        )
        return partial(commands.draft_balance, drafted=drafted, catalogue=kept)

    def approve(self) -> Callable[[Streams], Decided]:
        """Somebody approves one."""
        programme, number = self._edition()
        return partial(commands.approve_balance, programme=programme, number=number, seal=LedgerSeal("a note", 10**9))

    def release(self) -> Callable[[Streams], Decided]:
        """Its public version is released."""
        programme, number = self._edition()
        hidden = (HiddenCell("placed_svp", "gender", "female", self.random.choice(list(HiddenBecause))),)
        found = self.random.choice([(), hidden])
        return partial(commands.release_balance, programme=programme, number=number, hide=lambda _state, _number: found)

    def close(self) -> Callable[[Streams], Decided]:
        """A programme ends before its time."""
        return partial(
            commands.close_programme, programme=self.random.choice(self.programmes), last_day=self._day(START)
        )

    def _edition(self) -> tuple[str, int]:
        programme = self.random.choice(self.programmes)
        drafted = len(self.ledger.state(Balances, balances_stream(programme)).editions)
        return programme, self.random.randint(1, max(1, drafted))

    # --- data protection, and the ledger itself ---------------------------------------------------

    def dispute(self) -> Callable[[Streams], Decided] | None:
        """Somebody contests an entry, or it is settled."""
        found = self._entry()
        if found is None:
            return None
        stream, state, entry = found
        contested = sorted(state.disputed)
        if contested and self._chance(0.5):
            return partial(commands.settle_dispute, journey=stream, entry=self.random.choice(contested))
        return partial(commands.dispute, journey=stream, entry=entry)

    def erase(self) -> Callable[[Streams], Decided] | None:
        """An erasure is asked for, decided, or noted as done."""
        if not self.people:
            return None
        person = self.random.choice(self.people)
        own = [stream for stream in self.journeys if self.ledger.facts(stream)[0].participant == person]
        done = partial(commands.finish_erasure, participant=person, epoch=self.random.randint(2, 9))
        if self.ledger.state(Register, register_stream()).of(person).erasure is Erasure.APPROVED and self._chance(0.5):
            return done
        ground = self.random.choice(list(ErasureGround))
        return self.random.choice(
            [
                partial(commands.request_erasure, participant=person, ground=ground),
                partial(commands.decline_erasure, participant=person),
                partial(commands.approve_erasure, participant=person, journeys=own),
                done,
            ]
        )

    def restrict(self) -> Callable[[Streams], Decided] | None:
        """Somebody is restricted, or no longer."""
        if not self.people:
            return None
        person, ground = self.random.choice(self.people), self.random.choice(list(RestrictionGround))
        if self._chance(0.4):
            return partial(commands.lift_restriction, participant=person)
        return partial(commands.restrict, participant=person, ground=ground)

    def keep_ledger(self) -> Callable[[Streams], Decided]:
        """Another key signs the ledger, or it was put back from a backup."""
        if self._chance(0.5):
            number = self.random.randint(2, 5)
            return partial(commands.introduce_signer, key=f"key-{number}", replaces=f"key-{number - 1}")
        size, reason = self.random.randint(1, 99), self.random.choice(list(RestoreReason))
        return partial(commands.restore_ledger, restored=LedgerRestored(size=size, reason=reason))

    # --- accounts ---------------------------------------------------------------------------------

    def account(self) -> Callable[[Streams], Decided]:
        """An account is opened, gets a role or loses one; now and then it is closed."""
        pick, code = self.random.choice, f"account-{self.random.randint(1, 4)}"
        role, programme = pick(list(Role)), pick([None, *self.programmes])
        granted = RoleGranted(role=role, programme=programme, coach=pick([None, *self.coaches]))
        grant = partial(commands.grant_role, account=code, granted=granted)
        revoke = partial(commands.revoke_role, account=code, role=role, programme=programme)
        close = partial(commands.close_account, account=code)
        return pick([partial(commands.open_account, account=code), *(grant,) * 6, *(revoke,) * 4, close])

    # --- choosing ---------------------------------------------------------------------------------

    def _journey(self) -> tuple[UUID, Journey] | None:
        if not self.journeys:
            return None
        for _attempt in range(3):  # mostly somebody who is still there
            stream = self.random.choice(self.journeys)
            state = self.ledger.state(Journey, stream)
            if not state.exited or self._chance(0.2):
                break
        return stream, state

    def _entry(self) -> tuple[UUID, Any, int] | None:
        found = self._journey()
        if found is None or found[1].enrolled is None:
            return None
        stream, state = found
        entries = sorted(state.entries)
        late = [entry for entry in entries if isinstance(state.entries[entry], Exited | CoachAssigned)]
        return stream, state, self.random.choice(late if late and self._chance(0.3) else entries)

    def _day(self, earliest: date) -> date:
        """A day between that and today: mostly a recent one, else a late entry, or the first possible."""
        today = self._today()
        if self._chance(0.1):
            return earliest
        back = (
            self.random.randint(0, 3) if self._chance(0.5) else self.random.randint(0, max(0, (today - earliest).days))
        )
        return max(today - timedelta(days=back), earliest)

    def _today(self) -> date:
        return Request(id=UUID(int=0), by="", now=self.now).today

    def _refs_of(self, state: Journey, kind: type[Step]) -> list[str]:
        return [ref for ref, spell in state.spells.items() if isinstance(spell.start, kind)]

    def _ref(self) -> str:
        self._refs += 1
        return f"ref-{self._refs}"

    def _sometimes_sealed(self, participant: UUID, field: str, text: str) -> bytes | None:
        return self.seal(participant, field, text) if self._chance(0.4) else None

    def _uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


WEIGHTS = {"enrol": 10, "enrol_again": 4, "step": 70, "exit": 5, "correct": 9, "withdraw": 6}
"""How often each is tried."""
EDITIONS = {"draft": 3, "approve": 4, "release": 2, "close": 0.2}
"""The same, of what is tried only if asked for."""
PROTECTION = {"dispute": 4, "erase": 3, "restrict": 2, "keep_ledger": 1}
"""The same."""
ACCOUNTS = {"account": 12}
"""The same."""
STEPS = (
    *("coach",) * 5,
    *("session",) * 5,
    *("placement",) * 4,
    *("end",) * 6,
    *("qualification",) * 2,
    *("funding",) * 2,
    "missed",
    "circumstances",
    "whereabouts",
)
