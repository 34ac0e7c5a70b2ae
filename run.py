#!/usr/bin/env python3
"""Set Werdegang up in `.venv` and start it; needs Python 3.11 with pip and nothing else.

python3 run.py demo [ARGUMENT...]     set up, then `werdegang demo` with the arguments
python3 run.py test [ARGUMENT...]     set up with the test tools and a browser, then pytest (default: -n 2 --dist
                                      loadscope -q)
python3 run.py install                set up only; afterwards `.venv/bin/werdegang` is the command
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

OLDEST_PYTHON = (3, 11)
OLDEST_PIP = (22, 3)  # the first with `pip --python`

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
COMMAND = VENV / "bin" / "werdegang"
STAMP = VENV / "werdegang-stamp"
FETCH_BROWSER = ROOT / "tests" / "browser" / "chromium.py"
TEST_ARGUMENTS = ["-n", "2", "--dist", "loadscope", "-q"]  # what a module shares is made once

# Started by a shell, because a `#!` line takes neither blanks nor long paths; read by Python from line 3 on.
LAUNCHER = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from scripts.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""


def main(arguments: list[str]) -> NoReturn:
    """Carry out one command line.

    Exit status: 2 for wrong usage or a wrong machine, 1 for a failed set-up, else the program's own.
    """
    if sys.version_info < OLDEST_PYTHON:
        refuse(f"Werdegang needs Python 3.11 or newer, found {sys.version.split()[0]} in {sys.executable}.")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "demo":
        set_up("run")
        replace_process(COMMAND, "demo", *rest)
    if command == "test":
        set_up("test")
        call(PYTHON, FETCH_BROWSER, what="get a browser for the tests")  # quick when it is there already
        os.chdir(ROOT)
        replace_process(PYTHON, "-m", "pytest", *(rest or TEST_ARGUMENTS))
    if command == "install" and not rest:
        set_up("run")
        print(f"Set up. The command is {COMMAND}")
        sys.exit(0)
    if command in ("-h", "--help"):
        print(__doc__)
        sys.exit(0)
    refuse(f"{describe(arguments)}\n\n{__doc__}")


def describe(arguments: list[str]) -> str:
    """Say what is wrong with a command line that was not understood."""
    if not arguments:
        return "run.py needs a command."
    if arguments[0] == "install":
        return f"run.py install takes no arguments, found: {' '.join(arguments[1:])}"
    return f"run.py has no command {arguments[0]!r}."


def set_up(kind: str) -> None:
    """Bring `.venv` to the locked requirements of a kind, "run" or "test"; quick when it is there already."""
    wanted = fingerprint()
    if is_set_up(kind, wanted):
        return
    interpreter = base_interpreter()
    check_pip(interpreter)
    requirements = REQUIREMENTS / f"{kind}.txt"
    print(f"Setting up .venv from requirements/{kind}.txt ...", file=sys.stderr, flush=True)
    STAMP.unlink(missing_ok=True)
    if not (PYTHON.exists() and site_packages().exists()):
        call(interpreter, "-m", "venv", "--clear", "--without-pip", VENV, what="make .venv")
    call(
        *(interpreter, "-m", "pip", "--python", PYTHON, "install", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "--require-hashes", "--requirement", requirements),
        what=f"install requirements/{kind}.txt",
    )
    link_checkout()
    STAMP.write_text(f"{kind} {wanted}\n")


def fingerprint() -> str:
    """A digest of all the set-up depends on: both lock files, the Python and where the checkout lies."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}\n".encode())
    for path in sorted(REQUIREMENTS.glob("*.txt")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def is_set_up(kind: str, wanted: str) -> bool:
    """Whether the stamp names this set-up; the one for tests contains the one for running."""
    if not (STAMP.exists() and PYTHON.exists()):
        return False
    installed, _, found = STAMP.read_text().strip().partition(" ")
    return found == wanted and installed in (kind, "test")


def link_checkout() -> None:
    """Make the packages of this checkout importable in `.venv`, and `.venv/bin/werdegang` the command."""
    (site_packages() / "werdegang-checkout.pth").write_text(f"{ROOT}\n")
    COMMAND.write_text(LAUNCHER.format(python=PYTHON))
    COMMAND.chmod(0o755)


def site_packages() -> Path:
    """Where `.venv` keeps what is installed; not there if it was made by another version of Python."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)}))


def base_interpreter() -> str:
    """This Python; the one `.venv` was made with where that is active, because `.venv` has no pip."""
    if Path(sys.prefix).resolve() != VENV.resolve():
        return sys.executable
    return str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}"))


def check_pip(interpreter: str) -> None:
    """Refuse to go on without a pip that can install into another environment."""
    asked = subprocess.run(
        [interpreter, "-c", "import pip; print(pip.__version__)"], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        refuse(f"{interpreter} has no pip. Install it first; on Debian and Ubuntu: apt install python3-pip")
    if tuple(int(number) for number in re.findall(r"\d+", asked.stdout)[:2]) < OLDEST_PIP:
        refuse(f"pip {asked.stdout.strip()} is too old: pip 22.3 or newer is needed.")


def call(*command: str | Path, what: str) -> None:
    """Run one step of the set-up; where it fails, all there is to read is its own output and a sentence."""
    finished = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if finished.returncode != 0:
        print(f"Set-up failed: could not {what}, for the reason above. Try again then.", file=sys.stderr)
        sys.exit(1)


def replace_process(program: Path, *arguments: str) -> NoReturn:
    """Become the program, so that its signals and its exit status are those of this process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, [str(program), *arguments])  # noqa: S606 - no shell is the point


def refuse(message: str) -> NoReturn:
    """Say what is wrong with the command or the machine, and stop."""
    print(message.strip(), file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
