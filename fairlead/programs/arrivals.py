"""Arrivals on their way from the door through the spool to the vault."""

import base64
import json
import logging
from collections import defaultdict
from datetime import datetime
from typing import Any

from fairlead.core.actor import system
from fairlead.models import Endpoint
from fairlead.reading.signatures import Signed, fits, without_keys
from fairlead.verbs.submissions import Arrival, receive_submissions

log = logging.getLogger("fairlead.inbox")
SYSTEM = system("inquiries")
UNSIGNED = "The signature does not fit the signing key of this endpoint."


def packed(address: str, number: str, content_type: str, arrival: Signed) -> bytes:
    """One arrival as a record of the spool: a line of JSON, then the bytes as they came."""
    about = {
        "address": address,
        "arrival": number,
        "content_type": content_type,
        "headers": dict(arrival.headers),
        "url": arrival.url,
        "at": arrival.at.isoformat(),
    }
    return json.dumps(about).encode() + b"\n" + arrival.body


def keep(records: list[bytes]) -> int:
    """Put these records into the vault, each once however often it is handed over; returns how many were new."""
    found: dict[str, list[tuple[dict[str, Any], bytes]]] = defaultdict(list)
    for record in records:
        line, _end, body = record.partition(b"\n")
        about = json.loads(line)
        found[about["address"]].append((about, body))
    return sum(_keep(address, each) for address, each in found.items())


def _keep(address: str, records: list[tuple[dict[str, Any], bytes]]) -> int:
    endpoint = Endpoint.at(address)
    if endpoint is None:
        log.warning("%d arrivals for an address that is none were thrown away", len(records))
        return 0
    arrivals = [_arrival(endpoint, about, body) for about, body in records]
    return len(receive_submissions(SYSTEM, endpoint, arrivals=arrivals))


def _arrival(endpoint: Endpoint, about: dict[str, Any], body: bytes) -> Arrival:
    at = datetime.fromisoformat(about["at"])
    signed = fits(endpoint.kind, endpoint.key, Signed(body, about["headers"], about["url"], at))
    return {
        "body": base64.b64encode(without_keys(body)).decode(),
        "arrival": about["arrival"],
        "content_type": about["content_type"],
        "headers": about["headers"],
        "received_at": at,
        "refused": "" if signed else UNSIGNED,
    }
