"""Editing a cell of a list in place; without JavaScript the same form on a page of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access, act
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, NotAllowed, NotFound
from fairlead.models import Lead, Source, Stage, User
from fairlead.verbs.companies import edit_company
from fairlead.verbs.leads import edit_lead
from fairlead.verbs.opportunities import edit_opportunity, move_stage
from fairlead.verbs.ownership import assign
from fairlead.verbs.people import edit_person
from fairlead.web import typed
from fairlead.web.formats import plain_date
from fairlead.web.listing import Listing
from fairlead.web.page import Request, done, record_or_404, render

Choices = list[tuple[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One editable cell: what its input holds, what it offers, and the verb that saves it."""

    label: Any
    value: Callable[[Any, Request], str]
    save: Callable[[Request, Any, str, int | None], Any]
    kind: str = "text"
    choices: Callable[[Any, Actor], Choices] = lambda record, by: []


def edit(request: Request, listing: Listing, address: str, name: str) -> HttpResponse:
    """GET: the cell's form, or its value with ?keep=theirs. POST: save it."""
    noun = listing.model.noun()
    cell = CELLS[noun].get(name)
    if cell is None:
        raise NotFound(_("There is no such cell in this list."))
    record: Any = record_or_404(request, noun, address)
    if not access.can(request.by, "edit", record):
        raise NotAllowed(_("You can see %(record)s but not change it. Ask its owner.") % {"record": record})
    if request.method == "POST":
        return _save(request, listing, record, name, cell)
    if "keep" in request.GET:
        return _saved(request, listing, record, name, cell)
    return _ask(request, listing, record, name, cell, cell.value(record, request))


def _save(request: Request, listing: Listing, record: Any, name: str, cell: Cell) -> HttpResponse:
    text = request.POST.get(name, "").strip()
    version = request.POST.get("version", "")
    try:
        if "\x00" in text:
            raise typed.Unread(_("This text has a character that cannot be stored."))
        cell.save(request, record, text, int(version[:9]) if version.isdecimal() else None)
    except (typed.Unread, Invalid) as error:
        if name == "stage" and isinstance(error, Invalid) and "reason" in error.errors:
            return _why_move_on(request, record, text)
        words = str(error) if isinstance(error, typed.Unread) else error.text
        return _ask(request, listing, record, name, cell, text, words)
    except Conflict as conflict:
        return _clash(request, listing, record, name, cell, text, conflict)
    return _saved(request, listing, record_or_404(request, record.noun(), record.public_id), name, cell)


def _why_move_on(request: Request, record: Any, stage: str) -> HttpResponse:
    """The page that asks for a line of reason."""
    ask = f"/opportunities/{record.public_id}/move-stage?stage={stage}"
    headers = {"HX-Redirect": ask} if _is_partial(request) else {"Location": ask}
    return HttpResponse(status=422 if _is_partial(request) else 303, headers=headers)


def _ask(
    request: Request, listing: Listing, record: Any, name: str, cell: Cell, text: str, error: str = ""
) -> HttpResponse:
    context = _context(request, listing, record, name, cell) | {
        "value": text,
        "error": error,
        "choices": cell.choices(record, request.by),
    }
    template = "lists/_edit.html" if _is_partial(request) else "lists/edit.html"
    return render(request, template, context, status=422 if error else 200)


def _saved(request: Request, listing: Listing, record: Any, name: str, cell: Cell) -> HttpResponse:
    deed = act.last()
    changed = deed is not None and deed.changed
    text = _("%(label)s of %(record)s changed.") % {"label": cell.label, "record": record} if changed else ""
    if not _is_partial(request):
        return done(request, _back(request, listing), text)
    undo = f"/acts/{deed.id}/undo" if deed and changed else ""
    context = _context(request, listing, record, name, cell) | {"text": text, "undo": undo}
    return render(request, "lists/_saved.html", context)


def _clash(
    request: Request, listing: Listing, record: Any, name: str, cell: Cell, text: str, conflict: Conflict
) -> HttpResponse:
    fresh = record_or_404(request, record.noun(), record.public_id)
    choices = dict(cell.choices(fresh, request.by))
    theirs = cell.value(fresh, request)
    context = _context(request, listing, fresh, name, cell) | {
        "who": conflict.facts["who"],
        "value": text,
        "yours": choices.get(text, text),
        "theirs": choices.get(theirs, theirs),
    }
    template = "lists/_clash.html" if _is_partial(request) else "lists/clash.html"
    return render(request, template, context, status=409)


def _context(request: Request, listing: Listing, record: Any, name: str, cell: Cell) -> dict[str, Any]:
    return {
        "listing": listing,
        "noun": record.noun(),
        "row": record,
        "name": name,
        "cell": cell,
        "url": f"{listing.url}/{record.public_id}/cell/{name}",
        "back": _back(request, listing),
    }


def _back(request: Request, listing: Listing) -> str:
    """The list this came from, if it is this one."""
    given = (
        request.POST.get("back", "") or "/" + request.headers.get("Referer", "").partition("://")[2].partition("/")[2]
    )
    return given if given.startswith(f"{listing.url}?") else listing.url


def _is_partial(request: Request) -> bool:
    return request.headers.get("HX-Request-Type") == "partial"


# --- what the cells hold and how they are saved ------------------------------------------------------------------


def _fact(verb: Any, name: str) -> Callable[[Request, Any, str, int | None], Any]:
    return lambda request, record, text, version: verb(request.by, record, version=version, **{name: text})


def _named(verb: Any, name: str) -> Callable[[Request, Any, str, int | None], Any]:
    """As `_fact`, for what may not be empty."""

    def save(request: Request, record: Any, text: str, version: int | None) -> Any:
        if not text:
            raise typed.Unread(_("Write a name. The old one was kept."))
        return verb(request.by, record, version=version, **{name: text})

    return save


def _column(name: str) -> Callable[[Any, Request], str]:
    return lambda record, request: getattr(record, name) or ""


def _id_of(name: str) -> Callable[[Any, Request], str]:
    def value(record: Any, request: Request) -> str:
        linked = getattr(record, name)
        return linked.public_id if linked else ""

    return value


def _first_phone(record: Any, request: Request) -> str:
    first = record.phones.all()[:1]
    return first[0].typed if first else ""


def _save_phone(request: Request, record: Any, text: str, version: int | None) -> Any:
    """Change the first number and keep the others; a number that somebody else changed meanwhile is a conflict."""
    numbers = [each.typed for each in record.phones.all()]
    first, was = (numbers or [""])[0], request.POST.get("was")
    if was is not None and first not in {was.strip(), text}:
        raise Conflict(_("Somebody changed this number while you were editing."), {}, who=_("Somebody"))
    return edit_person(request.by, record, phones=[text, *numbers[1:]])


def _colleagues(record: Any, by: Actor) -> Choices:
    users = User.objects.visible_to(by).filter(is_active=True).order_by("name")
    held = [(record.owner.public_id, record.owner.name)] if record.owner and not record.owner.is_active else []
    return [("", _("Nobody")), *held, *((user.public_id, user.name) for user in users)]


def _save_owner(request: Request, record: Any, text: str, version: int | None) -> Any:
    return assign(request.by, record, owner=_chosen(User, text, request.by))


def _sources(record: Any, by: Actor) -> Choices:
    return [("", _("Not known")), *((each.public_id, each.name) for each in Source.objects.visible_to(by))]


def _save_source(request: Request, record: Any, text: str, version: int | None) -> Any:
    return edit_lead(request.by, record, version=version, source=_chosen(Source, text, request.by))


def _stages(record: Any, by: Actor) -> Choices:
    in_use = Q(archived_at=None) | Q(pk=record.stage_id)
    stages = Stage.objects.visible_to(by).filter(in_use, pipeline=record.stage.pipeline_id)
    return [(each.public_id, each.name) for each in stages]


def _save_stage(request: Request, record: Any, text: str, version: int | None) -> Any:
    stage = _chosen(Stage, text, request.by)
    if stage is None:
        raise typed.Unread(_("Choose a stage. The old one was kept."))
    return move_stage(request.by, record, stage=stage)


def _amount(record: Any, request: Request) -> str:
    if record.amount is None:
        return ""
    return f"{record.amount.normalize():f} {record.currency}"


def _save_amount(request: Request, record: Any, text: str, version: int | None) -> Any:
    if not text:
        return edit_opportunity(request.by, record, version=version, amount=None)
    amount, currency = typed.amount(text, record.currency, request.reader.locale)
    return edit_opportunity(request.by, record, version=version, amount=amount, currency=currency)


def _close_on(record: Any, request: Request) -> str:
    return plain_date(record.close_on, request.reader) if record.close_on else ""


def _save_close_on(request: Request, record: Any, text: str, version: int | None) -> Any:
    close_on = typed.day(text, request.reader) if text else None
    return edit_opportunity(request.by, record, version=version, close_on=close_on)


def _chosen(model: Any, public_id: str, by: Actor) -> Any:
    """The record of this id, if the reader may see it; nothing for nothing."""
    if not public_id:
        return None
    found = model.objects.visible_to(by).filter(public_id=public_id).first()
    if found is None:
        raise typed.Unread(_("This choice is not there any more. Choose another one."))
    return found


OWNER = Cell(gettext_lazy("Owner"), _id_of("owner"), _save_owner, "select", _colleagues)
CELLS: dict[str, dict[str, Cell]] = {
    "person": {
        "name": Cell(gettext_lazy("Name"), _column("name"), _named(edit_person, "name")),
        "phone": Cell(gettext_lazy("Phone"), _first_phone, _save_phone, "tel"),
        "owner": OWNER,
    },
    "company": {
        "name": Cell(gettext_lazy("Name"), _column("name"), _named(edit_company, "name")),
        "website": Cell(gettext_lazy("Website"), _column("website"), _fact(edit_company, "website")),
        "owner": OWNER,
    },
    "lead": {
        "name": Cell(gettext_lazy("Name"), _column("name"), _fact(edit_lead, "name")),
        "company": Cell(gettext_lazy("Company"), _column("company_name"), _fact(edit_lead, "company_name")),
        "type": Cell(
            gettext_lazy("Type"),
            _column("lead_type"),
            _fact(edit_lead, "lead_type"),
            "select",
            lambda record, by: list(Lead.Type.choices),
        ),
        "source": Cell(gettext_lazy("Source"), _id_of("source"), _save_source, "select", _sources),
        "owner": OWNER,
    },
    "opportunity": {
        "title": Cell(gettext_lazy("Title"), _column("title"), _named(edit_opportunity, "title")),
        "stage": Cell(gettext_lazy("Stage"), _id_of("stage"), _save_stage, "select", _stages),
        "value": Cell(gettext_lazy("Value"), _amount, _save_amount),
        "close": Cell(gettext_lazy("Close date"), _close_on, _save_close_on),
        "owner": OWNER,
    },
}
