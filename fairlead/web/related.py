"""What belongs together: the records whose events make one timeline, and what stands in short lists beside it."""

from typing import Any

from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.core.record import Link, Record, nouns
from fairlead.models import Lead

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
    found: Related = {noun: _POINTING[noun, field](by, record.pk) for noun, field in POINTING[record.noun()]}
    lead_id = getattr(record, "lead_id", None)
    if lead_id is not None:
        found["lead"] = _LEAD(by, lead_id)
    return found


def links(record: Record, found: Related) -> list[Link]:
    """Whose events make up the timeline: as the record's own `linked`, without what the reader may not see."""
    return [(record.noun(), record.pk), *((noun, other.pk) for noun, others in found.items() for other in others)]


def _pointing(noun: str, field: str) -> PreparedFor:
    def rows(by: Actor, pk: int) -> Any:
        # the field is one of POINTING
        # nosemgrep
        found = nouns()[noun].objects.visible_to(by).filter(**{field: pk})
        found = found.select_related(*JOINED[noun]) if JOINED[noun] else found
        return found.order_by("-pk")[:MOST]

    return PreparedFor(rows, (), int)


_POINTING = {each: _pointing(*each) for pointing in POINTING.values() for each in pointing}
_LEAD = PreparedFor(lambda by, pk: Lead.objects.visible_to(by).select_related("campaign").filter(pk=pk), (), int)
