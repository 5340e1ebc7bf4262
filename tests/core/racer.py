"""A process of its own that calls verbs on an installation's database: one JSON line in, one out.

{"verb", "raw", "by": a user’s address, "key", "at": when to begin, in seconds since 1970} or {"ask": expression}.
"""

import json
import sys
import time
from typing import Any

import django

django.setup()

from fairlead.core.act import current  # noqa: E402
from fairlead.core.actor import Actor, system  # noqa: E402
from fairlead.core.changes import change  # noqa: E402
from fairlead.core.errors import Refused  # noqa: E402
from fairlead.core.schema import perform  # noqa: E402
from fairlead.core.verb import verb  # noqa: E402
from fairlead.models import (  # noqa: E402
    Closure,
    Event,
    ExitCriterion,
    Lead,
    Opportunity,
    Person,
    Queue,
    Reason,
    Registration,
    Role,
    RunningTrack,
    Stage,
    Task,
    User,
    progress,
)


@verb("{by} touched {one} and then {other}", may="anyone")
def touch_in_turn(by: Actor, one: Person, *, other: str) -> Person:
    """Takes the lock on a second record late, so that two such calls can wait for each other."""
    change(one, title=f"{one.title}x")
    time.sleep(0.05)
    second = Person.objects.get(public_id=other)
    current().hold([second])
    change(second, title=f"{second.title}x")
    return one


def sale(pk: int) -> dict[str, Any]:
    """A sale as the judge looks at it: where it is, how it got there, and whether what is kept of it is right."""
    found = Opportunity.objects.select_related("stage").get(pk=pk)
    told = Event.objects.filter(links__kind="opportunity", links__record_id=pk).order_by("id")
    return {
        "state": found.state,
        "stage": found.stage.name,
        "in_use": found.stage.archived_at is None,
        "closures": list(found.closures.order_by("id").values_list("outcome", flat=True)),
        "moves": [each.labels["before"] for each in told.filter(verb="move_stage")],
        "is_right": all(kept == wanted for _pk, kept, wanted in progress.counted([pk])),
    }


def steps() -> list[Any]:
    """The newest running track as the judge looks at it: its state, what it asks, and the states of its steps."""
    found = RunningTrack.objects.latest("pk")
    tasks = found.tasks.order_by("step__position").values_list("public_id", "state")
    return [found.state, found.question, [list(each) for each in tasks]]


COUNTS = {
    "closures": lambda: Closure.objects.count(),
    "moves": lambda: Event.objects.filter(verb="move_stage").count(),
    "owners": lambda: sorted(Lead.objects.filter(name="Turn").values_list("owner__name", flat=True)),
    "queue": lambda: Queue.objects.get().public_id,
    "placed": lambda: Registration.objects.filter(state="placed").count(),
    "price": lambda: Reason.objects.get(kind="lost", name="Price").public_id,
    "people": lambda: Person.objects.count(),
    "repeated": lambda: Task.objects.exclude(made_from=None).count(),
    "tasks": lambda: Task.objects.count(),
    "steps": steps,
    "run": lambda: RunningTrack.objects.latest("pk").public_id,
    "reasons": lambda: list(Reason.objects.offered("disqualified").values_list("public_id", flat=True)),
    "roles": lambda: dict(Role.objects.values_list("name", "public_id")),
    "criteria": lambda: dict(ExitCriterion.objects.values_list("text", "public_id")),
    "newest": lambda: sale(Opportunity.objects.latest("pk").pk),
    "stages": lambda: list(Stage.objects.values_list("public_id", flat=True)),
    "titles": lambda: list(Person.objects.order_by("id").values_list("title", flat=True)),
    "names": lambda: dict(Opportunity.objects.values_list("public_id", "title")),
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    if "count" in asked:
        return {"count": COUNTS[asked["count"]]()}
    by = User.objects.get(email=asked["by"]).actor("api") if asked.get("by") else system("race")
    while time.time() < asked.get("at", 0):
        pass
    try:
        return perform(asked["verb"], by, asked["raw"], key=asked.get("key", ""))
    except Refused as refusal:
        return {"refused": refusal.code, "text": refusal.text}
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line)), default=str), flush=True)
