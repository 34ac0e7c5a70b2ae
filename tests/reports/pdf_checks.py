"""What PDF/UA-1 (ISO 14289-1) asks of a file and a program can check, after the Matterhorn Protocol 1.1.

No checker of that standard is to be had as a Python package; veraPDF is the program to check a file by hand.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2

_NOT_TEXT = re.compile("[\u0002\ufffe\u200b\u00ad]")
"""What stands for a hyphen at the end of a line, and for places where a word may break."""
_SHOWS = {"Tj", "TJ", "'", '"', "Do", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "BI"}
_TABLE_PARTS = {"/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"}, "/TR": {"/TH", "/TD"}}


def text_of(pdf: bytes) -> str:
    """The text of all pages; every blank is one space, and words hyphenated at the end of a line are whole."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(_NOT_TEXT.sub("", "\n".join(pages)).split())


def pages_of(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def violations(pdf: bytes) -> list[str]:
    """What is wrong with a file; empty if nothing is."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [*_document(document), *_fonts(document), *_structure(document), *_content(document), *_links(document)]


def elements(document: pikepdf.Pdf) -> Iterator[Any]:
    """The structure elements in reading order."""

    def below(node: Any) -> Iterator[Any]:
        for kid in _kids(node):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield kid
                yield from below(kid)

    yield from below(document.Root.get("/StructTreeRoot", {}))


def _kids(node: Any) -> list[Any]:
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _document(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    with document.open_metadata() as metadata:
        if metadata.get("pdfuaid:part") != "1":
            yield "no PDF/UA identifier"
        if not metadata.get("dc:title"):
            yield "no title"
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "not marked as tagged"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "the title is not displayed"
    if not str(root.get("/Lang", "")):
        yield "no language"
    if "/StructTreeRoot" not in root:
        yield "no structure"
    if document.is_encrypted:
        yield "encrypted"


def _fonts(document: pikepdf.Pdf) -> Iterator[str]:
    for page in document.pages:
        for name, font in page.resources.get("/Font", {}).items():
            if "/ToUnicode" not in font:
                yield f"font {name} does not say its characters"
            parts = font.get("/DescendantFonts", [font])
            for descriptor in (part.get("/FontDescriptor", {}) for part in parts):
                if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()):
                    yield f"font {name} is not embedded"


def _structure(document: pikepdf.Pdf) -> Iterator[str]:
    level = 0
    for element in elements(document):
        kind = str(element.S)
        if kind == "/Figure" and not str(element.get("/Alt", "")):
            yield "a figure without alternative text"
        if kind[:2] == "/H" and kind[2:].isdigit():
            if int(kind[2:]) > level + 1:
                yield f"heading {kind} after level {level}"
            level = int(kind[2:])
        if kind in _TABLE_PARTS:
            parts = {str(kid.S) for kid in _kids(element) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid}
            if not parts <= _TABLE_PARTS[kind]:
                yield f"{kind} holds {parts}"
        if kind == "/TH" and "/Scope" not in _attributes(element):
            yield "a header cell that heads nothing"


def _attributes(element: Any) -> dict[str, Any]:
    found = element.get("/A", [])
    found = list(found) if isinstance(found, pikepdf.Array) else [found]
    return {key: value for one in found if isinstance(one, pikepdf.Dictionary) for key, value in one.items()}


def _content(document: pikepdf.Pdf) -> Iterator[str]:
    """Everything shown is tagged or an artifact."""
    for number, page in enumerate(document.pages, 1):
        depth = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
            if operator in _SHOWS and depth == 0:
                yield f"page {number}: {operator} is neither tagged nor an artifact"
                break


def _links(document: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(document.pages, 1):
        links = page.get("/Annots", [])
        if len(links) and str(page.get("/Tabs", "")) != "/S":
            yield f"page {number}: links are not in the order of the structure"
        for link in links:
            if "/StructParent" not in link:
                yield f"page {number}: a link outside the structure"
            if not str(link.get("/Contents", "")):
                yield f"page {number}: a link that does not say where it leads"
