"""The PDF: accessible, complete in both languages, and no text can break it."""

import re
import unicodedata
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

import msgspec
import pikepdf
import pypdfium2
import pytest
import typst
from pdf_checks import elements, pages_of, text_of, violations
from sample_balance import CHECKPOINT, EDITION, PROGRAMME, report

from domain.errors import Refused
from projections.catalogue import CORE, Unit
from projections.reports import Report, rendered
from projections.reports.model import Block, Chart, Column, Heading, Kind, Number, Paragraph, Row, Table
from projections.reports.paper import MOST_ROWS, printable

_HIDDEN = frozenset({("placed_svp", "", ""), ("exits", "gender", "male")})
VERSIONS: dict[str, dict[str, Any]] = {
    "internal": {},
    "edition in English": {"language": "en", "edition": EDITION, "series": None},
    "public": {"edition": EDITION, "hidden": _HIDDEN},
}


def letters(text: str) -> str:
    """A text without blanks and hyphens, as lines may end between them."""
    return re.sub(r"[\s-]", "", text)


def with_blocks(*blocks: Block) -> Report:
    return msgspec.structs.replace(plain(), blocks=blocks)


@cache
def plain() -> Report:
    return report(series=None)


@cache
def full(language: str = "de") -> tuple[Report, bytes]:
    """The report with everything, and its PDF."""
    told = report(language, edition=EDITION)
    return told, rendered(told, "pdf")


def numbers(rows: int, columns: int) -> Table:
    """A table whose every cell has a number of its own."""
    head = (Column("what", "Was", Kind.TEXT, wide=True), *(Column(f"c{n}", f"Spalte {n}") for n in range(columns)))
    cells = [
        Row(f"r{row}", (f"Zeile {row}", *(Number(10_000 + row * columns + n, Unit.NUMBER) for n in range(columns))))
        for row in range(rows)
    ]
    return Table("numbers", "Viele Zahlen", "Zahlen", head, tuple(cells))


# --- accessibility ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_pdf_is_accessible(version: str) -> None:
    """Every version keeps what PDF/UA-1 asks and a program can check."""
    assert violations(rendered(report(**VERSIONS[version]), "pdf")) == []


def test_the_checks_find_what_is_wrong() -> None:
    """A file without structure fails them, so that passing them means something."""
    plain = typst.compile(b"= Titel\n#line()\nText", format="pdf", pdf_tags=False, ignore_system_fonts=True)
    found = violations(plain)
    for wrong in ("no PDF/UA identifier", "no title", "not marked as tagged", "no structure"):
        assert wrong in found
    assert any("neither tagged nor an artifact" in one for one in found)


@pytest.mark.parametrize("language", ["de", "en"])
def test_metadata(language: str) -> None:
    """Title, author, language and the day of the report stand in the file; the day is the data's, not today."""
    told, pdf = full(language)
    with pikepdf.open(BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == language
        assert str(document.docinfo["/Title"]) == f"{told.title} – {told.subtitle}".replace("19. F", "19.\u00a0F")
        assert str(document.docinfo["/Author"]) == "lead-1"
        assert str(document.docinfo["/CreationDate"]).startswith("D:20180222")
        assert str(document.docinfo["/Keywords"]).startswith("demo, ")


def test_alternative_texts() -> None:
    """Every chart has its alternative text, with the numbers it shows."""
    told, pdf = full()
    charts = [block for block in told.blocks if isinstance(block, Chart)]
    with pikepdf.open(BytesIO(pdf)) as document:
        found = [str(element.Alt) for element in elements(document) if str(element.S) == "/Figure"]
    assert found == [chart.alternative for chart in charts]
    assert len(charts) == 4
    assert "Aufgenommen 101; Gecoacht 105" in found[0]


def test_tables_have_header_rows() -> None:
    """Every printed table begins with a row of header cells, one per column."""
    with pikepdf.open(BytesIO(rendered(with_blocks(Heading("Zahlen"), numbers(3, 4)), "pdf"))) as document:
        kinds = [str(element.S) for element in elements(document)]
    table = kinds[kinds.index("/Table") :]
    assert table.count("/TH") == 5
    assert table.count("/TD") == 3 * 5
    assert table.index("/TH") < table.index("/TD")


# --- what it says -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_figure_and_block_is_printed(language: str) -> None:
    """Title, code and definition of every figure, every caption and every heading are in the text."""
    told, pdf = full(language)
    text = letters(text_of(pdf))
    wanted = [words.in_language(language) for one in CORE.figures for words in (one.title, one.definition)]
    wanted += [one.code for one in CORE.figures]
    wanted += [block.text for block in told.blocks if isinstance(block, Heading | Paragraph)]
    wanted += [block.caption for block in told.blocks if isinstance(block, Table | Chart)]
    wanted += [note for block in told.blocks if isinstance(block, Table | Chart) for note in block.notes]
    missing = [one for one in wanted if letters(one) not in text]
    assert missing == []


def test_running_header_and_page_numbers() -> None:
    """Every page but the first tells programme, Stichtag and Datenstand; every page its number."""
    _told, pdf = full()
    text, pages = text_of(pdf), pages_of(pdf)
    assert pages > 5
    assert text.count("demo · Stichtag 19.02.2018 · Datenstand 4711") == pages - 1
    for number in range(1, pages + 1):
        assert f"Seite {number} von {pages}" in text


def test_signatures_and_seals() -> None:
    """Who drafted and approved it on which day, its digest and the lines of the checkpoint are printed as they are."""
    text = text_of(full()[1])
    told = ("controller-1", "21.02.2018", "lead-1", "22.02.2018", EDITION.digest, *filter(None, CHECKPOINT))
    assert [words for words in told if words not in text] == []
    assert "Freigegeben" in text


def test_numbers_as_the_language_writes_them() -> None:
    """Decimal separators, signs and units follow the language."""
    table = numbers(1, 1)
    cells = [
        Number(1234, Unit.PERSONS),
        Number(0.3214, Unit.RATE),
        Number(1234.5, Unit.EUR),
        Number(-0.025, Unit.RATE, signed=True),
        Number(7, Unit.PERSONS, signed=True),
        Number(None, Unit.RATE),
        date(2018, 2, 19),
    ]
    rows = tuple(Row(str(place), ("Wert", cell)) for place, cell in enumerate(cells))
    text = {}
    for language in ("de", "en"):
        blocks = (Heading("Zahlen"), msgspec.structs.replace(table, rows=rows))
        told = msgspec.structs.replace(report(language, series=None), blocks=blocks)
        text[language] = text_of(rendered(told, "pdf"))
    assert "Wert 1.234 Wert 32,1 % Wert 1.234,50 Wert −2,5 %-Pkt. Wert +7 Wert – Wert 19.02.2018" in text["de"]
    assert "Wert 1,234 Wert 32.1 % Wert 1,234.50 Wert −2.5 pp Wert +7 Wert – Wert 2018-02-19" in text["en"]


# --- tables that do not fit ---------------------------------------------------------------------------


def test_long_table_repeats_its_header() -> None:
    """A table over several pages has its header on each, and every row once."""
    pdf = rendered(with_blocks(Heading("Zahlen"), numbers(200, 2)), "pdf")
    text = text_of(pdf)
    assert text.count("Was Spalte 0 Spalte 1") == pages_of(pdf) - 1 > 3
    assert [int(found) for found in re.findall(r"Zeile (\d+) 1\d", text)] == list(range(200))


def test_wide_table_comes_in_parts() -> None:
    """Columns that find no room stand in further parts, each with the names of the rows."""
    text = text_of(rendered(with_blocks(Heading("Zahlen"), numbers(2, 14)), "pdf"))
    assert "Viele Zahlen (Teil 3 von 3)" in text
    assert text.count("Zeile 1") == 3
    assert [number for number in range(28) if text.count(f"10.0{number:02}") != 1] == []


def test_table_too_long_for_paper() -> None:
    """More rows than paper is for are refused; where the table says so itself, the PDF tells where it is."""
    table = numbers(MOST_ROWS + 1, 1)
    with pytest.raises(Refused, match="1501 Zeilen") as refused:
        rendered(with_blocks(table), "pdf")
    assert refused.value.code == "too_long"
    elsewhere = msgspec.structs.replace(table, printed=False)
    assert "Viele Zahlen: 1501 Zeilen" in text_of(rendered(with_blocks(Heading("Zahlen"), elsewhere), "pdf"))


def test_long_codes_stay_in_their_columns() -> None:
    """Cells too long for their column break within it: the columns keep apart."""
    code = "72a54421-aac4-488e-8e57-428088ac9e09"
    columns = [Column(name, name, Kind.CODE) for name in "abcd"]
    columns.append(Column("e", "e", Kind.CODE, wide=True))
    table = Table("codes", "Kennungen", "K", tuple(columns), (Row("1", (code,) * 5),))
    with pypdfium2.PdfDocument(rendered(with_blocks(Heading("K"), table), "pdf")) as document:
        page = document[1].get_textpage()
        found = page.get_text_range()
        starts = sorted(page.get_charbox(one.start())[0] for one in re.finditer("72a5", found))
        ends = sorted(page.get_charbox(one.end() - 1)[2] for one in re.finditer("aac4", found))
    assert len(starts) == len(ends) == 5
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


# --- texts nobody foresaw -----------------------------------------------------------------------------

HOSTILE = [
    "#{panic()}",
    "= x",
    "#set page(width: 1cm)",
    '<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>',
    '"); #panic("x',
    "*fett* _kursiv_ $x^2$ @ref <label> // weg",
    "\\ \\u{41} `roh` ~ -- ...",
    "=1+1",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_text_is_never_markup(title: str) -> None:
    """Typst markup, code, tags and formulas in a title are printed as they are."""
    programme = msgspec.structs.replace(PROGRAMME, title=title, funder=title)
    pdf = rendered(report(programme=programme, series=None), "pdf")
    assert text_of(pdf).count(title) >= 3
    assert violations(pdf) == []


def test_signs_the_fonts_lack() -> None:
    """Signs without a glyph, controls and signs that turn text around become the replacement character."""
    programme = msgspec.structs.replace(PROGRAMME, title="Weg 中文 😀 \u202eback\u0000 é")
    text = text_of(rendered(report(programme=programme, series=None), "pdf"))
    assert "Weg �� � �back� é" in text


def test_every_printable_sign_has_a_glyph() -> None:
    """What is let through can be printed in every face a report uses; else making the PDF would fail."""
    signs = "".join(sign for sign in map(chr, range(0x20, 0x3000)) if printable(f"a{sign}") == f"a{sign}")
    assert len(signs) > 700
    assert all(unicodedata.category(sign)[0] in "LMNPSZ" or sign == "\u00ad" for sign in signs)
    every = " ".join(signs[start : start + 20] for start in range(0, len(signs), 20))
    table = Table("t", every, "t", (Column("c", every, Kind.CODE, wide=True),), (Row("1", (every,)),))
    assert violations(rendered(with_blocks(Heading(every), Paragraph(every), table), "pdf")) == []


def test_long_word_stays_on_the_page() -> None:
    """A title without a blank is broken before it leaves the page."""
    programme = msgspec.structs.replace(PROGRAMME, title="W" * 120, funder="W" * 120)
    with pypdfium2.PdfDocument(rendered(report(programme=programme, series=None), "pdf")) as document:
        page = document[0]
        signs = page.get_textpage()
        right = max(signs.get_charbox(place)[2] for place in range(signs.count_chars()))
        assert right < page.get_width() - 40
