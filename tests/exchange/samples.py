"""Import files of every format with the same content, every step and field in it at least once."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from odfdo import Document, Table

PERSONAL = {
    "name": "Beispielperson Größenöl",
    "birth_date": date(1990, 4, 17),
    "customer_number": "123D456789",
    "contact": "erika@beispiel.example, 0170 555 1234",
    "note": "Sohn krank, Betreuung fällt aus",
    "employer": "Gärtnerei Grünzeug & Söhne",
}
"""A value nobody may find outside the vault, for every sealed field of a step but the override's reason."""
OWN_KEY = "KUNDE-4711-Geheimwort"

Values = dict[str, Any]

ENROLLED: Values = {
    "participant": OWN_KEY,
    "step": "enrolled",
    "on": date(2017, 1, 2),
    "gender": "female",
    "age": 26,
    "migration_background": True,
    "single_parent": True,
    "municipality": "Rüsselsheim",
    "benefit_months": 24,
    "education": "isced_0_2",
    "name": PERSONAL["name"],
    "birth_date": PERSONAL["birth_date"],
    "customer_number": PERSONAL["customer_number"],
    "contact": PERSONAL["contact"],
}

STEPS: list[Values] = [
    {"step": "coach_assigned", "on": date(2017, 1, 3), "coach": "C1"},
    {
        "step": "coaching_session_held",
        "on": date(2017, 1, 10),
        "minutes": 45,
        "channel": "phone",
        "topics": "childcare, application",
        "note": PERSONAL["note"],
    },
    {"step": "appointment_missed", "on": date(2017, 1, 17), "excused": False},
    {"step": "qualification_started", "on": date(2017, 2, 1), "ref": "q1", "kind": "fbw", "provider": "Bildungswerk"},
    {"step": "qualification_completed", "on": date(2017, 3, 31), "ref": "q1", "certificate": True},
    {"step": "qualification_started", "on": date(2017, 4, 1), "ref": "q2", "kind": "sprachkurs"},
    {"step": "qualification_abandoned", "on": date(2017, 4, 20), "ref": "q2", "reason": "job_found"},
    {
        "step": "placement_started",
        "on": date(2017, 5, 1),
        "ref": "p1",
        "kind": "svp",
        "scheme": "egz",
        "sector": "Gartenbau",
        "weekly_hours": 30.5,
        "monthly_pay": Decimal("1450.75"),
        "fixed_term": True,
        "employer": PERSONAL["employer"],
    },
    {
        "step": "funding_granted",
        "on": date(2017, 5, 1),
        "ref": "f1",
        "kind": "egz",
        "placement": "p1",
        "until": date(2017, 10, 31),
        "amount": Decimal("2400.50"),
        "wage_share_percent": 40,
    },
    {"step": "circumstances_changed", "on": date(2017, 6, 1), "single_parent": False, "municipality": "Raunheim"},
    {"step": "funding_ended", "on": date(2017, 9, 1), "ref": "f1", "reason": "placement_ended"},
    {"step": "placement_ended", "on": date(2017, 9, 1), "ref": "p1", "reason": "other_job"},
    {"step": "exited", "on": date(2017, 12, 1), "reason": "svp"},
    {"step": "whereabouts_recorded", "on": date(2018, 3, 1), "status": "svp", "source": "participant"},
]

ROWS: list[Values] = [
    {"id": f"zeile-{number}", "participant": OWN_KEY, **step} for number, step in enumerate([ENROLLED, *STEPS], 1)
]
"""One journey with every step there is."""


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else float(value) if isinstance(value, Decimal) else value


def german(value: Any) -> str:
    """A value as a German writes it into a table."""
    match value:
        case bool():
            return "ja" if value else "nein"
        case date():
            return value.strftime("%d.%m.%Y")
        case Decimal() | float():
            whole, _point, places = f"{value:,.2f}".partition(".")
            return f"{whole.replace(',', '.')},{places}"
        case _:
            return str(value)


def write(path: Path, rows: Sequence[Mapping[str, Any]], separator: str = ";", encoding: str = "utf-8") -> Path:
    """Write rows in the format of the file's name."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix in (".jsonl", ".ndjson"):
        lines = [json.dumps({name: plain(value) for name, value in row.items()}, ensure_ascii=False) for row in rows]
        path.write_text("".join(line + "\n" for line in lines), encoding)
    elif path.suffix in (".csv", ".tsv"):
        text = io.StringIO(newline="")
        table = csv.writer(text, delimiter=separator)
        table.writerow(names)
        table.writerows([german(row[name]) if name in row else "" for name in names] for row in rows)
        path.write_text(text.getvalue(), encoding, newline="")
    elif path.suffix == ".xlsx":
        _write_xlsx(path, names, rows)
    else:
        _write_ods(path, names, rows)
    return path


def _write_xlsx(path: Path, names: list[str], rows: Sequence[Mapping[str, Any]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_row(0, 0, names)
        for line, row in enumerate(rows, 1):
            for column, name in enumerate(names):
                value = row.get(name)
                if isinstance(value, date):
                    sheet.write_datetime(line, column, value, day)  # type: ignore[arg-type]
                elif value is not None:
                    sheet.write(line, column, value)


def _write_ods(path: Path, names: list[str], rows: Sequence[Mapping[str, Any]]) -> None:
    document = Document("spreadsheet")
    document.body.clear()
    table = Table("Wege")
    table.set_values([names, *([row.get(name) for name in names] for row in rows)])
    document.body.append(table)
    document.save(str(path))
