"""A public edition as open data: a CSV file and its description as DCAT-AP.de in JSON-LD.

DCAT-AP.de 2.0 is the German profile of the metadata that open-data portals exchange; the terms used here are its
mandatory and recommended ones for a dataset with one distribution.
"""

import csv
import io
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from domain.journal import BERLIN
from domain.texts import LANGUAGES, Text, _
from projections.catalogue import Catalogue
from projections.disclosure.publishing import as_published
from projections.editions import Edition, cells_of
from projections.exchange.files import neutralised
from projections.glossary import trait_label, trait_value
from projections.ledger.notes import three_lines
from projections.programmes import Particulars

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_THEME = "http://publications.europa.eu/resource/authority/data-theme/SOCI"
_CSV_TYPE = "http://publications.europa.eu/resource/authority/file-type/CSV"
_LANGUAGE_IDS = {
    "de": "http://publications.europa.eu/resource/authority/language/DEU",
    "en": "http://publications.europa.eu/resource/authority/language/ENG",
}
LICENCES = {
    "dl-de/zero-2-0": "http://dcat-ap.de/def/licenses/dl-zero-de/2.0",
    "dl-de/by-2-0": "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
    "cc-by-4.0": "http://dcat-ap.de/def/licenses/cc-by/4.0",
    "cc-zero": "http://dcat-ap.de/def/licenses/cc-zero",
}
"""Licences by their usual names, with their identifiers in DCAT-AP.de."""


class Publication(NamedTuple):
    """Who publishes, where the files will lie (a URL that ends with a slash), and under which licence."""

    publisher: str
    base_url: str
    licence: str


def open_data(
    edition: Edition, catalogue: Catalogue, programme: Particulars, publication: Publication
) -> dict[str, bytes]:
    """The files by their names: `<name>.csv` and `<name>.jsonld`. The edition has been released."""
    stem = edition.name.replace("/", "-")
    table = _csv(edition, catalogue)
    described = _described(edition, programme, publication, stem, table)
    return {
        f"{stem}.csv": table,
        f"{stem}.jsonld": msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n",
    }


def _csv(edition: Edition, catalogue: Catalogue) -> bytes:
    """One line per cell in long form; a hidden cell has no number and `true` in the column `hidden`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    names = [f"{name}_{language}" for name in ("figure_title", "trait_title", "group_title") for language in LANGUAGES]
    writer.writerow(["programme", "edition", "stichtag", "figure", "trait", "group", "value", "hidden", *names])
    hidden = edition.hidden_cells
    titles = {figure.code: figure.title for figure in catalogue.figures}
    balance = as_published(edition.balance, catalogue)
    for cell, number in cells_of(balance.figures):
        figure, trait, value = cell
        is_hidden = cell in hidden
        told = "" if is_hidden or number is None else number
        texts = (titles[figure], trait_label(trait) if trait else Text(""), trait_value(trait, value))
        labels = [text.in_language(language) for text in texts for language in LANGUAGES]
        row = [balance.programme, edition.number, balance.stichtag.isoformat(), figure, trait, value, told]
        writer.writerow([neutralised(item) for item in (*row, str(is_hidden).lower(), *labels)])
    return out.getvalue().encode()


def _described(
    edition: Edition, programme: Particulars, publication: Publication, stem: str, table: bytes
) -> dict[str, Any]:
    assert edition.released
    balance = edition.balance
    url = publication.base_url + stem
    kind = _("Gesamtbilanz") if balance.kind == "final" else _("Zwischenbilanz")
    title = _("{kind} {title} zum {stichtag}", kind=kind, title=programme.title, stichtag=balance.stichtag)
    licence = {"@id": LICENCES[publication.licence]}
    publisher = {"@type": "foaf:Organization", "foaf:name": publication.publisher}
    issued = edition.released.at.astimezone(BERLIN).date().isoformat()
    return {
        "@context": _CONTEXT,
        "@id": f"{url}.jsonld#dataset",
        "@type": "dcat:Dataset",
        "dct:identifier": edition.name,
        "dct:title": _in_both(title),
        "dct:description": _in_both(_DESCRIPTION),
        "dct:publisher": publisher,
        "dct:issued": {"@value": issued, "@type": "xsd:date"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": programme.starts_on.isoformat(), "@type": "xsd:date"},
            "dcat:endDate": {"@value": balance.stichtag.isoformat(), "@type": "xsd:date"},
        },
        "dct:language": [{"@id": _LANGUAGE_IDS[language]} for language in LANGUAGES],
        "dcat:theme": {"@id": _THEME},
        "dcat:keyword": [{"@value": word, "@language": "de"} for word in ("SGB II", "Jobcenter", "Eingliederung")],
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "dct:description": _in_both(_origin(edition))},
        "dcat:distribution": {
            "@id": f"{url}.jsonld#csv",
            "@type": "dcat:Distribution",
            "dct:title": _in_both(title),
            "dcat:accessURL": {"@id": f"{url}.csv"},
            "dcat:downloadURL": {"@id": f"{url}.csv"},
            "dct:format": {"@id": _CSV_TYPE},
            "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/text/csv"},
            "dct:license": licence,
            "dcatde:licenseAttributionByText": publication.publisher,
            "dcat:byteSize": {"@value": len(table), "@type": "xsd:decimal"},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
                "spdx:checksumValue": {"@value": sha256(table).hexdigest(), "@type": "xsd:hexBinary"},
            },
        },
    }


_DESCRIPTION = _(
    "Kennzahlen eines arbeitsmarktpolitischen Programms, aufgeteilt nach Merkmalen bei Aufnahme. Anzahlen, die für "
    "eine oder zwei Personen stehen, sind verborgen, ebenso weitere, aus denen sie sich errechnen ließen."
)


def _origin(edition: Edition) -> Text:
    """What the numbers were counted from; never the digest of the edition, from which hidden ones could be guessed."""
    balance = edition.balance
    counted = _(
        "Gezählt aus den Einträgen bis Datenstand {datenstand} mit dem Katalog {catalogue}.",
        datenstand=balance.datenstand,
        catalogue=balance.catalogue,
    )
    if balance.checkpoint is None:
        return counted
    lines = " / ".join(three_lines(balance.checkpoint))
    return _("{counted} Prüfpunkt des Journals: {lines}", counted=counted, lines=lines)


def _in_both(text: Text) -> list[dict[str, str]]:
    return [{"@value": text.in_language(language), "@language": language} for language in LANGUAGES]
