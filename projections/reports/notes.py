"""How a balance is counted, and what its public version leaves out, in words."""

from collections.abc import Iterator
from datetime import date

from domain.texts import Text, _
from projections.catalogue import Regime
from projections.reports.shown import Shown
from projections.reports.words import REGIMES

Point = tuple[Text, Text]
"""What a point is about, and what it says."""

_REGIMES: dict[Regime, Text] = {
    Regime.PERSONS: _(
        "Jede Person zählt einmal, auch mit mehreren Arbeitsstellen oder Teilnahmen: so berichtet das Programm, was es "
        "erreicht hat."
    ),
    Regime.PERSON_MONTHS: _(
        "Eine Person zählt einmal je Kalendermonat, in dem sie eine Arbeit beginnt: so zählen die Kennzahlen nach "
        "§ 48a SGB II. Sie gelten sonst für ein ganzes Jobcenter; hier ist dieselbe Zählung auf ein Programm angewandt."
    ),
    Regime.PARTICIPATIONS: _("Jedes Gespräch, jede Maßnahme und jede Bewilligung zählt, wie in der Förderstatistik."),
    Regime.ESF: _("Output- und Ergebnisindikatoren nach Anhang I der Verordnung (EU) 2021/1057."),
}


def methods(shown: Shown, known_on: date | None) -> Iterator[Point]:
    """What counts in a balance: the two times, the ways of counting it uses, traits, rounding, the catalogue."""
    balance = shown.balance
    yield (
        _("Stichtag"),
        _("Gezählt wird, was bis zum Ende des {stichtag} geschehen war.", stichtag=balance.stichtag),
    )
    known = _(" (letzter Eintrag erfasst am {day})", day=known_on) if known_on else Text("")
    yield (
        _("Datenstand"),
        _(
            "Bekannt ist, was das Journal bis Position {datenstand} enthält{known}. Berichtigungen und Stornos bis "
            "dahin sind angewandt. Derselbe Stichtag, Datenstand und Katalog ergeben immer dieselben Werte; was später "
            "nachgemeldet wird, ändert diesen Bericht nicht.",
            datenstand=balance.datenstand,
            known=known,
        ),
    )
    used = [regime for regime in Regime if any(figure.regime is regime for figure in shown.figures())]
    if len(used) > 1:
        yield (
            _("Zählweisen"),
            _(
                "Sie stehen nebeneinander, weil sie verschiedenen Zwecken dienen, und lassen sich nicht addieren. "
                "Dieselbe Arbeit kann in einer zählen und in einer anderen nicht: eine nach § 16i SGB II geförderte "
                "Beschäftigung ist sozialversicherungspflichtig, aber keine Integration."
            ),
        )
    for regime in used:
        yield REGIMES[regime], _REGIMES[regime]
    yield (
        _("Merkmale"),
        _("Aufgeteilt wird nach den Merkmalen bei der ersten Aufnahme ins Programm, soweit bis zum Stichtag begonnen."),
    )
    yield (
        _("Rundung"),
        _("Gezähltes ist nicht gerundet. Quoten und Mittelwerte sind genau gerechnet und nur in der Anzeige gerundet."),
    )


def public_notes() -> Iterator[Point]:
    """What a public version does not show, in general: never which cell for which reason."""
    yield (
        _("Nicht gezeigte Werte"),
        _(
            "Wo × steht, ist ein Wert nicht gezeigt, damit niemand Angaben über einzelne Personen ableiten kann. Das "
            "sind Werte, die für eine oder zwei Personen stehen, und so viele weitere, dass sich keiner davon aus den "
            "übrigen Werten oder aus früheren Veröffentlichungen errechnen lässt. Ein × sagt nicht, aus welchem dieser "
            "Gründe der Wert fehlt. Eine gezeigte 0 ist eine 0."
        ),
    )
    yield (
        _("Nicht enthalten"),
        _(
            "Verläufe nach Monaten, der Stand nach Monaten seit der Aufnahme und Werte je Coach stehen nur in der "
            "internen Fassung, weil ihre kleinen Zahlen einzelne Personen erkennbar machen könnten. Auch die Prüfsumme "
            "der Ausgabe fehlt: mit ihr ließen sich nicht gezeigte Werte durch Probieren bestätigen."
        ),
    )
