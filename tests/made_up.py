"""Ledgers made up at random, for laws that hold of every one."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from random_commands import Command, commands_for

from domain.journal import Decided, Journal, Streams
from projections.catch_up import catch_up
from projections.settings import Settings
from projections.stores import Stores, open_stores

PROGRAMME = "programme-1"
NewStores = Callable[[], AbstractContextManager[Settings]]

few = settings(
    derandomize=True,
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
seeds = st.integers(0, 2**32)
sizes = st.integers(10, 160)


def made_up(seed: int, size: int, **options: Any) -> list[Command]:
    """Commands that a ledger accepts. Few people and a short ratio, so that much happens to each."""
    return list(_made(seed, size, **options))


@functools.lru_cache(maxsize=16)  # a law has the same examples on either store
def _made(seed: int, size: int, **options: Any) -> list[Command]:
    made = commands_for(Random(seed), size, **{"participants": 6, "ratio": 4, **options})
    return [one._replace(request=msgspec.structs.replace(one.request, by="m.weiss")) for one in made]


def carry_out(journal: Journal, made: Sequence[Command]) -> None:
    """Carry out commands, each in its own name, and store them together: what is stored is the same, only sooner."""

    def decide(streams: Streams) -> Decided:
        for command in made:
            streams.request = command.request
            streams.append(command.decide(streams))
        return []

    journal.act(decide, made[0].request)


@contextmanager
def opened(new_stores: NewStores) -> Iterator[tuple[Settings, Stores]]:
    with new_stores() as settings, open_stores(settings) as stores:
        yield settings, stores


@contextmanager
def filled(new_stores: NewStores, made: Sequence[Command]) -> Iterator[tuple[Settings, Stores]]:
    """Stores with these commands carried out and projected."""
    with opened(new_stores) as (settings, stores):
        carry_out(stores.journal, made)
        catch_up(stores.journal, stores.read_model)
        yield settings, stores
