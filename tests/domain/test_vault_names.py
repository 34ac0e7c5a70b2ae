"""Persons are found by the beginnings of the words of their name, and the name lies nowhere in the clear."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from vaults import close_vault, new_vault

from domain.errors import Conflict
from domain.vault import FileKey, Vault
from domain.vault.names import beginnings_of, sought_in, words_of


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = new_vault(tmp_path, FileKey(tmp_path / "kek"))
    yield vault
    close_vault(vault)


def named(vault: Vault, name: str, participant: UUID | None = None) -> UUID:
    """A person whose name was stored by a command."""
    with vault.transaction():
        participant = participant or vault.register()
        vault.set_name(participant, name)
        vault.flush()
        vault.keep()
    return participant


def rows(vault: Vault) -> int:
    return int(vault._store.connection.execute("SELECT count(*) FROM names").fetchone()[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Äpfel-ÖLIG  Übergroß", ["aepfel", "oelig", "uebergross"]),
        ("A\u0308pfel GROẞ", ["aepfel", "gross"]),  # written as two characters, and the capital
        ("Yıldız İnci Łódź Đorđe Ñandú", ["yildiz", "inci", "lodz", "dorde", "nandu"]),
        ("d'Été_3 (Dr.)", ["d", "ete", "3", "dr"]),
        ("Ωμέγα Жанна", ["ωμεγα", "жанна"]),
        (" \t!", []),
        ("eins eins EINS", ["eins"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Whatever people leave out or spell out when they type, a name and a search come to the same words."""
    assert words_of(text) == words


def test_beginnings() -> None:
    """Two to twelve characters of every word of a name; a search asks for the longest it can, a single letter never."""
    assert beginnings_of("Abc X de") == {"ab", "abc", "de"}
    assert beginnings_of("abcdefghijklmnop") == {"abcdefghijklmnop"[:length] for length in range(2, 13)}
    assert sought_in("de abcdefghijklmnop x") == ["abcdefghijkl", "de"]
    assert len(words_of(" ".join(f"wort{number}" for number in range(1000)))) == 20


def test_person_is_found_by_beginnings_of_all_words(vault: Vault, tmp_path: Path) -> None:
    """Every word of the search begins a word of the name, in any order; here and in another process."""
    one, two = named(vault, "Beispielperson Müller-Eins"), named(vault, "Beispielperson Muellert Zwei")
    other = new_vault(tmp_path, FileKey(tmp_path / "kek"))
    for asked in (vault, other):
        assert set(asked.find_by_name("beispiel MÜL")) == {one, two}
        assert asked.find_by_name("eins, Mueller Beispielperson") == [one]
        assert asked.find_by_name("muellert") == [two]
        for nobody in ("Eins Zwei", "iel", "Beispielpersonen Drei", "m", "", "%", "muller"):
            assert asked.find_by_name(nobody) == [], nobody
        assert len(asked.find_by_name("be", limit=1)) == 1
    close_vault(other)


def test_corrected_name_replaces_the_old(vault: Vault) -> None:
    """Once a corrected name is stored the old one finds nobody; what both have in common still does."""
    person = named(vault, "Beispielperson Altwort")
    named(vault, "Beispielperson Neuwort", person)
    assert vault.find_by_name("altwort") == vault.find_by_name("al") == []
    assert vault.find_by_name("beispielperson neuwort") == [person]
    before = rows(vault)
    named(vault, "Neuwort Beispielperson", person)
    assert rows(vault) == before == len(beginnings_of("Beispielperson Neuwort"))


def test_name_of_a_command_that_comes_to_nothing_is_taken_back(vault: Vault) -> None:
    """Refused before or after the vault was flushed, the old name stays and a new person has none."""
    person = named(vault, "Beispielperson Altwort")
    before = rows(vault)
    for flushed in (False, True):
        with vault.transaction():
            vault.set_name(person, "Beispielperson Neuwort")
            vault.set_name(vault.register(), "Beispielperson Drittwort")
            if flushed:
                vault.flush()
                assert len(vault.find_by_name("beispielperson")) == 2
        assert vault.find_by_name("beispielperson altwort") == [person]
        assert vault.find_by_name("neuwort") == vault.find_by_name("drittwort") == []
        assert (rows(vault), vault.count()) == (before, 1)


def test_person_dropped_from_a_batch_has_no_name(vault: Vault) -> None:
    """Of persons nothing is stored about, nothing is kept."""
    with vault.transaction():
        kept, dropped = vault.register(), vault.register()
        for person, name in ((kept, "Beispielperson Bleibt"), (dropped, "Beispielperson Geht")):
            vault.set_name(person, name)
        vault.keep_only({kept})
        vault.flush()
        vault.keep()
    assert vault.find_by_name("beispielperson") == [kept]


def test_erased_person_is_found_by_no_name(vault: Vault) -> None:
    """Erasure takes the rows, also where only they are left; whom another process erased gets no name any more."""
    gone, stays = named(vault, "Beispielperson Geht"), named(vault, "Beispielperson Bleibt")
    assert vault.erase([gone]) == 2
    assert vault.find_by_name("beispielperson") == [stays]
    assert rows(vault) == len(beginnings_of("Beispielperson Bleibt"))
    vault._store.connection.execute("PRAGMA foreign_keys = OFF")
    vault._store.connection.execute("INSERT INTO names VALUES (x'00', ?)", [str(gone)])
    assert vault.has_key(gone)
    assert vault.erase([gone]) == 3
    assert not vault.has_key(gone)
    vault._store.connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(Conflict) as refusal:
        named(vault, "Beispielperson Geht", gone)
    assert refusal.value.code == "vault_conflict"


def test_file_of_an_earlier_version_gets_the_table_when_it_is_opened(vault: Vault, tmp_path: Path) -> None:
    """The epoch, which the file's version number counts, stays what it was."""
    person, epoch = named(vault, "Beispielperson Eins"), vault.rotate()
    vault._store.connection.execute("DROP TABLE names")
    again = new_vault(tmp_path, FileKey(tmp_path / "kek"))
    assert (again.epoch, again.count(), again.find_by_name("beispielperson")) == (epoch, 1, [])
    named(again, "Beispielperson Eins", person)
    assert again.find_by_name("beispielperson") == [person]
    close_vault(again)


def test_names_of_two_vaults_cannot_be_compared(vault: Vault, tmp_path: Path) -> None:
    """The rows are keyed hashes under the vault's own index key."""
    (tmp_path / "other").mkdir()
    other = new_vault(tmp_path / "other")
    digests = []
    for one in (vault, other):
        named(one, "Beispielperson")
        digests.append({row[0] for row in one._store.connection.execute("SELECT digest FROM names")})
    assert len(digests[0]) == len(digests[1]) == 11
    assert not digests[0] & digests[1]
    close_vault(other)
