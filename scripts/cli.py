"""The command `werdegang`."""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import pairwise

import click
import msgspec

from domain.errors import Refused
from domain.texts import LANGUAGES, Text, _
from projections.settings import Settings, read_settings
from scripts.console import Office, option

MODULES = {
    "init": "init",
    "programme": "programme",
    "import": "import_file",
    "balance": "balance",
    "evidence": "evidence",
    "history": "history",
    "publish": "publish",
    "explain": "explain",
    "replay": "replay",
    "regimes": "regimes",
    "seal": "seal",
    "verify": "verify",
    "proof": "seal",
    "rebuild": "rebuild",
    "status": "status",
    "export": "export",
    "demo": "demo",
    "serve": "serve",
    "follow": "follow",
    "backup": "backup",
    "restore": "backup",
    "keys": "keys",
    "reads": "reads",
    "account": "account",
    "bundle": "bundle",
    "erase": "erase",
    "restrict": "restrict",
    "dispute": "dispute",
    "retention": "retention",
    "reidentification": "retention",
}
"""The commands, and the module of this package that each stands in."""
OTHERWISE = {"import": "import_file", "explain": "explain_balances", "replay": "replay_ledger"}
"""What a command is called in its module, where that is not its own name."""


class Commands(Mapping[str, click.Command]):
    """The commands by name; a module is imported when its command is asked for, which saves most of a second."""

    def __getitem__(self, name: str) -> click.Command:
        command: click.Command = getattr(import_module(f"scripts.{MODULES[name]}"), OTHERWISE.get(name, name))
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class Werdegang(click.Group):
    """The group whose commands speak the user's language."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, its help translated."""
        command = super().get_command(ctx, cmd_name)
        if command and isinstance(ctx.obj, Settings):
            _translate(command, ctx.obj.language)
        return command


@click.group(
    cls=Werdegang,
    commands=Commands(),
    help=_("Wege von Teilnehmenden als Ereignisse; jede Zahl bis zum einzelnen Eintrag.").german,
)
@option("--data", metavar="ORDNER", help=_("Datenordner statt WERDEGANG_DATA."))
@option("--language", type=click.Choice(["de", "en"]), help=_("Sprache statt WERDEGANG_LANGUAGE."))
@click.pass_context
def werdegang(context: click.Context, data: str | None, language: str | None) -> None:
    """The group; what is common to all commands."""
    settings: Settings = context.obj
    if data:
        settings = msgspec.structs.replace(settings, data=data)
    if language:
        settings = msgspec.structs.replace(settings, language=language)
    context.obj = Office(settings)


def main() -> None:
    """Run the command. Exit status: 0 done, 1 refused or check failed, 2 wrong usage."""
    try:
        settings = read_settings()
    except Refused as refused:
        sys.exit(_failed(refused.in_language("de")))
    settings = _in_wanted_language(settings, sys.argv[1:])
    _translate_own(werdegang, settings.language)
    try:
        status_code = werdegang.main(prog_name="werdegang", obj=settings, standalone_mode=False)
        sys.exit(status_code if isinstance(status_code, int) else 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(
            _failed(_("Abgebrochen. Was noch nicht gespeichert war, ist es nicht.").in_language(settings.language))
        )
    except Refused as refused:
        sys.exit(_failed(refused.in_language(settings.language)))
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if settings.traceback:
            raise
        text = _(
            "Unerwarteter Fehler ({kind}). Mit WERDEGANG_TRACEBACK=true zeigt er sich ganz.", kind=type(error).__name__
        )
        sys.exit(_failed(text.in_language(settings.language)))


def _in_wanted_language(settings: Settings, arguments: list[str]) -> Settings:
    """The settings with the language that `--language` names: help and refusals need it before click reads it."""
    for name, value in pairwise([*arguments, ""]):
        language = name.partition("=")[2] if name.startswith("--language=") else value
        if name.startswith("--language") and language in LANGUAGES:
            return msgspec.structs.replace(settings, language=language)
    return settings


def _failed(words: str) -> int:
    click.echo(words, err=True)
    return 1


def _translate(command: click.Command, language: str) -> None:
    """Put the help texts of a command and of those below it into the user's language; in the code they are German."""
    _translate_own(command, language)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _translate(child, language)


def _translate_own(command: click.Command, language: str) -> None:
    if command.help:
        command.help = Text(command.help).in_language(language)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = Text(parameter.help).in_language(language)


if __name__ == "__main__":
    main()
