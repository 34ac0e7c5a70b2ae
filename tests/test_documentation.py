"""The documentation says what the code says: every reference page is compared with what it describes.

In a reference page a heading whose text is a code, such as `journey.enrolled`, opens the section about that thing, and
the first column of its tables names its parts. A missing or a surplus one is named with the page and the section.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args, get_type_hints

import click
import msgspec
import pytest

from domain.errors import RULE_OF, norm_of
from domain.facts import STEP_BY_NAME, AnyFact, Enrolled, Entry, HiddenCell, TargetGroup, is_sealed, tag_of
from domain.terms import Key
from projections.balance import Balance, Evidence, EvidenceRow, FigureValue
from projections.catalogue import CATALOGUES, CORE, ESF, Measure, Unit
from projections.data_protection import Case
from projections.editions import Act, Differing
from projections.exchange.files import FORMATS, read_rows
from projections.exchange.steps import COMMON, WITHDRAWN, fields_of, given_step
from projections.explain import Cause, CellChange, Effect, Event, Explanation, Part
from projections.history import History, HistoryEntry
from projections.read_model.tables import BOOKS, KNOWN, columns
from projections.rebuild import Certificate, TableDigest
from projections.regimes import Counted, Thing, Verdict
from projections.retention import Combination, Kept
from projections.rows import TABLES
from projections.settings import Settings
from scripts.cli import werdegang
from scripts.programme_file import read_programme_file

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
HEADING = re.compile(r"^(#+) +(.*?) *$")
CODE = re.compile(r"`([^`]+)`")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|work|tmp|home|opt|usr/local)\b")
PACKAGES = ("domain", "projections", "scripts", "web")
REFUSALS = frozenset({"Refused", "NotFound", "Conflict", "NotReady", "Forbidden"})

Rows = dict[str, list[str]]


# --- reading pages ------------------------------------------------------------------------------------


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def without_blocks(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def sections(page: str) -> dict[str, list[str]]:
    """The lines of every section by its heading, the back ticks left out."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in without_blocks(text_of(page)).splitlines():
        if heading := HEADING.match(line):
            lines = found.setdefault(heading[2].replace("`", ""), [])
        else:
            lines.append(line)
    return found


def cells_of(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def rows_of(lines: list[str], place: int = 0) -> Rows:
    """The rows of the tables in a section, by the code that stands alone in one of their columns."""
    rows = (cells_of(line) for line in lines if line.startswith("|"))
    return {code[1]: row for row in rows if len(row) > place and (code := re.fullmatch(CODE, row[place]))}


def compare(where: str, documented: set[str], existing: set[str]) -> None:
    """Fail where a page lacks something or describes what is not there."""
    said = [f"{where} lacks {name}" for name in sorted(existing - documented)]
    said += [f"{where} describes {name}, which does not exist" for name in sorted(documented - existing)]
    if said:
        pytest.fail("\n".join(said), pytrace=False)


# --- facts --------------------------------------------------------------------------------------------

FACTS = {tag_of(fact): fact for fact in get_args(AnyFact)}


def test_every_fact_has_its_section() -> None:
    """docs/facts.md has a section for every tag, and none for another."""
    compare("docs/facts.md", {name for name in sections("facts.md") if re.match(r"[a-z]+\.", name)}, set(FACTS))


@pytest.mark.parametrize("tag", [*FACTS, "The envelope"])
def test_every_field_of_a_fact(tag: str) -> None:
    """Its section names every field, whether it is required and whether it is sealed."""
    fields = {field.name: field for field in msgspec.structs.fields(FACTS.get(tag, Entry))}
    rows = rows_of(sections("facts.md")[tag])
    compare(f"docs/facts.md, {tag},", set(rows), set(fields))
    for name, row in rows.items():
        _name, _type, required, kind, meaning = row
        personal = is_sealed(fields[name]) or is_required_reason(tag, name)
        assert required.split(",")[0] == ("yes" if fields[name].required else "no"), f"{tag}.{name}: required"
        assert kind == ("sealed" if personal else "clear"), f"{tag}.{name}: kind"
        assert meaning, f"{tag}.{name}: meaning"


def is_required_reason(tag: str, name: str) -> bool:
    """The reason of a correction or withdrawal."""
    return tag in ("journey.corrected", "journey.withdrawn") and name == "reason"


@pytest.mark.parametrize(
    ("heading", "struct"), [("Target group", TargetGroup), ("Figure value", FigureValue), ("Hidden cell", HiddenCell)]
)
def test_every_part_of_a_field(heading: str, struct: type[msgspec.Struct]) -> None:
    """What has parts of its own has a table of its own."""
    documented = list(rows_of(sections("facts.md")[heading]))
    compare(f"docs/facts.md, {heading},", set(documented), set(struct.__struct_fields__))
    assert documented == list(struct.__struct_fields__), "in their order, which may be that of the stored list"


def test_every_value_of_the_lists() -> None:
    """Every enumeration a field of a fact has is listed with all its values."""
    lines = [line for line in sections("facts.md")["Lists of values"] if line.startswith("|")]
    rows = dict(map(cells_of, lines))
    for fact in (*FACTS.values(), HiddenCell):
        for field in msgspec.structs.fields(fact):
            for kind in (field.type, *get_args(field.type)):
                if isinstance(kind, type) and hasattr(kind, "__members__"):
                    documented = set(CODE.findall(rows.get(kind.__name__, "")))
                    compare(f"docs/facts.md, {kind.__name__},", documented, {str(value) for value in kind})


# --- figures ------------------------------------------------------------------------------------------

UNITS = {
    Unit.PERSONS: "persons",
    Unit.NUMBER: "number",
    Unit.MINUTES: "minutes",
    Unit.EUR: "euro",
    Unit.PERSON_MONTHS: "person-months",
    Unit.RATE: "rate",
    Unit.MEAN: "mean",
}


def test_every_figure_has_its_section() -> None:
    """docs/figures.md has a section for every code, in the order of the catalogue."""
    codes = [figure.code for figure in CORE.figures]
    headings = [name for name in sections("figures.md") if re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name)]
    compare("docs/figures.md", set(headings), set(codes))
    assert headings == codes


@pytest.mark.parametrize("code", [figure.code for figure in CORE.figures])
def test_figure_is_described(code: str) -> None:
    """Title in both languages (English as far as the catalogue has it), unit, selections, regime, source, validity."""
    figure = CORE.figure(code)
    section = "\n".join(sections("figures.md")[code])
    wanted = [f"*{figure.title.german}* / ", figure.source, f"| {UNITS[figure.unit]}", f"`{figure.part.selection}`"]
    wanted.append(f"| `{figure.regime}` |")
    if (english := figure.title.in_language("en")) != figure.title.german:
        wanted.append(f" / {english}\n")
    wanted += [f"`{figure.per.selection}`"] if figure.per else []
    wanted += [str(day) for day in (figure.valid_from, figure.valid_until) if day]
    lacking = [text for text in wanted if text not in section]
    assert lacking == [], f"docs/figures.md, {code}, lacks {lacking}"


def test_every_measure_is_explained() -> None:
    """How rows become a number, measure by measure."""
    compare("docs/figures.md", set(rows_of(sections("figures.md")["How rows become a number"])), set(Measure))


def test_every_indicator_of_the_esf_has_its_row() -> None:
    """docs/esf.md has a row for every code, in the order of the catalogue and with the title in both languages."""
    rows = rows_of(sections("esf.md")["What is counted"])
    assert list(rows) == [figure.code for figure in ESF.figures]
    for figure in ESF.figures:
        assert rows[figure.code][1] == f"{figure.title.german} / {figure.title.in_language('en')}"


def test_every_cause_of_a_difference() -> None:
    """docs/explain.md has a row for every cause, by its name in JSON."""
    compare("docs/explain.md", set(rows_of(sections("explain.md")["The causes"], 1)), set(Cause))


# --- read model ---------------------------------------------------------------------------------------


def test_every_table_has_its_section() -> None:
    """docs/read-model.md has a section for every table and every book, and none for another."""
    headings = {name for name in sections("read-model.md") if re.fullmatch(r"[a-z_]+", name)}
    compare("docs/read-model.md", headings, {*TABLES, *BOOKS})


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_a_table(table: str) -> None:
    """Its section names every column; those of knowledge have a section of their own."""
    rows = rows_of(sections("read-model.md")[table])
    compare(f"docs/read-model.md, {table},", set(rows), set(columns(table)) - set(KNOWN))
    hints = get_type_hints(TABLES[table], include_extras=True)
    for name, row in rows.items():
        optional = NoneType in get_args(hints[name])
        assert row[1].endswith("?") == optional, f"docs/read-model.md, {table}.{name}: may be NULL: {optional}"


def test_the_columns_of_knowledge() -> None:
    """`known_from` and `known_until` are explained once for all tables."""
    compare("docs/read-model.md", set(rows_of(sections("read-model.md")["How a row says when it was known"])), {*KNOWN})


@pytest.mark.parametrize("book", BOOKS)
def test_every_column_of_a_book(book: str) -> None:
    """The read model's own books, column by column."""
    existing = {column.split()[0] for column in BOOKS[book].split(", ")}
    compare(f"docs/read-model.md, {book},", set(rows_of(sections("read-model.md")[book])), existing)


# --- import -------------------------------------------------------------------------------------------


def test_every_step_has_its_section() -> None:
    """docs/import.md has a section for every step, and none for another."""
    headings = {name for name in sections("import.md") if re.fullmatch(r"[a-z]+(_[a-z]+)*", name)}
    compare("docs/import.md", headings, {*STEP_BY_NAME, WITHDRAWN})


@pytest.mark.parametrize("step", STEP_BY_NAME)
def test_every_field_of_a_step(step: str) -> None:
    """Its section names every field, whether it is required and whether it is sealed."""
    fields = {field.name: field for field in fields_of(STEP_BY_NAME[step])}
    rows = rows_of(sections("import.md")[step])
    compare(f"docs/import.md, {step},", set(rows), set(fields))
    for name, (_name, required, kind) in rows.items():
        assert required.split(",")[0] == ("yes" if fields[name].required else "no"), f"{step}.{name}: required"
        assert kind == ("sealed" if fields[name].sealed else "clear"), f"{step}.{name}: kind"


def test_the_columns_of_every_row() -> None:
    """The columns every step may have."""
    compare("docs/import.md", set(rows_of(sections("import.md")["Columns every row may have"])), set(COMMON))


def test_every_import_format() -> None:
    """The endings of files."""
    first = "\n".join(sections("import.md")["The import file"])
    compare("docs/import.md", {code for code in CODE.findall(first) if code.startswith(".")}, set(FORMATS))


def test_every_entry_of_a_programme_file() -> None:
    """The entries of the TOML file are the fields of a programme's opening."""
    documented = set(rows_of(sections("import.md")["Programme file"]))
    compare("docs/import.md, Programme file,", documented, {*FACTS["programme.opened"].__struct_fields__})


def blocks(page: str, language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


def test_examples_of_import_files_can_be_read(tmp_path: Path) -> None:
    """The rows shown are rows the import understands, in whichever format they are shown."""
    steps = []
    for language, ending in (("csv", ".csv"), ("json", ".jsonl")):
        for number, block in enumerate(blocks("import.md", language)):
            path = tmp_path / f"{number}{ending}"
            path.write_text(block, encoding="utf-8")
            rows = list(read_rows(path))
            assert rows
            assert [row for row in rows if row.refused] == []
            steps += [given_step(row.values) for row in rows if row.values["step"] != WITHDRAWN]
    assert steps[0].kind is Enrolled
    assert steps[-1] == steps[-2]  # the row in JSON is the last one of the table


def test_example_of_a_programme_file_can_be_read(tmp_path: Path) -> None:
    """The programme file shown opens a programme."""
    (block,) = blocks("import.md", "toml")
    path = tmp_path / "programme.toml"
    path.write_text(block, encoding="utf-8")
    opening = read_programme_file(path)
    assert msgspec.convert(opening.key, Key)
    assert f"Programm {opening.key} ist eröffnet: {opening.title}" in (ROOT / "README.md").read_text(encoding="utf-8")


# --- refusals -----------------------------------------------------------------------------------------


def codes_in(tree: ast.AST, makers: frozenset[str] = REFUSALS) -> Iterator[str]:
    """The codes of refusals made in a module: the first argument of the class or, within a subclass, of `cls`."""
    for node in ast.iter_child_nodes(tree):
        code = node.args[0] if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in makers else None
        if isinstance(code, ast.Constant):
            yield str(code.value)
        within = isinstance(node, ast.ClassDef) and any(ast.unparse(base) in REFUSALS for base in node.bases)
        yield from codes_in(node, makers | {"cls", "super().__init__"} if within else makers)


def test_every_code_of_a_refusal() -> None:
    """docs/refusals.md names every code a refusal in the sources has, and no other."""
    existing = {
        code
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for code in codes_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert len(existing) > 50, "the search for codes finds too little"
    found = [rows_of(lines, place) for lines in sections("refusals.md").values() for place in (0, 1)]
    compare("docs/refusals.md", {code for rows in found for code in rows}, existing)
    assert set(RULE_OF) <= existing, "a rule for a code nothing has"


def test_every_rule_of_a_code() -> None:
    """The number of the rule in docs/refusals.md is the one of the code, and the norm names it."""
    page = sections("refusals.md")
    ruled = tuple(f"Rules of {what}" for what in ("journeys", "balances", "data protection", "accounts"))
    rows = {
        code: row for heading in (*ruled, "Form of an import row") for code, row in rows_of(page[heading], 1).items()
    }
    assert {code: row[0] for code, row in rows.items()} == {code: str(number) for code, number in RULE_OF.items()}
    for code, number in RULE_OF.items():
        assert str(norm_of(code)).startswith(f"Regel {number}:"), code


# --- commands and settings ----------------------------------------------------------------------------


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """A command and those below it, by their full names."""
    yield name, command
    if isinstance(command, click.Group):
        for child in command.commands.values():
            yield from commands(child, f"{name} {child.name}")


COMMANDS = dict(commands(werdegang, "werdegang"))


def test_every_command_has_its_section() -> None:
    """docs/commands.md has a section for every command, and none for another."""
    headings = {name for name in sections("commands.md") if name.startswith("werdegang")}
    compare("docs/commands.md", headings, set(COMMANDS))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command(name: str) -> None:
    """Its section names every option, and no other."""
    documented = {option for option in rows_of(sections("commands.md")[name]) if option.startswith("--")}
    existing = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    compare(f"docs/commands.md, {name},", documented - {"--help"}, existing)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_choice_of_a_command(name: str) -> None:
    """Its section has a row for every argument, and names every value of a choice."""
    section = sections("commands.md")[name]
    arguments = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Argument)]
    assert len([row for row in rows_of(section) if not row.startswith("--")]) == len(arguments), name
    for parameter in COMMANDS[name].params:
        if isinstance(parameter.type, click.Choice):
            known = set(CODE.findall("\n".join(section)))
            lacking = {str(getattr(value, "value", value)) for value in parameter.type.choices} - known
            assert lacking == set(), f"docs/commands.md, {name}, {parameter.opts[0]}, lacks {lacking}"


@pytest.mark.parametrize(
    ("page", "heading", "shapes"),
    [
        ("commands.md", "`werdegang balance`", [Balance, FigureValue]),
        ("commands.md", "`werdegang evidence`", [Evidence, EvidenceRow]),
        ("commands.md", "`werdegang history`", [History, HistoryEntry]),
        ("commands.md", "`werdegang erase`", [Case]),
        ("commands.md", "`werdegang retention`", [Kept]),
        ("commands.md", "`werdegang reidentification`", [Combination]),
        ("commands.md", "`werdegang publish list`", [Act]),
        ("commands.md", "`werdegang publish verify`", [Differing]),
        ("explain.md", "What it prints", [Explanation, CellChange, Part, Effect, Event]),
        ("commands.md", "`werdegang regimes`", [Verdict, Thing, Counted]),
        ("commands.md", "`werdegang rebuild`", [Certificate, TableDigest]),
    ],
)
def test_every_name_in_the_json_of_a_command(page: str, heading: str, shapes: list[type[msgspec.Struct]]) -> None:
    """Its section names every key the JSON output can have."""
    section = text_of(page).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lacking = {key for shape in shapes for key in shape.__struct_fields__ if f'"{key}"' not in section}
    assert lacking == set(), f"docs/{page}, {heading}, lacks {sorted(lacking)}"


def test_every_setting() -> None:
    """docs/settings.md names every setting as a variable and as a line of the file."""
    rows = rows_of(sections("settings.md")["Settings"])
    compare("docs/settings.md", set(rows) - {"WERDEGANG_CONFIG"}, {f"WERDEGANG_{n.upper()}" for n in settings()})
    compare("docs/settings.md", {code for row in rows.values() for code in CODE.findall(row[1])}, settings())


def settings() -> set[str]:
    return set(Settings.__struct_fields__)


# --- dependencies -------------------------------------------------------------------------------------

GPL_IN_TESTS = ("For tests and checks", "pm4py")
"""The one exception: the tool that event logs are exported for reads them in tests. docs/dependencies.md says why."""


@pytest.mark.parametrize("heading", ["At run time", "For tests and checks"])
def test_every_dependency(heading: str) -> None:
    """docs/dependencies.md has a line for every requirement, with a licence and a reason."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"At run time": project["project"]["dependencies"], "For tests and checks": project["dependency-groups"]}
    wanted = (
        groups[heading] if heading == "At run time" else [one for group in groups[heading].values() for one in group]
    )
    rows = rows_of(sections("dependencies.md")[heading])
    compare(f"docs/dependencies.md, {heading},", set(rows), {re.split(r"[\[<>=;~! ]", one)[0] for one in wanted})
    for name, (_name, licence, reason) in rows.items():
        assert licence, name
        assert reason, name
        assert not re.search(r"\bA?GPL", licence) or (heading, name) == GPL_IN_TESTS, f"{name} is {licence}"


def test_every_locked_requirement_is_named() -> None:
    """What the requirements bring along is named too, at run time and in tests."""
    for heading, file in (("At run time", "run.txt"), ("For tests and checks", "test.txt")):
        pins = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / file).read_text(), re.MULTILINE)
        page = sections("dependencies.md")
        named = {name.lower() for part in {"At run time", heading} for name in CODE.findall("\n".join(page[part]))}
        assert [name for name in pins if name not in named] == [], heading


# --- pages as such ------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as repository hosts make them."""
    found = set()
    for line in without_blocks(page.read_text(encoding="utf-8")).splitlines():
        if heading := HEADING.match(line):
            found.add(re.sub(r"[^\w\- ]", "", heading[2].lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    """Every link within the repository leads to a file, and to a heading of it where it names one."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _sign, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == [], f"{page.relative_to(ROOT)}: links that lead nowhere"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_names_no_place_of_a_machine(page: Path) -> None:
    """No absolute path and no address of a machine."""
    text = page.read_text(encoding="utf-8")
    assert MACHINE_PATH.findall(text) == []
    assert re.findall(r"https?://(?:localhost|\d+\.\d+\.\d+\.\d+)\S*", text) == []


def test_every_page_can_be_found() -> None:
    """Every page is linked from the README or from the architecture."""
    linked = set()
    for start in (ROOT / "README.md", DOCS / "architecture.md"):
        for link in re.findall(r"\]\(([^)#\s]+)", start.read_text(encoding="utf-8")):
            linked.add((start.parent / link).resolve())
    assert [
        page.relative_to(ROOT).as_posix() for page in PAGES if page not in linked and page.name != "README.md"
    ] == []


def test_readme_names_the_two_commands() -> None:
    """They are the first thing somebody needs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 run.py demo" in text
    assert "python3 run.py test" in text
    assert "synthetic" in text


def test_every_decision_has_its_three_parts() -> None:
    """Context, decision, consequence; the number of the file is that of its title."""
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} "), page.name
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequence"], page.name


def test_pages_name_the_present_catalogue() -> None:
    """Outputs shown were made with the definitions there are now."""
    pattern = rf"\b(?:{'|'.join(CATALOGUES)}):[0-9a-f]{{16}}"
    shown = {version for page in PAGES for version in re.findall(pattern, page.read_text("utf-8"))}
    versions = {catalogue.version for catalogue in CATALOGUES.values()}
    assert CORE.version in shown
    assert shown <= versions, f"the catalogues are now {sorted(versions)}: run the commands again"
