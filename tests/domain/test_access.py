"""The credential store: passwords, sessions, tokens; nothing in its file gives anybody away."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from domain.access import SCOPES, Access, Filter, Profile, without_sessions
from domain.errors import NotFound, NotReady, Refused

NOW = datetime(2031, 1, 1, 8, tzinfo=UTC)
PHRASE = "drei Äpfel im Korb"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=10)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Access.create(tmp_path / "access.db")
    return tmp_path / "access.db"


@pytest.fixture
def access(path: Path) -> Iterator[Access]:
    with closing(Access(path, CHEAP)) as opened:
        yield opened


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def content(path: Path) -> bytes:
    """Every byte of the file and of what SQLite keeps beside it."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


# --- the file -----------------------------------------------------------------------------------------


def test_only_the_owner_reads_it(access: Access, path: Path) -> None:
    """The file and its write-ahead log are for their owner only, and WAL lets others read during a write."""
    access.set_profile("lead-1", "Leitung")
    assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nothing_secret_is_in_the_file(access: Access, path: Path) -> None:
    """Neither password nor token of a session nor secret of the API, and no password typed in place of an account."""
    access.set_password("lead-1", PHRASE, NOW)
    session, (_id, secret) = (
        access.begin_session("lead-1", b"", NOW),
        access.create_token("lead-1", "script", ["read"], NOW + DAY, NOW),
    )
    assert not access.login("mistyped password", PHRASE, "10.0.0.1", NOW)
    assert access.login("lead-1", PHRASE, "10.0.0.1", NOW)
    found = content(path)
    assert b"$argon2id$" in found
    for text in (PHRASE, session, secret, secret.removeprefix("wdg_"), "mistyped"):
        assert text.encode() not in found


def test_what_is_ended_is_overwritten(access: Access, path: Path) -> None:
    """What a session held is gone from the file with it."""
    token = access.begin_session("lead-1", b"state of a form", NOW)
    access.end_session(token)
    access.close()
    assert b"state of a form" not in content(path)


def test_two_connections_at_once(access: Access, path: Path) -> None:
    """What one process stores the other sees, and a connection may go from thread to thread."""
    with closing(Access(path, CHEAP)) as other:
        token = access.begin_session("lead-1", b"1", NOW)
        other.save_session(token, "lead-1", b"2", NOW)
        found = []
        thread = threading.Thread(target=lambda: found.append(access.session(token, NOW, IDLE, ABSOLUTE)))
        thread.start()
        thread.join()
        assert found[0].data == b"2"
        other.end_sessions("lead-1")
        assert access.session(token, NOW, IDLE, ABSOLUTE) is None


def test_only_such_a_file_is_opened(tmp_path: Path) -> None:
    """None is made silently, and another file is refused; creating twice changes nothing."""
    (tmp_path / "text").write_text("no database " * 100)
    sqlite3.connect(tmp_path / "empty").close()
    wanted = {"gone": "no_access_store", "text": "bad_access_store", "empty": "bad_access_store"}
    for name, code in wanted.items():
        with pytest.raises(NotReady) as refused:
            Access(tmp_path / name)
        assert code_of(refused) == code
    with pytest.raises(NotReady):
        Access.create(tmp_path / "text")
    for _time in range(2):
        Access.create(tmp_path / "access.db")
        with closing(Access(tmp_path / "access.db")) as opened:
            opened.set_profile("lead-1", "Leitung")
    assert (tmp_path / "text").read_text().startswith("no database")


def test_a_copy_without_sessions(access: Access, path: Path) -> None:
    """Nobody is logged in by a backup, and no address is in it; passwords and tokens stay."""
    access.set_password("lead-1", PHRASE, NOW)
    token = access.begin_session("lead-1", b"held", NOW)
    access.login("nobody", "wrong", "10.0.0.99", NOW)
    _id, secret = access.create_token("lead-1", "script", ["read"], NOW + DAY, NOW)
    without_sessions(path)
    assert access.session(token, NOW, IDLE, ABSOLUTE) is None
    assert access.token(secret, NOW) is not None
    assert access.login("lead-1", PHRASE, "10.0.0.1", NOW)
    access.close()
    assert b"10.0.0.99" not in content(path)
    assert b"held" not in content(path)


# --- who ----------------------------------------------------------------------------------------------


def test_a_profile_grows(access: Access) -> None:
    """Name, language, password and subject are set one by one, in any order, and none takes another away."""
    assert access.profile("lead-1") is None
    access.set_language("lead-1", "en")
    assert access.profile("lead-1") == Profile("lead-1", "", False, None, None, "en")
    access.set_password("lead-1", PHRASE, NOW)
    access.link_subject("lead-1", "https://id.example", "s-1")
    access.set_profile("lead-1", "Leitung")
    assert access.profile("lead-1") == Profile("lead-1", "Leitung", True, "https://id.example", "s-1", "en")
    access.set_profile("admin", "")
    assert list(access.profiles()) == ["admin", "lead-1"]


def test_a_subject_is_one_account(access: Access) -> None:
    """One that another account has is refused and stays there; the same subject elsewhere is somebody else."""
    access.link_subject("lead-1", "https://id.example", "s-1")
    access.link_subject("lead-1", "https://id.example", "s-1")
    with pytest.raises(Refused) as refused:
        access.link_subject("lead-2", "https://id.example", "s-1")
    assert code_of(refused) == "subject_taken"
    assert access.account_of_subject("https://id.example", "s-1") == "lead-1"
    assert access.account_of_subject("https://other.example", "s-1") is None
    access.link_subject("lead-1", "https://id.example", "s-2")
    assert access.account_of_subject("https://id.example", "s-1") is None


def test_saved_filters(access: Access) -> None:
    """Each account has its own, one of a name."""
    access.save_filter("lead-1", "voll", "coach=a")
    access.save_filter("lead-1", "voll", "coach=b")
    access.save_filter("lead-1", "alle", "")
    assert access.filters("lead-1") == [Filter("alle", ""), Filter("voll", "coach=b")]
    access.delete_filter("lead-2", "voll")
    access.delete_filter("lead-1", "alle")
    assert access.filters("lead-1") == [Filter("voll", "coach=b")]
    assert access.filters("lead-2") == []


# --- passwords ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["elf Zeichen", "", "x" * 201, "mein COACH-1 Kennwort", "coach-1coach-1", "a\u0308" * 11]
)
def test_weak_passwords_are_refused(access: Access, password: str) -> None:
    """Too short, too long, or with the code of the account in it; the one before stays."""
    access.set_password("Coach-1", PHRASE, NOW)
    with pytest.raises(Refused) as refused:
        access.set_password("Coach-1", password, NOW)
    assert (code_of(refused), refused.value.field) == ("weak_password", "password")
    assert not password or password not in str(refused.value)
    assert access.login("Coach-1", PHRASE, "", NOW)


def test_passwords_of_the_allowed_lengths(access: Access) -> None:
    """Twelve characters will do, and two hundred count to the last."""
    for password in ("zwölfZeichen", "x" * 199 + "y"):
        access.set_password("Coach-1", password, NOW)
        assert access.login("Coach-1", password, "", NOW)
    assert not access.login("Coach-1", "x" * 200, "", NOW)


def test_the_right_password_only(access: Access) -> None:
    """Of the right account; an umlaut typed in two strokes is the same; no account and no password fit nothing."""
    access.set_password("lead-1", PHRASE, NOW)
    access.set_profile("lead-2", "Ohne Passwort")
    assert access.login("lead-1", PHRASE.replace("Ä", "A\u0308"), "", NOW)
    for account, password in (
        *(("lead-1", PHRASE.lower()), ("lead-1", ""), ("lead-1", "\ud800"), ("LEAD-1", PHRASE)),
        *(("lead-2", ""), ("lead-2", PHRASE), ("nobody", PHRASE), ("\ud800", PHRASE)),
    ):
        assert not access.login(account, password, "", NOW)


def test_a_new_password_ends_sessions(access: Access) -> None:
    """Those of the account, not those of others; the old password fits no more, and a locked account is free."""
    access.set_password("lead-1", PHRASE, NOW)
    mine, other = access.begin_session("lead-1", b"", NOW), access.begin_session("lead-2", b"", NOW)
    for _time in range(5):
        access.login("lead-1", "wrong", "", NOW)
    access.set_password("lead-1", "ein ganz anderes", NOW)
    assert access.session(mine, NOW, IDLE, ABSOLUTE) is None
    assert access.session(other, NOW, IDLE, ABSOLUTE) is not None
    assert not access.login("lead-1", PHRASE, "", NOW)
    assert access.login("lead-1", "ein ganz anderes", "", NOW)


def test_a_hash_of_older_parameters_is_made_anew(access: Access, path: Path) -> None:
    """With the library's defaults, at the next login that fits and not at one that does not; argon2id always."""
    access.set_password("lead-1", PHRASE, NOW)
    with closing(Access(path)) as present, closing(sqlite3.connect(path)) as file:
        stored = "SELECT password FROM profiles"
        before = file.execute(stored).fetchone()[0]
        assert not present.login("lead-1", "wrong", "", NOW)
        assert file.execute(stored).fetchone()[0] == before
        assert present.login("lead-1", PHRASE, "", NOW)
        after = file.execute(stored).fetchone()[0]
        assert after.startswith("$argon2id$")
        assert not PasswordHasher().check_needs_rehash(after)
        assert present.login("lead-1", PHRASE, "", NOW)
        assert file.execute(stored).fetchone()[0] == after


def test_an_unknown_account_costs_the_same(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """One computation of argon2 with the present parameters, whether there is an account or not."""
    access.set_password("lead-1", PHRASE, NOW)
    done: list[str] = []
    verify, made = PasswordHasher.verify, PasswordHasher.hash
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: done.append("one") or verify(*given))
    monkeypatch.setattr(PasswordHasher, "hash", lambda *given: done.append("one") or made(*given))
    for account in ("lead-1", "nobody"):
        done.clear()
        assert not access.login(account, "wrong", "", NOW)
        assert done == ["one"]


# --- attempts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["lead-1", "nobody"])
def test_five_failures_lock_an_account(access: Access, account: str) -> None:
    """From any address and with the right password too, until the first of the five is 15 minutes old."""
    access.set_password("lead-1", PHRASE, NOW)
    for number in range(5):
        assert not access.login(account, "wrong", f"10.0.0.{number}", NOW + number * MINUTE)
    for moment in (NOW + 4 * MINUTE, NOW + 15 * MINUTE - SECOND):
        with pytest.raises(Refused, match="ab 09:15 Uhr") as refused:
            access.login(account, PHRASE, "10.0.1.1", moment)
        assert code_of(refused) == "too_many_attempts"
        assert account not in str(refused.value)
    assert access.login(account, PHRASE, "10.0.1.1", NOW + 15 * MINUTE) is (account == "lead-1")
    assert not access.login("other", "wrong", "10.0.0.1", NOW + 4 * MINUTE)


def test_success_clears_the_count_of_the_account(access: Access) -> None:
    """After it there are five attempts again."""
    access.set_password("lead-1", PHRASE, NOW)
    for _time in range(2):
        for _failure in range(4):
            assert not access.login("lead-1", "wrong", "10.0.0.1", NOW)
        assert access.login("lead-1", PHRASE, "10.0.0.1", NOW)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["2001:db8::1", "2001:db8::ffff:2"]])
def test_twenty_failures_lock_an_address(access: Access, addresses: list[str]) -> None:
    """Whatever the accounts; of IPv6 a network of 64 bits is one address; another address goes on."""
    access.set_password("lead-1", PHRASE, NOW)
    for number in range(20):
        assert not access.login(f"account-{number}", "wrong", addresses[number % len(addresses)], NOW)
    with pytest.raises(Refused) as refused:
        access.login("lead-1", PHRASE, addresses[0], NOW)
    assert code_of(refused) == "too_many_attempts"
    assert access.login("lead-1", PHRASE, "2001:db8:0:1::1", NOW)
    assert access.login("lead-1", PHRASE, addresses[0], NOW + 15 * MINUTE)


def test_attempts_at_once_are_counted(access: Access, path: Path) -> None:
    """Eight processes that all guess before the first has its answer: five are let through."""
    access.set_password("lead-1", PHRASE, NOW)
    answers: list[str] = []
    start = threading.Barrier(8)

    def guess() -> None:
        with closing(Access(path, CHEAP)) as own:
            start.wait()
            try:
                own.login("lead-1", "wrong", "10.0.0.1", NOW)
                answers.append("tried")
            except Refused as refused:
                answers.append(refused.code)

    threads = [threading.Thread(target=guess) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["too_many_attempts"] * 3 + ["tried"] * 5


def test_a_clock_that_was_wrong_locks_nobody(access: Access) -> None:
    """Failures noted in the future do not count once the clock is right."""
    access.set_password("lead-1", PHRASE, NOW)
    for _failure in range(5):
        access.login("lead-1", "wrong", "10.0.0.1", NOW + 365 * DAY)
    assert access.login("lead-1", PHRASE, "10.0.0.1", NOW)


# --- sessions -----------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_token_only(access: Access) -> None:
    """Not by another, a changed one, or what the file holds of it; ended, the token can be replayed in vain."""
    token = access.begin_session("lead-1", b"data", NOW)
    again = access.begin_session("lead-1", b"data", NOW)
    assert token != again
    assert len(token) == 43
    found = access.session(token, NOW, IDLE, ABSOLUTE)
    assert found is not None
    assert (found.account, found.data, found.begun_at, found.seen_at) == ("lead-1", b"data", NOW, NOW)
    for wrong in ("", token[:-1], token.swapcase(), "\ud800", "' OR 1=1 --"):
        assert access.session(wrong, NOW, IDLE, ABSOLUTE) is None
    access.end_session(token)
    access.save_session(token, "lead-1", b"late", NOW)
    assert access.session(token, NOW, IDLE, ABSOLUTE) is None
    assert access.session(again, NOW, IDLE, ABSOLUTE) is not None


def test_a_session_ends_when_idle(access: Access) -> None:
    """Used within the limit it goes on; at the limit it is over, and stays so for an earlier moment."""
    token = access.begin_session("lead-1", b"", NOW)
    assert access.session(token, NOW + IDLE - SECOND, IDLE, ABSOLUTE) is not None
    assert access.session(token, NOW + 2 * IDLE - 2 * SECOND, IDLE, ABSOLUTE) is not None
    assert access.session(token, NOW + 3 * IDLE - 2 * SECOND, IDLE, ABSOLUTE) is None
    assert access.session(token, NOW, IDLE, ABSOLUTE) is None


def test_a_session_ends_however_busy(access: Access) -> None:
    """At the absolute limit, though used all the time and saved last a second before."""
    token = access.begin_session("lead-1", b"", NOW)
    for quarter in range(1, 40):
        assert access.session(token, NOW + quarter * IDLE / 2, IDLE, ABSOLUTE) is not None
    access.save_session(token, "lead-1", b"x", NOW + ABSOLUTE - SECOND)
    assert access.session(token, NOW + ABSOLUTE - SECOND, IDLE, ABSOLUTE) is not None
    assert access.session(token, NOW + ABSOLUTE, IDLE, ABSOLUTE) is None


def test_a_request_seldom_writes(access: Access, path: Path) -> None:
    """The last use is noted once a minute; in between a request changes nothing in the file."""
    token = access.begin_session("lead-1", b"", NOW)
    with closing(sqlite3.connect(path)) as other:
        version = "PRAGMA data_version"
        before = other.execute(version).fetchone()
        assert access.session(token, NOW + 59 * SECOND, IDLE, ABSOLUTE).seen_at == NOW
        assert other.execute(version).fetchone() == before
        assert access.session(token, NOW + MINUTE, IDLE, ABSOLUTE).seen_at == NOW + MINUTE
        assert other.execute(version).fetchone() != before


def test_a_login_needs_a_new_session(access: Access) -> None:
    """A session begun before the login never becomes that of an account, so nobody can lay a token under another."""
    token = access.begin_session("", b"", NOW)
    with pytest.raises(ValueError, match="begin another"):
        access.save_session(token, "lead-1", b"", NOW)
    assert access.session(token, NOW, IDLE, ABSOLUTE).account == ""


def test_sessions_of_an_account(access: Access) -> None:
    """They are listed, the latest first, without tokens, and ended together."""
    old = access.begin_session("lead-1", b"", NOW)
    access.begin_session("lead-1", b"", NOW + MINUTE)
    access.begin_session("lead-2", b"", NOW)
    access.session(old, NOW + 3 * MINUTE, IDLE, ABSOLUTE)
    assert access.sessions("lead-1") == [(NOW, NOW + 3 * MINUTE), (NOW + MINUTE, NOW + MINUTE)]
    assert access.end_sessions("lead-1") == 2
    assert access.sessions("lead-1") == []
    assert len(access.sessions("lead-2")) == 1


def test_expired_sessions_are_forgotten(access: Access) -> None:
    """Those at either limit and no other; what anybody tried to log in with goes too."""
    for age in (timedelta(), IDLE - SECOND, IDLE, ABSOLUTE):
        access.begin_session("lead-1", b"", NOW - age)
    busy = access.begin_session("lead-1", b"", NOW - ABSOLUTE)
    access.save_session(busy, "lead-1", b"", NOW)
    assert access.forget_expired(NOW, IDLE, ABSOLUTE) == 3
    assert {begun for begun, _seen in access.sessions("lead-1")} == {NOW, NOW - IDLE + SECOND}


# --- tokens of the API --------------------------------------------------------------------------------


def test_a_token_by_its_secret(access: Access) -> None:
    """It says whose it is and what for; a changed secret, the id and half of it are none."""
    token_id, secret = access.create_token("lead-1", "script", ["write", "read", "read"], NOW + DAY, NOW)
    assert secret.startswith("wdg_")
    assert len(secret) == 47
    found = access.token(secret, NOW)
    assert (found.id, found.account, found.label, found.scopes) == (token_id, "lead-1", "script", {"read", "write"})
    assert (found.created_at, found.expires_at, found.revoked_at) == (NOW, NOW + DAY, None)
    for wrong in ("", token_id, secret[4:], secret[:-1], secret.swapcase(), "\ud800"):
        assert access.token(wrong, NOW) is None


def test_a_token_ends(access: Access) -> None:
    """At its expiry, or when it is revoked, once and for good; both are still listed."""
    _id, short = access.create_token("lead-1", "short", ["read"], NOW + DAY, NOW)
    token_id, revoked = access.create_token("lead-1", "revoked", ["read"], NOW + 400 * DAY, NOW + SECOND)
    assert access.token(short, NOW + DAY - SECOND) is not None
    assert access.token(short, NOW + DAY) is None
    access.revoke_token(token_id, NOW + MINUTE)
    access.revoke_token(token_id, NOW + DAY)
    assert access.token(revoked, NOW + MINUTE) is None
    assert [(token.label, token.revoked_at) for token in access.tokens("lead-1")] == [
        ("revoked", NOW + MINUTE),
        ("short", None),
    ]
    assert access.tokens("lead-2") == []
    with pytest.raises(NotFound) as refused:
        access.revoke_token("0" * 16, NOW)
    assert code_of(refused) == "unknown_token"


def test_the_last_use_of_a_token(access: Access) -> None:
    """It is noted once a minute."""
    _id, secret = access.create_token("lead-1", "script", list(SCOPES), NOW + DAY, NOW)
    for after, noted in ((1, 1), (60, 1), (61, 61)):
        assert access.token(secret, NOW + after * SECOND) is not None
        assert access.tokens("lead-1")[0].used_at == NOW + noted * SECOND


@pytest.mark.parametrize(
    ("scopes", "after", "code"),
    [
        (["read", "root"], DAY, "unknown_scope"),
        ([], DAY, "unknown_scope"),
        (["read"], timedelta(), "bad_expiry"),
        (["read"], -DAY, "bad_expiry"),
        (["read"], 400 * DAY + SECOND, "bad_expiry"),
    ],
)
def test_a_token_that_is_not_made(access: Access, scopes: list[str], after: timedelta, code: str) -> None:
    """With a scope that is not known or none, past its end, or for more than 400 days."""
    with pytest.raises(Refused) as refused:
        access.create_token("lead-1", "script", scopes, NOW + after, NOW)
    assert code_of(refused) == code
    assert access.tokens("lead-1") == []
