"""The wheel, the bootstrap and what the repository must not contain."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["domain", "projections", "scripts", "web"]

ABSOLUTE_PATH = re.compile(r"/(?:root|work)/")
ADDRESS = re.compile(r"https?://|file://|--(?:extra-)?index-url|--find-links|^-[if] ", re.MULTILINE)
# A path named packages/ on the host of public source code is no registry: licence notices of others name such places.
REGISTRY = re.compile(r"https?://(?!github\.com/)\S*(?:/simple\b|/packages/|pythonhosted|registry\.|artifactory|nexus)")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def succeed(*command: str | Path, cwd: Path = ROOT) -> str:
    """The output of a command; the test fails with it where the command does."""
    finished = run(*command, cwd=cwd)
    if finished.returncode != 0:
        pytest.fail(f"{command} ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    succeed(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


def files_of_packages() -> set[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}


def files_of_handbook() -> set[str]:
    paths = [*(ROOT / "docs" / "handbuch").iterdir(), *(ROOT / "docs" / "bilder" / "de").iterdir()]
    return {f"web/{path.relative_to(ROOT).as_posix()}" for path in paths}


def test_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    """Modules and data files of the four packages, the licence, the handbook; no tests, benchmarks or other pages."""
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    metadata = {name for name in names if name.startswith("werdegang-0.1.0.dist-info/")}
    assert names - metadata == files_of_packages() | files_of_handbook()
    assert {f"{package}/__init__.py" for package in PACKAGES} <= names
    assert "werdegang-0.1.0.dist-info/licenses/LICENSE" in metadata


def test_wheel_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Where the dependencies are known but this checkout is not, the installed `werdegang --help` works."""
    base_python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    if run(base_python, "-m", "pip", "--version").returncode != 0:
        pytest.skip(f"{base_python} has no pip to install the wheel with")
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    succeed(base_python, "-m", "venv", "--without-pip", environment)
    succeed(base_python, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    (site_packages,) = environment.glob("lib/python3*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    places = succeed(python, "-c", f"import {', '.join(PACKAGES)}; print(domain.__file__)", cwd=tmp_path)
    assert Path(places.strip()).is_relative_to(site_packages)
    assert "Usage: werdegang" in succeed(environment / "bin" / "werdegang", "--help", cwd=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "run.py needs a command."),
        (["deno"], "run.py has no command 'deno'."),
        (["install", "--now"], "run.py install takes no arguments, found: --now"),
    ],
)
def test_bootstrap_explains_wrong_usage(arguments: list[str], complaint: str) -> None:
    """Exit status 2, what was wrong and how it is used; no stack trace."""
    finished = run(sys.executable, "run.py", *arguments)
    assert finished.returncode == 2
    assert finished.stderr.startswith(complaint)
    assert "python3 run.py demo" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_requirements_are_locked_by_hash_and_name_no_address() -> None:
    """Every requirement has a version and a hash; where from is the business of the machine that installs."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert not ADDRESS.search(text), path.name
        entries = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", "").splitlines()
        assert entries
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_what_is_tested_contains_what_runs() -> None:
    """The requirements for tests hold every requirement for running, in the same version."""
    run_pins, test_pins = (
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("run.txt", "test.txt")
    )
    assert run_pins - test_pins == set()


def test_no_file_names_a_registry_or_a_place_on_a_machine() -> None:
    """Files that are or would be committed hold no registry's address and no path of somebody's machine."""
    try:
        listed = run(*("git", "-c", "safe.directory=*", "ls-files", "-z"), "--cached", "--others", "--exclude-standard")
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    found = [name for name in listed.stdout.split("\0") if name and is_telling(ROOT / name)]
    assert found == []


def is_telling(path: Path) -> bool:
    """Whether a file names a registry or a path of a machine; this one, with the patterns, does not count."""
    if not path.is_file() or path == Path(__file__).resolve():
        return False
    text = path.read_bytes().decode("utf-8", errors="replace")
    return bool(ABSOLUTE_PATH.search(text) or REGISTRY.search(text))
