"""A record's page “as of”: the record, its parts, its open tasks and its timeline as they were, to read only."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import NotFound, TooMuch
from fairlead.core.history import Values, as_of, restored
from fairlead.core.record import conceal
from fairlead.models import Tag, Task
from fairlead.programs.audit import moment
from fairlead.web import details
from fairlead.web.addresses import url_of
from fairlead.web.formats import local_date
from fairlead.web.keyset import NotUnderstood
from fairlead.web.listing import Asked
from fairlead.web.listings import listing_of
from fairlead.web.page import Request, render
from fairlead.web.then import neighbours_then
from fairlead.web.told import Teller

PARTS = ("mailaddress", "phonenumber", "postaladdress", "task")
POSTAL = ("street", "city", "region", "postal_code", "country")
LINKED = ("company", "person", "parent")


def then(request: HttpRequest, record: Any) -> HttpResponse:
    """The page of a record, which its reader may see now, as it was at a day's end or at a moment."""
    found = cast(Request, request)
    at = moment(request.GET["as_of"], "as_of", end=True, zone=found.reader.zone)
    past = as_of(record, at, parts=PARTS)
    if past.values is None:
        raise NotFound(_("This record did not exist then. Choose a later day, or go back to now."))
    was = conceal(restored(type(record), record.pk, past.values), found.by)
    _keep_to_oneself(was, found)
    teller = Teller(record, found.by, found.reader, may_edit=False, currency=getattr(was, "currency", "GBP"), as_of=at)
    told = teller.page([(record.noun(), record.pk)], before=request.GET.get("before", ""))
    context = {
        "record": was,
        "owner": was.owner.name if was.owner_id else "",
        "url": url_of(record),
        "at": at,
        "day": local_date(at, found.reader).isoformat(),
        "asked": request.GET["as_of"],
        "details_shown": _details(was, past.values, past.parts, found),
        "tasks": _open_tasks(past.parts.get("task", {})),
        "days": told.days,
        "older": told.older,
        **_neighbours(found, was),
    }
    return render(request, "audit/then.html", context)


def _neighbours(request: Request, was: Any) -> dict[str, str]:
    """The records before and after this one in the list of the same moment that its reader came from."""
    empty = {"in_list": "", "before": "", "after": "", "back": ""}
    if "as_of" not in (given := request.GET.get("in", "")):
        return empty
    try:
        asked = Asked(listing_of(was), given, request.by, request.reader)
        before, after = neighbours_then(asked, was)
    except (NotUnderstood, TooMuch):
        return empty
    tail = urlencode({"in": given, "as_of": request.GET["as_of"]})
    others = {"before": before, "after": after}
    return {"in_list": given, "back": asked.url()} | {
        name: f"{url_of(other)}?{tail}" if other else "" for name, other in others.items()
    }


def _keep_to_oneself(was: Any, request: Request) -> None:
    """Records it was linked with that the reader may not see are not named."""
    for name in LINKED:
        if getattr(was, f"{name}_id", None):
            other = type(was)._meta.get_field(name).related_model
            if not other.objects.visible_to(request.by).filter(pk=getattr(was, f"{name}_id")).exists():
                setattr(was, name, None)


def _details(was: Any, values: Values, parts: dict[str, dict[int, Values]], request: Request) -> list[details.Shown]:
    hidden = access.hidden(request.by, type(was))
    return [
        details.withheld(spec)
        if spec.name in hidden
        else details.shown(was, spec, request.reader, _texts(spec.parts, values, parts) if spec.parts else [])
        for spec in details.PROPERTIES[was.noun()]
    ] + details.custom_shown(was, request.by, request.reader)


def _texts(kind: str, values: Values, parts: dict[str, dict[int, Values]]) -> list[str]:
    if kind == "tag":
        return sorted(tag.name for tag in Tag.objects.in_bulk(values["tags"]).values())
    noun, name = {"mail": ("mailaddress", "address"), "phone": ("phonenumber", "typed")}.get(
        kind, ("postaladdress", "")
    )
    rows = sorted(parts.get(noun, {}).values(), key=lambda row: row["position"])
    return [row[name] if name else ", ".join(row[each] for each in POSTAL if row[each]) for row in rows]


def _open_tasks(found: dict[int, Values]) -> list[Task]:
    tasks = [restored(Task, pk, values) for pk, values in found.items() if values["state"] == "open"]
    live = [task for task in tasks if task.archived_at is None]
    return sorted(live, key=lambda task: (task.due_on is None, task.due_on, task.pk))
