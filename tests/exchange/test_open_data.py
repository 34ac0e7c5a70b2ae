"""Open data: the public version of an edition as CSV, and its description as DCAT-AP.de in JSON-LD."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import click
import pytest
from entering import Programme, enrolled, job
from steps import assigned, session

from domain import commands
from domain.errors import Refused
from domain.journal import Request
from domain.terms import Gender
from projections.catalogue import CORE
from projections.catch_up import catch_up
from projections.disclosure.publishing import as_published, hidden_cells
from projections.editions import Edition, edition
from projections.exchange.files import neutralised
from projections.exchange.open_data import LICENCES, Publication, open_data
from projections.programmes import particulars
from projections.settings import Settings
from projections.stores import Stores
from scripts.balance import as_json
from scripts.console import Office
from scripts.publish import publish

PUBLICATION = Publication("Kreis Musterland", "https://daten.example.org/lzb/", "dl-de/by-2-0")
ASKED = ("--publisher", PUBLICATION.publisher, "--base-url", "https://daten.example.org/lzb")
TOWNS = ('Bad "Neu", am Berg', "Rüsselsheim", "Raunheim")
STICHTAG = "2017-06-30"
RELEASED_AT = datetime(2030, 6, 1, 10, tzinfo=UTC)
COLUMNS = ["programme", "edition", "stichtag", "figure", "trait", "group", "value", "hidden"]
TITLES = [f"{name}_title_{language}" for name in ("figure", "trait", "group") for language in ("de", "en")]
IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


class Public(NamedTuple):
    """A released edition, what is not shown of it, and its files."""

    programme: Programme
    edition: Edition
    table: bytes
    described: bytes

    @property
    def rows(self) -> list[dict[str, str]]:
        """The lines of the CSV file."""
        return list(csv.DictReader(io.StringIO(self.table.decode(), newline=""), strict=True))

    @property
    def dataset(self) -> dict[str, Any]:
        """The description, expanded."""
        document = json.loads(self.described)
        found = expanded(document, document["@context"])
        assert isinstance(found, dict)
        return found


def some_people(programme: Programme) -> None:
    """Thirty persons, two of them of the rarest town, some with a job, some coached."""
    for number in range(30):
        traits = {
            "municipality": TOWNS[0] if number < 2 else TOWNS[1 + number % 2],
            "gender": Gender.FEMALE if number % 3 else Gender.MALE,
            "single_parent": number % 4 == 0,
        }
        steps = [assigned(1, f"C{number % 2}"), session(2)] if number % 2 else []
        programme.given(enrolled("2016-03-01", **traits), *steps, *([job("2017-02-01")] if number % 5 < 3 else []))


@pytest.fixture(scope="module")
def public(shared_stores: Stores) -> Public:
    """An edition with its public version, released on the first of June 2030."""
    programme = Programme(shared_stores, title='Perspektiven "eröffnen", Teil 2')
    some_people(programme)
    name = programme.approve(programme.draft(STICHTAG)).name
    journal, model = shared_stores.journal, shared_stores.read_model
    request = Request(id=uuid4(), by="publisher-7", now=RELEASED_AT)
    journal.act(
        lambda streams: commands.release_balance(
            streams, programme.key, 1, lambda balances, number: hidden_cells(journal, model, balances, number)
        ),
        request,
    )
    catch_up(journal, model)
    found = edition(journal, name)
    return Public(programme, found, *files(programme, found).values())


def files(programme: Programme, found: Edition, publication: Publication = PUBLICATION) -> dict[str, bytes]:
    known = particulars(programme.stores.read_model, programme.key, found.balance.datenstand)
    return open_data(found, CORE, known, publication)


def write(settings: Settings, *arguments: object, language: str = "de") -> None:
    """Call the command in this process; a refusal comes as it is."""
    office = Office(Settings(data=settings.data, database_url=settings.database_url, language=language))
    publish.main(["opendata", *map(str, arguments)], prog_name="publish", obj=office, standalone_mode=False)


# --- the table ----------------------------------------------------------------------------------------


def cells_in(told: dict[str, Any]) -> Iterator[tuple[tuple[str, str, str], object, bool]]:
    """Every cell of the public JSON with its number, and whether it is hidden."""
    for code, figure in told["figures"].items():
        yield (code, "", ""), figure["value"], figure.get("hidden", False)
        for trait, values in figure["by"].items():
            hidden = figure.get("hidden_by", {}).get(trait, [])
            for value, number in values.items():
                yield (code, trait, value), number, value in hidden


def test_every_cell_is_that_of_the_public_json(public: Public) -> None:
    """One line per cell, in its order: the same number exactly, none where it is hidden or has no denominator."""
    told = as_json(as_published(public.edition.balance, CORE), {}, public.edition.hidden_cells)
    found = [((row["figure"], row["trait"], row["group"]), row["value"], row["hidden"]) for row in public.rows]
    expected = [
        (cell, "" if number is None else str(number), "true" if hidden else "false")
        for cell, number, hidden in cells_in(told)
    ]
    assert found == expected
    hidden = [cell for cell, _value, is_hidden in found if is_hidden == "true"]
    assert set(hidden) == public.edition.hidden_cells
    assert ("participants_enrolled", "municipality", TOWNS[0]) in hidden
    assert [value for _cell, value, is_hidden in found if is_hidden == "true" and value] == []
    assert "0" in [value for _cell, value, _hidden in found], "zero is shown"


def test_no_person_count_of_one_or_two_is_in_the_table(public: Public) -> None:
    """What is shown as a number of persons is 0 or at least 3."""
    persons = {figure.code for figure in CORE.figures if figure.unit == "persons" and figure.part.measure == "count"}
    assert "placed_svp" in persons
    assert {row["value"] for row in public.rows if row["figure"] in persons} & {"1", "2"} == set()


def test_table_is_csv_of_rfc_4180(public: Public) -> None:
    """UTF-8 without a byte order mark, a header line, commas, CRLF at every line's end, quotes doubled."""
    text = public.table.decode()
    assert not text.startswith("\ufeff")
    lines = text.split("\r\n")
    assert lines[0] == ",".join(COLUMNS + TITLES)
    assert lines[-1] == ""
    assert "\n" not in text.replace("\r\n", "")
    assert '"Bad ""Neu"", am Berg"' in text
    assert {len(line) for line in csv.reader(lines[:-1], strict=True)} == {len(COLUMNS + TITLES)}


def test_lines_say_what_they_are_about(public: Public) -> None:
    """Programme, edition, Stichtag, and the titles of figure, trait and group in both languages."""
    assert {(row["programme"], row["edition"], row["stichtag"]) for row in public.rows} == {
        (public.programme.key, "1", STICHTAG)
    }
    rows = {(row["figure"], row["trait"], row["group"]): row for row in public.rows}
    titles = [rows["placed_svp", "gender", "female"][name] for name in TITLES]
    assert titles == [
        *(
            "Vermittelt in sozialversicherungspflichtige Beschäftigung",
            "Placed in employment subject to social insurance",
        ),
        *("Geschlecht", "Gender", "Frauen", "women"),
    ]
    assert [rows["placed_svp", "", ""][name] for name in TITLES[2:]] == [""] * 4
    assert [row["figure_title_en"] for row in public.rows if row["figure_title_en"] == row["figure_title_de"]] == []


def test_name_that_looks_like_a_formula(shared_stores: Stores) -> None:
    """No spreadsheet runs what stands in a cell."""
    programme = Programme(shared_stores)
    town = "=HYPERLINK(1)"
    for _person in range(3):
        programme.given(enrolled(municipality=town))
    balance = programme.draft(STICHTAG)
    released = Edition(1, balance.balance, balance.digest, balance.drafted, balance.drafted, balance.drafted)
    table = files(programme, released)[f"{programme.key}-1.csv"].decode()
    assert neutralised(town) != town
    assert f",{neutralised(town)}," in table
    assert f",{town}" not in table


# --- the description ----------------------------------------------------------------------------------


def expanded(node: Any, context: dict[str, str]) -> Any:
    """A node with every name as its whole IRI, as a JSON-LD processor has it. A name without a known prefix fails."""

    def iri(name: str) -> str:
        prefix, _colon, rest = name.partition(":")
        return context[prefix] + rest if prefix in context else name

    match node:
        case {"@value": value, **rest}:
            return {"@value": value} | {key: iri(str(word)) if key == "@type" else word for key, word in rest.items()}
        case dict():
            found: dict[str, Any] = {}
            for key, value in node.items():
                if key in ("@id", "@type"):
                    found[key] = iri(value)
                elif key != "@context":
                    assert key.partition(":")[0] in context, f"{key} is in no vocabulary"
                    many = value if isinstance(value, list) else [value]
                    found[iri(key)] = [expanded(one, context) for one in many]
            return found
        case str() | int():
            return {"@value": node}
    raise AssertionError(node)


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """A node and those below it."""
    yield node
    for values in node.values():
        if isinstance(values, list):
            for one in values:
                yield from nodes(one)


DCAT, DCT = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
FOAF, SPDX = "http://xmlns.com/foaf/0.1/", "http://spdx.org/rdf/terms#"
XSD = "http://www.w3.org/2001/XMLSchema#"


def only(node: dict[str, Any], name: str) -> dict[str, Any]:
    """The one value of a property."""
    (value,) = node[name]
    assert isinstance(value, dict)
    return value


def test_description_says_what_dcat_ap_de_demands(public: Public) -> None:
    """Title, description and publisher of the dataset, its theme, and of the distribution address, licence, format."""
    dataset = public.dataset
    assert dataset["@type"] == DCAT + "Dataset"
    for name in ("title", "description"):
        texts = {one["@language"]: one["@value"] for one in dataset[DCT + name]}
        assert set(texts) == {"de", "en"}
        assert texts["de"] != texts["en"]
        assert all(texts.values())
    publisher = only(dataset, DCT + "publisher")
    assert publisher["@type"] == FOAF + "Organization"
    assert only(publisher, FOAF + "name")["@value"] == PUBLICATION.publisher
    authority = "http://publications.europa.eu/resource/authority/"
    assert only(dataset, DCAT + "theme")["@id"] == authority + "data-theme/SOCI"
    assert [one["@id"] for one in dataset[DCT + "language"]] == [
        authority + f"language/{name}" for name in ("DEU", "ENG")
    ]
    distribution = only(dataset, DCAT + "distribution")
    assert distribution["@type"] == DCAT + "Distribution"
    address = f"{PUBLICATION.base_url}{public.programme.key}-1.csv"
    assert only(distribution, DCAT + "accessURL")["@id"] == only(distribution, DCAT + "downloadURL")["@id"] == address
    assert only(distribution, DCT + "license")["@id"] == "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
    assert only(distribution, DCT + "format")["@id"] == authority + "file-type/CSV"
    attribution = only(distribution, "http://dcat-ap.de/def/dcatde/licenseAttributionByText")
    assert attribution["@value"] == PUBLICATION.publisher


def test_titles_of_the_dataset(public: Public) -> None:
    """Kind, programme and Stichtag, as each language writes them."""
    titles = [one["@value"] for one in public.dataset[DCT + "title"]]
    assert titles == [
        'Zwischenbilanz Perspektiven "eröffnen", Teil 2 zum 30.06.2017',
        'Interim balance of Perspektiven "eröffnen", Teil 2 as of 2017-06-30',
    ]


def test_every_name_in_the_description_is_an_iri(public: Public) -> None:
    """Identifiers, types and properties are whole IRIs once the context is applied; ids are given once."""
    found = list(nodes(public.dataset))
    ids = [node["@id"] for node in found if "@id" in node and len(node) > 1]
    assert len(ids) == len(set(ids)) == 2
    for node in found:
        for name in [*node, *(node[key] for key in ("@id", "@type") if key in node)]:
            assert name in ("@id", "@type", "@value", "@language") or IRI.fullmatch(name), name


def test_days_and_numbers_are_typed(public: Public) -> None:
    """Issued on the day of the release; the time covered is from the programme's beginning to the Stichtag."""
    dataset = public.dataset
    period = only(dataset, DCT + "temporal")
    assert period["@type"] == DCT + "PeriodOfTime"
    days = {
        "issued": only(dataset, DCT + "issued"),
        "start": only(period, DCAT + "startDate"),
        "end": only(period, DCAT + "endDate"),
    }
    assert {day["@type"] for day in days.values()} == {XSD + "date"}
    assert {name: day["@value"] for name, day in days.items()} == {
        "issued": "2030-06-01",
        "start": "2010-01-01",
        "end": STICHTAG,
    }
    assert all(date.fromisoformat(day["@value"]) for day in days.values())


def test_size_and_checksum_are_those_of_the_table(public: Public) -> None:
    """Who downloads the file can see that it is whole."""
    distribution = only(public.dataset, DCAT + "distribution")
    assert only(distribution, DCAT + "byteSize") == {"@value": len(public.table), "@type": XSD + "decimal"}
    checksum = only(distribution, SPDX + "checksum")
    assert only(checksum, SPDX + "algorithm")["@id"] == SPDX + "checksumAlgorithm_sha256"
    assert only(checksum, SPDX + "checksumValue") == {
        "@value": sha256(public.table).hexdigest(),
        "@type": XSD + "hexBinary",
    }


@pytest.mark.parametrize("licence", LICENCES)
def test_licence_and_address_as_asked_for(public: Public, licence: str) -> None:
    """The identifier of DCAT-AP.de for the licence, and the address the files will have."""
    publication = Publication("Land", "https://example.org/", licence)
    described = json.loads(files(public.programme, public.edition, publication)[f"{public.programme.key}-1.jsonld"])
    assert described["dcat:distribution"]["dct:license"]["@id"] == LICENCES[licence]
    assert described["@id"] == f"https://example.org/{public.programme.key}-1.jsonld#dataset"


# --- both files ---------------------------------------------------------------------------------------


def test_same_files_every_time(public: Public) -> None:
    """Names, bytes and all, also when things have been entered since."""
    again = files(public.programme, public.edition)
    stem = f"{public.programme.key}-1"
    assert again == {f"{stem}.csv": public.table, f"{stem}.jsonld": public.described}


def test_files_give_no_hold_for_guessing_and_name_nobody(public: Public) -> None:
    """Neither the digest of the edition, from which hidden numbers could be confirmed, nor who acted, nor a coach."""
    text = (public.table + public.described).decode()
    for word in (public.edition.digest, public.edition.digest[:16], "drafter", "approver", "publisher-7"):
        assert word not in text
    coaches = [row for row in public.rows if row["trait"] == "coach"]
    assert {row["hidden"] for row in coaches} <= {"true"}


# --- the command --------------------------------------------------------------------------------------


def test_command_writes_both_files(
    public: Public, shared_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Into a folder that it makes, whole, and again over those that are there; it prints their names."""
    folder = tmp_path / "made" / "by it"
    for _time in range(2):
        write(shared_settings, public.edition.name, folder, *ASKED)
        stem = f"{public.programme.key}-1"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            f"{stem}.csv": public.table,
            f"{stem}.jsonld": public.described,
        }
        assert capsys.readouterr().out.splitlines() == [str(folder / f"{stem}.{kind}") for kind in ("csv", "jsonld")]


def test_edition_that_is_not_released_is_refused(
    public: Public, shared_stores: Stores, shared_settings: Settings, tmp_path: Path
) -> None:
    """Drafted and approved is not enough; nothing is written."""
    programme = Programme(shared_stores)
    programme.given(enrolled())
    drafted = programme.draft(STICHTAG)
    for _state in ("drafted", "approved"):
        with pytest.raises(Refused) as refusal:
            write(shared_settings, drafted.name, tmp_path / "none", *ASKED)
        assert refusal.value.code == "not_released"
        for language in ("de", "en"):
            assert f"{programme.key}/1" in refusal.value.in_language(language)
            assert "publish release" in refusal.value.in_language(language)
        programme.approve(drafted)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_is_refused(public: Public, shared_settings: Settings, tmp_path: Path) -> None:
    """Below a file there is no folder: refused with its name, in either language."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "folder"
    with pytest.raises(Refused) as refusal:
        write(shared_settings, public.edition.name, folder, *ASKED)
    assert refusal.value.code == "unwritable_file"
    texts = [refusal.value.in_language(language) for language in ("de", "en")]
    assert [str(folder) in text for text in texts] == [True, True]
    assert texts[0] != texts[1]


def test_file_that_cannot_be_written_is_refused(public: Public, shared_settings: Settings, tmp_path: Path) -> None:
    """Where a folder stands in the way of a file, nothing else is left behind."""
    (tmp_path / f"{public.programme.key}-1.csv").mkdir()
    with pytest.raises(Refused) as refusal:
        write(shared_settings, public.edition.name, tmp_path, *ASKED)
    assert refusal.value.code == "unwritable_file"
    assert [path.name for path in tmp_path.iterdir()] == [f"{public.programme.key}-1.csv"]


@pytest.mark.parametrize(
    ("changed_to", "named"),
    [
        (("--publisher", " "), "--publisher"),
        (("--base-url", "daten.example.org"), "daten.example.org"),
        (("--base-url", "https://daten.example.org/zwei worte"), "zwei worte"),
        (("--base-url", 'https://daten.example.org/">'), ">"),
        (("--licence", "mit"), "mit"),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_description_no_portal_would_take_is_wrong_usage(
    public: Public,
    shared_settings: Settings,
    tmp_path: Path,
    changed_to: tuple[str, str],
    named: str,
    language: str,
) -> None:
    """A publisher without a name, an address that is none, a licence nobody knows: nothing is written."""
    with pytest.raises(click.UsageError) as wrong:
        write(shared_settings, public.edition.name, tmp_path / "none", *ASKED, *changed_to, language=language)
    assert named in wrong.value.format_message()
    assert list(tmp_path.iterdir()) == []
