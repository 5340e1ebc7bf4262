"""The words that records are tagged with."""

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.verb import verb
from fairlead.models import Tag
from fairlead.models.subject import Subject


def tag_named(name: str) -> Tag:
    """The tag of this name, whatever its case; made when there is none."""
    name = " ".join(name.split())
    return Tag.objects.filter(name__iexact=name).first() or create(Tag, name=name)


@verb("{by} changed the tags of {record}", may="edit")
def set_tags(by: Actor, record: Subject, *, tags: list[str]) -> Subject:
    """Make these the record's tags; those that do not exist yet are made."""
    change(record, tags=sorted({tag_named(name).pk for name in tags if name.strip()}))
    return record
