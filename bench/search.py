"""Search per keystroke in a database of a million leads and a million people.

    DATABASE_URL=… bench/search.py fill [ROWS]     fill a fresh database (rows by INSERT … SELECT, terms in bulk)
    DATABASE_URL=… bench/search.py measure         what each keystroke costs under each visibility, in ms

The search itself is measured (question, records, rights), without the page around it.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection, transaction

from fairlead.core.actor import Actor
from fairlead.core.record import writing
from fairlead.demo.world import World, build
from fairlead.models import Lead, Organisation, Person, SearchRow, User, term_index
from fairlead.models.index import here
from fairlead.models.search import alike, search
from fairlead.models.terms import digits, spelled
from fairlead.work.prepare import migrate

FIRST = (
    "Ada Ben Cleo Dara Elif Finn Greta Hugo Ines Jonas Kira Liam Maja Nils Olga Priya Quinn Rosa Sven Tara Uma Viktor"
)
FIRST += (
    " Wanda Xenia Yusuf Zoë Łukasz Søren Ángel Jürgen François Marie Σοφία Дмитрий 美咲 John Anna Peter Maria Robert"
)
HEADS = "Mül Schmi Ander Peters John Raman Pever Khan Kowal Novák Garc Rossi Dupon Jans Berg Lind Hoff Wein Stein Bau"
TAILS = "ler dt sen son man ski ová ía elli t holm er hauer berg feld mann garten meyer land wood"
TOWNS = "Logistics Insurance Bakery Systems Foods Motors Textiles Energy Clinics Partners Studio Transport"
FIRST_OWNER = "(SELECT min(id) FROM fairlead_user WHERE public_id LIKE 'seller%%')"
OWNERS = 100  # each has a hundredth of the records; ten make a team
TYPED = ["pe", "pev", "peve", "pever", "peverb", "peverberg", "ma", "mar", "maria", "maria k", "maria kh", "maria khan"]
TYPED += [
    "muller",
    "mueller",
    "hauer",
    "sen",
    "020 7946",
    "+44 20 7946",
    "7946 0",
    "@pever",
    "美咲",
    "дми",
    "σοφ",
    "zzzq",
]


def fill(rows: int) -> None:
    """Leads and people, and their search rows; the order of owners is not the order of names."""
    started = time.monotonic()
    migrate()
    with transaction.atomic(), writing():
        world = build()
        world_owners(world)
    for model in (Lead, Person):
        with transaction.atomic(), writing():
            copy_rows(model, rows)
        print(f"{model.noun()}: {rows:,} rows after {time.monotonic() - started:.0f} s", flush=True)
        index_rows(model)
        print(f"{model.noun()}: indexed after {time.monotonic() - started:.0f} s", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"done after {time.monotonic() - started:.0f} s", flush=True)


def world_owners(world: World) -> None:
    """A hundred sellers like the demo's Sam."""
    columns = [f.column for f in User._meta.concrete_fields if not f.primary_key]
    given = {"email": "'seller' || n.n || '@bench.example'", "public_id": "'seller' || n.n"}
    picked = ", ".join(given.get(column, f'u."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {OWNERS}) "
            f"INSERT INTO fairlead_user ({names}) SELECT {picked} FROM n, fairlead_user u WHERE u.id = {world.sam.pk}"
        )


def copy_rows(model: Any, rows: int) -> None:
    """One record as the mould of all, with names, owners and numbers of their own."""
    mould = model.objects.order_by("pk").first().pk
    given = {
        "public_id": "'bench' || n.n",
        "name": f"{word(FIRST, 'n.n')} || ' ' || {word(HEADS, 'n.n / 7')} || {word(TAILS, 'n.n / 131')}",
        "company_name": f"{word(HEADS, 'n.n / 3')} || {word(TAILS, 'n.n / 17')} || ' ' || {word(TOWNS, 'n.n / 11')}",
        "email": "'c' || n.n || '@bench.example'",
        "phone_e164": "'+442079' || (100000 + n.n % 899999)",
        "phone": "''",
        "company_id": "NULL",
        "owner_id": f"{FIRST_OWNER} + (n.n % {OWNERS} * 19) % {OWNERS}",
        "team_id": "NULL",
    }
    columns = [f.column for f in model._meta.concrete_fields if not f.primary_key]
    picked = ", ".join(given.get(column, f'm."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) "
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {picked} FROM n, {model._meta.db_table} m "
            f"WHERE m.id = {mould}"
        )


def word(words: str, place: str) -> str:
    """SQL for the word at a place of a list, round and round."""
    choices = words.split()
    cases = " ".join(f"WHEN {at} THEN '{each}'" for at, each in enumerate(choices))
    return f"CASE ({place}) % {len(choices)} {cases} END"


def index_rows(model: Any) -> None:
    columns = ["pk", "name", "owner_id", *(["company_name", "email", "phone_e164"] if model is Lead else ["public_id"])]
    known = model.objects.filter(public_id__startswith="bench").values_list(*columns).order_by("pk")
    batch: list[SearchRow] = []
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgres:
            cursor.execute("SET maintenance_work_mem = '400MB'")
            cursor.execute("DROP INDEX IF EXISTS search_row_terms")
    for values in known.iterator(chunk_size=5000):
        batch.append(search_row(model.noun(), values))
        if len(batch) == 5000:
            write(batch)
    write(batch)
    if postgres:
        with connection.schema_editor() as editor:
            editor.add_index(SearchRow, SearchRow._meta.indexes[0])


def search_row(noun: str, values: tuple[Any, ...]) -> SearchRow:
    pk, name, owner, *more = values
    company, mail, phone = (
        more if len(more) == 3 else ("", f"{more[0]}@bench.example", f"+442079{100000 + pk % 899999}")
    )
    row = SearchRow(noun=noun, record_id=pk, text=spelled(name, company), contact=f"{spelled(mail)} {digits(phone)}")
    row.terms = row.held() | {here(noun), f"={noun}.o{owner}"}
    return row


def write(batch: list[SearchRow]) -> None:
    with transaction.atomic(), writing():
        if connection.vendor == "postgresql":
            with (
                connection.cursor() as cursor,
                cursor.copy(
                    "COPY fairlead_searchrow (noun, record_id, text, contact, linked, terms) FROM STDIN"
                ) as copy,
            ):
                for row in batch:
                    plain = " ".join("'" + term.replace("'", "''") + "'" for term in sorted(row.terms))
                    copy.write_row((row.noun, row.record_id, row.text, row.contact, "", plain))
        else:
            term_index.keep((row.pk, row.terms) for row in SearchRow.objects.bulk_create(batch))
    batch.clear()


def measure() -> None:
    """Each text is typed thirty times under each visibility; the pages of the database are warm."""
    print(f"{connection.vendor}: {Lead.objects.count():,} leads, {Person.objects.count():,} people")
    Organisation.ours()
    every: dict[str, list[float]] = {}
    for name, by in actors():
        for text in TYPED:
            took, found = timed(lambda text=text, by=by: search(by, text, most=5))
            every.setdefault(name, []).extend(took)
            print(f"{name:5} {text:12} p50 {statistics.median(took):6.1f}  p95 {p95(took):6.1f} ms  {found} found")
        took, found = timed(lambda by=by: alike(by, "Maria Kahnhauer"))
        print(
            f"{name:5} {'did you mean':12} p50 {statistics.median(took):6.1f}  p95 {p95(took):6.1f} ms  {found} found"
        )
    for name, took in every.items():
        print(
            f"{name:5} all keystrokes: p50 {statistics.median(took):.1f}  p95 {p95(took):.1f} ms  worst {max(took):.1f}"
        )


def actors() -> Iterator[tuple[str, Actor]]:
    first = User.objects.filter(public_id__startswith="seller").order_by("pk").first()
    assert first is not None
    mates = frozenset(range(first.pk, first.pk + 10))
    for level in ("all", "team", "own"):
        grants: Any = {"*": {"see": level}}
        yield level, Actor("user", "web", level, user_id=first.pk, teammate_ids=mates, grants=grants)


def timed(ask: Any, times: int = 30) -> tuple[list[float], int]:
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
    deed, *rest = sys.argv[1:]
    fill(int(rest[0]) if rest else 1_000_000) if deed == "fill" else measure()
