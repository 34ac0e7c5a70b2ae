"""The text a bundle opens with: what it is, and how to check it."""

from collections.abc import Iterator

from domain.texts import Text, _


def guide(language: str, programme: str | None, key: str) -> bytes:
    """LIESMICH.txt or README.txt, in `de` or `en`; `programme` None: the bundle is of the whole ledger."""
    return ("\n\n".join(text.in_language(language) for text in _paragraphs(programme, key)) + "\n").encode()


def _paragraphs(programme: str | None, key: str) -> Iterator[Text]:
    yield _("Prüfbündel")
    yield _(
        "Dieses Bündel belegt veröffentlichte Bilanzen: jede Zahl mit den einzelnen Einträgen, die sie zählt. Es lässt "
        "sich ohne Verbindung zum Haus und ohne dessen Programme prüfen."
    )
    if programme is None:
        yield _("Es enthält alle Einträge des Journals.")
    else:
        yield _(
            "Es enthält die Einträge des Programms {key}; von anderen Programmen und von Konten nur die Prüfsummen.",
            key=programme,
        )
    yield _(
        "Prüfen: Nötig sind Python ab 3.9, das Programm openssl ab 3.0 und die eine Datei check_bundle.py. Nehmen Sie "
        "check_bundle.py und den Schlüssel nicht aus der Hand, aus der dieses Bündel kommt: beides soll aus eigener "
        "Quelle sein. Dann:"
    )
    yield Text("    python3 check_bundle.py FILE.zip --key KEY --previous CHECKPOINT")
    yield _(
        "KEY ist eine Zeile, die das Haus Ihnen zu Beginn gegeben hat (das Bündel nennt {key}), CHECKPOINT ein "
        "Prüfpunkt, den Sie früher bekommen und selbst verwahrt haben; auch die drei Zeilen von einem Bericht genügen. "
        "Heben Sie aus diesem Bündel die Datei checkpoint auf: sie ist der Prüfpunkt für das nächste Mal.",
        key=key,
    )
    yield Text("    python3 check_bundle.py FILE.zip --who placed_svp,gender=female")
    yield _("nennt die Personen hinter einer Zahl, unter ihren Zufallsnummern, mit Wegen und Einträgen.")
    yield _(
        "Die Dateien: checkpoint (unterschriebener Prüfpunkt), log.vkey (Schlüssel), previous.checkpoint und "
        "consistency (früherer Prüfpunkt und Nachweis des Wachsens), rotation-N.checkpoint (Schlüsselwechsel), "
        "events.ndjson (die Einträge), figures.json (jede Zelle jeder Ausgabe mit den Nummern ihrer Einträge), "
        "catalogue.json (die Definitionen), code.sha256 (Prüfsummen des Programmtextes), proofs (Nachweise einzelner "
        "Einträge), manifest (unterschriebene Prüfsummen aller Dateien)."
    )
    yield _(
        "Namen und andere personenbezogene Angaben sind verschlüsselt und hier nicht lesbar. Merkmale, Tage und Wege "
        "Einzelner sind es: das Bündel gehört nur in die Hand der Prüfung (§ 67c Abs. 4 SGB X)."
    )
    yield _(
        "Ein Bündel zeigt nicht, ob wahr ist, was eingegeben wurde, und nichts aus der Zeit vor dem ersten Prüfpunkt, "
        "der das Haus verlassen hat."
    )
