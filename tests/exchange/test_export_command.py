"""`werdegang export` in every format: where it is written, whole or not at all, and what is refused."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from entering import Programme
from mining import ENROLLED, JOURNEY, UUIDS, document, secrets_of
from steps import missed, session

import scripts.export
from domain.errors import Refused
from projections.exchange.pseudonyms import Case
from projections.settings import Settings
from projections.stores import Stores
from scripts.console import Office

FORMATS = ("jsonl", "xes", "ocel")
LOGS = ("xes", "ocel")


@pytest.fixture
def programme(shared_stores: Stores) -> Programme:
    return Programme(shared_stores)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def export(settings: Settings, key: str, form: str, *arguments: str) -> None:
    """Call the command in this process; a refusal comes as it is."""
    asked = ["--programme", key, "--format", form, *arguments]
    scripts.export.export.main(asked, prog_name="export", obj=Office(settings), standalone_mode=False)


def events_in(form: str, text: str) -> int:
    """How many steps a document holds."""
    if form == "jsonl":
        return len(text.splitlines())
    return len(document(text).findall("trace/event")) if form == "xes" else len(json.loads(text)["events"])


@pytest.mark.parametrize("form", FORMATS)
def test_to_a_file_or_to_standard_output(
    programme: Programme, shared_settings: Settings, form: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The same document in UTF-8 either way; the file stands alone in its folder."""
    journey = programme.given(*JOURNEY)
    export(shared_settings, programme.key, form)
    printed = capsysbinary.readouterr().out.decode("utf-8")
    export(shared_settings, programme.key, form, "--output", "out")
    assert capsysbinary.readouterr().out == b""
    assert os.listdir() == ["out"]
    written = Path("out").read_text("utf-8")
    assert "Rüsselsheim" in written
    assert events_in(form, printed) == events_in(form, written) == len(JOURNEY)
    if form == "jsonl":
        assert printed == written
    else:
        assert UUIDS.sub("", printed) == UUIDS.sub("", written)
        assert {*UUIDS.findall(printed)}.isdisjoint(UUIDS.findall(written))
        assert [secret for secret in secrets_of(programme, journey) if secret in written] == []


@pytest.mark.parametrize("form", FORMATS)
def test_datenstand(programme: Programme, shared_settings: Settings, form: str) -> None:
    """What was known then: later entries and corrections are not in it."""
    journey = programme.given(ENROLLED, session(5))
    before = programme.datenstand
    programme.more(journey, missed(6))
    programme.withdraw(journey, 2)
    programme.given(ENROLLED)
    for datenstand, events in ((before, 2), (programme.datenstand, 3)):
        export(shared_settings, programme.key, form, "--datenstand", str(datenstand), "--output", "out")
        assert events_in(form, Path("out").read_text("utf-8")) == events


@pytest.mark.parametrize("form", FORMATS)
def test_unknown_programme_or_datenstand(
    programme: Programme, shared_settings: Settings, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused, naming what was not found; no file is made and nothing is printed."""
    programme.given(ENROLLED)
    for key, more, code in (("nowhere", (), "unknown_programme"), (programme.key, ("99999999",), "unknown_datenstand")):
        arguments = [text for number in more for text in ("--datenstand", number)]
        for output in ([], ["--output", "out"]):
            with pytest.raises(Refused) as refusal:
                export(shared_settings, key, form, *arguments, *output)
            assert refusal.value.code == code
            assert (more or [key])[0] in str(refusal.value)
    assert os.listdir() == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", ["missing/out", "."])
def test_place_where_no_file_can_be_written(
    programme: Programme, shared_settings: Settings, form: str, place: str
) -> None:
    """Refused, naming the place and the reason."""
    programme.given(ENROLLED)
    with pytest.raises(Refused, match=place) as refusal:
        export(shared_settings, programme.key, form, "--output", place)
    assert (refusal.value.code, refusal.value.field) == ("unwritable_file", "output")
    assert refusal.value.in_language("de") != refusal.value.in_language("en")
    assert os.listdir() == []


@pytest.mark.parametrize("form", LOGS)
def test_nothing_half_written(
    programme: Programme,
    shared_settings: Settings,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Where it fails half way, a file that was there stays as it was, none is left, and nothing was printed."""
    programme.given(ENROLLED)
    programme.given(ENROLLED)
    drawn = scripts.export.cases

    def failing(*asked: object) -> Iterator[Case]:
        yield next(drawn(*asked))
        raise RuntimeError("gone")

    monkeypatch.setattr(scripts.export, "cases", failing)
    Path("there").write_text("before", "utf-8")
    for output in (["--output", "there"], ["--output", "new"], []):
        with pytest.raises(RuntimeError):
            export(shared_settings, programme.key, form, *output)
    assert os.listdir() == ["there"]
    assert Path("there").read_text("utf-8") == "before"
    assert capsysbinary.readouterr().out == b""


@pytest.mark.parametrize("form", FORMATS)
def test_file_is_replaced_at_once(programme: Programme, shared_settings: Settings, form: str) -> None:
    """Who has the former file open goes on reading it: it is never emptied or half overwritten."""
    programme.given(ENROLLED)
    Path("out").write_text("before", "utf-8")
    with Path("out").open(encoding="utf-8") as former:
        export(shared_settings, programme.key, form, "--output", "out")
        assert former.read() == "before"
    assert events_in(form, Path("out").read_text("utf-8")) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_link_and_pipe(programme: Programme, shared_settings: Settings, form: str, tmp_path: Path) -> None:
    """A link still leads to the file it led to; what is no file is written to as it is."""
    programme.given(ENROLLED)
    (tmp_path / "real").write_text("before", "utf-8")
    (tmp_path / "link").symlink_to("real")
    export(shared_settings, programme.key, form, "--output", "link")
    assert (tmp_path / "link").is_symlink()
    assert events_in(form, (tmp_path / "real").read_text("utf-8")) == 1
    os.mkfifo("pipe")
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(Path("pipe").read_text("utf-8")), daemon=True)
    reader.start()
    export(shared_settings, programme.key, form, "--output", "pipe")
    reader.join(30)
    assert events_in(form, received[0]) == 1
    assert (tmp_path / "pipe").is_fifo()
