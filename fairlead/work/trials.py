"""Asking a web service for access to a trial: once for a lead, signed, only of the outside world."""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.outbox import GiveUp, Outbox, carries_out
from fairlead.core.outside import NotOutside, Place, place
from fairlead.core.sealed import unseal
from fairlead.models import Response, TrialPool
from fairlead.verbs.responses import ACCESS, keep_trial_access

SYSTEM = system("trial access")
PATIENCE = 10.0  # seconds
LONGEST = 4000  # bytes of an answer
NAMES = ("access", "link", "login", "code", "url")


@carries_out(ACCESS)
def ask(row: Outbox) -> None:
    """Ask for access; asked again after a crash, the service sees the same `webhook-id` and answers the same."""
    found = Response.objects.filter(public_id=row.payload["response"])
    response = found.select_related("template__pool", "lead").first()
    if response is None or response.state != Response.State.WAITING or response.template.pool is None:
        return
    said = _posted(response.template.pool, row.key, _about(response))
    keep_trial_access(SYSTEM, response, access=said)


def _about(response: Response) -> dict[str, Any]:
    lead = response.lead
    about = {"lead": lead.public_id, "name": lead.name, "company": lead.company_name, "email": response.to}
    return about | {"interest": lead.interest, "language": lead.language, "template": response.template.name}


def _posted(pool: TrialPool, key: str, about: dict[str, Any]) -> str:
    body = json.dumps({"type": "trial.requested", "timestamp": clock.now().isoformat(), "data": about}).encode()
    parts = urlsplit(pool.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        where = place(parts.hostname or "", port)
    except NotOutside as wrong:
        raise GiveUp(str(wrong)) from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(where, tls=parts.scheme == "https")
    try:
        connection.request("POST", path, body, _headers(pool, key, body))
        answer = connection.getresponse()
        said = answer.read(LONGEST + 1)
    finally:
        connection.close()
    return _access(answer.status, said)


def _headers(pool: TrialPool, key: str, body: bytes) -> dict[str, str]:
    """As Standard Webhooks has them."""
    number, at = hashlib.sha256(key.encode()).hexdigest()[:32], str(int(clock.now().timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": number, "webhook-timestamp": at}
    secret = unseal(pool.signing_key) if pool.signing_key else None
    if secret:
        mac = hmac.new(_key(secret), f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(mac).decode()}"
    return headers


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) if "whsec_" in secret else secret.encode()
    except ValueError:
        return secret.encode()


def _access(status: int, said: bytes) -> str:
    """The code, link or login in an answer: JSON with one of `NAMES`, or a line of text."""
    if status == 429 or status >= 500:
        raise OSError(f"It answered {status}.")
    if status >= 300:
        raise GiveUp(f"It answered {status}.")
    text = said.decode(errors="replace").strip()
    try:
        read = json.loads(text)
    except ValueError:
        read = text
    if isinstance(read, dict):
        read = next((read[name] for name in NAMES if read.get(name)), "")
    if not isinstance(read, str) or not read.strip() or len(read) > 1000 or not read.strip().isprintable():
        raise GiveUp("Its answer has no access: JSON with “access”, or one line of text.")
    return read.strip()


class _Pinned(http.client.HTTPConnection):
    """A connection to the very address that was looked at; redirects are not followed."""

    def __init__(self, where: Place, *, tls: bool) -> None:
        super().__init__(where.host, where.port, timeout=PATIENCE)
        self.where, self.tls = where, tls

    def connect(self) -> None:
        self.sock = self.where.connect(PATIENCE)
        if self.tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.where.host)
