"""What belongs together: the records whose events make one timeline, and what stands in short lists beside it."""

from fairlead.core.actor import Actor
from fairlead.core.record import Link, Record, nouns

MOST = 50
# For each noun: which others point at it, and through which field.
POINTING: dict[str, tuple[tuple[str, str], ...]] = {
    "person": (("lead", "person"), ("opportunity", "person")),
    "company": (("person", "company"), ("lead", "company"), ("opportunity", "company")),
    "lead": (("opportunity", "lead"),),
    "opportunity": (),
}
JOINED = {"opportunity": ("stage", "company"), "lead": (), "person": ()}

Related = dict[str, list[Record]]


def related(record: Record, by: Actor) -> Related:
    """The records linked with this one that the reader may see, by noun, newest first; one query each."""
    found = {noun: _pointing(record, noun, field, by) for noun, field in POINTING[record.noun()]}
    lead_id = getattr(record, "lead_id", None)
    if lead_id is not None:
        found["lead"] = list(nouns()["lead"].objects.visible_to(by).filter(pk=lead_id))
    return found


def links(record: Record, found: Related) -> list[Link]:
    """Whose events make up the timeline: as the record's own `linked`, without what the reader may not see."""
    return [(record.noun(), record.pk), *((noun, other.pk) for noun, others in found.items() for other in others)]


def _pointing(record: Record, noun: str, field: str, by: Actor) -> list[Record]:
    # the field is one of POINTING
    # nosemgrep
    rows = nouns()[noun].objects.visible_to(by).filter(**{field: record.pk}).select_related(*JOINED[noun])
    return list(rows.order_by("-pk")[:MOST])
