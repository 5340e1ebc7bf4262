"""The audit over three million events, and lists and a record as they were.

    DATABASE_URL=… bench/audit.py fill [EVENTS]    fill a fresh database (rows by INSERT … SELECT)
    DATABASE_URL=… bench/audit.py measure          whole pages in ms, under every filter and their combinations
    DATABASE_URL=… bench/audit.py past             lists, 4,900 leads changed since; a record, 5,000 events since

Pages are made by the product's own pages, signed in as an administrator, without a network.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")
os.environ.setdefault("FAIRLEAD_HOSTS", "testserver")

import django

django.setup()

from django.db import connection, transaction
from django.test import Client

from fairlead.core import clock
from fairlead.core.record import writing
from fairlead.demo.world import build
from fairlead.models import Event, Lead, User
from fairlead.verbs.bulk import assign_many
from fairlead.work.prepare import migrate

EVENTS, LEADS, SELLERS = 3_000_000, 200_000, 50
CHANGED = 4_900
SPAN = 3 * 365 * 24 * 3600  # seconds over which they happened
START = datetime(2023, 11, 1, tzinfo=UTC)
# Of a hundred events: up to which number, the verb, the noun beside the lead, the doors it takes in turn.
VERBS = (
    (30, "log_call", "activity", ("web", "web", "mcp")),
    (50, "edit_lead", "", ("web", "api", "web", "web")),
    (65, "complete_task", "task", ("web",)),
    (80, "add_task", "task", ("web", "system")),
    (90, "log_note", "activity", ("web",)),
    (95, "edit_person", "person", ("web", "api")),
    (99, "create_lead", "", ("api", "system")),
    (100, "edit_role", "role", ("web",)),
)
BUSY = 5_000  # events on one lead


def fill(events: int) -> None:
    """Leads of fifty sellers, and what happened to them: a call, a change, a task …, all through the usual doors."""
    started = time.monotonic()
    migrate()
    with transaction.atomic(), writing():
        world = build()
    first_user = copied(User, SELLERS, world.sam.pk, {"email": "'seller' || n.n || '@bench.example'"})
    first_lead = copied(
        Lead, LEADS, world.joanna.pk, {"name": "'Lead ' || n.n", "owner_id": f"{first_user} + n.n % 50"}
    )
    print(f"{LEADS:,} leads after {time.monotonic() - started:.0f} s", flush=True)
    first = (Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    with writing(), connection.cursor() as cursor:
        cursor.execute(event_rows(events, first, first_user, first_lead))
        print(f"{events:,} events after {time.monotonic() - started:.0f} s", flush=True)
        cursor.execute(link_rows(first, "'lead'", lead_of("e.id", first, first_lead, events), "1 = 1"))
        for _up_to, verb, noun, _doors in VERBS:
            if noun:
                cursor.execute(link_rows(first, f"'{noun}'", f"(e.id % {LEADS}) + 1", f"e.verb = '{verb}'"))
        if connection.vendor == "postgresql":
            for table in ("event", "eventlink"):
                cursor.execute(f"SELECT setval('fairlead_{table}_id_seq', max(id)) FROM fairlead_{table}")
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(f"done after {time.monotonic() - started:.0f} s", flush=True)


def copied(model: Any, rows: int, mould: int, given: dict[str, str]) -> int:
    """Many rows like one, and the id of the first."""
    given = given | {"public_id": "'bench' || n.n"}
    columns = [f.column for f in model._meta.concrete_fields if not f.primary_key]
    picked = ", ".join(given.get(column, f'm."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with writing(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) "
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {picked} FROM n, {model._meta.db_table} m "
            f"WHERE m.id = {mould}"
        )
    first: int = model.objects.filter(public_id__startswith="bench").order_by("pk").values_list("pk", flat=True)[0]
    return first


def lead_of(number: str, first: int, first_lead: int, events: int) -> str:
    """SQL for the lead of an event: one has 5,000, all others share the rest."""
    any_of_them = f"{first_lead} + ({number}) % {LEADS} * 7919 % {LEADS}"
    return f"CASE WHEN ({number} - {first}) % {max(events // BUSY, 1)} = 0 THEN {first_lead} ELSE {any_of_them} END"


def event_rows(events: int, first: int, first_user: int, first_lead: int) -> str:
    postgres = connection.vendor == "postgresql"
    verb = " ".join(f"WHEN n.n % 100 < {up_to} THEN '{name}'" for up_to, name, _noun, _doors in VERBS)
    door = " ".join(
        f"WHEN n.n % 100 < {up_to} THEN CASE (n.n / 100) % {len(doors)} {whens(doors)} END"
        for up_to, _name, _noun, doors in VERBS
    )
    seconds = f"CAST({SPAN} AS BIGINT) * n.n / {events}"
    lead = lead_of(f"({first} - 1 + n.n)", first, first_lead, events)
    before, after = '{"interest": "Printers \' || n.n || \'"}', '{"interest": "Phones \' || n.n || \'", "version": 3}'
    changed = f"'[[\"lead\", ' || ({lead}) || ', \"change\", {before}, {after}]]'"
    given = {
        "id": f"{first} - 1 + n.n",
        "act": "gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))",
        "step": "0",
        "verb": f"CASE {verb} END",
        "at": f"TIMESTAMPTZ '{START.isoformat()}' + ({seconds}) * INTERVAL '1 second'"
        if postgres
        else f"datetime('{START:%Y-%m-%d %H:%M:%S}', '+' || ({seconds}) || ' seconds')",
        "by_kind": "'user'",
        "by_user_id": f"{first_user} + (n.n / 100 * n.n / 100) % {SELLERS}",
        "by_label": "'Sam Whitlock'",
        "by_cause": "''",
        "door": f"CASE {door} END",
        "labels": cast('\'{"lead": "Lead \' || n.n || \'", "task": "Call back", "about": "Lead"}\''),
        "refs": cast("'{}'"),
        "changes": cast(f"CASE WHEN n.n % 100 BETWEEN 30 AND 49 THEN {changed} ELSE '[]' END"),
        "order": cast("CASE WHEN n.n % 100 BETWEEN 30 AND 49 THEN '[0]' ELSE '[]' END"),
    }
    names = ", ".join(f'"{name}"' for name in given)
    return (
        f"WITH RECURSIVE n(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM n WHERE n < {events}) "
        f"INSERT INTO fairlead_event ({names}) SELECT {', '.join(given.values())} FROM n"
    )


def whens(words: tuple[str, ...]) -> str:
    return " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))


def cast(text: str) -> str:
    return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def link_rows(first: int, kind: str, record: str, which: str) -> str:
    return (
        "INSERT INTO fairlead_eventlink (kind, record_id, happened_at, at, event_id) "
        f"SELECT {kind}, {record}, e.at, e.at, e.id FROM fairlead_event e WHERE e.id >= {first} AND {which}"
    )


# --- measuring ---------------------------------------------------------------------------------------------------


def filters() -> dict[str, str]:
    """One value of each filter; the rarest and the most frequent among them."""
    seller = User.objects.filter(public_id="bench7").get()
    busy = Lead.objects.filter(public_id="bench1").get()
    middle = (START + timedelta(seconds=SPAN / 2)).date()
    return {
        "person": seller.public_id,
        "verb": "log_call",
        "noun": "lead",
        "door": "api",
        "since": (middle - timedelta(days=30)).isoformat(),
        "until": middle.isoformat(),
        "record": f"lead:{busy.public_id}",
    }


def questions() -> Iterator[dict[str, str]]:
    """Nothing, each filter, and every combination; then values that are rare, and pairs that never meet."""
    known = filters()
    for size in range(len(known) + 1):
        for names in combinations(known, size):
            yield {name: known[name] for name in names}
    yield from ({"noun": noun} for noun in ("person", "task", "role", "settings", "token"))
    yield from ({"verb": verb} for verb in ("edit_role", "create_lead", "move_stage"))
    yield from ({"door": door} for door in ("web", "mcp", "cli", "system"))
    yield from ({"noun": "settings", "door": "web"}, {"noun": "person", "verb": "add_task"})
    yield from ({"verb": "add_task", "door": "mcp"}, {"noun": "task", "door": "api"})


def measure() -> None:
    """The first page and the one after it, five times each: wall time, and the time of this process's processor."""
    client = signed_in()
    worst: list[tuple[float, str]] = []
    every: list[tuple[float, float]] = []
    for asked in questions():
        took = page_times(client, "/settings/audit", asked)
        every += took
        worst.append((p95(took, 0), " ".join(f"{name}={value}" for name, value in asked.items()) or "everything"))
    for slow, what in sorted(worst, reverse=True)[:8]:
        print(f"p95 {slow:6.1f} ms  {what}")
    say(f"{len(worst)} questions, whole pages", every)
    export(client)


def export(client: Client) -> None:
    """The CSV of the newest 50,000 events: how long, and how much memory more than before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    size = sum(len(part) for part in client.get("/settings/audit.csv"))  # type: ignore[arg-type]
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"CSV: {size / 1e6:.1f} MB in {time.perf_counter() - started:.1f} s, {more:.1f} MB of memory more")


def page_times(client: Client, path: str, asked: dict[str, str], times: int = 5) -> list[tuple[float, float]]:
    """A page, and the one it leads on to, in turn."""
    answer = client.get(path, asked)
    assert answer.status_code == 200, (asked, answer.status_code)
    following = answer.content.decode().partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    addresses = [(path, asked), *([(following.replace("&amp;", "&"), {})] if "cursor=" in following else [])]
    return [timed(lambda at=at, given=given: client.get(at, given)) for at, given in addresses * times]


def past() -> None:
    """Lists of leads, 4,900 of which were given to somebody else since; the record to which most happened."""
    client, boss = signed_in(), User.objects.get(email="iris@northgate.example")
    before = Event.objects.latest("at").at + timedelta(hours=1)
    seller = User.objects.get(public_id="bench7")
    leads = list(Lead.objects.filter(public_id__startswith="bench").exclude(owner=seller).order_by("pk")[:CHANGED])
    for start in range(0, CHANGED, 10_000):
        with clock.at(before + timedelta(seconds=1)):
            assign_many(boss.actor("web"), leads[start : start + 10_000], owner=seller)
    moment = before.isoformat()
    for asked in ({}, {"sort": "name"}, {"sort": "-created"}, {"owner": "none"}, {"owner": seller.public_id}):
        say(f"leads {asked}", [shown(client, "/leads", {"as_of": moment, **asked}) for _again in range(3)])
    busy = client.get("/leads/bench1", follow=True).redirect_chain[-1][0]
    for day in (START + timedelta(days=1), START + timedelta(seconds=SPAN * 0.9)):
        say(f"a lead as of {day:%Y-%m-%d}", [shown(client, busy, {"as_of": day.isoformat()}) for _again in range(9)])


def shown(client: Client, path: str, asked: dict[str, str]) -> tuple[float, float]:
    def ask() -> None:
        answer = client.get(path, asked)
        assert answer.status_code == 200, (path, asked, answer.status_code)

    return timed(ask)


def signed_in() -> Client:
    client = Client()
    client.force_login(User.objects.get(email="iris@northgate.example"))
    return client


def timed(ask: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor time in ms."""
    started, worked = time.perf_counter(), time.process_time()
    ask()
    return (time.perf_counter() - started) * 1e3, (time.process_time() - worked) * 1e3


def say(what: str, took: list[tuple[float, float]]) -> None:
    for which, name in enumerate(("wall", "processor")):
        middle = statistics.median(each[which] for each in took)
        print(f"{what}, {name}: p50 {middle:.1f}  p95 {p95(took, which):.1f} ms", flush=True)


def p95(took: list[tuple[float, float]], which: int) -> float:
    return sorted(each[which] for each in took)[int(len(took) * 0.95)]


if __name__ == "__main__":
    deed, *rest = sys.argv[1:]
    if deed == "fill":
        fill(int(rest[0]) if rest else EVENTS)
    else:
        {"measure": measure, "past": past}[deed]()
