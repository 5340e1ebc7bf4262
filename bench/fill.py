"""Fills a fresh database with synthetic people, leads and sales, by the bulk verbs.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/fill.py [ROWS]

ROWS (10,000 unless given) is the number of leads, and of people. Beside them: an opportunity for every five, a company
for every ten, tasks and entries. A hundred sellers in ten teams own a hundredth each. bench/grow.py makes more of it.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import gc
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection

from fairlead.core import clock
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change_many, create_many
from fairlead.core.verb import REGISTRY, verb
from fairlead.demo.world import build
from fairlead.models import Activity, Company, Opportunity, Person, Role, SearchRow, Stage, Task, Team, User
from fairlead.verbs.imports import LeadRow, PersonRow, import_leads, import_people
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.roles import create_role
from fairlead.verbs.teams import create_team
from fairlead.verbs.users import invite_user
from fairlead.work.prepare import migrate

SELLERS, TEAMS = 100, 10
SPAN = timedelta(days=1100)  # over which everything was added
BENCH = system("bench")
LEVELS = ("all", "team", "own")
FIRST = (
    "Ada Ben Cleo Dara Elif Finn Greta Hugo Ines Jonas Kira Liam Maja Nils Olga Priya Quinn Rosa Sven Tara Uma Viktor "
    "Wanda Xenia Yusuf Zoë Łukasz Søren Ángel Jürgen François Marie Σοφία Дмитрий 美咲 John Anna Peter Maria Robert"
)
HEADS = "Mül Schmi Ander Peters John Raman Pever Khan Kowal Novák Garc Rossi Dupon Jans Berg Lind Hoff Wein Stein Bau"
TAILS = "ler dt sen son man ski ová ía elli t holm er hauer berg feld mann garten meyer land wood"
TRADES = "Logistics Insurance Bakery Systems Foods Motors Textiles Energy Clinics Partners Studio Transport"
JOBS = ["Buyer", "Head of IT", "Office manager", "Owner", "Operations", "", ""]
WANTS = ["Managed IT", "Laptops", "Backup", "Phones", "Cabling", "Security check", "New office", "Support"]
SAID = ["Wants a quote by Friday", "Asked to ring back", "Budget is decided in spring", "Happy with the last order"]


@dataclass(frozen=True)
class Plan:
    """Who adds, from when on and for how long, and how many at once."""

    sellers: list[Actor]
    dice: random.Random
    since: datetime
    over: timedelta
    batch: int


def main(rows: int) -> None:
    seed(rows, SPAN, 1000)
    settle()
    told("done")


def seed(rows: int, over: timedelta, batch: int, before: Callable[[], None] = lambda: None) -> None:
    """Staff, `before`, then so many leads and people with what belongs to them, from the beginning of SPAN on."""
    gc.set_threshold(100_000, 50, 1000)  # an act makes many rows that live as long as it
    migrate()
    build()
    dice = random.Random(1)  # the same data every time
    plan = Plan(staff(dice), dice, datetime.now(UTC) - SPAN, over, batch)
    told("staff")
    before()
    with without_term_index():
        batches(rows // 10, plan, fill_companies)
        companies = list(ours(Company).values_list("public_id", "pk"))
        told(f"{len(companies):,} companies")
        batches(rows, plan, lambda by, size, dice: fill_people(by, size, dice, companies))
        told(f"{rows:,} people")
        batches(rows, plan, fill_leads)
        told(f"{rows:,} leads")
        people = list(ours(Person).values_list("pk", "company_id"))
        batches(rows // 5, plan, lambda by, size, dice: fill_sales(by, size, dice, people))
        told(f"{rows // 5:,} opportunities")


STARTED = time.monotonic()


def told(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {what}", flush=True)


def ours(model: Any) -> Any:
    """Without the demo's."""
    return model.objects.filter(owner__email__startswith="seller").order_by("pk")


def staff(dice: random.Random) -> list[Actor]:
    """The sellers as actors, and a role for each visibility, which bench.py gives to the first seller in turn."""
    for level in LEVELS:
        create_role(BENCH, name=f"Sees {level}", grants=grants(level))
    seller = Role.objects.get(name="Sees all")
    teams: list[Team] = [create_team(BENCH, name=f"Team {number}") for number in range(TEAMS)]
    users: list[User] = [
        invite_user(
            BENCH,
            name=name(dice),
            email=f"seller{number}@bench.example",
            role=seller,
            teams=[teams[number % TEAMS]],
            mail=False,
        )
        for number in range(SELLERS)
    ]
    return [user.actor("web") for user in users]


def grants(level: str) -> dict[str, dict[str, str]]:
    actions = ("see", "edit", "delete", "assign", "mass_update", "undo")
    return {"*": dict.fromkeys(actions, level) | {"create": "all"}, "organisation": {"see": "all"}}


def batches(rows: int, plan: Plan, make: Callable[[Actor, int, random.Random], None]) -> None:
    """So many rows in acts of a batch, each by another seller."""
    count = -(-rows // plan.batch)
    for number in range(count):
        with clock.at(plan.since + plan.over * (number / count)):
            make(plan.sellers[number * 7 % SELLERS], min(plan.batch, rows - number * plan.batch), plan.dice)


def fill_companies(by: Actor, size: int, dice: random.Random) -> None:
    sites = [f"https://c{dice.randrange(10**9)}.example" for _ in range(size)]
    add(by, Company, [{"name": company(dice), "website": each, "employees": dice.randrange(5, 900)} for each in sites])


def fill_people(by: Actor, size: int, dice: random.Random, companies: list[tuple[str, int]]) -> None:
    rows: list[PersonRow] = []
    for _number in range(size):
        row: PersonRow = {"name": name(dice), "title": dice.choice(JOBS)}
        if dice.random() < 0.8:
            row["company"] = dice.choice(companies)[0]
        if dice.random() < 0.8:
            row["mails"] = [f"c{dice.randrange(10**9)}@bench.example"]
        if dice.random() < 0.6:
            row["phones"] = [phone(dice)]
        rows.append(row)
    follow(by, import_people(by, rows), dice)


def fill_leads(by: Actor, size: int, dice: random.Random) -> None:
    rows: list[LeadRow] = [
        {
            "name": name(dice),
            "company_name": company(dice),
            "email": f"c{dice.randrange(10**9)}@bench.example",
            "phone": phone(dice) if dice.random() < 0.5 else "",
            "lead_type": dice.choice(["inquiry", "trial", "event", "call", "list"]),
            "interest": dice.choice(WANTS),
        }
        for _ in range(size)
    ]
    leads = import_leads(by, rows)
    dice.shuffle(leads)
    closed = len(leads) // 3
    settle_many(by, leads[:closed], values={"state": "disqualified"})
    follow(by, leads[closed:], dice)


def fill_sales(by: Actor, size: int, dice: random.Random, people: list[tuple[int, int | None]]) -> None:
    stages = list(Stage.objects.order_by("position", "pk"))
    rows = [sale(dice, dice.choice(stages), *dice.choice(people)) for _ in range(size)]
    follow(by, [each for each in add(by, Opportunity, rows) if each.is_open], dice)


def sale(dice: random.Random, stage: Stage, person_id: int, company_id: int | None) -> dict[str, Any]:
    closes = clock.now().date() + timedelta(days=dice.randrange(20, 1200))
    return {
        "title": f"{dice.choice(WANTS)}, {dice.randrange(3, 90)} seats",
        "person_id": person_id,
        "company_id": company_id,
        "stage_id": stage.pk,
        "stage_since": clock.now(),
        "state": dice.choice(["open", "won", "lost"]),
        "amount_minor": dice.randrange(50_000, 9_000_000),
        "close_on": closes if dice.random() < 0.9 else None,
    }


def follow(by: Actor, records: list[Any], dice: random.Random) -> None:
    """Tasks on a fifth of them, entries on a tenth."""
    due = [clock.now() + timedelta(days=dice.randrange(1, 1200)) for _ in records]
    tasks = [
        {"title": f"Ring {record}", record.noun(): record, "assignee_id": by.user_id, "due_at": at, "due_on": at.date()}
        for record, at in zip(records, due, strict=True)
        if dice.random() < 0.2
    ]
    entries = [
        {"kind": "call", "text": dice.choice(SAID), record.noun(): record, "by_user_id": by.user_id}
        for record in records
        if dice.random() < 0.1
    ]
    add(by, Task, tasks)
    add(by, Activity, entries)


# --- bulk verbs of the bench alone, for what cannot be imported ---------------------------------------------------


@verb("{by} added {what}", may="person.create")
def add(by: Actor, what: Any, rows: list[dict[str, Any]]) -> list[Any]:
    shared = owned_by(by) if what in {Company, Opportunity} else {}
    return create_many(what, [row | shared for row in rows])


@verb("{by} settled them", may="person.create")
def settle_many(by: Actor, records: list[Any], *, values: dict[str, Any]) -> None:
    change_many(records, **values)


del REGISTRY["add"], REGISTRY["settle_many"]


def name(dice: random.Random) -> str:
    return f"{one(FIRST, dice)} {one(HEADS, dice)}{one(TAILS, dice)}"


def company(dice: random.Random) -> str:
    return f"{one(HEADS, dice)}{one(TAILS, dice)} {one(TRADES, dice)}"


def one(words: str, dice: random.Random) -> str:
    return dice.choice(words.split())


def phone(dice: random.Random) -> str:
    return f"020 7{dice.randrange(10**6, 10**7 - 1)}"


class without_term_index:
    """PostgreSQL builds the index over terms at the end in a fraction of what keeping it takes."""

    def __enter__(self) -> None:
        if connection.vendor == "postgresql":
            with connection.schema_editor() as editor:
                for index in SearchRow._meta.indexes:
                    editor.remove_index(SearchRow, index)

    def __exit__(self, *failure: object) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET maintenance_work_mem = '400MB'")
            with connection.schema_editor() as editor:
                for index in SearchRow._meta.indexes:
                    editor.add_index(SearchRow, index)


def settle() -> None:
    """What a database that has been running for a while has: statistics, and all of its log in the tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            connection.close_if_unusable_or_obsolete()
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
