"""A hundred lead rules: what deciding costs for a lead, a rehearsal of 500 leads, an import of 10,000.

    DATABASE_URL=… bench/rules.py    fills a fresh database with the demo world, and measures

Every lead is looked at by all hundred rules: only the last one fits.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import os
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from fairlead.core import clock
from fairlead.demo.world import World, build
from fairlead.models import Lead, Queue, RuleSet
from fairlead.programs.rehearsal import MOST, rehearse
from fairlead.routing.deciding import decide
from fairlead.routing.engine import compiled
from fairlead.routing.gathering import Gathering
from fairlead.routing.staff import Staff
from fairlead.verbs.import_records import import_records
from fairlead.verbs.lead_rules import add_rule, draft_rules, publish_rules
from fairlead.work.prepare import migrate

RULES, ROWS = 99, 10_000


def main() -> None:
    migrate()
    world = build()
    iris = world.admin.actor("web")
    first = _timed(lambda: _import(world, "Before"))
    draft_rules(iris, rules=_rules(world))
    live = publish_rules(iris)
    then = _timed(lambda: _import(world, "After"))
    rules, staff, gathering = compiled(live), Staff(clock.now(), real=False), Gathering(compiled(live))
    leads = [each.__dict__ for each in Lead.objects.order_by("-pk")[:2_000]]
    facts = [gathering.facts(each, clock.now()) for each in leads]
    decided = _timed(lambda: [decide(rules, each, staff) for each in facts])
    print(f"deciding      {decided / len(facts) * 1000:8.3f} ms for a lead")
    print(f"import        {ROWS / first:8,.0f} leads a second with few rules, {ROWS / then:,.0f} with {RULES + 1}")
    print(f"routing       {ROWS / max(then - first, 0.001):8,.0f} leads a second more work than with few rules")
    add_rule(iris, rule={"when": [_when("country", "DE")], "to": {"kind": "account"}}, before=live.rules[0]["key"])
    draft = RuleSet.draft()
    assert draft is not None
    last = list(Lead.objects.order_by("-created_at")[:MOST])
    print(f"rehearsal     {_timed(lambda: rehearse(draft, live, last)):8.3f} s for {len(last)} leads")


def _rules(world: World) -> list[Any]:
    kinds: list[Any] = [
        {"kind": "user", "user": world.lena.public_id},
        {"kind": "turns", "team": world.sam.teams.get().public_id},
        {"kind": "queue", "queue": Queue.objects.get(name="New leads").public_id},
    ]
    some = [
        {"key": f"r{n}", "when": [_when("country", "GB", "DE"), _when("domain", f"d{n}.example")], "to": kinds[n % 3]}
        for n in range(RULES)
    ]
    return [*some, {"key": "rest", "to": kinds[1]}]


def _when(fact: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "test": "is", "values": list(values)}


def _import(world: World, name: str) -> None:
    rows: list[Any] = [
        {"name": f"{name} {n}", "email": f"{name}{n}@rows.example".lower(), "country": "DE"} for n in range(ROWS)
    ]
    import_records(world.admin.actor("web"), noun="lead", rows=rows)


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
