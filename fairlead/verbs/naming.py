"""Names of which there is one each, such as a queue's, whatever their case."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.core.record import Row


def free_name(name: str, among: Any, but: Row | None = None) -> str:
    """The name without needless blanks. Raises Invalid when it is empty, or another of these rows has it."""
    plain = " ".join(name.split())
    if not plain:
        raise Invalid({"name": [_("Write a name.")]})
    if among.filter(name__iexact=plain).exclude(pk=but.pk if but else 0).exists():
        raise Invalid({"name": [_("There is one named %(name)s already.") % {"name": plain}]})
    return plain
