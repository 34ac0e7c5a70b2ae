"""What the first page of a programme shows: its balance, how it came about, and who looks after how many.

Nothing is counted here: the numbers are those of the balance and of its series.
"""

from datetime import date

from msgspec import Struct

from projections.balance import Balance, Value, compute
from projections.catalogue import CORE
from projections.programmes import Particulars, particulars
from projections.read_model import ReadModel
from projections.reports.chart_blocks import caseload_chart, funnel_chart, placements_chart, states_chart
from projections.reports.model import Chart
from projections.reports.series import Series, series
from projections.reports.shown import Shown

FUNNEL = ("participants_enrolled", "participants_coached", "participants_qualified", "placed_any", "placed_svp")
"""The figures that show the way through a programme, the widest first."""


class Overview(Struct, frozen=True):
    """A programme at a Stichtag and Datenstand: its particulars, its balance, and the series behind the charts."""

    programme: Particulars
    balance: Balance
    series: Series

    @property
    def funnel(self) -> dict[str, Value]:
        """The figures of `FUNNEL`, by their codes."""
        return {code: self.balance.figures[code].value for code in FUNNEL if code in self.balance.figures}

    @property
    def caseloads(self) -> dict[str, int]:
        """How many persons each coach has in care on the Stichtag; the ratio is the programme's `coaching_ratio`."""
        return {coach: int(persons or 0) for coach, persons in self.balance.figures["caseload_max"].by["coach"].items()}


def overview(
    model: ReadModel, programme: str, stichtag: date, datenstand: int, *, balance: Balance | None = None
) -> Overview:
    """The overview of a programme; refused as `compute`. A `balance` of that Stichtag and Datenstand, drawn with the
    core catalogue, need not be computed again."""
    if balance is None:
        balance = compute(model, programme, stichtag, datenstand=datenstand)
    return Overview(particulars(model, programme, datenstand), balance, series(model, balance, CORE))


def overview_charts(found: Overview, language: str) -> tuple[Chart, ...]:
    """Funnel, placements by month, caseload per coach with the line of the ratio, states by months since enrolment; a
    chart without anything to show is left out."""
    shown = Shown(found.balance, CORE, language)
    charts = (
        funnel_chart(shown),
        placements_chart(shown, found.series.placements),
        caseload_chart(shown, found.programme.coaching_ratio),
        states_chart(shown, found.series.states),
    )
    return tuple(chart for chart in charts if chart is not None)
