"""One command at a time, in the visitor's name, for pages and interface alike; what it stored can be read at once."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4, uuid5

import msgspec

from domain import commands
from domain.errors import Conflict, NotFound, Refused
from domain.facts import CoachAssigned, Enrolled, Step, is_sealed, step_name
from domain.journal import Decided, Outcome, Request, Streams
from domain.journey import Journey, standing
from domain.terms import Role
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER, OWN_KEY, Vault
from projections.catch_up import catch_up
from projections.exchange.steps import GivenStep, given_step
from projections.roster.journeys import person_of
from web.access import present_visitor
from web.house import now, stores

PURPOSE_CORRECTION = "correction"


class Asked(NamedTuple):
    """Under which id something is asked for, and the version of the journey it was decided on; None: any."""

    id: UUID
    expected: int | None = None


class Whose(NamedTuple):
    """Whose journey it is, and in which programme."""

    participant: UUID
    programme: str


def act(
    decide: Callable[[Streams], Decided],
    asked: Asked,
    *,
    role: Role = Role.COACH,
    digest: bytes | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Carry out a command and project what it stored. Sent twice under one id, it stores nothing the second time."""
    opened = stores()
    request = Request(
        id=asked.id, by=present_visitor().code, now=now(), role=role, digest=digest, correlation_id=asked.id
    )
    outcome = opened.journal.act(decide, request, vault=opened.vault, dry_run=dry_run)
    if not dry_run:
        catch_up(opened.journal, opened.read_model)
    return outcome


def request_id(given: str) -> UUID:
    """The id of a request: the visitor's own with what was given, so that nobody can take another's."""
    return uuid5(stores().vault.request_id("web", present_visitor().code), given)


def whose(journey: UUID) -> Whose:
    """Whose journey it is. Refused (`NotFound`): no such journey."""
    found = person_of(stores().read_model, journey)
    if found is None:
        raise NotFound("unknown_journey", _("Den Weg {journey} gibt es nicht.", journey=journey), field="journey")
    return Whose(*found)


# --- enrolment ----------------------------------------------------------------------------------------


def enrol(
    programme: str, values: Mapping[str, Any], asked: Asked, *, coach: str | None = None, dry_run: bool = False
) -> Outcome:
    """Enrol somebody, known by the customer number or new, and let a coach take them on at once.

    `values` are those of the schema of the step. Refused: as `commands.enrol` and, for the coach, `commands.record`.
    """
    vault = stores().vault
    given = _given(Enrolled, values)
    own_key = f"web/{asked.id}"
    role = present_visitor().role_for(programme)
    for _attempt in range(2):
        known = vault.find(OWN_KEY, own_key)
        digest = vault.content_digest(known, given.content()) if known else None
        try:
            return act(
                lambda streams: _enrolled(streams, given, programme, coach, own_key),
                asked,
                role=role,
                digest=digest,
                dry_run=dry_run,
            )
        except Refused as refused:
            if refused.code != "request_reused" or known:
                raise  # else the same request came twice at once: the other was first, and now the person is known
    raise Conflict("too_busy", _("Andere ändern gerade dasselbe; bitte noch einmal versuchen."))


def _enrolled(streams: Streams, given: GivenStep, programme: str, coach: str | None, own_key: str) -> Decided:
    vault = stores().vault
    number = given.personal.get(CUSTOMER_NUMBER)
    participant = vault.find(OWN_KEY, own_key) or (vault.find(CUSTOMER_NUMBER, number) if number else None)
    if participant is None:
        participant = vault.register(own_key)
    else:
        vault.add_lookup(OWN_KEY, own_key, participant)
    digest = vault.content_digest(participant, given.content())
    streams.request = msgspec.structs.replace(streams.request, digest=digest)
    step = given.sealed(vault, participant, programme)
    assert isinstance(step, Enrolled)
    decided = commands.enrol(streams, step)
    _let_be_found(vault, participant, given)
    if coach is None:
        return decided
    streams.append(decided)
    journey = next(stream for stream, fact in decided if isinstance(fact, Enrolled))
    return commands.record(streams, journey, CoachAssigned(happened_on=given.happened_on, coach=coach))


def _let_be_found(vault: Vault, participant: UUID, given: GivenStep) -> None:
    """By the customer number and the name, keyed hashes of which the vault keeps."""
    if number := given.personal.get(CUSTOMER_NUMBER):
        vault.set_lookup(CUSTOMER_NUMBER, number, participant)
    if name := given.personal.get("name"):
        vault.set_name(participant, name)


# --- steps --------------------------------------------------------------------------------------------


def record(
    journey: UUID, kind: type[Step], values: Mapping[str, Any], asked: Asked, *, dry_run: bool = False
) -> Outcome:
    """Take one more step on a journey. Refused: as `commands.record`; a journey changed meanwhile (`stale`)."""
    participant, programme = whose(journey)
    vault, given = stores().vault, _given(kind, values)

    def decide(streams: Streams) -> Decided:
        _require_expected(streams, journey, asked.expected)
        return commands.record(streams, journey, given.sealed(vault, participant, programme))

    digest = vault.content_digest(participant, given.content())
    return act(decide, asked, role=present_visitor().role_for(programme), digest=digest, dry_run=dry_run)


def correct(
    journey: UUID, entry: int, values: Mapping[str, Any], reason: str, asked: Asked, *, dry_run: bool = False
) -> Outcome:
    """Berichtigung of an entry by what is given, whole. What is sealed and stays as it was keeps its envelope.

    Refused: as `commands.correct`; a journey changed meanwhile (`stale`).
    """
    participant, programme = whose(journey)
    vault = stores().vault
    kind = type(step_at(journey, entry))
    given = _given(kind, values)

    def decide(streams: Streams) -> Decided:
        _require_expected(streams, journey, asked.expected)
        before = standing(commands.existing(streams, journey), entry)
        replacement = _with_kept_envelopes(vault, participant, given, before, programme)
        sealed = vault.seal(participant, "corrected.reason", reason)
        decided = commands.correct(streams, journey, entry, replacement, reason=sealed)
        if kind is Enrolled:
            _let_be_found(vault, participant, given)
        return decided

    content = msgspec.json.encode([entry, given.content(), reason])
    digest = vault.content_digest(participant, content)
    return act(decide, asked, role=present_visitor().role_for(programme), digest=digest, dry_run=dry_run)


def withdraw(journey: UUID, entry: int, reason: str, asked: Asked, *, dry_run: bool = False) -> Outcome:
    """Storno of an entry. Refused: as `commands.withdraw`; a journey changed meanwhile (`stale`)."""
    participant, programme = whose(journey)
    vault = stores().vault

    def decide(streams: Streams) -> Decided:
        _require_expected(streams, journey, asked.expected)
        sealed = vault.seal(participant, "withdrawn.reason", reason)
        return commands.withdraw(streams, journey, entry, reason=sealed)

    digest = vault.content_digest(participant, msgspec.json.encode([entry, reason]))
    return act(decide, asked, role=present_visitor().role_for(programme), digest=digest, dry_run=dry_run)


def dispute(journey: UUID, entry: int, asked: Asked, *, settled: bool = False) -> Outcome:
    """Mark an entry as contested (strittig), or take the mark away. Refused: as in `commands`."""
    decision = commands.settle_dispute if settled else commands.dispute

    def decide(streams: Streams) -> Decided:
        _require_expected(streams, journey, asked.expected)
        return decision(streams, journey, entry)

    digest = stores().vault.content_digest(whose(journey).participant, msgspec.json.encode([entry, settled]))
    return act(decide, asked, digest=digest)


def step_at(journey: UUID, entry: int) -> Step:
    """The step an entry stands for now. Refused: no such entry, or one withdrawn."""
    return standing(present_state(journey), entry)


def present_state(journey: UUID) -> Journey:
    """A journey as the ledger holds it now. Refused (`NotFound`): no such journey."""
    request = Request(id=uuid4(), by=present_visitor().code, now=now())
    return commands.existing(Streams(stores().journal.load, request), journey)


def _given(kind: type[Step], values: Mapping[str, Any]) -> GivenStep:
    plain: dict[str, Any] = {name: value for name, value in msgspec.to_builtins(values).items() if value is not None}
    return given_step({"step": step_name(kind), **plain})


def _with_kept_envelopes(vault: Vault, participant: UUID, given: GivenStep, before: Step, programme: str) -> Step:
    """The step with its personal values sealed; a value that is as it was stays in its envelope, so that nothing
    changed is no correction."""
    step, name = given.sealed(vault, participant, programme), step_name(given.kind)
    kept: dict[str, bytes] = {}
    for field in msgspec.structs.fields(given.kind):
        envelope = getattr(before, field.name) if is_sealed(field) and type(before) is given.kind else None
        if envelope is None or field.name not in given.personal:
            continue
        text = vault.open(
            participant,
            f"{name}.{field.name}",
            envelope,
            account=present_visitor().code,
            purpose=PURPOSE_CORRECTION,
            now=now(),
        )
        if text == given.personal[field.name]:
            kept[field.name] = envelope
    if isinstance(step, Enrolled) and isinstance(before, Enrolled):
        return msgspec.structs.replace(step, participation=before.participation, **kept)
    return msgspec.structs.replace(step, **kept)


def _require_expected(streams: Streams, journey: UUID, expected: int | None) -> None:
    found = commands.existing(streams, journey).version
    if expected is not None and found != expected:
        text = _(
            "Der Weg hat sich inzwischen geändert: er hat {found} Einträge, gezeigt waren {expected}.",
            found=found,
            expected=expected,
        )
        raise Conflict("stale", text)
