"""Importing a large file: rows per second beside a raw bulk insert of the same rows into the same tables, and memory.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/importing.py [--rows 1000000] [--existing 1000000] [--xlsx 100000]

The people that are there already come from a first file; a tenth of the second one's rows are among them. What the
import wrote is then read, and written once more by COPY (SQLite: executemany) in transactions of the same size.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import argparse
import csv
import os
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection, transaction
from django.db.models import Max

from fairlead.core.actor import system
from fairlead.core.event import Event, EventLink
from fairlead.core.record import writing
from fairlead.demo.world import build
from fairlead.exchange.imports.bring_in import begin, bring_in
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.models import (
    Company,
    ExactKey,
    ExternalId,
    MailAddress,
    Person,
    PhoneNumber,
    PostalAddress,
    SearchRow,
    term_index,
)
from fairlead.work.prepare import migrate

BENCH = system("bench")
TABLES: tuple[Any, ...] = (
    Company, Person, MailAddress, PhoneNumber, PostalAddress, ExternalId, Person.tags.through, ExactKey, SearchRow,
    Event, EventLink,
)  # fmt: skip
RAW = 50_000  # records that are written once more, at most
BATCH = 5_000
COLUMNS = [
    "Id",
    "First Name",
    "Last Name",
    "Job Title",
    "Company",
    "Email",
    "Other Email",
    "Phone",
    "Mobile",
    "Fax",
    "Street",
    "City",
    "State",
    "Postal Code",
    "Country",
    "Website",
    "Industry",
    "Language",
    "Lead Source",
    "Contact Owner",
    "Tags",
    "Notes",
    "Birthday",
    "Created Date",
    "Department",
]
FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dara",
    "Elif",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Liam",
    "Maja",
    "Nils",
    "Olga",
    "Priya",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uma",
    "Viktor",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zoë",
    "Łukasz",
    "Søren",
    "Ángel",
    "Jürgen",
    "François",
    "Marie",
    "Σοφία",
    "Дмитрий",
    "John",
    "Anna",
    "Peter",
    "Maria",
    "Robert",
]
HEADS = [
    "Mül",
    "Schmi",
    "Ander",
    "Peters",
    "John",
    "Raman",
    "Pever",
    "Khan",
    "Kowal",
    "Novák",
    "Garc",
    "Rossi",
    "Dupon",
    "Jans",
    "Berg",
    "Lind",
    "Hoff",
    "Wein",
]
TAILS = [
    "ler",
    "dt",
    "sen",
    "son",
    "man",
    "ski",
    "ová",
    "ía",
    "elli",
    "t",
    "holm",
    "er",
    "hauer",
    "berg",
    "feld",
    "mann",
    "garten",
    "meyer",
    "land",
    "wood",
]
TRADES = [
    "Logistics",
    "Insurance",
    "Bakery",
    "Systems",
    "Foods",
    "Motors",
    "Textiles",
    "Energy",
    "Clinics",
    "Partners",
    "Studio",
    "Transport",
]
CITIES = [
    "London",
    "Leeds",
    "Bristol",
    "Hamburg",
    "München",
    "Paris",
    "Lyon",
    "Madrid",
    "Milano",
    "Wien",
    "Graz",
    "Utrecht",
    "Gent",
    "Oslo",
    "Dublin",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--existing", type=int, default=1_000_000)
    parser.add_argument("--xlsx", type=int, default=0)
    asked = parser.parse_args()
    migrate()
    build()
    with tempfile.TemporaryDirectory() as folder:
        there, coming = Path(folder) / "there.csv", Path(folder) / "coming.csv"
        write(there, range(asked.existing))
        first = max(0, asked.existing - asked.rows // 10)
        write(coming, range(first, first + asked.rows))
        measured(there, asked.existing, "existing")
        tried(coming, asked.rows)
        since = ends()
        took = measured(coming, asked.rows, "import")
        raw(since, took / max(1, asked.rows * 9 // 10 if asked.existing else asked.rows))
        if asked.xlsx:
            sheet(Path(folder) / "coming.xlsx", first + asked.rows, asked.xlsx)


def write(path: Path, numbers: range) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows(map(row, numbers))


def row(number: int) -> list[str]:
    dice = random.Random(number)  # the same person for the same number
    one = dice.choice
    first, last, city = one(FIRST), one(HEADS) + one(TAILS), one(CITIES)
    host = last.encode("ascii", "ignore").decode().lower()
    return [
        f"C{number:08}", first, last, one(["Buyer", "Head of IT", "Office manager", "Owner", ""]),
        f"{one(HEADS)}{one(TAILS)} {one(TRADES)}", f"c{number}@{host}.example",
        f"{number}@home.example" if number % 4 == 0 else "", f"020 7{dice.randrange(10**6, 10**7):07}",
        f"+44 7700 9{dice.randrange(10**5):05}" if number % 2 else "", "", f"{dice.randrange(300)} {one(HEADS)} Street",
        city, "", f"{dice.randrange(10**5):05}", one(["GB", "DE", "France", "UK"]), "", "", one(["en", "de"]),
        one(["Fair", "Podcast", "Referral"]), "", one(["vip", "newsletter", ""]), one(["Met at the fair", "", ""]),
        f"19{dice.randrange(50, 99)}-03-{dice.randrange(1, 28):02}", "2024-05-03 10:15", one(["Sales", "IT", ""]),
    ]  # fmt: skip


def measured(path: Path, rows: int, what: str) -> float:
    """Brings the file in; seconds."""
    if not rows:
        return 0.0
    memory = Memory()
    began, used = time.monotonic(), time.process_time()
    trial = plan(BENCH, path, Wishes(noun="people"))
    outcome = bring_in(BENCH, begin(BENCH, trial, path.name), trial, path)
    took, used = time.monotonic() - began, time.process_time() - used
    counts = " ".join(f"{name} {count:,}" for name, count in outcome.counts.items())
    print(
        f"{what:9} {rows / took:10,.0f} rows/s  {took:7.1f} s  CPU here {used:7.1f} s  {memory}  {counts}", flush=True
    )
    return took


def tried(path: Path, rows: int) -> None:
    began, memory = time.monotonic(), Memory()
    trial = plan(BENCH, path, Wishes(noun="people"))
    for _verdict in trial.verdicts(path):
        pass
    took = time.monotonic() - began
    print(f"dry run   {rows / took:10,.0f} rows/s  {took:7.1f} s  {memory}  {dict(trial.counts)}", flush=True)


def sheet(path: Path, first: int, rows: int) -> None:
    from fairlead.exchange.tables import Xlsx

    table = Xlsx(path, "People", path.parent)
    table.write(list(COLUMNS))
    for number in range(first, first + rows):
        table.write(row(number))
    table.close()
    measured(path, rows, "xlsx")


# --- the same rows, raw -------------------------------------------------------------------------------------------


def ends() -> dict[Any, int]:
    return {model: model._base_manager.aggregate(last=Max("pk"))["last"] or 0 for model in TABLES}


def raw(since: dict[Any, int], each_took: float) -> None:
    """Writes what was written since once more, under new ids; what stood in the way of that is made other."""
    people = list(Person.objects.filter(pk__gt=since[Person]).order_by("pk").values_list("pk", flat=True)[:RAW])
    last, took, rows = ends(), 0.0, 0
    share = len(people) / max(1, Person.objects.filter(pk__gt=since[Person]).count())
    for batch in range(0, len(people), BATCH):
        pieces = [piece(model, since, last, share, batch / len(people), BATCH / len(people)) for model in TABLES]
        began = time.monotonic()
        with transaction.atomic(), writing(), connection.cursor() as cursor:
            for model, columns, values in pieces:
                put(cursor, model, columns, values)
                rows += len(values)
        took += time.monotonic() - began
    each = took / max(1, len(people))
    print(
        f"raw       {1 / each:10,.0f} rows/s  {len(people):,} records, {rows:,} rows of tables; "
        f"the import takes {each_took / each:.2f} times as long",
        flush=True,
    )


def piece(
    model: Any, since: dict[Any, int], last: dict[Any, int], share: float, begins: float, size: float
) -> tuple[Any, list[str], list[list[Any]]]:
    """So many of a table's new rows, with ids of their own and with other values where these must be unique."""
    fields = list(model._meta.concrete_fields)
    written = int((last[model] - since[model]) * share)
    low = since[model] + int(written * begins)
    rows = model._base_manager.filter(pk__gt=low, pk__lte=low + int(written * size)).order_by("pk")
    names = [field.attname for field in fields]
    found = [list(values) for values in rows.values_list(*names)]
    shift = last[model]
    for values in found:
        values[0] += shift
        for at, name in enumerate(names):
            if name == "public_id":
                values[at] = f"0{values[0]}"
            elif model is ExternalId and name == "value":
                values[at] = f"r{values[at]}"
            elif (model is SearchRow and name == "record_id") or (model is Person.tags.through and name == "person_id"):
                values[at] += last[Person]
    if model is Person.tags.through:  # of those alone who are in the same transaction
        low = last[Person] + since[Person] + int((last[Person] - since[Person]) * share * begins)
        many = int((last[Person] - since[Person]) * share * size)
        found = [each for each in found if low < each[names.index("person_id")] <= low + many]
    terms = {each.pk + shift: each for each in rows} if model is SearchRow else {}
    prepared = []
    for values in found:
        if model is SearchRow:
            values[names.index("terms")] = sorted(terms[values[0]].held() | {f"={values[1]}"})
        ready = [
            value if model is SearchRow and field.attname == "terms" else field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values, strict=True)
        ]
        prepared.append([getattr(each, "obj", each) for each in ready])
    return model, [field.column for field in fields], prepared


def put(cursor: Any, model: Any, columns: list[str], values: list[list[Any]]) -> None:
    table, listed = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    if connection.vendor == "postgresql":
        copied(cursor, model, table, listed, values)
        return
    marks = ", ".join(["%s"] * len(columns))
    if model is SearchRow:
        at = columns.index("terms")
        texts = [(each[0], " ".join(each[at])) for each in values]
        cursor.executemany(f"INSERT INTO {term_index.TABLE}(rowid, terms) VALUES (%s, %s)", texts)
        values = [[*each[:at], None, *each[at + 1 :]] for each in values]
    cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", values)


def copied(cursor: Any, model: Any, table: str, listed: str, values: list[list[Any]]) -> None:
    if model is SearchRow:
        values = [[*each[:-1], term_index.said(each[-1])] for each in values]
    from psycopg.types.json import Jsonb

    with cursor.cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for each in values:
            copy.write_row([Jsonb(value) if isinstance(value, (dict, list)) else value for value in each])


class Memory:
    """The most that this process and those it started have had in memory at once, in MB."""

    def __init__(self) -> None:
        self.most, self.ended = 0.0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self.ended.wait(0.2):
            self.most = max(self.most, sum(resident()))

    def __str__(self) -> str:
        self.ended.set()
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return f"memory {max(self.most, min(own, self.most or own)):.0f} MB"


def resident() -> Iterator[float]:
    """Of this process and its children."""
    own = os.getpid()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            facts = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if own in (int(facts["Pid"]), int(facts["PPid"])) and "VmRSS" in facts:
            yield int(facts["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    main()
