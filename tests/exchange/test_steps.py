"""One row of an import file → the step it says: how values are written, and what is refused."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from samples import ENROLLED, OWN_KEY, PERSONAL, ROWS, STEPS, plain

from domain.errors import Refused
from domain.facts import STEP_BY_NAME, CoachingSessionHeld, Enrolled, FundingGranted
from domain.terms import Channel, Topic
from projections.exchange.steps import fields_of, given_step


def row(step: str, **changed: Any) -> dict[str, Any]:
    """The sample row of a step with other values; None leaves a value out."""
    sample = next(one for one in ROWS if one["step"] == step)
    values = {name: plain(value) for name, value in sample.items()} | changed
    return {name: value for name, value in values.items() if value is not None}


def refused(values: dict[str, Any]) -> Refused:
    """The refusal of a row. No personal value is in either text or in the exception."""
    with pytest.raises(Refused) as refusal:
        given_step(values)
    told = f"{refusal.value.in_language('de')} {refusal.value.in_language('en')} {refusal.value!r}"
    for value in [OWN_KEY, *PERSONAL.values(), *(values.get(name) for name in PERSONAL)]:
        assert value is None or str(plain(value)) not in told
    assert refusal.value.norm
    return refusal.value


# --- how values are written ---------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["2017-05-01", "01.05.2017", "1.5.2017", " 2017-05-01 ", date(2017, 5, 1)])
def test_days(written: object) -> None:
    """ISO or TT.MM.JJJJ."""
    assert given_step(row("exited", on=written)).happened_on == date(2017, 5, 1)


@pytest.mark.parametrize(
    "written", ["2017-13-01", "31.02.2017", "1.5.17", "05/01/2017", "20170501", "gestern", 42_856, True, ["2017-05-01"]]
)
def test_impossible_days(written: object) -> None:
    """Anything else is refused with the value found, never guessed."""
    refusal = refused(row("exited", on=written))
    assert (refusal.code, refusal.field) == ("bad_value", "on")
    assert str(written) in str(refusal)
    assert "TT.MM.JJJJ" in str(refusal)


@pytest.mark.parametrize("written", [True, "ja", "Ja", "JA", "yes", "true", "wahr", "1", 1, "x", "X", "j", " ja "])
def test_yes(written: object) -> None:
    """Yes in every way a table says it."""
    assert given_step(row("appointment_missed", excused=written)).values["excused"] is True


@pytest.mark.parametrize("written", [False, "nein", "Nein", "no", "false", "FALSCH", "0", 0, "n"])
def test_no(written: object) -> None:
    """No in every way a table says it."""
    assert given_step(row("appointment_missed", excused=written)).values["excused"] is False


@pytest.mark.parametrize("written", ["vielleicht", "2", 2, "-", "ja nein", 0.5])
def test_neither_yes_nor_no(written: object) -> None:
    """What is neither is refused with the value found."""
    refusal = refused(row("appointment_missed", excused=written))
    assert (refusal.code, refusal.field) == ("bad_value", "excused")
    assert str(written) in str(refusal)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("2400", "2400"),
        ("2400.5", "2400.5"),
        ("2400,5", "2400.5"),
        ("2.400,50", "2400.5"),
        ("1.002.400,50", "1002400.5"),
        ("0,01", "0.01"),
        (2400, "2400"),
        (2400.5, "2400.5"),
        ("0", "0"),
    ],
)
def test_amounts(written: object, amount: str) -> None:
    """A point is a decimal point unless a comma follows; euro and cent exactly."""
    assert given_step(row("funding_granted", amount=written)).values["amount"] == Decimal(amount)


@pytest.mark.parametrize("written", ["2.400", "1.002.400"])
def test_ambiguous_amount(written: str) -> None:
    """A German thousand or an English two point four: refused, not guessed."""
    refusal = refused(row("funding_granted", amount=written))
    assert (refusal.code, refusal.field) == ("bad_value", "amount")
    assert written in str(refusal)


@pytest.mark.parametrize("written", ["viel", "12 €", "1,2,3", "", " ", "1e3x", True, [5]])
def test_impossible_amounts(written: object) -> None:
    """An amount is a number."""
    assert refused(row("funding_granted", amount=written)).field == "amount"


@pytest.mark.parametrize("written", ["30,5", "30.5", 30.5])
def test_numbers_with_places(written: object) -> None:
    """Weekly hours, with comma or point."""
    assert given_step(row("placement_started", weekly_hours=written)).values["weekly_hours"] == 30.5


@pytest.mark.parametrize(
    "values",
    [
        row("placement_started", weekly_hours=0),
        row("placement_started", weekly_hours="80,5"),
        row("enrolled", age=-1, birth_date=None),
        row("enrolled", age=121, birth_date=None),
        row("enrolled", age="26,5", birth_date=None),
        row("enrolled", benefit_months=25),
        row("coaching_session_held", minutes=0),
        row("coaching_session_held", minutes=1441),
        row("coaching_session_held", minutes="eine Stunde"),
        row("funding_granted", wage_share_percent=0),
        row("funding_granted", wage_share_percent=101),
    ],
    ids=lambda values: values["step"],
)
def test_numbers_out_of_range(values: dict[str, Any]) -> None:
    """The limits of the facts hold for files too."""
    assert refused(values).code == "bad_value"


@pytest.mark.parametrize("written", ["childcare, application", "childcare;application", "childcare|application"])
def test_lists(written: str) -> None:
    """Values of a list, separated as a table allows it."""
    assert given_step(row("coaching_session_held", topics=written)).values["topics"] == (
        Topic.CHILDCARE,
        Topic.APPLICATION,
    )
    assert given_step(row("coaching_session_held", topics=["childcare"])).values["topics"] == (Topic.CHILDCARE,)


def test_one_of_a_list_in_any_case() -> None:
    """Upper or lower case; what is not on the list is refused and the list shown."""
    assert given_step(row("coaching_session_held", channel=" Phone ")).values["channel"] is Channel.PHONE
    refusal = refused(row("coaching_session_held", channel="brieftaube"))
    assert refusal.field == "channel"
    assert "brieftaube" in str(refusal)
    assert all(channel.value in str(refusal) for channel in Channel)


def test_amount_with_and_without_a_trailing_zero_is_the_same() -> None:
    """2400,50 in a table and 2400.5 in JSON or a spreadsheet say the same, so the row is known again."""
    one, other = (given_step(row("funding_granted", amount=amount)) for amount in ("2400,50", 2400.5))
    assert one == other
    assert one.content() == other.content()


# --- which fields -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", ROWS, ids=lambda values: values["step"])
def test_every_field_arrives(values: dict[str, Any]) -> None:
    """What the row gives is in the step, personal values apart and in the clear until they are sealed."""
    step = given_step({name: plain(value) for name, value in values.items()})
    assert step.kind is STEP_BY_NAME[values["step"]]
    sealed = {field.name for field in fields_of(step.kind) if field.sealed}
    given_names = values.keys() - {"id", "participant", "step", "on"}
    assert step.values.keys() == given_names - sealed
    assert step.personal.keys() == given_names & sealed


@pytest.mark.parametrize("step", STEP_BY_NAME)
def test_required_fields(step: str) -> None:
    """A field that has to be there is named where it is missing."""
    optional = {"birth_date"} if step == "enrolled" else set()
    needed = ["on", *(field.name for field in fields_of(STEP_BY_NAME[step]) if field.required)]
    for name in needed:
        values = row(step, **{name: None}, **dict.fromkeys(optional))
        refusal = refused(values)
        assert (refusal.code, refusal.field) == ("missing_field", name)
        assert name in refusal.in_language("en")


@pytest.mark.parametrize("step", STEP_BY_NAME)
def test_unknown_field(step: str) -> None:
    """A field the step does not have is refused, with those it has; a mistyped one is not lost."""
    refusal = refused(row(step, colour="rot"))
    assert (refusal.code, refusal.field) == ("unknown_field", "colour")
    assert "rot" not in str(refusal).replace("protokoll", "")
    assert all(field.name in str(refusal) for field in fields_of(STEP_BY_NAME[step]))


@pytest.mark.parametrize("name", ["Exited", "exit", "placement", "corrected", "", 7])
def test_unknown_step(name: object) -> None:
    """The message names the steps there are."""
    refusal = refused(row("exited") | {"step": name})
    assert (refusal.code, refusal.field) == ("unknown_step", "step")
    assert "placement_started" in str(refusal)


def test_row_without_a_step() -> None:
    """A row has to say what happened."""
    refusal = refused({"participant": OWN_KEY, "on": "2017-01-01"})
    assert (refusal.code, refusal.field) == ("missing_field", "step")


@pytest.mark.parametrize("ref", ["", "-x", "Frau Müller", "a" * 41, "a/b", "ü"])
def test_ref_is_a_short_code(ref: str) -> None:
    """Letters, digits, point, dash; a name with a blank does not fit in."""
    assert refused(row("qualification_started", ref=ref)).field == "ref"


# --- birth date and age ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1990-04-17", "2017-04-16", 26),
        ("1990-04-17", "2017-04-17", 27),
        ("17.04.1990", "2017-04-18", 27),
        ("1992-02-29", "2017-02-28", 24),
        ("1992-02-29", "2017-03-01", 25),
    ],
)
def test_age_follows_from_the_birth_date(born: str, on: str, age: int) -> None:
    """Completed years on the day of enrolment; the birth date itself is sealed, as an ISO day."""
    step = given_step(row("enrolled", birth_date=born, on=on, age=None))
    assert step.values["age"] == age
    assert "birth_date" not in step.values
    assert date.fromisoformat(step.personal["birth_date"])


def test_age_must_not_contradict_the_birth_date() -> None:
    """Both given have to agree; the birth date is not shown."""
    refusal = refused(row("enrolled", age=30))
    assert refusal.code == "age_contradicts"
    assert "30" in str(refusal)
    assert "1990" not in str(refusal)


@pytest.mark.parametrize("born", ["17.04.90", "April 1990", "1990-02-30", "2017-06-01 Geheimwort"])
def test_birth_date_that_is_none(born: str) -> None:
    """Refused without repeating it."""
    refusal = refused(row("enrolled", birth_date=born, age=None))
    assert (refusal.code, refusal.field) == ("bad_value", "birth_date")


# --- sealing ----------------------------------------------------------------------------------------------------


class Sealer:
    """Seals by counting."""

    def __init__(self) -> None:
        self.fields: list[str] = []

    def seal(self, _participant: object, field: str, text: str) -> bytes:
        self.fields.append(f"{field}={text}")
        return b"sealed" + bytes(100)


def test_sealed_fields_are_sealed_under_their_name() -> None:
    """Every personal value is bound to its step and field; the fact holds only envelopes."""
    vault: Any = Sealer()
    fact: Any = given_step(row("enrolled")).sealed(vault, "someone", "lzb")  # type: ignore[arg-type]
    assert isinstance(fact, Enrolled)
    assert vault.fields == [f"enrolled.{name}={plain(ENROLLED[name])}" for name in _personal(ENROLLED)]
    assert all(getattr(fact, name).startswith(b"sealed") for name in _personal(ENROLLED))
    fact = given_step(row("coaching_session_held", note=None)).sealed(vault, "someone", "lzb")  # type: ignore[arg-type]
    assert isinstance(fact, CoachingSessionHeld)
    assert fact.note is None


def _personal(values: dict[str, Any]) -> list[str]:
    return [name for name in ("name", "birth_date", "customer_number", "contact") if name in values]


def test_steps_take_their_defaults() -> None:
    """A field left out is the fact's default, not an empty text."""
    step = given_step({"step": "funding_granted", "on": "2017-01-01", "ref": "f", "kind": "egz", "amount": 5})
    fact = step.sealed(Sealer(), "someone", "lzb")  # type: ignore[arg-type]
    assert fact == FundingGranted(happened_on=date(2017, 1, 1), ref="f", kind="egz", amount=Decimal(5))


# --- whatever a file may hold -----------------------------------------------------------------------------------

_texts = st.text(max_size=30) | st.sampled_from(["ja", "2017-01-01", "svp", "1,5", "NaN", "1e400", "\x00", "=1"])
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_fields = st.sampled_from(sorted({name for values in [ENROLLED, *STEPS] for name in values} | {"participation"}))


@given(number=st.integers(0, len(ROWS) - 1), changes=st.dictionaries(_fields, _anything, min_size=1, max_size=4))
@example(number=9, changes={"amount": float("nan")})
@example(number=9, changes={"amount": "NaN"})
@example(number=8, changes={"weekly_hours": "nan"})
@settings(derandomize=True, max_examples=200, deadline=None)
def test_whatever_a_row_says_it_is_a_step_or_refused(number: int, changes: dict[str, Any]) -> None:
    """No value makes anything but a step that can be stored, or a refusal that repeats nothing personal."""
    values = {name: plain(value) for name, value in ROWS[number].items()} | changes
    values = {name: value for name, value in values.items() if value not in (None, "")}
    try:
        step = given_step(values)
    except Refused as refusal:
        told = f"{refusal} {refusal.in_language('en')} {refusal!r}"
        assert not [one for one in (OWN_KEY, *PERSONAL.values()) if str(one) in told]
    else:
        json.loads(step.content())
        fact: Any = step.sealed(Sealer(), "someone", "lzb")  # type: ignore[arg-type]
        assert fact.happened_on == step.happened_on
