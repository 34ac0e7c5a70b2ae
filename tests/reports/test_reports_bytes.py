"""The same report has the same bytes, in every format and in any process."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont
from sample_balance import EDITION, report

from projections.reports import FORMATS, Report, rendered

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
import vl_convert
from hashlib import sha256
from sample_balance import EDITION, report
from projections.reports import FORMATS, rendered
from projections.reports.drawing import FONT
place = {"field": "a", "type": "nominal", "axis": {"labelFont": FONT}}
measured = {"mark": "bar", "data": {"values": [{"a": "measured"}]}, "encoding": {"y": place}}
before = vl_convert.vegalite_to_svg(measured)
vl_convert.register_font_directory(sys.argv[1])
made = report("en", edition=EDITION)
digests = {form: sha256(rendered(made, form)).hexdigest() for form in FORMATS}
print(json.dumps([vl_convert.vegalite_to_svg(measured) != before, digests]))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the files another process makes: other hash seed, time zone, language, home, day and fonts."""
    folder = tmp_path_factory.mktemp("elsewhere")
    wide_font(folder / "wide.ttf")
    environment = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]),
        "PYTHONHASHSEED": "11",
        "TZ": "Pacific/Kiritimati",
        "LANG": "tr_TR.UTF-8",
        "HOME": str(folder),
        "SOURCE_DATE_EPOCH": "0",
    }
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    made = subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=True)
    font_counts, digests = json.loads(made.stdout)
    assert font_counts, "the font of the other process makes no difference to any chart"
    return dict(digests)


@pytest.fixture(scope="module")
def twice() -> tuple[Report, Report]:
    """The same report, made twice."""
    return report("en", edition=EDITION), report("en", edition=EDITION)


@pytest.mark.parametrize("form", FORMATS)
def test_same_bytes(form: str, twice: tuple[Report, Report], elsewhere: dict[str, str]) -> None:
    """Made twice here and once in another process, the files are the same."""
    first, second = (rendered(one, form) for one in twice)
    assert first == second
    assert sha256(first).hexdigest() == elsewhere[form]


def wide_font(path: Path) -> None:
    """A font that calls itself the one of the charts, its letters four times as wide: what a machine may have."""
    font = TTFont(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf"))
    for record in font["name"].names:
        record.string = {1: "Libertinus Serif", 4: "Libertinus Serif", 16: "Libertinus Serif"}.get(
            record.nameID, record.string
        )
    widths = font["hmtx"].metrics
    widths.update({name: (4 * width, left) for name, (width, left) in widths.items()})
    font.save(path)
