"""The command `werdegang`."""

import sys
from itertools import pairwise

import click
import msgspec

from domain.errors import Refused
from domain.texts import LANGUAGES, Text, _
from projections.settings import Settings, read_settings
from scripts.account import account
from scripts.backup import backup, restore
from scripts.balance import balance
from scripts.bundle import bundle
from scripts.console import Office, option
from scripts.demo import demo
from scripts.dispute import dispute
from scripts.erase import erase
from scripts.evidence import evidence
from scripts.explain import explain_balances
from scripts.export import export
from scripts.follow import follow
from scripts.history import history
from scripts.import_file import import_file
from scripts.init import init
from scripts.keys import keys
from scripts.programme import programme
from scripts.publish import publish
from scripts.reads import reads
from scripts.rebuild import rebuild
from scripts.regimes import regimes
from scripts.replay import replay_ledger
from scripts.restrict import restrict
from scripts.retention import reidentification, retention
from scripts.seal import proof, seal
from scripts.serve import serve
from scripts.status import status
from scripts.verify import verify


@click.group(help=_("Wege von Teilnehmenden als Ereignisse; jede Zahl bis zum einzelnen Eintrag.").german)
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


for command in (
    *(init, programme, import_file, balance, evidence, history, publish, explain_balances, replay_ledger, regimes),
    *(seal, verify, proof),
    *(rebuild, status, export, demo),
    *(serve, follow),
    *(backup, restore),
    *(keys, reads),
    account,
    bundle,
    *(erase, restrict, dispute, retention, reidentification),
):
    werdegang.add_command(command)


def main() -> None:
    """Run the command. Exit status: 0 done, 1 refused or check failed, 2 wrong usage."""
    try:
        settings = read_settings()
    except Refused as refused:
        sys.exit(_failed(refused.in_language("de")))
    settings = _in_wanted_language(settings, sys.argv[1:])
    _translate(werdegang, settings.language)
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
    """Put the help texts into the user's language; in the code they stand in German."""
    if command.help:
        command.help = Text(command.help).in_language(language)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = Text(parameter.help).in_language(language)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _translate(child, language)


if __name__ == "__main__":
    main()
