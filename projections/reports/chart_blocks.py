"""The charts of a balance as blocks of a report: the drawing, its alternative text, and the table of what it shows."""

from collections.abc import Iterable, Mapping, Sequence

from domain.texts import Text, _, number
from projections.catalogue import Unit
from projections.reports.charts import (
    Bar,
    Limit,
    Stack,
    caseload_groups,
    caseloads,
    funnel,
    shares,
    shortened,
    stacked_months,
)
from projections.reports.figure_tables import by_category, told
from projections.reports.model import Chart, Column, Hidden, Kind, Number, Row, Table
from projections.reports.series import KIND_OF, MonthAfterEnrolment, MonthOfPlacements
from projections.reports.shown import Shown
from projections.reports.words import KINDS, STATES
from projections.reports.written import HIDDEN, written, written_month
from projections.states import State

_FUNNEL: Mapping[str, Text] = {
    "participants_enrolled": _("aufgenommen"),
    "participants_coached": _("gecoacht"),
    "participants_qualified": _("Qualifizierung abgeschlossen"),
    "placed_any": _("vermittelt insgesamt"),
    "placed_svp": _("davon sozialversicherungspflichtig"),
    "sustained_yes": _("nachhaltige Integrationen*"),
}
"""The steps of the funnel, by the figure each shows."""
_PLACEMENTS_NOTE = _(
    "Jede Person zählt je Art einmal, im Monat des ersten Beginns. So ergeben die Monate einer Art zusammen die "
    "Kennzahl; wer in mehrere Arten vermittelt wurde, zählt in jeder."
)
_STATES_NOTE = _(
    "Stand jeder Person am Tag der ersten Aufnahme, so viele Monate später; trifft mehreres zu, zählt das in der "
    "Legende unterste. Gezeigt werden Personen, für die dieser Tag nicht nach dem Stichtag liegt, so lange es ein "
    "Zehntel aller ist."
)
_MOST_COACHES = 40
_GROUPS = 8
_MOST_NAMED_MONTHS = 9


def funnel_chart(shown: Shown) -> Chart | None:
    """From enrolment to lasting work, by the balance's own figures; None where it has fewer than two of them."""
    steps = {code: figure for code in _FUNNEL if (figure := shown.figure(code))}
    enrolled = shown.cell(steps["participants_enrolled"]) if "participants_enrolled" in steps else None
    if enrolled is None or len(steps) < 2:
        return None
    rows, bars = [], []
    for code, figure in steps.items():
        label, cell = shown.head(_FUNNEL[code]), shown.cell(figure)
        share = _share(cell, enrolled) if figure.unit is Unit.PERSONS else None
        rows.append(Row(code, (label, shown.say(figure.title), cell, share)))
        bars.append(Bar(label, _value(cell), _at_the_end(shown, code, cell, share), figure.unit is not Unit.PERSONS))
    columns = (
        Column("step", shown.head(_("Schritt")), Kind.TEXT),
        Column("figure", shown.head(_("Kennzahl")), Kind.TEXT, wide=True),
        Column("value", shown.head(_("Wert"))),
        Column("share", shown.head(_("Anteil an den Aufgenommenen"))),
    )
    table = told(shown, _table(shown, "funnel", _("Von der Aufnahme zur Arbeit"), columns, rows))
    alternative = _(
        "Balkendiagramm, von oben nach unten: {bars}.", bars=_listed(f"{bar.label} {bar.text}" for bar in bars)
    )
    notes = [_("* Personenmonate nach § 48a SGB II statt Personen; eine Person kann mehrere haben.")]
    return Chart(
        name="funnel",
        caption=shown.say(_("Von der Aufnahme zur Arbeit: Personen, und ihr Anteil an den Aufgenommenen")),
        alternative=shown.say(alternative),
        svg=funnel(bars, shown.say(alternative)),
        table=table,
        notes=tuple(map(shown.say, notes)) if "sustained_yes" in steps else (),
    )


def placements_chart(shown: Shown, months: Sequence[MonthOfPlacements]) -> Chart | None:
    """Persons by the month of their first placement of a kind; None where nobody was placed."""
    codes = [code for code in KIND_OF if months and code in months[0].persons]
    if not any(month.persons[code] for month in months for code in codes):
        return None
    labels = {code: shown.head(KINDS[KIND_OF[code]]) for code in codes}
    stacks = [Stack(KIND_OF[code], labels[code], [month.persons[code] for month in months]) for code in codes]
    words = [written_month(month.month, shown.language) for month in months]
    most = max(range(len(months)), key=lambda place: (sum(months[place].persons.values()), -place))
    alternative = _(
        "Gestapelte Säulen je Monat von {first} bis {last}. Insgesamt: {sums}. Die meisten im Monat {most}: {persons}.",
        first=words[0],
        last=words[-1],
        sums=_listed(f"{stack.label} {sum(stack.values)}" for stack in stacks),
        most=words[most],
        persons=sum(months[most].persons.values()),
    )
    columns = [Column("month", shown.head(_("Monat")), Kind.MONTH), *(Column(code, labels[code]) for code in codes)]
    rows = [
        Row(f"{one.month:%Y-%m}", (one.month, *(Number(one.persons[code], Unit.PERSONS) for code in codes)))
        for one in months
    ]
    return Chart(
        name="placements_by_month",
        caption=shown.say(_("Vermittlungen nach Monat und Art: Personen")),
        alternative=shown.say(alternative),
        svg=stacked_months(stacks, _named(months, words), shown.language, shown.say(alternative)),
        table=_table(shown, "placements_by_month", _("Vermittlungen nach Monat"), columns, rows),
        notes=(shown.say(_PLACEMENTS_NOTE),),
    )


def caseload_chart(shown: Shown, ratio: int) -> Chart | None:
    """The caseload of every coach beside the coaching ratio, of many in groups; None where nobody is in care."""
    table = next((table for table in by_category(shown) if table.name == "by_coach"), None)
    if table is None or not table.rows:
        return None
    found = {
        row.name: int(cell.value or 0) for row in table.rows for cell in row.cells[1:2] if isinstance(cell, Number)
    }
    limit = Limit(ratio, shown.say(_("Schlüssel 1 : {ratio}", ratio=ratio)))
    above = sum(1 for persons in found.values() if persons > ratio)
    alternative = _(
        "{coaches} Coachs betreuen zwischen {least} und {most} Personen; über dem Schlüssel von 1 : {ratio} liegen "
        "{above}.",
        coaches=len(found),
        least=min(found.values()),
        most=max(found.values()),
        ratio=ratio,
        above=above,
    )
    words = shown.say(alternative)
    if len(found) <= _MOST_COACHES:
        caption = _("Personen in Betreuung am Stichtag je Coach")
        bars = [
            Bar(shortened(coach), persons, number(persons, 0, shown.language), persons > ratio)
            for coach, persons in found.items()
        ]
        svg = caseloads(bars, limit, shown.language, words)
    else:
        caption = _("Zahl der Coachs nach Personen in Betreuung am Stichtag")
        svg = caseload_groups(grouped(found.values(), ratio), limit, shown.language, words)
    return Chart("caseload", shown.say(caption), words, svg, table)


def states_chart(shown: Shown, months: Sequence[MonthAfterEnrolment]) -> Chart | None:
    """Where persons stand so many months after enrolment; None before anybody has been enrolled for a month."""
    if len(months) < 2:
        return None
    stacks = [Stack(state, shown.head(STATES[state]), [month.states[state] for month in months]) for state in State]
    last = months[-1]
    alternative = _(
        "Gestapelte Flächen von der Aufnahme bis {months} Monate danach. Dann: {states}.",
        months=last.months,
        states=_listed(
            f"{stack.label} {written(Unit.RATE, stack.values[-1] / last.persons, shown.language)}" for stack in stacks
        ),
    )
    names = (shown.head(_("Monate")), shown.head(_("Personen")))
    words = shown.say(alternative)
    return Chart(
        name="states",
        caption=shown.say(_("Wo die Teilnehmenden nach ihrer Aufnahme stehen: Anteil der Personen")),
        alternative=words,
        svg=shares([month.persons for month in months], stacks, names, shown.language, words),
        table=_states_table(shown, months, stacks),
        notes=(shown.say(_STATES_NOTE),),
    )


def _states_table(shown: Shown, months: Sequence[MonthAfterEnrolment], stacks: Sequence[Stack]) -> Table:
    columns = [Column("months", shown.head(_("Monate seit Aufnahme")), Kind.TEXT)]
    columns.append(Column("persons", shown.head(_("Personen"))))
    columns += [Column(stack.name, stack.label) for stack in stacks]
    rows = [
        Row(
            str(month.months),
            (
                Number(month.months, Unit.NUMBER),
                Number(month.persons, Unit.PERSONS),
                *(Number(month.states[state], Unit.PERSONS) for state in State),
            ),
        )
        for month in months
    ]
    return _table(shown, "states", _("Stand nach Monaten"), columns, rows)


def grouped(caseloads: Iterable[int], ratio: int) -> dict[range, int]:
    """How many coaches have a caseload in each of some equal ranges; the coaching ratio ends one of them."""
    found = list(caseloads)
    size = next(size for size in range(max(ratio // _GROUPS, 1), 0, -1) if ratio % size == 0)
    ranges = [range(start, start + size) for start in range(1, max(found) + 1, size)]
    return {one: sum(1 for persons in found if persons in one) for one in ranges}


def _table(shown: Shown, name: str, short: Text, columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    """The table behind a chart."""
    caption = _("Daten: {chart}", chart=short)
    return Table(name, shown.say(caption), shown.say(short), tuple(columns), tuple(rows))


def _share(cell: Number | Hidden, enrolled: Number | Hidden) -> Number | Hidden:
    """The part of the enrolled a figure is; hidden where one of the two is."""
    if isinstance(cell, Hidden) or isinstance(enrolled, Hidden):
        return Hidden(Unit.RATE)
    return Number((cell.value or 0) / enrolled.value if enrolled.value else None, Unit.RATE)


def _value(cell: Number | Hidden) -> float | None:
    return cell.value if isinstance(cell, Number) else None


def _at_the_end(shown: Shown, code: str, cell: Number | Hidden, share: Number | Hidden | None) -> str:
    if isinstance(cell, Hidden):
        return HIDDEN
    words = written(cell.unit, cell.value, shown.language)
    if code == "participants_enrolled" or not isinstance(share, Number):
        return words
    return f"{words} · {written(Unit.RATE, share.value, shown.language)}"


def _named(months: Sequence[MonthOfPlacements], words: Sequence[str]) -> dict[int, str]:
    """The months that stand below the axis: so many apart that few are left, counted from January."""
    every = next(every for every in (1, 3, 6, 12, 24, 60, 120, 1200) if len(months) / every <= _MOST_NAMED_MONTHS)
    numbers = [month.month.year * 12 + month.month.month - 1 for month in months]
    return {place: words[place] for place, count in enumerate(numbers) if count % every == 0}


def _listed(words: Iterable[str]) -> str:
    return "; ".join(words)
