"""The files of others that pages are made with: fetched from npm, checked, and copied unmodified. For maintainers only.

    python -m web.vendor

fetches the packages named here with `npm pack`, from whatever registry npm is configured with, insists on their
integrity hash, copies the files allowed here to `web/static/vendor/`, and writes `manifest.json` beside them: what
`tests/web/test_vendor.py` compares the files with. The result is committed; nobody who installs needs Node.js.

A new version: change version and integrity (`npm view NAME@VERSION dist.integrity`), run, look at the pages.
"""

import json
import subprocess
import sys
import tarfile
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

FOLDER = Path(__file__).parent / "static" / "vendor"
MANIFEST = FOLDER / "manifest.json"


class Package(NamedTuple):
    """A package of npm, pinned, and what of it is taken.

    `licence` is an SPDX expression. `files` are the paths in the package by the paths in `folder` they get; `added`
    are paths in `folder` of files that no package has and that are kept as they are.
    """

    name: str
    version: str
    integrity: str
    licence: str
    folder: str
    files: Mapping[str, str]
    added: tuple[str, ...] = ()


FONTS = ("Regular", "Italic", "Medium", "SemiBold")

PACKAGES = (
    Package(
        name="@kern-ux/native",
        version="2.7.2",
        integrity="sha512-TN0Mqbasp7S1IOqurXickde8MDj5hIcgT4s3f1i33wyv2iVgA1dTO/FoQyi6rgM9KYTYkIthl9k72g7fBUUvHg==",
        licence="EUPL-1.2 AND OFL-1.1",
        folder="kern",
        files={
            "kern.min.css": "dist/kern.min.css",
            "LICENSE.md": "LICENSE.md",
            **{f"fonts/FiraSans-{font}.woff2": f"dist/fonts/fira-sans/FiraSans-{font}.woff2" for font in FONTS},
        },
        added=("fonts/OFL.txt",),  # the package has the fonts without their licence
    ),
    Package(
        name="htmx.org",
        version="4.0.1",
        integrity="sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        licence="0BSD",
        folder="htmx",
        files={"htmx.min.js": "dist/htmx.min.js", "LICENSE": "LICENSE"},
    ),
    Package(
        name="swagger-ui-dist",
        version="5.35.0",
        integrity="sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        licence="Apache-2.0",
        folder="swagger-ui",
        files={
            name: name
            for name in (
                "swagger-ui-bundle.js",
                "swagger-ui-bundle.js.LICENSE.txt",
                "swagger-ui.css",
                "LICENSE",
                "NOTICE",
            )
        },
    ),
)


def fetch(package: Package, folder: Path) -> Path:
    """The package's tarball, fetched by npm into `folder`; ends the programme where its hash is another."""
    wanted = f"{package.name}@{package.version}"
    command = ["npm", "pack", wanted, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    tarball = folder / printed.split()[-1]
    found = "sha512-" + b64encode(sha512(tarball.read_bytes()).digest()).decode()
    if found != package.integrity:
        sys.exit(f"{wanted} has the hash {found}, pinned is {package.integrity}: nothing was copied.")
    return tarball


def contents(package: Package, tarball: Path) -> dict[Path, bytes]:
    """The allowed files by where they belong."""
    with tarfile.open(tarball) as archive:
        found = {}
        for target, source in package.files.items():
            file = archive.extractfile(f"package/{source}")
            assert file is not None, f"{source} in {package.name} is no file"
            found[FOLDER / package.folder / target] = file.read()
    return found


def entry(package: Package) -> dict[str, object]:
    """The package's part of the manifest, from the files as they lie there."""
    paths = sorted((*package.files, *package.added))
    return {
        "name": package.name,
        "version": package.version,
        "integrity": package.integrity,
        "licence": package.licence,
        "added": [f"{package.folder}/{path}" for path in package.added],
        "files": {
            f"{package.folder}/{path}": sha256((FOLDER / package.folder / path).read_bytes()).hexdigest()
            for path in paths
        },
    }


def main() -> None:
    """Fetch and check all, and only then replace what is there."""
    with TemporaryDirectory() as temporary:
        found: dict[Path, bytes] = {}
        for package in PACKAGES:
            found |= contents(package, fetch(package, Path(temporary)))
    kept = {FOLDER / package.folder / path for package in PACKAGES for path in package.added}
    for path in FOLDER.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    for path, content in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest = {"packages": [entry(package) for package in PACKAGES]}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
