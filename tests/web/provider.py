"""A provider of identities (OpenID Connect) for tests: on this machine, with a key of its own, and it lies on wish."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from werkzeug.serving import make_server

CLIENT, SECRET = "werdegang", "s" * 40


class Provider:
    """`claims` and `header` change the next token, where None takes a claim away; `sign` signs it otherwise."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = ECKey.generate_key("P-256", {"kid": "1"})
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.signed_with = "key"
        self._codes: dict[str, dict[str, str]] = {}

    def code_for(self, address: str) -> tuple[str, str]:
        """Somebody logs in at the address they were sent to: the code and the state they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = uuid4().hex
        self._codes[code] = asked
        return code, asked["state"]

    def token(self, nonce: str) -> str:
        """An identity token."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "subject-1", "nonce": nonce, "iat": now, "exp": now + 60}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        match self.signed_with:
            case "nothing":
                parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
                return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
            case "secret":
                return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
            case "foreign key":
                return jwt.encode({"alg": "ES256", "kid": "1"}, claims, ECKey.generate_key("P-256"))
            case _:
                return jwt.encode({"alg": "ES256", "kid": "1"}, claims, self.key)

    def app(self) -> Flask:
        """What it serves."""
        app = Flask("provider")

        @app.get("/.well-known/openid-configuration")
        def metadata() -> Any:
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            }
            return jsonify(told | self.metadata)

        @app.get("/keys")
        def keys() -> Any:
            return jsonify({"keys": [self.key.as_dict(private=False)]})

        @app.post("/token")
        def token() -> Any:
            asked = self._codes.pop(request.form["code"], None)
            known = request.authorization is not None and request.authorization.password == SECRET
            challenge = urlsafe_b64encode(sha256(request.form["code_verifier"].encode()).digest()).decode().rstrip("=")
            if asked is None or not known or asked["code_challenge"] != challenge:
                return jsonify({"error": "invalid_grant"}), 400
            assert asked["redirect_uri"] == request.form["redirect_uri"]
            return jsonify({"access_token": "a", "token_type": "Bearer", "id_token": self.token(asked["nonce"])})

        return app


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that answers, at an address of this machine."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.app())
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
