"""What every command shares: settings, texts in the user's language, progress, and how it ends."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from domain.errors import Refused
from domain.journal import BERLIN, Journal
from domain.terms import Key
from domain.texts import Text, _
from projections.catch_up import catch_up
from projections.exchange.files import neutralised
from projections.exchange.steps import converted
from projections.settings import Settings
from projections.stores import Stores, open_stores

_PIPED_WIDTH = 120


class Office:
    """One run of the command: its settings, its clock, and where it writes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        terminal = sys.stdout.isatty()
        self.out = Console(width=None if terminal else _PIPED_WIDTH, highlight=False, soft_wrap=not terminal)
        self.error = Console(stderr=True, highlight=False, soft_wrap=True)

    @property
    def now(self) -> datetime:
        """The present moment; the only clock of the command line."""
        return datetime.now(UTC)

    def words(self, text: Text) -> str:
        """A text in the user's language."""
        return text.in_language(self.settings.language)

    def say(self, text: Text) -> None:
        """Print a text to standard output."""
        self.out.print(self.words(text), markup=False)

    def warn(self, text: Text) -> None:
        """Print a text to standard error."""
        self.error.print(self.words(text), markup=False)

    def local(self, moment: datetime) -> str:
        """A moment in German time, as the user's language writes it."""
        form = "%d.%m.%Y %H:%M" if self.settings.language == "de" else "%Y-%m-%d %H:%M"
        return moment.astimezone(BERLIN).strftime(form)

    @contextmanager
    def stores(self, *, current: bool = True) -> Iterator[Stores]:
        """The open stores; `current` brings the read model up to the ledger first."""
        with open_stores(self.settings) as stores:
            if current:
                self.catch_up(stores)
            yield stores

    def catch_up(self, stores: Stores) -> None:
        """Project what is new, with a bar where it takes a while."""
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
        with Progress(*columns, console=self.error, transient=True, disable=not self.error.is_terminal) as bar:
            task = bar.add_task(self.words(title), total=total)
            yield lambda done: bar.update(task, completed=done)

    def table(self, columns: Sequence[Text], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> None:
        """Print a table; the columns in `numbers` are set to the right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            table.add_column(self.words(column), justify="right" if place in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.out.print(table, markup=False, soft_wrap=False)


office = click.make_pass_decorator(Office)


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
        super().__init__("position|datum", date)

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
    "--stichtag", type=Checked("datum", date), required=True, help=_("Was bis zum Ende dieses Tages geschehen war.")
)
datenstand_option = option("--datenstand", type=Datenstand(), help=_("Was damals bekannt war: Position oder Tag."))
account_option = option(
    "--as",
    "account",
    type=Checked("kuerzel", Key),
    default="cli",
    show_default=True,
    help=_("Wer handelt (ein Kürzel)."),
)


def position_of(journal: Journal, datenstand: int | date | None) -> int | None:
    """The position a `--datenstand` means; None for the present."""
    if not isinstance(datenstand, date):
        return datenstand
    end = datetime.combine(datenstand + timedelta(days=1), time(), BERLIN)
    return journal.position_at(end - timedelta(microseconds=1))


def print_json(value: object) -> None:
    """Print a value as JSON, readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_csv(header: Sequence[str], rows: Iterable[Sequence[object]], out: TextIO | None = None) -> None:
    """Print a table as CSV: semicolons, formulas neutralised; to a file with a byte order mark, for spreadsheets."""
    writer = csv.writer(out or sys.stdout, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([neutralised(cell) for cell in row] for row in rows)
