"""Finding records by fragments of their words, whoever may see them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Concat

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, nouns
from fairlead.models.index import SearchRow
from fairlead.models.term_index import TABLE, among, live, matching, questions
from fairlead.models.terms import AllOf, AnyOf, Asked, Term, anywhere, asked, nearly, spelled

SEARCHED = ("person", "company", "opportunity", "lead")
RELATED = {"person": ["company"], "opportunity": ["company", "person"]}
LIKE_ENOUGH = 0.72  # of 1: how much of two words must agree, so that one may be a slip for the other


@dataclass(frozen=True)
class Hit:
    """A row of the index that answers the question."""

    noun: str
    record_id: int
    text: str
    contact: str


@dataclass(frozen=True)
class Part:
    """One question to a noun's rows: what they must hold, what they are checked by, and how many are enough."""

    noun: str
    term: Term
    check: str
    values: tuple[str, ...]
    most: int


Parts = dict[str, Part]


def sees_contact(by: Actor) -> bool:
    """May this actor find by mail addresses and phone numbers?"""
    return by.level("see", "private") != "none"


def search(by: Actor, text: str, *, kinds: Sequence[str] = SEARCHED, most: int = 8) -> list[Record]:
    """Up to `most` records of each kind that hold every word of `text`, those whose text begins with it first.

    Mail addresses and phone numbers are looked in as well, when the actor may read them.
    """
    question, scopes, contact = asked(text), _scopes(by, kinds), sees_contact(by)
    if question is None or not scopes:
        return []
    begin, hold = _parts(question, scopes, most, contact)
    hits = _hits(begin.values())
    few = [part for noun, part in hold.items() if sum(hit.noun == noun for hit in hits) < begin[noun].most]
    hits = sorted(dict.fromkeys([*hits, *_hits(few)]), key=lambda hit: _rank(question, hit))
    found = []
    for noun in scopes:
        own = [hit for hit in hits if hit.noun == noun][: most * 2]
        found += _rightly(by, question, _records(by, noun, own), contact)[:most]
    return found


def alike(by: Actor, text: str, *, kinds: Sequence[str] = SEARCHED, most: int = 3) -> list[Record]:
    """For words that nothing holds: the records whose names are so written that a slip made the difference."""
    question, scopes = asked(text), _scopes(by, kinds)
    if question is None or not scopes:
        return []
    words = [spellings[0] for spellings in question.words]
    near = [AnyOf((anywhere(word), nearly(word))) for word in words]
    hits = _hits([Part(noun, AllOf((*near, scope)), "1 = 1", (), 100) for noun, scope in scopes.items()])
    scored = [(likeness, hit) for hit in hits if (likeness := _likeness(words, hit.text)) >= LIKE_ENOUGH]
    best = [hit for _score, hit in sorted(scored, key=lambda pair: (-pair[0], pair[1].text, pair[1].record_id))]
    found = [pair for noun in scopes for pair in _records(by, noun, [hit for hit in best if hit.noun == noun][:9])]
    return [record for record, _hit in sorted(found, key=lambda pair: best.index(pair[1]))][:most]


def holding(by: Actor, noun: str, text: str) -> Q:
    """The condition for records of this noun that hold every word of `text`; text without a word holds none.

    Mail addresses and phone numbers, and the names of companies and people, count as far as the actor may read them.
    """
    question = asked(text)
    if question is None:
        return access.NOBODY
    contact = sees_contact(by)
    rows = SearchRow.objects.filter(**among(noun, question.term(contact=contact)))
    own = ["text", *(["contact"] if contact else [])]
    whole = _held_in(rows, question, [*own, "linked"], contact)
    links = [name for name in RELATED.get(noun, ()) if access.reach(by, "see", nouns()[name])]
    if not links:
        return whole
    named = Q()
    for name in links:
        named &= Q(**{f"{name}__isnull": True}) | Q(
            **{f"{name}__in": nouns()[name].objects.visible_to(by).values("pk")}
        )
    return _held_in(rows, question, own, contact) | whole & named


def _held_in(rows: Any, question: Asked, texts: Sequence[str], contact: bool) -> Q:
    """The records whose rows hold every word in these of their texts."""
    said = Concat(*(part for text in texts for part in (Value(" "), F(text))), output_field=TextField())
    return Q(pk__in=rows.alias(said=said).filter(_holds(question, contact)).values("record_id"))


def _holds(question: Asked, contact: bool) -> Q:
    condition = Q()
    for spellings in question.words:
        condition &= Q(*(("said__contains", _sought(question, word)) for word in spellings), _connector=Q.OR)
    for number in question.numbers if contact else ():
        condition |= Q(contact__contains=number)
    return condition


def _scopes(by: Actor, kinds: Sequence[str]) -> dict[str, Term]:
    """For each noun that this actor sees at all, the terms of those records that it sees."""
    return {noun: scope for noun in kinds if (scope := _scope(by, noun)) is not None}


def _scope(by: Actor, noun: str) -> Term | None:
    level = by.level("see", noun)
    if level in {"none", "all"}:
        return live(noun) if level == "all" else None
    found = [f"={noun}.o{by.user_id}", f"={noun}.h{by.user_id}"]
    if level == "team":
        found += [f"={noun}.t{pk}" for pk in sorted(by.team_ids)]
        found += [f"={noun}.o{pk}" for pk in sorted(by.teammate_ids - {by.user_id})]
    return AnyOf(tuple(found))


def _parts(question: Asked, scopes: Mapping[str, Term], most: int, contact: bool) -> tuple[Parts, Parts]:
    """By noun: texts that begin with the first word, and any: a short word stands in more rows than one can rank."""
    check, values, term = _check(question, contact), _values(question, contact), question.term(contact=contact)
    first = question.words[0]
    begins = f"({' OR '.join([_place('r.text') + ' = 1'] * len(first))}) AND {check}"
    begin, sought = question.beginning(contact=contact), (*first, *values)
    return (
        {noun: Part(noun, AllOf((begin, scope)), begins, sought, most * 2) for noun, scope in scopes.items()},
        {noun: Part(noun, AllOf((term, scope)), check, values, most * 5) for noun, scope in scopes.items()},
    )


def _hits(parts: Iterable[Part]) -> list[Hit]:
    """What the index answers to all of these, in one statement."""
    asked_parts = list(parts)
    if not asked_parts:
        return []
    # put together from pieces of this module; everything typed is a parameter
    sql = " UNION ALL ".join("SELECT * FROM (" + _select(part) + ") p" for part in asked_parts)  # noqa: S608
    values = [value for part in asked_parts for value in (*questions(part.term), *part.values)]
    postgres = connection.vendor == "postgresql"
    # On SQLite a transaction would wait for whoever writes.
    with transaction.atomic() if postgres else nullcontext(), connection.cursor() as cursor:
        if postgres:
            # The planner would rather read the whole table for a frequent word, as if its rows lay evenly.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(sql, values)
        return [Hit(*row) for row in cursor.fetchall()]


def _select(part: Part) -> str:
    columns, end = "r.noun, r.record_id, r.text, r.contact", f"AND {part.check} LIMIT {part.most}"
    if connection.vendor == "postgresql":
        terms = matching("r.terms", len(questions(part.term)))
        # a noun is one of the models'
        return f"SELECT {columns} FROM fairlead_searchrow r WHERE {terms} AND r.noun = '{part.noun}' {end}"  # noqa: S608
    return (
        f"SELECT {columns} FROM {TABLE} f CROSS JOIN fairlead_searchrow r ON r.id = f.rowid "  # noqa: S608
        f"WHERE f.{TABLE} MATCH %s AND {part.check} ORDER BY f.rowid DESC LIMIT {part.most}"
    )


def _check(question: Asked, contact: bool) -> str:
    """Trigrams of a word may stand apart: the row itself is asked, too."""
    text = "' ' || r.text || ' ' || r.linked" + (" || ' ' || r.contact" if contact else "")
    words = [f"({' OR '.join([_place(text) + ' > 0'] * len(spellings))})" for spellings in question.words]
    numbers = [_place("r.contact") + " > 0" for _number in question.numbers if contact]
    return f"(({' AND '.join(words)}){''.join(f' OR {each}' for each in numbers)})"


def _sought(question: Asked, word: str) -> str:
    return " " + word if question.only_begins(word) else word


def _values(question: Asked, contact: bool) -> tuple[str, ...]:
    words = [_sought(question, word) for spellings in question.words for word in spellings]
    return (*words, *(question.numbers if contact else ()))


def _place(text: str) -> str:
    return f"{'strpos' if connection.vendor == 'postgresql' else 'instr'}({text}, %s)"


def _rank(question: Asked, hit: Hit) -> tuple[bool, bool, int]:
    first = question.words[0]
    begins = hit.text.startswith(first)
    whole = all(f" {word} " in f" {hit.text} " for word in (spellings[0] for spellings in question.words))
    return not begins, not whole, -hit.record_id


def _records(by: Actor, noun: str, hits: Sequence[Hit]) -> list[tuple[Record, Hit]]:
    """The records of these hits that the actor may see, in the hits' order."""
    if not hits:
        return []
    seen: Any = nouns()[noun].objects.visible_to(by).live().select_related(*RELATED.get(noun, []))
    records = seen.in_bulk([hit.record_id for hit in hits])
    return [(records[hit.record_id], hit) for hit in hits if hit.record_id in records]


def _rightly(by: Actor, question: Asked, found: Sequence[tuple[Record, Hit]], contact: bool) -> list[Record]:
    """Without those that answer only by the name of a company or person which the actor may not see."""
    hidden = _hidden(by, [record for record, _hit in found])
    return [
        record
        for record, hit in found
        if not any(_link(record, name) in hidden for name in RELATED.get(hit.noun, ()))
        or question.fits(hit.text, *([hit.contact] if contact else []), *_shown(record, hidden))
    ]


def _shown(record: Record, hidden: frozenset[Link]) -> list[str]:
    others = {name: getattr(record, name) for name in RELATED.get(record.noun(), ())}
    return [spelled(str(other)) for name, other in others.items() if other and _link(record, name) not in hidden]


def _hidden(by: Actor, records: Sequence[Record]) -> frozenset[Link]:
    """Of the companies and people that these belong to, those that the actor may not see."""
    linked = {_link(record, name) for record in records for name in RELATED.get(record.noun(), ())}
    wanted: dict[str, list[int]] = {}
    for noun, pk in linked:
        if pk and by.level("see", noun) != "all":
            wanted.setdefault(noun, []).append(pk)
    seen = {(n, pk) for n, ids in wanted.items() for pk in nouns()[n].objects.visible_to(by).in_bulk(ids)}
    return frozenset((noun, pk) for noun, ids in wanted.items() for pk in ids) - seen


def _link(record: Record, name: str) -> Link:
    return name, getattr(record, f"{name}_id") or 0


def _likeness(words: Sequence[str], text: str) -> float:
    """How like the words of a text these are, from 0 to 1: the mean, and 0 if one of them is like none."""
    each = [max((SequenceMatcher(None, word, other).ratio() for other in text.split()), default=0.0) for word in words]
    return sum(each) / len(each) if min(each) >= LIKE_ENOUGH else 0.0
