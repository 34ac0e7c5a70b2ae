"""Refusals: which rule stands behind them, in either language."""

import pickle
from datetime import date

import pytest

from domain.errors import RULE_OF, RULES, NotFound, NotReady, Refused, norm_of
from domain.texts import _

ACCURACY = "Art. 5 Abs. 1 Buchst. d DSGVO"


@pytest.mark.parametrize("code", sorted(RULE_OF))
def test_norm_of_a_refusal_reads_in_both_languages(code: str) -> None:
    """The house rule behind a refusal is named with its number, in German and in English."""
    norm = norm_of(code)
    assert norm is not None
    assert norm.in_language("de").startswith(f"Regel {RULE_OF[code]}: ")
    assert norm.in_language("en").startswith(f"Rule {RULE_OF[code]}: ")


def test_every_rule_is_behind_a_refusal() -> None:
    """The rules are numbered from 1 on without a gap, and none stands there for nothing."""
    assert list(RULES) == list(range(1, len(RULES) + 1))
    assert set(RULE_OF.values()) == set(RULES)


@pytest.mark.parametrize(("code", "accurate"), [("already_active", True), ("coach_full", False), ("bad_value", False)])
def test_law_is_named_where_a_rule_serves_accuracy(code: str, accurate: bool) -> None:
    """Rules that keep personal data right name Art. 5 Abs. 1 Buchst. d DSGVO; rules of funding or files do not."""
    norm = norm_of(code)
    assert norm is not None
    for language in ("de", "en"):
        assert (ACCURACY in norm.in_language(language)) is accurate


def test_refusal_shows_its_text_and_its_norm() -> None:
    """The text comes first, then the norm in brackets, all of it in one language."""
    text = _("Der Austritt ist schon erfasst, am {on}.", on=date(2018, 2, 19))
    refusal = Refused("exited_twice", text)
    assert str(refusal) == f"Der Austritt ist schon erfasst, am 19.02.2018. [Regel 11: ein Austritt; {ACCURACY}]"
    assert refusal.in_language("en") == (
        f"The exit has already been entered, on 2018-02-19. [Rule 11: one exit; {ACCURACY}]"
    )


def test_refusal_without_a_rule_shows_its_text_alone() -> None:
    """What the machine lacks is no matter of a rule."""
    refusal = NotReady("no_key", _("nein"))
    assert refusal.norm is None
    assert (str(refusal), refusal.in_language("en")) == ("nein", "no")


@pytest.mark.parametrize("kind", [Refused, NotFound, NotReady])
def test_refusal_travels_between_processes(kind: type[Refused]) -> None:
    """A refusal in a worker reads the same where it is shown."""
    refusal = kind("exited_twice", _("Der Austritt ist schon erfasst, am {on}.", on=date(2018, 2, 19)), field="on")
    arrived = pickle.loads(pickle.dumps(refusal))  # noqa: S301 -- our own bytes
    assert type(arrived) is kind
    assert (arrived.code, arrived.text, arrived.field, arrived.norm) == (
        "exited_twice",
        refusal.text,
        "on",
        refusal.norm,
    )
    assert arrived.in_language("en") == refusal.in_language("en")
