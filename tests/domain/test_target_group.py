"""Criteria → verdict."""

from typing import Any

import pytest
from given import enrolment

from domain.facts import TargetGroup, Verdict
from domain.target_group import LABELS, assess, unmet
from domain.terms import Criterion

TOWNS = ("Rüsselsheim", "Raunheim", "Kelsterbach", "Ginsheim-Gustavsburg", "Bischofsheim")
EVERYTHING = TargetGroup(age_min=23, age_max=34, benefit_months_min=21, migration_background=True, municipalities=TOWNS)


def test_no_criterion_gives_no_verdict() -> None:
    """A criterion left out is none: nobody is kept out and nothing is claimed."""
    assert assess(TargetGroup(), enrolment()) == ()
    assert unmet(()) is None


def test_every_criterion_gives_a_verdict_with_the_value_found() -> None:
    """The case of the article (DOMAIN.md 1) has one verdict per criterion, in a fixed order."""
    verdicts = assess(EVERYTHING, enrolment())
    assert verdicts == (
        Verdict(Criterion.AGE_MIN, "23", "27", True),
        Verdict(Criterion.AGE_MAX, "34", "27", True),
        Verdict(Criterion.BENEFIT_MONTHS_MIN, "21", "24", True),
        Verdict(Criterion.MIGRATION_BACKGROUND, "yes", "yes", True),
        Verdict(Criterion.MUNICIPALITIES, " | ".join(TOWNS), "Raunheim", True),
    )
    assert unmet(verdicts) is None


@pytest.mark.parametrize(
    ("traits", "criterion", "required", "found"),
    [
        ({"age": 22}, Criterion.AGE_MIN, "23", "22"),
        ({"age": 35}, Criterion.AGE_MAX, "34", "35"),
        ({"benefit_months": 20}, Criterion.BENEFIT_MONTHS_MIN, "21", "20"),
        ({"migration_background": False}, Criterion.MIGRATION_BACKGROUND, "yes", "no"),
        ({"municipality": "Mainz"}, Criterion.MUNICIPALITIES, " | ".join(TOWNS), "Mainz"),
    ],
)
def test_one_criterion_not_met(traits: dict[str, Any], criterion: Criterion, required: str, found: str) -> None:
    """One value just beyond its limit fails this criterion alone."""
    failed = [verdict for verdict in assess(EVERYTHING, enrolment(**traits)) if not verdict.met]
    assert failed == [Verdict(criterion, required, found, False)]


@pytest.mark.parametrize("traits", [{"age": 23}, {"age": 34}, {"benefit_months": 21}, {"municipality": TOWNS[4]}])
def test_limits_belong_to_the_target_group(traits: dict[str, Any]) -> None:
    """Aged 23 to 34 and at least 21 months mean these values too (DOMAIN.md 1)."""
    assert unmet(assess(EVERYTHING, enrolment(**traits))) is None


def test_group_without_migration_background() -> None:
    """A programme can also ask for people without migration background."""
    (verdict,) = assess(TargetGroup(migration_background=False), enrolment(migration_background=True))
    assert verdict == Verdict(Criterion.MIGRATION_BACKGROUND, "no", "yes", False)


def test_every_unmet_criterion_is_named_with_what_was_found() -> None:
    """All criteria not met are in one text, in either language (DOMAIN.md 4)."""
    verdicts = assess(EVERYTHING, enrolment(age=41, benefit_months=3, municipality="Mainz"))
    text = unmet(verdicts)
    assert text is not None
    assert text.in_language("de") == (
        "Zielgruppe nicht erfüllt (Höchstalter: gefordert 34, gefunden 41, "
        "Monate im Leistungsbezug (von 24): gefordert 21, gefunden 3, "
        f"Wohnort: gefordert {', '.join(TOWNS)}, gefunden Mainz)."
    )
    english = text.in_language("en")
    for part in ("Maximum age", "34", "41", "Months on benefits", "21", "3", "Municipality", "Mainz"):
        assert part in english
    assert "Minimum age" not in english


def test_yes_and_no_are_shown_in_the_language() -> None:
    """A German text has no English words."""
    text = unmet(assess(EVERYTHING, enrolment(migration_background=False)))
    assert text is not None
    assert "gefordert ja, gefunden nein" in text.in_language("de")
    assert "required yes, found no" in text.in_language("en")


def test_every_criterion_has_a_label() -> None:
    """No verdict is shown under a stored name."""
    assert set(LABELS) == set(Criterion)
