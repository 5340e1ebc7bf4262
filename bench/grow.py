"""Multiplies what the bulk verbs made, in SQL: `grow.py [ROWS [TASKS]]`, so many leads and as many people.

    FAIRLEAD_DATA=folder [DATABASE_URL=…] bench/grow.py [ROWS [TASKS]]

The first 10,000 leads and people, with what belongs to them, are added by the bulk verbs (bench/fill.py). Then rows are
copied table by table: ids, moments, names, addresses and numbers differ, and whatever is derived from these (exact
keys, search rows and their terms) is made of the new ones. In the end a sample is compared with what the product itself
would derive. Each copy takes up its own part of the three years. Last, bench/tasks.py makes so many tasks.
"""

# Django is set up before anything of ours is imported.
# ruff: noqa: E402

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

import django

django.setup()

from django.db import connection, models
from fill import SPAN, seed, settle, told, without_term_index
from growing import POSTGRES, go_on, later, padded, quickly, run, top
from tasks import main as grow_tasks
from words import SIZES, keep_words

from fairlead.core.event import Event, EventLink
from fairlead.core.record import writing
from fairlead.models import (
    Activity,
    Company,
    ExactKey,
    Lead,
    MailAddress,
    Opportunity,
    Person,
    PhoneNumber,
    SearchRow,
    Task,
)  # fmt: skip
from fairlead.models.index import search_row
from fairlead.models.term_index import TABLE
from fairlead.models.terms import AllOf

SEED = 10_000
COPIED: tuple[Any, ...] = (
    Company, Person, MailAddress, PhoneNumber, Lead, Opportunity, Task, Activity, Event, EventLink,
)  # fmt: skip
SEARCHED: tuple[Any, ...] = (Company, Person, Lead, Opportunity)
PLACES = "abc"  # of ids in what an event changed
PRIME = 1_000_003


@dataclass(frozen=True)
class Stock:
    """The rows of one table that are copied: ids above `low` up to `high`; each copy is so many ids further on."""

    low: int
    high: int

    @property
    def span(self) -> int:
        return self.high - self.low


Stocks = dict[Any, Stock]


def main(rows: int, tasks: int = 0) -> None:
    copies = max(rows // SEED, 1)
    step = max(SPAN.days // copies, 1)
    low = seeded(min(rows, SEED), step)
    if copies > 1:
        stocks = {model: Stock(low[model], top(model)) for model in COPIED}
        with writing(), quickly((*COPIED, ExactKey), keep=r'\("?person_id"?\)'), without_term_index():
            keep_words()
            for model in COPIED:
                grow(model, stocks, copies, step)
            index(stocks, copies)
        compare(stocks)
    settle()
    grow_tasks(tasks)
    told("done")


def seeded(rows: int, step: int) -> dict[Any, int]:
    """The first rows, by the bulk verbs; for each table the highest id before."""
    low: dict[Any, int] = {}
    seed(rows, timedelta(days=step), 25, before=lambda: low.update({model: top(model) for model in COPIED}))
    return low


def grow(model: Any, stocks: Stocks, copies: int, step: int) -> None:
    """Copy one table; what is not named here is as it was in the first."""
    if model is Event:
        _keep_changes(stocks)
    for number in range(1, copies):
        run(_copy(model, stocks, number, step))
    run(f"ANALYZE {model._meta.db_table}")
    told(f"{model._base_manager.count():,} {model._meta.db_table.removeprefix('fairlead_')}")


# --- copies ------------------------------------------------------------------------------------------------------


def _copy(model: Any, stocks: Stocks, number: int, step: int) -> str:
    """The statement for one copy: `m` is the first row, `m.id` further on its own id."""
    own = stocks[model]
    pk = f"(m.id + {own.span * number})"
    columns = {field.column: _column(field, stocks, number, step) for field in model._meta.concrete_fields}
    given, joins = SPECIAL.get(model, _nothing)(pk, stocks, number)
    columns |= given | {"id": pk}
    if "public_id" in columns:
        columns["public_id"] = f"'b' || {padded(pk, 9)}"
    names = ", ".join(f'"{name}"' for name in columns)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM {table} m {joins} "
        f"WHERE m.id > {own.low} AND m.id <= {own.high} ORDER BY m.id"
    )


def _column(field: Any, stocks: Stocks, number: int, step: int) -> str:
    column = f'm."{field.column}"'
    if field.is_relation and field.related_model in stocks:
        return f"{column} + {stocks[field.related_model].span * number}"
    if isinstance(field, models.DateTimeField):
        return later(column, number * step)
    if isinstance(field, models.DateField):
        return f"{column} + {number * step}" if POSTGRES else f"date({column}, '{number * step} days')"
    return column


Given = tuple[dict[str, str], str]  # SQL by column, and the joins that it needs


def _nothing(pk: str, stocks: Stocks, number: int) -> Given:
    return {}, ""


def _company(pk: str, stocks: Stocks, number: int) -> Given:
    return {"name": NAMES[Company], "website": f"'https://' || {_site(pk)}"}, _words(Company, pk)


def _person(pk: str, stocks: Stocks, number: int) -> Given:
    return {"name": NAMES[Person]}, _words(Person, pk)


def _mail(pk: str, stocks: Stocks, number: int) -> Given:
    of = f"(m.person_id + {stocks[Person].span * number})"
    return {"address": _address(of), "normal": _address(of)}, _words(Person, of) + _join("domain", "d", of, 5)


def _phone(pk: str, stocks: Stocks, number: int) -> Given:
    return {"typed": _typed(pk), "e164": _e164(pk)}, _join("area", "a", pk, 6)


def _lead(pk: str, stocks: Stocks, number: int) -> Given:
    given = {
        "name": NAMES[Person],
        "company_name": "cl.said || ' ' || ct.said",
        "email": _address(pk),
        "phone": f"CASE WHEN m.phone = '' THEN '' ELSE {_typed(pk)} END",
        "phone_e164": f"CASE WHEN m.phone = '' THEN '' ELSE {_e164(pk)} END",
    }
    return given, _words(Person, pk) + _words(Company, pk) + _join("domain", "d", pk, 5) + _join("area", "a", pk, 6)


def _opportunity(pk: str, stocks: Stocks, number: int) -> Given:
    return {"title": NAMES[Opportunity]}, _words(Opportunity, pk)


def _task(pk: str, stocks: Stocks, number: int) -> Given:
    about = [
        f"(SELECT {shown} FROM {model._meta.db_table} WHERE id = m.{noun}_id + {stocks[model].span * number})"
        for noun, model, shown in (
            ("person", Person, "name"), ("company", Company, "name"),
            ("lead", Lead, "name"), ("opportunity", Opportunity, "title"),
        )
    ]  # fmt: skip
    return {"title": f"'Ring ' || COALESCE({', '.join(about)})"}, ""


def _event(pk: str, stocks: Stocks, number: int) -> Given:
    """The act is another one, and what it changed are the copies."""
    text = "c.said"
    for place in PLACES:
        text = f"replace({text}, '@{place}@', CAST(c.{place} + {number} * c.{place}_span AS text))"
    act = f"m.act::text, 1, 28) || '{number:08x}')::uuid" if POSTGRES else f"m.act, 1, 24) || '{number:08x}')"
    given = {"act": f"(substr({act}", "changes": f"CAST({text} AS jsonb)" if POSTGRES else text}
    return given, "JOIN bench_change c ON c.event = m.id"


def _link(pk: str, stocks: Stocks, number: int) -> Given:
    known = " ".join(f"WHEN '{model.noun()}' THEN {stocks[model].span * number}" for model in COPIED[:8])
    return {"record_id": f"m.record_id + CASE m.kind {known} ELSE 0 END"}, ""


def _keep_changes(stocks: Stocks) -> None:
    """What each event changed, with places in it for the ids of the copies; bulk events name no more than three."""
    spans = {model.noun(): stock.span for model, stock in stocks.items() if hasattr(model, "noun")}
    rows = []
    for event in Event.objects.filter(pk__gt=stocks[Event].low):
        named = list(zip(PLACES, event.changes, strict=False))
        assert len(named) == len(event.changes), event.changes
        said = json.dumps([[noun, f"@{place}@", *rest] for place, (noun, _id, *rest) in named])
        for place in PLACES:
            said = said.replace(f'"@{place}@"', f"@{place}@")
        ids = [each for noun, record_id, *_rest in event.changes for each in (record_id, spans[noun])]
        rows.append([event.pk, said, *ids, *[0] * (6 - len(ids))])
    with connection.cursor() as cursor:
        numbers = ", ".join(f"{place} bigint, {place}_span bigint" for place in PLACES)
        cursor.execute(f"CREATE TEMPORARY TABLE bench_change (event bigint PRIMARY KEY, said text, {numbers})")
        cursor.executemany("INSERT INTO bench_change VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", rows)
        cursor.execute("ANALYZE bench_change")


# --- what a record is called: each by its id, so that others find it out from the id alone -----------------------

NAMES = {
    Person: "f.said || ' ' || l.said",
    Company: "cl.said || ' ' || ct.said",
    Opportunity: "w.said || ', ' || s.said",
}
SPECIAL: dict[Any, Any] = {
    Company: _company,
    Person: _person,
    MailAddress: _mail,
    PhoneNumber: _phone,
    Lead: _lead,
    Opportunity: _opportunity,
    Task: _task,
    Event: _event,
    EventLink: _link,
}


def _words(model: Any, pk: str) -> str:
    """The joins for its words; those of companies begin with c, so that they stand beside a person's."""
    if model is Person:
        return _join("first", "f", pk, 1) + _join("last", "l", pk, 2)
    if model is Company:
        return _join("last", "cl", pk, 3) + _join("trade", "ct", pk, 4)
    return _join("want", "w", pk, 7) + _join("seats", "s", pk, 8)


def _join(words: str, alias: str, pk: str, salt: int) -> str:
    """One word of a list, some much more often than others, as names are."""
    die = f"(({pk} * {48271 + salt * 6151} + {pk} / 61 * {69621 + salt}) % {PRIME})"
    return f" LEFT JOIN bench_{words} {alias} ON {alias}.at = {die} * {die} / {PRIME} * {SIZES[words]} / {PRIME}"


def _address(pk: str) -> str:
    return f"f.mail || '.' || l.mail || {pk} || '@' || d.said"


def _site(pk: str) -> str:
    return f"cl.mail || '-' || {pk} || '.example'"


def _number(pk: str) -> str:
    """The ten digits of a number within its country."""
    return f"a.said || substr({padded(f'({pk} * 2654435761 % 10000000000)', 10)}, length(a.said) + 1)"


def _e164(pk: str) -> str:
    return f"'+44' || {_number(pk)}"


def _typed(pk: str) -> str:
    return f"'0' || a.said || ' ' || substr({_number(pk)}, length(a.said) + 1)"


# --- what is derived ---------------------------------------------------------------------------------------------


def index(stocks: Stocks, copies: int) -> None:
    """Exact keys and search rows of all copies."""
    for keys in exact_keys(stocks):
        run(f"INSERT INTO fairlead_exactkey (kind, value, noun, record_id) {keys}")
    told(f"{ExactKey.objects.count():,} exact keys")
    for model in SEARCHED:
        table, high, after = model._meta.db_table, stocks[model].high, top(SearchRow)
        texts = dict(zip(("own", "contact", "linked", "terms"), TEXTS[model](), strict=True))
        said = f"m.id AS id, {', '.join(f'{text} AS {name}' for name, text in texts.items())}"
        found = f"SELECT {said} FROM {table} m {_needed(model)} WHERE m.id > {high}"
        kept = "terms" if POSTGRES else "NULL"
        run(
            "INSERT INTO fairlead_searchrow (id, noun, record_id, text, contact, linked, terms) "
            f"SELECT {after} + id - {high}, '{model.noun()}', id, own, contact, linked, {kept} FROM ({found}) r"
        )
        if not POSTGRES:
            run(f"INSERT INTO {TABLE} (rowid, terms) SELECT {after} + id - {high}, terms FROM ({found}) r")
        told(f"{model._base_manager.count():,} search rows of {model._meta.verbose_name_plural}")
    go_on((SearchRow,))


def exact_keys(stocks: Stocks) -> list[str]:
    """What each kind of key is made of."""
    mails, phones, leads, companies = (stocks[model].high for model in (MailAddress, PhoneNumber, Lead, Company))
    return [
        f"SELECT 'mail', normal, 'person', person_id FROM fairlead_mailaddress WHERE id > {mails}",
        f"SELECT 'phone', e164, 'person', person_id FROM fairlead_phonenumber WHERE id > {phones}",
        f"SELECT 'mail', email, 'lead', id FROM fairlead_lead WHERE id > {leads}",
        f"SELECT 'phone', phone_e164, 'lead', id FROM fairlead_lead WHERE id > {leads} AND phone_e164 <> ''",
        f"SELECT 'domain', substr(website, 9), 'company', id FROM fairlead_company WHERE id > {companies}",
    ]


Texts = tuple[str, str, str, str]  # its own words, mail and phone, the names of what it belongs to, and the terms
NO_TERMS = "''::tsvector" if POSTGRES else "''"
PERSON, COMPANY, SALE = ["f", "l"], ["cl", "ct"], ["w", "s"]


def _of_company() -> Texts:
    own = f"{_spelled(COMPANY)[0]} || ' ' || substr(m.website, 9) || {_spelled(COMPANY)[1]}"
    return own, "''", "''", _both(Company, own, COMPANY, _trigrams("substr(m.website, 9)", ""))


def _of_person() -> Texts:
    own = " || ".join(_spelled(PERSON))
    known = ["e.address", "substr(h.e164, 2)", "replace(h.typed, ' ', '')"]
    linked = f"COALESCE({' || '.join(_spelled(COMPANY))}, '')"
    parts = [_trigrams(each, "~") for each in known]
    return own, f"concat_ws(' ', {', '.join(known)})", linked, _both(Person, own, PERSON + COMPANY, *parts)


def _of_lead() -> Texts:
    own = " || ".join(_spelled([*PERSON, *COMPANY, "w"]))
    numbers = ("substr(m.phone_e164, 2)", "replace(m.phone, ' ', '')")
    known = ["m.email", *(f"NULLIF({each}, '')" for each in numbers)]
    parts = [_trigrams(each, "~") for each in known]
    terms = _both(Lead, own, [*PERSON, *COMPANY, "w"], *parts)
    return own, f"concat_ws(' ', {', '.join(known)})", "''", terms


def _of_opportunity() -> Texts:
    own = " || ".join(_spelled(SALE))
    linked = " || ".join(_spelled(COMPANY + PERSON))
    return own, "''", linked, _both(Opportunity, own, SALE + COMPANY + PERSON)


TEXTS: dict[Any, Any] = {Company: _of_company, Person: _of_person, Lead: _of_lead, Opportunity: _of_opportunity}


def _needed(model: Any) -> str:
    """The joins for the texts of a noun's rows."""
    if model is Company:
        return _words(Company, "m.id")
    if model is Opportunity:
        return _words(Opportunity, "m.id") + _words(Company, "m.company_id") + _words(Person, "m.person_id")
    if model is Lead:
        wanted = " JOIN bench_want w ON w.said = m.interest"
        return _words(Person, "m.id") + _words(Company, "m.id") + wanted
    points = (
        "LEFT JOIN fairlead_mailaddress e ON e.person_id = m.id LEFT JOIN fairlead_phonenumber h ON h.person_id = m.id"
    )
    return points + _words(Person, "m.id") + _words(Company, "m.company_id")


def _spelled(words: list[str]) -> tuple[str, str]:
    """The words as they are, and their other spellings; those of records that are not there are left out."""
    plain, extra = ", ".join(f"{word}.plain" for word in words), ", ".join(f"{word}.extra" for word in words)
    return f"concat_ws(' ', {plain})", f"concat({extra})"


def _both(model: Any, own: str, words: list[str], *more: str) -> str:
    """All terms of a row: those of its words, of how it begins, and of whose it is."""
    noun = model.noun()
    begins = [f"'<' || substr({own}, 1, {length})" for length in (1, 2, 3)]
    whose = [f"'={noun}'", f"'={noun}.o' || m.owner_id", f"'={noun}.t' || m.team_id"]
    parts = [f"COALESCE({word}.terms, {NO_TERMS})" for word in words]
    return (" || " if POSTGRES else " || ' ' || ").join([*parts, *more, _terms([*begins, *whose])])


def _terms(each: list[str]) -> str:
    return f"array_to_tsvector(ARRAY[{', '.join(each)}])" if POSTGRES else " || ' ' || ".join(each)


def _trigrams(word: str, sign: str) -> str:
    """The terms of one word of signs that are not in any list."""
    begins = [f"'{sign}^' || substr({word}, 1, {length})" for length in (1, 2)]
    every = f"'{sign}' || substr({word}, n, 3)"
    among = f"FROM bench_number WHERE n <= length({word}) - 2"
    if POSTGRES:
        held = f"(SELECT array_to_tsvector(array_agg({every}) || ARRAY[{', '.join(begins)}]) {among})"
    else:
        held = f"(SELECT group_concat({every}, ' ') {among}) || ' ' || {_terms(begins)}"
    return f"CASE WHEN {word} IS NULL THEN {NO_TERMS} ELSE {held} END"


# --- is it right? ------------------------------------------------------------------------------------------------


def compare(stocks: Stocks) -> None:
    """A sample of the copies, spread over all: what was derived in SQL is what the product derives of them."""
    seen = 0
    for model in SEARCHED:
        newest = top(model)
        ids = [stocks[model].high + (newest - stocks[model].high) * number // 60 for number in range(1, 61)]
        for record in model.objects.filter(pk__in=ids).prefetch_related(*model.indexed_with(), "collaborators"):
            assert not list(_differences(record)), list(_differences(record))
            seen += 1
    told(f"{seen} copies compared with what the product derives")


def _differences(record: Any) -> Iterator[Any]:
    noun, wanted = record.noun(), search_row(record)
    row = SearchRow.objects.get(noun=noun, record_id=record.pk)
    for name in ("text", "contact", "linked"):
        if set(getattr(row, name).split()) != set(getattr(wanted, name).split()):
            yield record, name, getattr(row, name), getattr(wanted, name)
    if not SearchRow.objects.filter(pk=row.pk, terms__match=AllOf(tuple(sorted(wanted.terms)))).exists():
        yield record, "terms", sorted(wanted.terms)
    keys = ExactKey.objects.filter(noun=noun, record_id=record.pk).values_list("kind", "value")
    if sorted(set(keys)) != sorted({key for key in record.exact_keys() if key[1]}):
        yield record, "keys", sorted(keys)


if __name__ == "__main__":
    main(*[int(each) for each in sys.argv[1:]] or [1_000_000, 5_000_000])
