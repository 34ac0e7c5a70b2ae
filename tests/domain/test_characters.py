"""No fact is decided on a text that a store, an export or a page would break on later."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from given import OPENED, SEALED, enrolment
from steps import placed

from domain.characters import refuse_control_characters
from domain.commands import open_programme
from domain.errors import Refused
from domain.facts import BalanceApproved, CatalogueKept, Corrected, Entry, TargetGroup
from domain.journal import Request, Streams
from domain.terms import programme_stream

NOW = datetime(2018, 2, 19, 12, tzinfo=UTC)
REQUEST = Request(id=UUID(int=1), by="c1", now=NOW)
CONTROL = ["\0", "\n", "\t", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe"]


def entry(fact: object, by: str = "c1") -> Entry:
    return Entry(recorded_at=NOW, recorded_by=by, request_id=UUID(int=1), request_digest=b"x", fact=fact)


def refused(fact: object, by: str = "c1", *, lines: bool = False) -> str | None:
    """The field an entry is refused for; None where it is not refused."""
    try:
        refuse_control_characters(entry(fact, by), lines=lines)
    except Refused as refusal:
        return refusal.field
    return None


@pytest.mark.parametrize("character", CONTROL)
def test_control_characters_are_refused(character: str) -> None:
    """In every text, however deep, the innermost field is named with the code point; the text is never shown."""
    text = f"Geheim{character}"
    job = placed(NOW.date(), "p", sector=text)
    assert refused(enrolment(municipality=text)) == "municipality"
    assert refused(job) == "sector"
    assert refused(Corrected(entry=1, replacement=job, reason=SEALED)) == "sector"
    assert refused(msgspec.structs.replace(OPENED, target_group=TargetGroup(municipalities=("A", text)))) == (
        "municipalities"
    )
    assert refused(msgspec.structs.replace(OPENED, targets={text: 1.0})) == "targets"
    assert refused(OPENED, by=text) == "recorded_by"
    with pytest.raises(Refused) as refusal:
        refuse_control_characters(entry(job), lines=False)
    assert refusal.value.code == "bad_value"
    for language in ("de", "en"):
        assert f"U+{ord(character):04X}" in refusal.value.in_language(language)
        assert "Geheim" not in refusal.value.in_language(language)


@pytest.mark.parametrize("text", ['"Meier" \\u0000 GmbH', "Ünïcode – “Wort”", "a\u00a0b\u00adc", "日本 😀"])
def test_every_other_character_is_taken(text: str) -> None:
    """Quotation marks, a backslash, a space that does not break, a soft hyphen, any script."""
    assert refused(placed(NOW.date(), "p", sector=text)) is None


def test_texts_of_lines_are_taken_where_they_belong() -> None:
    """A signed note and a catalogue have lines; NUL is refused there too."""
    assert refused(BalanceApproved(number=1, digest="d", checkpoint="a\nb\n"), lines=True) is None
    assert refused(CatalogueKept(version="v", content="a\n\tb"), lines=True) is None
    assert refused(CatalogueKept(version="v", content="a\0b"), lines=True) == "content"


def test_whatever_a_command_decides_is_looked_at() -> None:
    """All facts come by here; where one is refused nothing of its command stays behind."""
    streams = Streams(lambda _streams: {}, REQUEST)
    bad = msgspec.structs.replace(OPENED, title="Titel\0")
    stream = programme_stream(OPENED.key)
    decided = [*open_programme(streams, OPENED), (stream, bad)]
    with pytest.raises(Refused) as refusal:
        streams.append(decided)
    assert (refusal.value.code, refusal.value.field) == ("bad_value", "title")
    assert (streams.pending, list(streams.entries(stream))) == ([], [])
    assert len(streams.append(decided[:1])) == 1
