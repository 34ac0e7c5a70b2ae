"""Taking in a file as one batch: what is refused, what is known already, in which order, and that nothing leaks."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from samples import OWN_KEY, PERSONAL, ROWS, write
from taking import KEY, NOW, Desk, bytes_of, enrolled, missed, step

from domain.errors import Refused
from domain.facts import CoachJoined, Enrolled, Withdrawn
from domain.terms import Role
from domain.texts import _
from domain.vault import CUSTOMER_NUMBER
from projections.balance import compute
from projections.exchange.files import RawRow, read_rows
from projections.exchange.intake import Terms, take_in
from projections.history import read_history
from projections.settings import Settings

FILE = [enrolled(), step("coach_assigned", "2017-01-02", coach="C1"), missed("2017-01-03"), missed("2017-01-04")]


def codes(report: Any) -> list[tuple[int, str]]:
    """The refusals of a report as (line, code)."""
    return [(one.row.line, one.why.code) for one in report.refused]


# --- stored ---------------------------------------------------------------------------------------------------


def test_every_step_is_stored(desk: Desk) -> None:
    """A journey with every step there is; each entry says who entered it, when, and in which batch."""
    report = desk.take(*ROWS)
    assert (report.rows, report.stored, report.refused) == (len(ROWS), len(ROWS), [])
    entries = desk.entries(OWN_KEY)
    assert desk.steps(OWN_KEY) == [(row["step"], str(row["on"])) for row in ROWS]
    assert {(one.entry.recorded_by, one.entry.recorded_at, one.entry.correlation_id) for one in entries} == {
        ("tester", NOW, desk.batch)
    }
    assert report.position == desk.stores.journal.head()
    assert report.coaches == ["C1"]


def test_recorded_by_of_a_row(desk: Desk) -> None:
    """A row may say who made the entry; the others are the caller's."""
    desk.take(enrolled(), missed("2017-01-03", recorded_by="m.weiss"))
    assert [one.entry.recorded_by for one in desk.entries()] == ["tester", "m.weiss"]


def test_programme_of_a_row_goes_before_that_of_the_file(desk: Desk) -> None:
    """Rows without a programme belong to the one named with the file; without either they are refused."""
    assert codes(desk.take(enrolled(), enrolled("B", programme="andere"))) == [(2, "unknown_programme")]
    report = desk.take(enrolled(), enrolled("B", programme=KEY), programme=None)
    assert [(one.row.line, one.why.code, one.why.field) for one in report.refused] == [
        (1, "missing_field", "programme")
    ]
    assert desk.take(enrolled("B", programme=KEY), programme=None).stored == 1


def test_warnings_name_the_line(desk: Desk) -> None:
    """A limit of the law warns, with its §, and refuses nothing."""
    rows = [enrolled(), step("placement_started", "2017-02-01", ref="m", kind="minijob", monthly_pay="480")]
    report = desk.take(*rows)
    assert [(line, warning.norm) for line, warning in report.warnings] == [(2, "§ 8 SGB IV")]
    assert report.stored == 2


def test_progress_is_told(desk: Desk) -> None:
    """How many rows of how many are decided, up to the last."""
    told: list[tuple[int, int]] = []
    rows = [RawRow(1, enrolled()), *(RawRow(n, missed("2017-01-03", id=f"{n}")) for n in range(2, 602))]
    terms = Terms(batch=desk.batch, by="tester", now=NOW, programme=KEY)
    take_in(desk.stores.journal, desk.stores.vault, rows, terms, lambda done, total: told.append((done, total)))
    assert told == [(500, 601), (601, 601)]


def test_empty_file(desk: Desk) -> None:
    """A file without rows stores nothing and refuses nothing."""
    report = desk.take()
    assert (report.rows, report.stored, report.refused, desk.stored) == (0, 0, [], 0)


# --- refused rows -----------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown programme": (enrolled("B", programme="nirgends"), "unknown_programme", "Regel 1"),
    "before the programme": (enrolled("B", "2016-02-29"), "outside_period", "Regel 2"),
    "after the programme": (enrolled("B", "2019-07-01"), "outside_period", "Regel 2"),
    "active already": (enrolled(on="2017-06-01"), "already_active", "Regel 3"),
    "target group": (enrolled("B", age=35), "target_group", "Regel 4"),
    "override by a coach": (enrolled("B", age=35, override_reason="Härtefall"), "override_needs_lead", "Regel 4"),
    "age and birth date": (enrolled("B", birth_date="1980-01-01"), "age_contradicts", "Regel 4"),
    "future": (missed("2020-01-03"), "in_future", "Regel 5"),
    "before enrolment": (missed("2016-12-31"), "before_enrolment", "Regel 6"),
    "nobody": (missed("2017-02-01", "B"), "unknown_participant", "Regel 6"),
    "end before start": (step("placement_ended", "2017-01-31", ref="p", reason="other"), "end_before_start", "Regel 8"),
    "ref taken": (step("placement_started", "2017-03-01", ref="p", kind="svp"), "ref_taken", "Regel 9"),
    "unknown ref": (step("placement_ended", "2017-03-01", ref="q", reason="other"), "unknown_ref", "Regel 9"),
    "coach full": (step("coach_assigned", "2017-03-01", coach="voll"), "coach_full", "Regel 10"),
    "no change": (step("circumstances_changed", "2017-03-01"), "nothing_changed", ""),
    "negative": (
        step("funding_granted", "2017-03-01", ref="f", kind="egz", amount="-0,01"),
        "negative_amount",
        "",
    ),
    "not a number": (step("funding_granted", "2017-03-01", ref="f", kind="egz", amount="NaN"), "negative_amount", ""),
    "unknown step": (step("entered", "2017-03-01"), "unknown_step", ""),
    "unknown field": (missed("2017-03-01", colour="rot"), "unknown_field", ""),
    "missing field": (step("appointment_missed", "2017-03-01"), "missing_field", ""),
    "bad value": (missed("31.02.2017"), "bad_value", ""),
    "bad staff code": (missed("2017-03-01", recorded_by="Frau Weiß"), "bad_value", ""),
}


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A is enrolled and in a job; the coach `voll` looks after as many as the ratio allows."""
    report = desk.take(
        enrolled(),
        step("placement_started", "2017-02-01", ref="p", kind="svp"),
        *(enrolled(person) for person in ("V1", "V2")),
        *(step("coach_assigned", "2017-01-02", person, coach="voll") for person in ("V1", "V2")),
    )
    assert report.refused == []
    return desk


def test_broken_row_names_line_reason_and_norm(busy: Desk) -> None:
    """One broken row in the middle of a file: nothing of the file is stored, and the row is named (DESIGN.md 7)."""
    before, people = busy.stored, busy.people
    for row, code, norm in REFUSED.values():
        report = busy.take(enrolled("C"), row, missed("2017-02-01", "C"), first_line=2)
        assert codes(report) == [(3, code)]
        (refused,) = report.refused
        assert norm in str(refused.why)
        assert (report.nothing_stored, report.stored) == (True, 2)
        assert (busy.stored, busy.people) == (before, people)
        for language in ("de", "en"):
            text = refused.why.in_language(language)
            assert "{" not in text
            assert refused.why.norm
            assert refused.why.norm.in_language(language) in text
            assert "Härtefall" not in text


@pytest.mark.parametrize("why", ["after the exit", "exited twice", "closed ref"])
def test_row_against_what_the_file_itself_says(desk: Desk, why: str) -> None:
    """Rows of one file are decided upon each other."""
    rows = [
        enrolled(),
        step("placement_started", "2017-02-01", ref="p", kind="svp"),
        step("placement_ended", "2017-03-01", ref="p", reason="other"),
        step("exited", "2017-04-01", reason="svp"),
    ]
    broken, code = {
        "after the exit": (missed("2017-04-02"), "after_exit"),
        "exited twice": (step("exited", "2017-05-01", reason="svp"), "exited_twice"),
        "closed ref": (step("placement_ended", "2017-03-05", ref="p", reason="dismissed"), "closed_ref"),
    }[why]
    assert codes(desk.take(*rows, broken)) == [(5, code)]
    assert desk.stored == 0


def test_partial_stores_the_rest(busy: Desk) -> None:
    """What can be stored is, and every other row is named; nobody refused leaves a key behind."""
    before, people = busy.stored, busy.people
    broken = [row for row, _code, _norm in REFUSED.values()]
    report = busy.take(enrolled("C"), *broken, missed("2017-02-01", "C"), partial=True)
    assert codes(report) == [(line, code) for line, (_row, code, _norm) in enumerate(REFUSED.values(), 2)]
    assert (report.stored, report.nothing_stored) == (2, False)
    assert (busy.stored, busy.people) == (before + 2, people + 1)
    assert busy.steps("C") == [("enrolled", "2017-01-01"), ("appointment_missed", "2017-02-01")]


def test_steps_of_somebody_refused_are_refused(desk: Desk) -> None:
    """Whose enrolment is refused has no journey for the steps that follow."""
    report = desk.take(enrolled(age=40), missed("2017-02-01"), enrolled("B"), partial=True)
    assert [line for line, _code in codes(report)] == [1, 2]
    assert (report.stored, desk.people) == (1, 1)


def test_dry_run_stores_nothing_and_refuses_the_same(busy: Desk) -> None:
    """The very same decisions, without appending (DESIGN.md section 7)."""
    before, people = busy.stored, busy.people
    rows = [
        enrolled("C", name="Geheimwort"),
        *(row for row, _code, _norm in REFUSED.values()),
        missed("2017-02-01", "C"),
    ]
    tried = {partial: busy.take(*rows, partial=partial, dry_run=True) for partial in (False, True)}
    fine = busy.take(enrolled("C"), step("coach_assigned", "2017-01-05", "C", coach="C9"), dry_run=True)
    assert (busy.stored, busy.people) == (before, people)
    assert (fine.stored, fine.coaches, fine.position) == (2, ["C9"], 0)
    for partial, report in tried.items():
        done = busy.take(*rows, partial=partial)
        assert (codes(done), done.stored, done.rows) == (codes(report), report.stored, report.rows)
        assert [str(one.why) for one in done.refused] == [str(one.why) for one in report.refused]


def test_unreadable_lines_are_refused_with_the_others(desk: Desk) -> None:
    """A line that is no row stands in the report in its place."""
    raw = [RawRow(1, enrolled()), RawRow(2, {}, Refused("bad_json", _("kein JSON"))), RawRow(3, missed("2016-01-01"))]
    assert codes(desk.take_raw(raw)) == [(2, "bad_json"), (3, "before_enrolment")]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        pytest.param(missed("2017-02-01", participation="zwei"), "participation", id="participation"),
        pytest.param(
            {**{n: v for n, v in enrolled("B").items() if n != "age"}, "birth_date": "2018-01-01"},
            "birth_date",
            id="born after the enrolment",
        ),
        pytest.param(enrolled("B", name="\ud800"), "name", id="half a character"),
        pytest.param(enrolled("\ud800"), "participant", id="half a character in a key"),
    ],
)
def test_impossible_value_is_refused(desk: Desk, row: dict[str, Any], field: str) -> None:
    """Whatever a row holds, it is refused as a row; the others are not lost."""
    report = desk.take(enrolled(), row, partial=True)
    assert [(one.row.line, one.why.code, one.why.field) for one in report.refused] == [(2, "bad_value", field)]
    assert report.stored == 1


def test_text_that_a_store_cannot_keep_does_not_stop_the_projection(
    desk: Desk, stores_settings: Settings, request: pytest.FixtureRequest
) -> None:
    """What one store could not project is refused at the door, or stored on both."""
    try:
        report = desk.take(enrolled(municipality="Raun\x00heim"))
    except psycopg.DataError:
        pytest.fail("accepted, but not to be projected")
    assert report.refused or compute(desk.stores.read_model, KEY, date(2018, 1, 1)).figures["placed_any"].value == 0


# --- order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_taken_by_date_whatever_their_order(desk: Desk, seed: int) -> None:
    """Enrolment first, then by day; the report keeps the lines of the file."""
    rows = [row for row in ROWS if row.get("ref") != "f1"]
    Random(seed).shuffle(rows)
    assert desk.take(*rows).refused == []
    assert desk.steps(OWN_KEY)[0][0] == "enrolled"
    assert [on for _name, on in desk.steps(OWN_KEY)] == sorted(str(row["on"]) for row in rows)


def test_rows_of_one_day_keep_their_order(desk: Desk) -> None:
    """Of one day the order of the file holds, except that the enrolment comes first."""
    coaches = [step("coach_assigned", "2017-01-01", coach=coach) for coach in ("C2", "C1", "C3")]
    desk.take(*coaches, enrolled())
    assert [getattr(one.fact, "coach", "") for one in desk.entries()] == ["", "C2", "C1", "C3"]


def test_two_participations_in_one_file(desk: Desk) -> None:
    """A second enrolment after the exit begins the next participation; each row finds its own by day or ref."""
    rows = [
        enrolled(on="2018-01-01"),
        missed("2018-02-01"),
        step("placement_ended", "2018-02-02", ref="p", reason="other"),
        step("exited", "2017-06-01", reason="svp"),
        step("placement_started", "2017-05-01", ref="p", kind="svp"),
        step("whereabouts_recorded", "2018-03-01", status="svp", source="employer", participation=1),
        enrolled(on="2017-01-01"),
    ]
    assert desk.take(*rows).refused == []
    assert [name for name, _on in desk.steps()] == [
        *("enrolled", "placement_started", "exited", "placement_ended", "whereabouts_recorded")
    ]
    assert [name for name, _on in desk.steps(participation=2)] == ["enrolled", "appointment_missed"]


@pytest.mark.parametrize(
    "funding_first",
    [
        True,
        False,
    ],
)
@pytest.mark.parametrize("granted", ["2017-02-01", "2017-03-01"])
def test_funding_waits_for_the_placement_it_names(desk: Desk, granted: str, funding_first: bool) -> None:
    """A funding granted before the job begins, or with it, is taken once the job is there."""
    funding = step("funding_granted", granted, ref="f", kind="egz", amount=900, placement="p")
    rows = [funding, step("placement_started", "2017-03-01", ref="p", kind="svp")]
    assert desk.take(enrolled(), *(rows if funding_first else rows[::-1])).refused == []


def test_funding_that_ended_before_its_placement_began(desk: Desk) -> None:
    """A funding granted and revoked before the job it names began is in order, in any order of the rows."""
    report = desk.take(
        enrolled(),
        step("funding_granted", "2017-02-01", ref="f", kind="egz", amount=900, placement="p"),
        step("funding_ended", "2017-02-10", ref="f", reason="revoked"),
        step("placement_started", "2017-03-01", ref="p", kind="svp"),
    )
    assert codes(report) == []


# --- known already ------------------------------------------------------------------------------------------------


def test_same_file_again_stores_nothing(desk: Desk) -> None:
    """With ids and without them, in one order or another, partial or not."""
    for rows in (FILE, [{**row, "id": f"n{number}"} for number, row in enumerate(ROWS)]):
        desk.take(*rows)
        stored = desk.stored
        for again in (rows, rows[::-1]):
            report = desk.take(*again)
            assert (report.stored, report.unchanged, report.refused) == (0, len(rows), [])
            assert desk.stored == stored


def test_file_grown_meanwhile_stores_what_is_new(desk: Desk) -> None:
    """The rows known stay as they are, the others are added."""
    desk.take(*FILE)
    report = desk.take(*FILE, missed("2017-01-05"), enrolled("B"))
    assert (report.stored, report.unchanged) == (2, len(FILE))


def test_same_row_twice_in_one_file_without_ids(desk: Desk) -> None:
    """Two equal rows of one file are two entries; the file again is still known."""
    rows = [enrolled(), missed("2017-01-03"), missed("2017-01-03")]
    assert desk.take(*rows).stored == 3
    assert desk.take(*rows).unchanged == 3
    assert desk.take(*rows, missed("2017-01-03")).stored == 1


def test_same_id_twice_in_one_file(desk: Desk) -> None:
    """The same row twice is one entry; another row under the same id is refused."""
    row = missed("2017-01-03", id="7")
    report = desk.take(enrolled(id="1"), row, row)
    assert (report.stored, report.unchanged) == (2, 1)
    report = desk.take(enrolled("B", id="b1"), missed("2017-01-03", "B", id="b7"), missed("2017-01-04", "B", id="b7"))
    assert codes(report) == [(3, "changed_row")]


def test_id_counts_within_a_programme_and_may_be_a_number(desk: Desk) -> None:
    """7 and "7" are the same id: a spreadsheet and a text file write it differently."""
    desk.take(enrolled(id=7))
    assert desk.take(enrolled(id="7")).unchanged == 1


def test_id_of_another_person_is_a_changed_row(desk: Desk) -> None:
    """The same id with another person in it is other content: in one file, and in a later one."""
    desk.take(enrolled("A", id="1"), enrolled("B", id="2"), missed("2017-01-03", "A", id="3"))
    moved = missed("2017-01-03", "B", id="3")
    assert codes(desk.take(enrolled("A", id="1"), moved)) == [(2, "changed_row")]


def test_id_of_another_person_alone_is_a_changed_row(desk: Desk) -> None:
    """The same, where the file has the moved row only: it must not come to be counted twice."""
    desk.take(enrolled("A", id="1"), enrolled("B", id="2"), missed("2017-01-03", "A", id="3"))
    assert codes(desk.take(missed("2017-01-03", "B", id="3"))) == [(1, "changed_row")]


def test_changed_row(desk: Desk) -> None:
    """Refused, naming the entry; with corrections a Berichtigung of it, with the reason sealed."""
    desk.take(enrolled(id="1"), missed("2017-01-03", id="2"))
    change = missed("2017-01-05", id="2")
    report = desk.take(change)
    assert codes(report) == [(1, "changed_row")]
    assert "Eintrag 2" in str(report.refused[0].why)
    report = desk.take(change, corrections=True, reason="Geheimwort hatte sich vertan")
    assert (report.corrected, report.stored, report.refused) == (1, 0, [])
    entry = desk.entries()[-1].fact
    assert (entry.entry, str(entry.replacement.happened_on)) == (2, "2017-01-05")
    assert b"Geheimwort" not in entry.reason


def test_changed_personal_value_is_a_change(desk: Desk) -> None:
    """A name put right is a Berichtigung too, although nothing readable differs."""
    desk.take(enrolled(id="1", name="Geheimwort"))
    assert codes(desk.take(enrolled(id="1", name="Erica"))) == [(1, "changed_row")]
    assert desk.take(enrolled(id="1", name="Erica"), corrections=True).corrected == 1
    assert desk.take(enrolled(id="1", name="Erica")).unchanged == 1


def test_correction_is_the_whole_row(desk: Desk) -> None:
    """A field left out is cleared; another step under the same id is refused."""
    desk.take(enrolled(id="1"), step("qualification_started", "2017-02-01", id="2", ref="q", kind="fbw", provider="X"))
    report = desk.take(step("qualification_started", "2017-02-01", id="2", ref="q", kind="fbw"), corrections=True)
    assert report.corrected == 1
    assert desk.entries()[-1].fact.replacement.provider is None
    assert codes(desk.take(missed("2017-02-01", id="2"), corrections=True)) == [(1, "other_step")]


def test_correction_that_would_leave_the_journey_impossible(desk: Desk) -> None:
    """Refused, naming the later entry in the way."""
    rows = [enrolled(id="1"), missed("2017-01-03", id="2")]
    desk.take(*rows)
    report = desk.take(enrolled(id="1", on="2017-02-01"), corrections=True)
    assert codes(report) == [(1, "entry_in_the_way")]
    assert "Eintrag 2" in str(report.refused[0].why)


def test_withdrawn_row(desk: Desk) -> None:
    """A row of step `withdrawn` takes back the row its `entry` names; once."""
    desk.take(enrolled(id="1"), missed("2017-01-03", id="2"))
    storno = {"participant": "A", "step": "withdrawn", "entry": "2", "reason": "Geheimwort war doch da"}
    assert desk.take(storno).withdrawn == 1
    fact = desk.entries()[-1].fact
    assert isinstance(fact, Withdrawn)
    assert fact.entry == 2
    assert b"Geheimwort" not in fact.reason
    again = desk.take(storno)
    assert (again.withdrawn, again.unchanged, again.refused) == (0, 1, [])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"participant": "A", "step": "withdrawn", "entry": "9"}, "unknown_entry"),
        ({"participant": "A", "step": "withdrawn"}, "missing_field"),
        ({"participant": "B", "step": "withdrawn", "entry": "1"}, "unknown_participant"),
        ({"participant": "A", "step": "withdrawn", "entry": "1"}, "entry_in_the_way"),
    ],
)
def test_withdrawn_row_that_names_nothing(desk: Desk, row: dict[str, Any], code: str) -> None:
    """No such row, none named, nobody's, or one that others build on."""
    desk.take(enrolled(id="1"), missed("2017-01-03", id="2"))
    assert codes(desk.take(row)) == [(1, code)]


def test_figures_before_a_correction_stay(desk: Desk) -> None:
    """An old Datenstand keeps its figures; both entries stand in the history, with the reason."""
    desk.take(enrolled(id="1"), step("coaching_session_held", "2017-01-03", id="2", minutes=30))
    before, day = desk.stores.journal.head(), date(2018, 1, 1)
    desk.take(step("coaching_session_held", "2017-01-03", id="2", minutes=45), corrections=True, reason="Tippfehler")
    model = desk.stores.read_model
    assert compute(model, KEY, day, datenstand=before).figures["coaching_minutes"].value == 30
    assert compute(model, KEY, day).figures["coaching_minutes"].value == 45

    def opened(participant: UUID, field: str, envelope: bytes) -> str:
        return desk.stores.vault.open(participant, field, envelope, account="tester", purpose="test", now=NOW)

    history = read_history(desk.stores.journal, desk.journey(), desk.stores.journal.head(), opened).entries
    assert [(entry.step, entry.corrected_by) for entry in history[1:]] == [
        ("coaching_session_held", (3,)),
        ("corrected", ()),
    ]
    assert (history[2].reason, history[2].fields) == ("Tippfehler", {"minutes": {"old": 30, "new": 45}})


# --- coaches and overrides ------------------------------------------------------------------------------------------


def test_unknown_coaches_are_opened_and_reported(desk: Desk) -> None:
    """Opened with the programme as part of the batch, and listed once."""
    rows = [
        enrolled(),
        step("coach_assigned", "2017-01-02", coach="C2"),
        step("coach_assigned", "2017-01-03", coach="C1"),
        step("coach_assigned", "2017-01-04", coach="C2"),
    ]
    report = desk.take(*rows)
    assert sorted(report.coaches) == ["C1", "C2"]
    assert desk.take(enrolled("B"), step("coach_assigned", "2017-01-02", "B", coach="C1")).coaches == []
    joined = [one.fact.coach for one in _all(desk) if isinstance(one.fact, CoachJoined)]
    assert sorted(joined) == ["C1", "C2"]


def _all(desk: Desk) -> list[Any]:
    journal = desk.stores.journal
    return [journal.entry_at(position) for position, _stream in journal.since(0, journal.head())]


def test_coach_of_a_refused_file_is_not_opened(desk: Desk) -> None:
    """What the file would have opened goes with it."""
    desk.take(enrolled(), step("coach_assigned", "2017-01-02", coach="C1"), missed("2016-01-01"))
    assert desk.stored == 0
    assert desk.take(*FILE).coaches == ["C1"]


def test_lead_may_override_with_a_reason(desk: Desk) -> None:
    """Target group and ratio: the reason is sealed, that there was one is seen."""
    over = enrolled("B", age=35, override_reason="Härtefall Geheimwort")
    assert codes(desk.take(over, role=Role.COACH)) == [(1, "override_needs_lead")]
    assert codes(desk.take(enrolled("C", age=35), role=Role.LEAD)) == [(1, "target_group")]
    assert desk.take(over, role=Role.LEAD).stored == 1
    fact = desk.enrolment("B")
    assert fact.override_reason is not None
    assert b"Geheimwort" not in fact.override_reason
    assert [verdict.met for verdict in fact.verdict] == [False]


# --- customer numbers ---------------------------------------------------------------------------------------------


def test_customer_number_of_another_person_is_refused(desk: Desk) -> None:
    """One person has one key; the number is not repeated. In one file, and in a later one."""
    one, other = enrolled("A", customer_number="123D456789"), enrolled("B", customer_number="123D456789")
    for rows in ([one, other], [other]):
        report = desk.take(*rows, partial=True)
        assert [code for _line, code in codes(report)] == ["customer_number_taken"]
        assert "123D" not in str(report.refused[0].why)
    assert desk.people == 1
    assert desk.stores.vault.find(CUSTOMER_NUMBER, "123D456789") == desk.enrolment("A").participant


def test_customer_number_of_a_refused_row_is_nobodys(desk: Desk) -> None:
    """A row that is refused leaves nothing behind, neither a key nor a number."""
    desk.take(enrolled("A"))
    report = desk.take(enrolled("A", on="2017-02-01", customer_number="123D456789"), missed("2017-01-03"), partial=True)
    assert codes(report) == [(1, "already_active")]
    assert desk.take(enrolled("B", customer_number="123D456789")).refused == []


def test_customer_number_put_right_is_free_again(desk: Desk) -> None:
    """A number mistyped and corrected does not keep its owner out."""
    desk.take(enrolled("A", id="1", customer_number="123D456789"))
    desk.take(enrolled("A", id="1", customer_number="123D456780"), corrections=True)
    assert desk.take(enrolled("B", customer_number="123D456789")).refused == []


# --- nothing leaks ------------------------------------------------------------------------------------------------


def secrets() -> list[str]:
    """Every own key, id and personal value of the sample."""
    personal = [str(value) for value in PERSONAL.values()]
    words = [word for value in personal for word in value.replace(",", " ").split() if len(word) > 4]
    return [OWN_KEY, *personal, *words, *(str(row["id"]) for row in ROWS), "Begründung Geheim"]


def test_nothing_personal_is_in_any_store_file(desk: Desk, stores_settings: Settings) -> None:
    """Own keys, row ids, personal values and reasons are in no file and no table in the clear (DESIGN.md 2 and 7)."""
    desk.take(*ROWS)
    desk.take({**ROWS[3], "excused": True}, corrections=True, reason="Begründung Geheim")
    found = {**bytes_of(stores_settings.folder), **tables_of(stores_settings)}
    assert {"keys.db", "kek"} <= found.keys()
    assert any(b"Gartenbau" in content for content in found.values()), "what is in the clear is found"
    for name, content in found.items():
        for secret in secrets():
            for encoding in ("utf-8", "utf-16-le", "latin-1"):
                assert secret.encode(encoding) not in content, (name, secret)


def tables_of(settings: Settings) -> dict[str, bytes]:
    """Every table of a PostgreSQL database as text."""
    if settings.database_url is None:
        return {}
    with psycopg.connect(settings.database_url) as server:
        names = server.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', "
            "'information_schema')"
        ).fetchall()
        rows = {name: server.execute(f"SELECT t::text FROM {name} t".encode()).fetchall() for (name,) in names}
        state = server.execute("SELECT convert_from(state, 'UTF8') FROM ledger.stored_events").fetchall()
    return {name: str(found).encode() for name, found in {**rows, "state": state}.items()}


def test_nothing_personal_is_in_a_refusal(desk: Desk) -> None:
    """Whatever is wrong with a row, no message repeats what is personal in it."""
    desk.take(*ROWS)
    broken = [
        {**row, "participant": participant, "on": on, **more}
        for row in ROWS
        for participant in (OWN_KEY, OWN_KEY + "-2")
        for on in ("2016-01-01", "2030-01-01", "gestern", "2017-07-01")
        for more in (
            {},
            {"id": "neu"},
            {"ref": "q1"},
            {"gender": "?"},
            {"age": 99},
            {"override_reason": "Geheimwort krank"},
        )
    ]
    report = desk.take(*broken, partial=True, dry_run=True)
    assert len(report.refused) > 200
    for refused in report.refused:
        told = f"{refused.why.in_language('de')} {refused.why.in_language('en')} {refused.why!r}"
        assert not [secret for secret in (*secrets(), "krank") if secret in told], told


def test_participants_get_a_random_id(desk: Desk, stores_settings: Settings) -> None:
    """Two ledgers with the same file have nothing in common that would join them."""
    desk.take(*ROWS)
    fact = desk.enrolment(OWN_KEY)
    assert isinstance(fact, Enrolled)
    assert fact.participant.version == 4
    assert desk.entries(OWN_KEY)[1].entry.request_id.version == 5
    assert stores_settings.folder.exists()


def test_file_of_every_format_is_the_same_file(desk: Desk, tmp_path: Path) -> None:
    """What came in as JSON Lines is known again as a table."""
    rows = [row for row in ROWS if "amount" not in row and row["step"] != "funding_ended"]
    assert desk.take_raw(list(read_rows(write(tmp_path / "a.jsonl", rows)))).stored == len(rows)
    stored = desk.stored
    for name in ("a.csv", "a.xlsx", "a.ods"):
        report = desk.take_raw(list(read_rows(write(tmp_path / name, rows))))
        assert (report.unchanged, report.refused) == (len(rows), [])
    assert desk.stored == stored
