"""What belongs together: the records whose events make one timeline, and what stands in short lists beside it."""

from typing import Any

from django.db.models import Q

from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.core.record import Link, Record, nouns

MOST = 50
# For each noun: which others point at it, and through which field.
POINTING: dict[str, tuple[tuple[str, str], ...]] = {
    "person": (("lead", "person"), ("opportunity", "person")),
    "company": (("person", "company"), ("lead", "company"), ("opportunity", "company")),
    "lead": (),
    "opportunity": (),
}
# For a lead and an opportunity: the other ones that it became, or came from, by either of the two links.
CAME: dict[str, tuple[str, str]] = {"lead": ("opportunity", "opportunity_id"), "opportunity": ("lead", "lead_id")}
CUSTOMER = ("person", "company")
JOINED = {"opportunity": ("stage", "company"), "lead": ("campaign",), "person": ()}

Related = dict[str, list[Record]]


def related(record: Record, by: Actor) -> Related:
    """The records linked with this one that the reader may see, by noun, newest first; one query each."""
    found: Related = {noun: _POINTING[noun, field](by, record.pk) for noun, field in POINTING[record.noun()]}
    if record.noun() in CAME:
        noun, column = CAME[record.noun()]
        found[noun] = _CAME[record.noun()](by, record.pk, getattr(record, column) or 0)
    return found


def links(record: Record, found: Related) -> list[Link]:
    """Whose events make up the timeline: as the record's own `linked`, without what the reader may not see."""
    others = [(noun, other.pk) for noun, others in found.items() for other in others]
    whom = [(noun, getattr(record, f"{noun}_id")) for noun in CUSTOMER] if record.noun() in CAME else []
    return [(record.noun(), record.pk), *others, *((noun, pk) for noun, pk in whom if pk)]


def _pointing(noun: str, field: str) -> PreparedFor:
    def rows(by: Actor, pk: int) -> Any:
        # the field is one of POINTING
        # nosemgrep
        found = nouns()[noun].objects.visible_to(by).filter(**{field: pk})
        found = found.select_related(*JOINED[noun]) if JOINED[noun] else found
        return found.order_by("-pk")[:MOST]

    return PreparedFor(rows, (), int)


def _came(noun: str, back: str) -> PreparedFor:
    def rows(by: Actor, pk: int, other: int) -> Any:
        # the field is one of CAME
        # nosemgrep
        found = nouns()[noun].objects.visible_to(by).filter(Q(**{back: pk}) | Q(pk=other))
        found = found.select_related(*JOINED[noun]) if JOINED[noun] else found
        return found.order_by("-pk")[:MOST]

    return PreparedFor(rows, (), int, int)


_POINTING = {each: _pointing(*each) for pointing in POINTING.values() for each in pointing}
_CAME = {noun: _came(other, noun) for noun, (other, _column) in CAME.items()}
