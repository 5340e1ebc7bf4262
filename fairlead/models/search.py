"""Finding records by fragments of their words, whoever may see them."""

from typing import Any

from django.db.models import Q

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record, nouns
from fairlead.models import normal
from fairlead.models.index import SearchRow
from fairlead.models.organisation import Organisation

SEARCHED = ("person", "company", "opportunity", "lead")
RELATED = {"person": ["company"], "opportunity": ["company", "person"]}


def search(by: Actor, text: str, *, kinds: tuple[str, ...] = SEARCHED, most: int = 8) -> list[Record]:
    """Up to `most` records of each kind that hold every word of `text`, those whose text begins with it first."""
    condition = _matching(text)
    if condition is None:
        return []
    first = _words(text)[0]
    found: list[Record] = []
    for noun in (kind for kind in kinds if access.can_any(by, "see", kind)):
        seen = nouns()[noun].objects.visible_to(by).live()
        rows: Any = SearchRow.objects.filter(condition, noun=noun, record_id__in=seen.values("pk"))
        matches = rows.values_list("record_id", "text")[: most * 5]
        best = sorted(matches, key=lambda match: (not match[1].startswith(first), match[1]))[:most]
        records = seen.select_related(*RELATED.get(noun, [])).in_bulk([pk for pk, _text in best])
        found += [records[pk] for pk, _text in best if pk in records]
    return found


def holding(noun: str, text: str) -> Q:
    """The condition for records of this noun that hold every word of `text`; text without a word holds none."""
    condition = _matching(text)
    if condition is None:
        return access.NOBODY
    return Q(pk__in=SearchRow.objects.filter(condition, noun=noun).values("record_id"))


def _matching(text: str) -> Q | None:
    """Every word as a fragment; or, when the whole is a phone number, that number however it is written."""
    words = _words(text)
    if not words:
        return None
    condition = Q()
    for word in words:
        condition &= Q(text__contains=word)
    number = _number(text)
    return condition | Q(text__contains=number) if number else condition


def _words(text: str) -> list[str]:
    return normal.words(text[:200]).split()[:8]


def _number(text: str) -> str:
    digits = sum(letter.isdigit() for letter in text)
    letters = any(letter.isalpha() for letter in text)
    return normal.phone(text, Organisation.ours().country) if 6 <= digits <= 20 and not letters else ""
