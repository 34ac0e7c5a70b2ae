"""Every text has its English, and the catalogue has nothing besides.

After a text was added or changed, the failure of `test_every_text_has_its_english` lists what to paste into
`domain/translations/en.po` and to translate there.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import denormalize, read_po

from domain.terms import PlacementKind
from domain.texts import CATALOGUE, Text, _

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("domain", "projections", "scripts", "web")
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
JINJA = {"silent": "false"}  # a template that cannot be read fails instead of having no texts


def german_texts() -> list[str]:
    """Every text marked with `_("…")` in the modules and templates of the four packages, once."""
    texts: dict[str, None] = {}
    for floor in FLOORS:
        found = extract_from_dir(ROOT / floor, METHODS, keywords={"_": None}, options_map={"**.html": JINJA})
        texts |= {text: None for _name, _line, text, _comments, _context in found}
    return list(texts)


def english() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def messages() -> list[Message]:
    return [message for message in english() if message.id]


def names_in(text: str) -> set[str]:
    """The names in braces."""
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def as_entry(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'msgid "{escaped}"\nmsgstr ""\n'


def test_every_text_has_its_english() -> None:
    """Every text marked for the catalogue is translated in it."""
    translated = {message.id for message in messages() if message.string}
    missing = [text for text in german_texts() if text not in translated]
    if missing:
        entries = "\n".join(map(as_entry, missing))
        pytest.fail(f"to paste into {CATALOGUE.relative_to(ROOT)} and to translate:\n\n{entries}", pytrace=False)


def test_catalogue_holds_nothing_unused() -> None:
    """What no text in the code needs any more is deleted, also where it is only commented out."""
    texts = german_texts()
    unused = [message.id for message in messages() if message.id not in texts]
    assert unused == []
    assert list(english().obsolete) == []


def test_catalogue_holds_every_text_once() -> None:
    """A text translated twice would be shown in one of the two ways by chance."""
    twice = [text for text in msgids() if list(msgids()).count(text) > 1]
    assert twice == []


def msgids() -> Iterator[str]:
    """The msgids as the file has them, duplicates included; `read_po` would merge them."""
    collected: list[str] | None = None
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        if line.startswith("msgid "):
            collected = [line.removeprefix("msgid ")]
        elif line.startswith('"') and collected is not None:
            collected.append(line)
        elif collected is not None:
            yield denormalize("\n".join(collected))
            collected = None


def test_no_translation_is_doubtful() -> None:
    """None is marked fuzzy."""
    assert [message.id for message in messages() if message.fuzzy] == []


def test_translation_has_the_same_names() -> None:
    """The English text shows the same values as the German one."""
    differing = [message.id for message in messages() if names_in(message.string) != names_in(message.id)]
    assert differing == []


def test_values_are_written_as_the_language_writes_them() -> None:
    """Dates, amounts, yes and no, lists and texts within a text read as usual in each language."""
    text = Text(
        "{day} {amount} {answer} {many} {kind} {text}",
        {
            "day": date(2018, 2, 19),
            "amount": Decimal("1234.5"),
            "answer": True,
            "many": (date(2018, 2, 19), "x"),
            "kind": PlacementKind.SVP,
            "text": _("nein"),
        },
    )
    assert text.in_language("de") == str(text) == "19.02.2018 1.234,5 ja 19.02.2018, x svp nein"
    assert text.in_language("en") == "2018-02-19 1,234.5 yes 2018-02-19, x svp no"


def test_text_without_english_stays_german() -> None:
    """Better the German words than none."""
    assert Text("Das gibt es nirgends: {found}", {"found": 1}).in_language("en") == "Das gibt es nirgends: 1"
