"""The rows behind one cell of a figure: those of the figure that belong to it, and no others."""

from collections import Counter
from datetime import date

import pytest
from made_up import PROGRAMME, NewStores, filled, made_up

from domain.errors import Refused
from projections.balance import Evidence, compute, evidence
from projections.catalogue import CATALOGUES, Catalogue, Measure
from projections.read_model import ReadModel

SEED, SIZE = 7, 60
DAYS = (date(2019, 6, 30),)


@pytest.mark.parametrize("name", ["core", "esf"])
def test_cells_add_up_to_what_they_say(new_stores: NewStores, name: str) -> None:
    """Every cell of every breakdown is the count, or the sum, of its rows, and together they are the figure's rows."""
    with filled(new_stores, made_up(SEED, SIZE)) as (_settings, stores):
        catalogue = CATALOGUES[name]
        assert sum(_checked(stores.read_model, catalogue, day) for day in DAYS) > 5


def test_group_a_figure_has_not(new_stores: NewStores) -> None:
    """A caseload is a coach's, so nobody is told its share by gender."""
    with filled(new_stores, made_up(SEED, 5)) as (_settings, stores):
        with pytest.raises(Refused, match="caseload_max") as refused:
            evidence(stores.read_model, PROGRAMME, "caseload_max", DAYS[0], group=("gender", "female"))
        assert refused.value.code == "unknown_trait"


def _checked(model: ReadModel, catalogue: Catalogue, day: date) -> int:
    """How many cells that are not empty were compared."""
    cells = 0
    balance = compute(model, PROGRAMME, day, catalogue=catalogue)
    for code, figure in balance.figures.items():
        if catalogue.figure(code).per is not None:
            continue
        whole = evidence(model, PROGRAMME, code, day, catalogue=catalogue)
        for trait, values in figure.by.items():
            rows: Counter[str] = Counter()
            for value, number in values.items():
                found = evidence(model, PROGRAMME, code, day, catalogue=catalogue, group=(trait, value))
                assert found.value == number
                assert _measured(found, catalogue) == pytest.approx(number or 0), (code, trait, value)
                rows += Counter(map(str, found.rows))
                cells += bool(number)
            if catalogue.figure(code).part.measure is not Measure.LARGEST:
                assert rows == Counter(map(str, whole.rows)), (code, trait)
    return cells


def _measured(found: Evidence, catalogue: Catalogue) -> float:
    measure = catalogue.figure(found.figure).part.measure
    return len(found.rows) if measure in (Measure.COUNT, Measure.LARGEST) else sum(row.value for row in found.rows)
