"""What every command shares: settings, texts in the user's language, progress, and how it ends."""

import csv
import io
import json
import os
import secrets
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.errors import NotReady, Refused
from domain.journal import BERLIN
from domain.terms import Key
from domain.texts import Text, _
from projections.catalogue import CATALOGUES
from projections.catch_up import catch_up, require_todays_tables
from projections.exchange.files import neutralised
from projections.exchange.values import converted
from projections.settings import Settings
from projections.stores import Stores, open_stores

_NARROWEST = 24


class Office:
    """One run of the command: its settings, its clock, and where it writes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.command = _called_as() + (f" --data {settings.data}" if settings.data else "")
        self._width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        self._error = Console(stderr=True)

    @property
    def now(self) -> datetime:
        """The present moment; the only clock of the command line."""
        return datetime.now(UTC)

    def words(self, text: Text) -> str:
        """A text in the user's language."""
        return text.in_language(self.settings.language)

    def say(self, text: Text) -> None:
        """Print a text to standard output."""
        self.line(self.words(text))

    def line(self, words: str) -> None:
        """Print a line as it is."""
        click.echo(words)

    def warn(self, text: Text) -> None:
        """Print a text to standard error."""
        click.echo(self.words(text), err=True)

    def local(self, moment: datetime) -> str:
        """A moment in German time, as the user's language writes it."""
        form = "%d.%m.%Y %H:%M" if self.settings.language == "de" else "%Y-%m-%d %H:%M"
        return moment.astimezone(BERLIN).strftime(form)

    @contextmanager
    def stores(self, *, current: bool = True) -> Iterator[Stores]:
        """The open stores; `current` brings the read model up to the ledger first. What a command added is sealed."""
        with open_stores(self.settings) as stores:
            if current:
                self.catch_up(stores)
            before = stores.journal.head()
            yield stores
            if stores.journal.head() > before and stores.signers:
                self.seal(stores)

    def seal(self, stores: Stores) -> None:
        """Seal what was added. What cannot be sealed is stored all the same, and said."""
        try:
            stores.seal(self.now)
        except NotReady as refused:
            self.warn(refused.text)

    def catch_up(self, stores: Stores) -> None:
        """Project what is new, with a bar where it takes a while. Refused (`NotReady`): tables of another version."""
        require_todays_tables(stores.read_model)
        behind = stores.journal.head() - stores.read_model.tracked()
        if behind <= 0:
            return
        start = stores.read_model.tracked()
        with self.progress(_("Lesemodell wird nachgeführt"), behind) as advance:
            catch_up(stores.journal, stores.read_model, progress=lambda position: advance(position - start))

    @contextmanager
    def progress(self, title: Text, total: int) -> Iterator[Callable[[int], None]]:
        """A progress bar on standard error; the function it gives takes how much is done."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._error, transient=True, disable=not self._error.is_terminal) as bar:
            task = bar.add_task(self.words(title), total=total)
            yield lambda done: bar.update(task, completed=done)

    def table(
        self, columns: Sequence[Text], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), wraps: int = 0
    ) -> None:
        """Print a table. The columns in `numbers` are set to the right; on a narrow terminal only the column
        `wraps` is broken into lines, so that ids and codes can be copied."""
        head = [self.words(column) for column in columns]
        cells = [[cell.split("\n") for cell in row] for row in rows]
        widths = [
            max(len(line) for line in [name, *(line for row in cells for line in row[place])])
            for place, name in enumerate(head)
        ]
        if self._width:
            others = sum(widths) - widths[wraps] + 2 * (len(widths) - 1)
            widths[wraps] = min(widths[wraps], max(_NARROWEST, self._width - others))
        for row in [[[name] for name in head], *cells]:
            row[wraps] = [part for line in row[wraps] for part in textwrap.wrap(line, widths[wraps]) or [""]]
            for lines in zip_longest(*row, fillvalue=""):
                aligned = [
                    line.rjust(width) if place in numbers else line.ljust(width)
                    for place, (line, width) in enumerate(zip(lines, widths, strict=True))
                ]
                self.line("  ".join(aligned).rstrip())


office = click.make_pass_decorator(Office)


def _called_as() -> str:
    """The command as the user can type it again."""
    called = Path(sys.argv[0])
    if called.name != "werdegang" or shutil.which("werdegang"):
        return "werdegang"
    return os.path.relpath(called)


class Checked(click.ParamType[Any]):
    """A value checked by the same rules as a field of the import file."""

    def __init__(self, name: str, wanted: Any) -> None:
        self.name, self._wanted = name, wanted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value in its type. A wrong one is wrong usage."""
        try:
            return converted(self.name, value, self._wanted)
        except Refused as refused:
            office = ctx.find_object(Office) if ctx else None
            self.fail(office.words(refused.text) if office else str(refused.text), param, ctx)


class Datenstand(Checked):
    """A ledger position, or a day: what was known at its end."""

    def __init__(self) -> None:
        super().__init__("Position|Datum", date)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | date:
        """A number is a position."""
        if str(value).isdigit():
            return int(value)
        day = super().convert(value, param, ctx)
        assert isinstance(day, date)
        return day


def option(*names: str, help: Text, **rest: Any) -> Callable[..., Any]:
    """An option with its help in German; the command line puts it into the user's language."""
    return click.option(*names, help=help.german, **rest)


def format_option(*formats: str) -> Callable[..., Any]:
    """`--format`, the first being the default."""
    return click.option("--format", "form", type=click.Choice(formats), default=formats[0], show_default=True)


programme_option = option("--programme", "key", metavar="KEY", required=True, help=_("Schlüssel des Programms."))
stichtag_option = option(
    "--stichtag", type=Checked("Datum", date), required=True, help=_("Was bis zum Ende dieses Tages geschehen war.")
)
catalogue_option = option(
    "--catalogue",
    type=click.Choice(list(CATALOGUES)),
    default="core",
    show_default=True,
    help=_("Katalog der Kennzahlen."),
)
public_option = option("--public", is_flag=True, help=_("Öffentliche Fassung: kleine Anzahlen sind verborgen."))
evidence_option = option(
    "--evidence",
    metavar="CODE",
    multiple=True,
    help=_("In XLSX auch die Zeilen hinter dieser Kennzahl, unter Pseudonymen; mehrmals möglich."),
)
datenstand_option = option("--datenstand", type=Datenstand(), help=_("Was damals bekannt war: Position oder Tag."))
account_option = option(
    "--as",
    "account",
    type=Checked("Kürzel", Key),
    default="cli",
    show_default=True,
    help=_("Wer handelt (ein Kürzel)."),
)


output_option = option(
    "--output", metavar="DATEI", type=click.Path(path_type=Path), help=_("In eine Datei statt auf die Ausgabe.")
)
FILES = ("pdf", "xlsx")
"""The formats that are files rather than lines."""


def write_whole(output: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all: beside its place first. What is no file (a pipe) is written as it comes.

    Refused: a place where no file can be written.
    """
    try:
        if output.exists() and not output.is_file():
            with output.open("wb") as file:
                file.writelines(pieces)
            return
        place = output.resolve()
        beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
        try:
            with beside.open("xb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        text = _(
            "In die Datei {path} lässt sich nicht schreiben: {reason}", path=output, reason=error.strerror or error
        )
        raise Refused("unwritable_file", text, field="output") from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless it is there. Refused: a place where there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = _("Der Ordner {path} lässt sich nicht anlegen: {reason}", path=folder, reason=error.strerror or error)
        raise Refused("unwritable_file", text, field="folder") from None


def write_file(office: Office, content: bytes, output: Path | None) -> None:
    """Write a file where the user wants it, or to standard output if that leads elsewhere than to a screen."""
    if output is not None:
        write_whole(output, [content])
        office.warn(_("Geschrieben: {path}", path=output))
    elif sys.stdout.isatty():
        raise Refused("needs_output", _("Dieses Format braucht --output DATEI oder eine Umleitung."), field="output")
    else:
        sys.stdout.buffer.write(content)


@contextmanager
def printed(office: Office, form: str, output: Path | None) -> Iterator[None]:
    """What is printed within goes to the file `output`, if there is one, whole or not at all; CSV with a byte order
    mark, for spreadsheets."""
    if output is None:
        yield
        return
    with redirect_stdout(io.StringIO()) as lines:
        yield
    write_file(office, lines.getvalue().encode("utf-8-sig" if form == "csv" else "utf-8"), output)


def print_json(value: object) -> None:
    """Print a value as JSON, readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_csv(header: Sequence[str], rows: Iterable[Sequence[object]], out: TextIO | None = None) -> None:
    """Print a table as CSV: semicolons, formulas neutralised; to a file with a byte order mark, for spreadsheets."""
    writer = csv.writer(out or sys.stdout, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([neutralised(cell) for cell in row] for row in rows)
