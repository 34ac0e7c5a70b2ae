"""All settings, from one place into one frozen struct."""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from domain.errors import NotReady
from domain.journal import StoreAddress, refuse_database_functions
from domain.texts import LANGUAGES, _
from projections.exchange.values import struct_of

_PREFIX = "WERDEGANG_"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting; each is an environment variable `WERDEGANG_<NAME>` or a line of the TOML file that
    `WERDEGANG_CONFIG` names, the variable before the file."""

    data: str | None = None
    """The data folder; without it, `werdegang-data` in the present folder."""
    database_url: str | None = None
    """PostgreSQL instead of the SQLite ledger and read model."""
    kek: str | None = None
    """The key-encryption key, 64 hexadecimal digits; instead of the file."""
    kek_next: str | None = None
    """The key-encryption key to come, 64 hexadecimal digits: an erasure goes over to it, where `kek` is given."""
    kek_file: str | None = None
    """The file with the key-encryption key; without it, `kek` in the data folder."""
    signing_key_file: str | None = None
    """The file with the key that signs the ledger's checkpoints; without it, `signing.key` in the data folder."""
    language: str = "de"
    """Language of messages and reports: de or en."""
    traceback: bool = False
    """Show the whole of an unexpected error, for whoever looks into it."""
    session_idle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 30
    """A session of the pages ends when it was not used for so many minutes."""
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 10
    """A session of the pages ends so many hours after the login."""
    public_url: str | None = None
    """The address under which people reach the pages, without a path: https, or http on this machine alone."""
    trusted_proxies: Annotated[int, Meta(ge=0, le=10)] = 0
    """So many proxies in front of the server are believed where a request came from."""
    metrics_token: Annotated[str, Meta(min_length=32)] | None = None
    """What somebody has to show to read the metrics; without it, only this machine reads them."""
    oidc_issuer: str | None = None
    """The provider of identities for single sign-on (OpenID Connect): https, or http on this machine alone."""
    oidc_client_id: str | None = None
    """As whom the provider knows this application."""
    oidc_client_secret: str | None = None
    """With what this application shows the provider that it is itself."""
    accessibility_contact: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """Where visitors report what they cannot read or use: an e-mail address, or how else to reach somebody."""

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data or "werdegang-data")

    @property
    def ledger(self) -> StoreAddress:
        """Where the ledger lies."""
        return StoreAddress(url=self.database_url) if self.database_url else StoreAddress(self.folder / "ledger.db")

    @property
    def read_model(self) -> Path:
        """The file of the read model, where it lies in a file."""
        return self.folder / "projections.db"

    @property
    def signing_key(self) -> Path:
        """The file of the key that signs checkpoints."""
        return Path(self.signing_key_file) if self.signing_key_file else self.folder / "signing.key"

    @property
    def keys(self) -> Path:
        """The file of the vault."""
        return self.folder / "keys.db"

    @property
    def reads(self) -> Path:
        """The file of the log of reads."""
        return self.folder / "reads.db"

    @property
    def access(self) -> Path:
        """The file of passwords, sessions and tokens."""
        return self.folder / "access.db"

    @property
    def kek_path(self) -> Path:
        """The file of the key-encryption key."""
        return Path(self.kek_file) if self.kek_file else self.folder / "kek"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a process. Refused: an unknown setting, a value that cannot be."""
    refuse_database_functions(environment)
    values: dict[str, Any] = {}
    given = {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }
    if file := given.pop("config", None):
        values |= _read_file(Path(file))
    settings = struct_of(values | given, Settings, what=_PREFIX.rstrip("_"))
    if settings.language not in LANGUAGES:
        text = _("Die Sprache {found} gibt es nicht; möglich sind {known}.", found=settings.language, known=LANGUAGES)
        raise NotReady("bad_setting", text, field="language")
    if settings.public_url is not None:
        _check_public_url(settings.public_url)
    _check_single_sign_on(settings)
    return settings


def _check_public_url(url: str) -> None:
    """Refused: what is no origin, and a name other than this machine's without TLS."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if not (bare and host and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host)))):
        text = _(
            "WERDEGANG_PUBLIC_URL ist {found}; nötig ist eine Adresse ohne Pfad wie https://werdegang.example.org.",
            found=url,
        )
        raise NotReady("bad_setting", text, field="public_url")


def _check_single_sign_on(settings: Settings) -> None:
    """Refused: some of the three settings without the others or without the address the provider sends people back to;
    a provider without TLS, unless it is this machine."""
    given = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if not any(given):
        return
    if not all((*given, settings.public_url)):
        text = _(
            "Single Sign-on braucht WERDEGANG_OIDC_ISSUER, WERDEGANG_OIDC_CLIENT_ID, WERDEGANG_OIDC_CLIENT_SECRET "
            "und WERDEGANG_PUBLIC_URL; es fehlt mindestens eines davon."
        )
        raise NotReady("bad_setting", text, field="oidc_issuer")
    if not is_safe_address(str(settings.oidc_issuer)) or {"?", "#"} & {*str(settings.oidc_issuer)}:
        text = _(
            "WERDEGANG_OIDC_ISSUER ist {found}; nötig ist eine Adresse wie https://login.example.org/realm.",
            found=settings.oidc_issuer,
        )
        raise NotReady("bad_setting", text, field="oidc_issuer")


def is_safe_address(url: str) -> bool:
    """Whether what goes to an address is read by nobody on the way: https, or http on this machine alone."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    named = bool(host) and "@" not in parts.netloc
    return named and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host)))


def is_this_machine(host: str) -> bool:
    """Whether a name or an address is that of the machine itself, so that nothing goes over a network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        text = _("Die Einstellungsdatei {path} ist nicht lesbar: {reason}", path=path, reason=str(error))
        raise NotReady("bad_setting", text) from None
