"""A report as PDF: tagged, accessible (PDF/UA-1), and the same bytes for the same report.

The layout is in `report.typ`. Everything a report says goes there as data, so no text can become markup; only fonts
that come with the typesetter are used.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_never

import msgspec

from domain.texts import Text, _
from projections.reports.model import (
    Block,
    Chart,
    Definitions,
    Heading,
    Highlights,
    Paragraph,
    Points,
    Report,
    Signatures,
    Table,
)
from projections.reports.paper import printable, tables_on_paper
from projections.reports.written import NO_VALUE, capital, written_cell

_TEMPLATE = Path(__file__).with_name("report.typ")


def as_pdf(report: Report) -> bytes:
    """The report as PDF. Refused: a table too long for paper."""
    import typst  # noqa: PLC0415 -- a compiler of its own, wanted only here

    content = msgspec.json.encode(_content(report)).decode()
    pdf: bytes = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        sys_inputs={"report": content},
    )
    return pdf


def _content(report: Report) -> dict[str, Any]:
    """The report as the template takes it: every value a text, tables cut to the width of a page."""
    opening = [block for block in report.blocks if isinstance(block, Highlights)]
    rest = [block for block in report.blocks if not isinstance(block, Highlights)]
    return {
        "language": report.language,
        "heading": printable(f"{report.title} – {report.subtitle}"),
        "title": printable(report.title),
        "subtitle": printable(report.subtitle),
        "status": printable(report.status),
        "running": printable(report.running),
        "author": [printable(report.author)],
        "keywords": [printable(word) for word in report.keywords],
        "date": [report.date.year, report.date.month, report.date.day],
        "words": {name: words.in_language(report.language) for name, words in _WORDS.items()},
        "particulars": [
            (printable(one.label), printable(written_cell(one.value, report.language))) for one in report.particulars
        ],
        "opening": [told for block in opening for told in _block(block, report.language)],
        "blocks": [told for block in rest for told in _block(block, report.language)],
    }


_WORDS: dict[str, Text] = {
    "page": _("Seite {page} von {pages}"),
    "contents": _("Inhalt"),
    "table": _("Tabelle"),
    "chart": _("Abbildung"),
}
_DEFINED = (_("Kennzahl"), _("Definition"), _("Quelle"))


def _block(block: Block, language: str) -> Iterator[dict[str, Any]]:
    match block:
        case Table():
            yield from tables_on_paper(block, language)
        case Chart():
            notes = [printable(note) for note in block.notes]
            told = {"svg": block.svg, "alternative": block.alternative, "caption": printable(block.caption)}
            yield {"kind": "chart", **told, "notes": notes}
        case Heading():
            yield {"kind": "heading", "level": block.level, "text": printable(block.text)}
        case Paragraph():
            yield {"kind": "paragraph", "text": printable(block.text)}
        case Points():
            yield {"kind": "points", "points": [tuple(map(printable, point)) for point in block.points]}
        case Highlights():
            numbers = [(written_cell(one.value, language), printable(one.label)) for one in block.highlights]
            yield {"kind": "highlights", "highlights": numbers}
        case Definitions():
            yield _definitions(block, language)
        case Signatures():
            yield _signatures(block, language)
        case _:
            assert_never(block)


def _definitions(block: Definitions, language: str) -> dict[str, Any]:
    """The definitions, those of figures counted alike together."""
    regimes = dict.fromkeys(one.regime for one in block.definitions)
    groups = [
        {
            "title": printable(regime),
            "rows": [
                {name: printable(words) for name, words in msgspec.to_builtins(one).items()}
                for one in block.definitions
                if one.regime == regime
            ],
        }
        for regime in regimes
    ]
    return {
        "kind": "definitions",
        "columns": [capital(words.in_language(language)) for words in _DEFINED],
        "groups": groups,
    }


def _signatures(block: Signatures, language: str) -> dict[str, Any]:
    signatures = [
        {
            "part": printable(one.part),
            "account": printable(one.account or NO_VALUE),
            "on": written_cell(one.on, language) if one.on else NO_VALUE,
        }
        for one in block.signatures
    ]
    seals = [
        {"title": printable(seal.title), "lines": [printable(line) for line in seal.lines]} for seal in block.seals
    ]
    return {"kind": "signatures", "signatures": signatures, "seals": seals}
