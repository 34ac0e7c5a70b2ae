"""The files of others that pages are made with are the ones that were checked, and pages name no others."""

import json
import re
from hashlib import sha256
from pathlib import Path

from web.vendor import FOLDER, MANIFEST, PACKAGES, entry

STATIC = FOLDER.parent


def files() -> dict[str, Path]:
    return {
        path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file() and path != MANIFEST
    }


def test_every_file_is_the_one_in_the_manifest() -> None:
    """Nothing was changed, added or left out since the maintainer fetched it."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    pinned = {path: digest for package in manifest["packages"] for path, digest in package["files"].items()}
    assert {path: sha256(file.read_bytes()).hexdigest() for path, file in files().items()} == pinned


def test_manifest_is_that_of_the_pinned_packages() -> None:
    """Version, integrity, licence and files of the manifest are those pinned in `web/vendor.py`."""
    assert json.loads(MANIFEST.read_text(encoding="utf-8")) == {"packages": [entry(package) for package in PACKAGES]}


def test_every_package_comes_with_its_licence() -> None:
    """Each licence's words lie beside the files, and beside the fonts theirs."""
    first_words = {
        "kern/LICENSE.md": "EUROPÄISCHE UNION PUBLIC LICENCE v. 1.2",
        "htmx/LICENSE": "Zero-Clause BSD",
        "swagger-ui/LICENSE": "Apache License",
        "kern/fonts/OFL.txt": "SIL OPEN FONT LICENSE Version 1.1",
    }
    assert {path.split("/")[0] for path in first_words} == {package.folder for package in PACKAGES}
    for path, words in first_words.items():
        assert words in (FOLDER / path).read_text(encoding="utf-8"), path


def test_own_layer_names_only_files_that_are_there() -> None:
    """What the style sheet and the frame of the pages load exists, and comes from this house."""
    style = (STATIC / "werdegang.css").read_text(encoding="utf-8")
    frame = (STATIC.parent / "templates" / "base.html").read_text(encoding="utf-8")
    named = re.findall(r'url\("([^"]+)"\)', style) + re.findall(r"static\('([^']+)'\)", frame)
    assert len(named) > 5
    assert [path for path in named if not (STATIC / path).is_file()] == []
    kern = (FOLDER / "kern" / "kern.min.css").read_text(encoding="utf-8")
    assert re.findall(r"url\((?![\"']?data:)[^)]{1,60}", kern) == []


def test_pages_need_no_inline_style_or_script() -> None:
    """The content security policy forbids both; a template with one would be broken on screen only."""
    templates = STATIC.parent / "templates"
    inline = re.compile(
        r"<style|\sstyle=|\son(?:blur|change|click|focus|input|key[a-z]+|load|submit)=|javascript:|<script(?![^>]*\ssrc=)"
    )
    found = [path.name for path in templates.rglob("*.html") if inline.search(path.read_text(encoding="utf-8"))]
    assert found == []
