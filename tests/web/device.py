"""A device that makes and shows passkeys, in software: what a browser sends after asking one."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Device:
    """One ES256 key for one site."""

    def __init__(self, host: str = "testserver") -> None:
        self.host, self.origin = host, f"http://{host}"
        self.key, self.id = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32)
        self.count, self.verifies = 0, True

    def make(self, options: dict[str, Any]) -> str:
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        told = {"fmt": "none", "attStmt": {}, "authData": self._about(ATTESTED) + attested}
        return self._answer({"attestationObject": text(cbor2.dumps(told))}, self._client("webauthn.create", options))

    def use(self, options: dict[str, Any]) -> str:
        self.count += 1
        client, about = self._client("webauthn.get", options), self._about()
        signature = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"authenticatorData": text(about), "signature": text(signature)}, client)

    def _about(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        assert urlsafe_b64decode(options["challenge"] + "==")
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str], client: bytes) -> str:
        response["clientDataJSON"] = text(client)
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response})
