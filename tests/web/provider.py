"""A sign-in provider (OpenID Connect) on a free port, every answer of which a test can bend."""

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "fairlead", "the client's secret"
KEY, NEXT_KEY = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("one", "two"))


class Provider:
    """What it says: `about` itself, in the ID token (`claims`, signed by `key`), of the user, and how it fails."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        self.key: Any = KEY
        self.keys: list[Any] = [KEY]
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.claims: dict[str, Any] = {"sub": "sam-1", "email": "sam@northgate.example", "email_verified": True}
        self.userinfo: dict[str, Any] = {}
        self.raw_token: Any = None
        self.fails: dict[str, int] = {}
        self.public = False
        self.asked: dict[str, str] = {}
        self.token_requests: list[dict[str, str]] = []

    def sign_in(self, client: Client, to: str = "/people", **said: Any) -> Any:
        """All of it: off to the provider, and back with a code; `said` changes the claims of this once."""
        return self.come_back(client, self.go(client, to), **said)

    def go(self, client: Client, to: str = "/people") -> dict[str, str]:
        answer = client.get("/sign-in/provider", {"next": to})
        assert answer.status_code == 302, answer.content
        return self.read(answer.headers["Location"])

    def read(self, address: str) -> dict[str, str]:
        assert address.startswith(f"{self.issuer}/authorize?")
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.asked

    def come_back(self, client: Client, asked: dict[str, str], **said: Any) -> Any:
        self.said = said
        return client.get("/sign-in/provider/back", {"code": "the code", "state": asked["state"]})

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """The token endpoint, as strict as the standard: client, code, its verifier, and where it was sent."""
        self.token_requests.append(form)
        challenge = _coded(hashlib.sha256(form["code_verifier"].encode()).digest())
        proof = "" if self.public else "Basic " + b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        right = authorization == proof and (not self.public or form["client_id"] == CLIENT)
        right = right and challenge == self.asked["code_challenge"] and self.asked["code_challenge_method"] == "S256"
        if not right or form["redirect_uri"] != self.asked["redirect_uri"] or form["code"] != "the code":
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.raw_token or self.id_token()}

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        claims |= self.claims | self.said
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(self.header, claims, self.key, algorithms=["RS256"])

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if path in self.fails:
            return self.fails[path], {}
        if path == "/token":
            return self.token(form, authorization)
        if path == "/userinfo":
            return (200, self.userinfo) if authorization == "Bearer access" else (401, {})
        known = {"/.well-known/openid-configuration": self.about}
        known["/jwks"] = {"keys": [key.as_dict(private=False) for key in self.keys]}
        return (200, known[path]) if path in known else (404, {})


def forged(claims: dict[str, Any], alg: str) -> str:
    """A token that says that nobody signed it, or one "signed" with the public key, misused as a shared secret."""
    parts = [_coded(json.dumps(part).encode()) for part in ({"alg": alg, "kid": "one"}, claims)]
    signature = hmac.digest(KEY.as_pem(private=False), ".".join(parts).encode(), "sha256") if alg == "HS256" else b""
    return ".".join([*parts, _coded(signature)])


def _coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[Provider]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
            status, body = provider.answer(urlsplit(self.path).path, form, self.headers.get("Authorization", ""))
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider = Provider(server.server_port)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
