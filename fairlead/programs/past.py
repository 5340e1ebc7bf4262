"""Records and lists of them as they were at a moment."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import NotFound
from fairlead.core.history import as_of, restored
from fairlead.core.record import Record, rows
from fairlead.core.resource import columns, resource
from fairlead.models import Tag
from fairlead.programs.audit import known, moment
from fairlead.programs.listing import Asked

PARTS = {"mails": "mailaddress", "phones": "phonenumber", "addresses": "postaladdress"}


def record_as_of(record: Record, by: Actor, asked: Asked) -> dict[str, Any]:
    """The record's columns, tags and ways to be reached as they were; what is derived is None."""
    known(asked, ["as_of"])
    at = moment(asked.get("as_of", ""), "as_of", end=True)
    past = as_of(record, at, parts=list(PARTS.values()))
    if past.values is None:
        raise NotFound(_("This record did not exist then."))
    then = restored(type(record), record.pk, past.values)
    extra = then.api_extra(by)
    found = {name: value for name, value in resource(then, by).items() if name not in extra}
    for name, noun in PARTS.items():
        if noun in past.parts and name not in access.hidden(by, type(record)):
            found[name] = [_part(noun, values) for values in past.parts[noun].values()]
    if "tags" in past.values:
        names = Tag.objects.in_bulk(past.values["tags"])
        found["tags"] = sorted(tag.name for tag in names.values())
    return {**found, "as_of": at.isoformat()}


def _part(noun: str, values: dict[str, Any]) -> dict[str, Any]:
    return {f.name: values[f.name] for f in columns(rows()[noun]) if not f.is_relation and f.name in values}
