"""Bombs and naughty strings: files go through the import's dry run, lists of strings through a lead and its page."""

import resource
import time
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.test import Client

from fairlead.core.actor import Actor, system
from fairlead.core.errors import Refused
from fairlead.exchange.imports.plan import plan
from fairlead.models import Role, User
from fairlead.verbs.leads import create_lead
from fairlead.verbs.users import invite_user

SECONDS, MEMORY = 20, 400 * 1024  # kB
BY = system("evaluation")


def score(folder: Path) -> Iterator[dict[str, Any]]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.endswith(".expected.json")]
    yield {"set": folder.name, "right": sum(stands(path) for path in files), "of": len(files)}


def stands(path: Path) -> bool:
    """Refused with a reason or taken literally, soon and in little memory, and the next request is answered."""
    before, began = used(), time.monotonic()
    try:
        outcome = taken(path)
        seconds = time.monotonic() - began
        if path.suffix == ".txt" and (lost := strings(path)):
            print("LOST", path.name, lost[:3])
            return False
    except Exception as crash:
        print("MISS", path.name, f"{type(crash).__name__}: {crash}")
        return False
    grown = used() - before
    answered = Client(HTTP_HOST="localhost").get("/sign-in").status_code < 400
    print("FILE", path.name, outcome, f"{seconds:.1f} s, {grown // 1024} MB more, next request answered: {answered}")
    return seconds < SECONDS and grown < MEMORY and answered


def taken(path: Path) -> str:
    """What became of it."""
    try:
        trial = plan(BY, path)
        counts = sum(1 for _verdict in trial.verdicts(path))
    except Refused as refusal:
        return f"refused: {refusal.text}"
    return f"read, {counts} rows"


def strings(path: Path) -> list[str]:
    """The strings that a lead's page does not show literally, or not soon."""
    texts = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    lost, client = [], reader()
    for text in texts:
        began = time.monotonic()
        try:
            lead = create_lead(BY, name="Somebody", message=text)
        except Refused:
            continue  # refused with a reason
        page = client.get(f"/leads/{lead.public_id}", follow=True)
        shown = " ".join(unescape(page.content.decode()).split())
        slow = time.monotonic() - began > SECONDS
        if slow or page.status_code != 200 or " ".join(text.split()) not in shown or Live.in_(page.content.decode()):
            lost.append(text)
    return lost


def reader() -> Client:
    """Somebody signed in who sees every lead."""
    user = User.objects.first() or create_first(BY)
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    return client


def create_first(by: Actor) -> User:
    role = Role.objects.get(name="Administrator")
    return invite_user(by, name="Reader", email="reader@evaluation.example", role=role, mail=False)


def used() -> int:
    """The most memory that this process and those it started have had, in kB."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Live(HTMLParser):
    """Finds what would run: handlers in tags, and images that nobody put there."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    @classmethod
    def in_(cls, page: str) -> bool:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        script = tag == "script" and not named.get("src") and named.get("type", "") in ("", "text/javascript")
        self.found |= script or any(name.startswith("on") for name in named) or named.get("src") == "x"
