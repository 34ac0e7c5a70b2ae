"""Sessions that live on the server: a cookie holds a random token, the store its hash and what belongs to it."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, Request, Response
from flask import request as present
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin

from web.house import house, now, stores

_SERIALIZER = TaggedJSONSerializer()


class ServerSession(dict[str, Any], SessionMixin):
    """What a session holds. `account` is empty before the login; `token` where the cookie has one that is valid."""

    def __init__(self, values: dict[str, Any] | None = None, *, token: str | None = None, account: str = "") -> None:
        super().__init__(values or {})
        self.token, self.account = token, account
        self.new = token is None
        self.renewed = False
        self._loaded = dict(self)

    @property
    def modified(self) -> bool:  # type: ignore[override]
        """Whether there is something to store."""
        return self.renewed or dict(self) != self._loaded

    def begin(self, account: str) -> None:
        """Begin anew for an account: nothing of before stays, and the token is another one."""
        self.clear()
        self.account, self.renewed = account, True

    def end(self) -> None:
        """End the session: its token is worthless from now on."""
        self.clear()
        self.account, self.renewed = "", True


class ServerSessions(SessionInterface):
    """Flask's interface over the table of sessions."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The session of the request's cookie, or an empty one. Files and the API have none."""
        del app
        token = request.cookies.get(cookie_name(request))
        if token is None or request.path.startswith(("/static/", "/api/", "/health/", "/metrics")):
            return ServerSession()
        found = stores().access.session(token, now(), *limits())
        if found is None:
            return ServerSession()
        return ServerSession(_SERIALIZER.loads(found.data.decode()), token=token, account=found.account)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed; a new session gets a cookie."""
        del app
        kept = cast(ServerSession, session)
        response.vary.add("Cookie")
        if not kept.modified:
            return
        access, name, secure = stores().access, cookie_name(present), is_secure(present)
        if kept.renewed and kept.token is not None:
            access.end_session(kept.token)
        if not kept and not kept.account:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
            return
        data = _SERIALIZER.dumps(dict(kept)).encode()
        if kept.token is not None and not kept.renewed:
            access.save_session(kept.token, kept.account, data, now())
            return
        token = access.begin_session(kept.account, data, now())
        response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="Lax")


def limits() -> tuple[timedelta, timedelta]:
    """How long a session lasts unused, and at all."""
    settings = house().settings
    return timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)


def is_secure(request: Request) -> bool:
    """Whether cookies go over TLS only: the request came that way, or the public address says so."""
    return request.is_secure or (house().settings.public_url or "").startswith("https://")


def cookie_name(request: Request) -> str:
    """The name of the cookie; over TLS one that no other host and no plain connection can set."""
    return "__Host-werdegang" if is_secure(request) else "werdegang"
