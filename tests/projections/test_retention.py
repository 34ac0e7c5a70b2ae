"""How long what is personal is kept, and who could still be recognised after it is gone."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from entering import Programme, enrolled, on
from steps import exited

from domain import commands
from domain.errors import NotFound
from domain.journal import Request
from domain.terms import Education, ErasureGround, Gender
from projections.catch_up import catch_up
from projections.data_protection import carry_out, journeys_of
from projections.retention import AGES, Combination, Keeping, due, reidentifiable
from projections.stores import Stores

NOW = datetime(2030, 1, 1, 8, tzinfo=UTC)
TODAY = date(2030, 1, 1)


def kept(stores: Stores, programme: str | None = None, day: date = TODAY) -> dict[UUID, tuple[date, date, Keeping]]:
    """Day the period counts from, last day of keeping, and state, by participant."""
    found = due(stores.read_model, stores.journal, programme, day)
    return {one.participant: (one.ended_on, one.due_on, one.state) for one in found}


def act(stores: Stores, by: str, command: Any, *asked: Any) -> None:
    request = Request(id=uuid4(), by=by, now=NOW)
    stores.journal.act(lambda streams: command(streams, *asked), request)
    catch_up(stores.journal, stores.read_model)


def request(stores: Stores, participant: UUID) -> None:
    act(stores, "asks", commands.request_erasure, participant, ErasureGround.NO_LONGER_NEEDED)


def approve(stores: Stores, participant: UUID) -> None:
    request(stores, participant)
    act(stores, "approves", commands.approve_erasure, participant, journeys_of(stores.read_model, participant))


# --- the clock --------------------------------------------------------------------------------------


def test_period_counts_from_the_later_end(stores: Stores) -> None:
    """The years begin after the year in which the exit or, if later, the programme's last day lies; whoever has no exit
    stays until that day."""
    wanted = {}
    for left, ended in [
        (None, "2019-06-30"),
        ("2017-03-01", "2019-06-30"),
        ("2019-06-30", "2019-06-30"),
        ("2020-01-01", "2020-01-01"),
    ]:
        programme = Programme(stores, ends_on=on("2019-06-30"), retention_years=10)
        participant = uuid4()
        programme.given(enrolled(), *([exited(on(left))] if left else []), participant=participant)
        last = date(on(ended).year + 10, 12, 31)
        wanted[participant] = (on(ended), last, Keeping.DUE if last < TODAY else Keeping.KEPT)
    assert kept(stores) == wanted
    assert {state for _ended, _last, state in wanted.values()} == {Keeping.KEPT, Keeping.DUE}


def test_five_years_where_nothing_is_said(stores: Stores) -> None:
    """A programme keeps for five years unless it says otherwise."""
    programme = Programme(stores, ends_on=on("2019-06-30"))
    programme.given(enrolled())
    ((_ended, last, _state),) = kept(stores).values()
    assert last == date(2024, 12, 31)


def test_programme_that_ended_early_keeps_shorter(stores: Stores) -> None:
    """The last day is the one it was closed with."""
    programme = Programme(stores, ends_on=on("2029-12-31"))
    programme.given(enrolled())
    programme.close("2018-01-31")
    assert list(kept(stores).values()) == [(on("2018-01-31"), date(2023, 12, 31), Keeping.DUE)]


def test_due_from_the_day_after_the_last(stores: Stores) -> None:
    """The 31 December is the last day of keeping."""
    programme = Programme(stores, ends_on=on("2019-06-30"))
    programme.given(enrolled())
    for day, state in ((date(2024, 12, 31), Keeping.KEPT), (date(2025, 1, 1), Keeping.DUE)):
        ((_ended, _last, found),) = kept(stores, day=day).values()
        assert found is state


def test_last_programme_decides(stores: Stores) -> None:
    """Somebody in several programmes is due when the last of them is, whichever is asked for."""
    early = Programme(stores, ends_on=on("2018-12-31"), retention_years=10)
    late = Programme(stores, ends_on=on("2020-12-31"), retention_years=5)
    both, one = uuid4(), uuid4()
    for programme, participant in ((early, both), (late, both), (late, one)):
        programme.given(enrolled(), participant=participant)
    assert kept(stores, early.key) == {both: (on("2018-12-31"), date(2028, 12, 31), Keeping.DUE)}
    assert kept(stores, late.key).keys() == kept(stores).keys() == {both, one}
    (found, *_more) = due(stores.read_model, stores.journal, early.key, TODAY)
    assert found.programmes == sorted([early.key, late.key])


def test_withdrawn_exit_and_withdrawn_enrolment(stores: Stores) -> None:
    """A withdrawn exit ends nothing; somebody registered in error is kept like one who stayed."""
    programme = Programme(stores, ends_on=on("2019-06-30"))
    back, mistaken = uuid4(), uuid4()
    journey = programme.given(enrolled(), exited(on("2021-01-01")), participant=back)
    programme.withdraw(journey, 2)
    programme.withdraw(programme.given(enrolled(), participant=mistaken), 1)
    assert kept(stores) == {who: (on("2019-06-30"), date(2024, 12, 31), Keeping.DUE) for who in (back, mistaken)}


def test_state_follows_the_register(stores: Stores) -> None:
    """Requested, approved and erased are told apart, due or not; a declined request leaves it to the clock."""
    programme = Programme(stores, ends_on=on("2019-06-30"))
    participant = uuid4()
    programme.given(enrolled(), participant=participant)

    def states() -> list[Keeping]:
        return [kept(stores, day=day)[participant][2] for day in (on("2024-12-31"), TODAY)]

    assert states() == [Keeping.KEPT, Keeping.DUE]
    request(stores, participant)
    assert states() == [Keeping.REQUESTED] * 2
    act(stores, "dsb", commands.decline_erasure, participant)
    assert states() == [Keeping.KEPT, Keeping.DUE]
    approve(stores, participant)
    assert states() == [Keeping.APPROVED] * 2
    carry_out(stores.journal, stores.vault, Request(id=uuid4(), by="approves", now=NOW))
    assert states() == [Keeping.ERASED] * 2


def test_unknown_programme_is_refused(stores: Stores) -> None:
    """A key no programme has is refused (rule 1)."""
    with pytest.raises(NotFound) as refusal:
        kept(stores, "nowhere")
    assert refusal.value.code == "unknown_programme"


def test_nobody_is_listed_where_nobody_was(stores: Stores) -> None:
    """A programme without anybody keeps nothing, and so does an empty ledger."""
    assert kept(stores) == {}
    assert kept(stores, Programme(stores).key) == {}


# --- who could still be recognised --------------------------------------------------------------------


def traits(**changed: object) -> dict[str, object]:
    """What the check looks at, as it shows it."""
    plain = {"gender": "female", "municipality": "Raunheim", "education": "isced_0_2", "single_parent": False}
    return {**plain, "migration_background": True, **changed}


def test_rare_combinations_of_the_erased(stores: Stores) -> None:
    """Combinations that fewer than three erased persons have are listed, with the exact age and with its group."""
    programme = Programme(stores)
    for age in (24, 26, 26, 27, 27, 27, 41):
        participant = uuid4()
        programme.given(enrolled(age=age), participant=participant)
        approve(stores, participant)
    programme.given(enrolled(age=52))
    rare = reidentifiable(stores.read_model, stores.journal)
    assert list(rare) == list(AGES)
    assert rare["age"] == [
        Combination(traits(age=24), 1),
        Combination(traits(age=41), 1),
        Combination(traits(age=26), 2),
    ]
    groups = [Combination(traits(age_group="35_plus"), 1), Combination(traits(age_group="under_25"), 1)]
    assert rare["age_group"] == groups


def test_every_trait_can_tell_somebody_apart(stores: Stores) -> None:
    """Whoever differs in one trait stands alone beside three who do not."""
    others: list[dict[str, Any]] = [
        {"gender": Gender.DIVERSE},
        {"municipality": "Kelsterbach"},
        {"education": Education.NONE},
        {"single_parent": True},
        {"migration_background": False},
    ]
    programme = Programme(stores)
    for more in ({}, {}, {}, *others):
        participant = uuid4()
        programme.given(enrolled(**more), participant=participant)
        approve(stores, participant)
    rare = reidentifiable(stores.read_model, stores.journal)
    for age, value in (("age", 27), ("age_group", "25_29")):
        alone = [
            traits(**{age: value}, **{name: getattr(said, "value", said) for name, said in more.items()})
            for more in others
        ]
        assert len(rare[age]) == len(alone)
        assert all(Combination(one, 1) in rare[age] for one in alone)


def test_persons_are_counted_and_not_journeys(stores: Stores) -> None:
    """Somebody enrolled three times with the same traits is one person."""
    participant = uuid4()
    for _programme in range(3):
        Programme(stores).given(enrolled(), participant=participant)
    approve(stores, participant)
    assert reidentifiable(stores.read_model, stores.journal)["age"] == [Combination(traits(age=27), 1)]


def test_corrected_traits_count_as_they_read_now(stores: Stores) -> None:
    """A corrected enrolment is looked at as corrected, a withdrawn one as it read last."""
    programme, participant = Programme(stores), uuid4()
    journey = programme.given(enrolled(age=30), participant=participant)
    programme.correct(journey, 1, age=31)
    approved = uuid4()
    withdrawn = programme.given(enrolled(age=45), participant=approved)
    programme.withdraw(withdrawn, 1)
    for who in (participant, approved):
        approve(stores, who)
    found = reidentifiable(stores.read_model, stores.journal)["age"]
    assert [one.traits["age"] for one in found] == [31, 45]


def test_nobody_erased_nobody_rare(stores: Stores) -> None:
    """The living are not looked at: what is kept of them is not said to be gone."""
    programme, participant = Programme(stores), uuid4()
    programme.given(enrolled(), participant=participant)
    request(stores, participant)
    assert reidentifiable(stores.read_model, stores.journal) == {"age": [], "age_group": []}
