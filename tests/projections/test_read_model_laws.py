"""Laws of the read side, on ledgers made up at random: rebuilt is live, a past Datenstand is a ledger cut there."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import naive
from entering import assert_adds_up, copy_until, some_days
from hypothesis import assume, given
from hypothesis import strategies as st
from made_up import PROGRAMME, NewStores, carry_out, few, filled, made_up, opened, seeds, sizes

from domain import commands
from domain.facts import ProgrammeOpened
from domain.journal import Request
from domain.terms import Role, programme_stream
from projections.balance import compute, evidence
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.exchange.export import export_rows
from projections.exchange.files import RawRow
from projections.exchange.intake import Terms, take_in
from projections.read_model import ReadModel
from projections.read_model.tables import columns
from projections.rebuild import Certificate, rebuild
from projections.rows import TABLES
from projections.settings import Settings
from projections.stores import Stores

NOW = datetime(2020, 1, 2, 9, tzinfo=UTC)


def rows_of(model: ReadModel) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, in an order of their own."""
    return {
        table: sorted(model.query(f"SELECT {', '.join(columns(table))} FROM {model.name(table)}", {}), key=repr)
        for table in TABLES
    }


def built_again(settings: Settings) -> Certificate:
    return rebuild(settings.ledger, settings.read_model, now=NOW)


def times(stores: Stores, seed: int, count: int) -> list[tuple[date, int]]:
    """Some Stichtage, each with a Datenstand at which the programme is known."""
    random, head = Random(seed), stores.journal.head()
    days = some_days(random, date(2016, 3, 1), date(2020, 6, 30), count)
    return [(day, random.choice([head, random.randint(1, head)])) for day in days]


def everything(model: ReadModel, stichtag: date, datenstand: int) -> tuple[Any, ...]:
    """A balance and the evidence of all its figures."""
    balance = compute(model, PROGRAMME, stichtag, datenstand=datenstand)
    found = [evidence(model, PROGRAMME, code, stichtag, datenstand=datenstand) for code in balance.figures]
    return balance, [msgspec.structs.replace(one, rows=sorted(one.rows, key=repr)) for one in found]


# --- rebuilt is live --------------------------------------------------------------------------------


@few
@given(seed=seeds, size=sizes, programmes=st.sampled_from([1, 2]))
def test_rebuilt_rows_are_the_live_rows(new_stores: NewStores, seed: int, size: int, programmes: int) -> None:
    """Live update and rebuild are the same function of the entries, so they give the same rows (DESIGN.md)."""
    with opened(new_stores) as (settings, stores):
        random, made = Random(seed), made_up(seed, size, programmes=programmes, accounts=True)
        while made:
            together = random.choice([1, 5, 25])
            carry_out(stores.journal, made[:together])
            made = made[together:]
            catch_up(stores.journal, stores.read_model, page=random.choice([3, 1000]))
        live, head = rows_of(stores.read_model), stores.journal.head()
        certificate = built_again(settings)
        assert rows_of(stores.read_model) == live
    assert certificate.differences == {}
    assert certificate.events == certificate.head == head
    assert {table: found.rows for table, found in certificate.tables.items()} == {
        table: len(rows) for table, rows in live.items()
    }


@few
@given(seed=seeds, size=sizes, pages=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_pages_of_any_size_give_the_same_rows(new_stores: NewStores, seed: int, size: int, pages: list[int]) -> None:
    """Catching up in pages of any size, stopped between any two, comes to the rows of one rebuild."""
    with opened(new_stores) as (settings, stores):
        carry_out(stores.journal, made_up(seed, size))
        head, tracked = stores.journal.head(), 0
        for page in pages:
            tracked = one_page(stores, page)
        assert tracked == min(head, sum(pages)) == stores.read_model.events()
        assert catch_up(stores.journal, stores.read_model, page=pages[-1]) == head
        paged = rows_of(stores.read_model)
        built_again(settings)
        assert rows_of(stores.read_model) == paged


class _Stop(Exception):
    pass


def one_page(stores: Stores, page: int) -> int:
    """Project one page, and be stopped after it."""

    def stop(_position: int) -> None:
        raise _Stop

    with suppress(_Stop):
        catch_up(stores.journal, stores.read_model, page=page, progress=stop)
    return stores.read_model.tracked()


# --- a past Datenstand is a ledger cut there ----------------------------------------------------------


@few
@given(seed=seeds, size=sizes)
def test_past_datenstand_is_a_ledger_cut_there(new_stores: NewStores, seed: int, size: int) -> None:
    """What a ledger held at a position gives the figures and the evidence of a ledger that ends there."""
    with filled(new_stores, made_up(seed, size)) as (_settings, stores):
        for stichtag, datenstand in times(stores, seed, 1):
            with opened(new_stores) as (_cut_settings, cut):
                copy_until(stores.journal, cut.journal, datenstand)
                catch_up(cut.journal, cut.read_model)
                assert cut.read_model.tracked() == datenstand
                assert everything(cut.read_model, stichtag, datenstand) == everything(
                    stores.read_model, stichtag, datenstand
                )


# --- figures --------------------------------------------------------------------------------------------


@few
@given(seed=seeds, size=sizes)
def test_evidence_adds_up(new_stores: NewStores, seed: int, size: int) -> None:
    """Behind every figure stand the rows it counts or sums, for a ratio those of both parts, entered by then."""
    with filled(new_stores, made_up(seed, size)) as (_settings, stores):
        for stichtag, datenstand in times(stores, seed, 4):
            balance, found = everything(stores.read_model, stichtag, datenstand)
            for behind in found:
                assert_adds_up(behind.figure, balance.figures[behind.figure], behind)
                for row in behind.rows:
                    assert row.entries == sorted(set(row.entries))
                    assert 1 < row.entries[0] <= row.entries[-1] <= datenstand


@few
@given(seed=seeds, size=sizes)
def test_figures_are_those_of_the_naive_calculation(new_stores: NewStores, seed: int, size: int) -> None:
    """Every figure is what plain Python counts from the steps that stand at the Datenstand."""
    with filled(new_stores, made_up(seed, size)) as (_settings, stores):
        for stichtag, datenstand in times(stores, seed, 4):
            rows = list(export_rows(stores.journal, stores.read_model, PROGRAMME, datenstand, "-"))
            found = compute(stores.read_model, PROGRAMME, stichtag, datenstand=datenstand).figures
            assert naive.differences(found, rows, stichtag) == []


@few
@given(seed=seeds, size=sizes)
def test_exported_and_imported_again(new_stores: NewStores, seed: int, size: int) -> None:
    """The exported journeys, taken into fresh stores by a lead, give the same figures; so does their export."""
    with (
        filled(new_stores, made_up(seed, size, ratio=80)) as (_settings, stores),
        opened(new_stores) as (_other, fresh),
    ):
        rows = [RawRow(number, row) for number, row in enumerate(exported_rows(stores), 1)]
        assume(not anybody_came_back_on_the_first_day(rows))
        (opening,) = (one.fact for one in stores.journal.read(programme_stream(PROGRAMME)) if _is_opening(one.fact))
        request = Request(id=uuid4(), by="tester", now=NOW)
        fresh.journal.act(lambda streams: commands.open_programme(streams, opening), request)
        report = take_in(fresh.journal, fresh.vault, rows, Terms(batch=uuid4(), by="tester", now=NOW, role=Role.LEAD))
        assert report.refused == []
        assert report.stored + report.unchanged == len(rows)
        catch_up(fresh.journal, fresh.read_model)
        for stichtag, _datenstand in times(stores, seed, 3):
            before, after = (compute(model, PROGRAMME, stichtag).figures for model in (stores[1], fresh[1]))
            assert before == after
        assert len(exported_rows(fresh)) == report.stored


def anybody_came_back_on_the_first_day(rows: Sequence[RawRow]) -> bool:
    """The one order the import cannot tell: two enrolments of a person on one day."""
    began = [(row.values["participant"], row.values["on"]) for row in rows if row.values["step"] == "enrolled"]
    return len(set(began)) < len(began)


def exported_rows(stores: Stores) -> list[dict[str, Any]]:
    rows = export_rows(stores.journal, stores.read_model, PROGRAMME, stores.read_model.tracked(), "begründet")
    return [json.loads(json.dumps(row)) for row in rows]


def _is_opening(fact: Any) -> bool:
    return isinstance(fact, ProgrammeOpened)


def test_every_figure_counts_something_in_made_up_ledgers(new_stores: NewStores) -> None:
    """The laws above are not about zeros: over a few seeds every figure and every breakdown has a value."""
    seen: set[str] = set()
    for seed in range(6):
        with filled(new_stores, made_up(seed, 300, participants=12)) as (_settings, stores):
            figures = compute(stores.read_model, PROGRAMME, date(2017, 6, 30)).figures
            seen |= {code for code, figure in figures.items() if figure.value}
    assert seen == {figure.code for figure in CORE.figures}
