"""Single sign-on with OpenID Connect: who the house's provider of identities says that somebody is.

The code flow with PKCE (RFC 9700); state, nonce and verifier lie in the session on the server and are good for one
answer. What the provider says of somebody but the subject is not looked at: roles are granted here.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from flask import Flask, current_app, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException

from domain.errors import NotFound, NotReady, Refused
from domain.texts import _
from projections.settings import Settings, is_safe_address
from web.access import Forbidden, Visitor, visitor_named
from web.house import house, stores

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""How a provider may sign: with a key of its own. Never `none`, and no HMAC, whose key it shares with others."""
PATIENCE = 10
"""Seconds the provider may take for an answer."""
LEEWAY = 60
"""Seconds the clocks may differ."""
_NAME = "house"
_KEY = "werdegang.single_sign_on"
_STATE = f"_state_{_NAME}_"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

_log = logging.getLogger("werdegang.access")


def install(app: Flask, settings: Settings) -> None:
    """Let people log in with the provider of the settings; without one, with passwords only."""
    if settings.oidc_issuer is None:
        return
    app.extensions[_KEY] = OAuth(app).register(
        _NAME,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid", "code_challenge_method": "S256", "default_timeout": PATIENCE},
    )


def is_configured() -> bool:
    """Whether there is a provider."""
    return _KEY in current_app.extensions


def to_provider() -> Any:
    """The answer that sends a visitor to the provider. Refused: as `_provider`."""
    client = _provider()
    for name in [name for name in session if name.startswith(_STATE)]:
        del session[name]  # of one begun before and not ended
    with _said_clearly():
        return client.authorize_redirect(_return_address())


def returned() -> Visitor:
    """Who came back from the provider. Refused: an answer that was not asked for or was used before, a token that is
    not the provider's, not for this application, not of this login or too old (422); a subject without an account, a
    closed account (403); a provider that does not answer (503)."""
    client, settings = _provider(), house().settings
    with _said_clearly():
        token = client.authorize_access_token(
            claims_options={
                "iss": {"essential": True, "value": settings.oidc_issuer},
                "aud": {"essential": True, "value": settings.oidc_client_id},
            },
            leeway=LEEWAY,
        )
        claims = token.get("userinfo") or {}
        _require_ours(claims, settings)
    return _visitor_of(str(claims["sub"]), settings)


def _require_ours(claims: dict[str, Any], settings: Settings) -> None:
    """Refused (`OAuthError`): a token of another provider, for another application, for others too, of nobody.

    Authlib takes a foreign audience where `azp` is ours unless told, so what matters is looked at here again.
    """
    audience = claims.get("aud")
    subject = claims.get("sub")
    if claims.get("iss") != settings.oidc_issuer or audience not in (
        settings.oidc_client_id,
        [settings.oidc_client_id],
    ):
        raise OAuthError("foreign_token")
    if not isinstance(subject, str) or not subject:
        raise OAuthError("no_subject")


def _visitor_of(subject: str, settings: Settings) -> Visitor:
    code = stores().access.account_of_subject(str(settings.oidc_issuer), subject)
    found = visitor_named(code) if code else None
    if found is None:
        _log.warning("single sign-on without account", extra={"account": code, "endpoint": request.endpoint})
        text = _(
            "Die Anmeldung beim Hauskonto hat geklappt, aber hier gehört kein offenes Konto dazu; "
            "die Verwaltung kann es verknüpfen."
        )
        raise Forbidden("no_account", text)
    return found


def _provider() -> FlaskOAuth2App:
    """The client of the provider, what the provider says of itself checked. Refused: none is configured (`NotFound`),
    it does not answer (`NotReady`), it is another or without TLS."""
    if not is_configured():
        raise NotFound("no_single_sign_on", _("Eine Anmeldung mit einem Hauskonto ist nicht eingerichtet."))
    client = cast(FlaskOAuth2App, current_app.extensions[_KEY])
    with _said_clearly():
        metadata = client.load_server_metadata()
        if not _is_ours(metadata, house().settings):
            metadata.pop("_loaded_at")  # so that it is asked again
            raise OAuthError("foreign_provider")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]
    return client


def _is_ours(metadata: dict[str, Any], settings: Settings) -> bool:
    """Whether that is what the provider of the settings says of itself, and nothing goes there unprotected."""
    same = metadata.get("issuer") == settings.oidc_issuer
    return same and all(is_safe_address(str(metadata.get(name))) for name in _ENDPOINTS)


@contextmanager
def _said_clearly() -> Iterator[None]:
    """What goes wrong with the provider, as refusals; the log has the kind of error only, not what the token says."""
    try:
        yield
    except RequestException as error:
        _log.warning("single sign-on unreachable", exc_info=error)
        text = _("Das Hauskonto antwortet nicht; bitte später noch einmal versuchen oder das Passwort benutzen.")
        raise NotReady("single_sign_on_unreachable", text) from None
    except (OAuthError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("single sign-on refused", exc_info=error)
        text = _("Die Anmeldung mit dem Hauskonto ist nicht gültig oder schon verbraucht; bitte neu beginnen.")
        raise Refused("single_sign_on_failed", text) from None


def _return_address() -> str:
    return str(house().settings.public_url).rstrip("/") + url_for("account.single_sign_on_return")
