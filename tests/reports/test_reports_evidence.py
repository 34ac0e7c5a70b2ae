"""The rows behind figures as a report, and under pseudonyms."""

import csv
from datetime import date
from io import BytesIO, StringIO

import msgspec
import openpyxl
import pytest
from pdf_checks import text_of, violations
from sample_balance import PROGRAMME, report

from projections.balance import Evidence, EvidenceRow
from projections.catalogue import CORE, Unit
from projections.exchange.pseudonyms import Pseudonyms
from projections.reports import Report, evidence_report, rendered, under_pseudonyms, with_evidence
from projections.reports.model import Number, Table

ANNA, BERT = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
JOURNEY = "0c000000-0000-4000-8000-000000000003"


def row(participant: str, unit: str | None = None, value: float = 1, **rest: str) -> EvidenceRow:
    return EvidenceRow(participant, JOURNEY, [4, 12], unit or participant, value, **rest)


PLACED = Evidence("placed_svp", 2, [row(BERT), row(ANNA)])
MONTHS = Evidence("integrations_12m", 1, [row(ANNA, f"{ANNA}/2018-01")])
MINUTES = Evidence("coaching_minutes", 90, [row(ANNA, value=30), row(ANNA, value=60)])
MEAN = Evidence(
    "caseload_mean",
    2.0,
    [
        row(ANNA, category="coach-1", part="numerator"),
        row(BERT, category="coach-1", part="numerator"),
        row(ANNA, "coach-1", category="coach-1", part="denominator"),
    ],
)
RATE = Evidence(
    "sustained_rate",
    0.5,
    [
        row(ANNA, f"{ANNA}/2018-01", category="yes", part="numerator"),
        row(BERT, f"{BERT}/2018-02", category="no", part="denominator"),
    ],
)


def told(evidence: Evidence, language: str = "de") -> Report:
    return evidence_report(
        evidence, CORE, PROGRAMME, stichtag=date(2018, 2, 19), datenstand=99, language=language, known_on=None
    )


def table(made: Report) -> Table:
    (found,) = made.tables()
    return found


def columns(evidence: Evidence) -> list[str]:
    return [column.name for column in table(told(evidence)).columns]


def test_columns_that_say_nothing_are_left_out() -> None:
    """Persons have no unit besides themselves, counts no value, single figures no part."""
    assert columns(PLACED) == ["participant", "journey", "entries"]
    assert columns(MONTHS) == ["participant", "journey", "unit", "entries"]
    assert columns(MINUTES) == ["participant", "journey", "value", "entries"]
    assert columns(MEAN) == ["participant", "journey", "category", "part", "entries"]
    assert columns(RATE) == ["participant", "journey", "unit", "category", "part", "entries"]


def test_disputed_entries_are_marked() -> None:
    """What the person contests is named beside the row, where anything is (Art. 18 DSGVO)."""
    contested = msgspec.structs.replace(PLACED.rows[0], disputed=[12])
    evidence = Evidence("placed_svp", 2, [contested, PLACED.rows[1]])
    assert columns(evidence) == ["participant", "journey", "entries", "disputed"]
    assert [row.cells[-1] for row in table(told(evidence)).rows] == ["12", None]


def test_rows_say_whose_and_from_which_entries() -> None:
    """One row per unit, in the order they come, with the positions in the journal."""
    assert [one.cells for one in table(told(PLACED)).rows] == [(BERT, JOURNEY, "4 12"), (ANNA, JOURNEY, "4 12")]
    assert table(told(MINUTES)).rows[1].cells[2] == Number(60, Unit.MINUTES)
    assert table(told(RATE)).rows[0].cells[2:5] == ("2018-01", "nachhaltig", "Zähler")
    assert table(told(RATE, "en")).rows[1].cells[2:5] == ("2018-02", "not sustained", "denominator")


def test_what_the_evidence_is_about() -> None:
    """Figure, value, number of rows, the two times; for official use only."""
    made = told(PLACED)
    found = {one.name: one.value for one in made.particulars}
    assert found["value"] == Number(2, Unit.PERSONS)
    assert found["rows"] == Number(2, Unit.NUMBER)
    assert found["figure"].endswith("(placed_svp)")
    assert "Dienstgebrauch" in made.status
    assert made.name == "demo-2018-02-19-placed_svp"


@pytest.mark.parametrize("evidence", [PLACED, MONTHS, MINUTES, MEAN, RATE, Evidence("exits", 0, [])])
def test_every_evidence_can_be_printed(evidence: Evidence) -> None:
    """With every set of columns, and with no row at all, the PDF is accessible and names every person."""
    pdf = rendered(told(evidence), "pdf")
    assert violations(pdf) == []
    text = text_of(pdf).replace(" ", "")
    assert all(one.participant in text for one in evidence.rows)


def test_pseudonyms_hide_who_it_is() -> None:
    """Participants, journeys and coaches get pseudonyms, the same for the same; what is counted stays."""
    found = under_pseudonyms(RATE, CORE, Pseudonyms(bytes(32)))
    written = str(msgspec.to_builtins(found))
    assert not [one for one in (ANNA, BERT, JOURNEY) if one in written]
    assert [one.unit.rpartition("/")[2] for one in found.rows] == ["2018-01", "2018-02"]
    assert all(one.unit.startswith(one.participant) for one in found.rows)
    assert [(one.part, one.category, one.entries) for one in found.rows] == [
        ("numerator", "yes", [4, 12]),
        ("denominator", "no", [4, 12]),
    ]
    mean = under_pseudonyms(MEAN, CORE, Pseudonyms(bytes(32)))
    assert "coach-1" not in str(msgspec.to_builtins(mean))
    assert len({one.category for one in mean.rows}) == 1
    assert mean.rows[-1].unit == mean.rows[-1].category


def test_pseudonyms_differ_from_export_to_export() -> None:
    """Under another key the same person has another pseudonym, and the order of the rows tells nothing."""
    many = Evidence("placed_svp", 20, [row(f"{number:08x}-0000-4000-8000-000000000000") for number in range(20)])
    first, second = (under_pseudonyms(many, CORE, Pseudonyms(bytes([key]) * 32)) for key in (1, 2))
    assert not {one.participant for one in first.rows} & {one.participant for one in second.rows}
    for found in (first, second):
        assert [one.participant for one in found.rows] == sorted(one.participant for one in found.rows)


def test_annex_is_in_the_spreadsheet_not_on_paper() -> None:
    """Evidence added to a report has a sheet of its own and lines in the data; the PDF says where it is."""
    made = with_evidence(report(series=None), CORE, [PLACED, MONTHS])
    book = openpyxl.load_workbook(BytesIO(rendered(made, "xlsx")))
    assert [cell.value for cell in book["placed_svp"]["A"]] == ["Person", BERT, ANNA]
    lines = list(csv.DictReader(StringIO(rendered(made, "csv").decode()), delimiter=";"))
    assert [line["value"] for line in lines if line["table"] == "evidence_integrations_12m"][2] == "2018-01"
    text = text_of(rendered(made, "pdf"))
    assert ANNA not in text
    assert "2 Zeilen, zu lang für Papier" in text


def test_public_report_has_no_evidence() -> None:
    """Single persons never go with what leaves the house."""
    with pytest.raises(ValueError, match="public"):
        with_evidence(report(series=None, hidden=frozenset()), CORE, [PLACED])
