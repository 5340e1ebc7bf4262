"""The page of a person, company, lead or opportunity: head, next step, composer, timeline, what stands beside."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.db.models import BooleanField, Case, CharField, ForeignKey, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.access import NOBODY, reach
from fairlead.core.actor import Actor
from fairlead.core.errors import NotFound
from fairlead.core.prepared import Prepared, PreparedFor
from fairlead.core.record import Record, nouns
from fairlead.models import Lead, Opportunity, Task, User
from fairlead.programs.drafting import draft_for
from fairlead.web import details, noting
from fairlead.web.addresses import url_of
from fairlead.web.answer import partial
from fairlead.web.beside import Beside, beside, size_in_words
from fairlead.web.contacts import contacts
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood
from fairlead.web.known import known, pipeline_stages
from fairlead.web.listing import Asked
from fairlead.web.listings import listing_of
from fairlead.web.page import Request, house, page, render
from fairlead.web.pages.history import then
from fairlead.web.related import links, related
from fairlead.web.running import JOINED as STEPS_JOINED
from fairlead.web.running import SHOWN, running_on
from fairlead.web.soon import choices, later
from fairlead.web.stages import beside_stage, stage_line
from fairlead.web.told import Teller
from fairlead.web.traced import traced

JOINED = {
    "person": ("owner", "company", "source"),
    "company": ("owner", "parent", "source"),
    "lead": ("owner", "person", "company", "source", "campaign", "reason"),
    "opportunity": ("owner", "person", "company", "source", "stage"),
}
LINKED = ("company", "person", "parent")
RIGHTS = {"may_edit": "edit", "may_assign": "assign", "may_delete": "delete"}
FILTERS = {"all": _("All"), "talk": _("Talk"), "changes": _("Changes")}


@page("member")
def show(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """A record's page; an outdated tail and a merged record lead on to the right address."""
    record = load(request, noun, address)
    if request.path != url_of(record):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(url_of(record) + (f"?{query}" if query else ""))
    return then(request, record) if "as_of" in request.GET else page_of(request, record)


@page("member")
def fields(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """The custom fields that are empty: what “Show all fields” opens."""
    record = load(request, noun, address)
    found = cast(Request, request)
    empty = [each for each in details.custom_shown(record, found.by, found.reader) if not each.value]
    template = "records/_fields.html" if partial(request) else "records/fields.html"
    return render(request, template, {"record": record, "shown": empty, "home": url_of(record)})


def load(request: HttpRequest, noun: str, address: str) -> Any:
    """The record at this address with what its page needs and what the reader may do, in one statement."""
    by = cast(Request, request).by
    found = _READ[noun](by, address.partition("-")[0])
    if not found:
        raise NotFound(_("No record at this address. It may have been merged or deleted, or it belongs to others."))
    record: Any = found[0]
    if record.merged_into_id:
        return load(request, noun, record.merged_into.public_id)
    _keep_to_oneself(record, by)
    return record


def _keep_to_oneself(record: Any, by: Actor) -> None:
    """Linked records that the reader may not see are not named on this one's page either."""
    for name in LINKED:
        if getattr(record, f"{name}_id", None):
            other = getattr(record, name)
            if by.level("see", other.noun()) != "all" and not _SEEN[other.noun()](by, other.pk):
                setattr(record, name, None)


def page_of(request: HttpRequest, record: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    """The whole page; `more` has the composer's content when it comes back with an error."""
    return render(request, f"records/{record.noun()}.html", shown_on(request, record) | more, status=status)


def shown_on(request: HttpRequest, record: Any) -> dict[str, Any]:
    """All that a record's page shows."""
    found, noun = cast(Request, request), record.noun()
    others, parts = related(record, found.by), beside(record, found.by)
    return {
        "record": record,
        "noun": noun,
        "url": url_of(record),
        "base": f"/{record.plural()}/{record.public_id}",
        "url_of": url_of,
        "size_in_words": size_in_words,
        "others": others,
        "parts": parts,
        "may": {name: getattr(record, name) and record.archived_at is None for name in RIGHTS},
        "may_claim": noun == "lead" and access.can_any(found.by, "create", "lead"),
        "stops": parts["stop"],
        "contact": contacts(record, parts["touch"], house(request), found.reader),
        "details_shown": shown_details(record, found, parts),
        "soon": choices(found.reader),
        "snooze": later(found.reader),
        "token": secrets.token_urlsafe(12),
        "file_error": "",
        "team": known_team(),
        "box": _box(found, record),
        **_tasks(record, found, parts),
        **_timeline(request, record, others),
        **(_opportunity(record, found.by, found.reader) if isinstance(record, Opportunity) else {}),
        **({"traced": traced(record)} if isinstance(record, Lead) else {}),
        **_neighbours(request, record),
    }


def _box(request: Request, record: Any) -> dict[str, Any]:
    """The composer as the address asks for it: its `kind` and `direction`, and its `text` with what that says.

    `task` is a step of a track, which may have a template that writes its mail.
    """
    kind, text = request.GET.get("kind", ""), request.GET.get("text", "").replace("\x00", "")[:300]
    given = {"direction": request.GET.get("direction", ""), "text": text}
    draft = draft_for(request.by, record, request.GET["task"][:40]) if "task" in request.GET else None
    said = None
    if draft is not None:
        given |= {"text": draft.text, "direction": "out"}
    elif text.strip():
        said = noting.read(kind, text, record, request.reader, known_team())
    return {"draft": draft, "said": said, "kind": kind, "focus": "kind" in request.GET, "given": given, "errors": {}}


def shown_details(record: Any, request: Request, parts: Beside) -> list[details.Shown]:
    hidden, fixed = access.hidden(request.by, type(record)), access.fixed(request.by, type(record))
    found = []
    for spec in details.PROPERTIES[record.noun()]:
        texts = [_line(part.text) for part in parts[spec.parts]] if spec.parts else []
        shown = details.shown(record, spec, request.reader, texts)
        shown.fixed = spec.name in fixed
        found.append(details.withheld(spec) if spec.name in hidden else shown)
    return found + details.custom_shown(record, request.by, request.reader)


def _line(text: str) -> str:
    return ", ".join(each for each in text.split("\n") if each)


def _right(by: Actor, action: str, model: type[Record]) -> Any:
    condition = reach(by, action, model)
    if condition == NOBODY or not condition:
        return Value(condition != NOBODY, BooleanField())
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _tasks(record: Any, request: Request, parts: Beside) -> dict[str, Any]:
    """Open tasks and planned meetings, the earliest first; the first with a date is the next step."""
    shown = _SHOWN_TASKS[record.noun()](request.by, record.pk)
    tasks = sorted(
        (task for task in shown if task.is_open), key=lambda task: (task.due_at is None, task.due_at, task.pk)
    )
    meetings = sorted(parts["meeting"], key=lambda part: (part.at, part.pk))
    next_task = next((task for task in tasks if task.due_at), None)
    is_first = bool(meetings) and (next_task is None or meetings[0].at < next_task.due_at)
    return {
        "tasks": [task for task in tasks if task.running_track_id is None],
        "running": running_on(record.noun(), shown),
        "meetings": meetings,
        "next_task": None if is_first else next_task,
        "next_meeting": meetings[0] if is_first else None,
    }


def _read(noun: str) -> PreparedFor:
    """One record by its public id, with what it links to and what the reader may do with it."""
    model = nouns()[noun]

    def rows(by: Actor, public_id: str) -> Any:
        found = model.objects.visible_to(by).select_related(*JOINED[noun])
        rights = {name: _right(by, action, model) for name, action in RIGHTS.items()}
        return found.annotate(**rights).filter(public_id=public_id)

    own = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    theirs = [f"{link}__{name}" for link in JOINED[noun] for name in _shown(model._meta.get_field(link).related_model)]
    return PreparedFor(rows, [*own, *RIGHTS, *theirs], str)


def _shown(model: Any) -> list[str]:
    """The columns of a linked record that a page may show: its texts and numbers."""
    kinds = (CharField, IntegerField, ForeignKey)
    return [each.attname for each in model._meta.concrete_fields if isinstance(each, kinds) and not each.primary_key]


def _seen(noun: str) -> PreparedFor:
    return PreparedFor(lambda by, pk: nouns()[noun].objects.visible_to(by).filter(pk=pk), ["public_id"], int)


def _shown_tasks(noun: str) -> PreparedFor:
    def rows(by: Actor, pk: int) -> Any:
        # the noun is one of JOINED
        # nosemgrep
        return Task.objects.visible_to(by).filter(SHOWN, **{noun: pk}, archived_at=None).select_related(*STEPS_JOINED)

    return PreparedFor(rows, (), int)


_READ = {noun: _read(noun) for noun in JOINED}
_SEEN = {noun: _seen(noun) for noun in ("person", "company")}
_SHOWN_TASKS = {noun: _shown_tasks(noun) for noun in JOINED}
_team = Prepared(lambda: User.objects.active().order_by("name").values_list("pk", "public_id", "name"))


class Member(NamedTuple):
    id: int
    public_id: str
    name: str


@dataclass(frozen=True, eq=False)
class Team:
    """Who tasks can be given to; the same object for the same people."""

    members: tuple[Member, ...]

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)


def known_team() -> Team:
    """Who works here, read once as long as nobody comes or goes."""
    return _known_team(tuple(_team()))


@lru_cache(maxsize=100)
def _known_team(rows: tuple[Any, ...]) -> Team:
    return Team(tuple(Member(*row) for row in rows))


def _timeline(request: HttpRequest, record: Any, others: Any) -> dict[str, Any]:
    found = cast(Request, request)
    only = request.GET.get("show", "all")
    only = only if only in FILTERS else "all"
    currency = getattr(record, "currency", "GBP")
    teller = Teller(record, found.by, found.reader, may_edit=record.may_edit, currency=currency)
    told = teller.page(links(record, others), only=only, before=request.GET.get("before", ""))
    return {"only": only, "filters": FILTERS, "days": told.days, "older": told.older}


def _opportunity(record: Opportunity, by: Actor, reader: Reader) -> dict[str, Any]:
    stages, elsewhere = pipeline_stages(record.stage.pipeline_id, record.stage_id)
    before, after = beside_stage(record, stages)
    may_edit: bool = record.may_edit  # type: ignore[attr-defined]
    found = known(record, by, reader.today)
    closed_on = found["closing"].on if found["closing"] else None
    return {
        "stages": stage_line(record, stages, reader, may_edit=may_edit, until=closed_on),
        "stage_before": before,
        "stage_after": after,
        "other_pipelines": elsewhere,
        "known": found,
    }


def _neighbours(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The records before and after this one in the list that its reader came from (?in= carries its query)."""
    if "in" not in request.GET:
        return {"before": "", "after": "", "back": f"/{record.plural()}"}
    found, given = cast(Request, request), request.GET["in"]
    try:
        asked = Asked(listing_of(record), given, found.by, found.reader)
        before, after = asked.neighbours(record) if asked.at is None else (None, None)
    except NotUnderstood:
        return {"before": "", "after": "", "back": f"/{record.plural()}"}
    tail = "?" + urlencode({"in": given})
    return {
        "before": url_of(before) + tail if before else "",
        "after": url_of(after) + tail if after else "",
        "back": f"/{record.plural()}?{given}" if given else f"/{record.plural()}",
    }
