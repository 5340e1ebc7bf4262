"""Search per keystroke in a database that bench/grow.py has filled: what each costs under each visibility, in ms.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/search.py

The search itself is measured (question, records, rights), without the page around it.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection

from fairlead.core.actor import Actor
from fairlead.models import Lead, Organisation, Person, User
from fairlead.models.search import alike, search

NAMES = "pe|pev|peve|pever|peverb|peverberg|ma|mar|maria|maria k|maria kh|maria khan|muller|mueller|hauer|sen|anna berg"
CONTACTS = "020 7946|+44 20 7946|7946 0|7946|@pever|freemail|anna.berg"
OTHERS = "美咲|дми|σοφ|zzzq|managed it|37 seats|forge|peverberg foods"
TYPED = [text for texts in (NAMES, CONTACTS, OTHERS) for text in texts.split("|")]


def main() -> None:
    """Each text is typed twelve times under each visibility; the pages of the database are warm."""
    print(f"{connection.vendor}: {Lead.objects.count():,} leads, {Person.objects.count():,} people")
    Organisation.ours()
    every: dict[str, list[float]] = {}
    for name, by in actors():
        for text in TYPED:
            took, found = timed(lambda text=text, by=by: search(by, text, most=5))
            every.setdefault(name, []).extend(took)
            say(f"{name:5} {text:16}", took, f"{found} found")
        took, found = timed(lambda by=by: alike(by, "Maria Kahnhauer"))
        say(f"{name:5} did you mean", took, f"{found} found")
    for name, took in every.items():
        say(f"{name:5} all keystrokes", took, f"worst {max(took):.1f}")


def say(what: str, took: list[float], more: str) -> None:
    figures = f"best {min(took):6.1f}  p50 {statistics.median(took):6.1f}  p95 {p95(took):6.1f} ms"
    print(f"{what}: {figures}  {more}", flush=True)


def actors() -> Iterator[tuple[str, Actor]]:
    """The first seller, if their role let them see all, their team's or their own."""
    first = User.objects.get(email="seller0@bench.example")
    team = first.teams.get()
    mates = frozenset(team.members.values_list("pk", flat=True))
    for level in ("all", "team", "own"):
        grants: Any = {"*": {"see": level}}
        own = {"user_id": first.pk, "team_ids": frozenset({team.pk}), "teammate_ids": mates}
        yield level, Actor("user", "web", level, grants=grants, **own)


def timed(ask: Any, times: int = 12) -> tuple[list[float], int]:
    found = ask()
    took = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1e3)
    return took, len(found)


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


if __name__ == "__main__":
    main()
