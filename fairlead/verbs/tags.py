"""The words that records are tagged with."""

from fairlead.core.act import create
from fairlead.models import Tag


def tag_named(name: str) -> Tag:
    """The tag of this name, whatever its case; made when there is none."""
    name = " ".join(name.split())
    return Tag.objects.filter(name__iexact=name).first() or create(Tag, name=name)
