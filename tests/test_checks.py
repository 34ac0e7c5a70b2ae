"""The checks of the code itself: format, style, types, import rules, dead code and declared requirements."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
# This tool has no `python -m`; the installed command does not work where the environment was moved.
LINT_IMPORTS = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]

CHECKS = {
    "format": [*PYTHON, "ruff", "format", "--check", "."],
    "style": [*PYTHON, "ruff", "check", "."],
    "types": [*PYTHON, "mypy"],
    "import rules": LINT_IMPORTS,
    "dead code": [*PYTHON, "vulture"],
    "declared requirements": [*PYTHON, "deptry", "."],
}


@pytest.mark.parametrize("check", CHECKS)
def test_check(check: str) -> None:
    """The check finds nothing; what it finds is the message of this test."""
    finished = subprocess.run(
        CHECKS[check], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode != 0:
        pytest.fail(f"{check}:\n{finished.stdout}", pytrace=False)
