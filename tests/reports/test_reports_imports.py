"""Whoever only wants the status does not wait for what draws and typesets."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("altair", "vl_convert", "typst", "xlsxwriter")


def test_reports_import_nothing_heavy() -> None:
    """Importing the reports loads none of the libraries that render them."""
    program = f"import sys, projections.reports; print([name for name in {HEAVY} if name in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    made = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, check=True, text=True)
    assert made.stdout.strip() == "[]"
