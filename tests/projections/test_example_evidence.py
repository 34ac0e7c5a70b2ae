"""The shipped example: its three headline figures, and the evidence of every figure at many Datenstände."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import naive
import pytest
from entering import assert_adds_up, on, some_days
from example_once import put_behind

from domain.journal import BERLIN
from projections.balance import compute, evidence
from projections.catalogue import CORE
from projections.exchange.export import export_rows
from projections.stores import Stores
from scripts.example import INTERIM_STICHTAG, PROGRAMME

HEADLINE = {"placed_svp": 44, "placed_minijob_only": 14, "single_parents_in_svp": 9}


@pytest.fixture(scope="module")
def example(example_folder: Path, shared_stores: Stores) -> Stores:
    """The example in either store: written once, as it takes its time, and its entries put into both."""
    put_behind(example_folder, shared_stores)
    return shared_stores


def that_evening(stores: Stores) -> int:
    end = datetime.combine(INTERIM_STICHTAG + timedelta(days=1), time(), BERLIN)
    return stores.journal.position_at(end - timedelta(microseconds=1))


def test_headline_figures_at_both_datenstaende(example: Stores) -> None:
    """44, 14 and 9 on the evening of the Stichtag, and with all that became known since (DOMAIN.md section 1)."""
    then, now = that_evening(example), example.journal.head()
    assert then < now
    for datenstand in (then, now):
        figures = compute(example.read_model, PROGRAMME, INTERIM_STICHTAG, datenstand=datenstand).figures
        assert {code: figures[code].value for code in HEADLINE} == HEADLINE
        women = figures["single_parents_in_svp"].by["gender"]
        assert {gender: count for gender, count in women.items() if count} == {"female": 9}


def test_evening_is_the_last_entry_of_the_day(example: Stores) -> None:
    """The Datenstand of a day is the last entry recorded by its end in Germany."""
    then = that_evening(example)
    days = [example.journal.entry_at(position).recorded_at.astimezone(BERLIN).date() for position in (then, then + 1)]
    assert days[0] <= INTERIM_STICHTAG < days[1]


@pytest.mark.parametrize("number", range(11))
def test_evidence_of_every_figure(example: Stores, number: int) -> None:
    """At the present and at ten random past Datenstände the rows behind every figure are the figure, and so counts
    plain Python from the steps that stood then."""
    model, head = example.read_model, example.journal.head()
    random = Random(f"example/{number}")
    datenstand = random.randint(200, head) if number else head
    for stichtag in [INTERIM_STICHTAG, *some_days(random, on("2016-03-01"), date(2019, 12, 31), 2)]:
        figures = compute(model, PROGRAMME, stichtag, datenstand=datenstand).figures
        assert figures.keys() == {figure.code for figure in CORE.figures}
        for code, figure in figures.items():
            behind = evidence(model, PROGRAMME, code, stichtag, datenstand=datenstand)
            assert_adds_up(code, figure, behind)
            assert all(1 <= position <= datenstand for row in behind.rows for position in row.entries)
        rows = export_rows(example.journal, model, PROGRAMME, datenstand, "-")
        assert naive.differences(figures, rows, stichtag) == []


def test_entries_of_the_evidence_are_about_the_person(example: Stores) -> None:
    """Every position named stands in the ledger, on the journey that is named or another of the same person."""
    behind = evidence(example.read_model, PROGRAMME, "single_parents_in_svp", INTERIM_STICHTAG)
    streams = dict(example.journal.since(0, example.journal.head()))
    for row in behind.rows:
        assert {str(streams[position]) for position in row.entries} == {row.journey}
