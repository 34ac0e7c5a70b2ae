"""What a change of an entry would move, shown before it is stored."""

import re

import pytest
from small_house import SmallHouse

from domain.texts import LANGUAGES

CHANGES = {"de": ("33,3 %", "ändert sich"), "en": ("33.3 %", "changes")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_preview_shows_values_and_changes_in_their_units(quick_house: SmallHouse, language: str) -> None:
    """Today's balance and the draft, each with the value it has and a signed change; a rate whose change is not known
    only changes, and no cell of a breakdown is among them."""
    client, said = quick_house.client("coach"), {"Accept-Language": language}
    page = f"/teilnehmende/{quick_house.own}/eintrag/4/stornieren"
    fields = dict(re.findall(r'name="(csrf_token|request_id|expected_version)" value="([^"]+)"', client.get(page).text))
    shown = client.post(page, data={**fields, "why": "kam nie zustande", "preview": "yes"}, headers=said)
    assert shown.status_code == 200
    tables = re.findall(r'<table[^>]*id="moved-\d+".*?</table>', shown.text, re.S)
    assert len(tables) == 2
    for table in tables:
        cells = [tuple(re.findall(r"<td[^>]*>([^<]*)</td>", row)) for row in table.split("<tr>")[2:]]
        assert {("1", "−1"), CHANGES[language]} <= set(cells)
        assert {len(row) for row in cells} == {2}
        assert len(cells) == len(set(re.findall(r'<th scope="row">([^<]+)</th>', table)))
