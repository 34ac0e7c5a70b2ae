"""Reports: one neutral model, its builders, and what it is rendered as.

report = balance_report(balance, catalogue, programme, series(model, balance, catalogue), language="de")
Path(f"{report.name}.pdf").write_bytes(rendered(report, "pdf"))
"""

from collections.abc import Callable

from projections.reports.balance_report import EditionInfo, balance_report
from projections.reports.evidence_report import evidence_report, under_pseudonyms, with_evidence
from projections.reports.model import Report
from projections.reports.pdf import as_pdf
from projections.reports.plain import as_csv, as_json
from projections.reports.series import Series, series
from projections.reports.written import written
from projections.reports.xlsx import as_xlsx

FORMATS: dict[str, Callable[[Report], bytes]] = {"pdf": as_pdf, "xlsx": as_xlsx, "csv": as_csv, "json": as_json}
"""What a report can be rendered as, by the ending of its file."""


def rendered(report: Report, form: str) -> bytes:
    """A report in one of the `FORMATS`; the same report has the same bytes."""
    return FORMATS[form](report)


__all__ = [
    "FORMATS",
    "EditionInfo",
    "Report",
    "Series",
    "as_csv",
    "balance_report",
    "evidence_report",
    "rendered",
    "series",
    "under_pseudonyms",
    "with_evidence",
    "written",
]
