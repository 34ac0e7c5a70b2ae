"""`werdegang account`: accounts and roles as entries of the ledger, credentials beside it."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from calling import Answer, Cli

from domain.access import Access

PASSWORD = "correct horse battery"  # noqa: S105 -- of a test
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
sqlite_only = pytest.mark.parametrize("database_url", [None], ids=["sqlite"])


@pytest.fixture
def typed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """A function that calls `werdegang account` with a password on standard input."""

    def call(*arguments: object, password: str = PASSWORD, status: int = 0) -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        return cli("account", *arguments, status=status)

    return call


def listed(cli: Cli) -> dict[str, dict[str, Any]]:
    return {one["account"]: one for one in cli("account", "list", "--format", "json").json}


def access_of(cli: Cli) -> Access:
    return Access(Path(cli.environment["WERDEGANG_DATA"]) / "access.db")


def test_account_from_opening_to_closing(cli: Cli, typed: Callable[..., Answer]) -> None:
    """Roles are granted and revoked one by one; closed, the account has none, and its tokens and sessions end."""
    opening = ("open", "m.weiss", "--name", "Beispielkonto", "--role", "coach", "--coach", "C01", "--programme", "lzb")
    assert typed(*opening, "--password-stdin").out.splitlines() == [
        "Konto m.weiss ist eröffnet.",
        "Rolle: coach im Programm lzb, Fälle unter C01",
    ]
    granted = cli("account", "grant", "m.weiss", "--role", "lead")
    assert granted.out.splitlines()[1:] == ["Rolle: lead in allen Programmen"]
    token = cli("account", "token", "m.weiss", "--label", "Auswertung", "--scope", "read", "--days", "30")
    assert token.out.strip().startswith("wdg_")
    assert "nur jetzt" in token.err
    one = listed(cli)["m.weiss"]
    (made,) = one.pop("tokens")
    assert (made["label"], made["scopes"]) == ("Auswertung", ["read"])
    assert one == {
        "account": "m.weiss",
        "name": "Beispielkonto",
        "closed": False,
        "roles": [
            {"role": "coach", "programme": "lzb", "coach": "C01"},
            {"role": "lead", "programme": None, "coach": None},
        ],
        "password": True,
        "issuer": None,
        "subject": None,
    }
    missed = cli("account", "revoke", "m.weiss", "--role", "coach")
    assert "hat die Rolle nicht: coach in allen Programmen" in missed.err
    assert "coach im Programm lzb" in missed.out
    assert (
        cli("account", "revoke", "m.weiss", "--role", "coach", "--programme", "lzb").out
        == granted.out.splitlines(keepends=True)[1]
    )
    cli("account", "close", "m.weiss", "--as", "m.weiss", status=1)
    cli("account", "close", "m.weiss")
    one = listed(cli)["m.weiss"]
    assert (one["closed"], one["roles"], one["tokens"]) == (True, [], [])
    assert "geschlossen" in cli("account", "list").out
    for refused in (("password", "m.weiss", "--password-stdin"), (*opening, "--no-password")):
        assert "geschlossen" in typed(*refused, status=1).err
    cli("verify")
    cli("rebuild")
    assert listed(cli)["m.weiss"] == one


@sqlite_only
def test_closing_ends_sessions_and_tokens(cli: Cli, typed: Callable[..., Answer]) -> None:
    """A session begun before is worthless after; so it is after another password."""
    typed("open", "x-1", "--password-stdin")
    for ending in (("password", "x-1", "--password-stdin"), ("close", "x-1")):
        access = access_of(cli)
        access.begin_session("x-1", b"", NOW)
        typed(*ending)
        assert access.sessions("x-1") == []
        access.close()


@sqlite_only
def test_refused_opening_stores_nothing(cli: Cli, typed: Callable[..., Answer]) -> None:
    """What the domain refuses is refused before a password is taken; one that is too weak opens no account either."""
    for arguments, found in [
        (("--role", "coach"), "Kürzel"),
        (("--role", "lead", "--programme", "nowhere"), "nowhere"),
        (("--role", "admin", "--programme", "lzb"), "admin"),
        (("--as", "x-1", "--role", "lead"), "x-1"),
    ]:
        assert found in typed("open", "x-1", "--password-stdin", *arguments, status=1).err
    typed("open", "x-1", "--password-stdin", password="short", status=1)  # noqa: S106
    assert listed(cli) == {}
    access = access_of(cli)
    assert access.profiles() == {}
    access.close()


@sqlite_only
def test_opening_again_keeps_the_password(cli: Cli, typed: Callable[..., Answer]) -> None:
    """Opened again the account is the same; only `password` replaces a password."""
    typed("open", "x-1", "--password-stdin")
    again = typed("open", "x-1", "--password-stdin", password="another horse battery")  # noqa: S106
    assert "account password" in again.err
    access = access_of(cli)
    assert access.login("x-1", PASSWORD, "", NOW)
    typed("password", "x-1", "--password-stdin", password="another horse battery")  # noqa: S106
    assert not access.login("x-1", PASSWORD, "", NOW)
    access.close()


@sqlite_only
def test_account_for_single_sign_on(cli: Cli) -> None:
    """It has a subject and no password, and nothing is asked; a subject belongs to one account."""
    subject = ("--no-password", "--subject", "https://id.example", "s-1")
    cli("account", "open", "x-1", *subject)
    one = listed(cli)["x-1"]
    assert (one["password"], one["issuer"], one["subject"]) == (False, "https://id.example", "s-1")
    cli("account", "open", "x-2", *subject, status=1)
    assert list(listed(cli)) == ["x-1"]


@sqlite_only
def test_token_is_revoked(cli: Cli) -> None:
    """By its id, of its own account only."""
    for code in ("x-1", "x-2"):
        cli("account", "open", code, "--no-password")
    cli("account", "token", "x-1", "--label", "a", "--scope", "read", "--scope", "write")
    (made,) = listed(cli)["x-1"]["tokens"]
    cli("account", "token", "x-2", "--revoke", made["id"], status=1)
    cli("account", "token", "x-1", "--revoke", made["id"])
    assert listed(cli)["x-1"]["tokens"] == []


@sqlite_only
def test_wrong_usage(cli: Cli, typed: Callable[..., Answer]) -> None:
    """Without a screen nobody can be asked; options that contradict each other are not guessed at."""
    for arguments in [
        ("open", "x-1"),
        ("open", "x-1", "--password-stdin", "--no-password"),
        ("open", "x-1", "--no-password", "--coach", "C01"),
        ("open", "not a code", "--no-password"),
        ("token", "x-1", "--label", "a"),
        ("token", "x-1", "--label", "a", "--scope", "read", "--revoke", "b"),
    ]:
        typed(*arguments, status=2)
    assert listed(cli) == {}


@sqlite_only
def test_password_is_typed_twice_and_never_shown(cli: Cli) -> None:
    """Two different entries are asked for again; what is typed is not echoed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scripts.cli", "account", "open", "x-1"]
    with subprocess.Popen(
        command, cwd=cli.folder, env=cli.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        for answer in (PASSWORD, "another horse battery", PASSWORD, PASSWORD):
            before = shown.count(b"): ") + shown.count(b"selbe: ")
            while shown.count(b"): ") + shown.count(b"selbe: ") == before:
                shown += os.read(ours, 1000)
            os.write(ours, answer.encode() + b"\n")
        while "eröffnet" not in shown.decode(errors="ignore"):
            shown += os.read(ours, 1000)
    os.close(ours)
    assert process.returncode == 0
    assert "verschieden" in shown.decode()
    assert b"horse" not in shown
    access = access_of(cli)
    assert access.login("x-1", PASSWORD, "", NOW)
    access.close()
