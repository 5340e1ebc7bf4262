"""Finding records by fragments of their words, whoever may see them."""

from fairlead.core.actor import Actor
from fairlead.core.record import Record, nouns
from fairlead.models import normal
from fairlead.models.index import SearchRow

SEARCHED = ("person", "company", "opportunity", "lead")


def search(by: Actor, text: str, *, kinds: tuple[str, ...] = SEARCHED, most: int = 8) -> list[Record]:
    """Up to `most` records of each kind that hold every word of `text`, those whose text begins with it first."""
    words = normal.words(text[:200]).split()[:8]
    if not words:
        return []
    found: list[Record] = []
    for noun in kinds:
        rows = SearchRow.objects.filter(noun=noun)
        for word in words:
            rows = rows.filter(text__contains=word)
        seen = nouns()[noun].objects.visible_to(by).live()
        matches = rows.filter(record_id__in=seen.values("pk")).values_list("record_id", "text")[: most * 5]
        best = sorted(matches, key=lambda match: (not match[1].startswith(words[0]), match[1]))[:most]
        records = seen.select_related(*(["company"] if noun in {"person", "opportunity"} else [])).in_bulk(
            [pk for pk, _text in best]
        )
        found += [records[pk] for pk, _text in best if pk in records]
    return found
