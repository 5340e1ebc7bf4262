"""Signing in at the organisation's provider (OpenID Connect): authorization code with PKCE, state and nonce.

The libraries for it take half a second and 30 MB, so they are loaded by the first who signs in this way.
"""

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from fairlead.core import clock

log = logging.getLogger("fairlead.oidc")
BACK = "/sign-in/provider/back"
PENDING = "oidc"  # what the session keeps while somebody is at the provider
WAITS = 900  # seconds for signing in there
KNOWN_FOR = 3600  # seconds for which the provider's addresses and keys are kept
PATIENCE = (3, 5)  # seconds for connecting, and for each part of an answer
LEEWAY = 60  # seconds by which the provider's clock may differ from ours
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# Signatures by the provider's private key alone: none, and those by a shared secret, prove nothing.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]


class NotIn(Exception):
    """Why somebody was not let in, in words for them."""

    def __init__(self, text: str, status: int = 403) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@dataclass(frozen=True)
class Known:
    """Whom the provider says it is, proved, and what they were about to do here."""

    issuer: str
    subject: str
    email: str
    verified: bool
    name: str
    proved_at: float  # when they showed the provider who they are; 0 when it does not say
    to: str
    kept: str
    linking: int | None  # the user who links their account, instead of signing in


def begin(request: HttpRequest, *, to: str, kept: str = "", linking: int | None = None, anew: bool = False) -> str:
    """The provider's address at which somebody signs in; `anew`: even one who is signed in there already."""
    provider = Provider.known()
    with trusted():
        state, nonce, verifier = (secrets.token_urlsafe(32) for _each in range(3))
        more = {"prompt": "login", "max_age": WAITS} if anew else {}
        at = str(provider.about["authorization_endpoint"])
        address = provider.client(request).create_authorization_url(
            at, state=state, nonce=nonce, code_verifier=verifier, **more
        )[0]
    pending = {"state": state, "nonce": nonce, "verifier": verifier, "at": clock.now().timestamp()}
    request.session[PENDING] = pending | {"to": to, "kept": kept, "linking": linking, "anew": anew}
    return str(address)


def finish(request: HttpRequest) -> Known:
    """Who came back from the provider; each answer counts once, on the browser that asked for it."""
    if error := request.GET.get("error"):
        log.warning("The provider let nobody in: %s", error.encode("unicode_escape").decode()[:60])
        raise NotIn(_("%(provider)s did not let you in.") % _provider())
    pending = _pending(request)
    provider = Provider.known()
    with trusted():
        if request.GET.get("iss", provider.issuer) != provider.issuer:
            raise ValueError("another issuer")
        with provider.client(request) as client:
            token = client.fetch_token(
                provider.about["token_endpoint"],
                grant_type="authorization_code",
                code=request.GET["code"],
                code_verifier=pending["verifier"],
                timeout=PATIENCE,
                allow_redirects=False,
            )
            claims = provider.proved(token, pending["nonce"])
            about = claims if "email" in claims else claims | provider.more_about(client, claims["sub"])
    now = clock.now().timestamp()
    proved_at = min(claims.get("auth_time") or (now if pending["anew"] else 0), now)
    return Known(
        issuer=provider.issuer,
        subject=claims["sub"],
        email=str(about.get("email") or "")[:254],
        verified=about.get("email_verified") in (True, "true"),
        name=str(about.get("name") or "")[:200],
        proved_at=proved_at,
        to=pending["to"],
        kept=pending["kept"],
        linking=pending["linking"],
    )


class Provider:
    """The provider's own description of itself, and its keys, read anew every hour or when a key is not among them."""

    _last: "Provider | None" = None

    def __init__(self) -> None:
        self.read_at = time.monotonic()
        self.about = self._read(f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration")
        self.issuer = str(self.about["issuer"])
        if self.issuer.rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise ValueError("it describes another issuer")
        safe = ("https://",) if settings.OIDC_ISSUER.startswith("https:") else ("https://", "http://")
        if not all(self.about[name].startswith(safe) for name in ENDPOINTS):
            raise ValueError("its addresses are without https")

    @classmethod
    def known(cls) -> "Provider":
        last = cls._last
        if last is None or time.monotonic() - last.read_at > KNOWN_FOR or not last.is_ours:
            with trusted():
                last = cls._last = cls()
        return last

    @property
    def is_ours(self) -> bool:
        return self.issuer.rstrip("/") == settings.OIDC_ISSUER.rstrip("/")

    @cached_property
    def keys(self) -> Any:
        from joserfc.jwk import KeySet

        found: Any = self._read(self.about["jwks_uri"])
        return KeySet.import_key_set(found)

    def client(self, request: HttpRequest) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        ways = self.about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return OAuth2Session(
            settings.OIDC_CLIENT_ID,
            settings.OIDC_CLIENT_SECRET or None,
            token_endpoint_auth_method=way if settings.OIDC_CLIENT_SECRET else "none",
            scope="openid email profile",
            redirect_uri=request.build_absolute_uri(BACK),
            code_challenge_method="S256",
        )

    def proved(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """What the ID token says, when it is signed by the provider, for us, now, and for this very request."""
        from authlib.oidc.core import CodeIDToken

        found = self._decoded(token["id_token"])
        params = {"nonce": nonce, "client_id": settings.OIDC_CLIENT_ID, "access_token": token.get("access_token")}
        options: Any = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
            "sub": {"essential": True},
        }
        claims = CodeIDToken(found.claims, found.header, options, params)
        claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY)
        if len(claims["sub"]) > 255:
            raise ValueError("a name longer than 255 characters")
        return dict(claims)

    def more_about(self, client: Any, subject: str) -> dict[str, Any]:
        """What the provider tells beside the ID token; the mail address, with some."""
        if "userinfo_endpoint" not in self.about:
            return {}
        answer = client.get(self.about["userinfo_endpoint"], timeout=PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        told = dict(answer.json())
        if told.get("sub") != subject:
            raise ValueError("it tells of somebody else")
        return told

    def _decoded(self, text: str) -> Any:
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError

        try:
            return jwt.decode(text, self.keys, algorithms=ALGORITHMS)
        except (BadSignatureError, InvalidKeyIdError):
            del self.keys  # the provider may sign with a new one
            return jwt.decode(text, self.keys, algorithms=ALGORITHMS)

    @staticmethod
    def _read(address: str) -> dict[str, Any]:
        import requests

        # Named in the settings, or by who is named there; it may well be inside the network; no redirect is followed.
        # nosemgrep
        answer = requests.get(address, timeout=PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        return dict(answer.json())


@contextmanager
def trusted() -> Iterator[None]:
    """What the provider does wrong inside, in words for whoever signs in; the log says what, without any secret."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import JSONDecodeError, RequestException

    try:
        yield
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, AttributeError, RequestException) as error:
        silent = isinstance(error, RequestException) and not isinstance(error, JSONDecodeError)
        log.warning("The provider %s: %s %s", "is away" if silent else "is wrong", type(error).__name__, _where(error))
        if silent:
            raise NotIn(_("%(provider)s does not answer. Try again in a minute.") % _provider(), 502) from None
        raise NotIn(_("The answer of %(provider)s proves nothing. Start again.") % _provider(), 400) from None


def _pending(request: HttpRequest) -> dict[str, Any]:
    pending = request.session.get(PENDING, {})
    same = constant_time_compare(pending.get("state", secrets.token_urlsafe()), request.GET.get("state", ""))
    if not same or clock.now().timestamp() - pending["at"] > WAITS:
        raise NotIn(_("This was begun too long ago, or in another browser. Start again."), 400)
    del request.session[PENDING]
    return dict(pending)


def _where(error: BaseException) -> str:
    """Which claim, or which of the standard's errors; never text that the provider or a visitor wrote."""
    return str(getattr(error, "claim", "") or getattr(error, "error", ""))[:60]


def _provider() -> dict[str, str]:
    return {"provider": settings.OIDC_LABEL}
