"""What form tools post, sent to an endpoint as they would send it, twice; the worker makes of it what it makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.test import Client

from fairlead.core.actor import system
from fairlead.models import Lead, Organisation, Submission, normal
from fairlead.verbs.endpoints import create_endpoint
from fairlead.work import intake

BY = system("evaluation")
# What the expectations call a fact of a lead.
FACTS = {
    "company": "company_name", "full_name": "name", "job_title": "title", "notes": "message", "postcode": "postal_code",
    "state": "region", "zip": "postal_code",
}  # fmt: skip


def score(folder: Path) -> Iterator[dict[str, Any]]:
    found = [path for path in sorted(folder.iterdir()) if path.with_name(f"{path.name}.expected.json").is_file()]
    yield {"set": folder.name, "right": sum(is_right(path) for path in found), "of": len(found)}


def is_right(path: Path) -> bool:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    try:
        missed = list(misses(path, expected))
    except Exception as crash:
        missed = [f"{type(crash).__name__}: {crash}"]
    for each in missed:
        print("MISS", path.name, each)
    return not missed


def misses(path: Path, expected: dict[str, Any]) -> Iterator[str]:
    body = expected["post"].encode() if "post" in expected else path.read_bytes()
    kind = expected.get("content_type", "application/x-www-form-urlencoded")
    at = f"/in/{create_endpoint(BY, name=path.name[-80:]).address}"
    leads, submissions = Lead.objects.count(), Submission.objects.count()
    for _time in range(2):
        answer = Client(HTTP_HOST="localhost").generic("POST", at, body, kind)
        if answer.status_code >= 400:
            yield f"answered {answer.status_code}"
    while intake.turn():
        pass
    if Submission.objects.count() != submissions + 2:
        yield "not kept as two submissions"
    made = Lead.objects.count() - leads
    if made != int("lead" in expected):
        yield f"made {made} leads"
    elif made:
        yield from _differing(expected, Submission.objects.order_by("pk")[submissions])


def _differing(expected: dict[str, Any], submission: Submission) -> Iterator[str]:
    lead, wanted = submission.lead, dict(expected["lead"])
    parts = [wanted.pop("first_name", ""), wanted.pop("last_name", "")]
    if any(parts):
        wanted["full_name"] = " ".join(part for part in parts if part)
    for name, value in wanted.items():
        has, wants = _fact(lead, name), _plain(name, value)
        if has != wants:
            yield f"{name} is {has!r}, not {wants!r}"
    for name, value in expected.get("extra", {}).items():
        if submission.extra.get(name) != value:
            yield f"extra {name} is {submission.extra.get(name)!r}, not {value!r}"


def _fact(lead: Any, name: str) -> str:
    value = getattr(lead, "phone_e164" if name == "phone" else FACTS.get(name, name))
    return " ".join(str(value or "").split())


def _plain(name: str, value: Any) -> str:
    if name == "phone":
        return normal.phone(str(value), Organisation.ours().country)
    return " ".join(str(value).split())
